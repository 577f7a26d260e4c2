# SPDX-License-Identifier: Apache-2.0
"""From a weather table to a source: what the file lacks is estimated, and said."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from simulators.weather.air import FALLBACK_WIND_M_PER_S, humidity_from_daily_minimum_percent, pressure_hpa
from simulators.weather.climate_figures import nearest
from simulators.weather.model import interval_means
from simulators.weather.noon import noon_offset_min
from simulators.weather.reading.times import epoch_seconds
from simulators.weather.series import IRRADIANCE, STATE, TableSource
from twinergy.errors import Finding
from twinergy.units import SECONDS_PER_DAY

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from twinergy.community.twin import Site

    FloatArray = NDArray[np.float64]

NEAR_KM: Final = 150.0
LARGEST_NOON_OFFSET_MIN: Final = 40.0


def table_source(frame: pd.DataFrame, site: Site, name: str, year: int | None = None) -> tuple[TableSource, list[Finding]]:
    """Return a source for a table and what had to be assumed.

    Parameters
    ----------
    frame : pandas.DataFrame
        As `simulators.weather.read_weather` returns it.
    site : Site
        Gives albedo and air pressure where the table has none.
    name : str
        Name of the file, for messages.
    year : int, optional
        Year to take dates from that the table does not cover.
    """
    start_s = epoch_seconds(frame.index)
    interval_s = int(start_s[1] - start_s[0])
    values = {column: frame[column].to_numpy(dtype=np.float64) for column in (*IRRADIANCE, *STATE) if column in frame}
    findings = [*_estimate(values, start_s, site, name), *_noon(frame, site, name)]
    return TableSource(int(start_s[0]), interval_s, values, year), findings


def _estimate(values: dict[str, FloatArray], start_s: NDArray[np.int64], site: Site, name: str) -> list[Finding]:
    """Add the quantities a file lacks to `values`; albedo and pressure come from the site without a word."""
    findings = []
    n = len(start_s)
    if "humidity_percent" not in values:
        values["humidity_percent"], how = _humidity(values["temp_degc"], start_s, site)
        findings.append(Finding(message=f"no humidity_percent: {how}", file=name))
    if "wind_m_per_s" not in values:
        values["wind_m_per_s"] = np.full(n, FALLBACK_WIND_M_PER_S)
        message = "no wind_m_per_s: assumed constant (FAO-56)"
        findings.append(Finding(message=message, file=name, value=FALLBACK_WIND_M_PER_S))
    values.setdefault("pressure_hpa", np.full(n, pressure_hpa(site.altitude_m)))
    values.setdefault("albedo", np.full(n, site.albedo))
    return findings


def _humidity(temp_degc: FloatArray, start_s: NDArray[np.int64], site: Site) -> tuple[FloatArray, str]:
    """Return an estimate of the humidity and how it was made.

    The daily course follows from the temperature; its monthly level is taken from climate figures of a near place, because
    the dew point lies well below the day's lowest temperature in dry summers by the sea.
    """
    estimate = humidity_from_daily_minimum_percent(temp_degc, start_s // SECONDS_PER_DAY)
    how = "estimated with the dew point at the day's lowest temperature (FAO-56, eq. 48)"
    figures, distance_km = nearest(site.latitude_deg, site.longitude_deg)
    if distance_km > NEAR_KM:
        return estimate, how
    month = start_s.astype("datetime64[s]").astype("datetime64[M]").astype(np.int64) % 12
    level = interval_means(estimate, month, 12)
    factor = np.array(figures.humidity_percent) / np.where(level > 0.0, level, 1.0)
    return np.minimum(estimate * factor[month], 100.0), f"{how}, scaled to the monthly means of {figures.place!r}"


def _noon(frame: pd.DataFrame, site: Site, name: str) -> list[Finding]:
    offset = noon_offset_min(frame, site.longitude_deg)
    if not abs(offset) > LARGEST_NOON_OFFSET_MIN:
        return []
    message = "irradiance-weighted noon lies this many minutes from solar noon: another place, time zone or label"
    allowed = f"within {LARGEST_NOON_OFFSET_MIN:g} min"
    return [Finding(message=message, file=name, value=round(offset, 1), allowed=allowed)]
