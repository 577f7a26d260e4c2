# SPDX-License-Identifier: Apache-2.0
"""The agent host: shows every agent what it subscribed to, takes its decision, and hands it to arbiter and bus."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from twinergy.agents import Forecast, Observation, View
from twinergy.errors import PluginError, RunError, TwinergyError, closest
from twinergy.kinds import Phase
from twinergy.timebase import BLOCK_S
from twinergy.units import SECONDS_PER_DAY

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from twinergy.agents import Account, Agent, Decision, Subscription
    from twinergy.bus import Bus, Subscriber
    from twinergy.cosim.arbiter import Arbiter
    from twinergy.cosim.rehearsal import Foreknowledge
    from twinergy.cosim.wiring import Part
    from twinergy.kinds import Fleet, FloatArray, TableValues
    from twinergy.messages import Message
    from twinergy.timebase import Step, TimeAxis

VISIBLE = frozenset({Phase.AMBIENT, Phase.OBSERVING})
"""Phases whose tables an agent may see: what is published and what meters say, never a simulator's hidden state."""


class PublishedPrices(Forecast):
    """Prices as far as they are published, looked up once a week, and the forecast of the weather.

    Parameters
    ----------
    fleet : Fleet or None
        The fleet of tariffs, with methods ``series(epoch_s)`` and ``known_until_s(epoch_s)``.
    axis : TimeAxis
        The steps of the run; prices beyond its end are known as well.
    weather : Fleet or None
        The fleet of weather; asked for forecasts if it has a method ``forecast(epoch_s, n_steps)``.
    """

    def __init__(self, fleet: Fleet | None, axis: TimeAxis, weather: Fleet | None = None) -> None:
        self._fleet = fleet
        self._weather = getattr(weather, "forecast", None)
        self._step_s = axis.step_s
        self._now_s = axis.start_epoch_s
        self._from_s = self._until_s = axis.start_epoch_s
        self._series: Mapping[str, FloatArray] = {}
        self._hour = -1
        self._known_until_s = 0
        self._next = 0
        self._known: Foreknowledge | None = None

    def at(self, step: Step, known: Foreknowledge | None = None) -> PublishedPrices:
        """Move to a step, with what the agent that asks may know ahead; the next step is the first of the future."""
        self._now_s = step.epoch_s + self._step_s
        self._next = step.index + 1
        self._known = known
        return self

    def foresight(self, table: str, port: str, horizon_s: float) -> FloatArray | None:
        """Return what a rehearsal measured in the coming steps, shape ``(n_steps, n_ids)``; None without one."""
        if self._known is None:
            return None
        count = max(1, int(horizon_s // self._step_s))
        return self._known.after(table, port, self._next, count, max(1, SECONDS_PER_DAY // self._step_s))

    def weather(self, horizon_s: float) -> Mapping[str, FloatArray]:
        """Return what the weather service says, see `Forecast.weather`; do not write to it."""
        if self._weather is None:
            return {}
        said: Mapping[str, FloatArray] = self._weather(self._now_s, max(1, int(horizon_s // self._step_s)))
        return said

    def prices(self, horizon_s: float) -> Mapping[str, FloatArray]:
        """Return published prices of the coming steps, shape ``(n_steps, n_tariffs)``; do not write to them.

        Fewer steps than asked for come back where the market has not published the rest yet, one at least.
        """
        if self._fleet is None:
            return {}
        known = (self._published_until_s() - self._now_s) // self._step_s
        count = max(1, min(int(horizon_s // self._step_s), known))
        if not self._from_s <= self._now_s <= self._until_s - count * self._step_s:
            self._look_up(count)
        first = (self._now_s - self._from_s) // self._step_s
        return {port: values[first : first + count] for port, values in self._series.items()}

    def _published_until_s(self) -> int:
        hour = self._now_s // 3600  # markets publish on the hour at the earliest
        if hour != self._hour:
            self._hour = hour
            self._known_until_s = self._fleet.known_until_s(self._now_s)  # type: ignore[union-attr]
        return self._known_until_s

    def _look_up(self, count: int) -> None:
        ahead = BLOCK_S // self._step_s + max(count, 2 * SECONDS_PER_DAY // self._step_s)
        epoch_s = self._now_s + self._step_s * np.arange(ahead, dtype=np.int64)
        self._from_s, self._until_s = int(epoch_s[0]), int(epoch_s[-1]) + self._step_s
        self._series = self._fleet.series(epoch_s)  # type: ignore[union-attr]


@dataclass
class _Hosted:
    agent: Agent
    every: int
    inbox: Subscriber | None
    rows: tuple[tuple[Subscription, tuple[str, ...], NDArray[np.int64] | slice], ...]


class AgentHost:
    """Runs all agents of a run, in the order of their names.

    Parameters
    ----------
    agents : sequence of Agent
        The agents.
    parts : sequence of Part
        Wired fleets, for the tables an agent may see.
    axis : TimeAxis
        The steps of the run.
    bus : Bus
        Where messages go.
    arbiter : Arbiter
        Where requests go.
    foreknown : mapping of str to Foreknowledge
        What a rehearsal has shown to each agent that wants foresight, by name.

    Raises
    ------
    PluginError
        If an agent subscribes to something it may not see or that does not exist.
    """

    def __init__(
        self,
        agents: Sequence[Agent],
        parts: Sequence[Part],
        axis: TimeAxis,
        bus: Bus,
        arbiter: Arbiter,
        foreknown: Mapping[str, Foreknowledge] | None = None,
    ) -> None:
        self._parts = {part.table.name: part for part in parts if part.kind.phase in VISIBLE}
        self._axis = axis
        self._bus = bus
        self._arbiter = arbiter
        prices, weather = self._parts.get("prices"), self._parts.get("weather")
        self._forecast = PublishedPrices(prices.fleet if prices else None, axis, weather.fleet if weather else None)
        self._hosted = [self._host(agent) for agent in sorted(agents, key=lambda agent: agent.name)]
        self._foreknown = foreknown or {}
        self._told: Mapping[str, Mapping[str, FloatArray]] = {}
        self.decisions = 0

    def told(self, set_points: TableValues) -> None:
        """Take what devices are told for the next step: agents see it with what that step measures."""
        self._told = set_points

    def accounts(self) -> dict[str, tuple[Account, ...]]:
        """Return what each agent says of itself, by name; agents that say nothing are absent."""
        said = {hosted.agent.name: hosted.agent.accounts() for hosted in self._hosted}
        return {name: accounts for name, accounts in said.items() if accounts}

    def _host(self, agent: Agent) -> _Hosted:
        every = max(1, round(agent.period_s / self._axis.step_s))
        inbox = self._bus.subscribe(agent.subjects) if agent.subjects else None
        return _Hosted(agent, every, inbox, tuple(self._subscribed(agent, wish) for wish in agent.subscriptions))

    def _subscribed(self, agent: Agent, wish: Subscription) -> tuple[Subscription, tuple[str, ...], NDArray[np.int64] | slice]:
        part = self._parts.get(wish.table)
        if part is None:
            message = f"agent {agent.name!r} subscribes to {wish.table!r}; an agent sees {closest(wish.table, self._parts)}"
            raise PluginError(message, plugin=agent.name)
        ports = {port.name for port in part.table.ports}
        for port in wish.ports:
            if port not in ports:
                message = f"agent {agent.name!r} subscribes to port {port!r} of {wish.table!r}: {closest(port, ports)}"
                raise PluginError(message, plugin=agent.name)
        row = part.table.row_of
        for name in wish.ids:
            if name not in row:
                message = f"agent {agent.name!r} subscribes to {name!r} of {wish.table!r}: {closest(name, row)}"
                raise PluginError(message, plugin=agent.name)
        if not wish.ids:
            return wish, part.table.ids, slice(None)
        return wish, tuple(wish.ids), np.array([row[name] for name in wish.ids], dtype=np.int64)

    def step(self, step: Step, tables: TableValues) -> None:
        """Let every agent that is due decide.

        Parameters
        ----------
        step : Step
            The step that was just computed.
        tables : dict
            Visible tables of this step.

        Raises
        ------
        RunError
            If an agent raises.
        """
        said: list[Message] = []
        for hosted in self._hosted:
            if step.index % hosted.every == 0:
                decision = self._decide(hosted, step, tables)
                said.extend(decision.messages)
                for limit in decision.limits:
                    self._arbiter.ask(hosted.agent.name, limit, step)
                for set_point in decision.set_points:
                    self._arbiter.ask(hosted.agent.name, set_point, step)
        self.say(said, step)

    def say(self, said: Sequence[Message], step: Step) -> None:  # noqa: ARG002
        """Publish what the agents of a step have said."""
        for message in said:
            self._bus.publish(message)

    def _decide(self, hosted: _Hosted, step: Step, tables: TableValues) -> Decision:
        self.decisions += 1
        views = tuple(View(ids, {port: tables[wish.table][port][rows] for port in wish.ports}) for wish, ids, rows in hosted.rows)
        messages = hosted.inbox.take() if hosted.inbox else ()
        forecast = self._forecast.at(step, self._foreknown.get(hosted.agent.name))
        observation = Observation(step, views, messages, forecast, self._told)
        try:
            return hosted.agent.decide(observation)
        except TwinergyError:
            raise
        except Exception as error:
            message = f"agent {hosted.agent.name!r} failed at {step.utc:%Y-%m-%d %H:%M} UTC (step {step.index}): "
            message += f"{type(error).__name__}: {error}. What was computed before is in the run folder."
            raise RunError(message) from error
