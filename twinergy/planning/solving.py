# SPDX-License-Identifier: Apache-2.0
"""Matrices in HiGHS, kept warm: another goal, limit or cut starts from the last answer.

A year of hours is solved in three strides: a few weeks say roughly how big things are, the year is run with those sizes, and from
there the sizes are freed and the simplex method finishes. The optimum is that of the whole problem; only the way there is shorter.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Final

import highspy
import numpy as np

from twinergy.errors import ModelError
from twinergy.planning.program import INFINITY

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from twinergy.kinds import FloatArray
    from twinergy.planning.program import Matrices

    IntArray = NDArray[np.int64]

FEASIBLE_WITHIN: Final = 1e-6
"""Greatest violation of a limit, of the row as it is scaled by the user. [unit of the row]"""
GAP: Final = 1e-7
"""Greatest relative difference between the cost and its bound for a plan without whole numbers. [-]"""


class Status(Enum):
    """How a solve ended."""

    OPTIMAL = "optimal"
    GOOD = "good"
    """Whole numbers: the time was up, the gap is stated."""
    INFEASIBLE = "infeasible"
    UNBOUNDED = "unbounded"
    UNFINISHED = "unfinished"


@dataclass(frozen=True)
class Answer:
    """What came out of a solve.

    Attributes
    ----------
    status : Status
        How it ended.
    objective : float
        Value of the objective, NaN without an answer.
    gap : float
        Relative difference between the objective and its bound. [-]
    values : ndarray, shape (n_columns,)
        Value of every column.
    duals : ndarray, shape (n_rows,)
        What one more unit of a row's limit would change of the objective; NaN with whole numbers.
    reduced : ndarray, shape (n_columns,)
        What one more unit of a column would change of the objective.
    seconds : float
        Wall time. [s]
    iterations : int
        Simplex iterations.
    notes : tuple of str
        How it went, for the report.
    """

    status: Status
    objective: float
    gap: float
    values: FloatArray
    duals: FloatArray
    reduced: FloatArray
    seconds: float
    iterations: int
    notes: tuple[str, ...] = ()

    @property
    def usable(self) -> bool:
        """Whether there is a plan."""
        return self.status in {Status.OPTIMAL, Status.GOOD}


@dataclass
class Program:
    """A problem in HiGHS.

    Parameters
    ----------
    matrices : Matrices
        The problem.
    time_limit_s : float
        Wall time of one solve. [s]
    gap : float
        Relative gap at which whole numbers are good enough. [-]
    """

    matrices: Matrices
    time_limit_s: float = 600.0
    gap: float = 1e-4
    _highs: highspy.Highs = field(init=False)
    _costs: FloatArray = field(init=False)
    _n_rows: int = field(init=False)

    def __post_init__(self) -> None:
        self._highs = highspy.Highs()
        self._set("output_flag", value=False)
        self._set("time_limit", self.time_limit_s)
        self._set("mip_rel_gap", self.gap)
        self._costs = self.matrices.costs()
        self._n_rows = len(self.matrices.row_lower)
        _checked(self._highs.passModel(_model(self.matrices, self._costs)))

    def goal(self, costs: FloatArray) -> None:
        """Minimise another sum of costs, shape (n_columns,)."""
        self._costs = costs
        n = len(costs)
        _checked(self._highs.changeColsCost(n, np.arange(n, dtype=np.int32), np.ascontiguousarray(costs)))

    def bound(self, columns: IntArray, lower: FloatArray, upper: FloatArray) -> None:
        """Give columns other bounds."""
        count = len(columns)
        _checked(
            self._highs.changeColsBounds(count, columns.astype(np.int32), np.asarray(lower, float), np.asarray(upper, float))
        )

    def restore(self, columns: IntArray) -> None:
        """Give columns their own bounds back."""
        self.bound(columns, self.matrices.lower[columns], self.matrices.upper[columns])

    def limit(self, coefficients: FloatArray, *, least: float = -INFINITY, most: float = INFINITY) -> int:
        """Add a limit on a sum over all columns, shape (n_columns,); returns its row."""
        columns = np.flatnonzero(coefficients).astype(np.int32)
        _checked(self._highs.addRow(least, most, len(columns), columns, np.ascontiguousarray(coefficients[columns])))
        self._n_rows += 1
        return self._n_rows - 1

    def cut(self, starts: IntArray, columns: IntArray, values: FloatArray, least: FloatArray, most: FloatArray) -> int:
        """Add many limits at once, row by row as in a compressed sparse row matrix; returns the first row."""
        first, count = self._n_rows, len(least)
        _checked(
            self._highs.addRows(
                count,
                np.asarray(least, float),
                np.asarray(most, float),
                len(columns),
                starts.astype(np.int32),
                columns.astype(np.int32),
                np.asarray(values, float),
            )
        )
        self._n_rows += count
        return first

    def move(self, row: int, *, least: float = -INFINITY, most: float = INFINITY) -> None:
        """Give a row other bounds."""
        _checked(self._highs.changeRowBounds(row, least, most))

    def solve(self, *, primal: bool = False) -> Answer:
        """Solve from where the last solve ended.

        Parameters
        ----------
        primal : bool
            Whether to stay among feasible points: right after costs changed or bounds were widened.
        """
        begin = time.perf_counter()
        warm = self._highs.getBasis().valid
        self._set("simplex_strategy", 4 if primal else 1)
        self._set("presolve", "off" if warm else "choose")
        _checked(self._highs.run(), warnings=True)
        return self._answer(time.perf_counter() - begin)

    def from_sizes(self, sizes: Mapping[str, float]) -> Answer:
        """Solve by way of guessed sizes: first with them, then freed from there. A guess that cannot be run is let go."""
        begin = time.perf_counter()
        columns = np.array([int(self.matrices.columns[name][0]) for name in sizes], dtype=np.int64)
        guess = np.clip(np.array(list(sizes.values())), self.matrices.lower[columns], self.matrices.upper[columns])
        notes = []
        for factor in (1.0, 1.25):
            tried = np.clip(guess * factor, self.matrices.lower[columns], self.matrices.upper[columns])
            self.bound(columns, tried, tried)
            rough = self.solve()
            notes.append(
                f"sizes of the weeks x {factor:g}: {rough.status.value}, {rough.seconds:.2f} s, {rough.iterations} iterations"
            )
            if rough.status is Status.OPTIMAL:
                break
        self.restore(columns)
        answer = self.solve(primal=rough.status is Status.OPTIMAL)
        notes.append(f"sizes free: {answer.status.value}, {answer.seconds:.2f} s, {answer.iterations} iterations")
        seconds = time.perf_counter() - begin
        return Answer(**{**vars(answer), "seconds": seconds, "notes": tuple(notes)})

    def _answer(self, seconds: float) -> Answer:
        info, solution = self._highs.getInfo(), self._highs.getSolution()
        status = _status(self._highs.getModelStatus(), info)
        whole = bool(len(self.matrices.whole))
        values = (
            np.array(solution.col_value) if status in {Status.OPTIMAL, Status.GOOD} else np.full(self.matrices.n_columns, np.nan)
        )
        objective = float(self._costs @ values)
        duals = np.array(solution.row_dual) if not whole and status is Status.OPTIMAL else np.full(self._n_rows, np.nan)
        reduced = (
            np.array(solution.col_dual) if not whole and status is Status.OPTIMAL else np.full(self.matrices.n_columns, np.nan)
        )
        gap = float(info.mip_gap) if whole else float(info.primal_dual_objective_error)
        if status is Status.OPTIMAL and not (info.max_primal_infeasibility <= FEASIBLE_WITHIN and (whole or gap <= GAP)):
            status = Status.UNFINISHED
        return Answer(status, objective, gap, values, duals, reduced, seconds, int(info.simplex_iteration_count))

    def _set(self, option: str, value: object) -> None:
        _checked(self._highs.setOptionValue(option, value))


def _status(found: highspy.HighsModelStatus, info: highspy.HighsInfo) -> Status:
    kinds = highspy.HighsModelStatus
    if found == kinds.kOptimal:
        return Status.OPTIMAL
    if found in {kinds.kInfeasible, kinds.kUnboundedOrInfeasible}:
        return Status.INFEASIBLE
    if found == kinds.kUnbounded:
        return Status.UNBOUNDED
    there = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
    return Status.GOOD if there and np.isfinite(info.mip_gap) else Status.UNFINISHED


def _model(matrices: Matrices, costs: FloatArray) -> highspy.HighsLp:
    problem = highspy.HighsLp()
    problem.num_col_, problem.num_row_ = matrices.n_columns, len(matrices.row_lower)
    problem.col_cost_, problem.col_lower_, problem.col_upper_ = costs, matrices.lower, matrices.upper
    problem.row_lower_, problem.row_upper_ = matrices.row_lower, matrices.row_upper
    problem.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    problem.a_matrix_.start_, problem.a_matrix_.index_, problem.a_matrix_.value_ = (
        matrices.starts,
        matrices.indices,
        matrices.values,
    )
    if len(matrices.whole):
        kinds = [highspy.HighsVarType.kContinuous] * matrices.n_columns
        for column in matrices.whole:
            kinds[column] = highspy.HighsVarType.kInteger
        problem.integrality_ = kinds
    return problem


def _checked(status: highspy.HighsStatus, *, warnings: bool = False) -> None:
    allowed = {highspy.HighsStatus.kOk, highspy.HighsStatus.kWarning} if warnings else {highspy.HighsStatus.kOk}
    if status not in allowed:
        message = f"HiGHS refused a step of the solve ({status}); please report the plan that led to this"
        raise ModelError(message)
