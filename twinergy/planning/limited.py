# SPDX-License-Identifier: Apache-2.0
"""Least cost under a limit on a total, from solves without the limit: the price that keeps to it is found between two corners.

A limit on the greenhouse gases of a year is one row with an entry in almost every column, and the simplex method wanders along
it for longer than several solves at a price take. At the right price two corners are equally good, one above the limit and one
below, and the point between them that lies on the limit is the optimum under the limit: it keeps to it and costs what the price
says is the least (Lagrange; a linear problem has no gap). How far cost and bound are apart is the gap of the answer.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from twinergy.planning.solving import Answer, Status

if TYPE_CHECKING:
    from collections.abc import Callable

    from twinergy.kinds import FloatArray
    from twinergy.planning.proof import Proof

CLOSE: Final = 1e-8
"""Relative difference of cost and bound at which the price is right. [-]"""
KEPT_BY: Final = 1e-9
"""Relative excess over a limit that is rounding. [-]"""
FAR: Final = 3.0
"""How many times as far from the limit the farther end is before the nearer one leads. [-]"""
NEARER: Final = 0.7
"""Part of a bracket that the next one may have at most for aiming to go on. [-]"""
MOST_CORNERS: Final = 60
"""Corners that are looked at before giving up; the bracket shrinks with each, a dozen is usual."""


@dataclass(frozen=True)
class Corner:
    """A point that is the best at some price.

    Attributes
    ----------
    price : float
        Price of a unit of the total; infinite where only the total counted.
    answer : Answer
        What the solver said.
    cost, total : float
        Of the point.
    """

    price: float
    answer: Answer
    cost: float
    total: float

    def priced(self, price: float) -> float:
        """Return what the point costs at another price."""
        return self.cost + price * self.total


@dataclass(frozen=True)
class Kept:
    """The optimum under the limit, and what a unit more of the limit saves."""

    answer: Answer
    price: float


@dataclass
class Bracket:
    """Two corners, one above the limit and one within it.

    Parameters
    ----------
    ask : callable
        Solves for a price and returns the answer; at an infinite price only the total counts.
    costs, totals : ndarray, shape (n_columns,)
        Cost and total of every column.
    most : float
        Limit of the total.
    check : callable
        Returns the proof of an answer for given costs.
    """

    ask: Callable[[float], Answer]
    costs: FloatArray
    totals: FloatArray
    most: float
    check: Callable[[FloatArray, Answer], Proof]
    above: Corner | None = None
    within: Corner | None = None
    last: Corner | None = None
    failed: Answer | None = None
    seconds: float = 0.0
    corners: int = 0
    span: float = np.inf
    near: float = np.inf

    def look(self, price: float) -> Corner | None:
        """Solve at a price and keep the corner; None where the solver found none."""
        answer = self.ask(price)
        self.seconds += answer.seconds
        self.corners += 1
        if answer.status is not Status.OPTIMAL:
            self.failed = answer
            return None
        corner = self.corner(price, answer)
        self.know(corner)
        return corner

    def corner(self, price: float, answer: Answer) -> Corner:
        """Return an answer as a corner."""
        return Corner(price, answer, float(self.costs @ answer.values), float(self.totals @ answer.values))

    def know(self, corner: Corner) -> None:
        """Take a corner as an end of the bracket."""
        self.last = corner
        if corner.total <= self.most + KEPT_BY * max(1.0, abs(self.most)):
            self.within = corner
        else:
            self.above = corner

    @property
    def shut(self) -> bool:
        """Whether there is a corner on either side."""
        return self.above is not None and self.within is not None

    def close(self) -> Kept | None:
        """Narrow the bracket until cost and bound meet; None where the solver failed on the way."""
        while self.above is not None and self.within is not None and self.corners < MOST_CORNERS:
            above, within = self.above, self.within
            corner = self.look(self._next(above, within))
            if corner is None:
                return None
            bound = corner.priced(corner.price) - corner.price * self.most
            if self._between(above, within) - bound <= CLOSE * max(1.0, abs(bound)):
                return self._kept(above, within, corner)
        return None

    def _between(self, above: Corner, within: Corner) -> float:
        """Return the cost on the limit, between both corners."""
        share = (self.most - within.total) / (above.total - within.total)
        return share * above.cost + (1.0 - share) * within.cost

    def _next(self, above: Corner, within: Corner) -> float:
        """Return the next price: where both ends cost the same, or, with one end far off, just beyond the limit."""
        over, under = above.total - self.most, self.most - within.total
        # corners lie on steps: where aiming between two of them gets no nearer, the price at which they cost the same does
        nearer = over + under < NEARER * self.span or min(over, under) < NEARER * self.near
        self.span, self.near = over + under, min(over, under)
        if nearer and np.isfinite(within.price) and max(over, under) > FAR * min(over, under) > 0.0:
            aimed = self.most + (-0.5 * over if over < under else 0.5 * under)
            share = (aimed - within.total) / (above.total - within.total)
            return share * above.price + (1.0 - share) * within.price
        return max(0.0, (within.cost - above.cost) / (above.total - within.total))

    def _kept(self, above: Corner, within: Corner, corner: Corner) -> Kept | None:
        share = (self.most - within.total) / (above.total - within.total)
        values = share * above.answer.values + (1.0 - share) * within.answer.values
        note = f"limit kept between two corners at its price {corner.price:.6g}, {self.corners} corners looked at"
        answer = replace(corner.answer, values=values, objective=float(self.costs @ values), seconds=self.seconds, notes=(note,))
        proof = self.check(self.costs + corner.price * self.totals, answer)
        return Kept(replace(answer, proof=proof, gap=proof.gap), corner.price) if proof.holds else None


def unlimited(corner: Corner, seconds: float) -> Kept:
    """Return a corner of price 0 that keeps to the limit anyway."""
    return Kept(replace(corner.answer, seconds=seconds), 0.0)


def impossible(corner: Corner, most: float, seconds: float) -> Kept:
    """Return what stands for a limit that even the point with the least total breaks."""
    nothing = np.full_like(corner.answer.values, np.nan)
    note = f"the limit is {most:.6g}, the least possible total {corner.total:.6g}"
    answer = replace(
        corner.answer,
        status=Status.INFEASIBLE,
        objective=np.nan,
        gap=np.nan,
        values=nothing,
        duals=np.full_like(corner.answer.duals, np.nan),
        reduced=nothing,
        seconds=seconds,
        notes=(note,),
        proof=None,
    )
    return Kept(answer, np.inf)
