# SPDX-License-Identifier: Apache-2.0
"""Faults that software devices can be made to have, by device and time."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from twinergy.errors import Finding, ScenarioError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


class Fault(StrEnum):
    """What is wrong with a device."""

    SILENT = "silent"
    """It keeps its connection and does not answer."""
    OFFLINE = "offline"
    """Its connection is closed and new ones are refused, or its broker says that it is gone."""
    FLAPPING = "flapping"
    """Its connection is closed every half second."""
    GARBAGE = "garbage"
    """It answers with random bytes, or text that is none."""
    LATE = "late"
    """It answers a second late."""
    FROZEN = "frozen"
    """Its values and its heartbeat stand still."""
    REJECT = "reject"
    """It refuses every command."""
    IGNORE = "ignore"
    """It acknowledges every command and does nothing."""
    LOCAL = "local"
    """Somebody at its panel has taken control."""
    DOUBLE = "double"
    """It says everything twice."""
    RESTART = "restart"
    """It restarts once: counters that it does not keep begin at zero."""


_SPELLING: Final = re.compile(r"^(?P<link>[^:]+):(?P<fault>[a-z]+)(@(?P<start>[0-9.]+)(\+(?P<length>[0-9.]+))?)?$")


@dataclass(frozen=True, slots=True)
class Timed:
    """A fault from a time on, for a while. Times count from the start of the bench. [s]."""

    link: str
    fault: Fault
    start_s: float = 0.0
    length_s: float = float("inf")


def parse(texts: Iterable[str]) -> list[Timed]:
    """Return faults written as ``LINK:FAULT``, ``LINK:FAULT@START`` or ``LINK:FAULT@START+LENGTH`` in seconds.

    >>> parse(["battery-1:silent@10+5"])
    [Timed(link='battery-1', fault=<Fault.SILENT: 'silent'>, start_s=10.0, length_s=5.0)]

    Raises
    ------
    ScenarioError
        With every text that is none.
    """
    timed, findings = [], []
    for text in texts:
        match = _SPELLING.match(text)
        if match is None or match["fault"] not in list(Fault):
            allowed = f"LINK:FAULT@START+LENGTH with {', '.join(Fault)}"
            findings.append(Finding(message="is no fault", path="--fault", value=text, allowed=allowed))
            continue
        start_s, length_s = float(match["start"] or 0.0), float(match["length"] or "inf")
        timed.append(Timed(match["link"], Fault(match["fault"]), start_s, length_s))
    if findings:
        raise ScenarioError(findings, "command line")
    return timed


class FaultBoard:
    """Which faults are present; servers of a bench ask it before they answer.

    Parameters
    ----------
    timed : iterable of Timed
        Faults that come and go by themselves.
    clock : callable
        Monotonic time. [s]
    """

    def __init__(self, timed: Iterable[Timed] = (), clock: Callable[[], float] = time.monotonic) -> None:
        self._timed = list(timed)
        self._clock = clock
        self._start_s = clock()
        self._now: set[tuple[str, Fault]] = set()

    def set(self, link: str, fault: Fault) -> None:
        """Make a fault present."""
        self._now.add((link, fault))

    def clear(self, link: str, fault: Fault | None = None) -> None:
        """Mend one fault of a link, or all of them."""
        self._now = {(name, one) for name, one in self._now if name != link or (fault is not None and one is not fault)}

    def has(self, link: str, fault: Fault) -> bool:
        """Return whether a link has a fault now."""
        if (link, fault) in self._now:
            return True
        if not self._timed:
            return False
        since_s = self._clock() - self._start_s
        return any(
            one.link == link and one.fault is fault and one.start_s <= since_s < one.start_s + one.length_s for one in self._timed
        )
