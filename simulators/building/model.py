# SPDX-License-Identifier: Apache-2.0
"""One step of a fleet of buildings: hot water, heating, cooling, room, air."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from simulators.building.air import breathe, dry, relative_humidity
from simulators.building.facades import EFFICACY_LM_PER_W, columns, vapour_hpa
from simulators.building.heating import NOTHING_KW, make_water, powers, where_asked
from simulators.building.plant import DRAWN
from simulators.building.senses import illuminance, noise
from simulators.building.tempering import allowed_kw, budget_of, extra_air, how_warm, tempered
from simulators.building.thermal import AIR, GAIN, HEAT, OUTER, RADIANT, SOLAR, STORES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from simulators.building.facades import Sky
    from simulators.building.heating import Asked, Powers, Room, Water
    from simulators.building.params import BuildingParams, Span
    from simulators.building.schedules import Plan
    from simulators.building.tempering import Cooling

    FloatArray = NDArray[np.float64]
    BoolArray = NDArray[np.bool_]

PERSON_KW: Final = 0.075
"""Sensible heat of one person, VDI 2078 at 22 to 23 degC (EN ISO 7730: 126 W at 1.2 met, the rest is latent). [kW]"""


class Outdoor(NamedTuple):
    """Exponential mean of the outdoor temperature; early in a run it weighs what there has been.

    Attributes
    ----------
    weighted_degc, weight : float
        Weighted temperature and the sum of the weights, 0 to 1. [degC], [-]
    """

    weighted_degc: float
    weight: float

    def after(self, keep: float, temp_degc: float) -> Outdoor:
        """Return it after a step at one temperature, of which the share `keep` is left of what was before."""
        return Outdoor(keep * self.weighted_degc + (1.0 - keep) * temp_degc, keep * self.weight + (1.0 - keep))

    @property
    def mean_degc(self) -> float:
        """The mean, NaN before the first step. [degC]."""
        return self.weighted_degc / self.weight if self.weight else float("nan")


class BuildingState(NamedTuple):
    """What buildings remember.

    Attributes
    ----------
    store_degc : ndarray, shape (3, n_devices)
        Outer mass, inner mass, air and furniture at the end of the step. [degC]
    tank_degc : ndarray, shape (n_devices,)
        Tank at the end of the step. [degC]
    resting, uncharged : ndarray of bool, shape (n_devices,)
        Whether the generator rests as far as the room is concerned, and whether the tank is not being charged.
    owed_kwh : ndarray, shape (n_devices,)
        Heat that the room took from the heating water and the generator has yet to make. [kWh]
    gas : ndarray, shape (2, n_devices)
        Carbon dioxide and vapour pressure at the end of the step. [ppm], [hPa]
    outdoor : Outdoor
        What heating controls remember of the outdoor temperature, plain numbers, as the weather is one for all.
    """

    store_degc: FloatArray
    tank_degc: FloatArray
    resting: BoolArray
    uncharged: BoolArray
    owed_kwh: FloatArray
    gas: FloatArray
    outdoor: Outdoor

    @property
    def air_degc(self) -> FloatArray:
        """Air temperature at the end of the step, in degC."""
        air: FloatArray = self.store_degc[2]
        return air


class BuildingInputs(NamedTuple):
    """What acts on buildings in a step, arrays of shape ``(n_devices,)`` unless stated.

    Attributes
    ----------
    sky : Sky
        Weather, plain numbers.
    plan : Plan
        What the local clock says.
    asked : Asked
        Set-points, None where nobody asks at all.
    occupants, active_occupants, heat_gain_kw, hot_water_kw : ndarray
        What the household brings. [-], [-], [kW], [kW]
    """

    sky: Sky
    plan: Plan
    asked: Asked
    occupants: FloatArray
    active_occupants: FloatArray
    heat_gain_kw: FloatArray
    hot_water_kw: FloatArray


OUTPUTS: Final = (
    "p_kw",
    "q_kvar",
    "p_heat_pump_kw",
    "p_cooling_kw",
    "heat_space_kw",
    "heat_water_kw",
    "heat_network_kw",
    "cool_kw",
    "fuel_kw",
    "cop",
    "temp_indoor_degc",
    "temp_radiant_degc",
    "temp_tank_degc",
    "humidity_percent",
    "co2_ppm",
    "illuminance_lx",
    "noise_dba",
    "temp_low_k",
    "temp_high_k",
    "heat_unserved_kw",
    "hot_water_unserved_kw",
)
"""Names of the measured ports, the order of what `step` returns."""


def start(params: BuildingParams) -> BuildingState:
    """Return the state before the first step: rooms and tanks at their start, air as fresh as outdoors at 50 % humidity."""
    air, count = params.start_degc, len(params.start_degc)
    gas = np.stack([np.full(count, 420.0), np.full(count, 11.7)])
    rests = np.ones(count, dtype=np.bool_)
    warm, tank_degc = np.stack([air, air, air]), params.tank_start_degc.copy()
    return BuildingState(warm, tank_degc, rests, rests, np.zeros(count), gas, Outdoor(0.0, 0.0))


def step(
    params: BuildingParams, state: BuildingState, inputs: BuildingInputs, duration_s: float
) -> tuple[BuildingState, tuple[FloatArray, ...]]:
    """Advance a fleet of buildings by one step.

    The tank is charged first, then the room is heated or cooled so that its air is at its set-point at the end of the step, as
    far as powers reach and unless it has been warm outdoors for long (heating limit), then the air's carbon dioxide and moisture
    follow. The zone and the tank are solved exactly; air change beyond what is always there acts with the
    mean air temperature of the step.

    Parameters
    ----------
    params : BuildingParams
        Constants.
    state : BuildingState
        State at the start of the step.
    inputs : BuildingInputs
        What acts on the buildings, means over the step.
    duration_s : float
        Length of the step, positive. [s]

    Returns
    -------
    state : BuildingState
        State at the end of the step.
    outputs : tuple of ndarray
        Arrays of shape ``(n_devices,)`` in the order of `OUTPUTS`: means over the step, the tank at its end.

    Raises
    ------
    ValueError
        If ``duration_s`` is not positive.
    """
    span, sky = params.span(duration_s), inputs.sky
    outdoor = state.outdoor.after(span.remembered, sky.temp_degc)
    plan = inputs.plan
    occupants, active = inputs.occupants, inputs.active_occupants
    if plan.anybody:
        occupants, active = occupants + plan.occupants, active + plan.active_occupants
    power = powers(params.plant, sky.temp_degc, state.tank_degc)
    budget = budget_of(params, inputs)
    water = _water(params, span, state, inputs, power, budget)
    gain = PERSON_KW * occupants
    gain += inputs.heat_gain_kw
    gain += water.loss_kw
    if plan.anybody:
        gain += plan.gain_kw
    warm = how_warm(state, sky.temp_degc)
    extra = extra_air(params, state, occupants, warm, sky.temp_degc)
    free = _free(params, span, state, sky, gain, warm)
    room, cooling, result = tempered(params, span, state, inputs, power, water, budget, free, extra, outdoor.mean_degc)
    gas, mean = breathe(params, span, state.gas, occupants, active, vapour_hpa(sky), None if extra is None else extra[0])
    if cooling is not None and np.count_nonzero(cooling.cool_kw):
        gas, mean = dry(span, gas, mean, cooling.cool_kw)
    air_degc = result[AIR]
    low, high = _discomfort(params, plan.temp_set_degc, air_degc, occupants)
    outputs = (
        *_energy(params, power, room, water, cooling),
        air_degc,
        result[RADIANT],
        water.tank_degc,
        relative_humidity(mean[1], air_degc),
        mean[0],
        illuminance(params, sky.ghi_w_per_m2 * EFFICACY_LM_PER_W, active),
        noise(params, active, None if cooling is None else cooling.electric_kw),
        low,
        high,
        room.unserved_kw,
        water.unserved_kw,
    )
    after = BuildingState(result[:STORES], water.tank_degc, room.resting, water.resting, room.owed_kwh, gas, outdoor)
    return after, outputs


def _water(
    params: BuildingParams, span: Span, state: BuildingState, inputs: BuildingInputs, power: Powers, budget: FloatArray | None
) -> Water:
    most = power.most_kw[1]
    if budget is not None:
        most = np.minimum(most, allowed_kw(params, budget, power.cop[1], 1))
    draw = inputs.hot_water_kw if params.draws_all else inputs.hot_water_kw * params.plant.draws
    wanted = where_asked(inputs.asked.tank_temp_set_degc, inputs.plan.tank_set_degc)
    return make_water(params, span, state.tank_degc, state.air_degc, state.uncharged, draw, wanted, most)


def _free(
    params: BuildingParams, span: Span, state: BuildingState, sky: Sky, gain: FloatArray, warm: FloatArray | None
) -> FloatArray:
    """Return the zones after a step without heating, cooling and more air, shape (5, n_devices), see `thermal.zone_matrix`."""
    weather = np.array(columns(sky, params.directions_deg))
    acting = np.empty((HEAT, 1, len(gain)))
    acting[:OUTER, 0] = state.store_degc
    np.add.reduce(params.sun * weather[:, None, None], axis=0, out=acting[OUTER:GAIN, 0])
    acting[GAIN, 0] = gain
    if warm is not None:
        acting[SOLAR, 0] *= 1.0 - params.blinds * warm
    free: FloatArray = np.add.reduce(span.free * acting, axis=0)
    return free


def _energy(params: BuildingParams, power: Powers, room: Room, water: Water, cooling: Cooling | None) -> tuple[FloatArray, ...]:
    """Return the first ten of `OUTPUTS`: powers, heat and what carries it."""
    plant = params.plant
    made = np.empty((2, len(room.made_kw)))
    made[0], made[1] = room.made_kw, water.heat_kw
    carried = plant.carriers * made
    fuel, network, pumped_kw = np.add.reduce(carried, axis=1)
    taken = carried[DRAWN] / power.cop
    taken_kw = taken[0] + taken[1]
    electric, made_kw = taken_kw, room.made_kw + water.heat_kw
    if room.backup_kw is not None:
        electric, made_kw = taken_kw + room.backup_kw, made_kw + room.backup_kw
    total = made_kw * plant.pump_share
    total += plant.fan_kw
    total += electric
    nothing = np.zeros(len(total))
    if cooling is not None:
        total += cooling.electric_kw
    return (
        total,
        total * plant.tan_phi,
        electric,
        nothing if cooling is None else cooling.electric_kw,
        room.space_kw,
        water.heat_kw,
        network,
        nothing if cooling is None else cooling.cool_kw,
        fuel,
        pumped_kw / np.maximum(taken_kw, NOTHING_KW),
    )


def _discomfort(
    params: BuildingParams, set_degc: FloatArray, air_degc: FloatArray, occupants: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return how far rooms are too cold for their own set-point and too warm while somebody is there. [K], [K]."""
    apart = np.empty((2, len(air_degc)))
    np.subtract(set_degc, air_degc, out=apart[0])
    np.subtract(air_degc, params.temp_high_degc, out=apart[1])
    np.maximum(apart, 0.0, out=apart)
    apart *= occupants > 0.0
    return apart[0], apart[1]
