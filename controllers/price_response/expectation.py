# SPDX-License-Identifier: Apache-2.0
"""What homes will need and have left over in a day, expected to be as in the mean of the last days."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from twinergy.units import SECONDS_PER_DAY

if TYPE_CHECKING:
    from numpy.typing import NDArray


class LastDays:
    """Surplus and need of homes, each without its battery, in the mean of the last days: a persistence forecast.

    Parameters
    ----------
    homes : int
        Number of homes.
    period_s : float
        Time between two readings. [s]
    days : int
        Over how many days to take the mean: one dull day does not make a winter.
    """

    def __init__(self, homes: int, period_s: float, days: int) -> None:
        self._days = days
        self._net_kwh = np.zeros((max(1, round(days * SECONDS_PER_DAY / period_s)), homes))
        self._register_kwh = np.full(homes, np.nan)
        self._readings = 0

    @property
    def complete(self) -> bool:
        """Whether all days have been seen."""
        return self._readings > len(self._net_kwh)

    def add(self, register_kwh: NDArray[np.float64]) -> None:
        """Add a reading.

        Parameters
        ----------
        register_kwh : ndarray, shape (homes,)
            Import less export of the home's meter, less the same of its battery's meter. Where a reading is missing, nothing
            counts for its interval, and the energy comes with the next one. [kWh]
        """
        missing = np.isnan(register_kwh)
        latest = np.where(missing, self._register_kwh, register_kwh)
        net_kwh = latest - self._register_kwh
        self._net_kwh[self._readings % len(self._net_kwh)] = np.where(np.isnan(net_kwh), 0.0, net_kwh)
        self._register_kwh = latest
        self._readings += 1

    def surplus_kwh(self) -> NDArray[np.float64]:
        """Return what each home has left over in a day, counted positive, shape ``(homes,)``."""
        return np.asarray(-np.minimum(self._net_kwh, 0.0).sum(axis=0) / self._days)

    def need_kwh(self) -> NDArray[np.float64]:
        """Return what each home takes from grid or battery in a day, shape ``(homes,)``."""
        return np.asarray(np.maximum(self._net_kwh, 0.0).sum(axis=0) / self._days)
