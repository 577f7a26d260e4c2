# SPDX-License-Identifier: Apache-2.0
"""Why the optimum is where it is: by how much a thing not built is too dear, and what one more unit of a limit is worth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from twinergy.planning.optimise import COST, Goal, Optimum, Planner
from twinergy.planning.plan import Reason

if TYPE_CHECKING:
    from collections.abc import Iterator

    from twinergy.planning.draft import Choice
    from twinergy.planning.size import Size

AT_BOUND: Final = 1e-6
"""Distance from a bound within which a size stands at it. [unit of the size]"""
PROBE: Final = 1e-3
"""Size that is forced in to see what it costs. [unit of the size]"""
IN_KG: Final = 1e-3
"""Weight of a euro, in those of a kg, below which greenhouse gases are what a goal counts. [kg/EUR]"""


@dataclass(frozen=True, slots=True)
class Counted:
    """What the prices of an optimum count: its unit, how much of the goal one is, and how little is no reason."""

    unit: str
    scale: float
    worth_saying: float

    def said(self, worth: float) -> str:
        """Return an amount of a year, in words."""
        return f"{worth:,.2f} {self.unit}/a"


EURO: Final = Counted("EUR", 1.0, 1e-4)


def reasons(planner: Planner, optimum: Optimum | None = None, goal: Goal = COST) -> tuple[Reason, ...]:
    """Return why nothing else is better.

    Parameters
    ----------
    planner : Planner
        The problem.
    optimum : Optimum, optional
        Its answer; asked for where not given.
    goal : Goal
        What is least, for an answer that is not given.

    Returns
    -------
    tuple of Reason
        The dearest first; empty without a plan and with whole numbers, where there are no prices.

    Notes
    -----
    The price of a size at its bound is not unique where a thing has several sizes (a battery of no kWh and no kW), so it is not
    read from the optimum: a thousandth of a unit is forced in, and its price read there. The cost of a problem is convex in a
    size, so this is what the first unit would cost more than it saves.
    """
    optimum = planner.ask(goal) if optimum is None else optimum
    if not optimum.usable or len(planner.matrices.whole):
        return ()
    # a limit on a total is kept by its price, so nothing else has to be known of it
    planner.program.goal(planner.matrices.costs(optimum.priced.eur, optimum.priced.eur_per_kg))
    found = [*_sizes(planner, optimum), *_powers(optimum), *_totals(optimum)]
    return tuple(sorted(found, key=lambda reason: -reason.value))


def _counted(goal: Goal) -> Counted:
    if goal.eur >= IN_KG * goal.eur_per_kg:
        return EURO
    # euros decide only among equals there, by less than a hundredth of a kg
    return Counted("kg CO2e", goal.eur_per_kg, 1e-2)


def _sizes(planner: Planner, optimum: Optimum) -> Iterator[Reason]:
    counted = _counted(optimum.goal)
    for choice in optimum.matrices.choices:
        added, size, name = float(optimum.value(choice.variable)[0]), choice.size, f"{choice.block}.{choice.name}"
        if size.most - added <= AT_BOUND:
            worth = -_price_at(planner, choice, added + PROBE) / counted.scale
            what = f"{name} is at its limit of {size.existing + added:,.6g} {size.unit}; one more saves {counted.said(worth)}"
        elif added <= AT_BOUND:
            worth = _price_at(planner, choice, PROBE) / counted.scale
            what = f"{name} is not built; {_short(size, worth, counted)}"
        elif added - size.least <= AT_BOUND:
            worth = _price_at(planner, choice, size.least - PROBE) / counted.scale
            what = f"at least {size.least:,.6g} {size.unit} of {name} are asked for; one less saves {counted.said(worth)}"
        else:
            continue
        if worth > counted.worth_saying:
            yield Reason(what=what, block=choice.block, value=worth, unit=f"{counted.unit}/{size.unit}/a")


def _short(size: Size, worth: float, counted: Counted) -> str:
    """Return what keeps a size from being built, without a minus before what is rounded to nothing."""
    if counted is not EURO:
        return f"one {size.unit} of it would make {counted.said(worth)} more"
    target = round(size.annual_eur - worth, 2) + 0.0
    per_unit = f"EUR/{size.unit}/a"
    return f"it would be if it cost {worth:,.2f} {per_unit} less, from {size.annual_eur:,.2f} to {target:,.2f} {per_unit}"


def _price_at(planner: Planner, choice: Choice, added: float) -> float:
    """Return what a size costs more of the goal than it saves where so much of it is added; 0 where nothing can be said."""
    column = planner.matrices.columns[choice.variable]
    value = np.array([added])
    planner.program.bound(column, value, value)
    answer = planner.program.solve()
    planner.program.restore(column)
    return float(answer.reduced[column[0]]) if answer.usable else 0.0


def _powers(optimum: Optimum) -> Iterator[Reason]:
    """Yield what one more kW is worth where the same limit holds in every step, as that of feeding in."""
    matrices, counted = optimum.matrices, _counted(optimum.goal)
    owner = {term.variable: term.block for term in matrices.terms}
    for variable, columns in matrices.columns.items():
        most = matrices.upper[columns]
        if len(columns) == 1 or not np.isfinite(most[0]) or np.ptp(most) != 0.0:
            continue
        worth = -float(np.minimum(optimum.answer.reduced[columns], 0.0).sum()) / counted.scale
        hours = float(matrices.horizon.hours[optimum.value(variable) >= most - AT_BOUND].sum())
        if worth > counted.worth_saying:
            block, name = owner.get(variable, variable.rpartition(".")[0]), variable.rpartition(".")[2]
            what = f"{block}: {name} is at its limit of {most[0]:,.6g} in {hours:,.0f} h; one more saves {counted.said(worth)}"
            yield Reason(what=what, block=block, value=worth, unit=f"{counted.unit}/unit/a")


def _totals(optimum: Optimum) -> Iterator[Reason]:
    price = optimum.prices.get("co2", 0.0)
    if price > 0.0:
        limit = optimum.goal.most_co2_kg / 1000.0
        what = f"greenhouse gases are at their limit of {limit:,.6g} t/a; one more tonne saves {1000.0 * price:,.2f} EUR"
        yield Reason(what=what, block="", value=1000.0 * price, unit="EUR/t")
    price = optimum.prices.get("eur", 0.0)
    if price > 0.0:
        what = f"cost is at its limit of {optimum.goal.most_eur:,.6g} EUR/a; one more euro saves {price:,.4g} of the goal"
        yield Reason(what=what, block="", value=price, unit="1/EUR")


__all__ = ["reasons"]
