# SPDX-License-Identifier: Apache-2.0
"""The kind ``heat_meter``: options, ports, check and fleet."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from pydantic import ValidationError

from simulators.heat_meter import KIND
from simulators.heat_meter.options import QUANTITIES
from simulators.heat_meter.simulator import HeatMeterFleet
from tests.unit.test_heat_meter_case import WEEK, meter, readings
from twinergy.community.twin import Device, Site, Twin
from twinergy.kinds import Phase
from twinergy.ports import Direction
from twinergy.timebase import TimeAxis

SITE = Site(name="s", latitude_deg=0.0, longitude_deg=0.0, altitude_m=0.0, timezone="UTC", country="DE")


def findings(name, quantity):
    devices = [Device(id=f"{kind}-1", kind=kind, options=meter()) for kind in ("building", "chp", "boiler")]
    device = Device(id="m1", kind="heat_meter", options=meter(of={"device": name}, quantity=quantity), path="devices[3]")
    return [str(finding) for finding in KIND.check([device], Twin(site=SITE, devices=(*devices, device)))]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"accuracy_class": 1}, "2, 3 or 'ideal'"),
        ({"quantity": "p_kw"}, "'heat_space_kw'"),
        ({"of": {}}, "Field required"),
        ({"temp_flow_degc": 37.0}, "temp_flow_degc=37 and temp_return_degc=35 are closer than least_difference_k=3"),
        ({"qp_m3_per_h": 0.0}, "greater than 0"),
        ({"qp": 1.5}, "Extra inputs are not permitted"),
    ],
)
def test_nonsense_is_refused(change, message):
    with pytest.raises(ValidationError, match=message):
        meter(**change)


def test_ports_and_phase():
    assert KIND.phase is Phase.OBSERVING
    sources = {port.name: port.source for port in KIND.ports if port.direction is Direction.INPUT}
    names = (*QUANTITIES, "temp_flow_degc", "temp_return_degc")
    assert sources == {f"true_{name}": f"point.{name}" for name in names}
    assert set(readings()) == {port.name for port in KIND.ports if port.direction is Direction.MEASURED}
    assert meter().of.target == ("device", "house")


@pytest.mark.parametrize(
    ("name", "quantity"), [("building-1", "cool_kw"), ("chp-1", "heat_supplied_kw"), ("boiler-1", "heat_kw")]
)
def test_what_exists_can_be_measured(name, quantity):
    assert findings(name, quantity) == []


@pytest.mark.parametrize(
    ("name", "quantity", "message"),
    [
        (
            "building-2",
            "cool_kw",
            "devices[3].of.device: heat meter 'm1' measures a device that does not exist (got 'building-2')",
        ),
        ("m1", "cool_kw", "measures a device that does not exist (got 'm1')"),
        ("building-1", "heat_kw", "devices[3].quantity: heat meter 'm1': a building has no such heat flow (got 'heat_kw')"),
        ("chp-1", "heat_space_kw", "a chp has no such heat flow (got 'heat_space_kw'); allowed: heat_kw, boiler_heat_kw"),
    ],
)
def test_what_does_not_exist_is_a_finding(name, quantity, message):
    (finding,) = findings(name, quantity)
    assert message in finding


def test_the_fleet_is_built_in_the_order_given():
    device = Device(id="m1", kind="heat_meter", options=meter())
    assert KIND.build([device], SimpleNamespace(seed=1)).ids == ("m1",)


def test_a_block_must_be_prepared():
    axis = TimeAxis(WEEK, 900, 1)
    with pytest.raises(RuntimeError, match="prepare a block"):
        HeatMeterFleet(["m"], [meter()], 1).step(axis.step(axis.block(0), 0), {})


def test_telegrams_are_never_changed_afterwards():
    fleet, axis = HeatMeterFleet(["m"], [meter(interval_steps=2, gap_probability=0.5)], 1), TimeAxis(WEEK, 900, 40)
    block = axis.block(0)
    fleet.prepare(block)
    none = {f"true_{name}": np.full(1, np.nan) for name in (*QUANTITIES, "temp_flow_degc", "temp_return_degc")}
    rows = [fleet.step(axis.step(block, i), {**none, "true_heat_space_kw": np.full(1, float(i))}) for i in range(20)]
    kept = [{name: value.copy() for name, value in row.items()} for row in rows]
    for i in range(20, 40):
        fleet.step(axis.step(block, i), {**none, "true_heat_space_kw": np.full(1, float(i))})
    assert all(
        np.array_equal(row[name], copy[name], equal_nan=True) for row, copy in zip(rows, kept, strict=True) for name in row
    )
    assert fleet.state()["energy_kwh"][0] == pytest.approx(sum(range(40)) / 4.0)
