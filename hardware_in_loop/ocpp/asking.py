# SPDX-License-Identifier: Apache-2.0
"""The call of one's own that waits for its answer: at most one at a time, and no answer is taken for another call's."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections import deque
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from hardware_in_loop.ocpp.frames import Payload

LATE_IDS: Final = 32
"""Own calls without an answer that are remembered, to tell a late answer from a made-up one."""


class Asking:
    """Own calls of one connection.

    Attributes
    ----------
    turn : asyncio.Lock
        Held from before a call is sent until it is answered or given up.
    begun_s : float
        When the open call began, monotonic. [s]
    """

    def __init__(self) -> None:
        self.turn = asyncio.Lock()
        self.begun_s = 0.0
        self._open: tuple[str, str, asyncio.Future[Payload]] | None = None
        self._late: deque[str] = deque(maxlen=LATE_IDS)
        self._prefix = secrets.token_hex(6)  # ids differ between connections, so an answer to an old one fits nowhere
        self._number = 0

    def next_id(self) -> str:
        """Return a new message id."""
        self._number += 1
        return f"{self._prefix}-{self._number}"

    def begin(self, action: str) -> tuple[str, asyncio.Future[Payload]]:
        """Return the id of a new call and what will hold its answer."""
        message_id = self.next_id()
        answer: asyncio.Future[Payload] = asyncio.get_running_loop().create_future()
        self._open = message_id, action, answer
        self.begun_s = time.monotonic()
        return message_id, answer

    @property
    def open_id(self) -> str:
        """Id of the call that waits for its answer, empty for none."""
        return self._open[0] if self._open is not None and not self._open[2].done() else ""

    def give_up(self, message_id: str, error: Callable[[str], Exception]) -> bool:
        """Let the call of an id end with the error that ``error(action)`` returns; return whether it was still open."""
        if self.open_id != message_id or self._open is None:
            return False
        self._late.append(message_id)
        self._open[2].set_exception(error(self._open[1]))
        return True

    def end(self) -> None:
        """Forget the open call; what comes for it from now on is late."""
        if self._open is not None:
            message_id, _, answer = self._open
            if not answer.done() or answer.cancelled():
                self._late.append(message_id)
            self._open = None

    def match(self, message_id: str) -> tuple[str, asyncio.Future[Payload]] | None:
        """Return action and future of the open call that an answer belongs to, None where it belongs to none."""
        if self._open is None or self._open[0] != message_id or self._open[2].done():
            return None
        return self._open[1], self._open[2]

    def was_given_up(self, message_id: str) -> bool:
        """Return whether an answer comes too late."""
        return message_id in self._late

    def fail(self, error: Any) -> None:
        """Let the open call end with the error that ``error(action)`` returns."""
        if self._open is not None and not self._open[2].done():
            self._open[2].set_exception(error(self._open[1]))
