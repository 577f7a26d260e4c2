# SPDX-License-Identifier: Apache-2.0
"""How big something may be built, and what a unit of it costs in a year."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """What a planner may choose of one thing.

    Attributes
    ----------
    unit : str
        What is counted: ``kW``, ``kWp``, ``kWh``.
    existing : float
        What stands there already; it costs nothing more. [unit]
    least, most : float
        Least and most that may be added. [unit]
    step : float
        What is sold at a time; 0 for any size. [unit]
    annual_eur : float
        Annuity and fixed operation of one more unit. [EUR/unit/a]
    once_annual_eur : float
        Annuity of what has to be paid as soon as anything is added, whatever its size. [EUR/a]
    embodied_kg : float
        Greenhouse gases of making one unit, spread over its life. [kg CO2e/unit/a]

    Raises
    ------
    ValueError
        If a bound is negative, below its lower bound, or a cost is not a number; a fixed cost asks for a finite `most`.
    """

    unit: str
    existing: float = 0.0
    least: float = 0.0
    most: float = math.inf
    step: float = 0.0
    annual_eur: float = 0.0
    once_annual_eur: float = 0.0
    embodied_kg: float = 0.0

    def __post_init__(self) -> None:
        for name in ("existing", "least", "step", "once_annual_eur"):
            value = getattr(self, name)
            if not (value >= 0.0 and math.isfinite(value)):
                message = f"{name} of a size must be at least 0 {self.unit}, got {value}"
                raise ValueError(message)
        if not self.most >= self.least:
            message = f"most of a size is {self.most} {self.unit}, which is below its least {self.least} {self.unit}"
            raise ValueError(message)
        if not (math.isfinite(self.annual_eur) and math.isfinite(self.embodied_kg)):
            message = (
                f"cost of a size must be a number, got {self.annual_eur} EUR and {self.embodied_kg} kg per {self.unit} and year"
            )
            raise ValueError(message)
        if self.once_annual_eur and not math.isfinite(self.most):
            message = f"a cost that is paid once ({self.once_annual_eur} EUR/a) needs a greatest size, give the most {self.unit}"
            raise ValueError(message)

    @property
    def whole_numbers(self) -> bool:
        """Whether the choice is not continuous."""
        return bool(self.step or self.once_annual_eur)


FIXED = Size(unit="kW", most=0.0)
"""Nothing to choose and nothing there."""
