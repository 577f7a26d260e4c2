# SPDX-License-Identifier: Apache-2.0
"""The wet machines as smart plugs show them: jobs that wait, runs under way, and the programme each machine usually runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from controllers.home_energy.analysis.plugs import MACHINES
from controllers.home_energy.reading import RUNNING_KW
from twinergy.units import SECONDS_PER_HOUR

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from controllers.home_energy.reading import Reading
    from twinergy.kinds import FloatArray

    BoolArray = NDArray[np.bool_]

USUAL_KWH: Final = {"washing_machine": 0.7, "dishwasher": 0.9, "tumble_dryer": 1.5}
"""Energy of a cycle before one was measured: EU labels of about 2020 (assumption). [kWh]"""
USUAL_H: Final = 1.5
"""Length of a cycle before one was measured (assumption). [h]"""
LEARNING: Final = 0.3
"""Weight of the newest run in what is taken for usual (assumption)."""
USUAL_WAIT_H: Final = 0.5
"""From loading to the habitual start, before any was seen (assumption). [h]"""
LONGEST_H: Final = 5.0
"""A run that has not ended by then counts as ended. [h]"""


@dataclass(frozen=True, slots=True)
class Run:
    """A run that has ended.

    Attributes
    ----------
    home, machine : int
        Row of the home, place among `MACHINES`.
    arrived_s, started_s : int
        When the job was first seen waiting, and when the machine began to run; equal where nothing waited. [s]
    programme_kw : ndarray, shape (n_steps_of_run,)
        What it drew. [kW]
    """

    home: int
    machine: int
    arrived_s: int
    started_s: int
    programme_kw: FloatArray


class Machines:
    """Watches the machines of all homes.

    Parameters
    ----------
    n_homes : int
        Number of homes.
    step_s : int
        Length of a step. [s]

    Attributes
    ----------
    programme_kw : ndarray, shape (n_homes, 3, n_steps)
        What each machine usually draws in each step of a run, zero after its end. [kW]
    learned : ndarray, shape (n_homes,)
        How many runs of each home have been learned from.
    known : bool ndarray, shape (n_homes, 3)
        Whether a run was measured: before, the programme is a usual one.
    arrived_s : ndarray, shape (n_homes, 3)
        When the job that waits was first seen; -1 where none waits. [s]
    """

    def __init__(self, n_homes: int, step_s: int) -> None:
        self._step_s = step_s
        longest = max(1, round(LONGEST_H * SECONDS_PER_HOUR / step_s))
        shape = (n_homes, len(MACHINES))
        usual = max(1, round(USUAL_H * SECONDS_PER_HOUR / step_s))
        self.programme_kw = np.zeros((*shape, longest))
        self.programme_kw[:, :, :usual] = np.array([USUAL_KWH[name] for name in MACHINES])[:, None] / (
            usual * step_s / SECONDS_PER_HOUR
        )
        self.known = np.zeros(shape, dtype=bool)
        self.learned = np.zeros(n_homes, dtype=np.int64)
        self.arrived_s = np.full(shape, -1, dtype=np.int64)
        self._waits_s, self._waited = np.full(len(MACHINES), USUAL_WAIT_H * SECONDS_PER_HOUR), np.ones(len(MACHINES))
        self._came_s = np.full(shape, -1, dtype=np.int64)
        self._started_s = np.full(shape, -1, dtype=np.int64)
        self._drawn = np.zeros((*shape, longest))
        self._passed = np.zeros(shape, dtype=np.int64)

    @property
    def running(self) -> BoolArray:
        """Which machines run, shape ``(n_homes, 3)``."""
        return self._started_s >= 0

    @property
    def usual_wait_s(self) -> FloatArray:
        """How long after loading each machine is habitually started, shape ``(3,)``. [s]."""
        return self._waits_s / self._waited

    def observe(self, reading: Reading, free: BoolArray) -> tuple[BoolArray, list[Run]]:
        """Take note of a step and return where a job has newly come in, and the runs that have ended.

        Parameters
        ----------
        reading : Reading
            The step.
        free : bool ndarray, shape (n_homes,)
            Whose machines nobody steered in it: how long they wait there is habit.

        Returns
        -------
        bool ndarray, shape (n_homes, 3), list of Run
            Where a job has come in, and the runs.
        """
        silent = reading.silent[:, None]
        on = np.where(silent, self.running, reading.machines_kw > RUNNING_KW)
        new = reading.pending & (self.arrived_s < 0)
        self.arrived_s[new] = reading.epoch_s
        begins = on & ~self.running
        self._started_s[begins] = reading.epoch_s
        self._came_s[begins] = np.where(self.arrived_s[begins] >= 0, self.arrived_s[begins], reading.epoch_s)
        waits_s = np.where(begins & free[:, None], self._started_s - self._came_s, 0)
        self._waits_s += waits_s.sum(axis=0)
        self._waited += (begins & free[:, None]).sum(axis=0)
        self._passed[begins] = 0
        self._drawn[begins] = 0.0
        self.arrived_s[~reading.pending & ~silent] = -1
        runs = self.running
        places = np.nonzero(runs & on)
        before_kw = self._drawn[(*places, np.maximum(self._passed[places] - 1, 0))]
        heard = ~np.broadcast_to(silent, runs.shape)[places]
        self._drawn[(*places, self._passed[places])] = np.where(heard, reading.machines_kw[places], before_kw)
        self._passed[runs] += 1
        ended = runs & (~on | (self._passed >= self._drawn.shape[2]))
        return new, [self._end(int(home), int(machine)) for home, machine in zip(*np.nonzero(ended), strict=True)]

    def _end(self, home: int, machine: int) -> Run:
        drawn = self._drawn[home, machine]
        usual = self.programme_kw[home, machine]
        weight = LEARNING if self.known[home, machine] else 1.0
        usual += weight * (drawn - usual)
        self.known[home, machine] = True
        self.learned[home] += 1
        run = Run(
            home,
            machine,
            int(self._came_s[home, machine]),
            int(self._started_s[home, machine]),
            np.trim_zeros(drawn, "b").copy(),
        )
        self._started_s[home, machine] = -1
        return run

    def committed_kw(self, n_steps: int) -> FloatArray:
        """Return what runs under way are going to draw, next step first, shape ``(n_steps, n_homes)``. [kW]."""
        load_kw = np.zeros((n_steps, len(self.known)))
        for home, machine in zip(*np.nonzero(self.running), strict=True):
            rest = self.programme_kw[home, machine, self._passed[home, machine] :][:n_steps]
            load_kw[: len(rest), home] += rest
        return load_kw
