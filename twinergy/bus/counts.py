# SPDX-License-Identifier: Apache-2.0
"""What a bus counts: how much went through it, and what was turned away and why."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

KINDS: Final = ("malformed", "oversized", "unknown", "version", "late", "dropped")
"""Why a message is turned away: no message, too large, of an unknown type or version, past its validity, no room for it."""
KEPT: Final = 100
"""How many rejections are kept with their reason; the others are counted only."""
LONGEST_REASON: Final = 500
LONGEST_SUBJECT: Final = 200


@dataclass(frozen=True, slots=True)
class Rejection:
    """One message that was turned away.

    Attributes
    ----------
    kind : str
        One of `KINDS`.
    subject : str
        Where it came.
    reason : str
        What was wrong, for people.
    when : datetime
        When, on the wall clock, UTC.
    """

    kind: str
    subject: str
    reason: str
    when: datetime

    def row(self) -> dict[str, Any]:
        """Return it as a row of the results."""
        return {"time": self.when, "kind": self.kind, "subject": self.subject, "reason": self.reason}


class Counts:
    """Counts of a bus; rejections may come from several threads.

    Attributes
    ----------
    published : int
        Messages handed to the bus here.
    delivered : int
        Messages put into inboxes here, once per inbox.
    rejected : dict of str to int
        By kind, only those that occurred.
    rejections : list of Rejection
        The first `KEPT`.
    """

    def __init__(self) -> None:
        self.published = 0
        self.delivered = 0
        self.rejected: dict[str, int] = {}
        self.rejections: list[Rejection] = []
        self._lock = threading.Lock()

    def reject(self, kind: str, subject: str, reason: str) -> None:
        """Count a message that is turned away, and keep the reason if there is room."""
        with self._lock:
            self.rejected[kind] = self.rejected.get(kind, 0) + 1
            if len(self.rejections) < KEPT:
                shown = Rejection(kind, printable(subject, LONGEST_SUBJECT), printable(reason, LONGEST_REASON), datetime.now(UTC))
                self.rejections.append(shown)

    def facts(self) -> dict[str, Any]:
        """Return the counts for a manifest."""
        with self._lock:
            return {"published": self.published, "delivered": self.delivered, "rejected": dict(self.rejected)}


def printable(text: str, longest: int) -> str:
    r"""Return a text from outside as one line without control characters, cut to a length.

    >>> printable("a\x1b[2Jb" + "c" * 100, 6)
    'a?[2Jb'
    """
    return "".join(letter if letter.isprintable() else "?" for letter in text[:longest])
