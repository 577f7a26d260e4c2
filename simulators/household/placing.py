# SPDX-License-Identifier: Apache-2.0
"""When an event happens: uniform numbers to times under each home's own density on quarter hours.

Distribution functions are scaled to whole numbers, so one sorted search over all homes gives each home exactly what it
would get alone, whatever its row.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from simulators.household.days import RASTER_S

if TYPE_CHECKING:
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]
    IntArray = NDArray[np.intp]

_BITS: Final = 40
_SCALE: Final = float(2**_BITS)
_FLOOR: Final = 1e-6
"""Density where nobody is at home and awake, so that a home without any such hour still has a distribution."""


class Density:
    """Density of events over the quarter hours of a week.

    Parameters
    ----------
    weights : ndarray, shape (n_homes, n_bins)
        Density of each home, unscaled, not negative.
    begin_s : float
        Start of the first quarter hour. [s]
    """

    def __init__(self, weights: FloatArray, begin_s: float) -> None:
        n_homes, self._n_bins = weights.shape
        running = np.cumsum(weights + _FLOOR, axis=1, dtype=np.float64)
        running *= _SCALE / running[:, -1:]
        keys = running.astype(np.int64)
        keys[:, -1] = 2**_BITS
        keys += self._base(np.arange(n_homes))[:, None]
        self._keys = keys.ravel()
        self._begin_s = begin_s

    def times(self, home: IntArray, uniforms: FloatArray) -> FloatArray:
        """Return the times that uniform numbers mean, shape (n_events,). [s]."""
        base = self._base(home)
        target = base + (uniforms * _SCALE).astype(np.int64)
        cell = np.searchsorted(self._keys, target, side="right")
        first = home * self._n_bins
        below = np.where(cell > first, self._keys[np.maximum(cell - 1, 0)], base)
        within = (target - below) / (self._keys[cell] - below)
        return np.asarray(self._begin_s + RASTER_S * ((cell - first) + within), dtype=np.float64)

    @staticmethod
    def _base(home: IntArray) -> NDArray[np.int64]:
        return home.astype(np.int64) << (_BITS + 1)
