# SPDX-License-Identifier: Apache-2.0
"""What wet machines would do by themselves: run as long after loading as they usually do."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from controllers.home_energy.homes import Homes
    from controllers.home_energy.machines import Run
    from twinergy.kinds import FloatArray


class Runs:
    """Runs of machines that were steered, kept as long as their days are open.

    Parameters
    ----------
    homes : Homes
        The homes.
    step_s : int
        Length of a step. [s]
    """

    def __init__(self, homes: Homes, step_s: int) -> None:
        self._step_s = step_s
        self._steered = [homes[row].steers("machines") for row in range(len(homes))]
        self._runs: list[Run] = []

    def add(self, runs: Sequence[Run], planned_from_s: FloatArray, usual_wait_s: FloatArray, open_from_s: int) -> None:
        """Keep runs that have ended, with when they would have started by habit in place of when they were loaded.

        Parameters
        ----------
        runs : sequence of Run
            Runs.
        planned_from_s : ndarray, shape (n_homes,)
            When the first plan of each home came into force; infinite without one. [s]
        usual_wait_s : ndarray, shape (3,)
            How long after loading each machine is habitually started. [s]
        open_from_s : int
            Start of the first day that is still open: nothing is moved back beyond it. [s]
        """
        for run in runs:
            waited = run.started_s > run.arrived_s  # what began before anybody saw it wait was not held
            if waited and self._steered[run.home] and run.started_s >= planned_from_s[run.home]:
                wait_s = round(usual_wait_s[run.machine] / self._step_s) * self._step_s
                self._runs.append(replace(run, arrived_s=max(run.arrived_s + wait_s, min(open_from_s, run.started_s))))

    def close(self, until_s: int) -> None:
        """Forget runs that were over by an instant, now that the days before it are closed."""
        self._runs = [
            run for run in self._runs if max(run.arrived_s, run.started_s) + len(run.programme_kw) * self._step_s > until_s
        ]

    def moved_kw(self, start_s: int, n_steps: int, n_homes: int) -> FloatArray:
        """Return what the habit draws more than was drawn, shape ``(n_steps, n_homes)``. [kW]."""
        moved = np.zeros((n_steps, n_homes))
        for run in self._runs:
            for place_s, sign in ((run.started_s, -1.0), (run.arrived_s, 1.0)):
                steps = (place_s - start_s) // self._step_s + np.arange(len(run.programme_kw))
                inside = (steps >= 0) & (steps < n_steps)
                moved[steps[inside], run.home] += sign * run.programme_kw[inside]
        return moved
