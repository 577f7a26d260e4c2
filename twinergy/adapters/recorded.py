# SPDX-License-Identifier: Apache-2.0
"""Physics from a journal: what real devices said once, played again by time."""

from __future__ import annotations

import json
import math
import time
from bisect import bisect_right
from typing import TYPE_CHECKING

from twinergy.adapters.journal import Way, lines_of
from twinergy.errors import DeviceError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    Series = tuple[list[float], list[float]]


class RecordedPhysics:
    """Devices that say what was recorded, as long after the start as it was then.

    Parameters
    ----------
    readings : iterable of (float, str, str, float)
        Time, device, port and value, in any order; values in the ports' units, load frame. [s]
    speed : float
        How fast the recording runs, over real time. [-]
    clock : callable
        Monotonic time. [s]

    Attributes
    ----------
    length_s : float
        Length of the recording. [s]
    writes : list of (float, str, str, float)
        Set-points that arrived: recorded time, device, port, value. They change nothing: what happened has happened.
    """

    def __init__(
        self,
        readings: Iterable[tuple[float, str, str, float]],
        *,
        speed: float = 1.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        rows = sorted(readings, key=lambda row: row[0])
        self._first_s = rows[0][0] if rows else 0.0
        self.length_s = rows[-1][0] - self._first_s if rows else 0.0
        self._series: dict[tuple[str, str], Series] = {}
        for at_s, device, port, value in rows:
            times, values = self._series.setdefault((device, port), ([], []))
            times.append(at_s - self._first_s)
            values.append(value)
        self.writes: list[tuple[float, str, str, float]] = []
        self._speed = speed
        self._clock = clock
        self._start_s = clock()

    @classmethod
    def from_journal(
        cls,
        path: Path,
        *,
        devices: Mapping[str, str] | None = None,
        speed: float = 1.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> RecordedPhysics:
        """Read the readings of a journal.

        Parameters
        ----------
        path : pathlib.Path
            File with a JSON object per line; lines with ``"way": "reading"`` count.
        devices : mapping of str to str, optional
            Device of each link; the link's own name where it is not named.
        speed : float
            How fast it runs. [-]
        clock : callable
            Monotonic time. [s]

        Raises
        ------
        DeviceError
            If the file cannot be read or holds no reading; a last line that was cut off is no fault.
        """
        names = devices or {}
        try:
            rows = [row for line in lines_of(path) if (row := _reading(line, names)) is not None]
        except (OSError, UnicodeDecodeError) as error:
            message = f"{path}: the journal cannot be read ({error})"
            raise DeviceError(message) from error
        if not rows:
            message = f'{path}: no line with "way": "reading"; a journal of a run with real devices is needed'
            raise DeviceError(message)
        return cls(rows, speed=speed, clock=clock)

    @property
    def now_s(self) -> float:
        """Time since the start of the recording. [s]."""
        return (self._clock() - self._start_s) * self._speed

    @property
    def over(self) -> bool:
        """Whether all of it was played; the last values stand from then on."""
        return self.now_s > self.length_s

    def rewind(self) -> None:
        """Begin again from the start, now."""
        self._start_s = self._clock()

    def read(self, device: str, port: str) -> float:
        """Return the latest value before now, NaN before the first."""
        times, values = self._series.get((device, port), ([], []))
        place = bisect_right(times, self.now_s)
        return values[place - 1] if place else math.nan

    def write(self, device: str, port: str, value: float) -> None:
        """Write down what was asked."""
        self.writes.append((self.now_s, device, port, value))


def _reading(line: str, devices: Mapping[str, str]) -> tuple[float, str, str, float] | None:
    """Return time, device, port and value of a line, None where it is no reading with a value."""
    try:
        fields = json.loads(line)
        if not isinstance(fields, dict) or fields.get("way") != Way.READING:
            return None
        link = str(fields["link"])
        return float(fields["m"]), devices.get(link, link), str(fields["port"]), float(fields["value"])
    except (ValueError, KeyError, TypeError):
        return None
