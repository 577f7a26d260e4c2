# SPDX-License-Identifier: Apache-2.0
"""Energy from counters, by hand: each case says what was really counted."""

from __future__ import annotations

import pytest

from hardware_in_loop.counters import EnergyCounter, most_kwh

WH = 0.001


def total(counts: list[float], width: int | None = None, worth: float = WH) -> float:
    counter = EnergyCounter(width, worth)
    for raw in counts:
        counter.advance(raw)
    return counter.total_kwh


def test_the_first_reading_is_the_beginning() -> None:
    assert total([123_456]) == 0.0
    assert total([123_456, 123_956]) == 0.5


def test_a_wrap_of_32_bits_loses_nothing() -> None:
    # 296 counts to the end, one to zero, 704 beyond: 1000 Wh by hand.
    assert total([2**32 - 296, 704], 2**32) == 1.0


def test_the_same_telegram_twice_counts_once() -> None:
    assert total([100, 150, 150, 200, 200]) == 0.1


def test_a_late_telegram_is_ignored() -> None:
    assert total([1000, 1010, 1005, 1020]) == 0.02


def test_a_restart_at_zero_counts_what_came_after_it() -> None:
    # 500 before, then the device lost its memory: 7 and 5 after it.
    assert total([1000, 1500, 0, 7, 12]) == pytest.approx(0.512, abs=1e-12)


def test_a_glitch_to_zero_is_no_restart() -> None:
    assert total([1000, 1500, 0, 1501]) == pytest.approx(0.501, abs=1e-12)


def test_an_announced_restart_needs_no_guess() -> None:
    counter = EnergyCounter(None, WH)
    counter.advance(10)
    counter.advance(12)
    counter.restart()
    # 9 lies above half of 12, so without the announcement it would be a late telegram.
    assert counter.advance(9) == pytest.approx(0.011, abs=1e-12)


def test_another_meter_goes_on_counting() -> None:
    counter = EnergyCounter(None, WH)
    counter.advance(10)
    counter.advance(20)
    counter.rebase()
    assert counter.advance(999_999) == pytest.approx(0.010, abs=1e-12)
    assert counter.advance(1_000_004) == pytest.approx(0.015, abs=1e-12)


def test_a_scale_factor_that_moves_changes_nothing_that_was_counted() -> None:
    counter = EnergyCounter(2**32, WH)
    assert counter.advance(120_000) == 0.0
    # The same 120.9 kWh in counts of 10 Wh, rounded down to a count: nothing may be counted twice or taken back.
    assert counter.advance(120_900) == pytest.approx(0.9)
    assert counter.advance(12_090, 0.01) == pytest.approx(0.9)
    assert counter.advance(12_100, 0.01) == pytest.approx(1.0)
    assert counter.advance(121_005, 0.001) == pytest.approx(1.005)


def test_a_scale_factor_that_rounds_takes_nothing_back() -> None:
    counter = EnergyCounter(None, 0.001)
    counter.advance(100)
    assert counter.advance(109) == pytest.approx(0.009)
    assert counter.advance(10, 0.01) == pytest.approx(0.009)
    assert counter.advance(11, 0.01) == pytest.approx(0.010)


@pytest.mark.parametrize("raw", [-1, float("nan"), float("inf")])
def test_what_no_counter_shows_is_refused(raw: float) -> None:
    with pytest.raises(ValueError, match="cannot show"):
        EnergyCounter(None, WH).advance(raw)


@pytest.mark.parametrize(
    ("raws", "totals"),
    [
        # By hand, in watt-hours and with at most 10 kWh at once: one wild reading adds nothing, and neither does the way back.
        ((100_000, 110_000, 4_000_000_000, 111_000, 112_000), (0.0, 10.0, 10.0, 11.0, 12.0)),
        # Said twice, it is so: a register that had not been read for long.
        ((100_000, 900_000, 900_500, 901_000), (0.0, 0.0, 800.5, 801.0)),
        # Two glitches in a row that contradict each other.
        ((100_000, 4_000_000_000, 3_000_000_000, 101_000), (0.0, 0.0, 0.0, 1.0)),
        # Near its end, a register that shows 0 for once has not wrapped.
        ((4_200_000_000, 0, 4_200_001_000), (0.0, 0.0, 1.0)),
        # A true wrap, with little before and behind it.
        ((4_294_966_000, 704), (0.0, 2.0)),
    ],
)
def test_more_than_can_be_counts_once_it_is_said_twice(raws: tuple[int, ...], totals: tuple[float, ...]) -> None:
    counter = EnergyCounter(2**32, WH)
    assert [counter.advance(raw, most_kwh=10.0) for raw in raws] == pytest.approx(totals)


def test_the_longer_nobody_listened_the_more_is_believed_at_once() -> None:
    assert most_kwh(0.0) == 10.0
    assert most_kwh(3600.0) == 10_010.0
