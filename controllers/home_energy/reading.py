# SPDX-License-Identifier: Apache-2.0
"""What the gateways say in one step, put together as a home sees itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from controllers.home_energy.analysis.plugs import GROUPS, MACHINES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from twinergy.agents import View
    from twinergy.kinds import FloatArray

PLANT: Final = ("p_heating_kw", "p_cooling_kw", "p_charging_kw", "p_pv_kw", "p_battery_kw")
STATES: Final = ("soc", "temp_indoor_degc", "temp_tank_degc", "car_wanted_kwh", "car_departure_s", "p_pv_available_kw")
SENSED: Final = ("humidity_percent", "co2_ppm", "illuminance_lx", "noise_dba")
PORTS: Final = (
    "p_household_kw",
    *(f"p_{group}_kw" for group in GROUPS),
    *(f"{machine}_{what}" for machine in MACHINES for what in ("p_kw", "pending", "slack_s")),
    *PLANT,
    *STATES,
    *SENSED,
    "valid",
    "age_s",
)
"""What the module reads from a gateway."""
METER_PORTS: Final = ("p_kw", "q_kvar", "voltage_v", "frequency_hz")
"""What it reads from the meter of a home's connection."""
RUNNING_KW: Final = 0.02
"""A machine that draws more is running; less is its display."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One step of all homes, arrays of shape ``(n_homes,)`` or ``(n_homes, n_machines)``; NaN where nothing is or was measured.

    Attributes
    ----------
    epoch_s : int
        Start of the step. [s]
    values : mapping of str to ndarray
        As the gateways said it, by port.
    machines_kw, pending, slack_s : ndarray, shape (n_homes, 3)
        Power of the wet machines, whether a job waits, and how much longer it may. [kW], [-], [s]
    base_kw : ndarray
        What the home drew beside all of these, what no plug measures included. [kW]
    heating_kw, car_kw : ndarray
        Electricity of heating and cooling, and of the car; 0 where there is none. [kW]
    pv_kw : ndarray
        What the PV system could deliver, load frame; 0 where there is none. [kW]
    net_kw : ndarray
        Exchange with the grid, load frame: as the meter says, or where it is silent the sum of what the gateway reads. [kW]
    grid : mapping of str to ndarray
        What the meters at the connections say, by port.
    silent : bool ndarray
        Whose gateway said nothing.
    """

    epoch_s: int
    values: dict[str, FloatArray]
    machines_kw: FloatArray
    pending: NDArray[np.bool_]
    slack_s: FloatArray
    base_kw: FloatArray
    heating_kw: FloatArray
    car_kw: FloatArray
    pv_kw: FloatArray
    net_kw: FloatArray
    grid: dict[str, FloatArray]
    silent: NDArray[np.bool_]


def read(epoch_s: int, view: View, meters: View | None, metered: NDArray[np.int64]) -> Reading:
    """Return what gateways and meters say of a step.

    Parameters
    ----------
    epoch_s : int
        Start of the step. [s]
    view : View
        The gateways.
    meters : View or None
        The meters at the grid connections of some homes.
    metered : ndarray of int64
        Whose these are.
    """
    values = {port: view[port] for port in PORTS}
    machines_kw = np.nan_to_num(np.stack([values[f"{machine}_p_kw"] for machine in MACHINES], axis=1))
    silent = ~(values["valid"] > 0) | np.isnan([values[port] for port in ("p_household_kw", *PLANT)]).all(axis=0)
    household_kw = np.where(silent, np.nan, np.nan_to_num(values["p_household_kw"]))
    heating_kw = np.nan_to_num(values["p_heating_kw"]) + np.nan_to_num(values["p_cooling_kw"])
    car_kw = np.nan_to_num(values["p_charging_kw"])
    known_kw = household_kw + heating_kw + car_kw + np.nan_to_num(values["p_pv_kw"]) + np.nan_to_num(values["p_battery_kw"])
    net_kw = known_kw.copy()
    grid = {port: np.full(len(net_kw), np.nan) for port in METER_PORTS}
    if meters is not None:
        for port in METER_PORTS:
            grid[port][metered] = meters[port]
        net_kw = np.where(np.isnan(grid["p_kw"]), known_kw, grid["p_kw"])
    return Reading(
        epoch_s=epoch_s,
        values=values,
        machines_kw=machines_kw,
        pending=np.stack([values[f"{machine}_pending"] for machine in MACHINES], axis=1) > 0.5,  # noqa: PLR2004 - a flag
        slack_s=np.nan_to_num(np.stack([values[f"{machine}_slack_s"] for machine in MACHINES], axis=1)),
        base_kw=np.maximum(household_kw - machines_kw.sum(axis=1) + (net_kw - known_kw), 0.0),
        heating_kw=heating_kw,
        car_kw=car_kw,
        pv_kw=np.minimum(np.nan_to_num(values["p_pv_available_kw"]), 0.0),
        net_kw=net_kw,
        grid=grid,
        silent=silent,
    )
