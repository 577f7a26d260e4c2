# SPDX-License-Identifier: Apache-2.0
"""What follows from decisions: trajectories, exchange, money, comfort. The same for the optimum, the habit and a replay."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from controllers.home_energy.optimum.assets import tank_factors
from controllers.home_energy.optimum.numbers import limits_kw, start_costs_eur
from controllers.home_energy.optimum.penalties import CAR, EXCESS, HOT_WATER, MISSED, SOC, TIE
from controllers.home_energy.optimum.prices import G_PER_KG, later_kwh, wanted_kwh

if TYPE_CHECKING:
    from controllers.home_energy.optimum.assets import HomeAssets
    from controllers.home_energy.optimum.outlook import HomeOutlook, Weights
    from controllers.home_energy.optimum.plan import Decisions
    from controllers.home_energy.optimum.prices import Prices
    from twinergy.kinds import FloatArray


class Traces(NamedTuple):
    """What becomes of the home under decisions.

    Attributes
    ----------
    machines_kw : array, shape (n_machines, n_steps)
        Power of the machines. [kW]
    grid_kw : array, shape (n_steps,)
        Net exchange, import positive. [kW]
    energy_kwh, indoor_degc, water_degc : array, shape (n_steps + 1,)
        Trajectories, NaN where the home has no such thing.
    car_short_kwh : float
        Energy the car leaves without. [kWh]
    car_later_kwh : float
        Energy left for the time between the end of the horizon and departure. [kWh]
    """

    machines_kw: FloatArray
    grid_kw: FloatArray
    energy_kwh: FloatArray
    indoor_degc: FloatArray
    water_degc: FloatArray
    car_short_kwh: float
    car_later_kwh: float


def traces_of(assets: HomeAssets, outlook: HomeOutlook, decisions: Decisions) -> Traces:
    """Return what becomes of the home, equations (1) to (6)."""
    n, hours = assets.n_steps, assets.step_h
    machines = np.zeros((len(assets.machines), n))
    for row, start, machine in zip(machines, decisions.starts, assets.machines, strict=True):
        if start is not None:
            length = min(len(machine.programme_kw), n - start)
            row[start : start + length] = machine.programme_kw[:length]
    grid = outlook.base_load_kw + decisions.p_battery_kw + decisions.p_heat_kw + decisions.p_tank_kw
    grid = grid + decisions.p_ev_kw + decisions.p_pv_kw + machines.sum(axis=0)
    missing = 0.0
    if assets.car is not None:
        missing = wanted_kwh(assets.car, outlook) - hours * assets.car.efficiency * float(decisions.p_ev_kw.sum())
    later = min(max(missing, 0.0), later_kwh(assets, outlook))
    return Traces(
        machines_kw=machines,
        grid_kw=grid,
        energy_kwh=_energy(assets, outlook, decisions.p_battery_kw),
        indoor_degc=_indoor(assets, outlook, decisions.p_heat_kw),
        water_degc=_water(assets, outlook, decisions.p_tank_kw),
        car_short_kwh=max(missing - later, 0.0),
        car_later_kwh=later,
    )


def _energy(assets: HomeAssets, outlook: HomeOutlook, p_kw: FloatArray) -> FloatArray:
    battery, hours = assets.battery, assets.step_h
    if battery is None:
        return np.full(assets.n_steps + 1, np.nan)
    cells_kw = np.where(p_kw > 0, p_kw * battery.efficiency_charge, p_kw / battery.efficiency_discharge)
    return np.asarray(outlook.soc * battery.capacity_kwh + np.concatenate([[0.0], np.cumsum(cells_kw) * hours]))


def _indoor(assets: HomeAssets, outlook: HomeOutlook, p_kw: FloatArray) -> FloatArray:
    room = assets.room
    if room is None or outlook.temp_outdoor_degc is None or outlook.gain_k is None:
        return np.full(assets.n_steps + 1, np.nan)
    change = room.gain_k_per_kw * p_kw + room.leak * outlook.temp_outdoor_degc + outlook.gain_k
    return _decaying(room.keep, outlook.temp_indoor_degc, change)


def idle_degc(assets: HomeAssets, outlook: HomeOutlook) -> FloatArray:
    """Return the room's temperature were it neither heated nor cooled, shape (n_steps + 1,)."""
    return _indoor(assets, outlook, np.zeros(assets.n_steps))


def _water(assets: HomeAssets, outlook: HomeOutlook, p_kw: FloatArray) -> FloatArray:
    tank = assets.tank
    if tank is None or outlook.draw_kw is None:
        return np.full(assets.n_steps + 1, np.nan)
    keep, gain = tank_factors(tank, assets.step_h)
    change = gain * (tank.cop * p_kw - outlook.draw_kw) + (1.0 - keep) * tank.ambient_degc
    return _decaying(keep, outlook.temp_tank_degc, change)


def _decaying(keep: float, start: float, change: FloatArray) -> FloatArray:
    """Return the recursion ``x[t+1] = keep x[t] + change[t]``."""
    values = [start]
    for step in change.tolist():
        values.append(keep * values[-1] + step)
    return np.array(values)


class Account(NamedTuple):
    """Money, emissions and comfort of a plan; see `HomePlan`."""

    objective_eur: float
    cost_eur: float
    wear_eur: float
    end_credit_eur: float
    co2_kg: float
    comfort_kh: float


def account_of(
    assets: HomeAssets, outlook: HomeOutlook, weights: Weights, prices: Prices, decisions: Decisions, traces: Traces
) -> Account:
    """Return what decisions cost, equation (9), and its parts."""
    hours = assets.step_h
    drawn, fed = np.maximum(traces.grid_kw, 0.0), np.maximum(0.0 - traces.grid_kw, 0.0)
    unused = float((decisions.p_pv_kw - outlook.p_pv_available_kw).sum()) * hours
    discharged = float(np.maximum(0.0 - decisions.p_battery_kw, 0.0).sum()) * hours
    charged = float(np.maximum(decisions.p_battery_kw, 0.0).sum()) * hours
    stored = 0.0 if assets.battery is None else prices.stored * float(traces.energy_kwh[-1] - traces.energy_kwh[0])
    warmth = 0.0 if assets.tank is None else prices.warmth * float(traces.water_degc[-1] - traces.water_degc[0])
    comfort = _outside(traces.indoor_degc[1:], outlook.comfort_low_degc, outlook.comfort_high_degc) * hours
    objective = hours * float((prices.drawn * drawn - prices.fed * fed).sum())
    objective += (prices.unused + TIE) * unused + prices.wear * discharged + TIE * (charged + discharged) - stored - warmth
    objective += weights.comfort * comfort + _penalties_eur(assets, outlook, prices, decisions, traces)
    return Account(
        objective_eur=objective,
        cost_eur=hours * float((outlook.buy_eur_per_kwh * drawn - outlook.feed_in_eur_per_kwh * fed).sum()),
        wear_eur=0.0 if assets.battery is None else assets.battery.wear_eur_per_kwh * discharged,
        end_credit_eur=stored + warmth,
        co2_kg=hours * float((outlook.co2_g_per_kwh * drawn).sum()) / G_PER_KG,
        comfort_kh=comfort,
    )


def _outside(values: FloatArray, low: FloatArray | float | None, high: FloatArray | float | None) -> float:
    """Return by how much values lie outside a band, summed; nothing where there is no band or no value."""
    if low is None or high is None or np.isnan(values).any():
        return 0.0
    return float((np.maximum(low - values, 0.0) + np.maximum(values - high, 0.0)).sum())


def _penalties_eur(assets: HomeAssets, outlook: HomeOutlook, prices: Prices, decisions: Decisions, traces: Traces) -> float:
    hours, total = assets.step_h, 0.0
    most_in, most_out = limits_kw(assets, outlook)
    total += EXCESS * hours * _outside(traces.grid_kw, 0.0 - most_out, most_in)
    battery, tank, car = assets.battery, assets.tank, assets.car
    if battery is not None:
        low, high = battery.min_soc * battery.capacity_kwh, battery.max_soc * battery.capacity_kwh
        total += SOC * hours * _outside(traces.energy_kwh[1:], low, high)
    if tank is not None:
        total += HOT_WATER * hours * _outside(traces.water_degc[1:], tank.low_degc, tank.high_degc)
    if car is not None:
        total += CAR * traces.car_short_kwh + prices.end / car.efficiency * traces.car_later_kwh
    for number, start in enumerate(decisions.starts):
        if outlook.pending[number]:
            cost, wait = start_costs_eur(assets, number, outlook, prices)
            unstarted = wait if outlook.latest[number] >= assets.n_steps else MISSED
            total += float(cost[start]) if start is not None else unstarted
    return total
