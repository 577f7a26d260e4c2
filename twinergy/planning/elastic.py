# SPDX-License-Identifier: Apache-2.0
"""A problem whose limits may be missed: what people set gets room, what physics says does not."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from twinergy.planning.blocks.agreeing import plain, room_name
from twinergy.planning.draft import HEAT
from twinergy.planning.program import INFINITY

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

    from twinergy.kinds import FloatArray
    from twinergy.planning.optimise import Goal
    from twinergy.planning.program import IntArray, Matrices

BALANCE: Final = "balance."


@dataclass(frozen=True, kw_only=True)
class Limit:
    """A limit that somebody set, and the columns by which it may be missed.

    Attributes
    ----------
    kind : str
        ``most`` or ``least`` of a size, ``demand`` or ``surplus`` of a node, ``power`` of a step, ``rule`` of a block, ``co2``,
        ``eur``.
    block, name : str
        Whose, and which of his.
    value : float
        The limit, the greatest one where each step has its own. [unit]
    unit : str
        Its unit.
    columns : ndarray of int64
        By how much it is missed, one column a step or a single one.
    """

    kind: str
    block: str
    name: str
    value: float
    unit: str
    columns: IntArray

    @property
    def by_step(self) -> bool:
        """Whether every step has its own."""
        return self.kind in {"demand", "surplus", "power"} or (self.kind == "rule" and len(self.columns) > 1)

    @property
    def weight(self) -> float:
        """How bad a miss of one unit is: ten percent of one limit are as bad as of any other. [1/unit]."""
        return 1.0 / max(abs(self.value), 1.0)


def stretched(matrices: Matrices, goal: Goal, ids: Iterable[str] = ()) -> tuple[Matrices, list[Limit]]:
    """Return the problem with room beside every limit that people set, and those limits.

    Sizes, demands, powers, sums of sizes, rules without a size in them, and the goal's limits on totals are what people set;
    what is stored or converted is not.
    """
    writer = _Writer(matrices, owners(matrices, ids))
    limits = [*_sizes(writer), *_demands(writer), *_powers(writer), *_rules(writer), *_totals(writer, goal)]
    return writer.finished(), limits


class _Writer:
    """Columns and rows added to matrices."""

    def __init__(self, matrices: Matrices, owner: dict[str, str]) -> None:
        self.matrices, self.owner = matrices, owner
        self.n_columns, self.n_rows = matrices.n_columns, len(matrices.row_lower)
        self.lower, self.upper = matrices.lower.copy(), matrices.upper.copy()
        self._entries: list[tuple[IntArray, IntArray, FloatArray]] = []
        self._row_bounds: list[tuple[FloatArray, FloatArray]] = []

    def room(self, rows: IntArray, sign: float) -> IntArray:
        """Add a column to each of some rows."""
        columns = np.arange(self.n_columns, self.n_columns + len(rows))
        self.n_columns += len(rows)
        self._entries.append((rows, columns, np.full(len(rows), sign)))
        return columns

    def also(self, rows: IntArray, columns: IntArray, sign: float) -> None:
        """Let columns that were added make room in other rows as well."""
        self._entries.append((rows, columns, np.full(len(rows), sign)))

    def rows(self, columns: IntArray, least: FloatArray, most: FloatArray) -> IntArray:
        """Add a row for each of some columns."""
        rows = np.arange(self.n_rows, self.n_rows + len(columns))
        self.n_rows += len(columns)
        self._entries.append((rows, columns, np.ones(len(columns))))
        self._row_bounds.append((least, most))
        return rows

    def row(self, coefficients: FloatArray, most: float) -> IntArray:
        """Add one row over all columns."""
        columns = np.flatnonzero(coefficients)
        row = np.array([self.n_rows])
        self.n_rows += 1
        self._entries.append((np.repeat(row, len(columns)), columns, coefficients[columns]))
        self._row_bounds.append((np.array([-INFINITY]), np.array([most])))
        return row

    def finished(self) -> Matrices:
        from scipy import sparse  # noqa: PLC0415 - takes half a second to import

        own = self.matrices
        columns = np.repeat(np.arange(own.n_columns), np.diff(own.starts))
        parts = [(own.indices.astype(np.int64), columns, own.values), *self._entries]
        row, column, value = (np.concatenate([part[number] for part in parts]) for number in range(3))
        matrix = sparse.csc_matrix((value, (row, column)), shape=(self.n_rows, self.n_columns))
        matrix.sort_indices()
        added = self.n_columns - own.n_columns
        return replace(
            own,
            lower=np.concatenate([self.lower, np.zeros(added)]),
            upper=np.concatenate([self.upper, np.full(added, INFINITY)]),
            row_lower=np.concatenate([own.row_lower, *(least for least, _ in self._row_bounds)]),
            row_upper=np.concatenate([own.row_upper, *(most for _, most in self._row_bounds)]),
            starts=matrix.indptr.astype(np.int32),
            indices=matrix.indices.astype(np.int32),
            values=matrix.data,
        )


def _sizes(writer: _Writer) -> Iterator[Limit]:
    nothing = np.array([INFINITY])
    for choice in writer.matrices.choices:
        columns = writer.matrices.columns[choice.variable]
        least, most = writer.matrices.lower[columns], writer.matrices.upper[columns]
        facts: dict[str, Any] = {"block": choice.block, "name": choice.name, "unit": choice.size.unit}
        if most[0] < INFINITY:
            writer.upper[columns] = INFINITY
            room = writer.room(writer.rows(columns, -nothing, most), -1.0)
            _let_units_follow(writer, choice.variable, room)
            yield Limit(kind="most", value=choice.size.existing + float(most[0]), columns=room, **facts)
        if least[0] > 0.0:
            writer.lower[columns] = 0.0
            room = writer.room(writer.rows(columns, least, nothing), 1.0)
            yield Limit(kind="least", value=float(least[0]), columns=room, **facts)


def _let_units_follow(writer: _Writer, variable: str, room: IntArray) -> None:
    """Give what is counted beside a size, its packs and whether it is built, as much room as its greatest size has."""
    matrices = writer.matrices
    if f"{variable}_packs" in matrices.columns:
        writer.upper[matrices.columns[f"{variable}_packs"]] = INFINITY
    for row in matrices.rows.get(f"{variable}_only_if_built", ()):
        writer.also(np.array([row]), room, -1.0)


def _demands(writer: _Writer) -> Iterator[Limit]:
    matrices = writer.matrices
    places = {plain(f"{flow.node}_{flow.carrier}"): (flow.node, flow.carrier) for flow in matrices.flows}
    for name, rows in matrices.rows.items():
        if not name.startswith(BALANCE):
            continue
        word = name.removeprefix(BALANCE).rsplit(".", 1)[0]
        node, carrier = places.get(word) or places.get(word.rsplit("_", 1)[0]) or (word, "")
        needed = float(np.max(matrices.row_lower[rows], initial=0.0))
        facts: dict[str, Any] = {"block": node, "name": carrier, "unit": "kW", "value": needed}
        if needed > 0.0:
            yield Limit(kind="demand", columns=writer.room(rows, 1.0), **facts)
        if carrier != HEAT:
            yield Limit(kind="surplus", columns=writer.room(rows, -1.0), **facts)


def _powers(writer: _Writer) -> Iterator[Limit]:
    matrices = writer.matrices
    chosen = {choice.variable for choice in matrices.choices}
    whole = set(matrices.whole.tolist())
    for name, columns in matrices.columns.items():
        most = matrices.upper[columns]
        bounded = np.flatnonzero(most < INFINITY)
        if name in chosen or not len(bounded) or int(columns[0]) in whole:
            continue
        writer.upper[columns] = INFINITY
        rows = writer.rows(columns[bounded], np.full(len(bounded), -INFINITY), most[bounded])
        block, variable = writer.owner[name], name.rpartition(".")[2]
        unit = "kWh" if variable.endswith("_kwh") else "kW"
        value = float(most[bounded].max())
        yield Limit(kind="power", block=block, name=variable, value=value, unit=unit, columns=writer.room(rows, -1.0))


def _rules(writer: _Writer) -> Iterator[Limit]:
    matrices = writer.matrices
    with_size, with_switch = _rows_with(matrices, _sizes_of(matrices)), _rows_with(matrices, matrices.whole)
    for name, rows in matrices.rows.items():
        least, most = matrices.row_lower[rows], matrices.row_upper[rows]
        says_something = np.any(np.isfinite(least) & (least != 0.0)) or np.any(np.isfinite(most) & (most != 0.0))
        physics = bool(with_switch[rows].any()) or (len(rows) > 1 and bool(with_size[rows].any()))
        if name.startswith(BALANCE) or physics or not says_something or np.any(least == most):
            continue
        block, rule = writer.owner[name], name.rpartition(".")[2]
        finite = np.concatenate([least[least > -INFINITY], most[most < INFINITY]])
        value = float(finite[np.argmax(np.abs(finite))])
        below, above = rows[least > -INFINITY], rows[most < INFINITY]
        room = [writer.room(side, sign) for side, sign in ((below, 1.0), (above, -1.0)) if len(side)]
        yield Limit(kind="rule", block=block, name=rule, value=value, unit=_unit(rule), columns=np.concatenate(room))


def _sizes_of(matrices: Matrices) -> IntArray:
    return np.array([int(matrices.columns[choice.variable][0]) for choice in matrices.choices], dtype=np.int64)


def _rows_with(matrices: Matrices, columns: IntArray) -> NDArray[np.bool_]:
    found = np.zeros(len(matrices.row_lower), dtype=np.bool_)
    for column in columns:
        found[matrices.indices[matrices.starts[column] : matrices.starts[column + 1]]] = True
    return found


def _totals(writer: _Writer, goal: Goal) -> Iterator[Limit]:
    matrices = writer.matrices
    for kind, unit, most, coefficients in (
        ("co2", "kg/a", goal.most_co2_kg, matrices.costs(0.0, 1.0)),
        ("eur", "EUR/a", goal.most_eur, matrices.costs()),
    ):
        if most < INFINITY:
            room = writer.room(writer.row(coefficients, most), -1.0)
            yield Limit(kind=kind, block="", name=kind, value=most, unit=unit, columns=room)


def owners(matrices: Matrices, ids: Iterable[str] = ()) -> dict[str, str]:
    """Return the block of each variable as far as it is known; names of variables only hold a plain form of it."""
    said = {flow.variable: flow.block for flow in matrices.flows} | {term.variable: term.block for term in matrices.terms}
    rooms = {room_name(one): one for one in ids} | {variable.rpartition(".")[0]: block for variable, block in said.items()}
    return {name: rooms.get(name.rpartition(".")[0], name.rpartition(".")[0]) for name in (*matrices.columns, *matrices.rows)}


def _unit(rule: str) -> str:
    return rule.rsplit("_", 1)[-1] if rule.endswith(("_kw", "_kwh", "_eur", "_kg", "_pu")) else "units"
