# SPDX-License-Identifier: Apache-2.0
"""From decisions to a whole plan."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from controllers.home_energy.optimum.account import account_of, traces_of
from controllers.home_energy.optimum.plan import HomePlan
from controllers.home_energy.optimum.prices import counted_prices
from controllers.home_energy.optimum.stake import LEAST_EUR
from controllers.home_energy.optimum.wishes import limiting, unmet

if TYPE_CHECKING:
    from controllers.home_energy.optimum.assets import HomeAssets
    from controllers.home_energy.optimum.outlook import HomeOutlook, Weights
    from controllers.home_energy.optimum.plan import Binding, Decisions


def finished(
    assets: HomeAssets, outlook: HomeOutlook, weights: Weights, decisions: Decisions, *,
    status: str, gap_eur: float = math.inf, stake_eur: float = LEAST_EUR, notes: tuple[Binding, ...] = (),
) -> HomePlan:  # fmt: skip
    """Return the plan that decisions make, with what follows from them.

    Parameters
    ----------
    assets, outlook, weights
        The home, what it expects, what it wants.
    decisions : Decisions
        Powers and starts.
    status, gap_eur, notes
        As in `HomePlan`; the notes go first among what binds.
    stake_eur : float
        Money that the gap is relative to. [EUR]

    Returns
    -------
    HomePlan
        With trajectories, money, comfort and what binds.
    """
    prices = counted_prices(assets, outlook, weights)
    traces = traces_of(assets, outlook, decisions)
    account = account_of(assets, outlook, weights, prices, decisions, traces)
    capacity_kwh = assets.battery.capacity_kwh if assets.battery is not None else 0.0
    soc = traces.energy_kwh / capacity_kwh if capacity_kwh > 0 else np.full(assets.n_steps + 1, outlook.soc)
    return HomePlan(
        p_battery_kw=decisions.p_battery_kw,
        p_heat_kw=decisions.p_heat_kw,
        p_tank_kw=decisions.p_tank_kw,
        p_ev_kw=decisions.p_ev_kw,
        p_pv_kw=decisions.p_pv_kw,
        starts=decisions.starts,
        p_machines_kw=traces.machines_kw,
        p_import_kw=np.maximum(traces.grid_kw, 0.0),
        p_export_kw=np.maximum(0.0 - traces.grid_kw, 0.0),
        soc=soc,
        temp_indoor_degc=traces.indoor_degc,
        temp_tank_degc=traces.water_degc,
        **account._asdict(),
        index=outlook.index,
        status=status,
        gap_eur=gap_eur,
        mip_gap=gap_eur / stake_eur,
        binding=(*notes, *unmet(assets, outlook, decisions, traces, account)),
        limiting=limiting(assets, outlook, decisions, traces),
    )
