# SPDX-License-Identifier: Apache-2.0
"""Test reference years of the German weather service (DWD and BBSR): .dat files of 2010/2011 and of 2015/2017.

Time stamps are MEZ (UTC+1 all year), HH = 1..24, and a row describes the hour that ends at HH. The irradiance of the
2010 edition keeps another time: rows with a measured one (IK not 9) belong to the hour of *true solar time* that ends at
HH, rows with a computed one (IK = 9) are centred on HH. Read as MEZ hours, the sun of these files would culminate 25 to 30
minutes early (computed) or off by longitude and equation of time (measured), so `hours_of_2010` moves them.
"""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, Final

import numpy as np

from simulators.weather.model import interval_means, spread
from simulators.weather.reading.columns import BEAM, renamed
from simulators.weather.reading.raw import RawWeather, refuse
from simulators.weather.sun import SOLAR_CONSTANT_W_PER_M2, solar_hour
from twinergy.units import SECONDS_PER_HOUR

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]

NAMES: Final = {
    "t": "temp_degc",
    "RF": "humidity_percent",
    "WG": "wind_m_per_s",
    "p": "pressure_hpa",
    "D": "dhi_w_per_m2",
    "B": BEAM,
}
COMPUTED: Final = 9
MEZ_S: Final = 3600
FINE_PER_HOUR: Final = 12
_PLACE = re.compile(r"(\d+)\D+(\d+)'\s*N.*?(\d+)\D+(\d+)'\s*O.*?(-?\d+)\s*Meter")


def read_dwd_try(path: Path, text: str) -> RawWeather:
    """Read a test reference year; its dates are put into the year 2015.

    Raises
    ------
    ScenarioError
        If the table of the format is not there.
    """
    import pandas as pd  # noqa: PLC0415

    lines = text.splitlines()
    stars = next((number for number, line in enumerate(lines) if line.startswith("***")), 0)
    header = lines[stars - 1].split() if stars else []
    lacking = [name for name in ("MM", "DD", "HH", *NAMES) if name not in header]
    if lacking:
        raise refuse(path, f"no columns {', '.join(lacking)} above the line of stars", line=stars, allowed="a DWD TRY .dat file")
    body = "\n".join(lines[stars + 1 :])
    try:
        table = pd.read_csv(io.StringIO(body), sep=r"\s+", names=header, index_col=False)
    except pd.errors.ParserError as error:
        raise refuse(path, f"not a table: {error}", line=stars + 2) from error
    epoch_s = _mez_start(path, table, stars + 2)
    frame = renamed(table, NAMES)
    place = _place(lines)
    if "IK" in header and "longitude_deg" in place:
        measured = table["IK"].to_numpy() != COMPUTED
        for name, values in zip(
            (BEAM, "dhi_w_per_m2"), hours_of_2010(epoch_s, frame[BEAM], frame["dhi_w_per_m2"], measured, place), strict=True
        ):
            frame[name] = values
    frame.index = pd.to_datetime(epoch_s, unit="s", utc=True)
    return RawWeather(frame, first_line=stars + 2, place=place)


def hours_of_2010(
    start_s: FloatArray, beam: pd.Series, diffuse: pd.Series, measured: NDArray[np.bool_], place: dict[str, float]
) -> tuple[FloatArray, FloatArray]:
    """Move the irradiance of the 2010 edition from its own hours to the hours of the time stamps.

    Every five minutes belong to one row of the file and take that row's irradiance, spread with constant clearness
    (`simulators.weather.model.spread`); the hours of the time stamps are their means. The sum over the year is kept.

    Parameters
    ----------
    start_s : ndarray, shape (n,)
        Start of each hour of MEZ in epoch seconds. [s]
    beam, diffuse : pandas.Series, shape (n,)
        Horizontal beam and diffuse irradiance as in the file. [W/m2]
    measured : ndarray of bool, shape (n,)
        Rows with a measured irradiance, stamped in true solar time.
    place : dict
        Station.

    Returns
    -------
    beam, diffuse : ndarray, shape (n,)
        For the hours that begin at `start_s`. [W/m2]
    """
    n = len(start_s)
    middle_s = (start_s[:, None] + (np.arange(FINE_PER_HOUR) + 0.5) * (SECONDS_PER_HOUR / FINE_PER_HOUR)).ravel()
    solar_h = solar_hour(middle_s, place["longitude_deg"])
    mez_h = (middle_s - start_s[0]) / SECONDS_PER_HOUR
    of_measured = np.floor(solar_h - (start_s[0] + MEZ_S) / SECONDS_PER_HOUR).astype(np.int64)
    of_computed = np.floor(mez_h + 0.5).astype(np.int64) - 1
    row = np.where(np.repeat(measured, FINE_PER_HOUR), of_measured, of_computed) % n
    sun = SOLAR_CONSTANT_W_PER_M2 * _sine_of_height(middle_s, solar_h, place["latitude_deg"])
    direct = np.asarray(beam, dtype=np.float64)
    ghi, fine_beam = spread(direct + np.asarray(diffuse, dtype=np.float64), direct, row, sun)
    hour = np.repeat(np.arange(n), FINE_PER_HOUR)
    moved = interval_means(fine_beam, hour, n)
    return moved, interval_means(ghi, hour, n) - moved


def _sine_of_height(middle_s: FloatArray, solar_h: FloatArray, latitude_deg: float) -> FloatArray:
    day = (middle_s / 86_400.0) % 365.25
    declination = np.radians(23.45) * np.sin(2.0 * np.pi * (284.0 + day + 1.0) / 365.0)  # Cooper 1969
    latitude, angle = np.radians(latitude_deg), np.radians(15.0 * (solar_h - 12.0))
    sine = np.sin(latitude) * np.sin(declination) + np.cos(latitude) * np.cos(declination) * np.cos(angle)
    return np.asarray(np.maximum(sine, 0.0))


def _mez_start(path: Path, table: pd.DataFrame, first_line: int) -> FloatArray:
    import pandas as pd  # noqa: PLC0415

    stamp = table[["MM", "DD", "HH"]].apply(pd.to_numeric, errors="coerce")
    days = pd.to_datetime({"year": 2015, "month": stamp["MM"], "day": stamp["DD"]}, errors="coerce")
    bad = (days.isna() | ~stamp["HH"].between(1, 24)).to_numpy()
    if bad.any():
        row = int(bad.argmax())
        value = " ".join(str(part) for part in table[["MM", "DD", "HH"]].iloc[row])
        raise refuse(path, "not a time", line=first_line + row, where="MM DD HH", value=value, allowed="1..12 1..31 1..24 (MEZ)")
    midnight_s = days.to_numpy().astype("datetime64[s]").astype(np.int64)
    return np.asarray(midnight_s + (stamp["HH"].to_numpy() - 1) * SECONDS_PER_HOUR - MEZ_S, dtype=np.float64)


def _place(lines: list[str]) -> dict[str, float]:
    found = next((match for match in map(_PLACE.search, lines[:8]) if match), None)
    if found is None:
        return {}
    north, north_min, east, east_min, height = map(float, found.groups())
    return {"latitude_deg": north + north_min / 60.0, "longitude_deg": east + east_min / 60.0, "altitude_m": height}
