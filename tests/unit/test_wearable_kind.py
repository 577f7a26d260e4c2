# SPDX-License-Identifier: Apache-2.0
"""The kind ``wearable``: options, ports, checks and fleet."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from pydantic import ValidationError

from simulators.wearable import KIND
from tests.unit.test_wearable_case import HOME, WEEK, fleet_of, readings, wearable, wearer
from twinergy.community.twin import Device, Dwelling, Site, Twin
from twinergy.kinds import Phase
from twinergy.options import Options
from twinergy.plugins import device_kind
from twinergy.ports import Direction
from twinergy.timebase import TimeAxis

SITE = Site(name="s", latitude_deg=0.0, longitude_deg=0.0, altitude_m=0.0, timezone="Europe/Berlin", country="DE")
HOMES = (Dwelling(id="home-1", connection="home-1", residents=2, floor_area_m2=100.0, roof_area_m2=50.0),)


def placed(number=1, dwelling="home-1", **options):
    return Device(id=f"w{number}", kind="wearable", dwelling=dwelling, options=wearable(**options), path=f"devices[{number}]")


def findings(*wearables, others=("household", "building")):
    made = tuple(Device(id=f"{kind}-{n}", kind=kind, dwelling="home-1", options=Options()) for n, kind in enumerate(others))
    return [str(each) for each in KIND.check(wearables, Twin(site=SITE, dwellings=HOMES, devices=(*wearables, *made)))]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"person": 0}, "greater than or equal to 1"),
        ({"age_years": 12.0}, "greater than or equal to 16"),
        ({"sex": "unknown"}, "'female' or 'male'"),
        ({"resting_bpm": 20.0}, "greater than or equal to 35"),
        ({"vo2max_met": 1.0}, "greater than or equal to 2"),
        ({"worn_asleep": 1.5}, "less than or equal to 1"),
        ({"wearable_class": "gold"}, "'low_cost', 'tracker' or 'ideal'"),
        ({"channels": {"steps": None}}, "heart_rate_bpm"),
        ({"channels": {"activity_met": {"resolution": 1.0, "low": 5.0, "high": 5.0}}}, "low=5 must be below high=5"),
        ({"channels": {"heart_rate_bpm": {"error_relative": 1.0, "resolution": 1.0, "low": 0, "high": 9}}}, "less than 1"),
        ({"age": 40}, "Extra inputs are not permitted"),
    ],
)
def test_nonsense_is_refused(change, message):
    with pytest.raises(ValidationError, match=message):
        wearable(**change)


def test_ports_and_phase():
    assert KIND.phase is Phase.OBSERVING
    assert {port.name for port in KIND.ports if port.direction is Direction.INPUT} == set(HOME)
    assert set(readings()) == {port.name for port in KIND.ports if port.direction is Direction.MEASURED}


def test_every_source_is_measured_there_in_the_same_unit():
    for mine in (port for port in KIND.ports if port.direction is Direction.INPUT):
        kind, _, name = mine.source.partition(".")
        (there,) = (port for port in device_kind(kind).ports if port.name == name and port.direction is Direction.MEASURED)
        assert there.unit == mine.unit


def test_a_wearable_has_a_home_and_a_person():
    assert findings(placed(1), placed(2, person=2)) == []
    (message,) = findings(placed(dwelling=""))
    assert message.startswith("devices[1].dwelling: wearable 'w1' belongs to no dwelling, so nobody wears it")
    (message,) = findings(placed(person=3))
    assert message.startswith("devices[1].person: wearable 'w1' is worn by nobody: 'home-1' has 2 residents (got 3")
    assert "allowed: 1 to 2" in message


def test_a_person_wears_one():
    (message,) = findings(placed(1), placed(2))
    assert "devices[2].person: wearable 'w2' is the second of person 1 of 'home-1', who wears 'w1'" in message


def test_somebody_must_say_when_people_are_at_home():
    (message,) = findings(placed(), others=["building"])
    assert "nothing says when the person of wearable 'w1' is at home: 'home-1' has no household" in message
    assert findings(placed(), others=["household"]) == []


def test_temperatures_of_two_buildings_do_not_add_up():
    (message,) = findings(placed(), others=["household", "building", "building"])
    assert "wearable 'w1' cannot tell where its person is: 'home-1' has 2 buildings" in message


def test_the_fleet_is_built_in_the_order_given():
    context = SimpleNamespace(seed=1, twin=Twin(site=SITE, dwellings=HOMES))
    assert KIND.build([placed(2, person=2), placed(1)], context).ids == ("w2", "w1")


def test_a_block_must_be_prepared():
    axis = TimeAxis(WEEK, 900, 1)
    with pytest.raises(RuntimeError, match="prepare a block"):
        fleet_of().step(axis.step(axis.block(0), 0), {})


def test_readings_are_never_changed_afterwards():
    fleet, axis = fleet_of(wearer(interval_steps=2, gap_probability=0.5)), TimeAxis(WEEK, 900, 40)
    block = axis.block(0)
    fleet.prepare(block)
    inputs = {name: np.full(1, value) for name, value in HOME.items()}
    rows = [fleet.step(axis.step(block, i), inputs) for i in range(20)]
    kept = [{name: value.copy() for name, value in row.items()} for row in rows]
    for i in range(20, 40):
        fleet.step(axis.step(block, i), inputs)
    assert all(
        np.array_equal(row[name], copy[name], equal_nan=True) for row, copy in zip(rows, kept, strict=True) for name in row
    )
    assert set(fleet.state()) == {"age_s", "body_heart_rate_bpm", "body_skin_temp_degc"}
