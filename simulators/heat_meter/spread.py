# SPDX-License-Identifier: Apache-2.0
"""What follows from the temperatures in the pipes alone: flow per heat, error of the difference, readings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]

WATER_KWH_PER_M3_K: Final = 1.15
"""Heat capacity of water at 45 degC: 990.2 kg/m3 times 4.180 kJ/(kg K). [kWh/(m3 K)]"""


class Probes(NamedTuple):
    """Temperature sensors and calculator of a set of meters.

    Attributes
    ----------
    least_k : ndarray, shape (n_devices,)
        Smallest temperature difference. [K]
    base, slope : ndarray, shape (2, n_devices)
        Errors of the pair of sensors and of the calculator: the part that is always there and the part over ``dT_min / dT``,
        signed. [-]
    shift_k : ndarray, shape (n_devices,)
        Error that both sensors share; it does not reach the difference. [K]
    """

    least_k: FloatArray
    base: FloatArray
    slope: FloatArray
    shift_k: FloatArray


class Spread(NamedTuple):
    """What follows from two temperatures.

    Attributes
    ----------
    m3_per_kwh : ndarray, shape (n_devices,)
        Volume of water per heat. [m3/kWh]
    gain : ndarray, shape (n_devices,)
        Measured over true heat, without the error of the flow. [-]
    readings_degc : ndarray, shape (2, n_devices)
        Flow and return temperature as measured. [degC]
    """

    m3_per_kwh: FloatArray
    gain: FloatArray
    readings_degc: FloatArray


def spread_of(probes: Probes, temps_degc: FloatArray) -> Spread:
    """Return what follows from flow and return temperatures, shape (2, n_devices).

    Heat at no difference of temperature would need a boundless flow; the smallest difference of the meter stands for it.
    """
    signed = temps_degc[0] - temps_degc[1]
    difference = np.maximum(np.abs(signed), probes.least_k)
    parts = probes.slope * (probes.least_k / difference) + probes.base
    half = 0.5 * signed * parts[0]
    return Spread(
        1.0 / (WATER_KWH_PER_M3_K * difference), 1.0 + parts.sum(axis=0), temps_degc + probes.shift_k + np.stack([half, -half])
    )
