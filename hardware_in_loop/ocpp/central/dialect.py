# SPDX-License-Identifier: Apache-2.0
"""What a version of OCPP must be able to say and to understand; the rest of the central system does not know versions."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from hardware_in_loop.ocpp.errors import CallError, Code, OcppError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from hardware_in_loop.ocpp.central.abilities import Abilities
    from hardware_in_loop.ocpp.central.books import Books
    from hardware_in_loop.ocpp.central.smart_charging import Composite, Profile

    Payload = dict[str, Any]
    Ask = Callable[[str, Payload], Awaitable[Payload]]

MEASURANDS: Final = (
    "Energy.Active.Import.Register", "Power.Active.Import", "Energy.Active.Export.Register", "Power.Active.Export",
    "SoC",
)  # fmt: skip
"""What is asked for: the first two are what counts."""
REACTIVE: Final = ("Power.Reactive.Import", "Power.Reactive.Export")
UNSUPPORTED: Final = frozenset({"NotImplemented", "NotSupported"})


class RefusedError(OcppError):
    """A station answered a request, and not with Accepted.

    Attributes
    ----------
    status : str
        What it answered.
    """

    def __init__(self, station: str, action: str, status: str, why: str = "") -> None:
        self.status = status
        super().__init__(f"{station}: {action}: {status}{f' ({why})' if why else ''}")


@dataclass(frozen=True, slots=True)
class Place:
    """Which point of a station is meant; OCPP 1.6 has connectors only."""

    evse: int = 1
    connector: int = 1
    old_connector: int = 1


class Dialect(ABC):
    """A version of OCPP, spoken with one station.

    Parameters
    ----------
    books : Books
        What is known of the station.
    ask : callable
        ``await ask(action, payload)`` calls the station.

    Attributes
    ----------
    handlers : dict
        What is understood: returns the payload of the answer.
    """

    feeds_back = False
    """Whether it can ask a point to feed back."""

    def __init__(self, books: Books, ask: Ask) -> None:
        self.books = books
        self._ask = ask
        self.handlers: dict[str, Callable[[Payload], Payload]] = {}

    async def handle(self, action: str, payload: Payload) -> Payload:
        """Answer a call of the station."""
        handler = self.handlers.get(action)
        if handler is None:
            raise CallError(Code.NOT_SUPPORTED, f"{action} is not served here")
        return handler(payload)

    async def _status(self, action: str, payload: Payload, *accepted: str) -> str:
        """Ask for something and return the status, which must be one of those accepted ("Accepted" if there are none)."""
        answer = await self._ask(action, payload)
        status = str(answer.get("status", ""))
        if status not in (accepted or ("Accepted",)):
            info = answer.get("statusInfo") or {}
            why = " ".join(str(info[key]) for key in ("reasonCode", "additionalInfo") if info.get(key))
            raise RefusedError(self.books.station, action, status, why)
        return status

    @abstractmethod
    async def probe(self, place: Place) -> Abilities:
        """Find out what the station can do, and ask it for meter values."""

    @abstractmethod
    async def set_profile(self, place: Place, profile: Profile) -> None:
        """Send a charging profile. Raises RefusedError."""

    @abstractmethod
    async def clear_profile(self, place: Place, profile_id: int) -> bool:
        """Take a profile back; returns whether it was there."""

    @abstractmethod
    async def clear_level(self, place: Place, purpose: str, level: int) -> bool:
        """Take back what stands in the way of a profile: the one of the same purpose and level."""

    @abstractmethod
    async def composite(self, place: Place, duration_s: int, unit: str) -> Composite | None:
        """Return what will apply; None where the station does not say."""

    @abstractmethod
    async def reserve(self, place: Place, reservation_id: int, token: str, until_s: float) -> str:
        """Ask for a reservation until a time of the station's clock; returns the status."""

    @abstractmethod
    async def cancel(self, reservation_id: int) -> str:
        """Cancel a reservation; returns the status."""

    @abstractmethod
    async def start(self, place: Place, token: str, remote_id: int) -> None:
        """Start a transaction. Raises RefusedError."""

    @abstractmethod
    async def stop(self, transaction: str) -> None:
        """End a transaction. Raises RefusedError."""

    @abstractmethod
    async def trigger(self, place: Place, message: str) -> None:
        """Ask for a message now: ``MeterValues``, ``StatusNotification``, ``BootNotification``. Raises RefusedError."""


def unsupported(error: CallError) -> bool:
    """Return whether a station refused because it does not have something at all."""
    return error.code in UNSUPPORTED
