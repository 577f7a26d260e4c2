# SPDX-License-Identifier: Apache-2.0
"""Time inside the laboratory: UTC, epoch seconds, blocks.

A value labelled *t* is the mean over ``[t, t + step_s)``. Local time exists only where people and tariffs do.
Exogenous inputs are prepared in *blocks* that begin at fixed instants (whole weeks since the epoch), so memory does not
grow with the length of a run and what is drawn for a week does not depend on the first day of the run.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

import numpy as np

from twinergy.units import SECONDS_PER_DAY, SECONDS_PER_HOUR

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd
    from numpy.typing import NDArray

BLOCK_S: Final = 7 * SECONDS_PER_DAY


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the co-simulation.

    Attributes
    ----------
    index : int
        Number of the step, counted from 0 at the start of the run.
    epoch_s : int
        Start of the step in seconds since 1970-01-01 00:00 UTC. [s]
    duration_s : float
        Length of the step. [s]
    offset : int
        Row of this step inside the current `Block`.
    """

    index: int
    epoch_s: int
    duration_s: float
    offset: int

    @property
    def utc(self) -> datetime:
        """Start of the step as an aware UTC time."""
        return datetime.fromtimestamp(self.epoch_s, tz=UTC)

    @property
    def duration_h(self) -> float:
        """Length of the step in hours."""
        return self.duration_s / SECONDS_PER_HOUR


@dataclass(frozen=True)
class Block:
    """A run of consecutive steps inside one fixed week, for which inputs are prepared together.

    Attributes
    ----------
    number : int
        Absolute number of the week since the epoch; keys the random numbers of the block.
    first : int
        Index of the run's step that is row 0 of this block.
    epoch_s : ndarray of int64, shape (n_steps,)
        Start of each step. [s]
    step_s : int
        Length of a step. [s]
    """

    number: int
    first: int
    epoch_s: NDArray[np.int64]
    step_s: int

    def __len__(self) -> int:
        return len(self.epoch_s)

    @property
    def skipped(self) -> int:
        """Number of steps of the fixed week that lie before this block's first row (the run began in mid-week)."""
        return int(self.epoch_s[0] - self.number * BLOCK_S) // self.step_s

    @property
    def steps_per_week(self) -> int:
        """Number of steps of the whole fixed week."""
        return BLOCK_S // self.step_s

    @cached_property
    def utc(self) -> pd.DatetimeIndex:
        """Start of each step, UTC-aware, shape (n_steps,)."""
        import pandas as pd  # noqa: PLC0415 - kept out of the start of `twinergy --help`

        return pd.to_datetime(self.epoch_s, unit="s", utc=True)

    @cached_property
    def middle_utc(self) -> pd.DatetimeIndex:
        """Middle of each step, UTC-aware: where the sun stands for a mean over the step."""
        import pandas as pd  # noqa: PLC0415

        return self.utc + pd.Timedelta(seconds=self.step_s / 2)

    def local(self, timezone: str) -> pd.DatetimeIndex:
        """Start of each step as local time of a named zone, right on days of 23 and 25 hours."""
        return self.utc.tz_convert(timezone)


@dataclass(frozen=True, slots=True)
class TimeAxis:
    """The steps of a run.

    Parameters
    ----------
    start_epoch_s : int
        Start of the first step, a multiple of `step_s`. [s]
    step_s : int
        Length of a step, a divisor of a day. [s]
    n_steps : int
        Number of steps, positive.

    Raises
    ------
    ValueError
        If the step does not divide a day, the start is not on the step's raster or there is no step.
    """

    start_epoch_s: int
    step_s: int
    n_steps: int

    def __post_init__(self) -> None:
        if self.step_s <= 0 or SECONDS_PER_DAY % self.step_s:
            message = f"step of {self.step_s} s does not divide a day; use for example 60, 300, 900 or 3600 s"
            raise ValueError(message)
        if self.start_epoch_s % self.step_s:
            message = f"start {datetime.fromtimestamp(self.start_epoch_s, tz=UTC)} is not on the raster of {self.step_s} s"
            raise ValueError(message)
        if self.n_steps <= 0:
            message = f"a run needs at least one step, got {self.n_steps}"
            raise ValueError(message)

    @classmethod
    def between(cls, start: datetime, end: datetime, step_s: int) -> TimeAxis:
        """Return the axis from an aware start up to, not including, an aware end."""
        begin, finish = int(start.timestamp()), int(end.timestamp())
        return cls(begin, step_s, max(0, (finish - begin) // step_s))

    @property
    def end_epoch_s(self) -> int:
        """End of the last step, in epoch seconds."""
        return self.start_epoch_s + self.n_steps * self.step_s

    @property
    def start(self) -> datetime:
        """Start of the first step, aware UTC."""
        return datetime.fromtimestamp(self.start_epoch_s, tz=UTC)

    @property
    def end(self) -> datetime:
        """End of the last step, aware UTC."""
        return datetime.fromtimestamp(self.end_epoch_s, tz=UTC)

    def block(self, index: int) -> Block:
        """Return the block that holds the step of this index."""
        epoch_s = self.start_epoch_s + index * self.step_s
        number = epoch_s // BLOCK_S
        begin = max(number * BLOCK_S, self.start_epoch_s)
        end = min((number + 1) * BLOCK_S, self.end_epoch_s)
        times = np.arange(begin, end, self.step_s, dtype=np.int64)
        return Block(number, (begin - self.start_epoch_s) // self.step_s, times, self.step_s)

    def blocks(self) -> Iterator[Block]:
        """Yield the blocks of the run in order."""
        index = 0
        while index < self.n_steps:
            block = self.block(index)
            yield block
            index = block.first + len(block)

    def step(self, block: Block, index: int) -> Step:
        """Return a step of the run; `block` must hold it."""
        offset = index - block.first
        return Step(index, int(block.epoch_s[offset]), float(self.step_s), offset)


def local_midnight(day: date, timezone: str) -> datetime:
    """Return the first instant of a local calendar day as an aware UTC time.

    >>> local_midnight(date(2024, 7, 1), "Europe/Berlin").isoformat()
    '2024-06-30T22:00:00+00:00'
    """
    return datetime.combine(day, time(), tzinfo=ZoneInfo(timezone)).astimezone(UTC)


def local_epoch_s(when: date | datetime, timezone: str) -> float:
    """Return a day or time that somebody has written as epoch seconds: local unless it has an offset. [s].

    >>> local_epoch_s(datetime(2024, 7, 1, 12), "Europe/Berlin") - local_epoch_s(datetime(2024, 7, 1, 12), "UTC")
    -7200.0
    """
    moment = when if isinstance(when, datetime) else datetime.combine(when, time())
    return (moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(timezone))).timestamp()


def local_days(start: date, days: int, timezone: str) -> tuple[datetime, datetime]:
    """Return start and end of a number of local calendar days as aware UTC times, right across changes of the clock."""
    return local_midnight(start, timezone), local_midnight(start + timedelta(days=days), timezone)
