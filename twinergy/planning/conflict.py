# SPDX-License-Identifier: Apache-2.0
"""Why there is no plan: the smallest sets of limits that cannot hold together, how far each is missed, and what to do.

The problem is solved with room beside every limit that people set. Limits without a price in that solve have no part in the
conflict (Farkas); of the others one after the other is let go, and kept only if the rest would agree without it (deletion
filter [1]_). Members are whole limits, not single hours: nobody mends an hour. HiGHS's irreducible subsystem is one of rows.

References
----------
.. [1] Chinneck, "Feasibility and Infeasibility in Optimization", Springer 2008, chapter 6: deletion and elastic filter.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from twinergy.planning.clash import Clash, Conflict, Member, as_dict
from twinergy.planning.elastic import stretched
from twinergy.planning.optimise import COST, Goal, Planner, Status
from twinergy.planning.program import INFINITY
from twinergy.planning.solving import Program
from twinergy.planning.unbounded import runaways

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from twinergy.kinds import FloatArray
    from twinergy.planning.elastic import Limit
    from twinergy.planning.program import Matrices
    from twinergy.planning.solving import Answer

AGREE_WITHIN: Final = 1e-6
"""Sum of scaled misses below which limits agree; the solver's own tolerance is 1e-7 a row. [-]"""
NOTICED: Final = 1e-6
"""Miss of a step that counts as one. [unit of the limit]"""


def explain(planner: Planner, goal: Goal = COST) -> Conflict:
    """Return why a planner has no optimum for a goal.

    Parameters
    ----------
    planner : Planner
        The problem; it is not changed.
    goal : Goal
        What was asked, with its limits on totals.
    """
    begin = time.perf_counter()
    matrices, limits = stretched(planner.matrices, goal, [block.id for block in planner.blocks])
    clashes: list[Clash] = []
    relaxed = replace(matrices, whole=np.zeros(0, dtype=np.int64))
    for problem in (relaxed, matrices) if len(matrices.whole) else (relaxed,):
        clashes = _Filter(problem, limits, planner.time_limit_s).clashes()
        if clashes:
            return Conflict(Status.INFEASIBLE, tuple(clashes), (), time.perf_counter() - begin)
    growing = runaways(planner.matrices, goal)
    status = Status.UNBOUNDED if growing else Status.OPTIMAL
    return Conflict(status, (), growing, time.perf_counter() - begin)


class _Filter:
    """Finds conflicts among limits by solving for the least sum of misses."""

    def __init__(self, matrices: Matrices, limits: Sequence[Limit], time_limit_s: float) -> None:
        self.matrices, self.limits = matrices, limits
        self.program = Program(matrices, time_limit_s)
        self.begun = False

    def clashes(self) -> list[Clash]:
        """Return a conflict, then those that remain when what the best compromise misses of it is let go, and so on."""
        everything = list(self.limits)
        compromise = self._misses(everything)
        if not compromise.usable:
            return [Clash(())]
        broken = {id(limit) for limit in everything if _missed(limit, compromise.values) > AGREE_WITHIN}
        sets, free = [], set[int]()
        while True:
            held = [limit for limit in everything if id(limit) not in free]
            answer = self._misses(held)
            if not answer.usable or answer.objective <= AGREE_WITHIN:
                break
            members = self._smallest(self._suspects(held, answer))
            sets.append(members)
            free |= {id(limit) for limit in members if id(limit) in broken} or {id(limit) for limit in members}
        return [Clash(tuple(self._alone(limit, members, free) for limit in members)) for members in sets]

    def _misses(self, counted: Iterable[Limit], *, moved: bool = False) -> Answer:
        """Solve for the least sum of misses of some limits; all others do not count. Say whether bounds were moved before."""
        costs = np.zeros(self.matrices.n_columns)
        for limit in counted:
            costs[limit.columns] = limit.weight
        self.program.goal(costs)
        begun, self.begun = self.begun, True
        return self.program.solve(primal=begun and not moved)

    def _suspects(self, held: Sequence[Limit], answer: Answer) -> list[Limit]:
        """Return the limits with a price; without prices (whole numbers) all."""
        if not np.isfinite(answer.reduced).all():
            return list(held)
        prices = [float(np.max(limit.weight - answer.reduced[limit.columns])) for limit in held]
        return [limit for limit, price in zip(held, prices, strict=True) if price > limit.weight * AGREE_WITHIN]

    def _smallest(self, suspects: list[Limit]) -> list[Limit]:
        members = list(suspects)
        for limit in suspects:
            rest = [other for other in members if other is not limit]
            answer = self._misses(rest)
            if not answer.usable or answer.objective > AGREE_WITHIN:
                members = rest
        return members

    def _alone(self, limit: Limit, members: Sequence[Limit], free: set[int]) -> Member:
        """Return by how much a limit is missed when all others are kept, or at least those of its conflict."""
        others = [other for other in self.limits if other is not limit]
        for kept in (
            [other for other in others if id(other) not in free or other in members],
            [o for o in members if o is not limit],
        ):
            columns = np.concatenate([np.zeros(0, dtype=np.int64), *(other.columns for other in kept)])
            self.program.bound(columns, np.zeros(len(columns)), np.zeros(len(columns)))
            answer = self._misses([limit], moved=True)
            self.program.bound(columns, np.zeros(len(columns)), np.full(len(columns), INFINITY))
            if answer.usable:
                return self._member(limit, answer.values[limit.columns])
        return Member(limit=limit, missed=float("nan"))

    def _member(self, limit: Limit, missed: FloatArray) -> Member:
        worst = float(missed.max())
        if not limit.by_step or len(missed) != self.matrices.horizon.n_steps:
            return Member(limit=limit, missed=worst)
        hours = self.matrices.horizon.hours
        return Member(limit=limit, missed=worst, hours=float(hours[missed > NOTICED].sum()), energy_kwh=float(missed @ hours))


def _missed(limit: Limit, values: FloatArray) -> float:
    return float(np.sum(values[limit.columns])) * limit.weight


__all__ = ["Clash", "Conflict", "Member", "as_dict", "explain"]
