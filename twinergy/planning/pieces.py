# SPDX-License-Identifier: Apache-2.0
"""A problem in pieces that do not touch: without sharing, every node of a community can be planned by itself.

The simplex method takes more than twice the time for twice the problem. So pieces are solved one by one, and what they found is
put together and checked against the whole. Where the whole is needed later, with a limit that spans pieces, it begins where they
ended.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import highspy
import numpy as np

from twinergy.planning.program import Matrices
from twinergy.planning.solving import Answer, Program, Status

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from twinergy.kinds import FloatArray

    IntArray = NDArray[np.int64]

SMALL: Final = 1000
"""Columns below which a piece is not worth a program of its own."""


@dataclass
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

    def solve(self, costs: FloatArray, sizes: Mapping[str, float], *, anew: bool) -> Answer:
        """Solve for costs of the whole: anew, by way of guessed sizes where there are any, or from where the last solve ended."""
        self.program.goal(costs[self.columns])
        own = {name: value for name, value in sizes.items() if name in self.program.matrices.columns}
        if own:
            return self.program.from_sizes(own)
        return self.program.anew() if anew else self.program.solve(primal=True)


class Pieces:
    """All pieces of a problem, kept warm; none where the problem is one piece.

    Parameters
    ----------
    matrices : Matrices
        The problem; that some of it has to be whole numbers is left to the whole.
    time_limit_s : float
        Wall time of one solve of one piece. [s]
    """

    def __init__(self, matrices: Matrices, time_limit_s: float) -> None:
        self._matrices = matrices
        found = split(matrices)
        parts = found if len(found) > 1 else []
        # one after the other: two threads in the solver's binding took as long together
        self.parts = tuple(
            Piece(columns, rows, Program(cut(matrices, columns, rows), time_limit_s, relaxed=True)) for columns, rows in parts
        )

    def __len__(self) -> int:
        return len(self.parts)

    def solve(self, costs: FloatArray, sizes: Mapping[str, float], *, anew: bool) -> tuple[Answer, ...]:
        """Solve every piece for some costs; see `Piece.solve`."""
        return tuple(piece.solve(costs, sizes, anew=anew) for piece in self.parts)

    def joined(self, answers: Sequence[Answer], program: Program) -> Answer:
        """Return the answers of all pieces as one of the whole, checked against it for its costs."""
        values, reduced = np.empty((2, self._matrices.n_columns))
        duals = np.empty(len(self._matrices.row_lower))
        for piece, answer in zip(self.parts, answers, strict=True):
            values[piece.columns], duals[piece.rows], reduced[piece.columns] = answer.values, answer.duals, answer.reduced
        seconds, iterations = sum(answer.seconds for answer in answers), sum(answer.iterations for answer in answers)
        notes = (f"{len(answers)} pieces one by one: {seconds:.2f} s, {iterations} iterations",)
        objective = float(program.costs @ values)
        found = Answer(Status.OPTIMAL, objective, np.nan, values, duals, reduced, seconds, iterations, notes)
        proof = program.check(program.costs, found)
        status = Status.OPTIMAL if proof.holds else Status.UNFINISHED
        return replace(found, status=status, gap=proof.gap, proof=proof)

    def start(self, program: Program) -> None:
        """Put the ends of all pieces together as the start of the whole; it may have rows more by now."""
        columns = np.empty(self._matrices.n_columns, dtype=object)
        rows = np.full(program.n_rows, highspy.HighsBasisStatus.kBasic, dtype=object)
        for piece in self.parts:
            columns[piece.columns], rows[piece.rows] = piece.program.standing()
        program.stand(columns.tolist(), rows.tolist())


def solved(answers: Sequence[Answer]) -> bool:
    """Whether every piece has its optimum."""
    return all(answer.status is Status.OPTIMAL for answer in answers)


def split(matrices: Matrices) -> list[tuple[IntArray, IntArray]]:
    """Return columns and rows of each piece, the largest first; what is small goes together, at the end."""
    n_rows = len(matrices.row_lower)
    column = np.repeat(np.arange(matrices.n_columns), np.diff(matrices.starts))
    label = _connected(matrices.indices.astype(np.int64), column + n_rows, n_rows + matrices.n_columns)
    counts = np.bincount(label[n_rows:], minlength=len(label))
    large = np.flatnonzero(counts >= SMALL)
    place = np.full(len(label), len(large), dtype=np.int64)
    place[large[np.argsort(-counts[large], kind="stable")]] = np.arange(len(large))
    of_row, of_column = place[label[:n_rows]], place[label[n_rows:]]
    if not (of_column == len(large)).any():
        # a limit on nothing belongs to nobody
        of_row[of_row == len(large)] = 0
    pieces = [(np.flatnonzero(of_column == number), np.flatnonzero(of_row == number)) for number in range(len(large) + 1)]
    return [piece for piece in pieces if len(piece[0])]


def _connected(ends: IntArray, others: IntArray, count: int) -> IntArray:
    """Return the least node that each node is connected with, shape (count,).

    Every node points to one that is not greater. In each round the node that an end points to is pointed at what the other end
    points to, if that is less, and all pointers skip one [1]_: a storage that links 8,760 steps takes a dozen rounds, not 8,760.
    Written out because importing scipy's sparse graphs takes a second and 65 MB.

    References
    ----------
    .. [1] Zhang, Azad, Hu, "FastSV: a distributed-memory connected component algorithm with fast convergence", SIAM Conference on
       Parallel Processing for Scientific Computing (2020), algorithm 2.
    """
    leads = np.arange(count)
    while True:
        before = leads.copy()
        beyond = leads[leads]
        for one, other in ((ends, others), (others, ends)):
            there = beyond[other]
            np.minimum.at(leads, before[one], there)
            np.minimum.at(leads, one, there)
        np.minimum(leads, beyond, out=leads)
        if np.array_equal(leads, before):
            return leads


def cut(matrices: Matrices, columns: IntArray, rows: IntArray) -> Matrices:
    """Return the part of a problem with some columns and all rows that touch them; no other column may be in those rows."""
    column_of, row_of = _places(columns, matrices.n_columns), _places(rows, len(matrices.row_lower))
    lengths = np.diff(matrices.starts)[columns]
    starts = np.concatenate([[0], np.cumsum(lengths)])
    entries = np.arange(starts[-1]) + np.repeat(matrices.starts[columns] - starts[:-1], lengths)
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
        starts=starts.astype(np.int32),
        indices=row_of[matrices.indices[entries]].astype(np.int32),
        values=matrices.values[entries],
        whole=whole[whole >= 0],
    )


def _places(chosen: IntArray, count: int) -> IntArray:
    """Return where each of so many is among the chosen; -1 for the others."""
    places = np.full(count, -1, dtype=np.int64)
    places[chosen] = np.arange(len(chosen))
    return places
