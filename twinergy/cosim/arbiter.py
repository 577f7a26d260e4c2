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

from twinergy.agents import Limit, Rank, SetPoint
from twinergy.errors import PluginError, closest
from twinergy.ports import Direction

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from twinergy.kinds import FloatArray, Table, TableValues
    from twinergy.timebase import Step

    Bounds = tuple[FloatArray, FloatArray]

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


Request = SetPoint | Limit


@dataclass
class _Desk:
    """Everything that is asked of one table."""

    table: Table
    targets: dict[str, _Slots]
    low: _Slots
    high: _Slots
    pending: list[tuple[str, Request, NDArray[np.int64]]] = field(default_factory=list)
    """Requests of this step, to be judged once all have been made."""
    expiries_s: list[float] = field(default_factory=list)
    winners: dict[str, NDArray[np.int64]] = field(default_factory=dict)
    """Winning agent per device as of the last resolution, by port."""
    resolved: dict[str, FloatArray] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Event:
    """What became of a request, kept as it is until somebody wants to read it."""

    epoch_s: int
    agent: str
    request: Request
    outcome: str
    why: str
    devices: int

    def row(self) -> dict[str, Any]:
        """Return the event as a row of the results."""
        request = self.request
        more = f" and {len(request.ids) - NAMED} more" if len(request.ids) > NAMED else ""
        if isinstance(request, SetPoint):
            port, value = request.port, float(np.sum(request.value))
        else:
            above = np.isfinite(request.high_kw)
            port, value = (HIGH, request.high_kw) if above else (LOW, request.low_kw)
        return {
            "time": self.epoch_s,
            "agent": self.agent,
            "table": request.table,
            "device": ", ".join(request.ids[:NAMED]) + more,
            "devices": self.devices,
            "port": port,
            "value": value,
            "rank": Rank(request.rank).name.lower(),
            "outcome": self.outcome,
            "reason": request.reason,
            "outcome_reason": self.why,
        }


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
        self._events: list[_Event] = []
        self._desks = {table.name: self._desk(table) for table in tables if table.of(Direction.SET_POINT)}

    def _desk(self, table: Table) -> _Desk:
        shape = (len(self.agents), len(table.ids))
        targets = {port.name: _Slots.of(*shape) for port in table.of(Direction.SET_POINT)}
        return _Desk(table, targets, low=_Slots.of(*shape), high=_Slots.of(*shape))

    def ask(self, agent: str, request: Request, step: Step) -> None:
        """Take a request that acts from the next step on; `set_points` judges it together with the others of this step.

        Raises
        ------
        PluginError
            If the table, the port or a device does not exist, or the table cannot be limited.
        """
        desk = self._desks.get(request.table)
        if desk is None:
            message = f"agent {agent!r} addresses table {request.table!r}, which has no set-points: "
            raise PluginError(message + closest(request.table, self._desks), plugin=agent)
        rows = _rows(agent, request, desk)
        expires_s = step.epoch_s + step.duration_s + request.valid_s
        slot = self.agents[agent]
        if isinstance(request, SetPoint):
            _slots(agent, request, desk).put(slot, rows, request.value, request.rank, expires_s)
        else:
            if LOW not in desk.targets and HIGH not in desk.targets:
                message = f"agent {agent!r} limits {request.table!r}, which has neither {LOW} nor {HIGH}"
                raise PluginError(message, plugin=agent)
            desk.low.put(slot, rows, request.low_kw, request.rank, expires_s)
            desk.high.put(slot, rows, request.high_kw, request.rank, expires_s)
        desk.pending.append((agent, request, rows))
        desk.expiries_s.append(expires_s)

    def set_points(self, now_s: float) -> TableValues:
        """Return what holds at an instant: arrays by table and port, NaN where nobody asks; tables left alone are absent."""
        result: TableValues = {}
        for name, desk in self._desks.items():
            if desk.pending or (desk.expiries_s and now_s >= min(desk.expiries_s)):
                self._resolve(desk, now_s)
            if desk.resolved:
                result[name] = desk.resolved
        return result

    def _resolve(self, desk: _Desk, now_s: float) -> None:
        desk.expiries_s = [expires_s for expires_s in desk.expiries_s if expires_s > now_s]
        before, desk.winners = desk.winners, {}
        bounds = _bounds(desk, now_s)
        values: dict[str, FloatArray] = {}
        for port, slots in desk.targets.items():
            if slots.askers:
                values[port], desk.winners[port] = slots.winner(now_s)
        for agent, request, rows in desk.pending:
            self._judge(agent, request, rows, desk, (values, bounds, before), int(now_s))
        desk.pending = []
        desk.resolved = _limited(desk, values, bounds) if desk.expiries_s else {}

    def _judge(
        self,
        agent: str,
        request: Request,
        rows: NDArray[np.int64],
        desk: _Desk,
        outcome: tuple[dict[str, FloatArray], Bounds | None, dict[str, NDArray[np.int64]]],
        epoch_s: int,
    ) -> None:
        """Count and note what became of a request, and whom it displaced."""
        self.counts.asked += len(rows)
        values, bounds, before = outcome
        if not isinstance(request, SetPoint) or (bounds is None and len(desk.targets[request.port].askers) == 1):
            self.counts.granted += len(rows)  # nobody else has a say: the usual case, and the quick one
            self._events.append(_Event(epoch_s, agent, request, "granted", "", len(rows)))
            return
        winner, target = desk.winners[request.port][rows], values[request.port][rows]
        won = winner == self.agents[agent]
        cut = np.zeros(len(rows), dtype=bool)
        if bounds is not None and request.port in POWER_PORTS:
            cut = won & ((target < bounds[0][rows]) | (target > bounds[1][rows]))
        limited, refused = int(np.count_nonzero(cut)), int(np.count_nonzero(~won))
        granted = len(rows) - limited - refused
        self.counts.granted += granted
        self.counts.limited += limited
        self.counts.refused += refused
        if granted:
            self._events.append(_Event(epoch_s, agent, request, "granted", "", granted))
        if limited:
            self._events.append(_Event(epoch_s, agent, request, "limited", "cut to the limits that hold", limited))
        if refused:
            by = ", ".join(sorted({self.names[row] for row in winner[~won]}))
            self._events.append(_Event(epoch_s, agent, request, "refused", f"{by} has the higher standing", refused))
        if request.port in before:
            self._displaced(agent, request, before[request.port][rows][won], epoch_s)

    def _displaced(self, agent: str, request: SetPoint, before: NDArray[np.int64], epoch_s: int) -> None:
        """Note whose request a new one has pushed aside; `before` is who held each device it has won."""
        for other in sorted(set(before.tolist()) - {-1, self.agents[agent]}):
            count = int((before == other).sum())
            self.counts.refused += count
            self.counts.granted -= count
            why = f"displaced by {agent} ({request.rank.name})"
            self._events.append(_Event(epoch_s, self.names[other], request, "refused", why, count))

    def take_events(self) -> list[dict[str, Any]]:
        """Return and forget what was noted since the last call."""
        taken, self._events = self._events, []
        return [event.row() for event in taken]


def _rows(agent: str, request: Request, desk: _Desk) -> NDArray[np.int64]:
    try:
        return np.array([desk.table.row_of[name] for name in request.ids], dtype=np.int64)
    except KeyError as error:
        name = str(error.args[0])
        message = f"agent {agent!r} addresses {name!r} of {request.table!r}: {closest(name, desk.table.ids)}"
        raise PluginError(message, plugin=agent) from error


def _slots(agent: str, request: SetPoint, desk: _Desk) -> _Slots:
    slots = desk.targets.get(request.port)
    if slots is None:
        known = closest(request.port, desk.targets)
        message = f"agent {agent!r} addresses port {request.port!r} of {request.table!r}: {known}"
        raise PluginError(message, plugin=agent)
    return slots


def _limited(desk: _Desk, values: dict[str, FloatArray], bounds: Bounds | None) -> dict[str, FloatArray]:
    """Return the targets cut to the limits, and the limits themselves where the devices want to know them."""
    if bounds is None:
        return values
    low, high = bounds
    limited = {port: np.minimum(np.maximum(value, low), high) if port in POWER_PORTS else value for port, value in values.items()}
    for port, bound in ((LOW, low), (HIGH, high)):
        if port in desk.targets:
            told = np.where(np.isfinite(bound), bound, np.nan)
            limited[port] = np.where(np.isnan(limited[port]), told, limited[port]) if port in limited else told
    return limited


def _bounds(desk: _Desk, now_s: float) -> Bounds | None:
    """Return the intersection of all limits per device, None without any; a lower rank's bound is cut to what is left."""
    if not desk.low.askers:
        return None
    rank = np.where(desk.low.expires > now_s, desk.low.rank, 0)
    highest = int(rank.max())
    if not highest:
        return None
    low, high = np.full(rank.shape[1], -np.inf), np.full(rank.shape[1], np.inf)
    for standing in range(highest, 0, -1):
        for agent in sorted(desk.low.askers):
            holds = rank[agent] == standing
            if holds.any():
                low[holds] = np.minimum(np.maximum(low, desk.low.value[agent]), high)[holds]
                high[holds] = np.maximum(np.minimum(high, desk.high.value[agent]), low)[holds]
    return low, high
