# SPDX-License-Identifier: Apache-2.0
"""Matrices in HiGHS, kept warm: another goal, limit or cut starts from the last answer.

A year of hours is solved in three strides: a few weeks say roughly how big things are, the year is run with those sizes, and
from there the sizes are freed and the simplex method finishes. The optimum is that of the whole problem; only the way there is
shorter. Every answer is checked against the problem before it is given out (`twinergy.planning.proof`).
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import TYPE_CHECKING, Any, Final

import highspy
import numpy as np

from twinergy.errors import ModelError
from twinergy.planning.program import INFINITY
from twinergy.planning.proof import Ledger, Proof

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from twinergy.kinds import FloatArray
    from twinergy.planning.program import Matrices

    IntArray = NDArray[np.int64]

DUAL: Final = 1
PRIMAL: Final = 4
MOST_STRIDES: Final = 12
"""Rounds in which sizes are let go on the side they want to; a handful is usual, later ones free all at once."""
A_LITTLE: Final = 0.1
"""Least size that is guessed where anything may be built; 0.1 to 5 make no difference. [unit of the size]"""
LARGER: Final = (1.0, 1.03, 1.1, 1.3, 2.0)
"""What guessed sizes are multiplied with until they suffice. [-]"""
ON_A_BOUND: Final = 1e-9
"""A size that is so close to its least or most is there, relative to it. [-]"""


class Status(Enum):
    """How a solve ended."""

    OPTIMAL = "optimal"
    """The best there is, for whole numbers within the gap that was asked for."""
    GOOD = "good"
    """Whole numbers: the time was up, the gap is stated."""
    INFEASIBLE = "infeasible"
    UNBOUNDED = "unbounded"
    UNFINISHED = "unfinished"
    """The time was up, or the answer did not pass its check; the notes say which."""


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
    proof : Proof, optional
        What an independent check found; None without an answer.
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
    proof: Proof | None = None

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
    relaxed : bool
        Whether whole numbers may be broken: for a first guess of the sizes.

    Attributes
    ----------
    changes : int
        How often bounds, limits or rows were changed; what was found before a change need not hold after it.
    """

    matrices: Matrices
    time_limit_s: float = 600.0
    gap: float = 1e-4
    relaxed: bool = False
    changes: int = field(init=False, default=0)
    _highs: highspy.Highs = field(init=False)
    _costs: FloatArray = field(init=False)
    _ledger: Ledger = field(init=False)

    def __post_init__(self) -> None:
        self._highs = highspy.Highs()  # type: ignore[no-untyped-call]
        self._set("output_flag", value=False)
        self._set("mip_rel_gap", self.gap)
        self._costs = self.matrices.costs()
        self._ledger = Ledger(self.matrices)
        _checked(self._highs.passModel(_model(self.matrices, self._costs, whole=self.whole)))

    @property
    def whole(self) -> bool:
        """Whether something has to be a whole number."""
        return bool(len(self.matrices.whole)) and not self.relaxed

    @property
    def n_rows(self) -> int:
        """Number of rows, added ones included."""
        return self._ledger.n_rows

    @property
    def as_compiled(self) -> bool:
        """Whether bounds and limits are those of the matrices and no row was added."""
        first, now = self.matrices, self._ledger
        pairs = ((getattr(first, name), getattr(now, name)) for name in ("lower", "upper", "row_lower", "row_upper"))
        return all(np.array_equal(one, other) for one, other in pairs)

    def goal(self, costs: FloatArray) -> None:
        """Minimise another sum of costs, shape (n_columns,)."""
        self._costs = costs
        n = len(costs)
        _checked(self._highs.changeColsCost(n, np.arange(n, dtype=np.int32), np.ascontiguousarray(costs)))

    def bound(self, columns: IntArray, lower: FloatArray, upper: FloatArray) -> None:
        """Give columns other bounds."""
        least, most = np.asarray(lower, float), np.asarray(upper, float)
        _checked(self._highs.changeColsBounds(len(columns), columns.astype(np.int32), least, most))
        self._ledger.lower[columns], self._ledger.upper[columns] = least, most
        self.changes += 1

    def bounds(self, columns: IntArray) -> tuple[FloatArray, FloatArray]:
        """Return least and most of columns as they are now."""
        return self._ledger.lower[columns], self._ledger.upper[columns]

    @property
    def costs(self) -> FloatArray:
        """Costs that are minimised now, shape (n_columns,)."""
        return self._costs

    def relax(self, *, on: bool) -> None:
        """Let whole numbers be broken, or ask for them again."""
        kind = highspy.HighsVarType.kContinuous if on else highspy.HighsVarType.kInteger
        columns = self.matrices.whole.astype(np.int32)
        _checked(self._highs.changeColsIntegrality(len(columns), columns, np.full(len(columns), int(kind), dtype=np.uint8)))
        self.relaxed = on

    def solve_from(self, values: FloatArray | None) -> Answer:
        """Solve with whole numbers, from a point that keeps to all limits where one is known."""
        begin = time.perf_counter()
        self._highs.clearSolver()
        if values is not None:
            start = highspy.HighsSolution()
            start.col_value = values.tolist()
            _checked(self._highs.setSolution(start), warnings=True)
        return replace(self._run(DUAL, "choose"), seconds=time.perf_counter() - begin)

    def restore(self, columns: IntArray) -> None:
        """Give columns their own bounds back."""
        self.bound(columns, self.matrices.lower[columns], self.matrices.upper[columns])

    def limit(self, coefficients: FloatArray, *, least: float = -INFINITY, most: float = INFINITY) -> int:
        """Add a limit on a sum over all columns, shape (n_columns,); returns its row."""
        columns = np.flatnonzero(coefficients)
        return self.cut(np.zeros(1, dtype=np.int64), columns, coefficients[columns], np.array([least]), np.array([most]))

    def cut(self, starts: IntArray, columns: IntArray, values: FloatArray, least: FloatArray, most: FloatArray) -> int:
        """Add many limits at once, row by row as in a compressed sparse row matrix; returns the first row."""
        first, count = self.n_rows, len(least)
        starts, columns, values = np.asarray(starts)[:count], np.asarray(columns), np.array(values, float)
        bounds = (np.asarray(least, float), np.asarray(most, float))
        places = starts.astype(np.int32), columns.astype(np.int32)
        _checked(self._highs.addRows(count, *bounds, len(columns), *places, values))
        self._ledger.add(starts, columns, values, *bounds)
        self.changes += 1
        return first

    def move(self, row: int, *, least: float = -INFINITY, most: float = INFINITY) -> None:
        """Give a row other bounds."""
        _checked(self._highs.changeRowBounds(row, least, most))
        self._ledger.row_lower[row], self._ledger.row_upper[row] = least, most
        self.changes += 1

    def solve(self, *, primal: bool = False) -> Answer:
        """Solve from where the last solve ended.

        Parameters
        ----------
        primal : bool
            Whether to stay among feasible points: right after costs changed or bounds were widened.
        """
        if self.whole:
            return self.solve_from(None)
        begin = time.perf_counter()
        warm = self._highs.getBasis().valid
        answer = self._run(PRIMAL if primal else DUAL, "off" if warm else "choose")
        if answer.status is Status.UNFINISHED and answer.proof is not None:
            # the simplex method can lose its way in what it has kept; from the beginning it comes out elsewhere
            self._highs.clearSolver()
            second = self._run(DUAL, "off")
            answer = replace(second, notes=(*answer.notes, *second.notes, "solved once more from the beginning"))
        return replace(answer, seconds=time.perf_counter() - begin)

    def anew(self) -> Answer:
        """Solve from nothing: another start is the longer way where costs are far from those it was the best for."""
        self._highs.clearSolver()
        return self.solve()

    def from_sizes(self, sizes: Mapping[str, float]) -> Answer:
        """Solve by way of guessed sizes: first with them, then freed from there. A guess that cannot be run is let go.

        Notes
        -----
        Freed at once, all sizes fall to their least and the simplex method has to find its way back to something feasible. So
        each is freed only to the side on which it saves, which leaves the point where it is: no limit is broken on the way.
        """
        if self.whole:
            return self.solve()
        begin = time.perf_counter()
        columns = np.array([int(self.matrices.columns[name][0]) for name in sizes], dtype=np.int64)
        own = self._ledger.lower[columns].copy(), self._ledger.upper[columns].copy()
        notes: list[str] = []
        answer = self._rough(columns, np.array(list(sizes.values())), own, notes)
        found, kept = answer.status is Status.OPTIMAL, len(columns)
        for _ in range(MOST_STRIDES):
            if answer.status is not Status.OPTIMAL or not kept:
                break
            kept = self._let_go(columns, own, answer)
            if kept:
                answer = self._stride("sizes let go", notes)
        self.bound(columns, *own)
        if kept or answer.status is not Status.OPTIMAL:
            answer = self._stride("sizes free", notes, primal=found)
        seconds = time.perf_counter() - begin
        return replace(answer, seconds=seconds, notes=(*notes, *answer.notes))

    def standing(self) -> tuple[list[Any], list[Any]]:
        """Return where the last solve ended: the status of every column and of every row in its basis."""
        basis = self._highs.getBasis()
        return list(basis.col_status), list(basis.row_status)

    def stand(self, columns: list[Any], rows: list[Any]) -> None:
        """Let the next solve begin at a basis."""
        basis = highspy.HighsBasis()
        basis.valid, basis.col_status, basis.row_status = True, columns, rows
        _checked(self._highs.setBasis(basis))

    def check(self, costs: FloatArray, answer: Answer) -> Proof:
        """Check an answer against the problem as it is now, for any costs of its columns."""
        return self._ledger.check(costs, answer.values, None if self.whole else answer.duals)

    def _rough(self, columns: IntArray, guess: FloatArray, own: tuple[FloatArray, FloatArray], notes: list[str]) -> Answer:
        """Run with guessed sizes, and with greater ones where the guess is too small."""
        # another start would have to be undone first, and a problem with its sizes given is solved fast from nothing
        self._highs.clearSolver()
        # away from a size of nothing many steps lead nowhere: 36,000 iterations where a little of it takes 2,000
        guess = np.maximum(guess, own[0] + A_LITTLE)
        for factor in LARGER:
            tried = np.clip(guess * factor, *own)
            self.bound(columns, tried, tried)
            answer = self._stride(f"sizes of the weeks x {factor:g}", notes, primal=False)
            if answer.status is not Status.INFEASIBLE:
                return answer
        self.bound(columns, *own)
        return self._stride("sizes free", notes, primal=False)

    def _stride(self, name: str, notes: list[str], *, primal: bool = True) -> Answer:
        answer = self.solve(primal=primal)
        notes.append(f"{name}: {answer.status.value}, {answer.seconds:.2f} s, {answer.iterations} iterations")
        return answer

    def _let_go(self, columns: IntArray, own: tuple[FloatArray, FloatArray], answer: Answer) -> int:
        """Give every size the side it saves on and keep its other side where it is; returns how many were kept so."""
        kinds = highspy.HighsBasisStatus
        basis = self._highs.getBasis()
        standing = basis.col_status
        lower, upper = own[0].copy(), own[1].copy()
        kept = 0
        for place, column in enumerate(columns.tolist()):
            if standing[column] == kinds.kBasic:
                continue
            value, slack = answer.values[column], ON_A_BOUND * max(1.0, abs(answer.values[column]))
            at_least, at_most = value <= lower[place] + slack, value >= upper[place] - slack
            grows = answer.reduced[column] < 0.0 if not at_least and not at_most else bool(at_least)
            standing[column] = kinds.kLower if grows else kinds.kUpper
            if not at_least and not at_most:
                (lower if grows else upper)[place] = value
                kept += 1
        self.bound(columns, lower, upper)
        basis.col_status = standing
        _checked(self._highs.setBasis(basis))
        return kept

    def _run(self, strategy: int, presolve: str) -> Answer:
        begin = time.perf_counter()
        self._set("simplex_strategy", strategy)
        self._set("presolve", presolve)
        # the clock of HiGHS goes on from solve to solve
        self._set("time_limit", self._highs.getRunTime() + self.time_limit_s)
        _checked(self._highs.run(), warnings=True)
        if self._highs.getModelStatus() == highspy.HighsModelStatus.kUnboundedOrInfeasible:
            self._set("presolve", "off")
            _checked(self._highs.run(), warnings=True)
        return self._answer(time.perf_counter() - begin)

    def _answer(self, seconds: float) -> Answer:
        info = self._highs.getInfo()
        status = _status(self._highs.getModelStatus(), info)
        iterations = max(0, int(info.simplex_iteration_count))
        if status not in {Status.OPTIMAL, Status.GOOD}:
            nothing = np.full(self.matrices.n_columns, np.nan)
            return Answer(status, np.nan, np.nan, nothing, np.full(self.n_rows, np.nan), nothing, seconds, iterations)
        solution = self._highs.getSolution()
        values, whole = np.array(solution.col_value), self.whole
        duals = np.full(self.n_rows, np.nan) if whole else np.array(solution.row_dual)
        reduced = np.full(len(values), np.nan) if whole else np.array(solution.col_dual)
        proof = self._ledger.check(self._costs, values, None if whole else duals)
        notes: tuple[str, ...] = ()
        if not (proof.feasible if whole else proof.holds):
            status, notes = Status.UNFINISHED, (f"HiGHS calls it optimal, a check does not: {proof}",)
        gap = float(info.mip_gap) if whole else proof.gap
        return Answer(status, float(self._costs @ values), gap, values, duals, reduced, seconds, iterations, notes, proof)

    def _set(self, option: str, value: Any) -> None:
        _checked(self._highs.setOptionValue(option, value))


def _status(found: highspy.HighsModelStatus, info: highspy.HighsInfo) -> Status:
    kinds = highspy.HighsModelStatus
    if found == kinds.kOptimal:
        return Status.OPTIMAL
    if found == kinds.kInfeasible:
        return Status.INFEASIBLE
    if found in {kinds.kUnbounded, kinds.kUnboundedOrInfeasible}:
        return Status.UNBOUNDED
    there = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
    return Status.GOOD if there and np.isfinite(info.mip_gap) else Status.UNFINISHED


def _model(matrices: Matrices, costs: FloatArray, *, whole: bool) -> highspy.HighsLp:
    problem = highspy.HighsLp()
    problem.num_col_, problem.num_row_ = matrices.n_columns, len(matrices.row_lower)
    problem.col_cost_, problem.col_lower_, problem.col_upper_ = costs, matrices.lower, matrices.upper
    problem.row_lower_, problem.row_upper_ = matrices.row_lower, matrices.row_upper
    form = problem.a_matrix_
    form.format_ = highspy.MatrixFormat.kColwise
    form.start_, form.index_, form.value_ = matrices.starts, matrices.indices, matrices.values
    if whole:
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
