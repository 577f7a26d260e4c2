# SPDX-License-Identifier: Apache-2.0
"""Physics of a fleet of wind turbines, one step at a time.

Chain: wind at hub height → storm stop → air density at hub height → power curve → losses → set-point.

Valid for steps of 10 min to 1 h: power curves are those of 10-minute means (1-minute means for small turbines). The profile is
that of neutral air over uniform ground; a stable night has more shear, a sunny noon less, hills and forests are unlike it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from simulators.wind.kernel import advance, density_kg_per_m3

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from simulators.wind.params import WindParams

    FloatArray = NDArray[np.float64]

__all__ = ["WindInputs", "WindOutputs", "WindState", "density_kg_per_m3", "start", "step"]


class WindState(NamedTuple):
    """What a fleet remembers.

    Attributes
    ----------
    running : ndarray, shape (n_devices,)
        1 where the turbines run or would run, 0 after a storm stop until the wind has fallen to the restart. [-]
    """

    running: FloatArray


class WindInputs(NamedTuple):
    """What acts on a fleet in one step; weather is a number, or an array of shape ``(n_devices,)`` or ``(1,)``.

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
    weather = (_array(inputs.wind_m_per_s), _array(inputs.temp_degc), _array(inputs.pressure_hpa))
    *outputs, running = advance(params.data, params.curves, params.row, state.running, *weather, inputs.p_min_kw)
    return WindState(running), WindOutputs._make(outputs)


def _array(value: float | FloatArray) -> FloatArray:
    return value if isinstance(value, np.ndarray) else np.array([value], dtype=np.float64)
