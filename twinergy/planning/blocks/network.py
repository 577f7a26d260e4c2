# SPDX-License-Identifier: Apache-2.0
"""What the network can carry: linear limits on what blocks draw and feed in; `twinergy.planning.network` makes them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pyomo.environ as pyo

from twinergy.errors import Finding
from twinergy.planning.blocks.agreeing import room_name
from twinergy.planning.blocks.block import Block

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from twinergy.kinds import FloatArray
    from twinergy.planning.draft import Draft
    from twinergy.planning.horizon import Horizon
    from twinergy.planning.program import Matrices

    IntArray = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class CutRows:
    """Cuts as rows of a program, in the order in which `Program.cut` takes them: ``program.cut(*rows.as_arguments())``.

    Attributes
    ----------
    starts, columns, values : ndarray
        Compressed sparse rows; `starts` has one entry for each row.
    least, most : ndarray, shape (n_rows,)
        Bounds.
    cut, step : ndarray of int64, shape (n_rows,)
        Which cut each row is, and its step of the plan.
    """

    starts: IntArray
    columns: IntArray
    values: FloatArray
    least: FloatArray
    most: FloatArray
    cut: IntArray
    step: IntArray

    def as_arguments(self) -> tuple[IntArray, IntArray, FloatArray, FloatArray, FloatArray]:
        """Return them as arguments of `Program.cut`."""
        return self.starts, self.columns, self.values, self.least, self.most


@dataclass(frozen=True, slots=True, kw_only=True)
class Cuts:
    """Linear limits, each on variables of one step: ``least <= sum(coefficient * variable[step]) <= most``.

    Attributes
    ----------
    name : str
        What they limit, for messages and names of rows: ``voltage``, ``loading`` …
    variables : tuple of (str, str)
        Block and name of each variable: ``("meter-farm", "import_kw")``. One without steps (a size) counts in every step.
    coefficients : ndarray, shape (n_cuts, n_variables)
        What a unit of each variable adds. [unit of the bounds per kW]
    step : ndarray of int64, shape (n_cuts,)
        Step of the data that each cut holds in; a plan over other steps leaves it out, one that has the step twice has it twice.
    least, most : ndarray, shape (n_cuts,)
        Bounds, infinite where there is none.
    """

    name: str
    variables: tuple[tuple[str, str], ...]
    coefficients: FloatArray
    step: IntArray
    least: FloatArray
    most: FloatArray

    def findings(self, path: str) -> list[Finding]:
        """Return what is wrong with their shapes and numbers."""
        shape = (len(self.step), len(self.variables))
        if self.coefficients.shape != shape:
            got = str(self.coefficients.shape)
            return [
                Finding(message="coefficients do not fit cuts and variables", path=path, value=got, allowed=f"the shape {shape}")
            ]
        found = []
        for name in ("least", "most"):
            bound = getattr(self, name)
            if bound.shape != shape[:1]:
                found.append(
                    Finding(message=f"{name} does not fit", path=path, value=str(bound.shape), allowed=f"the shape {shape[:1]}")
                )
            elif np.isnan(bound).any():
                found.append(
                    Finding(message=f"{name} is not a number", path=path, value=float("nan"), allowed="a bound, or infinite")
                )
        if not np.isfinite(self.coefficients).all():
            found.append(Finding(message="a coefficient is not a number", path=path, allowed="finite coefficients"))
        if not found and (self.least > self.most).any():
            first = int(np.flatnonzero(self.least > self.most)[0])
            allowed = f"at most {self.most[first]:g}, its most"
            found.append(
                Finding(message=f"least of cut {first} is too much", path=path, value=float(self.least[first]), allowed=allowed)
            )
        return found

    def rows(self, matrices: Matrices) -> CutRows:
        """Return them as rows of a program that was compiled already.

        Raises
        ------
        KeyError
            If the program has no such variable.
        """
        cut, step = placed(self.step, matrices.horizon)
        columns = np.empty((len(cut), len(self.variables)), dtype=np.int64)
        for number, (block, name) in enumerate(self.variables):
            several = matrices.columns[f"{room_name(block)}.{name}"]
            columns[:, number] = several[step] if len(several) > 1 else several[0]
        values = self.coefficients[cut]
        starts = np.arange(len(cut), dtype=np.int64) * len(self.variables)
        return CutRows(starts, columns.ravel(), values.ravel(), self.least[cut], self.most[cut], cut, step)


@dataclass(frozen=True, kw_only=True)
class NetworkLimits(Block):
    """Cuts that are known before the plan is solved; those found afterwards go to `Program.cut` by `Cuts.rows`.

    Attributes
    ----------
    id : str
        Name.
    cuts : tuple of Cuts
        The limits; their names differ.
    """

    id: str
    cuts: tuple[Cuts, ...]
    kind: ClassVar[str] = "network"

    def add(self, draft: Draft) -> None:
        """Take a room; variables are there when all blocks have spoken."""
        draft.room(self.id)

    def link(self, draft: Draft) -> None:
        """Add the limits."""
        for cuts in self.cuts:
            own = pyo.Block()
            draft.room_of(self.id).add_component(cuts.name, own)
            variables = [draft.variable_of(block, name) for block, name in cuts.variables]
            cut, step = placed(cuts.step, draft.horizon)
            for name, bounds in (("least", cuts.least), ("most", cuts.most)):
                there = np.flatnonzero(np.isfinite(bounds[cut]))
                if len(there):
                    _limit(own, f"at_{name}", variables, cuts.coefficients[cut[there]], step[there], bounds[cut[there]])

    def findings(self) -> list[Finding]:
        """Return what is wrong with the cuts."""
        names = [cuts.name for cuts in self.cuts]
        twice = sorted({name for name in names if names.count(name) > 1})
        found = [
            Finding(message="is the name of several cuts", path=f"{self.id}.cuts", value=name, allowed="names that differ")
            for name in twice
        ]
        for cuts in self.cuts:
            found += cuts.findings(f"{self.id}.cuts.{cuts.name}")
        return found


def placed(step: IntArray, horizon: Horizon) -> tuple[IntArray, IntArray]:
    """Return which cuts hold in which steps of a plan, from the steps of the data that they were made for.

    Returns
    -------
    cut, step : ndarray of int64, shape (n_rows,)
        Number of the cut, and step of the plan.
    """
    order = np.argsort(horizon.source, kind="stable")
    source = horizon.source[order]
    first, last = np.searchsorted(source, step, "left"), np.searchsorted(source, step, "right")
    count = last - first
    cut = np.repeat(np.arange(len(step)), count)
    within = np.arange(len(cut)) - np.repeat(np.cumsum(count) - count, count)
    return cut, order[np.repeat(first, count) + within]


def _limit(room: Any, name: str, variables: list[Any], coefficients: FloatArray, step: IntArray, bound: FloatArray) -> None:
    own = pyo.Block()
    room.add_component(name, own)
    own.cuts = pyo.RangeSet(0, len(step) - 1)
    own.step = _data(own.cuts, step)
    own.bound = _data(own.cuts, bound)
    terms = []
    for number, variable in enumerate(variables):
        factor = _data(own.cuts, coefficients[:, number])
        own.add_component(f"factor_{number}", factor)
        terms.append((factor, variable))

    def total(cut: Any) -> Any:
        found = 0.0
        for factor, variable in terms:
            found += factor[cut] * (variable[own.step[cut]] if variable.is_indexed() else variable)
        return found

    if name == "at_least":
        own.limit = pyo.Constraint(own.cuts, rule=lambda _, cut: total(cut) >= own.bound[cut])
    else:
        own.limit = pyo.Constraint(own.cuts, rule=lambda _, cut: total(cut) <= own.bound[cut])


def _data(index: Any, values: FloatArray | IntArray) -> Any:
    return pyo.Param(index, initialize=dict(enumerate(values.tolist())), within=pyo.Any)
