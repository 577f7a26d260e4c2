# SPDX-License-Identifier: Apache-2.0
"""The way between the laboratory's thread and a NATS server: a thread of its own, with a client that never blocks a step.

What is handed over is sent and confirmed in the background, so that a barrier usually finds everything done already.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from twinergy.bus.channel import CoreChannel, closed, connect
from twinergy.bus.errors import BusError
from twinergy.bus.kept import KeptChannel, Memory, NoStreamError

if TYPE_CHECKING:
    from collections.abc import Callable

    from twinergy.bus.address import Address
    from twinergy.bus.channel import Channel

OUTBOX_LIMIT: Final = 200_000
"""Frames that may wait for a server that is away; beyond this new ones go, and are counted."""
CLOSE_TIMEOUT_S: Final = 5.0
FIRST_WAIT_S: Final = 0.05
LONGEST_WAIT_S: Final = 1.0


class Link:
    """Carries frames, subject and bytes, to and from a server.

    Parameters
    ----------
    address : Address
        The server.
    scope : str
        Pattern of the subjects that come in.
    take : callable
        Called in the link's thread with each frame that comes in, in order.
    lasting : bool
        Whether to wait for a server that has gone, keeping what was not delivered; otherwise its going ends the link.
    refused : callable
        Told subject and reason of a frame that was not sent; may be called in any thread.
    """

    def __init__(
        self,
        address: Address,
        scope: str,
        take: Callable[[str, bytes], None],
        *,
        lasting: bool,
        refused: Callable[[str, str], None],
    ) -> None:
        self.address = address
        self.lasting = lasting
        self.guarantee = ""
        self.max_payload = 0
        self.reconnects = 0
        self._scope = scope
        self._take = take
        self._refused = refused
        self._memory = Memory()
        self._outbox: deque[tuple[int, str, bytes]] = deque()
        self._number = self._confirmed = 0
        self._changed = threading.Condition()
        self._failure: BusError | None = None
        self._connected = self._closing = self._awake = False
        self._plain: str | None = None
        self._loop = asyncio.new_event_loop()
        self._wake = asyncio.Event()
        self._thread = threading.Thread(target=self._run, name="twinergy-bus", daemon=True)

    def open(self) -> None:
        """Connect.

        Raises
        ------
        BusError
            If the server cannot be used.
        """
        self._thread.start()
        with self._changed:
            self._changed.wait_for(lambda: self._connected or self._failure is not None)
        if self._failure is not None:
            self._thread.join()
            raise self._failure

    @property
    def connected(self) -> bool:
        """Whether the server is there."""
        return self._connected

    def send(self, subject: str, data: bytes) -> None:
        """Hand over a frame, to be sent in order.

        Raises
        ------
        BusError
            If the link has ended.
        """
        if self._failure is not None:
            raise self._failure
        if len(self._outbox) >= OUTBOX_LIMIT:
            self._refused(subject, f"{OUTBOX_LIMIT} messages wait for {self.address} already")
            return
        self._number += 1
        self._outbox.append((self._number, subject, data))
        if not self._awake:
            self._awake = True
            self._loop.call_soon_threadsafe(self._wake.set)

    def barrier(self, timeout_s: float) -> bool:
        """Return whether all that was handed over has come back; at once where the server is away and the link lasts.

        Raises
        ------
        BusError
            If the link has ended.
        """
        wanted = self._number
        if self._confirmed < wanted:
            with self._changed:
                self._changed.wait_for(lambda: self._confirmed >= wanted or not self._connected, timeout_s)
        if self._failure is not None:
            raise self._failure
        return self._confirmed >= wanted

    def close(self) -> None:
        """Send what waits, as far as the server is there, and end the thread; safe to call twice."""
        if self._closing or not self._thread.is_alive():
            return
        with suppress(BusError):
            self.barrier(CLOSE_TIMEOUT_S)
        self._closing = True
        self._loop.call_soon_threadsafe(self._wake.set)
        self._thread.join(2 * CLOSE_TIMEOUT_S)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(self._live())
        except BaseException as error:  # noqa: BLE001 - whoever waits for the link must hear of it
            self._fail(BusError(str(self.address), f"the link failed: {type(error).__name__}: {error}"))
        finally:
            self._end()

    def _end(self) -> None:
        tasks = asyncio.all_tasks(self._loop)
        for task in tasks:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        self._loop.close()

    async def _live(self) -> None:
        try:
            channel = await self._channel()
        except BusError as error:
            self._fail(error)
            return
        while True:
            self._note(connected=True)
            await self._serve(channel)
            self._note(connected=False, failure=None if self.lasting or self._closing else self._gone())
            await channel.close()
            if self._closing or not self.lasting:
                return
            again = await self._again()
            if again is None:
                return
            channel = again
            self.reconnects += 1

    async def _channel(self, *, again: bool = False) -> Channel:
        """Return an open connection; where the server keeps no streams, the first one decides to do without."""
        client, lost = await connect(self.address, self._wrong)
        self.max_payload = client.max_payload
        channel: Channel
        if self.lasting and not (again and isinstance(self._plain, str)):
            channel = KeptChannel(client, lost, self._scope, self._take, self._memory, self._refused)
            try:
                await channel.open()
            except NoStreamError as error:
                await closed(client)
                if again:
                    raise
                self._plain = error.reason
                return await self._channel(again=True)
        else:
            channel = CoreChannel(client, lost, self._scope, self._take)
            await channel.open()
        self.guarantee = channel.guarantee + (f" ({self._plain})" if self._plain else "")
        return channel

    async def _again(self) -> Channel | None:
        """Return a connection as soon as the server is back; None if nobody waits for it any more."""
        wait_s = FIRST_WAIT_S
        while not self._closing:
            try:
                return await self._channel(again=True)
            except BusError:
                await asyncio.sleep(wait_s)
                wait_s = min(2 * wait_s, LONGEST_WAIT_S)
        return None

    async def _serve(self, channel: Channel) -> None:
        """Send until the connection goes or the link is closed."""
        pump = asyncio.ensure_future(self._pump(channel))
        lost = asyncio.ensure_future(channel.lost.wait())
        await asyncio.wait({pump, lost}, return_when=asyncio.FIRST_COMPLETED)
        for task in (pump, lost):
            task.cancel()
        await asyncio.gather(pump, lost, return_exceptions=True)

    async def _pump(self, channel: Channel) -> None:
        await channel.resend()
        self._wake.set()
        while not self._closing:
            await self._wake.wait()
            self._wake.clear()
            self._awake = False
            number = self._confirmed
            while self._outbox:
                number, subject, data = self._outbox[0]
                await channel.send(number, subject, data)
                self._outbox.popleft()
            await channel.settle()
            if not channel.lost.is_set():
                self._confirm(number)

    def _confirm(self, number: int) -> None:
        with self._changed:
            self._confirmed = max(self._confirmed, number)
            self._changed.notify_all()

    def _note(self, *, connected: bool, failure: BusError | None = None) -> None:
        with self._changed:
            self._connected = connected
            self._failure = self._failure or failure
            self._changed.notify_all()

    def _fail(self, failure: BusError) -> None:
        self._note(connected=False, failure=failure)

    def _gone(self) -> BusError:
        return BusError(str(self.address), "the server has gone or closed the connection. What was computed is in the run folder")

    def _wrong(self, error: Exception) -> None:
        text = str(error)
        if "permissions violation" in text.lower():
            self._fail(BusError(str(self.address), f"this user may not: {text}"))
        else:
            self._refused("", f"{type(error).__name__}: {text}")
