# SPDX-License-Identifier: Apache-2.0
"""A station's way to its central system: dialling, booting, heartbeats, the delivery of events, dialling again."""

from __future__ import annotations

import asyncio
import math
import time
from typing import TYPE_CHECKING, Any, Final

from hardware_in_loop.ocpp.dial import dial
from hardware_in_loop.ocpp.errors import CallError, ClosedError, NoAnswerError, OcppError, PayloadError
from hardware_in_loop.ocpp.rpc import Rpc
from hardware_in_loop.ocpp.station.tasks import until
from hardware_in_loop.ocpp.station.wire import FaultySocket
from twinergy.adapters import Fault, Way
from twinergy.errors import DeviceError

if TYPE_CHECKING:
    from hardware_in_loop.ocpp.station.events import Event
    from hardware_in_loop.ocpp.station.station import Station

FLAP_S: Final = 0.5
BABBLE_S: Final = 0.2
ACCEPTED: Final = "Accepted"


class Connection:
    """The connection of one station.

    Parameters
    ----------
    station : Station
        Whose.

    Attributes
    ----------
    rpc : Rpc or None
        The open connection.
    accepted : bool
        Whether the central system has accepted this station over it.
    offline_s : float
        Since when it is away, infinite while it is there; never there at first. [s]
    restarts : int
        How often the station has restarted.
    """

    def __init__(self, station: Station) -> None:
        self.station = station
        self.rpc: Rpc | None = None
        self.accepted = False
        self.offline_s = -math.inf
        self.restarts = 0
        self._reason = "PowerUp"
        self._booted = False
        self._restarting = False
        self._restarted = False
        self._opened_s = self._beaten_s = self._babbled_s = 0.0
        self._socket: FaultySocket | None = None
        self._order = asyncio.Lock()

    async def run(self) -> None:
        """Connect, talk until the connection ends, connect again."""
        station, attempt = self.station, 0
        while True:
            await until(lambda: not station.has(Fault.OFFLINE))
            self._restarting = False
            try:
                if await self._once():
                    attempt = 0
            except DeviceError as error:
                station.tasks.said = str(error)
                station.tasks.counts["not_connected"] += 1
                if attempt == 0:
                    station.journal.event(Way.EVENT, station.spec.station, not_connected=str(error))
            if not self._restarting:
                await station.tasks.pause(attempt)
            attempt += 1

    async def close(self) -> None:
        """Hang up."""
        if self.rpc is not None:
            await self.rpc.close()

    async def _once(self) -> bool:
        """Connect and talk until the connection ends; return whether the central system had accepted this station."""
        spec = self.station.spec
        socket, version = await dial(spec.url, spec.station, self._versions(), spec.security, folder=spec.folder)
        self.station.speak(version)
        try:
            return await self._talk(FaultySocket(socket, self.station.has, spec.seed))
        finally:
            await socket.close()

    def _versions(self) -> tuple[Any, ...]:
        """Return what is offered: what runs was begun in one version, and ends in it."""
        station = self.station
        busy = any(evse.transaction is not None for evse in station.evses) or station.outbox.waiting
        return (station.version,) if self._booted and busy else station.spec.versions

    async def _talk(self, socket: FaultySocket) -> bool:
        station = self.station
        name, handlers = station.spec.station, station.dialect.handlers
        who = f"central system of {name}"
        answer = station.dialect.handle
        rpc = Rpc(socket, station.version, answer, journal=station.journal, link_id=name, name=who, supported=handlers)
        self.rpc, self._socket = rpc, socket
        self._opened_s = self._beaten_s = time.monotonic()
        station.tasks.said = f"connected with {station.version}"
        station.journal.event(Way.EVENT, name, connected=station.version)
        serving, session = asyncio.ensure_future(rpc.serve()), asyncio.ensure_future(self._session())
        try:
            await asyncio.wait({serving, session}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            accepted = self.accepted
            self._hung_up()
            session.cancel()
            await rpc.close()
            results = await asyncio.gather(serving, session, return_exceptions=True)
        for result in results:
            if isinstance(result, Exception) and not isinstance(result, ClosedError):
                station.tasks.failed("session", result)
        return accepted

    def _hung_up(self) -> None:
        station = self.station
        self.rpc, self.accepted, self.offline_s = None, False, station.now()
        station.tasks.said = "the connection was lost"
        station.journal.event(Way.EVENT, station.spec.station, disconnected=station.spec.url)

    async def _session(self) -> None:
        if not self._booted:
            await self._boot()
        self.accepted, self.offline_s = True, math.inf
        for evse in self.station.evses:
            evse.tell_status(again=True)
        await self._deliver()

    async def _boot(self) -> None:
        """Send boot notifications until one is accepted, at the interval that the central system gives."""
        station = self.station
        while True:
            try:
                answer = await self.call(*station.dialect.boot(self._reason))
            except (CallError, NoAnswerError) as error:
                station.tasks.said = str(error)
                await asyncio.sleep(station.spec.boot_retry_s)
                continue
            if answer["status"] == ACCEPTED:
                break
            station.tasks.said = f"the central system answered the boot with {answer['status']}"
            await asyncio.sleep(answer["interval"] or station.spec.boot_retry_s)
        if answer["interval"] > 0:
            station.settings.heartbeat_s = float(answer["interval"])
        self._booted = True
        station.tasks.said = f"connected with {station.version}"
        if self.restarts:
            station.dialect.resumed()

    def restart(self, reason: str) -> None:
        """Restart: the connection is closed and the boot begins anew; transactions, counters, profiles and settings are kept."""
        self._reason, self._booted, self._restarting = reason, False, True
        self.restarts += 1
        self.station.journal.event(Way.EVENT, self.station.spec.station, restart=reason)
        if self.rpc is not None:
            self.station.later(self.rpc.close())

    async def call(self, action: str, payload: dict[str, Any]) -> dict[str, Any]:
        """Ask the central system, in the order of asking; a station that is silent waits until it is not.

        Raises
        ------
        CallError, NoAnswerError, ClosedError
            As `Rpc.call`.
        """
        station = self.station
        async with self._order:  # without it, what waits for the end of a silence would overtake what waited before
            await until(lambda: not (station.has(Fault.SILENT) or station.has(Fault.GARBAGE)))
        if self.rpc is None:
            message = f"{station.spec.station}: {action}: not connected"
            raise ClosedError(message)
        return await self.rpc.call(action, payload, station.spec.timeout_s)

    async def _deliver(self) -> None:
        """Deliver events in order; each stays until the central system has acknowledged it."""
        station = self.station
        while True:
            event = await station.outbox.next()
            message = station.dialect.render(event)
            if message is None:
                station.outbox.done(event)
                continue
            try:
                answer = await self.call(*message)
            except NoAnswerError:
                station.tasks.counts["repeated"] += 1
            except (CallError, PayloadError) as error:
                await self._refused(event, error)
            else:
                station.outbox.done(event)
                station.dialect.took(event, answer)
                if station.has(Fault.DOUBLE):
                    await station.tasks.quietly(self.call(*message))

    async def _refused(self, event: Event, error: OcppError) -> None:
        """Try an event again that the central system could not process, and give it up in the end (1.6 section 4.9)."""
        station = self.station
        event.attempts += 1
        if event.attempts < station.settings.attempts and isinstance(error, CallError):
            await asyncio.sleep(station.settings.attempt_s * event.attempts)
            return
        station.outbox.done(event)
        station.tasks.counts["given_up"] += 1
        station.journal.event(Way.FAILED, station.spec.station, given_up=event.happening, error=str(error))

    def beat(self) -> None:
        """Send a heartbeat where one is due."""
        station, now_s = self.station, time.monotonic()
        due = 0.0 < station.settings.heartbeat_s <= now_s - self._beaten_s
        if due and station.online and not station.has(Fault.FROZEN):
            self._beaten_s = now_s
            station.later(self.call("Heartbeat", {}))

    def misbehave(self) -> None:
        """Restart, hang up, flap or babble, where a fault says so."""
        station = self.station
        restart = station.has(Fault.RESTART)
        if restart and not self._restarted:
            self.restart("PowerUp")
        self._restarted = restart
        if self.rpc is None or self.rpc.closed.is_set():
            return
        if self._socket is not None and station.has(Fault.GARBAGE) and time.monotonic() - self._babbled_s >= BABBLE_S:
            self._babbled_s = time.monotonic()
            station.later(self._socket.babble())
        flapping = station.has(Fault.FLAPPING) and time.monotonic() - self._opened_s >= FLAP_S
        if flapping or station.has(Fault.OFFLINE):
            station.later(self.rpc.close())
