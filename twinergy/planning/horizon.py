# SPDX-License-Identifier: Apache-2.0
"""The steps of a plan: a whole year, or some periods of it that stand for the rest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from twinergy.units import HOURS_PER_YEAR

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from twinergy.kinds import FloatArray

    IntArray = NDArray[np.int64]

HOURS_PER_WEEK: Final = 168


@dataclass(frozen=True)
class Horizon:
    """Steps of a plan and what each of them stands for.

    Every block holds its data for the whole `year` and lets the horizon pick from them, so the same block can be planned over the
    year, over a week, or over typical periods.

    Attributes
    ----------
    step_h : float
        Length of a step. [h]
    weight : ndarray, shape (n_steps,)
        How many steps of the year each step stands for; they add up to the steps of a year. [-]
    source : ndarray of int64, shape (n_steps,)
        Step of the data that each step is taken from.
    previous : ndarray of int64, shape (n_steps,)
        Step before each step, for what is stored; a period ends where it began, so its first step follows its last.
    """

    step_h: float
    weight: FloatArray
    source: IntArray
    previous: IntArray

    def __post_init__(self) -> None:
        if not self.step_h > 0.0:
            message = f"a step of a plan must last longer than 0 h, got {self.step_h} h"
            raise ValueError(message)
        if not len(self.weight) == len(self.source) == len(self.previous) > 0:
            lengths = ", ".join(str(len(one)) for one in (self.weight, self.source, self.previous))
            message = f"weights, sources and predecessors of a horizon differ in length or are empty: {lengths}"
            raise ValueError(message)

    @property
    def n_steps(self) -> int:
        """Number of steps."""
        return len(self.weight)

    @property
    def hours(self) -> FloatArray:
        """Hours of a year that each step stands for, shape (n_steps,). [h]."""
        return self.weight * self.step_h

    def of(self, values: FloatArray | float) -> FloatArray:
        """Return values of the whole data as those of these steps, shape (n_steps,); one value holds for all."""
        if np.ndim(values) == 0:
            return np.full(self.n_steps, float(values))
        return np.asarray(values, dtype=np.float64)[self.source]

    @classmethod
    def whole(cls, n_steps: int, step_h: float = 1.0) -> Horizon:
        """Return the steps of all the data; they stand for a year, however many they are.

        >>> round(float(Horizon.whole(168).hours.sum()), 6)
        8760.0
        """
        steps = np.arange(n_steps)
        weight = np.full(n_steps, HOURS_PER_YEAR / (n_steps * step_h))
        return cls(step_h, weight, steps, np.roll(steps, 1))

    @classmethod
    def periods(cls, firsts: Sequence[int], length: int, weights: FloatArray, step_h: float = 1.0) -> Horizon:
        """Return periods of the data, each as long as the other and each ending where it began.

        Parameters
        ----------
        firsts : sequence of int
            First step of each period in the data.
        length : int
            Steps of a period.
        weights : ndarray, shape (n_periods,)
            How many such periods of the year each one stands for. [-]
        step_h : float
            Length of a step. [h]
        """
        begin = np.repeat(np.asarray(firsts, dtype=np.int64), length)
        within = np.tile(np.arange(length), len(firsts))
        own = np.repeat(np.arange(len(firsts)) * length, length)
        return cls(step_h, np.repeat(np.asarray(weights, dtype=np.float64), length), begin + within, own + (within - 1) % length)
