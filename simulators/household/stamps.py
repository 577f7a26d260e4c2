# SPDX-License-Identifier: Apache-2.0
"""From the time stamps of a file to the starts of its intervals in UTC, with everything that is wrong about them.

Stamps without an offset are local. The doubled hour of autumn is told apart by its order: the second time a stamp occurs is
standard time. A stamp that stands for the end of an interval is read both as the clock shows it and as start plus length,
because loggers disagree at a change of the clock; the reading that leaves no hole counts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd
    from numpy.typing import NDArray

    IntArray = NDArray[np.int64]

_OFFSET: Final = r"[T ]\d.*(?:Z|[+-]\d\d(?::?\d\d)?)$"
_MISSING: Final = np.iinfo(np.int64).min
_CLOCK_HINT: Final = "a clock that is changed, or an IANA zone such as Etc/GMT-1 as timezone for standard time all year"


class Fault(NamedTuple):
    """Something wrong at a row of a file.

    Attributes
    ----------
    row : int
        Row, counted from 0 without the header; -1 for the file as a whole.
    message : str
        What is wrong.
    value : Any
        What stands there.
    allowed : str
        What would be accepted.
    """

    row: int
    message: str
    value: Any = None
    allowed: str = ""


class Stamps(NamedTuple):
    """Starts of equally long intervals.

    Attributes
    ----------
    start_s : int
        Start of the first interval in epoch seconds. [s]
    step_s : int
        Length of an interval. [s]
    """

    start_s: int
    step_s: int


def parsed(texts: pd.Series[str]) -> tuple[pd.DatetimeIndex, list[Fault]]:
    """Return the times that ISO 8601 texts mean, aware where all carry an offset, naive where none does."""
    import pandas as pd  # noqa: PLC0415 - kept out of the import of the plug-in

    with_offset = texts.str.contains(_OFFSET, regex=True).to_numpy()
    if with_offset.any() and not with_offset.all():
        row = int(np.argmax(with_offset != with_offset[0]))
        message = "some times carry an offset from UTC and some do not"
        return pd.DatetimeIndex([]), [Fault(row, message, texts.iloc[row], "all with offset, or none")]
    times = pd.DatetimeIndex(pd.to_datetime(texts, format="ISO8601", errors="coerce", utc=bool(with_offset.all())))
    bad = np.flatnonzero(times.isna())
    if len(bad):
        message = f"not a time ({len(bad)} of {len(texts)} rows)"
        return times, [Fault(int(bad[0]), message, texts.iloc[int(bad[0])], "ISO 8601, such as 2024-03-31T00:15 or with +01:00")]
    return times, []


def interval_starts(times: pd.DatetimeIndex, timezone: str, label: Literal["start", "end"]) -> tuple[Stamps, list[Fault]]:
    """Return the intervals that time stamps mean, and one fault per kind of irregularity at its first row.

    Parameters
    ----------
    times : pandas.DatetimeIndex
        Aware, or naive in `timezone`.
    timezone : str
        IANA name of the zone of naive times.
    label : {"start", "end"}
        What a stamp stands for.
    """
    if len(times) < 2:  # noqa: PLR2004 - a length needs two times
        return Stamps(0, 1), [Fault(-1, "the length of an interval cannot be seen from fewer than two rows", len(times))]
    step_s = _usual_step(_epoch_s(times))
    if step_s == 0:
        return Stamps(0, 1), [Fault(1, "times do not go forward", str(times[1]), "each row later than the one before")]
    readings = _readings(times, timezone, label, step_s)
    found: list[tuple[Stamps, list[Fault]]] = []
    for reading in readings:
        starts_s = reading()
        found.append((Stamps(int(starts_s[0]), step_s), _irregular(starts_s, step_s, times, timezone)))
        if not found[-1][1]:
            return found[-1]
    return found[0]


def _usual_step(epoch_s: IntArray) -> int:
    ahead_s = np.diff(epoch_s)
    lengths_s, counts = np.unique(ahead_s[ahead_s > 0], return_counts=True)
    return int(lengths_s[counts.argmax()]) if len(lengths_s) else 0


def _readings(
    times: pd.DatetimeIndex, timezone: str, label: Literal["start", "end"], step_s: int
) -> list[Callable[[], IntArray]]:
    import pandas as pd  # noqa: PLC0415

    length = pd.Timedelta(seconds=step_s)
    if times.tz is not None:
        return [lambda: _epoch_s(times) - (step_s if label == "end" else 0)]
    if label == "start":
        return [lambda: _localised(times, timezone)]
    return [lambda: _moved(_localised(times, timezone), -step_s), lambda: _localised(times - length, timezone)]


def _localised(times: pd.DatetimeIndex, timezone: str) -> IntArray:
    first = ~times.duplicated(keep="first")
    return _epoch_s(times.tz_localize(timezone, ambiguous=first, nonexistent="NaT"))


def _moved(epoch_s: IntArray, by_s: int) -> IntArray:
    return np.where(epoch_s == _MISSING, _MISSING, epoch_s + by_s)


def _epoch_s(times: pd.DatetimeIndex) -> IntArray:
    return np.asarray(times.as_unit("s").asi8, dtype=np.int64)


def _irregular(starts_s: IntArray, step_s: int, times: pd.DatetimeIndex, timezone: str) -> list[Fault]:
    missing = np.flatnonzero(starts_s == _MISSING)
    if len(missing):
        row = int(missing[0])
        return [Fault(row, f"this local time does not exist in {timezone} ({len(missing)} rows)", str(times[row]), _CLOCK_HINT)]
    ahead_s = np.diff(starts_s)
    kinds = {
        "time stands twice": ahead_s == 0,
        "time goes back": ahead_s < 0,
        f"less than {step_s} s after the row before": (ahead_s > 0) & (ahead_s < step_s),
        "gap before this time": ahead_s > step_s,
    }
    faults = []
    for message, mask in kinds.items():
        rows = np.flatnonzero(mask) + 1
        if len(rows):
            row = int(rows[0])
            detail = f"{message}: {ahead_s[row - 1]} s after the row before ({len(rows)} rows like this)"
            faults.append(Fault(row, detail, str(times[row]), f"a row every {step_s} s; {_CLOCK_HINT}"))
    return faults
