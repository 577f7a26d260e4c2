# SPDX-License-Identifier: Apache-2.0
"""Other plans that cost hardly more: how much of each thing there may or must be, and a few plans as different as possible.

Modelling to generate alternatives [1]_: within some percent of the least cost, what is least and most of each size? A planner who
dislikes the optimum sees what may be changed without paying for it, and what may not.

References
----------
.. [1] DeCarolis, "Using modeling to generate alternatives (MGA) to expand our thinking on energy futures", Energy Economics 33
   (2011) 145, doi:10.1016/j.eneco.2010.05.002.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from twinergy.errors import ModelError
from twinergy.planning.optimise import COST, Goal, Optimum, Planner
from twinergy.planning.program import INFINITY
from twinergy.randomness import device_generator

if TYPE_CHECKING:
    from collections.abc import Sequence

    from twinergy.kinds import FloatArray
    from twinergy.planning.program import IntArray

SLACK: Final = 0.05
"""Part of the least cost that an alternative may cost more, where nothing else is asked. *Assumption.* [-]"""
TIE: Final = 1e-6
"""Weight of the cost beside the size that is sought, so that of equal sizes the cheaper plan is found. [-]"""
DIRECTIONS: Final = 4
"""Random mixtures of sizes that are sought for each plan that is asked for."""


@dataclass(frozen=True)
class Group:
    """Sizes that count together.

    Attributes
    ----------
    name : str
        ``battery.capacity_kwh`` for all of a kind, or ``block.size`` for one.
    unit : str
        Of the sum.
    columns : ndarray of int64
        Columns of the sizes.
    """

    name: str
    unit: str
    columns: IntArray


@dataclass(frozen=True)
class Range:
    """Least, best and most of a group of sizes among plans that cost hardly more; NaN where the solver did not finish. [unit]."""

    name: str
    unit: str
    least: float
    best: float
    most: float


@dataclass(frozen=True)
class Alternative:
    """A plan that costs hardly more than the best.

    Attributes
    ----------
    sought : str
        What it was found for: ``least battery.capacity_kwh``, ``best``.
    eur, co2_kg : float
        Cost and greenhouse gases of a year. [EUR/a], [kg CO2e/a]
    sizes : dict of str to float
        What is added, by ``block.size``. [unit of the size]
    groups : dict of str to float
        The same, by group.
    """

    sought: str
    eur: float
    co2_kg: float
    sizes: dict[str, float]
    groups: dict[str, float]


@dataclass(frozen=True)
class Alternatives:
    """What else could be built.

    Attributes
    ----------
    slack : float
        Part of the least cost by which a plan may be dearer. [-]
    ranges : tuple of Range
        By group.
    plans : tuple of Alternative
        The best one first, then each as far as possible from those before.
    """

    slack: float
    ranges: tuple[Range, ...]
    plans: tuple[Alternative, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return them as plain data."""
        return {"slack": self.slack, "ranges": [vars(one) for one in self.ranges], "plans": [vars(one) for one in self.plans]}


def alternatives(
    planner: Planner, *, slack: float = SLACK, count: int = 4, goal: Goal = COST, by_kind: bool = True, seed: int = 0
) -> Alternatives:
    """Return ranges of sizes and different plans within some part of the least cost.

    Parameters
    ----------
    planner : Planner
        The problem. Two solves a group with a limit on cost: a few weeks or typical periods answer at once, a year takes minutes.
    slack : float
        Part of the least cost that may be paid more, above 0. [-]
    count : int
        Plans to return, the best one included; fewer where there are not so many.
    goal : Goal
        What is least in the best plan; its limits hold for all.
    by_kind : bool
        Whether sizes of all blocks of a kind count together, or each on its own.
    seed : int
        Of the random mixtures that are sought beside the ends of the ranges.

    Raises
    ------
    ValueError
        If `slack` is not above 0.
    ModelError
        If there is no plan to vary.
    """
    if not slack > 0.0:
        message = f"alternatives need a cost they may have above the least: give a slack above 0, got {slack}"
        raise ValueError(message)
    best = planner.ask(goal)
    if not best.usable:
        message = "there is no plan to vary; twinergy.planning.conflict.explain says which limits are in conflict"
        raise ModelError(message)
    search = _Search(planner, best, _groups(planner, by_kind=by_kind), slack)
    try:
        return search.result(count, seed)
    finally:
        search.end()


class _Search:
    """A planner with a limit on its cost, asked for sizes."""

    def __init__(self, planner: Planner, best: Optimum, groups: Sequence[Group], slack: float) -> None:
        self.planner, self.groups, self.slack = planner, groups, slack
        self.costs = planner.matrices.costs(best.goal.eur, best.goal.eur_per_kg)
        least = float(self.costs @ best.answer.values)
        self.rows = [planner.program.limit(self.costs, most=least + slack * abs(least))]
        for name, most in best.goal.limits.items():
            total = planner.matrices.costs(0.0, 1.0) if name == "co2" else planner.matrices.costs()
            self.rows.append(planner.program.limit(total, most=most))
        self.plans = [self._alternative("best", best)]

    def result(self, count: int, seed: int) -> Alternatives:
        ranges = tuple(self._range(group) for group in self.groups)
        spans = np.nan_to_num([one.most - one.least for one in ranges])
        worth = np.divide(1.0, spans, out=np.zeros(len(spans)), where=spans > TIE)
        for number in range(DIRECTIONS * (count - 1) if worth.any() else 0):
            signs = device_generator(seed, f"alternative-{number}", "direction").choice([-1.0, 0.0, 1.0], len(self.groups))
            words = {1.0: "less", -1.0: "more"}
            sought = [f"{words[sign]} {group.name}" for sign, group in zip(signs, self.groups, strict=True) if sign]
            self._seek(", ".join(sought), signs * worth)
        return Alternatives(self.slack, ranges, tuple(self._different(count, worth)))

    def end(self) -> None:
        """Let the limits go and seek the goal again."""
        for row in self.rows:
            self.planner.program.move(row, most=INFINITY)
        self.planner.program.goal(self.costs)

    def _range(self, group: Group) -> Range:
        own = np.array([float(other is group) for other in self.groups])
        best = self.plans[0].groups[group.name]
        least, most = self._seek(f"least {group.name}", own), self._seek(f"most {group.name}", -own)
        ends = [float("nan") if plan is None else plan.groups[group.name] for plan in (least, most)]
        return Range(group.name, group.unit, ends[0], best, ends[1])

    def _seek(self, sought: str, weights: FloatArray) -> Alternative | None:
        """Find the plan with the least weighted sum of groups; None where the solver did not finish."""
        costs = TIE * self.costs / np.abs(self.costs).max(initial=1.0)
        for weight, group in zip(weights, self.groups, strict=True):
            costs[group.columns] += weight
        self.planner.program.goal(costs)
        answer = self.planner.program.solve(primal=True)
        if not answer.usable:
            return None
        self.plans.append(self._alternative(sought, Optimum(self.planner.matrices, answer, Goal(), {})))
        return self.plans[-1]

    def _alternative(self, sought: str, optimum: Optimum) -> Alternative:
        sizes = {f"{block}.{name}": size for (block, name), size in optimum.sizes().items()}
        sums = {group.name: float(optimum.answer.values[group.columns].sum()) for group in self.groups}
        return Alternative(sought, optimum.eur, optimum.co2_kg, sizes, sums)

    def _different(self, count: int, worth: FloatArray) -> list[Alternative]:
        """Return the best plan, then always the one farthest from those chosen; differences count by the span of each group."""
        places = np.array([[plan.groups[group.name] for group in self.groups] for plan in self.plans]) * worth
        chosen, distance = [0], np.full(len(places), np.inf)
        while len(chosen) < count:
            distance = np.minimum(distance, np.abs(places - places[chosen[-1]]).sum(axis=1))
            farthest = int(distance.argmax())
            if distance[farthest] <= TIE:
                break
            chosen.append(farthest)
        return [self.plans[number] for number in chosen]


def _groups(planner: Planner, *, by_kind: bool) -> list[Group]:
    kinds = {block.id: block.kind for block in planner.blocks}
    found: dict[str, tuple[str, list[int]]] = {}
    for choice in planner.matrices.choices:
        column = int(planner.matrices.columns[choice.variable][0])
        if planner.matrices.upper[column] <= planner.matrices.lower[column]:
            continue
        owner = kinds.get(choice.block, choice.block) if by_kind else choice.block
        found.setdefault(f"{owner}.{choice.name}", (choice.size.unit, []))[1].append(column)
    return [Group(name, unit, np.array(columns)) for name, (unit, columns) in found.items()]


__all__ = ["Alternative", "Alternatives", "Group", "Range", "alternatives"]
