# SPDX-License-Identifier: Apache-2.0
"""Which units behind a connection answer, and when a silent one is asked again."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

TIME_OUTS: Final = 2
"""After so many in a row a unit is silent. *Assumption*: one may be lost on a line without being a sign of anything."""
FIRST_PAUSE_S: Final = 0.4
LONGEST_PAUSE_S: Final = 5.0
ALONE_PAUSE_S: Final = 0.25
"""Nobody else waits: so often that, with a time-out of 0.5 s, a device that is back is heard within a second. [s]"""
PROBE_TIMES: Final = 4.0
LEAST_PROBE_S: Final = 0.05
"""A probe waits so many times as long as the unit has ever needed, and at least so long. [s]"""
PAUSE_TIMES: Final = 4.0
"""A pause is so many times as long as the probe held up the others: with the probes in full, silent
units cost them a quarter of their time at most."""
WHOLE_PROBE: Final = 16
"""Every so many time-outs a probe waits in full: the unit may have become slow."""
FORGET: Final = 0.999
"""The longest answer time of a unit fades by so much with each answer."""


@dataclass(slots=True)
class Health:
    """How a unit that did not answer is treated.

    Attributes
    ----------
    time_outs : int
        In a row.
    pause_s : float
        Until the next probe; 0 when that is due at once. [s]
    ask_s : float
        When it is due, by the loop's clock. [s]
    probe_s : float
        How long it held up the line; what a probe in full took beyond a brief one is not counted. [s]
    """

    time_outs: int = 0
    pause_s: float = 0.0
    ask_s: float = float("-inf")
    probe_s: float = 0.0


class Units:
    """Health of the units of one connection.

    One that has the connection for itself delays nobody and is always probed after 0.25 s. One that shares it is probed as often
    as the others can bear: whose answer times are known needs but a brief probe, and is heard within a second of its return; one
    that has never answered is probed after 0.4, 0.8, 1.6, 3.2, 5, 5 ... s.

    Parameters
    ----------
    brief : bool
        Whether a probe may be given up sooner than the time-out: not on a serial line, where a late answer carries no number.

    Attributes
    ----------
    known : set of int
        Units that have been asked.
    ill : dict
        Units that did not answer the last time; empty on a good day, which callers use to save the rest.
    """

    def __init__(self, *, brief: bool = True) -> None:
        self.known: set[int] = set()
        self.ill: dict[int, Health] = {}
        self._brief = brief
        self._needs_s: dict[int, float] = {}
        self._last: Health | None = None

    def may_ask(self, unit: int, now_s: float) -> bool:
        """Return whether a read of this unit would be sent now."""
        health = self.ill.get(unit)
        return health is None or health.time_outs < TIME_OUTS or now_s >= health.ask_s

    def wait_s(self, unit: int, now_s: float) -> float:
        """Return how long until the unit is probed. [s]."""
        health = self.ill.get(unit)
        return max(health.ask_s - now_s, 0.0) if health else 0.0

    def asked(self, unit: int, now_s: float, timeout_s: float) -> float:
        """Say that a request goes to a unit while some are ill, and return how long its answer may take. [s].

        A silent one gets no second one until this is decided.
        """
        health = self.ill.get(unit)
        if health is None or health.time_outs < TIME_OUTS:
            return timeout_s
        health.ask_s = now_s + max(health.pause_s, timeout_s)
        return timeout_s if health.time_outs % WHOLE_PROBE == 0 else min(timeout_s, self._enough_s(unit))

    def _enough_s(self, unit: int) -> float:
        """Return how long a brief probe of a unit waits, infinite if there is none. [s]."""
        if not self._brief or len(self.known) == 1 or unit not in self._needs_s:
            return math.inf
        return max(PROBE_TIMES * self._needs_s[unit], LEAST_PROBE_S)

    def doubtful(self, unit: int) -> bool:
        """Return whether a unit did not answer the last time."""
        return unit in self.ill

    def answered(self, unit: int, took_s: float) -> None:
        """Say that a unit has answered, and after how long. [s]."""
        needs_s = self._needs_s.get(unit, 0.0)
        self._needs_s[unit] = took_s if took_s > needs_s else FORGET * needs_s
        if not self.ill:
            return
        recovered = self.ill.pop(unit, None)
        last, self._last = self._last, None
        if last is not None and last is not recovered and took_s > max(needs_s, last.probe_s):
            self._put_off(last, PAUSE_TIMES * (took_s - needs_s) * self._n_silent)  # the gateway still waited for the silent one

    def silent(self, unit: int, now_s: float, took_s: float) -> bool:
        """Say that a unit has not answered for so long; return whether it counts as silent."""
        health = self.ill.setdefault(unit, Health())
        health.time_outs += 1
        if health.time_outs < TIME_OUTS:
            return False
        enough_s = self._enough_s(unit)
        self._last, health.probe_s = health, min(took_s, enough_s)
        before_s, health.pause_s, health.ask_s = health.pause_s, 0.0, now_s
        if len(self.known) == 1:
            health.pause_s, health.ask_s = ALONE_PAUSE_S, now_s + ALONE_PAUSE_S
        else:
            self._put_off(health, 2.0 * before_s if enough_s == math.inf else PAUSE_TIMES * health.probe_s * self._n_silent)
        return True

    @property
    def _n_silent(self) -> int:
        return sum(one.time_outs >= TIME_OUTS for one in self.ill.values())

    def _put_off(self, health: Health, longer_s: float) -> None:
        """Make the pause before the next probe longer, within its bounds."""
        pause_s = min(max(health.pause_s + longer_s, FIRST_PAUSE_S), LONGEST_PAUSE_S)
        health.ask_s += pause_s - health.pause_s
        health.pause_s = pause_s

    def hurry(self) -> None:
        """Let all be asked at once: the connection is a new one."""
        for health in self.ill.values():
            health.ask_s, health.pause_s = float("-inf"), 0.0
