# SPDX-License-Identifier: Apache-2.0
"""What all open connections have in common: bytes in and out, the end of exchanges, and the end of the connection."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Final, cast

from hardware_in_loop.modbus.errors import BadReplyError, ModbusError, NoAnswerError, NotConnectedError
from twinergy.adapters.journal import Journal, Way

if TYPE_CHECKING:
    from collections.abc import Callable

    from hardware_in_loop.modbus.endpoint import Endpoint
    from hardware_in_loop.modbus.exchange import Exchange

    Done = Callable[[Exchange, ModbusError | None], None]

BUFFER_SIZE: Final = 4096


class Line(asyncio.BufferedProtocol, ABC):
    """One open connection; ends for good when it is lost.

    Parameters
    ----------
    endpoint : Endpoint
        Where it goes.
    journal : Journal
        Gets every frame.
    name : str
        Under which.
    done : callable
        Called with each exchange that has ended, and its error.

    Attributes
    ----------
    lost : asyncio.Future of str
        Done with the reason when the connection is gone.
    ready_s : float
        Nothing may be sent before, by the loop's clock. [s]
    chunks : int
        How often something has arrived.
    answered : bool
        Whether a right answer has come: the peer is what it should be.
    usable : bool
        Whether it has not been ended.
    """

    def __init__(self, endpoint: Endpoint, journal: Journal, name: str, done: Done) -> None:
        self._loop = asyncio.get_running_loop()
        self._endpoint = endpoint
        self._where = endpoint.key
        self._journal = journal if journal.frames else None
        self._name = name
        self._done = done
        self._buffer = bytearray(BUFFER_SIZE)
        self._view = memoryview(self._buffer)
        self._transport: asyncio.Transport | None = None
        self._reason = ""
        self.lost: asyncio.Future[str] = self._loop.create_future()
        self.ready_s = 0.0
        self.chunks = 0
        self.answered = False
        self.usable = True

    @property
    @abstractmethod
    def room(self) -> bool:
        """Whether another request may be on its way."""

    @property
    @abstractmethod
    def pending(self) -> list[Exchange]:
        """Exchanges that wait for an answer."""

    @abstractmethod
    def send(self, exchange: Exchange) -> None:
        """Send a request now."""

    @abstractmethod
    def received(self, data: bytes) -> None:
        """Take bytes as they arrive."""

    @abstractmethod
    def drop(self, exchange: Exchange) -> None:
        """Stop to wait for an answer."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = cast("asyncio.Transport", transport)

    def get_buffer(self, sizehint: int) -> bytearray:  # noqa: ARG002
        """Return where bytes go."""
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        """Take the bytes that have come."""
        data = bytes(self._view[:nbytes])
        self.chunks += 1
        if self._journal is not None:
            self._log(Way.RECEIVED, data)
        self.received(data)

    def _log(self, way: Way, frame: bytes) -> None:
        """Log a frame; without a log no device is spoken to."""
        try:
            if self._journal is not None:
                self._journal.frame(way, self._name, frame)
        except OSError as error:
            self.abort(f"the log of frames cannot be written ({error})")

    def eof_received(self) -> bool:
        """Close: a peer that sends nothing more cannot answer."""
        self._reason = self._reason or f"the device closed the connection{self._hint()}"
        self.usable = False
        return False

    def _hint(self) -> str:
        if self.answered:
            return ""
        certificate = "does it want a certificate of ours (certificate_file), " if self._endpoint.transport == "tls" else ""
        return f" without ever having answered: {certificate}is another master connected, is this a Modbus port?"

    def connection_lost(self, exc: Exception | None) -> None:
        """Fail what waits and say why."""
        reason = self._reason or (f"connection lost: {exc}" if exc else "the connection was closed")
        self._transport = None
        self.usable = False
        if not self.lost.done():
            self.lost.set_result(reason)  # first: who supervises must know before those who wait
        for exchange in self.pending:
            self.drop(exchange)
            message = f"{exchange.request}: {reason} before the answer came"
            self.finish(exchange, NotConnectedError(message, where=self._where, unit=exchange.request.unit))

    def abort(self, reason: str) -> None:
        """End the connection at once, and say why."""
        self._reason = self._reason or reason
        self.usable = False
        if self._transport is not None:
            self._transport.abort()

    def close(self) -> None:
        """End the connection."""
        self._reason = self._reason or "closed by us"
        self.usable = False
        if self._transport is not None:
            self._transport.close()

    async def end(self, patience_s: float) -> None:
        """End the connection and wait until it is gone."""
        self.close()
        if self._transport is not None:
            await asyncio.wait([self.lost], timeout=patience_s)
        if self._transport is not None:
            self._transport.abort()
            await asyncio.wait([self.lost], timeout=patience_s)

    def time_out(self, exchange: Exchange) -> None:
        """Give an answer up."""
        self.drop(exchange)
        request = exchange.request
        advice = "is the device on, is the unit id right, is somebody else connected to it?"
        message = f"{request}: no answer within {exchange.timeout_s:g} s; {advice}"
        self.finish(exchange, NoAnswerError(message, where=self._where, unit=request.unit))

    def finish(self, exchange: Exchange, error: ModbusError) -> None:
        """End an exchange with an error."""
        error.where = error.where or self._where
        exchange.fail(error)
        self._done(exchange, error)

    def conclude(self, exchange: Exchange, unit: int, pdu: bytes) -> None:
        """End an exchange with what answered it."""
        try:
            values = exchange.request.accept(unit, pdu)
        except ModbusError as error:
            self.answered = self.answered or not isinstance(error, BadReplyError)
            self.finish(exchange, error)
            return
        self.answered = True
        if not exchange.future.done():
            exchange.future.set_result(values)
        self._done(exchange, None)

    def write(self, frame: bytes) -> None:
        """Hand a frame to the system."""
        if self._journal is not None:
            self._log(Way.SENT, frame)
        if self._transport is not None:
            self._transport.write(frame)
