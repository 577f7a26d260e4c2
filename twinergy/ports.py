# SPDX-License-Identifier: Apache-2.0
"""Ports: what a kind of device measures, accepts and needs, declared once.

mosaik's ``META``, the columns of the results, the tables of ``twinergy docs`` and the conformance tests of hardware adapters
all derive from these declarations.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Literal

from twinergy.units import unit_of

NET: Final = "net"
"""Source name of the net load behind a device's meter, as far as it is known within the step."""
LAST: Final = "last"
"""Prefix of a source that is read as it was in the last step."""
Group = Literal["dwelling", "heat_network"]
"""What devices of different kinds share so that one feeds the other."""


class Direction(StrEnum):
    """Which way a quantity travels, seen from the device."""

    MEASURED = "measured"
    """The device says it; a simulator and a hardware adapter both offer it."""
    SET_POINT = "set-point"
    """A controller asks for it through the arbiter; NaN means nobody asks and the device follows its local mode."""
    INPUT = "input"
    """The physical surroundings give it within the step (weather, net load, voltage); hardware senses it by itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Port:
    """One quantity of one kind of device.

    Attributes
    ----------
    name : str
        Name with its unit as suffix.
    direction : Direction
        Measured, set-point or input.
    description : str
        What it means, with sign where it has one.
    default : float
        Value before the first step; NaN for "unknown" or "nobody asks".
    source : str
        Only for inputs: ``kind.port`` that feeds it, such as ``weather.ghi_w_per_m2``, ``net.p_kw`` for the load behind
        the same meter or ``bus.vm_pu`` for the voltage of the last step at the device's bus. ``last.kind.port`` is the
        value of the last step.
    over : {"dwelling", "heat_network"}
        Only for inputs from another kind: the sum over its devices that share this with the device. Where nothing does,
        the port keeps its default, or the scenario is refused if that is NaN.
    precision : {"single", "double"}
        Precision in the stored series; registers that grow need double.
    grows : bool
        Whether it is a register that only grows, so that only its differences mean something.
    """

    name: str
    direction: Direction
    description: str
    default: float = float("nan")
    source: str = ""
    over: Group = "dwelling"
    precision: Literal["single", "double"] = "single"
    grows: bool = False

    def __post_init__(self) -> None:
        unit_of(self.name)
        if (self.direction is Direction.INPUT) != bool(self.source):
            message = f"port {self.name!r}: an input needs a source 'kind.port', and only an input has one (got {self.source!r})"
            raise ValueError(message)

    @property
    def unit(self) -> str:
        """Unit that the suffix of the name declares."""
        return unit_of(self.name)


def measured(
    name: str, description: str, *, default: float = float("nan"), precision: Literal["single", "double"] = "single"
) -> Port:
    """Return a port the device reports."""
    return Port(name=name, direction=Direction.MEASURED, description=description, default=default, precision=precision)


def register(name: str, description: str) -> Port:
    """Return a port the device reports that only grows."""
    return Port(name=name, direction=Direction.MEASURED, description=description, precision="double", grows=True)


def set_point(name: str, description: str) -> Port:
    """Return a port a controller may ask for; NaN until somebody does."""
    return Port(name=name, direction=Direction.SET_POINT, description=description)


def needs(name: str, source: str, description: str, *, default: float = float("nan"), over: Group = "dwelling") -> Port:
    """Return a port that the surroundings feed within the step."""
    return Port(name=name, direction=Direction.INPUT, description=description, default=default, source=source, over=over)
