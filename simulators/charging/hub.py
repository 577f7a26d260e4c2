# SPDX-License-Identifier: Apache-2.0
"""What happens at a hub, as processes of simpy: visitors arrive, wait, give up, are plugged in, leave; reservations lock points.

Times are seconds since 1970. A process only does something when an event happens, so a hub costs nothing between events.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    import simpy

    from simulators.charging.options import VisitorOptions
    from simulators.charging.visitor import Places, Visitor

    Process = Generator[simpy.Event, Any, Any]


class Registers:
    """Counts since the start of the run, arrays of shape ``(n_devices,)``, changed in place: the rows of `table`."""

    def __init__(self, n_devices: int) -> None:
        self.table = np.zeros((7, n_devices))
        self.unserved_kwh, self.waited_h, self.no_shows, self.cancelled, *rest = self.table
        self.refused, self.refused_kwh, self.sessions = rest


@dataclass(slots=True, eq=False)
class Ticket:
    """A place in the queue.

    Attributes
    ----------
    granted : simpy.Event
        Succeeds with the row of a point.
    waits_from_s : float
        From when on its owner stands there; a reservation queues before its owner comes.
    """

    granted: simpy.Event
    waits_from_s: float


@dataclass(slots=True, eq=False)
class Hub:
    """Points that share a queue.

    Attributes
    ----------
    env : simpy.Environment
        The clock.
    rows : list of int
        Rows of its charging points; registers of the whole hub are kept at the first.
    places : Places
        Connectors.
    registers : Registers
        Counts.
    options : VisitorOptions
        Queue and reservations.
    free, locked : set of int
        Points that can be given away, and points a controller keeps.
    waiting : deque of Ticket
        Who waits, first in front.
    stays : dict
        Event by which a visitor leaves early, by row.
    """

    env: simpy.Environment
    rows: list[int]
    places: Places
    registers: Registers
    options: VisitorOptions
    free: set[int] = field(default_factory=set)
    locked: set[int] = field(default_factory=set)
    waiting: deque[Ticket] = field(default_factory=deque)
    stays: dict[int, simpy.Event] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.free.update(self.rows)

    def expect(self, visitors: Sequence[Visitor]) -> None:
        """Take note of visitors who will come."""
        begins = [visitor.arrives_s - self.options.hold_s * visitor.booked for visitor in visitors]
        order = np.argsort(begins, kind="stable")
        self.env.process(self._feed([(begins[place], visitors[place]) for place in order.tolist()]))

    def queue(self, now_s: float) -> int:
        """Return how many people stand and wait."""
        return sum(ticket.waits_from_s <= now_s for ticket in self.waiting)

    def lock(self, row: int) -> None:
        """Keep a point from visitors as soon as it is free."""
        self.locked.add(row)
        self.free.discard(row)

    def unlock(self, row: int) -> None:
        """Let visitors have a point again."""
        self.locked.discard(row)
        if not self.places.present[row] and not self.places.reserved[row]:
            self._give(row)

    def finish(self, row: int) -> None:
        """Tell a visitor that the wish is met."""
        event = self.stays.pop(row, None)
        if event is not None:
            event.succeed()

    def _feed(self, visitors: list[tuple[float, Visitor]]) -> Process:
        for begins_s, visitor in visitors:
            if begins_s > self.env.now:
                yield self.env.timeout(begins_s - self.env.now)
            self.env.process(self._booked(visitor) if visitor.booked else self._walks_in(visitor))

    def _walks_in(self, visitor: Visitor) -> Process:
        room = self.options.queue_length
        if not self.free and room is not None and len(self.waiting) >= room:
            self._refuse(visitor)
            return
        arrived_s = self.env.now
        row = yield from self._wait(arrived_s, visitor.patience_s)
        if row is None:
            self._refuse(visitor)
            return
        yield from self._stay(row, visitor, arrived_s)

    def _booked(self, visitor: Visitor) -> Process:
        """Let a reservation stand first in the queue, keep the point it gets, and lapse if nobody comes."""
        first = self.rows[0]
        if visitor.cancels:
            self.registers.cancelled[first] += 1.0
            return
        lapses_s = visitor.arrives_s + (visitor.patience_s if visitor.shows else self.options.hold_s)
        row = yield from self._wait(visitor.arrives_s, lapses_s - self.env.now, first=True)
        if row is None:
            if visitor.shows:
                self._refuse(visitor)
            else:
                self.registers.no_shows[first] += 1.0
            return
        self.places.reserved[row] = 1.0
        comes_s = visitor.arrives_s if visitor.shows else lapses_s
        if comes_s > self.env.now:
            yield self.env.timeout(comes_s - self.env.now)
        if visitor.shows:
            yield from self._stay(row, visitor, visitor.arrives_s)
            return
        self.places.reserved[row] = 0.0
        self.registers.no_shows[row] += 1.0
        self._give(row)

    def _wait(self, waits_from_s: float, patience_s: float, *, first: bool = False) -> Generator[simpy.Event, Any, int | None]:
        """Return the row of a point, at once if one is free, or None if patience ends before."""
        if self.free:
            row = min(self.free)
            self.free.remove(row)
            return row
        ticket = Ticket(self.env.event(), waits_from_s)
        if first:
            self.waiting.appendleft(ticket)
        else:
            self.waiting.append(ticket)
        if np.isfinite(patience_s):
            yield ticket.granted | self.env.timeout(max(patience_s, 0.0))
        else:
            yield ticket.granted
        if ticket.granted.triggered:
            return int(cast("int", ticket.granted.value))
        self.waiting.remove(ticket)
        return None

    def _stay(self, row: int, visitor: Visitor, arrived_s: float) -> Process:
        self.places.plug(row, visitor, self.env.now)
        self.registers.sessions[row] += 1.0
        self.registers.waited_h[row] += (self.env.now - arrived_s) / 3600.0
        leaving: simpy.Event = self.env.timeout(visitor.stay_s)
        if visitor.leaves_when_done:
            self.stays[row] = self.env.event()
            leaving = leaving | self.stays[row]
        yield leaving
        self.stays.pop(row, None)
        self.registers.unserved_kwh[row] += self.places.unplug(row)
        self._give(row)

    def _give(self, row: int) -> None:
        """Give a point that nobody uses to whoever waits first."""
        if row in self.locked:
            return
        if self.waiting:
            self.waiting.popleft().granted.succeed(row)
        else:
            self.free.add(row)

    def _refuse(self, visitor: Visitor) -> None:
        first = self.rows[0]
        self.registers.refused[first] += 1.0
        self.registers.refused_kwh[first] += visitor.wish_kwh - visitor.energy_kwh
