# SPDX-License-Identifier: Apache-2.0
"""What happens in transactions, in a form that any version of the wire can be written from, and the queue it waits in."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hardware_in_loop.ocpp.station.snapshot import Snapshot


class Happening(StrEnum):
    """Kind of an event."""

    STARTED = "Started"
    UPDATED = "Updated"
    ENDED = "Ended"
    METER = "Meter"
    """Clock-aligned values outside of a transaction."""


@dataclass(slots=True, kw_only=True)
class Transaction:
    """A transaction of an EVSE; survives a restart of the station.

    Attributes
    ----------
    id : str
        Chosen by the station, for 2.x.
    number : int or None
        Given by the central system in 1.6, None as long as that has not answered.
    token : str
        Who charges.
    started_s : float
        Since 1970. [s]
    seq : int
        Number of its next event.
    state : str
        ``chargingState`` of 2.x.
    remote_start : int or None
        Number of the request that started it.
    reservation : int or None
        Reservation that it used.
    next_sample_s : float
        When the next meter values are due. [s]
    refused : bool
        Whether the central system did not accept the token afterwards.
    """

    id: str
    token: str
    started_s: float
    number: int | None = None
    seq: int = 0
    state: str = "EVConnected"
    remote_start: int | None = None
    reservation: int | None = None
    next_sample_s: float = float("inf")
    refused: bool = False


@dataclass(slots=True, kw_only=True)
class Event:
    """Something that the central system must get, in order, however late.

    Attributes
    ----------
    evse : int
        Place of the EVSE in the station's list.
    seq : int
        Number within the transaction.
    trigger : str
        ``triggerReason`` of 2.x.
    context : str
        ``context`` of the meter values; empty where none are sent.
    measurands : tuple of str
        What is sent of them.
    reason : str
        Why a transaction ended, as 2.x says it.
    offline : bool
        Whether the central system was away when it happened.
    with_token : bool
        Whether the token goes with it.
    attempts : int
        How often the central system has refused it.
    """

    happening: Happening
    evse: int
    time_s: float
    shown: Snapshot
    transaction: Transaction | None = None
    seq: int = 0
    state: str = ""
    trigger: str = ""
    context: str = ""
    measurands: tuple[str, ...] = ()
    reason: str = ""
    offline: bool = False
    with_token: bool = False
    attempts: int = 0


class Outbox:
    """Events in the order in which they happened; what is not acknowledged stays.

    Parameters
    ----------
    longest : int
        Most events that wait; of more, meter values are given up before the start and the end of a transaction.

    Attributes
    ----------
    dropped : int
        Events that were given up.
    """

    def __init__(self, longest: int = 100_000) -> None:
        self.waiting: deque[Event] = deque()
        self.longest = longest
        self.dropped = 0
        self.filled = asyncio.Event()

    def put(self, event: Event) -> None:
        """Append an event."""
        if len(self.waiting) >= self.longest:
            self._thin_out()
        self.waiting.append(event)
        self.filled.set()

    def _thin_out(self) -> None:
        """Give up every second update, as OCPP 2.0.1 E04.FR.07 allows: the energy still shows in the register."""
        kept: deque[Event] = deque()
        odd = False
        for event in self.waiting:
            if event.happening in {Happening.UPDATED, Happening.METER}:
                odd = not odd
                if odd:
                    self.dropped += 1
                    continue
            kept.append(event)
        self.waiting = kept

    async def next(self) -> Event:
        """Return the first event, which stays until `done`."""
        while not self.waiting:
            self.filled.clear()
            await self.filled.wait()
        return self.waiting[0]

    def done(self, event: Event) -> None:
        """Forget the first event: it was acknowledged, or is given up."""
        if self.waiting and self.waiting[0] is event:
            self.waiting.popleft()

    def has(self, transaction: str) -> bool:
        """Return whether events of a transaction wait."""
        return any(event.transaction is not None and event.transaction.id == transaction for event in self.waiting)
