# SPDX-License-Identifier: Apache-2.0
"""What many information objects share: the dwelling they are about, and series over time."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, ClassVar, Self

from pydantic import ConfigDict, Field, model_validator

from twinergy.messages.base import LONGEST_S, Instant, Message
from twinergy.options import Fraction, NonNegative, Options, Timezone

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy as np
    from numpy.typing import NDArray

__all__ = [
    "Duration",
    "DwellingMessage",
    "Fraction",
    "FractionSeries",
    "Instant",
    "IntervalMessage",
    "Named",
    "NonNegative",
    "NonNegativeSeries",
    "NonPositive",
    "Part",
    "Percent",
    "Reading",
    "Series",
    "SeriesMessage",
    "Timezone",
    "check_lengths",
    "check_names",
    "reading_of",
    "series_of",
]

Reading = float | None
"""A measured number, None where nothing was measured."""
Series = tuple[Reading, ...]
"""One reading per step."""
Duration = Annotated[float, Field(gt=0.0, le=LONGEST_S)]
"""Length of an interval. [s]"""
NonPositive = Annotated[float, Field(le=0.0)]
Percent = Annotated[float, Field(ge=0.0, le=100.0)]
FractionSeries = tuple[Fraction | None, ...]
NonNegativeSeries = tuple[NonNegative | None, ...]


class Part(Options):
    """A record inside a message, closed and frozen like the message itself."""

    model_config = ConfigDict(defer_build=True, ser_json_inf_nan="null")


class Named(Part):
    """A record that is told from its neighbours by its name."""

    name: str
    """Unique within the message."""


class DwellingMessage(Message):
    """A message about one dwelling."""

    dwelling: str
    """Id of the dwelling."""


class IntervalMessage(DwellingMessage):
    """Means and sums of one dwelling over one interval."""

    start: Instant
    """Start of the interval, UTC."""
    step_s: Duration
    """Length of the interval."""


class SeriesMessage(DwellingMessage):
    """Series of one dwelling: value number k is the mean over ``[start + k step_s, start + (k + 1) step_s)``."""

    series: ClassVar[tuple[str, ...]] = ()
    """Fields that hold one value per step and therefore have the same length."""

    start: Instant
    """Start of the first value, UTC."""
    step_s: Duration
    """Time between values."""

    @model_validator(mode="after")
    def _series_have_one_length(self) -> Self:
        check_lengths(self, self.series)
        return self


def check_lengths(record: Options, names: Iterable[str]) -> None:
    """Refuse series of different lengths.

    Raises
    ------
    ValueError
        If two of the named fields that are not empty differ in length.
    """
    lengths = {name: len(values) for name in names if (values := getattr(record, name))}
    if len(set(lengths.values())) > 1:
        told = ", ".join(f"{name} {length}" for name, length in lengths.items())
        message = f"series differ in length: {told}; give all of them one value per step, null where there is none"
        raise ValueError(message)


def check_names(field: str, records: Iterable[Named]) -> None:
    """Refuse records that share a name.

    Raises
    ------
    ValueError
        If a name appears twice.
    """
    names = [record.name for record in records]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        message = f"{field} name {', '.join(map(repr, twice))} more than once; give each its own name"
        raise ValueError(message)


def series_of(values: NDArray[np.float64]) -> Series:
    """Return an array as a series: None stands for every value that is not finite.

    >>> import numpy as np
    >>> series_of(np.array([1.5, np.nan]))
    (1.5, None)
    """
    return tuple([value if math.isfinite(value) else None for value in values.tolist()])


def reading_of(value: float) -> Reading:
    """Return a number as a reading: None if it is not finite.

    >>> reading_of(float("nan")) is None
    True
    """
    return float(value) if math.isfinite(value) else None
