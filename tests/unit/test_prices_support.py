# SPDX-License-Identifier: Apache-2.0
"""Tariffs for tests: a fleet from plain option blocks."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from simulators.prices import KIND
from simulators.prices.params import TariffOptions
from twinergy.community.twin import BuildContext, Device, Site, Twin
from twinergy.timebase import TimeAxis, local_days

if TYPE_CHECKING:
    from datetime import date

    from simulators.prices.simulator import PricesFleet

BERLIN = "Europe/Berlin"


def site(country: str = "DE-NW", timezone: str = BERLIN) -> Site:
    return Site(name="test", latitude_deg=52.0, longitude_deg=9.0, altitude_m=100.0, timezone=timezone, country=country)


def device(name: str = "tariff", **options: Any) -> Device:
    return Device(id=name, kind="prices", options=TariffOptions.model_validate(options), path=f"tariffs.{name}")


def day_axis(day: date, days: int = 1, step_s: int = 3600, timezone: str = BERLIN) -> TimeAxis:
    return TimeAxis.between(*local_days(day, days, timezone), step_s)


def context(axis: TimeAxis, place: Site | None = None, seed: int = 1, folder: Path = Path()) -> BuildContext:
    return BuildContext(twin=Twin(place or site()), axis=axis, seed=seed, folder=folder)


def fleet(axis: TimeAxis, *blocks: dict[str, Any], **where: Any) -> PricesFleet:
    devices = [device(f"tariff-{row}", **block) for row, block in enumerate(blocks)]
    return KIND.build(devices, context(axis, **where))


def times(axis: TimeAxis) -> np.ndarray[Any, np.dtype[np.int64]]:
    return np.arange(axis.start_epoch_s, axis.end_epoch_s, axis.step_s, dtype=np.int64)


def column(axis: TimeAxis, port: str, block: dict[str, Any], **where: Any) -> np.ndarray[Any, np.dtype[np.float64]]:
    """One port of one tariff over a run."""
    return fleet(axis, block, **where).series(times(axis))[port][:, 0]
