# SPDX-License-Identifier: Apache-2.0
"""What homes will need and have left over, expected to be as it was in the last day."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from twinergy.units import SECONDS_PER_DAY, SECONDS_PER_HOUR

if TYPE_CHECKING:
    from numpy.typing import NDArray


class LastDay:
    """Surplus and need of homes, each without its battery, over the last day: the persistence forecast of the next one.

    Parameters
    ----------
    homes : int
        Number of homes.
    period_s : float
        Time between two readings. [s]
    """

    def __init__(self, homes: int, period_s: float) -> None:
        self._hours = period_s / SECONDS_PER_HOUR
        self._net_kw = np.zeros((max(1, round(SECONDS_PER_DAY / period_s)), homes))
        self._next = 0
        self.complete = False

    def add(self, home_kw: NDArray[np.float64], battery_kw: NDArray[np.float64]) -> None:
        """Add a reading of the homes' meters and of their batteries, load frame; a missing one counts as nothing."""
        self._net_kw[self._next] = np.nan_to_num(home_kw - battery_kw)
        self._next = (self._next + 1) % len(self._net_kw)
        self.complete = self.complete or self._next == 0

    def surplus_kwh(self) -> NDArray[np.float64]:
        """Return what each home had left over, counted positive, shape ``(homes,)``."""
        return np.asarray(-np.minimum(self._net_kw, 0.0).sum(axis=0) * self._hours)

    def need_kwh(self) -> NDArray[np.float64]:
        """Return what each home took from grid or battery, shape ``(homes,)``."""
        return np.asarray(np.maximum(self._net_kw, 0.0).sum(axis=0) * self._hours)
