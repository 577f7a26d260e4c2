# SPDX-License-Identifier: Apache-2.0
"""From options to a source of weather; every assumption becomes a finding."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Final

from simulators.weather.climate import ClimateSource, unreachable
from simulators.weather.climate_figures import climate_of, nearest
from simulators.weather.completing import NEAR_KM, table_source
from simulators.weather.download import pvgis_typical_year
from simulators.weather.reading import read_weather
from simulators.weather.try_region import region_at, region_file
from twinergy.errors import Finding, ScenarioError

if TYPE_CHECKING:
    from datetime import datetime

    import pandas as pd

    from simulators.weather.params import WeatherOptions
    from simulators.weather.series import Source, TableSource
    from twinergy.community.twin import BuildContext, Site

GERMANY: Final = "DE"
log = logging.getLogger("simulators.weather")


def source_name(options: WeatherOptions, site: Site) -> str:
    """Return the source of weather: as given, else the test reference year in Germany and climate figures elsewhere."""
    return options.source or ("try" if site.country.upper().startswith(GERMANY) else "climate")


def build_source(options: WeatherOptions, device_id: str, context: BuildContext) -> tuple[Source, list[Finding]]:
    """Return the source of a weather device and what had to be assumed.

    Raises
    ------
    ScenarioError
        If the source cannot be used for the site and the time of the run.
    """
    site = context.twin.site
    match source_name(options, site):
        case "climate":
            return _climate(options, device_id, context.seed, site)
        case "try":
            return _table(_try_year(options, site), f"TRY region {try_region(options, site)}", options, context)
        case "download":
            return _table(pvgis_typical_year(site, options.cache_folder), "PVGIS typical year", options, context)
        case _:
            path = _beside(context.folder, options)
            read = read_weather(
                path,
                format=options.format,
                label=options.label,
                timezone=options.timezone,
                columns=options.columns,
                max_gap_h=options.max_gap_h,
            )
            return _table(read, path.name, options, context)


def try_region(options: WeatherOptions, site: Site) -> int:
    """Return the climate region of the test reference year.

    Raises
    ------
    ScenarioError
        If none is given and the site lies outside Germany.
    """
    region = options.region or region_at(site.latitude_deg, site.longitude_deg)
    if region is None:
        where = f"{site.latitude_deg:g}, {site.longitude_deg:g}"
        advice = "region 1 to 15, or source climate, file or download"
        message = "no German test reference year covers the site"
        raise ScenarioError([Finding(message=message, path="source", value=where, allowed=advice)])
    return region


def _try_year(options: WeatherOptions, site: Site) -> pd.DataFrame:
    return read_weather(region_file(try_region(options, site)), format="dwd_try")


def _climate(options: WeatherOptions, device_id: str, seed: int, site: Site) -> tuple[Source, list[Finding]]:
    findings = []
    if options.place is None:
        figures, distance_km = nearest(site.latitude_deg, site.longitude_deg)
        if distance_km > NEAR_KM:
            message = f"the nearest climate figures are those of {figures.place!r}, this many km away"
            findings.append(
                Finding(message=message, path="place", value=round(distance_km), allowed="option place, or a weather file")
            )
    else:
        figures = climate_of(options.place)
    refused = unreachable(figures, site)
    if refused:
        raise ScenarioError(refused, f"climate of {figures.place}")
    return ClimateSource(figures, site, seed, device_id, intra_hour=options.intra_hour), _said(findings)


def _table(frame: pd.DataFrame, name: str, options: WeatherOptions, context: BuildContext) -> tuple[Source, list[Finding]]:
    source, findings = table_source(frame, context.twin.site, name, options.year)
    axis, half_s = context.axis, source.interval_s // 2  # a table of middle labels ends half an interval early
    lost = source.missing(axis.start_epoch_s, max(axis.end_epoch_s - half_s, axis.start_epoch_s + 1))
    if lost is not None:
        raise ScenarioError([_not_covered(source, name, lost, axis.start, axis.end)], f"weather {name}")
    return source, [*frame.attrs.get("findings", []), *_said(findings)]


def _not_covered(source: TableSource, name: str, lost_s: int, start: datetime, end: datetime) -> Finding:
    import numpy as np  # noqa: PLC0415

    first, last, lost = (str(np.datetime64(second, "s")) for second in (source.start_s, source.end_s, lost_s))
    message = f"has no weather for part of the run {start:%Y-%m-%d} to {end:%Y-%m-%d}, first at {lost} UTC"
    allowed = "a run inside that time, or a file of at least a year, which serves any year"
    return Finding(message=message, file=name, value=f"{first} to {last}", allowed=allowed)


def _said(findings: list[Finding]) -> list[Finding]:
    for finding in findings:
        log.warning("%s", finding)
    return findings


def _beside(folder: Path, options: WeatherOptions) -> Path:
    return folder / (options.path or Path()).expanduser()  # WeatherOptions refuses source: file without a path
