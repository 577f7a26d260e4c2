# SPDX-License-Identifier: Apache-2.0
"""Standby grown: what a plug draws while nothing runs is more than it was for weeks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from controllers.home_energy.analysis.base_load import nan_quantile
from controllers.home_energy.anomalies.findings import Anomaly, AnomalyKind, CannotTell, Watched, confidence
from twinergy.units import HOURS_PER_YEAR, SECONDS_PER_DAY, SECONDS_PER_HOUR

if TYPE_CHECKING:
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]

PLUGS: Final = ("washing_machine", "dishwasher", "tumble_dryer", "cooking", "lighting", "electronics", "other")
"""Compressors and water heaters have no standby that could be told from their runs; ``wet`` is the sum of its machines."""
RECENT_D: Final = 7
BEFORE_D: Final = 28
LEAST_RECENT_D: Final = 5
LEAST_BEFORE_D: Final = 14
GROWTH_KW: Final = 0.005
GROWTH_SHARE: Final = 0.35
"""Least growth, absolute and relative: pumps of heatings follow the season by a quarter in a month (assumptions). [kW], [-]"""
SPREADS: Final = 6.0
"""Least growth over the spread (1.48 times the median absolute deviation) of the weeks before. [-]"""
LEAST_HOURS: Final = 18
_STD_OF_MAD: Final = 1.4826


class StandbyGrown:
    """Compares the lowest hourly means of the last seven days with those of the four weeks before, once a day.

    Parameters
    ----------
    watched : Watched
        Homes and plugs.
    """

    kind: Final = AnomalyKind.STANDBY_GROWN

    def __init__(self, watched: Watched) -> None:
        self._watched = watched
        self._rows = watched.rows(PLUGS)
        shape = (len(self._rows), len(watched.dwellings))
        self._per_hour = max(1, int(SECONDS_PER_HOUR) // watched.step_s)
        self._sum_kw, self._lowest_kw = np.zeros(shape), np.full(shape, np.inf)
        self._hours = np.zeros(shape, dtype=np.int64)
        self._days = np.full((RECENT_D + BEFORE_D, *shape), np.nan)
        self._day = self._hour = -1
        self._steps = 0
        self._told = np.zeros(shape, dtype=np.bool_)

    @property
    def cannot_tell(self) -> tuple[CannotTell, ...]:
        """What is not looked for."""
        unseen = tuple(name for name in self._watched.plugs if name in {"cold", "hot_water"})
        reason = "compressors and heaters switch by themselves; their rest cannot be told from a quiet hour"
        return (CannotTell(kind=self.kind, plugs=unseen, reason=reason),) if unseen else ()

    def observe(self, epoch_s: int, p_kw: FloatArray, total_kw: FloatArray) -> list[Anomaly]:  # noqa: ARG002
        """Take in a step and return what is found in it; see `LeftRunning.observe`."""
        if not self._rows:
            return []
        day, hour = epoch_s // SECONDS_PER_DAY, epoch_s // int(SECONDS_PER_HOUR)
        found: list[Anomaly] = []
        if hour != self._hour:
            self._close_hour()
            self._hour = hour
        if day != self._day:
            if self._day >= 0:
                found = self._close_day(day * SECONDS_PER_DAY)
            self._day = day
        self._sum_kw += p_kw[self._rows]
        self._steps += 1
        return found

    def _close_hour(self) -> None:
        if self._steps == self._per_hour:
            np.fmin(self._lowest_kw, self._sum_kw / self._per_hour, out=self._lowest_kw)
            self._hours += ~np.isnan(self._sum_kw)
        self._sum_kw[:], self._steps = 0.0, 0

    def _close_day(self, now_s: int) -> list[Anomaly]:
        self._days = np.roll(self._days, -1, axis=0)  # once a day; the oldest day makes room
        self._days[-1] = np.where(self._hours >= LEAST_HOURS, self._lowest_kw, np.nan)
        self._lowest_kw[:], self._hours[:] = np.inf, 0
        before, recent = self._days[:BEFORE_D], self._days[BEFORE_D:]
        enough = np.count_nonzero(~np.isnan(before), axis=0) >= LEAST_BEFORE_D
        enough &= np.count_nonzero(~np.isnan(recent), axis=0) >= LEAST_RECENT_D
        was_kw, now_kw = nan_quantile(before, 0.5), nan_quantile(recent, 0.5)
        spread_kw = _STD_OF_MAD * nan_quantile(np.abs(before - was_kw), 0.5)
        least_kw = np.maximum(np.maximum(GROWTH_KW, GROWTH_SHARE * was_kw), SPREADS * spread_kw)
        grown = enough & (now_kw - was_kw > least_kw)
        fresh = grown & ~self._told
        self._told = grown | (self._told & ~(now_kw - was_kw < 0.5 * least_kw))
        return [
            self._found(plug, home, now_s, was_kw[plug, home], now_kw[plug, home], least_kw[plug, home])
            for plug, home in np.argwhere(fresh).tolist()
        ]

    def _found(self, plug: int, home: int, now_s: int, was_kw: float, now_kw: float, least_kw: float) -> Anomaly:
        higher = self._days[:, plug, home] > 0.5 * (was_kw + now_kw)
        days = int(np.argmin(higher[::-1])) if not higher.all() else len(higher)
        growth_kw = float(now_kw - was_kw)
        return Anomaly(
            dwelling=self._watched.dwellings[home],
            plug=self._watched.plugs[self._rows[plug]],
            kind=self.kind,
            since_epoch_s=now_s - days * SECONDS_PER_DAY,
            found_epoch_s=now_s,
            evidence=(
                ("standby_before_kw", float(was_kw)),
                ("standby_now_kw", float(now_kw)),
                ("least_growth_kw", float(least_kw)),
                ("energy_of_a_year_kwh", growth_kw * HOURS_PER_YEAR),
            ),
            confidence=confidence(growth_kw, float(least_kw)),
            action="Look for what was plugged in or no longer goes to sleep since then.",
        )
