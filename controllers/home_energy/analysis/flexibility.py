# SPDX-License-Identifier: Apache-2.0
"""How much of a home's use could be moved, and how long it would wait."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from controllers.home_energy.analysis.plugs import MACHINES
from controllers.home_energy.analysis.runs import grouped_quantile
from twinergy.units import SECONDS_PER_DAY

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from controllers.home_energy.analysis.window import Window

    FloatArray = NDArray[np.float64]

SHIFTABLE: Final = (*(f"{name}_p_kw" for name in MACHINES), "p_hot_water_kw", "p_heating_kw", "p_cooling_kw", "p_charging_kw")
"""Powers that can be moved in time without anybody doing without: jobs that wait, and what heats or fills a store."""
_TOLERANCES: Final = (0.25, 0.5, 0.75)


@dataclass(frozen=True, slots=True, kw_only=True)
class Flexibility:
    """What homes could move, arrays of shape (n_homes,) unless said otherwise.

    Attributes
    ----------
    shiftable_share : ndarray
        Share of the home's consumption that can be moved. [-]
    shiftable_kwh : dict of str to ndarray
        Energy that can be moved in a mean day, by port. [kWh]
    tolerance_s : dict of str to ndarray, shape (3, n_homes)
        By machine: how long a job could wait when it was loaded, lower quartile, median and upper quartile; NaN where none was
        seen. [s]
    jobs : dict of str to ndarray of int
        By machine: number of jobs seen waiting.
    """

    shiftable_share: FloatArray
    shiftable_kwh: dict[str, FloatArray]
    tolerance_s: dict[str, FloatArray]
    jobs: dict[str, NDArray[np.int64]]


def flexibility(window: Window) -> Flexibility:
    """Return what could be moved in all homes.

    A job's tolerance is its slack in the first step in which it waits; jobs that start in the step in which they are loaded are
    never seen waiting and do not count, so tolerances lean to the long side where steps are long.

    Parameters
    ----------
    window : Window
        With powers of machines, hot water, heating, cooling, charging as far as there are, ``<machine>_pending`` and
        ``<machine>_slack_s``.
    """
    total_kw = window.or_nothing("p_household_kw") + sum(
        np.maximum(window.or_nothing(port), 0.0) for port in ("p_heating_kw", "p_cooling_kw", "p_charging_kw")
    )
    per_day = window.step_h * SECONDS_PER_DAY / max(1, window.n_steps * window.step_s)
    moved = {
        port: np.asarray(np.maximum(window.or_nothing(port), 0.0).sum(axis=0) * per_day)
        for port in SHIFTABLE
        if port in window.values
    }
    used_kwh = total_kw.sum(axis=0) * per_day
    some = np.asarray(sum(moved.values(), np.zeros(len(window.ids))))
    share = np.divide(some, used_kwh, out=np.full(len(window.ids), np.nan), where=used_kwh > 0.0)
    loaded = {name: _loaded(window, name) for name in MACHINES}
    return Flexibility(
        shiftable_share=share,
        shiftable_kwh=moved,
        tolerance_s={name: each[0] for name, each in loaded.items()},
        jobs={name: each[1] for name, each in loaded.items()},
    )


def _loaded(window: Window, machine: str) -> tuple[FloatArray, NDArray[np.int64]]:
    """Return quartiles of the slack of jobs when they are first seen waiting, and their number."""
    waits = window.or_nothing(f"{machine}_pending") > 0.0
    step, home = np.nonzero(waits[1:] & ~waits[:-1])
    slack_s = window.or_nothing(f"{machine}_slack_s")[step + 1, home]
    quartiles = [grouped_quantile(slack_s, home, len(window.ids), quantile) for quantile in _TOLERANCES]
    return np.array(quartiles), np.bincount(home, minlength=len(window.ids))
