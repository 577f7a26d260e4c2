# SPDX-License-Identifier: Apache-2.0
"""One agent of a scenario as a process of its own: sees what the laboratory shows it, and sends back what it decides."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import ValidationError
from pydantic_core import to_json

from twinergy.agents import Forecast, Observation, SetPoint, View
from twinergy.cosim.frames import ObservationFrame, decision_subject, observation_subject
from twinergy.cosim.outside import digest, message_documents
from twinergy.errors import Finding, RunError, ScenarioError, TwinergyError, closest
from twinergy.messages import MessageError, decode

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from twinergy.agents import Agent, Decision, Limit
    from twinergy.bus.nats_bus import NatsBus
    from twinergy.community.scenario import Scenario
    from twinergy.cosim.frames import PricesFrame
    from twinergy.kinds import FloatArray

LOOK_S = 0.2
"""How often a wait looks whether the process is to stop."""


class ShownPrices(Forecast):
    """Published prices as they came with an observation."""

    def __init__(self, prices: PricesFrame, step_s: float) -> None:
        self._series = {port: _array(values) for port, values in prices.values.items()}
        self._step_s = step_s

    def prices(self, horizon_s: float) -> Mapping[str, FloatArray]:
        """Return published prices of the coming steps, shape ``(n_steps, n_tariffs)``; one step at least."""
        count = max(1, int(horizon_s // self._step_s))
        return {port: values[:count] for port, values in self._series.items()}


class AgentProcess:
    """Hosts one agent.

    Parameters
    ----------
    scenario : Scenario
        The same one that the laboratory runs.
    name : str
        The agent's name in it.
    bus : NatsBus
        The way to the laboratory.
    say : callable
        Told what happens, for people.

    Raises
    ------
    ScenarioError
        If the scenario has no such controller.
    """

    def __init__(self, scenario: Scenario, name: str, bus: NatsBus, say: Callable[[str], None]) -> None:
        specs = {spec.name: spec for spec in scenario.controllers}
        if name not in specs:
            finding = Finding(message="the scenario has no such controller", value=name, allowed=closest(name, specs))
            raise ScenarioError([finding], "command line")
        self._scenario = scenario
        self._spec = specs[name]
        self._bus = bus
        self._say = say
        self._pilot = scenario.context.pilot
        self._inbox = bus.subscribe_frames((observation_subject(self._pilot, name),))
        self._digest = digest(scenario.yaml())
        self._run = ""
        self._agent: Agent | None = None
        self.decisions = 0

    def serve(self, stopped: Callable[[], bool] = lambda: False) -> None:
        """Answer observations until the run ends, or until told to stop.

        Raises
        ------
        RunError
            If the agent raises.
        """
        self._say(f"{self._spec.name} waits for {self._pilot}")
        while not stopped():
            if not self._inbox.wait(LOOK_S):
                continue
            for frame in self._inbox.take():
                if not self._answer(frame.data):
                    return

    def _answer(self, data: bytes) -> bool:
        """Answer one observation and return whether to go on."""
        try:
            shown = ObservationFrame.model_validate_json(data, strict=True)
        except ValidationError as error:
            self._say(f"an observation that is none: {error.error_count()} findings, the first: {error.errors()[0]['msg']}")
            return True
        if shown.ended:
            self._say(f"{shown.run} has ended after {self.decisions} decisions")
            return not self._run or shown.run != self._run
        if shown.step is None:
            return True
        agent = self._agent_for(shown)
        decision = self._decide(agent, shown)
        self.decisions += 1
        document = to_json({"schema_version": 1, "step": shown.step.index, **_decided(decision)}, inf_nan_mode="null")
        self._bus.publish_frame(decision_subject(self._pilot, self._spec.name), document)
        return True

    def _agent_for(self, shown: ObservationFrame) -> Agent:
        if self._agent is None or shown.run != self._run:
            self._run = shown.run
            self._say(f"{self._spec.name} takes part in {shown.run}")
            if shown.scenario != self._digest:
                self._say("careful: the laboratory runs another version of this scenario; give both the same file and options")
            self._agent = self._spec.agent(self._spec.name, self._spec.options, self._scenario.context)
        return self._agent

    def _decide(self, agent: Agent, shown: ObservationFrame) -> Decision:
        axis = self._scenario.axis
        index = shown.step.index if shown.step else 0
        if index >= axis.n_steps:
            message = f"{shown.run} is at step {index}, but the scenario here has {axis.n_steps}: give both the same options"
            raise RunError(message)
        step = axis.step(axis.block(index), index)
        views = tuple(View(view.ids, {port: _array(values) for port, values in view.values.items()}) for view in shown.views)
        told = {table: {port: _array(values) for port, values in ports.items()} for table, ports in shown.told.items()}
        observation = Observation(step, views, self._messages(shown), ShownPrices(shown.prices, step.duration_s), told)
        try:
            return agent.decide(observation)
        except TwinergyError:
            raise
        except Exception as error:
            message = (
                f"agent {agent.name!r} failed at {step.utc:%Y-%m-%d %H:%M} UTC (step {index}): {type(error).__name__}: {error}"
            )
            raise RunError(message) from error

    def _messages(self, shown: ObservationFrame) -> tuple[Any, ...]:
        messages = []
        for document in shown.messages:
            try:
                messages.append(decode(to_json(document)))
            except MessageError as error:
                self._say(f"cannot read a message: {error}")
        return tuple(messages)


def _array(values: Any) -> FloatArray:
    """Return nested tuples as an array, NaN for null."""
    return np.array(values, dtype=np.float64)


def _decided(decision: Decision) -> dict[str, Any]:
    return {
        "set_points": [_set_point(request) for request in decision.set_points if request.ids],
        "limits": [_limit(request) for request in decision.limits if request.ids],
        "messages": message_documents(decision.messages),
    }


def _common(request: SetPoint | Limit) -> dict[str, Any]:
    about = {"table": request.table, "ids": tuple(request.ids), "rank": request.rank.name.lower()}
    return about | {"valid_s": request.valid_s, "reason": request.reason}


def _set_point(request: SetPoint) -> dict[str, Any]:
    value = request.value.tolist() if isinstance(request.value, np.ndarray) else float(request.value)
    return {**_common(request), "port": request.port, "value": value}


def _limit(request: Limit) -> dict[str, Any]:
    return {**_common(request), "low_kw": request.low_kw, "high_kw": request.high_kw}  # null where infinite
