# SPDX-License-Identifier: Apache-2.0
"""Physics of a fleet of PV systems, one step at a time.

Chain: module plane irradiance (`simulators.pv.irradiance`) → cell temperature (SAPM) → DC power and inverter (PVWatts v5) →
rating of the inverter → feed-in cap and set-point → reactive power (`simulators.pv.reactive`).

Valid for steps of 5 min to 1 h: modules follow the weather without thermal inertia (their time constant is some minutes) and
the sun stands at the middle of the step. The inverter draws nothing at night.

`step` does all of it in compiled code (`simulators.pv.kernel`); the other functions here are links of the chain by themselves,
with the same formulas. What is linear or quadratic in a quantity has its constants folded in `simulators.pv.params`; equality
with pvlib's functions is tested.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from simulators.pv import kernel
from simulators.pv.irradiance import Aspect, Sky, is_night, plane_irradiance
from simulators.pv.reactive import way_gone

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from simulators.pv.params import Inverter, ModulePlane, PvParams

    FloatArray = NDArray[np.float64]


class PvState(NamedTuple):
    """What a fleet remembers.

    Attributes
    ----------
    q_lag_kvar : ndarray, shape (n_devices,)
        Reactive power the lag of the Q(V) control has reached, load frame; 0 after a night. [kvar]
    """

    q_lag_kvar: FloatArray


class PvInputs(NamedTuple):
    """What acts on a fleet in one step.

    Attributes
    ----------
    aspect : Aspect
        How the fleet faces the sun.
    sky : Sky
        Weather.
    vm_pu : ndarray, shape (n_devices,) or (1,)
        Voltage at the end of the last step, NaN counts as 1.0. [1]
    p_min_kw : ndarray, shape (n_devices,)
        Lower bound of the power in the load frame, -3.0 allows 3 kW of feed-in; NaN: none. [kW]
    q_set_kvar : ndarray, shape (n_devices,)
        Reactive power asked for, load frame; NaN: follow the local characteristic. [kvar]
    """

    aspect: Aspect
    sky: Sky
    vm_pu: FloatArray
    p_min_kw: FloatArray
    q_set_kvar: FloatArray


class PvOutputs(NamedTuple):
    """What a fleet does in one step; arrays of shape ``(n_devices,)``, named as the ports.

    Attributes
    ----------
    p_kw, q_kvar : ndarray
        Active power (never positive) and reactive power (positive absorbs), load frame. [kW], [kvar]
    p_available_kw : ndarray
        Power without curtailment, load frame, after the rating of the inverter. [kW]
    p_curtailed_kw : ndarray
        What set-point, feed-in cap and reactive power took away, never negative; ``p_available_kw + p_curtailed_kw = p_kw``. [kW]
    p_clipped_kw : ndarray
        What the rating of the inverter took away, never negative. [kW]
    """

    p_kw: FloatArray
    q_kvar: FloatArray
    p_available_kw: FloatArray
    p_curtailed_kw: FloatArray
    p_clipped_kw: FloatArray


def start(n_devices: int) -> PvState:
    """Return the state before the first step."""
    return PvState(np.zeros(n_devices))


def step(params: PvParams, state: PvState, inputs: PvInputs, duration_s: float) -> tuple[PvState, PvOutputs]:
    """Advance a fleet of PV systems by one step.

    Parameters
    ----------
    params : PvParams
        Nameplate data, arrays of shape ``(n_devices,)``.
    state : PvState
        State at the start of the step.
    inputs : PvInputs
        Weather as means over the step, voltage of the last step, set-points.
    duration_s : float
        Length of the step, positive. [s]

    Returns
    -------
    state : PvState
        State at the end of the step.
    outputs : PvOutputs
        Powers. Missing weather (NaN) gives NaN, not zero, except at night.

    References
    ----------
    .. [1] A. P. Dobos, "PVWatts Version 5 Manual", NREL/TP-6A20-62641, 2014, DOI 10.2172/1158421: modules and inverter.
    .. [2] D. L. King et al., "Photovoltaic Array Performance Model", SAND2004-3535, equations 11 and 12.
    """
    if is_night(inputs.aspect, inputs.sky):
        n_devices = len(params.inverter.rating_kva)
        return start(n_devices), PvOutputs(*[np.zeros(n_devices) for _ in PvOutputs._fields])
    aspect, acting = inputs.aspect, (inputs.vm_pu, inputs.p_min_kw, inputs.q_set_kvar)
    sun = (_array(aspect.dni_extra_w_per_m2), _array(aspect.cos_zenith))
    sky = [_array(value) for value in inputs.sky]
    rows = kernel.advance(params.data, aspect.beam_share, *sun, *sky, *acting, state.q_lag_kvar, way_gone(duration_s))
    *outputs, q_lag_kvar = rows
    return PvState(q_lag_kvar), PvOutputs._make(outputs)


def _array(value: float | FloatArray) -> FloatArray:
    return value if isinstance(value, np.ndarray) else np.array([value], dtype=np.float64)


def cell_temperature_degc(plane: ModulePlane, poa_w_per_m2: FloatArray, sky: Sky) -> FloatArray:
    """Return the temperature of the cells by the Sandia model [2]_ of `step`, shape ``(n_devices,)``. [degC]."""
    sapm = (plane.sapm_a, plane.sapm_b, plane.sapm_delta_degc_m2_per_w)
    cells: FloatArray = kernel.cells_degc(poa_w_per_m2, sky.temp_degc, sky.wind_m_per_s, *sapm)
    return cells


def dc_power_kw(plane: ModulePlane, aspect: Aspect, sky: Sky) -> FloatArray:
    """Return the power of the modules after DC losses, counted positive, shape ``(n_devices,)``. [kW]."""
    poa, reaching = plane_irradiance(plane, aspect, sky)
    cells_degc = cell_temperature_degc(plane, poa, sky)
    power: FloatArray = kernel.dc_kw(reaching, cells_degc, plane.kw_per_w_per_m2, plane.kw_per_w_per_m2_degc)
    return power


def ac_power_kw(inverter: Inverter, dc_kw: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return what the inverter delivers up to its rating and what it clips, counted positive, shape ``(n_devices,)``. [kW]."""
    curve = (inverter.loss_kw, inverter.slope, inverter.bend_per_kw, inverter.rating_kva)
    return kernel.ac_kw(dc_kw, *curve), kernel.clipped_kw(dc_kw, inverter.p_dc_limit_kw, inverter.efficiency)
