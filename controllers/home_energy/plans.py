# SPDX-License-Identifier: Apache-2.0
"""The plans of all homes side by side, and what they say about a step."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from controllers.home_energy.analysis.plugs import MACHINES
from twinergy.units import SECONDS_PER_HOUR

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from controllers.home_energy.homes import Homes
    from controllers.home_energy.optimum import Battery, HomePlan
    from twinergy.kinds import FloatArray


class Plans:
    """Plans as arrays, one column per home.

    Parameters
    ----------
    homes : Homes
        The homes.
    n_steps, step_s : int
        Steps of the horizon, and length of a step. [-], [s]

    Attributes
    ----------
    battery_kw, alone_kw : ndarray, shape (n_steps, n_homes)
        What the battery is to do, and what it would do in this step by itself, following the net load expected there. [kW]
    car_kw, heat_kw, tank_kw, net_kw, temp_room_degc, temp_tank_degc : ndarray, shape (n_steps, n_homes)
        What the car, the room and the hot water are to take, what the home is to exchange with the grid, and temperatures at the
        end of each step.
    pv_kw, sun_kw : ndarray, shape (n_steps, n_homes)
        What the PV system is to deliver, and what it could, load frame. [kW]
    start_s : ndarray, shape (n_homes, 3)
        When each machine that waits is to start; -1 where none is. [s]
    made_s : ndarray, shape (n_homes,)
        Start of the first step of each plan; -1 without one. [s]
    """

    def __init__(self, homes: Homes, n_steps: int, step_s: int) -> None:
        shape = (n_steps, len(homes))
        self._step_s = step_s
        self.battery_kw, self.alone_kw = np.full(shape, np.nan), np.full(shape, np.nan)
        self.car_kw, self.net_kw = np.full(shape, np.nan), np.full(shape, np.nan)
        self.temp_room_degc, self.temp_tank_degc = np.full(shape, np.nan), np.full(shape, np.nan)
        self.heat_kw, self.tank_kw = np.full(shape, np.nan), np.full(shape, np.nan)
        self.pv_kw, self.sun_kw = np.full(shape, np.nan), np.full(shape, np.nan)
        self.start_s = np.full((len(homes), len(MACHINES)), -1, dtype=np.int64)
        self.made_s = np.full(len(homes), -1, dtype=np.int64)

    def put(self, row: int, plan: HomePlan, battery: Battery | None, sun_kw: FloatArray, now_s: int) -> None:
        """Keep the plan of a home that begins at `now_s`, made with this battery and this PV power to be had."""
        self.pv_kw[:, row], self.sun_kw[:, row] = plan.p_pv_kw, sun_kw
        self.made_s[row] = now_s
        self.battery_kw[:, row], self.car_kw[:, row] = plan.p_battery_kw, plan.p_ev_kw
        self.net_kw[:, row] = plan.p_import_kw - plan.p_export_kw
        self.temp_room_degc[:, row], self.temp_tank_degc[:, row] = plan.temp_indoor_degc[1:], plan.temp_tank_degc[1:]
        self.heat_kw[:, row], self.tank_kw[:, row] = plan.p_heat_kw, plan.p_tank_kw
        starts = plan.starts or (None,) * len(MACHINES)
        self.start_s[row] = [-1 if start is None else now_s + start * self._step_s for start in starts]
        if battery is not None:
            others_kw = self.net_kw[:, row] - plan.p_battery_kw
            step_h = self._step_s / SECONDS_PER_HOUR
            room_kw = (battery.max_soc - plan.soc[:-1]) * battery.capacity_kwh / battery.efficiency_charge / step_h
            held_kw = (plan.soc[:-1] - battery.min_soc) * battery.capacity_kwh * battery.efficiency_discharge / step_h
            low_kw = -np.clip(np.minimum(held_kw, battery.p_discharge_kw), 0.0, None)
            self.alone_kw[:, row] = np.clip(-others_kw, low_kw, np.clip(np.minimum(room_kw, battery.p_charge_kw), 0.0, None))

    def step_of(self, epoch_s: int) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """Return at which step of its plan each home is in the step that starts at an instant, and whether it has one."""
        step = (epoch_s - self.made_s) // self._step_s
        there = (self.made_s >= 0) & (step < len(self.battery_kw))
        return np.where(there, step, 0), there

    def at(self, name: str, epoch_s: int) -> FloatArray:
        """Return what the plans say of a quantity in the step that starts at an instant, NaN without a plan."""
        step, there = self.step_of(epoch_s)
        values = getattr(self, name)[step, np.arange(len(step))]
        return np.where(there, values, np.nan)
