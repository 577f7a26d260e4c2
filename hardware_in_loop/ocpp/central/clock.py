# SPDX-License-Identifier: Apache-2.0
"""Times on the wire, and how far a station's clock is from ours."""

from __future__ import annotations

import math
import time
from collections import deque
from datetime import UTC, datetime
from typing import Final

RESOLUTION_S: Final = 1.5
"""Most stations stamp whole seconds: what is less late than this may as well be punctual. [s]"""
OLDEST_S: Final = 1262304000.0
"""2010: before the first version of OCPP that is spoken here; clocks that were never set begin at 1970 or 2000. [s]"""
STEADY_S: Final = 10.0


def text(epoch_s: float) -> str:
    """Return a time as OCPP writes it, with milliseconds where it is no whole second.

    >>> text(0.5), text(1.0)
    ('1970-01-01T00:00:00.500Z', '1970-01-01T00:00:01Z')
    """
    moment = datetime.fromtimestamp(round(epoch_s, 3), tz=UTC)
    return moment.isoformat(timespec="milliseconds" if moment.microsecond else "seconds").replace("+00:00", "Z")


def epoch(stamp: object) -> float:
    """Return a time on the wire in seconds since 1970, NaN where it is none; a time without a zone is UTC. [s]."""
    if not isinstance(stamp, str):
        return math.nan
    try:
        moment = datetime.fromisoformat(stamp)
    except ValueError:
        return math.nan
    try:
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (OverflowError, ValueError):
        return math.nan


def measured(stamp: object) -> float:
    """Return the time of a measurement, NaN where the station's clock cannot have been set. [s]."""
    time_s = epoch(stamp)
    return time_s if time_s >= OLDEST_S else math.nan


class StationClock:
    """A station's clock against ours, told from the stamps of what it sends.

    Stations take their time from us, so a stamp that is late says that the message was queued, unless there is proof of the
    contrary: a stamp from the future, a message that cannot have been queued (*punctual*), or a stream of messages that is late
    by the same amount for `STEADY_S`: a queue that empties catches up.
    """

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget: the station has just been told the time."""
        self.behind_s = 0.0
        """How far the station's clock is behind ours; negative is ahead. [s]."""
        self._proofs: deque[float] = deque(maxlen=8)
        self._steady: tuple[float, float] | None = None

    def see(self, stamp_s: float, *, punctual: bool = False, now_s: float | None = None) -> None:
        """Take in the stamp of a message that has just arrived."""
        if not math.isfinite(stamp_s):
            return
        now_s = time.time() if now_s is None else now_s
        late_s = now_s - stamp_s
        if punctual or late_s < self.behind_s or self._is_steady(late_s, now_s):
            self._proofs.append(late_s)
            self.behind_s = min(self._proofs)
            if abs(self.behind_s) < RESOLUTION_S:
                self.behind_s = 0.0

    def _is_steady(self, late_s: float, now_s: float) -> bool:
        if self._steady is None or abs(late_s - self._steady[1]) > RESOLUTION_S:
            self._steady = (now_s, late_s)
        return now_s - self._steady[0] >= STEADY_S

    def age(self, stamp_s: float, now_s: float | None = None) -> float:
        """Return how old something was when it arrived, 0 where that cannot be told from a punctual one. [s]."""
        if not math.isfinite(stamp_s):
            return 0.0
        age_s = (time.time() if now_s is None else now_s) - stamp_s - self.behind_s
        return age_s if age_s > RESOLUTION_S else 0.0

    def there(self, now_s: float | None = None) -> float:
        """Return what the station's clock shows now. [s]."""
        return (time.time() if now_s is None else now_s) - self.behind_s
