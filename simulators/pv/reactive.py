# SPDX-License-Identifier: Apache-2.0
"""Reactive power of the inverter: the standard characteristics of VDE-AR-N 4105 and the limits of the apparent power.

In the load frame positive ``q_kvar`` absorbs reactive power (an under-excited generator) and lowers the voltage.

Stability of Q(V). The voltage a device sees is that of the last step. With ``s`` the fall of the voltage per kvar absorbed and
``g`` the slope of the characteristic, a device that jumps to its characteristic maps a deviation of the reactive power to
``-g s`` times itself in the next step: with ``g s > 1`` (many inverters on a weak feeder; ``s`` and ``g`` then stand for the
sums over the feeder) it oscillates between its limits, which no real inverter does. A real one follows a first-order lag of
a few seconds. Such a lag vanishes within a step of minutes, so a step here goes at most the share ``r`` (`q_v_share`) of the
way: deviations shrink by ``1 - r (1 + g s)`` per step. That is stable for ``g s < 2/r - 1`` (3 for the default 0.5) and free of
overshoot for ``g s <= 1/r - 1``; the resting point is that of the characteristic. For scale: inverters of the rating of their
transformer (uk 4 %) at cos phi 0.9 have 0.04 * 0.436 / 0.04 = 0.44 from the transformer, the lines come on top.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from simulators.pv.params import Inverter

    FloatArray = NDArray[np.float64]

Q_V_VOLTAGE_PU: Final = (0.93, 0.97, 1.03, 1.07)
"""Reference points of the standard Q(V) characteristic, VDE-AR-N 4105:2018-11, 5.7.2.4; inverters set to Germany ship with
them (for example Sungrow SH10T, manual, table 8-3). [1]"""
Q_V_SHARE_OF_Q_MAX: Final = (-1.0, 0.0, 0.0, 1.0)
"""Reactive power there as a share of that at the smallest power factor, load frame. [1]"""
Q_V_TIME_CONSTANT_S: Final = 10.0 / 3.0
"""First-order lag: 95 % of the way (three time constants) within 10 s, the default of VDE-AR-N 4105:2018-11. [s]"""


def cosphi_p_kvar(inverter: Inverter, p_kw: FloatArray) -> FloatArray:
    """Return the reactive power of the cos phi (P) characteristic (see `simulators.pv.params.cosphi_p_line`).

    Parameters
    ----------
    inverter : Inverter
        Nameplate data.
    p_kw : ndarray, shape (n_devices,)
        Active power, counted positive when fed in, at most ``p_corner_kw``: there it keeps all limits of the inverter. [kW]

    Returns
    -------
    ndarray, shape (n_devices,)
        Reactive power, load frame, never negative; 0 where the characteristic is not followed. [kvar]
    """
    cosphi = np.minimum(inverter.cosphi_begin - inverter.cosphi_per_kw * p_kw, 1.0)
    apparent = p_kw / cosphi
    return np.sqrt(apparent * apparent - p_kw * p_kw)


def q_v_characteristic_kvar(inverter: Inverter, vm_pu: FloatArray) -> FloatArray:
    """Return the reactive power of the Q(V) characteristic, load frame, shape ``(n_devices,)``. [kvar].

    A voltage of NaN (the last power flow diverged) counts as 1.0: an inverter that measures nothing supports nothing.
    """
    known = np.where(np.isnan(vm_pu), 1.0, vm_pu)
    return inverter.q_max_kvar * np.interp(known, Q_V_VOLTAGE_PU, Q_V_SHARE_OF_Q_MAX)


def q_v_lagged_kvar(inverter: Inverter, before_kvar: FloatArray, vm_pu: FloatArray, duration_s: float) -> FloatArray:
    """Return what the lag lets through of the Q(V) characteristic after a step, load frame, shape ``(n_devices,)``. [kvar]."""
    share: FloatArray = np.minimum(inverter.q_v_share, 1.0 - np.exp(-duration_s / Q_V_TIME_CONSTANT_S))
    return before_kvar + share * (q_v_characteristic_kvar(inverter, vm_pu) - before_kvar)


def within_limits(inverter: Inverter, demand_kvar: FloatArray, p_kw: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return reactive and active power that the inverter can deliver together.

    The inverter keeps its power factor above the smallest one, so without active power there is no reactive power. Inside that
    range reactive power has priority: active power gives way to keep the apparent power (VDE-AR-N 4105:2018-11, 5.7.2).

    Parameters
    ----------
    inverter : Inverter
        Nameplate data.
    demand_kvar : ndarray, shape (n_devices,)
        Reactive power asked for, load frame. [kvar]
    p_kw : ndarray, shape (n_devices,)
        Active power that could be fed in, counted positive, at most the rating. [kW]

    Returns
    -------
    q_kvar : ndarray, shape (n_devices,)
        Reactive power, load frame. [kvar]
    p_kw : ndarray, shape (n_devices,)
        Active power, counted positive when fed in. [kW]
    """
    bound = np.minimum(inverter.q_max_kvar, inverter.tan_phi * p_kw)
    q_kvar = np.minimum(np.maximum(demand_kvar, 0.0 - bound), bound)
    return q_kvar, np.minimum(p_kw, np.sqrt(inverter.rating_kva**2 - q_kvar * q_kvar))
