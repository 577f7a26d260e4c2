# SPDX-License-Identifier: Apache-2.0
"""From time stamps to a gapless raster of interval starts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from simulators.weather.reading.raw import refuse
from simulators.weather.series import FULL_YEAR_S, STATE
from twinergy.errors import Finding
from twinergy.units import SECONDS_PER_DAY

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd
    from numpy.typing import NDArray

    from simulators.weather.reading.raw import RawWeather

    IntArray = NDArray[np.int64]

SHORTEST_S: Final = 60
LONGEST_S: Final = 10_800
SHIFT_OF_LABEL: Final = {"start": 0.0, "middle": 0.5, "end": 1.0}
PARTS: Final = 12
"""Interval starts are rounded to this fraction of an interval (5 minutes of an hour), so that few fine steps divide all."""
MOST_MISSING_ROWS: Final = 100_000


def epoch_seconds(index: pd.Index[Any]) -> IntArray:
    """Return a UTC index as whole epoch seconds, shape (n,)."""
    import pandas as pd  # noqa: PLC0415

    return pd.DatetimeIndex(index).tz_convert("UTC").tz_localize(None).to_numpy().astype("datetime64[s]").astype(np.int64)


def interval_of(path: Path, raw: RawWeather) -> int:
    """Return the length of the intervals of a file in seconds, after its times have been checked.

    Raises
    ------
    ScenarioError
        If times repeat, run backwards, leave the raster or are further apart than three hours.
    """
    times = epoch_seconds(raw.frame.index)
    if len(times) < 2:  # noqa: PLR2004 - an interval needs two ends
        raise refuse(path, "too few rows", value=len(times), allowed="at least two")
    steps = np.diff(times)
    if (steps <= 0).any():
        row = int((steps <= 0).argmax()) + 1
        message = "time repeats" if steps[row - 1] == 0 else "time runs backwards"
        where, line = _place(raw, row)
        raise refuse(path, message, where=where, line=line, value=str(raw.frame.index[row]), allowed="later than the row before")
    lengths, counts = np.unique(steps, return_counts=True)
    interval_s = int(lengths[counts.argmax()])
    if not SHORTEST_S <= interval_s <= LONGEST_S or SECONDS_PER_DAY % interval_s:
        raise refuse(path, "rows are this many seconds apart", value=interval_s, allowed="60 to 10800 s, a divisor of a day")
    if (steps % interval_s).any():
        row = int((steps % interval_s != 0).argmax()) + 1
        where, line = _place(raw, row)
        raise refuse(path, f"time leaves the raster of {interval_s} s", where=where, line=line, value=str(raw.frame.index[row]))
    return interval_s


def on_raster(path: Path, raw: RawWeather, interval_s: int) -> tuple[pd.DataFrame, list[Finding]]:
    """Return the table on a complete raster of interval starts, NaN where rows are missing, and how many were.

    The start of an interval follows from the label; what is stated for another instant than the interval's middle
    (EPW, PVGIS) is interpolated to it.
    """
    import pandas as pd  # noqa: PLC0415

    times = epoch_seconds(raw.frame.index)
    grain = interval_s // PARTS if interval_s % PARTS == 0 else 1
    begin = times[0] + raw.stamp_offset_s - SHIFT_OF_LABEL[raw.label] * interval_s
    shift = round(begin / grain) * grain - int(times[0])
    full = np.arange(times[0], times[-1] + 1, interval_s, dtype=np.int64)
    lost = len(full) - len(times)
    if lost > max(len(times), MOST_MISSING_ROWS):
        raise refuse(path, "most rows are missing", value=lost, allowed=f"rows every {interval_s} s")
    frame = raw.frame.set_axis(pd.Index(times)).reindex(full)
    if raw.state_offset_s:
        frame = _state_to_middle(frame, interval_s, raw.state_offset_s)
    frame.index = pd.DatetimeIndex(pd.to_datetime(full + shift, unit="s", utc=True), name="time_utc")
    if not lost:
        return frame, []
    gap = int((np.diff(times) > interval_s).argmax())
    where, line = _place(raw, gap + 1)
    message = f"{lost} rows are missing, the first after {raw.frame.index[gap]}"
    return frame, [Finding(message=message, file=path.name, line=line, path=where, value=lost)]


def _state_to_middle(frame: pd.DataFrame, interval_s: int, offset_s: float) -> pd.DataFrame:
    """Interpolate what holds `offset_s` after the middle of each interval to the middle; a year is taken as a ring."""
    share = -offset_s / interval_s
    neighbour = 1 if share > 0.0 else -1
    ring = len(frame) * interval_s >= FULL_YEAR_S
    moved = frame.copy()
    for name in (name for name in STATE if name in frame and name != "albedo"):
        values = frame[name].to_numpy()
        other = np.roll(values, -neighbour)
        if not ring:
            edge = -1 if neighbour > 0 else 0
            other[edge] = values[edge]
        moved[name] = values + abs(share) * (other - values)
    return moved


def _place(raw: RawWeather, row: int) -> tuple[str, int]:
    return f"row {row + 1}", raw.first_line + row if raw.first_line else 0
