# SPDX-License-Identifier: Apache-2.0
"""How a run is linked with the rest of the world: its bus, its pace, who decides elsewhere, and what is played back."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, cast

from twinergy.adapters import Mode
from twinergy.bus import LocalBus
from twinergy.cosim.host import AgentHost
from twinergy.cosim.outside import AHEAD_S, MOST_PRICES, OutsideAgents, message_documents
from twinergy.errors import Finding, ScenarioError, closest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from twinergy.agents import Agent
    from twinergy.bus import Bus
    from twinergy.bus.nats_bus import NatsBus
    from twinergy.community.scenario import Scenario
    from twinergy.cosim.arbiter import Arbiter
    from twinergy.cosim.hardware.outlets import Outlets
    from twinergy.cosim.hardware.session import Hardware
    from twinergy.cosim.pace import Pacer
    from twinergy.cosim.rehearsal import Foreknowledge
    from twinergy.cosim.replay import Replay
    from twinergy.cosim.wiring import Part
    from twinergy.kinds import FloatArray, Table, TableValues
    from twinergy.messages import Message
    from twinergy.timebase import Step, TimeAxis

FAST: Final = "fast"
PACED: Final = "paced"
SHADOW: Final = "shadow"
HARDWARE: Final = "hardware in the loop"
NAMED: Final = 5


@dataclass(frozen=True, kw_only=True)
class Platform:
    """What a run is linked with; whoever made the bus closes it.

    Attributes
    ----------
    bus : Bus
        Where messages go.
    pacer : Pacer or None
        Keeps time with the clock on the wall; None for as fast as possible.
    outside : tuple of str
        Agents of the scenario that run in other processes.
    replay : Replay or None
        Recorded messages that are played back.
    armed : bool
        Whether somebody has agreed that real devices are controlled.
    """

    bus: Bus = field(default_factory=LocalBus)
    pacer: Pacer | None = None
    outside: tuple[str, ...] = ()
    replay: Replay | None = None
    armed: bool = False

    @property
    def mode(self) -> str:
        """Way of running, for the manifest."""
        return PACED if self.pacer else FAST

    def mode_of(self, scenario: Scenario) -> str:
        """Return the way of running a scenario, for the manifest."""
        if not scenario.real:
            return self.mode
        return HARDWARE if any(one.options.mode is Mode.CONTROL for one, _ in scenario.real) else SHADOW

    def check(self, scenario: Scenario) -> None:
        """Refuse what cannot work.

        Raises
        ------
        ScenarioError
            With every finding.
        """
        names = {spec.name for spec in scenario.controllers}
        findings = [
            Finding(message="the scenario has no such controller", path="--outside", value=name, allowed=closest(name, names))
            for name in self.outside
            if name not in names
        ]
        if self.outside and self.pacer is None:
            message = "an agent outside needs a run that waits for it; add --pace FACTOR"
            findings.append(Finding(message=message, path="--outside"))
        if self.outside and not self.bus.carries_frames:
            message = "an agent outside needs a bus that both can reach; start one with `twinergy bus` and name it with --bus"
            findings.append(Finding(message=message, path="--outside", allowed="--bus nats://user:password@host:4222"))
        findings += self._check_real(scenario)
        if findings:
            raise ScenarioError(findings, "command line")

    def _check_real(self, scenario: Scenario) -> list[Finding]:
        findings = []
        if scenario.real and self.pacer is None:
            message = (
                f"{len(scenario.real)} devices are real, and they live by the clock on the wall; add --pace 1, or --simulated"
            )
            findings.append(Finding(message=message, path="--pace"))
        if scenario.real and scenario.file.run.remote:
            message = "a run with real devices cannot have kinds that step in another process"
            findings.append(Finding(message=message, path="run.remote", value=sorted(scenario.file.run.remote)))
        controlled = [one.id for one, _ in scenario.real if one.options.mode is Mode.CONTROL]
        if controlled and not self.armed:
            named = ", ".join(controlled[:NAMED]) + (f" and {len(controlled) - NAMED} more" if len(controlled) > NAMED else "")
            message = f"the run would control real devices ({named}); say --arm if that is meant"
            findings.append(Finding(message=message, path="--arm"))
        return findings


class PlatformHost(AgentHost):
    """An agent host that is linked with a `Platform`.

    Parameters
    ----------
    agents, parts, axis, arbiter, foreknown
        As for `AgentHost`; agents outside among them.
    platform : Platform
        What the run is linked with.
    hardware : Hardware, optional
        The real devices of the run, which wait for the next step themselves.
    outlets : Outlets, optional
        Systems of somebody else in which devices appear.
    """

    def __init__(
        self,
        agents: Sequence[Agent],
        parts: Sequence[Part],
        axis: TimeAxis,
        platform: Platform,
        arbiter: Arbiter,
        foreknown: Mapping[str, Foreknowledge] | None = None,
        hardware: Hardware | None = None,
        outlets: Outlets | None = None,
    ) -> None:
        here = [agent for agent in agents if agent.name not in platform.outside]
        super().__init__(here, parts, axis, platform.bus, arbiter, foreknown)
        self._platform = platform
        self._far = [self._host(agent) for agent in agents if agent.name in platform.outside]
        self._outside: OutsideAgents | None = None
        self._hardware, self._outlets = hardware, outlets
        self._tables: TableValues = {}

    def begin(self, arbiter: Arbiter, tables: Mapping[str, Table], *, pilot: str, run: str, scenario: str) -> None:
        """Say which run this is; before the first step."""
        platform = self._platform
        if self._far:
            names = tuple(hosted.agent.name for hosted in self._far)
            bus = cast("NatsBus", platform.bus)  # `Platform.check` has seen to it
            self._outside = OutsideAgents(bus, arbiter, tables, names, pilot=pilot, run=run, scenario=scenario)

    def step(self, step: Step, tables: TableValues) -> None:
        """Let every agent that is due decide, here and elsewhere, and wait until the next step is due."""
        self._bus.now_s = float(step.epoch_s)
        for hosted in self._far:
            if step.index % hosted.every == 0:
                self._show(hosted, step, tables)
        super().step(step, tables)
        self._tables = tables
        if self._outlets is not None:
            self._outlets.show(tables)
            self._outlets.ask(self._arbiter, step)
        if self._platform.pacer is not None and (self._hardware is None or self._outside is not None):
            self._platform.pacer.wait(step.index + 1)
        if self._outside is not None:
            self._outside.collect(step)

    def told(self, set_points: TableValues) -> None:
        """Hand what devices are told to the real ones at once."""
        super().told(set_points)
        if self._hardware is not None:
            self._hardware.send(set_points, self._tables)

    def say(self, said: Sequence[Message], step: Step) -> None:
        """Publish what agents said, and what is played back among it where its source would have spoken."""
        replay = self._platform.replay
        if replay is not None:
            said = sorted([*said, *replay.due(step)], key=lambda message: message.source)
        super().say(said, step)

    def _show(self, hosted: Any, step: Step, tables: TableValues) -> None:
        if self._outside is None:
            return
        pacer = self._platform.pacer
        views = [
            {"table": wish.table, "ids": ids, "values": {port: tables[wish.table][port][rows].tolist() for port in wish.ports}}
            for wish, ids, rows in hosted.rows
        ]
        seen = {
            "views": views,
            "prices": self._prices(step),
            "told": {table: {port: values.tolist() for port, values in ports.items()} for table, ports in self._told.items()},
            "messages": message_documents(hosted.inbox.take()) if hosted.inbox else [],
        }
        self._outside.show(hosted.agent.name, step, seen, pacer.step_wall_s if pacer else None)

    def _prices(self, step: Step) -> dict[str, Any]:
        values = self._forecast.at(step).prices(AHEAD_S)
        part = self._parts.get("prices")
        if part is None or not values:
            return {"ids": [], "values": {}}
        steps = max(1, MOST_PRICES // max(1, len(values) * len(part.table.ids)))
        return {"ids": part.table.ids, "values": {port: _listed(series[:steps]) for port, series in values.items()}}

    def end(self) -> None:
        """Tell agents outside that the run is over."""
        if self._outside is not None:
            self._outside.end()

    def facts(self) -> dict[str, Any]:
        """Return what a manifest says about the platform."""
        platform = self._platform
        facts: dict[str, Any] = {"bus": platform.bus.facts()}
        if platform.pacer is not None:
            facts["pace"] = platform.pacer.facts()
        if self._outside is not None:
            facts["outside"] = self._outside.facts()
        if self._hardware is not None:
            facts["hardware"] = self._hardware.facts()
        if self._outlets is not None:
            facts["outlets"] = self._outlets.facts()
        if platform.replay is not None:
            facts["replay"] = platform.replay.facts()
        return facts


def _listed(values: FloatArray) -> list[list[float]]:
    listed: list[list[float]] = values.tolist()
    return listed
