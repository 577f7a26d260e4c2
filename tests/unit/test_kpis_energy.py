# SPDX-License-Identifier: Apache-2.0
"""Energy, own supply, money and exchange, against values worked out by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from tests.unit.results_sample import SUMMER, block_of, community
from twinergy.results.kpis import Kpis
from twinergy.results.settlement import PRICES
from twinergy.timebase import TimeAxis

AXIS = TimeAxis(int(SUMMER.timestamp()), 3600, 3)
PLACE = community(2)  # home 000: household; home 001: household, pv, battery

# Three hours. Sum of connections 3, 1, -4 kW; generation 0 + 3 + 6 = 9 kWh; consumption 3 * (2 + 1) = 9 kWh.
HAND = {
    "household": {"p_kw": [[2, 1], [2, 1], [2, 1]], "q_kvar": [[0, 0]] * 3},
    "pv": {"p_kw": [[0], [-3], [-6]], "p_curtailed_kw": [[0], [0.5], [1]]},
    "battery": {
        "p_kw": [[0], [1], [-1]],
        "energy_kwh": [[2], [2.9], [1.8]],
        "p_loss_kw": [[0], [0.1], [0.1]],
        "cycles": [[0], [0.1], [0.2]],
    },
    "connection": {"p_kw": [[2, 1], [2, -1], [2, -6]]},
}
PRICED = dict(
    zip(PRICES, ([[0.1]] * 3, [[0.05]] * 3, [[0.03]] * 3, [[0.02]] * 3, [[0.2]] * 3, [[0.1]] * 3, [[400]] * 3), strict=True)
)


def result(values: dict, **tables: dict) -> dict:
    kpis = Kpis(PLACE.twin, AXIS)
    kpis.add(block_of(PLACE, values | tables))
    return kpis.result()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("consumption_kwh", 9.0),
        ("generation_kwh", 9.0),
        ("import_kwh", 4.0),
        ("export_kwh", 4.0),
        ("shared_kwh", 1.0 + 2.0),  # hour 2: 1 kWh from home 001 to home 000; hour 3: 2 kWh
        ("curtailed_kwh", 1.5),
        ("self_consumption", 1.0 - 4.0 / 9.0),
        ("self_sufficiency", 1.0 - 4.0 / 9.0),
        ("dwelling_self_consumption", 1.0 - 7.0 / 9.0),  # only home 001 generates
        ("dwelling_self_sufficiency", (0.0 + 2.0 / 3.0) / 2.0),
        ("peak_import_kw", 3.0),
        ("peak_export_kw", 4.0),
        ("storage_losses_kwh", 0.2),
        ("storage_cycles", 0.2),
    ],
)
def test_three_hours_by_hand(name: str, value: float) -> None:
    assert result(HAND)[name].value == pytest.approx(value)


def test_a_peak_says_when() -> None:
    assert result(HAND)["peak_export_kw"].when == (SUMMER + timedelta(hours=2)).isoformat()


def test_step_length_scales_energy_but_not_power() -> None:
    kpis = Kpis(PLACE.twin, TimeAxis(int(SUMMER.timestamp()), 900, 3))
    kpis.add(block_of(PLACE, HAND, step_s=900))
    found = kpis.result()
    assert (found["consumption_kwh"].value, found["peak_import_kw"].value) == (2.25, 3.0)


def test_cost_by_hand() -> None:
    found = result(HAND, prices=PRICED)
    standing = 2 * 120.0 * 3 / 8760 * 1.19  # EUR/a for two connections, three hours, with VAT
    assert found["cost_eur"].value == pytest.approx(7 * 0.2 - 7 * 0.1 + standing)  # 2+2+2+1 kWh bought, 1+6 kWh sold
    assert found["dwelling_cost_eur"].value == pytest.approx(found["cost_eur"].value / 2)


def test_emissions_of_the_community_count_only_what_it_imports() -> None:
    assert result(HAND, prices=PRICED)["co2_kg"].value == pytest.approx(4.0 * 0.4)


def test_money_paid_is_money_received() -> None:
    found = result(HAND, prices=PRICED)["money_balance_max_eur"]
    assert found.value < 1e-9
    assert found.clean


def test_a_price_that_does_not_add_up_is_found() -> None:
    wrong = PRICED | {"buy_eur_per_kwh": [[0.2], [0.3], [0.2]]}  # 0.1 EUR/kWh too much on 2 kWh
    found = result(HAND, prices=wrong)["money_balance_max_eur"]
    assert found.value == pytest.approx(0.2)
    assert not found.clean


def test_a_missing_price_makes_the_bill_unknown_not_cheap() -> None:
    found = result(
        HAND, prices=PRICED | {"buy_eur_per_kwh": [[0.2], [np.nan], [0.2]], "energy_eur_per_kwh": [[0.1], [np.nan], [0.1]]}
    )
    assert "2 connections have no bill" in found["cost_eur"].note
    assert np.isnan(found["cost_eur"].value)
    assert not found["missing_prices"].clean


def test_a_connection_without_a_tariff_has_no_bill() -> None:
    first, second = PLACE.twin.connections
    twin = replace(PLACE.twin, connections=(replace(first, tariff=""), second))
    kpis = Kpis(twin, AXIS)
    kpis.add(block_of(PLACE, HAND | {"prices": PRICED}))
    assert kpis.result()["cost_eur"].value == pytest.approx(0.2 - 0.7 + 120.0 * 3 / 8760 * 1.19)  # home 001 alone
    assert [row["cost_eur"] is None for row in kpis.per_connection()] == [True, False]


def test_nothing_generated_is_no_share() -> None:
    none = HAND | {"pv": {"p_kw": [[0]] * 3}, "connection": {"p_kw": [[2, 1], [2, 2], [2, 0]]}}
    found = result(none)["self_consumption"]
    assert np.isnan(found.value)
    assert found.sentence == "Nothing was generated, so there is no share of it."


def test_own_supply_is_never_negative() -> None:
    trading = HAND["battery"] | {"p_kw": [[20], [-10], [-9]]}  # bought and sold again: 23 kWh in, 22 kWh out
    found = result(HAND, battery=trading, connection={"p_kw": [[2, 21], [2, -12], [2, -14]]})
    assert (found["self_sufficiency"].value, found["self_consumption"].value) == (0.0, 0.0)


def test_a_meter_is_not_a_load() -> None:
    metered = result(HAND, meter={"p_kw": [[2, 1], [2, -1], [np.nan, -6]]})
    assert metered["consumption_kwh"].value == 9.0
    assert metered["missing_readings"].value == 1


def test_a_meter_owes_nothing_before_its_first_telegram() -> None:
    slow = result(HAND, meter={"p_kw": [[np.nan, 1], [2, np.nan], [2, -6]]})
    assert slow["missing_readings"].value == 1


def test_a_meter_that_never_reports_owes_everything() -> None:
    mute = result(HAND, meter={"p_kw": [[np.nan, 1], [np.nan, -1], [np.nan, -6]]})["missing_readings"]
    assert (mute.value, mute.note) == (3, "1 meters never reported")


def test_what_says_whether_it_is_valid_is_taken_at_its_word() -> None:
    """A heat meter of something without heat reports in time: NaN is what it says, not a gap. Two real gaps, of two kinds."""
    heat = {"heat_kw": [[np.nan, 1], [np.nan, np.nan], [np.nan, 1]], "valid": [[1, 1], [1, 0], [1, 1]]}
    found = result(HAND, meter={"p_kw": [[2, 1], [2, np.nan], [2, -6]]}, heat_meter=heat)
    assert found["missing_readings"].value == 2


def test_per_connection_table() -> None:
    kpis = Kpis(PLACE.twin, AXIS)
    kpis.add(block_of(PLACE, HAND))
    first, second = kpis.per_connection()
    assert (first["connection"], first["import_kwh"], first["self_consumption"]) == ("home 000", 6.0, None)
    assert (second["export_kwh"], second["generation_kwh"], second["peak_kw"]) == (7.0, 9.0, 1.0)


def test_without_blocks_there_is_nothing() -> None:
    assert Kpis(PLACE.twin, AXIS).result() == {}


def test_set_points_are_counted_as_handed_in() -> None:
    kpis = Kpis(PLACE.twin, AXIS)
    kpis.add(block_of(PLACE, HAND))
    kpis.count_set_points(asked=5, granted=3, refused=1, limited=1)
    assert [kpis.result()[f"set_points_{name}"].value for name in ("asked", "granted", "limited", "refused")] == [5, 3, 1, 1]
