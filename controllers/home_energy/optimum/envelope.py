# SPDX-License-Identifier: Apache-2.0
"""What a step costs at least for what it brings into the battery: the convex envelope over all that a real home can do.

Where feeding in earns more than import costs, or prices are negative, the relaxation mixes both ways of meter and battery within
a step. For one step the cost of everything a home can really do is known in closed form and piecewise linear, so the lower
convex envelope of it is spanned by its kinks, and the envelope's line at the relaxation's energy is the deepest inequality.
Loads that can be moved enter at the relaxation's own price of electricity in that step (its dual), as in Lagrange's relaxation
(Geoffrion 1974, Mathematical Programming Study 2).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from controllers.home_energy.optimum.cuts import VIOLATED, Cuts, flexible_kw, powers_kw
from controllers.home_energy.optimum.numbers import limits_kw
from controllers.home_energy.optimum.penalties import EXCESS, TIE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from controllers.home_energy.optimum.assets import HomeAssets
    from controllers.home_energy.optimum.layout import Layout
    from controllers.home_energy.optimum.outlook import HomeOutlook
    from controllers.home_energy.optimum.prices import Prices
    from twinergy.kinds import FloatArray

APART_KW: Final = 1e-6
"""Kinks nearer than this are one."""


class Envelope:
    """The step costs of one outlook.

    Parameters
    ----------
    assets, layout, outlook, prices
        The programme.
    """

    def __init__(self, assets: HomeAssets, layout: Layout, outlook: HomeOutlook, prices: Prices) -> None:
        self._assets, self._layout, self._outlook, self._prices = assets, layout, outlook, prices
        sun_kw = 0.0 - outlook.p_pv_available_kw
        self._sun, self._forced = sun_kw, sun_kw * (0.0 if assets.curtailable else 1.0)
        self._most_in, self._most_out = limits_kw(assets, outlook)
        self._green = np.maximum(0.0 - outlook.base_load_kw, 0.0)
        self._flexible = flexible_kw(assets, outlook)
        battery = assets.battery
        self._powers = (0.0, 0.0) if battery is None else powers_kw(battery, outlook.soc, assets.step_h)
        self._efficiency = (1.0, 1.0) if battery is None else (battery.efficiency_charge, battery.efficiency_discharge)
        self._kinks = self._kinks_kw()
        self._p_kw, self._load_kw, self._cost = self._points()

    def _kinks_kw(self) -> FloatArray:
        """Return the demands at which what the step costs bends, shape (n_steps, n_kinks)."""
        sun, forced = self._sun, self._forced
        kinks = [sun, forced, sun + self._most_in, forced + self._most_in, sun - self._most_out, forced - self._most_out]
        if not self._assets.battery_may_export:
            kinks.append(-self._green)
        return np.stack(kinks, axis=1)

    def _points(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return power, moved load and cost (EUR/h) where the cost can bend, each (n_steps, n_powers, n_loads)."""
        base, most = self._outlook.base_load_kw[:, None], self._flexible[:, None]
        charge, discharge = self._powers
        ends = np.zeros_like(base) + np.array([[-discharge, 0.0, charge]])
        power = np.concatenate([ends, self._kinks - base, self._kinks - base - most], axis=1)
        power = np.clip(power, -discharge, charge)[:, :, None]
        edges = np.stack([np.zeros_like(most[:, 0]), most[:, 0]], axis=1)[:, None, :] + 0.0 * power
        between = self._kinks[:, None, :] - base[:, :, None] - power
        load = np.clip(np.concatenate([edges, between], axis=2), 0.0, most[:, :, None])
        power = power + 0.0 * load
        return power, load, self._step_cost(base[:, :, None] + power + load) + self._wear(power)

    def _wear(self, power: FloatArray) -> FloatArray:
        out = np.maximum(0.0 - power, 0.0)
        return np.asarray((self._prices.wear + TIE) * out + TIE * np.maximum(power, 0.0))

    def _step_cost(self, need: FloatArray) -> FloatArray:
        """Return what a demand costs per hour with the best use of the sun, EUR/h; limits at their penalty."""
        sun, forced, most_in, most_out = (
            values[:, None, None] for values in (self._sun, self._forced, self._most_in, self._most_out)
        )
        drawn, fed = self._prices.drawn[:, None, None], self._prices.fed[:, None, None]
        best = np.full(need.shape, np.inf)
        for used in (forced, sun, need, need - most_in, need + most_out):
            used_kw = np.clip(used, forced, sun)
            net = need - used_kw
            cost = np.maximum(net, 0.0) * drawn - np.maximum(-net, 0.0) * fed + (self._prices.unused + TIE) * (sun - used_kw)
            cost = cost + EXCESS * (np.maximum(net - most_in, 0.0) + np.maximum(-net - most_out, 0.0))
            best = np.minimum(best, cost)
        if not self._assets.battery_may_export:
            best = best + EXCESS * np.maximum(-self._green[:, None, None] - need, 0.0)
        return best

    def violated(self, values: FloatArray, balance_dual: FloatArray) -> Iterator[Cuts]:
        """Yield the deepest inequality of each step that a solution violates, for each price at which load may be moved.

        Parameters
        ----------
        values : array, shape (n_columns,)
            The solution.
        balance_dual : array, shape (n_steps,)
            What a kW more of load through a step costs there. [EUR/kW]
        """
        for price in (balance_dual / self._assets.step_h, self._prices.drawn, self._prices.fed):
            cuts = self._at(price, values)
            if cuts is not None:
                yield cuts
            if not self._flexible.any():
                return

    def _at(self, price: FloatArray, values: FloatArray) -> Cuts | None:
        cells = np.where(self._p_kw > 0, self._p_kw * self._efficiency[0], self._p_kw / self._efficiency[1])[:, :, 0]
        least = (self._cost - price[:, None, None] * self._load_kw).min(axis=2)
        names, factors = self._terms(price)
        starts = np.array([self._layout.columns[name].start for name in names])
        columns = np.arange(len(price))[:, None] + starts
        present = values[columns]
        spent = (present * factors).sum(axis=1) + (self._prices.unused + TIE) * self._sun + price * self._outlook.base_load_kw
        into = np.zeros_like(factors)
        if self._assets.battery is not None:
            into[:, names.index("charge")], into[:, names.index("discharge")] = self._efficiency[0], -1.0 / self._efficiency[1]
        slope, level = _envelope(cells, least, (present * into).sum(axis=1))
        constant = level - (self._prices.unused + TIE) * self._sun - price * self._outlook.base_load_kw
        excess = level + slope * (present * into).sum(axis=1) - spent
        rows = np.flatnonzero(excess > VIOLATED)
        if not len(rows):
            return None
        return Cuts(columns[rows].astype(np.int32), (slope[:, None] * into - factors)[rows], (0.0 - constant)[rows])

    def _terms(self, price: FloatArray) -> tuple[list[str], FloatArray]:
        """Return the columns of a step and what each costs less what the moved load that it carries is worth, EUR/h per kW."""
        prices, zero = self._prices, np.zeros(len(price))
        terms = {
            "import": prices.drawn - price,
            "over_import": prices.drawn + EXCESS - price,
            "export": price - prices.fed,
            "over_export": EXCESS - prices.fed + price,
            "pv": zero - prices.unused - TIE - price,
        }
        if self._assets.battery is not None:
            terms |= {"charge": zero + TIE + price, "discharge": zero + prices.wear + TIE - price}
        return list(terms), np.stack(list(terms.values()), axis=1)


def _envelope(x: FloatArray, y: FloatArray, at: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return slope and level of the lower convex envelope of points (n, m) at one place of each row.

    >>> slope, level = _envelope(np.array([[-1.0, 0.0, 1.0]]), np.array([[0.0, 5.0, 2.0]]), np.array([0.5]))
    >>> float(slope[0]), float(level[0])
    (1.0, 1.0)
    """
    at = np.clip(at, x.min(axis=1), x.max(axis=1))[:, None, None]
    width = x[:, None, :] - x[:, :, None]
    apart = width > APART_KW
    slopes = np.where(apart, (y[:, None, :] - y[:, :, None]) / np.where(apart, width, 1.0), 0.0)
    heights = y[:, :, None] + slopes * (at - x[:, :, None])
    spans = apart & (x[:, :, None] <= at) & (x[:, None, :] >= at)
    alone = ~apart & (np.abs(x[:, :, None] - at) <= APART_KW) & (np.abs(width) <= 0.0)
    heights = np.where(spans | alone, heights, np.inf).reshape(len(x), -1)
    best = heights.argmin(axis=1)
    slope = np.take_along_axis(slopes.reshape(len(x), -1), best[:, None], axis=1)[:, 0]
    # the support line must lie below every point: of duplicates and rounding the lowest level counts
    level = (y - slope[:, None] * x).min(axis=1)
    return slope, level
