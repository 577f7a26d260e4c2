# SPDX-License-Identifier: Apache-2.0
"""Points of the front between cost and greenhouse gases, and what lies between two of them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from twinergy.planning.optimise import Goal, Optimum
from twinergy.planning.program import INFINITY

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

SAME: Final = 1e-6
"""Relative difference of greenhouse gases within which two points are one. [-]"""
KG_PER_T: Final = 1000.0


@dataclass(frozen=True)
class Point:
    """A plan that no other beats in both.

    Attributes
    ----------
    eur, co2_kg : float
        Cost and greenhouse gases of a year. [EUR/a], [kg CO2e/a]
    eur_per_t : float
        Price of greenhouse gases at which this is the best plan; at the end of least emissions what the last tonnes before it
        cost on average. [EUR/t CO2e]
    sizes : dict of str to float
        What is added, by ``block.size``. [unit of the size]
    gap_eur : float
        How much dearer it may be than the least possible at these emissions: 0 but for a mixture of two optima. [EUR/a]
    goal : Goal
        What was least.
    optimum : Optimum, optional
        The whole plan; None where another process found it.
    """

    eur: float
    co2_kg: float
    eur_per_t: float
    sizes: dict[str, float]
    gap_eur: float
    goal: Goal
    optimum: Optimum | None = field(default=None, repr=False, compare=False)

    def as_dict(self) -> dict[str, Any]:
        """Return the point as plain data."""
        figures = {"eur": self.eur, "co2_kg": self.co2_kg, "eur_per_t": self.eur_per_t, "gap_eur": self.gap_eur}
        return {**figures, "sizes": dict(self.sizes)}


@dataclass(frozen=True)
class Front:
    """Points from least cost to least greenhouse gases.

    Attributes
    ----------
    points : tuple of Point
        Cost rises, emissions fall; fewer than asked for where there are not so many.
    solves : int
        Optima that were asked for.
    seconds : float
        Wall time. [s]
    notes : tuple of str
        What the reader should know.
    """

    points: tuple[Point, ...]
    solves: int
    seconds: float
    notes: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Return the front as plain data."""
        points = [point.as_dict() for point in self.points]
        return {"points": points, "solves": self.solves, "seconds": self.seconds, "notes": list(self.notes)}


def price_of(goal: Goal) -> float:
    """Return the price of greenhouse gases that a goal asks [EUR/kg]."""
    return goal.eur_per_kg / goal.eur


def point_of(optimum: Optimum, gap_eur: float = 0.0) -> Point:
    """Return an optimum as a point of the front."""
    sizes = {f"{block}.{name}": size for (block, name), size in optimum.sizes().items()}
    return Point(optimum.eur, optimum.co2_kg, price_of(optimum.goal) * KG_PER_T, sizes, gap_eur, optimum.goal, optimum)


def between(before: Point, after: Point, co2_kg: float, gap_eur: float) -> Point:
    """Return the plan between two of the same price; a mixture keeps all limits of a linear problem."""
    if before is after:
        return before
    share = (before.co2_kg - co2_kg) / (before.co2_kg - after.co2_kg)
    asked = (after.eur - before.eur) / (before.co2_kg - after.co2_kg)
    goal, gap_eur = Goal(eur_per_kg=asked), max(gap_eur, 0.0)
    sizes = {name: (1.0 - share) * size + share * after.sizes[name] for name, size in before.sizes.items()}
    eur = (1.0 - share) * before.eur + share * after.eur
    mixed = Point(eur, co2_kg, asked * KG_PER_T, sizes, gap_eur, goal)
    if before.optimum is None or after.optimum is None:
        return mixed
    return replace(mixed, optimum=_mixed(before.optimum, after.optimum, share, goal, gap_eur))


def _mixed(before: Optimum, after: Optimum, share: float, goal: Goal, gap_eur: float) -> Optimum:
    one, other = before.answer, after.answer
    values = (1.0 - share) * one.values + share * other.values
    objective = float(before.matrices.costs(goal.eur, goal.eur_per_kg) @ values)
    price = f"{goal.eur_per_kg * KG_PER_T:.1f} EUR/t"
    notes = (f"a mixture of two optima at {price}, at most {gap_eur:.2f} EUR/a above the least",)
    answer = replace(one, values=values, objective=objective, seconds=0.0, iterations=0, notes=notes)
    return Optimum(before.matrices, answer, goal, {})


def undominated(points: Iterable[Point]) -> list[Point]:
    """Return what no other point beats, from cheap to clean; of points that are as good as one, the first."""
    kept: list[Point] = []
    for point in sorted(points, key=lambda point: (point.eur, point.co2_kg)):
        if not kept or point.co2_kg < kept[-1].co2_kg - SAME * abs(kept[-1].co2_kg):
            kept.append(point)
    return kept


def with_prices(points: Sequence[Point]) -> tuple[Point, ...]:
    """Return the points, with the price of the way to it where the goal of a point does not say one."""
    priced = []
    for number, point in enumerate(points):
        last, limited = number == len(points) - 1, point.goal.most_co2_kg < INFINITY
        if number and (last or limited):
            before = points[number - 1]
            way = KG_PER_T * (point.eur - before.eur) / (before.co2_kg - point.co2_kg)
            priced.append(replace(point, eur_per_t=way))
        else:
            priced.append(point)
    return tuple(priced)
