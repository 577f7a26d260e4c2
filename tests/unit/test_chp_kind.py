# SPDX-License-Identifier: Apache-2.0
"""The kind ``chp``: options, table of units, ports, check and fleet."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from simulators.chp import KIND
from simulators.chp.options import ChpOptions
from simulators.chp.units import unit_types
from tests.unit.test_chp_case import options, run
from twinergy.community.twin import BuildContext, Device, Site, Twin
from twinergy.kinds import Phase
from twinergy.ports import Direction
from twinergy.timebase import BLOCK_S, TimeAxis

AXIS = TimeAxis(2800 * BLOCK_S, 900, 96)
SITE = Site(name="x", latitude_deg=51.0, longitude_deg=9.0, altitude_m=0.0, timezone="Europe/Berlin", country="DE")
POINTS = {"p_kw": [5.0, 10.0], "heat_kw": [12.0, 20.0], "fuel_lhv_kw": [20.0, 34.0]}


def device(number=0, **fields):
    values = {"connection": "home", "heat_network": "net", **fields}
    return Device(id=f"chp-{number}", kind="chp", path=f"devices[{number}]", **{"options": options(), **values})


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"unit": None}, r"either unit or points \(got neither\)"),
        ({"points": POINTS}, r"either unit or points \(got both\)"),
        ({"unit": "gg500"}, r"unknown unit 'gg500': did you mean 'gg50'"),
        ({"buffer": {"temp_max_degc": 50.0}}, "temp_min_degc=50 and temp_max_degc=50 must rise"),
        ({"buffer": {"ambient_degc": 30.0, "temp_min_degc": 25.0}}, "ambient_degc=30, temp_min_degc=25"),
        ({"buffer": {"start_soc": 0.96}}, r"start_soc=0\.96 must be below stop_soc=0\.95"),
        ({"heat_demand": {"seasonal_kwh": 1.0, "mean_degc": 30.0}}, "never colder than heating_limit_degc=15"),
        ({"ramp_s": 0.0}, "greater than 0"),
        ({"mode": "power_led"}, "'heat_led', 'self_consumption' or 'set_point'"),
        ({"mod": "heat_led"}, "Extra inputs are not permitted"),
    ],
)
def test_options_refuse_what_makes_no_sense(wrong, message):
    with pytest.raises(ValidationError, match=message):
        ChpOptions.model_validate({"unit": "gg50"} | wrong)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"p_kw": [5.0]}, r"same number of points \(got 1 and 2 and 2\)"),
        ({"heat_kw": [20.0, 12.0]}, r"heat_kw must rise from point to point \(got 12 kW after 20 kW\)"),
        ({"fuel_lhv_kw": [15.0, 25.0]}, "5 kW of power and 12 kW of heat cannot come out of 15 kW of fuel"),
        ({"p_kw": [1.0, 2.0, 3.0, 4.0]}, "at most 3 items"),
        ({"p_kw": [0.0, 10.0]}, "greater than 0"),
    ],
)
def test_points_refuse_what_makes_no_sense(wrong, message):
    with pytest.raises(ValidationError, match=message):
        options(unit=None, points=POINTS | wrong)


def test_own_points_are_used():
    result = run(options(unit=None, points=POINTS), demand=100.0, p_set_kw=-7.5)
    assert result["heat_kw"][0, 0] == pytest.approx(16.0)
    assert KIND.rated_kw(options(unit=None, points=POINTS)) == 10.0


def test_a_buffer_left_out_holds_an_hour_and_a_half():
    """1.6 kWh per kW of 82 kW over 30 K: 131.2 kWh / (0.00114 kWh/(l K) * 30 K) = 3836 l; class B: (12 + 5.93 V^0.4) / 45 W/K."""
    unit = ChpOptions(unit="gg50")
    assert unit.volume_l == pytest.approx(3836.26, abs=0.01)
    assert unit.loss_w_per_k == pytest.approx((12.0 + 5.93 * 27.137) / 45.0, rel=1e-4)  # 3836.26^0.4 = 27.137


def test_ports_and_phase():
    assert KIND.phase is Phase.FOLLOWING
    (heat,) = (port for port in KIND.ports if port.name == "heat_network_kw")
    assert (heat.source, heat.over, heat.default) == ("building.heat_network_kw", "heat_network", 0.0)
    assert {port.name for port in KIND.ports if port.direction is Direction.SET_POINT} == {"p_set_kw", "p_min_kw", "p_max_kw"}
    assert set(run()) == {port.name for port in KIND.ports if port.direction is Direction.MEASURED}


def test_a_unit_needs_a_meter_and_somebody_for_its_heat():
    devices = (device(0), device(1, connection="", heat_network=""), device(2, heat_network="", options=with_demand()))
    findings = KIND.check(devices, Twin(site=SITE, devices=devices))
    assert [finding.path for finding in findings] == ["devices[1].connection", "devices[1].heat_network"]
    assert "nobody takes the heat of CHP 'chp-1'" in str(findings[1])


def with_demand():
    return options(heat_demand={"constant_kw": 1.0})


def test_the_kind_builds_a_fleet_that_steps():
    devices = (device(0, options=with_demand()), device(1, heat_network="", options=with_demand()))
    fleet = KIND.build(devices, BuildContext(twin=Twin(site=SITE), axis=AXIS, seed=1, folder=Path()))
    none = np.full(2, np.nan)
    inputs = {"heat_network_kw": np.array([10.0]), "p_net_kw": none, "p_set_kw": none, "p_min_kw": none, "p_max_kw": none}
    with pytest.raises(RuntimeError, match="prepare a block"):
        fleet.step(AXIS.step(AXIS.block(0), 0), inputs)
    fleet.prepare(AXIS.block(0))
    results = [fleet.step(AXIS.step(AXIS.block(0), index), inputs) for index in range(2)]
    assert results[0]["heat_demand_kw"].tolist() == [11.0, 1.0]
    assert all(values.shape == (2,) and values.dtype == np.float64 for values in results[1].values())
    assert {"energy_kwh", "hold_s", "warm_s", "starts"} <= set(fleet.state())
    assert fleet.ids == ("chp-0", "chp-1")


def test_what_was_returned_is_never_changed():
    fleet = KIND.build([device()], BuildContext(twin=Twin(site=SITE), axis=AXIS, seed=1, folder=Path()))
    block, none = AXIS.block(0), np.full(1, np.nan)
    fleet.prepare(block)
    inputs = {"heat_network_kw": np.array([90.0]), "p_net_kw": none, "p_set_kw": none, "p_min_kw": none, "p_max_kw": none}
    results = [fleet.step(AXIS.step(block, index), inputs) for index in range(20)]
    kept = [{name: value.copy() for name, value in result.items()} for result in results]
    for index in range(20, 60):
        fleet.step(AXIS.step(block, index), inputs)
    assert all(np.array_equal(result[name], kept[i][name]) for i, result in enumerate(results) for name in result)


def test_a_fleet_may_be_empty():
    fleet = KIND.build([], BuildContext(twin=Twin(site=SITE), axis=AXIS, seed=1, folder=Path()))
    fleet.prepare(AXIS.block(0))
    names = ("heat_network_kw", "p_net_kw", "p_set_kw", "p_min_kw", "p_max_kw")
    assert fleet.step(AXIS.step(AXIS.block(0), 0), dict.fromkeys(names, np.zeros(0)))["p_kw"].shape == (0,)


def test_the_table_covers_homes_and_quarters():
    rated = sorted(unit.rated_kw for unit in unit_types().values())
    assert rated[0] == 1.0
    assert rated[-1] > 140.0
    assert len(rated) >= 6


def test_importing_the_kind_is_cheap():
    code = "import sys, simulators.chp; sys.exit(bool({'pandas', 'scipy', 'ruamel.yaml'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
