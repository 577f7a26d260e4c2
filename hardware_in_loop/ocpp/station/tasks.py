# SPDX-License-Identifier: Apache-2.0
"""The background work of a station: supervised, so that nothing dies silently."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from hardware_in_loop.ocpp.errors import CallError, ClosedError, NoAnswerError
from twinergy.adapters import Way

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine

    from hardware_in_loop.ocpp.station.options import StationSpec
    from twinergy.adapters import Journal

POLL_S: Final = 0.02


async def until(condition: Callable[[], bool]) -> None:
    """Return as soon as a condition holds, at once where it does already."""
    while not condition():  # noqa: ASYNC110 - faults and clocks do not tell when they change
        await asyncio.sleep(POLL_S)


class Tasks:
    """What a station does beside answering.

    Parameters
    ----------
    spec : StationSpec
        Whose; its back-off holds for what fails.
    journal : Journal
        Where failures go.

    Attributes
    ----------
    counts : collections.Counter
        What went wrong, by name.
    said : str
        The last of it, or how the connection is, for people.
    """

    def __init__(self, spec: StationSpec, journal: Journal) -> None:
        self.counts: Counter[str] = Counter()
        self.said = "not connected yet"
        self._spec = spec
        self._journal = journal
        self._random = random.Random(spec.seed)  # noqa: S311 - spreads reconnects, no secret
        self._tasks: set[asyncio.Task[None]] = set()
        self._closing = False

    async def close(self) -> None:
        """End all tasks; none begins any more."""
        self._closing = True
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.gather(*tasks, return_exceptions=True)

    def for_ever(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        """Do something for ever, again and again where it fails."""
        self._spawn(self._again(name, work))

    def later(self, work: Coroutine[Any, Any, Any]) -> None:
        """Do something after the present message has been answered."""
        if self._closing:
            work.close()
        else:
            self._spawn(self.quietly(work))

    async def quietly(self, work: Awaitable[Any]) -> None:
        """Do something whose failure only the journal hears of."""
        await asyncio.sleep(0)
        try:
            await work
        except (CallError, NoAnswerError, ClosedError) as error:
            self.counts["unanswered"] += 1
            self._journal.event(Way.EVENT, self._spec.station, unanswered=str(error))

    async def pause(self, attempt: int) -> None:
        """Wait before trying again."""
        await asyncio.sleep(self._spec.backoff.wait_s(attempt, self._random.random()))

    def failed(self, name: str, error: BaseException | None) -> None:
        """Note a failure."""
        self.counts[f"{name}_failed"] += 1
        self.said = f"{name}: {type(error).__name__}: {error}"
        self._journal.event(Way.FAILED, self._spec.station, what=name, error=self.said)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            self.failed("task", task.exception())

    async def _again(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        attempt = 0
        while True:
            begun_s = time.monotonic()
            try:
                await work()
            except Exception as error:  # noqa: BLE001 - supervised: told, and tried again
                self.failed(name, error)
            attempt = 0 if time.monotonic() - begun_s > self._spec.backoff.most_s else attempt + 1
            await self.pause(attempt)
