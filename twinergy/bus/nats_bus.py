# SPDX-License-Identifier: Apache-2.0
"""The bus over a NATS server: typed messages on top of a `Link`, and bare frames for programs that know no types."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Final

from twinergy.bus.contract import FLUSH_TIMEOUT_S, Bus
from twinergy.bus.errors import BusError
from twinergy.bus.inbox import Inbox, Router
from twinergy.bus.link import Link
from twinergy.messages import MessageError, decode, encode, matches
from twinergy.messages.base import subject_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from twinergy.bus.address import Address
    from twinergy.bus.server import EmbeddedServer
    from twinergy.messages import Message

SCOPE: Final = "twinergy.>"
FRAMES: Final = ("twinergy.*.lab.observation.*", "twinergy.*.*.decision")
"""Subjects of bare frames: what agents outside see, and what they decide. Typed inboxes never get them."""
LASTING_FLUSH_S: Final = 2.0
"""How long a step that must keep its time waits for a slow server."""
FRAME_LIMIT: Final = 10_000


@dataclass(frozen=True, slots=True)
class Frame:
    """Bytes as they came."""

    subject: str
    data: bytes


class FrameInbox:
    """Frames that came in on some subjects, oldest first."""

    def __init__(self, patterns: Sequence[str]) -> None:
        self.patterns = tuple(patterns)
        self._frames: deque[Frame] = deque(maxlen=FRAME_LIMIT)
        self._arrived = threading.Event()

    def offer(self, frame: Frame) -> None:
        """Keep a frame; the oldest goes where nobody takes them."""
        self._frames.append(frame)
        self._arrived.set()

    def take(self) -> tuple[Frame, ...]:
        """Return and forget what has arrived."""
        self._arrived.clear()
        return tuple(self._frames.popleft() for _ in range(len(self._frames)))

    def wait(self, timeout_s: float) -> bool:
        """Return whether something is there, waiting for it no longer than the timeout."""
        return bool(self._frames) or self._arrived.wait(timeout_s)


class NatsBus(Bus):
    """Publish and subscribe through a NATS server.

    Parameters
    ----------
    address : Address
        The server.
    scope : str
        Subjects that come in at all; what is subscribed to must lie within.
    lasting : bool
        Whether to outlive the server: for runs that keep time with the clock. Otherwise its going raises.
    server : EmbeddedServer, optional
        A server of one's own, closed together with the bus.

    Raises
    ------
    BusError
        If the server cannot be reached or refuses; from any other method, if it has gone.
    """

    carries_frames: ClassVar[bool] = True

    def __init__(
        self, address: Address, *, scope: str = SCOPE, lasting: bool = False, server: EmbeddedServer | None = None
    ) -> None:
        super().__init__()
        self.scope = scope
        self._server = server
        self._router = Router(self.counts)
        self._frame_inboxes: tuple[FrameInbox, ...] = ()
        self._link = Link(address, scope, self._arrived, lasting=lasting, refused=self._refused)
        self._link.open()

    def subscribe(self, patterns: Sequence[str], *, keep_late: bool = False) -> Inbox:
        """Return an inbox for the subjects that match any of the patterns."""
        self.flush()  # what was published before is not for this one
        inbox = Inbox(patterns, self, keep_late=keep_late)
        self._router.add(inbox)
        return inbox

    def subscribe_frames(self, patterns: Sequence[str]) -> FrameInbox:
        """Return an inbox for bare frames; the patterns lie within `FRAMES`."""
        inbox = FrameInbox(patterns)
        self._frame_inboxes = (*self._frame_inboxes, inbox)
        return inbox

    def publish(self, message: Message) -> None:
        """Send a message to the server; a message too large for it is counted as oversized."""
        self.counts.published += 1
        try:
            data = encode(message)
        except MessageError as error:
            self.counts.reject(error.kind, message.subject, error.reason)
            return
        self._send(message.subject, data)

    def publish_frame(self, subject: str, data: bytes) -> None:
        """Send a bare frame."""
        self._send(subject, data)

    def _send(self, subject: str, data: bytes) -> None:
        if len(data) > self._link.max_payload:
            reason = f"{len(data)} bytes; the server takes no more than {self._link.max_payload}"
            self.counts.reject("oversized", subject, reason)
            return
        self._link.send(subject, data)

    def flush(self, timeout_s: float = FLUSH_TIMEOUT_S) -> bool:
        """Return once everything published here so far is in the inboxes.

        Where the server is away and the bus outlives it, False at once; what was published waits for it.
        """
        lasting = self._link.lasting
        done = self._link.barrier(min(timeout_s, LASTING_FLUSH_S) if lasting else timeout_s)
        if not done and not lasting:
            raise BusError(str(self._link.address), f"the server has not confirmed what was sent within {timeout_s:g} s")
        return done

    def close(self) -> None:
        """Close the connection, and stop a server of one's own."""
        self._link.close()
        if self._server is not None:
            self._server.close()

    def facts(self) -> dict[str, Any]:
        """Return counts, server and what it promises."""
        link = self._link
        server = "of its own" if self._server is not None else str(link.address)
        return {**super().facts(), "server": server, "guarantee": link.guarantee, "reconnects": link.reconnects}

    def _arrived(self, subject: str, data: bytes) -> None:
        """Sort in one frame; in the link's thread."""
        if is_frame(subject):
            for inbox in self._frame_inboxes:
                if any(matches(pattern, subject) for pattern in inbox.patterns):
                    inbox.offer(Frame(subject, data))
            return
        if not self._router.wanted(subject):
            return
        try:
            message = decode(data)
        except MessageError as error:
            self.counts.reject(error.kind, subject, error.reason)
            return
        if message.subject != subject:
            self.counts.reject("malformed", subject, f"it says of itself that it belongs to {message.subject}")
            return
        self._router.deliver(subject, message)

    def _refused(self, subject: str, reason: str) -> None:
        self.counts.reject("dropped", subject, reason)


def is_frame(subject: str) -> bool:
    """Return whether a subject is one of `FRAMES`; two cheap looks spare most subjects the exact one.

    >>> is_frame("twinergy.hagedorn.dimming.decision"), is_frame("twinergy.hagedorn.dimming.control_action")
    (True, False)
    """
    likely = subject.endswith(".decision") or ".lab.observation." in subject
    return likely and any(matches(pattern, subject) for pattern in FRAMES)


def scope_of(pilot: str) -> str:
    """Return the pattern of all subjects of a pilot; everything for the empty name.

    >>> scope_of("hagedorn")
    'twinergy.hagedorn.>'
    """
    return f"twinergy.{subject_of(pilot, '_', '_').split('.')[1]}.>" if pilot else SCOPE
