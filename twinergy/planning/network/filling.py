# SPDX-License-Identifier: Apache-2.0
"""How full roofs can be: a linear problem whose network limits are written only where they are broken."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from twinergy.planning.horizon import Horizon
from twinergy.planning.network.margins import HIGH, LOADED
from twinergy.planning.program import INFINITY, Matrices
from twinergy.planning.solving import Answer, Program

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from twinergy.kinds import FloatArray
    from twinergy.planning.network.case import Help, HostingCase
    from twinergy.planning.network.margins import Limit

    IntArray = NDArray[np.int64]
    ComplexArray = NDArray[np.complex128]

NEGLIGIBLE: Final = 1e-9
WORTH_OF_WASTE: Final = 1e-6
"""What a kW that is curtailed or taken costs, in kWp: so that nothing is curtailed without need."""


@dataclass
class Filling:
    """The problem: sizes of roofs, and in critical steps what is curtailed and taken.

    Parameters
    ----------
    case : HostingCase
        The question.
    shape : ndarray, shape (n_roofs, n_sizes)
        What a unit of each size puts on each roof: one column for a common share, a unit matrix for roofs of their own. [kWp]
    most : ndarray, shape (n_sizes,)
        Greatest sizes.
    help : Help
        What may help.
    """

    case: HostingCase
    shape: FloatArray
    most: FloatArray
    help: Help
    rows: list[Limit] = field(default_factory=list)
    critical: set[int] = field(default_factory=set)

    def solve(self, most_of: Callable[[Limit], float]) -> tuple[Answer, Solution]:
        """Return the fullest roofs that keep the rows, whose upper bounds `most_of` gives by row."""
        columns = Columns(self)
        program = Program(columns.matrices())
        program.goal(columns.costs)
        first = 0
        for block in (self._curtailment(columns), self._taking(columns), self._network(columns, most_of)):
            if block is not None:
                first = _add(program, *block)
        answer = program.solve()
        return answer, Solution.of(columns, answer, answer.duals[first : first + len(self.rows)])

    def _network(self, columns: Columns, most_of: Callable[[Limit], float]) -> tuple[Any, FloatArray] | None:
        """Return the rows of the network's limits, each scaled to a greatest coefficient of 1."""
        from scipy.sparse import csr_matrix  # noqa: PLC0415

        if not self.rows:
            return None
        case, places, values, most = self.case, [], [], []
        for row in self.rows:
            by_p, by_q = gradient(case, row)
            feed = by_q * case.tan_phi - by_p  # of a kW generated
            yields = case.yields_kw_per_kwp[case.orientation, row.step]
            own = [(np.arange(columns.n_sizes), (feed[case.connection] * yields) @ self.shape)]
            hour = columns.hour_of.get(row.step)
            if hour is not None:
                own += [(columns.curtailed[hour], -feed)] if self.help.curtails else []
                own += [(columns.taken[hour], by_p)] if self.help.takes else []
            place, value = (np.concatenate(part) for part in zip(*own, strict=True))
            scale = max(float(np.abs(value).max()), NEGLIGIBLE)
            places.append(place)
            values.append(np.where(np.abs(value) > NEGLIGIBLE * scale, value / scale, 0.0))
            most.append(most_of(row) / scale)
        starts = np.concatenate([[0], np.cumsum([len(place) for place in places])])
        matrix = csr_matrix((np.concatenate(values), np.concatenate(places), starts), shape=(len(self.rows), columns.count))
        return matrix, np.array(most)

    def _curtailment(self, columns: Columns) -> tuple[Any, FloatArray] | None:
        """Return the rows that curtail no more than is generated, and no more of a year's energy than is allowed."""
        from scipy.sparse import coo_matrix, vstack  # noqa: PLC0415

        if not (self.help.curtails and columns.steps):
            return None
        case, n_hours, n = self.case, len(columns.steps), self.case.load_kw.shape[0]
        per_size = np.zeros((n, len(case.yields_kw_per_kwp), columns.n_sizes))
        np.add.at(per_size, (case.connection, case.orientation), self.shape)
        there = case.per_connection(case.existing_kwp)
        yields = case.yields_kw_per_kwp[:, columns.steps]
        generated = np.einsum("cos,oh->hcs", per_size, yields).reshape(n_hours * n, columns.n_sizes)
        within = _beside(columns, -generated, coo_matrix(np.eye(n_hours * n)), columns.curtailed.ravel())
        energy = np.einsum("cos,o->cs", per_size, case.yields_kw_per_kwp.sum(axis=1))
        per_year = np.tile(np.eye(n), (1, n_hours))
        budget = _beside(columns, -self.help.curtailed_share * energy, coo_matrix(per_year), columns.curtailed.ravel())
        old_kw, old_kwh = (there @ yields).T.ravel(), self.help.curtailed_share * (there @ case.yields_kw_per_kwp.sum(axis=1))
        return vstack([within, budget]).tocsr(), np.concatenate([old_kw, old_kwh])

    def _taking(self, columns: Columns) -> tuple[Any, FloatArray] | None:
        """Return the rows that take on each day no more than there is room for."""
        from scipy.sparse import coo_matrix  # noqa: PLC0415

        if not (self.help.takes and columns.steps):
            return None
        case, n = self.case, self.case.load_kw.shape[0]
        days, which = np.unique(case.day[columns.steps], return_inverse=True)
        connection = np.tile(np.arange(n), len(columns.steps))
        row = np.repeat(which, n) * n + connection
        places, values = [columns.taken.ravel()], [np.full(len(row), case.step_h)]
        rows = [row]
        if self.help.kwh_per_kwp:
            every = np.arange(len(days) * n)
            power = np.arange(len(row)) + len(every)
            rows += [every, power, power]
            places += [columns.bought[every % n], columns.taken.ravel(), columns.bought[connection]]
            values += [np.full(len(every), -1.0), np.ones(len(row)), np.full(len(row), -self.help.kw_per_kwh)]
        own_kwh = np.zeros(n) if self.help.take_kwh is None else self.help.take_kwh
        most = np.tile(own_kwh, len(days))
        if self.help.kwh_per_kwp:
            most = np.concatenate([most, columns.own_kw.ravel()])
        shape = (len(most), columns.count)
        return coo_matrix((np.concatenate(values), (np.concatenate(rows), np.concatenate(places))), shape=shape).tocsr(), most


class Columns:
    """Where everything is in the problem, and its bounds and costs."""

    def __init__(self, filling: Filling) -> None:
        case, own = filling.case, filling.help
        self.n_sizes = len(filling.most)
        self.steps = sorted(filling.critical) if own.anything else []
        self.hour_of = {step: hour for hour, step in enumerate(self.steps)}
        n, shape = case.load_kw.shape[0], (len(self.steps), case.load_kw.shape[0])
        count = self.n_sizes
        self.bought = count + np.arange(n if own.kwh_per_kwp else 0)
        count += len(self.bought)
        self.curtailed = count + np.arange(np.prod(shape) if own.curtails else 0, dtype=np.int64).reshape(-1, n)
        count += self.curtailed.size
        self.taken = count + np.arange(np.prod(shape) if own.takes else 0, dtype=np.int64).reshape(-1, n)
        self.count = count + self.taken.size
        take = np.zeros(n) if own.take_kw is None else own.take_kw
        self.own_kw = (take[:, self.steps].T if take.ndim > 1 else np.broadcast_to(take, shape)).astype(np.float64)
        self.upper = np.full(self.count, INFINITY)
        self.upper[: self.n_sizes] = filling.most
        if own.takes and not own.kwh_per_kwp:
            self.upper[self.taken.ravel()] = self.own_kw.ravel()
        self.costs = np.full(self.count, WORTH_OF_WASTE)
        self.costs[: self.n_sizes] = -filling.shape.sum(axis=0)
        self.costs[self.bought] = own.kwh_per_kwp

    def matrices(self) -> Matrices:
        """Return the problem without rows."""
        nothing = np.zeros(0)
        return Matrices(
            horizon=Horizon.whole(1),
            columns={},
            rows={},
            terms=(),
            choices=(),
            flows=(),
            lower=np.zeros(self.count),
            upper=self.upper,
            row_lower=nothing,
            row_upper=nothing,
            starts=np.zeros(self.count + 1, dtype=np.int32),
            indices=np.zeros(0, dtype=np.int32),
            values=nothing,
            whole=np.zeros(0, dtype=np.int64),
        )


@dataclass(frozen=True)
class Solution:
    """An answer in terms of the question.

    Attributes
    ----------
    sizes : ndarray, shape (n_sizes,)
    bought_kwh : ndarray, shape (n_connections,) or (0,)
        Batteries that were bought. [kWh]
    steps : list of int
        Critical steps.
    curtailed_kw, taken_kw : ndarray, shape (n_critical, n_connections)
        What is curtailed and taken in them. [kW]
    duals : ndarray, shape (n_rows,)
        What each row of the network costs.
    """

    sizes: FloatArray
    bought_kwh: FloatArray
    steps: list[int]
    curtailed_kw: FloatArray
    taken_kw: FloatArray
    duals: FloatArray

    @classmethod
    def of(cls, columns: Columns, answer: Answer, duals: FloatArray) -> Solution:
        """Read an answer."""
        values = answer.values
        return cls(
            values[: columns.n_sizes],
            values[columns.bought],
            columns.steps,
            values[columns.curtailed],
            values[columns.taken],
            np.abs(duals),
        )


def gradient(case: HostingCase, row: Limit) -> tuple[FloatArray, FloatArray]:
    """Return how much nearer to a limit a kW and a kvar of load at each connection comes, shape (n_connections,)."""
    linear = case.linear
    if row.sort != LOADED:
        sign = 1.0 if row.sort == HIGH else -1.0
        return sign * linear.by_p[row.element], sign * linear.by_q[row.element]
    back = np.conj(row.direction)
    by_p, by_q = (_dense(part, row.element) for part in (linear.power_by_p, linear.power_by_q))
    return (back * by_p).real, (back * by_q).real


def _dense(matrix: Any, row: int) -> ComplexArray:
    line = matrix[row]
    return np.asarray(line.todense() if hasattr(line, "todense") else line).ravel()


def _beside(columns: Columns, sizes: FloatArray, others: Any, places: IntArray) -> Any:
    """Return rows with a dense part for sizes and a sparse one for other columns."""
    from scipy.sparse import coo_matrix  # noqa: PLC0415

    dense = coo_matrix(sizes)
    data = np.concatenate([dense.data, others.data])
    place = np.concatenate([dense.col, places[others.col]])
    shape = (sizes.shape[0], columns.count)
    return coo_matrix((data, (np.concatenate([dense.row, others.row]), place)), shape=shape)


def _add(program: Program, matrix: Any, most: FloatArray) -> int:
    matrix.sum_duplicates()
    matrix.eliminate_zeros()
    return program.cut(matrix.indptr[:-1], matrix.indices, matrix.data, np.full(len(most), -INFINITY), most)
