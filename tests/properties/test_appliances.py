# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st

from simulators.household import programmes
from simulators.household.hot_water import queued
from simulators.household.jobs import arranged
from simulators.household.switching import postponed
from simulators.household.wet import ROWS, WetAppliances
from tests.unit.test_appliances_fleet import home, series
from twinergy.timebase import BLOCK_S, TimeAxis

N_HOMES = 3
WINDOW_S = (18_000.0, 600_000.0)


def some_jobs(seed: int, n_jobs: int):
    rng = np.random.default_rng(seed)
    home_, machine = rng.integers(0, N_HOMES, n_jobs), rng.integers(0, 3, n_jobs)
    return arranged(home_, machine, rng.uniform(0.0, BLOCK_S, n_jobs), rng.random((3, n_jobs)), WINDOW_S)


@settings(max_examples=40, deadline=None)
@example(25, 25, 3600, 0.3)  # a machine that starts a quick programme and is loaded anew within the same hour
@given(st.integers(0, 10**6), st.integers(0, 60), st.sampled_from([300, 900, 3600]), st.sampled_from([0.0, 0.3, 0.9]))
def test_whatever_is_asked_every_job_runs_once_within_its_window_and_keeps_its_energy(seed, n_jobs, step_s, asking):
    jobs = some_jobs(seed, n_jobs).later_by(2800.0 * BLOCK_S)
    axis = TimeAxis(2800 * BLOCK_S, step_s, BLOCK_S // step_s)
    size = np.random.default_rng(seed).uniform(0.9, 1.1, (3, N_HOMES))
    wet, block = WetAppliances(size, step_s), axis.block(0)
    week = np.zeros((len(block), ROWS, N_HOMES), dtype=np.float32)
    wet.prepare(block, jobs, week)
    rng = np.random.default_rng(seed + 1)
    energy_kwh, earliest_s, rows = np.zeros(len(jobs.home)), jobs.loaded_s, []
    for index in range(len(block)):
        asked = [rng.choice([0.0, 1.0, np.nan], N_HOMES) for _ in range(3)] if rng.random() < asking else None
        got = wet.step(axis.step(block, index), asked)
        rows.append(week[index] if got is None else got)
    power = np.array(rows).reshape(len(block), 3, 3, N_HOMES)[:, 0]
    done_s = jobs.latest_s + programmes.DURATION_S[jobs.programme]
    first = ((earliest_s - block.epoch_s[0]) // step_s).astype(int)
    last = np.ceil((done_s - block.epoch_s[0]) / step_s).astype(int)
    if step_s <= 900:  # a longer step may hold the end of one job and the start of the next of a machine
        for n in range(len(jobs.home)):
            energy_kwh[n] = power[first[n] : last[n], jobs.machine[n], jobs.home[n]].sum() * step_s / 3600.0
        wanted = programmes.ENERGY_KWH[jobs.programme] * size[jobs.machine, jobs.home]
        np.testing.assert_allclose(energy_kwh, wanted, rtol=1e-5)
    total = (programmes.ENERGY_KWH[jobs.programme] * size[jobs.machine, jobs.home]).sum()
    np.testing.assert_allclose(power.sum() * step_s / 3600.0, total, rtol=1e-5)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.integers(0, 200))
def test_jobs_of_a_machine_never_overlap(seed, n_jobs):
    jobs = some_jobs(seed, n_jobs)
    done_s = jobs.latest_s + programmes.DURATION_S[jobs.programme]
    assert (jobs.loaded_s <= jobs.habit_s + 1e-6).all()
    assert (jobs.habit_s <= jobs.latest_s + 1e-6).all()
    same = (np.diff(jobs.home) == 0) & (np.diff(jobs.machine) == 0)
    assert (done_s[:-1] <= jobs.loaded_s[1:] + 1e-6)[same].all()
    if n_jobs:
        assert jobs.loaded_s.min() >= WINDOW_S[0] - 1e-6
        assert done_s.max() <= WINDOW_S[1] + 1e-6


@given(st.lists(st.tuples(st.integers(0, 3), st.floats(0.0, 1000.0), st.floats(0.1, 100.0)), max_size=40))
def test_a_queue_begins_nothing_early_and_nothing_twice(rows):
    owner, ready, length = np.array(sorted(rows), dtype=float).reshape(-1, 3).T
    begin = queued(owner.astype(np.intp), ready, length)
    assert (begin >= ready).all()
    same = np.diff(owner) == 0
    assert (begin[1:] >= (begin + length)[:-1])[same].all()


@given(st.floats(0.0, 2.0), st.booleans(), st.floats(0.0, 3.0), st.floats(0.02, 1.0))
def test_no_hot_water_is_lost_or_made(power, off, owed, hours):
    asked = np.array([0.0]) if off else None
    p_kw, unserved_kw, left = postponed(np.array([power]), asked, np.array([owed]), np.array([2.0]), hours)
    np.testing.assert_allclose((p_kw + unserved_kw) * hours + left, power * hours + owed, atol=1e-12)
    assert min(p_kw[0], unserved_kw[0], left[0]) >= 0.0


@settings(max_examples=5, deadline=None)
@given(st.integers(0, 2**31), st.integers(2700, 2900), st.integers(0, 160))
def test_a_quarter_of_a_home_is_the_mean_of_its_minutes(seed, week, first_hour):
    start_s = week * BLOCK_S + first_hour * 3600
    options = [home(hot_water="electric"), home()]
    minutes, quarters = (series(options, TimeAxis(start_s, step_s, 21_600 // step_s), seed=seed) for step_s in (60, 900))
    for port in ("p_kw", "p_wet_kw", "p_cooking_kw", "occupants", "hot_water_kw", "p_hot_water_kw"):
        # lights depend on who is active in a step and on the sun in its middle: not quite linear
        tolerance = 0.02 if port == "p_kw" else 1e-5
        mean = minutes[port].reshape(-1, 15, 2).mean(axis=1)
        np.testing.assert_allclose(mean, quarters[port], atol=tolerance, err_msg=port)


@settings(max_examples=6, deadline=None)
@given(st.integers(0, 1000), st.integers(1, 671), st.sampled_from(["electric", "building"]))
def test_a_run_can_be_cut_anywhere(seed, cut, hot_water):
    start_s = 2800 * BLOCK_S
    cuts = (TimeAxis(start_s, 900, 672), TimeAxis(start_s, 900, cut), TimeAxis(start_s + 900 * cut, 900, 672 - cut))
    whole, first, second = (series([home(hot_water=hot_water)], axis, seed=seed) for axis in cuts)
    for port, values in whole.items():
        assert np.array_equal(values, np.concatenate([first[port], second[port]])), port
