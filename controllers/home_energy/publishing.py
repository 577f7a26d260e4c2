# SPDX-License-Identifier: Apache-2.0
"""What the module says about the homes on the interoperability platform: readings and energy by the hour, the rest by the day."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from controllers.home_energy.analysis.plugs import GROUPS, MACHINES
from controllers.home_energy.reading import METER_PORTS, PLANT, SENSED
from twinergy.messages.objects.actual_consumption import ActualConsumption, PowerLine
from twinergy.messages.objects.energy_data import EnergyData, LineEnergy
from twinergy.messages.objects.production import Production
from twinergy.messages.objects.sensor_status import MachineStatus, SensorStatus
from twinergy.messages.parts import reading_of
from twinergy.units import SECONDS_PER_HOUR

if TYPE_CHECKING:
    from controllers.home_energy.homes import Homes
    from controllers.home_energy.reading import Reading
    from twinergy.kinds import FloatArray
    from twinergy.messages import Message

MEANS: Final = (
    "p_household_kw",
    *(f"p_{group}_kw" for group in GROUPS),
    *(f"{name}_p_kw" for name in MACHINES),
    *PLANT,
    "p_pv_available_kw",
)
LAST: Final = ("soc", "temp_indoor_degc", "temp_tank_degc", "car_wanted_kwh", "car_departure_s", "age_s", *SENSED)
AT_MOST: Final = {"soc": 1.0, "humidity_percent": 100.0}
"""Sensors overshoot their range by their error; messages do not."""
NEVER_NEGATIVE: Final = (
    "co2_ppm",
    "illuminance_lx",
    "p_heating_kw",
    "p_cooling_kw",
    "car_wanted_kwh",
    "car_departure_s",
    "age_s",
)
LINES: Final = {
    **{group: f"p_{group}_kw" for group in GROUPS},
    **{name: f"{name}_p_kw" for name in MACHINES},
    "heating": "p_heating_kw",
    "cooling": "p_cooling_kw",
    "car": "p_charging_kw",
}
"""Lines of a home by name, and the port that measures each."""


class Hourly:
    """Means of the readings of each hour, and the messages that tell them (PUC01.01).

    Parameters
    ----------
    source, pilot : str
        Who speaks, and in which scenario.
    homes : Homes
        The homes.
    step_s : int
        Length of a step. [s]
    """

    def __init__(self, source: str, pilot: str, homes: Homes, step_s: int) -> None:
        self._source, self._pilot, self._homes = source, pilot, homes
        self._step_s = step_s
        self._sum = np.zeros((len(MEANS) + len(METER_PORTS), len(homes)))
        self._count = np.zeros_like(self._sum)
        self._first_s = -1

    def observe(self, reading: Reading) -> list[Message]:
        """Take note of a step; return the messages of the hour that it ends, if it ends one."""
        if self._first_s < 0:
            self._first_s = reading.epoch_s
        now = np.array([*(reading.values[port] for port in MEANS), *(reading.grid[port] for port in METER_PORTS)])
        there = ~np.isnan(now)
        self._sum += np.where(there, now, 0.0)
        self._count += there
        end_s = reading.epoch_s + self._step_s
        if end_s % SECONDS_PER_HOUR:
            return []
        with np.errstate(invalid="ignore"):
            means = self._sum / np.where(self._count > 0, self._count, np.nan)
        said = self._messages(reading, dict(zip((*MEANS, *(f"grid.{port}" for port in METER_PORTS)), means, strict=True)), end_s)
        self._sum[:] = self._count[:] = 0.0
        self._first_s = end_s
        return said

    def _messages(self, reading: Reading, means: dict[str, FloatArray], end_s: int) -> list[Message]:
        start = datetime.fromtimestamp(self._first_s, UTC)
        hours = (end_s - self._first_s) / SECONDS_PER_HOUR
        columns = {name: [reading_of(value) for value in values] for name, values in means.items()}
        columns |= {port: [reading_of(value) for value in reading.values[port]] for port in LAST}
        said: list[Message] = []
        for row in range(len(self._homes)):
            dwelling = self._homes[row].dwelling.id
            envelope = {
                "source": self._source,
                "pilot": self._pilot,
                "sent": datetime.fromtimestamp(reading.epoch_s, UTC),
                "dwelling": dwelling,
                "start": start,
                "step_s": float(end_s - self._first_s),
                "id": f"{dwelling}-{self._first_s}",
            }
            said += _of_home({name: values[row] for name, values in columns.items()}, reading, row, envelope, hours)
        return said


def _of_home(of: dict[str, float | None], reading: Reading, row: int, envelope: dict[str, Any], hours: float) -> list[Message]:
    machines = tuple(
        MachineStatus(
            name=name,
            p_kw=of[f"{name}_p_kw"],
            pending=bool(reading.pending[row, place]),
            slack_s=max(0.0, float(reading.slack_s[row, place])),
        )
        for place, name in enumerate(MACHINES)
        if of[f"{name}_p_kw"] is not None
    )
    lines = {name: of[port] for name, port in LINES.items() if of[port] is not None}
    demand = [of[port] for port in ("p_household_kw", "p_heating_kw", "p_cooling_kw", "p_charging_kw")]
    demand_kw = sum(max(0.0, each) for each in demand if each is not None) if demand[0] is not None else None
    status: dict[str, Any] = {port: of[port] for port in ("temp_indoor_degc", "temp_tank_degc", "noise_dba")}
    status |= {port: _at_least_zero(of[port]) for port in NEVER_NEGATIVE}
    status |= {port: None if of[port] is None else min(most, max(0.0, of[port])) for port, most in AT_MOST.items()}  # type: ignore[type-var]
    said: list[Message] = [
        SensorStatus(
            **envelope,
            **status,
            p_pv_available_kw=_at_most_zero(of["p_pv_available_kw"]),
            valid=bool(reading.values["valid"][row] > 0),
            machines=machines,
        ),
        ActualConsumption(
            **envelope,
            p_grid_kw=of["grid.p_kw"],
            q_grid_kvar=of["grid.q_kvar"],
            p_demand_kw=demand_kw,
            energy_kwh=None if demand_kw is None else demand_kw * hours,
            lines=tuple(PowerLine(name=name, p_kw=p_kw) for name, p_kw in lines.items()),
        ),
        EnergyData(
            **envelope,
            lines=_energies(of, lines, hours),
            voltage_v=() if of["grid.voltage_v"] is None else (of["grid.voltage_v"],),
            frequency_hz=() if of["grid.frequency_hz"] is None else (of["grid.frequency_hz"],),
        ),
    ]
    if of["p_pv_kw"] is not None or of["p_battery_kw"] is not None:
        p_pv_kw = _at_most_zero(of["p_pv_kw"])
        said.append(
            Production(
                **envelope,
                p_pv_kw=p_pv_kw,
                p_pv_available_kw=_at_most_zero(of["p_pv_available_kw"]),
                energy_kwh=None if p_pv_kw is None else p_pv_kw * hours,
                p_battery_kw=of["p_battery_kw"],
            )
        )
    return said


def _energies(of: dict[str, float | None], lines: dict[str, float | None], hours: float) -> tuple[LineEnergy, ...]:
    energies = [LineEnergy(name=name, energy_kwh=(_times(p_kw, hours),)) for name, p_kw in lines.items()]
    if of["grid.p_kw"] is not None:
        q_kvarh = () if of["grid.q_kvar"] is None else (of["grid.q_kvar"] * hours,)
        energies.insert(0, LineEnergy(name="grid", energy_kwh=(_times(of["grid.p_kw"], hours),), reactive_energy_kvarh=q_kvarh))
    return tuple(energies)


def _times(value: float | None, hours: float) -> float | None:
    return None if value is None else value * hours


def _at_least_zero(value: float | None) -> float | None:
    return None if value is None else max(0.0, value)


def _at_most_zero(value: float | None) -> float | None:
    return None if value is None else min(0.0, value)
