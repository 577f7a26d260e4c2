# SPDX-License-Identifier: Apache-2.0
"""Options of many wind turbines as arrays; every power curve is tabulated on one fine grid."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from simulators.wind.kernel import PEAK, PER_M_PER_S
from simulators.wind.options import ROUGHNESS_LENGTH_M
from simulators.wind.turbines import HIGHEST_WIND_M_PER_S

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from simulators.wind.options import WindOptions
    from simulators.wind.turbines import PowerCurve

    FloatArray = NDArray[np.float64]
    IntArray = NDArray[np.int64]

MEASURED_AT_M: Final = 10.0
"""Height of the wind of `weather`: the standard height of meteorology (WMO-No. 8). [m]"""
ROW: Final = PER_M_PER_S * int(HIGHEST_WIND_M_PER_S) + 2
"""Length of one tabulated curve; the last entry only closes the last interval."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WindParams:
    """Nameplate data of a fleet, in the tables of `simulators.wind.kernel`.

    Attributes
    ----------
    data : ndarray, shape (9, n_devices)
        Rows, as named there: wind at hub height over wind at 10 m [-]; height of the hub above the ground [m]; exponents of the
        relative air density by which wind speed and power are corrected [-]; wind at hub height above which a turbine stops,
        and at or below which it starts again [m/s]; highest power of one turbine [kW]; number of turbines, less losses [-];
        reactive power in the load frame over power fed in [-].
    curves : ndarray, shape (n_curves, 2, ROW)
        Power of one turbine on the common grid, and its growth to the next point of the grid. [kW]
    row : ndarray of int, shape (n_devices,)
        Which of the curves a device has.
    """

    data: FloatArray
    curves: FloatArray
    row: IntArray

    @property
    def peak_kw(self) -> FloatArray:
        """Highest power of one turbine, shape ``(n_devices,)``. [kW]."""
        peak_kw: FloatArray = self.data[PEAK]
        return peak_kw

    @classmethod
    def of(cls, options: Sequence[WindOptions]) -> WindParams:
        """Return the arrays of these devices, in the given order."""
        curves, row = _curves([option.power_curve for option in options])
        corrections = [option.density_correction for option in options]
        rows = [  # in the order of the kernel
            [hub_factor(option) for option in options],
            [option.hub_height_m for option in options],
            [1.0 / 3.0 if how == "wind" else 0.0 for how in corrections],
            [1.0 if how == "power" else 0.0 for how in corrections],
            [option.cut_out for option in options],
            [option.restart_m_per_s or option.cut_out for option in options],
            [option.power_curve.rated_kw for option in options],
            [option.count * (1.0 - option.losses_percent / 100.0) for option in options],
            [_q_per_p(option) for option in options],
        ]
        return cls(data=np.array(rows, dtype=np.float64), curves=curves, row=row)


def hub_factor(options: WindOptions) -> float:
    """Return wind at hub height over wind at 10 m.

    Logarithmic profile of neutral air without displacement, ``ln(h/z0) / ln(10 m/z0)``, or power law ``(h / 10 m)^alpha``
    (Manwell, McGowan, Rogers, "Wind Energy Explained", 2nd edition, 2009, section 2.3.3).
    """
    if options.shear_exponent is not None:
        return float((options.hub_height_m / MEASURED_AT_M) ** options.shear_exponent)
    rough_m = ROUGHNESS_LENGTH_M if options.roughness_length_m is None else options.roughness_length_m
    return math.log(options.hub_height_m / rough_m) / math.log(MEASURED_AT_M / rough_m)


def _curves(curves: Sequence[PowerCurve]) -> tuple[FloatArray, IntArray]:
    """Return all different curves on the common grid with their slopes, shape (n_curves, 2, ROW), and which each device has."""
    place = {curve: number for number, curve in enumerate(dict.fromkeys(curves))}
    grid = np.arange(ROW) / PER_M_PER_S
    tables = np.array([np.interp(grid, curve.wind_m_per_s, curve.p_kw, left=0.0) for curve in place]).reshape(-1, ROW)
    slopes = np.diff(tables, axis=1, append=tables[:, -1:])
    return np.stack([tables, slopes], axis=1), np.array([place[curve] for curve in curves], dtype=np.int64)


def _q_per_p(options: WindOptions) -> float:
    tan_phi = math.tan(math.acos(options.cos_phi))
    return tan_phi if options.excitation == "under" else 0.0 - tan_phi
