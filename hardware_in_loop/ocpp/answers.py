# SPDX-License-Identifier: Apache-2.0
"""Answers that were given, so that a call that comes twice is done once and answered twice alike."""

from __future__ import annotations

import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

KEPT: Final = 32
KEPT_S: Final = 30.0
"""A station that repeats a call does so when it gave up waiting; what uses one id for ever must not be fooled by old answers."""
LONGEST_KEPT_BYTES: Final = 1 << 16


@dataclass(slots=True)
class Given:
    """One call and its answer.

    Attributes
    ----------
    digest : int
        Of the whole frame: the same id with other content is another call.
    since_s : float
        When it came. [s]
    data : bytes or None
        The answer, None while it is being worked out.
    repeats : int
        How often the call came again meanwhile.
    """

    digest: int
    since_s: float
    data: bytes | None = None
    repeats: int = 0


class Answers:
    """The latest calls of one connection.

    Parameters
    ----------
    clock : callable
        Monotonic time. [s]
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._given: OrderedDict[str, Given] = OrderedDict()

    def find(self, message_id: str, frame: str | bytes) -> Given | None:
        """Return what was made of the same frame shortly before, None for a new one."""
        given = self._given.get(message_id)
        if given is None or given.digest != hash(frame) or self._clock() - given.since_s > KEPT_S:
            return None
        return given if given.data is None or len(given.data) <= LONGEST_KEPT_BYTES else None

    def add(self, message_id: str, frame: str | bytes) -> Given:
        """Remember a call; its answer is filled in by who has it."""
        given = Given(hash(frame), self._clock())
        self._given.pop(message_id, None)
        self._given[message_id] = given
        if len(self._given) > KEPT:
            self._given.popitem(last=False)
        return given
