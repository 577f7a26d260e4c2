# SPDX-License-Identifier: Apache-2.0
"""The people of homes: when they are in and awake, and what hot water they draw. The same for every kind of load profile."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from simulators.household import hot_water, weekly
from simulators.household.days import MAX_DAYS, RASTER_S, Days, days_of
from simulators.household.model import Pulses, render
from simulators.household.placing import Density
from simulators.household.schedules import NUMBERS_PER_DAY, ROLE_SHARES, draw_schedule
from simulators.household.shapes import shape_of
from twinergy.randomness import device_generators

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from simulators.household.params import HomeParams
    from twinergy.community.twin import Site

    FloatArray = NDArray[np.float64]
    IntArray = NDArray[np.intp]

MAX_RESIDENTS: Final = 20
_PER_RESIDENT: Final = MAX_DAYS * NUMBERS_PER_DAY
_KINDS: Final = len(hot_water.DRAWS_PER_DAY)


class Lived(NamedTuple):
    """A week of people.

    Attributes
    ----------
    days : Days
        The local days.
    kind, quarter : ndarray of int, shape (n_bins,)
        Kind of day and quarter hour of the clock of each quarter hour.
    active : ndarray, shape (n_homes, n_bins)
        Mean number of people at home and awake. [-]
    pulses : dict of Pulses
        ``awake`` and ``away`` in people, ``water`` in kW of useful heat.
    """

    days: Days
    kind: IntArray
    quarter: IntArray
    active: FloatArray
    pulses: weekly.Bundle

    @property
    def begin_s(self) -> float:
        """First local midnight relative to the start of the fixed week. [s]."""
        return float(self.days.start_s[0])

    def density(self, shape: str) -> Density:
        """Return the density of what people do who are at home and awake."""
        return Density(self.active * shape_of(shape)[self.kind, self.quarter], self.begin_s)


class People:
    """People of homes.

    Parameters
    ----------
    params : HomeParams
        The homes.
    site : Site
        Where they are: its clock and its holidays.
    seed : int
        Seed of the run.
    """

    def __init__(self, params: HomeParams, site: Site, seed: int) -> None:
        self.residents = params.residents.astype(np.intp)
        self.home = np.repeat(np.arange(len(params.ids)), self.residents)
        self.role = _roles(params, seed)
        self._litres = params.hot_water_l
        self._site = site
        heads = self.residents * _PER_RESIDENT
        longest = hot_water.expected_draws(params.residents, self._litres, MAX_DAYS)
        self._most = weekly.most(longest)
        self._numbers = weekly.Numbers(params.ids, seed, "household people", heads + _KINDS + 2 * self._most)
        self._water_first = self._numbers.first + heads
        within = np.arange(len(self.home)) - np.repeat(np.cumsum(self.residents) - self.residents, self.residents)
        self._resident_first = self._numbers.first[self.home] + within * _PER_RESIDENT

    def lived(self, number: int) -> Lived:
        """Return a fixed week."""
        days = days_of(number, self._site.timezone, self._site.country)
        flat = self._numbers.draw(number)
        uniforms = flat[self._resident_first[:, None] + np.arange(_PER_RESIDENT)].reshape(-1, MAX_DAYS, NUMBERS_PER_DAY)
        schedule = draw_schedule(days, self.role, uniforms[:, : len(days.start_s)])
        awake = self._pulses(schedule.wake_s, schedule.sleep_s)
        away = self._pulses(schedule.leave_s, schedule.back_s)
        kind, quarter = days.raster()
        counts = [render(each.later_by(-days.start_s[0]), len(self.residents), days.n_bins, RASTER_S) for each in (awake, away)]
        active = np.ascontiguousarray((counts[0] - counts[1]).T)
        week = Lived(days, kind, quarter, np.maximum(active, 0.0, out=active), {"awake": awake, "away": away})
        week.pulses["water"] = self._water(week, flat)
        return week

    def _pulses(self, start_s: FloatArray, end_s: FloatArray) -> Pulses:
        home = np.broadcast_to(self.home[:, None], start_s.shape).ravel()
        start_s, end_s = start_s.ravel(), end_s.ravel()
        real = end_s > start_s
        return Pulses(home[real], start_s[real], end_s[real], np.ones(int(real.sum())))

    def _water(self, week: Lived, flat: FloatArray) -> Pulses:
        expected = hot_water.expected_draws(self.residents.astype(np.float64), self._litres, len(week.days.start_s))
        head = flat[self._water_first[:, None] + np.arange(_KINDS)]
        home, each, place = weekly.counted(expected, head)
        at = self._water_first[home] + _KINDS + place
        start_s = week.density("water").times(home, flat[at])
        heat = hot_water.kwh_per_l(float(week.days.of_year.mean()))
        return hot_water.draws(home, each, start_s, flat[at + self._most[home]], heat)


def _roles(params: HomeParams, seed: int) -> IntArray:
    """Return the role of each resident, home by home; a home keeps its people when neighbours come."""
    if not params.ids:
        return np.empty(0, dtype=np.intp)
    draws = device_generators(seed, params.ids, "household roles")
    uniforms = [rng.random(MAX_RESIDENTS)[: int(count)] for rng, count in zip(draws, params.residents, strict=True)]
    return np.asarray(np.searchsorted(np.cumsum(ROLE_SHARES)[:-1], np.concatenate(uniforms), side="right"), dtype=np.intp)
