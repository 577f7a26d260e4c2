# SPDX-License-Identifier: Apache-2.0
"""Whether an answer is what it says: worked out from the numbers of the problem, not asked of the solver.

A plan is right if it breaks no limit, and the best if a bound from the duals says that nothing can be cheaper.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from twinergy.kinds import FloatArray
    from twinergy.planning.program import Matrices

    IntArray = NDArray[np.int64]

BROKEN_BY: Final = 1e-6
"""Greatest violation of a limit, relative to the greatest number that goes into it, at least 1. [-]"""
GAP: Final = 1e-7
"""Greatest relative difference between the cost and its bound. [-]"""
PRICED_BY: Final = 1e-6
"""Greatest reduced cost towards a side that has no bound, relative to the greatest cost that goes into it, at least 1. [-]"""


@dataclass(frozen=True, slots=True)
class Proof:
    """What was found.

    Attributes
    ----------
    broken : float
        Greatest violation of a row, a bound or a whole number, relative to the numbers in it. [-]
    priced : float
        Greatest violation of the dual problem, likewise; NaN with whole numbers. [-]
    gap : float
        Relative difference between the cost and its bound from the duals; NaN with whole numbers. [-]
    """

    broken: float
    priced: float
    gap: float

    @property
    def feasible(self) -> bool:
        """Whether no limit is broken."""
        return self.broken <= BROKEN_BY

    @property
    def holds(self) -> bool:
        """Whether it is the optimum of a problem without whole numbers."""
        return self.feasible and self.priced <= PRICED_BY and self.gap <= GAP

    def __str__(self) -> str:
        """Return what was found, for the report."""
        return f"limits kept within {self.broken:.1e}, prices within {self.priced:.1e}, cost and bound differ by {self.gap:.1e}"


@dataclass
class Ledger:
    """The problem as it is now, rows that were added since included, for checking.

    Parameters
    ----------
    matrices : Matrices
        The problem as it was compiled.
    """

    matrices: Matrices
    lower: FloatArray = field(init=False)
    upper: FloatArray = field(init=False)
    row_lower: FloatArray = field(init=False)
    row_upper: FloatArray = field(init=False)
    _rows: IntArray = field(init=False)
    _columns: IntArray = field(init=False)
    _values: FloatArray = field(init=False)

    def __post_init__(self) -> None:
        m = self.matrices
        self.lower, self.upper = m.lower.copy(), m.upper.copy()
        self.row_lower, self.row_upper = m.row_lower.copy(), m.row_upper.copy()
        self._rows, self._values = m.indices, m.values
        self._columns = np.repeat(np.arange(m.n_columns, dtype=np.int32), np.diff(m.starts))

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return len(self.row_lower)

    def add(self, starts: IntArray, columns: IntArray, values: FloatArray, least: FloatArray, most: FloatArray) -> None:
        """Add rows, as in a compressed sparse row matrix without its last start."""
        lengths = np.diff(np.append(starts, len(columns)))
        rows = np.repeat(np.arange(self.n_rows, self.n_rows + len(least)), lengths)
        self._rows = np.concatenate([self._rows, rows.astype(np.int32)])
        self._columns = np.concatenate([self._columns, np.asarray(columns, np.int32)])
        self._values = np.concatenate([self._values, values])
        self.row_lower, self.row_upper = np.append(self.row_lower, least), np.append(self.row_upper, most)

    def check(self, costs: FloatArray, values: FloatArray, duals: FloatArray | None) -> Proof:
        """Return what is wrong with an answer, if anything.

        Parameters
        ----------
        costs, values : ndarray, shape (n_columns,)
            Costs and the answer.
        duals : ndarray, shape (n_rows,), optional
            Its duals; None with whole numbers.

        Notes
        -----
        Weak duality: for any ``y`` and ``d = c - A'y``, the sum of ``y`` times the row bound on the side of its sign and
        ``d`` times the column bound on the side of its sign is a lower bound of the cost. Where there is no bound on that
        side, ``y`` or ``d`` must be zero; what rounding leaves of it is judged by `priced` and counted at the answer's own value.
        """
        products = self._values * values[self._columns]
        activity = np.bincount(self._rows, weights=products, minlength=self.n_rows).astype(np.float64)
        row_scale = _greatest(self._rows, products, self.n_rows)
        broken = max(
            _violation(activity, self.row_lower, self.row_upper, row_scale),
            _violation(values, self.lower, self.upper, np.abs(values)),
            self._fractions(values),
        )
        if duals is None:
            return Proof(broken, np.nan, np.nan)
        prices = self._values * duals[self._rows]
        reduced = costs - np.bincount(self._columns, weights=prices, minlength=len(values))
        scale = np.maximum(_greatest(self._columns, prices, len(values)), np.abs(costs))
        by_row, row_open = _bound(duals, self.row_lower, self.row_upper, activity)
        by_column, open_ = _bound(reduced, self.lower, self.upper, values)
        priced = max(_worst(row_open, np.abs(duals)), _worst(open_, scale))
        cost = float(costs @ values)
        gap = abs(cost - float(by_row + by_column)) / max(1.0, abs(cost))
        return Proof(broken, priced, gap)

    def _fractions(self, values: FloatArray) -> float:
        whole = values[self.matrices.whole]
        return float(np.max(np.abs(whole - np.round(whole)), initial=0.0)) if self.matrices.n_columns else 0.0


def _greatest(places: IntArray, products: FloatArray, count: int) -> FloatArray:
    """Return the greatest magnitude at each place."""
    found = np.zeros(count)
    np.maximum.at(found, places, np.abs(products))
    return found


def _violation(values: FloatArray, lower: FloatArray, upper: FloatArray, scale: FloatArray) -> float:
    beyond = np.maximum(np.maximum(lower - values, values - upper), 0.0)
    return float(np.max(beyond / np.maximum(1.0, scale), initial=0.0))


def _bound(prices: FloatArray, lower: FloatArray, upper: FloatArray, values: FloatArray) -> tuple[float, FloatArray]:
    """Return what the prices add to the bound of the cost, and the prices that meet no bound."""
    side = np.where(prices > 0.0, lower, upper)
    met = np.isfinite(side)
    return float(np.sum(prices * np.where(met, side, values))), np.where(met, 0.0, prices)


def _worst(prices: FloatArray, scale: FloatArray) -> float:
    return float(np.max(np.abs(prices) / np.maximum(1.0, scale), initial=0.0))
