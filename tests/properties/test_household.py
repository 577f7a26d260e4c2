# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from simulators.household.model import Pulses, render
from simulators.household.replay import energy_steps, mean_power
from tests.unit.test_household_fleet import WEEK, homes
from twinergy.timebase import BLOCK_S, TimeAxis

STEPS = st.sampled_from([60, 180, 300, 900, 1800, 3600])
SOME_PULSES = st.lists(
    st.tuples(st.integers(0, 2), st.floats(-7200.0, 90_000.0), st.floats(0.0, 20_000.0), st.floats(0.0, 5.0)), max_size=30
)


def pulses_of(rows) -> Pulses:
    home, start_s, length_s, power_kw = np.array(rows, dtype=float).reshape(-1, 4).T
    return Pulses(home.astype(np.intp), start_s, start_s + length_s, power_kw)


@given(SOME_PULSES, STEPS)
def test_no_energy_is_lost_or_gained(rows, step_s):
    pulses = pulses_of(rows)
    p_kw = render(pulses, 3, 86_400 // step_s, step_s)
    inside_s = np.clip(pulses.end_s, 0.0, 86_400.0) - np.clip(pulses.start_s, 0.0, 86_400.0)
    wanted = np.bincount(pulses.home, inside_s * pulses.power_kw, 3)
    np.testing.assert_allclose(p_kw.sum(axis=0) * step_s, wanted, atol=1e-6)
    assert p_kw.min() >= 0.0


@given(SOME_PULSES, STEPS)
def test_a_step_is_the_mean_of_its_minutes(rows, step_s):
    pulses = pulses_of(rows)
    fine = render(pulses, 3, 1440, 60.0).reshape(-1, step_s // 60, 3).mean(axis=1)
    np.testing.assert_allclose(render(pulses, 3, 86_400 // step_s, step_s), fine, atol=1e-9)


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 2**31), st.integers(2700, 2900), st.floats(300.0, 20_000.0), st.integers(0, 167))
def test_a_home_s_hour_is_the_mean_of_its_minutes_and_quarters(seed, week, annual_kwh, first_hour):
    start_s = week * BLOCK_S + first_hour * 3600
    by_step = [homes([annual_kwh], TimeAxis(start_s, step_s, 86_400 // step_s), seed=seed) for step_s in (60, 900, 3600)]
    minutes, quarters, hours = by_step
    np.testing.assert_allclose(minutes.reshape(-1, 15).mean(axis=1), quarters[:, 0], atol=1e-9)
    np.testing.assert_allclose(quarters.reshape(-1, 4).mean(axis=1), hours[:, 0], atol=1e-9)
    assert minutes.min() > 0.0


@settings(max_examples=8, deadline=None)
@given(st.lists(st.floats(500.0, 9000.0), min_size=1, max_size=5), st.integers(0, 1000))
def test_no_home_depends_on_its_neighbours(annual_kwh, seed):
    together = homes(annual_kwh, WEEK, seed=seed)
    assert np.array_equal(together[:, 0], homes(annual_kwh[:1], WEEK, seed=seed)[:, 0])


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 671))
def test_a_run_can_be_cut_anywhere(seed, cut):
    whole = homes([3500.0], WEEK, seed=seed)
    start_s = WEEK.start_epoch_s
    parts = [TimeAxis(start_s, 900, cut), TimeAxis(start_s + 900 * cut, 900, 672 - cut)]
    assert np.array_equal(whole, np.concatenate([homes([3500.0], part, seed=seed) for part in parts]))


@given(
    st.lists(st.floats(0.0, 20.0), min_size=24, max_size=60),
    st.sampled_from([600, 900, 3600]),
    st.sampled_from([60, 900, 1800, 3600, 7200]),
)
def test_resampling_keeps_energy(values, series_step_s, step_s):
    power = np.array(values)
    n_steps = len(power) * series_step_s // step_s
    resampled = mean_power(energy_steps(power, series_step_s), series_step_s, step_s * np.arange(float(n_steps)), step_s)
    covered_s = n_steps * step_s
    wanted = np.interp(covered_s, series_step_s * np.arange(len(power) + 1.0), energy_steps(power, series_step_s))
    np.testing.assert_allclose(resampled.sum() * step_s, wanted, rtol=1e-9, atol=1e-6)


def test_the_property_of_cutting_bites():
    """Weeks do differ: the same hours of another week are not the same numbers."""
    assert not np.array_equal(homes([3500.0], WEEK), homes([3500.0], TimeAxis(WEEK.start_epoch_s + BLOCK_S, 900, 672)))
    assert datetime.fromtimestamp(WEEK.start_epoch_s, tz=UTC).weekday() == 3  # fixed weeks begin on a Thursday
