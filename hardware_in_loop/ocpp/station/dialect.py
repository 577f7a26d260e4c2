# SPDX-License-Identifier: Apache-2.0
"""How a version of the wire says what a station has to say, and what it asks of one."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

from hardware_in_loop.ocpp.versions import Version

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from hardware_in_loop.ocpp.station.events import Event
    from hardware_in_loop.ocpp.station.evse import Evse
    from hardware_in_loop.ocpp.station.station import Station

    Payload = dict[str, Any]
    Message = tuple[str, Payload]


class Dialect(ABC):
    """Messages of one version, both ways.

    Parameters
    ----------
    station : Station
        Who speaks.

    Attributes
    ----------
    handlers : mapping of str to callable
        What a central system may call, by action; each returns the payload of the answer.
    """

    handlers: Mapping[str, Callable[[Payload], Payload]]

    def __init__(self, station: Station) -> None:
        self.station = station

    async def handle(self, action: str, payload: Payload) -> Payload:
        """Answer a call."""
        return self.handlers[action](payload)

    @abstractmethod
    def boot(self, reason: str) -> Message:
        """Return a boot notification."""

    @abstractmethod
    def status(self, evse: Evse, status: str) -> Message:
        """Return a status notification."""

    @abstractmethod
    def authorize(self, token: str) -> Message:
        """Return a request to authorize."""

    @abstractmethod
    def is_accepted(self, answer: Payload) -> bool:
        """Return whether that was granted."""

    @abstractmethod
    def render(self, event: Event) -> Message | None:
        """Return an event as a message, None where this version does not say it."""

    @abstractmethod
    def took(self, event: Event, answer: Payload) -> None:
        """Act on the answer to an event: the number of a transaction, or that its token is refused."""

    def reservation_over(self, reservation: int, status: str) -> Message | None:  # noqa: ARG002
        """Return that a reservation is over, None where only the status says it."""
        return None

    def needs(self, evse: Evse, wanted_kwh: float, departure_s: float) -> Message | None:  # noqa: ARG002
        """Return what a car wants, None where the version cannot say it."""
        return None

    def resumed(self) -> None:  # noqa: B027 - most versions have no word for it
        """Tell of transactions that survived a restart."""


def dialect_of(station: Station) -> Dialect:
    """Return the dialect of the version that a station speaks."""
    from hardware_in_loop.ocpp.station.dialect2 import Dialect2  # noqa: PLC0415 - they derive from what is above
    from hardware_in_loop.ocpp.station.dialect16 import Dialect16  # noqa: PLC0415

    return Dialect16(station) if station.version is Version.V16 else Dialect2(station)
