# SPDX-License-Identifier: Apache-2.0
"""Formats that pvlib reads: EPW, PVGIS (typical year and hourly series), NSRDB."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, Final

from simulators.weather.reading.columns import BEAM, PVLIB, renamed
from simulators.weather.reading.raw import RawWeather, refuse
from twinergy.units import SECONDS_PER_HOUR

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pandas as pd

TYPICAL_YEAR: Final = 2015
PASCAL_PER_HPA: Final = 100.0
HALF_HOUR_S: Final = 1800.0
EPW_MISSING: Final = {
    "temp_degc": 99.9,
    "humidity_percent": 999.0,
    "wind_m_per_s": 999.0,
    "ghi_w_per_m2": 9999.0,
    "dni_w_per_m2": 9999.0,
    "dhi_w_per_m2": 9999.0,
    "pressure_hpa": 9999.99,
    "albedo": 1.0,
}
"""Values from these upwards mean "missing" (EnergyPlus auxiliary programs, EPW data dictionary)."""


def read_epw(path: Path, text: str) -> RawWeather:
    """Read an EPW file: irradiance is the mean of the hour that ends at the stamp, the state holds at its end.

    A file whose months come from different years, as typical years do, is put into one year without a leap day.
    """
    from pvlib import iotools  # noqa: PLC0415

    table, meta = _parsed(path, iotools.read_epw, io.StringIO(text))
    if not ((table["month"] == 2) & (table["day"] == 29)).any():  # noqa: PLR2004 - the leap day
        table, meta = _parsed(path, iotools.read_epw, io.StringIO(text), coerce_year=TYPICAL_YEAR)
    table = table.tz_convert("UTC")
    frame = renamed(
        table.assign(pressure_hpa=table["atmospheric_pressure"] / PASCAL_PER_HPA), {**PVLIB, "pressure_hpa": "pressure_hpa"}
    )
    for name, limit in EPW_MISSING.items():
        if name in frame:
            frame[name] = frame[name].where(frame[name] < limit)
    if not frame["albedo"].gt(0.0).all():  # many files leave it out
        frame = frame.drop(columns="albedo")
    return RawWeather(frame, "start", 9, state_offset_s=HALF_HOUR_S, place=_place(meta, "latitude", "longitude", "altitude"))


def read_pvgis_tmy(path: Path, text: str) -> RawWeather:
    """Read a PVGIS typical year: the state holds at the full hour, the irradiance the file's ``Irradiance Time Offset`` later."""
    from pvlib import iotools  # noqa: PLC0415

    table, meta = _parsed(path, iotools.read_pvgis_tmy, io.BytesIO(text.encode()), pvgis_format="csv")
    lines = text.splitlines()
    first_line = 2 + next(number for number, line in enumerate(lines) if line.startswith("time(UTC)"))
    offset_h = float(meta["inputs"].get("irradiance time offset", 0.0))
    return from_pvgis(table, meta["inputs"], offset_h, first_line)


def from_pvgis(table: pd.DataFrame, inputs: dict[str, Any], offset_h: float, first_line: int = 0) -> RawWeather:
    """Return a PVGIS typical year as pvlib gives it, from a file or a download, in one year without a leap day."""
    table = table.set_axis(table.index.map(lambda stamp: stamp.replace(year=TYPICAL_YEAR)))
    frame = renamed(table.assign(pressure_hpa=table["pressure"] / PASCAL_PER_HPA), {**PVLIB, "pressure_hpa": "pressure_hpa"})
    place = _place(inputs, "latitude", "longitude", "elevation")
    offset_s = offset_h * SECONDS_PER_HOUR
    return RawWeather(frame, "middle", first_line, stamp_offset_s=offset_s, state_offset_s=-offset_s, place=place)


def read_pvgis_hourly(path: Path, text: str) -> RawWeather:
    """Read a PVGIS hourly series of the horizontal plane: instants, the minute of each stamp is that of the satellite image.

    Raises
    ------
    ScenarioError
        If the series is for a tilted plane.
    """
    from pvlib import iotools  # noqa: PLC0415

    table, meta = _parsed(path, iotools.read_pvgis_hourly, io.StringIO(text), pvgis_format="csv")
    inputs = meta["inputs"]
    slope = str(inputs.get("Slope", "0")).split()[0]
    if float(slope.replace("deg.", "") or 0.0) != 0.0:
        raise refuse(
            path, "irradiance of a tilted plane", where="Slope", value=inputs["Slope"], allowed="0 deg., the horizontal plane"
        )
    if "poa_global" not in table:
        table = table.assign(poa_global=table["poa_direct"] + table["poa_sky_diffuse"])
    names = {**PVLIB, "poa_global": "ghi_w_per_m2", "poa_sky_diffuse": "dhi_w_per_m2", "poa_direct": BEAM}
    lines = text.splitlines()
    first_line = 2 + next(number for number, line in enumerate(lines) if line.startswith("time,"))
    return RawWeather(renamed(table, names), "middle", first_line, place=_place(inputs, "latitude", "longitude", "elevation"))


def read_nsrdb(path: Path, text: str) -> RawWeather:
    """Read an NSRDB file (PSM3, PSM4): values hold at the stamp, in the standard time its header names."""
    from pvlib import iotools  # noqa: PLC0415

    table, meta = _parsed(path, iotools.read_nsrdb_psm4, io.StringIO(text.replace("\r", "")))
    table = table.tz_convert("UTC")
    frame = renamed(table, {**PVLIB, "pressure": "pressure_hpa"})  # NSRDB states pressure in mbar
    return RawWeather(frame, "middle", 4, place=_place(meta, "latitude", "longitude", "altitude"))


def _parsed(
    path: Path, reader: Callable[..., tuple[Any, Any]], buffer: Any, **options: Any
) -> tuple[pd.DataFrame, dict[str, Any]]:
    try:
        table, meta = reader(buffer, **options)
    except (ValueError, KeyError, IndexError, TypeError, AttributeError, OverflowError) as error:
        name = reader.__name__.removeprefix("read_").upper().replace("_", " ")
        message = f"cannot be read as {name}: {type(error).__name__}: {error}"
        raise refuse(path, message, allowed="an unchanged file as downloaded, or option format") from error
    return table, meta


def _place(meta: dict[str, Any], latitude: str, longitude: str, altitude: str) -> dict[str, float]:
    names = {"latitude_deg": latitude, "longitude_deg": longitude, "altitude_m": altitude}
    return {ours: float(meta[theirs]) for ours, theirs in names.items() if theirs in meta}
