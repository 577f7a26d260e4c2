# SPDX-License-Identifier: Apache-2.0
"""The table of definitions and the page made from it."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from twinergy.results.kpi import DEFINITIONS, kpi, kpi_table_markdown, kpis_from_document, kpis_to_document
from twinergy.results.kpi_table import GROUPS

PAGE = Path(__file__).resolve().parents[2] / "docs" / "kpis.md"


def test_the_page_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == kpi_table_markdown(), "run: python -m twinergy.results.kpi > docs/kpis.md"


def test_every_definition_stands_on_the_page() -> None:
    page = kpi_table_markdown()
    assert [name for name in DEFINITIONS if f"| `{name}` |" not in page] == []


def test_every_definition_is_complete() -> None:
    assert [known.name for known in DEFINITIONS.values() if not (known.title and known.formula and known.group in GROUPS)] == []


@pytest.mark.parametrize(
    "name",
    [name for name in DEFINITIONS if name.endswith(("_kwh", "_kw", "_eur", "_kg", "_h", "_percent", "_km", "_kh", "_degc"))],
)
def test_suffix_and_unit_agree(name: str) -> None:
    units = {"kwh": "kWh", "kw": "kW", "eur": "EUR", "kg": "kg", "h": "h", "percent": "%"}
    units |= {"km": "km", "kh": "K h", "degc": "degC"}
    assert DEFINITIONS[name].unit == units[name.rsplit("_", 1)[1]]


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("self_sufficiency", 0.123456, "12.3 %"),
        ("import_kwh", 12_345.6, "12,346 kWh"),
        ("import_kwh", 12.34, "12.3 kWh"),
        ("cost_eur", -3.456, "−3.46 EUR"),
        ("non_converged_steps", 1234.0, "1,234"),
        ("power_balance_max_kw", 1.234e-9, "1.2e-09 kW"),
        ("power_balance_max_kw", 0.0, "0 kW"),
        ("vm_min_pu", 0.95, "0.9500"),
        ("co2_kg", math.nan, "–"),
        ("temp_indoor_degc", 21.04, "21.0 °C"),
    ],
)
def test_values_as_people_write_them(name: str, value: float, text: str) -> None:
    assert kpi(name, value).text == text


def test_a_negative_bill_is_income() -> None:
    assert kpi("dwelling_cost_eur", -10.0).sentence == "A dwelling earns 10.00 EUR on average."
    assert kpi("dwelling_cost_eur", 10.0).sentence == "A dwelling pays 10.00 EUR on average."


def test_limits_tell_clean_from_not() -> None:
    assert kpi("non_converged_steps", 0).clean
    assert not kpi("non_converged_steps", 1).clean
    assert kpi("import_kwh", 1e9).clean


def test_only_sums_over_the_community_are_divided_by_its_homes() -> None:
    expected = {"import_kwh": True, "cost_eur": True, "ev_distance_km": True, "dwelling_cost_eur": False, "peak_import_kw": False}
    expected |= {"storage_balance_max_kwh": False, "pv_yield_kwh_per_kwp": False, "comfort_outside_h": False, "vm_min_pu": False}
    assert {name: DEFINITIONS[name].is_total for name in expected} == expected


def test_a_source_stands_on_the_page() -> None:
    rows = [line for line in kpi_table_markdown().splitlines() if line.startswith("| `unbalance_compliance`")]
    assert "EN 50160, supply voltage unbalance" in rows[0]


def test_unknown_name_is_refused() -> None:
    with pytest.raises(KeyError, match="did you mean 'import_kwh'"):
        kpi("imports_kwh", 1.0)


def test_round_trip_through_json() -> None:
    figures = {"co2_kg": kpi("co2_kg", math.nan, note="no tariff"), "vm_min_pu": kpi("vm_min_pu", 0.95, where="bus 3")}
    back = kpis_from_document(json.loads(json.dumps({"kpis": kpis_to_document(figures)}, allow_nan=False)))
    assert back["vm_min_pu"] == figures["vm_min_pu"]
    assert math.isnan(back["co2_kg"].value)
    assert back["co2_kg"].note == "no tariff"


def test_a_figure_of_another_version_is_left_out() -> None:
    assert kpis_from_document({"kpis": {"of_the_future": {"value": 1.0}}}) == {}
