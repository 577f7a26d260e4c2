# SPDX-License-Identifier: Apache-2.0
"""The kind ``wind``: options, table of types, ports, check and fleet."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from simulators.wind import KIND
from simulators.wind.options import WindOptions
from simulators.wind.turbines import turbine_types
from tests.unit.test_wind_case import BREEZE, line, options
from twinergy.community.twin import BuildContext, Device, Site, Twin
from twinergy.kinds import Phase
from twinergy.ports import Direction
from twinergy.timebase import TimeAxis

AXIS = TimeAxis(1_718_841_600, 900, 96)
STEP = AXIS.step(AXIS.block(0), 0)
SITE = Site(name="x", latitude_deg=51.0, longitude_deg=9.0, altitude_m=0.0, timezone="Europe/Berlin", country="DE")


def twin(*turbines):
    devices = tuple(
        Device(id=f"wind-{i}", kind="wind", options=option, dwelling="", path=f"devices[{i}]")
        for i, option in enumerate(turbines)
    )
    return Twin(site=SITE, connections=(), dwellings=(), devices=devices)


def fleet(*turbines):
    community = twin(*turbines)
    return KIND.build(community.devices, BuildContext(twin=community, axis=AXIS, seed=1, folder=Path()))


def inputs(count, **weather):
    one = {name: np.array([value]) for name, value in {**BREEZE, **weather}.items()}
    return {**one, "p_min_kw": np.full(count, np.nan)}


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"turbine": None}, r"either turbine or curve \(got neither\)"),
        ({"turbine": "v28"}, r"unknown turbine 'v28': did you mean 'v82'"),
        ({"hub_height_m": 2.0}, "greater than or equal to 6"),
        ({"roughness_length_m": 0.2}, r"roughness_length_m=0\.2 and shear_exponent=0"),
        ({"restart_m_per_s": 26.0}, r"restart_m_per_s=26 must not be above the cut-out of 24\.75 m/s"),
        ({"losses_percent": 100.0}, "less than 100"),
        ({"hub_hight_m": 100.0}, "hub_hight_m"),
    ],
)
def test_options_refuse_what_makes_no_sense(wrong, message):
    with pytest.raises(ValidationError, match=message):
        options(**wrong)


def test_two_curves_are_one_too_many():
    with pytest.raises(ValidationError, match="got both"):
        WindOptions(turbine="v82", hub_height_m=100.0, curve={"wind_m_per_s": [1.0, 2.0], "p_kw": [0.0, 1.0]})


@pytest.mark.parametrize(
    ("wind", "p_kw", "message"),
    [
        ([0.0, 5.0, 5.0], [0.0, 1.0, 2.0], r"increase strictly \(got 5 m/s after 5 m/s\)"),
        ([0.0, 5.0], [0.0, 1.0, 2.0], r"as many wind speeds as powers \(got 2 and 3\)"),
        ([-1.0, 5.0], [0.0, 1.0], "greater than or equal to 0"),
        ([0.0, 5.0], [0.0, -1.0], "greater than or equal to 0"),
        ([0.0, 5.0], [0.0, 0.0], "got 0 kW everywhere"),
        ([0.0, 70.0], [0.0, 1.0], "less than or equal to 60"),
        ([5.0], [1.0], "at least 2 items"),
    ],
)
def test_a_curve_refuses_what_makes_no_sense(wind, p_kw, message):
    with pytest.raises(ValidationError, match=message):
        options(curve={"wind_m_per_s": wind, "p_kw": p_kw})


def test_rated_power_is_that_of_the_farm():
    """Four times the 2320 kW of the curve; losses do not make a cable thinner."""
    assert KIND.rated_kw(options(count=4, losses_percent=10.0)) == 9280.0


@pytest.mark.parametrize("name", turbine_types())
def test_no_type_beats_betz(name):
    """At most 16/27 of the power of the wind through the rotor (Betz 1920)."""
    kind = turbine_types()[name]
    wind, p_kw = np.array([kind.wind_m_per_s, kind.p_kw])[:, 1:]  # the first may be a calm
    in_the_wind_kw = 0.5 * 1.225 * np.pi / 4.0 * kind.rotor_diameter_m**2 * wind**3 / 1000.0
    assert (p_kw <= 16.0 / 27.0 * in_the_wind_kw).all()
    assert (p_kw / in_the_wind_kw).max() > 0.25


def test_blades_must_not_reach_the_ground():
    community = twin(options(hub_height_m=57.0), options(hub_height_m=56.0), line(hub_height_m=6.0))
    (finding,) = KIND.check(community.devices, community)
    assert finding.path == "devices[1].hub_height_m"
    assert finding.value == "56 m"
    assert finding.allowed == "above 56.5 m, half the rotor diameter"


def test_ports_and_phase():
    assert KIND.phase is Phase.UNCONTROLLED
    sources = {port.name: port.source for port in KIND.ports if port.direction is Direction.INPUT}
    assert sources == {name: f"weather.{name}" for name in BREEZE}
    assert [port.name for port in KIND.ports if port.direction is Direction.SET_POINT] == ["p_min_kw"]


def test_a_step_reports_every_measured_port():
    outputs = fleet(options(), line()).step(STEP, inputs(2))
    assert set(outputs) == {port.name for port in KIND.ports if port.direction is Direction.MEASURED}
    assert all(values.shape == (2,) and values.dtype == np.float64 for values in outputs.values())


def test_steps_return_new_arrays_that_share_no_memory():
    farm = fleet(options(restart_m_per_s=20.0), line())
    arrays = [values for _ in range(2) for values in farm.step(STEP, inputs(2)).values()]
    assert not any(np.shares_memory(a, b) for i, a in enumerate(arrays) for b in arrays[:i])


def test_building_keeps_the_order_of_the_devices():
    farm = fleet(line(count=1), options(), line(count=3))
    assert farm.ids == ("wind-0", "wind-1", "wind-2")
    assert farm.step(STEP, inputs(3, wind_m_per_s=5.0))["p_kw"] == pytest.approx([-500.0, -280.244, -1500.0])


def test_a_fleet_may_be_empty():
    assert fleet().step(STEP, inputs(0))["p_kw"].shape == (0,)


def test_the_state_tells_who_waits_for_a_storm_to_pass():
    farm = fleet(options(restart_m_per_s=20.0), options(cut_out_m_per_s=30.0))
    farm.step(STEP, inputs(2, wind_m_per_s=26.0))
    farm.state()["running"][:] = 9.0
    assert farm.state()["running"].tolist() == [0.0, 1.0]


def test_importing_the_kind_is_cheap():
    code = "import sys, simulators.wind; sys.exit(bool({'pandas', 'scipy', 'ruamel.yaml'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
