# SPDX-License-Identifier: Apache-2.0
"""From a plan to a scenario: what is added, where, and what the loader says of it."""

from __future__ import annotations

import pytest

from tests.scenario_files import every_kind
from tests.unit.planning_proof_sample import community, plan, unit
from twinergy.community.scenario import load
from twinergy.community.topology import GridTopology
from twinergy.cosim.planning.scenario import changes_of, scenario_of, summary
from twinergy.cosim.planning.steering import transformer_above
from twinergy.errors import ScenarioError


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    return community(tmp_path_factory.mktemp("base"))


def planned(base, folder, *units, **given):
    return load(scenario_of(plan(units, scenario="small", **given), base, folder))


def test_batteries_of_homes_are_spread_by_share_and_follow_their_meter(base, tmp_path):
    share = {"home-0001": 0.75, "home-0002": 0.25}
    chosen = planned(
        base, tmp_path, unit("battery-homes-1", "battery", "homes-1", {"capacity_kwh": 16.0, "power_kw": 8.0}, share)
    )
    devices = chosen.twin.of_kind("battery")
    assert [(one.id, one.dwelling) for one in devices] == [
        ("plan-battery-home-0001", "home-0001"),
        ("plan-battery-home-0002", "home-0002"),
    ]
    assert [one.options.capacity_kwh for one in devices] == [12.0, 4.0]
    assert [one.options.p_charge_kw for one in devices] == [6.0, 2.0]
    assert {one.options.mode for one in devices} == {"self_consumption"}
    assert len(chosen.twin.connections) == len(base.twin.connections)


def test_a_home_that_has_a_battery_gets_a_larger_one(tmp_path):
    known = community(tmp_path, extra="    battery: {options: {capacity_kwh: 5, p_charge_kw: 2}}\n    gateway: {}\n")
    more = unit("battery-homes-1", "battery", "homes-1", {"capacity_kwh": 3.0, "power_kw": 1.0}, {"home-0001": 1.0})
    options = {one.id: one.options for one in planned(known, tmp_path / "plan", more).twin.of_kind("battery")}
    assert len(options) == 6
    assert (options["home-0001-battery"].capacity_kwh, options["home-0001-battery"].p_charge_kw) == (8.0, 3.0)
    assert options["home-0002-battery"].capacity_kwh == 5.0


def test_modules_look_where_the_plan_says_and_lose_what_the_pilots_lose(base, tmp_path):
    pv = unit("pv-homes-1-a", "pv", "homes-1", {"size_kwp": 5.0}, {"home-a": 1.0}, tilt_deg=20.0, azimuth_deg=225.0)
    (new,) = [one for one in planned(base, tmp_path, pv).twin.of_kind("pv") if one.id.startswith("plan-")]
    assert (new.options.p_dc_kwp, new.options.tilt_deg, new.options.azimuth_deg) == (5.0, 20.0, 225.0)
    assert new.options.losses_percent == 10.0  # as all but one of the homes' systems


def test_a_community_battery_gets_a_connection_meters_and_somebody_who_runs_it(base, tmp_path):
    bus = base.grid.connection_buses[5]
    battery = unit(
        "battery-x", "battery", "plan-x", {"capacity_kwh": 100.0, "power_kw": 50.0}, {"plan-x": 1.0}, bus=bus, community=True
    )
    chosen = planned(base, tmp_path, battery)
    connection = chosen.twin.connection_by_id["plan-x"]
    assert (connection.bus, connection.tariff, connection.limit_kw) == (bus, "household", 51.0)
    device = chosen.twin.device_by_id["plan-battery-x"]
    assert (device.options.mode, device.options.safe_mode) == ("set_point", "idle")
    assert device.options.standby_kw == pytest.approx(0.15)
    (controller,) = chosen.controllers
    assert controller.options.batteries == ("plan-battery-x",)
    assert controller.options.limit_kw == 400.0  # transformer of the village network in pandapower: 0.4 MVA
    assert f"meter-{controller.options.transformer}" in chosen.twin.device_by_id


def test_where_energy_is_shared_the_community_battery_keeps_it_in_the_station(base, tmp_path):
    bus = base.grid.connection_buses[5]
    battery = unit(
        "battery-x", "battery", "plan-x", {"capacity_kwh": 100.0, "power_kw": 50.0}, {"plan-x": 1.0}, bus=bus, community=True
    )
    (controller,) = planned(base, tmp_path, battery, options={"sharing": {"rule": "local"}}).controllers
    assert (controller.options.limit_kw, controller.options.margin_kw) == (1.0, 0.0)


def test_a_battery_on_varying_prices_trades_by_itself(base, tmp_path):
    night, day = "{from: '00:00', to: '06:00', price_eur_per_kwh: 0.1}", "{from: '06:00', to: '24:00', price_eur_per_kwh: 0.3}"
    varying = base.with_set(f"tariffs.household.energy={{kind: time_of_use, bands: [{night}, {day}]}}")
    bus = base.grid.connection_buses[5]
    battery = unit(
        "battery-x", "battery", "plan-x", {"capacity_kwh": 100.0, "power_kw": 50.0}, {"plan-x": 1.0}, bus=bus, community=True
    )
    home = unit("battery-homes-1", "battery", "homes-1", {"capacity_kwh": 6.0, "power_kw": 3.0}, {"home-0001": 1.0})
    chosen = planned(varying, tmp_path, battery, home)
    assert {spec.plugin for spec in chosen.controllers} == {"home_energy", "price_response"}
    assert chosen.twin.device_by_id["plan-battery-x"].dwelling == "plan-x"


def test_what_trades_gets_a_meter_of_its_own(tmp_path):
    hagedorn = load("hagedorn")
    battery = unit(
        "battery-storage-1", "battery", "storage-1", {"capacity_kwh": 90.0, "power_kw": 45.0}, {"storage-1": 1.0}, community=True
    )
    chosen = planned(hagedorn, tmp_path, battery)
    device, beside = chosen.twin.device_by_id["plan-battery-storage-1"], chosen.twin.connection_by_id["storage-1"]
    own = chosen.twin.connection_by_id[device.connection or chosen.twin.dwelling_by_id[device.dwelling].connection]
    assert (own.id, own.bus, own.tariff) == ("plan-storage-1", beside.bus, beside.tariff)
    assert "plan-trader" in {spec.name for spec in chosen.controllers}


def test_a_limit_that_is_too_small_is_raised_and_said(base, tmp_path):
    home = unit("battery-homes-1", "battery", "homes-1", {"capacity_kwh": 40.0, "power_kw": 20.0}, {"home-0001": 1.0})
    listed = unit("battery-c", "battery", "home-c", {"capacity_kwh": 90.0, "power_kw": 45.0}, {"home-c": 1.0}, bus="x")
    changes = changes_of(plan((home, listed)), base)
    assert "all generated homes get connections of 20 kW: plan-battery-home-0001 is rated 20.0 kW" in changes.notes
    assert any(note.startswith("home-c gets a connection of 45 kW instead of 30 kW") for note in changes.notes)
    chosen = planned(base, tmp_path, home, listed)
    assert chosen.twin.connection_by_id["home-0003"].limit_kw == 20.0
    assert chosen.twin.connection_by_id["home-c"].limit_kw == 45.0


def test_heat_cars_and_turbines(tmp_path):
    base = load(every_kind(tmp_path))
    units = (
        unit(
            "chp-pipes",
            "chp",
            "heat-pipes",
            {"size_kw": 10.0},
            {"home-c": 1.0},
            heat_network="pipes",
            electric_efficiency=0.25,
            thermal_efficiency=0.6,
        ),
        unit("boiler-pipes", "boiler", "heat-pipes", {"size_kw": 15.0}, {"home-c": 1.0}, heat_network="pipes"),
        unit("buffer-pipes", "heat_buffer", "heat-pipes", {"capacity_kwh": 34.2}, {"home-c": 1.0}, heat_network="pipes"),
        unit("cars", "ev", "homes-1", {}, {"home-a": 1.0}),
        unit("turbine", "wind", "home-c", {"size_kw": 19.0}, {"home-c": 1.0}, turbine="excel10"),
    )
    chosen = planned(base, tmp_path / "plan", *units)
    chp = chosen.twin.device_by_id["plan-chp-pipes"]
    assert chp.heat_network == "pipes"
    assert chp.options.operating.p_kw == (5.0, 10.0)
    assert chp.options.operating.heat_kw == (12.0, 24.0)
    assert chp.options.operating.fuel_lhv_kw[-1] == pytest.approx(10.0 / 0.25 / 1.11, abs=1e-4)
    assert chp.options.boiler_kw == 15.0
    assert chp.options.volume_l == pytest.approx(1000.0)  # 34.2 kWh over 30 K and 1.14 Wh/(l K)
    assert chosen.twin.device_by_id["point-a"].options.v2g
    assert chosen.twin.device_by_id["ev-a"].options.v2g_kw > 0.0
    assert chosen.twin.device_by_id["plan-wind-home-c"].options.count == 2


def test_a_boiler_without_a_new_engine_goes_to_the_present_one(tmp_path):
    base = load(every_kind(tmp_path))
    boiler = unit("boiler-pipes", "boiler", "heat-pipes", {"size_kw": 15.0}, {"home-c": 1.0}, heat_network="pipes")
    chosen = planned(base, tmp_path / "plan", boiler)
    assert chosen.twin.device_by_id["chp"].options.boiler_kw == 35.0


def test_heat_pumps_replace_the_boilers_of_homes_that_need_most(base, tmp_path):
    heated = community(tmp_path, extra="    building: {options: {heating: boiler}}\n")
    pumps = unit(
        "pumps", "heat_pump", "heat-homes-1-gas", {"size_kw": 12.0}, {"home-0001": 0.2, "home-0002": 0.6, "home-0003": 0.2}
    )
    boilers = unit("boilers", "boiler", "heat-homes-1-gas", {}, {"home-0001": 1.0})
    boilers = type(boilers)(**{**{name: getattr(boilers, name) for name in boilers.__slots__}, "existing": {"size_kw": 20.0}})
    chosen = planned(heated, tmp_path / "plan", pumps, boilers)
    heating = {one.id: (one.options.heating, one.options.heat_power_kw) for one in chosen.twin.of_kind("building")}
    assert heating["home-0002-building"] == ("heat_pump", 12.0)
    assert heating["home-0001-building"] == ("boiler", None)


def test_nothing_to_build_is_said(base):
    assert summary(changes_of(plan(()), base)) == "nothing: the plan builds nothing"


def test_a_place_that_is_not_there_is_named(base, tmp_path):
    pv = unit("pv-homes-1-a", "pv", "homes-1", {"size_kwp": 5.0}, {"home-9": 1.0}, azimuth_deg=180.0)
    with pytest.raises(ScenarioError, match=r"units.pv-homes-1-a.share: the scenario has no such .* \(got 'home-9'\)"):
        scenario_of(plan((pv,)), base, tmp_path)


def test_what_the_command_line_changed_is_kept(base, tmp_path):
    chosen = planned(base.with_set("community.homes=3", "run.seed=9"), tmp_path)
    assert len([one for one in chosen.twin.dwellings if one.id.startswith("home-0")]) == 3
    assert chosen.file.run.seed == 9


def test_overrides_reach_generated_devices_and_only_they_change(tmp_path):
    known = community(tmp_path)
    changed = known.with_set("overrides.home-0001-household={annual_kwh: 999}")
    options = {one.id: one.options.annual_kwh for one in changed.twin.of_kind("household")}
    assert options["home-0001-household"] == 999
    assert options["home-0002-household"] == 3500
    with pytest.raises(
        ScenarioError, match=r"overrides.home-0001-houshold: there is no such device .*did you mean 'home-0001-household'"
    ):
        known.with_set("overrides.home-0001-houshold={annual_kwh: 999}")
    with pytest.raises(ScenarioError, match=r"overrides.home-0001-household.annual_kw\b"):
        known.with_set("overrides.home-0001-household={annual_kw: 999}")
    assert known.with_set("overrides.home-0001-household=null").twin == known.twin


def test_the_transformer_above_a_bus():
    grid = GridTopology(
        buses={},
        lines={"l1": ["low", "a"], "l2": ["a", "b"], "m": ["high", "far"]},
        transformers={"t": ["high", "low"], "u": ["far", "other"]},
    )
    assert transformer_above(grid, "b") == "t"
    assert transformer_above(grid, "high") == ""
