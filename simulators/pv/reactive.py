# SPDX-License-Identifier: Apache-2.0
"""Reactive power of the inverter: the standard characteristics of VDE-AR-N 4105 and the limits of the apparent power.

The limits, and what is done in each step, stand in `simulators.pv.kernel`.

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

import math
from typing import TYPE_CHECKING, Final

import numpy as np

from simulators.pv.kernel import q_v_share

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from simulators.pv.params import Inverter

    FloatArray = NDArray[np.float64]

Q_V_TIME_CONSTANT_S: Final = 10.0 / 3.0
"""First-order lag: 95 % of the way (three time constants) within 10 s, the default of VDE-AR-N 4105:2018-11. [s]"""


def q_v_characteristic_kvar(inverter: Inverter, vm_pu: FloatArray) -> FloatArray:
    """Return the reactive power of the Q(V) characteristic, load frame, shape ``(n_devices,)``. [kvar].

    A voltage of NaN (the last power flow diverged) counts as 1.0: an inverter that measures nothing supports nothing.
    """
    known = np.where(np.isnan(vm_pu), 1.0, vm_pu)
    demand: FloatArray = inverter.q_max_kvar * q_v_share(known)
    return demand


def way_gone(duration_s: float) -> float:
    """Return how much of the way to the Q(V) characteristic its first-order lag goes in a step. [-]."""
    return 1.0 - math.exp(-duration_s / Q_V_TIME_CONSTANT_S)
