# SPDX-License-Identifier: Apache-2.0
"""What gateways and meters said over the last weeks: bounded memory, and windows of it as arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from controllers.home_energy.analysis.calendar import calendar
from twinergy.errors import closest
from twinergy.units import SECONDS_PER_DAY, SECONDS_PER_HOUR

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from controllers.home_energy.analysis.calendar import Calendar

    FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Measured series of homes over consecutive steps.

    Attributes
    ----------
    ids : tuple of str
        Dwellings.
    start_epoch_s : int
        Start of the first step. [s]
    step_s : int
        Length of a step. [s]
    timezone : str
        IANA name of the homes' local time.
    values : mapping of str to ndarray, shape (n_steps, n_homes)
        Ports of the gateway, and ``p_grid_kw`` of the connection's meter; load frame, NaN where nothing was said.
    """

    ids: tuple[str, ...]
    start_epoch_s: int
    step_s: int
    timezone: str
    values: Mapping[str, FloatArray]

    def __post_init__(self) -> None:
        shapes = {name: series.shape for name, series in self.values.items()}
        wrong = [f"{name} {shape}" for name, shape in shapes.items() if shape != (self.n_steps, len(self.ids))]
        if wrong:
            message = f"series of a window must be of shape (n_steps, {len(self.ids)}), all alike; got {', '.join(wrong)}"
            raise ValueError(message)

    @property
    def n_steps(self) -> int:
        """Number of steps."""
        return len(next(iter(self.values.values()), ()))

    @property
    def step_h(self) -> float:
        """Length of a step in hours."""
        return self.step_s / SECONDS_PER_HOUR

    @property
    def calendar(self) -> Calendar:
        """Local clock and calendar of the steps."""
        return calendar(self.start_epoch_s, self.step_s, self.n_steps, self.timezone)

    def __getitem__(self, port: str) -> FloatArray:
        try:
            return self.values[port]
        except KeyError:
            message = f"no series {port!r} in this window; {closest(port, self.values)}"
            raise KeyError(message) from None

    def or_nothing(self, port: str) -> FloatArray:
        """Return a series with 0 where a home has no such thing or said nothing, shape (n_steps, n_homes)."""
        series = self.values.get(port)
        return np.zeros((self.n_steps, len(self.ids))) if series is None else np.nan_to_num(series, nan=0.0)


class History:
    """The last days of some ports of all homes, in a ring that never grows.

    Parameters
    ----------
    ids : sequence of str
        Dwellings.
    ports : sequence of str
        What is kept.
    step_s : int
        Time between readings. [s]
    days : int
        How much is kept.
    timezone : str
        IANA name of the homes' local time.
    """

    def __init__(self, ids: Sequence[str], ports: Sequence[str], *, step_s: int, days: int, timezone: str) -> None:
        self._ids, self._ports, self._step_s, self._timezone = tuple(ids), tuple(ports), step_s, timezone
        self._size = days * SECONDS_PER_DAY // step_s
        self._ring = np.full((self._size, len(ports), len(ids)), np.nan, dtype=np.float32)
        self._first = self._next = 0

    def add(self, epoch_s: int, values: Mapping[str, FloatArray]) -> None:
        """Take the readings of a step in; steps that were left out are gaps, and what comes late is refused.

        Parameters
        ----------
        epoch_s : int
            Start of the step. [s]
        values : mapping of str to ndarray, shape (n_homes,)
            Readings; a port that is missing is a gap.

        Raises
        ------
        ValueError
            If the step lies before one that has been added.
        """
        number = epoch_s // self._step_s
        if self._next == 0 or number >= self._next + self._size:
            self._ring[:] = np.nan
            self._first = self._next = number
        if number < self._next:
            message = f"readings of {epoch_s} s come after those of {(self._next - 1) * self._step_s} s; add steps in order"
            raise ValueError(message)
        for skipped in range(self._next, number):
            self._ring[skipped % self._size] = np.nan
        row = self._ring[number % self._size]
        for place, port in enumerate(self._ports):
            row[place] = values.get(port, np.nan)
        self._next = number + 1
        self._first = max(self._first, self._next - self._size)

    @property
    def days(self) -> float:
        """How much has been seen and kept, in days."""
        return (self._next - self._first) * self._step_s / SECONDS_PER_DAY

    def window(self, days: float | None = None) -> Window:
        """Return what is kept, or its last days, as float64 arrays of shape (n_steps, n_homes)."""
        wanted = self._size if days is None else round(days * SECONDS_PER_DAY / self._step_s)
        first = max(self._first, self._next - wanted)
        rows = np.arange(first, self._next) % self._size
        values = {port: self._ring[rows, place].astype(np.float64) for place, port in enumerate(self._ports)}
        return Window(
            ids=self._ids, start_epoch_s=first * self._step_s, step_s=self._step_s, timezone=self._timezone, values=values
        )
