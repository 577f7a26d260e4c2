# SPDX-License-Identifier: Apache-2.0
"""Weather files of several formats as one kind of table."""

from __future__ import annotations

import gzip
import logging
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from simulators.weather.reading.columns import BEAM
from simulators.weather.reading.dwd_try import read_dwd_try
from simulators.weather.reading.plain import read_csv, read_parquet
from simulators.weather.reading.pvlib_readers import read_epw, read_nsrdb, read_pvgis_hourly, read_pvgis_tmy
from simulators.weather.reading.quality import check_ranges, consistent, fill_gaps, require
from simulators.weather.reading.raw import refuse
from simulators.weather.reading.times import interval_of, on_raster

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from simulators.weather.reading.raw import RawWeather

Format = Literal["epw", "pvgis_tmy", "pvgis_hourly", "nsrdb", "dwd_try", "csv", "parquet"]
Label = Literal["start", "middle", "end"]
REQUIRED: Final = ("ghi_w_per_m2", "temp_degc")
OPEN_LABEL: Final = ("csv", "parquet", "nsrdb")
OPEN_TIMEZONE: Final = ("csv", "parquet")
_READERS: Final = {
    "epw": read_epw,
    "pvgis_tmy": read_pvgis_tmy,
    "pvgis_hourly": read_pvgis_hourly,
    "nsrdb": read_nsrdb,
    "dwd_try": read_dwd_try,
}
log = logging.getLogger("simulators.weather")


def read_weather(
    path: str | Path,
    *,
    format: Format | None = None,  # noqa: A002 - the word users know
    label: Label | None = None,
    timezone: str | None = None,
    columns: Mapping[str, str] | None = None,
    max_gap_h: float = 3.0,
    required: Sequence[str] = REQUIRED,
) -> pd.DataFrame:
    """Read a weather file.

    Parameters
    ----------
    path : str or Path
        EPW, PVGIS (typical year or hourly CSV), NSRDB, DWD test reference year (2010 or 2015/2017), CSV or Parquet, also
        gzipped.
    format : str, optional
        Format; by default told from the content.
    label : {"start", "middle", "end"}, optional
        Where in its interval a time stamp stands, for formats that leave it open: CSV and Parquet (default start), NSRDB
        (default middle).
    timezone : str, optional
        IANA name for naive times of CSV and Parquet.
    columns : mapping of str to str, optional
        Our name to the file's column, for CSV and Parquet whose columns are called otherwise.
    max_gap_h : float
        Longest gap that is interpolated. [h]
    required : sequence of str
        Quantities without which the file is refused.

    Returns
    -------
    pandas.DataFrame
        Our column names (``ghi_w_per_m2``, ``temp_degc`` ...) as far as the file has them, float64 and complete. Index
        ``time_utc``: start of each interval, UTC, without gaps; a value is the mean over the interval. ``attrs`` holds
        ``findings`` (what was filled or cut), ``format``, ``interval_s`` and ``place``.

    Raises
    ------
    ScenarioError
        If the file cannot be used, with file, line or time and what to do.
    """
    path = Path(path)
    raw, kind = _raw(path, format, label, timezone, columns or {})
    frame = finished(path, raw, max_gap_h, required)
    frame.attrs["format"] = kind
    return frame


def finished(path: Path, raw: RawWeather, max_gap_h: float = 3.0, required: Sequence[str] = REQUIRED) -> pd.DataFrame:
    """Return what a reader read, checked, without gaps and on a raster of interval starts, as `read_weather` does."""
    if BEAM in raw.frame:
        raw = replace(raw, frame=_without_beam(raw.frame))
    require(path, raw.frame, required)
    interval_s = interval_of(path, raw)
    check_ranges(path, raw.frame, raw.first_line)
    frame, lost = on_raster(path, raw, interval_s)
    frame, filled = fill_gaps(path, frame, interval_s, max_gap_h)
    require(path, frame, required)
    frame, cut = consistent(path, frame)
    findings = [*lost, *filled, *cut]
    for finding in findings:
        log.warning("%s", finding)
    frame.attrs = {"findings": findings, "interval_s": interval_s, "place": raw.place}
    return frame


def _raw(
    path: Path, kind: Format | None, label: Label | None, timezone: str | None, columns: Mapping[str, str]
) -> tuple[RawWeather, str]:
    content = _bytes(path)
    kind = kind or _format_of(content)
    for option, value, open_for in (
        ("label", label, OPEN_LABEL),
        ("timezone", timezone, OPEN_TIMEZONE),
        ("columns", columns, OPEN_TIMEZONE),
    ):
        if value and kind not in open_for:
            raise refuse(path, f"the format {kind} fixes this itself", where=option, value=value, allowed="leave the option out")
    if kind == "parquet":
        raw = read_parquet(path, content, timezone, columns)
    elif kind == "csv":
        raw = read_csv(path, _text(content), timezone, columns)
    else:
        raw = _READERS[kind](path, _text(content))
    return (replace(raw, label=label) if label else raw), kind


def _bytes(path: Path) -> bytes:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise refuse(
            path, f"cannot be opened: {error.strerror}", allowed="the path of a readable file, relative to the scenario"
        ) from error
    if not content.strip():
        raise refuse(path, "is empty")
    return gzip.decompress(content) if content.startswith(b"\x1f\x8b") else content


def _text(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def _format_of(content: bytes) -> Format:
    if content.startswith(b"PAR1"):
        return "parquet"
    head = _text(content[:20_000])
    if head.startswith("LOCATION,"):
        return "epw"
    if head.startswith("Latitude (decimal degrees)"):
        return "pvgis_tmy" if "\nmonth,year" in head.replace("\r", "") else "pvgis_hourly"
    if head.startswith("Source,") and "Time Zone" in head.splitlines()[0]:
        return "nsrdb"
    return "dwd_try" if "\n***" in head else "csv"


def _without_beam(frame: pd.DataFrame) -> pd.DataFrame:
    """Turn horizontal beam irradiance into global or diffuse, whichever the file lacks."""
    beam = frame[BEAM]
    frame = frame.drop(columns=BEAM)
    if "ghi_w_per_m2" not in frame and "dhi_w_per_m2" in frame:
        frame.insert(0, "ghi_w_per_m2", beam + frame["dhi_w_per_m2"])
    elif "dhi_w_per_m2" not in frame and "ghi_w_per_m2" in frame:
        frame["dhi_w_per_m2"] = frame["ghi_w_per_m2"] - beam
    return frame
