# SPDX-License-Identifier: Apache-2.0
"""Energy by register, whatever order readings come in: no watt-hour twice, none lost.

Readings of a register that only rises carry everything: one that is missing costs nothing, one that comes twice or late adds
nothing. What does matter is where a register begins anew. So readings are put in the order of the *station's* times into runs
that rise; a fall between two runs is a restart.

Rules, in this order, for a reading that does not rise:

* a fall of at most 1 Wh is rounding (``meterStop`` of OCPP 1.6 is in whole watt-hours, meter values need not be);
* after any other fall the register began at zero, and what it shows has been drawn since, if the point could have drawn that in
  the time;
* otherwise it is another meter, and counts from what it shows;
* a rise that the point cannot have drawn in the time, after such a fall, but that fits what stood before, shows that the fall
  was a glitch: it never was. The same for a rise beyond all measure, and the fall after it.

A clock that was put back a little, as stations do when they are told the time, is not a late reading: what shows at least as much
as the newest one, and can have been drawn in that time, is the newest one.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import asdict, dataclass, field, replace
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final

from twinergy.units import SECONDS_PER_HOUR

if TYPE_CHECKING:
    from collections.abc import Mapping

ROUNDING_KWH: Final = 0.001
STEPPED_S: Final = 60.0
"""How far a clock may be put back without a reading being taken for a late one. *Assumption.* [s]"""
ABSURD_KWH: Final = 100.0
"""Rise that is believed of no point, beyond ten times what it can draw in the time: more than a car holds. *Assumption.*"""
MARGIN_KWH: Final = 0.2
"""What a point may have drawn beyond its power times the time: clocks and registers are coarse. *Assumption.*"""
KEPT: Final = 4096
"""Readings among which a late one finds its place: more than an hour of one a second."""
MOST_KW: Final = 400.0
"""Most power of a point whose rating is not known: the largest chargers of today. *Assumption.*"""


@dataclass(slots=True)
class Run:
    """Readings that rise: from the first to the last one, and what the register showed when it began."""

    first_s: float
    first_kwh: float
    last_s: float
    last_kwh: float
    from_zero: bool
    doubtful: bool = False
    """Whether it began with a rise beyond all measure."""

    @property
    def energy_kwh(self) -> float:
        """What was counted. [kWh]."""
        return self.last_kwh - (0.0 if self.from_zero else self.first_kwh)


class RegisterLine:
    """One energy register over time.

    Parameters
    ----------
    most_kw : float
        Most power that can go through it. [kW]
    """

    def __init__(self, most_kw: float = MOST_KW) -> None:
        self.most_kw = most_kw if most_kw > 0.0 else MOST_KW
        self.ignored = 0
        """Readings that are no energy, or older than what has been settled."""
        self._points: list[tuple[float, float]] = []
        self._settled = Count()
        self._count = Count()

    @property
    def energy_kwh(self) -> float:
        """Energy since the first reading. [kWh]."""
        return self._count.energy_kwh

    @property
    def restarts(self) -> int:
        """How often the register began anew."""
        return self._count.restarts

    @property
    def glitches(self) -> int:
        """How often it seemed to have, and had not."""
        return self._count.glitches

    @property
    def started(self) -> bool:
        """Whether there has been a reading."""
        return bool(self._count.runs)

    def see(self, time_s: float, register_kwh: float, *, live: bool = False) -> float:
        """Take in a reading and return the energy since the first one. [kWh].

        Parameters
        ----------
        time_s : float
            By the station's clock; a reading without a time comes after all others. [s]
        register_kwh : float
            What the register shows; what is negative or none is ignored. [kWh]
        live : bool
            Whether the station says that it was not queued, so that its time cannot be older than another's.
        """
        if not math.isfinite(register_kwh) or register_kwh < 0.0:
            self.ignored += not math.isnan(register_kwh)
            return self.energy_kwh
        newest_s = self._count.newest_s
        stays = math.isnan(time_s) or (time_s < newest_s and self._is_newest(newest_s - time_s, register_kwh, live=live))
        point = (newest_s if stays else time_s, register_kwh)
        if point[0] >= newest_s:
            self._points.append(point)
            self._count.append(*point, self.most_kw)
        elif point[0] < self._settled.newest_s:
            self.ignored += 1
        else:
            self._insert(point)
        if len(self._points) > KEPT:
            self._settle(KEPT // 2)
        return self.energy_kwh

    def _is_newest(self, back_s: float, register_kwh: float, *, live: bool) -> bool:
        """Return whether a reading from before the newest one is newer all the same: the clock was put back."""
        rise_kwh = register_kwh - self._count.runs[-1].last_kwh
        if rise_kwh < 0.0:
            return False
        return live or (back_s <= STEPPED_S and rise_kwh <= 2.0 * self.most_kw * (back_s + 1.0) / SECONDS_PER_HOUR)

    def _insert(self, point: tuple[float, float]) -> None:
        """Put a late reading where it belongs and count again."""
        place = bisect_right(self._points, point[0], key=itemgetter(0))
        if point in self._points[max(place - 4, 0) : place]:
            return
        self._points.insert(place, point)
        self._count = self._settled.copy()
        for time_s, register_kwh in self._points:
            self._count.append(time_s, register_kwh, self.most_kw)

    def _settle(self, count: int) -> None:
        for time_s, register_kwh in self._points[:count]:
            self._settled.append(time_s, register_kwh, self.most_kw)
        del self._points[:count]

    def dump(self) -> dict[str, Any]:
        """Return what `load` takes; late readings from before it are not counted any more."""
        return asdict(self._count)

    def load(self, kept: Mapping[str, Any]) -> None:
        """Go on where another line stopped."""
        self._settled = Count([Run(**run) for run in kept["runs"]], kept["restarts"], kept["glitches"])
        self._count, self._points = self._settled.copy(), []


@dataclass(slots=True)
class Count:
    """What readings in the order of time have come to."""

    runs: list[Run] = field(default_factory=list)
    restarts: int = 0
    glitches: int = 0

    @property
    def energy_kwh(self) -> float:
        """Sum of all runs. [kWh]."""
        return math.fsum(run.energy_kwh for run in self.runs)

    @property
    def newest_s(self) -> float:
        """Time of the last reading. [s]."""
        return self.runs[-1].last_s if self.runs else -math.inf

    def copy(self) -> Count:
        """Return a count that goes on by itself."""
        return Count([replace(run) for run in self.runs], self.restarts, self.glitches)

    def append(self, time_s: float, register_kwh: float, most_kw: float) -> None:
        """Take in the next reading."""
        if not self.runs:
            self.runs.append(Run(time_s, register_kwh, time_s, register_kwh, from_zero=False))
            return
        run = self.runs[-1]
        rise_kwh, passed_s = register_kwh - run.last_kwh, time_s - run.last_s
        if -ROUNDING_KWH - 1e-9 <= rise_kwh <= 0.0:
            run.last_s = time_s
        elif rise_kwh < 0.0:
            if run.doubtful and self._mend(time_s, register_kwh, most_kw):
                return
            self._begin(time_s, register_kwh, from_zero=_possible(register_kwh, passed_s, most_kw))
        elif not _possible((rise_kwh - ABSURD_KWH) / 10.0, passed_s, most_kw):
            self._begin(time_s, register_kwh, from_zero=False, doubtful=True)
        elif _possible(rise_kwh, passed_s, most_kw) or not self._mend(time_s, register_kwh, most_kw):
            run.last_s, run.last_kwh = time_s, register_kwh

    def _begin(self, time_s: float, register_kwh: float, *, from_zero: bool, doubtful: bool = False) -> None:
        self.restarts += 1
        self.runs.append(Run(time_s, register_kwh, time_s, register_kwh, from_zero, doubtful))

    def _mend(self, time_s: float, register_kwh: float, most_kw: float) -> bool:
        """Take back a fall after which the register went on where it had been."""
        if len(self.runs) == 1:
            return False
        before = self.runs[-2]
        rise_kwh = register_kwh - before.last_kwh
        if rise_kwh < -ROUNDING_KWH or not _possible(rise_kwh, time_s - before.last_s, most_kw):
            return False
        self.runs.pop()
        self.restarts -= 1
        self.glitches += 1
        before.last_s, before.last_kwh = time_s, max(register_kwh, before.last_kwh)
        return True


def _possible(energy_kwh: float, duration_s: float, most_kw: float) -> bool:
    return energy_kwh <= most_kw * duration_s / SECONDS_PER_HOUR + MARGIN_KWH
