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
from twinergy.planning.limited import Bracket, Kept, impossible, unlimited
from twinergy.planning.pieces import Pieces, solved
from twinergy.planning.program import INFINITY, Matrices, compiled
from twinergy.planning.solving import Answer, Program, Status
from twinergy.planning.whole import rounded

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from twinergy.kinds import FloatArray
    from twinergy.planning.draft import Block

START_WEEKS: Final = 8
"""Weeks that say roughly how big things are; measured best of 4, 8 and 13 on the reference problem."""
FURTHER: Final = 1.5
"""How much more the weeks are asked for each time the year is still on the same side of a limit. [-]"""
NEARBY: Final = 1.02
"""First step from the price that the weeks ask to the other side of a limit; the next ones grow. [-]"""
MOST_STEPS: Final = 7
NEAR_FACTOR: Final = 1.5
NEAR_EUR_PER_KG: Final = 0.06
"""Prices of greenhouse gases between which the simplex method goes on rather than begins anew. [-], [EUR/kg]"""
LITTLE: Final = 1e-6
"""Weight of what only decides among equals. [-]"""
WORTH_A_START_H: Final = 4 * START_WEEKS * HOURS_PER_WEEK
"""Shorter horizons are solved at once. [h]"""
WORTH_PIECES: Final = 30_000
"""Columns from which on it is worth looking for pieces."""


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

    @property
    def limits(self) -> dict[str, float]:
        """Limits on totals that were set, by name."""
        both = {"co2": self.most_co2_kg, "eur": self.most_eur}
        return {name: most for name, most in both.items() if most < INFINITY}

    def near(self, other: Goal) -> bool:
        """Whether another goal asks nearly the same price of greenhouse gases."""
        if not self.eur or not other.eur:
            return self.eur == other.eur
        one, two = sorted((self.eur_per_kg / self.eur, other.eur_per_kg / other.eur))
        return two <= NEAR_FACTOR * one or two - one <= NEAR_EUR_PER_KG

    def within(self, name: str, most: float) -> Goal:
        """Return the goal with another limit on one of the totals."""
        return replace(self, most_co2_kg=most) if name == "co2" else replace(self, most_eur=most)

    def at(self, name: str, price: float) -> Goal:
        """Return the goal without its limits and with a price on one of the totals; infinite: little else counts."""
        if np.isinf(price):
            weight = LITTLE / max(abs(self.eur), abs(self.eur_per_kg), LITTLE)
            scaled = Goal(eur=weight * self.eur, eur_per_kg=weight * self.eur_per_kg)
            return scaled.at(name, 1.0)
        if name == "co2":
            return Goal(eur=self.eur, eur_per_kg=self.eur_per_kg + price)
        return Goal(eur=self.eur + price, eur_per_kg=self.eur_per_kg)


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

    def total(self, name: str) -> float:
        """Return the total that a limit is on: ``co2`` [kg CO2e/a] or ``eur`` [EUR/a]."""
        return self.co2_kg if name == "co2" else self.eur

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
    relaxed : bool
        Whether whole numbers may be broken.
    """

    blocks: Sequence[Block]
    horizon: Horizon
    time_limit_s: float = 600.0
    gap: float = 1e-4
    relaxed: bool = False
    seconds: dict[str, float] = field(default_factory=dict)
    matrices: Matrices = field(init=False)

    def __post_init__(self) -> None:
        begin = time.perf_counter()
        draft = Draft.of(self.blocks, self.horizon)
        self.seconds["draft"] = time.perf_counter() - begin
        self._weeks = draft.weeks(START_WEEKS) if self._worth_a_start(draft) else None
        begin = time.perf_counter()
        self.matrices = compiled(draft)
        self.seconds["compile"] = time.perf_counter() - begin
        self._whole = Program(self.matrices, self.time_limit_s, self.gap, self.relaxed)
        self._behind = False
        self._limits: dict[str, int] = {}
        self._most: dict[str, float] = {}
        self._last = -1
        self._aimed: Goal | None = None

    @property
    def program(self) -> Program:
        """The whole problem in HiGHS; where pieces were solved last, it goes on from their ends."""
        self._catch_up()
        return self._whole

    def _catch_up(self) -> None:
        if self._behind and self.pieces is not None:
            self._behind = False
            self.pieces.start(self._whole)

    @cached_property
    def weeks(self) -> Planner | None:
        """The same blocks over a few weeks; None where the horizon is short. Whole numbers may be broken in it."""
        return Planner(self.blocks, self._weeks, relaxed=True) if self._weeks is not None else None

    def ask(self, goal: Goal = COST, sizes: Mapping[str, float] | None = None) -> Optimum:
        """Return the optimum for a goal.

        The status is in the answer: a plan that cannot be is a value here, `twinergy.planning.conflict` says why.

        Parameters
        ----------
        goal : Goal
            What is least.
        sizes : dict of str to float, optional
            How big things will roughly be, by variable: a way to the optimum, not a limit. [unit of the size]

        Notes
        -----
        Asked again at nearly the same price of greenhouse gases, the last answer is still feasible and the simplex method goes on
        from there; at another price it is begun anew by way of guessed sizes, those of a few weeks where none are given. A limit
        on one total is kept by its price (`twinergy.planning.limited`); two limits, or whole numbers, are rows of the problem.
        """
        limits = goal.limits
        if len(limits) == 1 and not self._whole.whole:
            (name,) = limits
            kept = self._limited(goal, name)
            if kept is not None:
                prices = {name: kept.price} if kept.answer.usable else {}
                return Optimum(self.matrices, kept.answer, goal, prices)
        return self._direct(goal, sizes)

    def _direct(self, goal: Goal, sizes: Mapping[str, float] | None = None) -> Optimum:
        """Return the optimum with all limits as rows of the problem."""
        if not self._whole.whole:
            return self._optimum(self._relaxed(goal, sizes), goal)
        return self._optimum(rounded(self._whole, lambda: self._stood(self._relaxed(goal, sizes))), goal)

    def _relaxed(self, goal: Goal, sizes: Mapping[str, float] | None) -> Answer:
        """Solve without whole numbers, from the last answer where that is of use."""
        asked, self._aimed = self._aimed, goal
        self._aim(goal)
        near = asked is not None and goal.near(asked)
        if self._in_pieces(goal):
            return self._piecewise(goal, near, sizes)
        if self._feasible and (near or self.weeks is None):
            return self.program.solve(primal=True)
        # the same goal with other bounds or rows: the prices of the last answer still hold
        return self.program.solve() if asked == goal and self._last >= 0 else self._first(goal)

    def _stood(self, answer: Answer) -> Answer:
        """Let the whole stand where an answer was found."""
        self._catch_up()
        return answer

    @cached_property
    def pieces(self) -> Pieces | None:
        """The parts of the problem that do not touch; None where there is one only."""
        large = len(self.matrices.choices) and self.matrices.n_columns >= WORTH_PIECES
        found = Pieces(self.matrices, self.time_limit_s) if large else ()
        return found or None

    def _in_pieces(self, goal: Goal) -> bool:
        """Whether the problem may be solved in pieces: nothing was added that spans them, and no size was bound."""
        return not goal.limits and self._whole.as_compiled and self.pieces is not None

    def _piecewise(self, goal: Goal, near: bool, sizes: Mapping[str, float] | None) -> Answer:
        """Solve piece by piece and put together what came out; where that fails, solve the whole."""
        begin = time.perf_counter()
        assert self.pieces is not None  # noqa: S101 - asked by `_in_pieces`
        guess = {} if near else sizes or self._sizes_of_weeks(goal)
        answers = self.pieces.solve(self._whole.costs, guess, anew=not near)
        if not solved(answers):
            return self._first(goal)
        self._behind = True
        answer = self.pieces.joined(answers, self._whole)
        if answer.status is not Status.OPTIMAL:
            answer = self.program.solve(primal=True)
        return replace(answer, seconds=time.perf_counter() - begin)

    def _sizes_of_weeks(self, goal: Goal) -> Mapping[str, float]:
        """Return how big things are in a few weeks, roughly."""
        if self.weeks is None:
            return {}
        begin = time.perf_counter()
        rough = self.weeks.ask(goal)
        self.seconds["weeks"] = time.perf_counter() - begin
        return _sizes(rough) if rough.usable else {}

    @property
    def _feasible(self) -> bool:
        """Whether the last answer still keeps to all limits."""
        return self._last == self._whole.changes

    def _first(self, goal: Goal) -> Answer:
        """Solve from nothing, or from what kept to other limits: by way of a few weeks where that is shorter."""
        if self.weeks is None:
            return self.program.solve()
        begin = time.perf_counter()
        rough = self.weeks.ask(goal)
        self.seconds["weeks"] = time.perf_counter() - begin
        if not rough.usable:
            return self.program.solve()
        if not goal.limits:
            return self.program.from_sizes(_sizes(rough))
        # limits on totals make the simplex method wander: first pay for them at the price that the weeks ask
        self._aim(rough.priced)
        first = self.program.from_sizes(_sizes(rough))
        self._aim(goal)
        second = self.program.solve()
        return replace(second, seconds=first.seconds + second.seconds, notes=(*first.notes, _note(second)))

    def _limited(self, goal: Goal, name: str) -> Kept | None:
        """Return the optimum under one limit by its price; None where that leads nowhere."""
        totals = self.matrices.costs(0.0, 1.0) if name == "co2" else self.matrices.costs()
        costs, most = self.matrices.costs(goal.eur, goal.eur_per_kg), goal.limits[name]
        bracket = Bracket(lambda price: self._direct(goal.at(name, price)).answer, costs, totals, most, self._whole.check)
        self._begin(bracket, goal, name)
        if bracket.failed is not None:
            return None
        if bracket.within is not None and bracket.within.price == 0.0:
            return unlimited(bracket.within, bracket.seconds)
        if bracket.within is None and bracket.above is not None:
            return impossible(bracket.above, most, bracket.seconds)
        return bracket.close()

    def _begin(self, bracket: Bracket, goal: Goal, name: str) -> None:
        """Find a corner on either side of the limit: at the prices that the weeks ask, or from the ends."""
        known = self._known(goal, name)
        if known is not None:
            bracket.know(bracket.corner(known, self._answer))
        price, factor = self._price_of_weeks(bracket, goal, name, 1.0), NEARBY
        for number in range(MOST_STEPS if price else 0):
            if price is None or bracket.look(price) is None or bracket.shut:
                return
            # the weeks err in the total more than in how it changes with the price; each time they are asked for a little more
            found = self._price_of_weeks(bracket, goal, name, FURTHER**number)
            nearer = price * factor if bracket.within is None else price / factor
            price = found if found and (found > price) == (nearer > price) else nearer
            factor *= factor
        for end in (0.0, np.inf):
            if bracket.look(end) is None or bracket.shut or bracket.within:
                return

    def _price_of_weeks(self, bracket: Bracket, goal: Goal, name: str, further: float) -> float | None:
        """Return the price at which the weeks change their total as the year has to, from the last corner; None without."""
        if self.weeks is None:
            return None
        most, last = bracket.most, bracket.last
        if last is not None and np.isfinite(last.price):
            there = self.weeks.ask(goal.at(name, last.price))
            if not there.usable:
                return None
            most = there.total(name) + further * (most - last.total)
        asked = self.weeks.ask(goal.within(name, most))
        return asked.prices[name] if asked.usable else None

    def _known(self, goal: Goal, name: str) -> float | None:
        """Return the price at which the last answer is the best one; None where it is none for this goal."""
        aimed = self._aimed
        if not self._feasible or aimed is None or aimed.limits:
            return None
        if name == "co2":
            return aimed.eur_per_kg - goal.eur_per_kg if aimed.eur == goal.eur and aimed.eur_per_kg >= goal.eur_per_kg else None
        return aimed.eur - goal.eur if aimed.eur_per_kg == goal.eur_per_kg and aimed.eur >= goal.eur else None

    def _worth_a_start(self, draft: Draft) -> bool:
        return bool(draft.choices) and self.horizon.n_steps * self.horizon.step_h > WORTH_A_START_H

    def _aim(self, goal: Goal) -> None:
        self._whole.goal(self.matrices.costs(goal.eur, goal.eur_per_kg))
        self._bound("co2", self.matrices.costs(0.0, 1.0), goal.most_co2_kg)
        self._bound("eur", self.matrices.costs(), goal.most_eur)

    def _bound(self, name: str, coefficients: FloatArray, most: float) -> None:
        if name in self._limits:
            if self._most[name] != most:
                self._whole.move(self._limits[name], most=most)
        elif most < INFINITY:
            self._limits[name] = self._whole.limit(coefficients, most=most)
        self._most[name] = most

    def _optimum(self, answer: Answer, goal: Goal) -> Optimum:
        self._last = self._whole.changes if answer.status is Status.OPTIMAL else -1
        self._aimed, self._answer = goal, answer
        prices = {name: max(0.0, -float(answer.duals[row])) for name, row in self._limits.items()} if answer.usable else {}
        return Optimum(self.matrices, answer, goal, {name: price for name, price in prices.items() if np.isfinite(price)})


def _sizes(rough: Optimum) -> dict[str, float]:
    return {choice.variable: float(rough.value(choice.variable)[0]) for choice in rough.matrices.choices}


def _note(answer: Answer) -> str:
    return f"limits set: {answer.status.value}, {answer.seconds:.2f} s, {answer.iterations} iterations"


def optimise(blocks: Sequence[Block], horizon: Horizon, goal: Goal = COST) -> Optimum:
    """Return the optimum of some blocks over a horizon; see `Planner` to ask more than once."""
    return Planner(blocks, horizon).ask(goal)


__all__ = ["CO2", "COST", "Answer", "Goal", "Optimum", "Planner", "Status", "optimise"]
