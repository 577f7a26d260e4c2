# SPDX-License-Identifier: Apache-2.0
"""One connection that all devices behind it share: it connects and reconnects by itself, and asks one thing after the other."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Final

from hardware_in_loop.modbus.careful import CarefulReader
from hardware_in_loop.modbus.errors import ACKNOWLEDGE, BUSY, ExceptionReplyError, ModbusError, NotConnectedError
from hardware_in_loop.modbus.exchange import Answer, Care, Strays
from hardware_in_loop.modbus.frames import read_request, write_request
from hardware_in_loop.modbus.identity import identify
from hardware_in_loop.modbus.opening import explain, open_line, tls_context
from hardware_in_loop.modbus.traffic import Traffic
from twinergy.adapters.journal import Journal, Way

if TYPE_CHECKING:
    from collections.abc import Sequence
    from ssl import SSLContext

    from hardware_in_loop.modbus.endpoint import Endpoint
    from hardware_in_loop.modbus.frames import Request
    from hardware_in_loop.modbus.line import Line

FIRST_DELAY_S: Final = 0.1
SHORT_DELAY_S: Final = 0.8
SHORT_FOR_S: Final = 60.0
"""In the first minute of an outage no pause is longer than `SHORT_DELAY_S`: what comes back is used within a second. [s]"""
LONGEST_DELAY_S: Final = 10.0
RETRY_S: Final = 0.1
"""Pause before a device that was busy is asked once more. [s]"""
GOODBYE_S: Final = 0.2
"""How long the other side may take to say goodbye (TLS does). [s]"""


class Connection:
    """A connection to one endpoint, supervised until it is closed.

    Parameters
    ----------
    endpoint : Endpoint
        Where it goes.
    journal : Journal, optional
        Gets every frame and event.
    name : str
        Under which; the endpoint's key if empty.
    folder : pathlib.Path
        Paths of certificates are relative to it.

    Attributes
    ----------
    connected : bool
        Whether it is up.
    generation : int
        How often it has connected.
    reason : str
        Why it is down; empty while it is up.
    """

    def __init__(self, endpoint: Endpoint, journal: Journal | None = None, name: str = "", folder: Path = Path()) -> None:
        self.endpoint = endpoint
        self.generation = 0
        self._journal = journal or Journal(None)
        self._name = name or endpoint.key
        self._folder = folder
        self._tls: SSLContext | None = None
        self._up = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._traffic = Traffic(endpoint)
        self._ask, self._ill, self._timeout_s = self._traffic.ask, self._traffic.units.ill, endpoint.timeout_s
        self._strays = Strays(endpoint.late_s)
        self._careful = CarefulReader(self._ask, self._strays) if endpoint.is_serial else None

    @property
    def reason(self) -> str:
        """Why it is down; empty while it is up."""
        return self._traffic.reason

    @property
    def connected(self) -> bool:
        """Whether it is up."""
        return self._traffic.line is not None and self._traffic.line.usable

    async def start(self) -> None:
        """Begin to connect in the background; returns at once.

        Raises
        ------
        ModbusError
            If a certificate cannot be read.
        """
        if self._task is None:
            self._tls = tls_context(self.endpoint, self._folder)
            self._traffic.start()
            self._task = asyncio.create_task(self._supervise(), name=f"modbus {self._name}")

    async def close(self) -> None:
        """End the connection and the task behind it; what waits fails."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    async def wait_connected(self, timeout_s: float) -> None:
        """Wait until it is up.

        Raises
        ------
        NotConnectedError
            If it is not up in time, with the reason.
        """
        try:
            async with asyncio.timeout(timeout_s):
                await self._up.wait()
                while not self.connected:  # it has just been lost
                    await asyncio.sleep(0)
                    await self._up.wait()
        except TimeoutError:
            message = f"not connected within {timeout_s:g} s: {self.reason}"
            raise NotConnectedError(message, where=self.endpoint.key) from None

    def may_ask(self, unit: int) -> bool:
        """Return whether a read of this unit would be sent now: one that keeps silent is asked seldom."""
        return self._traffic.may_ask(unit)

    async def read(self, unit: int, address: int, count: int, *, function: int = 3, timeout_s: float | None = None) -> Answer:
        """Read registers (functions 3 and 4: 0 to 65535) or bits (1 and 2: 0 and 1).

        Parameters
        ----------
        unit, address, count : int
            Unit id, first register counted from 0, how many.
        function : int
            1 coils, 2 discrete inputs, 3 holding registers, 4 input registers.
        timeout_s : float, optional
            Longest wait for the answer once it is asked; the endpoint's if not given. [s]

        Raises
        ------
        NotConnectedError, NoAnswerError, BadReplyError, ExceptionReplyError
            Never a value that is not the answer to this.
        """
        request = read_request(unit, function, address, count)
        if self._ill:
            self._traffic.refuse_silent(unit)
        limit_s = self._timeout_s if timeout_s is None else timeout_s
        try:
            if self._careful is None:
                return await self._ask(request, limit_s)
            return await self._careful.read(request, limit_s)
        except ExceptionReplyError as error:
            if error.code not in {ACKNOWLEDGE, BUSY}:
                raise
        return await self._again(request, limit_s)

    async def write(
        self, unit: int, address: int, values: Sequence[int], *, function: int | None = None, timeout_s: float | None = None
    ) -> None:
        """Write registers, or coils with function 5 or 15; returns when the device has acknowledged.

        A unit that keeps silent is asked nevertheless. An acknowledgement proves nothing: read back.

        Parameters
        ----------
        unit, address : int
            Unit id, first register counted from 0.
        values : sequence of int
            Registers 0 to 65535, or coils 0 and 1.
        function : int, optional
            6 for one register and 16 for several if not given; 5 and 15 for coils.
        timeout_s : float, optional
            Longest wait for the answer once it is asked; the endpoint's if not given. [s]

        Raises
        ------
        NotConnectedError, NoAnswerError, BadReplyError, ExceptionReplyError
            If it was not acknowledged; it may have been done all the same.
        """
        request = write_request(unit, address, values, function)
        limit_s = self._timeout_s if timeout_s is None else timeout_s
        try:
            await self._ask(request, limit_s, Care.COMPARE)
        except ExceptionReplyError as error:
            if error.code not in {ACKNOWLEDGE, BUSY}:
                raise
        else:
            return
        await self._again(request, limit_s)

    async def identify(self, unit: int) -> dict[str, str]:
        """Return what a device says of itself (function 43, type 14), empty if it does not."""
        return await identify(self._ask, unit, self._timeout_s)

    async def _again(self, request: Request, limit_s: float) -> Answer:
        """Ask a busy device once more, a little later."""
        pause_s = min(RETRY_S, limit_s / 2)
        await asyncio.sleep(pause_s)
        if self._careful is not None and not request.is_write:
            return await self._careful.read(request, limit_s - pause_s)
        return await self._ask(request, limit_s - pause_s, Care.COMPARE)

    async def _supervise(self) -> None:
        """Connect, wait for the end, connect again."""
        loop = asyncio.get_running_loop()
        delay_s, since_s = FIRST_DELAY_S, loop.time()
        try:
            while True:
                if await self._live():
                    delay_s, since_s = FIRST_DELAY_S, loop.time()
                await asyncio.sleep(delay_s)
                longest_s = SHORT_DELAY_S if loop.time() - since_s < SHORT_FOR_S else LONGEST_DELAY_S
                delay_s = min(2.0 * delay_s, longest_s)
        finally:
            self._down("closed by us")
            self._traffic.end()

    async def _live(self) -> bool:
        """Go through one life of the connection; return whether the other side was what it should be."""
        line: Line | None = None
        try:
            async with asyncio.timeout(self.endpoint.connect_timeout_s):
                line = await open_line(self.endpoint, self._journal, self._name, self._traffic.done, self._strays, self._tls)
            self._connected(line)
            reason = await line.lost
        except TimeoutError:
            reason = f"no connection within {self.endpoint.connect_timeout_s:g} s; is the address right, does a firewall stop it?"
        except (OSError, ModbusError) as error:
            reason = explain(error, self.endpoint)
        except Exception as error:  # noqa: BLE001 - a supervisor goes on whatever happens, and says what
            reason = f"{type(error).__name__}: {error}"
        finally:
            if line is not None:
                await line.end(GOODBYE_S)
        self._down(reason)
        return line is not None and line.answered

    def _connected(self, line: Line) -> None:
        self._traffic.up(line)
        self.generation += 1
        self._journal.event(Way.EVENT, self._name, event="connected", to=self.endpoint.key)
        self._up.set()

    def _down(self, reason: str) -> None:
        """Say that it is down; what waits fails at once."""
        news = self._traffic.line is not None or reason != self.reason
        self._up.clear()
        self._traffic.down(reason)
        if news:
            with contextlib.suppress(OSError):  # a full disk must not end the supervision
                self._journal.event(Way.EVENT, self._name, event="not connected", to=self.endpoint.key, reason=reason)
