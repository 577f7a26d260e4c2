# SPDX-License-Identifier: Apache-2.0
"""Tables of dwellings and months as files, money in other currencies, communities compared per home."""

from __future__ import annotations

import json
import math
import shutil
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from tests.unit.results_sample import axis_of, block_of, blocks, community, modern, write_run
from twinergy.results.believable import plausible
from twinergy.results.compare import by_month, compare, compare_texts, per_home, shown_currency
from twinergy.results.currency import EURO, Currency, currency_of
from twinergy.results.errors import UnreadableError
from twinergy.results.kpi import kpi
from twinergy.results.kpis import Kpis
from twinergy.results.reader import Run
from twinergy.results.settlement import LineItem, bill_text
from twinergy.results.sums import month_spans
from twinergy.timebase import TimeAxis

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return Run(write_run(tmp_path_factory.mktemp("runs"), days=2, homes=8, step_s=3600).path)


def altered(run: Run, to: Path, *, manifest: dict | None = None, kpis: dict | None = None) -> Run:
    """Return a copy of a run with other facts and values."""
    shutil.copytree(run.path, to)
    facts = json.loads((to / "manifest.json").read_text()) | (manifest or {})
    (to / "manifest.json").write_text(json.dumps(facts))
    document = json.loads((to / "kpis.json").read_text())
    for name, value in (kpis or {}).items():
        document["kpis"][name]["value"] = value
    (to / "kpis.json").write_text(json.dumps(document))
    return Run(to)


def test_dwellings_as_parquet_and_csv(run: Run) -> None:
    frame, text = run.dwellings, pd.read_csv(run.folder.table("dwellings").with_suffix(".csv"))
    assert list(frame["dwelling"]) == [f"home {row:03d}" for row in range(8)]
    pd.testing.assert_frame_equal(frame, text, check_dtype=False)
    assert frame["consumption_kwh"].sum() == pytest.approx(run.kpis["consumption_kwh"].value)
    assert frame["generation_kwh"].sum() == pytest.approx(run.kpis["generation_kwh"].value)
    assert frame["cost_eur"].sum() == pytest.approx(run.kpis["cost_eur"].value)
    assert math.isnan(frame["self_consumption"][0])  # the first home has no plant


def test_tables_are_no_part_of_the_key_figures(run: Run) -> None:
    assert "tables" not in run.kpi_document
    assert run.events == ("messages", "set_points")


def test_columns_have_units(run: Run) -> None:
    import pyarrow.parquet as pq

    schema = pq.read_schema(run.folder.table("dwellings").with_suffix(".parquet"))
    units = {name: schema.field(name).metadata[b"unit"] for name in ("consumption_kwh", "cost_eur", "peak_kw", "dwelling")}
    assert units == {"consumption_kwh": b"kWh", "cost_eur": b"EUR", "peak_kw": b"kW", "dwelling": b""}


def test_a_run_without_tables_has_no_rows(run: Run, tmp_path: Path) -> None:
    shutil.copytree(run.path, tmp_path / "old")
    shutil.rmtree(tmp_path / "old" / "tables")
    assert Run(tmp_path / "old").dwellings.empty
    assert Run(tmp_path / "old").months.empty


def test_a_damaged_table_is_named(run: Run, tmp_path: Path) -> None:
    shutil.copytree(run.path, tmp_path / "bad")
    (tmp_path / "bad" / "tables" / "dwellings.parquet").write_bytes(b"no table")
    with pytest.raises(UnreadableError, match=r"dwellings\.parquet is damaged"):
        _ = Run(tmp_path / "bad").dwellings


def test_months_are_local() -> None:
    """31 January 23:00 UTC is February in Berlin."""
    epoch_s = int(datetime(2024, 1, 31, 21, tzinfo=UTC).timestamp()) + 3600 * np.arange(4)
    assert month_spans(epoch_s, "Europe/Berlin") == [("2024-01", slice(0, 2)), ("2024-02", slice(2, 4))]
    assert month_spans(epoch_s, "UTC") == [("2024-01", slice(0, 3)), ("2024-02", slice(3, 4))]


def test_december_is_followed_by_january() -> None:
    epoch_s = int(datetime(2024, 12, 31, 22, tzinfo=UTC).timestamp()) + 3600 * np.arange(3)
    assert [month for month, _ in month_spans(epoch_s, "Europe/Berlin")] == ["2024-12", "2025-01"]


def test_months_by_hand() -> None:
    """Two hours in January, two in February: yields, COP, temperatures and kilometres go to their month."""
    place, start = modern(1), datetime(2024, 1, 31, 21, tzinfo=UTC)
    kpis = Kpis(place.twin, TimeAxis(int(start.timestamp()), 3600, 4))
    building = {
        "p_heat_pump_kw": [[1], [1], [2], [0]],
        "heat_space_kw": [[3], [2], [4], [0]],
        "heat_water_kw": [[0], [0], [2], [0]],
    }
    building |= {"p_kw": building["p_heat_pump_kw"], "temp_indoor_degc": [[20], [21], [22], [24]]}
    values = {
        "household": {"p_kw": [[1]] * 4},
        "pv": {"p_kw": [[-5], [-10], [0], [-20]]},
        "building": building,
        "ev": {"drive_kw": [[0], [6], [0], [3]], "distance_km": [[0], [30], [30], [50]]},
    }
    kpis.add(block_of(place, values, start=start))
    months = kpis.tables()["months"]
    expected = {
        "days": [2 / 24, 2 / 24],
        "consumption_kwh": [4.0, 4.0],
        "generation_kwh": [15.0, 20.0],
        "pv_yield_kwh_per_kwp": [3.0, 4.0],  # 5 kWp
        "heat_pump_cop": [2.5, 3.0],
        "temp_indoor_degc": [20.5, 23.0],
        "ev_distance_km": [30.0, 20.0],
        "ev_kwh_per_100km": [20.0, 15.0],
    }
    assert months["month"] == ["2024-01", "2024-02"]
    for name, column in expected.items():
        assert months[name] == pytest.approx(column), name
    assert (months["temp_indoor_low_degc"], months["temp_indoor_high_degc"]) == ([20.0, 22.0], [21.0, 24.0])


def test_a_quarter_of_a_year_stays_small() -> None:
    place, axis = community(4), axis_of(95, 3600)
    kpis = Kpis(place.twin, axis)
    for block in blocks(place, axis):
        kpis.add(block)
    tables = kpis.tables()
    assert tables["months"]["month"] == ["2024-07", "2024-08", "2024-09", "2024-10"]
    assert sum(tables["months"]["days"]) == pytest.approx(95.0)
    assert sum(tables["months"]["generation_kwh"]) == pytest.approx(kpis.result()["generation_kwh"].value)


def test_pounds() -> None:
    pound = Currency("GBP", 1.17)
    assert kpi("cost_eur", 117.0).definition.text(117.0, pound) == "100.00 GBP"
    assert kpi("import_kwh", 117.0).definition.text(117.0, pound) == "117.0 kWh"
    assert kpi("dwelling_cost_eur", 0.0).definition.sentence(-117.0, "", pound) == "A dwelling earns 100.00 GBP on average."
    assert pound.shown(0.117, "EUR/kWh") == (pytest.approx(0.1), "GBP/kWh")


@pytest.mark.parametrize(
    "facts", [{}, {"currency": "EUR"}, {"currency": {"code": "EUR", "eur_per_unit": 1.0}}, {"currency": {"code": "GBP"}}]
)
def test_no_usable_rate_is_euro(facts: dict) -> None:
    assert currency_of(facts) == EURO


def test_a_comparison_of_two_currencies_is_in_euro(run: Run, tmp_path: Path) -> None:
    british = altered(run, tmp_path / "a", manifest={"currency": {"code": "GBP", "eur_per_unit": 1.17}})
    other = altered(run, tmp_path / "b", manifest={"currency": {"code": "GBP", "eur_per_unit": 1.17}})
    assert shown_currency([british, other]).code == "GBP"
    assert shown_currency([british, run]) == EURO
    both, mixed = per_home([british, other]), per_home([british, run])
    assert both.loc["cost_eur", "unit"] == "GBP per home"
    assert both.loc["cost_eur", "a"] == pytest.approx(run.kpis["cost_eur"].value / 1.17 / 8)
    assert mixed.loc["cost_eur", "unit"] == "EUR per home"
    assert mixed.loc["cost_eur", "a"] == pytest.approx(run.kpis["cost_eur"].value / 8)
    assert compare([british, run]).loc["cost_eur", "unit"] == "EUR"


def test_a_comparison_for_people(run: Run, tmp_path: Path) -> None:
    facts = {"currency": {"code": "GBP", "eur_per_unit": 1.25}}
    one = altered(run, tmp_path / "one", manifest=facts, kpis={"cost_eur": 10.0, "import_kwh": 200.0})
    other = altered(run, tmp_path / "other", manifest=facts, kpis={"cost_eur": 7.5, "import_kwh": 250.0})
    heads, rows = compare_texts([one, other])
    assert heads == ["", "one", "other", "difference", ""]
    assert ["Cost of the community", "8.00 GBP", "6.00 GBP", "−2.00 GBP", "-25.0 %"] in rows
    assert ["Import", "200.0 kWh", "250.0 kWh", "+50.0 kWh", "+25.0 %"] in rows
    assert len(rows) == 2
    assert len(compare_texts([one, other], everything=True)[1]) == len(one.kpis)


def test_a_bill_in_pounds() -> None:
    lines = [LineItem("energy", 100.0, "kWh", 0.25, 25.0), LineItem("value added tax", 25.0, "EUR", 0.2, 5.0)]
    text = bill_text(lines, Currency("GBP", 1.25))
    assert text.splitlines() == [
        "energy                 100.00 kWh  x   0.2000 =      20.00 GBP",
        "value added tax         20.00 GBP  x   0.2000 =       4.00 GBP",
    ]


def test_communities_per_home(run: Run, tmp_path: Path) -> None:
    values = {
        "import_kwh": 1200.0,
        "self_sufficiency": 0.5,
        "peak_import_kw": 24.0,
        "line_overload_h": 3.0,
        "dwelling_cost_eur": 7.0,
    }
    other = altered(run, tmp_path / "other", manifest={"community": {"dwellings": 12}, "steps": 240, "step_s": 3600}, kpis=values)
    frame = per_home([run, other])
    assert list(frame.index[:2]) == ["homes", "days"]
    assert list(frame.loc["homes", [run.name, "other"]]) == [8.0, 12.0]
    assert list(frame.loc["days", [run.name, "other"]]) == [2.0, 10.0]
    assert (frame.loc["import_kwh", "other"], frame.loc["import_kwh", "unit"]) == (100.0, "kWh per home")
    assert (frame.loc["peak_import_kw", "other"], frame.loc["peak_import_kw", "unit"]) == (2.0, "kW per home")
    assert (frame.loc["self_sufficiency", "other"], frame.loc["self_sufficiency", "unit"]) == (0.5, "1")
    assert (frame.loc["line_overload_h", "other"], frame.loc["dwelling_cost_eur", "other"]) == (3.0, 7.0)


def test_communities_per_home_and_year(run: Run, tmp_path: Path) -> None:
    facts = {"community": {"dwellings": 12}, "steps": 240, "step_s": 3600}
    values = {"import_kwh": 1200.0, "peak_import_kw": 24.0, "line_overload_h": 3.0, "dwelling_cost_eur": 7.0}
    other = altered(run, tmp_path / "other", manifest=facts, kpis=values)
    frame = per_home([run, other], per_year=True)
    units = {"import_kwh": "kWh per home and year", "line_overload_h": "h per year", "dwelling_cost_eur": "EUR per year"}
    expected = {"import_kwh": 3650.0, "line_overload_h": 109.5, "dwelling_cost_eur": 255.5}
    for name, unit in units.items():
        assert (frame.loc[name, "other"], frame.loc[name, "unit"]) == (pytest.approx(expected[name]), unit)
    assert (frame.loc["peak_import_kw", "other"], frame.loc["peak_import_kw", "unit"]) == (2.0, "kW per home")


def test_no_homes_no_figure_per_home(run: Run, tmp_path: Path) -> None:
    empty = altered(run, tmp_path / "empty", manifest={"community": {}})
    with pytest.raises(ValueError, match="run empty has no dwellings"):
        per_home([run, empty])


def test_months_of_several_runs(run: Run, tmp_path: Path) -> None:
    old = altered(run, tmp_path / "old")
    shutil.rmtree(old.path / "tables")
    frame = by_month([run, old], "pv_yield_kwh_per_kwp")
    assert list(frame.index) == ["2024-07"]
    assert frame[run.name].iloc[0] == pytest.approx(run.kpis["pv_yield_kwh_per_kwp"].value)
    assert frame["old"].isna().all()


def test_a_range_for_a_year_is_not_held_against_a_week(run: Run, tmp_path: Path) -> None:
    low = altered(run, tmp_path / "low", kpis={"pv_yield_kwh_per_kwp": 20.0})
    year = altered(run, tmp_path / "year", kpis={"pv_yield_kwh_per_kwp": 20.0}, manifest={"steps": 8760, "step_s": 3600})
    outside = [{row.title: row.outside for row in plausible(one, one.kpis)}["Yield of PV"] for one in (low, year)]
    assert outside == [False, True]
