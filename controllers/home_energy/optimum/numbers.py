# SPDX-License-Identifier: Apache-2.0
"""Costs, bounds and right-hand sides of a home's programme for one outlook: all that changes from re-plan to re-plan."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from controllers.home_energy.optimum.assets import tank_factors
from controllers.home_energy.optimum.penalties import CAR, EXCESS, HOT_WATER, LATE, LATE_PER_H, MISSED, SOC, TIE, WAIT
from controllers.home_energy.optimum.prices import counted_prices, later_kwh, wanted_kwh

if TYPE_CHECKING:
    from controllers.home_energy.optimum.assets import HomeAssets
    from controllers.home_energy.optimum.layout import Layout
    from controllers.home_energy.optimum.outlook import BoolArray, HomeOutlook, Weights
    from controllers.home_energy.optimum.prices import Prices
    from twinergy.kinds import FloatArray


class Numbers:
    """Vectors of the relaxation, kept and overwritten.

    Parameters
    ----------
    assets : HomeAssets
        What the home has.
    layout : Layout
        Where it stands.

    Attributes
    ----------
    cost, lower, upper : array, shape (relaxed_columns,)
        Objective and bounds of the columns.
    row_lower, row_upper : array, shape (relaxed_rows,)
        Bounds of the rows.
    offset_eur : float
        Constant part of the objective.
    """

    def __init__(self, assets: HomeAssets, layout: Layout) -> None:
        self._assets, self._columns, self._rows = assets, layout.columns, layout.rows
        self.cost = np.zeros(layout.relaxed_columns)
        self.lower = np.zeros(layout.relaxed_columns)
        self.upper = np.full(layout.relaxed_columns, np.inf)
        self.row_lower = np.zeros(layout.relaxed_rows)
        self.row_upper = np.zeros(layout.relaxed_rows)
        self.offset_eur = 0.0
        if "green" in self._rows:
            self.row_lower[self._rows["green"]] = -np.inf

    def fill(self, outlook: HomeOutlook, weights: Weights) -> Prices:
        """Overwrite all vectors for an outlook and return the prices that count."""
        prices = counted_prices(self._assets, outlook, weights)
        self.offset_eur = 0.0
        self._grid(outlook, prices)
        if self._assets.battery is not None:
            self._battery(outlook, prices)
        if self._assets.room is not None:
            self._room(outlook, weights)
        if self._assets.tank is not None:
            self._tank(outlook, prices)
        if self._assets.car is not None:
            self._car(outlook, prices)
        for number in range(len(self._assets.machines)):
            self._machine(number, outlook, prices)
        return prices

    def _set(
        self, column: str, cost: FloatArray | float, lower: FloatArray | float = 0.0, upper: FloatArray | float = np.inf
    ) -> None:
        block = self._columns[column]
        self.cost[block] = cost
        self.lower[block] = lower
        self.upper[block] = upper

    def _right(self, row: str, value: FloatArray | float) -> None:
        block = self._rows[row]
        self.row_lower[block] = value
        self.row_upper[block] = value

    def _grid(self, outlook: HomeOutlook, prices: Prices) -> None:
        assets, hours = self._assets, self._assets.step_h
        sun_kw = 0.0 - outlook.p_pv_available_kw
        most_in, most_out = limits_kw(assets, outlook)
        forced_kw = sun_kw * 0.0 if assets.curtailable else sun_kw
        self._set("import", hours * prices.drawn, 0.0, most_in)
        self._set("export", 0.0 - hours * prices.fed, 0.0, most_out)
        self._set("over_import", hours * (prices.drawn + EXCESS), 0.0, np.maximum(outlook.base_load_kw - most_in, 0.0))
        most_forced = np.maximum(forced_kw - outlook.base_load_kw - most_out, 0.0)
        self._set("over_export", hours * (EXCESS - prices.fed), 0.0, most_forced)
        self._set("pv", -hours * (prices.unused + TIE), forced_kw, sun_kw)
        self.offset_eur += hours * (prices.unused + TIE) * float(sun_kw.sum())
        self._right("balance", outlook.base_load_kw)
        if "green" in self._rows:
            self.row_upper[self._rows["green"]] = np.maximum(0.0 - outlook.base_load_kw, 0.0)

    def _battery(self, outlook: HomeOutlook, prices: Prices) -> None:
        battery, hours = self._assets.battery, self._assets.step_h
        assert battery is not None  # noqa: S101 - for the type checker
        energy_kwh = outlook.soc * battery.capacity_kwh
        low, high = battery.min_soc * battery.capacity_kwh, battery.max_soc * battery.capacity_kwh
        full = 1.0 if battery.capacity_kwh > 0 else 0.0
        self._set("charge", hours * TIE, 0.0, full * battery.p_charge_kw)
        self._set("discharge", hours * (prices.wear + TIE), 0.0, full * battery.p_discharge_kw)
        self._set("energy", 0.0, low, high)
        self._set("energy_under", hours * SOC, 0.0, max(low - energy_kwh, 0.0))
        self._set("energy_over", hours * SOC, 0.0, max(energy_kwh - high, 0.0))
        for column, sign in (("energy", 1.0), ("energy_under", -1.0), ("energy_over", 1.0)):
            self.cost[self._columns[column].stop - 1] -= sign * prices.stored
        self.offset_eur += prices.stored * energy_kwh
        self._right("battery", 0.0)
        self._first("battery", energy_kwh)

    def _first(self, row: str, value: float) -> None:
        """Add the starting state to the right-hand side of the first step."""
        first = self._rows[row].start
        self.row_lower[first] += value
        self.row_upper[first] += value

    def _room(self, outlook: HomeOutlook, weights: Weights) -> None:
        room, hours = self._assets.room, self._assets.step_h
        assert room is not None  # noqa: S101 - for the type checker
        assert outlook.temp_outdoor_degc is not None  # noqa: S101
        assert outlook.gain_k is not None  # noqa: S101
        assert outlook.comfort_low_degc is not None  # noqa: S101
        assert outlook.comfort_high_degc is not None  # noqa: S101
        self._set("heat", 0.0, 0.0, room.p_max_kw)
        self._set("indoor", 0.0, outlook.comfort_low_degc, outlook.comfort_high_degc)
        self._set("indoor_cold", hours * weights.comfort)
        self._set("indoor_warm", hours * weights.comfort)
        self._right("room", room.leak * outlook.temp_outdoor_degc + outlook.gain_k)
        self._first("room", room.keep * outlook.temp_indoor_degc)

    def _tank(self, outlook: HomeOutlook, prices: Prices) -> None:
        tank, hours = self._assets.tank, self._assets.step_h
        assert tank is not None  # noqa: S101 - for the type checker
        assert outlook.draw_kw is not None  # noqa: S101
        keep, gain = tank_factors(tank, hours)
        above_k = max(max(outlook.temp_tank_degc, tank.ambient_degc) - tank.high_degc, 0.0)
        self._set("boil", 0.0, 0.0, tank.p_max_kw)
        self._set("water", 0.0, tank.low_degc, tank.high_degc)
        self._set("water_cold", hours * HOT_WATER)
        self._set("water_warm", hours * HOT_WATER, 0.0, above_k)
        for column, sign in (("water", 1.0), ("water_cold", -1.0), ("water_warm", 1.0)):
            self.cost[self._columns[column].stop - 1] -= sign * prices.warmth
        self.offset_eur += prices.warmth * outlook.temp_tank_degc
        self._right("tank", (1.0 - keep) * tank.ambient_degc - gain * outlook.draw_kw)
        self._first("tank", keep * outlook.temp_tank_degc)

    def _car(self, outlook: HomeOutlook, prices: Prices) -> None:
        car = self._assets.car
        assert car is not None  # noqa: S101 - for the type checker
        wanted, later = wanted_kwh(car, outlook), later_kwh(self._assets, outlook)
        self._set("car_short", CAR, 0.0, wanted)
        self._set("car_later", prices.end / car.efficiency, 0.0, later)
        room = outlook.car_room_kwh
        most_kwh = wanted if math.isnan(room) else max(min(room, car.capacity_kwh), wanted)
        row = self._rows["car"]
        self.row_lower[row], self.row_upper[row] = wanted, most_kwh
        # what takes less than a step at the least power cannot be charged at all
        fits = most_kwh >= self._assets.step_h * car.efficiency * car.p_min_kw
        self._set("car", 0.0, 0.0, np.where(fits & may_charge(self._assets.n_steps, outlook), car.p_max_kw, 0.0))

    def _machine(self, number: int, outlook: HomeOutlook, prices: Prices) -> None:
        pending = outlook.pending[number]
        cost, wait = start_costs_eur(self._assets, number, outlook, prices)
        free = startable(self._assets, number, outlook) if pending else np.zeros(len(cost), dtype=bool)
        self._set(f"start{number}", cost, 0.0, free.astype(float))
        may_wait = pending and outlook.latest[number] >= self._assets.n_steps
        self._set(f"wait{number}", wait, 0.0, float(may_wait))
        self._set(f"missed{number}", MISSED, 0.0, float(pending))
        self._right(f"machine{number}", float(pending))


def limits_kw(assets: HomeAssets, outlook: HomeOutlook) -> tuple[FloatArray, FloatArray]:
    """Return the limits of import and export in kW in each step, the connection's or tighter ones."""
    n = assets.n_steps
    most_in, most_out = np.full(n, assets.import_limit_kw), np.full(n, assets.export_limit_kw)
    if outlook.import_limit_kw is not None:
        most_in = np.minimum(most_in, outlook.import_limit_kw)
    if outlook.export_limit_kw is not None:
        most_out = np.minimum(most_out, outlook.export_limit_kw)
    return most_in, most_out


def may_charge(n_steps: int, outlook: HomeOutlook) -> BoolArray:
    """Return in which steps the car may charge: it is there and has not left."""
    present = np.asarray(outlook.car_present, dtype=bool)
    return np.asarray(present & (np.arange(n_steps) < outlook.car_departure))


def startable(assets: HomeAssets, number: int, outlook: HomeOutlook) -> BoolArray:
    """Return the steps in which a programme may start, so that it never runs in a blocked step of the horizon."""
    n, length = assets.n_steps, len(assets.machines[number].programme_kw)
    if outlook.blocked is None:
        return np.ones(n, dtype=bool)
    padded = np.concatenate([outlook.blocked, np.zeros(length - 1, dtype=bool)])
    return np.asarray(~np.lib.stride_tricks.sliding_window_view(padded, length).any(axis=1))


def start_costs_eur(assets: HomeAssets, number: int, outlook: HomeOutlook, prices: Prices) -> tuple[FloatArray, float]:
    """Return what starting in each step counts beside its energy, and what waiting beyond the horizon counts, in EUR.

    Lateness, a tie breaker for waiting, and the energy of the programme's part beyond the horizon at the end price.
    """
    n, hours = assets.n_steps, assets.step_h
    steps = np.arange(n)
    energy_kwh = np.cumsum(assets.machines[number].programme_kw) * hours
    done = np.minimum(n - steps, len(energy_kwh)) - 1
    late_h = np.maximum(steps - outlook.latest[number], 0) * hours
    cost = prices.end * (energy_kwh[-1] - energy_kwh[done]) + WAIT * hours * steps
    cost += np.where(late_h > 0, LATE + LATE_PER_H * late_h, 0.0)
    return cost, prices.end * float(energy_kwh[-1]) + WAIT * hours * n
