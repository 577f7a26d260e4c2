# SPDX-License-Identifier: Apache-2.0
"""Where an instant lies in local time: month, kind of day, minute; and what the day-ahead market has published by then."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from functools import cache
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

import numpy as np

from simulators.prices.bands import HOLIDAY
from twinergy.errors import Finding, ScenarioError
from twinergy.timebase import local_midnight

if TYPE_CHECKING:
    from numpy.typing import NDArray

    IntArray = NDArray[np.int64]

MARKET_TIMEZONE: Final = "Europe/Brussels"
"""Delivery days of the coupled European day-ahead market are days of Central European time, in Greece too."""
PUBLICATION_HOUR: Final = 13
"""Local hour by which tomorrow's prices are known (SDAC: published from 12:57 CET)."""
_EPOCH_DAY: Final = date(1970, 1, 1)
_WEEKDAY_OF_EPOCH: Final = 3
_SATURDAY: Final = 5


@dataclass(frozen=True, slots=True)
class LocalTimes:
    """Local calendar fields of instants, arrays of shape (n,).

    Attributes
    ----------
    day : ndarray of int64
        Local calendar day, counted from 1970-01-01.
    month : ndarray of int64
        Month, 0 to 11.
    minute : ndarray of int64
        Minute of the wall clock, 0 to 1439; on the day of 25 hours one hour of minutes comes twice.
    """

    day: IntArray
    month: IntArray
    minute: IntArray

    @classmethod
    def of(cls, epoch_s: IntArray, timezone: str | tzinfo) -> LocalTimes:
        """Return the fields of instants in epoch seconds."""
        import pandas as pd  # noqa: PLC0415 - kept out of the import of the plug-in

        local = pd.to_datetime(epoch_s, unit="s", utc=True).tz_convert(timezone).tz_localize(None)
        day = local.to_numpy().astype("datetime64[D]").astype(np.int64)
        minute = local.hour.to_numpy(dtype=np.int64) * 60 + local.minute.to_numpy(dtype=np.int64)
        return cls(day, local.month.to_numpy(dtype=np.int64) - 1, minute)

    def day_class(self, holidays: IntArray) -> IntArray:
        """Return the row of `bands.DAY_CLASSES` of each instant; `holidays` are days counted from 1970-01-01."""
        weekday = (self.day + _WEEKDAY_OF_EPOCH) % 7
        row = np.maximum(weekday - _SATURDAY + 1, 0)
        return np.where(np.isin(self.day, holidays), HOLIDAY, row)


@cache
def standard_time(name: str, year: int) -> tzinfo:
    """Return the standard time of a zone as a fixed offset: the clock of a meter that knows no summer time.

    >>> standard_time("Europe/London", 2024)
    datetime.timezone.utc
    """
    offsets = [ZoneInfo(name).utcoffset(datetime(year, month, 1)) for month in (1, 7)]  # noqa: DTZ001 - the zone is asked
    return timezone(min(offset for offset in offsets if offset is not None))


@cache
def holiday_days(country: str, years: range) -> IntArray:
    """Return the public holidays of a country or a subdivision (``DE-NW``) as days counted from 1970-01-01, sorted.

    Raises
    ------
    ScenarioError
        If the calendar of that country or subdivision is not known.
    """
    import holidays  # noqa: PLC0415 - only tariffs that look at the kind of day need it

    name, _, subdivision = country.partition("-")
    try:
        calendar = holidays.country_holidays(name, subdiv=subdivision or None, years=years)
    except NotImplementedError as error:
        finding = Finding(
            message="public holidays of this country are not known; a tariff with kinds of day needs them",
            path="site.country",
            value=country,
            allowed="ISO 3166-1 code such as DE, with an ISO 3166-2 subdivision such as DE-NW",
        )
        raise ScenarioError([finding], "tariffs") from error
    return np.array(sorted((day - _EPOCH_DAY).days for day in calendar), dtype=np.int64)


def day_ahead_known_until_s(epoch_s: int) -> int:
    """Return until when day-ahead prices are published at an instant, in epoch seconds, end not included.

    Before 13:00 market time today's prices are known, from then on tomorrow's as well.

    >>> day_ahead_known_until_s(1711796400) - 1711796400  # 2024-03-30 12:00 in Brussels: 12 hours to midnight
    43200
    """
    local = datetime.fromtimestamp(epoch_s, tz=UTC).astimezone(ZoneInfo(MARKET_TIMEZONE))
    days = 2 if local.hour >= PUBLICATION_HOUR else 1
    return int(local_midnight(local.date() + timedelta(days=days), MARKET_TIMEZONE).timestamp())
