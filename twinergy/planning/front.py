# SPDX-License-Identifier: Apache-2.0
"""The front between least cost and least greenhouse gases: what each tonne less costs, and what is built for it.

A limit on greenhouse gases makes the simplex method wander, a price on them does not. So prices are asked, found by the
supporting lines of what is known already [1]_; where two optima have the same price, everything between them is optimal too.

References
----------
.. [1] Cohon, Church, Sheer, "Generating multiobjective trade-offs: an algorithm for bicriterion problems", Water Resources
   Research 15 (1979) 1001, doi:10.1029/WR015i005p01001.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from twinergy.errors import ModelError
from twinergy.planning.front_asked import Question, asking
from twinergy.planning.front_points import KG_PER_T, SAME, Front, Point, between, price_of, undominated, with_prices
from twinergy.planning.optimise import Goal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from twinergy.planning.draft import Choice
    from twinergy.planning.front_asked import Asked
    from twinergy.planning.many import Workers
    from twinergy.planning.optimise import Planner

LEAST_COST: Final = Goal(eur_per_kg=1e-6)
"""Least cost; among equals the one that emits least. The solver still sees the weight, a thousand tonnes of it are a euro."""
LEAST_CO2: Final = Goal(eur=1e-3, eur_per_kg=1.0)
"""Least greenhouse gases at any price up to 1,000 EUR/kg: a smaller weight of the euro is none to the solver."""
EXACT: Final = 1e-6
CLOSE: Final = 1e-4
"""Part of the cost by which a mixture may be dearer than the least possible: sought, and put up with. *Assumption.* [-]"""
GUESSED: Final = 2e-3
"""The same for the few weeks that only say which prices to ask. *Assumption.* [-]"""
NEAR: Final = 0.1
"""Part of the distance between two points by which an optimum may miss its place. *Assumption.* [-]"""
TRIES: Final = 8
"""Rounds of prices that are asked at most; each halves what is left between two points."""
EXTRA: Final = 3
"""Optima of a year that are asked for beyond one for each point, where the prices of the weeks miss their places."""


def front(planner: Planner, points: int = 10, workers: Workers | int | None = None) -> Front:
    """Return the front of a planner's problem.

    Parameters
    ----------
    planner : Planner
        The problem; where it has a few weeks to start from, they say which prices to ask.
    points : int
        How many, both ends included, at least 2; evenly spread in greenhouse gases.
    workers : Workers or int, optional
        An executor, a Dask client, or how many processes to start; this process where none is given. Each worker compiles the
        problem once. The points are the same, but the whole plan of each stays with the worker (`Point.optimum` is None).

    Raises
    ------
    ValueError
        If fewer than 2 points are asked for.
    ModelError
        If there is no plan at all; `twinergy.planning.conflict.explain` says why.

    Notes
    -----
    Every point is an optimum for its price, or a mixture of two, which keeps every limit of a linear problem; the supporting
    lines of what is known say how much dearer than the least it may be (`Point.gap_eur`, at most 1e-4 of the cost). With whole
    numbers the front need not be convex and prices do not find all of it: then every point is solved with a limit.
    """
    if points < 2:  # noqa: PLR2004 - both ends
        message = f"a front has two ends, so at least 2 points, got {points}"
        raise ValueError(message)
    begin = time.perf_counter()
    notes: list[str] = []
    whole = bool(len(planner.matrices.whole))
    first = [] if whole else _guesses(planner, points, notes)
    with asking(planner, workers) as ask:
        search = _Search(ask, planner.matrices.choices, EXACT if planner.weeks is None else CLOSE)
        found = search.limited(points) if whole else search.priced(points, first, EXTRA if first else None)
    kept, notes = undominated(found), notes + search.notes
    if len(kept) < points:
        notes.append(f"{len(kept)} of {points} points: the others would be the same plan, or one that is beaten")
    return Front(with_prices(kept), search.solves, time.perf_counter() - begin, tuple(notes))


def _guesses(planner: Planner, points: int, notes: list[str]) -> list[Question]:
    """Return what a few weeks say about the inner points and the ends: prices to ask, and how big things are there."""
    weeks = planner.weeks
    if weeks is None:
        return []
    choices = weeks.matrices.choices
    with asking(weeks, None) as ask:
        rough = _Search(ask, choices, GUESSED)
        found = rough.priced(points, extra=points)
    notes.append(f"prices to ask were found with a few weeks in {rough.solves} solves")
    inner = [Question(Goal(eur_per_kg=point.goal.eur_per_kg / point.goal.eur), _sized(choices, point.sizes)) for point in found]
    ends = Question(LEAST_COST, inner[0].sizes), Question(LEAST_CO2, inner[-1].sizes)
    return [ends[0], *inner[1:-1], ends[1]]


def _sized(choices: Sequence[Choice], sizes: Mapping[str, float]) -> dict[str, float]:
    """Return sizes by variable."""
    return {choice.variable: sizes[f"{choice.block}.{choice.name}"] for choice in choices}


class _Search:
    """Optima that are known, and the next prices to ask."""

    def __init__(self, ask: Asked, choices: Sequence[Choice], wanted: float) -> None:
        self.ask = ask
        self.choices = choices
        self.wanted = wanted
        self.solves = 0
        self.notes: list[str] = []
        self.known: list[Point] = []

    def priced(self, points: int, first: Sequence[Question] = (), extra: int | None = None) -> list[Point]:
        """Ask prices until every place on the front has a point; beyond the first questions at most so many."""
        cheapest, between, cleanest = self._ends(first or [Question(LEAST_COST), Question(LEAST_CO2)])
        spacing = (cheapest.co2_kg - cleanest.co2_kg) / (points - 1)
        if spacing <= SAME * abs(cheapest.co2_kg):
            return [cheapest]
        inside = (point for point in between if cleanest.co2_kg <= point.co2_kg <= cheapest.co2_kg)
        self.known = [cheapest, *inside, cleanest]
        places = [cheapest.co2_kg - number * spacing for number in range(1, points - 1)]
        for number in range(TRIES):
            questions = self._questions(places, spacing)[slice(extra)]
            if not questions:
                break
            # to and fro: from one price to the next the simplex method has little to do
            self.known += self._points(questions if number % 2 else questions[::-1])
            extra = None if extra is None else extra - len(questions)
        return [cheapest, *(self._at(co2_kg, spacing) for co2_kg in places), cleanest]

    def limited(self, points: int) -> list[Point]:
        """Ask every place of the front as a limit."""
        cheapest, _, cleanest = self._ends([Question(LEAST_COST), Question(LEAST_CO2)])
        spacing = (cheapest.co2_kg - cleanest.co2_kg) / (points - 1)
        self.notes.append("whole numbers: every point was solved with a limit; its price is that of the way from the one before")
        goals = [Goal(most_co2_kg=cheapest.co2_kg - number * spacing) for number in range(1, points - 1)]
        inner = self._points([Question(goal) for goal in goals]) if spacing > SAME * abs(cheapest.co2_kg) else []
        return [cheapest, *inner, cleanest]

    def _questions(self, places: Sequence[float], spacing: float) -> list[Question]:
        """Return the prices at which the two points around a place cost the same, where no point is near or good enough."""
        found: dict[float, Question] = {}
        for co2_kg in places:
            before, after = self._around(co2_kg)
            if self._near(co2_kg, spacing) or self._gap_eur(before, after, co2_kg) <= self.wanted * abs(before.eur):
                continue
            price = (after.eur - before.eur) / (before.co2_kg - after.co2_kg)
            halfway = {name: 0.5 * (size + after.sizes[name]) for name, size in before.sizes.items()}
            found.setdefault(price, Question(Goal(eur_per_kg=price), _sized(self.choices, halfway)))
        return [found[price] for price in sorted(found)]

    def _at(self, co2_kg: float, spacing: float) -> Point:
        """Return the optimum near some greenhouse gases, else a mixture if it is good enough, else the nearest."""
        near = self._near(co2_kg, spacing)
        if near is not None:
            return near
        before, after = self._around(co2_kg)
        gap_eur = self._gap_eur(before, after, co2_kg)
        if gap_eur <= CLOSE * abs(before.eur):
            return between(before, after, co2_kg, gap_eur)
        return min(before, after, key=lambda point: abs(point.co2_kg - co2_kg))

    def _near(self, co2_kg: float, spacing: float) -> Point | None:
        nearest = min(self.known, key=lambda point: abs(point.co2_kg - co2_kg))
        return nearest if abs(nearest.co2_kg - co2_kg) <= NEAR * spacing else None

    def _around(self, co2_kg: float) -> tuple[Point, Point]:
        before = min((point for point in self.known if point.co2_kg >= co2_kg), key=lambda point: point.co2_kg)
        after = max((point for point in self.known if point.co2_kg <= co2_kg), key=lambda point: point.co2_kg)
        return before, after

    def _gap_eur(self, before: Point, after: Point, co2_kg: float) -> float:
        """Return how much cheaper than the line between two points a plan could be, by all supporting lines known [EUR/a]."""
        if before is after:
            return 0.0
        share = (before.co2_kg - co2_kg) / (before.co2_kg - after.co2_kg)
        line = before.eur + share * (after.eur - before.eur)
        return line - max(point.eur + price_of(point.goal) * (point.co2_kg - co2_kg) for point in self.known)

    def _ends(self, questions: Sequence[Question]) -> tuple[Point, list[Point], Point]:
        """Ask, and return the first, those between, and the last."""
        found = self._asked(questions)
        first, last = found[0], found[-1]
        if first is None or last is None:
            message = "there is no plan, so no front either; twinergy.planning.conflict.explain says which limits are in conflict"
            raise ModelError(message)
        return first, [point for point in found[1:-1] if point is not None], last

    def _points(self, questions: Sequence[Question]) -> list[Point]:
        return [point for point in self._asked(questions) if point is not None]

    def _asked(self, questions: Sequence[Question]) -> list[Point | None]:
        self.solves += len(questions)
        found = self.ask(questions)
        for question, point in zip(questions, found, strict=True):
            if isinstance(point, str):
                self.notes.append(f"no plan at {price_of(question.goal) * KG_PER_T:.0f} EUR/t: {point}")
        return [None if isinstance(point, str) else point for point in found]


__all__ = ["LEAST_CO2", "LEAST_COST", "Front", "Point", "front"]
