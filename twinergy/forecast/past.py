# SPDX-License-Identifier: Apache-2.0
"""The latest steps of some series, in a ring: memory does not grow with the length of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from twinergy.forecast.contract import FloatArray, IntArray


class Past:
    """What was measured in the latest steps.

    Parameters
    ----------
    n_rows : int
        Steps to remember.
    n_series : int
        Number of series.
    """

    def __init__(self, n_rows: int, n_series: int) -> None:
        self._rows = np.full((n_rows, n_series), np.nan)
        self._last: int | None = None

    def __len__(self) -> int:
        return len(self._rows)

    def add(self, number: int, x: FloatArray) -> None:
        """Add the step of this number; those left out since the last one are gaps."""
        size = len(self._rows)
        skipped = 0 if self._last is None else min(number - self._last - 1, size)
        if skipped:
            self._rows[np.arange(number - skipped, number) % size] = np.nan
        self._rows[number % size] = x
        self._last = number

    def at(self, numbers: IntArray, series: IntArray | slice = slice(None)) -> FloatArray:
        """Return the values of these steps, NaN where they are not known (any longer, or yet).

        With a slice, shape ``(len(numbers), n_series)``; with numbers of series as many as steps, one value of each pair.
        """
        last = -1 if self._last is None else self._last
        known = (numbers <= last) & (numbers > last - len(self._rows))
        found = self._rows[numbers % len(self._rows), series]
        return np.where(known if found.ndim == 1 else known[:, None], found, np.nan)

    def mean(self, n_rows: int) -> FloatArray:
        """Return the mean of what was measured in the last steps, NaN where nothing was, shape ``(n_series,)``."""
        last = -1 if self._last is None else self._last
        rows = self.at(np.arange(last - n_rows + 1, last + 1))
        count = np.count_nonzero(~np.isnan(rows), axis=0)
        return np.asarray(np.where(count > 0, np.nansum(rows, axis=0) / np.maximum(count, 1), np.nan))
