# SPDX-License-Identifier: Apache-2.0
"""The kind ``pv``: options, ports, roof check and fleet."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pvlib
import pytest
from pydantic import ValidationError

from simulators.pv import KIND
from simulators.pv.options import PvOptions
from simulators.pv.params import PvParams
from simulators.pv.simulator import PvFleet
from tests.unit.test_pv_case import NIGHT, NOON
from twinergy.community.twin import BuildContext, Connection, Device, Dwelling, Site, Twin
from twinergy.kinds import Phase
from twinergy.ports import Direction
from twinergy.timebase import TimeAxis

AXIS = TimeAxis(1_718_841_600, 900, 96)  # 2024-06-20, UTC
BLOCK = AXIS.block(0)
MIDNIGHT, MORNING, MIDDAY, EVENING = (AXIS.step(BLOCK, 4 * hour) for hour in (0, 6, 11, 17))
SITE = Site(name="x", latitude_deg=51.0, longitude_deg=9.0, altitude_m=0.0, timezone="Europe/Berlin", country="DE")


def fleet(*systems, **options):
    params = PvParams.of([PvOptions(**{"p_dc_kwp": 10.0, **options, **system}) for system in systems or ({}, {})])
    made = PvFleet(tuple(f"pv-{i}" for i in range(len(systems or "ab"))), params, SITE)
    made.prepare(BLOCK)
    return made


def inputs(weather=NOON, count=2, vm_pu=1.0):
    asked = {"p_min_kw": np.full(count, np.nan), "q_set_kvar": np.full(count, np.nan), "vm_pu": np.full(count, vm_pu)}
    return {name: np.array([value]) for name, value in weather.items()} | asked


def twin(*kwp, roof_m2=20.0, dwelling="home"):
    devices = tuple(
        Device(id=f"pv-{i}", kind="pv", options=PvOptions(p_dc_kwp=p), dwelling=dwelling, path=f"devices[{i}]")
        for i, p in enumerate(kwp)
    )
    home = Dwelling(id="home", connection="c", residents=2, floor_area_m2=90.0, roof_area_m2=roof_m2)
    connection = Connection(id="c", bus="b", phases="abc", limit_kw=30.0, tariff="t")
    return Twin(site=SITE, connections=(connection,), dwellings=(home,), devices=devices)


def findings(community):
    return KIND.check(community.of_kind("pv"), community)


def test_default_losses_are_those_of_pvwatts():
    assert PvOptions(p_dc_kwp=1.0).losses_percent == pytest.approx(pvlib.pvsystem.pvwatts_losses(), abs=0.005)


def test_inverter_follows_the_modules_unless_named():
    assert PvOptions(p_dc_kwp=6.0).rating_kva == pytest.approx(5.0)
    assert PvOptions(p_dc_kwp=6.0, inverter_kva=4.0).rating_kva == 4.0


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"tilt_deg": 120.0}, "less than or equal to 90"),
        ({"p_dc_kwp": -1.0}, "greater than 0"),
        ({"feed_in_cap": 70.0}, "less than or equal to 1"),
        ({"azimut_deg": 180.0}, "azimut_deg"),
        ({"mounting": "tracker"}, "'open_rack', 'roof' or 'building_integrated'"),
    ],
)
def test_options_refuse_what_makes_no_sense(wrong, message):
    with pytest.raises(ValidationError, match=message):
        PvOptions(**{"p_dc_kwp": 5.0, **wrong})


def test_too_much_for_the_roof_is_a_finding():
    (finding,) = findings(twin(40.0))
    assert finding.path == "devices[0].p_dc_kwp"
    assert finding.value == "40 kWp on 20 m² of roof"
    assert finding.allowed == "at most 5 kWp (0.25 kWp per m² of roof)"


def test_all_systems_of_a_roof_count_together():
    (finding,) = findings(twin(3.0, 3.0))
    assert finding.value == "6 kWp on 20 m² of roof"
    assert "pv-0, pv-1" in finding.message


def test_what_fits_or_stands_in_the_open_is_fine():
    assert findings(twin(*[0.1] * 50)) == []
    assert findings(twin(500.0, dwelling="")) == []


def test_ports_and_phase():
    assert KIND.phase is Phase.UNCONTROLLED
    sources = {port.name: port.source for port in KIND.ports if port.direction is Direction.INPUT}
    assert sources == {**{name: f"weather.{name}" for name in NOON}, "vm_pu": "bus.vm_pu"}


@pytest.mark.parametrize(("step", "weather"), [(MIDDAY, NOON), (MIDNIGHT, NIGHT)])
def test_a_step_reports_every_measured_port(step, weather):
    outputs = fleet().step(step, inputs(weather))
    assert set(outputs) == {port.name for port in KIND.ports if port.direction is Direction.MEASURED}
    assert all(values.shape == (2,) and values.dtype == np.float64 for values in outputs.values())


@pytest.mark.parametrize("options", [{}, {"q_mode": "cosphi_p", "feed_in_cap": 0.5}, {"q_mode": "q_v"}])
@pytest.mark.parametrize(("step", "weather"), [(MIDDAY, NOON), (MIDNIGHT, NIGHT)])
def test_steps_return_new_arrays_that_share_no_memory(step, weather, options):
    system = fleet(**options)
    arrays = [values for _ in range(2) for values in system.step(step, inputs(weather)).values()]
    assert not any(np.shares_memory(a, b) for i, a in enumerate(arrays) for b in arrays[:i])


def test_state_is_a_copy_of_the_lag():
    system = fleet(q_mode="q_v")
    system.step(MIDDAY, inputs(vm_pu=1.07))
    seen = system.state()["q_lag_kvar"]
    seen[:] = 99.0
    assert system.state()["q_lag_kvar"] == pytest.approx(0.5 * 0.4358899 * 10.0 / 1.2, rel=1e-6)


def test_building_keeps_the_order_of_the_devices():
    community = twin(1.0, 2.0, 3.0)
    system = KIND.build(community.devices, BuildContext(twin=community, axis=AXIS, seed=1, folder=Path()))
    system.prepare(BLOCK)
    powers = system.step(MIDDAY, inputs(count=3))["p_kw"]
    assert system.ids == ("pv-0", "pv-1", "pv-2")
    assert powers / powers[0] == pytest.approx([1.0, 2.0, 3.0], rel=1e-12)


def test_every_step_has_its_own_sun():
    """East roofs lead in the morning, west roofs in the evening, in the same weather."""
    east_and_west = fleet({"azimuth_deg": 90.0}, {"azimuth_deg": 270.0})
    morning, evening = (east_and_west.step(step, inputs())["p_kw"] for step in (MORNING, EVENING))
    assert morning[0] < morning[1]
    assert evening[0] > evening[1]


def test_weather_of_each_device_equals_the_same_weather_for_all():
    system = fleet({"q_mode": "cosphi_p"}, {"azimuth_deg": 90.0})
    each = {**inputs(), **{name: np.full(2, value) for name, value in NOON.items()}}
    assert np.array_equal(system.step(MIDDAY, inputs())["p_kw"], system.step(MIDDAY, each)["p_kw"])


def test_importing_the_kind_does_not_import_pvlib_or_pandas():
    code = "import sys, simulators.pv; sys.exit(bool({'pvlib', 'pandas', 'scipy'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
