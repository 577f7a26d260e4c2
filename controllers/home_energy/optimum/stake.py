# SPDX-License-Identifier: Apache-2.0
"""How much money a plan is about: what gaps are measured against."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np

from controllers.home_energy.optimum.prices import later_kwh, wanted_kwh

if TYPE_CHECKING:
    from controllers.home_energy.optimum.assets import HomeAssets, Room
    from controllers.home_energy.optimum.layout import Layout
    from controllers.home_energy.optimum.outlook import HomeOutlook
    from controllers.home_energy.optimum.prices import Prices
    from twinergy.kinds import FloatArray

LEAST_EUR: Final = 0.1
"""Less than ten cents is never at stake."""


def at_stake_eur(assets: HomeAssets, layout: Layout, outlook: HomeOutlook, prices: Prices, values: FloatArray) -> float:
    """Return the money that a plan is about.

    The larger of what the horizon's demand would cost without PV and battery, and of what the relaxation pays or earns at the
    meter; at least `LEAST_EUR`. The objective itself is no measure: earnings, costs and what is in store at the end cancel, and
    penalties of wishes that nobody can meet are not money.

    Parameters
    ----------
    assets, layout, outlook, prices
        The programme.
    values : array, shape (relaxed_columns,)
        Optimum of the relaxation.

    Returns
    -------
    float
        In EUR, as the household weighs them.
    """
    meter = prices.drawn @ values[layout.columns["import"]] - prices.fed @ values[layout.columns["export"]]
    return max(_demand_eur(assets, outlook, prices), abs(assets.step_h * float(meter)), LEAST_EUR)


def _demand_eur(assets: HomeAssets, outlook: HomeOutlook, prices: Prices) -> float:
    """Return what the demand costs when all of it is imported: what has no time at the mean price."""
    price = np.maximum(prices.drawn, 0.0)
    steady_kw = np.maximum(outlook.base_load_kw, 0.0)
    if assets.tank is not None and outlook.draw_kw is not None:
        steady_kw = steady_kw + outlook.draw_kw / assets.tank.cop
    if assets.room is not None:
        steady_kw = steady_kw + _holding_kw(assets.room, outlook)
    movable_kwh = 0.0
    for machine, pending in zip(assets.machines, outlook.pending, strict=True):
        movable_kwh += pending * sum(machine.programme_kw) * assets.step_h
    if assets.car is not None:
        movable_kwh += max(wanted_kwh(assets.car, outlook) - later_kwh(assets, outlook), 0.0) / assets.car.efficiency
    return assets.step_h * float(price @ steady_kw) + float(price.mean()) * movable_kwh


def _holding_kw(room: Room, outlook: HomeOutlook) -> FloatArray:
    """Return the power in kW that holds the room at the nearer edge of its band."""
    edge = outlook.comfort_low_degc if room.gain_k_per_kw > 0 else outlook.comfort_high_degc
    if edge is None or outlook.temp_outdoor_degc is None or outlook.gain_k is None or room.gain_k_per_kw == 0:
        return np.zeros(len(outlook.base_load_kw))
    lost_k = (1.0 - room.keep) * edge - room.leak * outlook.temp_outdoor_degc - outlook.gain_k
    return np.asarray(np.clip(lost_k / room.gain_k_per_kw, 0.0, room.p_max_kw))


def gap_between(best_eur: float, bound_eur: float, stake_eur: float) -> float:
    """Return how far a plan may be off the best one, relative to the money at stake.

    >>> round(gap_between(-0.48, -0.5, 4.0), 6)
    0.005
    """
    return max(best_eur - bound_eur, 0.0) / stake_eur if math.isfinite(best_eur) else math.inf
