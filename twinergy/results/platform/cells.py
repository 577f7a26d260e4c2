# SPDX-License-Identifier: Apache-2.0
"""Texts into numbers and instants."""

from __future__ import annotations

import re
import warnings
from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from twinergy.results.platform.mapping import FileFormat, TimeColumn

    IntArray = NDArray[np.int64]
    FloatArray = NDArray[np.float64]
    BoolArray = NDArray[np.bool_]

NO_TIME: Final = np.iinfo(np.int64).min
_EPOCH: Final = {"epoch_s": 1000.0, "epoch_ms": 1.0}
_FAR_MS: Final = 1e14
"""The year 5138: what lies beyond is no time but a number in another unit."""


def numbers(cells: Sequence[Any], form: FileFormat) -> tuple[FloatArray, BoolArray]:
    """Return cells as numbers, NaN where there is none, and which of them are neither a number nor marked as missing.

    >>> from twinergy.results.platform.mapping import FileFormat
    >>> numbers(["1.234,5", "", "n/a"], FileFormat(decimal=",", thousands=".", delimiter=";"))
    (array([1234.5,    nan,    nan]), array([False, False,  True]))
    """
    if not len(cells) or not isinstance(cells[0], str):
        return _plain_numbers(cells)
    missing = set(form.missing)
    texts = [None if cell in missing else _dotted(cell, form) for cell in cells]
    values = np.full(len(texts), np.nan)
    wrong = np.zeros(len(texts), dtype=bool)
    for row, text in enumerate(texts):
        if text is not None:
            try:
                values[row] = float(text)
            except ValueError:
                wrong[row] = True
    wrong |= np.isinf(values)
    values[wrong] = np.nan
    return values, wrong


def _plain_numbers(cells: Sequence[Any]) -> tuple[FloatArray, BoolArray]:
    try:
        values = np.asarray(cells, dtype=np.float64)
    except (TypeError, ValueError):
        import pandas as pd  # noqa: PLC0415

        values = np.asarray(pd.to_numeric(pd.Series(list(cells)), errors="coerce"), dtype=np.float64)
    wrong = np.isinf(values)
    return np.where(wrong, np.nan, values), wrong


def _dotted(cell: str, form: FileFormat) -> str:
    if form.thousands and form.thousands in cell:  # 0.125 with thousands of "." is no number, least of all 125
        sign = re.escape(form.thousands)
        if not re.fullmatch(rf"[+-]?[1-9]\d{{0,2}}({sign}\d{{3}})+({re.escape(form.decimal)}\d*)?", cell):
            return "?"
        cell = cell.replace(form.thousands, "")
    if form.decimal == ",":
        return cell.replace(".", "?").replace(",", ".")
    return cell.replace(",", "?").replace("_", "?")


def instants(cells: Sequence[Any], owners: Sequence[str], time: TimeColumn, step_s: int) -> tuple[IntArray, BoolArray]:
    """Return cells as starts of steps, `NO_TIME` where there is none, and which name a local time that does not exist.

    Parameters
    ----------
    cells : sequence, length n
        As they stand in the file.
    owners : sequence of str, length n
        Device of each row: where clocks go back, each device's doubled hour is told apart by the order of its rows.
    time : TimeColumn
        Format and zone.
    step_s : int
        Length of a step, taken off where times name its end. [s]
    """
    parsed = _parsed(cells, time)
    lost = np.zeros(len(parsed), dtype=bool)
    if parsed.tz is None:
        local = parsed
        first = _first_hour(local, owners, time)
        parsed = local.tz_localize(time.timezone, ambiguous=first, nonexistent="NaT")
        lost = np.asarray(parsed.isna()) & np.asarray(local.notna())
    known = np.asarray(parsed.notna())
    milliseconds = np.full(len(parsed), NO_TIME, dtype=np.int64)
    stamps = parsed.tz_convert("UTC").as_unit("ms").asi8
    milliseconds[known] = stamps[known] - (1000 * step_s if time.label == "end" else 0)
    return milliseconds, lost


def _parsed(cells: Sequence[Any], time: TimeColumn) -> pd.DatetimeIndex:
    import pandas as pd  # noqa: PLC0415

    if len(cells) and not isinstance(cells[0], str) and time.format not in _EPOCH:
        return pd.DatetimeIndex(pd.to_datetime(pd.Series(cells)))
    if time.format in _EPOCH:
        seconds, _ = _plain_numbers(pd.to_numeric(pd.Series(list(cells)), errors="coerce").tolist())
        milliseconds = np.round(seconds * _EPOCH[time.format])
        inside = np.isfinite(milliseconds) & (np.abs(milliseconds) < _FAR_MS)
        stamps = np.where(inside, milliseconds, 0.0).astype("datetime64[ms]")
        return pd.DatetimeIndex(np.where(inside, stamps, np.datetime64("NaT", "ms"))).tz_localize("UTC")
    pattern = "ISO8601" if time.format == "iso" else time.format
    texts = pd.Series(list(cells), dtype=str)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that zones are mixed is settled below
        try:
            found = pd.to_datetime(texts, format=pattern, errors="coerce")
        except ValueError:
            found = None
        if found is None or found.dtype == object:  # offsets that differ, as +01:00 and +02:00 in one file do
            found = pd.to_datetime(texts, format=pattern, errors="coerce", utc=True)
    return pd.DatetimeIndex(found)


def _first_hour(local: pd.DatetimeIndex, owners: Sequence[str], time: TimeColumn) -> BoolArray:
    """Return which rows mean the first of the two hours where clocks go back."""
    import pandas as pd  # noqa: PLC0415

    if time.ambiguous != "infer":
        return np.full(len(local), time.ambiguous == "first")
    known = local[local.notna()]
    descending = len(known) > 1 and bool((np.diff(known.asi8) < 0).mean() > 0.5)  # noqa: PLR2004
    frame = pd.DataFrame({"time": local, "owner": list(owners)})
    frame = frame.iloc[::-1] if descending else frame
    count = frame.groupby(["time", "owner"], sort=False, dropna=False).cumcount().sort_index()
    return np.asarray(count.to_numpy() == 0)
