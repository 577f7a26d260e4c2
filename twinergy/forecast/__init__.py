# SPDX-License-Identifier: Apache-2.0
"""What homes will need and what their roofs will give, learned from what was measured there; see docs/how-to/forecasts.md."""

from twinergy.forecast.contract import Provider, Role
from twinergy.forecast.making import make
from twinergy.forecast.options import (
    BoostingOptions,
    ClearSkyOptions,
    ForecastOptions,
    PerfectOptions,
    PersistenceOptions,
    SeasonalOptions,
    WeatherServiceOptions,
)
from twinergy.forecast.perfect import Perfect
from twinergy.forecast.scored import Scored
from twinergy.forecast.scores import Scores

__all__ = [
    "BoostingOptions",
    "ClearSkyOptions",
    "ForecastOptions",
    "Perfect",
    "PerfectOptions",
    "PersistenceOptions",
    "Provider",
    "Role",
    "Scored",
    "Scores",
    "SeasonalOptions",
    "WeatherServiceOptions",
    "make",
]
