# SPDX-License-Identifier: Apache-2.0
"""From blocks to an optimum: draft, matrices, a start from a few weeks, the year."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np

from twinergy.planning.draft import Draft
from twinergy.planning.horizon import HOURS_PER_WEEK, Horizon
from twinergy.planning.program import Matrices, compiled
from twinergy.planning.solving import INFINITY, Answer, Program, Status

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from twinergy.kinds import FloatArray
    from twinergy.planning.draft import Block

START_WEEKS: Final = 8
"""Weeks that say roughly how big things are; measured best of 4, 8 and 13 on the reference problem."""
WORTH_A_START_H: Final = 4 * START_WEEKS * HOURS_PER_WEEK
"""Shorter horizons are solved at once. [h]"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """What is least.

    Attributes
    ----------
    eur : float
        Weight of a euro. [-]
    eur_per_kg : float
        Weight of a kg of greenhouse gases. [EUR/kg CO2e]
    most_co2_kg : float
        Limit on greenhouse gases of a year. [kg CO2e/a]
    most_eur : float
        Limit on the cost of a year. [EUR/a]
    """

    eur: float = 1.0
    eur_per_kg: float = 0.0
    most_co2_kg: float = INFINITY
    most_eur: float = INFINITY


COST: Final = Goal()
CO2: Final = Goal(eur=1e-6, eur_per_kg=1.0)
"""Least greenhouse gases; among equals the cheapest."""


@dataclass(frozen=True)
class Optimum:
    """An answer and what it means.

    Attributes
    ----------
    matrices : Matrices
        The problem.
    answer : Answer
        The solver's answer.
    goal : Goal
        What was least.
    prices : dict of str to float
        What one more unit of the limit on ``co2`` or ``eur`` would save of the objective; 0 where it does not bind.
    """

    matrices: Matrices
    answer: Answer
    goal: Goal
    prices: Mapping[str, float]

    @property
    def priced(self) -> Goal:
        """The goal with every limit on a total replaced by its price."""
        goal = self.goal
        eur, eur_per_kg = goal.eur + self.prices.get("eur", 0.0), goal.eur_per_kg + self.prices.get("co2", 0.0)
        return Goal(eur=eur, eur_per_kg=eur_per_kg)

    @property
    def usable(self) -> bool:
        """Whether there is a plan."""
        return self.answer.usable

    def value(self, variable: str) -> FloatArray:
        """Return a variable's values, shape (n_steps,) or (1,)."""
        return self.answer.values[self.matrices.columns[variable]]

    def sizes(self) -> dict[tuple[str, str], float]:
        """Return what is added, by block and name of the size. [unit of the size]."""
        return {(choice.block, choice.name): float(self.value(choice.variable)[0]) for choice in self.matrices.choices}

    def totals(self) -> dict[tuple[str, str], tuple[float, float]]:
        """Return what is paid and emitted in a year, by block and purpose. [EUR/a], [kg CO2e/a]."""
        found: dict[tuple[str, str], tuple[float, float]] = {}
        for term in self.matrices.terms:
            values = self.value(term.variable)
            eur, co2_kg = found.get((term.block, term.purpose), (0.0, 0.0))
            place = (term.block, term.purpose)
            found[place] = (eur + float(np.sum(term.eur * values)), co2_kg + float(np.sum(term.co2_kg * values)))
        return found

    @property
    def eur(self) -> float:
        """Cost of a year. [EUR/a]."""
        return sum(eur for eur, _ in self.totals().values())

    @property
    def co2_kg(self) -> float:
        """Greenhouse gases of a year. [kg CO2e/a]."""
        return sum(co2_kg for _, co2_kg in self.totals().values())


@dataclass
class Planner:
    """Blocks over a horizon, compiled once and asked as often as one likes; every answer starts from the one before.

    Parameters
    ----------
    blocks : sequence of Block
        What the plan is made of.
    horizon : Horizon
        Steps.
    time_limit_s : float
        Wall time of one solve. [s]
    gap : float
        Relative gap that is good enough with whole numbers. [-]
    """

    blocks: Sequence[Block]
    horizon: Horizon
    time_limit_s: float = 600.0
    gap: float = 1e-4
    seconds: dict[str, float] = field(default_factory=dict)
    matrices: Matrices = field(init=False)
    program: Program = field(init=False)

    def __post_init__(self) -> None:
        begin = time.perf_counter()
        draft = Draft.of(self.blocks, self.horizon)
        self.seconds["draft"] = time.perf_counter() - begin
        self._weeks = draft.weeks(START_WEEKS) if self._worth_a_start(draft) else None
        begin = time.perf_counter()
        self.matrices = compiled(draft)
        self.seconds["compile"] = time.perf_counter() - begin
        self.program = Program(self.matrices, self.time_limit_s, self.gap)
        self._limits: dict[str, int] = {}
        self._most: dict[str, float] = {}

    @cached_property
    def weeks(self) -> Planner | None:
        """The same blocks over a few weeks; None where the horizon is short or sizes come in whole numbers."""
        return Planner(self.blocks, self._weeks) if self._weeks is not None else None

    def ask(self, goal: Goal = COST) -> Optimum:
        """Return the optimum for a goal.

        The status is in the answer: a plan that cannot be is a value here, `twinergy.planning.conflict` says why.

        Notes
        -----
        A limit on a total makes the simplex method wander. It is first paid for at the price that a few weeks ask for it, and then
        set: the optimum of the one is close to that of the other.
        """
        if self.weeks is None:
            return self._optimum(self._solve(goal), goal)
        begin = time.perf_counter()
        rough = self.weeks.ask(goal)
        self.seconds["weeks"] = time.perf_counter() - begin
        if not rough.usable:
            return self._optimum(self._solve(goal), goal)
        priced = rough.priced
        self._aim(priced)
        answer = self.program.from_sizes(
            {choice.variable: float(rough.value(choice.variable)[0]) for choice in rough.matrices.choices}
        )
        if priced != goal:
            second = self._solve(goal)
            answer = replace(second, seconds=answer.seconds + second.seconds, notes=(*answer.notes, _note(second)))
        return self._optimum(answer, goal)

    def _worth_a_start(self, draft: Draft) -> bool:
        whole = any(choice.size.whole_numbers for choice in draft.choices)
        return bool(draft.choices) and not whole and self.horizon.n_steps * self.horizon.step_h > WORTH_A_START_H

    def _solve(self, goal: Goal) -> Answer:
        self._aim(goal)
        return self.program.solve()

    def _aim(self, goal: Goal) -> None:
        self.program.goal(self.matrices.costs(goal.eur, goal.eur_per_kg))
        self._bound("co2", self.matrices.costs(0.0, 1.0), goal.most_co2_kg)
        self._bound("eur", self.matrices.costs(), goal.most_eur)

    def _bound(self, name: str, coefficients: FloatArray, most: float) -> None:
        if name in self._limits:
            if self._most[name] != most:
                self.program.move(self._limits[name], most=most)
        elif most < INFINITY:
            self._limits[name] = self.program.limit(coefficients, most=most)
        self._most[name] = most

    def _optimum(self, answer: Answer, goal: Goal) -> Optimum:
        prices = {name: max(0.0, -float(answer.duals[row])) for name, row in self._limits.items()} if answer.usable else {}
        return Optimum(self.matrices, answer, goal, {name: price for name, price in prices.items() if np.isfinite(price)})


def _note(answer: Answer) -> str:
    return f"limits set: {answer.status.value}, {answer.seconds:.2f} s, {answer.iterations} iterations"


def optimise(blocks: Sequence[Block], horizon: Horizon, goal: Goal = COST) -> Optimum:
    """Return the optimum of some blocks over a horizon; see `Planner` to ask more than once."""
    return Planner(blocks, horizon).ask(goal)


__all__ = ["CO2", "COST", "Answer", "Goal", "Optimum", "Planner", "Status", "optimise"]
