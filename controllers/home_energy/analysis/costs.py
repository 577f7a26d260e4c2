# SPDX-License-Identifier: Apache-2.0
"""What energy cost: by component of the price, and by what used it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from twinergy.signs import exported, imported
from twinergy.units import HOURS_PER_YEAR

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from controllers.home_energy.analysis.window import Window

    FloatArray = NDArray[np.float64]

COMPONENTS: Final = ("energy", "grid_fee", "levy", "vat")
REST: Final = "rest"
_LEAST_KW: Final = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """Money of homes over a window, arrays of shape (n_homes,).

    Attributes
    ----------
    component_eur : dict of str to ndarray
        ``energy``, ``grid_fee``, ``levy`` and ``standing`` without VAT, and ``vat`` on all of them. [EUR]
    feed_in_revenue_eur : ndarray
        Paid to the home. [EUR]
    group_eur : dict of str to ndarray
        What each plug or device cost, and the ``rest``: their sum is the cost without the standing charge. [EUR]
    """

    component_eur: dict[str, FloatArray]
    feed_in_revenue_eur: FloatArray
    group_eur: dict[str, FloatArray]

    @property
    def cost_eur(self) -> FloatArray:
        """What each home pays for import and standing charge, with VAT, shape (n_homes,), in EUR."""
        return np.asarray(sum(self.component_eur.values()))

    @property
    def net_cost_eur(self) -> FloatArray:
        """Cost less feed-in revenue, shape (n_homes,), in EUR."""
        return self.cost_eur - self.feed_in_revenue_eur


def costs(
    window: Window,
    prices: Mapping[str, FloatArray],
    ports: Sequence[str],
    *,
    standing_eur_per_year: FloatArray | float = 0.0,
    vat_percent: FloatArray | float = 0.0,
) -> Costs:
    """Return what the energy of homes cost.

    Import and export are never netted over steps. A step's import is shared among what used energy in it in proportion to its
    power, so that sun and battery relieve all that ran at the time alike.

    Parameters
    ----------
    window : Window
        With ``p_grid_kw``; steps without a reading cost nothing and show in `Supply.seen_share`.
    prices : mapping of str to ndarray, shape (n_steps,) or (n_steps, n_homes)
        Ports of ``prices``. [EUR/kWh]
    ports : sequence of str
        Powers of the window to share the cost among, without overlap. [kW]
    standing_eur_per_year : float or ndarray, shape (n_homes,)
        Standing charge without VAT. [EUR/a]
    vat_percent : float or ndarray, shape (n_homes,)
        VAT on it. [%]

    Returns
    -------
    Costs
        With the components of the settlement of a run (`twinergy.results`).
    """
    grid_kw = np.nan_to_num(window["p_grid_kw"], nan=0.0)
    bought_kwh, sold_kwh = imported(grid_kw) * window.step_h, exported(grid_kw) * window.step_h
    eur = {name: _money(bought_kwh, prices[f"{name}_eur_per_kwh"]) for name in COMPONENTS}
    standing = np.broadcast_to(standing_eur_per_year, len(window.ids)) * (window.n_steps * window.step_h / HOURS_PER_YEAR)
    eur["standing"] = np.asarray(standing, dtype=np.float64)
    eur["vat"] = eur["vat"] + standing * np.asarray(vat_percent) / 100.0
    return Costs(
        component_eur=eur,
        feed_in_revenue_eur=_money(sold_kwh, prices["feed_in_eur_per_kwh"]),
        group_eur=_shared(window, bought_kwh * _columns(prices["buy_eur_per_kwh"]), ports),
    )


def _shared(window: Window, paid_eur: FloatArray, ports: Sequence[str]) -> dict[str, FloatArray]:
    powers = {port: np.maximum(window.or_nothing(port), 0.0) for port in ports}
    battery_kw, pv_kw = window.or_nothing("p_battery_kw"), window.or_nothing("p_pv_kw")
    load_kw = np.nan_to_num(window["p_grid_kw"], nan=0.0) - battery_kw + exported(pv_kw)
    known_kw = np.add.reduce(list(powers.values()), axis=0) if powers else np.zeros_like(load_kw)
    total_kw = np.maximum(load_kw + imported(battery_kw), known_kw)
    per_kw = np.divide(paid_eur, total_kw, out=np.zeros_like(paid_eur), where=total_kw > _LEAST_KW)
    shared = {port: np.asarray((power * per_kw).sum(axis=0)) for port, power in powers.items()}
    return shared | {REST: paid_eur.sum(axis=0) - sum(shared.values())}


def _money(energy_kwh: FloatArray, price_eur_per_kwh: FloatArray) -> FloatArray:
    return np.asarray((energy_kwh * _columns(price_eur_per_kwh)).sum(axis=0))


def _columns(series: FloatArray) -> FloatArray:
    return series[:, None] if series.ndim == 1 else series
