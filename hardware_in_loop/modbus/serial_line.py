# SPDX-License-Identifier: Apache-2.0
"""Serial lines, directly or behind a transparent converter: no numbers, so an answer is believed only where no other can fit.

After a time-out the line must be quiet for a turnaround before anything is sent, and what was asked is remembered: until its late
answer has come, or cannot come any more, no request is sent whose answer would look the same, unless the caller compares several.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hardware_in_loop.modbus.errors import BadReplyError
from hardware_in_loop.modbus.exchange import AmbiguousError, Care, Exchange, Strays
from hardware_in_loop.modbus.frames import REFUSED
from hardware_in_loop.modbus.line import Line
from hardware_in_loop.modbus.rtu import AROUND, INCOMPLETE, complaint, reply_size, rtu_frame

if TYPE_CHECKING:
    from hardware_in_loop.modbus.endpoint import Endpoint
    from hardware_in_loop.modbus.line import Done
    from twinergy.adapters.journal import Journal


WARY_FOR_S: Final = 10.0
"""How long every request waits for a turnaround of silence after something has spoken that was not asked. [s] *Assumption*."""


class RtuLine(Line):
    """A line on which one request at a time is answered by frames without numbers.

    Parameters
    ----------
    strays : Strays
        Requests whose answers may still come; outlives the line, since a converter may deliver them to its successor.
    """

    def __init__(self, endpoint: Endpoint, journal: Journal, name: str, done: Done, strays: Strays) -> None:
        super().__init__(endpoint, journal, name, done)
        self._strays = strays
        self._pause_s = max(endpoint.gap_s, endpoint.delay_s)
        self._turnaround_s = max(endpoint.turnaround_s, self._pause_s)
        self._character_s = endpoint.character_s
        self._exchange: Exchange | None = None
        self._heap = bytearray()
        self._sent = b""
        self._wary_s = 0.0
        self.ready_s = self._loop.time() + self._pause_s

    @property
    def room(self) -> bool:
        """Whether another request may be on its way."""
        return self._exchange is None and self.usable

    @property
    def pending(self) -> list[Exchange]:
        """The exchange that waits for an answer, if any."""
        return [] if self._exchange is None else [self._exchange]

    def send(self, exchange: Exchange) -> None:
        """Send a request now, unless a late answer could be taken for its own."""
        now_s = self._loop.time()
        self._strays.expire(now_s)
        if exchange.care is not Care.COMPARE and self._strays.like(exchange.request):
            message = f"{exchange.request}: a late answer to an earlier request could be taken for this one's"
            self.finish(exchange, AmbiguousError(message, unit=exchange.request.unit))
            return
        self._heap.clear()
        self._exchange = exchange
        self._sent = rtu_frame(exchange.request)
        exchange.deadline_s += (len(self._sent) + exchange.request.reply_size + AROUND) * self._character_s
        self.write(self._sent)

    def drop(self, exchange: Exchange) -> None:
        """Stop to wait for an answer: it may still come."""
        if self._exchange is exchange:
            self._exchange = None
            self._strays.add(exchange.request, self._loop.time())
            self._beware()

    def time_out(self, exchange: Exchange) -> None:
        """Give an answer up; what arrived of it says more than silence."""
        if not self._heap:
            super().time_out(exchange)
            return
        said = complaint(self._heap, exchange.request, self._sent)
        self.drop(exchange)
        self.finish(exchange, BadReplyError(f"{said} (incomplete)", unit=exchange.request.unit))

    def received(self, data: bytes) -> None:
        """Take bytes: frames that answer what waits, late ones to be dropped, or disturbance."""
        expected = self._exchange is not None
        self._heap += data
        while self._heap and self._step():
            pass
        if not expected:
            self._beware()

    def _step(self) -> bool:
        """Take one frame from the heap; return whether to go on."""
        exchange = self._exchange
        size = reply_size(self._heap, exchange.request) if exchange else -1
        if size == INCOMPLETE:
            return False
        if exchange and size > 0:
            return self._answer(exchange, size)
        late = self._late()
        if late is not None:
            return late
        self._wary_s = self._loop.time() + WARY_FOR_S
        if exchange:
            said = complaint(self._heap, exchange.request, self._sent, self._strays.requests())
            self._heap.clear()
            self.drop(exchange)
            self.finish(exchange, BadReplyError(said, unit=exchange.request.unit))
        self._heap.clear()
        return False

    def _answer(self, exchange: Exchange, size: int) -> bool:
        frame = bytes(self._heap[:size])
        del self._heap[:size]
        if frame[1] & REFUSED and exchange.care is Care.STRICT:
            stray = self._strays.refusal_possible(exchange.request)
            if stray is not None:
                self._strays.remove(stray)
                return True
        self._exchange = None
        now_s = self._loop.time()
        self.ready_s = now_s + (self._pause_s if now_s >= self._wary_s else self._turnaround_s)
        if exchange.care is Care.COMPARE and self._strays.like(exchange.request):
            self._beware()  # if this was a late one, its own answer comes now, and is known for what it is
        if self._heap:
            self._beware()
            following = reply_size(self._heap, exchange.request)
            if following > 0 and self._heap[:following] != frame:
                message = f"{exchange.request}: two different answers came at once; none is used"
                self.finish(exchange, BadReplyError(message, unit=exchange.request.unit))
                return True
        self.conclude(exchange, frame[0], frame[1:-2])
        return True

    def _late(self) -> bool | None:
        """Take a late answer; return whether there was one (it may be incomplete), None if there was none."""
        waits = None
        for request in self._strays.requests():
            size = reply_size(self._heap, request)
            if size > 0:
                del self._heap[:size]
                self._strays.remove(request)
                return True
            if size == INCOMPLETE:
                waits = False
        return waits

    def _beware(self) -> None:
        """Let the line come to rest before the next request."""
        self.ready_s = max(self.ready_s, self._loop.time() + self._turnaround_s)
