# SPDX-License-Identifier: Apache-2.0
"""The bus inside one process: deterministic, without threads."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from twinergy.bus.contract import Bus, Subscriber
from twinergy.messages import matches

if TYPE_CHECKING:
    from collections.abc import Sequence

    from twinergy.messages import Message

INBOX_LIMIT = 100_000
"""A subscriber that never reads must not fill the memory: beyond this the oldest messages go, and are counted."""


class LocalSubscriber(Subscriber):
    """An inbox in memory.

    Attributes
    ----------
    dropped : int
        Messages lost because nobody took them out.
    """

    def __init__(self, patterns: Sequence[str]) -> None:
        self.patterns = tuple(patterns)
        self.dropped = 0
        self._inbox: deque[Message] = deque(maxlen=INBOX_LIMIT)

    def offer(self, message: Message) -> None:
        """Keep a message that was found to match."""
        self.dropped += len(self._inbox) == INBOX_LIMIT
        self._inbox.append(message)

    def take(self) -> tuple[Message, ...]:
        """Return and forget what has arrived."""
        taken = tuple(self._inbox)
        self._inbox.clear()
        return taken


class LocalBus(Bus):
    """Publish and subscribe within the process; who wants a subject is looked up once and remembered."""

    def __init__(self) -> None:
        self._subscribers: list[LocalSubscriber] = []
        self._routes: dict[str, tuple[LocalSubscriber, ...]] = {}

    def subscribe(self, patterns: Sequence[str]) -> LocalSubscriber:
        """Return an inbox for the subjects that match any of the patterns."""
        subscriber = LocalSubscriber(patterns)
        self._subscribers.append(subscriber)
        self._routes.clear()
        return subscriber

    def publish(self, message: Message) -> None:
        """Hand a message to every inbox that wants it."""
        subject = message.subject
        route = self._routes.get(subject)
        if route is None:
            route = tuple(s for s in self._subscribers if any(matches(pattern, subject) for pattern in s.patterns))
            self._routes[subject] = route
        for subscriber in route:
            subscriber.offer(message)
