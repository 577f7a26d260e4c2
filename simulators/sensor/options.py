# SPDX-License-Identifier: Apache-2.0
"""What a scenario may say about an environmental sensor."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from simulators.sensor.classes import CLASSES, Channel, Channels, Quantity
from twinergy.options import Options


class SensedPlace(Options):
    """Where a sensor hangs."""

    device: str
    """Id of a building: the air of its rooms."""

    @property
    def target(self) -> tuple[str, str]:
        """What sort of point it is, and its id."""
        return ("device", self.device)


class SensorOptions(Options):
    """An environmental sensor and the way its readings travel."""

    of: SensedPlace
    """The building whose rooms it senses."""
    sensor_class: Literal["room", "scd30", "scd41", "sht31", "ca1510", "ideal"] = "room"
    """Class of sensor: `room` senses all five quantities, `sht31` temperature and humidity, the others CO2 as well; ideal has no
    error."""
    channels: dict[Quantity, Channel | None] = Field(default_factory=dict)
    """Own figures in place of those of the class, by quantity; null takes a quantity out."""
    interval_steps: Annotated[int, Field(ge=1)] = 1
    """A report every so many steps, at whole multiples of the clock."""
    gap_probability: Annotated[float, Field(ge=0.0, le=0.95)] = 0.0
    """Share of reports that never arrive. [-]"""
    gap_length_steps: Annotated[float, Field(ge=1.0)] = 4.0
    """Mean number of steps without a report in a row."""

    @property
    def sensed(self) -> Channels:
        """Channels of this sensor by quantity."""
        chosen = {**CLASSES[self.sensor_class], **self.channels}
        return {name: channel for name, channel in chosen.items() if channel is not None}
