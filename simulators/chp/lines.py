# SPDX-License-Identifier: Apache-2.0
"""Heat and fuel over electrical power: straight lines from point to point, forwards and backwards.

With up to three points a line has one knee at most: ``y = base + slope * p + bend * max(p - knee, 0)``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from simulators.chp.units import OperatingPoints

    FloatArray = NDArray[np.float64]


class Lines(NamedTuple):
    """Heat (row 0) and fuel by higher heating value (row 1) over electrical power, and power over heat.

    Attributes
    ----------
    base, slope : ndarray, shape (2, n_devices)
        Straight line up to the knee. [kW], [-]
    bend : ndarray, shape (2, n_devices), or None
        What the slope gains at the knee; None where no unit has one. [-]
    knee_kw : ndarray, shape (n_devices,)
        Power at the knee. [kW]
    back_base, back_slope, back_bend, back_knee_kw : ndarray, shape (n_devices,)
        The same of power over heat.
    """

    base: FloatArray
    slope: FloatArray
    bend: FloatArray | None
    knee_kw: FloatArray
    back_base: FloatArray
    back_slope: FloatArray
    back_bend: FloatArray
    back_knee_kw: FloatArray

    def heat_and_fuel(self, p_kw: FloatArray, share: FloatArray) -> FloatArray:
        """Return mean heat and fuel for a mean power over a step of which the units run a share, shape (2, n_devices). [kW]."""
        both = self.base * share
        both += self.slope * p_kw
        if self.bend is not None:
            beyond = p_kw - self.knee_kw * share
            np.maximum(beyond, 0.0, out=beyond)
            both += self.bend * beyond
        return both

    def power(self, heat_kw: FloatArray) -> FloatArray:
        """Return the electrical power that goes with a heat, shape (n_devices,). [kW]."""
        p_kw: FloatArray = self.back_slope * heat_kw
        p_kw += self.back_base
        if self.bend is not None:
            beyond = heat_kw - self.back_knee_kw
            np.maximum(beyond, 0.0, out=beyond)
            beyond *= self.back_bend
            p_kw += beyond
        return p_kw


def lines_of(units: Sequence[OperatingPoints], higher_over_lower: FloatArray) -> Lines:
    """Return the lines of a fleet; a single point makes a line through nothing."""
    heat = np.array([_line(unit.p_kw, unit.heat_kw) for unit in units]).reshape(-1, 4).T
    fuel = np.array([_line(unit.p_kw, unit.fuel_lhv_kw) for unit in units]).reshape(-1, 4).T
    back = np.array([_line(unit.heat_kw, unit.p_kw) for unit in units]).reshape(-1, 4).T
    bend = np.stack([heat[2], fuel[2] * higher_over_lower])
    return Lines(
        base=np.stack([heat[0], fuel[0] * higher_over_lower]),
        slope=np.stack([heat[1], fuel[1] * higher_over_lower]),
        bend=bend if bend.any() else None,
        knee_kw=heat[3],
        back_base=back[0],
        back_slope=back[1],
        back_bend=back[2],
        back_knee_kw=back[3],
    )


def _line(x: Sequence[float], y: Sequence[float]) -> tuple[float, float, float, float]:
    """Return base, slope, bend and knee of the line through one to three points."""
    if len(x) == 1:
        return 0.0, y[0] / x[0], 0.0, x[0]
    slope = (y[1] - y[0]) / (x[1] - x[0])
    last = (y[-1] - y[-2]) / (x[-1] - x[-2])
    return y[0] - slope * x[0], slope, last - slope, x[1]
