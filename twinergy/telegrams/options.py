# SPDX-License-Identifier: Apache-2.0
"""What a scenario may say about telegrams, whatever is in them."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from twinergy.options import Options, Positive


class Point(Options):
    """The one point a device observes: each field of a subclass is a sort of point, and the one that is not None names it."""

    @property
    def target(self) -> tuple[str, str]:
        """What sort of point it is, and its id or name."""
        return next((sort, name) for sort, name in self if name is not None)


class DevicePoint(Point):
    """A device that is observed."""

    device: str
    """Id of the device."""


class SendingOptions(Options):
    """How telegrams travel."""

    interval_steps: Annotated[int, Field(ge=1)] = 1
    """A telegram every so many steps, at whole multiples of the clock."""
    gap_probability: Annotated[float, Field(ge=0.0, le=0.95)] = 0.0
    """Share of telegrams that never arrive. [-]"""
    gap_length_steps: Annotated[float, Field(ge=1.0)] = 4.0
    """Mean number of steps without a telegram in a row."""


class TelegramOptions(SendingOptions):
    """What is observed, and how telegrams of it travel."""

    of: Point
    """The point it observes."""


class Span(Options):
    """What a sensing channel can say of a quantity; in the unit of the quantity."""

    resolution: Positive
    """Smallest step of a reading."""
    low: float
    """Lowest value it can say."""
    high: float
    """Highest value it can say; beyond it the reading stays there."""

    @model_validator(mode="after")
    def _has_a_range(self) -> Self:
        if self.low >= self.high:
            message = f"low={self.low:g} must be below high={self.high:g}"
            raise ValueError(message)
        return self
