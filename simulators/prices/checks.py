# SPDX-License-Identifier: Apache-2.0
"""Checks of a series as read: every kind of fault, with the row where it first shows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import numpy as np

from twinergy.units import SECONDS_PER_DAY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantity:
    """What a series holds and how large it can be.

    Attributes
    ----------
    unit : str
        Unit of the values, for messages.
    low, high : float
        Range of believable values, in `unit`.
    least_peak : float
        Smallest believable maximum over a day or more, in `unit`.
    hint : str
        What to look at where values have the wrong size.
    """

    unit: str
    low: float
    high: float
    least_peak: float
    hint: str


PRICE: Final = Quantity(
    unit="EUR/kWh",
    low=-5.0,
    high=5.0,
    least_peak=0.002,
    hint="is the unit right (eur_per_mwh, ct_per_kwh or eur_per_kwh)?",
)
CARBON: Final = Quantity(unit="g/kWh", low=0.0, high=2500.0, least_peak=2.0, hint="is the column in g/kWh, not kg/kWh or g/MWh?")


@dataclass(frozen=True, slots=True, kw_only=True)
class RawSeries:
    """A series as read, arrays of shape (n_rows,).

    Attributes
    ----------
    epoch_s : ndarray of int64
        Start of each interval. [s]
    timed : ndarray of bool
        Whether the row has a readable time with zone.
    values : ndarray of float64
        Values in the unit of the `Quantity`, NaN where there is no number.
    time_text, value_text : ndarray of object
        Both as written, for messages.
    """

    epoch_s: NDArray[np.int64]
    timed: NDArray[np.bool_]
    values: NDArray[np.float64]
    time_text: NDArray[np.object_]
    value_text: NDArray[np.object_]


@dataclass(frozen=True, slots=True)
class Fault:
    """A kind of fault and the first row that shows it."""

    message: str
    row: int
    value: str
    allowed: str = ""


def faults(raw: RawSeries, quantity: Quantity) -> list[Fault]:
    """Return all faults of a series, none if it can be used."""
    return [*_time_faults(raw), *_value_faults(raw, quantity)]


def cell_of(epoch_s: NDArray[np.int64]) -> int:
    """Return the interval between rows that occurs most often [s]."""
    lengths, counts = np.unique(np.diff(epoch_s), return_counts=True)
    return int(lengths[np.argmax(counts)])


def _first(where: NDArray[np.bool_]) -> tuple[int, int]:
    return int(np.argmax(where)), int(where.sum())


def _time_faults(raw: RawSeries) -> Iterator[Fault]:
    least_rows = 2
    if len(raw.epoch_s) < least_rows:
        yield Fault("needs at least two rows to know the length of an interval", 0, f"{len(raw.epoch_s)} rows")
        return
    if not raw.timed.all():
        row, count = _first(~raw.timed)
        message = f"{count} rows without a readable time and zone"
        yield Fault(message, row, str(raw.time_text[row]), "ISO 8601 with zone, such as 2024-03-31T00:00+01:00 or ...Z")
        return
    yield from _order_faults(raw.epoch_s)


def _order_faults(epoch_s: NDArray[np.int64]) -> Iterator[Fault]:
    gaps, cell_s = np.diff(epoch_s), cell_of(epoch_s)
    for wrong, message in ((gaps == 0, "times occur twice"), (gaps < 0, "times go back")):
        if wrong.any():
            row, count = _first(wrong)
            yield Fault(f"{count} {message}", row + 1, _iso(epoch_s[row + 1]), "each time once, in order")
    irregular = (gaps > 0) & (gaps != cell_s)
    if irregular.any():
        row, count = _first(irregular)
        message = f"{count} gaps: an interval of {gaps[row]} s in a series of {cell_s} s, before"
        yield Fault(message, row + 1, _iso(epoch_s[row + 1]), f"one row every {cell_s} s")
    if cell_s > 0 and SECONDS_PER_DAY % cell_s:
        yield Fault("the interval does not divide a day", 1, f"{cell_s} s", "for example 900 or 3600 s")


def _value_faults(raw: RawSeries, quantity: Quantity) -> Iterator[Fault]:
    absent = np.isnan(raw.values)
    if absent.any():
        row, count = _first(absent)
        yield Fault(f"{count} values missing or not a number", row, str(raw.value_text[row]), "a number with a decimal point")
    outside = (raw.values < quantity.low) | (raw.values > quantity.high)
    if outside.any():
        row, count = _first(outside)
        message = f"{count} of {len(raw.values)} values cannot be; {quantity.hint}"
        value = f"{raw.values[row]:g} {quantity.unit}"
        yield Fault(message, row, value, f"{quantity.low:g} to {quantity.high:g} {quantity.unit}")
    sizes = np.abs(raw.values[~absent])
    peak = float(sizes.max()) if len(sizes) else 0.0
    day = len(raw.epoch_s) > 1 and raw.epoch_s[-1] - raw.epoch_s[0] >= SECONDS_PER_DAY - cell_of(raw.epoch_s)
    if day and 0.0 < peak < quantity.least_peak:
        row = int(np.nanargmax(np.abs(raw.values)))
        message = f"the largest value of a day or more is too small; {quantity.hint}"
        yield Fault(message, row, f"{peak:g} {quantity.unit}", f"at least {quantity.least_peak:g} {quantity.unit}")


def _iso(epoch_s: np.int64) -> str:
    return datetime.fromtimestamp(int(epoch_s), tz=UTC).isoformat()
