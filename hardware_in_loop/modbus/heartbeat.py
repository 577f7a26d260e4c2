# SPDX-License-Identifier: Apache-2.0
"""Heartbeats: one that must move, or the readings are frozen, and one that the device wants to see moving."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from hardware_in_loop.modbus.registers import Point, Raw

EVERY_S: Final = 1.0
"""SunSpec heartbeats count once a second (models 715 and 802)."""


class Watcher:
    """Watches one point of a device.

    Parameters
    ----------
    name : str
        Point.
    within_s : float
        It must move within this time. [s]
    """

    def __init__(self, name: str, within_s: float) -> None:
        self.name = name
        self.within_s = within_s
        self._raw: Raw | None = None
        self._moved_s = float("nan")

    def see(self, raw: Raw | None, now_s: float) -> str:
        """Take a reading; return why the device counts as frozen, empty if it does not.

        A point that is not implemented says nothing.
        """
        if raw is None:
            self._raw = None
            return ""
        if raw != self._raw:
            self._raw, self._moved_s = raw, now_s
            return ""
        still_s = now_s - self._moved_s
        return f"the heartbeat {self.name} has stood still for {still_s:.1f} s" if still_s >= self.within_s else ""


class Beater:
    """What comes next on a point that the device wants to see counting; all links of a unit share one.

    Parameters
    ----------
    point : Point
        Point.
    """

    def __init__(self, point: Point) -> None:
        self.point = point
        self._width = 1 << (16 * point.count)
        self._count = 0

    def next(self) -> int:
        """Return the next raw value; after the last one comes 0, and none that means "not implemented"."""
        self._count = (self._count + 1) % self._width
        while self._count in self.point.void:
            self._count = (self._count + 1) % self._width
        return self._count
