# SPDX-License-Identifier: Apache-2.0
"""The traffic of a connection: whose turn it is, what takes too long, who keeps silent."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from hardware_in_loop.modbus.errors import GATEWAY, ExceptionReplyError, ModbusError, NoAnswerError, NotConnectedError
from hardware_in_loop.modbus.exchange import Answer, Care, Exchange, Waiting
from hardware_in_loop.modbus.units import Units

if TYPE_CHECKING:
    from collections.abc import Callable

    from hardware_in_loop.modbus.endpoint import Endpoint
    from hardware_in_loop.modbus.frames import Request
    from hardware_in_loop.modbus.line import Line

DEAF_TIME_OUTS: Final = 4
"""After so many time-outs in a row without a single byte the connection is made anew: it may be dead without a sign of it."""
MOST_PATIENCE: Final = 64
"""If that did not help, twice as many are waited for each time, up to so many: the device is silent, not the network."""


class Traffic:
    """Sends requests over the line of the moment, one after the other or as many at once as the endpoint allows.

    Parameters
    ----------
    endpoint : Endpoint
        Where it goes.

    Attributes
    ----------
    line : Line or None
        The open connection.
    reason : str
        Why there is none; empty while there is one.
    units : Units
        Who answers.
    """

    def __init__(self, endpoint: Endpoint) -> None:
        self.line: Line | None = None
        self.reason = "not started"
        self.units = Units(brief=not endpoint.is_serial)
        self._asked, self._ill = self.units.known, self.units.ill
        self._endpoint = endpoint
        self._waiting = Waiting()
        self._timer: asyncio.TimerHandle | None = None
        self._wake: asyncio.TimerHandle | None = None
        self._deaf = self._chunks = 0
        self._patience = DEAF_TIME_OUTS

    def start(self) -> None:
        """Take the event loop; nothing is open yet."""
        self._loop = asyncio.get_running_loop()
        self.reason = "connecting"

    def up(self, line: Line) -> None:
        """Go on over a new line."""
        self.line = line
        self.reason = ""
        self._deaf = 0
        self.units.hurry()

    def down(self, reason: str) -> None:
        """Stop until there is a new line; what waits fails at once."""
        self.line = None
        self.reason = reason
        for exchange in self._waiting.drain():
            exchange.fail(self._not_connected(exchange.request))

    def end(self) -> None:
        """Stop the timers."""
        for handle in (self._timer, self._wake):
            if handle is not None:
                handle.cancel()
        self._timer = self._wake = None

    def may_ask(self, unit: int) -> bool:
        """Return whether a read of this unit would be sent now."""
        return self.line is not None and self.units.may_ask(unit, self._loop.time())

    def refuse_silent(self, unit: int) -> None:
        """Refuse to ask a unit that keeps silent before its time.

        Raises
        ------
        NoAnswerError
            If it is not its time.
        """
        if self.line is not None and not self.may_ask(unit):
            wait_s = self.units.wait_s(unit, self._loop.time())
            message = f"unit {unit} keeps silent; it is asked again in {wait_s:.1f} s"
            raise NoAnswerError(message, where=self._endpoint.key, unit=unit)

    def _not_connected(self, request: Request) -> NotConnectedError:
        message = f"{request}: not connected: {self.reason}"
        return NotConnectedError(message, where=self._endpoint.key, unit=request.unit)

    def ask(self, request: Request, timeout_s: float, care: Care = Care.STRICT) -> asyncio.Future[Answer]:
        """Send a request, now or when its turn comes, and return the future of its answer."""
        line = self.line
        if line is None:
            raise self._not_connected(request)
        exchange = Exchange(request, self._loop.create_future(), timeout_s, care)
        now_s = self._loop.time()
        if line.room and line.ready_s <= now_s and not self._waiting:
            self._send(line, exchange, now_s)
        else:
            self._waiting.put(exchange)
            self._pump()
        return exchange.future

    def _pump(self) -> None:
        """Send what may be sent now."""
        while self._waiting and self.line is not None and self.line.room:
            now_s = self._loop.time()
            if self.line.ready_s > now_s:
                if self._wake is None:
                    self._wake = self._loop.call_at(self.line.ready_s, self._guarded, self._woken)
                return
            exchange = self._waiting.take(self.units.doubtful)
            if exchange is not None:
                self._send(self.line, exchange, now_s)

    def _woken(self) -> None:
        self._wake = None
        self._pump()

    def _send(self, line: Line, exchange: Exchange, now_s: float) -> None:
        unit = exchange.request.unit
        self._asked.add(unit)
        if self._ill:
            enough_s = self.units.asked(unit, now_s, exchange.timeout_s)
            if not exchange.request.is_write:
                exchange.timeout_s = enough_s
        exchange.deadline_s = now_s + exchange.timeout_s
        timer = self._timer
        if timer is None or timer.when() > exchange.deadline_s:
            self._watch(exchange.deadline_s)
        line.send(exchange)

    def _guarded(self, step: Callable[[], None]) -> None:
        """Take a step of the timers; if it fails, end the connection with the reason instead of going on in silence."""
        try:
            step()
        except Exception as error:  # noqa: BLE001 - supervised like the task
            if self.line is not None:
                self.line.abort(f"{type(error).__name__}: {error}")

    def _watch(self, deadline_s: float) -> None:
        """Look after time-outs at the earliest deadline; one timer for all, left alone while answers come in time."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_at(deadline_s, self._guarded, self._look)

    def _look(self) -> None:
        self._timer = None
        line = self.line
        if line is None:
            return
        now_s = self._loop.time()
        for exchange in line.pending:
            if exchange.deadline_s <= now_s:
                line.time_out(exchange)
        deadlines = [exchange.deadline_s for exchange in line.pending]
        if deadlines:
            self._watch(min(deadlines))

    def done(self, exchange: Exchange, error: ModbusError | None) -> None:
        """Learn from the end of an exchange, and go on."""
        unit = exchange.request.unit
        took_s = self._loop.time() - exchange.deadline_s + exchange.timeout_s
        if error is None:
            if self._ill:
                self._patience = DEAF_TIME_OUTS
            self.units.answered(unit, took_s)
            if self._waiting:
                self._pump()
            return
        gateway = isinstance(error, ExceptionReplyError) and error.code in GATEWAY
        if isinstance(error, NoAnswerError) or gateway:
            self._missed(unit, took_s, deaf=not gateway)
        elif isinstance(error, ExceptionReplyError):
            self.units.answered(unit, took_s)
        if self._waiting:
            self._pump()

    def _missed(self, unit: int, took_s: float, *, deaf: bool) -> None:
        now_s = self._loop.time()
        if self.units.silent(unit, now_s, took_s):
            for waiting in self._waiting.drain(unit):
                message = f"{waiting.request}: not asked, the unit keeps silent"
                waiting.fail(NoAnswerError(message, where=self._endpoint.key, unit=unit))
        line = self.line
        self._deaf = self._deaf + 1 if deaf and line is not None and line.chunks == self._chunks else 0
        self._chunks = line.chunks if line is not None else 0
        if line is not None and self._deaf >= self._patience and self._endpoint.transport != "rtu":
            line.abort(f"{self._deaf} time-outs without a single byte")
            self._deaf = 0
            self._patience = min(2 * self._patience, MOST_PATIENCE)
