# SPDX-License-Identifier: Apache-2.0
"""A good plan next to the relaxation: binaries are rounded, the rest is solved again.

The relaxation bounds every plan from below, so the distance between both objectives is a proven gap. Mostly it is below what
the solver would be asked for, and branching is saved.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from controllers.home_energy.optimum.exclusive import NOISE_KW

if TYPE_CHECKING:
    from controllers.home_energy.optimum.assets import HomeAssets
    from controllers.home_energy.optimum.layout import Layout
    from controllers.home_energy.optimum.outlook import BoolArray, HomeOutlook
    from controllers.home_energy.optimum.prices import Prices
    from twinergy.kinds import FloatArray

    Bounds = tuple[FloatArray, FloatArray]

LEAST_EUR = 0.1
"""Gaps are relative to the objective, but never to less than this: ten cents."""


def gap_between(best_eur: float, bound_eur: float) -> float:
    """Return the relative gap between a plan's objective and a bound.

    >>> round(gap_between(2.02, 2.0), 4)
    0.0099
    """
    return max(best_eur - bound_eur, 0.0) / max(abs(best_eur), LEAST_EUR) if math.isfinite(best_eur) else math.inf


def rounded_bounds(
    assets: HomeAssets, layout: Layout, outlook: HomeOutlook, prices: Prices, bounds: Bounds, values: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return bounds of the columns that forbid every cheat near a solution of the relaxation.

    Machines start where their largest share does, the car rests or charges with at least its least power as was nearer, and
    where both directions of grid or battery run only the stronger stays.
    """
    lower, upper, columns = bounds[0].copy(), bounds[1].copy(), layout.columns
    for number, pending in enumerate(outlook.pending):
        if pending:
            block = slice(columns[f"start{number}"].start, columns[f"missed{number}"].stop)
            chosen = block.start + int(values[block].argmax())
            upper[block] = 0.0
            lower[chosen] = upper[chosen] = 1.0
    if assets.car is not None and assets.car.p_min_kw > 0:
        block = columns["car"]
        charges = values[block] >= assets.car.p_min_kw / 2
        charges &= upper[block] > 0
        lower[block] = np.where(charges, assets.car.p_min_kw, 0.0)
        upper[block] = np.where(charges, upper[block], 0.0)
    drawn, sold = values[columns["import"]], values[columns["export"]]
    _keep_stronger(upper, columns["import"], columns["export"], drawn - sold, prices.fed > prices.drawn)
    if assets.battery is not None:
        charge, discharge = values[columns["charge"]], values[columns["discharge"]]
        both = np.minimum(charge, discharge) > NOISE_KW
        _keep_stronger(upper, columns["charge"], columns["discharge"], charge - discharge, both)
    return lower, upper


def _keep_stronger(upper: FloatArray, forward: slice, backward: slice, net: FloatArray, where: BoolArray) -> None:
    upper[backward] = np.where(where & (net >= 0), 0.0, upper[backward])
    upper[forward] = np.where(where & (net < 0), 0.0, upper[forward])
