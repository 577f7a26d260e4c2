# SPDX-License-Identifier: Apache-2.0
"""Percentiles of durations over a whole run in little memory: counts in bins that grow by one per cent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

LEAST_S: Final = 1e-6
GROWTH: Final = 1.01
BINS: Final = 2400
"""From a microsecond to six hours."""


class Spread:
    """Counts durations of several things side by side.

    Parameters
    ----------
    count : int
        Number of things.
    """

    def __init__(self, count: int) -> None:
        self._counts = np.zeros((count, BINS), dtype=np.int64)

    def add(self, values_s: NDArray[np.float64]) -> None:
        """Add durations of shape ``(n_steps, count)``; what is not finite is left out. [s]."""
        known = np.isfinite(values_s)
        place = np.log(np.maximum(np.where(known, values_s, LEAST_S), LEAST_S) / LEAST_S) / np.log(GROWTH)
        bins = np.clip(np.ceil(place), 0, BINS - 1).astype(np.int64)
        columns = np.broadcast_to(np.arange(values_s.shape[1]), values_s.shape)
        flat = np.bincount((columns * BINS + bins)[known], minlength=self._counts.size)
        self._counts += flat.reshape(self._counts.shape)

    def percentile(self, percent: float) -> NDArray[np.float64]:
        """Return a percentile of each, at most one per cent too high, shape ``(count,)``; NaN where nothing was added. [s]."""
        totals = self._counts.sum(axis=1)
        reached = np.cumsum(self._counts, axis=1) >= np.ceil(totals * percent / 100.0)[:, np.newaxis]
        values_s = LEAST_S * GROWTH ** np.argmax(reached, axis=1)
        return np.where(totals > 0, values_s, np.nan)
