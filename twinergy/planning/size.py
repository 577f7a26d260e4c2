# SPDX-License-Identifier: Apache-2.0
"""How big something may be built, and what a unit of it costs in a year."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from twinergy.errors import Finding
from twinergy.planning.blocks.allowed import Allowed

PACKS_WITHIN: Final = 1e-9
"""How far a bound may be from a whole number of packs and still be one. [-]"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """What a planner may choose of one thing.

    The block that a size belongs to checks it and says whose it is, see `findings`.

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
    invest_eur : float
        What one more unit costs at once; counts for a `Budget` only, `annual_eur` is what is least. [EUR/unit]
    once_invest_eur : float
        What anything at all costs at once. [EUR]
    """

    unit: str
    existing: float = 0.0
    least: float = 0.0
    most: float = math.inf
    step: float = 0.0
    annual_eur: float = 0.0
    once_annual_eur: float = 0.0
    embodied_kg: float = 0.0
    invest_eur: float = 0.0
    once_invest_eur: float = 0.0

    def findings(self, path: str) -> list[Finding]:
        """Return what is wrong with it.

        Parameters
        ----------
        path : str
            Block and field it is in, for the message.
        """
        per_unit = f"EUR per {self.unit}"
        units = dict.fromkeys(("existing", "least", "step"), self.unit) | {
            "annual_eur": f"{per_unit} and year",
            "once_annual_eur": "EUR/a",
            "embodied_kg": f"kg CO2e per {self.unit} and year",
            "invest_eur": per_unit,
            "once_invest_eur": "EUR",
        }
        found: list[Finding] = []
        for name, unit in units.items():
            found += Allowed(0.0, unit=unit).findings(f"{path}.{name}", getattr(self, name))
        if math.isnan(self.most):
            found.append(
                Finding(message="is not a number", path=f"{path}.most", value=self.most, allowed=f"at least 0 {self.unit}")
            )
        return found or self._contradictions(path)

    @property
    def once(self) -> bool:
        """Whether something is paid once."""
        return bool(self.once_annual_eur or self.once_invest_eur)

    @property
    def most_packs(self) -> int | None:
        """Greatest number of packs that may be added, None without a limit."""
        return math.floor(self.most / self.step * (1.0 + PACKS_WITHIN)) if math.isfinite(self.most) else None

    @property
    def whole_numbers(self) -> bool:
        """Whether the choice is not continuous."""
        return bool(self.step) or self.once

    def _contradictions(self, path: str) -> list[Finding]:
        found = []
        if self.most < self.least:
            allowed = f"at least its least, {self.least:g} {self.unit}"
            found.append(Finding(message="is below the least", path=f"{path}.most", value=self.most, allowed=allowed))
        elif self.step and self.most_packs is not None and self.most_packs * self.step < self.least * (1.0 - PACKS_WITHIN):
            sold = f"a whole number of them between {self.least:g} and {self.most:g} {self.unit}"
            found.append(
                Finding(
                    message="no number of packs fits between least and most", path=f"{path}.step", value=self.step, allowed=sold
                )
            )
        if self.once and not math.isfinite(self.most):
            allowed = f"a greatest size in {self.unit}, because something is paid once"
            found.append(Finding(message="must be finite", path=f"{path}.most", value=self.most, allowed=allowed))
        return found


FIXED = Size(unit="kW", most=0.0)
"""Nothing to choose and nothing there."""
