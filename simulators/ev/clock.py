# SPDX-License-Identifier: Apache-2.0
"""Days of activity: from four in the morning, when hardly anybody drives, to four in the next, in local time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

DAYS: Final = 7
BEGINS_H: Final = 4.0
"""Hour of the local day at which a day of activity begins. [h]"""
ENDS_H: Final = 26.9
"""Last hour at which somebody comes home, counted from midnight: short of 27, so that a day of 23 hours holds it. [h]"""
_SATURDAY: Final = 5


@dataclass(frozen=True)
class Week:
    """The seven local dates of a fixed week; both begin on a Thursday, as 1970-01-01 was one.

    Attributes
    ----------
    begins_s : ndarray, shape (7,)
        Begin of each day of activity. [s since 1970]
    weekend : ndarray of bool, shape (7,)
        Whether the date is a Saturday or Sunday.
    """

    begins_s: NDArray[np.float64]
    weekend: NDArray[np.bool_]


@cache
def week(number: int, timezone: str) -> Week:
    """Return the days of activity of a week, right on days of 23 and 25 hours."""
    zone = ZoneInfo(timezone)
    first = date(1970, 1, 1) + timedelta(days=DAYS * number)
    dates = [first + timedelta(days=day) for day in range(DAYS)]
    begins = [datetime.combine(day, time(int(BEGINS_H)), tzinfo=zone).astimezone(UTC).timestamp() for day in dates]
    return Week(np.array(begins), np.array([day.weekday() >= _SATURDAY for day in dates]))
