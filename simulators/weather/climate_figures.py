# SPDX-License-Identifier: Apache-2.0
"""Monthly climate figures: files in ``data/climate``, and how they follow from a weather table."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import numpy as np
from pydantic import Field, ValidationError

from simulators.weather.air import humidity_from_daily_minimum_percent
from simulators.weather.reading.times import epoch_seconds
from twinergy.errors import Finding, ScenarioError, closest
from twinergy.options import Options
from twinergy.units import SECONDS_PER_DAY, SECONDS_PER_HOUR

if TYPE_CHECKING:
    import pandas as pd

FOLDER: Final = Path(__file__).resolve().parents[2] / "data" / "climate"
Irradiation = Annotated[tuple[Annotated[float, Field(gt=0.0, le=350.0)], ...], Field(min_length=12, max_length=12)]
Temperature = Annotated[tuple[Annotated[float, Field(ge=-40.0, le=45.0)], ...], Field(min_length=12, max_length=12)]
Spread = Annotated[tuple[Annotated[float, Field(gt=0.0, le=25.0)], ...], Field(min_length=12, max_length=12)]
Humidity = Annotated[tuple[Annotated[float, Field(ge=5.0, le=98.0)], ...], Field(min_length=12, max_length=12)]
Wind = Annotated[tuple[Annotated[float, Field(gt=0.0, le=20.0)], ...], Field(min_length=12, max_length=12)]


class ClimateFigures(Options):
    """Climate of a place, January first."""

    place: str
    """Name in scenarios."""
    aliases: tuple[str, ...] = ()
    """Other places for which this one stands in."""
    latitude_deg: float = Field(ge=-66.0, le=66.0)
    longitude_deg: float = Field(ge=-180.0, le=180.0)
    source: str = Field(min_length=20)
    """Where every figure comes from."""
    ghi_kwh_per_m2: Irradiation
    """Monthly sum of global horizontal irradiation."""
    temp_degc: Temperature
    """Monthly mean air temperature."""
    temp_range_degc: Spread
    """Monthly mean of the day's highest minus lowest temperature."""
    temp_day_std_degc: Spread
    """Standard deviation of the daily means inside the month."""
    humidity_percent: Humidity
    """Monthly mean relative humidity."""
    wind_m_per_s: Wind
    """Monthly mean wind at 10 m."""


@cache
def read_climate(path: Path) -> ClimateFigures:
    """Read a file of climate figures.

    Raises
    ------
    ScenarioError
        If the file is not complete and plausible, with every finding.
    """
    from ruamel.yaml import YAML  # noqa: PLC0415
    from ruamel.yaml.error import YAMLError  # noqa: PLC0415

    try:
        return ClimateFigures.model_validate(YAML(typ="safe").load(path.read_text(encoding="utf-8")))
    except ValidationError as error:
        findings = [
            Finding(message=str(item["msg"]), path=".".join(map(str, item["loc"])), file=path.name, value=item["input"])
            for item in error.errors()
        ]
        raise ScenarioError(findings, f"climate file {path}") from error
    except (YAMLError, OSError) as error:
        raise ScenarioError([Finding(message=f"cannot be read: {error}", file=path.name)], f"climate file {path}") from error


def places(folder: Path = FOLDER) -> dict[str, ClimateFigures]:
    """Return the climate figures of a folder by place and alias."""
    known: dict[str, ClimateFigures] = {}
    for path in sorted(folder.glob("*.yaml")):
        figures = read_climate(path)
        known |= dict.fromkeys((figures.place, *figures.aliases), figures)
    return known


def climate_of(place: str) -> ClimateFigures:
    """Return the figures of a place by name or alias.

    Raises
    ------
    ScenarioError
        If there are none; names what exists.
    """
    known = places()
    if place.lower() not in known:
        finding = Finding(message=f"no climate figures for {place!r}", path="place", value=place, allowed=closest(place, known))
        raise ScenarioError([finding])
    return known[place.lower()]


def nearest(latitude_deg: float, longitude_deg: float) -> tuple[ClimateFigures, float]:
    """Return the nearest place with figures and its distance in km (sphere of 6371 km)."""
    here = _unit_vector(latitude_deg, longitude_deg)
    known = list({figures.place: figures for figures in places().values()}.values())
    cosine = [float(here @ _unit_vector(figures.latitude_deg, figures.longitude_deg)) for figures in known]
    best = int(np.argmax(cosine))
    return known[best], 6371.0 * float(np.arccos(min(cosine[best], 1.0)))


def _unit_vector(latitude_deg: float, longitude_deg: float) -> np.ndarray:
    latitude, longitude = np.radians(latitude_deg), np.radians(longitude_deg)
    return np.array([np.cos(latitude) * np.cos(longitude), np.cos(latitude) * np.sin(longitude), np.sin(latitude)])


def monthly_figures(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the climate figures of a weather table of a year, months 1 to 12 of UTC as index.

    Parameters
    ----------
    frame : pandas.DataFrame
        As `simulators.weather.read_weather` returns it. Without humidity it is estimated (FAO-56, eq. 48).

    Returns
    -------
    pandas.DataFrame
        Columns as the monthly fields of `ClimateFigures`, as far as the table has what they need.
    """
    import pandas as pd  # noqa: PLC0415

    table = frame.copy()
    index = pd.DatetimeIndex(frame.index)
    seconds = epoch_seconds(index)
    if "humidity_percent" not in table and "temp_degc" in table:
        table["humidity_percent"] = humidity_from_daily_minimum_percent(table["temp_degc"].to_numpy(), seconds // SECONDS_PER_DAY)
    month = index.month
    figures = table.groupby(month).mean()
    if "ghi_w_per_m2" in table:
        hours = (seconds[1] - seconds[0]) / SECONDS_PER_HOUR
        figures["ghi_kwh_per_m2"] = table["ghi_w_per_m2"].groupby(month).sum() * hours / 1000.0
    if "temp_degc" in table:
        by_day = table["temp_degc"].groupby(index.floor("D"))
        days = pd.DataFrame({"range": by_day.max() - by_day.min(), "mean": by_day.mean()})
        of_day = pd.DatetimeIndex(days.index).month
        figures["temp_range_degc"] = days["range"].groupby(of_day).mean()
        figures["temp_day_std_degc"] = days["mean"].groupby(of_day).std()
    return figures[[name for name in ClimateFigures.model_fields if name in figures]]
