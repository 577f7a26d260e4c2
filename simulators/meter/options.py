# SPDX-License-Identifier: Apache-2.0
"""What a scenario may say about a meter."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from twinergy.options import NonNegative, Positive  # noqa: TC001 - pydantic reads annotations at run time
from twinergy.telegrams.options import Point, TelegramOptions


class MeteredPoint(Point):
    """The one point a meter measures; exactly one of these is named."""

    connection: str | None = None
    """Id of a connection: everything behind it."""
    device: str | None = None
    """Id of a device: its terminals, and the state of charge its own controller reports."""
    line: str | None = None
    """Name of a line: power into it at its from end."""
    transformer: str | None = None
    """Name of a transformer: power into its upper side, voltage of its lower side."""

    @model_validator(mode="after")
    def _is_one_point(self) -> Self:
        named = [f"{place}={name!r}" for place, name in self if name is not None]
        if len(named) != 1:
            places = ", ".join(type(self).model_fields)
            message = f"a meter measures exactly one point: name one of {places} (got {', '.join(named) or 'none'})"
            raise ValueError(message)
        return self


class MeterOptions(TelegramOptions):
    """A meter and the way its readings travel; powers and voltage in a telegram are means since the last."""

    of: MeteredPoint
    """The point it measures."""
    accuracy_class: Literal["A", "B", "C", "ideal"] = "B"
    """Class of EN 50470-3 (Measuring Instruments Directive): 2 %, 1 % or 0.5 % for active energy; ideal has no error."""
    noise_relative: NonNegative | None = None
    """Standard deviation of the random error of one reading over its value; left out: a tenth of the class limit. [-]"""
    noise_kw: NonNegative | None = None
    """Standard deviation of the random error of one reading at no load; left out: 1 W, or nothing for an ideal meter. [kW]"""
    resolution_kw: Positive = 0.001
    """Resolution of the powers in its telegram, active and reactive; a P1 port sends watts. [kW]"""
    register_resolution_kwh: Positive = 0.001
    """Resolution of the registers in its telegram; the registers themselves lose nothing. [kWh]"""
    nominal_v: Positive = 400.0
    """Line-to-line voltage at 1 per unit; the meter shows phase to neutral. [V]"""
    delay_steps: Annotated[int, Field(ge=0, le=96)] = 0
    """How many steps later a telegram arrives."""
