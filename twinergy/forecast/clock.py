# SPDX-License-Identifier: Apache-2.0
"""The local clock and the local calendar, by which people live."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from twinergy.local_time import utc_offsets_s
from twinergy.units import SECONDS_PER_DAY

if TYPE_CHECKING:
    from twinergy.forecast.contract import IntArray

SUNDAY: Final = 6
DAYS_PER_WEEK: Final = 7
_EPOCH_WEEKDAY: Final = 3  # 1970-01-01 was a Thursday; Monday is 0
_EPOCH_ORDINAL: Final = date(1970, 1, 1).toordinal()


class LocalClock:
    """Local time of day and kind of day of numbered steps.

    Parameters
    ----------
    timezone : str
        IANA name.
    country : str
        ISO 3166-1 code with an optional subdivision, whose holidays count as Sundays; where none are known, there are none.
    step_s : int
        Length of a step. [s]
    """

    def __init__(self, timezone: str, country: str, step_s: int) -> None:
        self._timezone = timezone
        self._country = country
        self._step_s = step_s
        self.per_day = SECONDS_PER_DAY // step_s

    def read(self, numbers: IntArray) -> tuple[IntArray, IntArray]:
        """Return the local day, counted from 1970-01-01, and the local time of day as a number of steps, of these steps.

        A day of 25 hours has some times of day twice, one of 23 hours leaves some out.

        >>> import numpy as np
        >>> LocalClock("Europe/Berlin", "DE", 3600).read(np.array([0, 23]))
        (array([0, 1]), array([1, 0]))
        """
        epoch_s = numbers * self._step_s
        local_s = epoch_s + utc_offsets_s(epoch_s, self._timezone)
        return local_s // SECONDS_PER_DAY, local_s % SECONDS_PER_DAY // self._step_s

    def kind(self, days: IntArray) -> IntArray:
        """Return the weekday of each local day, Monday is 0; holidays are Sundays."""
        weekdays = (days + _EPOCH_WEEKDAY) % DAYS_PER_WEEK
        for day in set(days.tolist()):
            if _is_holiday(self._country, day):
                weekdays[days == day] = SUNDAY
        return weekdays


@lru_cache(maxsize=2_000)
def _is_holiday(country: str, day: int) -> bool:
    when = date.fromordinal(day + _EPOCH_ORDINAL)
    return when in _holidays(country, when.year)


@lru_cache(maxsize=16)
def _holidays(country: str, year: int) -> frozenset[date]:
    import holidays  # noqa: PLC0415 - not at the start of `twinergy --help`

    nation, _, subdivision = country.partition("-")
    try:
        return frozenset(holidays.country_holidays(nation, subdiv=subdivision or None, years=year))
    except NotImplementedError:
        return frozenset()
