# SPDX-License-Identifier: Apache-2.0
"""Constants of heat generators, tanks and air conditioners, one set of formulas for all kinds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from simulators.building.heat_pumps import AIR, FITTED_BRINE_DEGC, FITTED_FLOW_DEGC, SPREAD_K, heat_pumps

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from simulators.building.envelope import Envelope
    from simulators.building.options import BuildingOptions

    FloatArray = NDArray[np.float64]

DESIGN_DEGC: Final = {"DE": -12.0, "GB": -4.0, "IT": -2.0, "GR": 1.0}
ROOM_DEGC: Final = 20.0
"""Where the heating curve and the design heat load begin. [degC]"""
FLOW_DEGC: Final = {"floor": 35.0, "refurbished": 45.0, "radiator": 55.0}
LEAST_POWER_KW: Final = 3.0
"""No heat generator on sale is smaller (assumption). [kW]"""
RESERVE: Final = 1.15
"""Generators other than heat pumps are sized this much above the design heat load, to heat up again (assumption). [-]"""
INSTANTANEOUS_KW: Final = {"boiler": 24.0, "network": 24.0, "electric": 21.0, "heat_pump": 0.0}
"""Power for hot water without a tank: combination boilers, flow stations, three-phase heaters (assumption). [kW]"""
STRONGEST: Final = 1.3
"""Most thermal power of a heat pump over that at its rating point: the compressor gives no more when the air is warm
(assumption; data sheets of monobloc units show 1.2 to 1.4 at 7 degC, 35 degC flow). [-]"""
WATER_KWH_PER_LK: Final = 4.186 / 3600.0
"""Heat capacity of water per litre. [kWh/(l K)]"""
STANDING_W: Final = {"A": (8.5, 4.25), "B": (12.0, 5.93), "C": (16.66, 8.33), "D": (21.0, 10.33)}
"""Standing loss a + b V^0.4 at the upper limit of the class, V in litres, Regulation (EU) 812/2013 annex II. [W]"""
STANDING_K: Final = 45.0
"""Temperature difference at which it is measured, EN 12897. [K]"""
FLOW_HEATER_L: Final = 5.0
FLOW_HEATER_DEGC: Final = 45.0
"""Water in an instantaneous heater and the temperature it makes (assumption). [l], [degC]"""
USABLE_DEGC: Final = 40.0
"""Below this a tap has no hot water any more. [degC]"""
TANK_L: Final = 200.0
COOLING_W_PER_M2: Final = 60.0
PUMP_SHARE: Final = 0.01
"""Electricity of circulation pump and controls over heat (assumption; 30 W at 3 kW). [-]"""
FAN_W_PER_M3_PER_H: Final = 0.45
FUEL_ELECTRIC_SHARE: Final = 0.01
"""Fan and controls of a boiler over its heat, besides the pump (assumption). [-]"""
DRAWN: Final = 2
"""Row of `Plant.carriers`."""
BOILER_LEAST: Final = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Plant:
    """Heat generators and tanks, arrays of shape ``(n_devices,)`` unless stated; the axis of two is room heat, hot water.

    Attributes
    ----------
    at_zero, per_ambient, per_driving : ndarray, shape (2, 2, n_devices)
        Coefficient of performance, and least electrical power in kW, each for room heat and hot water: their constant, their
        change per degree outdoors, and per degree below 20 degC outdoors (heating curve) or per degree of the tank. The
        temperatures of the flow are linear in these and already in the coefficients.
    most_driving : ndarray, shape (2, n_devices)
        Degrees below 20 degC outdoors and degrees of the tank at which the flow leaves the range that the fits know. [K], [degC]
    electric_kw, heat_kw : ndarray, shape (2, n_devices)
        Most electrical (or driving) and most thermal power. [kW]
    carriers : ndarray, shape (3, 2, n_devices)
        Fuel (higher heating value), heat of a network, and heat made with electricity per heat made, for both kinds. [-]
    limit_degc, bivalence_degc : ndarray
        Below the first a heat pump stands still, below the second its backup heater may help. [degC]
    heating_limit_degc : ndarray
        From this mean of the outdoor temperature on the room is not heated. [degC]
    backup_kw, run_h, shared, pump_share, fan_kw, tan_phi : ndarray
        Backup heater, shortest run, 1 where one generator makes both kinds of heat, electricity per heat, fans
        that always run, reactive over active power.
    tank_kwh_per_k, tank_kw_per_k, band_k, usable_degc, draws : ndarray
        Capacity and loss of the tank, its band, what a tap can use, 1 where hot water is made here.
    cool_kw, inverse_eer : ndarray
        Cooling power, electricity per cooling at 35 degC outdoors. [kW], [-]
    highest_limit_degc, highest_bivalence_degc, lowest_heating_degc, highest_heating_degc : float
        Highest of these, lowest and highest of the heating limits. [degC]
    """

    at_zero: FloatArray
    per_ambient: FloatArray
    per_driving: FloatArray
    most_driving: FloatArray
    electric_kw: FloatArray
    heat_kw: FloatArray
    carriers: FloatArray
    limit_degc: FloatArray
    bivalence_degc: FloatArray
    heating_limit_degc: FloatArray
    backup_kw: FloatArray
    run_h: FloatArray
    shared: FloatArray
    pump_share: FloatArray
    fan_kw: FloatArray
    tan_phi: FloatArray
    tank_kwh_per_k: FloatArray
    tank_kw_per_k: FloatArray
    band_k: FloatArray
    usable_degc: FloatArray
    draws: FloatArray
    cool_kw: FloatArray
    inverse_eer: FloatArray
    highest_limit_degc: float
    highest_bivalence_degc: float
    lowest_heating_degc: float
    highest_heating_degc: float

    @property
    def drawn(self) -> FloatArray:
        """1 where heat is made with electricity, shape (2, n_devices)."""
        drawn: FloatArray = self.carriers[DRAWN]
        return drawn


def design_degc(options: BuildingOptions, country: str) -> float:
    """Return the outdoor temperature for which the heating is sized, in degC."""
    return DESIGN_DEGC[country] if options.design_temp_degc is None else options.design_temp_degc


def heat_power_kw(options: BuildingOptions, house: Envelope, country: str) -> float:
    """Return the thermal power of the heat generator, the design heat load if the scenario names none, in kW."""
    if options.heating == "none":
        return 0.0
    if options.heat_power_kw is not None:
        return options.heat_power_kw
    load = house.design_w_per_k * (ROOM_DEGC - design_degc(options, country)) / 1e3
    return max(LEAST_POWER_KW, load if options.heating == "heat_pump" else RESERVE * load)


@dataclass(frozen=True, slots=True)
class _Maker:
    """One way to make heat: COP and least power (constant, per ambient, per flow), powers, and what it takes."""

    cop: tuple[float, float, float]
    least: tuple[float, float, float]
    electric_kw: float
    heat_kw: float
    drawn: float
    fuel: float = 0.0
    network: float = 0.0


def _maker(options: BuildingOptions, power_kw: float) -> _Maker:
    if options.heating == "heat_pump":
        return _heat_pump(options, power_kw)
    least = BOILER_LEAST if options.least_load is None else options.least_load
    fuel = 1.0 / options.boiler_efficiency if options.heating == "boiler" else 0.0
    network = 1.0 if options.heating == "network" else 0.0
    lowest = least * power_kw if options.heating == "boiler" else 0.0
    return _Maker((1.0, 0.0, 0.0), (lowest, 0.0, 0.0), power_kw, power_kw, float(options.heating == "electric"), fuel, network)


def _heat_pump(options: BuildingOptions, power_kw: float) -> _Maker:
    unit = heat_pumps()[options.heat_pump]
    electric, thermal = unit.sized(power_kw)
    electric /= options.installed_share  # the same heat from more electricity
    source, flow, constant, ambient = (term * options.installed_share for term in unit.cop)
    source_degc = min(max(options.source_degc, FITTED_BRINE_DEGC[0]), FITTED_BRINE_DEGC[1])
    air, brine = (constant, source + ambient, flow), (constant + source * source_degc, ambient, flow)
    cop = air if unit.group == AIR else brine
    least, least_per_flow = unit.least_electric()
    return _Maker(cop, (electric * least, 0.0, electric * least_per_flow), electric, STRONGEST * thermal, 1.0)


def _immersion(power_kw: float) -> _Maker:
    return _Maker((1.0, 0.0, 0.0), (0.0, 0.0, 0.0), power_kw, power_kw, 1.0)


def _water_maker(options: BuildingOptions, room: _Maker) -> _Maker:
    if options.hot_water == "tank" and options.water_heater == "immersion":
        return _immersion(options.immersion_kw)
    if options.hot_water == "instantaneous" and options.heating != "none":
        power = max(room.heat_kw, INSTANTANEOUS_KW[options.heating])
        if options.heating != "heat_pump":
            return _Maker(room.cop, (0.0, 0.0, 0.0), power, power, room.drawn, room.fuel, room.network)
    return room


def _tank(options: BuildingOptions, area_m2: float) -> tuple[float, float, float, float]:
    """Return capacity, loss, band and lowest usable temperature. [kWh/K], [kW/K], [K], [degC]."""
    if options.hot_water != "tank":
        return FLOW_HEATER_L * WATER_KWH_PER_LK, 0.0, 0.0, USABLE_DEGC
    litres = max(TANK_L, area_m2) if options.tank_l is None else options.tank_l
    constant, slope = STANDING_W[options.tank_class]
    loss = (constant + slope * litres**0.4) / STANDING_K / 1e3
    return litres * WATER_KWH_PER_LK, loss, options.tank_band_k, min(USABLE_DEGC, options.tank_temp_set_degc)


def _curve(options: BuildingOptions, country: str) -> tuple[float, float]:
    flow = options.flow_temp_degc
    if flow is None:
        old = options.refurbishment == "existing" and options.construction_year < 2002  # noqa: PLR2004 - EnEV 2002
        flow = FLOW_DEGC["floor"] if options.emitter == "floor" else FLOW_DEGC["radiator" if old else "refurbished"]
    warm = min(flow, ROOM_DEGC + SPREAD_K)
    return warm, (flow - warm) / (ROOM_DEGC - min(design_degc(options, country), ROOM_DEGC - 1.0))


def _fan_kw(options: BuildingOptions, house: Envelope) -> float:
    if options.ventilation == "natural":
        return 0.0
    return FAN_W_PER_M3_PER_H * house.air_m3_per_h / 1e3 if options.p_fan_kw is None else options.p_fan_kw


def _unit(options: BuildingOptions, house: Envelope, country: str) -> dict[str, object]:
    """Return the constants of one building; `plant_of` stacks them."""
    room = _maker(options, heat_power_kw(options, house, country))
    water = _water_maker(options, room)
    both = (room, water)
    kinds = ([maker.cop for maker in both], [maker.least for maker in both])
    warm, slope = _curve(options, country)
    tank = _tank(options, house.area_m2)
    cooling = COOLING_W_PER_M2 * house.area_m2 / 1e3 if options.cooling_power_kw is None else options.cooling_power_kw
    is_heat_pump = options.heating == "heat_pump"
    return {
        "at_zero": [[fit[0] + fit[2] * flow for fit, flow in zip(fits, (warm, SPREAD_K), strict=True)] for fits in kinds],
        "per_ambient": [[fit[1] for fit in fits] for fits in kinds],
        "per_driving": [[fit[2] * rise for fit, rise in zip(fits, (slope, 1.0), strict=True)] for fits in kinds],
        "most_driving": [(FITTED_FLOW_DEGC[1] - warm) / slope if slope else np.inf, FITTED_FLOW_DEGC[1] - SPREAD_K],
        "electric_kw": [m.electric_kw for m in both],
        "heat_kw": [m.heat_kw for m in both],
        "carriers": [[m.fuel for m in both], [m.network for m in both], [m.drawn for m in both]],
        "limit_degc": options.heat_pump_limit_degc if is_heat_pump and heat_pumps()[options.heat_pump].group == AIR else -np.inf,
        "bivalence_degc": options.bivalence_degc if is_heat_pump else -np.inf,
        "heating_limit_degc": np.inf if options.heating_limit_degc is None else options.heating_limit_degc,
        "backup_kw": options.backup_kw if is_heat_pump else 0.0,
        "run_h": options.shortest_run_min / 60.0,
        "shared": float(water.electric_kw == room.electric_kw and options.water_heater == "generator"),
        "pump_share": PUMP_SHARE + (FUEL_ELECTRIC_SHARE if options.heating == "boiler" else 0.0),
        "fan_kw": _fan_kw(options, house),
        "tan_phi": (1.0 - options.power_factor**2) ** 0.5 / options.power_factor,
        "tank_kwh_per_k": tank[0],
        "tank_kw_per_k": tank[1],
        "band_k": tank[2],
        "usable_degc": tank[3],
        "draws": float(options.hot_water != "none"),
        "cool_kw": cooling if options.cooling == "air_conditioner" else 0.0,
        "inverse_eer": 1.0 / options.cooling_eer,
    }


def plant_of(options: Sequence[BuildingOptions], houses: Sequence[Envelope], countries: Sequence[str]) -> Plant:
    """Return the plant of these buildings, in the given order."""
    units = [_unit(*building) for building in zip(options, houses, countries, strict=True)]
    stacked = {name: _last(np.array([unit[name] for unit in units], dtype=np.float64)) for name in units[0]}
    highest = {f"highest_{name}": float(stacked[name].max()) for name in ("limit_degc", "bivalence_degc")}
    highest["lowest_heating_degc"] = float(stacked["heating_limit_degc"].min())
    highest["highest_heating_degc"] = float(stacked["heating_limit_degc"].max())
    return Plant(**stacked, **highest)  # type: ignore[arg-type]  # names follow the fields


def _last(stacked: FloatArray) -> FloatArray:
    """Return an array with its first axis, the devices, at the end."""
    return np.ascontiguousarray(np.moveaxis(stacked, 0, -1))


def electric_kw(options: BuildingOptions, house: Envelope, country: str) -> float:
    """Return the most electrical power a building's plant draws, in kW."""
    plant = plant_of([options], [house], [country])
    making = float((plant.electric_kw * plant.drawn)[0, 0])
    apart = float((plant.electric_kw * plant.drawn)[1, 0]) * (1.0 - float(plant.shared[0])) if plant.draws[0] else 0.0
    heat = float(plant.heat_kw.max()) * float(plant.pump_share[0])
    cooling = float(plant.cool_kw[0] * plant.inverse_eer[0]) * 1.5
    return max(making + float(plant.backup_kw[0]), cooling) + apart + heat + float(plant.fan_kw[0])
