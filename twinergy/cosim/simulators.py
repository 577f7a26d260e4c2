# SPDX-License-Identifier: Apache-2.0
"""mosaik simulators: thin shells that carry tables of arrays between stages, grid, agents and recorder.

Each simulator offers one entity ``all`` whose attribute ``tables`` is everything it computed, which is what the laboratory
itself connects; one fleet entity per table whose attributes are arrays; and below it one child entity per device with scalars.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import mosaik_api_v3

from twinergy.ports import Direction

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twinergy.cosim.control import Control
    from twinergy.cosim.recorder import Recorder
    from twinergy.cosim.stage import Stage
    from twinergy.kinds import GridModel, Table, TableValues

ALL: Final = "all"
TABLES: Final = "tables"
UPSTREAM: Final = "upstream"
FEEDBACK: Final = "feedback"
SET_POINTS: Final = "set_points"


class TableSimulator(mosaik_api_v3.Simulator):  # type: ignore[misc]
    """Base of all: a time-based simulator whose outputs are tables of arrays."""

    inputs: tuple[str, ...] = ()

    def __init__(self) -> None:
        super().__init__({"api_version": "3.0", "type": "time-based", "models": {}})
        self.step_s = 1
        self.values: TableValues = {}
        self.tables: dict[str, Table] = {}

    def start(self, tables: tuple[Table, ...], step_s: int) -> dict[str, Any]:
        """Declare the models: ``All``, and for each table a fleet and a device model with the table's ports."""
        self.step_s = step_s
        self.tables = {table.name: table for table in tables}
        models: dict[str, Any] = {"All": {"public": True, "params": [], "attrs": [TABLES, SET_POINTS, *self.inputs]}}
        for table in tables:
            ports = [port.name for port in table.of(Direction.MEASURED)]
            models[table.name] = {"public": True, "params": [], "attrs": ports}
            models[f"{table.name}_device"] = {"public": False, "params": [], "attrs": ports}
        self.meta["models"] = models
        return dict(self.meta)

    def create(self, num: int, model: str, **_params: Any) -> list[dict[str, Any]]:
        """Create the entity ``all`` or a fleet entity with its devices as children; there is one of each."""
        if num != 1:
            message = f"model {model!r} holds all devices of its kind: create one, not {num}"
            raise ValueError(message)
        if model == "All":
            return [{"eid": ALL, "type": model}]
        children = [{"eid": f"{model}/{name}", "type": f"{model}_device"} for name in self.tables[model].ids]
        return [{"eid": model, "type": model, "children": children}]

    def get_data(self, outputs: dict[str, list[str]]) -> dict[str, dict[str, Any]]:
        """Return whole tables, arrays per fleet, or scalars per device."""
        return {eid: {attr: self._value(eid, attr) for attr in attrs} for eid, attrs in outputs.items()}

    def _value(self, eid: str, attr: str) -> Any:
        if eid == ALL:
            return self.values
        table, _, device = eid.partition("/")
        values = self.values[table][attr]
        return float(values[self.tables[table].ids.index(device)]) if device else values


def merged(inputs: Mapping[str, Mapping[str, Any]], attr: str) -> TableValues:
    """Return the tables that all sources of one attribute sent, later stages over earlier ones."""
    tables: TableValues = {}
    sources = inputs.get(ALL, {}).get(attr, {})
    for source in sorted(sources):
        if sources[source]:
            tables.update(sources[source])
    return tables


class StageSimulator(TableSimulator):
    """Devices."""

    inputs = (UPSTREAM, FEEDBACK)

    def init(self, sid: str, time_resolution: float = 1.0, *, stage: Stage, **_params: Any) -> dict[str, Any]:  # noqa: ARG002
        """Take the stage to run."""
        self.stage = stage
        return self.start(stage.tables, stage.axis.step_s)

    def step(self, time: int, inputs: dict[str, Any], max_advance: int) -> int:  # noqa: ARG002
        """Advance the fleets."""
        self.values = self.stage.step(
            time // self.step_s, merged(inputs, UPSTREAM), merged(inputs, FEEDBACK), merged(inputs, SET_POINTS)
        )
        return time + self.step_s


class GridSimulator(TableSimulator):
    """The power flow."""

    inputs = (UPSTREAM,)

    def init(self, sid: str, time_resolution: float = 1.0, *, grid: GridModel, step_s: int, **_params: Any) -> dict[str, Any]:  # noqa: ARG002
        """Take the grid model to solve."""
        self.grid = grid
        return self.start(grid.tables, step_s)

    def step(self, time: int, inputs: dict[str, Any], max_advance: int) -> int:  # noqa: ARG002
        """Solve for the load of this step."""
        load = merged(inputs, UPSTREAM)["connection"]
        self.values = self.grid.solve(load["p_kw"], load["q_kvar"], merged(inputs, SET_POINTS))
        return time + self.step_s


class ControlSimulator(TableSimulator):
    """Meters, agents and arbiter."""

    inputs = (UPSTREAM,)

    def init(self, sid: str, time_resolution: float = 1.0, *, control: Control, **_params: Any) -> dict[str, Any]:  # noqa: ARG002
        """Take the control to run."""
        self.control = control
        self.set_points: TableValues = {}
        return self.start(control.tables, control.axis.step_s)

    def step(self, time: int, inputs: dict[str, Any], max_advance: int) -> int:  # noqa: ARG002
        """Read the meters, let agents decide, resolve what they ask for."""
        self.values, self.set_points = self.control.step(time // self.step_s, merged(inputs, UPSTREAM))
        return time + self.step_s

    def _value(self, eid: str, attr: str) -> Any:
        return self.set_points if attr == SET_POINTS else super()._value(eid, attr)


class RecorderSimulator(TableSimulator):
    """The recorder."""

    inputs = (UPSTREAM,)

    def init(self, sid: str, time_resolution: float = 1.0, *, recorder: Recorder, **_params: Any) -> dict[str, Any]:  # noqa: ARG002
        """Take the recorder to feed."""
        self.recorder = recorder
        return self.start((), recorder.axis.step_s)

    def step(self, time: int, inputs: dict[str, Any], max_advance: int) -> int:  # noqa: ARG002
        """Keep the tables of this step."""
        self.recorder.record(time // self.step_s, merged(inputs, UPSTREAM))
        return time + self.step_s
