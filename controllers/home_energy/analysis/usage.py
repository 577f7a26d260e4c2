# SPDX-License-Identifier: Apache-2.0
"""When, how often and with how much energy an appliance or a group of them is used."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from controllers.home_energy.analysis.base_load import idle_kw
from controllers.home_energy.analysis.calendar import SEASONS
from controllers.home_energy.analysis.runs import find_runs, grouped_quantile
from twinergy.units import SECONDS_PER_DAY

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from controllers.home_energy.analysis.plugs import Plug
    from controllers.home_energy.analysis.runs import Runs
    from controllers.home_energy.analysis.window import Window

    FloatArray = NDArray[np.float64]

HOURS: Final = 24
DAYS_PER_WEEK: Final = 7.0
_LARGE: Final = 0.75


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Use of one plug in all homes, learned from its measured power; arrays of shape (n_homes,) unless said otherwise.

    NaN is "not known": the home has no such plug, nothing ran, or steps are too long to tell runs apart.

    Attributes
    ----------
    plug : str
        Name of the plug.
    ids : tuple of str
        Dwellings.
    seen_share : ndarray
        Share of the window's steps with a reading. [-]
    starts_per_week : ndarray
        Runs begun per week seen. [-]
    energy_per_use_kwh : ndarray
        Median over whole runs, above idle. [kWh]
    duration_s : ndarray
        Median over whole runs. [s]
    standby_kw : ndarray
        What it draws while nothing runs. [kW]
    day_kwh, workday_kwh, weekend_kwh : ndarray
        Mean energy of a day, of a day from Monday to Friday, and of a Saturday or Sunday. [kWh]
    season_kwh : ndarray, shape (3, n_homes)
        Mean energy of a day in winter, between and in summer. [kWh]
    hour_kwh : ndarray, shape (24, n_homes)
        Mean energy in each hour of the local day; their sum is about `day_kwh`. [kWh]
    start_share : ndarray, shape (24, n_homes)
        Share of the starts in each hour of the local day, sum 1. [-]
    """

    plug: str
    ids: tuple[str, ...]
    seen_share: FloatArray
    starts_per_week: FloatArray
    energy_per_use_kwh: FloatArray
    duration_s: FloatArray
    standby_kw: FloatArray
    day_kwh: FloatArray
    workday_kwh: FloatArray
    weekend_kwh: FloatArray
    season_kwh: FloatArray
    hour_kwh: FloatArray
    start_share: FloatArray


def usage(window: Window, plug: Plug) -> Usage:
    """Return how a plug is used in all homes.

    Parameters
    ----------
    window : Window
        Some weeks; means are over what was seen, gaps are left out and not counted as rest.
    plug : Plug
        Which one.

    Returns
    -------
    Usage
        With NaN where a home has no such plug.
    """
    p_kw, calendar = window[plug.port], window.calendar
    known = ~np.isnan(p_kw)
    seen = known.sum(axis=0)
    standby_kw = idle_kw(window, plug.port)
    runs = runs_of(window, plug, standby_kw)
    weeks = np.where(seen > 0, seen, np.nan) * window.step_s / (DAYS_PER_WEEK * SECONDS_PER_DAY)
    begun = runs.where(runs.begin > 0)
    told_apart = window.step_s <= plug.longest_step_s
    n_homes, whole = len(window.ids), runs.where(runs.whole)
    length_s = ((whole.end - whole.begin) * window.step_s).astype(np.float64)
    every, weekend, season, hour = _means(
        p_kw,
        known,
        [(np.zeros_like(calendar.hour), 1), (calendar.weekend, 2), (calendar.season, len(SEASONS)), (calendar.hour, HOURS)],
    )
    return Usage(
        plug=plug.name,
        ids=window.ids,
        seen_share=seen / max(1, window.n_steps),
        starts_per_week=np.bincount(begun.home, minlength=n_homes) / weeks if told_apart else np.full(n_homes, np.nan),
        energy_per_use_kwh=grouped_quantile(whole.energy_kwh, whole.home, n_homes) if told_apart else np.full(n_homes, np.nan),
        duration_s=grouped_quantile(length_s, whole.home, n_homes) if told_apart else np.full(n_homes, np.nan),
        standby_kw=standby_kw,
        day_kwh=HOURS * every[0],
        workday_kwh=HOURS * weekend[0],
        weekend_kwh=HOURS * weekend[1],
        season_kwh=HOURS * season,
        hour_kwh=hour,
        start_share=_shares(calendar.hour[begun.begin], begun.home, n_homes),
    )


def runs_of(window: Window, plug: Plug, standby_kw: FloatArray | None = None) -> Runs:
    """Return the runs of a plug in all homes; what it draws at rest is learned if not given.

    Where a machine says that a job waits, the end of waiting is the beginning of a run, even if the last run only just ended.
    """
    idle = idle_kw(window, plug.port) if standby_kw is None else standby_kw
    idle = np.nan_to_num(idle, nan=0.0)
    waits = window.values.get(plug.status)
    begun = None
    if waits is not None:
        begun = np.zeros(waits.shape, dtype=np.bool_)
        begun[1:] = (waits[:-1] > 0.0) & (waits[1:] == 0.0)
    runs = find_runs(window[plug.port], window.step_s, on_kw=plug.on_kw, merge_s=plug.merge_s, idle_kw=idle, begun=begun)
    large_kwh = grouped_quantile(runs.energy_kwh, runs.home, len(window.ids), _LARGE)
    return runs.where(runs.energy_kwh >= plug.least_share * large_kwh[runs.home]) if plug.least_share else runs


def _means(p_kw: FloatArray, known: NDArray[np.bool_], classes: list[tuple[NDArray[Any], int]]) -> list[FloatArray]:
    """Return for each way of putting steps into classes their mean powers, NaN where none was seen, (n_classes, n_homes)."""
    chosen = np.concatenate([(label == np.arange(count)[:, None]).astype(np.float32) for label, count in classes])
    count = chosen @ known.astype(np.float32)
    total = chosen.astype(np.float64) @ np.where(known, p_kw, 0.0)
    means = np.divide(total, count, out=np.full(total.shape, np.nan), where=count > 0)
    return np.split(means, np.cumsum([each for _, each in classes])[:-1])


def _shares(hour: NDArray[np.int64], home: NDArray[np.intp], n_homes: int) -> FloatArray:
    counts = np.bincount(hour * n_homes + home, minlength=HOURS * n_homes).reshape(HOURS, n_homes).astype(np.float64)
    total = counts.sum(axis=0)
    return np.asarray(np.divide(counts, total, out=np.full(counts.shape, np.nan), where=total > 0))
