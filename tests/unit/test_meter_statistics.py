# SPDX-License-Identifier: Apache-2.0
"""Errors, noise, gaps and frequency against their stated distributions; tolerances are four standard errors."""

from __future__ import annotations

import numpy as np
import pytest

from simulators.meter.draws import _lost, chain, draw_week
from simulators.meter.options import MeterOptions
from simulators.meter.params import params_of
from tests.unit.test_meter import WEEK, readings
from twinergy.timebase import TimeAxis

HOME = {"of": {"connection": "home"}}
LIMIT = {"A": 0.02, "B": 0.01, "C": 0.005}
"""kind: standard. EN 50470-3, limits of percentage error between transitional and maximum current, power factor 1."""


def made(n: int, **options: float | str):
    ids = [f"m{row}" for row in range(n)]
    return ids, params_of(ids, [MeterOptions.model_validate(HOME | options)] * n, 7)


@pytest.mark.parametrize("name", LIMIT)
def test_systematic_errors_fill_the_class_and_stay_in_it(name):
    error = made(2000, accuracy_class=name)[1].gain[0] - 1.0
    sd = LIMIT[name] / np.sqrt(3.0)  # rectangular distribution
    assert np.abs(error).max() <= LIMIT[name]
    assert error.mean() == pytest.approx(0.0, abs=4 * sd / np.sqrt(2000))
    assert error.std() == pytest.approx(sd, rel=4 * np.sqrt(0.8 / (4 * 2000)))  # kurtosis of a rectangle: 1.8


def test_reading_noise_is_relative_with_an_offset():
    truth = np.full((672 * 4, 1), 5.0)
    change = {"accuracy_class": "B", "noise_relative": 0.004, "noise_kw": 0.01}
    reading = readings(truth, change)["p_kw"][:, 0]
    register = readings(truth, change)["energy_import_kwh"][-1, 0]
    gain = register / (5.0 * 672)
    assert reading.mean() == pytest.approx(5.0 * gain, abs=4 * 0.03 / np.sqrt(672 * 4))
    assert reading.std() == pytest.approx(0.03, rel=4 / np.sqrt(2 * 672 * 4))  # 0.004 * 5 kW + 10 W


def test_noise_of_two_meters_and_two_weeks_is_independent():
    ids, params = made(2)
    axis = TimeAxis(WEEK, 900, 2 * 672)
    one, two = (draw_week(params, ids, 7, axis.block(index)).noise for index in (0, 672))
    pairs = [(one[:, 0, 0], one[:, 0, 1]), (one[:, 0, 0], one[:, 1, 0]), (one[:, 0, 0], two[:, 0, 0])]
    assert all(abs(np.corrcoef(a, b)[0, 1]) < 4 / np.sqrt(672) for a, b in pairs)


@pytest.mark.parametrize(("share", "length"), [(0.1, 4.0), (0.02, 10.0), (0.5, 1.0), (0.3, 1.0)])
def test_gaps_have_the_stated_share_and_length(share, length):
    ids, params = made(200, gap_probability=share, gap_length_steps=length)
    lost = _lost(params, ids, 7, TimeAxis(WEEK, 900, 672).block(0), slice(None))
    memory = params.gap_lasts[0] - params.gap_starts[0]
    spread = np.sqrt(share * (1 - share) / lost.size * (1 + memory) / (1 - memory))
    assert lost.mean() == pytest.approx(share, abs=4 * spread)
    begins = (lost[1:] & ~lost[:-1]).sum()
    expected = max(length, 1 / (1 - share))
    assert lost[1:].sum() / begins == pytest.approx(expected, rel=0.1)


def test_the_chain_is_the_one_a_plain_loop_walks():
    uniform = np.random.default_rng(3).random((500, 4))
    starts, lasts, share = np.full(4, 0.05), np.full(4, 0.8), np.full(4, 0.2)
    state = uniform[0] < share
    walked = [state]
    for row in uniform[1:]:
        state = row < np.where(state, lasts, starts)
        walked.append(state)
    np.testing.assert_array_equal(chain(uniform, starts, lasts, share), walked)


@pytest.mark.parametrize("step_s", [60, 900])
def test_frequency_is_stationary_around_fifty_hertz(step_s):
    ids, params = made(1)
    axis = TimeAxis(WEEK, step_s, 8 * 604_800 // step_s)
    hertz = np.concatenate([draw_week(params, ids, 7, block).frequency_hz for block in axis.blocks()])
    memory = np.exp(-step_s / 300)
    independent = len(hertz) * (1 - memory) / (1 + memory)
    assert hertz.mean() == pytest.approx(50.0, abs=4 * 0.02 / np.sqrt(independent))
    assert hertz.std() == pytest.approx(0.02, rel=4 / np.sqrt(2 * independent))
    assert np.corrcoef(hertz[1:], hertz[:-1])[0, 1] == pytest.approx(memory, abs=4 / np.sqrt(len(hertz)))


def test_frequency_meets_the_quality_target_of_the_system_operation_guideline():
    """kind: standard. Regulation (EU) 2017/1485 annex III: at most 15 000 minutes a year outside 50 Hz +- 50 mHz."""
    ids, params = made(1)
    hertz = np.concatenate([draw_week(params, ids, 7, block).frequency_hz for block in TimeAxis(WEEK, 900, 20 * 672).blocks()])
    minutes = (np.abs(hertz - 50.0) > 0.05).mean() * 525_600
    assert 3_000 < minutes < 15_000  # a normal distribution of 20 mHz gives 1.24 %, 6 530 minutes


def test_all_meters_see_one_frequency_to_ten_millihertz():
    hertz = readings(np.ones((50, 3)), HOME, HOME, HOME)["frequency_hz"]
    assert (hertz == hertz[:, :1]).all()
    np.testing.assert_allclose(hertz * 100, np.rint(hertz * 100), atol=1e-9)
    assert len(np.unique(hertz)) > 3
