# SPDX-License-Identifier: Apache-2.0
"""Prices by time of day: bands of local time that must cover every minute of every day once."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, Self

import numpy as np
from pydantic import BeforeValidator, ConfigDict, Field, model_validator

from twinergy.options import Options

if TYPE_CHECKING:
    from numpy.typing import NDArray

MINUTES_PER_DAY: Final = 1440
DAY_CLASSES: Final = ("workday", "saturday", "sunday", "holiday")
HOLIDAY: Final = DAY_CLASSES.index("holiday")
SUNDAY: Final = DAY_CLASSES.index("sunday")
_SHOWN: Final = 6

DayClass = Literal["workday", "saturday", "sunday", "holiday", "all"]
PriceEurPerKwh = Annotated[float, Field(ge=-5.0, le=5.0)]
"""A price whose size can be one of EUR/kWh; 85 is one of EUR/MWh [EUR/kWh]."""


def _local_time(value: Any) -> Any:
    if not (isinstance(value, str) and re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d|24:00", value)):
        message = f'expected a local time "HH:MM" from "00:00" to "24:00" in quotes, got {value!r}'
        raise ValueError(message)
    return value


def _tuple(value: Any) -> Any:
    return (value,) if isinstance(value, (str, int)) else value


Clock = Literal["local", "standard"]
"""What a time of day is read from: the clock on the wall, or a time switch that stays on the zone's standard time in summer."""
LocalTime = Annotated[str, BeforeValidator(_local_time)]
Month = Annotated[int, Field(ge=1, le=12)]


def minute_of(time: str) -> int:
    """Return the minute of the day of a local time.

    >>> minute_of("06:30")
    390
    """
    return int(time[:2]) * 60 + int(time[3:])


class Band(Options):
    """A price between two local times on some kinds of day.

    A band that ends at or before its start goes on after midnight; the hours after midnight belong to the calendar day on
    which they lie, so ``22:00`` to ``06:00`` on Saturdays is 00:00 to 06:00 and 22:00 to 24:00 of each Saturday.
    """

    model_config = ConfigDict(populate_by_name=True, serialize_by_alias=True)

    from_: LocalTime = Field(alias="from")
    """First local minute of the band, "HH:MM"."""
    to: LocalTime
    """Local time at which it ends, "HH:MM", not included; "00:00" and "24:00" both mean the end of the day."""
    days: Annotated[tuple[DayClass, ...], BeforeValidator(_tuple), Field(min_length=1)] = ("all",)
    """One or several of workday (Monday to Friday), saturday, sunday, holiday (public holiday of the site) and all."""
    months: Annotated[tuple[Month, ...], BeforeValidator(_tuple), Field(min_length=1)] = tuple(range(1, 13))
    """Months of the year, 1 to 12; all of them if not given."""
    price_eur_per_kwh: PriceEurPerKwh
    """Price inside the band, net of VAT [EUR/kWh]."""

    @model_validator(mode="after")
    def _has_length(self) -> Self:
        if self.from_ == "24:00" or (self.from_ == self.to and self.from_ != "00:00"):
            message = f'band from "{self.from_}" to "{self.to}" has no length; a whole day is from "00:00" to "24:00"'
            raise ValueError(message)
        return self

    def minutes(self) -> NDArray[np.bool_]:
        """Return which minutes of a day the band covers, shape (1440,)."""
        minute, first, end = np.arange(MINUTES_PER_DAY), minute_of(self.from_), minute_of(self.to) or MINUTES_PER_DAY
        return (minute >= first) & (minute < end) if first < end else (minute >= first) | (minute < end)

    def day_rows(self, *, holidays_as_sundays: bool) -> list[int]:
        """Return the rows of `DAY_CLASSES` on which the band holds."""
        rows = {row for row, name in enumerate(DAY_CLASSES) if name in self.days or "all" in self.days}
        return sorted(rows | ({HOLIDAY} if holidays_as_sundays and SUNDAY in rows else set()))


class TimeOfUse(Options):
    """Prices by local time of day, kind of day and month, with as many levels as there are bands.

    Where no band names ``holiday``, public holidays are priced like Sundays. The three levels of the German grid fee after
    section 14a EnWG, Modul 3, are three prices in such bands.
    """

    kind: Literal["time_of_use"] = "time_of_use"
    bands: Annotated[tuple[Band, ...], Field(min_length=1)]
    """Bands that together cover every minute of every day exactly once."""
    clock: Clock = "local"
    """local: the clock on the wall; standard: a meter that knows no summer time."""

    @model_validator(mode="after")
    def _covers_every_minute_once(self) -> Self:
        times = count_table(self.bands)
        faults = [f"{span} has no price" for span in spans(times == 0)]
        faults += [f"{span} has more than one price" for span in spans(times > 1)]
        if faults:
            more = f"; and {len(faults) - _SHOWN} more" if len(faults) > _SHOWN else ""
            message = f"the bands must cover every minute once: {'; '.join(faults[:_SHOWN])}{more}"
            raise ValueError(message)
        return self


class DayNight(Options):
    """Two prices, the same on every day."""

    kind: Literal["day_night"] = "day_night"
    day_eur_per_kwh: PriceEurPerKwh
    """Price outside the night [EUR/kWh]."""
    night_eur_per_kwh: PriceEurPerKwh
    """Price in the night [EUR/kWh]."""
    night_from: LocalTime = "22:00"
    """Local time at which the night begins."""
    night_to: LocalTime = "06:00"
    """Local time at which it ends."""
    clock: Clock = "local"
    """local: the clock on the wall; standard: a meter that knows no summer time, as those of the British Economy 7."""

    @model_validator(mode="after")
    def _night_has_a_day(self) -> Self:
        if minute_of(self.night_from) % MINUTES_PER_DAY == minute_of(self.night_to) % MINUTES_PER_DAY:
            message = f'a night from "{self.night_from}" to "{self.night_to}" leaves no day; use kind "fixed" for one price'
            raise ValueError(message)
        return self

    def bands(self) -> tuple[Band, Band]:
        """Return the night and the day as bands."""
        ends = [time.replace("24:00", "00:00") for time in (self.night_from, self.night_to)]
        night = {"from": ends[0], "to": ends[1], "price_eur_per_kwh": self.night_eur_per_kwh}
        day = {"from": ends[1], "to": ends[0], "price_eur_per_kwh": self.day_eur_per_kwh}
        return Band.model_validate(night), Band.model_validate(day)


def _cells(bands: tuple[Band, ...]) -> list[tuple[Band, tuple[NDArray[np.intp], ...]]]:
    as_sundays = not any("holiday" in band.days for band in bands)
    cells = []
    for band in bands:
        months, days = np.array(band.months) - 1, np.array(band.day_rows(holidays_as_sundays=as_sundays))
        cells.append((band, np.ix_(months, days, np.flatnonzero(band.minutes()))))
    return cells


def count_table(bands: tuple[Band, ...]) -> NDArray[np.int64]:
    """Return how many bands hold in each minute, shape (12 months, 4 `DAY_CLASSES`, 1440 minutes)."""
    table = np.zeros((12, len(DAY_CLASSES), MINUTES_PER_DAY), dtype=np.int64)
    for _, cells in _cells(bands):
        table[cells] += 1
    return table


def price_table(bands: tuple[Band, ...]) -> NDArray[np.float64]:
    """Return the price of each minute, shape (12 months, 4 `DAY_CLASSES`, 1440 minutes) [EUR/kWh]."""
    table = np.full((12, len(DAY_CLASSES), MINUTES_PER_DAY), np.nan)
    for band, cells in _cells(bands):
        table[cells] = band.price_eur_per_kwh
    return table


def spans(faulty: NDArray[np.bool_]) -> list[str]:
    """Return the faulty minutes of a (12, 4, 1440) table as text, equal months taken together.

    >>> table = np.zeros((12, 4, 1440), dtype=bool)
    >>> table[:, 0, 360:420] = True
    >>> spans(table)
    ['workday 06:00-07:00']
    """
    found: dict[str, list[int]] = {}
    for month, row in np.argwhere(faulty.any(axis=2)):
        edges = np.flatnonzero(np.diff(faulty[month, row].astype(np.int8), prepend=0, append=0))
        for first, end in zip(edges[::2], edges[1::2], strict=True):
            text = f"{DAY_CLASSES[row]} {first // 60:02d}:{first % 60:02d}-{end // 60:02d}:{end % 60:02d}"
            found.setdefault(text, []).append(int(month) + 1)
    every_month = 12
    return [text if len(months) == every_month else f"{text} in months {months}" for text, months in found.items()]
