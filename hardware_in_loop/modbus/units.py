# SPDX-License-Identifier: Apache-2.0
"""Which units behind a connection answer, and when a silent one is asked again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

TIME_OUTS: Final = 2
"""After so many in a row a unit is silent. *Assumption*: one may be lost on a line without being a sign of anything."""
FIRST_PAUSE_S: Final = 0.5
LONGEST_PAUSE_S: Final = 5.0
ALONE_PAUSE_S: Final = 0.25
"""Nobody else waits: so often that, with a time-out of 0.5 s, a device that is back is heard within a second. [s]"""


@dataclass(slots=True)
class Health:
    """How a unit that did not answer is treated."""

    time_outs: int = 0
    pause_s: float = 0.0
    ask_s: float = float("-inf")


class Units:
    """Health of the units of one connection: a silent one is probed after 0.5, 1, 2, 4, 5, 5 ... s.

    One that has the connection for itself delays nobody and is always probed after 0.25 s.

    Attributes
    ----------
    known : set of int
        Units that have been asked.
    ill : dict
        Units that did not answer the last time; empty on a good day, which callers use to save the rest.
    """

    def __init__(self) -> None:
        self.known: set[int] = set()
        self.ill: dict[int, Health] = {}

    def may_ask(self, unit: int, now_s: float) -> bool:
        """Return whether a read of this unit would be sent now."""
        health = self.ill.get(unit)
        return health is None or health.time_outs < TIME_OUTS or now_s >= health.ask_s

    def wait_s(self, unit: int, now_s: float) -> float:
        """Return how long until the unit is probed. [s]."""
        health = self.ill.get(unit)
        return max(health.ask_s - now_s, 0.0) if health else 0.0

    def asked(self, unit: int, now_s: float) -> None:
        """Say that a request goes to an ill unit: a silent one gets no second one until this is decided."""
        health = self.ill.get(unit)
        if health is not None and health.time_outs >= TIME_OUTS:
            health.ask_s = now_s + max(health.pause_s, ALONE_PAUSE_S)

    def doubtful(self, unit: int) -> bool:
        """Return whether a unit did not answer the last time."""
        return unit in self.ill

    def answered(self, unit: int) -> None:
        """Say that a unit has answered."""
        self.ill.pop(unit, None)

    def silent(self, unit: int, now_s: float) -> bool:
        """Say that a unit has not answered; return whether it counts as silent."""
        health = self.ill.setdefault(unit, Health())
        health.time_outs += 1
        if health.time_outs < TIME_OUTS:
            return False
        shared = len(self.known) > 1
        health.pause_s = min(max(2.0 * health.pause_s, FIRST_PAUSE_S), LONGEST_PAUSE_S) if shared else ALONE_PAUSE_S
        health.ask_s = now_s + health.pause_s
        return True

    def hurry(self) -> None:
        """Let all be asked at once: the connection is a new one."""
        for health in self.ill.values():
            health.ask_s, health.pause_s = float("-inf"), 0.0
