# SPDX-License-Identifier: Apache-2.0
"""Physics of a fleet of wind turbines, one step at a time.

Chain: wind at hub height → storm stop → air density at hub height → power curve → losses → set-point.

Valid for steps of 10 min to 1 h: power curves are those of 10-minute means (1-minute means for small turbines). The profile is
that of neutral air over uniform ground; a stable night has more shear, a sunny noon less, hills and forests are unlike it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from simulators.wind.params import PER_M_PER_S, ROW
from twinergy.signs import generation_from_load, load_from_generation

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from simulators.wind.params import WindParams

    FloatArray = NDArray[np.float64]

KELVIN: Final = 273.15
GAS_CONSTANT_J_PER_KG_K: Final = 287.05
"""Of dry air, IEC 61400-12-1:2017, data normalisation."""
DENSITY_KG_PER_M3: Final = 1.225
"""Standard air density, ISO 2533:1975 at sea level; power curves are given for it (IEC 61400-12-1)."""
LAPSE_K_PER_M: Final = 0.0065
DENSITY_EXPONENT: Final = 4.25588
"""Exponent of the density in the troposphere of ISO 2533:1975: 9.80665 / (287.05287 * 0.0065) - 1."""
LAST_POINT: Final = float(ROW - 2)
_PA_PER_HPA: Final = 100.0


class WindState(NamedTuple):
    """What a fleet remembers.

    Attributes
    ----------
    running : ndarray, shape (n_devices,)
        1 where the turbines run or would run, 0 after a storm stop until the wind has fallen to the restart. [-]
    """

    running: FloatArray


class WindInputs(NamedTuple):
    """What acts on a fleet in one step; weather is a number, or an array of shape ``(n_devices,)``.

    Attributes
    ----------
    wind_m_per_s, temp_degc, pressure_hpa : float or ndarray
        Wind at 10 m, air temperature near the ground, air pressure at the ground. [m/s], [degC], [hPa]
    p_min_kw : ndarray, shape (n_devices,)
        Lower bound of the power in the load frame, -3.0 allows 3 kW of feed-in; NaN: none. [kW]
    """

    wind_m_per_s: float | FloatArray
    temp_degc: float | FloatArray
    pressure_hpa: float | FloatArray
    p_min_kw: FloatArray


class WindOutputs(NamedTuple):
    """What a fleet does in one step; arrays of shape ``(n_devices,)``, named as the ports.

    Attributes
    ----------
    p_kw, q_kvar : ndarray
        Active power (never positive) and reactive power (positive absorbs), load frame. [kW], [kvar]
    p_available_kw : ndarray
        Power without curtailment, after losses, load frame. [kW]
    p_curtailed_kw : ndarray
        What the set-point took away, never negative; ``p_available_kw + p_curtailed_kw = p_kw``. [kW]
    wind_hub_m_per_s : ndarray
        Wind at hub height. [m/s]
    """

    p_kw: FloatArray
    q_kvar: FloatArray
    p_available_kw: FloatArray
    p_curtailed_kw: FloatArray
    wind_hub_m_per_s: FloatArray


def start(n_devices: int) -> WindState:
    """Return the state before the first step: no storm."""
    return WindState(np.ones(n_devices))


def step(params: WindParams, state: WindState, inputs: WindInputs, duration_s: float) -> tuple[WindState, WindOutputs]:  # noqa: ARG001
    """Advance a fleet of wind turbines by one step.

    Parameters
    ----------
    params : WindParams
        Nameplate data, arrays of shape ``(n_devices,)``.
    state : WindState
        State at the start of the step.
    inputs : WindInputs
        Weather as means over the step, set-points.
    duration_s : float
        Length of the step; a turbine has no inertia that a step of minutes would show. [s]

    Returns
    -------
    state : WindState
        State at the end of the step.
    outputs : WindOutputs
        Powers. Missing weather (NaN) gives NaN, not zero, and a storm stop lasts; without correction to the density of the air
        (exponent 0) temperature and pressure are not weather that is missed.

    References
    ----------
    .. [1] IEC 61400-12-1:2017, "Power performance measurements of electricity producing wind turbines", data normalisation:
       correction of wind speed or power to the density of the air.
    """
    hub = params.hub_factor * inputs.wind_m_per_s
    state = _storm(params, state, hub)
    relative = density_kg_per_m3(inputs.temp_degc, inputs.pressure_hpa, params.hub_height_m) / DENSITY_KG_PER_M3
    power_kw = curve_kw(params, hub * relative**params.wind_exponent)
    if params.corrects_power:
        power_kw = np.minimum(power_kw * relative**params.power_exponent, params.peak_kw)
    available_kw = power_kw * (state.running * params.scale)
    p_kw = np.fmin(available_kw, np.maximum(generation_from_load(inputs.p_min_kw), 0.0))
    p_kw = p_kw + 0.0 * available_kw  # a sum: fmin takes a NaN set-point for "no limit", but what is missing stays missing
    return state, WindOutputs(
        p_kw=load_from_generation(p_kw),
        q_kvar=params.q_per_p * p_kw,
        p_available_kw=load_from_generation(available_kw),
        p_curtailed_kw=available_kw - p_kw,
        wind_hub_m_per_s=hub,
    )


def density_kg_per_m3(
    temp_degc: float | FloatArray, pressure_hpa: float | FloatArray, height_m: float | FloatArray
) -> float | FloatArray:
    """Return the density of dry air at a height above the place where temperature and pressure were measured. [kg/m3].

    Ideal gas [1]_ and the lapse rate of the standard atmosphere [2]_. Humid air is lighter, by 0.4 % at 15 degC and 70 %
    relative humidity, and 1.6 % when saturated at 30 degC: 0.15 % and 0.5 % of the wind speed.

    References
    ----------
    .. [1] IEC 61400-12-1:2017, data normalisation, without water vapour.
    .. [2] ISO 2533:1975, troposphere: ``rho = rho0 (1 - L h / T0)^4.25588``.

    >>> round(density_kg_per_m3(15.0, 1013.25, 0.0), 4)
    1.225
    """
    kelvin = temp_degc + KELVIN
    ground = pressure_hpa * _PA_PER_HPA / (GAS_CONSTANT_J_PER_KG_K * kelvin)
    return ground * (1.0 - (LAPSE_K_PER_M / kelvin) * height_m) ** DENSITY_EXPONENT


def curve_kw(params: WindParams, wind_m_per_s: FloatArray) -> FloatArray:
    """Return the power of one turbine of each device by its curve, counted positive, shape ``(n_devices,)``. [kW]."""
    point = np.minimum(wind_m_per_s * PER_M_PER_S, LAST_POINT)
    below = np.fmax(point, 0.0).astype(np.int64)  # fmax: a missing wind looks up anything, its fraction is missing
    place = params.row + below
    power_kw: FloatArray = params.table_kw[place] + (point - below) * params.slope_kw[place]
    return power_kw


def _storm(params: WindParams, state: WindState, hub: FloatArray) -> WindState:
    """Return which turbines run: above the cut-out they stop, at or below the restart they start again."""
    if not params.has_hysteresis:
        return WindState((~(hub > params.cut_out_m_per_s)).astype(np.float64))
    limit = np.where(state.running, params.cut_out_m_per_s, params.restart_m_per_s)
    running = np.where(np.isnan(hub), state.running, hub <= limit)
    return WindState(running)
