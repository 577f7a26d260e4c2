# SPDX-License-Identifier: Apache-2.0
"""Whether a point does what was asked of it, told from its meter: the proof that no station can acknowledge away."""

from __future__ import annotations

import math
import time
from collections import deque
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from hardware_in_loop.ocpp.central.point import Value

PAUSE_KW: Final = 0.3
"""What may flow at a limit of 0: the point itself and a car's standby. *Assumption.*"""
SHARE: Final = 0.05
"""By how much of a limit a meter may be above it: currents are whole amperes for many cars. *Assumption.* [-]"""


class Obedience:
    """Limits of the last while, and the power that must be below the highest of them.

    Parameters
    ----------
    settle_s : float
        Time that a car has to follow. [s]
    """

    def __init__(self, settle_s: float) -> None:
        self.settle_s = settle_s
        self._limits: deque[tuple[float, float]] = deque([(-math.inf, math.inf)])

    def forget(self) -> None:
        """Begin anew: nobody asks for anything."""
        self._limits = deque([(-math.inf, math.inf)])

    def asked(self, limit_kw: float, now_s: float | None = None) -> None:
        """Take in the limit that holds from now on, infinite for none. [kW]."""
        now_s = time.monotonic() if now_s is None else now_s
        if limit_kw != self._limits[-1][1]:
            self._limits.append((now_s, limit_kw))

    def allowed_kw(self, moment_s: float) -> float:
        """Return the highest limit that a car may still be following at a moment. [kW]."""
        while len(self._limits) > 1 and self._limits[1][0] <= moment_s - self.settle_s:
            self._limits.popleft()
        return max(limit_kw for _, limit_kw in self._limits)

    def excess_kw(self, power: Value) -> float:
        """Return by how much a reading is above what is allowed, 0 where it is not. [kW]."""
        if not math.isfinite(power.received_s) or math.isnan(power.value):
            return 0.0
        allowed_kw = self.allowed_kw(power.received_s - power.delay_s)
        above_kw = power.value - allowed_kw
        return above_kw if above_kw > max(PAUSE_KW, SHARE * allowed_kw) else 0.0
