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
from typing import Final

import numpy as np

from twinergy.errors import ModelError
from twinergy.planning.front_points import KG_PER_T, SAME, Front, Point, between, point_of, price_of, undominated, with_prices
from twinergy.planning.optimise import Goal, Planner

LEAST_COST: Final = Goal(eur_per_kg=1e-6)
"""Least cost; among equals the one that emits least. The solver still sees the weight, a thousand tonnes of it are a euro."""
LEAST_CO2: Final = Goal(eur=1e-3, eur_per_kg=1.0)
"""Least greenhouse gases at any price up to 1,000 EUR/kg: a smaller weight of the euro is none to the solver."""
EXACT: Final = 1e-6
CLOSE: Final = 1e-4
"""Part of the cost by which a mixture may be dearer than the least possible: sought, and put up with. *Assumption.* [-]"""
NEAR: Final = 0.1
"""Part of the distance between two points by which an optimum may miss its place. *Assumption.* [-]"""
TRIES: Final = 8
"""Prices that are asked for one point where every answer takes no time; of a year only as many as it takes to be close."""


def front(planner: Planner, points: int = 10) -> Front:
    """Return the front of a planner's problem.

    Parameters
    ----------
    planner : Planner
        The problem; where it has a few weeks to start from, they say which prices to ask.
    points : int
        How many, both ends included, at least 2; evenly spread in greenhouse gases.

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
    search = _Search(planner, EXACT if planner.weeks is None else CLOSE)
    found = search.limited(points) if len(planner.matrices.whole) else search.priced(points)
    kept = undominated(found)
    if len(kept) < points:
        search.notes.append(f"{len(kept)} of {points} points: the others would be the same plan, or one that is beaten")
    return Front(with_prices(kept), search.solves, time.perf_counter() - begin, tuple(search.notes))


class _Search:
    """Optima that are known, and the next price to ask."""

    def __init__(self, planner: Planner, wanted: float = EXACT) -> None:
        self.planner = planner
        self.wanted = wanted
        self.solves = 0
        self.notes: list[str] = []
        self.known: list[Point] = []

    def priced(self, points: int) -> list[Point]:
        # from one price to the next the simplex method has little to do, from one end to the other it is better begun anew
        guesses, cleanest, cheapest = self._guesses(points), self._asked(LEAST_CO2), self._asked(LEAST_COST)
        between = [self._ask(Goal(eur_per_kg=guess)) for guess in guesses]
        spacing = (cheapest.co2_kg - cleanest.co2_kg) / (points - 1)
        if spacing <= SAME * abs(cheapest.co2_kg):
            return [cheapest]
        inside = (point for point in between if point is not None and cleanest.co2_kg <= point.co2_kg <= cheapest.co2_kg)
        self.known = [cheapest, *inside, cleanest]
        places = [cheapest.co2_kg - number * spacing for number in range(1, points - 1)]
        for co2_kg in reversed(places):
            self._explore(co2_kg, spacing)
        return [cheapest, *(self._at(co2_kg, spacing) for co2_kg in places), cleanest]

    def limited(self, points: int) -> list[Point]:
        cheapest, cleanest = self._asked(LEAST_COST), self._asked(LEAST_CO2)
        spacing = (cheapest.co2_kg - cleanest.co2_kg) / (points - 1)
        self.notes.append("whole numbers: every point was solved with a limit; its price is that of the way from the one before")
        goals = [Goal(most_co2_kg=cheapest.co2_kg - number * spacing) for number in range(1, points - 1)]
        inner = [self._ask(goal) for goal in goals] if spacing > SAME * abs(cheapest.co2_kg) else []
        return [cheapest, *(point for point in inner if point is not None), cleanest]

    def _guesses(self, points: int) -> list[float]:
        """Return the prices that a few weeks ask for the inner points [EUR/kg]."""
        weeks = self.planner.weeks
        if weeks is None:
            return []
        rough = _Search(weeks, CLOSE)
        found = rough.priced(points)
        self.notes.append(f"prices to ask were found with a few weeks in {rough.solves} solves")
        return [point.eur_per_t / KG_PER_T for point in found[1:-1]]

    def _explore(self, co2_kg: float, spacing: float) -> None:
        """Ask prices until some greenhouse gases have an optimum near, or a mixture that is good enough."""
        for _ in range(TRIES):
            before, after = self._around(co2_kg)
            if self._near(co2_kg, spacing) or self._gap_eur(before, after, co2_kg) <= self.wanted * abs(before.eur):
                return
            point = self._ask(Goal(eur_per_kg=(after.eur - before.eur) / (before.co2_kg - after.co2_kg)))
            if point is None:
                return
            self.known.append(point)

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
        return line - max(point.eur + price_of(point.optimum.goal) * (point.co2_kg - co2_kg) for point in self.known)

    def _asked(self, goal: Goal) -> Point:
        if self.planner.weeks is not None:
            # bounds that were set, even to what they are, make the planner start from its weeks
            self.planner.program.restore(np.zeros(1, dtype=np.int64))
        point = self._ask(goal)
        if point is None:
            message = "there is no plan, so no front either; twinergy.planning.conflict.explain says which limits are in conflict"
            raise ModelError(message)
        return point

    def _ask(self, goal: Goal) -> Point | None:
        self.solves += 1
        optimum = self.planner.ask(goal)
        if not optimum.usable:
            self.notes.append(f"no plan at {price_of(goal) * KG_PER_T:.0f} EUR/t: {optimum.answer.status.value}")
            return None
        return point_of(optimum)


__all__ = ["LEAST_CO2", "LEAST_COST", "Front", "Point", "front"]
