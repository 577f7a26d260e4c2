# SPDX-License-Identifier: Apache-2.0
"""Whatever a register does, no energy is lost or counted twice."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hardware_in_loop.counters import EnergyCounter

WIDTH = 2**16
steps = st.lists(st.integers(0, WIDTH // 8), min_size=1, max_size=60)


@given(start=st.integers(0, WIDTH - 1), deltas=steps)
def test_wraps_are_exact(start: int, deltas: list[int]) -> None:
    counter = EnergyCounter(WIDTH, 1.0)
    truth = start
    counter.advance(start)
    for delta in deltas:
        truth += delta
        assert counter.advance(truth % WIDTH) == truth - start


@given(start=st.integers(0, 10**9), deltas=steps, data=st.data())
def test_duplicates_and_late_telegrams_change_nothing(start: int, deltas: list[int], data: st.DataObject) -> None:
    counter = EnergyCounter(None, 1.0)
    counter.advance(start)
    truth, seen = start, [start]
    for delta in deltas:
        truth += delta
        seen.append(truth)
        assert counter.advance(truth) == truth - start
        late = data.draw(st.sampled_from(seen))
        if 2 * late > truth:
            assert counter.advance(late) == truth - start


@given(runs=st.lists(st.lists(st.integers(1, 100), min_size=2, max_size=10), min_size=1, max_size=5))
def test_restarts_count_everything_that_was_shown(runs: list[list[int]]) -> None:
    counter = EnergyCounter(None, 1.0)
    truth = 0
    counter.advance(0)
    for number, run in enumerate(runs):
        shown = 0
        if number:
            counter.restart()
        for delta in run:
            shown += delta
            truth += delta
            assert counter.advance(shown) == truth


@given(before=st.integers(1000, 10**6), after=st.lists(st.integers(1, 50), min_size=2, max_size=8))
def test_an_unannounced_restart_is_found_once_the_register_moves(before: int, after: list[int]) -> None:
    counter = EnergyCounter(None, 1.0)
    counter.advance(0)
    counter.advance(before)
    shown = 0
    for delta in after:
        shown += delta
        counter.advance(shown)
    assert counter.total_kwh == before + shown


@given(readings=st.lists(st.integers(0, WIDTH - 1), min_size=1, max_size=50))
def test_the_total_never_falls(readings: list[int]) -> None:
    counter = EnergyCounter(WIDTH, 0.001)
    totals = [counter.advance(raw) for raw in readings]
    assert totals == sorted(totals)
