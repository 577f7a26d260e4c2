# SPDX-License-Identifier: Apache-2.0
"""A draft as matrices in HiGHS: kept between solves, so that another goal, another limit or another cut costs a restart only."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import highspy
import numpy as np
from pyomo.repn.plugins.standard_form import LinearStandardFormCompiler

if TYPE_CHECKING:

    from numpy.typing import NDArray

    from twinergy.kinds import FloatArray
    from twinergy.planning.draft import Choice, Draft, Flow, Term
    from twinergy.planning.horizon import Horizon

    IntArray = NDArray[np.int64]

INFINITY: Final = highspy.kHighsInf
SMALLEST: Final = 1e-9
"""Coefficients that HiGHS would leave out with a warning: a yield of a microwatt."""


@dataclass(frozen=True)
class Matrices:
    """A draft as arrays; nothing of the model is kept.

    Attributes
    ----------
    horizon : Horizon
        Steps.
    columns : dict of str to ndarray of int64
        Columns of each variable by its name.
    rows : dict of str to ndarray of int64
        Rows of each limit by its name.
    terms, choices, flows : tuple
        What the blocks said.
    """

    horizon: Horizon
    columns: dict[str, IntArray]
    rows: dict[str, IntArray]
    terms: tuple[Term, ...]
    choices: tuple[Choice, ...]
    flows: tuple[Flow, ...]
    lower: FloatArray
    upper: FloatArray
    row_lower: FloatArray
    row_upper: FloatArray
    starts: IntArray
    indices: IntArray
    values: FloatArray
    whole: IntArray

    @property
    def n_columns(self) -> int:
        """Number of columns."""
        return len(self.lower)

    def costs(self, eur: float = 1.0, eur_per_kg: float = 0.0) -> FloatArray:
        """Return the yearly cost of every column, euro and greenhouse gases weighted, shape (n_columns,)."""
        total = np.zeros(self.n_columns)
        for term in self.terms:
            total[self.columns[term.variable]] += eur * term.eur + eur_per_kg * term.co2_kg
        return total


def compiled(draft: Draft) -> Matrices:
    """Return the matrices of a draft."""
    noise = logging.getLogger("pyomo")
    level = noise.level
    noise.setLevel(logging.ERROR)
    try:
        form = LinearStandardFormCompiler().write(draft.model, mixed_form=True, set_sense=None)
    finally:
        noise.setLevel(level)
    place = {id(variable): column for column, variable in enumerate(form.columns)}
    matrix = form.A.tocsc()
    matrix.data[np.abs(matrix.data) < SMALLEST] = 0.0
    matrix.eliminate_zeros()
    entries = {name: list(variable.values()) for name, variable in draft.variables.items()}
    everything = [entry for several in entries.values() for entry in several]
    for entry in everything:
        place.setdefault(id(entry), len(place))
    n_columns = len(place)
    starts = np.concatenate([matrix.indptr, np.full(n_columns + 1 - len(matrix.indptr), matrix.indptr[-1])])
    lower, upper, whole = np.zeros(n_columns), np.full(n_columns, INFINITY), []
    for entry in everything:
        column = place[id(entry)]
        if entry.lb is not None:
            lower[column] = entry.lb
        if entry.ub is not None:
            upper[column] = entry.ub
        if not entry.is_continuous():
            whole.append(column)
    kinds = np.array([row.bound_type for row in form.rows])
    return Matrices(
        horizon=draft.horizon,
        columns={name: np.array([place[id(entry)] for entry in several]) for name, several in entries.items()},
        rows=_rows(draft.model, form.rows),
        terms=tuple(draft.terms),
        choices=tuple(draft.choices),
        flows=tuple(draft.flows),
        lower=lower,
        upper=upper,
        row_lower=np.where(kinds == 1, -INFINITY, form.rhs),
        row_upper=np.where(kinds == -1, INFINITY, form.rhs),
        starts=starts.astype(np.int32),
        indices=matrix.indices.astype(np.int32),
        values=matrix.data,
        whole=np.array(whole, dtype=np.int64),
    )


def _rows(model: Any, rows: Any) -> dict[str, IntArray]:
    """Return the rows of each limit; the compiler keeps the order in which they were written."""
    found: dict[str, list[int]] = {}
    for number, row in enumerate(rows):
        found.setdefault(row.constraint.parent_component().name, []).append(number)
    return {name: np.array(numbers) for name, numbers in found.items()}
