# SPDX-License-Identifier: Apache-2.0
"""What a scenario may say about home energy management."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from twinergy.forecast.options import ForecastOptions, SeasonalOptions, WeatherServiceOptions
from twinergy.options import Fraction, NonNegative, Options

Hour = Annotated[float, Field(ge=0.0, le=24.0)]
Steered = Literal["battery", "machines", "car", "heating", "hot_water", "pv"]
ALL: tuple[Steered, ...] = ("battery", "machines", "car", "heating", "hot_water", "pv")


class HouseholdOptions(Options):
    """What a household cares about, and what it allows."""

    cost: NonNegative = 1.0
    """How much one euro of the bill counts. [-]"""
    self_consumption_eur_per_kwh: NonNegative = 0.0
    """What every kWh of PV that is fed in or curtailed counts, beyond its price. [EUR/kWh]"""
    co2_eur_per_kg: NonNegative = 0.1
    """What a kilogram of CO2 of imported electricity counts; 0.1 is the order of the European emission price. [EUR/kg]"""
    comfort_eur_per_kh: NonNegative = 0.5
    """What one kelvin outside the comfort band for one hour counts. [EUR/(K h)]"""
    comfort_band_k: Annotated[float, Field(ge=0.0, le=5.0)] = 1.0
    """How far the room may be below the set-point of heating and above it, and the same for cooling. [K]"""
    steer: tuple[Steered, ...] = ALL
    """What the module may control; the rest it only watches."""
    opt_out: bool = False
    """Whether the household wants to be left alone: it is watched, nothing is controlled and no request is let through."""
    quiet_from_h: Hour = 22.0
    """Local time from which no machine is started and nobody outside may switch anything. [h]"""
    quiet_until_h: Hour = 6.0
    """Local time until which that holds; equal to the other for no quiet hours. [h]"""
    most_interventions: Annotated[int, Field(ge=0)] = 24
    """Most commands per local day that people notice (machines, plugs, set-points of rooms and hot water)."""


class RequestOptions(Options):
    """Something a household asks for by itself, as it would in its app."""

    at_h: NonNegative
    """Hours from the start of the run. [h]"""
    dwelling: str
    """Whose."""
    table: Literal["household", "building", "charging"]
    """Kind of the device."""
    port: str
    """Set-point port: ``dishwasher_on``, ``electronics_on``, ``temp_set_degc``."""
    value: float
    """What it is to be, in the port's unit."""
    valid_h: Annotated[float, Field(gt=0.0, le=168.0)] = 1.0
    """For how long. [h]"""


class HomeEnergyOptions(HouseholdOptions):
    """Home energy management of all homes with a gateway, or of the named ones."""

    dwellings: tuple[str, ...] = ()
    """Homes that take part; all with a gateway if empty."""
    households: dict[str, HouseholdOptions] = Field(default_factory=dict)
    """Choices of single households, in place of the common ones."""
    load_forecast: ForecastOptions = SeasonalOptions()
    """How the load is forecast."""
    pv_forecast: ForecastOptions = WeatherServiceOptions()
    """How the PV power is forecast."""
    replan_s: Annotated[int, Field(ge=60, le=86_400)] = 3600
    """Time between two plans. [s]"""
    horizon_h: Annotated[float, Field(ge=1.0, le=72.0)] = 24.0
    """How far a plan looks ahead. [h]"""
    watch_days: Annotated[float, Field(ge=0.0, le=60.0)] = 2.0
    """Days in which the module only watches, to learn. [d]"""
    round_trip_efficiency: Annotated[float, Field(gt=0.3, le=1.0)] = 0.88
    """Of batteries, before it was measured: data sheets of home storage say 0.85 to 0.93 with their inverter (assumption). [-]"""
    wear_eur_per_kwh: NonNegative = 0.02
    """What a discharged kWh is taken to wear off a battery (assumption). [EUR/kWh]"""
    doubt_eur_per_kwh: NonNegative = 0.05
    """How much less a kWh at the end of the horizon counts than one now, for forecasts may be wrong: a plan that gains less by
    putting something off does it at once. Tried on the pilot Hagedorn in January and June: what forecasts cost falls by a third
    to a half. [EUR/kWh]"""
    end_share: Fraction = 0.8
    """Value of a kWh in store at the end of the horizon, over the least price of the horizon: it can be had again for that
    (assumption). [-]"""
    threads: Annotated[int, Field(ge=1, le=64)] = 2
    """Solvers that work side by side."""
    apps: tuple[str, ...] = ()
    """Sources of messages that may ask in a household's name, such as its app; everybody else asks as a module."""
    requests: tuple[RequestOptions, ...] = ()
    """What households ask for by themselves during the run."""
