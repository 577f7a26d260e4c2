# SPDX-License-Identifier: Apache-2.0
"""What every bus promises: each subscriber gets each matching message once, in the order of publication.

The order is that of each publisher; messages of publishers in different processes arrive in the same order at all subscribers
of one process. What is no message, or past its validity, is counted and kept with its reason, and never raises.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar, Final

from twinergy.bus.counts import Counts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from twinergy.messages import Message

FLUSH_TIMEOUT_S: Final = 30.0


class Subscriber(ABC):
    """One subscriber's inbox."""

    @abstractmethod
    def take(self, *, waits: bool = True) -> tuple[Message, ...]:
        """Return what has arrived since the last call, oldest first.

        Everything that was published here before is among it, unless told not to wait for it. A message whose validity (``sent``
        + ``valid_s``) ended before the bus's `Bus.now_s` is counted as late instead, unless the subscription keeps late ones.
        """

    @property
    @abstractmethod
    def waiting(self) -> int:
        """How many messages have arrived and wait to be taken."""


class Bus(ABC):
    """Publish and subscribe by subject.

    Attributes
    ----------
    counts : Counts
        What went through, and what was turned away.
    now_s : float
        Simulated time by which validity is judged; whoever steps the simulation sets it. Until then nothing is late. [s]
    carries_frames : bool
        Whether programs in other processes can be reached (see `twinergy.bus.nats_bus.NatsBus.publish_frame`).
    """

    carries_frames: ClassVar[bool] = False

    def __init__(self) -> None:
        self.counts = Counts()
        self.now_s = float("-inf")

    @abstractmethod
    def subscribe(self, patterns: Sequence[str], *, keep_late: bool = False) -> Subscriber:
        """Return an inbox for the subjects that match any of the patterns.

        Parameters
        ----------
        patterns : sequence of str
            See `twinergy.messages.matches`.
        keep_late : bool
            Whether messages are handed out after their validity as well, as a recorder wants them.
        """

    @abstractmethod
    def publish(self, message: Message) -> None:
        """Hand a message to every inbox that wants it."""

    @abstractmethod
    def flush(self, timeout_s: float = FLUSH_TIMEOUT_S) -> bool:
        """Return once everything published here so far is in the inboxes; False if it is not by the timeout."""

    @abstractmethod
    def close(self) -> None:
        """Let go of what the bus holds; safe to call twice."""

    def facts(self) -> dict[str, Any]:
        """Return what a manifest says about the bus; never a password."""
        return self.counts.facts()
