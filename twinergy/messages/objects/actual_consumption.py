# SPDX-License-Identifier: Apache-2.0
"""What a home draws."""

from __future__ import annotations

from typing import ClassVar, Self

from pydantic import model_validator

from twinergy.messages.parts import IntervalMessage, Named, NonNegative, Reading, check_names


class PowerLine(Named):
    """A metered line of the home: a group of plugs or a single appliance."""

    name: str
    """Such as ``cold``, ``lighting`` or ``dishwasher``."""
    p_kw: Reading = None
    """Mean power."""


class ActualConsumption(IntervalMessage):
    """Demand of the building, of its power lines and of single appliances."""

    information_object: ClassVar[str] = "actual_consumption"
    data_model: ClassVar[str] = "SAREF"
    use_cases: ClassVar[tuple[str, ...]] = (
        *("PUC01.01", "PUC01.02", "PUC02.05", "PUC02.06", "PUC03.03", "PUC03.06", "PUC04.01", "PUC04.02", "PUC05.01"),
        *("PUC05.02", "SUC05.01", "PUC06.01", "PUC06.02", "PUC07.02", "PUC09.01", "PUC09.02"),
    )

    p_grid_kw: Reading = None
    """At the grid connection, load frame: negative while feeding in."""
    q_grid_kvar: Reading = None
    """Reactive power at the grid connection, load frame."""
    p_demand_kw: NonNegative | None = None
    """What the building draws, without generation and storage."""
    energy_kwh: NonNegative | None = None
    """What the building drew in the interval."""
    lines: tuple[PowerLine, ...] = ()
    """What the building's demand is made of, as far as it is metered."""

    @model_validator(mode="after")
    def _names_differ(self) -> Self:
        check_names("lines", self.lines)
        return self
