# SPDX-License-Identifier: Apache-2.0
"""How a zone is aired, heated and cooled in a step, within the electrical power that is allowed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from simulators.building.envelope import AIR_WH_PER_M3K
from simulators.building.heating import UNLIMITED_KW, eer_rise, heat_room, where_asked
from simulators.building.thermal import AIR

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from simulators.building.heating import Powers, Room, Water
    from simulators.building.model import BuildingInputs, BuildingState
    from simulators.building.params import BuildingParams, Span

    FloatArray = NDArray[np.float64]

WARM_DEGC: Final = 23.0
WARM_K: Final = 2.0
"""Masses above this are felt as warm: blinds close and windows open, all of them 2 K above (assumption). [degC], [K]"""
AIR_KWH_PER_M3K: Final = AIR_WH_PER_M3K / 1e3
AIRING_DEGC: Final = 12.0
"""Below this outdoor temperature nobody opens windows or closes blinds against the heat (assumption). [degC]"""


class Extra(NamedTuple):
    """Fresh air beyond what is always there: flow and the heat transfer it brings. [m3/h], [kW/K]."""

    flow_m3_per_h: FloatArray
    kw_per_k: FloatArray


class Cooling(NamedTuple):
    """Heat removed and the power it takes. [kW], [kW]."""

    cool_kw: FloatArray
    electric_kw: FloatArray


def budget_of(params: BuildingParams, inputs: BuildingInputs) -> FloatArray | None:
    """Return the electrical power that is allowed after what always runs, infinite where nobody asks. [kW]."""
    asked = inputs.asked.p_max_kw
    if asked is None:
        return None
    budget: FloatArray = np.maximum(np.where(np.isnan(asked), UNLIMITED_KW, asked) - params.plant.fan_kw, 0.0)
    return budget


def allowed_kw(params: BuildingParams, budget: FloatArray, cop: FloatArray, kind: int) -> FloatArray:
    """Return the heat that the rest of the electrical power allows; what is not made with electricity needs only a pump."""
    heat: FloatArray = budget / (params.plant.drawn[kind] / cop + params.plant.pump_share)
    return heat


def how_warm(state: BuildingState, ambient_degc: float) -> FloatArray | None:
    """Return how warm people feel it is, 0...1, by the slow inner mass; None where it is warm for nobody. [-]."""
    if ambient_degc < AIRING_DEGC:
        return None
    warm: FloatArray = (state.mass_degc[1] - WARM_DEGC) / WARM_K
    np.maximum(warm, 0.0, out=warm)
    if not np.count_nonzero(warm):
        return None
    return np.minimum(warm, 1.0, out=warm)


def extra_air(
    params: BuildingParams, state: BuildingState, occupants: FloatArray, warm: FloatArray | None, ambient_degc: float
) -> Extra | None:
    """Return fresh air for people, and through windows that they open because it is warm inside and cooler outside."""
    flow = kw_per_k = None
    if params.brings_air:
        flow, kw_per_k = params.person_m3_per_h * occupants, params.person_kw_per_k * occupants
    if warm is None:
        return None if flow is None or kw_per_k is None else Extra(flow, kw_per_k)
    opened = warm * np.minimum(occupants, 1.0) * (state.mass_degc[1] > ambient_degc) * params.open_m3_per_h
    carried = opened * AIR_KWH_PER_M3K
    return Extra(opened, carried) if flow is None or kw_per_k is None else Extra(flow + opened, kw_per_k + carried)


def tempered(
    params: BuildingParams, span: Span, state: BuildingState, inputs: BuildingInputs, power: Powers, water: Water,
    budget: FloatArray | None, free: FloatArray, extra: Extra | None,
) -> tuple[Room, Cooling | None, FloatArray]:  # fmt: skip
    """Heat and cool the zones, and return them after the step, shape (4, n_devices)."""
    plant, ambient = params.plant, inputs.sky.temp_degc
    found, per_heat, per_cool = free[AIR], span.inverse_heat, span.inverse_convective
    damped: FloatArray | None = None
    if extra is not None:  # its heat follows the mean air temperature, so it damps every other heat by the same factor
        pull = span.per_convective * extra.kw_per_k
        damped = 1.0 + pull
        found = (found + pull * ambient) / damped
        per_heat, per_cool = damped / span.per_heat, damped / span.per_convective
    most = power.most_kw[0] * water.left
    spare: FloatArray | None = None
    if ambient < plant.highest_bivalence_degc:
        spare = plant.backup_kw * (ambient < plant.bivalence_degc)
    if budget is not None:
        budget = np.maximum(budget - water.heat_kw * (plant.drawn[1] / power.cop[1] + plant.pump_share), 0.0)
        most = np.minimum(most, allowed_kw(params, budget, power.cop[0], 0))
    gap = where_asked(inputs.asked.temp_set_degc, inputs.plan.temp_set_degc) - found
    owed, rested = state.owed_kwh, state.resting
    room = heat_room(plant, span.hours, owed, rested, gap * per_heat, most, power.least_kw[0], spare)
    if budget is not None:
        room, budget = _cut_backup(params, power, room, budget)
    cooling = _cool(params, inputs, per_cool, found, budget)
    heat = room.space_kw
    result = free + span.heat * heat
    if extra is not None and damped is not None:
        removed = 0.0 if cooling is None else cooling.cool_kw
        rise = span.per_heat * heat - span.per_convective * removed
        result += span.convective * (extra.kw_per_k * (ambient - (found + rise / damped)) - removed)
    elif cooling is not None:
        result -= span.convective * cooling.cool_kw
    return room, cooling, result


def _cut_backup(params: BuildingParams, power: Powers, room: Room, budget: FloatArray) -> tuple[Room, FloatArray]:
    """Keep the backup heater within what is left of the allowed power, and return what is left after it."""
    plant = params.plant
    left: FloatArray = np.maximum(budget - room.made_kw * (plant.drawn[0] / power.cop[0] + plant.pump_share), 0.0)
    if room.backup_kw is None:
        return room, left
    backup = np.minimum(room.backup_kw, left / (1.0 + plant.pump_share))
    missing = room.unserved_kw + (room.backup_kw - backup)
    return room._replace(backup_kw=backup, unserved_kw=missing), left - backup * (1.0 + plant.pump_share)


def _cool(
    params: BuildingParams, inputs: BuildingInputs, per_cool: FloatArray, found: FloatArray, budget: FloatArray | None
) -> Cooling | None:
    """Cool the rooms to their set-point as far as the power reaches."""
    if not params.cools:
        return None
    wanted = where_asked(inputs.asked.temp_cool_set_degc, params.temp_cool_set_degc)
    electric = params.plant.inverse_eer / eer_rise(inputs.sky.temp_degc)
    most = params.plant.cool_kw if budget is None else np.minimum(params.plant.cool_kw, np.maximum(budget, 0.0) / electric)
    removed = np.minimum(np.maximum((found - wanted) * per_cool, 0.0), most)
    return Cooling(removed, removed * electric)
