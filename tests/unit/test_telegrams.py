# SPDX-License-Identifier: Apache-2.0
"""Points, gaps, intervals, resolution and age, as all observing kinds have them. Tolerances are four standard errors."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from twinergy.randomness import device_generator
from twinergy.telegrams.options import DevicePoint, Point, TelegramOptions
from twinergy.telegrams.reading import Sums, made_errors, round_to, silence, stand, steps_per_unit
from twinergy.telegrams.sending import AT_ONCE, Sending, chain
from twinergy.timebase import BLOCK_S, TimeAxis

WEEK = 2800 * BLOCK_S
BLOCK = TimeAxis(WEEK, 900, 672).block(0)
NAN = np.nan


class Options(TelegramOptions):
    of: DevicePoint = DevicePoint(device="house")


class Either(Point):
    line: str | None = None
    bus: str | None = None


def sending(*options: dict) -> Sending:
    return Sending.of([Options(**values) for values in options])


def names(count: int) -> list[str]:
    return [f"m{row}" for row in range(count)]


def test_a_point_is_the_one_that_is_named():
    assert Either(bus="b7").target == ("bus", "b7")
    assert DevicePoint(device="house").target == ("device", "house")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"interval_steps": 0}, "greater than or equal to 1"),
        ({"gap_probability": 1.0}, r"less than or equal to 0\.95"),
        ({"gap_length_steps": 0.5}, "greater than or equal to 1"),
    ],
)
def test_nonsense_is_refused(change, message):
    with pytest.raises(ValidationError, match=message):
        Options(**change)


@given(st.floats(0.0, 0.95), st.floats(1.0, 100.0))
@settings(deadline=None)
def test_the_chain_of_gaps_has_the_stated_share_and_mean_length(share, length):
    """Two states: the stationary share is ``starts / (starts + 1 - lasts)``, a stay lasts ``1 / (1 - lasts)`` on average."""
    gaps = sending({"gap_probability": share, "gap_length_steps": length})
    (starts,), (lasts,) = gaps.gap_starts, gaps.gap_lasts
    assert starts / (starts + 1.0 - lasts) == pytest.approx(share)
    assert 1.0 / (1.0 - lasts) == pytest.approx(max(length, 1.0 / (1.0 - share)))
    assert starts <= lasts + 1e-12


@pytest.mark.parametrize(("share", "length"), [(0.1, 4.0), (0.02, 10.0), (0.5, 1.0), (0.3, 1.0)])
def test_gaps_drawn_have_the_stated_share_and_length(share, length):
    gaps = sending(*[{"gap_probability": share, "gap_length_steps": length}] * 200)
    luck = gaps.draw("meter", names(200), 7, BLOCK, 1)
    lost = np.array([np.zeros(200, bool) if gone is None else gone for _, gone in luck])
    memory = gaps.gap_lasts[0] - gaps.gap_starts[0]
    spread = np.sqrt(share * (1 - share) / lost.size * (1 + memory) / (1 - memory))
    assert lost.mean() == pytest.approx(share, abs=4 * spread)
    begins = (lost[1:] & ~lost[:-1]).sum()
    assert lost[1:].sum() / begins == pytest.approx(max(length, 1 / (1 - share)), rel=0.1)


def test_the_chain_is_the_one_a_plain_loop_walks():
    uniform = np.random.default_rng(3).random((4, 500))
    starts, lasts, share = np.full(4, 0.05), np.full(4, 0.8), np.full(4, 0.2)
    state = uniform[:, 0] < share
    walked = [state]
    for row in uniform[:, 1:].T:
        state = row < np.where(state, lasts, starts)
        walked.append(state)
    np.testing.assert_array_equal(chain(uniform, starts, lasts, share).T, walked)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_each_device_draws_its_own_numbers_of_the_fixed_week(dtype):
    """The last of more devices than are drawn at once, from the hundredth step of the week on."""
    ids = names(AT_ONCE + 3)
    gaps = sending(*[{}] * (AT_ONCE + 2), {"gap_probability": 0.5, "gap_length_steps": 2.0})  # lasts 0.5, starts 0.5
    late = TimeAxis(WEEK + 100 * 900, 900, 672 - 100).block(0)
    noise, lost = zip(*gaps.draw("meter", ids, 7, late, 2, dtype), strict=True)
    number = WEEK // BLOCK_S
    normal = device_generator(7, ids[-1], "meter-noise", number).standard_normal((672, 2), dtype=dtype)
    np.testing.assert_array_equal(np.array(noise)[:, :, -1], normal[100:])
    below = device_generator(7, ids[-1], "meter-gap", number).random(672) < 0.5
    assert [gone is not None and bool(gone[-1]) for gone in lost] == below[100:].tolist()
    assert not any(gone[:-1].any() for gone in lost if gone is not None)


def test_noise_of_two_devices_and_two_weeks_is_independent():
    axis = TimeAxis(WEEK, 900, 2 * 672)
    one, two = (
        np.array([noise for noise, _ in sending({}, {}).draw("meter", names(2), 7, axis.block(index), 2)]) for index in (0, 672)
    )
    pairs = [(one[:, 0, 0], one[:, 0, 1]), (one[:, 0, 0], one[:, 1, 0]), (one[:, 0, 0], two[:, 0, 0])]
    assert all(abs(np.corrcoef(a, b)[0, 1]) < 4 / np.sqrt(672) for a, b in pairs)


def test_telegrams_are_due_at_whole_multiples_of_the_clock():
    """Every four quarter hours: at the end of the step from quarter to, at full hours."""
    quarters = [sending({"interval_steps": 4}, {}).due(WEEK + step * 900, 900.0).tolist() for step in range(5)]
    assert quarters == [[False, True], [False, True], [False, True], [True, True], [False, True]]
    assert sending({}, {}).due(WEEK, 900.0) is None


def test_means_reach_back_to_the_last_telegram_that_was_due():
    due, sums = np.array([False, True]), Sums(np.zeros((1, 2)), np.zeros(2))
    means = []
    for value in (1.0, 2.0, 6.0):
        mean, sums = sums.add(np.full((1, 2), value), due)
        means.append(mean[0].tolist())
    assert means == [[1.0, 1.0], [1.5, 2.0], [3.0, 6.0]]
    assert (sums.total.tolist(), sums.counts.tolist()) == ([[9.0, 0.0]], [3.0, 0.0])


@pytest.mark.parametrize(
    ("lost", "due", "stands"),
    [
        (None, None, [[7.0, 7.0], [1.0, 1.0], [0.0, 0.0]]),
        ([True, False], None, [[NAN, 7.0], [0.0, 1.0], [1200.0, 0.0]]),
        (None, [True, False], [[7.0, 5.0], [1.0, 1.0], [0.0, 900.0]]),
        ([True, True], [True, False], [[NAN, 5.0], [0.0, 1.0], [1200.0, 900.0]]),  # what is not sent is not lost
    ],
)
def test_what_stands_is_the_latest_telegram_due_or_silence(lost, due, stands):
    """Value, valid and age; the last ones are 300 and 0 s old, the step takes 900 s."""
    telegram, last = np.array([[7.0, 7.0], [1.0, 1.0], [0.0, 0.0]]), np.array([[5.0, 5.0], [1.0, 1.0], [300.0, 0.0]])
    stand(telegram, last, silence(1), *(None if flags is None else np.array(flags) for flags in (lost, due)), 900.0)
    np.testing.assert_array_equal(telegram, stands)


def test_a_device_that_has_said_nothing_has_no_age():
    np.testing.assert_array_equal(silence(2), [[NAN], [NAN], [0.0], [NAN]])
    np.testing.assert_array_equal(silence(2, valid=False), [[NAN], [NAN], [NAN]])


@pytest.mark.parametrize(("resolution", "value", "shown"), [(0.1, 0.26, 0.3), (5.0, 7.6, 10.0), (1e-5, -0.123452, -0.12345)])
def test_readings_are_whole_steps_and_clean_decimals(resolution, value, shown):
    """As floating point has it, 1 / 1e-5 is not 100 000: what is whole to rounding is taken for whole."""
    values = np.array([value])
    round_to(values, steps_per_unit(np.array([resolution])))
    assert values[0] == shown


def test_where_in_its_limits_a_device_was_made_is_rectangular_and_its_own():
    error = made_errors("meter", names(2000), 7, 3)
    assert np.abs(error).max() <= 1.0
    assert error[0].mean() == pytest.approx(0.0, abs=4 / np.sqrt(3 * 2000))
    assert error[0].std() == pytest.approx(1 / np.sqrt(3.0), rel=4 * np.sqrt(0.8 / (4 * 2000)))  # kurtosis of a rectangle: 1.8
    assert error[:, 1999].tolist() == made_errors("meter", ["m1999"], 7, 3)[:, 0].tolist()
