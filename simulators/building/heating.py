# SPDX-License-Identifier: Apache-2.0
"""Heat generators, tank, thermostat and cooling in one step, for all kinds of plant with the same formulas."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from simulators.building.heat_pumps import FITTED_AMBIENT_DEGC, FITTED_FLOW_DEGC, SPREAD_K
from simulators.building.plant import ROOM_DEGC

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from simulators.building.params import BuildingParams, Span
    from simulators.building.plant import Plant

    FloatArray = NDArray[np.float64]
    BoolArray = NDArray[np.bool_]

NOTHING_KW: Final = 1e-12
"""Keeps quotients finite where there is no power. [kW]"""
UNLIMITED_KW: Final = 1e12
PAID_KWH: Final = 1e-9
"""Owed heat below this is rounding. [kWh]"""
EER_AT_DEGC: Final = 35.0
EER_RISE_PER_K: Final = 0.09
EER_RANGE: Final = (0.6, 3.0)
"""Energy efficiency ratio over that at 35 degC outdoors: it rises by 9 % of it per degree colder, as the part-load points of
inverter units do (EN 14825: 35, 30, 25, 20 degC; data sheets show a factor of 2.2 to 2.6 at 20 degC); kept within a range."""


class Asked(NamedTuple):
    """Set-points from outside, arrays with NaN where nobody asks, None where nobody asks any building.

    Attributes
    ----------
    temp_set_degc, temp_cool_set_degc, tank_temp_set_degc : ndarray or None
        Set-points of heating, cooling, tank. [degC]
    p_max_kw : ndarray or None
        Limit of the electrical power. [kW]
    """

    temp_set_degc: FloatArray | None
    temp_cool_set_degc: FloatArray | None
    tank_temp_set_degc: FloatArray | None
    p_max_kw: FloatArray | None


class Powers(NamedTuple):
    """What the heat generators can do now, arrays of shape ``(2, n_devices)``: room heat, hot water.

    Attributes
    ----------
    cop, most_kw, least_kw : ndarray
        Coefficient of performance (1 where nothing is pumped), most and least thermal power. [-], [kW]
    """

    cop: FloatArray
    most_kw: FloatArray
    least_kw: FloatArray


class Water(NamedTuple):
    """Hot water in a step, arrays of shape ``(n_devices,)``.

    Attributes
    ----------
    heat_kw, unserved_kw, loss_kw : ndarray
        Heat into the tank, draw that found no hot water, heat that the tank loses to the room. [kW]
    tank_degc : ndarray
        Temperature at the end of the step. [degC]
    resting : ndarray of bool
        Whether the tank is not being charged any more.
    left : ndarray
        Share of the step in which the generator is free for the room. [-]
    """

    heat_kw: FloatArray
    unserved_kw: FloatArray
    loss_kw: FloatArray
    tank_degc: FloatArray
    resting: BoolArray
    left: FloatArray


class Room(NamedTuple):
    """Room heating in a step, arrays of shape ``(n_devices,)``.

    Attributes
    ----------
    heat_kw, made_kw, backup_kw, unserved_kw : ndarray
        Heat into the room without that of a backup heater, heat that the generator makes, backup heat (None where no backup
        heater may help), what is missing. [kW]
    resting : ndarray of bool
        Whether the generator rests at the end of the step.
    owed_kwh : ndarray
        Heat that the room took from the heating water and the generator has yet to make. [kWh]
    """

    heat_kw: FloatArray
    made_kw: FloatArray
    backup_kw: FloatArray | None
    unserved_kw: FloatArray
    resting: BoolArray
    owed_kwh: FloatArray

    @property
    def space_kw(self) -> FloatArray:
        """Heat into the room, backup heater included, in kW."""
        return self.heat_kw if self.backup_kw is None else self.heat_kw + self.backup_kw


def powers(plant: Plant, ambient_degc: float, tank_degc: FloatArray) -> Powers:
    """Return what the heat generators can do at this outdoor temperature and this state of the tanks.

    Room heat leaves at the temperature of the heating curve, hot water 5 K above the tank (hplib's spread); see `Plant`. Beyond
    the range of the standard test points a heat pump has the characteristic of the nearest of them.
    """
    driving = np.empty((2, len(tank_degc)))
    driving[0] = max(0.0, ROOM_DEGC - ambient_degc)
    np.maximum(tank_degc, FITTED_FLOW_DEGC[0] - SPREAD_K, out=driving[1])
    np.minimum(driving, plant.most_driving, out=driving)
    fit = plant.per_driving * driving
    fit += plant.at_zero
    fit += plant.per_ambient * min(max(ambient_degc, FITTED_AMBIENT_DEGC[0]), FITTED_AMBIENT_DEGC[1])
    cop = np.maximum(fit[0], 1.0)
    most = np.minimum(cop * plant.electric_kw, plant.heat_kw)
    if ambient_degc < plant.highest_limit_degc:
        most = np.where(ambient_degc < plant.limit_degc, 0.0, most)
    return Powers(cop, most, cop * fit[1])


def make_water(
    params: BuildingParams, span: Span, tank_degc: FloatArray, room_degc: FloatArray, resting: BoolArray,
    draw_kw: FloatArray, set_degc: FloatArray, most_kw: FloatArray,
) -> Water:  # fmt: skip
    """Charge tanks that have fallen below their band, serve draws, lose heat to the room. Exact for constant flows.

    Parameters
    ----------
    params, span : BuildingParams, Span
        Constants.
    tank_degc, room_degc : ndarray, shape (n_devices,)
        Tank and room at the start of the step. [degC]
    resting : ndarray of bool, shape (n_devices,)
        Whether the tank was not being charged.
    draw_kw, set_degc, most_kw : ndarray, shape (n_devices,)
        Heat drawn at the taps, set-point of the tank, most power of the heater. [kW], [degC], [kW]
    """
    plant = params.plant
    idle = span.tank_keep * tank_degc
    idle += span.tank_lose * room_degc
    idle -= span.tank_rise * draw_kw
    gap = set_degc - idle
    rests = gap <= plant.band_k * resting
    wanted = gap * span.tank_fill
    heat = np.where(rests, 0.0, np.minimum(wanted, most_kw))
    rests |= wanted <= most_kw  # it is full
    after = idle + span.tank_rise * heat
    loss = heat - draw_kw
    unserved = np.zeros(len(heat))
    if np.count_nonzero(after < plant.usable_degc):
        unserved = np.minimum(np.maximum(plant.usable_degc - after, 0.0) * span.tank_fill, draw_kw)
        after += span.tank_rise * unserved
        loss += unserved
    loss -= (after - tank_degc) * span.tank_stored
    left = 1.0 - plant.shared * (heat / np.maximum(most_kw, NOTHING_KW))
    return Water(heat, unserved, loss, after, rests, left)


def heat_room(
    plant: Plant, hours: float, owed_kwh: FloatArray, resting: BoolArray, need_kw: FloatArray, most_kw: FloatArray,
    least_kw: FloatArray, spare_kw: FloatArray | None,
) -> Room:  # fmt: skip
    """Heat rooms to their set-point as far as the power reaches; a generator that cannot modulate to so little cycles.

    The heating water evens out what a generator below its least power makes: it rests until it owes the heat of its shortest
    run, then runs until it owes nothing. In a step longer than that it runs for a part of the step, its power is the mean.

    Parameters
    ----------
    plant : Plant
        Constants.
    hours : float
        Length of the step. [h]
    owed_kwh : ndarray, shape (n_devices,)
        Heat owed at the start of the step. [kWh]
    resting : ndarray of bool, shape (n_devices,)
        Whether the generator rested.
    need_kw : ndarray, shape (n_devices,)
        Heat that keeps the mean temperature of the step at its set-point; negative where none is needed. [kW]
    most_kw, least_kw : ndarray, shape (n_devices,)
        Most and least power of the generator. [kW]
    spare_kw : ndarray or None
        Power of backup heaters; None where none may help. [kW]
    """
    need = np.maximum(need_kw, 0.0)
    heat = np.minimum(need, most_kw)
    owed = heat * hours
    owed += owed_kwh
    rests = owed <= plant.run_h * least_kw * resting
    made = np.maximum(heat, least_kw)
    np.minimum(made, most_kw, out=made)
    np.minimum(made, owed / hours, out=made)
    made[rests] = 0.0
    owed -= made * hours
    rests |= (owed <= PAID_KWH) & (heat < least_kw)  # with nothing owed it rests, unless it modulates
    need -= heat
    if spare_kw is None:
        return Room(heat, made, None, need, rests, owed)
    backup = np.minimum(need, spare_kw)
    return Room(heat, made, backup, need - backup, rests, owed)


def eer_rise(ambient_degc: float) -> float:
    """Return the energy efficiency ratio over that at 35 degC.

    >>> round(eer_rise(25.0), 2)
    1.9
    """
    return min(EER_RANGE[1], max(EER_RANGE[0], 1.0 + EER_RISE_PER_K * (EER_AT_DEGC - ambient_degc)))


def where_asked(asked: FloatArray | None, local: FloatArray) -> FloatArray:
    """Return what is asked, and the local value where nobody asks."""
    return local if asked is None else np.where(np.isnan(asked), local, asked)
