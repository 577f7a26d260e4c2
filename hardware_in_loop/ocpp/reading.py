# SPDX-License-Identifier: Apache-2.0
"""Reading a connection without ever being held up: the task that reads also handles, and is relieved where handling has to wait.

Most calls are handled without waiting for anything, so a task for each would be a detour of a tenth of a heartbeat's time.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

from websockets.exceptions import ConnectionClosed

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine

END_TIMEOUT_S: Final = 1.0
"""How long handlers may take to end when the connection has gone."""


class Reading:
    """Everything that goes on because of one connection.

    Parameters
    ----------
    receive : callable
        ``await receive()`` returns the next message or raises ConnectionClosed.
    take : callable
        ``await take(message)`` is called for each in order; what may have to wait for something it puts into `work`.
    failed : callable
        Told of an exception that ended a task, which must not happen.

    Attributes
    ----------
    busy : int
        How much `work` is going on.
    """

    def __init__(
        self,
        receive: Callable[[], Awaitable[str | bytes]],
        take: Callable[[str | bytes], Awaitable[None]],
        failed: Callable[[BaseException], None],
    ) -> None:
        self.busy = 0
        self._receive = receive
        self._take = take
        self._failed = failed
        self._tasks: set[asyncio.Task[None]] = set()
        self._reader: asyncio.Task[None] | None = None
        self._over: asyncio.Future[ConnectionClosed] | None = None
        self._ended = False

    async def run(self) -> ConnectionClosed:
        """Read until the connection is closed; returns how that came about."""
        self._over = asyncio.get_running_loop().create_future()
        self._read_on()
        return await self._over

    async def work(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something that may have to wait; if it does, another task reads on."""
        self.busy += 1
        relief = asyncio.get_running_loop().call_soon(self._relieve, self._reader)
        try:
            await work
        finally:
            relief.cancel()
            self.busy -= 1

    async def end(self) -> None:
        """Cancel what still goes on."""
        self._ended = True
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=END_TIMEOUT_S)

    def _read_on(self) -> None:
        self._reader = task = asyncio.get_running_loop().create_task(self._read())
        self._tasks.add(task)
        task.add_done_callback(self._done)

    async def _read(self) -> None:
        me = asyncio.current_task()
        try:
            while self._reader is me:
                await self._take(await self._receive())
        except ConnectionClosed as closed:
            if self._over is not None and not self._over.done():
                self._over.set_result(closed)

    def _relieve(self, reader: asyncio.Task[None] | None) -> None:
        if self._reader is reader and not self._ended:
            self._read_on()

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None:
            self._failed(error)
        if self._reader is not task or self._ended or self._over is None or self._over.done():
            return
        if error is None:
            self._read_on()  # a handler cancelled its own task
        else:
            self._over.set_exception(error)
