# SPDX-License-Identifier: Apache-2.0
"""The local days of a fixed week: when they begin, what kind of day they are, and what a clock shows in between."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np

from simulators.household.standard_load import holidays_of
from twinergy.timebase import BLOCK_S, local_midnight
from twinergy.units import SECONDS_PER_DAY, SECONDS_PER_HOUR

if TYPE_CHECKING:
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]
    IntArray = NDArray[np.intp]

MAX_DAYS: Final = 8
"""A fixed week of UTC holds six to eight local midnights: in London, eight when the clock is put forward."""
RASTER_S: Final = 900
_AFTER_CHANGE_S: Final = 3.0 * SECONDS_PER_HOUR
_SATURDAY: Final = 5
_SUNDAY: Final = 6
KINDS: Final = ("working day", "Saturday", "Sunday or holiday")


class Days(NamedTuple):
    """Local days that begin in a fixed week, arrays of shape (n_days,).

    Attributes
    ----------
    start_s : ndarray
        Local midnights relative to the start of the fixed week. [s]
    length_s : ndarray
        Length of each day: 23, 24 or 25 hours. [s]
    kind : ndarray of int
        Index into `KINDS`.
    of_year : ndarray
        Day of the year, from 1.
    """

    start_s: FloatArray
    length_s: FloatArray
    kind: IntArray
    of_year: FloatArray

    @property
    def n_bins(self) -> int:
        """Number of quarter hours from the first midnight to the end of the last day."""
        return int(self.length_s.sum()) // RASTER_S

    def elapsed_s(self, day: IntArray, clock_s: FloatArray) -> FloatArray:
        """Return when a clock shows a time, relative to the start of the fixed week; clocks change before three. [s]."""
        change_s = (self.length_s - SECONDS_PER_DAY)[day]
        return np.asarray(self.start_s[day] + clock_s + change_s * (clock_s >= _AFTER_CHANGE_S), dtype=np.float64)

    def raster(self) -> tuple[IntArray, IntArray]:
        """Return the kind of day and the quarter hour of the clock of each quarter hour, shape (n_bins,)."""
        time_s = self.start_s[0] + RASTER_S * np.arange(self.n_bins)
        day = np.searchsorted(self.start_s, time_s, side="right") - 1
        since_s = time_s - self.start_s[day]
        change_s = (self.length_s - SECONDS_PER_DAY)[day]
        changed = since_s >= _AFTER_CHANGE_S - SECONDS_PER_HOUR * (change_s < 0.0)
        clock_s = since_s - change_s * changed
        return self.kind[day], (clock_s // RASTER_S).astype(np.intp) % 96


@lru_cache(maxsize=8)
def days_of(number: int, timezone: str, country: str) -> Days:
    """Return the local days that begin in a fixed week; where no holidays are known, there are none.

    Parameters
    ----------
    number : int
        Number of the week since the epoch.
    timezone : str
        IANA name of the zone.
    country : str
        ISO 3166-1 code with an optional subdivision, whose holidays are Sundays.
    """
    begin_s = number * BLOCK_S
    first = datetime.fromtimestamp(begin_s, tz=UTC).astimezone(ZoneInfo(timezone)).date()
    dates = [first + timedelta(days=n) for n in range(MAX_DAYS + 2)]
    midnights = np.array([local_midnight(day, timezone).timestamp() - begin_s for day in dates])
    inside = [n for n in range(len(dates) - 1) if 0.0 <= midnights[n] < BLOCK_S]
    return Days(
        start_s=midnights[inside],
        length_s=np.diff(midnights)[inside],
        kind=np.array([_kind(dates[n], country) for n in inside], dtype=np.intp),
        of_year=np.array([dates[n].timetuple().tm_yday for n in inside], dtype=np.float64),
    )


def _kind(day: date, country: str) -> int:
    if day.weekday() == _SUNDAY or day in holidays_of(country, day.year):
        return 2
    return 1 if day.weekday() == _SATURDAY else 0
