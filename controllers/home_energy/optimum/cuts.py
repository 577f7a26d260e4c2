# SPDX-License-Identifier: Apache-2.0
"""Valid inequalities: what every real plan respects and the relaxation does not yet.

Each is the convex hull of an either-or in one step with the tightest limits that the outlook allows, so the relaxation can no
longer cheat for free; mixing both ways of an either-or pays at most what taking turns would. Disjunctive inequalities of this
kind go back to Balas (1979, Annals of Discrete Mathematics 5).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from controllers.home_energy.optimum.numbers import limits_kw, may_charge

if TYPE_CHECKING:
    from collections.abc import Iterator

    from controllers.home_energy.optimum.assets import Battery, HomeAssets
    from controllers.home_energy.optimum.layout import Layout
    from controllers.home_energy.optimum.matrix import IntArray
    from controllers.home_energy.optimum.outlook import BoolArray, HomeOutlook
    from controllers.home_energy.optimum.prices import Prices
    from twinergy.kinds import FloatArray

VIOLATED: Final = 1e-4
"""By how much, relative to its size, an inequality must be violated to be worth a row."""
LEAST_KW: Final = 1e-3
"""Shares of less power than this are left alone: their coefficients would be too large."""


class Cuts(NamedTuple):
    """Inequalities ``sum of value * column <= limit``, all with the same columns' blocks in one step each.

    Attributes
    ----------
    columns : int array, shape (n_cuts, n_terms)
        Columns.
    values : array, shape (n_cuts, n_terms)
        Their coefficients.
    limits : array, shape (n_cuts,)
        Right-hand sides.
    """

    columns: IntArray
    values: FloatArray
    limits: FloatArray


class Facets:
    """The inequalities of one outlook.

    Parameters
    ----------
    assets, layout, outlook, prices
        The programme.
    """

    def __init__(self, assets: HomeAssets, layout: Layout, outlook: HomeOutlook, prices: Prices) -> None:
        self._layout, n = layout, assets.n_steps
        self._families: list[tuple[tuple[str, ...], FloatArray, FloatArray, BoolArray]] = []
        everywhere = np.ones(n, dtype=bool)
        if assets.car is not None and assets.car.p_min_kw > 0:
            own_kw = np.maximum(0.0 - outlook.p_pv_available_kw - outlook.base_load_kw, 0.0)
            share = np.maximum(1.0 - own_kw / assets.car.p_min_kw, 0.0)
            where = may_charge(n, outlook) & (share > 0)
            self._car(assets.battery is not None, share, where)
        most_in, most_out = ways_kw(assets, outlook)
        pays = prices.fed > prices.drawn
        self._either("import", "export", most_in, most_out, pays)
        if pays.any():
            self._carried(assets, outlook, (most_in, most_out), pays)
        if assets.battery is not None:
            charge, discharge = powers_kw(assets.battery, outlook.soc, assets.step_h)
            self._either("charge", "discharge", np.full(n, charge), np.full(n, discharge), everywhere)

    def _car(self, battery: bool, share: FloatArray, where: BoolArray) -> None:
        """Demand that grid or battery carry what the sun leaves of a charging car's least power."""
        names = ("car", "import", "over_import", *(("discharge",) if battery else ()))
        values = np.stack([share, *(np.full(len(share), -1.0) for _ in names[1:])], axis=1)
        self._families.append((names, values, np.zeros(len(share)), where))

    def _carried(self, assets: HomeAssets, outlook: HomeOutlook, most: tuple[FloatArray, FloatArray], where: BoolArray) -> None:
        """Demand that load, sun and stores of its share of the step carry whichever way the meter runs."""
        sun_kw, base_kw = 0.0 - outlook.p_pv_available_kw, outlook.base_load_kw
        takers = [name for name in ("charge", "heat", "boil", "car") if name in self._layout.columns]
        givers = [name for name in ("discharge",) if name in self._layout.columns]
        spare_kw = base_kw - (0.0 if assets.curtailable else sun_kw) + machines_kw(assets, outlook)
        open_both = where & (most[0] >= LEAST_KW) & (most[1] >= LEAST_KW)
        most_in, most_out = (np.maximum(each, LEAST_KW) for each in most)
        for one, other, mine, others, own_kw, helpers in (
            ("import", "export", most_in, most_out, spare_kw, takers),
            ("export", "import", most_out, most_in, sun_kw - base_kw, givers),
        ):  # fmt: skip
            factors = [1.0 - np.minimum(own_kw, 0.0) / mine, np.maximum(own_kw, 0.0) / others]
            values = np.stack([*factors, *(np.full(len(mine), -1.0) for _ in helpers)], axis=1)
            self._families.append(((one, other, *helpers), values, np.maximum(own_kw, 0.0), open_both))

    def _either(self, one: str, other: str, most: FloatArray, most_other: FloatArray, where: BoolArray) -> None:
        """Demand that the shares of what is possible add up to one at most; a closed way stays closed."""
        for name, limit in ((one, most), (other, most_other)):
            self._families.append(((name,), np.ones((len(limit), 1)), np.zeros(len(limit)), where & (limit <= 0.0)))
        values = 1.0 / np.maximum(np.stack([most, most_other], axis=1), LEAST_KW)
        open_both = (most >= LEAST_KW) & (most_other >= LEAST_KW)
        self._families.append(((one, other), values, np.ones(len(most)), where & open_both))

    def violated(self, values: FloatArray) -> Iterator[Cuts]:
        """Yield the inequalities that values of the columns violate."""
        for names, factors, limits, where in self._families:
            starts = [self._layout.columns[name].start for name in names]
            columns = np.add.outer(np.arange(len(where)), starts)
            excess = (values[columns] * factors).sum(axis=1) - limits
            rows = np.flatnonzero(where & (excess > VIOLATED))
            if len(rows):
                yield Cuts(columns[rows].astype(np.int32), factors[rows], limits[rows])


def powers_kw(battery: Battery, soc: float, step_h: float) -> tuple[float, float]:
    """Return the most that a battery can charge and discharge through a whole step, in kW; it may start outside its bounds."""
    swing_kwh = (max(battery.max_soc, soc) - min(battery.min_soc, soc)) * battery.capacity_kwh
    charge = min(battery.p_charge_kw, swing_kwh / (step_h * battery.efficiency_charge))
    return charge, min(battery.p_discharge_kw, swing_kwh * battery.efficiency_discharge / step_h)


def machines_kw(assets: HomeAssets, outlook: HomeOutlook) -> float:
    """Return the most that all pending machines draw at once, in kW."""
    pending = zip(assets.machines, outlook.pending, strict=True)
    return float(sum(max(machine.programme_kw) for machine, waits in pending if waits))


def flexible_kw(assets: HomeAssets, outlook: HomeOutlook) -> FloatArray:
    """Return the most that all loads which can be moved draw in each step, in kW, the battery apart."""
    load = np.full(assets.n_steps, machines_kw(assets, outlook))
    for heater in (assets.room, assets.tank):
        load = load + (heater.p_max_kw if heater is not None else 0.0)
    if assets.car is not None:
        load = load + np.where(may_charge(assets.n_steps, outlook), assets.car.p_max_kw, 0.0)
    return np.asarray(load)


def ways_kw(assets: HomeAssets, outlook: HomeOutlook) -> tuple[FloatArray, FloatArray]:
    """Return the most that the home as it is could import and export in each step, in kW; not above 0 where it cannot."""
    sun_kw, base_kw = 0.0 - outlook.p_pv_available_kw, outlook.base_load_kw
    load, source = flexible_kw(assets, outlook), 0.0
    if assets.battery is not None:
        load, source = load + assets.battery.p_charge_kw, assets.battery.p_discharge_kw
    forced_kw = 0.0 if assets.curtailable else sun_kw
    most_in, most_out = limits_kw(assets, outlook)
    export = sun_kw - base_kw + source
    if assets.battery is not None and not assets.battery_may_export:
        export = np.minimum(export, sun_kw + np.maximum(0.0 - base_kw, 0.0))
    return np.minimum(most_in, base_kw - forced_kw + load), np.minimum(most_out, export)
