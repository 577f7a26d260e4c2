# SPDX-License-Identifier: Apache-2.0
"""How far the local clock is ahead of UTC, for many moments at once and without pandas."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    IntArray = NDArray[np.int64]

_CHANGE_RASTER_S: Final = 1800
"""Clocks change on full hours of UTC (in Europe at 01:00) or, as in Newfoundland, on half ones. [s]"""
_STRIDE: Final = 28 * 86_400 // _CHANGE_RASTER_S
"""*Assumption*: no two changes are closer together than four weeks; Morocco's around Ramadan are about five weeks apart."""


def utc_offsets_s(epoch_s: IntArray, timezone: str) -> IntArray:
    """Return local time less UTC, in any order and of the shape of `epoch_s`. [s].

    >>> utc_offsets_s(np.array([1_711_846_799, 1_711_846_800]), "Europe/Berlin")  # 2024-03-31 01:00 UTC, summer time begins
    array([3600, 7200])
    """
    if not epoch_s.size:
        return epoch_s
    rasters = epoch_s // _CHANGE_RASTER_S
    first, last = int(rasters.min()), int(rasters.max())
    offsets = np.empty(last - first + 1, dtype=np.int64)
    _fill(offsets, first, last, timezone)
    return offsets[rasters - first]


def _fill(offsets: IntArray, first: int, last: int, timezone: str) -> None:
    """Write the offset of every raster; a stretch of at most four weeks with the same offset at both ends has it throughout."""
    stack = [(begin, min(begin + _STRIDE, last)) for begin in range(first, last + 1, _STRIDE + 1)]
    while stack:
        begin, end = stack.pop()
        low, high = _offset_s(begin, timezone), _offset_s(end, timezone)
        if low == high:
            offsets[begin - first : end - first + 1] = low
        elif end - begin <= 1:
            offsets[begin - first], offsets[end - first] = low, high
        else:
            middle = (begin + end) // 2
            stack += [(begin, middle), (middle, end)]


@lru_cache(maxsize=20_000)
def _offset_s(raster: int, timezone: str) -> int:
    offset = datetime.fromtimestamp(raster * _CHANGE_RASTER_S, tz=UTC).astimezone(ZoneInfo(timezone)).utcoffset()
    return 0 if offset is None else int(offset.total_seconds())
