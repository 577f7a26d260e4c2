# SPDX-License-Identifier: Apache-2.0
"""A year run with sizes that were planned with less: what it costs then, and what is missing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from twinergy.planning.elastic import stretched
from twinergy.planning.optimise import COST, Goal, Planner
from twinergy.planning.solving import Program, Status

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from twinergy.kinds import FloatArray
    from twinergy.planning.draft import Block
    from twinergy.planning.horizon import Horizon
    from twinergy.planning.optimise import Optimum
    from twinergy.planning.program import Matrices

DEARER_THAN_ALL: Final = 10.0
"""Price of a missing kWh, so that nothing that can be had is left out. *Assumption.* [EUR/kWh]"""
NOTICED: Final = 1e-6
"""Energy below which nothing is missing. [kWh]"""


@dataclass(frozen=True)
class PeriodError:
    """What a plan made with less than a year turns out to be.

    Attributes
    ----------
    planned_eur : float
        What the plan said. [EUR/a]
    eur : float
        What the year costs with its sizes, without what is missing. [EUR/a]
    best_eur : float
        What the best plan for the whole year costs; NaN where it was not asked for. [EUR/a]
    unmet_kwh : dict of str to float
        Demand that is not met in the year, by ``node carrier``; empty where all is. [kWh]
    """

    planned_eur: float
    eur: float
    best_eur: float
    unmet_kwh: Mapping[str, float]

    @property
    def cost_error(self) -> float:
        """How much less the plan said than it costs, relative. [-]."""
        return (self.eur - self.planned_eur) / abs(self.eur)

    @property
    def regret(self) -> float:
        """How much more it costs than the best plan for the year, relative; NaN where that is not known. [-]."""
        return (self.eur - self.best_eur) / abs(self.best_eur)

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {**vars(self), "cost_error": self.cost_error, "regret": self.regret}


def error_of(
    planned: Optimum, blocks: Sequence[Block], year: Horizon, goal: Goal = COST, *, compare: bool = False
) -> PeriodError:
    """Run the year with the sizes of a plan that was made with fewer periods.

    Parameters
    ----------
    planned : Optimum
        The plan.
    blocks : sequence of Block
        What it was made of.
    year : Horizon
        All steps.
    goal : Goal
        What is least; its limits on totals hold for the plan to compare with only.
    compare : bool
        Whether to look for the best plan of the year as well.
    """
    planner = Planner(blocks, year)
    optimum = planner.ask(goal) if compare else None
    best_eur = optimum.eur if optimum is not None and optimum.usable else float("nan")
    eur, unmet = _run(planner.matrices, planned, goal)
    return PeriodError(planned.eur, eur, best_eur, unmet)


def _run(matrices: Matrices, planned: Optimum, goal: Goal) -> tuple[float, dict[str, float]]:
    choices = matrices.choices
    columns = np.array([int(matrices.columns[choice.variable][0]) for choice in choices], dtype=np.int64)
    sizes = np.array([float(planned.value(choice.variable)[0]) for choice in choices])
    program = Program(matrices)
    program.goal(matrices.costs(goal.eur, goal.eur_per_kg))
    program.bound(columns, sizes, sizes)
    answer = program.solve()
    if answer.usable:
        return float(matrices.costs() @ answer.values), {}
    return _with_missing(_sized(matrices, columns, sizes), goal)


def _sized(matrices: Matrices, columns: Any, sizes: FloatArray) -> Matrices:
    lower, upper = matrices.lower.copy(), matrices.upper.copy()
    lower[columns] = upper[columns] = sizes
    return replace(matrices, lower=lower, upper=upper)


def _with_missing(matrices: Matrices, goal: Goal) -> tuple[float, dict[str, float]]:
    """Return cost and unmet demand where not all can be met: sizes stay, demands may be missed at a price above all others."""
    roomy, limits = stretched(matrices, Goal())
    hours = matrices.horizon.hours
    costs = np.concatenate([matrices.costs(goal.eur, goal.eur_per_kg), np.zeros(roomy.n_columns - matrices.n_columns)])
    demands = [limit for limit in limits if limit.kind == "demand"]
    upper = roomy.upper.copy()
    upper[matrices.n_columns :] = 0.0
    for limit in demands:
        upper[limit.columns] = np.inf
        costs[limit.columns] = DEARER_THAN_ALL * hours
    program = Program(replace(roomy, upper=upper))
    program.goal(costs)
    answer = program.solve()
    if answer.status is not Status.OPTIMAL:
        return float("nan"), {}
    unmet = {f"{limit.block} {limit.name}": float(answer.values[limit.columns] @ hours) for limit in demands}
    eur = float(matrices.costs() @ answer.values[: matrices.n_columns])
    return eur, {place: energy for place, energy in unmet.items() if energy > NOTICED}


__all__ = ["PeriodError", "error_of"]
