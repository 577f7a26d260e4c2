# SPDX-License-Identifier: Apache-2.0
"""Perfect foresight: an upper bound for what forecasts can be worth."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from twinergy.forecast.contract import Provider
from twinergy.units import SECONDS_PER_DAY

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from twinergy.forecast.contract import FloatArray


class Perfect(Provider):
    """Says what will really happen, because it was told.

    Parameters
    ----------
    epoch_s0 : int
        Start of the first row. [s]
    step_s : int
        Length of a row. [s]
    values : ndarray, shape (n_all, n_series)
        Powers in the load frame, finite; passed on as they are. Beyond their end the last day repeats. [kW]

    Raises
    ------
    ValueError
        If a value is not finite or the array has another shape.
    """

    def __init__(self, epoch_s0: int, step_s: int, values: FloatArray) -> None:
        self._values = np.asarray(values, dtype=np.float64)
        if self._values.ndim != 2 or not len(self._values):  # noqa: PLR2004 - rows and columns
            message = f"the truth must have rows of steps and columns of series, got shape {self._values.shape}"
            raise ValueError(message)
        if not np.isfinite(self._values).all():
            row, series = np.argwhere(~np.isfinite(self._values))[0]
            message = f"the truth has {self._values[row, series]} in row {row} of series {series}; fill gaps first"
            raise ValueError(message)
        self.n_series = self._values.shape[1]
        self.step_s = step_s
        self._first_s = epoch_s0
        self._next = 0

    def observe(self, epoch_s: int, values: FloatArray, weather: Mapping[str, float] | None = None) -> None:  # noqa: ARG002
        """Take note of the time only."""
        self._next = (epoch_s - self._first_s) // self.step_s + 1

    def predict(self, n_steps: int) -> FloatArray:
        """Return the truth of the coming steps; see `Provider.predict`."""
        rows = self._next + np.arange(n_steps)
        day = min(SECONDS_PER_DAY // self.step_s, len(self._values))
        beyond = np.maximum(rows - len(self._values), 0)
        rows = np.where(rows < len(self._values), rows, len(self._values) - day + beyond % day)
        return self._values[np.maximum(rows, 0)]

    def quantiles(self, levels: Sequence[float], n_steps: int) -> FloatArray:
        """Return the truth at every level; see `Provider.quantiles`."""
        return np.repeat(self.predict(n_steps)[None], len(levels), axis=0)

    @property
    def ready(self) -> FloatArray:
        """One for every series."""
        return np.ones(self.n_series)
