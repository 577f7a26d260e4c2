# SPDX-License-Identifier: Apache-2.0
"""Wet appliances while a run goes on: jobs are loaded, wait, start and run to their end.

As long as nobody asks for anything, every job goes its habitual way and a block is rendered at once. From the first step in
which somebody asks, jobs are followed one by one: a job is rendered into the coming steps when it starts, so a started job runs
to its end whatever is asked. Both ways round each job's power to single precision, so they agree bit by bit.
Where a step is longer than a short programme, a machine may start one job and be loaded with its next one in the same step:
what waits is therefore kept by job, not by machine.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from simulators.household import programmes
from simulators.household.catalogue import MACHINES
from simulators.household.jobs import Jobs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from twinergy.timebase import Block, Step

    FloatArray = NDArray[np.float64]
    SingleArray = NDArray[np.float32]
    IntArray = NDArray[np.intp]

N_MACHINES: Final = len(MACHINES)
ROWS: Final = 3 * N_MACHINES
"""Rows of the result: power of each machine [kW], whether a job waits [-], and how much longer it may [s]."""
HOLD_BELOW: Final = 0.5


class WetAppliances:
    """All wet appliances of a fleet.

    Parameters
    ----------
    size : ndarray, shape (n_machines, n_homes)
        Power of each machine relative to its programmes'. [-]
    step_s : int
        Length of a step. [s]
    """

    def __init__(self, size: FloatArray, step_s: int) -> None:
        self._n_homes, self._size, self._step_s = size.shape[1], size.ravel(), step_s
        self._horizon = int(np.ceil(programmes.DURATION_S.max() / step_s)) + 2
        self._edges_s = step_s * np.arange(self._horizon)
        self._steps = np.arange(self._horizon - 1)
        self._twice = step_s > programmes.DURATION_S.min()
        """Whether a machine may start two jobs in one step."""
        self._unasked = np.full(self._n_homes, np.nan)
        self._first: list[int] = [0]
        self._next_s = -1
        self._followed = False
        self._jobs = Jobs.none()
        self._machine: IntArray = np.empty(0, dtype=np.intp)
        """Row of each job's machine among those of all homes."""
        self._waiting: IntArray = np.empty(0, dtype=np.intp)
        """Which jobs wait."""
        self._coming_kw: SingleArray = np.zeros((self._horizon, len(self._size)), dtype=np.float32)

    def prepare(self, block: Block, jobs: Jobs, week: SingleArray) -> None:
        """Take on the jobs of a block, and render how they habitually go unless jobs are already followed one by one.

        Parameters
        ----------
        block : Block
            The block.
        jobs : Jobs
            All jobs that may be loaded, wait or run in it, in epoch seconds.
        week : ndarray, shape (n_steps, ROWS, n_homes)
            Zeros, to be filled.
        """
        begin_s = int(block.epoch_s[0])
        self._followed = self._followed and begin_s == self._next_s
        self._next_s = begin_s + len(block) * self._step_s
        left = self._jobs.where(self._waiting) if self._followed else Jobs.none()
        jobs = jobs.where(np.argsort(jobs.loaded_s, kind="stable"))
        edges_s = begin_s + self._step_s * np.arange(len(block) + 1)
        self._first = (len(left.home) + np.searchsorted(jobs.loaded_s, edges_s, side="left")).tolist()
        self._waiting = np.arange(len(left.home))
        self._jobs = jobs = left.and_then(jobs)
        self._machine = np.asarray(jobs.machine * self._n_homes + jobs.home, dtype=np.intp)
        if not self._followed:
            self._render(begin_s, week)

    def step(self, step: Step, asked: Sequence[FloatArray | None] | None) -> FloatArray | None:
        """Advance one step.

        Parameters
        ----------
        step : Step
            The step.
        asked : sequence of (ndarray or None), or None
            For each machine 1 to start, 0 to hold, NaN for the habitual start, shape (n_homes,); None where nobody asks.

        Returns
        -------
        ndarray, shape (ROWS, n_homes), or None
            Power, waiting and slack at the end of the step; None if what `prepare` rendered holds.
        """
        if not self._followed:
            if asked is None:
                return None
            self._join(step.epoch_s)
        return self._follow(step, asked)

    def waiting(self) -> FloatArray | None:
        """Return which machines wait, shape (n_machines, n_homes); None while nobody has asked for anything."""
        if not self._followed:
            return None
        pending = np.zeros(len(self._size))
        pending[self._machine[self._waiting]] = 1.0
        return pending.reshape(N_MACHINES, self._n_homes)

    def _follow(self, step: Step, asked: Sequence[FloatArray | None] | None) -> FloatArray:
        now_s = step.epoch_s
        end_s = now_s + self._step_s
        first, last = self._first[step.offset], self._first[step.offset + 1]
        if last > first:
            self._waiting = np.concatenate([self._waiting, np.arange(first, last)])
        if self._waiting.size:
            start_s = self._start_times(asked, now_s)
            due = start_s < end_s
            if due.any():
                self._start(self._waiting[due], now_s, start_s[due])
                self._waiting = self._waiting[~due]
        row = (now_s // self._step_s) % self._horizon
        result = np.zeros((3, len(self._size)))
        result[0] = self._coming_kw[row]
        self._coming_kw[row] = 0.0
        if (waiting := self._waiting).size:
            machine = self._machine[waiting]
            result[1, machine] = 1.0
            result[2, machine] = (self._jobs.latest_s[waiting] - end_s).astype(np.float32)
        return result.reshape(ROWS, self._n_homes)

    def _start_times(self, asked: Sequence[FloatArray | None] | None, now_s: float) -> FloatArray:
        """Return when waiting jobs start by what is asked now, shape (n_waiting,); none before now or before it was loaded."""
        jobs, waiting = self._jobs, self._waiting
        start_s = jobs.habit_s[waiting]
        if asked is not None:
            wishes = np.concatenate([self._unasked if each is None else each for each in asked])[self._machine[waiting]]
            start_s = np.where(wishes < HOLD_BELOW, jobs.latest_s[waiting], np.where(wishes >= HOLD_BELOW, now_s, start_s))
        return np.asarray(np.maximum(np.maximum(start_s, now_s), jobs.loaded_s[waiting]), dtype=np.float64)

    def _join(self, now_s: int) -> None:
        """Begin to follow jobs one by one, with what habit has made of them by now."""
        self._coming_kw[:] = 0.0
        self._followed = True
        jobs = self._jobs
        done_s = jobs.habit_s + programmes.DURATION_S[jobs.programme]
        (pending,) = np.nonzero((jobs.loaded_s < now_s) & (done_s > now_s))
        begun = jobs.habit_s[pending] < now_s
        self._start(pending[begun], now_s, jobs.habit_s[pending[begun]])
        self._waiting = pending[~begun]

    def _start(self, job: IntArray, now_s: int, started_s: FloatArray) -> None:
        """Render jobs that started at these times from the step on that begins now."""
        rows, machine = (now_s // self._step_s + self._steps) % self._horizon, self._machine[job]
        power_kw = self._power(machine, self._jobs.programme[job], now_s - started_s)
        if self._twice:  # += would forget one of two jobs of a machine
            np.add.at(self._coming_kw, (rows[:, None], machine), power_kw.T)
        else:
            self._coming_kw[rows[:, None], machine] += power_kw.T

    def _power(self, machine: IntArray, programme: IntArray, elapsed_s: FloatArray) -> SingleArray:
        """Return the power of runs in steps whose first begins some time after their start, shape (n_runs, n_steps). [kW]."""
        energy_kws = programmes.energy_until(programme, elapsed_s[:, None] + self._edges_s)
        power_kw = (energy_kws[:, 1:] - energy_kws[:, :-1]) * (self._size[machine] / self._step_s)[:, None]
        return np.asarray(power_kw, dtype=np.float32)

    def _render(self, begin_s: int, week: SingleArray) -> None:
        jobs, n_steps = self._jobs, len(week)
        step = np.floor((jobs.habit_s - begin_s) / self._step_s).astype(np.intp)
        power_kw = self._power(self._machine, jobs.programme, begin_s + step * self._step_s - jobs.habit_s)
        rows = step[:, None] + self._steps
        run, later = np.nonzero((rows >= 0) & (rows < n_steps))
        np.add.at(week, (rows[run, later], jobs.machine[run], jobs.home[run]), power_kw[run, later])
        # a job waits at the end of the step in which it is loaded, and no more at the end of the one in which it starts
        first = np.clip(np.floor((jobs.loaded_s - begin_s) / self._step_s).astype(np.intp), 0, n_steps)
        count = np.clip(step, first, n_steps) - first
        job = np.repeat(np.arange(len(step)), count)
        row = first[job] + np.arange(len(job)) - np.repeat(np.cumsum(count) - count, count)
        week[row, N_MACHINES + jobs.machine[job], jobs.home[job]] = 1.0
        slack_s = jobs.latest_s[job] - (begin_s + (row + 1) * self._step_s)
        week[row, 2 * N_MACHINES + jobs.machine[job], jobs.home[job]] = slack_s
