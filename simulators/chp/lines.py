# SPDX-License-Identifier: Apache-2.0
"""Heat and fuel over electrical power: straight lines from point to point, forwards and backwards.

With up to three points a line has one knee at most: ``y = base + slope * p + bend * max(p - knee, 0)``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from simulators.chp.units import OperatingPoints

    FloatArray = NDArray[np.float64]


def lines_of(units: Sequence[OperatingPoints], higher_over_lower: FloatArray) -> dict[str, FloatArray]:
    """Return the lines of a fleet by name, arrays of shape ``(n_devices,)``; a single point makes a line through nothing.

    Heat and fuel (by higher heating value) over power have ``_base`` in kW, ``_slope`` and ``_bend``, what the slope gains at the
    knee, and ``knee_kw`` in common; ``back_`` is power over heat.
    """
    heat = np.array([_line(unit.p_kw, unit.heat_kw) for unit in units]).reshape(-1, 4).T
    fuel = np.array([_line(unit.p_kw, unit.fuel_lhv_kw) for unit in units]).reshape(-1, 4).T
    back = np.array([_line(unit.heat_kw, unit.p_kw) for unit in units]).reshape(-1, 4).T
    return {
        **dict(zip(("heat_base", "heat_slope", "heat_bend", "knee_kw"), heat, strict=True)),
        **dict(zip(("fuel_base", "fuel_slope", "fuel_bend"), fuel[:3] * higher_over_lower, strict=True)),
        **dict(zip(("back_base", "back_slope", "back_bend", "back_knee_kw"), back, strict=True)),
    }


def _line(x: Sequence[float], y: Sequence[float]) -> tuple[float, float, float, float]:
    """Return base, slope, bend and knee of the line through one to three points."""
    if len(x) == 1:
        return 0.0, y[0] / x[0], 0.0, x[0]
    slope = (y[1] - y[0]) / (x[1] - x[0])
    last = (y[-1] - y[-2]) / (x[-1] - x[-2])
    return y[0] - slope * x[0], slope, last - slope, x[1]
