# SPDX-License-Identifier: Apache-2.0
"""Weather as a series of intervals that can be asked for any time: the simulated year or another year's same date."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

import numpy as np

from twinergy.units import SECONDS_PER_DAY

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]
    IntArray = NDArray[np.int64]

IRRADIANCE: Final = ("ghi_w_per_m2", "dni_w_per_m2", "dhi_w_per_m2")
STATE: Final = ("temp_degc", "humidity_percent", "wind_m_per_s", "pressure_hpa", "albedo")
QUANTITIES: Final = (*IRRADIANCE, *STATE)
FULL_YEAR_S: Final = 365 * SECONDS_PER_DAY


class Source(Protocol):
    """Where weather comes from: means over intervals of one length.

    Attributes
    ----------
    interval_s : int
        Length of an interval, a divisor of a day. [s]
    origin_s : int
        Start of interval number 0 in epoch seconds; intervals are counted from there in both directions. [s]
    """

    interval_s: int
    origin_s: int

    def window(self, first: int, count: int) -> Mapping[str, FloatArray]:
        """Return consecutive intervals, one array of shape (count,) per quantity.

        All of `STATE` are there; of `IRRADIANCE` the global or the other two.
        """
        ...

    def noise(self, begin_s: int, count: int) -> FloatArray | None:
        """Return noise of unit variance of consecutive quarters of an hour, None if irradiance is smooth inside intervals."""
        ...


def same_date(epoch_s: IntArray, year: int) -> IntArray:
    """Return the instants of the same month, day and UTC time in another year, same shape.

    The 29th of February becomes the 28th where the other year has none.

    >>> leap_day = np.array([np.datetime64("2024-02-29T06:00").astype("datetime64[s]").astype(int)])
    >>> same_date(leap_day, 2015).astype("datetime64[s]")
    array(['2015-02-28T06:00:00'], dtype='datetime64[s]')
    """
    days, second = np.divmod(epoch_s, SECONDS_PER_DAY)
    date = days.astype("datetime64[D]")
    month = date.astype("datetime64[M]")
    other = month - date.astype("datetime64[Y]") + np.datetime64(str(year), "M")
    last = (other + 1).astype("datetime64[D]") - np.timedelta64(1, "D")
    moved = np.minimum(other.astype("datetime64[D]") + (date - month), last)
    return np.asarray(moved.astype(np.int64) * SECONDS_PER_DAY + second)


class TableSource:
    """A table of consecutive intervals, used as it is where it covers the time asked for, else by the same date.

    Parameters
    ----------
    start_s : int
        Start of the first interval in epoch seconds. [s]
    interval_s : int
        Length of an interval. [s]
    values : mapping of str to ndarray
        Arrays of shape (n_intervals,), complete (`simulators.weather.completing`).
    year : int, optional
        Year of the table to take dates from that it does not cover itself; default its last one.
    """

    def __init__(self, start_s: int, interval_s: int, values: Mapping[str, FloatArray], year: int | None = None) -> None:
        self.start_s, self.interval_s = start_s, interval_s
        self.origin_s = start_s % interval_s
        self.names = tuple(values)
        self.table = np.vstack([values[name] for name in self.names])
        self.end_s = start_s + self.table.shape[1] * interval_s
        self.year = year or int(np.datetime64(self.end_s - 1, "s").astype("datetime64[Y]").astype(int)) + 1970

    def rows(self, start_s: IntArray) -> IntArray:
        """Return the row for each start of an interval, same shape; -1 where the table has nothing for that date."""
        found = start_s
        inside = self._inside(found)
        for year in (self.year, self.year - 1, self.year + 1):
            if inside.all():
                break
            found = np.where(inside, found, same_date(start_s, year))
            inside = self._inside(found)
        return np.where(inside, (found - self.start_s) // self.interval_s, -1)

    def window(self, first: int, count: int) -> dict[str, FloatArray]:
        """Return consecutive intervals; beyond the ends of a table of less than a year its first or last row is held."""
        starts = self.origin_s + (first + np.arange(count, dtype=np.int64)) * self.interval_s
        rows = self.rows(starts)
        held = np.where(starts < self.start_s, 0, self.table.shape[1] - 1)
        picked = self.table[:, np.where(rows < 0, held, rows)]
        return {name: picked[row] for row, name in enumerate(self.names)}

    def noise(self, begin_s: int, count: int) -> None:
        """Return None: a table is taken at its word."""

    def missing(self, start_s: int, end_s: int) -> int | None:
        """Return the first instant of a period for which the table has nothing, None if it has all."""
        first = start_s - (start_s - self.origin_s) % self.interval_s
        starts = np.arange(first, end_s, self.interval_s, dtype=np.int64)
        lost = starts[self.rows(starts) < 0]
        return int(max(lost[0], start_s)) if lost.size else None

    def _inside(self, instant_s: IntArray) -> NDArray[np.bool_]:
        return np.asarray((instant_s >= self.start_s) & (instant_s < self.end_s))
