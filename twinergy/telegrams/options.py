# SPDX-License-Identifier: Apache-2.0
"""What a scenario may say about telegrams, whatever is in them."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from twinergy.options import Options


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
