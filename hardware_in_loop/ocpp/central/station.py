# SPDX-License-Identifier: Apache-2.0
"""The central system's side of one station: its connections, from the first word to the last, and who is told of them.

A station that connects is asked what it can do before it counts as up: once when it boots, and not again when only the connection
was lost. Boot notifications that are missing are asked for.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, Protocol

from hardware_in_loop.ocpp.central.dialect import RefusedError
from hardware_in_loop.ocpp.central.v16 import DialectV16
from hardware_in_loop.ocpp.central.v21 import DialectV21
from hardware_in_loop.ocpp.central.v201 import DialectV201
from hardware_in_loop.ocpp.errors import CallError, OcppError
from hardware_in_loop.ocpp.rpc import Rpc
from hardware_in_loop.ocpp.versions import Version
from twinergy.adapters import Journal, Way

if TYPE_CHECKING:
    from hardware_in_loop.ocpp.central.abilities import Abilities
    from hardware_in_loop.ocpp.central.books import Books
    from hardware_in_loop.ocpp.central.dialect import Dialect, Place
    from hardware_in_loop.ocpp.listen import Station as Connection

DIALECTS: Final[dict[Version, type[Dialect]]] = {Version.V16: DialectV16, Version.V201: DialectV201, Version.V21: DialectV21}
BOOT_S: Final = 3.0
"""How long a station that nobody knows may take to its boot notification before it is asked for one. [s]"""
ANSWERED_S: Final = 0.02
"""For the answer to a boot notification to be on its way: before it a station takes no calls. [s]"""
FIRST_RETRY_S: Final = 0.1
LAST_RETRY_S: Final = 10.0


class Watcher(Protocol):
    """Who is told of a station's connection: one for each of its points in the scenario."""

    place: Place

    def up(self, dialect: Dialect, abilities: Abilities) -> None:
        """Take in that it can be asked from now on."""

    def down(self, why: str) -> None:
        """Take in that it cannot be asked any more."""


class Station:
    """A station, connected or not.

    Parameters
    ----------
    books : Books
        What is known of it.
    journal : Journal
        Where frames go.
    """

    def __init__(self, books: Books, journal: Journal) -> None:
        self.books = books
        self.rpc: Rpc | None = None
        self.watchers: list[Watcher] = []
        self._journal = journal
        self._booted = asyncio.Event()
        self._probed = False
        books.on_boot.append(self._on_boot)

    def _on_boot(self) -> None:
        self._probed = False
        self._booted.set()

    @property
    def heard_s(self) -> float:
        """Time since it last said anything; infinite while it is not connected. [s]."""
        return time.monotonic() - self.rpc.last_received_s if self.rpc is not None else float("inf")

    async def serve(self, connection: Connection) -> None:
        """Talk with it until its connection ends."""

        async def ask(action: str, payload: dict[str, Any]) -> dict[str, Any]:
            return await rpc.call(action, payload, self.books.settings.timeout_s)

        dialect = DIALECTS[connection.version](self.books, ask)
        rpc = Rpc(
            connection.socket, connection.version, dialect.handle,
            journal=self._journal, link_id=self.books.station, name=self.books.station, supported=dialect.handlers.keys(),
            any_time=True,
        )  # fmt: skip
        self.rpc = rpc
        self._booted.clear()
        greeting = asyncio.create_task(self._greet(dialect))
        try:
            await rpc.serve()
        finally:
            greeting.cancel()
            with suppress(asyncio.CancelledError):
                await greeting
            if self.rpc is rpc:
                self.rpc = None
                self._tell_down(f"{self.books.station}: connection lost (code {getattr(connection.socket, 'close_code', None)})")

    def _tell_down(self, why: str) -> None:
        for watcher in self.watchers:
            watcher.down(why)

    async def _greet(self, dialect: Dialect) -> None:
        """Get to know the station, now and whenever it boots; never ends by itself."""
        wait_s = FIRST_RETRY_S
        while True:
            try:
                if not self.books.booted:
                    await self._await_boot(dialect)
                booted = self._booted.is_set()
                self._booted.clear()
                await self._know(dialect, booted=booted)
                wait_s = FIRST_RETRY_S
                await self._booted.wait()
                self._tell_down(f"{self.books.station}: restarts")
            except Exception as error:  # noqa: BLE001 - a supervisor: told, and tried again
                self._journal.event(Way.FAILED, self.books.station, greeting=f"{type(error).__name__}: {error}", again_s=wait_s)
                self._tell_down(f"{self.books.station}: cannot be asked what it can do ({error})")
                await asyncio.sleep(wait_s)
                wait_s = min(2.0 * wait_s, LAST_RETRY_S)

    async def _await_boot(self, dialect: Dialect) -> None:
        for asked in (False, True):
            if asked:
                with suppress(OcppError):
                    await dialect.trigger(self._places[0], "BootNotification")
            with suppress(TimeoutError):
                await asyncio.wait_for(self._booted.wait(), BOOT_S)
                return
        self.books.note(boot="missing", what="went on without")

    @property
    def _places(self) -> list[Place]:
        return [watcher.place for watcher in self.watchers]

    async def _know(self, dialect: Dialect, *, booted: bool) -> None:
        if booted:
            await asyncio.sleep(ANSWERED_S)
        if not self._probed:
            self.books.abilities = await dialect.probe(self._places[0])
            self._probed = True
            self.books.note(abilities=self.books.abilities.text)
        for watcher in self.watchers:
            watcher.up(dialect, self.books.abilities)
        for place in self._places:
            await self.trigger(dialect, place, "StatusNotification")

    async def trigger(self, dialect: Dialect, place: Place, message: str) -> bool:
        """Ask for a message now; returns whether it comes. A station that has no triggers is not asked again."""
        if self.books.abilities.triggers is False:
            return False
        try:
            await dialect.trigger(place, message)
        except RefusedError as error:
            self.books.note(trigger=message, refused=error.status)
            return False
        except CallError as error:
            if error.code in {"NotImplemented", "NotSupported"}:
                self.books.abilities.triggers = False
            self.books.note(trigger=message, refused=str(error))
            return False
        self.books.abilities.triggers = True
        return True
