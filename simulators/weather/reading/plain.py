# SPDX-License-Identifier: Apache-2.0
"""Plain tables, CSV and Parquet: one column per quantity with its unit in the name, and a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

import numpy as np

from simulators.weather.reading.columns import chosen, renamed
from simulators.weather.reading.raw import RawWeather, refuse

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pandas as pd
    from numpy.typing import NDArray

TIME_NAMES: Final = ("time_utc", "time_utc_interval_start", "time", "timestamp", "datetime", "date_time", "utc_time")
UNKNOWN: Final = -1


def read_parquet(path: Path, content: bytes, timezone: str | None, columns: Mapping[str, str]) -> RawWeather:
    """Read a Parquet file; its time is the index or a column of `TIME_NAMES`."""
    import io  # noqa: PLC0415

    import pandas as pd  # noqa: PLC0415

    try:
        table = pd.read_parquet(io.BytesIO(content))
    except (ValueError, OSError) as error:  # pyarrow.ArrowInvalid is a ValueError
        raise refuse(path, f"not a Parquet table: {error}") from error
    return _from_table(path, table, timezone, columns, first_line=0)


def read_csv(path: Path, text: str, timezone: str | None, columns: Mapping[str, str]) -> RawWeather:
    """Read a CSV file with a header line; comma or semicolon, decimal point or (with semicolons) comma, ``#`` comments first."""
    import io  # noqa: PLC0415

    import pandas as pd  # noqa: PLC0415

    lines = text.splitlines()
    skip = next((number for number, line in enumerate(lines) if line.strip() and not line.startswith("#")), 0)
    semicolon = ";" in (lines[skip] if lines else "")
    decimal = "," if semicolon and "," in text else "."
    try:
        table = pd.read_csv(
            io.StringIO(text), sep=";" if semicolon else ",", decimal=decimal, skiprows=skip, skip_blank_lines=False
        )
    except (pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise refuse(path, f"not a table: {error}", allowed="CSV with one header line") from error
    return _from_table(path, table, timezone, columns, first_line=skip + 2)


def _from_table(path: Path, table: pd.DataFrame, timezone: str | None, columns: Mapping[str, str], first_line: int) -> RawWeather:
    import pandas as pd  # noqa: PLC0415

    if not isinstance(table.index, pd.DatetimeIndex):
        name = next((str(column) for column in table.columns if str(column).lower() in TIME_NAMES), "")
        if not name:
            have = ", ".join(map(str, table.columns[:12]))
            raise refuse(path, "no time column", where="header", value=have, allowed=" or ".join(TIME_NAMES))
        table = table.set_index(pd.Index(_parsed(path, table[name], first_line), name=name))
    table.index = utc_index(path, pd.DatetimeIndex(table.index), timezone, first_line)
    return RawWeather(renamed(table, chosen(path, table, columns)), first_line=first_line)


def _parsed(path: Path, column: pd.Series, first_line: int) -> pd.DatetimeIndex:
    import pandas as pd  # noqa: PLC0415

    if isinstance(column.dtype, pd.DatetimeTZDtype) or column.dtype.kind == "M":
        return pd.DatetimeIndex(column)
    text = column.astype(str)
    aware = bool(text.str.contains(r"(?:Z|[+-]\d{2}:?\d{2})$", regex=True).all())
    times = pd.to_datetime(text, format="ISO8601", utc=aware, errors="coerce")
    if times.isna().any():
        row = int(times.isna().to_numpy().argmax())
        line = first_line + row if first_line else 0
        raise refuse(path, "not a time", where=f"row {row + 1}", line=line, value=text.iloc[row], allowed="2024-07-01T12:00")
    return pd.DatetimeIndex(times)


def utc_index(path: Path, index: pd.DatetimeIndex, timezone: str | None, first_line: int) -> pd.DatetimeIndex:
    """Return an index in UTC: as it is if aware, by its name, or by a declared zone with its clock changes.

    Raises
    ------
    ScenarioError
        If the times are naive and nobody says what they are, or do not exist in the declared zone.
    """
    if index.tz is not None:
        return index.tz_convert("UTC")
    if timezone is None and str(index.name).lower().startswith(("time_utc", "utc_time")):
        return index.tz_localize("UTC")
    if timezone is None:
        first = str(index[0]) if len(index) else "no row"
        advice = "option timezone (UTC, Europe/Berlin, Etc/GMT-1 ...), an offset in each time, or a column named time_utc"
        raise refuse(path, "times carry no offset from UTC", line=first_line, where=str(index.name), value=first, allowed=advice)
    zone = _zone(path, timezone)
    summer = _is_summer(index, zone)
    times = index.tz_localize(zone, ambiguous=summer == 1, nonexistent="NaT")
    bad = times.isna() | (summer == UNKNOWN)
    if bad.any():
        row = int(bad.argmax())
        message = f"time does not exist in {timezone} or happens twice there"
        line = first_line + row if first_line else 0
        advice = "a fixed offset such as Etc/GMT-1 if the file ignores summer time, or times in UTC"
        raise refuse(path, message, line=line, where=f"row {row + 1}", value=str(index[row]), allowed=advice)
    return times.tz_convert("UTC")


def _zone(path: Path, name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError) as error:
        raise refuse(path, "unknown time zone", value=name, allowed="an IANA name such as Europe/Berlin") from error


def _is_summer(index: pd.DatetimeIndex, zone: ZoneInfo) -> NDArray[np.int8]:
    """Return 1 for summer time and 0 for winter time of each wall time, `UNKNOWN` where it happens twice and nothing tells.

    In the night the clock goes back, wall times run forward twice: the first run is summer time.
    """
    early, late = (index.tz_localize(zone, ambiguous=np.full(len(index), flag), nonexistent="NaT") for flag in (True, False))
    twice = np.asarray(early != late) & np.asarray(early.notna())
    summer = np.ones(len(index), dtype=np.int8)
    edges = np.flatnonzero(np.diff(np.concatenate(([False], twice, [False])).astype(np.int8)))
    for begin, end in zip(edges[::2], edges[1::2], strict=True):  # one night a year
        back = np.flatnonzero(np.diff(index[begin:end].asi8) <= 0)
        summer[begin:end] = UNKNOWN if not back.size else 1
        if back.size:
            summer[begin + back[0] + 1 : end] = 0
    return summer
