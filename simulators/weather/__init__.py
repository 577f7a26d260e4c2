# SPDX-License-Identifier: Apache-2.0
"""Weather: measured, typical or drawn from climate figures, with sun position and consistent irradiance components."""

from __future__ import annotations

from simulators.weather.climate_figures import monthly_figures
from simulators.weather.kind import WeatherKind
from simulators.weather.noon import noon_offset_min
from simulators.weather.params import WeatherOptions
from simulators.weather.reading import read_weather

KIND = WeatherKind()

__all__ = ["KIND", "WeatherKind", "WeatherOptions", "monthly_figures", "noon_offset_min", "read_weather"]
