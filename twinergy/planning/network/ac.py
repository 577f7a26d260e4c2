# SPDX-License-Identifier: Apache-2.0
"""A year through the grid's own power flow: what a plan does to voltages and loadings, step by step."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Protocol

import numpy as np

from twinergy.planning.network.linear import PHASES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from twinergy.kinds import FloatArray, Table, TableValues
    from twinergy.planning.network.linear import LinearFlow

    IntArray = NDArray[np.int64]
    BoolArray = NDArray[np.bool_]

WITHIN_PU: Final = 2e-4
"""A voltage this far beyond its band is within it. [pu]"""
WITHIN_PERCENT: Final = 0.1
"""Likewise a loading. [%]"""
SAME_KW: Final = 1e-9
"""A step whose loads moved by less is not computed again."""
VM_OF_PHASE: Final = {"": "vm_pu", "a": "vm_a_pu", "b": "vm_b_pu", "c": "vm_c_pu"}


class PowerFlow(Protocol):
    """What the check needs of a grid; every `twinergy.kinds.GridModel` has it."""

    tables: tuple[Table, ...]
    phases: bool

    def solve(self, p_kw: FloatArray, q_kvar: FloatArray, set_points: TableValues) -> TableValues:
        """Return voltages, loadings and losses."""


class Limits(Protocol):
    """Band of voltages and greatest loadings, as `twinergy.planning.request.GridRules` has them."""

    vm_min_pu: float
    vm_max_pu: float
    line_percent: float
    transformer_percent: float


@dataclass
class AcYear:
    """What the power flow said of each step; NaN where it did not converge.

    Attributes
    ----------
    vm_pu : ndarray, shape (n_voltages, n_steps)
        Watched voltages, in the order of the linear model. [pu]
    loading_percent : ndarray, shape (n_groups, n_steps)
        Greatest loading of the branches that carry the same. [%]
    lowest_pu, highest_pu : ndarray, shape (n_steps,)
        Over all buses and phases. [pu]
    line_percent, transformer_percent : ndarray, shape (n_steps,)
        Greatest over all lines and transformers. [%]
    loss_kw : ndarray, shape (n_steps,)
        Losses. [kW]
    diverged : ndarray of bool, shape (n_steps,)
        Steps without a solution.
    """

    vm_pu: FloatArray
    loading_percent: FloatArray
    lowest_pu: FloatArray
    highest_pu: FloatArray
    line_percent: FloatArray
    transformer_percent: FloatArray
    loss_kw: FloatArray
    diverged: BoolArray

    @classmethod
    def empty(cls, n_voltages: int, n_groups: int, n_steps: int) -> AcYear:
        """Return a year that nothing is known of yet."""
        voltages, groups = np.full((n_voltages, n_steps), np.nan), np.full((n_groups, n_steps), np.nan)
        lowest, highest, line, transformer, loss = (np.full(n_steps, np.nan) for _ in range(5))
        return cls(voltages, groups, lowest, highest, line, transformer, loss, np.zeros(n_steps, dtype=bool))

    def excess(self, limits: Limits) -> FloatArray:
        """Return how far each step is beyond its limits as a share of them, negative within, 1 if diverged; shape (n_steps,)."""
        parts = np.stack(
            [
                limits.vm_min_pu - self.lowest_pu,
                self.highest_pu - limits.vm_max_pu,
                self.line_percent / limits.line_percent - 1.0,
                self.transformer_percent / limits.transformer_percent - 1.0,
            ]
        )
        worst = np.max(np.where(np.isnan(parts), -np.inf, parts), axis=0)
        return np.where(self.diverged, 1.0, worst)

    def broken(self, limits: Limits) -> BoolArray:
        """Tell which steps are beyond a limit by more than rounding, or have no solution, shape (n_steps,)."""
        voltage = (self.lowest_pu < limits.vm_min_pu - WITHIN_PU) | (self.highest_pu > limits.vm_max_pu + WITHIN_PU)
        loading = (self.line_percent > limits.line_percent + WITHIN_PERCENT) | (
            self.transformer_percent > limits.transformer_percent + WITHIN_PERCENT
        )
        return np.asarray(voltage | loading | self.diverged)


@dataclass
class AcCheck:
    """The power flow of a grid over many steps; steps that did not change since the last time are kept.

    Parameters
    ----------
    model : GridModel
        The grid.
    linear : LinearFlow
        Linear model of it, which says what to watch.
    phases : sequence of str
        Phases of each connection, for a grid of three phases.
    """

    model: PowerFlow
    linear: LinearFlow
    phases: Sequence[str]
    seconds: float = 0.0
    _last: tuple[FloatArray, FloatArray, AcYear] | None = field(default=None, init=False, repr=False)

    def __post_init__(self) -> None:
        tables = {table.name: table for table in self.model.tables}
        self._tables = tables
        bus = tables["bus"].row_of
        ports = [VM_OF_PHASE[phase] if self.model.phases else "vm_pu" for phase in self.linear.phases]
        rows = np.array([bus[name] for name in self.linear.buses], dtype=np.int64)
        places = {port: np.flatnonzero([own == port for own in ports]) for port in dict.fromkeys(ports)}
        self._watch = {port: (place, rows[place]) for port, place in places.items()}
        self._groups = int(self.linear.group.max(initial=-1)) + 1
        branches, group = self.linear.network.branches, self.linear.group
        self._members = {}
        for sort in ("line", "transformer"):
            own_rows = [row for row, own in enumerate(self.linear.network.sorts) if own == sort and group[row] >= 0]
            table = tables[sort].row_of if sort in tables else {}
            self._members[sort] = (
                group[own_rows].astype(np.int64),
                np.array([table[branches[row]] for row in own_rows], dtype=np.int64),
            )
        self._voltages = tuple(VM_OF_PHASE[phase] for phase in PHASES) if self.model.phases else ("vm_pu",)
        self._share = np.array([[float(phase in own) / max(len(own), 1) for phase in PHASES] for own in self.phases])

    def run(self, p_kw: FloatArray, q_kvar: FloatArray) -> AcYear:
        """Return what the grid does in every step.

        Parameters
        ----------
        p_kw, q_kvar : ndarray, shape (n_connections, n_steps)
            Loads, load frame. [kW], [kvar]
        """
        n_steps = p_kw.shape[1]
        if self._last is not None and self._last[0].shape == p_kw.shape:
            moved = (np.abs(p_kw - self._last[0]) + np.abs(q_kvar - self._last[1])).max(axis=0) > SAME_KW
            year = self._last[2]
        else:
            moved, year = np.ones(n_steps, dtype=bool), AcYear.empty(len(self.linear.buses), self._groups, n_steps)
        for step in np.flatnonzero(moved).tolist():
            self._note(year, step, self.solve(p_kw[:, step], q_kvar[:, step]))
        self._last = (p_kw.copy(), q_kvar.copy(), year)
        return year

    def once(self, p_kw: FloatArray, q_kvar: FloatArray) -> AcYear:
        """Return what the grid does in some steps, and keep nothing of it."""
        year = AcYear.empty(len(self.linear.buses), self._groups, p_kw.shape[1])
        for step in range(p_kw.shape[1]):
            self._note(year, step, self.solve(p_kw[:, step], q_kvar[:, step]))
        return year

    def solve(self, p_kw: FloatArray, q_kvar: FloatArray) -> TableValues:
        """Return the result tables for the loads of one step, shape (n_connections,)."""
        if self.model.phases:
            return self.model.solve(p_kw[:, None] * self._share, q_kvar[:, None] * self._share, {})
        return self.model.solve(p_kw, q_kvar, {})

    def picture(self, p_kw: FloatArray, q_kvar: FloatArray) -> dict[str, dict[str, float]]:
        """Return voltages by bus and loadings by branch of one step, for a map; of three phases the worst."""
        values = self.solve(p_kw, q_kvar)
        voltage = np.stack([values["bus"][port] for port in self._voltages])
        worst = np.take_along_axis(voltage, np.nan_to_num(np.abs(voltage - 1.0)).argmax(axis=0)[None], axis=0)[0]
        found = {"vm_pu": dict(zip(self._tables["bus"].ids, worst.tolist(), strict=True)), "loading_percent": {}}
        for sort in ("line", "transformer"):
            if sort in values:
                found["loading_percent"] |= dict(
                    zip(self._tables[sort].ids, values[sort]["loading_percent"].tolist(), strict=True)
                )
        return found

    def _note(self, year: AcYear, step: int, values: TableValues) -> None:
        year.diverged[step] = values["grid"]["converged"][0] == 0.0
        bus = values["bus"]
        for port, (places, rows) in self._watch.items():
            year.vm_pu[places, step] = bus[port][rows]
        voltages = [bus[port] for port in self._voltages]
        year.loss_kw[step] = values["grid"]["p_loss_kw"][0]
        if year.diverged[step]:
            for course in (year.lowest_pu, year.highest_pu, year.line_percent, year.transformer_percent):
                course[step] = np.nan
            year.loading_percent[:, step] = np.nan
            return
        year.lowest_pu[step] = min(float(np.nanmin(voltage)) for voltage in voltages)
        year.highest_pu[step] = max(float(np.nanmax(voltage)) for voltage in voltages)
        loading = np.zeros(self._groups)
        for sort, (groups, rows) in self._members.items():
            if len(rows):
                np.maximum.at(loading, groups, values[sort]["loading_percent"][rows])
        year.loading_percent[:, step] = loading
        year.line_percent[step] = _greatest(values.get("line"))
        year.transformer_percent[step] = _greatest(values.get("transformer"))


def _greatest(table: dict[str, Any] | None) -> float:
    """Return the greatest loading of a table, 0 without any that has a rating."""
    if table is None:
        return 0.0
    return float(np.nan_to_num(table["loading_percent"], nan=0.0).max(initial=0.0))
