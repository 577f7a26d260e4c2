# SPDX-License-Identifier: Apache-2.0
"""mosaik simulators: thin shells that carry tables of arrays between the physical world and its controllers.

Each simulator offers one entity ``all`` whose attribute ``tables`` is everything it computed, which is what the laboratory
itself connects; one fleet entity per table whose attributes are arrays; and below it one child entity per device with scalars.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import mosaik_api_v3

from twinergy.cosim.exchange import as_arrays, as_lists
from twinergy.ports import Direction

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twinergy.cosim.control import Control
    from twinergy.cosim.exchange import Wanted
    from twinergy.cosim.hardware.session import Hardware
    from twinergy.cosim.recorder import Recorder
    from twinergy.cosim.stage import Member
    from twinergy.kinds import Table, TableValues

ALL: Final = "all"
TABLES: Final = "tables"
UPSTREAM: Final = "upstream"
FEEDBACK: Final = "feedback"
SET_POINTS: Final = "set_points"
ABROAD: Final = "abroad"
"""Attribute with the same as `TABLES` or `SET_POINTS`, as lists and only what simulators in other processes read."""


class TableSimulator(mosaik_api_v3.Simulator):  # type: ignore[misc]
    """Base of all: a time-based simulator whose outputs are tables of arrays."""

    inputs: tuple[str, ...] = ()

    def __init__(self) -> None:
        super().__init__({"api_version": "3.0", "type": "time-based", "models": {}})
        self.step_s = 1
        self.values: TableValues = {}
        self.tables: dict[str, Table] = {}
        self.wanted: Wanted = {}

    def start(self, tables: tuple[Table, ...], step_s: int) -> dict[str, Any]:
        """Declare the models: ``All``, and for each table a fleet and a device model with the table's ports."""
        self.step_s = step_s
        self.tables = {table.name: table for table in tables}
        models: dict[str, Any] = {"All": {"public": True, "params": [], "attrs": [TABLES, SET_POINTS, ABROAD, *self.inputs]}}
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
            return as_lists(self.values, self.wanted) if attr == ABROAD else self.values
        table, _, device = eid.partition("/")
        values = self.values[table][attr]
        return float(values[self.tables[table].row_of[device]]) if device else values


def merged(inputs: Mapping[str, Mapping[str, Any]], attr: str) -> TableValues:
    """Return the tables that all sources of one attribute sent, later stages over earlier ones; they are in order by name."""
    sources: Mapping[str, TableValues] = inputs.get(ALL, {}).get(attr, {})
    if len(sources) == 1:
        return next(iter(sources.values()))
    tables: TableValues = {}
    for source in sorted(sources):
        tables.update(sources[source])
    return tables


def _as_they_are(tables: TableValues) -> TableValues:
    return tables


class PlantSimulator(TableSimulator):
    """The physical world: stages of devices and the grid, or some of them, in the order in which they step."""

    inputs = (UPSTREAM, FEEDBACK)

    def init(
        self,
        sid: str,  # noqa: ARG002
        time_resolution: float = 1.0,  # noqa: ARG002
        *,
        members: tuple[Member, ...],
        step_s: int,
        wanted: Wanted | None = None,
        **_params: Any,
    ) -> dict[str, Any]:
        """Take the members to step, and what simulators in other processes want to see."""
        self.members = members
        self.wanted = wanted or {}
        self.read = as_arrays if wanted else _as_they_are
        return self.start(tuple(table for member in members for table in member.tables), step_s)

    def step(self, time: int, inputs: dict[str, Any], max_advance: int) -> int:  # noqa: ARG002
        """Advance the members one after the other; what they made in the last step is their feedback in this one."""
        upstream = self.read(merged(inputs, UPSTREAM))
        feedback = {**self.values, **self.read(merged(inputs, FEEDBACK))}
        set_points = merged(inputs, SET_POINTS)
        made: TableValues = {}
        for member in self.members:
            made.update(member.step(time // self.step_s, {**upstream, **made}, feedback, set_points))
        self.values = made
        return time + self.step_s


class WholeSimulator(PlantSimulator):
    """The physical world and what controls it, one after the other: what runs where nobody cuts between the two."""

    def init(  # type: ignore[override]
        self,
        sid: str,
        time_resolution: float = 1.0,
        *,
        control: Control,
        recorder: Recorder,
        hardware: Hardware | None = None,
        **params: Any,
    ) -> dict[str, Any]:
        """Take the members to step, the control to run, the recorder to feed and the real devices among the members."""
        self.control, self.recorder, self.hardware = control, recorder, hardware
        self.set_points: TableValues = {}
        self.last: TableValues = {}
        super().init(sid, time_resolution, **params)
        real = hardware.tables if hardware else ()
        return self.start((*self.tables.values(), *control.tables, *real), self.step_s)

    def step(self, time: int, inputs: dict[str, Any], max_advance: int) -> int:  # noqa: ARG002
        """Advance the members, read the meters, let agents decide, resolve what they ask for, record."""
        index = time // self.step_s
        if self.hardware is not None:
            self.hardware.begin(index)
        made: TableValues = {}
        for member in self.members:
            made.update(member.step(index, dict(made), self.last, self.set_points))
        readings, self.set_points = self.control.step(index, made)
        self.last, self.values = made, {**made, **readings}  # devices feel the plant, never what meters say of it
        if self.hardware is not None:
            self.values.update(self.hardware.values())
        self.recorder.record(index, self.values)
        return time + self.step_s


class ControlSimulator(TableSimulator):
    """Meters, agents, arbiter and recorder: what looks at a step that has been computed."""

    inputs = (UPSTREAM,)

    def init(
        self,
        sid: str,  # noqa: ARG002
        time_resolution: float = 1.0,  # noqa: ARG002
        *,
        control: Control,
        recorder: Recorder,
        wanted: Wanted | None = None,
        **_params: Any,
    ) -> dict[str, Any]:
        """Take the control to run and the recorder to feed."""
        self.control = control
        self.wanted = wanted or {}
        self.read = as_arrays if wanted else _as_they_are
        self.recorder = recorder
        self.set_points: TableValues = {}
        return self.start(control.tables, control.axis.step_s)

    def step(self, time: int, inputs: dict[str, Any], max_advance: int) -> int:  # noqa: ARG002
        """Read the meters, let agents decide, resolve what they ask for, record."""
        index = time // self.step_s
        upstream = self.read(merged(inputs, UPSTREAM))
        self.values, self.set_points = self.control.step(index, upstream)
        self.recorder.record(index, {**upstream, **self.values})
        return time + self.step_s

    def _value(self, eid: str, attr: str) -> Any:
        if attr == ABROAD:
            return as_lists(self.set_points, self.wanted)
        return self.set_points if attr == SET_POINTS else super()._value(eid, attr)
