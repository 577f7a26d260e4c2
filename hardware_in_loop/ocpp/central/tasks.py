# SPDX-License-Identifier: Apache-2.0
"""Background tasks that do not die silently."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from twinergy.errors import DeviceError

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine


class Tasks:
    """Tasks of one owner; what goes wrong in one is told.

    Parameters
    ----------
    failed : callable
        Told what went wrong.
    """

    def __init__(self, failed: Callable[[str], None]) -> None:
        self._failed = failed
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Begin something."""
        task = asyncio.get_running_loop().create_task(self._run(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _run(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except DeviceError as error:
            self._failed(str(error))
        except Exception as error:  # noqa: BLE001 - a supervisor: told, never lost
            self._failed(f"{type(error).__name__}: {error}")

    async def close(self) -> None:
        """End all of them."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
