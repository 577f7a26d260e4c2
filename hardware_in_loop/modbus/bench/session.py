# SPDX-License-Identifier: Apache-2.0
"""One peer of a software device: bytes in, answers out, over a socket or a serial line."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Protocol, cast

from hardware_in_loop.modbus.bench.framing import Framing, GarbageError, RtuFraming
from twinergy.adapters import Journal, Way

if TYPE_CHECKING:
    from collections.abc import Callable

    from hardware_in_loop.modbus.bench.station import Station

QUIET_S = 0.05
"""A serial request that is not complete after this silence never will be; generous, for loaded machines cut frames. [s]."""


class Sink(Protocol):
    """Where answers go."""

    def write(self, data: bytes) -> None:
        """Send."""


class Answering:
    """Answers what arrives on one line.

    Parameters
    ----------
    station : Station
        The units.
    framing : Framing
        Of this line alone: it keeps what is not complete.
    journal : Journal
        Where frames go.
    name : str
        Of the line, in the journal.
    """

    def __init__(self, station: Station, framing: Framing, journal: Journal, name: str) -> None:
        self._station = station
        self._framing = framing
        self._journal = journal
        self._name = name
        self._waiting: set[asyncio.TimerHandle] = set()
        self._quiet: asyncio.TimerHandle | None = None

    def take(self, data: bytes, sink: Sink) -> None:
        """Take bytes and send the answers, now or when they are due.

        Raises
        ------
        GarbageError
            If the stream is lost.
        """
        if self._journal.frames:
            self._journal.frame(Way.RECEIVED, self._name, data)
        for request in self._framing.feed(data):
            for reply in self._station.replies(request, self._framing):
                self._send(reply.data, reply.delay_s, sink)
        if isinstance(self._framing, RtuFraming):
            self._watch_quiet()

    def end(self) -> None:
        """Forget what is still due."""
        for handle in self._waiting:
            handle.cancel()
        self._waiting.clear()
        if self._quiet is not None:
            self._quiet.cancel()

    def _send(self, data: bytes, delay_s: float, sink: Sink) -> None:
        if delay_s <= 0.0:
            self._write(data, sink)
            return
        loop = asyncio.get_running_loop()

        def due() -> None:
            self._waiting.discard(handle)
            self._write(data, sink)

        handle = loop.call_later(delay_s, due)
        self._waiting.add(handle)

    def _write(self, data: bytes, sink: Sink) -> None:
        if self._journal.frames:
            self._journal.frame(Way.SENT, self._name, data)
        sink.write(data)

    def _watch_quiet(self) -> None:
        if self._quiet is not None:
            self._quiet.cancel()
        self._quiet = asyncio.get_running_loop().call_later(QUIET_S, self._framing.forget)


class Session(asyncio.Protocol):
    """One connection to a socket.

    Parameters
    ----------
    answering : Answering
        What answers.
    opened, closed : callable
        Told when the connection begins and ends.
    """

    def __init__(self, answering: Answering, opened: Callable[[Session], None], closed: Callable[[Session], None]) -> None:
        self._answering = answering
        self._opened = opened
        self._closed = closed
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self.transport = cast("asyncio.Transport", transport)
        self._opened(self)

    def data_received(self, data: bytes) -> None:
        """Answer; a peer that does not speak Modbus is hung up on."""
        if self.transport is None or self.transport.is_closing():
            return
        try:
            self._answering.take(data, self.transport)
        except GarbageError:
            self.transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - how it ended does not matter
        """End."""
        self._answering.end()
        self._closed(self)
        self.transport = None

    def abort(self) -> None:
        """Hang up."""
        if self.transport is not None:
            self.transport.abort()
