# SPDX-License-Identifier: Apache-2.0
"""A typical year from PVGIS, fetched once and kept in the user's cache."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from simulators.weather.reading import finished, read_weather
from simulators.weather.reading.pvlib_readers import from_pvgis
from twinergy.cache import cache_folder
from twinergy.errors import Finding, ScenarioError

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from twinergy.community.twin import Site

TIMEOUT_S = 30


def pvgis_typical_year(site: Site, folder: Path | None = None) -> pd.DataFrame:
    """Return the PVGIS typical year of a site, from the cache or from the network.

    Parameters
    ----------
    site : Site
        Place; rounded to 0.001 degrees.
    folder : Path, optional
        Cache, default `twinergy.cache.cache_folder`.

    Returns
    -------
    pandas.DataFrame
        As `simulators.weather.read_weather` returns it.

    Raises
    ------
    ScenarioError
        If nothing is cached and PVGIS cannot be reached or has no data for the place; says what to use instead.
    """
    name = f"pvgis_tmy_{site.latitude_deg:.3f}_{site.longitude_deg:.3f}.parquet"
    kept = (folder or cache_folder("weather")) / name
    if not kept.exists():
        frame = _fetched(site, kept)
        kept.parent.mkdir(parents=True, exist_ok=True)
        part = kept.with_suffix(f".{os.getpid()}.part")  # runs of a sweep may download at the same time
        frame.to_parquet(part)
        part.replace(kept)
    return read_weather(kept)


def _fetched(site: Site, kept: Path) -> pd.DataFrame:
    from pvlib import iotools  # noqa: PLC0415

    latitude, longitude = round(site.latitude_deg, 3), round(site.longitude_deg, 3)
    try:
        table, meta = iotools.get_pvgis_tmy(latitude, longitude, timeout=TIMEOUT_S, coerce_year=None)
    except (OSError, ValueError, KeyError) as error:  # requests' errors are OSErrors
        message = f"the PVGIS typical year of {latitude}, {longitude} cannot be downloaded ({type(error).__name__}: {error})"
        advice = (
            "a network; or `source: climate` (works offline), `source: try` in Germany, or `source: file` with a typical year "
            f"saved from the PVGIS web page; a download is kept as {kept}"
        )
        raise ScenarioError([Finding(message=message, path="source", value="download", allowed=advice)]) from error
    location = meta["inputs"].get("location", {})
    raw = from_pvgis(table, location, float(location.get("irradiance_time_offset", 0.0)))
    frame = finished(kept, raw)
    frame.attrs = {}
    return frame
