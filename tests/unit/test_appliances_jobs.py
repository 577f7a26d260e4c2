# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest

from simulators.household import programmes
from simulators.household.jobs import Jobs, arranged
from simulators.household.wet import ROWS, WetAppliances
from twinergy.timebase import BLOCK_S, TimeAxis

START = 2800 * BLOCK_S
AXIS = TimeAxis(START, 900, 672)
QUICK = [each.name for each in programmes.PROGRAMMES].index("quick")
WASH = 0


def job(loaded_h: float, habit_h: float, latest_h: float, programme: int = QUICK, machine: int = 1, home: int = 0) -> Jobs:
    times = (np.array([START + hours * 3600.0]) for hours in (loaded_h, habit_h, latest_h))
    return Jobs(np.array([home]), np.array([machine]), np.array([programme]), *times)


def run(jobs: Jobs, asked, n_steps: int = 48, axis: TimeAxis = AXIS, n_homes: int = 1) -> np.ndarray:
    """What `asked(step)` makes of jobs: shape (n_steps, 3, 3, n_homes), that is power, waiting and slack by machine."""
    wet = WetAppliances(np.ones((3, n_homes)), axis.step_s)
    block = axis.block(0)
    week = np.zeros((len(block), ROWS, n_homes), dtype=np.float32)
    wet.prepare(block, jobs, week)
    rows = []
    for index in range(n_steps):
        got = wet.step(axis.step(block, index), asked(index))
        rows.append(week[index].astype(float) if got is None else got)
    return np.array(rows).reshape(n_steps, 3, 3, n_homes)


def nobody(_index: int) -> None:
    return None


def always(value: float):
    return lambda _index: [np.array([value])] * 3


STARTS = {"nobody": (nobody, 12), "habit": (always(np.nan), 12), "now": (always(1.0), 8), "hold": (always(0.0), 24)}


@pytest.mark.parametrize(("asked", "first"), STARTS.values(), ids=STARTS)
def test_when_a_job_starts_by_hand(asked, first):
    # loaded at 2:00, habitually started at 3:00, at the latest at 6:00
    power = run(job(2.0, 3.0, 6.0), asked)[:, 0, 1, 0]
    assert np.flatnonzero(power)[0] == first
    assert power.sum() / 4.0 == pytest.approx(0.74, abs=0.005)  # 3 min 0.3, 10 min 2.1, 6 min 0.1, 11 min 2.0, 2 min 0.05 kW


def test_waiting_and_slack_by_hand():
    held = run(job(2.1, 3.0, 6.0), always(0.0))
    assert held[:, 1, 1, 0].tolist() == [0.0] * 8 + [1.0] * 16 + [0.0] * 24
    assert held[8, 2, 1, 0] == pytest.approx((6.0 - 2.25) * 3600.0)
    assert held[23, 2, 1, 0] == 0.0
    assert not held[:, :, [0, 2]].any()


def test_a_released_job_starts_at_once_when_its_hour_has_passed():
    def asked(index: int):
        return [np.array([0.0 if index < 20 else np.nan])] * 3

    assert np.flatnonzero(run(job(2.0, 3.0, 6.0), asked)[:, 0, 1, 0])[0] == 20


def test_a_started_job_runs_to_its_end():
    def asked(index: int):
        return [np.array([1.0 if index == 8 else 0.0])] * 3

    power = run(job(2.0, 3.0, 6.0), asked)[:, 0, 1, 0]
    assert np.flatnonzero(power).tolist() == [8, 9, 10]
    assert power.sum() / 4.0 == pytest.approx(programmes.ENERGY_KWH[QUICK])


def test_quarters_of_a_programme_by_hand():
    # 3 min at 0.3, 10 min at 2.1, 2 min at 0.1 | 4 min at 0.1, 11 min at 2.0 | 2 min at 0.05
    power = run(job(2.0, 2.0, 6.0), nobody)[8:11, 0, 1, 0]
    assert power == pytest.approx([(0.9 + 21.0 + 0.2) / 15, (0.4 + 22.0) / 15, 0.1 / 15], rel=1e-6)


def test_followed_one_by_one_jobs_are_what_was_rendered_at_once_bit_by_bit():
    rng = np.random.default_rng(4)
    home, machine = np.repeat(np.arange(6), 6), np.tile([0, 0, 1, 1, 2, 2], 6)
    jobs = arranged(home, machine, rng.uniform(18_000.0, 500_000.0, 36), rng.random((3, 36)), (18_000.0, 604_800.0)).later_by(
        START
    )
    at_once = run(jobs, nobody, 672, n_homes=6)
    someone = [np.full(6, np.nan)] * 3
    for first in (0, 100, 333):
        followed = run(jobs, lambda index, first=first: someone if index >= first else None, 672, n_homes=6)
        assert np.array_equal(at_once, followed)


def test_jobs_of_a_machine_keep_their_distance():
    rng = np.random.default_rng(5)
    home, machine = np.zeros(24, dtype=np.intp), np.zeros(24, dtype=np.intp)
    crowded = rng.uniform(500_000.0, 600_000.0, 24)  # more than fit behind each other: they move forward
    jobs = arranged(home, machine, crowded, rng.random((3, 24)), (18_000.0, 622_800.0))
    done = jobs.latest_s + programmes.DURATION_S[jobs.programme]
    assert (jobs.loaded_s <= jobs.habit_s).all()
    assert (jobs.habit_s <= jobs.latest_s).all()
    assert (done[:-1] <= jobs.loaded_s[1:]).all()
    assert jobs.loaded_s[0] >= 18_000.0
    assert done[-1] <= 622_800.0


def test_programmes_are_whole():
    assert programmes.DURATION_S.max() < 3 * 3600
    assert pytest.approx([each.energy_kwh for each in programmes.PROGRAMMES]) == programmes.ENERGY_KWH
    long_after = programmes.energy_until(np.arange(len(programmes.PROGRAMMES)), np.full((len(programmes.PROGRAMMES), 1), 1e5))
    assert long_after[:, 0] / 3600.0 == pytest.approx(programmes.ENERGY_KWH)
    assert sum(each.share for each in programmes.PROGRAMMES if each.machine == "washing_machine") == pytest.approx(1.0)
