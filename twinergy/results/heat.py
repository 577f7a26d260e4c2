# SPDX-License-Identifier: Apache-2.0
"""Heat and cold: who supplied it, what was missing, and whether heat networks add up."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np

from twinergy.results.extreme import Highest
from twinergy.results.kpi import kpi
from twinergy.results.sums import HEAT_PUMP_HEAT, HEAT_PUMP_POWER

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from twinergy.community.twin import Twin
    from twinergy.results.kpi import Kpi
    from twinergy.results.sums import DeviceSums
    from twinergy.results.view import BlockView

    FloatArray = NDArray[np.float64]

_BUILDING: Final = {
    "heat_space_kwh": "heat_space_kw",
    "heat_water_kwh": "heat_water_kw",
    "heat_unserved_kwh": "heat_unserved_kw",
    "hot_water_unserved_kwh": "hot_water_unserved_kw",
}
_BUILDING_IF_ANY: Final = {
    "fuel_kwh": "fuel_kw",
    "heat_network_kwh": "heat_network_kw",
    "cooling_kwh": "p_cooling_kw",
    "cool_kwh": "cool_kw",
}
_ROUNDING_KWH: Final = 1e-6
_CHP: Final = {
    "chp_supplied_kwh": "heat_supplied_kw",
    "chp_heat_kwh": "heat_kw",
    "chp_boiler_heat_kwh": "boiler_heat_kw",
    "chp_dumped_kwh": "heat_dumped_kw",
    "network_unserved_kwh": "heat_unserved_kw",
}


class HeatAccount:
    """Heat by source and use from the energy of devices, and the residual of each heat network in each step.

    Parameters
    ----------
    twin : Twin
        The community; buildings and CHP units of the same ``heat_network`` belong together.
    sums : DeviceSums
        Energy of devices.
    """

    def __init__(self, twin: Twin, sums: DeviceSums) -> None:
        self._twin, self._sums = twin, sums
        self._worst = Highest()
        self._networks: tuple[str, ...] = ()
        self._chp: FloatArray = np.zeros((0, 0))
        self._building: FloatArray = np.zeros((0, 0))

    def add(self, view: BlockView) -> None:
        """Add a block."""
        supplied = view.port("chp", "heat_supplied_kw")
        if supplied is None:
            return
        if self._chp.size == 0:
            self._start(view)
        unserved, demand = view.port("chp", "heat_unserved_kw"), view.port("chp", "heat_demand_kw")
        met_kw = (supplied if unserved is None else supplied + unserved) @ self._chp
        asked = view.port("building", "heat_network_kw")
        asked_kw = 0.0 * met_kw if asked is None else asked @ self._building
        if demand is None:
            residual_kw = np.abs(met_kw - asked_kw)
        else:  # pipe losses and a demand of its own are the unit's: more than the buildings ask for, never less
            demand_kw = demand @ self._chp
            residual_kw = np.abs(met_kw - demand_kw) + np.maximum(asked_kw - demand_kw, 0.0)
        self._worst.add(residual_kw, self._networks, view.when)

    def _start(self, view: BlockView) -> None:
        """Say who belongs to which network: matrices of shape (n_devices, n_networks)."""
        network = {device.id: device.heat_network for device in self._twin.devices}
        units = [network.get(name, "") for name in view.block.tables["chp"].table.ids]
        homes = view.block.tables.get("building")
        buildings = [network.get(name, "") for name in homes.table.ids] if homes else []
        self._networks = tuple(sorted(set(units)))
        self._chp = np.array([[float(own == name) for name in self._networks] for own in units])
        fed = [[float(own == name != "") for name in self._networks] for own in buildings]
        self._building = np.array(fed).reshape(len(buildings), len(self._networks))

    def kpis(self) -> Iterator[Kpi]:
        """Yield the key figures of what has been added."""
        if "building" in self._sums.ids:
            yield from self._of_buildings()
        for name, port in _CHP.items():
            if self._sums.has("chp", port):
                yield kpi(name, self._sums.total("chp", port))
        if not math.isnan(self._worst.value):
            yield kpi("heat_balance_max_kw", self._worst.value, where=self._worst.where, when=self._worst.when)

    def _of_buildings(self) -> Iterator[Kpi]:
        sums = self._sums
        for name, port in _BUILDING.items():
            if sums.has("building", port):
                yield kpi(name, sums.total("building", port))
        for name, port in _BUILDING_IF_ANY.items():
            if sums.total("building", port):
                yield kpi(name, sums.total("building", port))
        heat, power = heat_pump_kwh(sums)
        direct = sums.total("building", "p_heat_pump_kw") - float(power.sum())
        if direct > _ROUNDING_KWH:
            yield kpi("electric_heater_kwh", direct)
        if power.sum() > _ROUNDING_KWH:
            yield kpi("heat_pump_kwh", float(power.sum()))
            yield kpi("heat_pump_heat_kwh", float(heat.sum()))
            yield self._spf(heat, power)
        if sums.total("building", "fuel_kw"):
            yield kpi("boiler_heat_kwh", float(boiler_heat_kwh(sums).sum()))

    def _spf(self, heat: FloatArray, power: FloatArray) -> Kpi:
        each = np.divide(heat, power, out=np.full_like(heat, np.inf), where=power > _ROUNDING_KWH)
        where = self._sums.ids["building"][int(each.argmin())]
        return kpi("heat_pump_spf", float(heat.sum() / power.sum()), where=where)


def heat_pump_kwh(sums: DeviceSums) -> tuple[FloatArray, FloatArray]:
    """Return heat and electricity of heat pumps with their backup heaters, shape (n_buildings,) each. [kWh]."""
    heat, power = (sums.per_device("building", name) for name in (HEAT_PUMP_HEAT, HEAT_PUMP_POWER))
    return (heat, power) if heat.size and power.size else (np.zeros(1), np.zeros(1))


def boiler_heat_kwh(sums: DeviceSums) -> FloatArray:
    """Return the heat of boilers in buildings, shape (n_buildings,): what neither network nor electricity made. [kWh]."""
    space, water, fuel = (sums.per_device("building", name) for name in ("heat_space_kw", "heat_water_kw", "fuel_kw"))
    if not (space.size and water.size and fuel.size):
        return np.zeros(1)
    heat = space + water
    for name in ("heat_network_kw", "p_heat_pump_kw"):  # an immersion heater beside a boiler turns electricity into as much heat
        other = sums.per_device("building", name)
        heat = heat - other if other.size else heat
    return np.where(fuel > 0.0, np.maximum(heat, 0.0), 0.0)
