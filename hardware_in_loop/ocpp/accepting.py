# SPDX-License-Identifier: Apache-2.0
"""Connections from the moment they are accepted: asyncio tells nobody of TLS handshakes that fail or never end.

Here they are told with the peer's address, end in time, and can be cut off when the listener closes.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, cast

from websockets.asyncio.server import ServerConnection
from websockets.protocol import State

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

OPEN_TIMEOUT_S: Final = 10.0
CLOSE_TIMEOUT_S: Final = 2.0


@dataclass(slots=True)
class Gate:
    """What all connections of a listener share.

    Attributes
    ----------
    refused : callable
        ``refused(peer, why)`` is told of each failed TLS handshake.
    context : ssl.SSLContext or None
        TLS settings, None for none.
    sockets : set of Accepted
        Everything that is open, in whatever state.
    """

    refused: Callable[[str, str], None]
    context: ssl.SSLContext | None = None
    sockets: set[Accepted] = field(default_factory=set)

    def drop_unfinished(self) -> None:
        """Cut off who has not finished its handshakes."""
        for socket in list(self.sockets):
            if socket.state is State.CONNECTING:
                socket.abort()


class Accepted(ServerConnection):
    """One connection.

    Parameters
    ----------
    *parts, **options
        Of the base class.
    gate : Gate
        What it has in common with the others.
    """

    def __init__(self, *parts: Any, gate: Gate, **options: Any) -> None:
        super().__init__(*parts, **options)
        self._gate = gate
        self._raw: asyncio.Transport | None = None
        self._shaking: asyncio.Task[None] | None = None
        self._early: list[bytes] = []
        self._lost = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin with TLS where it is wanted, else with the websocket."""
        self._gate.sockets.add(self)
        self._raw = cast("asyncio.Transport", transport)
        if self._gate.context is None:
            super().connection_made(transport)
        else:
            self._raw.pause_reading()
            self._shaking = self.loop.create_task(self._shake(self._raw, self._gate.context))

    async def _shake(self, raw: asyncio.Transport, context: ssl.SSLContext) -> None:
        peer = peer_of(raw)
        try:
            transport = await self._tls(raw, context)
        except (OSError, RuntimeError) as error:  # of uvloop, where the peer has gone meanwhile
            why = getattr(error, "reason", "") or str(error) or type(error).__name__
            self._gate.refused(peer, why.replace("_", " ").lower())
            transport = None
        if transport is None or self._lost:
            self._gate.sockets.discard(self)
            raw.abort()
            return
        super().connection_made(transport)
        self._shaking = None
        early, self._early = self._early, []
        for data in early:
            super().data_received(data)

    async def _tls(self, raw: asyncio.Transport, context: ssl.SSLContext) -> asyncio.Transport | None:
        upgrade = asyncio.ensure_future(
            self.loop.start_tls(
                raw,
                self,
                context,
                server_side=True,
                ssl_handshake_timeout=OPEN_TIMEOUT_S,
                ssl_shutdown_timeout=CLOSE_TIMEOUT_S,
            )
        )
        while raw.get_protocol() is self and not upgrade.done():  # noqa: ASYNC110 - it is the next thing that the loop does
            await asyncio.sleep(0)
        early, self._early = self._early, []
        if early and not upgrade.done():  # uvloop reads on, paused or not: the first words of TLS have come here
            await asyncio.sleep(0)
            _feed(raw.get_protocol(), b"".join(early))
        return await upgrade

    def data_received(self, data: bytes) -> None:
        """Take data; what comes together with the end of the TLS handshake waits for the websocket."""
        if self._shaking is None:
            super().data_received(data)
        else:
            self._early.append(data)

    def eof_received(self) -> None:
        """Take the end of the data."""
        if self._shaking is None:
            super().eof_received()

    def connection_lost(self, exc: Exception | None) -> None:
        """Take the end of the connection."""
        self._gate.sockets.discard(self)
        self._lost = True
        if self._shaking is None:
            super().connection_lost(exc)

    def abort(self) -> None:
        """Cut the connection off."""
        if self._raw is not None:
            self._raw.abort()


def _feed(protocol: asyncio.BaseProtocol, data: bytes) -> None:
    """Hand data to a buffered protocol, as a transport does."""
    buffered = cast("asyncio.BufferedProtocol", protocol)
    while data:
        room = memoryview(buffered.get_buffer(len(data)))
        count = min(len(room), len(data))
        room[:count] = data[:count]
        buffered.buffer_updated(count)
        data = data[count:]


def peer_of(transport: asyncio.BaseTransport) -> str:
    """Return where a connection comes from."""
    address = transport.get_extra_info("peername")
    return f"{address[0]}:{address[1]}" if address else ""
