# SPDX-License-Identifier: Apache-2.0
"""What has been learned of each home, put together: one plain record per dwelling, as it goes into messages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np

from controllers.home_energy.analysis.base_load import base_load_kw
from controllers.home_energy.analysis.flexibility import flexibility
from controllers.home_energy.analysis.plugs import GROUPS, MACHINES, PLUGS
from controllers.home_energy.analysis.supply import supply
from controllers.home_energy.analysis.usage import usage

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from controllers.home_energy.analysis.flexibility import Flexibility
    from controllers.home_energy.analysis.usage import Usage
    from controllers.home_energy.analysis.window import Window

    FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlugPortrait:
    """How one plug of a home is used; NaN is "not known".

    Attributes
    ----------
    plug : str
        Name of the plug.
    is_machine : bool
        Whether it is a machine, which also counts in the group ``wet``.
    day_kwh, workday_kwh, weekend_kwh : float
        Mean energy of a day. [kWh]
    starts_per_week, energy_per_use_kwh, duration_s, standby_kw : float
        As in `Usage`. [-], [kWh], [s], [kW]
    busiest_hour : int
        Local hour with the most starts, or with the most energy where starts are not known; -1 if nothing is.
    hour_kwh, start_share : tuple of float
        24 values from local midnight; as in `Usage`. [kWh], [-]
    tolerance_s : float
        Median of how long a job could wait; NaN for what does not wait. [s]
    """

    plug: str
    is_machine: bool
    day_kwh: float
    workday_kwh: float
    weekend_kwh: float
    starts_per_week: float
    energy_per_use_kwh: float
    duration_s: float
    standby_kw: float
    busiest_hour: int
    hour_kwh: tuple[float, ...]
    start_share: tuple[float, ...]
    tolerance_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Portrait:
    """What has been learned of a home from measured data; NaN is "not known".

    Attributes
    ----------
    dwelling : str
        The home.
    start, end : datetime
        Time that was looked at, UTC.
    seen_share : float
        Share of the steps in which the household was read. [-]
    base_load_kw : float
        See `base_load_kw`. [kW]
    day_kwh : float
        Mean use of the household in a day. [kWh]
    self_consumption, self_sufficiency, shiftable_share : float
        Shares. [-]
    plugs : tuple of PlugPortrait
        Those that the home has.
    """

    dwelling: str
    start: datetime
    end: datetime
    seen_share: float
    base_load_kw: float
    day_kwh: float
    self_consumption: float
    self_sufficiency: float
    shiftable_share: float
    plugs: tuple[PlugPortrait, ...]


def portraits(window: Window) -> tuple[Portrait, ...]:
    """Return what can be learned of each home.

    Parameters
    ----------
    window : Window
        With ``p_household_kw``; ``p_grid_kw`` for shares of own supply; plugs as far as there are.
    """
    household_kw, n_homes = window["p_household_kw"], len(window.ids)
    known = ~np.isnan(household_kw)
    count = known.sum(axis=0)
    mean_kw = np.divide(np.nansum(household_kw, axis=0), count, out=np.full(n_homes, np.nan), where=count > 0)
    base, flexible = base_load_kw(window), flexibility(window)
    own = supply(window) if "p_grid_kw" in window.values else None
    uses = [usage(window, plug) for plug in PLUGS if plug.port in window.values]
    return tuple(
        Portrait(
            dwelling=dwelling,
            start=datetime.fromtimestamp(window.start_epoch_s, tz=UTC),
            end=datetime.fromtimestamp(window.start_epoch_s + window.n_steps * window.step_s, tz=UTC),
            seen_share=float(known[:, home].mean()),
            base_load_kw=float(base[home]),
            day_kwh=24.0 * float(mean_kw[home]),
            self_consumption=float("nan") if own is None else float(own.self_consumption[home]),
            self_sufficiency=float("nan") if own is None else float(own.self_sufficiency[home]),
            shiftable_share=float(flexible.shiftable_share[home]),
            plugs=tuple(_plug(use, flexible, home) for use in uses if use.seen_share[home] > 0.0),
        )
        for home, dwelling in enumerate(window.ids)
    )


def _plug(use: Usage, flexible: Flexibility, home: int) -> PlugPortrait:
    tolerance = flexible.tolerance_s.get(use.plug)
    return PlugPortrait(
        plug=use.plug,
        is_machine=use.plug not in GROUPS,
        day_kwh=float(use.day_kwh[home]),
        workday_kwh=float(use.workday_kwh[home]),
        weekend_kwh=float(use.weekend_kwh[home]),
        starts_per_week=float(use.starts_per_week[home]),
        energy_per_use_kwh=float(use.energy_per_use_kwh[home]),
        duration_s=float(use.duration_s[home]),
        standby_kw=float(use.standby_kw[home]),
        busiest_hour=_busiest(use.start_share[:, home], use.hour_kwh[:, home]),
        hour_kwh=tuple(use.hour_kwh[:, home].tolist()),
        start_share=tuple(use.start_share[:, home].tolist()),
        tolerance_s=float("nan") if tolerance is None else float(tolerance[1, home]),
    )


def _busiest(start_share: FloatArray, hour_kwh: FloatArray) -> int:
    for values in (start_share, hour_kwh):
        if not np.isnan(values).all() and np.nanmax(values) > 0.0:
            return int(np.nanargmax(values))
    return -1


assert set(MACHINES).isdisjoint(GROUPS)  # noqa: S101 - a machine is known by not being a group
