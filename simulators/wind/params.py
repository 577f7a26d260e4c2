# SPDX-License-Identifier: Apache-2.0
"""Options of many wind turbines as arrays; every power curve is tabulated on one fine grid."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

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
PER_M_PER_S: Final = 100
"""Points of the common grid per m/s. Published curves have at most two decimals, so all their points lie on it."""
ROW: Final = PER_M_PER_S * int(HIGHEST_WIND_M_PER_S) + 2
"""Length of one tabulated curve; the last entry only closes the last interval."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WindParams:
    """Nameplate data of a fleet, arrays of shape ``(n_devices,)`` unless stated.

    Attributes
    ----------
    hub_factor : ndarray
        Wind at hub height over wind at 10 m. [-]
    hub_height_m : ndarray
        Height of the hub above the ground. [m]
    wind_exponent, power_exponent : ndarray
        Exponents of the relative air density by which wind speed and power are corrected. [-]
    corrects_power : bool
        Whether any device corrects the power.
    cut_out_m_per_s, restart_m_per_s : ndarray
        Wind at hub height above which a turbine stops, and at or below which it starts again. [m/s]
    has_hysteresis : bool
        Whether any device starts again below its cut-out only.
    table_kw, slope_kw : ndarray, shape (n_curves * ROW,)
        Power of one turbine on the common grid, and its growth to the next point of the grid. [kW]
    row : ndarray of int
        Where the curve of a device begins in the table.
    peak_kw : ndarray
        Highest power of one turbine. [kW]
    scale : ndarray
        Number of turbines, less losses. [-]
    q_per_p : ndarray
        Reactive power in the load frame over power fed in. [-]
    """

    hub_factor: FloatArray
    hub_height_m: FloatArray
    wind_exponent: FloatArray
    power_exponent: FloatArray
    corrects_power: bool
    cut_out_m_per_s: FloatArray
    restart_m_per_s: FloatArray
    has_hysteresis: bool
    table_kw: FloatArray
    slope_kw: FloatArray
    row: IntArray
    peak_kw: FloatArray
    scale: FloatArray
    q_per_p: FloatArray

    @classmethod
    def of(cls, options: Sequence[WindOptions]) -> WindParams:
        """Return the arrays of these devices, in the given order."""
        table, slope, row = _tables([option.power_curve for option in options])
        corrections = [option.density_correction for option in options]
        return cls(
            hub_factor=_array([hub_factor(option) for option in options]),
            hub_height_m=_array([option.hub_height_m for option in options]),
            wind_exponent=_array([1.0 / 3.0 if how == "wind" else 0.0 for how in corrections]),
            power_exponent=_array([1.0 if how == "power" else 0.0 for how in corrections]),
            corrects_power="power" in corrections,
            cut_out_m_per_s=_array([option.cut_out for option in options]),
            restart_m_per_s=_array([option.restart_m_per_s or option.cut_out for option in options]),
            has_hysteresis=any((option.restart_m_per_s or option.cut_out) < option.cut_out for option in options),
            table_kw=table,
            slope_kw=slope,
            row=row,
            peak_kw=_array([option.power_curve.rated_kw for option in options]),
            scale=_array([option.count * (1.0 - option.losses_percent / 100.0) for option in options]),
            q_per_p=_array([_q_per_p(option) for option in options]),
        )


def hub_factor(options: WindOptions) -> float:
    """Return wind at hub height over wind at 10 m.

    Logarithmic profile of neutral air without displacement, ``ln(h/z0) / ln(10 m/z0)``, or power law ``(h / 10 m)^alpha``
    (Manwell, McGowan, Rogers, "Wind Energy Explained", 2nd edition, 2009, section 2.3.3).
    """
    if options.shear_exponent is not None:
        return float((options.hub_height_m / MEASURED_AT_M) ** options.shear_exponent)
    rough_m = ROUGHNESS_LENGTH_M if options.roughness_length_m is None else options.roughness_length_m
    return math.log(options.hub_height_m / rough_m) / math.log(MEASURED_AT_M / rough_m)


def _tables(curves: Sequence[PowerCurve]) -> tuple[FloatArray, FloatArray, IntArray]:
    """Return all different curves on the common grid, one after the other, their slopes, and where each device's begins."""
    place = {curve: number for number, curve in enumerate(dict.fromkeys(curves))}
    grid = np.arange(ROW) / PER_M_PER_S
    tables = np.array([np.interp(grid, curve.wind_m_per_s, curve.p_kw, left=0.0) for curve in place]).reshape(-1, ROW)
    slopes = np.diff(tables, axis=1, append=tables[:, -1:])
    return tables.ravel(), slopes.ravel(), np.array([place[curve] * ROW for curve in curves], dtype=np.int64)


def _q_per_p(options: WindOptions) -> float:
    tan_phi = math.tan(math.acos(options.cos_phi))
    return tan_phi if options.excitation == "under" else 0.0 - tan_phi


def _array(values: Sequence[float]) -> FloatArray:
    return np.array(values, dtype=np.float64)
