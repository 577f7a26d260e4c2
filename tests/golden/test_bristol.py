# SPDX-License-Identifier: Apache-2.0
"""Bristol's week of 167 hours: key figures that change only with a line in the changelog, and figures from outside."""

from __future__ import annotations

from collections import Counter

import pytest

from twinergy.community.scenario import load
from twinergy.cosim.runner import run

PHASES_OF_FEEDER = {"a": 21, "b": 19, "c": 15}
"""Customers per phase of the IEEE European low-voltage test feeder, its file Loads.txt."""


@pytest.fixture(scope="module")
def scenario():
    return load("bristol")


@pytest.fixture(scope="module")
def week(scenario, tmp_path_factory):
    return run(scenario, out=tmp_path_factory.mktemp("runs"), report=False)


WEEK = {
    "consumption_kwh": 5322.0,
    "generation_kwh": 425.7,
    "heat_space_kwh": 16130.0,
    "heat_water_kwh": 1585.0,
    "heat_pump_spf": 3.16,
    "fuel_kwh": 19475.0,
    "temp_indoor_degc": 19.26,
    "cost_eur": 1801.0,
    "losses_kwh": 30.0,
    "unbalance_percent": 0.83,
}


@pytest.mark.parametrize(("name", "value"), WEEK.items())
def test_key_figures_of_the_week(week, name, value):
    """Kind: regression; the models behind them have their own values from outside."""
    assert week.kpis[name].value == pytest.approx(value, rel=0.02)


def test_nothing_failed_and_everything_adds_up(week):
    assert [figure.name for figure in week.kpis.values() if not figure.clean] == []
    assert week.kpis["power_balance_max_kw"].value < 1e-5
    assert week.kpis["storage_balance_max_kwh"].value < 1e-9
    assert week.kpis["money_balance_max_eur"].value < 1e-9


def test_the_week_in_which_clocks_go_forward_has_167_hours(week):
    assert week.manifest["steps"] == 167 * 4
    assert week.currency.code == "GBP"


def test_homes_hang_on_the_phases_of_the_feeder(scenario):
    """One home at each of the 55 loads, on its phase; the campus has three."""
    homes = [connection for connection in scenario.twin.connections if connection.id != "campus"]
    assert Counter(connection.phases for connection in homes) == PHASES_OF_FEEDER
    assert len({connection.bus for connection in homes}) == 55
    assert scenario.twin.connection_by_id["campus"].phases == "abc"


def test_participants_are_those_of_the_pilot(scenario):
    """D4.4: one campus building and ten homes (here twelve), a few with PV, one or two batteries of 13.5 kWh."""
    twin = scenario.twin
    assert sum(dwelling.id.startswith("home") for dwelling in twin.dwellings) == 12
    assert [device.options.capacity_kwh for device in twin.of_kind("battery")] == [13.5, 13.5]
    assert 3 <= sum(device.id.startswith("home") for device in twin.of_kind("pv")) <= 6
    metered = {device.options.of.device for device in twin.of_kind("meter") if device.options.of.device}
    assert {f"home-{number:02d}-household" for number in range(1, 13)} <= metered


def test_voltage_and_unbalance_keep_the_standard(week, scenario):
    """EN 50160: unbalance at most 2 %, voltage within 10 %; in Great Britain 230 V + 10 % - 6 % (ESQCR 2002)."""
    at = [connection.bus for connection in scenario.twin.connections]
    for phase in "abc":
        voltage = week.wide("bus", f"vm_{phase}_pu")[at]
        assert voltage.min().min() > 0.94
        assert voltage.max().max() < 1.10
    assert 0.2 < week.wide("bus", "unbalance_percent").max().max() < 2.0


def test_phases_differ_as_single_phase_homes_make_them(week):
    """At the far end the most loaded phase, a with 21 homes, lies below c with 15 on average."""
    mean = {phase: float(week.wide("bus", f"vm_{phase}_pu")["906"].mean()) for phase in "abc"}
    assert mean["a"] < mean["c"]
    assert max(mean.values()) - min(mean.values()) > 0.002


def test_a_home_uses_what_british_homes_use(week):
    """Ofgem: 1,800 to 4,100 kWh a year, 2,700 typical, plus a tenth for the boiler's pump and the season."""
    neighbours = week.dwellings[lambda table: table["dwelling"].str.startswith("neighbour")]
    assert 1800.0 < neighbours["consumption_kwh"].mean() * 365.0 * 24.0 / 167.0 < 4100.0


def test_peak_of_55_homes_is_what_networks_are_planned_for(week):
    """Britain plans 1 to 2 kW after diversity per home with gas heating; the campus is not a home."""
    power = week.wide("connection", "p_kw").drop(columns="campus")
    assert power.shape[1] == 55
    assert 0.6 < power.sum(axis=1).max() / 55 < 2.0


def test_boilers_burn_a_march_week_of_gas(week):
    """Ofgem's 11,500 kWh of gas a year is 220 kWh in a mean week; in March 1.1 to 2 times that, floor areas of 60 to 120 m2."""
    fuel = week.wide("building", "fuel_kw")
    homes = fuel[[name for name in fuel.columns if name.startswith("neighbour")]]
    assert 150.0 < homes.sum().mean() / 4.0 < 600.0


def test_rooms_are_warm(week):
    """18 to 21 degrees by day, 3 K less by night."""
    indoor = week.wide("building", "temp_indoor_degc").iloc[96:]
    assert indoor.min().min() > 14.0
    assert 17.0 < indoor.mean().mean() < 21.0


def test_sub_meters_add_up_to_what_the_home_meter_counts(week):
    """Home 4 has nothing but appliances and a boiler: its meter counts both, to the one per cent of class B each."""
    meters = week.wide("meter", "energy_import_kwh").iloc[-1]
    boiler_kwh = week.wide("building", "p_kw")["home-04-building"].sum() / 4.0
    assert meters["meter-home-04"] == pytest.approx(meters["home-04-submeter"] + boiler_kwh, rel=0.02)


def test_pv_lies_between_a_dull_and_a_clear_week(week):
    """850 kWh/kWp a year (SAP), 8 % of it in March: 15 kWh in a mean week."""
    assert 7.0 < week.kpis["pv_yield_kwh_per_kwp"].value < 25.0


def test_cars_charge_with_one_phase_and_at_most_seven_kilowatts(week):
    power = week.wide("charging", "p_kw")
    assert power.max().max() == pytest.approx(7.36, abs=0.1)
    assert 13.0 < week.kpis["ev_kwh_per_100km"].value < 28.0
