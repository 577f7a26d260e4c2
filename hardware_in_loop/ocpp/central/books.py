# SPDX-License-Identifier: Apache-2.0
"""What is known of one station: its points, transactions, clock and tokens.

That outlives connections, and with a store our own process too.
"""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from hardware_in_loop.ocpp.central.abilities import Abilities
from hardware_in_loop.ocpp.central.clock import StationClock
from hardware_in_loop.ocpp.central.dialect import MEASURANDS
from hardware_in_loop.ocpp.central.point import Point
from hardware_in_loop.ocpp.central.registers import MOST_KW
from hardware_in_loop.ocpp.central.transactions import Ledger

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from hardware_in_loop.ocpp.central.reservations import Reservation
    from hardware_in_loop.ocpp.central.transactions import Event

HIGHEST: Final = 10_000
MOST_POINTS: Final = 64
"""Points of a station that are kept; a number beyond is garbage."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What is asked of a station; see `OcppOptions`."""

    heartbeat_s: int = 10
    meter_s: int = 1
    timeout_s: float = 5.0
    most_kw: float = MOST_KW
    measurands: tuple[str, ...] = MEASURANDS
    tokens: frozenset[str] = frozenset()
    """Those that may charge, case folded: OCPP does not tell upper from lower case."""


class Books:
    """One station.

    Parameters
    ----------
    station : str
        Its identity.
    settings : Settings
        What is asked of it.
    note : callable
        ``note(**facts)`` writes an event about it into the journal.
    """

    def __init__(self, station: str, settings: Settings, note: Callable[..., None] = lambda **_: None) -> None:
        self.station = station
        self.settings = settings
        self.note = note
        self.clock = StationClock()
        # Transaction ids of OCPP 1.6 are ours: later than any that an earlier run of ours has given.
        self.ledger = Ledger(settings.most_kw, first_id=int(time.time()) % 2_000_000_000)
        self.points: dict[int, Point] = {}
        self.old_connectors: dict[int, int] = {}
        self.reservations: dict[int, Reservation] = {}
        self.abilities = Abilities()
        self.booted = False
        self.boots = 0
        self.said = ""
        self.counts: Counter[str] = Counter()
        self.on_boot: list[Callable[[], None]] = []
        self.on_change: list[Callable[[bool], None]] = []
        """Told that something is to be kept, and whether at once."""

    def point(self, number: int) -> Point:
        """Return a point by its number."""
        if number not in self.points:
            if len(self.points) >= MOST_POINTS or not 0 <= number <= HIGHEST:
                self.counts["unknown_point"] += 1
                return Point(number, self.ledger, self.clock, self.settings.most_kw)  # heard, and forgotten
            self.points[number] = Point(number, self.ledger, self.clock, self.settings.most_kw)
        return self.points[number]

    def evse(self, old_connector: int) -> int:
        """Return the EVSE that a connector of OCPP 1.6 is known as here."""
        return self.old_connectors.get(old_connector, old_connector)

    def booting(self, maker: str) -> None:
        """Take in a BootNotification: whatever it was told before may be gone."""
        self.booted, self.said = True, maker
        self.boots += 1
        self.clock.reset()
        self.note(boot=maker)
        for call in self.on_boot:
            call()

    def record(self, event: Event) -> bool:
        """Take in an event of a transaction once; return whether it was new."""
        self.clock.see(event.time_s, punctual=event.live)
        is_new = self.ledger.record(event)
        transaction = self.ledger.transactions.get(event.transaction)
        evse = event.evse or (transaction.evse if transaction is not None else 0)
        if event.reservation is not None:
            for reservation in self.reservations.values():
                reservation.used(event.reservation)
        if evse:
            self.point(evse).happened(event, is_new=is_new)
        if not is_new:
            self.counts["duplicates"] += 1
        self.changed(urgent=is_new and event.happening != "Updated")
        return is_new

    def changed(self, *, urgent: bool = False) -> None:
        """Tell that something to be kept has changed."""
        for call in self.on_change:
            call(urgent)

    def may_charge(self, token: str) -> bool:
        """Return whether a token is on the list."""
        return token.casefold() in self.settings.tokens

    def reservation_ended(self, reservation_id: int, status: str) -> None:
        """Take in a ReservationStatusUpdate."""
        for reservation in self.reservations.values():
            if reservation.id == reservation_id:
                reservation.ended(status)
                self.note(reservation=reservation_id, ended=status)

    def dump(self) -> dict[str, Any]:
        """Return what `load` takes."""
        lines = {str(number): {"drawn": point.drawn.dump(), "fed": point.fed.dump()} for number, point in self.points.items()}
        return {"ledger": self.ledger.dump(), "points": lines}

    def load(self, kept: Mapping[str, Any]) -> None:
        """Go on where other books stopped."""
        self.ledger.load(kept["ledger"])
        for number, lines in kept["points"].items():
            point = self.point(int(number))
            point.drawn.load(lines["drawn"])
            point.fed.load(lines["fed"])
