# SPDX-License-Identifier: Apache-2.0
"""Values over time that are constant within the cells of a raster, and their mean over steps."""

from __future__ import annotations

from dataclasses import dataclass
from math import gcd
from typing import TYPE_CHECKING, Final, Protocol

import numpy as np

from simulators.prices.local_time import LocalTimes, holiday_days, standard_time
from twinergy.units import SECONDS_PER_DAY

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from simulators.prices.bands import Clock

    FloatArray = NDArray[np.float64]
    IntArray = NDArray[np.int64]


_YEAR_OF_EPOCH: Final = 1970


class Source(Protocol):
    """A value over time, constant between consecutive multiples of `raster_s` since the epoch."""

    @property
    def raster_s(self) -> int:
        """Length of a cell [s]."""

    def at(self, epoch_s: IntArray) -> FloatArray:
        """Return the value at instants in epoch seconds, same shape (n,), NaN where it is not known."""


@dataclass(frozen=True, slots=True)
class Constant:
    """One value at all times."""

    value: float
    raster_s: int = SECONDS_PER_DAY

    def at(self, epoch_s: IntArray) -> FloatArray:
        """Return the value at all instants."""
        return np.full(len(epoch_s), self.value)


@dataclass(frozen=True, slots=True)
class Scaled:
    """Another source times a factor plus an offset, up to a cap."""

    source: Source
    factor: float = 1.0
    offset: float = 0.0
    cap: float = np.inf

    @property
    def raster_s(self) -> int:
        """Length of a cell of the other source [s]."""
        return self.source.raster_s

    def at(self, epoch_s: IntArray) -> FloatArray:
        """Return factor times value plus offset, the cap at most."""
        return np.minimum(self.source.at(epoch_s) * self.factor + self.offset, self.cap)


@dataclass(frozen=True, slots=True)
class Sampled:
    """Values of consecutive cells of equal length; NaN before the first and after the last.

    Attributes
    ----------
    start_epoch_s : int
        Start of the first cell. [s]
    cell_s : int
        Length of a cell. [s]
    values : ndarray, shape (n_cells,)
        One value per cell.
    """

    start_epoch_s: int
    cell_s: int
    values: FloatArray

    @property
    def raster_s(self) -> int:
        """Raster on which all cells begin [s]."""
        return gcd(self.cell_s, self.start_epoch_s)

    @property
    def end_epoch_s(self) -> int:
        """End of the last cell [s]."""
        return self.start_epoch_s + self.cell_s * len(self.values)

    def at(self, epoch_s: IntArray) -> FloatArray:
        """Return the value of the cell that holds each instant."""
        row = (epoch_s - self.start_epoch_s) // self.cell_s
        known = (row >= 0) & (row < len(self.values))
        return np.where(known, self.values[np.where(known, row, 0)], np.nan)


@dataclass(frozen=True, slots=True)
class Banded:
    """Prices by local month, kind of day and minute.

    Attributes
    ----------
    table : ndarray, shape (12, 4, 1440)
        Price by month, `bands.DAY_CLASSES` and minute of the wall clock. [EUR/kWh]
    timezone, country : str
        IANA name of the site's time zone, and whose holidays count.
    raster_s : int
        Raster on which prices change; it divides a quarter of an hour, on which every zone's clock lies.
    clock : {"local", "standard"}
        Whether the clock on the wall counts, or one that stays on standard time in summer, calendar day included.
    """

    table: FloatArray
    timezone: str
    country: str
    raster_s: int
    clock: Clock = "local"

    @classmethod
    def of(cls, table: FloatArray, timezone: str, country: str, clock: Clock = "local") -> Banded:
        """Return the source of a table, with the coarsest raster that its changes allow."""
        changes = np.flatnonzero((np.diff(table, axis=2) != 0.0).any(axis=(0, 1))) + 1
        return cls(table, timezone, country, 60 * gcd(15, *(int(minute) for minute in changes)), clock)

    def at(self, epoch_s: IntArray) -> FloatArray:
        """Return the price at each instant."""
        if not len(epoch_s):
            return np.empty(0)
        year = int(epoch_s[0].astype("datetime64[s]").astype("datetime64[Y]").astype(np.int64)) + _YEAR_OF_EPOCH
        local = LocalTimes.of(epoch_s, self.timezone if self.clock == "local" else standard_time(self.timezone, year))
        return self.table[local.month, local.day_class(self._holidays(local)), local.minute]

    def _holidays(self, local: LocalTimes) -> IntArray:
        same_on_all_days = bool((self.table == self.table[:, :1]).all())
        if same_on_all_days or not len(local.day):
            return np.empty(0, dtype=np.int64)
        first, last = (int(day.astype("datetime64[D]").astype(object).year) for day in (local.day.min(), local.day.max()))
        return holiday_days(self.country, range(first, last + 1))


def mean_over_steps(source: Source, epoch_s: IntArray, step_s: int) -> FloatArray:
    """Return the mean of a source over the steps that begin at given instants.

    An hourly price is constant within its hour; of four quarters of an hour, an hourly step gets the mean.
    A bill from mean power times mean price is exact only where the step is no longer than the price's interval.

    Parameters
    ----------
    source : Source
        Value over time.
    epoch_s : ndarray of int64, shape (n_steps,)
        Start of each step, multiples of `step_s`. [s]
    step_s : int
        Length of a step. [s]

    Returns
    -------
    ndarray, shape (n_steps,)
        Mean over [t, t + step_s), NaN where any part is not known.
    """
    times = epoch_s[:, None] + np.arange(0, step_s, gcd(step_s, source.raster_s), dtype=np.int64)
    values = source.at(times.ravel()).reshape(times.shape)
    first = values[:, :1]
    return np.asarray((first + (values - first).mean(axis=1, keepdims=True))[:, 0])  # exact where the price does not change
