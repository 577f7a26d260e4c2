# SPDX-License-Identifier: Apache-2.0
"""A draft as matrices in HiGHS: kept between solves, so that another goal, another limit or another cut costs a restart only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import highspy
import numpy as np
import pyomo.environ as pyo

from twinergy.planning.stencil import NotAStencil, RowReader, Rows, Stencil

if TYPE_CHECKING:
    from collections.abc import Iterable

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
    """Return the matrices of a draft.

    Notes
    -----
    Limits of all steps are read as arrays (`twinergy.planning.stencil`), the rest by Pyomo, row by row. Columns stand in the
    order in which the variables were added.
    """
    columns, names = {}, {}
    count = 0
    for variable in draft.model.component_objects(pyo.Var, descend_into=True):
        columns[id(variable)] = np.arange(count, count + len(variable))
        names[variable.name] = variable
        count += len(variable)
    lower, upper, whole = _bounds(names.values(), count)
    entries, rows = _limits(draft.model, columns)
    starts, indices, values = _matrix(entries, count)
    return Matrices(
        horizon=draft.horizon,
        columns={name: columns[id(variable)] for name, variable in names.items()},
        rows=rows,
        terms=tuple(draft.terms),
        choices=tuple(draft.choices),
        flows=tuple(draft.flows),
        lower=lower,
        upper=upper,
        row_lower=_joined([part.lower for part in entries], np.float64),
        row_upper=_joined([part.upper for part in entries], np.float64),
        starts=starts,
        indices=indices,
        values=values,
        whole=np.array(whole, dtype=np.int64),
    )


def _bounds(variables: Iterable[Any], count: int) -> tuple[FloatArray, FloatArray, list[int]]:
    lower, upper, whole, column = np.full(count, -INFINITY), np.full(count, INFINITY), [], 0
    for variable in variables:
        for entry in variable.values():
            least, most = (entry.value, entry.value) if entry.fixed else entry.bounds
            if least is not None:
                lower[column] = least
            if most is not None:
                upper[column] = most
            if not entry.is_continuous():
                whole.append(column)
            column += 1
    return lower, upper, whole


def _limits(model: Any, columns: dict[int, IntArray]) -> tuple[list[Rows], dict[str, IntArray]]:
    """Return the entries of each limit, and its rows by its name."""
    stencil, reader = Stencil(columns), RowReader(columns)
    found, rows, count = [], {}, 0
    for limit in model.component_objects(pyo.Constraint, active=True, descend_into=True):
        if not len(limit):
            continue
        try:
            part = stencil.rows(limit)
        except NotAStencil:
            part = reader.rows(limit)
        found.append(part)
        rows[limit.name] = np.arange(count, count + len(part.lower))
        count += len(part.lower)
    return found, rows


def _matrix(parts: list[Rows], n_columns: int) -> tuple[IntArray, IntArray, FloatArray]:
    """Return starts, rows and values by columns; entries of the same place are added up, nothings are left out.

    Written out here because importing scipy's sparse matrices takes half a second and 60 MB.
    """
    firsts = np.cumsum([0, *(len(part.lower) for part in parts)])
    n_rows = int(firsts[-1])
    row = _joined([part.row + first for part, first in zip(parts, firsts[:-1], strict=True)], np.int64)
    value = _joined([part.value for part in parts], np.float64)
    place = _joined([part.column for part in parts], np.int64) * max(n_rows, 1) + row
    order = np.argsort(place, kind="stable")
    place, value = place[order], value[order]
    new = np.diff(place, prepend=-1) != 0
    if not new.all():
        value, place = np.add.reduceat(value, np.flatnonzero(new)), place[new]
    kept = np.abs(value) > SMALLEST
    place, value = place[kept], value[kept]
    column, row = np.divmod(place, max(n_rows, 1))
    starts = np.searchsorted(column, np.arange(n_columns + 1))
    return starts.astype(np.int32), row.astype(np.int32), value


def _joined(parts: list[Any], kind: type) -> Any:
    return np.concatenate(parts) if parts else np.zeros(0, dtype=kind)
