# SPDX-License-Identifier: Apache-2.0
"""What a home does without the module, and what it does with a plan that was made for another outlook."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from controllers.home_energy.optimum.assets import tank_factors
from controllers.home_energy.optimum.finish import finished
from controllers.home_energy.optimum.numbers import limits_kw, may_charge, startable
from controllers.home_energy.optimum.outlook import Weights, check
from controllers.home_energy.optimum.plan import Decisions
from controllers.home_energy.optimum.prices import wanted_kwh

if TYPE_CHECKING:
    from controllers.home_energy.optimum.assets import Battery, HomeAssets
    from controllers.home_energy.optimum.outlook import HomeOutlook
    from controllers.home_energy.optimum.plan import Binding, HomePlan
    from twinergy.kinds import FloatArray


class SetPoints(NamedTuple):
    """What the thermostats are set to.

    Attributes
    ----------
    indoor_degc : array, shape (n_steps,)
        Room temperature to hold. [degC]
    water_degc : float
        Tank temperature to hold. [degC]
    """

    indoor_degc: FloatArray
    water_degc: float


def habit(
    assets: HomeAssets, outlook: HomeOutlook, weights: Weights | None = None, *,
    set_points: SetPoints | None = None, notes: tuple[Binding, ...] = (),
) -> HomePlan:  # fmt: skip
    """Return what the home does without the module, told like a plan, so that both compare like against like.

    Machines start at once (as soon as no blocked hour is in their way), the car charges with full power from arrival, room and
    tank are held at their set-points, the battery follows the net load behind the meter, PV is fed in and cut only where the
    connection demands it. What does not fit under the import limit is shed in the order comfort, hot water, car; a machine
    that does not fit starts later.

    Parameters
    ----------
    assets, outlook, weights
        As for `HomeModel.solve`.
    set_points : SetPoints, optional
        Of the thermostats; the nearer edge of the comfort band (lower when heating, upper when cooling) and the tank's
        lower temperature without.
    notes : tuple of Binding
        Put first among what binds.

    Returns
    -------
    HomePlan
        With status ``habit``.

    Raises
    ------
    ModelError
        If the outlook misses something.
    """
    check(assets, outlook)
    n, zero = assets.n_steps, np.zeros(assets.n_steps)
    room_kw = np.asarray(limits_kw(assets, outlook)[0] - outlook.base_load_kw - outlook.p_pv_available_kw)
    starts, room_kw = _machines(assets, outlook, np.zeros(len(assets.machines), dtype=int).tolist(), room_kw)
    car = _car(assets, outlook, np.full(n, math.inf), room_kw)
    boil = _tank(assets, outlook, set_points, room_kw - car)
    heat = _room(assets, outlook, set_points, room_kw - car - boil)
    rest_kw = limits_kw(assets, outlook)[0] - room_kw + car + boil + heat
    battery = _battery(assets, outlook, 0.0 - rest_kw)
    battery, pv = _grid(assets, outlook, battery, rest_kw)
    decisions = Decisions(
        p_battery_kw=battery, p_heat_kw=heat + zero, p_tank_kw=boil + zero, p_ev_kw=car, p_pv_kw=pv, starts=starts
    )
    return finished(assets, outlook, weights or Weights(), decisions, status="habit", notes=notes)


def _machines(
    assets: HomeAssets, outlook: HomeOutlook, earliest: list[int], room_kw: FloatArray
) -> tuple[tuple[int | None, ...], FloatArray]:
    """Return the first start of each pending machine that fits under the limit, and the room that is left."""
    starts: list[int | None] = []
    for number, machine in enumerate(assets.machines):
        start = _fitting(assets, number, outlook, room_kw, earliest[number]) if outlook.pending[number] else None
        starts.append(start)
        if start is not None:
            length = min(len(machine.programme_kw), assets.n_steps - start)
            room_kw = room_kw.copy()
            room_kw[start : start + length] -= machine.programme_kw[:length]
    return tuple(starts), room_kw


def _fitting(assets: HomeAssets, number: int, outlook: HomeOutlook, room_kw: FloatArray, earliest: int) -> int | None:
    programme = np.asarray(assets.machines[number].programme_kw)
    padded = np.concatenate([room_kw, np.full(len(programme) - 1, math.inf)])
    fits = (np.lib.stride_tricks.sliding_window_view(padded, len(programme)) >= programme).all(axis=1)
    possible = np.flatnonzero(fits & startable(assets, number, outlook))
    later = possible[possible >= earliest]
    return int(later[0]) if len(later) else None


def _car(assets: HomeAssets, outlook: HomeOutlook, asked_kw: FloatArray, room_kw: FloatArray) -> FloatArray:
    car, p_kw = assets.car, np.zeros(assets.n_steps)
    if car is None:
        return p_kw
    per_kw, missing = assets.step_h * car.efficiency, wanted_kwh(car, outlook)
    for step in np.flatnonzero(may_charge(assets.n_steps, outlook)).tolist():
        power = min(car.p_max_kw, float(asked_kw[step]), float(room_kw[step]), missing / per_kw)
        if power > 0 and power >= car.p_min_kw:
            p_kw[step] = power
            missing -= power * per_kw
    return p_kw


def _tank(assets: HomeAssets, outlook: HomeOutlook, set_points: SetPoints | None, room_kw: FloatArray) -> FloatArray:
    tank = assets.tank
    if tank is None or outlook.draw_kw is None:
        return np.zeros(assets.n_steps)
    keep, gain = tank_factors(tank, assets.step_h)
    change = (1.0 - keep) * tank.ambient_degc - gain * outlook.draw_kw
    target = np.full(assets.n_steps, tank.low_degc if set_points is None else set_points.water_degc)
    return _held(outlook.temp_tank_degc, keep, gain * tank.cop, change, target, np.clip(room_kw, 0.0, tank.p_max_kw))


def _room(assets: HomeAssets, outlook: HomeOutlook, set_points: SetPoints | None, room_kw: FloatArray) -> FloatArray:
    room = assets.room
    if room is None or outlook.temp_outdoor_degc is None or outlook.gain_k is None:
        return np.zeros(assets.n_steps)
    change = room.leak * outlook.temp_outdoor_degc + outlook.gain_k
    edge = outlook.comfort_low_degc if room.gain_k_per_kw > 0 else outlook.comfort_high_degc
    target = edge if set_points is None else set_points.indoor_degc
    most_kw = np.clip(room_kw, 0.0, room.p_max_kw)
    return _held(outlook.temp_indoor_degc, room.keep, room.gain_k_per_kw, change, np.asarray(target), most_kw)


def _held(start: float, keep: float, gain: float, change: FloatArray, target: FloatArray, most_kw: FloatArray) -> FloatArray:
    """Return the least power in each step that brings a store to its set-point, as far as the power goes."""
    p_kw, value = np.zeros(len(change)), start
    for step, (more, wanted, most) in enumerate(zip(change.tolist(), target.tolist(), most_kw.tolist(), strict=True)):
        value = keep * value + more
        power = min(max((wanted - value) / gain, 0.0), most) if gain else 0.0
        p_kw[step] = power
        value += gain * power
    return p_kw


def _battery(assets: HomeAssets, outlook: HomeOutlook, asked_kw: FloatArray) -> FloatArray:
    """Return the power of a battery that is asked for one, within its power and its bounds; charging positive."""
    battery, p_kw = assets.battery, np.zeros(assets.n_steps)
    if battery is None or battery.capacity_kwh <= 0:
        return p_kw
    energy = outlook.soc * battery.capacity_kwh
    for step, asked in enumerate(asked_kw.tolist()):
        power, energy = _charged(battery, energy, asked, assets.step_h)
        p_kw[step] = power
    return p_kw


def _charged(battery: Battery, energy: float, asked: float, hours: float) -> tuple[float, float]:
    if asked > 0:
        room = max(battery.max_soc * battery.capacity_kwh - energy, 0.0)
        power = min(asked, battery.p_charge_kw, room / (hours * battery.efficiency_charge))
        return power, energy + hours * battery.efficiency_charge * power
    left = max(energy - battery.min_soc * battery.capacity_kwh, 0.0)
    power = min(0.0 - asked, battery.p_discharge_kw, left * battery.efficiency_discharge / hours)
    return 0.0 - power, energy - hours * power / battery.efficiency_discharge


def _grid(assets: HomeAssets, outlook: HomeOutlook, battery: FloatArray, rest_kw: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Cut PV where the export limit demands it and the inverter can."""
    over = np.maximum(0.0 - (rest_kw + battery) - limits_kw(assets, outlook)[1], 0.0)
    pv = outlook.p_pv_available_kw
    return battery, np.minimum(pv + over, 0.0) if assets.curtailable else pv


def replayed(
    assets: HomeAssets, outlook: HomeOutlook, weights: Weights, plan: HomePlan, *, notes: tuple[Binding, ...] = ()
) -> HomePlan:
    """Return what is left of an older plan, within what the home can do now; after its end everything rests.

    Car and machines get what they were to get; the room, the tank and the battery what they were to get as far as their
    bounds and the connection allow.
    """
    check(assets, outlook)
    gone = max(outlook.index - plan.index, 0)
    room_kw = np.asarray(limits_kw(assets, outlook)[0] - outlook.base_load_kw - outlook.p_pv_available_kw)
    earliest = [max(start - gone, 0) if start is not None else 0 for start in plan.starts]
    starts, room_kw = _machines(assets, outlook, earliest, room_kw)
    car = _car(assets, outlook, _moved(plan.p_ev_kw, gone), room_kw)
    boil = np.minimum(_moved(plan.p_tank_kw, gone), np.maximum(room_kw - car, 0.0))
    heat = np.minimum(_moved(plan.p_heat_kw, gone), np.maximum(room_kw - car - boil, 0.0))
    most_in, most_out = limits_kw(assets, outlook)
    rest_kw = most_in - room_kw + car + boil + heat
    asked = np.clip(_moved(plan.p_battery_kw, gone), np.minimum(-most_out - rest_kw, 0.0), np.maximum(most_in - rest_kw, 0.0))
    battery, pv = _grid(assets, outlook, _battery(assets, outlook, asked), rest_kw)
    decisions = Decisions(p_battery_kw=battery, p_heat_kw=heat, p_tank_kw=boil, p_ev_kw=car, p_pv_kw=pv, starts=starts)
    return finished(assets, outlook, weights, decisions, status="previous", notes=notes)


def _moved(values: FloatArray, steps: int) -> FloatArray:
    left = values[steps:]
    return np.concatenate([left, np.zeros(len(values) - len(left))])
