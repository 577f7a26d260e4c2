# SPDX-License-Identifier: Apache-2.0
"""The kind ``sensor``: options, ports, check and fleet."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from pydantic import ValidationError

from simulators.sensor import KIND
from simulators.sensor.simulator import SensorFleet
from tests.unit.test_sensor_case import ROOM, WEEK, readings, sensor
from twinergy.community.twin import Device, Site, Twin
from twinergy.kinds import Phase
from twinergy.ports import Direction
from twinergy.timebase import TimeAxis

SITE = Site(name="s", latitude_deg=0.0, longitude_deg=0.0, altitude_m=0.0, timezone="UTC", country="DE")


def hung(name):
    return Device(id="s1", kind="sensor", options=sensor(of={"device": name}), path="devices[3]")


def findings(name):
    house = Device(id="house-1", kind="building", options=sensor())
    device = hung(name)
    return [str(finding) for finding in KIND.check([device], Twin(site=SITE, devices=(house, device)))]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"sensor_class": "scd99"}, "'room', 'scd30'"),
        ({"of": {}}, "Field required"),
        ({"channels": {"pressure_hpa": None}}, "temp_indoor_degc"),
        ({"channels": {"co2_ppm": {"resolution": 1.0, "low": 5.0, "high": 5.0}}}, "low=5 must be below high=5"),
        ({"channels": {"co2_ppm": {"resolution": 0.0, "low": 0.0, "high": 5.0}}}, "greater than 0"),
        ({"intervall_steps": 2}, "Extra inputs are not permitted"),
    ],
)
def test_nonsense_is_refused(change, message):
    with pytest.raises(ValidationError, match=message):
        sensor(**change)


def test_ports_and_phase():
    assert KIND.phase is Phase.OBSERVING
    sources = {port.name: port.source for port in KIND.ports if port.direction is Direction.INPUT}
    assert sources == {f"true_{name}": f"point.{name}" for name in ROOM}
    assert set(readings()) == {port.name for port in KIND.ports if port.direction is Direction.MEASURED}
    assert sensor().of.target == ("device", "house")


def test_a_sensor_hangs_in_something():
    assert findings("house-1") == []
    (message,) = findings("house-2")
    assert message.startswith("devices[3].of.device: sensor 's1' hangs in a device that does not exist (got 'house-2')")
    assert "did you mean 'house-1'?" in message
    assert len(findings("s1")) == 1


def test_the_fleet_is_built_in_the_order_given():
    assert KIND.build([hung("house-1")], SimpleNamespace(seed=1)).ids == ("s1",)


def test_a_block_must_be_prepared():
    axis = TimeAxis(WEEK, 900, 1)
    with pytest.raises(RuntimeError, match="prepare a block"):
        SensorFleet(["s"], [sensor()], 1).step(axis.step(axis.block(0), 0), {})


def test_reports_are_never_changed_afterwards():
    fleet, axis = SensorFleet(["s"], [sensor(interval_steps=2, gap_probability=0.5)], 1), TimeAxis(WEEK, 900, 40)
    block = axis.block(0)
    fleet.prepare(block)
    rows = [fleet.step(axis.step(block, i), {f"true_{name}": np.full(1, float(i)) for name in ROOM}) for i in range(20)]
    kept = [{name: value.copy() for name, value in row.items()} for row in rows]
    for i in range(20, 40):
        fleet.step(axis.step(block, i), {f"true_{name}": np.full(1, float(i)) for name in ROOM})
    assert all(
        np.array_equal(row[name], copy[name], equal_nan=True) for row, copy in zip(rows, kept, strict=True) for name in row
    )
    assert set(fleet.state()) == {"age_s", *(f"level_{name}" for name in ROOM)}
