# SPDX-License-Identifier: Apache-2.0
"""One HiGHS model that is built once and re-solved with other numbers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from twinergy.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from controllers.home_energy.optimum.cuts import Cuts
    from controllers.home_energy.optimum.layout import Layout
    from controllers.home_energy.optimum.matrix import IntArray, Matrix
    from controllers.home_energy.optimum.numbers import Numbers
    from twinergy.kinds import FloatArray

COLUMN_WISE: Final = 1
MINIMISE: Final = 1
CONTINUOUS: Final = 0
INTEGER: Final = 1
LEAST_GAP_EUR: Final = 1e-9
FINAL: Final = ("Infeasible", "Time limit reached")
"""What a second attempt would not change."""
OPTIONS: Final[dict[str, Any]] = {
    "output_flag": False,
    "mip_detect_symmetry": False,
    "mip_allow_restart": False,
    "threads": 1,
    "parallel": "off",
    "random_seed": 0,
    "dual_feasibility_tolerance": 1e-9,  # of EUR per kW and step: ties between ways to use a kWh shall not cost
    "simplex_dual_edge_weight_strategy": 1,  # devex; a fifth faster than steepest edge after an hour has passed
}


class Limits(NamedTuple):
    """When the solver stops.

    Attributes
    ----------
    mip_gap : float
        Gap between incumbent and bound that is good enough, relative to the money at stake (`stake.at_stake_eur`). [-]
    dive : int
        Most relaxations of our own branching before HiGHS branches.
    effort : int
        Most simplex iterations of our own branching.
    accept : float
        At odd prices, gap with which our own branching's plan is taken, and said to be an incumbent, rather than asking HiGHS;
        at ordinary prices HiGHS is asked for whatever is not within `mip_gap`. [-]
    nodes : int
        Most branch-and-bound nodes of HiGHS; unlike a time limit it gives the same plan on every machine.
    iterations : int
        Most simplex iterations of a relaxation.
    time_s : float
        Most wall time per solve; infinite by default, because a finite one makes plans depend on the machine. [s]
    """

    mip_gap: float = 1e-2
    dive: int = 60
    effort: int = 2000
    accept: float = 0.1
    nodes: int = 20
    iterations: int = 50_000
    time_s: float = math.inf


class Outcome(NamedTuple):
    """What a solve gave.

    Attributes
    ----------
    values : array, shape (n_columns,) or None
        Values of the columns; None where there is no feasible point.
    status : str
        ``optimal``, or what HiGHS said.
    objective_eur : float
        Of the values. [EUR]
    bound_eur : float
        No plan is better than this; the objective itself for a linear programme. [EUR]
    """

    values: FloatArray | None
    status: str
    objective_eur: float = math.inf
    bound_eur: float = -math.inf


class Solver:
    """HiGHS with one constant matrix.

    Parameters
    ----------
    layout, matrix
        Columns, rows and their entries.
    numbers : Numbers
        Numbers of the relaxation.
    extra_rows : pair of array
        Bounds of the rows that only the exact programme has.
    limits : Limits
        When to stop.
    """

    def __init__(
        self, layout: Layout, matrix: Matrix, numbers: Numbers, extra_rows: tuple[FloatArray, FloatArray], limits: Limits
    ) -> None:
        import highspy  # noqa: PLC0415 - importing a controller must stay cheap

        self._core = highspy
        self._layout, self._limits = layout, limits
        self._highs: Any = highspy.Highs()  # type: ignore[no-untyped-call]
        options = OPTIONS | {"mip_rel_gap": 0.0, "mip_max_nodes": limits.nodes}
        options |= {"simplex_iteration_limit": limits.iterations, "time_limit": limits.time_s}
        for name, value in options.items():
            self._must(self._highs.setOptionValue(name, value), f"option {name}")
        binaries = layout.n_columns - layout.relaxed_columns
        cost, lower = (np.concatenate([part, np.zeros(binaries)]) for part in (numbers.cost, numbers.lower))
        upper = np.concatenate([numbers.upper, np.ones(binaries)])
        below = np.concatenate([numbers.row_lower, extra_rows[0]])
        above = np.concatenate([numbers.row_upper, extra_rows[1]])
        size = (layout.n_columns, layout.n_rows, len(matrix.values))
        passed = self._highs.passModel(
            *size, COLUMN_WISE, MINIMISE, 0.0, cost, lower, upper, below, above, *matrix,
            np.full(layout.n_columns, CONTINUOUS, dtype=np.int32),
        )  # fmt: skip
        self._must(passed, "model")
        self._columns = np.arange(layout.relaxed_columns, dtype=np.int32)
        self._known: dict[str, tuple[FloatArray, ...]] = {}
        self._basis: Any = None
        self.iterations = 0
        self._integer = np.zeros(layout.n_columns, dtype=np.uint8)
        self._every = np.arange(layout.n_columns, dtype=np.int32)

    def update(self, numbers: Numbers) -> None:
        """Replace costs, bounds and right-hand sides; only what changed is passed on. Inequalities of the last outlook go."""
        self._uncut()
        highs, cost = self._highs, self._changed("cost", numbers.cost)
        if len(cost):
            self._must(highs.changeColsCost(len(cost), cost, numbers.cost[cost]), "costs")
        self.bound(numbers.lower, numbers.upper)
        below, above = numbers.row_lower, numbers.row_upper
        rows = self._changed("rows", below, above)
        if len(rows):
            self._must(highs.changeRowsBounds(len(rows), rows, below[rows], above[rows]), "right-hand sides")
        self._must(highs.changeObjectiveOffset(numbers.offset_eur), "offset")

    def bound(self, lower: FloatArray, upper: FloatArray) -> None:
        """Replace the bounds of the relaxation's columns until the next update."""
        columns = self._changed("bounds", lower, upper)
        if len(columns):
            self._must(self._highs.changeColsBounds(len(columns), columns, lower[columns], upper[columns]), "bounds")

    def _changed(self, what: str, *values: FloatArray) -> IntArray:
        """Return where values differ from those that HiGHS has, and keep them."""
        known = self._known.get(what)
        self._known[what] = tuple(value.copy() for value in values)
        if known is None:
            return np.arange(len(values[0]), dtype=np.int32)
        differs = values[0] != known[0]
        for value, old in zip(values[1:], known[1:], strict=True):
            differs |= value != old
        return np.flatnonzero(differs).astype(np.int32)

    def cut(self, cuts: Iterable[Cuts]) -> int:
        """Add inequalities until the next update and return how many."""
        added = 0
        for each in cuts:
            if self._basis is None:
                self._basis = self._highs.getBasis()
            count, terms = each.columns.shape
            starts = np.arange(0, count * terms, terms, dtype=np.int32)
            below, above = np.full(count, -np.inf), each.limits
            rows = (count, below, above, count * terms, starts, each.columns.ravel(), each.values.ravel())
            self._must(self._highs.addRows(*rows), "inequalities")
            added += count
        return added

    def duals(self, rows: str) -> FloatArray:
        """Return what one more on the right-hand side of each row of a block costs, of the last relaxation. [EUR]."""
        return np.array(self._highs.getSolution().row_dual)[self._layout.rows[rows]]

    def _uncut(self) -> None:
        """Take the inequalities of the last outlook away and go back to the basis before them."""
        if self._basis is None:
            return
        rows = np.arange(self._layout.n_rows, self._highs.getNumRow(), dtype=np.int32)
        self._must(self._highs.deleteRows(len(rows), rows), "inequalities")
        self._highs.setBasis(self._basis)
        self._basis = None

    def stop_at(self, gap_eur: float) -> None:
        """Let branching stop at this distance between plan and bound, in EUR."""
        self._must(self._highs.setOptionValue("mip_abs_gap", max(gap_eur, LEAST_GAP_EUR)), "gap")

    def suggest(self, known: FloatArray) -> None:
        """Offer values of the relaxation's columns as a starting point of the branching; no promise that they are used."""
        self._highs.setSolution(len(self._columns), self._columns, known[: len(self._columns)])

    def branch_on(self, blocks: list[str]) -> None:
        """Let exactly these blocks of columns be integer."""
        integer = np.zeros_like(self._integer)
        for block in blocks:
            integer[self._layout.columns[block]] = INTEGER
        if not np.array_equal(integer, self._integer):
            self._must(self._highs.changeColsIntegrality(len(integer), self._every, integer), "binaries")
            self._integer = integer

    def run(self) -> Outcome:
        """Solve and return what came out; a relaxation that stops early is tried once more from scratch."""
        branched = bool(self._integer.any())
        outcome = self._run(branched)
        if outcome.values is None and not branched and outcome.status not in FINAL:
            self._highs.clearSolver()
            outcome = self._run(branched)
        return outcome

    def _run(self, branched: bool) -> Outcome:
        core, highs = self._core, self._highs
        if math.isfinite(self._limits.time_s):  # HiGHS counts all runs of a model against its limit
            highs.setOptionValue("time_limit", highs.getRunTime() + self._limits.time_s)
        highs.run()
        self.iterations += max(int(highs.getInfo().simplex_iteration_count), 0)
        status = highs.getModelStatus()
        if status == core.HighsModelStatus.kOptimal:
            return self._outcome("optimal", branched)
        text = highs.modelStatusToString(status)
        if branched and highs.getInfo().primal_solution_status == core.SolutionStatus.kSolutionStatusFeasible:
            return self._outcome(text, branched)
        return Outcome(None, text)

    def _outcome(self, status: str, branched: bool) -> Outcome:
        info = self._highs.getInfo()
        best = float(info.objective_function_value)
        bound = float(info.mip_dual_bound) if branched else best
        return Outcome(np.array(self._highs.getSolution().col_value), status, best, bound)

    def _must(self, status: Any, what: str) -> None:
        if status == self._core.HighsStatus.kError:
            message = f"HiGHS refused the {what} of a home's programme of {self._layout.n_columns} columns; check the magnitudes"
            raise ModelError(message)
