# SPDX-License-Identifier: Apache-2.0
"""The kind ``building``: options, checks, schedules in local time, fleet."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from simulators.building import KIND
from simulators.building.options import BuildingOptions
from simulators.building.schedules import Planner, night_of
from tests.unit.test_building_case import AXIS, NOON, SITE, fleet, inputs, run, village
from twinergy.errors import ScenarioError
from twinergy.kinds import Phase
from twinergy.ports import Direction
from twinergy.timebase import TimeAxis

MIXED = (
    {"heating": "heat_pump", "rotation_deg": 30.0},
    {"heating": "boiler", "cooling": "air_conditioner", "hot_water": "instantaneous"},
    {"heating": "network", "use": "school", "furniture_kj_per_m2k": 0.0, "construction_year": 2005, "ventilation": "mechanical"},
    {"heating": "electric", "use": "office", "rotation_deg": -45.0, "hot_water": "none"},
    {"heating": "none", "water_heater": "immersion", "country": "GR", "construction_year": 1985, "neighbours": "flat"},
)


def findings(context):
    return KIND.check(context.twin.of_kind("building"), context.twin)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"construction_year": 1500}, "greater than or equal to 1700"),
        ({"floor_area_m2": 0.0}, "greater than 0"),
        ({"heat_pump": "wolf_cha_7"}, "did you mean 'wolf_cha_07'"),
        ({"temp_cool_set_degc": 19.0}, "temp_cool_set_degc=19 must be above temp_set_degc=20"),
        ({"setback_degc": 22.0}, "setback_degc=22 must not be above temp_set_degc=20"),
        ({"heating": "none"}, "set water_heater to 'immersion' or hot_water to 'none'"),
        ({"setback_from_h": 22.1}, "multiple of 0.25"),
        ({"boiler_efficiency": 95.0}, "less than or equal to 1"),
        ({"country": "FR"}, "'DE', 'GB', 'GR' or 'IT'"),
        ({"heating_kw": 5.0}, "heating_kw"),
    ],
)
def test_options_refuse_what_makes_no_sense(wrong, message):
    with pytest.raises(ValidationError, match=message):
        BuildingOptions(**wrong)


def test_a_sound_village_has_no_findings():
    assert findings(village(*MIXED)) == []


def test_a_building_without_floor_meter_or_network_is_a_finding():
    context = village({"heating": "network"})
    (device,) = context.twin.devices
    lost = replace(context.twin, devices=(replace(device, dwelling="", connection="", heat_network=""),))
    found = KIND.check(lost.devices, lost)
    assert [finding.path for finding in found] == [
        f"devices[0].{name}" for name in ("floor_area_m2", "connection", "heat_network")
    ]


def test_two_buildings_in_a_dwelling_are_a_finding():
    context = village({}, {})
    crowded = tuple(replace(device, dwelling="home-0") for device in context.twin.devices)
    (finding,) = KIND.check(crowded, context.twin)
    assert "building-0, building-1" in finding.message
    assert finding.value == "home-0"


def test_a_country_without_typical_houses_is_a_finding():
    (finding,) = findings(village({}, site=replace(SITE, country="SE")))
    assert finding.value == "SE"
    assert finding.allowed == "DE, GB, GR, IT"


def test_building_without_a_floor_is_refused():
    context = village({}, area_m2=0.0)
    with pytest.raises(ScenarioError, match=r"building-0.*0 m2"):
        KIND.build(context.twin.devices, context)


def test_rated_power_is_that_of_the_largest_consumer():
    """5.62 kW at the rating point draw 2.532 kW on the test bench and 2.532 / 0.8 installed, 6 kW backup, 1 % of at most
    1.3 * 5.62 kW for pumps; a boiler takes 2 %."""
    heat_pump = BuildingOptions(heating="heat_pump", heat_power_kw=5.62)
    assert KIND.rated_kw(heat_pump) == pytest.approx(2.532 / 0.8 + 6.0 + 0.013 * 5.62)
    assert KIND.rated_kw(BuildingOptions(heating="boiler", heat_power_kw=20.0)) == pytest.approx(0.4)


def test_ports_and_phase():
    assert KIND.phase is Phase.UNCONTROLLED
    fed = {port.name: port.source for port in KIND.ports if port.direction is Direction.INPUT}
    assert {source.partition(".")[0] for source in fed.values()} == {"weather", "household"}
    assert fed["outdoor_humidity_percent"] == "weather.humidity_percent"
    assert len({port.name for port in KIND.ports}) == len(KIND.ports)
    assert all(port.default == 0.0 for port in KIND.ports if port.source.startswith("household."))


@pytest.mark.parametrize("weather", [{}, NOON])
def test_a_step_reports_every_measured_port_in_new_arrays(weather):
    built, axis = fleet(*MIXED)
    steps = run(built, axis, 3, weather=weather, occupants=1.0, active_occupants=1.0, hot_water_kw=0.4)
    wanted = {port.name for port in KIND.ports if port.direction is Direction.MEASURED}
    for out in steps:
        assert set(out) == wanted
        assert all(values.shape == (5,) and values.dtype == np.float64 and np.isfinite(values).all() for values in out.values())
    assert not any(np.shares_memory(a, b) for a in steps[0].values() for b in steps[1].values())


@pytest.mark.parametrize("weather", [{}, NOON])
def test_a_building_does_not_depend_on_its_neighbours(weather):
    built, axis = fleet(*MIXED)
    together = run(built, axis, 30, weather=weather)
    context = village(*MIXED)
    for row, device in enumerate(context.twin.devices):
        alone = KIND.build([device], replace(context, twin=replace(context.twin, devices=(device,))))
        alone.prepare(axis.block(0))
        for a, b in zip(together, run(alone, axis, 30, weather=weather), strict=True):
            for port, values in b.items():
                np.testing.assert_array_equal(a[port][row], values[0], err_msg=port)


def test_neighbours_who_are_limited_do_not_matter():
    calm, axis = fleet(*MIXED)
    asked, _ = fleet(*MIXED)
    limit = np.array([np.nan, np.nan, np.nan, 1.0, np.nan])
    for index in range(20):
        step = axis.step(axis.block(0), index)
        a, b = calm.step(step, inputs(5)), asked.step(step, {**inputs(5), "p_max_kw": limit})
        for port, values in a.items():
            np.testing.assert_array_equal(np.delete(values, 3), np.delete(b[port], 3), err_msg=port)
    assert b["p_kw"][3] <= 1.0 < a["p_kw"][3]


def test_set_points_override_the_schedule_where_somebody_asks():
    built, axis = fleet({"heating": "electric", "heat_power_kw": 60.0}, {"heating": "electric", "heat_power_kw": 60.0})
    asked = inputs(2) | {"temp_set_degc": np.array([np.nan, 23.0])}
    built.step(axis.step(axis.block(0), 48), asked)
    assert built.state()["air_degc"] == pytest.approx([20.0, 23.0])


@pytest.mark.parametrize(
    "day", [1_711_756_800, 1_729_900_800]
)  # 2024-03-30 and 2024-10-26, the day before each change of the clock
def test_setback_follows_the_local_clock_when_it_changes(day):
    axis = TimeAxis(day, 900, 192)
    planner = Planner([BuildingOptions(setback_degc=16.0)], [0.0], [100.0], [(22.0, 6.0)])
    for index in range(2 * 96):
        block = axis.block(index)
        plan = planner.of_block(block, "Europe/Berlin")[index - block.first]
        hour = block.local("Europe/Berlin")[index - block.first].hour
        assert plan.temp_set_degc[0] == (16.0 if hour >= 22 or hour < 6 else 20.0)


def test_nights_differ_between_buildings_and_stay_with_their_seed():
    free, fixed = BuildingOptions(), BuildingOptions(setback_from_h=22.0, setback_until_h=6.0)
    nights = [night_of(free, 1, f"building-{row}") for row in range(200)]
    assert nights == [night_of(free, 1, f"building-{row}") for row in range(200)]
    begins, ends = zip(*nights, strict=True)
    assert (min(begins), max(begins), min(ends), max(ends)) == (21.0, 23.75, 5.0, 7.75)
    assert night_of(fixed, 1, "building-0") == (22.0, 6.0)


def test_tank_is_disinfected_once_a_week():
    planner = Planner([BuildingOptions(legionella_degc=65.0), BuildingOptions()], [0.0, 0.0], [100.0, 100.0], [(22.0, 6.0)] * 2)
    axis = TimeAxis(1_704_672_000, 3600, 168)
    plans = [plan for block in axis.blocks() for plan in planner.of_block(block, "UTC")]
    tanks = np.array([plan.tank_set_degc for plan in plans])
    assert (tanks[:, 0] == 65.0).sum() == 2
    assert (tanks[:, 1] == 50.0).all()


def test_people_follow_a_schedule_only_where_no_household_feeds_them():
    alone, axis = fleet({})
    fed, _ = fleet({}, households=True)
    night = axis.step(axis.block(0), 8)  # 3 o'clock local
    assert alone.step(night, inputs(1))["co2_ppm"][0] > 420.5
    assert fed.step(night, inputs(1))["co2_ppm"][0] == pytest.approx(420.0)


def test_a_school_lives_on_weekdays():
    """Class rooms with 7 l/s and person reach 420 + 19e-3 / 25.2 * 1e6 = 1174 ppm at most."""
    built, axis = fleet({"use": "school", "heating": "network"}, area_m2=1000.0)
    block, co2 = axis.block(0), []
    for index in range(7 * 96):
        if index - block.first >= len(block):
            block = axis.block(index)
            built.prepare(block)
        co2.append(built.step(axis.step(block, index), inputs(1))["co2_ppm"][0])
    by_day = np.array(co2).reshape(7, 96).max(axis=1)
    assert (by_day[:5] > 700.0).all()
    assert by_day.max() < 1174.0
    assert by_day[6] < 430.0


def test_state_is_a_copy():
    built, axis = fleet({}, {})
    run(built, axis, 2)
    seen = built.state()
    seen["tank_degc"][:] = 99.0
    assert (built.state()["tank_degc"] < 60.0).all()
    assert all(values.shape == (2,) for values in seen.values())


def test_a_step_needs_a_length():
    built, _ = fleet({})
    with pytest.raises(ValueError, match="longer than 0 s"):
        built._params.span(0.0)


def test_importing_the_kind_is_cheap():
    code = "import sys, simulators.building; sys.exit(bool({'pvlib', 'pandas', 'scipy'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False, cwd=Path.cwd()).returncode == 0


def test_the_first_step_is_a_monday():
    assert AXIS.start.weekday() == 0
