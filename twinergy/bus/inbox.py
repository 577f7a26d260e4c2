# SPDX-License-Identifier: Apache-2.0
"""Inboxes, and who gets what: the same for every bus, so that matching, order and limits are."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final

from twinergy.bus.contract import Subscriber
from twinergy.messages import matches

if TYPE_CHECKING:
    from collections.abc import Sequence

    from twinergy.bus.contract import Bus
    from twinergy.bus.counts import Counts
    from twinergy.messages import Message

INBOX_LIMIT: Final = 100_000
"""A subscriber that never reads must not fill the memory: beyond this the oldest messages go, and are counted."""
MOST_ROUTES: Final = 10_000
"""Subjects that are remembered with who wants them; a stranger who makes up subjects must not fill the memory either."""


class Inbox(Subscriber):
    """An inbox in memory; one thread may put in while another takes out.

    Attributes
    ----------
    dropped : int
        Messages lost because nobody took them out.
    """

    def __init__(self, patterns: Sequence[str], bus: Bus, *, keep_late: bool) -> None:
        self.patterns = tuple(patterns)
        self.dropped = 0
        self._bus = bus
        self._keep_late = keep_late
        self._waiting: deque[Message] = deque(maxlen=INBOX_LIMIT)

    def offer(self, message: Message) -> None:
        """Keep a message that was found to match."""
        if len(self._waiting) == INBOX_LIMIT:
            self.dropped += 1
            reason = f"an inbox holds {INBOX_LIMIT} messages and nobody takes them; the oldest went"
            self._bus.counts.reject("dropped", message.subject, reason)
        self._waiting.append(message)

    @property
    def waiting(self) -> int:
        """How many messages have arrived and wait to be taken."""
        return len(self._waiting)

    def take(self, *, waits: bool = True) -> tuple[Message, ...]:
        """Return and forget what has arrived."""
        if waits:
            self._bus.flush()
        waiting = self._waiting
        taken = [waiting.popleft() for _ in range(len(waiting))]
        if taken and not self._keep_late:
            now_s, counts = self._bus.now_s, self._bus.counts
            taken = [message for message in taken if not _late(message, now_s, counts)]
        return tuple(taken)


def _late(message: Message, now_s: float, counts: Counts) -> bool:
    if now_s <= message.sent.timestamp() + message.valid_s:
        return False
    late_s = now_s - message.sent.timestamp() - message.valid_s
    counts.reject("late", message.subject, f"{message.id}: its validity of {message.valid_s:g} s ended {late_s:g} s ago")
    return True


class Router:
    """Who wants which subject: looked up once per subject and remembered."""

    def __init__(self, counts: Counts) -> None:
        self._counts = counts
        self._inboxes: tuple[Inbox, ...] = ()
        self._routes: dict[str, tuple[Inbox, ...]] = {}

    def add(self, inbox: Inbox) -> None:
        """Consider an inbox from now on."""
        self._inboxes = (*self._inboxes, inbox)
        self._routes = {}

    def deliver(self, subject: str, message: Message) -> None:
        """Put a message into every inbox that wants its subject."""
        route = self._routes.get(subject)
        if route is None:
            route = self._look_up(subject)
        for inbox in route:
            inbox.offer(message)
        self._counts.delivered += len(route)

    def wanted(self, subject: str) -> bool:
        """Return whether anybody wants a subject."""
        route = self._routes.get(subject)
        return bool(self._look_up(subject) if route is None else route)

    def _look_up(self, subject: str) -> tuple[Inbox, ...]:
        routes = self._routes
        found = tuple(inbox for inbox in self._inboxes if any(matches(pattern, subject) for pattern in inbox.patterns))
        if len(routes) < MOST_ROUTES:
            routes[subject] = found
        return found
