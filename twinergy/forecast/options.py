# SPDX-License-Identifier: Apache-2.0
"""Options of the forecasts an agent may name, told apart by ``kind``."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from twinergy.options import Fraction, NonNegative, Options, Positive

Days = Annotated[float, Field(gt=0.0, le=730.0)]


class PersistenceOptions(Options):
    """As it is now, and as it was a day before."""

    kind: Literal["persistence"] = "persistence"
    fade_h: NonNegative = 1.0
    """Time after which the last value counts 1/e against the same time of the day before; 0: the day before alone."""


class SeasonalOptions(Options):
    """As it usually is at this local time of such a day."""

    kind: Literal["seasonal"] = "seasonal"
    half_life_days: Days = 10.0
    """Age at which a measured day counts half."""
    smoothing_h: Annotated[float, Field(ge=0.0, le=6.0)] = 1.0
    """Width of the window over which neighbouring times of day are averaged: habits are not kept to the minute."""
    weekday_share: Fraction = 0.5
    """How far a weekday (a holiday is a Sunday) is told from the mean of all days, once four of them were seen; before, less."""


class ClearSkyOptions(Options):
    """PV: what the home's roof usually makes of this sun, as bright as it has lately been."""

    kind: Literal["clear_sky"] = "clear_sky"
    half_life_days: Days = 10.0
    """Age at which a measured day counts half for what a roof makes of the sun."""
    fade_h: NonNegative = 5.0
    """Time after which the present brightness counts 1/e."""
    day_fade_h: NonNegative = 48.0
    """Time after which the brightness of the last day counts 1/e."""


class BoostingOptions(Options):
    """Gradient boosted trees over what is left by the seasonal forecast (load) or by the clear-sky forecast (PV)."""

    kind: Literal["boosting"] = "boosting"
    memory_days: Annotated[int, Field(ge=7, le=120)] = 60
    """Of which days examples are kept."""
    min_days: Annotated[int, Field(ge=2, le=60)] = 7
    """Before this many days were seen the simpler forecast speaks alone."""
    retrain_days: Annotated[int, Field(ge=1, le=60)] = 7
    """Days between two trainings."""
    most_examples: Annotated[int, Field(ge=1_000, le=1_000_000)] = 60_000
    """Examples in memory, of all homes together; bounds time and memory of a training."""
    iterations: Annotated[int, Field(ge=1, le=1_000)] = 40
    """Trees."""
    learning_rate: Positive = 0.03
    """How much of its correction each tree applies."""
    leaves: Annotated[int, Field(ge=2, le=255)] = 8
    """Leaves of a tree."""
    horizon_h: Annotated[float, Field(gt=0.0, le=168.0)] = 24.0
    """Up to which lead examples are drawn; beyond, what holds there is assumed."""


class WeatherServiceOptions(Options):
    """PV: what the home's roof makes of the sun that the weather service forecasts."""

    kind: Literal["weather_service"] = "weather_service"
    half_life_days: Days = 20.0
    """Age at which a measured day counts half for what a roof makes of forecast light."""
    fade_h: NonNegative = 2.0
    """Lead up to which the brightness just measured, as the clear-sky forecast carries it on, counts more than 1/e."""


class PerfectOptions(Options):
    """What will really happen: an upper bound for what forecasts can be worth, never a claim about a real home."""

    kind: Literal["perfect"] = "perfect"


ForecastOptions = Annotated[
    PersistenceOptions | SeasonalOptions | ClearSkyOptions | BoostingOptions | WeatherServiceOptions | PerfectOptions,
    Field(discriminator="kind"),
]
