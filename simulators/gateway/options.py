# SPDX-License-Identifier: Apache-2.0
"""What a scenario may say about a home gateway."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal, Self

from pydantic import ConfigDict, Field, model_validator

from simulators.gateway.layout import GROUPS, MACHINES, Group, Plug
from twinergy.options import NonNegative, Options, Positive
from twinergy.telegrams.options import SendingOptions


class DeadPlug(Options):
    """A smart plug that reports 0 although its appliances draw power."""

    model_config = ConfigDict(populate_by_name=True, serialize_by_alias=True)

    group: Plug
    """Group of appliances or single machine behind the plug; ``wet`` stands for the plugs of all three machines."""
    from_: date | datetime = Field(alias="from")
    """First local day or time at which it is dead (local unless it has an offset)."""
    until: date | datetime | None = None
    """Local day or time from which it reads again, not included; left out: never."""


class GatewayOptions(SendingOptions):
    """The gateway of one dwelling: what it is connected to, how well that measures, and how its telegrams travel."""

    plugs: tuple[Group, ...] = GROUPS
    """Groups of appliances whose powers smart plugs measure; ``wet`` is one plug per machine. What has none reads NaN."""
    accuracy_relative: Annotated[float, Field(ge=0.0, lt=1.0)] = 0.01
    """Largest systematic error over the value of every power: smart plug, clamp, inverter, charging point. Assumption: makers of
    smart plugs and inverters promise 1 to 3 %. [-]"""
    noise_relative: NonNegative = 0.001
    """Standard deviation of the random error of a reading over its value, for powers: a tenth of the accuracy. Assumption. [-]"""
    resolution_kw: Positive = 0.001
    """Smallest step of a power: 1 W. Assumption; some plugs say tenths of a watt. [kW]"""
    sensors: Literal["room", "ideal"] = "room"
    """Class of the sensors of the room and of the tank; ideal has no error."""
    dead_plugs: tuple[DeadPlug, ...] = ()
    """Plugs that die, and when."""

    @model_validator(mode="after")
    def _only_plugs_die(self) -> Self:
        without = [name for each in self.dead_plugs if ("wet" if (name := each.group) in MACHINES else name) not in self.plugs]
        if without:
            message = f"dead_plugs names {without[0]!r}, which has no plug; plugs has {', '.join(self.plugs) or 'none'}"
            raise ValueError(message)
        return self
