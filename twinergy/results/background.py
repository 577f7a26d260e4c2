# SPDX-License-Identifier: Apache-2.0
"""One thread that writes, in order, while the simulation goes on; what fails there is raised here."""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class BackgroundWriter:
    """Runs tasks one after another in a thread of its own; after a failure it runs none of those that wait.

    pyarrow lets go of the interpreter lock while it encodes and writes, so a run hardly waits for its results.

    Parameters
    ----------
    most_waiting : int
        How many large tasks may wait before `submit` waits for the oldest: the bound on memory.
    """

    def __init__(self, most_waiting: int = 2) -> None:
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="results")
        self._tasks: deque[tuple[Future[None], bool]] = deque()
        self._most_waiting = most_waiting
        self._broken = False

    def submit(self, task: Callable[[], None], *, large: bool = False) -> None:
        """Queue a task.

        Raises
        ------
        Exception
            What an earlier task raised, once.
        """
        self._reap(self._most_waiting - 1 if large else self._most_waiting)
        self._tasks.append((self._pool.submit(self._run, task), large))

    def close(self) -> None:
        """Finish what waits, end the thread and raise what failed, if anything did."""
        try:
            while self._tasks:
                self._tasks.popleft()[0].result()
        finally:
            self._tasks.clear()
            self._pool.shutdown(wait=True)

    def _run(self, task: Callable[[], None]) -> None:
        if self._broken:
            return
        try:
            task()
        except BaseException:  # kept by the future, raised by `_reap` or `close`
            self._broken = True
            raise

    def _reap(self, most_waiting: int) -> None:
        while self._tasks and (self._tasks[0][0].done() or sum(large for _, large in self._tasks) > most_waiting):
            self._tasks.popleft()[0].result()
