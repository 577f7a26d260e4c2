# SPDX-License-Identifier: Apache-2.0
"""A problem in pieces that do not touch: without sharing, every node of a community can be planned by itself.

The simplex method takes more than twice the time for twice the problem. So pieces are solved one by one, and what they end with
is put together as a start for the whole, which then has nothing left to do but to be checked.
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.sparse import csc_array, csgraph

from twinergy.planning.program import Matrices
from twinergy.planning.solving import Answer, Program, Status

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from twinergy.kinds import FloatArray

    IntArray = NDArray[np.int64]

THREADS: Final = 2
"""Pieces that are solved at the same time; the solver itself works on one core."""
SMALL: Final = 1000
"""Columns below which a piece is not worth a program of its own."""


@dataclass(frozen=True)
class Piece:
    """A part of a problem that shares no row with the rest.

    Attributes
    ----------
    columns, rows : ndarray of int64
        Which of the whole.
    program : Program
        The part in HiGHS.
    """

    columns: IntArray
    rows: IntArray
    program: Program


class Pieces:
    """All pieces of a problem, kept warm.

    Parameters
    ----------
    matrices : Matrices
        The problem.
    time_limit_s : float
        Wall time of one solve of one piece. [s]
    """

    def __init__(self, matrices: Matrices, time_limit_s: float) -> None:
        self._matrices = matrices
        self.parts = tuple(
            Piece(columns, rows, Program(_cut(matrices, columns, rows), time_limit_s)) for columns, rows in _split(matrices)
        )
        self._begun = False

    def __len__(self) -> int:
        return len(self.parts)

    def solve(self, costs: FloatArray, sizes: Mapping[str, float] | None) -> tuple[Answer, ...]:
        """Solve every piece for some costs, from where it ended last; the first time by way of guessed sizes."""
        first, self._begun = not self._begun, True

        def one(piece: Piece) -> Answer:
            piece.program.goal(costs[piece.columns])
            if not first:
                return piece.program.solve(primal=True)
            own = {name: value for name, value in (sizes or {}).items() if name in piece.program.matrices.columns}
            return piece.program.from_sizes(own) if own else piece.program.solve()

        with ThreadPoolExecutor(THREADS) as threads:
            return tuple(threads.map(one, self.parts))

    def start(self, program: Program) -> None:
        """Put the ends of all pieces together as the start of the whole."""
        columns = np.empty(self._matrices.n_columns, dtype=object)
        rows = np.empty(len(self._matrices.row_lower), dtype=object)
        for piece in self.parts:
            columns[piece.columns], rows[piece.rows] = piece.program.standing()
        program.stand(columns.tolist(), rows.tolist())


def solved(answers: Sequence[Answer]) -> bool:
    """Whether every piece has its optimum."""
    return all(answer.status is Status.OPTIMAL for answer in answers)


def told(answers: Sequence[Answer], began_s: float) -> str:
    """Return how it went."""
    iterations = sum(answer.iterations for answer in answers)
    return f"{len(answers)} pieces one by one: {time.perf_counter() - began_s:.2f} s, {iterations} iterations"


def _split(matrices: Matrices) -> list[tuple[IntArray, IntArray]]:
    """Return columns and rows of each piece, the largest first; what is small goes together."""
    n_columns, n_rows = matrices.n_columns, len(matrices.row_lower)
    matrix = csc_array((np.ones(len(matrices.indices)), matrices.indices, matrices.starts), shape=(n_rows, n_columns)).tocoo()
    graph = csc_array((matrix.data, (matrix.row, matrix.col + n_rows)), shape=(n_rows + n_columns, n_rows + n_columns))
    _, label = csgraph.connected_components(graph, directed=False)
    counts = np.bincount(label[n_rows:], minlength=int(label.max()) + 1)
    large = np.flatnonzero(counts >= SMALL)
    place = np.full(len(counts), len(large), dtype=np.int64)
    place[large[np.argsort(-counts[large])]] = np.arange(len(large))
    of_row, of_column = place[label[:n_rows]], place[label[n_rows:]]
    pieces = [(np.flatnonzero(of_column == number), np.flatnonzero(of_row == number)) for number in range(len(large) + 1)]
    return [piece for piece in pieces if len(piece[0])]


def _cut(matrices: Matrices, columns: IntArray, rows: IntArray) -> Matrices:
    """Return the part of a problem with some columns and all rows that touch them."""
    shape = (len(matrices.row_lower), matrices.n_columns)
    part = csc_array((matrices.values, matrices.indices, matrices.starts), shape=shape)[:, columns][rows, :].tocsc()
    column_of = np.full(matrices.n_columns, -1)
    column_of[columns] = np.arange(len(columns))
    row_of = np.full(len(matrices.row_lower), -1)
    row_of[rows] = np.arange(len(rows))
    whole = column_of[matrices.whole]
    return Matrices(
        horizon=matrices.horizon,
        columns={name: column_of[own] for name, own in matrices.columns.items() if (column_of[own] >= 0).all()},
        rows={name: row_of[own] for name, own in matrices.rows.items() if (row_of[own] >= 0).all()},
        terms=(),
        choices=tuple(choice for choice in matrices.choices if column_of[matrices.columns[choice.variable][0]] >= 0),
        flows=(),
        lower=matrices.lower[columns],
        upper=matrices.upper[columns],
        row_lower=matrices.row_lower[rows],
        row_upper=matrices.row_upper[rows],
        starts=part.indptr.astype(np.int32),
        indices=part.indices.astype(np.int32),
        values=part.data,
        whole=whole[whole >= 0],
    )
