# SPDX-License-Identifier: Apache-2.0
"""Sites, fleets and small weather files for the tests of the weather (no tests of its own)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from simulators.weather import KIND, WeatherOptions
from twinergy.community.twin import BuildContext, Device, Site, Twin
from twinergy.timebase import TimeAxis

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulators.weather.simulator import WeatherFleet

STEINHEIM = Site(
    name="Steinheim", latitude_deg=51.87, longitude_deg=9.09, altitude_m=140.0, timezone="Europe/Berlin", country="DE-NW"
)
ATHENS = Site(name="Athens", latitude_deg=37.97, longitude_deg=23.74, altitude_m=100.0, timezone="Europe/Athens", country="GR")
BRISTOL = Site(name="Bristol", latitude_deg=51.45, longitude_deg=-2.59, altitude_m=20.0, timezone="Europe/London", country="GB")
WEEK_S = 7 * 86_400


def device(device_id: str = "weather", **options: Any) -> Device:
    return Device(id=device_id, kind="weather", options=WeatherOptions(**options), path="weather")


def context(site: Site, start: str, end: str, step_s: int, folder: Path = Path(), seed: int = 1) -> BuildContext:
    first, last = (pd.Timestamp(instant, tz="UTC").to_pydatetime() for instant in (start, end))
    return BuildContext(twin=Twin(site=site), axis=TimeAxis.between(first, last, step_s), seed=seed, folder=folder)


def series(
    site: Site, start: str, end: str, step_s: int, *, folder: Path = Path(), seed: int = 1, **options: Any
) -> pd.DataFrame:
    """Run a weather device and return its ports, index: start of each step."""
    setting = context(site, start, end, step_s, folder, seed)
    fleet: WeatherFleet = KIND.build([device(**options)], setting)
    rows = []
    for block in setting.axis.blocks():
        fleet.prepare(block)
        steps = range(block.first, block.first + len(block))
        rows += [fleet.step(setting.axis.step(block, index), {}) for index in steps]
    index = pd.date_range(start, periods=len(rows), freq=f"{step_s}s", tz="UTC")
    return pd.DataFrame({port.name: [row[port.name][0] for row in rows] for port in KIND.ports}, index=index)


def up(frame: pd.DataFrame) -> np.ndarray:
    """Return the cosine of the zenith, 0 at night."""
    return np.maximum(np.cos(np.radians(frame["solar_zenith_deg"].to_numpy())), 0.0)


def plain_frame(hours: int = 72, start: str = "2024-06-01") -> pd.DataFrame:
    """Return a small table in our column names with a smooth day."""
    index = pd.date_range(start, periods=hours, freq="h", tz="UTC", name="time_utc")
    ghi = np.maximum(0.0, 700.0 * np.sin((index.hour.to_numpy() - 5.0) / 14.0 * np.pi)) * (np.abs(index.hour - 12) < 8)
    temp = 15.0 + 5.0 * np.cos((index.hour.to_numpy() - 15.0) / 12.0 * np.pi)
    return pd.DataFrame({"ghi_w_per_m2": ghi, "temp_degc": temp}, index=index)


def csv(folder: Path, frame: pd.DataFrame, change: Callable[[pd.DataFrame], pd.DataFrame] | None = None) -> Path:
    """Write a table as CSV and return its path."""
    path = folder / "weather.csv"
    (change(frame) if change else frame).to_csv(path)
    return path
