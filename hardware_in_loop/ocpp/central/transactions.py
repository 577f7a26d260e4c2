# SPDX-License-Identifier: Apache-2.0
"""Transactions of one station: counted once, whatever comes twice, late or never.

A transaction is known by its id, an event of OCPP 2.x by that and its sequence number, a start in OCPP 1.6 by connector, token,
time and register. Energy is what the registers of its readings say, see `registers`. Everything can be repeated: after a lost
answer stations send again, after a restart of ours they go on with ids that we gave them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from hardware_in_loop.ocpp.central.registers import MOST_KW, RegisterLine

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from hardware_in_loop.ocpp.central.metering import Meters

KEPT: Final = 200
"""Transactions of a station that are kept; the oldest ended ones go."""
FACTS: Final = ("id", "evse", "token", "started_s", "ended_s", "ended", "begun", "state", "state_s", "reason", "reservation")
WIDEST: Final = 2**31 - 1


class Happening(StrEnum):
    """What an event says of its transaction."""

    STARTED = "Started"
    UPDATED = "Updated"
    ENDED = "Ended"


@dataclass(frozen=True, slots=True)
class Event:
    """One message about a transaction, whatever the version.

    Attributes
    ----------
    happening : Happening
        Start, update, end.
    transaction : str
        Id of the transaction.
    evse : int
        EVSE, 0 where the message does not say. [-]
    time_s : float
        By the station's clock. [s]
    seq : int or None
        Sequence number, in OCPP 2.x.
    state : str
        Charging state in the words of OCPP 2.x, empty where it does not say.
    reason : str
        Why it was sent, or why the transaction ended.
    token : str
        Whose transaction it is.
    reservation : int or None
        Reservation that it uses up.
    offline : bool
        Whether it happened while the station was away.
    readings : tuple of Meters
        What was measured.
    """

    happening: Happening
    transaction: str
    evse: int = 0
    time_s: float = math.nan
    seq: int | None = None
    state: str = ""
    reason: str = ""
    token: str = ""
    reservation: int | None = None
    offline: bool = False
    readings: tuple[Meters, ...] = ()

    @property
    def live(self) -> bool:
        """Whether it was certainly sent when it happened, which OCPP 1.6 does not say."""
        return self.seq is not None and not self.offline


class Numbers:
    """Whole numbers that have been seen, as ranges: months of events take no room."""

    def __init__(self, ranges: Iterable[Iterable[int]] = ()) -> None:
        self.ranges = [list(pair) for pair in ranges]

    def add(self, number: int) -> bool:
        """Add a number; return whether it is new."""
        for place, (first, last) in enumerate(self.ranges):
            if first <= number <= last:
                return False
            if number < first - 1:
                self.ranges.insert(place, [number, number])
                return True
            if number <= last + 1:
                self.ranges[place] = [min(first, number), max(last, number)]
                self._join(place)
                return True
        self.ranges.append([number, number])
        return True

    def _join(self, place: int) -> None:
        if place + 1 < len(self.ranges) and self.ranges[place][1] + 1 >= self.ranges[place + 1][0]:
            self.ranges[place][1] = self.ranges.pop(place + 1)[1]

    @property
    def missing(self) -> int:
        """How many are missing between 0 and the highest one."""
        seen = sum(last - first + 1 for first, last in self.ranges)
        return self.ranges[-1][1] + 1 - seen if self.ranges else 0


@dataclass(slots=True)
class Transaction:
    """One transaction; energies are counted by its registers. [kWh]."""

    id: str
    evse: int = 0
    token: str = ""
    started_s: float = math.nan
    ended_s: float = math.nan
    ended: bool = False
    begun: bool = False
    """Whether its start has been reported."""
    state: str = ""
    state_s: float = -math.inf
    reason: str = ""
    reservation: int | None = None
    abandoned: bool = False
    """Whether its connector has become free without its end having come (yet)."""
    numbers: Numbers = field(default_factory=Numbers)
    drawn: RegisterLine = field(default_factory=RegisterLine)
    fed: RegisterLine = field(default_factory=RegisterLine)

    @property
    def missing(self) -> int:
        """Events that have not come (yet)."""
        return self.numbers.missing

    def take(self, event: Event) -> None:
        """Take in an event that is new."""
        self.evse = event.evse or self.evse
        self.abandoned = self.abandoned and event.offline
        self.token = event.token or self.token
        self.reservation = event.reservation if event.reservation is not None else self.reservation
        if event.happening is Happening.STARTED:
            self.begun, self.started_s = True, event.time_s
        elif event.happening is Happening.ENDED:
            self.ended, self.ended_s, self.reason = True, event.time_s, event.reason
        moment_s = event.time_s if math.isfinite(event.time_s) else self.state_s
        if event.state and moment_s >= self.state_s:
            self.state, self.state_s = event.state, moment_s
        for meters in event.readings:
            self.drawn.see(meters.time_s, meters.energy_kwh, live=event.live)
            self.fed.see(meters.time_s, meters.energy_out_kwh, live=event.live)


class Ledger:
    """Transactions of one station, and what is odd about them.

    Parameters
    ----------
    most_kw : float
        Most power of one of its points. [kW]
    first_id : int
        Where ids that we give begin, in OCPP 1.6; later than any that an earlier run of ours gave.
    """

    def __init__(self, most_kw: float = MOST_KW, first_id: int = 1) -> None:
        self.most_kw = most_kw
        self.transactions: dict[str, Transaction] = {}
        self.duplicates = 0
        """Messages that had been counted."""
        self.adopted = 0
        """Transactions whose start we never saw: they began before us."""
        self._next_id = first_id % WIDEST or 1
        self._starts: dict[str, str] = {}

    @property
    def missing(self) -> int:
        """Events that have not come (yet): gaps in sequence numbers."""
        return sum(one.missing for one in self.transactions.values())

    def active(self, evse: int) -> Transaction | None:
        """Return the transaction that is on at an EVSE."""
        running = (one for one in reversed(self.transactions.values()) if one.evse == evse and not (one.ended or one.abandoned))
        return next(running, None)

    def latest(self, evse: int) -> Transaction | None:
        """Return the transaction that is on at an EVSE, or was the last one."""
        return self.active(evse) or next((one for one in reversed(self.transactions.values()) if one.evse == evse), None)

    def number(self, evse: int, token: str, stamp: str, register: int) -> tuple[str, bool]:
        """Return the id for a start in OCPP 1.6, and whether it is new: the same start gets the same id."""
        key = f"{evse}|{token}|{stamp}|{register}"
        known = self._starts.get(key)
        if known is not None:
            return known, False
        given, self._next_id = str(self._next_id), self._next_id % WIDEST + 1
        self._starts[key] = given
        return given, True

    def record(self, event: Event) -> bool:
        """Take in an event; return whether it was new."""
        known = self.transactions.get(event.transaction)
        transaction = known or self._open(event)
        if not self._is_new(transaction, event):
            self.duplicates += 1
            return False
        transaction.take(event)
        self._forget()
        return True

    def _open(self, event: Event) -> Transaction:
        lines = RegisterLine(self.most_kw), RegisterLine(self.most_kw)
        transaction = Transaction(event.transaction, event.evse, drawn=lines[0], fed=lines[1])
        self.transactions[event.transaction] = transaction
        # Sequence numbers begin at 0, so an event that overtook its start will be followed by it; only 1.6 has no numbers.
        self.adopted += event.seq is None and event.happening is not Happening.STARTED
        return transaction

    @staticmethod
    def _is_new(transaction: Transaction, event: Event) -> bool:
        if event.seq is not None:
            return transaction.numbers.add(event.seq)
        if event.happening is Happening.STARTED:
            return not transaction.begun
        return event.happening is Happening.UPDATED or not transaction.ended

    def _forget(self) -> None:
        if len(self.transactions) > KEPT:
            oldest = next((one.id for one in self.transactions.values() if one.ended), None)
            if oldest is not None:
                del self.transactions[oldest]
                self._starts = {key: given for key, given in self._starts.items() if given != oldest}

    def dump(self) -> dict[str, Any]:
        """Return what `load` takes."""
        kept = [
            {
                **{name: getattr(one, name) for name in FACTS},
                "abandoned": one.abandoned,
                "numbers": one.numbers.ranges,
                "drawn": one.drawn.dump(),
                "fed": one.fed.dump(),
            }
            for one in self.transactions.values()
        ]
        return {"next_id": self._next_id, "starts": self._starts, "transactions": kept}

    def load(self, kept: Mapping[str, Any]) -> None:
        """Go on where another ledger stopped."""
        self._next_id = max(self._next_id, kept["next_id"])
        self._starts = dict(kept["starts"])
        for one in kept["transactions"]:
            abandoned = one.get("abandoned", False)
            transaction = Transaction(**{name: one[name] for name in FACTS}, abandoned=abandoned, numbers=Numbers(one["numbers"]))
            transaction.drawn, transaction.fed = RegisterLine(self.most_kw), RegisterLine(self.most_kw)
            transaction.drawn.load(one["drawn"])
            transaction.fed.load(one["fed"])
            self.transactions[transaction.id] = transaction
