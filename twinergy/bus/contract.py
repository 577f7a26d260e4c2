# SPDX-License-Identifier: Apache-2.0
"""What every bus promises: each subscriber gets each matching message once, in the order of publication."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from twinergy.messages import Message


class Subscriber(ABC):
    """One subscriber's inbox."""

    @abstractmethod
    def take(self) -> tuple[Message, ...]:
        """Return what has arrived since the last call, oldest first."""


class Bus(ABC):
    """Publish and subscribe by subject."""

    @abstractmethod
    def subscribe(self, patterns: Sequence[str]) -> Subscriber:
        """Return an inbox for the subjects that match any of the patterns."""

    @abstractmethod
    def publish(self, message: Message) -> None:
        """Hand a message to every inbox that wants it."""
