# SPDX-License-Identifier: Apache-2.0
"""The arithmetic of `simulators.battery.model`, compiled: fleets are small, so calls of numpy would cost more than the physics.

Imported where a fleet is built, not with the kind. Whatever the machine code depends on stands in this file: numba keeps it on
disk for as long as this file does not change.
"""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
from numba import types

from twinergy.compiling import compiled_for, inlined

# columns of the state, see `simulators.battery.model.BatteryState`; three each from COURSE, START and EXTREME on
ENERGY, CAPACITY, SOC, SOH, COURSE, CYCLES, HOURS, CALENDAR, CYCLE, UNCYCLED, HEADING, START = range(12)
EXTREME: Final = START + 3
STATE_SIZE: Final = EXTREME + 3
# columns of `simulators.battery.span.Span.data` and of each of its two `lanes`
KEEPS, HELD_H, FADES_PER_H, SLIPS, CYCLES_PER_KW, CAPACITY_NEW, STANDBY, SHARE_OF_NET, OBEYS, TAN_PHI = range(10)
LINEAR, QUADRATIC, CONSTANT, LEAST, LIMIT, HALF, SQUARE, BOUND_SOC, PER_HELD_H = range(9)
UP, DOWN = range(2)
# columns of `simulators.battery.params.AgeingParams.laws`
CALENDAR_EXPONENT, CYCLE_EXPONENT, RATE_SLOPE, RATE_OFFSET, DEPTH_CUBIC, DEPTH_LINEAR, DEPTH_CONSTANT, CURVE = range(8)
# rows of the outputs: those of `simulators.battery.model.BatteryOutputs`, then what is reported of the state
OUT_P, OUT_Q, OUT_LOSS, OUT_UNSERVED, OUT_SOC, OUT_SOH, OUT_ENERGY, OUT_CYCLES = range(8)

GRID: Final = 201
"""Number of states of charge at which stress factors are tabulated, from empty to full."""
HALF_GRID: Final = 0.5 * (GRID - 1)
"""Position on the grid of the mean of two states of charge, over their sum."""
TURN: Final = 0.05
"""How far the state of charge moves back before a half cycle counts as finished. [-]"""
FARTHER: Final = 1e-12
"""By how much the charge passes its extreme: more than rounding, or a battery that comes back to its lowest charge again and
again would age by the last digit of a sum. [-]"""
LEAST_HEALTH: Final = 0.01
"""A cell is never modelled below one per cent of its capacity; the laws end far above. [-]"""
LEAST_H: Final = 1e-9
DEPTH_REFERENCE: Final = 0.6
SQUARE_ROOT: Final = 0.5

_TABLE: Final = types.Array(types.float64, 2, "C")
_LANES: Final = types.Array(types.float64, 3, "C")
_ANY: Final = types.Array(types.float64, 1, "A", readonly=True)
"""Arrays from outside: of any layout, and not to be written to."""


@inlined
def _at(values: Any, i: int) -> float:
    return values[i if len(values) > 1 else 0]  # type: ignore[no-any-return]


@inlined
def _wanted(data: Any, i: int, net: float, p_set: float, p_min: float, p_max: float) -> float:
    """Return the terminal power wanted inside the limits asked for, NaN for none. [kW]."""
    wanted = data[i, SHARE_OF_NET] * net
    if data[i, OBEYS] != 0.0 and math.isfinite(p_set):
        wanted = p_set
    if math.isnan(wanted) and not (math.isnan(p_min) and math.isnan(p_max)):
        wanted = 0.0
    return min(max(wanted, p_min), p_max)  # type: ignore[no-any-return]  # both keep what stands first beside a NaN


@inlined
def _move(lanes: Any, i: int, wanted: float, reserve: float, kept: float, capacity: float) -> tuple[float, float]:
    """Return power at the terminals and at the cells, never negative, 0 where the converter does not run. [kW], [kW].

    The sign of the power wanted is the direction; `reserve` is the one asked for, `kept` the energy that would be left without
    any power.
    """
    way = DOWN if math.copysign(1.0, wanted) < 0.0 else UP
    bound = lanes[i, way, BOUND_SOC]
    if way == DOWN and reserve > bound:
        bound = reserve
    moved = _terminal_power(lanes, way, i, (bound * capacity - kept) * lanes[i, way, PER_HELD_H])
    moved = min(moved, lanes[i, way, LIMIT])
    moved = min(abs(wanted), moved)  # min keeps a NaN that stands first
    if not moved > lanes[i, way, LEAST]:  # never above it without room, nor where it is not known what is wanted
        return 0.0, 0.0
    return moved, _reaching(lanes[i, way, LINEAR], lanes[i, way, QUADRATIC], lanes[i, way, CONSTANT], moved)


@inlined
def _terminal_power(lanes: Any, way: int, i: int, cells_kw: float) -> float:
    """Return the terminal power at which this power reaches the cells, both in kW along the lane.

    The root of ``quadratic * p**2 - linear * p + constant + cells = 0`` near zero, in the form that does not cancel. Beyond the
    largest power that can reach the cells it is the top of the parabola or more, which lies above the converter's limit. Where
    no power has to reach the cells it lies below the least power of the converter, or below zero.
    """
    offset = lanes[i, way, CONSTANT] + cells_kw
    root = math.sqrt(max(lanes[i, way, SQUARE] - lanes[i, way, QUADRATIC] * offset, 0.0))
    return offset / (root + lanes[i, way, HALF])  # type: ignore[no-any-return]


def reaching(linear: Any, quadratic: Any, constant: Any, p_kw: Any) -> Any:
    """Return the power that reaches the cells at a terminal power of a running converter, numbers or arrays. [kW]."""
    return (linear - quadratic * p_kw) * p_kw - constant


_reaching = inlined(reaching)


@inlined
def age(laws: Any, level: Any, growth: Any, before_soc: float, state: Any, i: int) -> float:
    """Age one device by a step: bring the wear in its row of `state` up to date, return its state of health. [-].

    Its course holds the end of the step already, its wear still the start.
    """
    soc = state[i, COURSE]
    curve = laws[i, CURVE]
    ends = _lookup(growth, curve, 2.0 * before_soc) + _lookup(growth, curve, 2.0 * soc)
    state[i, CALENDAR] += (ends + 4.0 * _lookup(growth, curve, before_soc + soc)) / 6.0  # Simpson's rule over the step
    ahead = (soc - state[i, EXTREME]) * state[i, HEADING]
    if ahead > FARTHER:
        for part in range(3):
            state[i, EXTREME + part] = state[i, COURSE + part]
    if ahead < -TURN:
        state[i, CYCLE] += _grown(laws, level, state, i)
        state[i, UNCYCLED] = 1.0 - state[i, CYCLE] ** laws[i, CYCLE_EXPONENT]
        state[i, HEADING] = -state[i, HEADING]
        for part in range(3):
            state[i, START + part] = state[i, EXTREME + part]
            state[i, EXTREME + part] = state[i, COURSE + part]  # the way back becomes the next half cycle
    exponent = laws[i, CALENDAR_EXPONENT]
    lost = math.sqrt(state[i, CALENDAR]) if exponent == SQUARE_ROOT else state[i, CALENDAR] ** exponent
    return max(state[i, UNCYCLED] - lost, LEAST_HEALTH)  # type: ignore[no-any-return]


@inlined
def _lookup(table: Any, curve: float, soc_sum: float) -> float:
    """Return one of the curves in a table of `segments` at the mean of two states of charge, given by their sum."""
    position = soc_sum * HALF_GRID
    cell = min(int(position), GRID - 1) if position > 0.0 else 0
    cell += int(curve) * GRID
    return table[cell, 0] + table[cell, 1] * position  # type: ignore[no-any-return]


@inlined
def _grown(laws: Any, level: Any, state: Any, i: int) -> float:
    """Return the cycle wear of a half cycle that is finished."""
    depth = abs(state[i, EXTREME] - state[i, START])
    cycles, hours = state[i, EXTREME + 1] - state[i, START + 1], state[i, EXTREME + 2] - state[i, START + 2]
    beyond = depth - DEPTH_REFERENCE
    # of the loss after one full equivalent cycle of this depth and C-rate
    factor = laws[i, DEPTH_CUBIC] * (beyond * beyond * beyond) + laws[i, DEPTH_LINEAR] * depth + laws[i, DEPTH_CONSTANT]
    if len(level) > 0:
        factor += _lookup(level, laws[i, CURVE], state[i, START] + state[i, EXTREME])
    rate = laws[i, RATE_SLOPE] * (2.0 * cycles / max(hours, LEAST_H)) + laws[i, RATE_OFFSET]
    return (rate * factor) ** (1.0 / laws[i, CYCLE_EXPONENT]) * cycles  # type: ignore[no-any-return]


@inlined
def _report(
    data: Any, i: int, wanted: float, p_set: float, moved: float, stored: float, energy: float, faded_kw: float, out: Any
) -> None:
    """Write the outputs of a device; `energy` at the start, and `faded_kw`, what a shrinking full battery could not hold."""
    p, cells = math.copysign(moved, wanted), math.copysign(stored, wanted)
    standby_kw = 0.0 if moved > 0.0 else data[i, STANDBY]
    out[OUT_P, i] = p + standby_kw
    out[OUT_Q, i] = moved * data[i, TAN_PHI]
    # summed up from its causes, not taken as what is left over: the audit of a run must be able to find a mistake in them
    out[OUT_LOSS, i] = p - cells + standby_kw + energy * data[i, FADES_PER_H] + cells * data[i, SLIPS] + faded_kw
    out[OUT_UNSERVED, i] = abs(p_set - p) if math.isfinite(p_set) else 0.0


@compiled_for(_TABLE, _LANES, types.float64, _TABLE, _TABLE, _TABLE, _TABLE, _ANY, _ANY, _ANY, _ANY, _ANY)
def advance(
    data: Any,
    lanes: Any,
    hours: float,
    laws: Any,
    level: Any,
    growth: Any,
    before: Any,
    net: Any,
    p_set: Any,
    p_min: Any,
    p_max: Any,
    reserve: Any,
) -> Any:
    """Return the new state, shape ``(n_devices, 17)``, and the outputs, shape ``(8, n_devices)``, as named above.

    `data`, `lanes`, `hours` and `growth` as in `simulators.battery.span.Span`, `laws` and `level` as in
    `simulators.battery.params.AgeingParams`, `before` is the state at the start, the others as in
    `simulators.battery.model.BatteryInputs`; of these an array of one element serves all devices.
    """
    size = before.shape[0]
    for asked in (net, p_set, p_min, p_max, reserve):
        if len(asked) not in (1, size):
            raise ValueError("arrays of a fleet differ in length")  # noqa: EM101 - compiled code
    state, out = np.empty((size, STATE_SIZE)), np.empty((8, size))
    for i in range(size):
        wanted = _wanted(data, i, _at(net, i), _at(p_set, i), _at(p_min, i), _at(p_max, i))
        kept = before[i, ENERGY] * data[i, KEEPS]
        moved, stored = _move(lanes, i, wanted, _at(reserve, i), kept, before[i, CAPACITY])
        energy = max(math.copysign(stored, wanted) * data[i, HELD_H] + kept, 0.0)
        for row in range(CALENDAR, STATE_SIZE):
            state[i, row] = before[i, row]
        state[i, COURSE] = energy / before[i, CAPACITY]
        state[i, CYCLES] = before[i, CYCLES] + stored * data[i, CYCLES_PER_KW]
        state[i, HOURS] = before[i, HOURS] + (hours if moved > 0.0 else 0.0)
        state[i, SOH], state[i, CAPACITY] = before[i, SOH], before[i, CAPACITY]
        if len(growth) > 0:
            state[i, SOH] = age(laws, level, growth, before[i, SOC], state, i)
            state[i, CAPACITY] = data[i, CAPACITY_NEW] * state[i, SOH]
        state[i, ENERGY] = min(energy, state[i, CAPACITY])
        state[i, SOC] = state[i, ENERGY] / state[i, CAPACITY]
        out[OUT_SOC, i], out[OUT_SOH, i] = state[i, SOC], state[i, SOH]
        out[OUT_ENERGY, i], out[OUT_CYCLES, i] = state[i, ENERGY], state[i, CYCLES]
        _report(data, i, wanted, _at(p_set, i), moved, stored, before[i, ENERGY], (energy - state[i, ENERGY]) / hours, out)
    return state, out
