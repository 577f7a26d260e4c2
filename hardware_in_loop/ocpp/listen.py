# SPDX-License-Identifier: Apache-2.0
"""The central system's side of connections: one port that many charging stations come to.

A station is let in when it is known, shows what the security profile wants, and speaks a common version. Where one of its
identity is connected already, that one is asked for a sign of life: if it gives one, it stays and the new one is refused, else
the new one takes its place. So a station whose connection died unnoticed comes back within seconds, and nobody pushes one out.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import suppress
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Any, Final, cast
from urllib.parse import unquote, urlsplit

from pydantic import Field
from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from hardware_in_loop.ocpp.accepting import CLOSE_TIMEOUT_S, OPEN_TIMEOUT_S, Accepted, Gate, peer_of
from hardware_in_loop.ocpp.frames import LONGEST_FRAME_BYTES
from hardware_in_loop.ocpp.security import (
    TLS_CLIENT,
    SecurityOptions,
    check_binding,
    is_authorized,
    is_certified,
    server_context,
)
from hardware_in_loop.ocpp.versions import NEWEST_FIRST, Version, best
from twinergy.adapters import Journal, Way
from twinergy.errors import DeviceError
from twinergy.options import Options

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping, Sequence
    from pathlib import Path

    from websockets.asyncio.server import Server, ServerConnection
    from websockets.http11 import Request, Response

LONGEST_IDENTITY: Final = 255
SIGN_OF_LIFE_S: Final = 2.0
BACKLOG: Final = 1024
"""Connections that may wait to be taken; a thousand stations come at once after a power cut."""
PROTOCOL_ERROR: Final = 1002
REFUSED: Final = 1008
INTERNAL_ERROR: Final = 1011
JOURNAL_ID: Final = "ocpp"


class ListenOptions(Options):
    """Where charging stations connect to."""

    host: str = "127.0.0.1"
    """Address to listen on; ``0.0.0.0`` for all."""
    port: Annotated[int, Field(ge=0, le=65535)] = 9000
    """Port; 0 takes a free one."""
    versions: tuple[Version, ...] = NEWEST_FIRST
    """Spoken ones, the preferred one first."""
    security: SecurityOptions = SecurityOptions()
    """What stations must show."""
    ping_s: Annotated[float, Field(gt=0.0, lt=60.0)] = 20.0
    """Interval of pings; routers forget silent connections after a minute. [s]"""


class Station:
    """A charging station that was let in.

    Attributes
    ----------
    id : str
        Its identity.
    version : Version
        What was negotiated.
    socket : ServerConnection
        The connection; closed when the handler returns.
    peer : str
        Where it comes from.
    path : str
        What it asked for, identity included.
    """

    def __init__(self, station_id: str, version: Version, socket: ServerConnection, path: str) -> None:
        self.id = station_id
        self.version = version
        self.socket = socket
        self.path = path
        self.peer = peer_of(socket.transport)


class Listener:
    """Lets charging stations in.

    Parameters
    ----------
    options : ListenOptions
        Where, and what is wanted of them.
    on_station : callable
        ``await on_station(station)`` runs as long as the station is connected.
    stations : mapping of str to (bytes or None), optional
        Known identities with their passwords. Without it any identity is let in, which profiles 1 and 2 do not allow.
    folder : pathlib.Path, optional
        Paths of certificates are relative to it.
    journal : Journal, optional
        Where it is told who came and who was turned away.

    Attributes
    ----------
    counts : collections.Counter
        ``accepted``, ``replaced``, and by reason who was turned away: ``unknown_station``, ``wrong_password``,
        ``wrong_certificate``, ``web_page``, ``tls_failed``, ``already_connected``, ``no_common_version``.
    stations : dict of str to Station
        Connected ones.
    turned_away : callable
        Told of everybody who is: reason, identity (empty where none was said), and where from.
    port : int
        Where it listens, once started.
    """

    def __init__(
        self,
        options: ListenOptions,
        on_station: Callable[[Station], Coroutine[Any, Any, None]],
        *,
        stations: Mapping[str, bytes | None] | None = None,
        folder: Path | None = None,
        journal: Journal | None = None,
    ) -> None:
        self.options = options
        self.counts: Counter[str] = Counter()
        self.stations: dict[str, Station] = {}
        self.port = options.port
        self.turned_away: Callable[[str, str, str], None] = lambda _reason, _station, _peer: None
        self._on_station = on_station
        self._known = stations
        self._folder = folder
        self._journal = journal or Journal(None)
        self._server: Server | None = None
        self._gate = Gate(self._tls_failed)
        self._handlers: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Begin to listen.

        Raises
        ------
        DeviceError
            If the port is taken, a certificate cannot be read, a password is missing, or it would be open to anybody.
        """
        security = self.options.security
        check_binding(self.options.host, security)
        self._check_passwords()
        self._gate.context = server_context(security, self._folder)
        try:
            self._server = await serve(
                self._serve,
                self.options.host,
                self.options.port,
                subprotocols=[Subprotocol(version) for version in self.options.versions],
                select_subprotocol=self._choose,
                process_request=self._let_in,
                compression=None,
                server_header=None,
                open_timeout=OPEN_TIMEOUT_S,
                close_timeout=CLOSE_TIMEOUT_S,
                ping_interval=self.options.ping_s,
                ping_timeout=self.options.ping_s,
                max_size=LONGEST_FRAME_BYTES,
                backlog=BACKLOG,
                create_connection=cast("type[ServerConnection]", partial(Accepted, gate=self._gate)),
            )
        except OSError as error:
            where = f"{self.options.host} port {self.options.port}"
            message = f"cannot listen on {where} ({error.strerror}); is another central system running?"
            raise DeviceError(message) from error
        self.port = next(iter(self._server.sockets)).getsockname()[1]

    async def close(self) -> None:
        """Close all connections and stop listening; who does not go is cut off after 3 s."""
        if self._server is None:
            return
        server, self._server = self._server, None
        self._gate.drop_unfinished()
        server.close()
        with suppress(TimeoutError):
            await asyncio.wait_for(server.wait_closed(), CLOSE_TIMEOUT_S + 1.0)
            return
        self._journal.event(Way.FAILED, JOURNAL_ID, error=f"handlers did not end: {', '.join(self.stations)}")
        for task in self._handlers:
            task.cancel()
        await asyncio.wait(self._handlers, timeout=1.0)

    def _check_passwords(self) -> None:
        security = self.options.security
        if not security.wants_password:
            return
        without = sorted(station for station, password in (self._known or {}).items() if not password)
        if self._known is None or without:
            who = f"of {', '.join(without)}" if without else "of the stations"
            message = f"security profile {security.profile} needs the password {who}"
            raise DeviceError(message)

    # --- the opening handshake ---

    async def _let_in(self, socket: ServerConnection, request: Request) -> Response | None:
        """Return what to refuse a request with, None to go on."""
        station_id = _identity(request.path)
        refusal = self._refusal(socket, request, station_id)
        if refusal is None and not await self._free(station_id):
            refusal = "already_connected", HTTPStatus.CONFLICT
        if refusal is None:
            return None
        reason, status = refusal
        self._turn_away(reason, station_id, peer_of(socket.transport), f"HTTP {status.value}")
        response = socket.respond(status, f"{status.phrase}\n")
        if status is HTTPStatus.UNAUTHORIZED:
            response.headers["WWW-Authenticate"] = 'Basic realm="OCPP"'
        return response

    def _refusal(self, socket: ServerConnection, request: Request, station_id: str) -> tuple[str, HTTPStatus] | None:
        security = self.options.security
        if not station_id or (self._known is not None and station_id not in self._known):
            return "unknown_station", HTTPStatus.NOT_FOUND
        if security.wants_password:
            headers = request.headers.get_all("Authorization")
            password = (self._known or {})[station_id] or b""
            if len(headers) != 1 or not is_authorized(headers[0], station_id, password):
                return "wrong_password", HTTPStatus.UNAUTHORIZED
        if security.profile == TLS_CLIENT and not is_certified(socket.transport.get_extra_info("peercert"), station_id):
            return "wrong_certificate", HTTPStatus.FORBIDDEN
        if not security.wants_password and _from_web_page(request):
            return "web_page", HTTPStatus.FORBIDDEN
        return None

    async def _free(self, station_id: str) -> bool:
        """Return whether nobody alive is connected under this identity; a dead connection is dropped."""
        old = self.stations.get(station_id)
        if old is None:
            return True
        with suppress(TimeoutError, ConnectionClosed):
            async with asyncio.timeout(SIGN_OF_LIFE_S):
                await (await old.socket.ping())
                return False
        if self.stations.get(station_id) is old:
            del self.stations[station_id]
            old.socket.transport.abort()
            self.counts["replaced"] += 1
            self._journal.event(Way.EVENT, JOURNAL_ID, replaced=station_id, peer=old.peer)
        return station_id not in self.stations

    def _choose(self, socket: ServerConnection, offered: Sequence[Subprotocol]) -> Subprotocol | None:  # noqa: ARG002
        chosen = best(offered, self.options.versions)
        return None if chosen is None else Subprotocol(chosen)

    # --- connected ---

    async def _serve(self, socket: ServerConnection) -> None:
        path = socket.request.path if socket.request else ""
        station_id = _identity(path)
        if socket.subprotocol is None:  # OCPP-J 1.6, 3.3: finish the handshake without a subprotocol, then close at once
            self._turn_away(
                "no_common_version", station_id, peer_of(socket.transport), f"spoken here: {', '.join(self.options.versions)}"
            )
            await socket.close(PROTOCOL_ERROR, "no common version")
            return
        if station_id in self.stations:  # two at the same moment
            self._turn_away("already_connected", station_id, peer_of(socket.transport), "closed")
            await socket.close(REFUSED, "already connected")
            return
        station = Station(station_id, Version(socket.subprotocol), socket, path)
        self.stations[station_id] = station
        self.counts["accepted"] += 1
        self._journal.event(Way.EVENT, JOURNAL_ID, connected=station_id, peer=station.peer, version=station.version)
        await self._handled(station)

    async def _handled(self, station: Station) -> None:
        task = asyncio.ensure_future(self._on_station(station))
        self._handlers.add(task)
        try:
            await task
        except ConnectionClosed:
            pass
        except Exception as error:  # noqa: BLE001 - one station's handler must not disturb the others, and is told
            self.counts["handler_failed"] += 1
            self._journal.event(Way.FAILED, JOURNAL_ID, station=station.id, error=f"{type(error).__name__}: {error}")
            await station.socket.close(INTERNAL_ERROR, "internal error")
        finally:
            self._handlers.discard(task)
            if self.stations.get(station.id) is station:
                del self.stations[station.id]
            self._journal.event(Way.EVENT, JOURNAL_ID, disconnected=station.id, code=station.socket.close_code)

    def _tls_failed(self, peer: str, why: str) -> None:
        if self._server is not None:
            self._turn_away("tls_failed", "", peer, why)

    def _turn_away(self, reason: str, station_id: str, peer: str, why: str) -> None:
        self.counts[reason] += 1
        self._journal.event(Way.EVENT, JOURNAL_ID, turned_away=reason, station=station_id[:LONGEST_IDENTITY], peer=peer, why=why)
        self.turned_away(reason, station_id[:LONGEST_IDENTITY], peer)


def _identity(path: str) -> str:
    """Return the identity that the last part of a path names, empty where that cannot be one."""
    try:
        name = unquote(urlsplit(path).path.rstrip("/").rpartition("/")[2], errors="strict")
    except ValueError:
        return ""
    return name if name.isprintable() and len(name) <= LONGEST_IDENTITY else ""


def _from_web_page(request: Request) -> bool:
    """Return whether a browser asks on behalf of a page of another host; stations write no origin, or the central system's."""
    origins, hosts = request.headers.get_all("Origin"), request.headers.get_all("Host")
    try:
        return any(
            urlsplit(origin).hostname != urlsplit(f"//{host}").hostname for origin in origins for host in hosts[:1] or [""]
        )
    except ValueError:
        return True
