# SPDX-License-Identifier: Apache-2.0
"""The forecast that options name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twinergy.forecast.boosting import Boosting
from twinergy.forecast.clear_sky import ClearSkyScaled
from twinergy.forecast.clock import LocalClock
from twinergy.forecast.learned import Learned
from twinergy.forecast.options import (
    BoostingOptions,
    ClearSkyOptions,
    PerfectOptions,
    PersistenceOptions,
    SeasonalOptions,
    WeatherServiceOptions,
)
from twinergy.forecast.persistence import Persistence
from twinergy.forecast.seasonal import Seasonal
from twinergy.forecast.weather_service import WeatherServiceScaled
from twinergy.units import SECONDS_PER_DAY

if TYPE_CHECKING:
    from twinergy.community.twin import Site
    from twinergy.forecast.contract import Method, Provider, Role
    from twinergy.forecast.perfect import Perfect

    LearnedOptions = PersistenceOptions | SeasonalOptions | ClearSkyOptions | BoostingOptions | WeatherServiceOptions
    AnyOptions = LearnedOptions | PerfectOptions


def make(
    options: AnyOptions,
    n_series: int,
    site: Site,
    step_s: int,
    *,
    role: Role = "load",
    seed: int = 0,
    truth: Perfect | None = None,
) -> Provider:
    """Return the provider that options name.

    Parameters
    ----------
    options : ForecastOptions
        Kind of forecast and its options.
    n_series : int
        Number of series, one per home.
    site : Site
        Where they are: the sun, the clock and the holidays.
    step_s : int
        Length of a step, a divisor of a day. [s]
    role : {"load", "pv"}
        What the series are.
    seed : int
        Of the run; only boosting draws random numbers.
    truth : Perfect, optional
        What will really happen, wanted by the kind ``perfect``.

    Returns
    -------
    Provider
        Fresh, with nothing observed.

    Raises
    ------
    ValueError
        If the step does not divide a day, clear-sky scaling is asked for loads, or perfect foresight without the truth or
        with the truth of other series or steps.
    """
    if step_s <= 0 or SECONDS_PER_DAY % step_s:
        message = f"a step of {step_s} s does not divide a day; use for example 300, 900 or 3600 s"
        raise ValueError(message)
    if isinstance(options, PerfectOptions):
        return _told(truth, n_series, step_s)
    return Learned(_method(options, n_series, site, step_s, role, seed), n_series, step_s, role)


def _method(
    options: LearnedOptions,
    n_series: int,
    site: Site,
    step_s: int,
    role: Role,
    seed: int,
) -> Method:
    clock = LocalClock(site.timezone, site.country, step_s)
    if isinstance(options, PersistenceOptions):
        return Persistence(options, n_series, clock, step_s)
    if isinstance(options, SeasonalOptions):
        return Seasonal(options, n_series, clock, step_s)
    if isinstance(options, BoostingOptions):
        simple = SeasonalOptions() if role == "load" else ClearSkyOptions()
        return Boosting(options, _method(simple, n_series, site, step_s, role, seed), n_series, clock, step_s, seed)
    if role != "pv":
        message = f"{options.kind.replace('_sky', '-sky scaling')} is for PV, not for {role!r}; use seasonal or boosting"
        raise ValueError(message)
    if isinstance(options, WeatherServiceOptions):
        return WeatherServiceScaled(options, n_series, site, step_s)
    return ClearSkyScaled(options, n_series, site, step_s)


def _told(truth: Perfect | None, n_series: int, step_s: int) -> Perfect:
    if truth is None:
        message = "perfect foresight needs the truth: give `truth=Perfect(epoch_s0, step_s, values)`"
        raise ValueError(message)
    if (truth.n_series, truth.step_s) != (n_series, step_s):
        message = f"the truth has {truth.n_series} series of {truth.step_s} s, but {n_series} series of {step_s} s are asked for"
        raise ValueError(message)
    return truth
