# SPDX-License-Identifier: Apache-2.0
"""Which EVSEs a station keeps for whom."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hardware_in_loop.ocpp.station.readings import FAULT
from hardware_in_loop.ocpp.station.reservations import Reservations

if TYPE_CHECKING:
    from hardware_in_loop.ocpp.station.evse import Evse
    from hardware_in_loop.ocpp.station.station import Station


class Keeper:
    """Reservations at work.

    Parameters
    ----------
    station : Station
        Whose EVSEs are kept.

    Attributes
    ----------
    reservations : Reservations
        What stands.
    """

    def __init__(self, station: Station) -> None:
        self.station = station
        self.reservations = Reservations()

    def unreserved(self) -> list[Evse]:
        """Return the EVSEs that are free and kept for nobody in particular."""
        return [evse for evse in self.station.evses if evse.free and self.reservations.of(evse.number) is None]

    def kept_for_others(self, evse: Evse, token: str) -> bool:
        """Return whether a reservation keeps an EVSE from a token."""
        free = sum(one.free for one in self.station.evses) + (not evse.free)
        return self.reservations.blocks(evse.number, free, token)

    def use_up(self, evse: Evse, token: str) -> int | None:
        """Use up the reservation that a token has at an EVSE; return its id."""
        found = self.reservations.usable(evse.number, token)
        if found is None:
            return None
        del self.reservations.standing[found.id]
        self.keep()
        return found.id

    def tick(self, now_s: float) -> None:
        """Give up what is over, and keep the rest."""
        for over in self.reservations.expired(now_s):
            self._tell(over.id, "Expired")
        self.keep()

    def keep(self) -> None:
        """Keep EVSEs for those who reserved them; give up reservations of EVSEs that are out of order."""
        for_any, unreserved = len(self.reservations.for_any), self.unreserved()
        tight = 0 < for_any >= len(unreserved)
        for evse in self.station.evses:
            own = self.reservations.of(evse.number)
            if own is not None and (evse.state == FAULT or not evse.operative):
                del self.reservations.standing[own.id]
                self._tell(own.id, "Removed")
                own = None
            evse.keep(own is not None or (tight and evse in unreserved))

    def _tell(self, reservation: int, status: str) -> None:
        message = self.station.dialect.reservation_over(reservation, status)
        if message is not None and self.station.online:
            self.station.later(self.station.call(*message))
