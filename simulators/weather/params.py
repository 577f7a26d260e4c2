# SPDX-License-Identifier: Apache-2.0
"""Options of the weather device."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, model_validator

from twinergy.options import NonNegative, Options

SourceName = Literal["try", "climate", "file", "download"]
BELONGS: Final[dict[str, SourceName]] = {
    "region": "try",
    "place": "climate",
    "intra_hour": "climate",
    "path": "file",
    "format": "file",
    "label": "file",
    "timezone": "file",
    "columns": "file",
    "year": "file",
    "max_gap_h": "file",
    "cache_folder": "download",
}


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError) as error:
        message = f"no time zone {name!r}; allowed: an IANA name such as Europe/Berlin, UTC or Etc/GMT-1"
        raise ValueError(message) from error
    return name


class ForecastOptions(Options):
    """How good the weather forecast service is that agents may ask (`Forecast.weather`)."""

    ghi_rrmse: Annotated[float, Field(ge=0.0, le=0.6)] = 0.4
    """Error of hourly global irradiance a day ahead, RMSE over the mean by day, at a site in Germany; a sunnier climate gets
    less. 0.4 to 0.6 in Central Europe (Lorenz et al., EU PVSEC 2009); 0: the sun is known ahead."""
    temp_rmse_k: Annotated[float, Field(ge=0.0, le=10.0)] = 1.7
    """RMSE of the air temperature a day ahead; 1.5 to 2 K is usual (assumption); 0: it is known ahead. [K]"""


class WeatherOptions(Options):
    """Where the weather comes from; each other option belongs to one `source`."""

    source: SourceName | None = None
    """``try``: German test reference year of 2010; ``climate``: drawn from monthly climate figures; ``file``: a weather
    file; ``download``: typical year from PVGIS. Without it ``try`` in Germany, elsewhere ``climate`` of the nearest place."""
    region: Annotated[int, Field(ge=1, le=15)] | None = None
    """``try``: climate region; without it the one the site lies in."""
    place: str | None = None
    """``climate``: name or alias of a file in ``data/climate``; without it the nearest place."""
    intra_hour: bool = False
    """``climate``: whether clouds pass within the hour, so that irradiance varies between quarters of an hour; else the
    clearness of an hour is constant, which shows as hourly steps in PV."""
    path: Path | None = None
    """``file``: EPW, PVGIS (typical year or hourly), NSRDB, DWD test reference year, CSV or Parquet; relative to the scenario."""
    format: Literal["epw", "pvgis_tmy", "pvgis_hourly", "nsrdb", "dwd_try", "csv", "parquet"] | None = None
    """``file``: format; without it told from the content."""
    label: Literal["start", "middle", "end"] | None = None
    """``file``: where in its interval a time stamp of CSV, Parquet (default start) or NSRDB (default middle) stands."""
    timezone: Annotated[str, AfterValidator(_known_zone)] | None = None
    """``file``: zone of CSV and Parquet times that carry no offset."""
    columns: dict[str, str] = Field(default_factory=dict)
    """``file``: our name to the column of a CSV or Parquet file that calls it otherwise."""
    year: int | None = None
    """``file``: year of the file to take dates from that it does not cover; without it its last year."""
    max_gap_h: Annotated[NonNegative, Field(le=48.0)] = 3.0
    """``file``: longest gap that is interpolated; a longer one is refused."""
    cache_folder: Path | None = None
    """``download``: folder to keep the year in; without it the user's cache."""
    forecast: ForecastOptions = ForecastOptions()
    """How good forecasts of this weather are."""

    @model_validator(mode="after")
    def _belongs(self) -> WeatherOptions:
        fields = type(self).model_fields
        strange = [
            f"{name} belongs to source: {source}"
            for name, source in BELONGS.items()
            if source != self.source and getattr(self, name) != fields[name].get_default(call_default_factory=True)
        ]
        if strange:
            message = f"{'; '.join(strange)} (source is {self.source or 'not given'})"
            raise ValueError(message)
        if self.source == "file" and self.path is None:
            message = "source: file needs path, the weather file relative to the scenario"
            raise ValueError(message)
        return self
