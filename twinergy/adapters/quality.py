# SPDX-License-Identifier: Apache-2.0
"""How good a reading is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


class Quality(IntEnum):
    """What may be done with a reading; the higher, the less."""

    GOOD = 0
    """Fresh, and the device obeys."""
    LOCAL = 1
    """Fresh, but somebody at the device has taken control: it does not obey."""
    STALE = 2
    """The last one that arrived, older than it may be."""
    BAD = 3
    """It arrived, but cannot be believed: outside of what is possible, not implemented, or a write that was not proven."""
    MISSING = 4
    """Nothing has arrived yet."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One value of one port.

    Attributes
    ----------
    value : float
        In the port's unit and in the load frame; NaN where there is none.
    quality : Quality
        How good it is.
    age_s : float
        Time since it was received, or since the device measured it where the device says so. [s]
    device_s : float
        Time at which the device measured it, seconds since 1970 by its own clock; NaN where it does not say. [s]
    reason : str
        Why it is not good, for people.
    """

    value: float
    quality: Quality
    age_s: float
    device_s: float
    reason: str
