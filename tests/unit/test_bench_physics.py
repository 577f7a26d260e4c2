# SPDX-License-Identifier: Apache-2.0
"""Physics behind software devices: tables, a simple battery, recordings."""

from __future__ import annotations

import math

import pytest

from hardware_in_loop.bench.table import BatteryLaw, TablePhysics
from twinergy.adapters import Journal, Way
from twinergy.adapters.recorded import RecordedPhysics
from twinergy.errors import DeviceError


class Clock:
    def __init__(self):
        self.now_s = 100.0

    def __call__(self):
        return self.now_s


def test_table_keeps_values_and_writes():
    clock = Clock()
    physics = TablePhysics({"a": {"p_kw": 1.5}}, follows={("a", "p_set_kw"): "p_kw"}, clock=clock)
    assert physics.read("a", "p_kw") == 1.5
    assert math.isnan(physics.read("a", "soc"))
    assert math.isnan(physics.read("b", "p_kw"))
    physics.write("a", "p_set_kw", 3.0)
    assert (physics.read("a", "p_kw"), physics.last("a", "p_set_kw")) == (3.0, 3.0)
    clock.now_s += 1
    physics.write("a", "p_set_kw", math.nan)
    assert physics.read("a", "p_kw") == 1.5
    assert [(one.at_s, one.port) for one in physics.writes] == [(100.0, "p_set_kw"), (101.0, "p_set_kw")]


def test_battery_charges_as_by_hand():
    clock = Clock()
    physics = TablePhysics({"b": {"soc": 0.5}}, batteries={"b": BatteryLaw(capacity_kwh=10.0, rated_kw=5.0)}, clock=clock)
    physics.write("b", "p_set_kw", 4.0)
    clock.now_s += 1800.0
    # 4 kW for half an hour are 2 kWh of 10.
    assert physics.read("b", "soc") == pytest.approx(0.7)
    physics.write("b", "p_set_kw", -8.0)
    assert physics.read("b", "p_kw") == -5.0
    clock.now_s += 7200.0
    assert (physics.read("b", "soc"), physics.read("b", "p_kw")) == (0.0, 0.0)


def test_batteries_move_on_by_themselves_whoever_is_looked_at():
    clock = Clock()
    laws = {name: BatteryLaw(capacity_kwh=10.0, rated_kw=5.0) for name in "ab"}
    physics = TablePhysics({name: {"soc": 0.5} for name in "ab"}, batteries=laws, clock=clock)
    physics.write("a", "p_set_kw", 4.0)
    clock.now_s += 900.0
    assert physics.read("b", "soc") == 0.5
    physics.write("b", "p_set_kw", -2.0)
    clock.now_s += 900.0
    # 4 kW for half an hour are 2 kWh of 10; 2 kW for a quarter are half a kWh.
    assert physics.read("a", "soc") == pytest.approx(0.7)
    assert physics.read("b", "soc") == pytest.approx(0.45)


@pytest.mark.parametrize(
    ("asked", "soc", "power_kw"),
    [
        ({}, 0.5, -1.0),
        ({"p_max_kw": -2.0}, 0.5, -2.0),
        ({"p_min_kw": 1.0}, 0.5, 1.0),
        ({"p_set_kw": 4.0, "p_max_kw": 2.5}, 0.5, 2.5),
        ({"p_set_kw": 4.0}, 1.0, 0.0),
        ({"p_set_kw": -4.0, "min_soc": 0.3}, 0.3, 0.0),
    ],
)
def test_limits_of_the_battery(asked, soc, power_kw):
    assert BatteryLaw(rated_kw=5.0, local_kw=-1.0).power_kw(asked, soc) == power_kw


def test_recording_is_played_by_time():
    clock = Clock()
    physics = RecordedPhysics([(7.0, "a", "p_kw", 2.0), (5.0, "a", "p_kw", 1.0), (6.0, "a", "soc", 0.5)], clock=clock)
    seen = []
    for now_s in (100.0, 100.9, 101.0, 102.0, 103.0):
        clock.now_s = now_s
        seen.append((physics.read("a", "p_kw"), physics.read("a", "soc")))
    assert str(seen) == "[(1.0, nan), (1.0, nan), (1.0, 0.5), (2.0, 0.5), (2.0, 0.5)]"
    assert (physics.length_s, physics.over) == (2.0, True)
    physics.write("a", "p_set_kw", 1.0)
    assert physics.writes == [(3.0, "a", "p_set_kw", 1.0)]
    physics.rewind()
    assert physics.read("a", "p_kw") == 1.0


def test_recording_at_double_speed():
    clock = Clock()
    physics = RecordedPhysics([(0.0, "a", "p_kw", 1.0), (4.0, "a", "p_kw", 2.0)], speed=2.0, clock=clock)
    clock.now_s += 2.0
    assert physics.read("a", "p_kw") == 2.0


def test_recording_from_a_journal_that_was_cut_off(tmp_path):
    path = tmp_path / "journal.jsonl"
    with Journal(path) as journal:
        journal.frame(Way.SENT, "link-1", b"\x01")
        journal.event(Way.READING, "link-1", port="p_kw", value=1.25, quality=0)
        journal.event(Way.READING, "link-1", port="soc", value=math.nan, quality=3)
    with path.open("a") as file:
        file.write('{"t": 1, "m": 2, "way": "rea')
    physics = RecordedPhysics.from_journal(path, devices={"link-1": "battery-1"})
    assert physics.read("battery-1", "p_kw") == 1.25
    assert math.isnan(physics.read("battery-1", "soc"))


def test_journal_without_readings(tmp_path):
    path = tmp_path / "journal.jsonl"
    path.write_text('{"way": "sent"}\nnothing\n[1]\n')
    with pytest.raises(DeviceError, match=r'journal\.jsonl: no line with "way": "reading"'):
        RecordedPhysics.from_journal(path)
    with pytest.raises(DeviceError, match=r"gone\.jsonl: the journal cannot be read"):
        RecordedPhysics.from_journal(tmp_path / "gone.jsonl")
