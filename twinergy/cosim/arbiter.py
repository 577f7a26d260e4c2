# SPDX-License-Identifier: Apache-2.0
"""Who wins when several agents address one device.

Each agent has a slot per port and device, holding its last request until that expires. In every step the limits of all agents
intersect (where they exclude each other, the higher rank's holds), the highest rank's target wins, and is cut to the limits.
Of equal ranks the earlier agent by name wins. When a request expires, the next one below it acts again.

Limits reach a device twice: its targets are cut, and a kind with ports ``p_min_kw`` and ``p_max_kw`` is told the bounds, so
they hold in its local mode as well.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from twinergy.agents import Rank, SetPoint
from twinergy.errors import PluginError, closest
from twinergy.ports import Direction

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from twinergy.agents import Limit
    from twinergy.kinds import FloatArray, Table, TableValues
    from twinergy.timebase import Step

LOW, HIGH, TARGET = "p_min_kw", "p_max_kw", "p_set_kw"
POWER_PORTS: Final = (LOW, TARGET, HIGH)
NAMED: Final = 3


@dataclass
class Counts:
    """Requests, counted per device: each asked one is granted, granted within limits, or refused."""

    asked: int = 0
    granted: int = 0
    limited: int = 0
    refused: int = 0


@dataclass
class _Slots:
    """Requests for one port: one row per agent, one column per device."""

    value: FloatArray
    rank: NDArray[np.int64]
    expires: FloatArray
    askers: set[int] = field(default_factory=set)
    """Agents that have ever asked: most ports know none or one, and nothing needs to be compared then."""

    @classmethod
    def of(cls, agents: int, devices: int) -> _Slots:
        shape = (agents, devices)
        return cls(np.full(shape, np.nan), np.zeros(shape, dtype=np.int64), np.full(shape, -np.inf))

    def put(self, agent: int, rows: NDArray[np.int64], value: float | FloatArray, rank: Rank, expires_s: float) -> None:
        """Keep an agent's request."""
        self.value[agent, rows] = value
        self.rank[agent, rows] = int(rank)
        self.expires[agent, rows] = expires_s
        self.askers.add(agent)

    def winner(self, now_s: float) -> tuple[FloatArray, NDArray[np.int64]]:
        """Return value and agent of the winning request per device; NaN and -1 where nobody asks."""
        if len(self.askers) <= 1:
            agent = next(iter(self.askers), 0)
            holds = self.expires[agent] > now_s
            return np.where(holds, self.value[agent], np.nan), np.where(holds, agent, -1)
        rank = np.where(self.expires > now_s, self.rank, 0)
        agents = rank.argmax(axis=0)
        columns = np.arange(rank.shape[1])
        asked = rank[agents, columns] > 0
        return np.where(asked, self.value[agents, columns], np.nan), np.where(asked, agents, -1)


@dataclass
class _Desk:
    """Everything that is asked of one table."""

    table: Table
    row: dict[str, int]
    targets: dict[str, _Slots]
    low: _Slots
    high: _Slots
    dirty: bool = True
    next_expiry_s: float = np.inf
    limited_until_s: float = -np.inf
    resolved: dict[str, FloatArray] = field(default_factory=dict)


class Arbiter:
    """Resolves requests to set-points.

    Parameters
    ----------
    tables : sequence of Table
        Tables with set-point ports.
    agents : sequence of str
        Names of the agents, sorted: the order decides between equal ranks.
    """

    def __init__(self, tables: Sequence[Table], agents: Sequence[str]) -> None:
        self.agents = {name: row for row, name in enumerate(agents)}
        self.names = tuple(agents)
        self.counts = Counts()
        self.events: list[dict[str, Any]] = []
        self._desks = {table.name: self._desk(table) for table in tables if table.of(Direction.SET_POINT)}

    def _desk(self, table: Table) -> _Desk:
        shape = (len(self.agents), len(table.ids))
        return _Desk(
            table=table,
            row={name: row for row, name in enumerate(table.ids)},
            targets={port.name: _Slots.of(*shape) for port in table.of(Direction.SET_POINT)},
            low=_Slots.of(*shape),
            high=_Slots.of(*shape),
        )

    def ask(self, agent: str, request: SetPoint | Limit, step: Step) -> None:
        """Take a request that acts from the next step on.

        Raises
        ------
        PluginError
            If the table, the port or a device does not exist, or the table cannot be limited.
        """
        desk = self._desks.get(request.table)
        if desk is None:
            message = f"agent {agent!r} addresses table {request.table!r}, which has no set-points: "
            raise PluginError(message + closest(request.table, self._desks), plugin=agent)
        rows = self._rows(agent, request, desk)
        now_s = step.epoch_s + step.duration_s
        expires_s = now_s + request.valid_s
        slot = self.agents[agent]
        if isinstance(request, SetPoint):
            slots = desk.targets.get(request.port)
            if slots is None:
                message = (
                    f"agent {agent!r} addresses port {request.port!r} of {request.table!r}: {closest(request.port, desk.targets)}"
                )
                raise PluginError(message, plugin=agent)
            before = slots.winner(now_s)[1][rows] if slots.askers - {slot} else None
            slots.put(slot, rows, request.value, request.rank, expires_s)
            bounds = _bounds(desk, now_s, rows)
            if before is None and bounds is None:  # nobody else has a say: the usual case, and the quick one
                self._granted(agent, request, len(rows), step)
            else:
                value, after = slots.winner(now_s)
                self._judge(agent, request, value[rows], after[rows], bounds, step)
                self._displaced(agent, request, after[rows] if before is None else before, after[rows], step)
        else:
            if LOW not in desk.targets and HIGH not in desk.targets:
                message = f"agent {agent!r} limits {request.table!r}, which has neither {LOW} nor {HIGH}"
                raise PluginError(message, plugin=agent)
            desk.low.put(slot, rows, request.low_kw, request.rank, expires_s)
            desk.high.put(slot, rows, request.high_kw, request.rank, expires_s)
            desk.limited_until_s = max(desk.limited_until_s, expires_s)
            self._granted(agent, request, len(rows), step)
        desk.dirty = True
        desk.next_expiry_s = min(desk.next_expiry_s, expires_s)

    @staticmethod
    def _rows(agent: str, request: SetPoint | Limit, desk: _Desk) -> NDArray[np.int64]:
        try:
            return np.array([desk.row[name] for name in request.ids], dtype=np.int64)
        except KeyError as error:
            name = str(error.args[0])
            message = f"agent {agent!r} addresses {name!r} of {request.table!r}: {closest(name, desk.row)}"
            raise PluginError(message, plugin=agent) from error

    def set_points(self, now_s: float) -> TableValues:
        """Return what holds at an instant: arrays by table and port, NaN where nobody asks; tables left alone are absent."""
        result: TableValues = {}
        for name, desk in self._desks.items():
            if desk.dirty or now_s >= desk.next_expiry_s:
                self._resolve(desk, now_s)
            if desk.resolved:
                result[name] = desk.resolved
        return result

    def _resolve(self, desk: _Desk, now_s: float) -> None:
        bounds = _bounds(desk, now_s)
        resolved = {port: slots.winner(now_s)[0] for port, slots in desk.targets.items() if slots.askers}
        if bounds is not None:
            low, high = bounds
            for port in POWER_PORTS:
                if port in resolved:
                    resolved[port] = np.minimum(np.maximum(resolved[port], low), high)
            for port, bound in ((LOW, low), (HIGH, high)):
                if port in desk.targets:
                    told = np.where(np.isfinite(bound), bound, np.nan)
                    resolved[port] = np.where(np.isnan(resolved[port]), told, resolved[port]) if port in resolved else told
        desk.resolved = resolved
        desk.dirty = False
        asked = [slots.expires for slots in (*desk.targets.values(), desk.low) if slots.askers]
        desk.next_expiry_s = min((float(np.min(e, where=e > now_s, initial=np.inf)) for e in asked), default=np.inf)
        if desk.next_expiry_s == np.inf:
            desk.resolved = {}

    def _granted(self, agent: str, request: SetPoint | Limit, count: int, step: Step) -> None:
        self.counts.asked += count
        self.counts.granted += count
        self._note(step, agent, request, "granted", "", count)

    def _judge(
        self,
        agent: str,
        request: SetPoint,
        target: FloatArray,
        winner: NDArray[np.int64],
        bounds: tuple[FloatArray, FloatArray] | None,
        step: Step,
    ) -> None:
        """Count and note what became of a request; all arrays over its devices."""
        won = winner == self.agents[agent]
        cut = np.zeros(len(won), dtype=bool)
        if bounds is not None and request.port in POWER_PORTS:
            cut = won & ((target < bounds[0]) | (target > bounds[1]))
        limited, refused = int(np.count_nonzero(cut)), int(np.count_nonzero(~won))
        granted = len(won) - limited - refused
        self.counts.asked += len(won)
        self.counts.granted += granted
        self.counts.limited += limited
        self.counts.refused += refused
        if granted:
            self._note(step, agent, request, "granted", "", granted)
        if limited:
            self._note(step, agent, request, "limited", "cut to the limits that hold", limited)
        if refused:
            by = ", ".join(sorted({self.names[row] for row in winner[~won]}))
            self._note(step, agent, request, "refused", f"{by} has the higher standing", refused)

    def _displaced(self, agent: str, request: SetPoint, before: NDArray[np.int64], after: NDArray[np.int64], step: Step) -> None:
        """Note whose earlier, still valid request the new one has pushed aside."""
        mine = self.agents[agent]
        lost = (after == mine) & (before >= 0) & (before != mine)
        for other in sorted(set(before[lost].tolist())):
            count = int((lost & (before == other)).sum())
            self.counts.refused += count
            self.counts.granted -= count
            self._note(step, self.names[other], request, "refused", f"displaced by {agent} ({request.rank.name})", count)

    def _note(self, step: Step, agent: str, request: SetPoint | Limit, outcome: str, why: str, count: int) -> None:
        named = ", ".join(request.ids[:NAMED]) + (f" and {len(request.ids) - NAMED} more" if len(request.ids) > NAMED else "")
        if isinstance(request, SetPoint):
            port, value = request.port, float(np.sum(request.value))
        else:
            bounded_above = np.isfinite(request.high_kw)
            port, value = (HIGH, request.high_kw) if bounded_above else (LOW, request.low_kw)
        self.events.append(
            {
                "time": step.epoch_s + int(step.duration_s),
                "agent": agent,
                "table": request.table,
                "device": named,
                "devices": count,
                "port": port,
                "value": value,
                "rank": Rank(request.rank).name.lower(),
                "outcome": outcome,
                "reason": request.reason,
                "outcome_reason": why,
            }
        )

    def take_events(self) -> list[dict[str, Any]]:
        """Return and forget what was noted since the last call."""
        taken, self.events = self.events, []
        return taken


def _bounds(desk: _Desk, now_s: float, rows: NDArray[np.int64] | slice = slice(None)) -> tuple[FloatArray, FloatArray] | None:
    """Return the intersection of all limits per device, None without any; a lower rank's bound is cut to what is left."""
    if now_s >= desk.limited_until_s:
        return None
    rank = np.where(desk.low.expires > now_s, desk.low.rank, 0)[:, rows]
    if not rank.any():
        return None
    wanted_low, wanted_high = desk.low.value[:, rows], desk.high.value[:, rows]
    low, high = np.full(rank.shape[1], -np.inf), np.full(rank.shape[1], np.inf)
    for standing in range(int(rank.max()), 0, -1):
        for agent in desk.low.askers:
            holds = rank[agent] == standing
            if holds.any():
                low[holds] = np.minimum(np.maximum(low, wanted_low[agent]), high)[holds]
                high[holds] = np.maximum(np.minimum(high, wanted_high[agent]), low)[holds]
    return low, high
