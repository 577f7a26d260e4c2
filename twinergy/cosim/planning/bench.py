# SPDX-License-Identifier: Apache-2.0
"""What stands there already, on a test bench: batteries and CHP units are asked for power and show what they do."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from twinergy.planning.courses import Store
from twinergy.ports import Direction
from twinergy.timebase import Block, Step

if TYPE_CHECKING:
    from collections.abc import Sequence

    from twinergy.community.scenario import Scenario
    from twinergy.community.twin import Device
    from twinergy.kinds import DeviceKind, Fleet, FloatArray

BATTERY: Final = "battery"
CHP: Final = "chp"
BENCH_LOAD: Final = 0.5
"""Power over rated power at which a battery's efficiency is taken: home batteries work at part load. *Assumption.* [-]"""
BENCH_S: Final = 60.0
"""Length of a step with a battery, so short that none gets full or empty. [s]"""
HOUR_S: Final = 3600.0
WARM_UP: Final = 3
"""Steps of an hour after which a unit has started and reached full load."""
WATER_KWH_PER_L_K: Final = 1.14e-3
"""Heat capacity of water at 65 degC: 0.9805 kg/l times 4.188 kJ/(kg K). [kWh/(l K)]"""
MUCH_HEAT: Final = 1e3
"""Heat asked for on the bench over electrical rating, so that no buffer gets full. [-]"""


@dataclass(frozen=True, slots=True)
class Unit:
    """A CHP unit at full load with its boiler: powers [kW], efficiencies by higher heating value [-], buffer [kWh]."""

    device: Device
    power_kw: float
    heat_kw: float
    boiler_kw: float
    buffer_kwh: float
    electric_efficiency: float
    thermal_efficiency: float
    boiler_efficiency: float


def stores_of(scenario: Scenario) -> tuple[Store, ...]:
    """Return the batteries of a scenario with the efficiencies of both directions at half their power."""
    devices = scenario.twin.of_kind(BATTERY)
    if not devices:
        return ()
    kind = scenario.kinds[BATTERY]
    charge, discharge = _one_way(kind, devices, scenario)
    return tuple(
        Store(
            id=device.id,
            connection=device.connection,
            capacity_kwh=_usable_kwh(device.options),
            power_kw=_least_power_kw(kind, device),
            charge_efficiency=float(charge[row]),
            discharge_efficiency=float(discharge[row]),
        )
        for row, device in enumerate(devices)
    )


def _usable_kwh(options: Any) -> float:
    span = getattr(options, "max_soc", 1.0) - getattr(options, "min_soc", 0.0)
    return float(options.capacity_kwh * getattr(options, "soh", 1.0) * span)


def _least_power_kw(kind: DeviceKind, device: Device) -> float:
    """Return the power that both directions have."""
    options: Any = device.options
    both = [getattr(options, name, None) for name in ("p_charge_kw", "p_discharge_kw")]
    return float(min([kw for kw in both if kw is not None], default=kind.rated_kw(options)))


def _one_way(kind: DeviceKind, devices: Sequence[Device], scenario: Scenario) -> tuple[FloatArray, FloatArray]:
    """Return energy stored over energy drawn, and energy delivered over energy taken from the cells."""
    fleet = kind.build([_on_bench(device) for device in devices], scenario.context)
    power = np.array([_least_power_kw(kind, device) for device in devices]) * BENCH_LOAD
    energy = []
    drawn = []
    for number, asked in enumerate((0.0 * power, power, -power)):
        said = fleet.step(Step(number, number * int(BENCH_S), BENCH_S, number), fed(kind, len(devices), p_set_kw=asked))
        energy.append(said["energy_kwh"])
        drawn.append(said["p_kw"] * BENCH_S / HOUR_S)
    charge = (energy[1] - energy[0]) / drawn[1]
    discharge = drawn[2] / (energy[2] - energy[1])
    return np.clip(charge, 0.0, 1.0), np.clip(discharge, 0.0, 1.0)


def _on_bench(device: Device) -> Device:
    wanted = {"mode": "set_point", "soc": 0.5, "min_soc": 0.0, "max_soc": 1.0}
    update = {name: value for name, value in wanted.items() if name in type(device.options).model_fields}
    return replace(device, options=device.options.model_copy(update=update))


def units_of(scenario: Scenario) -> tuple[Unit, ...]:
    """Return the CHP units of a scenario at full load."""
    devices = scenario.twin.of_kind(CHP)
    if not devices:
        return ()
    kind = scenario.kinds[CHP]
    fleet = kind.build(devices, scenario.context)
    rated = np.array([kind.rated_kw(device.options) for device in devices])
    fleet.prepare(Block(0, 0, np.arange(WARM_UP, dtype=np.int64) * int(HOUR_S), int(HOUR_S)))
    said = _warmed_up(kind, fleet, rated)
    return tuple(_unit(device, {port: float(values[row]) for port, values in said.items()}) for row, device in enumerate(devices))


def _warmed_up(kind: DeviceKind, fleet: Fleet, rated_kw: FloatArray) -> dict[str, FloatArray]:
    inputs = fed(kind, len(rated_kw), p_set_kw=-rated_kw, heat_network_kw=rated_kw * MUCH_HEAT)
    said: dict[str, FloatArray] = {}
    for number in range(WARM_UP):
        said = fleet.step(Step(number, number * int(HOUR_S), HOUR_S, number), inputs)
    return said


def _unit(device: Device, said: dict[str, float]) -> Unit:
    options: Any = device.options
    boiler_efficiency = float(getattr(options, "boiler_efficiency", 1.0))
    fuel_kw = said["fuel_kw"] - said["boiler_heat_kw"] / boiler_efficiency
    return Unit(
        device=device,
        power_kw=-said["p_kw"],
        heat_kw=said["heat_kw"],
        boiler_kw=float(getattr(options, "boiler_kw", 0.0)),
        buffer_kwh=buffer_kwh(options),
        electric_efficiency=-said["p_kw"] / fuel_kw,
        thermal_efficiency=said["heat_kw"] / fuel_kw,
        boiler_efficiency=boiler_efficiency,
    )


def buffer_kwh(options: Any) -> float:
    """Return the heat between an empty and a full buffer of a CHP unit. [kWh]."""
    tank = getattr(options, "buffer", None)
    if tank is None:
        return 0.0
    return float(options.volume_l * WATER_KWH_PER_L_K * (tank.temp_max_degc - tank.temp_min_degc))


def fed(kind: DeviceKind, n: int, **given: FloatArray) -> dict[str, FloatArray]:
    """Return what a fleet of a kind is fed: what is given, nobody asking, and defaults for the rest."""
    made = {}
    for port in kind.ports:
        if port.direction is Direction.SET_POINT:
            made[port.name] = np.full(n, np.nan)
        elif port.direction is Direction.INPUT:
            made[port.name] = np.full(n, port.default if np.isfinite(port.default) else 0.0)
    return made | given
