# SPDX-License-Identifier: Apache-2.0
"""When the other side was last understood, and whether it has been away meanwhile.

What a station was asked in such a lull it has not heard, so waiting for the answer would cost seconds of control.
"""

from __future__ import annotations

import math
import time
from typing import Final

LEAST_LULL_S: Final = 1.5
"""Shorter pauses are none. *Assumption.* [s]"""
LULL_FACTOR: Final = 2.0
"""How much longer than usual a pause must be. *Assumption.* [-]"""
FORGETS: Final = 0.9
"""What one more message leaves of the longest usual pause. [-]"""
UNKNOWN_S: Final = 5.0
"""Usual pause before anything is known of it: a dozen messages must have come before a pause of `LEAST_LULL_S` is judged. [s]"""


class Hearing:
    """What is heard on one connection.

    Attributes
    ----------
    last_s : float
        When something was last understood, monotonic. [s]
    """

    def __init__(self, now_s: float | None = None) -> None:
        self.last_s = time.monotonic() if now_s is None else now_s
        self._usual_s = UNKNOWN_S

    def heard(self, now_s: float | None = None) -> float:
        """Take in a message; return since when there was a lull before it, infinite for none. [s].

        >>> hearing = Hearing(0.0)
        >>> [hearing.heard(second) for second in range(1, 21)][-1], hearing.heard(24.0)
        (inf, 20)
        """
        now_s = time.monotonic() if now_s is None else now_s
        before_s, self.last_s = self.last_s, now_s
        pause_s = now_s - before_s
        lull = pause_s > max(LEAST_LULL_S, LULL_FACTOR * self._usual_s)
        self._usual_s = max(pause_s, FORGETS * self._usual_s)  # a station may also have become one that speaks seldom
        return before_s if lull else math.inf
