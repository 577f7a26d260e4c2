# SPDX-License-Identifier: Apache-2.0
"""How often somebody may ask: a token bucket for each, in bounded memory."""

from __future__ import annotations

import time
from collections import OrderedDict
from dataclasses import dataclass
from http import HTTPStatus
from math import ceil
from typing import TYPE_CHECKING, Final

from twinergy.serve.problems import ProblemError

if TYPE_CHECKING:
    from collections.abc import Callable

MOST_BUCKETS: Final = 10_000
"""Callers remembered; beyond, the one that has been quiet longest starts afresh."""


@dataclass(slots=True)
class Bucket:
    """What one caller has left, and when that was counted."""

    left: float
    counted_s: float


class RateLimiter:
    """A token bucket per caller: `burst` requests at once, `per_s` in the long run.

    Parameters
    ----------
    per_s : float
        Requests per second. [1/s]
    burst : int
        Size of a bucket.
    clock : callable
        Monotonic seconds; only tests give another. [s]
    """

    def __init__(self, per_s: float, burst: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.per_s, self.burst, self._clock = per_s, burst, clock
        self._buckets: OrderedDict[str, Bucket] = OrderedDict()

    def take(self, caller: str) -> int:
        """Count one request and return how many are left.

        Raises
        ------
        ProblemError
            429 with ``Retry-After`` in whole seconds if none is left.
        """
        now = self._clock()
        bucket = self._buckets.setdefault(caller, Bucket(float(self.burst), now))
        self._buckets.move_to_end(caller)
        if len(self._buckets) > MOST_BUCKETS:
            self._buckets.popitem(last=False)
        bucket.left = min(float(self.burst), bucket.left + (now - bucket.counted_s) * self.per_s)
        bucket.counted_s = now
        if bucket.left < 1.0:
            raise self._refusal(bucket)
        bucket.left -= 1.0
        return int(bucket.left)

    def _refusal(self, bucket: Bucket) -> ProblemError:
        wait_s = max(1, ceil((1.0 - bucket.left) / self.per_s))
        detail = f"too many requests: {self.per_s:g} per second and {self.burst} at once are allowed; try again in {wait_s} s"
        return ProblemError(HTTPStatus.TOO_MANY_REQUESTS, "too-many-requests", detail, headers={"Retry-After": str(wait_s)})
