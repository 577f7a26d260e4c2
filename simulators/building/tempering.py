# SPDX-License-Identifier: Apache-2.0
"""How a zone is aired, heated and cooled in a step, within the electrical power that is allowed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from simulators.building.envelope import AIR_WH_PER_M3K
from simulators.building.heating import UNLIMITED_KW, eer_rise, heat_room, where_asked
from simulators.building.thermal import AIR, END

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
    warm: FloatArray = (state.store_degc[1] - WARM_DEGC) / WARM_K
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
    opened = warm * np.minimum(occupants, 1.0) * (state.store_degc[1] > ambient_degc) * params.open_m3_per_h
    carried = opened * AIR_KWH_PER_M3K
    return Extra(opened, carried) if flow is None or kw_per_k is None else Extra(flow + opened, kw_per_k + carried)


def tempered(
    params: BuildingParams, span: Span, state: BuildingState, inputs: BuildingInputs, power: Powers, water: Water,
    budget: FloatArray | None, free: FloatArray, extra: Extra | None, season_degc: float,
) -> tuple[Room, Cooling | None, FloatArray]:  # fmt: skip
    """Heat and cool the zones, and return them after the step, shape (5, n_devices); `season_degc` is the damped outdoors."""
    plant, ambient = params.plant, inputs.sky.temp_degc
    met = _met(span, free, extra, ambient)
    most = power.most_kw[0] * water.left
    spare: FloatArray | None = None
    if ambient < plant.highest_bivalence_degc:
        spare = plant.backup_kw * (ambient < plant.bivalence_degc)
    if budget is not None:
        budget = np.maximum(budget - water.heat_kw * (plant.drawn[1] / power.cop[1] + plant.pump_share), 0.0)
        most = np.minimum(most, allowed_kw(params, budget, power.cop[0], 0))
    owed, rested = state.owed_kwh, state.resting
    need = _need(params, inputs, met, season_degc)
    room = heat_room(plant, span.hours, owed, rested, need, most, power.least_kw[0], spare)
    if budget is not None:
        room, budget = _cut_backup(params, power, room, budget)
    cooling = _cool(params, inputs, met.cool_kw_per_k, met.found_degc, budget)
    heat = room.space_kw
    result = free + span.heat * heat
    if extra is not None:
        removed = 0.0 if cooling is None else cooling.cool_kw
        rise = span.per_heat * heat - span.per_convective * removed
        result += span.convective * (extra.kw_per_k * (met.short_k - rise / met.damped) - removed)
    elif cooling is not None:
        result -= span.convective * cooling.cool_kw
    return room, cooling, result


class Met(NamedTuple):
    """Zones before they are heated or cooled, arrays of shape ``(n_devices,)``.

    Attributes
    ----------
    found_degc : ndarray
        Air at the end of the step. [degC]
    k_per_kw, cool_kw_per_k : ndarray
        What a kilowatt of room heat does to it, and the convective heat that changes it by a kelvin. [K/kW], [kW/K]
    damped, short_k : ndarray
        What more fresh air damps every other heat by, and how far the outdoor air is above the mean air temperature; without
        dimensions and meaning where there is none. [-], [K]
    """

    found_degc: FloatArray
    k_per_kw: FloatArray
    cool_kw_per_k: FloatArray
    damped: FloatArray
    short_k: FloatArray


_NONE: Final = np.zeros(())


def _met(span: Span, free: FloatArray, extra: Extra | None, ambient_degc: float) -> Met:
    """Return the zones with their fresh air, the heat of which follows the mean air temperature and so damps all other heat."""
    if extra is None:
        return Met(free[END], span.end_heat, span.inverse_convective, _NONE, _NONE)
    damped = span.per_convective * extra.kw_per_k
    damped += 1.0
    short = (ambient_degc - free[AIR]) / damped
    push = span.end_convective * extra.kw_per_k
    found = free[END] + push * short
    rise = span.end_heat - push * span.per_heat / damped
    return Met(found, rise, damped * span.inverse_convective, damped, short)


def _need(params: BuildingParams, inputs: BuildingInputs, met: Met, season_degc: float) -> FloatArray:
    """Return the heat that brings rooms to their set-point, negative above it, 0 out of the heating season. [kW]."""
    plant = params.plant
    if season_degc >= plant.highest_heating_degc:
        return np.zeros(len(met.found_degc))
    need: FloatArray = where_asked(inputs.asked.temp_set_degc, inputs.plan.temp_set_degc) - met.found_degc
    need /= met.k_per_kw
    if season_degc >= plant.lowest_heating_degc:
        need[season_degc >= plant.heating_limit_degc] = 0.0
    return need


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
