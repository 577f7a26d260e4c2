# SPDX-License-Identifier: Apache-2.0
"""What a scenario may say about an environmental sensor."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from simulators.sensor.classes import CLASSES, Channel, Channels, Quantity
from twinergy.telegrams.options import DevicePoint, TelegramOptions


class SensorOptions(TelegramOptions):
    """An environmental sensor and the way its readings travel."""

    of: DevicePoint
    """The building whose rooms it senses."""
    sensor_class: Literal["room", "scd30", "scd41", "sht31", "ca1510", "ideal"] = "room"
    """Class of sensor: `room` senses all five quantities, `sht31` temperature and humidity, the others CO2 as well; ideal has no
    error."""
    channels: dict[Quantity, Channel | None] = Field(default_factory=dict)
    """Own figures in place of those of the class, by quantity; null takes a quantity out."""

    @property
    def sensed(self) -> Channels:
        """Channels of this sensor by quantity."""
        chosen = {**CLASSES[self.sensor_class], **self.channels}
        return {name: channel for name, channel in chosen.items() if channel is not None}
