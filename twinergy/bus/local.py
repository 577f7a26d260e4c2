# SPDX-License-Identifier: Apache-2.0
"""The bus inside one process: deterministic, without threads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twinergy.bus.contract import FLUSH_TIMEOUT_S, Bus
from twinergy.bus.inbox import Inbox, Router

if TYPE_CHECKING:
    from collections.abc import Sequence

    from twinergy.messages import Message


class LocalBus(Bus):
    """Publish and subscribe within the process; messages pass by reference."""

    def __init__(self) -> None:
        super().__init__()
        self._router = Router(self.counts)

    def subscribe(self, patterns: Sequence[str], *, keep_late: bool = False) -> Inbox:
        """Return an inbox for the subjects that match any of the patterns."""
        inbox = Inbox(patterns, self, keep_late=keep_late)
        self._router.add(inbox)
        return inbox

    def publish(self, message: Message) -> None:
        """Hand a message to every inbox that wants it."""
        self.counts.published += 1
        self._router.deliver(message.subject, message)

    def flush(self, timeout_s: float = FLUSH_TIMEOUT_S) -> bool:  # noqa: ARG002
        """Return at once: a published message is in the inboxes."""
        return True

    def close(self) -> None:
        """Do nothing: there is nothing to let go of."""
