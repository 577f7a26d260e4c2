# SPDX-License-Identifier: Apache-2.0
"""Between the socket and the battery: conversion, the taper near full, and what is possible within a step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from simulators.ev.params import EvParams

    FloatArray = NDArray[np.float64]

ZERO: Final = np.array(0.0)
"""numpy takes an array without dimensions faster than a number of Python."""
LAST_SHARE: Final = 0.1
"""Share of the full power below which the taper does not go, so that a battery gets full at last; *assumption*. [-]"""


class Taking(NamedTuple):
    """What the power a car accepts depends on within steps of one length; arrays of shape ``(n,)``.

    Attributes
    ----------
    capacity_kwh, knee_kwh, tail_kwh, limit_kwh : ndarray
        As in `EvParams`. [kWh]
    full_kwh : ndarray
        Energy of the step at full power. [kWh]
    per_kwh, aux_kw : ndarray
        AC power per energy taken, and what the car itself draws while it charges. [1/h], [kW]
    """

    capacity_kwh: FloatArray
    knee_kwh: FloatArray
    tail_kwh: FloatArray
    limit_kwh: FloatArray
    full_kwh: FloatArray
    per_kwh: FloatArray
    aux_kw: FloatArray


def taking(params: EvParams, hours: float) -> FloatArray:
    """Return the rows of `Taking` for steps of this length, shape (7, n_devices), from ``params.spans`` if asked before."""
    rows = params.spans.get(hours)
    if rows is None:
        parts = Taking(
            params.capacity_kwh,
            params.knee_kwh,
            params.tail_kwh,
            params.limit_kwh,
            params.battery_kw * hours,
            1.0 / (params.efficiency * hours),
            params.aux_kw / params.efficiency,
        )
        rows = params.spans[hours] = np.stack(parts)
    return rows


def acceptable_kwh(car: Taking, energy_kwh: FloatArray) -> FloatArray:
    """Return the energy batteries take up within a step if they get all the power they accept.

    Constant power up to the knee, then a power in proportion to what is missing to full: the two-stage model of [1]_,
    integrated exactly, with a least power at the end.

    Parameters
    ----------
    car : Taking
        Nameplate data for the length of the step.
    energy_kwh : ndarray, shape (n,)
        Energy at the start of the step. [kWh]

    Returns
    -------
    ndarray, shape (n,)
        Energy; 0 or less for a battery at its limit. [kWh]

    References
    ----------
    .. [1] Z. J. Lee, D. Johansson, S. H. Low, "ACN-Sim: An Open-Source Simulator for Data-Driven Electric Vehicle Charging
       Research", IEEE SmartGridComm 2019: battery models. From memory.
    """
    taken = car.knee_kwh - energy_kwh
    np.maximum(taken, ZERO, out=taken)
    np.minimum(taken, car.full_kwh, out=taken)
    rest_kwh = taken - car.full_kwh  # what the rest of the step would bring at full power, counted negative
    falling = rest_kwh / car.tail_kwh
    np.expm1(falling, out=falling)
    falling *= np.minimum(car.capacity_kwh - energy_kwh, car.tail_kwh)
    rest_kwh *= LAST_SHARE
    taken -= np.minimum(falling, rest_kwh, out=rest_kwh)
    return np.asarray(np.minimum(taken, car.limit_kwh - energy_kwh, out=taken), dtype=np.float64)


def accepted_kw(params: EvParams, energy_kwh: FloatArray, plugged: FloatArray, hours: float) -> FloatArray:
    """Return the AC power the cars accept as a mean over a step, in kW, shape (n_devices,); see `acceptable_kwh`.

    Worked out for those only that are plugged in and not full: few of many, most of the time.
    """
    missing = params.full_enough_kwh - energy_kwh
    missing *= plugged
    accept_kw = np.zeros_like(missing)
    rows = (missing > ZERO).nonzero()[0]
    if rows.size:
        car = Taking(*taking(params, hours)[:, rows])
        taken = acceptable_kwh(car, energy_kwh[rows])
        running = taken > ZERO
        taken *= car.per_kwh
        taken += car.aux_kw
        taken *= running
        accept_kw[rows] = taken
    return accept_kw


def released_kw(params: EvParams, energy_kwh: FloatArray, hours: float) -> FloatArray:
    """Return the AC power the cars can feed back over a step, counted positive, in kW, shape (n_devices,)."""
    given = (energy_kwh - params.floor_kwh) / hours
    given -= params.aux_kw
    given *= params.efficiency
    np.minimum(given, params.v2g_kw, out=given)
    return np.asarray(np.maximum(given, ZERO, out=given), dtype=np.float64)


def battery_power(params: EvParams, p_ac_kw: FloatArray) -> FloatArray:
    """Return the power into the battery at an AC power, both in kW, load frame, shape (n_devices,).

    Notes
    -----
    ``efficiency * p - aux`` while charging, ``p / efficiency - aux`` while feeding back. An AC power that does not feed the
    car's own consumption brings nothing into the battery.
    """
    into = params.efficiency * p_ac_kw
    into -= params.aux_kw
    np.maximum(into, ZERO, out=into)
    if not params.gives_back:
        return into
    return np.where(p_ac_kw < ZERO, p_ac_kw / params.efficiency - params.aux_kw, into)
