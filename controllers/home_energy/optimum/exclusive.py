# SPDX-License-Identifier: Apache-2.0
"""Where the relaxation cheats: what a real home cannot do although the linear programme may."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from controllers.home_energy.optimum.assets import HomeAssets
    from controllers.home_energy.optimum.layout import Layout
    from controllers.home_energy.optimum.prices import Prices
    from twinergy.kinds import FloatArray

NOISE_KW: Final = 1e-5
NOISE: Final = 1e-6


def cheats(assets: HomeAssets, layout: Layout, prices: Prices, values: FloatArray) -> list[str]:
    """Return the binary blocks that a solution needs and does not respect.

    The relaxation's optimum is the optimum of the exact programme whenever this list is empty, because the exact programme's
    feasible points are a subset of the relaxation's.

    Returns
    -------
    list of str
        ``importing`` where electricity is bought and sold in the same step at a gain, ``charging`` where the battery burns
        energy by charging and discharging at once, ``car_on`` where the car charges below its least power, ``start<number>``
        where a programme is split over several starts.
    """
    columns = layout.columns
    found = [f"start{number}" for number in range(len(assets.machines)) if _split(values[columns[f"start{number}"]])]
    if assets.car is not None and assets.car.p_min_kw > 0:
        car = values[columns["car"]]
        if ((car > NOISE_KW) & (car < assets.car.p_min_kw - NOISE_KW)).any():
            found.append("car_on")
    both = np.minimum(values[columns["import"]], values[columns["export"]]) > NOISE_KW
    if (both & (prices.fed > prices.drawn)).any():
        found.append("importing")
    if assets.battery is not None:
        both = np.minimum(values[columns["charge"]], values[columns["discharge"]]) > NOISE_KW
        if both.any():
            found.append("charging")
    return found


def _split(starts: FloatArray) -> bool:
    return bool((np.minimum(starts, 1.0 - starts) > NOISE).any())
