# SPDX-License-Identifier: Apache-2.0
"""Connections over TCP and TLS: requests out, answers matched by number, unit, function and length."""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING, Final

from hardware_in_loop.modbus.errors import BadReplyError
from hardware_in_loop.modbus.frames import TcpDecoder, tcp_frame
from hardware_in_loop.modbus.line import Line

if TYPE_CHECKING:
    from ssl import SSLContext

    from hardware_in_loop.modbus.endpoint import Endpoint
    from hardware_in_loop.modbus.exchange import Exchange
    from hardware_in_loop.modbus.line import Done
    from twinergy.adapters.journal import Journal

KEEPALIVE_IDLE_S: Final = 10
KEEPALIVE_EVERY_S: Final = 5
KEEPALIVE_TIMES: Final = 3


class TcpLine(Line):
    """A connection whose frames carry the number of their request; late and foreign answers are dropped by it."""

    def __init__(self, endpoint: Endpoint, journal: Journal, name: str, done: Done) -> None:
        super().__init__(endpoint, journal, name, done)
        self._most = endpoint.in_flight
        self._delay_s = endpoint.delay_s
        self._decoder = TcpDecoder()
        self._pending: dict[int, Exchange] = {}
        self._number = 0
        self.dropped = 0

    @property
    def room(self) -> bool:
        """Whether another request may be on its way."""
        return len(self._pending) < self._most and self.usable

    @property
    def pending(self) -> list[Exchange]:
        """Exchanges that wait for an answer."""
        return list(self._pending.values())

    def send(self, exchange: Exchange) -> None:
        """Send a request now."""
        self._number = number = (self._number + 1) & 0xFFFF
        self._pending[number] = exchange
        frame = tcp_frame(number, exchange.request)
        if self._journal is None and self._transport is not None:
            self._transport.write(frame)
        else:
            self.write(frame)

    def drop(self, exchange: Exchange) -> None:
        """Stop to wait for an answer."""
        self._pending = {number: one for number, one in self._pending.items() if one is not exchange}

    def received(self, data: bytes) -> None:
        """Match frames; a stream that is no Modbus/TCP is closed."""
        try:
            frames = self._decoder.feed(data)
        except BadReplyError as error:
            self._distrust(error)
            return
        for number, unit, pdu in frames:
            exchange = self._pending.pop(number, None)
            if exchange is None:
                self.dropped += 1
                continue
            if self._delay_s:
                self.ready_s = self._loop.time() + self._delay_s
            self.conclude(exchange, unit, pdu)

    def _distrust(self, error: BadReplyError) -> None:
        self.abort(error.message)
        for exchange in self.pending:
            self.drop(exchange)
            self.finish(exchange, BadReplyError(f"{exchange.request}: {error.message}", unit=exchange.request.unit))


async def open_tcp(endpoint: Endpoint, line: Line, tls: SSLContext | None) -> None:
    """Connect a line over TCP or TLS.

    Raises
    ------
    OSError
        If nothing answers there (``ssl.SSLError`` among them).
    """
    loop = asyncio.get_running_loop()
    name = (endpoint.server_name or endpoint.host) if tls else None
    transport, _ = await loop.create_connection(lambda: line, endpoint.host, endpoint.port, ssl=tls, server_hostname=name)
    found = transport.get_extra_info("socket")
    if found is not None:
        _keep_alive(found)


def _keep_alive(found: socket.socket) -> None:
    found.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    names = (("TCP_KEEPIDLE", KEEPALIVE_IDLE_S), ("TCP_KEEPINTVL", KEEPALIVE_EVERY_S), ("TCP_KEEPCNT", KEEPALIVE_TIMES))
    for name, value in names:
        if hasattr(socket, name):
            found.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
