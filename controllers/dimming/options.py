# SPDX-License-Identifier: Apache-2.0
"""Options of the dimming agent."""

from __future__ import annotations

from typing import Final, Self

from pydantic import Field, model_validator

from twinergy.options import NonNegative, Options, Positive

FLOOR_KW: Final = 4.2
"""Power every controllable consumption device keeps while it is dimmed (BNetzA BK6-22-300, annex 1, 4.5.1)."""


class DimmingOptions(Options):
    """Which station is watched, and what is limited while it is overloaded."""

    transformer: str
    """Name of the transformer; it needs a meter ``meter-<name>``."""
    limit_kw: Positive
    """Power drawn through the transformer above which devices are dimmed."""
    release_kw: Positive
    """Power below which they are released again; what comes back by then must fit under the limit."""
    buses: str = "*"
    """Buses behind the transformer, as a pattern with ``*``: devices at other buses are left alone."""
    kinds: tuple[str, ...] = Field(("charging", "building", "battery"), min_length=1)
    """Kinds of devices that take part."""
    floor_kw: NonNegative = FLOOR_KW
    """Power each of them keeps. § 14a grants 4.2 kW."""
    hold_s: NonNegative = 900.0
    """For how long a limit stands at least."""

    @model_validator(mode="after")
    def _released_below(self) -> Self:
        if self.release_kw >= self.limit_kw:
            message = (
                f"release_kw {self.release_kw:g} kW must lie below limit_kw {self.limit_kw:g} kW, or the limit would flutter"
            )
            raise ValueError(message)
        return self
