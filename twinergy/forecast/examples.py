# SPDX-License-Identifier: Apache-2.0
"""Examples to learn from: what was known when a forecast was made, and what then came."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from twinergy.forecast.contract import FloatArray, IntArray
    from twinergy.forecast.past import Past


class Examples:
    """The latest examples, in a ring. What is known is written down when it is known, so no future can get into it.

    Parameters
    ----------
    most : int
        Examples in memory.
    n_features : int
        Numbers known of each.
    """

    def __init__(self, most: int, n_features: int) -> None:
        self._known = np.zeros((most, n_features), dtype=np.float32)
        self._simple = np.zeros(most)
        self._scale = np.ones(most)
        self._number = np.full(most, -1, dtype=np.int64)
        self._series = np.zeros(most, dtype=np.int64)
        self._answer = np.full(most, np.nan)
        self._next = 0

    def add(self, known: FloatArray, simple: FloatArray, scale: FloatArray, number: IntArray, series: IntArray) -> None:
        """Add examples whose answers have not come yet; the oldest go.

        Parameters
        ----------
        known : ndarray, shape (n, n_features)
            What is known.
        simple, scale : ndarray, shape (n,)
            What the simpler forecast says, and the usual size of the series. [kW]
        number, series : ndarray, shape (n,)
            Step and series that are forecast.
        """
        rows = (self._next + np.arange(len(number))) % len(self._number)
        self._next += len(number)
        self._known[rows], self._simple[rows], self._scale[rows] = known, simple, scale
        self._number[rows], self._series[rows], self._answer[rows] = number, series, np.nan

    def answer(self, past: Past, last: int) -> None:
        """Look up the answers that have come by now."""
        due = np.flatnonzero(np.isnan(self._answer) & (self._number >= 0) & (self._number <= last))
        truth = past.at(self._number[due], self._series[due])
        self._answer[due] = (truth - self._simple[due]) / self._scale[due]

    def answered(self) -> tuple[FloatArray, FloatArray]:
        """Return what was known, and by how many usual sizes the simpler forecast was too low."""
        rows = np.flatnonzero(~np.isnan(self._answer))
        return self._known[rows].astype(np.float64), self._answer[rows]
