# SPDX-License-Identifier: Apache-2.0
"""Members of a mosaik simulator: a stage of fleets that step one after the other, and the grid.

mosaik's cost grows with the square of the number of simulators, so members share one. Within a simulator arrays pass by
reference in the order of `twinergy.kinds.Phase`, between simulators over mosaik. Results do not depend on where the cuts are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np

from twinergy.cosim.load import plan
from twinergy.cosim.wiring import CONNECTION, CONNECTION_PORTS, PHASE_LOAD, PHASE_PORTS
from twinergy.errors import RunError, TwinergyError
from twinergy.kinds import Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from twinergy.community.twin import Twin
    from twinergy.cosim.wiring import Part
    from twinergy.kinds import FloatArray, GridModel, TableValues
    from twinergy.timebase import Step, TimeAxis


_PHASE_NAMES = tuple(port.name for port in PHASE_PORTS)


class Member(Protocol):
    """What a simulator of the physical world is made of."""

    tables: tuple[Table, ...]

    def step(self, index: int, upstream: TableValues, feedback: TableValues, set_points: TableValues) -> TableValues:
        """Advance one step and return new arrays by table and port.

        Parameters
        ----------
        index : int
            Step of the run.
        upstream : dict
            Tables of earlier members in this step.
        feedback : dict
            Tables of the last step.
        set_points : dict
            What the arbiter decided in the last step, by table and port.
        """


class GridMember:
    """The grid: takes the load at each connection.

    Parameters
    ----------
    grid : GridModel
        The power flow.
    """

    def __init__(self, grid: GridModel) -> None:
        self.grid = grid
        self.tables = grid.tables

    def step(self, index: int, upstream: TableValues, feedback: TableValues, set_points: TableValues) -> TableValues:  # noqa: ARG002
        """Solve for the load of this step."""
        load = upstream[CONNECTION]
        if self.grid.phases:
            p_kw, q_kvar = (load[name].T for name in PHASE_LOAD)
            return self.grid.solve(p_kw, q_kvar, set_points)
        return self.grid.solve(load["p_kw"], load["q_kvar"], set_points)


class Stage:
    """Fleets in the order in which they step.

    Parameters
    ----------
    parts : sequence of Part
        Wired fleets.
    twin : Twin
        The static twin.
    axis : TimeAxis
        The steps of the run.
    loads : bool
        Whether its devices load the grid, so that it hands on the load at each connection; meters do not.
    phases : bool
        Whether it hands on the load of each phase as well.
    """

    def __init__(self, parts: Sequence[Part], twin: Twin, axis: TimeAxis, *, loads: bool = True, phases: bool = False) -> None:
        self.parts = tuple(parts)
        self.axis = axis
        self.n_connections = len(twin.connections)
        ports = (*CONNECTION_PORTS, *PHASE_PORTS) if phases else CONNECTION_PORTS
        connections = Table(CONNECTION, tuple(connection.id for connection in twin.connections), ports)
        self.loads = loads
        self.phases = phases
        self.tables = (*(part.table for part in self.parts), *((connections,) if loads else ()))
        self._due = plan(self.parts, self.n_connections, phases=phases)
        self._block = axis.block(0)
        self._next_block = 0

    def step(self, index: int, upstream: TableValues, feedback: TableValues, set_points: TableValues) -> TableValues:
        """Advance all fleets by one step.

        Parameters
        ----------
        index : int
            Step of the run.
        upstream : dict
            Tables of earlier stages in this step; ``connection`` among them if they load the grid.
        feedback : dict
            Tables of the grid in the last step.
        set_points : dict
            What the arbiter decided in the last step, by table and port.

        Returns
        -------
        dict
            Arrays by table and port; ``connection`` holds the load behind each meter so far.
        """
        step = self.at(index)
        tables: TableValues = dict(upstream)
        if CONNECTION not in tables:
            tables[CONNECTION] = self._unloaded()
        made: TableValues = {}
        for part, due in zip(self.parts, self._due, strict=False):  # the last one is due at the end
            if due is not None:
                tables[CONNECTION] = due.added(tables[CONNECTION], tables)
            made[part.table.name] = tables[part.table.name] = self._one(part, step, tables, feedback, set_points)
        if self._due[-1] is not None:
            tables[CONNECTION] = self._due[-1].added(tables[CONNECTION], tables)
        if self.loads:
            made[CONNECTION] = tables[CONNECTION]
            if self.phases:
                made[CONNECTION].update(zip(_PHASE_NAMES, made[CONNECTION][PHASE_LOAD[0]], strict=True))
        return made

    def _unloaded(self) -> dict[str, FloatArray]:
        load = {"p_kw": np.zeros(self.n_connections), "q_kvar": np.zeros(self.n_connections)}
        return load | {name: np.zeros((3, self.n_connections)) for name in PHASE_LOAD} if self.phases else load

    def at(self, index: int) -> Step:
        """Return a step; the first of a new block has the fleets prepare the whole block."""
        if index >= self._next_block:
            self._block = self.axis.block(index)
            self._next_block = self._block.first + len(self._block)
            for part in self.parts:
                try:
                    part.fleet.prepare(self._block)
                except TwinergyError:
                    raise
                except Exception as error:
                    raise _failed(part, self.axis.step(self._block, index), "preparing its inputs", error) from error
        return self.axis.step(self._block, index)

    @staticmethod
    def _one(
        part: Part, step: Step, tables: TableValues, feedback: TableValues, set_points: TableValues
    ) -> dict[str, FloatArray]:
        inputs = {**part.unset, **set_points[part.table.name]} if part.table.name in set_points else dict(part.unset)
        for gather in part.inputs:
            inputs[gather.port] = gather(tables)
        for gather in part.feedback:
            inputs[gather.port] = gather(feedback)
        if step.index == 0:
            _check(part, inputs)
        try:
            return part.fleet.step(step, inputs)
        except TwinergyError:
            raise
        except Exception as error:
            raise _failed(part, step, "stepping", error) from error


def _check(part: Part, inputs: dict[str, FloatArray]) -> None:
    """Refuse inputs of another length than the fleet: compiled kernels would read past their end."""
    n = len(part.table.ids)
    for name, values in inputs.items():
        if np.shape(values) not in {(n,), (1,)}:
            message = f"port {name!r} of {part.table.name!r} is fed an array of shape {np.shape(values)}, not ({n},)"
            raise RunError(message)


def _failed(part: Part, step: Step, doing: str, error: Exception) -> RunError:
    message = f"device kind {part.table.name!r} failed while {doing} at {step.utc:%Y-%m-%d %H:%M} UTC (step {step.index}): "
    message += f"{type(error).__name__}: {error}. What was computed before is in the run folder."
    return RunError(message)
