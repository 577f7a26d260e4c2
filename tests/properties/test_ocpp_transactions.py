# SPDX-License-Identifier: Apache-2.0
"""Energy is conserved whatever order, repetition, restarts and interruptions readings go through."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hardware_in_loop.ocpp.central.metering import Meters
from hardware_in_loop.ocpp.central.registers import RegisterLine
from hardware_in_loop.ocpp.central.transactions import Event, Happening, Ledger, Numbers

STEP_S = 900.0
MOST_KW = 22.0
Reading = tuple[float, float]


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[Reading], float]:
    """Draw readings of a register in order, and the energy drawn since the first one; 0 to 5 kWh in 15 minutes, and restarts.

    A restart falls by at least 2 Wh, since 1 Wh is rounding.
    """
    register_wh, energy_wh = draw(st.integers(0, 10_000_000)), 0
    readings = [(0.0, register_wh / 1e3)]
    for step in range(1, draw(st.integers(1, 30))):
        drawn_wh = draw(st.integers(0, 5000))
        restarts = draw(st.booleans()) and draw(st.booleans()) and drawn_wh + 2 <= register_wh
        register_wh = drawn_wh if restarts else register_wh + drawn_wh
        energy_wh += drawn_wh
        readings.append((step * STEP_S, register_wh / 1e3))
    return readings, energy_wh / 1e3


def counted(readings: list[Reading]) -> float:
    line = RegisterLine(MOST_KW)
    for reading in readings:
        line.see(*reading)
    return line.energy_kwh


@given(histories(), st.randoms(use_true_random=False))
@settings(max_examples=200, deadline=None)
def test_no_watt_hour_is_lost_or_counted_twice(history: tuple[list[Reading], float], chance: object) -> None:
    readings, energy_kwh = history
    told = readings + readings[::2]  # some of them twice
    chance.shuffle(told)
    assert counted(readings) == pytest.approx(energy_kwh, abs=1e-9)
    assert counted(told) == pytest.approx(energy_kwh, abs=1e-9)


@given(histories(), st.integers(0, 30))
@settings(max_examples=100, deadline=None)
def test_a_restart_of_ours_costs_nothing(history: tuple[list[Reading], float], cut: int) -> None:
    readings, energy_kwh = history
    before, after = RegisterLine(MOST_KW), RegisterLine(MOST_KW)
    for reading in readings[:cut]:
        before.see(*reading)
    after.load(json.loads(json.dumps(before.dump())))
    for reading in readings[max(cut - 2, 0) :]:  # the last ones again: their answer was lost
        after.see(*reading)
    assert after.energy_kwh == pytest.approx(energy_kwh, abs=1e-9)


@given(st.lists(st.integers(0, 5000), min_size=2, max_size=20), st.randoms(use_true_random=False))
@settings(max_examples=100, deadline=None)
def test_a_transaction_is_worth_its_registers_in_any_order(steps_wh: list[int], chance: object) -> None:
    last = len(steps_wh) - 1
    events, register_wh = [], 1_000_000
    for seq, step_wh in enumerate(steps_wh):
        register_wh += step_wh if seq else 0
        happening = Happening.STARTED if seq == 0 else Happening.ENDED if seq == last else Happening.UPDATED
        meters = Meters(time_s=seq * STEP_S, energy_kwh=register_wh / 1e3)
        events.append(Event(happening, "T", 1, seq * STEP_S, seq, readings=(meters,)))
    told = events + events
    chance.shuffle(told)
    ledger = Ledger(MOST_KW)
    new = sum(ledger.record(event) for event in told)
    assert (new, ledger.duplicates, ledger.missing) == (len(events), len(events), 0)
    assert ledger.transactions["T"].drawn.energy_kwh == pytest.approx(sum(steps_wh[1:]) / 1e3, abs=1e-9)
    assert ledger.active(1) is None


@given(st.lists(st.integers(0, 60), max_size=80))
def test_numbers_are_a_set(told: list[int]) -> None:
    numbers, seen = Numbers(), set()
    for number in told:
        assert numbers.add(number) == (number not in seen)
        seen.add(number)
    assert numbers.missing == (max(seen) + 1 - len(seen) if seen else 0)
    assert numbers.ranges == sorted(numbers.ranges)
