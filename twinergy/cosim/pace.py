# SPDX-License-Identifier: Apache-2.0
"""Keeps a run in time with the clock on the wall, times a factor.

Deadlines are absolute, so that what one step loses is not lost to all that follow; mosaik's own ``rt_factor`` begins steps up to
a step early and jitters.
"""

from __future__ import annotations

import math
import time
from array import array
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from twinergy.errors import Finding, ScenarioError

if TYPE_CHECKING:
    from collections.abc import Callable

LATE_S: Final = 0.01
"""A step that begins more than this after its time counts as late."""
SLICE_S: Final = 0.05
"""How often a wait looks whether the run is to stop."""
SHORTEST_STEP_S: Final = 1e-3
"""Wall time of a step below which a general-purpose system keeps no time."""


class Pacer:
    """Lets steps begin at their time.

    The first step begins when it is ready; that moment is the origin of all deadlines.

    Parameters
    ----------
    factor : float
        Simulated seconds per second: 1 for real time, 900 for a step of 900 s in a second. [-]
    step_s : float
        Length of a step. [s]
    clock, sleep : callable
        The time and how to let it pass; monotonic.

    Attributes
    ----------
    stopped : callable
        Asked while waiting; when it returns True the wait ends at once.
    waiting : callable
        Called again and again while waiting.

    Raises
    ------
    ScenarioError
        If the factor is not positive or leaves a step less than a millisecond.
    """

    def __init__(
        self,
        factor: float,
        step_s: float,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        most = step_s / SHORTEST_STEP_S
        if not (math.isfinite(factor) and 0.0 < factor <= most):
            message = f"a step of {step_s:g} s cannot be paced like this"
            allowed = f"0 < factor <= {most:g}, 1 is real time"
            raise ScenarioError([Finding(message=message, path="--pace", value=factor, allowed=allowed)], "command line")
        self.factor = factor
        self.stopped: Callable[[], bool] = lambda: False
        self.waiting: Callable[[], None] = lambda: None
        self._wall_s = step_s / factor
        self._clock = clock
        self._sleep = sleep
        self._origin_s: float | None = None
        self._late_s = array("f")
        self._waited = -1
        self._slipped_s = 0.0

    @property
    def step_wall_s(self) -> float:
        """Wall time of a step. [s]."""
        return self._wall_s

    def anchor(self) -> None:
        """Begin to count from now, if nothing has been waited for yet: the next step is due one step from now."""
        if self._origin_s is None:
            self._origin_s = self._clock()

    def deadline_s(self, steps_done: int) -> float:
        """Return when a step is due by the clock; before any is known, a step from now. [s]."""
        if self._origin_s is None:
            return self._clock() + self._wall_s
        return self._origin_s + steps_done * self._wall_s

    def wait(self, steps_done: int) -> float:
        """Return when the next step is due, and how late that is; at once if it is already, or if the run is to stop.

        A step that is more than itself late moves all deadlines that follow: more than one step is never caught up.
        """
        if self._origin_s is None:
            self._origin_s = self._clock() - (steps_done - 1) * self._wall_s
        deadline_s = self._origin_s + steps_done * self._wall_s
        while (left_s := deadline_s - self._clock()) > 0.0:
            if self.stopped():
                return 0.0
            self.waiting()
            self._sleep(min(left_s, SLICE_S))
        late_s = self._clock() - deadline_s
        if steps_done > self._waited:  # agents outside and real devices may both wait for the same step
            self._late_s.append(late_s)
            self._waited = steps_done
        if late_s > self._wall_s:
            self._origin_s += late_s - self._wall_s
            self._slipped_s += late_s - self._wall_s
        return late_s

    def facts(self) -> dict[str, Any]:
        """Return the factor and how late steps began, for a manifest."""
        facts: dict[str, Any] = {"factor": self.factor, "step_wall_s": self._wall_s, "steps": len(self._late_s)}
        if not len(self._late_s):
            return facts
        late_s = np.frombuffer(self._late_s, dtype=np.float32)
        p50, p99 = np.percentile(late_s, [50, 99])
        return facts | {
            "late_steps": int(np.count_nonzero(late_s > LATE_S)),
            "lateness_p50_s": round(float(p50), 6),
            "lateness_p99_s": round(float(p99), 6),
            "lateness_max_s": round(float(late_s.max()), 6),
            "slipped_s": round(self._slipped_s, 6),
        }
