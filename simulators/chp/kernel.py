# SPDX-License-Identifier: Apache-2.0
"""The arithmetic of `simulators.chp.model`, compiled: fleets are small, so calls of numpy would cost more than the physics.

Imported where a fleet is built, not with the kind. Whatever the machine code depends on stands in this file: numba keeps it on
disk for as long as this file does not change.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from twinergy.compiling import compiled
from twinergy.signs import generation_from_load
from twinergy.units import SECONDS_PER_HOUR

OUTPUTS: Final = (
    "p_kw",
    "q_kvar",
    "heat_kw",
    "boiler_heat_kw",
    "fuel_kw",
    "heat_demand_kw",
    "heat_supplied_kw",
    "heat_unserved_kw",
    "heat_dumped_kw",
    "heat_loss_kw",
    "soc",
    "temp_buffer_degc",
    "start_cost_eur",
    "p_unserved_kw",
    "on",
    "starts",
    "hours_h",
)
"""Rows of what a fleet did, named as the ports."""
STATE: Final = ("on", "starts", "hours", "hold_s", "warm_s", "p_kw", "energy_kwh")
"""Rows of what a fleet remembers; it shows the first three."""
ON, STARTS, HOURS, HOLD_S, WARM_S, P_KW, ENERGY_KWH = range(7)
ROWS: Final = len(OUTPUTS) + 4


_from_load = compiled(generation_from_load)


@compiled
def _wish(unit: Any, on: bool, low_kw: float, high_kw: float, net_kw: float, asked_kw: float, floor_kw: float) -> Any:
    """Return whether the firmware wants to run, and at which power, counted positive.

    A heat-led unit starts where the buffer would fall to its lower threshold within the step, runs as high as the upper threshold
    allows and stops where even its least load would pass it. Power-led, it runs where at least its least load is wanted and the
    heat has somewhere to go. `low_kw` and `high_kw` are heat that would leave the buffer at its thresholds; what is asked for and
    the least that is, counted positive, are NaN where nobody asks.
    """
    full = unit.least_heat_kw > high_kw
    p_kw = unit.back_slope * high_kw + unit.back_base + unit.back_bend * np.maximum(high_kw - unit.back_knee_kw, 0.0)
    p_kw = np.minimum(p_kw, unit.rated_kw)
    leads, target_kw = unit.follows, net_kw if unit.follows else np.nan
    if np.isfinite(asked_kw):
        leads, target_kw = True, asked_kw
    if floor_kw >= unit.enough_kw:
        leads, target_kw = True, np.fmax(target_kw, floor_kw)
    if not leads:
        return unit.acts and (low_kw > 0.0 or (on and not full)), p_kw
    bearable_kw = unit.rated_kw if unit.cools else p_kw
    return target_kw >= unit.enough_kw and (unit.cools or not full), np.fmin(target_kw, bearable_kw)


@compiled
def _turn(unit: Any, on: bool, hold_s: float, warm_s: float, wanted: bool, banned: bool) -> Any:
    """Return who runs, as wanted where minimum times allow it and never beyond a limit; its times, and whether it starts."""
    changes = on if banned else wanted != on and hold_s <= 0.0
    if not changes:
        return on, hold_s, warm_s, False
    if on:
        return False, unit.min_off_s, 0.0, False
    return True, unit.min_on_s, unit.start_s, True


@compiled
def _ramp(unit: Any, span: Any, begin_kw: float, wanted_kw: float, running: float, share: float) -> Any:
    """Return power at the end and on average, heat and fuel of an engine that goes for a power at its rate of change.

    A ramp of height d that fits into the step leaves the mean ``d**2 / (2 r T)`` below its end, with r the rate and T the step.
    """
    reach = span.ramp_kw * share
    rise = np.maximum(np.minimum(wanted_kw - begin_kw, reach), -reach)
    p_end = (begin_kw + rise) * running
    p_kw = p_end * share - abs(rise) * rise * span.lag_per_kw * running
    beyond = np.maximum(p_kw - unit.knee_kw * share, 0.0)
    heat = unit.heat_base * share + unit.heat_slope * p_kw + unit.heat_bend * beyond
    fuel = unit.fuel_base * share + unit.fuel_slope * p_kw + unit.fuel_bend * beyond
    return p_end, p_kw, heat, fuel


@compiled
def _engine(unit: Any, span: Any, duration_s: float, before: Any, i: int, heats: Any, net_kw: float, asked: Any) -> Any:
    """Return what it remembers of `ON`, `HOLD_S`, `WARM_S` and `P_KW`; mean power, heat, fuel, share of the step, and starts.

    `heats` would leave the buffer at its thresholds and full. The thermostat cuts a run short at the moment the buffer is full.
    """
    low, high, most = heats
    asked_kw, limit_kw, floor_kw = asked
    on = before[ON, i] > 0.0
    wanted, wanted_kw = _wish(unit, on, low, high, net_kw, asked_kw, floor_kw)
    wanted_kw = np.maximum(np.fmin(wanted_kw, limit_kw), unit.least_kw)
    on, hold_s, warm_s, starts = _turn(unit, on, before[HOLD_S, i], before[WARM_S, i], wanted, limit_kw < unit.enough_kw)
    share = 1.0 - min(warm_s / duration_s, 1.0) if on else 0.0
    hold_s, warm_s = hold_s - duration_s, max(warm_s - duration_s, 0.0)
    begin_kw = np.fmin(before[P_KW, i], np.maximum(limit_kw, 0.0))  # load is shed at once where a limit asks for it
    p_end, p_kw, heat, fuel = _ramp(unit, span, begin_kw, wanted_kw, 1.0 if on else 0.0, share)
    if heat > most and not unit.cools:
        cut = most / heat
        on, hold_s, warm_s, p_end = False, unit.min_off_s - duration_s * (1.0 - cut), 0.0, 0.0
        p_kw, heat, fuel, share = p_kw * cut, heat * cut, fuel * cut, share * cut
    return (1.0 if on else 0.0, hold_s, warm_s, p_end), (p_kw, heat, fuel, share, 1.0 if starts else 0.0)


@compiled
def _buffer(unit: Any, span: Any, before_kwh: float, demand: float, need: float, most: float, heat: float, hours: float) -> Any:
    """Return content of the buffer at the end; heat of the boiler, supplied, not served, dumped and lost.

    `need` and `most` would leave the buffer empty or full at the end.
    """
    gap = need - heat
    boiler = np.minimum(np.maximum(gap, 0.0), unit.boiler_kw)
    # a unit stopped by its thermostat may pass the limit by its last digit
    dumped = np.maximum(heat - most, 0.0) if unit.cools else 0.0
    gap += dumped - boiler
    short = np.maximum(gap, 0.0)
    # not a digit more, or there would be room for less than nothing
    energy = np.minimum((short - gap) * span.held_h, unit.capacity_kwh)
    unserved = np.minimum(short, demand)
    supplied = demand - unserved
    loss = (before_kwh - energy) / hours + (heat + boiler - dumped) - supplied
    return energy, boiler, supplied, unserved, dumped, loss


@compiled
def _one(unit: Any, span: Any, duration_s: float, before: Any, i: int, demand: float, net_kw: float, asked: Any) -> Any:
    """Return outputs and state of one unit, rows as `advance` has them."""
    hours = duration_s / SECONDS_PER_HOUR
    kept = before[ENERGY_KWH, i] * span.keeps - span.fades_kwh
    # heat of the engine that would leave the buffer empty, at its thresholds and full
    need = demand - kept * span.per_held_h
    low = (unit.start_kwh - kept) * span.per_held_h + demand
    high = (unit.stop_kwh - kept) * span.per_held_h + demand
    most = (unit.capacity_kwh - kept) * span.per_held_h + demand
    engine, run = _engine(unit, span, duration_s, before, i, (low, high, most), net_kw, asked)
    p_kw, heat, fuel, share, starts = run
    buffer = _buffer(unit, span, before[ENERGY_KWH, i], demand, need, most, heat, hours)
    energy, boiler, supplied, unserved, dumped, loss = buffer
    on, hold_s, warm_s, p_end = engine
    p_load = unit.standby_kw - unit.standby_kw * share - p_kw
    distance = abs(asked[0] + p_load)
    return (
        p_load,
        p_kw * unit.tan_phi,
        heat,
        boiler,
        fuel + boiler * unit.boiler_fuel + starts * span.start_fuel_kw,
        demand,
        supplied,
        unserved,
        dumped,
        loss,
        energy / unit.capacity_kwh,
        energy * unit.k_per_kwh + unit.temp_min_degc,
        starts * unit.start_cost_eur,
        0.0 if np.isnan(distance) else distance,
        on,
        before[STARTS, i] + starts,
        before[HOURS, i] + share * hours,
        hold_s,
        warm_s,
        p_end,
        energy,
    )


@compiled
def advance(
    units: Any,
    spans: Any,
    duration_s: float,
    before: Any,
    result: Any,
    heat: Any,
    own: Any,
    net: Any,
    p_set: Any,
    p_min: Any,
    p_max: Any,
) -> None:
    """Write outputs and state of all units, shape ``(21, n_devices)``: rows of `OUTPUTS`, the last three begin those of `STATE`.

    `units` and `spans` are records as in `simulators.chp.params` and `simulators.chp.span`, the rest as in
    `simulators.chp.model`.
    """
    for i in range(len(units)):
        asked = _from_load(p_set[i]), _from_load(p_min[i]), _from_load(p_max[i])
        demand = units[i].share * heat[i if len(heat) > 1 else 0] + own[i]
        one = _one(units[i], spans[i], duration_s, before, i, demand, net[i], asked)
        for row in range(ROWS):
            result[row, i] = one[row]
