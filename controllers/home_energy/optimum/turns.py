# SPDX-License-Identifier: Apache-2.0
"""When a battery charges and when it discharges, where the relaxation would do both at once.

With the rest of the home as it is, the battery alone is a problem of one state: Bellman's recursion on a raster of its energy
(Bellman 1957, Dynamic Programming) finds the best order of directions, whatever the prices. Powers are left to the linear
programme, which knows the directions then.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from controllers.home_energy.optimum.cuts import powers_kw
from controllers.home_energy.optimum.numbers import limits_kw
from controllers.home_energy.optimum.penalties import EXCESS, TIE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from controllers.home_energy.optimum.assets import Battery, HomeAssets
    from controllers.home_energy.optimum.outlook import BoolArray, HomeOutlook
    from controllers.home_energy.optimum.prices import Prices
    from twinergy.kinds import FloatArray

PARTS: Final = 48
"""Into so many parts of the raster a step of full charging is divided."""
MOST_LEVELS: Final = 600


class Turns(NamedTuple):
    """Directions in each step.

    Attributes
    ----------
    charges, discharges, imports : bool array, shape (n_steps,)
        Whether the battery does (neither where it rests), and whether the home draws from the grid.
    """

    charges: BoolArray
    discharges: BoolArray
    imports: BoolArray


def turns_of(assets: HomeAssets, outlook: HomeOutlook, prices: Prices, load_kw: FloatArray) -> Turns | None:
    """Return the best directions of battery and grid, everything else as it is.

    Parameters
    ----------
    assets, outlook, prices
        The programme.
    load_kw : array, shape (n_steps,)
        All but battery and PV. [kW]

    Returns
    -------
    Turns or None
        None where there is no battery to speak of.
    """
    battery, hours = assets.battery, assets.step_h
    if battery is None:
        return None
    charge_kw, discharge_kw = powers_kw(battery, outlook.soc, hours)
    low, high = (bound * battery.capacity_kwh for bound in (min(battery.min_soc, outlook.soc), max(battery.max_soc, outlook.soc)))
    step_kwh = charge_kw * hours * battery.efficiency_charge
    if min(step_kwh, high - low, discharge_kw) <= 0:
        return None
    raster_kwh = max(step_kwh / PARTS, (high - low) / MOST_LEVELS)
    p_kw = _powers_kw(battery, raster_kwh, hours, charge_kw, discharge_kw)
    costs, net_kw = _costs(assets, outlook, prices, load_kw, p_kw)
    levels = round((high - low) / raster_kwh) + 1
    first = round((outlook.soc * battery.capacity_kwh - low) / raster_kwh)
    worth = np.arange(levels, dtype=float) * (0.0 - prices.stored * raster_kwh)
    chosen = _bellman(costs, int((p_kw < 0).sum()), worth, first)
    power = p_kw[chosen]
    return Turns(power > 0, power < 0, net_kw[np.arange(len(chosen)), chosen] >= 0)


def _powers_kw(battery: Battery, raster_kwh: float, hours: float, charge_kw: float, discharge_kw: float) -> FloatArray:
    """Return the powers at the terminals that move the energy by whole parts of the raster, ascending through 0."""
    up = int(charge_kw * hours * battery.efficiency_charge / raster_kwh + TIE)
    down = int(discharge_kw * hours / battery.efficiency_discharge / raster_kwh + TIE)
    cells_kw = np.arange(-down, up + 1) * raster_kwh / hours
    return np.asarray(np.where(cells_kw > 0, cells_kw / battery.efficiency_charge, cells_kw * battery.efficiency_discharge))


def _costs(
    assets: HomeAssets, outlook: HomeOutlook, prices: Prices, load_kw: FloatArray, p_kw: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return what each power costs in each step in EUR, and the exchange it leads to in kW, both (n_steps, n_powers)."""
    sun_kw = (0.0 - outlook.p_pv_available_kw)[:, None]
    forced_kw = np.zeros_like(sun_kw) if assets.curtailable else sun_kw
    most_in, most_out = (limit[:, None] for limit in limits_kw(assets, outlook))
    need_kw = load_kw[:, None] + p_kw[None, :]
    green_kw = np.inf if assets.battery_may_export else np.maximum(0.0 - outlook.base_load_kw, 0.0)[:, None]
    best, exchange = np.full(need_kw.shape, np.inf), np.zeros(need_kw.shape)
    for used_kw in (forced_kw + 0.0 * need_kw, np.clip(need_kw, forced_kw, sun_kw), sun_kw + 0.0 * need_kw):
        net = need_kw - used_kw
        excess = np.maximum(net - most_in, 0.0) + np.maximum(-net - np.minimum(most_out, used_kw + green_kw), 0.0)
        cost = np.maximum(net, 0.0) * prices.drawn[:, None] - np.maximum(-net, 0.0) * prices.fed[:, None]
        cost = cost + EXCESS * excess + (prices.unused + TIE) * (sun_kw - used_kw)
        exchange = np.where(cost < best, net, exchange)
        best = np.minimum(cost, best)
    wear = (prices.wear + TIE) * np.maximum(0.0 - p_kw, 0.0) + TIE * np.maximum(p_kw, 0.0)
    return assets.step_h * (best + wear), exchange


def _bellman(costs: FloatArray, down: int, final: FloatArray, first: int) -> NDArray[np.intp]:
    """Return the number of the best power in each step, from a first level on; power ``down`` leaves the level as it is."""
    n_steps, n_powers = costs.shape
    padded = np.full(len(final) + n_powers - 1, np.inf)
    reached = np.lib.stride_tricks.sliding_window_view(padded, n_powers)
    chosen, worth = np.zeros((n_steps, len(final)), dtype=np.intp), final
    for step in range(n_steps - 1, -1, -1):
        padded[down : down + len(final)] = worth
        sums = reached + costs[step]
        chosen[step] = sums.argmin(axis=1)
        worth = np.take_along_axis(sums, chosen[step][:, None], axis=1)[:, 0]
    path, level = np.zeros(n_steps, dtype=np.intp), first
    for step in range(n_steps):
        path[step] = chosen[step, level]
        level += int(path[step]) - down
    return path
