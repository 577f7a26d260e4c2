# SPDX-License-Identifier: Apache-2.0
"""Spells of plugs (of running, of silence), what is usual for their length, and which last far longer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from twinergy.units import SECONDS_PER_DAY

if TYPE_CHECKING:
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]
    BoolArray = NDArray[np.bool_]

KEPT: Final = 64
"""Spells remembered per plug."""
LEAST: Final = 20
"""From so many spells on it is known what is usual."""
LEARNING_S: Final = 14.0 * SECONDS_PER_DAY
"""And only after this time. [s]"""
MOST_GROWTH: Final = 1.25
"""A spell that was reported counts at most for this much more than what was usual, so that one fault does not become usual, while
new habits do after a few reports. [-]"""
_NONE: Final = -1.0


class Spells:
    """Spells of all plugs and homes.

    A spell begins with an active step and ends after a pause; those with unknown steps in them are forgotten. Overdue is a spell
    longer than a factor times the longest of the last `KEPT`, and than a floor.

    Parameters
    ----------
    shape : tuple of int
        Number of plugs and of homes.
    pause_s : ndarray, shape (n_plugs, 1)
        Longest pause within a spell. [s]
    factor : ndarray, shape (n_plugs, 1)
        Of the longest usual spell. [-]
    floor_s : ndarray, shape (n_plugs, 1)
        No shorter spell is overdue. [s]
    unlearned_s : float
        Limit while it is not known yet what is usual. [s]
    """

    def __init__(
        self, shape: tuple[int, int], *, pause_s: FloatArray, factor: FloatArray, floor_s: FloatArray, unlearned_s: float = np.inf
    ) -> None:
        self._pause_s = pause_s
        self._factor, self._floor_s = (np.broadcast_to(each, shape).ravel() for each in (factor, floor_s))
        self.begun_s = np.full(shape, _NONE)
        self._last_s = np.zeros(shape)
        self._kept_s = np.zeros((shape[0] * shape[1], KEPT), dtype=np.float32)
        self._count = np.zeros(shape[0] * shape[1], dtype=np.int64)
        self._first_s = np.full(shape[0] * shape[1], np.inf)
        self._unlearned_s = unlearned_s
        self.limit_s = np.full(shape, unlearned_s)
        self._told = np.zeros(shape, dtype=np.bool_)

    @property
    def length_s(self) -> FloatArray:
        """Length of the running spells, 0 where there is none, shape (n_plugs, n_homes). [s]."""
        return np.where(self.begun_s >= 0.0, self._last_s - self.begun_s, 0.0)

    def update(self, active: BoolArray, unknown: BoolArray, begin_s: float, end_s: float) -> BoolArray:
        """Take in a step, and return what is overdue now and has not been reported, shape (n_plugs, n_homes).

        Parameters
        ----------
        active, unknown : ndarray of bool, shape (n_plugs, n_homes)
            What is the case, and where nothing is known.
        begin_s, end_s : float
            The step. [s]
        """
        idle = self.begun_s < 0.0
        np.copyto(self.begun_s, begin_s, where=active & idle)
        np.copyto(self._last_s, end_s, where=active)
        ended = self._last_s < end_s - self._pause_s
        ended &= ~idle
        if ended.any():
            self._learn(np.flatnonzero(ended), end_s)
        if unknown.any():
            np.copyto(self.begun_s, _NONE, where=unknown)
            np.copyto(self._told, False, where=unknown)
        overdue = np.asarray(self._last_s - self.begun_s > self.limit_s, dtype=np.bool_)
        overdue &= active & (self.begun_s >= 0.0)
        overdue &= ~self._told
        return overdue

    def told(self, plug: int, home: int) -> None:
        """Remember that a spell has been reported."""
        self._told[plug, home] = True

    def _learn(self, cells: NDArray[np.intp], end_s: float) -> None:
        begun_s, limit_s, told = self.begun_s.ravel(), self.limit_s.ravel(), self._told.ravel()
        length_s = self._last_s.ravel()[cells] - begun_s[cells]
        if told[cells].any():
            most_s = np.where(told[cells], MOST_GROWTH * self._kept_s[cells].max(axis=1), np.inf)
            length_s = np.minimum(length_s, most_s)
        self._kept_s[cells, self._count[cells] % KEPT] = length_s
        self._count[cells] += 1
        self._first_s[cells] = np.minimum(self._first_s[cells], begun_s[cells])
        usual = (self._count[cells] >= LEAST) & (end_s - self._first_s[cells] >= LEARNING_S)
        longest_s = self._factor[cells] * self._kept_s[cells].max(axis=1)
        limit_s[cells] = np.where(usual, np.maximum(longest_s, self._floor_s[cells]), self._unlearned_s)
        begun_s[cells], told[cells] = _NONE, False
