# SPDX-License-Identifier: Apache-2.0
"""Constants of a fleet of buildings, and what follows from them for a step length."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import exp
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from simulators.building.archetypes import archetype
from simulators.building.envelope import AIR_WH_PER_M3K, Envelope, envelope, zone_of
from simulators.building.facades import sun_matrix
from simulators.building.plant import FLOW_HEATER_DEGC, Plant, plant_of
from simulators.building.schedules import FLOW_PER_PERSON_M3_PER_H
from simulators.building.thermal import AIR, CONVECTIVE, END, HEAT, Zone, zone_matrix
from twinergy.units import SECONDS_PER_HOUR

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from simulators.building.options import BuildingOptions

    FloatArray = NDArray[np.float64]

OPEN_AIR_CHANGE_PER_H: Final = 3.0
"""Air change through wide open windows (assumption; EN 16798-7 gives 2 to 6 for single-sided airing). [1/h]"""
MOISTURE_BUFFER: Final = 4.0
"""Moisture that surfaces take up with the air, over that of the air alone (effective capacitance multiplier: 1 to 10 in
building simulation practice; assumption). [-]"""
CO2_M3_PER_H: Final = 0.019
"""Carbon dioxide of one person: 18 to 20 l/h at 1.2 met (EN 13779 annex, EN 16798-4). [m3/h]"""
VAPOUR_KG_PER_H: Final = 0.05
ACTIVE_KG_PER_H: Final = 0.12
"""Moisture of one person, and of cooking, washing and plants per active person at home (VDI 2078: 35 to 60 g/h per person
at 20 to 24 degC; both together 2 to 3 kg per person and day, as moisture balances of homes find). [kg/h]"""
VAPOUR_HPA_M3_PER_KG: Final = 461.5 * 293.15 / 100.0
"""Vapour pressure of a kilogram in a cubic metre at 20 degC. [hPa m3/kg]"""
DAYLIGHT_PER_WINDOW: Final = 0.08
"""Mean daylight factor per window area over floor area (average daylight factor formula of the CIBSE with transmittance 0.65,
visible sky 65 degrees and surfaces of reflectance 0.5; assumption). [-]"""
LAMPS_LX: Final = {"residential": 150.0, "school": 300.0, "nursery": 300.0, "office": 500.0}
COIL_HPA: Final = 14.0
COIL_M3_PER_H_PER_KW: Final = 200.0
"""An air conditioner dries air to the dew point of its coil, 12 degC, and sends this flow over it per kW of cooling (assumption:
air cooled by 10 to 15 K, a part of which passes the coil untouched). [hPa], [m3/h per kW]"""
PERSON_DBA: Final = 50.0
"""Sound level that one active person leads to in a room: quiet talk and housework (assumption: 50 to 60 dB(A) speech). [dB(A)]"""
COOLING_DBA_PER_KW: Final = 40.0
"""Sound level of the indoor unit of an air conditioner that takes 1 kW (data sheets: 35 to 45 dB(A)). [dB(A)]"""


OUTDOOR_MEMORY_H: Final = 36.0
"""Time constant of the mean outdoor temperature that decides on the heating season (assumption: controls of heating systems
damp it by a day or two, depending on the class of the building). [h]"""


class Span(NamedTuple):
    """What a step length makes of the constants; see `BuildingParams`.

    Attributes
    ----------
    hours : float
        The step length. [h]
    free, heat, convective : ndarray, shapes (7, 5, n), (5, n), (5, n)
        `thermal.zone_matrix`: all columns but the last two, and those two.
    per_heat, per_convective : ndarray, shape (n,)
        Rise of the mean air temperature per kW of room heat and per convective kW. [K/kW]
    end_heat, end_convective, inverse_convective : ndarray, shape (n,)
        The same of the air temperature at the end of the step, and the inverse of the last. [K/kW], [kW/K]
    tank_keep, tank_lose, tank_rise, tank_fill : ndarray, shape (n,)
        Share of the tank's excess that is left after the step, the rest, its rise per kW, and kW per K. [-], [-], [K/kW], [kW/K]
    tank_stored : ndarray, shape (n,)
        Power that is stored per rise over the step. [kW/K]
    remembered : float
        Share of what heating controls remember of the outdoor temperature that is left after the step. [-]
    air : ndarray, shape (2, n)
        Fresh air that is wanted once per step of the room (carbon dioxide, moisture): minus hours over volume. [h/m3]
    decay, mean : ndarray, shape (2, n)
        At the fresh air that is always there: what is left of an excess at the end of the step, and in its mean. [-]
    """

    hours: float
    free: FloatArray
    heat: FloatArray
    convective: FloatArray
    per_heat: FloatArray
    per_convective: FloatArray
    end_heat: FloatArray
    end_convective: FloatArray
    inverse_convective: FloatArray
    tank_keep: FloatArray
    tank_lose: FloatArray
    tank_rise: FloatArray
    tank_fill: FloatArray
    tank_stored: FloatArray
    remembered: float
    air: FloatArray
    decay: FloatArray
    mean: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildingParams:
    """Constants of a fleet, arrays of shape ``(n_devices,)`` unless stated.

    Attributes
    ----------
    zone, plant : Zone, Plant
        Thermal network, and heat generators with tanks and cooling.
    directions_deg : tuple of float
        Directions of facades; `sun` is the matrix of `facades.sun_matrix`.
    sun : ndarray, shape (n_directions + 4, 3, n_devices)
        From weather to what acts on the zones, see `facades.sun_matrix`.
    volume_m3, air_m3_per_h : ndarray
        Volume, and fresh air that is always there. [m3], [m3/h]
    person_m3_per_h, person_kw_per_k, open_m3_per_h : ndarray
        More fresh air per person with the heat it costs, and through wide open windows. [m3/h], [kW/K]
    blinds : ndarray
        Share of the sun that closed blinds keep out. [-]
    sources : ndarray, shape (2, 2, n_devices)
        Carbon dioxide in ppm m3/h and moisture in hPa m3/h, per person present and per active person.
    daylight, lamps_lx, background : ndarray
        Daylight factor, light of the lamps, background as sound power over that of 0 dB(A). [-], [lx], [-]
    temp_cool_set_degc, temp_high_degc : ndarray
        Set-point of cooling, and above what it is too warm. [degC]
    start_degc, tank_start_degc : ndarray
        Temperatures at the start. [degC]
    brings_air, cools, draws_all : bool
        Whether people bring fresh air anywhere, anything cools, every building makes its hot water.
    spans : dict
        What `span` has made, by step length.
    """

    zone: Zone
    plant: Plant
    directions_deg: tuple[float, ...]
    sun: FloatArray
    volume_m3: FloatArray
    air_m3_per_h: FloatArray
    person_m3_per_h: FloatArray
    person_kw_per_k: FloatArray
    open_m3_per_h: FloatArray
    blinds: FloatArray
    sources: FloatArray
    daylight: FloatArray
    lamps_lx: FloatArray
    background: FloatArray
    temp_cool_set_degc: FloatArray
    temp_high_degc: FloatArray
    start_degc: FloatArray
    tank_start_degc: FloatArray
    brings_air: bool
    cools: bool
    draws_all: bool
    spans: dict[float, Span] = field(default_factory=dict, compare=False, repr=False)

    def span(self, duration_s: float) -> Span:
        """Return what a step length makes of the constants; made once.

        Raises
        ------
        ValueError
            If the length is not positive.
        """
        if duration_s not in self.spans:
            if duration_s <= 0.0:
                message = f"a step must last longer than 0 s (got {duration_s:g} s)"
                raise ValueError(message)
            self.spans[duration_s] = _span(self, duration_s / SECONDS_PER_HOUR)
        return self.spans[duration_s]


def _span(params: BuildingParams, hours: float) -> Span:
    matrix, plant = zone_matrix(params.zone, hours), params.plant
    lost = plant.tank_kw_per_k * hours / plant.tank_kwh_per_k
    rise = -np.expm1(-lost) / np.where(lost > 0.0, lost, 1.0)
    rise = np.where(lost > 0.0, rise, 1.0) * hours / plant.tank_kwh_per_k
    air = -hours / np.stack([params.volume_m3, params.volume_m3 * MOISTURE_BUFFER])
    changes = air * params.air_m3_per_h
    return Span(
        hours=hours,
        free=matrix[:HEAT],
        heat=matrix[HEAT],
        convective=matrix[CONVECTIVE],
        per_heat=matrix[HEAT, AIR],
        per_convective=matrix[CONVECTIVE, AIR],
        end_heat=matrix[HEAT, END],
        end_convective=matrix[CONVECTIVE, END],
        inverse_convective=1.0 / matrix[CONVECTIVE, END],
        tank_keep=np.exp(-lost),
        tank_lose=-np.expm1(-lost),
        tank_rise=rise,
        tank_fill=1.0 / rise,
        tank_stored=plant.tank_kwh_per_k / hours,
        remembered=exp(-hours / OUTDOOR_MEMORY_H),
        air=air,
        decay=(decay := np.exp(changes)),
        mean=(decay - 1.0) / changes,  # as `air.breathe` does, bit by bit
    )


def floor_area_m2(options: BuildingOptions, dwelling_m2: float | None) -> float:
    """Return the floor area: the option's, else the dwelling's, else 0. [m2]."""
    if options.floor_area_m2 is not None:
        return options.floor_area_m2
    return 0.0 if dwelling_m2 is None else dwelling_m2


def params_of(options: Sequence[BuildingOptions], area_m2: Sequence[float], countries: Sequence[str]) -> BuildingParams:
    """Return the constants of these buildings, in the given order.

    Parameters
    ----------
    options : sequence of BuildingOptions
        Options.
    area_m2 : sequence of float
        Floor areas, positive. [m2]
    countries : sequence of str
        Countries whose typical houses the envelopes follow.

    Raises
    ------
    KeyError
        If a country has no typical houses.
    """
    houses = [
        envelope(option, archetype(country, option.construction_year, option.refurbishment), area)
        for option, area, country in zip(options, area_m2, countries, strict=True)
    ]
    directions, sun = sun_matrix(houses, [option.rotation_deg for option in options])
    plant = plant_of(options, houses, countries)
    volume = np.array([house.volume_m3 for house in houses])
    person = np.array([FLOW_PER_PERSON_M3_PER_H[option.use] for option in options])
    cold = np.array([1.0 - option.heat_recovery if option.ventilation == "mechanical" else 1.0 for option in options])
    cools = np.array([option.cooling != "none" for option in options])
    cool_set = np.array([option.temp_cool_set_degc for option in options])
    return BuildingParams(
        zone=zone_of(options, houses),
        plant=plant,
        directions_deg=directions,
        sun=sun,
        volume_m3=volume,
        air_m3_per_h=np.array([house.air_m3_per_h for house in houses]),
        person_m3_per_h=person,
        person_kw_per_k=person * cold * AIR_WH_PER_M3K / 1e3,
        open_m3_per_h=volume * OPEN_AIR_CHANGE_PER_H * np.array([float(option.window_opening) for option in options]),
        blinds=1.0 - np.array([option.blinds for option in options]),
        sources=_sources(options),
        daylight=np.array([_daylight(*pair) for pair in zip(options, houses, strict=True)]),
        lamps_lx=np.array([LAMPS_LX[option.use] if option.lamps_lx is None else option.lamps_lx for option in options]),
        background=10.0 ** (np.array([option.background_dba for option in options]) / 10.0),
        temp_cool_set_degc=np.where(cools, cool_set, np.inf),
        temp_high_degc=cool_set,
        start_degc=np.array([option.temp_degc for option in options]),
        tank_start_degc=np.array([_tank_start(option) for option in options]),
        brings_air=bool(np.any(person > 0.0)),
        cools=bool(np.any(cools)),
        draws_all=bool(np.all(plant.draws > 0.0)),
    )


def _sources(options: Sequence[BuildingOptions]) -> FloatArray:
    sources = np.zeros((2, 2, len(options)))
    sources[0, 0] = CO2_M3_PER_H * 1e6
    sources[1, 0] = VAPOUR_KG_PER_H * VAPOUR_HPA_M3_PER_KG
    at_home = np.array([float(option.use == "residential") for option in options])
    sources[1, 1] = ACTIVE_KG_PER_H * VAPOUR_HPA_M3_PER_KG * at_home
    return sources


def _daylight(options: BuildingOptions, house: Envelope) -> float:
    if options.daylight_factor is not None:
        return options.daylight_factor
    return DAYLIGHT_PER_WINDOW * house.window_m2 / house.area_m2


def _tank_start(options: BuildingOptions) -> float:
    return options.tank_temp_set_degc if options.hot_water == "tank" else FLOW_HEATER_DEGC
