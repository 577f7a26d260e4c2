# SPDX-License-Identifier: Apache-2.0
"""Carbon dioxide and moisture of the room air: well mixed, exact for constant air change over a step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from simulators.building.facades import saturation_hpa
from simulators.building.params import COIL_HPA, COIL_M3_PER_H_PER_KW

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from simulators.building.params import BuildingParams, Span

    FloatArray = NDArray[np.float64]

OUTDOOR_CO2_PPM: Final = 420.0
"""Carbon dioxide outdoors: 419 ppm in 2023 (NOAA, Mauna Loa). [ppm]"""
MAGNUS: Final = (17.62, 243.12)
"""Exponent and temperature of the Magnus formula, WMO-No. 8."""
_PERCENT_PER_HPA: Final = 100.0 / (saturation_hpa(0.0) * np.exp(MAGNUS[0]))


def breathe(
    params: BuildingParams, span: Span, gas: FloatArray, occupants: FloatArray, active: FloatArray, outdoor_hpa: float,
    extra_m3_per_h: FloatArray | None,
) -> tuple[FloatArray, FloatArray]:  # fmt: skip
    """Return carbon dioxide and vapour pressure at the end of the step and their means over it, shape ``(2, n_devices)``.

    ``V dc/dt = q (c_out - c) + S``; moisture also fills and empties what surfaces take up. [ppm], [hPa]

    Parameters
    ----------
    params, span : BuildingParams, Span
        Constants.
    gas : ndarray, shape (2, n_devices)
        Both at the start of the step. [ppm], [hPa]
    occupants, active : ndarray, shape (n_devices,)
        People present, and awake. [-]
    outdoor_hpa : float
        Vapour pressure outdoors. [hPa]
    extra_m3_per_h : ndarray or None
        Fresh air beyond what is always there. [m3/h]
    """
    flow, decay, mean = params.air_m3_per_h, span.decay, span.mean
    if extra_m3_per_h is not None:
        flow = flow + extra_m3_per_h
        changes = span.air * flow
        decay = np.exp(changes)
        mean = (decay - 1.0) / changes
    level = params.sources[:, 0] * occupants
    level += params.sources[:, 1] * active
    level /= flow
    level += np.array([[OUTDOOR_CO2_PPM], [outdoor_hpa]])
    excess = gas - level
    return level + excess * decay, level + excess * mean


def dry(span: Span, gas: FloatArray, mean: FloatArray, cool_kw: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return `breathe`'s result after an air conditioner has condensed moisture on its coil; the heat of it is not counted."""
    share = -np.expm1(COIL_M3_PER_H_PER_KW * cool_kw * span.air[1])
    drier, drier_mean = gas.copy(), mean.copy()
    drier[1] -= share * np.maximum(gas[1] - COIL_HPA, 0.0)
    drier_mean[1] -= share * np.maximum(mean[1] - COIL_HPA, 0.0)
    return drier, drier_mean


def relative_humidity(vapour_hpa: FloatArray, temp_degc: FloatArray) -> FloatArray:
    """Return the relative humidity of air, at most 100 %; what is beyond has condensed. [%].

    ``100 e / e_s``, with Magnus' exponent written as its limit minus a quotient.
    """
    humidity = temp_degc + MAGNUS[1]
    np.divide(MAGNUS[0] * MAGNUS[1], humidity, out=humidity)
    np.exp(humidity, out=humidity)
    humidity *= vapour_hpa
    humidity *= _PERCENT_PER_HPA
    return np.minimum(humidity, 100.0, out=humidity)
