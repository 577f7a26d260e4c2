# SPDX-License-Identifier: Apache-2.0
"""Heat of a rehearsed year: what networks and homes need, and what a heat pump would make of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from twinergy.cosim.planning.bench import CHP, units_of
from twinergy.cosim.planning.pumps import cop_air, course, shown
from twinergy.planning.courses import HeatedHome, HeatNetwork

if TYPE_CHECKING:
    from collections.abc import Sequence

    from twinergy.community.scenario import Scenario
    from twinergy.community.twin import Device, Twin
    from twinergy.cosim.planning.bench import Unit
    from twinergy.cosim.planning.tallies import Year
    from twinergy.kinds import FloatArray

BUILDING: Final = "building"
OWN: Final = ("boiler", "heat_pump", "electric")
ELECTRIC: Final = ("heat_pump", "electric")
ROOM_DEGC: Final = 20.0
SPREAD_K: Final = 5.0
"""The flow is so much warmer than the room or the tank when nearly nothing is needed, as in the building kind. [K]"""
FLOW_DEGC: Final = {"floor": 35.0, "refurbished": 45.0, "radiator": 55.0}
"""Flow temperature on the design day where the scenario names none, as in the building kind. *Assumption.* [degC]"""
REFURBISHED_FROM: Final = 2002
INSTALLED_SHARE: Final = 0.8
TANK_DEGC: Final = 50.0
"""Coefficient of performance in a house over that on a test bench, and temperature of a tank, where the building does not say:
defaults of the building kind."""
LEAST_KW: Final = 1e-9


def ask(year: Year, twin: Twin) -> None:
    """Have everything recorded that `heated_homes` and `heat_networks` look at."""
    homes = homes_of(twin)
    rows = {device.id: row for row, device in enumerate(homes)}
    by_tank = {name: row for name, row in rows.items() if not _apart(twin.device_by_id[name])}
    year.add("space heat", len(homes), [(BUILDING, "heat_space_kw", rows)])
    year.add("water heat", len(homes), [(BUILDING, "heat_water_kw", by_tank)])
    year.each("cop", BUILDING, "cop", [one for one in homes if _heating(one) == "heat_pump"])
    networks = {name: row for row, name in enumerate(_networks(twin))}
    taking = {one.id: networks[one.heat_network] for one in twin.of_kind(BUILDING) if one.heat_network in networks}
    making = {one.id: networks[one.heat_network or one.id] for one in twin.of_kind(CHP)}
    year.add("network heat", len(networks), [(BUILDING, "heat_network_kw", taking)])
    year.add("network supply", len(networks), [(CHP, "heat_demand_kw", making)])


def homes_of(twin: Twin) -> list[Device]:
    """Return the buildings with a heat generator of their own."""
    return [one for one in twin.of_kind(BUILDING) if _heating(one) in OWN]


def electric_of(twin: Twin) -> list[Device]:
    """Return those of them that make heat with electricity."""
    return [one for one in homes_of(twin) if _heating(one) in ELECTRIC]


def _heating(device: Device) -> str:
    return str(getattr(device.options, "heating", "none"))


def _apart(device: Device) -> bool:
    """Return whether a boiler's house makes its hot water with an immersion heater: that stays part of the load."""
    return _heating(device) == "boiler" and getattr(device.options, "water_heater", "") == "immersion"


def heated_homes(year: Year, scenario: Scenario, temp_degc: FloatArray) -> tuple[tuple[HeatedHome, ...], list[str]]:
    """Return the homes that heat for themselves, with what a heat pump would reach there, and what was assumed.

    A home that has a heat pump shows its coefficient of performance itself whenever it runs. At other times, and in other homes,
    it is what the heat pump that the home's options name shows on a bench (`twinergy.cosim.planning.pumps`), or a regression
    where there is no such model; for hot water less by the greater lift.
    """
    homes, space, water = homes_of(scenario.twin), year["space heat"], year["water heat"]
    pumps = {one.id: row for row, one in enumerate(one for one in homes if _heating(one) == "heat_pump")}
    on_bench = shown(scenario, homes) if homes else np.empty((0, 0))
    result = []
    for row, device in enumerate(homes):
        for_space, for_water = _cops(device.options, on_bench[row], temp_degc)
        cop = _mixed(space[row], water[row], for_space, for_water)
        if device.id in pumps:
            cop = _seen(year["cop"][pumps[device.id]], cop)
        result.append(_home(device, space[row] + water[row], cop))
    note = (
        "a heat pump in a home that has none is the one that the home's options name, at their flow temperature; hot water takes "
        "more electricity by the ratio of Staffell et al. (2012) for both lifts (assumption)"
    )
    return tuple(result), [note] if homes else []


def _cops(options: Any, on_bench: FloatArray, temp_degc: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the coefficients of performance for rooms and for hot water."""
    curve = _curve(options, temp_degc)
    regressed = cop_air(_flow(curve, temp_degc) - temp_degc)
    of_model = course(on_bench, temp_degc)
    for_space = regressed * curve[3] if of_model is None else of_model
    return for_space, np.maximum(1.0, for_space * cop_air(curve[2] - temp_degc) / regressed)


def _home(device: Device, demand_kw: FloatArray, cop: FloatArray) -> HeatedHome:
    options: Any = device.options
    is_boiler = _heating(device) == "boiler"
    return HeatedHome(
        dwelling=device.dwelling or device.id,
        connection=device.connection,
        heating=_heating(device),
        fuel=str(getattr(options, "fuel", "")) if is_boiler else "",
        demand_kw=demand_kw,
        cop=cop,
        efficiency=float(getattr(options, "boiler_efficiency", 1.0)) if is_boiler else 1.0,
    )


def _curve(options: Any, temp_degc: FloatArray) -> tuple[float, float, float, float]:
    """Return flow temperature on the design day, outdoor temperature then, that of hot water, and the installed share."""
    flow = getattr(options, "flow_temp_degc", None)
    if flow is None:
        old = getattr(options, "refurbishment", "existing") == "existing"
        old = old and getattr(options, "construction_year", 0) < REFURBISHED_FROM
        floor = getattr(options, "emitter", "radiator") == "floor"
        flow = FLOW_DEGC["floor" if floor else "radiator" if old else "refurbished"]
    given = getattr(options, "design_temp_degc", None)
    design = min(float(temp_degc.min()) if given is None else given, ROOM_DEGC - SPREAD_K)
    hot = getattr(options, "tank_temp_set_degc", TANK_DEGC) + SPREAD_K
    return float(flow), float(design), float(hot), float(getattr(options, "installed_share", INSTALLED_SHARE))


def _flow(curve: tuple[float, ...], temp_degc: FloatArray) -> FloatArray:
    """Return the flow temperature of the heating curve: a straight line from the room to the design day."""
    flow, design = curve[:2]
    warm = min(flow, ROOM_DEGC + SPREAD_K)
    share = np.clip((ROOM_DEGC - temp_degc) / (ROOM_DEGC - design), 0.0, 1.0)
    return np.asarray(warm + (flow - warm) * share)


def _mixed(space_kw: FloatArray, water_kw: FloatArray, for_space: FloatArray, for_water: FloatArray) -> FloatArray:
    """Return the coefficient of performance of both kinds of heat together; that of rooms where nothing is needed."""
    total = space_kw + water_kw
    needs = space_kw / for_space + water_kw / for_water
    return np.where(total > LEAST_KW, total / np.maximum(needs, LEAST_KW / 100.0), for_space)


def _seen(seen: FloatArray, worked_out: FloatArray) -> FloatArray:
    """Return what a heat pump showed while it ran; in between what was worked out, scaled so that both agree on the mean."""
    runs = seen > 0.0
    if not runs.any():
        return worked_out
    scale = float(seen[runs].mean() / worked_out[runs].mean())
    return np.where(runs, seen, np.maximum(1.0, scale * worked_out))


def _networks(twin: Twin) -> list[str]:
    """Return the heat networks by name; a CHP unit without one that has a demand of its own is one by itself."""
    hanging = {one.heat_network for one in twin.of_kind(BUILDING) if one.heat_network and _heating(one) == "network"}
    return sorted(hanging | {one.heat_network or one.id for one in twin.of_kind(CHP)})


def heat_networks(year: Year, scenario: Scenario) -> tuple[tuple[HeatNetwork, ...], list[str]]:
    """Return the heat networks with what feeds them now, and what was assumed."""
    units: dict[str, list[Unit]] = {}
    for unit in units_of(scenario):
        units.setdefault(unit.device.heat_network or unit.device.id, []).append(unit)
    result, notes = [], []
    for row, name in enumerate(_networks(scenario.twin)):
        mine = units.get(name, [])
        demand = year["network supply"][row] if mine else year["network heat"][row]
        if not mine:
            notes.append(f"nothing feeds heat network {name!r} yet: its pipes are taken to lose nothing")
        result.append(_network(name, _meter(scenario.twin, name, mine), demand, mine))
    return tuple(result), notes


def _meter(twin: Twin, network: str, units: Sequence[Unit]) -> str:
    """Return the connection of what feeds a network, or of the first building that hangs on it."""
    if units:
        return units[0].device.connection
    return next(one.connection for one in twin.of_kind(BUILDING) if one.heat_network == network)


def _network(name: str, connection: str, demand_kw: FloatArray, units: Sequence[Unit]) -> HeatNetwork:
    if not units:
        return HeatNetwork(id=name, connection=connection, demand_kw=demand_kw)
    power, heat = sum(one.power_kw for one in units), sum(one.heat_kw for one in units)
    fuel = sum(one.power_kw / one.electric_efficiency for one in units)
    boiler = sum(one.boiler_kw for one in units)
    burnt = sum(one.boiler_kw / one.boiler_efficiency for one in units)
    return HeatNetwork(
        id=name,
        connection=connection,
        demand_kw=demand_kw,
        chp_kw=power,
        chp_thermal_kw=heat,
        boiler_kw=boiler,
        buffer_kwh=sum(one.buffer_kwh for one in units),
        electric_efficiency=power / fuel,
        thermal_efficiency=heat / fuel,
        boiler_efficiency=boiler / burnt if burnt > 0.0 else units[0].boiler_efficiency,
        fuel=str(getattr(units[0].device.options, "fuel", "natural_gas")),
    )
