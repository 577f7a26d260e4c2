# SPDX-License-Identifier: Apache-2.0
"""From the catalogue to what a block needs: sizes with their cost of a year, and what has to be paid at once."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from twinergy.planning.catalogue_terms import ONCE, SIZES, SizeNumbers
from twinergy.planning.economics import Purchase
from twinergy.planning.size import Size

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twinergy.planning.catalogue_technology import Technology
    from twinergy.planning.request import Financing

PERCENT: Final = 100.0


@dataclass(frozen=True, slots=True)
class Priced:
    """A technology at its price.

    Attributes
    ----------
    technology : str
        Name in the catalogue.
    sizes : dict of str to Size
        By their names, the one that limits are told for first.
    """

    technology: str
    sizes: dict[str, Size]

    def invest_eur(self, added: Mapping[str, float]) -> float:
        """Return what has to be paid at once for what is added, subsidy taken off. [EUR].

        Parameters
        ----------
        added : dict of str to float
            By size; sizes left out count 0. [unit]
        """
        eur = sum(self.sizes[name].invest_eur * value for name, value in added.items())
        return eur + self._once(added, "once_invest_eur")

    def annual_eur(self, added: Mapping[str, float]) -> float:
        """Return annuity and fixed operation of what is added, as `invest_eur`. [EUR/a]."""
        eur = sum(self.sizes[name].annual_eur * value for name, value in added.items())
        return eur + self._once(added, "once_annual_eur")

    def _once(self, added: Mapping[str, float], cost: str) -> float:
        built = any(value > 0.0 for value in added.values())
        return sum(float(getattr(size, cost)) for size in self.sizes.values()) if built else 0.0


def priced(
    technology: Technology,
    finance: Financing,
    *,
    existing: Mapping[str, float] | float = 0.0,
    least: Mapping[str, float] | float = 0.0,
    most: Mapping[str, float] | float = math.inf,
) -> Priced:
    """Return a technology at its price.

    Parameters
    ----------
    technology : Technology
        Of the catalogue, with the year and the overrides that it carries: see `Technology.asked` and `Technology.but`.
    finance : Financing
        Rate, horizon, subsidies (by name of the technology, or else by its sort).
    existing, least, most : dict of str to float, or float
        By size; a single number is that of the first size, the others then are 0, 0 and without limit. [unit]

    Returns
    -------
    Priced
        Sizes by name and what they cost.
    """
    numbers = technology.numbers()
    subsidy = finance.subsidies.get(technology.name, finance.subsidies.get(technology.entry.sort, 0.0))
    main = technology.sort.sizes[0]
    sizes = {}
    for name in technology.sort.sizes:
        once_eur = numbers.get(ONCE, 0.0) if name == main else 0.0
        cost = _cost(SizeNumbers.of(name), numbers, finance, subsidy, once_eur)
        bounds = {
            "existing": _of(existing, name, main, 0.0),
            "least": _of(least, name, main, 0.0),
            "most": _of(most, name, main, math.inf),
        }
        sizes[name] = Size(unit=SIZES[name], **bounds, **cost)
    return Priced(technology.name, sizes)


def _of(given: Mapping[str, float] | float, name: str, main: str, otherwise: float) -> float:
    if isinstance(given, int | float):
        return float(given) if name == main else otherwise
    return given.get(name, otherwise)


def _cost(
    names: SizeNumbers, numbers: Mapping[str, float], finance: Financing, subsidy: float, once_eur: float
) -> dict[str, float]:
    """Return what a unit of a size costs, and what any of it costs, as fields of `Size`."""
    unit_eur, lifetime_years = numbers[names.eur], numbers[names.lifetime]
    fixed = numbers.get(names.fixed, 0.0) / PERCENT
    rate, horizon = finance.discount_rate, finance.horizon_years

    def annual(eur: float) -> float:
        purchase = Purchase(invest_eur=eur, lifetime_years=lifetime_years, fixed_eur_per_year=eur * fixed, subsidy=subsidy)
        return purchase.annual_eur(rate, horizon)

    return {
        "step": numbers.get(names.step, 0.0),
        "annual_eur": annual(unit_eur),
        "once_annual_eur": annual(once_eur),
        "embodied_kg": numbers.get(names.embodied, 0.0) / lifetime_years,
        "invest_eur": unit_eur * (1.0 - subsidy),
        "once_invest_eur": once_eur * (1.0 - subsidy),
    }
