# SPDX-License-Identifier: Apache-2.0
"""The physics of a bench: the devices of a scenario, simulated in real time, for software devices to show over real protocols."""

from __future__ import annotations

import asyncio
import copy
import time
from collections import deque
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, cast

import numpy as np

from twinergy.cosim.runner import assemble
from twinergy.errors import Finding, RunError, ScenarioError
from twinergy.kinds import Fleet

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from twinergy.community.scenario import Scenario
    from twinergy.cosim.stage import GridMember, Stage
    from twinergy.kinds import FloatArray, TableValues
    from twinergy.timebase import Block, Step

KEPT: Final = 10_000
MORE_S: Final = 4 * 3600
"""What a bench simulates beyond the end of its scenario. [s]"""
CHEAP_S: Final = 5e-3
"""A fleet that can be copied in this time answers a set-point at once; others in the next step. [s]"""


class ScenarioPhysics:
    """Everything of a scenario but its controllers, in step with the clock on the wall times a factor.

    A set-point acts at once: the step under way is computed again from its beginning with it.

    Parameters
    ----------
    scenario : Scenario
        The scenario; its real devices are simulated here.
    factor : float
        Simulated seconds per second.
    on_step : callable
        Called after each step.

    Attributes
    ----------
    steps_done : int
        Steps computed so far.
    writes : deque of (float, str, str, float)
        Set-points that arrived: monotonic time, device, port, value; the newest `KEPT` of them.
    """

    def __init__(self, scenario: Scenario, factor: float = 1.0, *, on_step: Callable[[], None] = lambda: None) -> None:
        simulated = _longer(scenario.simulated())
        built = assemble(simulated, lambda _block: None)
        self._meters = built.components.control.meters
        self._stage, self._grid = cast("tuple[Stage, GridMember]", built.components.plant[0])
        self._axis, self._wall_s = simulated.axis, simulated.axis.step_s / factor
        self._row = {
            device.id: (device.kind, row) for kind in scenario.kinds for row, device in enumerate(simulated.twin.of_kind(kind))
        }
        self._set_points: dict[str, dict[str, Any]] = {}
        self._values: TableValues = {}
        self._before: TableValues = {}
        self._saved: dict[str, Any] = {}
        self._cheap = self._noting({one.kind for one, covers in scenario.real if covers.writes})
        self._on_step = on_step
        self.steps_done = 0
        self.writes: deque[tuple[float, str, str, float]] = deque(maxlen=KEPT)
        self.advance()

    def _noting(self, kinds: set[str]) -> dict[str, _Noting]:
        """Have the fleets that can be copied before each step note what they are fed, and return them."""
        noting = {}
        for part in self._stage.parts:
            if part.table.name in kinds and _is_cheap(part.fleet):
                fleet = noting[part.table.name] = _Noting(part.fleet)
                object.__setattr__(part, "fleet", fleet)  # a part is frozen for its users; a bench is none
        return noting

    def advance(self) -> None:
        """Compute the next step; at the end of the scenario the last values stand."""
        if self.steps_done >= self._axis.n_steps:
            return
        index = self.steps_done
        self._before = {**self._values}
        self._stage.at(index)  # prepares the fleets before they are copied
        self._save()
        made = self._stage.step(index, {}, self._before, self._set_points)
        made = {**made, **self._grid.step(index, dict(made), self._before, self._set_points)}
        self._values = {**made, **self._meters.step(index, made, {}, {})}
        self.steps_done += 1
        self._on_step()

    def _save(self) -> None:
        """Keep fleets as they are before a step; one that has come to hold what cannot be copied answers in the next step."""
        self._saved = {}
        for name, noting in list(self._cheap.items()):
            try:
                self._saved[name] = copy.deepcopy(noting.fleet)
            except TypeError:
                del self._cheap[name]

    def _again(self, kind: str) -> None:
        """Compute the step under way anew for one kind, as it was before it, with the set-points of now."""
        noting = self._cheap.get(kind)
        if noting is None or not self.steps_done:
            return
        noting.fleet = copy.deepcopy(self._saved[kind])  # a copy once more: the next set-point begins there too
        step = self._stage.at(self.steps_done - 1)
        self._values[kind] = noting.fleet.step(step, {**noting.inputs, **self._set_points[kind]})

    async def run(self) -> None:
        """Keep step with the clock until cancelled."""
        loop = asyncio.get_running_loop()
        due_s = loop.time()
        while True:
            due_s = max(due_s + self._wall_s, loop.time() - self._wall_s)
            await asyncio.sleep(due_s - loop.time())
            self.advance()

    def read(self, device: str, port: str) -> float:
        """Return a measured port as it is now, NaN where the device has none."""
        kind, row = self._place(device)
        values = self._values.get(kind, {}).get(port)
        return float("nan") if values is None else float(values[row])

    def write(self, device: str, port: str, value: float) -> None:
        """Ask for a set-point; NaN lets the device go back to its local mode."""
        kind, row = self._place(device)
        mine = self._set_points.setdefault(kind, {})
        if port not in mine:
            mine[port] = np.full(len(self._ids(kind)), np.nan)
        changed = mine[port].copy()
        changed[row] = value
        mine[port] = changed
        self.writes.append((time.monotonic(), device, port, value))
        self._again(kind)

    def _ids(self, kind: str) -> tuple[str, ...]:
        return next(table.ids for table in (*self._stage.tables, *self._meters.tables) if table.name == kind)

    def _place(self, device: str) -> tuple[str, int]:
        try:
            return self._row[device]
        except KeyError as error:
            message = f"the bench has no device {device!r}"
            raise RunError(message) from error


def _longer(scenario: Scenario) -> Scenario:
    """Return the scenario with time beyond its end: a bench is started before the run that uses it, and may serve several."""
    axis = scenario.axis
    return replace(scenario, context=replace(scenario.context, axis=replace(axis, n_steps=axis.n_steps + MORE_S // axis.step_s)))


class _Noting(Fleet):
    """A fleet that notes what it was fed last."""

    def __init__(self, fleet: Fleet) -> None:
        self.ids = fleet.ids
        self.fleet = fleet
        self.inputs: Mapping[str, FloatArray] = {}

    def prepare(self, block: Block) -> None:
        self.fleet.prepare(block)

    def step(self, step: Step, inputs: Mapping[str, FloatArray]) -> dict[str, FloatArray]:
        self.inputs = dict(inputs)
        return self.fleet.step(step, inputs)


def _is_cheap(fleet: Fleet) -> bool:
    start_s = time.perf_counter()
    try:
        copy.deepcopy(fleet)
    except TypeError:  # something in it cannot be copied
        return False
    return time.perf_counter() - start_s < CHEAP_S


def need_real(scenario: Scenario) -> None:
    """Refuse a scenario without real devices.

    Raises
    ------
    ScenarioError
        If no device has an adapter.
    """
    if not scenario.real:
        message = "no device of the scenario has an adapter, so there is nothing to stand for"
        raise ScenarioError([Finding(message=message, path="devices", allowed="adapter: {kind: modbus, ...} in a device")])
