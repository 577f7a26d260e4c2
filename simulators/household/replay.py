# SPDX-License-Identifier: Apache-2.0
"""A measured series replayed over a run of any length and step, with its energy kept.

Within the series' own time every step is the mean of what was measured then. Outside, the series repeats by whole weeks of
local clock time from its first instant, so a Tuesday evening stays a Tuesday evening on either side of a change of the
clock; what it has beyond whole weeks is not repeated. A series of a year so moves by 1.24 days against the seasons with
each year. A series shorter than a week repeats by whole days and knows no weekdays.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from twinergy.units import HOURS_PER_YEAR, SECONDS_PER_DAY, SECONDS_PER_HOUR

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from twinergy.timebase import Block

    FloatArray = NDArray[np.float64]

_WEEK_S: Final = 7 * SECONDS_PER_DAY
_LONGEST_YEAR_S: Final = 367 * SECONDS_PER_DAY


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """The times of a series.

    Attributes
    ----------
    start_s : int
        Start of the first interval, epoch seconds. [s]
    step_s : int
        Length of an interval. [s]
    n : int
        Number of intervals; at least a day of them.
    timezone : str
        IANA name of the zone whose clock the series repeats by.
    """

    start_s: int
    step_s: int
    n: int
    timezone: str

    @property
    def length_s(self) -> int:
        """Time the series covers. [s]."""
        return self.n * self.step_s

    @property
    def period_s(self) -> int:
        """Clock time after which the series repeats: whole weeks, or whole days if it is shorter than a week. [s]."""
        unit_s = _WEEK_S if self.length_s >= _WEEK_S else SECONDS_PER_DAY
        return self.length_s // unit_s * unit_s

    def sources_s(self, block: Block) -> FloatArray:
        """Return where in the series each step of a block begins, relative to its start, shape (n_steps,). [s]."""
        elapsed_s = block.epoch_s - self.start_s
        outside = (elapsed_s < 0) | (elapsed_s + block.step_s > self.length_s)
        if outside.any():
            elapsed_s = np.where(outside, self._repeated_s(block), elapsed_s)
        return np.minimum(elapsed_s, self.length_s - block.step_s).astype(np.float64)

    def _repeated_s(self, block: Block) -> NDArray[np.int64]:
        import pandas as pd  # noqa: PLC0415 - kept out of the import of the plug-in

        origin = pd.Timestamp(self.start_s, unit="s", tz="UTC").tz_convert(self.timezone).tz_localize(None)
        clock_s = (block.local(self.timezone).tz_localize(None) - origin).as_unit("s").asi8 % self.period_s
        clock = origin + pd.to_timedelta(clock_s, unit="s")
        first = np.ones(len(clock), dtype=bool)
        source = clock.tz_localize(self.timezone, ambiguous=first, nonexistent="shift_forward")
        return np.asarray(source.as_unit("s").asi8, dtype=np.int64) - self.start_s


def energy_steps(power: FloatArray, step_s: int) -> FloatArray:
    """Return the running energy of a series at the borders of its intervals, shape (n + 1,), unit of `power` times s."""
    return np.concatenate([[0.0], np.cumsum(power)]) * step_s


def mean_power(energy: FloatArray, series_step_s: int, sources_s: FloatArray, step_s: float) -> FloatArray:
    """Return the mean power over steps that begin at given places of a series.

    Parameters
    ----------
    energy : ndarray, shape (n + 1,)
        Running energy from `energy_steps`. [kWs]
    series_step_s : int
        Length of an interval of the series. [s]
    sources_s : ndarray, shape (n_steps,)
        Where each step begins, relative to the start of the series. [s]
    step_s : float
        Length of a step. [s]

    Returns
    -------
    ndarray, shape (n_steps,)
        Mean power. [kW]
    """
    begin, end = (_at(energy, places_s / series_step_s) for places_s in (sources_s, sources_s + step_s))
    return (end - begin) / step_s


def _at(energy: FloatArray, place: FloatArray) -> FloatArray:
    below = np.minimum(place.astype(np.intp), len(energy) - 2)
    part = place - below
    return np.asarray(energy[below] * (1.0 - part) + energy[below + 1] * part, dtype=np.float64)


def annual_factor(annual_kwh: float, power: FloatArray, step_s: int) -> float:
    """Return the factor that lets a series amount to an annual energy.

    A series of about a year (up to 366 days) amounts to it as a whole, any other by its mean power over 8760 h.

    Raises
    ------
    ValueError
        If the series has no energy.
    """
    length_s = len(power) * step_s
    about_a_year = HOURS_PER_YEAR * SECONDS_PER_HOUR <= length_s < _LONGEST_YEAR_S
    hours = length_s / SECONDS_PER_HOUR if about_a_year else HOURS_PER_YEAR
    energy = float(power.mean()) * hours
    if energy <= 0.0:
        message = "a series without energy cannot be scaled to an annual energy"
        raise ValueError(message)
    return annual_kwh / energy
