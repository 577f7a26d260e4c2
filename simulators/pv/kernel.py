# SPDX-License-Identifier: Apache-2.0
"""The arithmetic of `simulators.pv.model`, compiled: fleets are small, so calls of numpy would cost more than the physics.

Imported where a fleet is built, not with the kind. Whatever the machine code depends on stands in this file: numba keeps it on
disk for as long as this file does not change. Functions without an underscore take numbers or arrays.
"""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
from numba import types

from twinergy.compiling import compiled_for, inlined
from twinergy.signs import generation_from_load, load_from_generation

# columns of `simulators.pv.params.PvParams.data`
SKY, SKY_REACHING, GROUND, GROUND_REACHING, SAPM_A, SAPM_B, SAPM_DELTA, KW, KW_PER_DEGC = range(9)
RATING, EFFICIENCY, DC_LIMIT, LOSS, SLOPE, BEND, CAP, TAN_PHI, Q_MAX = range(9, 18)
COSPHI_BEGIN, COSPHI_FALL, CORNER, Q_V_SHARE, Q_V = range(18, 23)
# rows of the result: those of `simulators.pv.model.PvOutputs`, then the new state
OUT_P, OUT_Q, OUT_AVAILABLE, OUT_CURTAILED, OUT_CLIPPED, OUT_LAG = range(6)
# rows of the light that a weather gives
DIRECT, ISOTROPIC, REFLECTED = range(3)

Q_V_VOLTAGE_PU: Final = (0.93, 0.97, 1.03, 1.07)
"""Reference points of the standard Q(V) characteristic, VDE-AR-N 4105:2018-11, 5.7.2.4; inverters set to Germany ship with
them (for example Sungrow SH10T, manual, table 8-3). Reactive power there as a share of that at the smallest power factor, load
frame: -1, 0, 0, 1. [1]"""

TINY: Final = 1e-300
_TABLE: Final = types.Array(types.float64, 2, "C")
_FACING: Final = types.Array(types.float64, 2, "A", readonly=True)
_ANY: Final = types.Array(types.float64, 1, "A", readonly=True)
"""Arrays from outside: of any layout, and not to be written to."""


def light(dni: Any, dhi: Any, ghi: Any, albedo: Any, dni_extra: Any, cos_zenith: Any) -> tuple[Any, Any, Any]:
    """Return what falls on a plane that faces the sun, all of the isotropic sky, or nothing but ground. [W/m2].

    Circumsolar light, as it comes from where the sun stands, belongs to the first; see `simulators.pv.irradiance`.
    """
    anisotropy = dni / dni_extra
    circumsolar, isotropic = dhi * anisotropy, dhi * (1.0 - anisotropy)
    # half of a number and its magnitude: itself or 0, whichever is greater; what is missing stays missing
    direct = dni + 0.5 * (circumsolar + abs(circumsolar)) / cos_zenith
    return direct, 0.5 * (isotropic + abs(isotropic)), ghi * albedo


def on_plane(beam: Any, sky: Any, ground: Any, direct: Any, isotropic: Any, reflected: Any) -> Any:
    """Return the sum of the three kinds of light, each times its share that arrives. [W/m2]."""
    return beam * direct + sky * isotropic + ground * reflected


def cells_degc(poa: Any, temp_degc: Any, wind_m_per_s: Any, a: Any, b: Any, delta: Any) -> Any:
    """Return the temperature of the cells, see `simulators.pv.model.cell_temperature_degc`. [degC]."""
    return poa * (np.exp(a + b * wind_m_per_s) + delta) + temp_degc


def dc_kw(reaching: Any, cells: Any, kw: Any, kw_per_degc: Any) -> Any:
    """Return the power of modules from the light that reaches their cells, and the temperature of these. [kW]."""
    return reaching * (kw + kw_per_degc * cells)


def ac_kw(dc: Any, loss: Any, slope: Any, bend: Any, rating: Any) -> Any:
    """Return what an inverter delivers up to its rating, counted positive. [kW]."""
    used = np.minimum(dc, slope / np.maximum(-2.0 * bend, TINY))  # the parabola bends down again, far beyond any rating
    return np.maximum(np.minimum(used * (slope + bend * used) + loss, rating), 0.0)


def clipped_kw(dc: Any, dc_limit: Any, efficiency: Any) -> Any:
    """Return what the rating of an inverter takes away. [kW]."""
    return np.maximum(dc - dc_limit, 0.0) * efficiency


def q_v_share(vm_pu: Any) -> Any:
    """Return the Q(V) characteristic as a share of the largest reactive power, load frame. [-]."""
    low, below, above, high = Q_V_VOLTAGE_PU
    absorbs = np.minimum(np.maximum((vm_pu - above) / (high - above), 0.0), 1.0)
    return absorbs - np.minimum(np.maximum((below - vm_pu) / (below - low), 0.0), 1.0)


_light, _on_plane, _cells_degc, _dc_kw = inlined(light), inlined(on_plane), inlined(cells_degc), inlined(dc_kw)
_ac_kw, _clipped_kw, _q_v_share = inlined(ac_kw), inlined(clipped_kw), inlined(q_v_share)
_from_load, _to_load = inlined(generation_from_load), inlined(load_from_generation)


@inlined
def _common(size: int, other: int) -> int:
    """Return the number of devices, where an array of one element serves all of them."""
    if other not in (1, size) and size != 1:
        raise ValueError("arrays of a fleet differ in length")  # noqa: EM101 - compiled code
    return size if other == 1 else other


@inlined
def _at(values: Any, i: int) -> float:
    return values[i if len(values) > 1 else 0]  # type: ignore[no-any-return]


@inlined
def _cosphi_p_kvar(data: Any, k: int, p_kw: float) -> float:
    """Return the reactive power of the cos phi (P) characteristic, load frame, never negative. [kvar].

    It is the line of `simulators.pv.params.cosphi_p_line`. `p_kw`, counted positive when fed in, is at most the corner: there it
    keeps all limits of the inverter. 0 where the characteristic is not followed.
    """
    if data[k, COSPHI_FALL] == 0.0:
        return 0.0 * p_kw  # a product: what is missing stays missing
    apparent = p_kw / min(data[k, COSPHI_BEGIN] - data[k, COSPHI_FALL] * p_kw, 1.0)
    return math.sqrt(apparent * apparent - p_kw * p_kw)


@inlined
def _lagged_kvar(data: Any, k: int, before: float, vm_pu: float, way: float) -> float:
    """Return what the lag lets through of the Q(V) characteristic after a step, load frame. [kvar].

    A voltage of NaN (the last power flow diverged) counts as 1.0: an inverter that measures nothing supports nothing. `way` is
    how much of the way to the characteristic a first-order lag goes in the step.
    """
    wanted = data[k, Q_MAX] * _q_v_share(1.0 if math.isnan(vm_pu) else vm_pu)
    return before + min(data[k, Q_V_SHARE], way) * (wanted - before)  # type: ignore[no-any-return]


@inlined
def _within_limits(data: Any, k: int, demand_kvar: float, p_kw: float) -> tuple[float, float]:
    """Return reactive power (load frame) and active power (counted positive) that the inverter can deliver together.

    The inverter keeps its power factor above the smallest one, so without active power there is no reactive power. Inside that
    range reactive power has priority: active power gives way to keep the apparent power (VDE-AR-N 4105:2018-11, 5.7.2).
    """
    bound = min(data[k, TAN_PHI] * p_kw, data[k, Q_MAX])  # min and max keep a NaN that stands first
    q_kvar = min(max(0.0 - bound, demand_kvar), bound)
    return q_kvar, min(p_kw, math.sqrt(data[k, RATING] * data[k, RATING] - q_kvar * q_kvar))


@inlined
def _allowed_kw(available_kw: float, p_min_kw: float, cap_kw: float) -> float:
    """Return what set-point and fixed cap leave of the available power, counted positive. [kW].

    A positive lower bound would ask the system to consume, which it cannot: it feeds in nothing.
    """
    if not math.isnan(p_min_kw):
        cap_kw = min(max(_from_load(p_min_kw), 0.0), cap_kw)
    return min(available_kw, cap_kw)


@inlined
def _fallen(size: int, dni: Any, dhi: Any, ghi: Any, albedo: Any, extra: Any, cosine: Any) -> Any:
    """Return the three kinds of light in each weather, shape ``(size, 3)``; as a rule one weather serves the whole fleet."""
    fallen = np.empty((size, 3))
    for i in range(size):
        fallen[i, DIRECT], fallen[i, ISOTROPIC], fallen[i, REFLECTED] = _light(
            _at(dni, i), _at(dhi, i), _at(ghi, i), _at(albedo, i), _at(extra, i), _at(cosine, i)
        )
    return fallen


@compiled_for(_TABLE, _FACING, *[_ANY] * 2, *[_ANY] * 6, *[_ANY] * 4, types.float64)
def advance(
    data: Any,
    beam: Any,
    extra: Any,
    cosine: Any,
    ghi: Any,
    dni: Any,
    dhi: Any,
    temp: Any,
    wind: Any,
    albedo: Any,
    vm_pu: Any,
    p_min: Any,
    q_set: Any,
    lag: Any,
    way: float,
) -> Any:
    """Return outputs and new state of all devices, shape ``(6, n_devices)``, rows as named above.

    `data` as in `simulators.pv.params.PvParams`, the next three as in `simulators.pv.irradiance.Aspect`, six as in
    `simulators.pv.irradiance.Sky`, the others as in `simulators.pv.model`; an array of one element serves all devices. `way` is
    that of `_lagged_kvar`.
    """
    size, skies = _common(data.shape[0], beam.shape[1]), 1
    for values in (extra, cosine, ghi, dni, dhi, albedo):
        skies = _common(skies, len(values))
    size = _common(size, skies)
    for values in (temp, wind, vm_pu, p_min, q_set, lag):
        size = _common(size, len(values))
    fallen = _fallen(skies, dni, dhi, ghi, albedo, extra, cosine)
    out = np.empty((6, size))
    for i in range(size):
        k, s, b = i if len(data) > 1 else 0, i if skies > 1 else 0, i if beam.shape[1] > 1 else 0
        direct, isotropic, reflected = fallen[s, DIRECT], fallen[s, ISOTROPIC], fallen[s, REFLECTED]
        poa = _on_plane(beam[0, b], data[k, SKY], data[k, GROUND], direct, isotropic, reflected)
        reaching = _on_plane(beam[1, b], data[k, SKY_REACHING], data[k, GROUND_REACHING], direct, isotropic, reflected)
        cells = _cells_degc(poa, _at(temp, i), _at(wind, i), data[k, SAPM_A], data[k, SAPM_B], data[k, SAPM_DELTA])
        dc = _dc_kw(reaching, cells, data[k, KW], data[k, KW_PER_DEGC])
        available = _ac_kw(dc, data[k, LOSS], data[k, SLOPE], data[k, BEND], data[k, RATING])
        allowed = _allowed_kw(available, _at(p_min, i), data[k, CAP])
        p, asked, lagged = min(allowed, data[k, CORNER]), _at(q_set, i), _at(lag, i)
        q = _cosphi_p_kvar(data, k, p)
        if data[k, Q_V] != 0.0:
            q = lagged = _lagged_kvar(data, k, lagged, _at(vm_pu, i), way)
        if not math.isnan(asked):
            q = asked
        if data[k, Q_V] != 0.0 or not math.isnan(asked):
            q, p = _within_limits(data, k, q, allowed)
        out[OUT_P, i], out[OUT_Q, i], out[OUT_LAG, i] = _to_load(p), q, lagged
        out[OUT_AVAILABLE, i], out[OUT_CURTAILED, i] = _to_load(available), available - p
        out[OUT_CLIPPED, i] = _clipped_kw(dc, data[k, DC_LIMIT], data[k, EFFICIENCY])
    return out
