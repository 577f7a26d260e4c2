# SPDX-License-Identifier: Apache-2.0
"""What the local clock and calendar say about steps, without pandas."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from twinergy.local_time import utc_offsets_s
from twinergy.units import SECONDS_PER_DAY, SECONDS_PER_HOUR

if TYPE_CHECKING:
    from numpy.typing import NDArray

    IntArray = NDArray[np.int64]

SEASONS: Final = ("winter", "between", "summer")
SATURDAY: Final = 5
_SUMMER: Final = (515, 914)
_BETWEEN: Final = (321, 1031)
"""First and last day of the seasons of the VDEW standard load profiles, month times 100 plus day: summer from 15 May to 14
September, winter from 1 November to 20 March."""


class Calendar(NamedTuple):
    """Local time of steps, arrays of shape (n_steps,).

    Attributes
    ----------
    hour : ndarray of int
        Hour of the day in which a step begins, 0 to 23.
    day : ndarray of int
        Number of the local day, counted from 0 for the day of the first step.
    weekend : ndarray of bool
        Whether it is Saturday or Sunday.
    season : ndarray of int
        Row of `SEASONS`.
    """

    hour: IntArray
    day: IntArray
    weekend: NDArray[np.bool_]
    season: IntArray

    @property
    def n_days(self) -> int:
        """Number of local days touched."""
        return int(self.day[-1]) + 1 if len(self.day) else 0


@lru_cache(maxsize=16)
def calendar(start_epoch_s: int, step_s: int, n_steps: int, timezone: str) -> Calendar:
    """Return the calendar of consecutive steps, right on days of 23 and 25 hours.

    >>> calendar(1_711_846_800, 3600, 2, "Europe/Berlin").hour  # 2024-03-31 01:00 UTC, summer time begins
    array([3, 4])
    """
    epoch_s = start_epoch_s + step_s * np.arange(n_steps, dtype=np.int64)
    local_s = epoch_s + utc_offsets_s(epoch_s, timezone)
    number = local_s // SECONDS_PER_DAY
    date = number.astype("datetime64[D]")
    month = date.astype("datetime64[M]")
    month_day = 100 * (month.astype(np.int64) % 12 + 1) + (date - month.astype("datetime64[D]")).astype(np.int64) + 1
    summer = (month_day >= _SUMMER[0]) & (month_day <= _SUMMER[1])
    winter = (month_day < _BETWEEN[0]) | (month_day > _BETWEEN[1])
    return Calendar(
        hour=(local_s % SECONDS_PER_DAY) // int(SECONDS_PER_HOUR),
        day=number - number[0] if n_steps else number,
        weekend=(number + 3) % 7 >= SATURDAY,  # 1970-01-01 was a Thursday
        season=np.where(winter, 0, np.where(summer, 2, 1)),
    )
