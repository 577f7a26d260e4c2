# SPDX-License-Identifier: Apache-2.0
"""One problem of several: each scenario runs on its own, sizes are common to all."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from twinergy.errors import ModelError
from twinergy.planning.program import INFINITY

if TYPE_CHECKING:
    from collections.abc import Sequence

    from twinergy.kinds import FloatArray
    from twinergy.planning.program import IntArray, Matrices

COUNTED: Final = ("_packs", "_built")
"""Endings of what belongs to a size and is decided with it: see `Draft.size`."""


@dataclass(frozen=True)
class Stack:
    """Scenarios in one problem.

    Attributes
    ----------
    matrices : Matrices
        The problem; columns of the first scenario first, then what the others do not share with it, then what risk needs.
    places : tuple of ndarray of int64
        Column in the problem of every column of each scenario.
    costs : tuple of ndarray, each of shape (n_columns,)
        What each scenario costs. [EUR/a/unit]
    """

    matrices: Matrices
    places: tuple[IntArray, ...]
    costs: tuple[FloatArray, ...]

    def values_of(self, scenario: int, values: FloatArray) -> FloatArray:
        """Return the values of a scenario's own columns."""
        return values[self.places[scenario]]


def stacked(several: Sequence[Matrices], eur_per_kg: float = 0.0) -> Stack:
    """Return several problems as one whose sizes are the same in all.

    Parameters
    ----------
    several : sequence of Matrices
        One per scenario, with the same sizes; bounds of a size hold where all of them hold.
    eur_per_kg : float
        Price of greenhouse gases in the costs. [EUR/kg CO2e]

    Raises
    ------
    ModelError
        If scenarios offer different sizes.
    """
    _check_sizes(several)
    places, n_columns = _places(several)
    n_rows = np.cumsum([0, *(len(one.row_lower) for one in several)])
    lower, upper = np.full(n_columns, -INFINITY), np.full(n_columns, INFINITY)
    entries, whole = [], []
    for one, place, first in zip(several, places, n_rows[:-1], strict=True):
        lower[place], upper[place] = np.maximum(lower[place], one.lower), np.minimum(upper[place], one.upper)
        columns = place[np.repeat(np.arange(one.n_columns), np.diff(one.starts))]
        entries.append((one.indices + first, columns, one.values))
        whole.append(place[one.whole])
    matrices = replace(
        several[0],
        lower=lower,
        upper=upper,
        row_lower=np.concatenate([one.row_lower for one in several]),
        row_upper=np.concatenate([one.row_upper for one in several]),
        whole=np.unique(np.concatenate(whole)),
    )
    matrices = _filled(matrices, entries)
    return Stack(
        matrices,
        tuple(places),
        tuple(_moved(one.costs(1.0, eur_per_kg), place, n_columns) for one, place in zip(several, places, strict=True)),
    )


def widened(stack: Stack, rows: FloatArray, most: FloatArray, lower: FloatArray) -> Stack:
    """Return a stack with some columns and dense rows more.

    Parameters
    ----------
    stack : Stack
        The scenarios.
    rows : ndarray, shape (n_rows, n_columns + n_added)
        Coefficients of the rows; the columns added stand last.
    most : ndarray, shape (n_rows,)
        Upper limits of the rows.
    lower : ndarray, shape (n_added,)
        Lower bounds of the columns added; they have no upper ones.
    """
    own, added = stack.matrices, len(lower)
    n_rows = len(own.row_lower)
    row, column = np.nonzero(rows)
    columns = np.repeat(np.arange(own.n_columns), np.diff(own.starts))
    entries = [(own.indices.astype(np.int64), columns, own.values), (row + n_rows, column, rows[row, column])]
    matrices = replace(
        own,
        lower=np.concatenate([own.lower, lower]),
        upper=np.concatenate([own.upper, np.full(added, INFINITY)]),
        row_lower=np.concatenate([own.row_lower, np.full(len(most), -INFINITY)]),
        row_upper=np.concatenate([own.row_upper, most]),
    )
    return Stack(
        _filled(matrices, entries), stack.places, tuple(np.concatenate([costs, np.zeros(added)]) for costs in stack.costs)
    )


def mean(several: Sequence[Matrices], shares: FloatArray) -> Matrices | None:
    """Return the problem of the mean data of several; None where they are not built alike."""
    first = several[0]
    alike = all(
        one.n_columns == first.n_columns
        and len(one.row_lower) == len(first.row_lower)
        and [(term.variable, term.purpose) for term in one.terms] == [(term.variable, term.purpose) for term in first.terms]
        for one in several
    )
    if not alike:
        return None
    entries = [
        (one.indices.astype(np.int64), np.repeat(np.arange(one.n_columns), np.diff(one.starts)), share * one.values)
        for one, share in zip(several, shares, strict=True)
    ]
    terms = tuple(
        replace(
            term,
            eur=_mean([one.terms[n].eur for one in several], shares),
            co2_kg=_mean([one.terms[n].co2_kg for one in several], shares),
        )
        for n, term in enumerate(first.terms)
    )
    middle = replace(
        first,
        terms=terms,
        lower=_mean([one.lower for one in several], shares),
        upper=_mean([one.upper for one in several], shares),
        row_lower=_mean([one.row_lower for one in several], shares),
        row_upper=_mean([one.row_upper for one in several], shares),
    )
    return _filled(middle, entries)


def _mean(several: Sequence[FloatArray], shares: FloatArray) -> FloatArray:
    """Return the weighted mean; equal values stay what they are to the last bit, and infinite."""
    values = np.array(several)
    with np.errstate(invalid="ignore"):
        weighted = np.sum(values * shares[:, None], axis=0)
    return np.asarray(np.where((values == values[0]).all(axis=0), values[0], weighted))


def _check_sizes(several: Sequence[Matrices]) -> None:
    first = {choice.variable for choice in several[0].choices}
    for one in several[1:]:
        other = {choice.variable for choice in one.choices}
        if other != first:
            names = ", ".join(sorted(first ^ other))
            message = f"scenarios must offer the same sizes to choose, but only some of them have {names}"
            raise ModelError(message)


def _places(several: Sequence[Matrices]) -> tuple[list[IntArray], int]:
    first = several[0]
    places, n_columns = [np.arange(first.n_columns)], first.n_columns
    for one in several[1:]:
        place = np.full(one.n_columns, -1)
        for choice in one.choices:
            for name in (choice.variable, *(f"{choice.variable}{ending}" for ending in COUNTED)):
                if name in one.columns:
                    place[one.columns[name]] = first.columns[name]
        own = place < 0
        place[own] = np.arange(n_columns, n_columns + int(own.sum()))
        n_columns += int(own.sum())
        places.append(place)
    return places, n_columns


def _moved(costs: FloatArray, place: IntArray, n_columns: int) -> FloatArray:
    moved = np.zeros(n_columns)
    moved[place] = costs
    return moved


def _filled(matrices: Matrices, entries: Sequence[tuple[IntArray, IntArray, FloatArray]]) -> Matrices:
    """Return matrices with other entries (rows, columns, values); what stands in the same place is added up."""
    from scipy import sparse  # noqa: PLC0415 - takes half a second to import

    row, column, value = (np.concatenate([entry[number] for entry in entries]) for number in range(3))
    matrix = sparse.csc_matrix((value, (row, column)), shape=(len(matrices.row_lower), len(matrices.lower)))
    matrix.sort_indices()
    starts, indices = np.asarray(matrix.indptr), np.asarray(matrix.indices)
    return replace(matrices, starts=starts.astype(np.int32), indices=indices.astype(np.int32), values=matrix.data)
