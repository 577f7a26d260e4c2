# SPDX-License-Identifier: Apache-2.0
"""The power of a point that only counts energy: what its register rises by."""

from __future__ import annotations

from collections import deque
from typing import Final

from twinergy.units import SECONDS_PER_HOUR

WINDOW_S: Final = 20.0
"""Least time over which a mean is taken: a register in whole watt-hours is then good for 0.2 kW. *Assumption.* [s]"""


class MeanPower:
    """Mean power between readings of a register.

    >>> mean = MeanPower()
    >>> mean.see(0.0, 5.0), mean.see(10.0, 5.01), mean.see(20.0, 5.02)
    (None, None, (3.6, 20.0))
    """

    def __init__(self) -> None:
        self._seen: deque[tuple[float, float]] = deque()

    def see(self, time_s: float, energy_kwh: float) -> tuple[float, float] | None:
        """Take in what has been drawn, less what was fed back, until a time; return the mean [kW] and over how long [s]."""
        seen = self._seen
        if seen and time_s <= seen[-1][0]:
            return None  # queued, or a clock that was put back
        seen.append((time_s, energy_kwh))
        while len(seen) > 1 and seen[1][0] <= time_s - WINDOW_S:
            seen.popleft()
        span_s = time_s - seen[0][0]
        return (round((energy_kwh - seen[0][1]) * SECONDS_PER_HOUR / span_s, 6), span_s) if span_s >= WINDOW_S else None
