# SPDX-License-Identifier: Apache-2.0
"""Why the optimum is where it is: by how much a thing not built is too dear, and what one more unit of a limit is worth."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from twinergy.planning.optimise import COST, Goal, Optimum, Planner
from twinergy.planning.plan import Reason

if TYPE_CHECKING:
    from collections.abc import Iterator

    from twinergy.planning.draft import Choice

AT_BOUND: Final = 1e-6
"""Distance from a bound within which a size stands at it. [unit of the size]"""
PROBE: Final = 1e-3
"""Size that is forced in to see what it costs. [unit of the size]"""
WORTH_SAYING: Final = 1e-4
"""Less than this is no reason. [EUR/unit/a]"""


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


def _sizes(planner: Planner, optimum: Optimum) -> Iterator[Reason]:
    for choice in optimum.matrices.choices:
        added, size, name = float(optimum.value(choice.variable)[0]), choice.size, f"{choice.block}.{choice.name}"
        if size.most - added <= AT_BOUND:
            worth = -_price_at(planner, choice, added + PROBE)
            if worth > WORTH_SAYING:
                what = f"{name} is at its limit of {size.existing + added:,.6g} {size.unit}; one more saves {worth:,.2f} EUR/a"
                yield Reason(what=what, block=choice.block, value=worth, unit=f"EUR/{size.unit}/a")
        elif added <= AT_BOUND:
            short = _price_at(planner, choice, PROBE)
            if short > WORTH_SAYING:
                now = f"from {size.annual_eur:,.2f} to {size.annual_eur - short:,.2f} EUR/{size.unit}/a"
                what = f"{name} is not built; it would be if it cost {short:,.2f} EUR/{size.unit}/a less, {now}"
                yield Reason(what=what, block=choice.block, value=short, unit=f"EUR/{size.unit}/a")
        elif added - size.least <= AT_BOUND:
            worth = _price_at(planner, choice, size.least - PROBE)
            if worth > WORTH_SAYING:
                what = f"at least {size.least:,.6g} {size.unit} of {name} are asked for; one less saves {worth:,.2f} EUR/a"
                yield Reason(what=what, block=choice.block, value=worth, unit=f"EUR/{size.unit}/a")


def _price_at(planner: Planner, choice: Choice, added: float) -> float:
    """Return what a size costs more than it saves where so much of it is added [EUR/unit/a]; 0 where nothing can be said."""
    column = planner.matrices.columns[choice.variable]
    value = np.array([added])
    planner.program.bound(column, value, value)
    answer = planner.program.solve()
    planner.program.restore(column)
    return float(answer.reduced[column[0]]) if answer.usable else 0.0


def _powers(optimum: Optimum) -> Iterator[Reason]:
    """Yield what one more kW is worth where the same limit holds in every step, as that of feeding in."""
    matrices = optimum.matrices
    owner = {term.variable: term.block for term in matrices.terms}
    for variable, columns in matrices.columns.items():
        most = matrices.upper[columns]
        if len(columns) == 1 or not np.isfinite(most[0]) or np.ptp(most) != 0.0:
            continue
        worth = -float(np.minimum(optimum.answer.reduced[columns], 0.0).sum())
        hours = float(matrices.horizon.hours[optimum.value(variable) >= most - AT_BOUND].sum())
        if worth > WORTH_SAYING:
            block, name = owner.get(variable, variable.rpartition(".")[0]), variable.rpartition(".")[2]
            what = f"{block}: {name} is at its limit of {most[0]:,.6g} in {hours:,.0f} h; one more saves {worth:,.2f} EUR/a"
            yield Reason(what=what, block=block, value=worth, unit="EUR/unit/a")


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
