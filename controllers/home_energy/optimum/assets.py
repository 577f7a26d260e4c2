# SPDX-License-Identifier: Apache-2.0
"""What a home has that can be planned: nameplate data that stay the same from one re-plan to the next."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np

from controllers.home_energy.optimum.faults import Fault, refuse
from twinergy.units import SECONDS_PER_HOUR

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True, kw_only=True)
class Battery:
    """A stationary battery with constant one-way efficiencies.

    Attributes
    ----------
    capacity_kwh : float
        Energy between empty and full cells; 0 for none. [kWh]
    p_charge_kw, p_discharge_kw : float
        Most power at the terminals, both counted positive. [kW]
    efficiency_charge, efficiency_discharge : float
        One-way efficiencies between terminals and cells, in (0, 1]. [-]
    min_soc, max_soc : float
        Bounds of the state of charge. [-]
    wear_eur_per_kwh : float
        What a discharged kWh wears off the cells, at the terminals. [EUR/kWh]
    """

    capacity_kwh: float
    p_charge_kw: float
    p_discharge_kw: float
    efficiency_charge: float = 0.95
    efficiency_discharge: float = 0.95
    min_soc: float = 0.0
    max_soc: float = 1.0
    wear_eur_per_kwh: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Car:
    """A car at the home's charging point.

    Attributes
    ----------
    p_max_kw, p_min_kw : float
        While it charges, its power at the charging point lies between them; IEC 61851-1 knows no current between 0 and 6 A. [kW]
    efficiency : float
        Between the charging point and the car's battery, in (0, 1]. [-]
    capacity_kwh : float
        Of the car's battery: nobody can want more. [kWh]
    """

    p_max_kw: float
    p_min_kw: float = 0.0
    efficiency: float = 0.9
    capacity_kwh: float = math.inf


@dataclass(frozen=True, slots=True, kw_only=True)
class Tank:
    """A hot water tank of one temperature.

    Attributes
    ----------
    kwh_per_k : float
        Heat that warms it by one kelvin. [kWh/K]
    loss_kw_per_k : float
        What it loses to its surroundings per kelvin. [kW/K]
    p_max_kw : float
        Most electrical power of its heater. [kW]
    cop : float
        Heat per electricity; 1 for a heating rod. [-]
    low_degc, high_degc : float
        Temperatures it is kept between: below the lower the household misses hot water, above the upper is never heated. [degC]
    ambient_degc : float
        Of its surroundings. [degC]
    """

    kwh_per_k: float
    loss_kw_per_k: float
    p_max_kw: float
    cop: float = 1.0
    low_degc: float = 45.0
    high_degc: float = 60.0
    ambient_degc: float = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """The heated or cooled zone as a discrete model of first order, ``T[t+1] = keep T[t] + gain p[t] + leak T_out[t] + d[t]``.

    Attributes
    ----------
    keep : float
        Share of the temperature that is left after a step, in [0, 1]. [-]
    gain_k_per_kw : float
        By how much one kW of electricity through a step changes the temperature: positive heats, negative cools. [K/kW]
    leak : float
        Share of the outdoor temperature that comes in within a step. [-]
    p_max_kw : float
        Most electrical power of the heat pump, heater or air conditioner. [kW]
    """

    keep: float
    gain_k_per_kw: float
    leak: float
    p_max_kw: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """A washing machine, dishwasher or tumble dryer.

    Attributes
    ----------
    name : str
        As in the household's ports, for example ``washing_machine``.
    programme_kw : tuple of float
        Power in each step of its programme. [kW]
    """

    name: str
    programme_kw: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeAssets:
    """All that a home can plan with; None or an empty tuple where it has no such thing.

    Attributes
    ----------
    step_s : float
        Length of a step. [s]
    n_steps : int
        Steps of the horizon, at least 1.
    import_limit_kw, export_limit_kw : float
        Of the grid connection, finite, both counted positive. [kW]
    battery, car, tank, room : Battery, Car, Tank, Room or None
        See there.
    machines : tuple of Machine
        At most three wet machines.
    curtailable : bool
        Whether the PV inverter can be held down.
    battery_may_export : bool
        Whether what is fed in may come out of the battery; where feed-in is paid for green electricity only (in Germany
        EEG 2023 section 19 (3)) the export of a step is bounded by the PV power of that step.

    Raises
    ------
    ModelError
        With every value that cannot be.
    """

    step_s: float
    n_steps: int
    import_limit_kw: float
    export_limit_kw: float
    battery: Battery | None = None
    car: Car | None = None
    tank: Tank | None = None
    room: Room | None = None
    machines: tuple[Machine, ...] = ()
    curtailable: bool = False
    battery_may_export: bool = True

    def __post_init__(self) -> None:
        refuse("assets of the home", _faults(self))

    @property
    def step_h(self) -> float:
        """Length of a step in hours."""
        return self.step_s / SECONDS_PER_HOUR


def tank_factors(tank: Tank, step_h: float) -> tuple[float, float]:
    """Return what is left of a tank's excess temperature after a step and the kelvin per kW of heat through a step.

    Exact for constant power: ``C dT/dt = q - L (T - T_ambient)``.

    >>> tank_factors(Tank(kwh_per_k=0.5, loss_kw_per_k=0.0, p_max_kw=2.0), 0.25)
    (1.0, 0.5)
    """
    rate = tank.loss_kw_per_k * step_h / tank.kwh_per_k
    keep = math.exp(-rate)
    share = -math.expm1(-rate) / rate if rate > 0 else 1.0
    return keep, share * step_h / tank.kwh_per_k


MOST_MACHINES = 3
POSITIVE = ("step_s", "n_steps", "kwh_per_k", "cop")
FRACTIONS = ("efficiency_charge", "efficiency_discharge", "efficiency", "min_soc", "max_soc", "keep")
UNBOUNDED = ("low_degc", "high_degc", "ambient_degc", "gain_k_per_kw", "leak")
EFFICIENCIES = ("efficiency_charge", "efficiency_discharge", "efficiency")


def _allowed(name: str, value: float) -> str:
    """Return what would be allowed if the value is not, else nothing."""
    if name in FRACTIONS:
        low_open = name in EFFICIENCIES
        inside = value <= 1 and (value > 0 if low_open else value >= 0)
        return "" if inside else "a number in (0, 1]" if low_open else "a number in [0, 1]"
    if name in UNBOUNDED:
        return "" if math.isfinite(value) else "a finite number"
    if name in POSITIVE:
        return "" if 0 < value < math.inf else "a positive number"
    enough = value >= 0 and (math.isfinite(value) or name == "capacity_kwh")
    return "" if enough else "a finite number, at least 0"


def _numbers(place: str, thing: object) -> Iterator[Fault]:
    for field in fields(thing):  # type: ignore[arg-type]
        value = getattr(thing, field.name)
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            allowed = _allowed(field.name, value)
            if allowed:
                yield Fault(f"{place}{field.name}", f"{value!r}", allowed)


def _faults(assets: HomeAssets) -> Iterator[Fault]:
    yield from _numbers("", assets)
    for name in ("battery", "car", "tank", "room"):
        if (thing := getattr(assets, name)) is not None:
            yield from _numbers(f"{name}.", thing)
    battery, car, tank = assets.battery, assets.car, assets.tank
    if battery is not None and battery.min_soc > battery.max_soc:
        yield Fault("battery.min_soc", f"{battery.min_soc}", f"at most battery.max_soc, {battery.max_soc}")
    if battery is not None and math.isinf(battery.capacity_kwh):
        yield Fault("battery.capacity_kwh", "inf", "a finite number, at least 0")
    if car is not None and car.p_min_kw > car.p_max_kw:
        yield Fault("car.p_min_kw", f"{car.p_min_kw}", f"at most car.p_max_kw, {car.p_max_kw} kW")
    if tank is not None and tank.low_degc > tank.high_degc:
        yield Fault("tank.low_degc", f"{tank.low_degc}", f"at most tank.high_degc, {tank.high_degc} °C")
    if len(assets.machines) > MOST_MACHINES:
        yield Fault("machines", f"{len(assets.machines)} of them", f"at most {MOST_MACHINES}")
    for machine in assets.machines:
        programme = np.asarray(machine.programme_kw, dtype=float)
        if programme.ndim != 1 or not programme.size or not np.all((programme >= 0) & np.isfinite(programme)):
            yield Fault(
                f"machines.{machine.name}.programme_kw", f"{machine.programme_kw!r}", "one power per step, each at least 0"
            )
