# SPDX-License-Identifier: Apache-2.0
"""Homes built from the bottom up: what people who are in and awake switch on, and what runs by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from simulators.household import programmes, weekly
from simulators.household.catalogue import APPLIANCES, MACHINES, NAMES, USED
from simulators.household.daylight import darkness, elevation_deg
from simulators.household.days import MAX_DAYS
from simulators.household.expectation import activity_by_role
from simulators.household.hot_water import reheated
from simulators.household.jobs import BORDER_S, NUMBERS_PER_JOB, Jobs, arranged
from simulators.household.lighting import expected_lit_h, lit_share
from simulators.household.model import Pulses, running_share
from simulators.household.shapes import NAMES as SHAPES
from twinergy.timebase import BLOCK_S
from twinergy.units import HOURS_PER_YEAR

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from simulators.household.params import HomeParams
    from simulators.household.people import Lived
    from simulators.household.traits import Traits
    from twinergy.community.twin import Site
    from twinergy.timebase import Block

    FloatArray = NDArray[np.float64]
    IntArray = NDArray[np.intp]

_DAYS_PER_YEAR: Final = 365.0
_MIDWINTER: Final = 35.0
"""Day of the year in the middle of the season that is spent inside: five weeks after the solstice, as temperatures."""
_PER_EVENT: Final = 3
_MOST_PER_DAY: Final = 3.0
"""A machine runs at most so often, whatever annual energy is asked for. [1/d]"""
_WET: Final = [NAMES.index(name) for name in MACHINES]
_USED: Final = [NAMES.index(each.name) for each in USED]
_EVENTS: Final = [each.event for each in USED if each.event is not None]
_EVENT_KWH: Final = np.array([each.energy_kwh for each in _EVENTS])
_POWER_KW: Final = np.array([each.power_kw for each in _EVENTS])
_LENGTH_S: Final = np.array([each.duration_s for each in _EVENTS])
_SEASON: Final = np.array([each.season for each in APPLIANCES])
_CELLS: Final = 200_000


class BottomUpHomes:
    """Homes built from the bottom up.

    Parameters
    ----------
    params : HomeParams
        The homes.
    traits : Traits
        What they have.
    role : ndarray of int, shape (n_residents,)
        Roles of their people, home by home.
    site : Site
        Where they are.
    seed : int
        Seed of the run.
    """

    def __init__(self, params: HomeParams, traits: Traits, role: IntArray, site: Site, seed: int) -> None:
        self._traits, self._site = traits, site
        self._n = len(params.ids)
        lit_h = expected_lit_h(params.residents.astype(np.intp), role, activity_by_role(), site)
        self._light_kw = traits.of("lighting") / np.where(lit_h > 0.0, lit_h, 1.0)  # nobody lights an empty home
        longest = self._expected(MAX_DAYS, np.full(len(NAMES), 1.0) + np.abs(_SEASON))
        self._most = tuple(weekly.most(each) for each in longest)
        sizes = len(USED) + len(MACHINES) + _PER_EVENT * self._most[0] + NUMBERS_PER_JOB * self._most[1]
        self._numbers = weekly.Numbers(params.ids, seed, "household appliances", sizes)

    def _expected(self, n_days: int, season: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return expected events and jobs of each home, shapes (n_homes, n_used) and (n_homes, n_machines)."""
        per_day = self._traits.annual_kwh * season / _DAYS_PER_YEAR
        runs = per_day[:, _WET] / (programmes.MEAN_KWH * self._traits.machine_size)
        return n_days * per_day[:, _USED] / _EVENT_KWH, n_days * np.minimum(runs, _MOST_PER_DAY)

    def drawn(self, number: int, week: Lived) -> tuple[weekly.Bundle, Jobs]:
        """Return what is switched on in a week: pulses by group, and jobs of wet appliances, relative to its start."""
        flat, first = self._numbers.draw(number), self._numbers.first
        events, runs = self._expected(len(week.days.start_s), self._season(float(week.days.of_year.mean())))
        head = flat[first[:, None] + np.arange(len(USED) + len(MACHINES))]
        used = weekly.counted(events, head[:, : len(USED)])
        wet = weekly.counted(runs, head[:, len(USED) :])
        at = first[used[0]] + head.shape[1] + used[2]
        stride = self._most[0]
        job_at = first[wet[0]] + head.shape[1] + _PER_EVENT * stride[wet[0]] + wet[2]
        starts_s, job_s = np.empty(len(at)), np.empty(len(job_at))
        for shape in SHAPES:
            mine = np.isin(used[1], [n for n, each in enumerate(USED) if each.shape == shape])
            machines = np.isin(wet[1], [n for n, place in enumerate(_WET) if APPLIANCES[place].shape == shape])
            if mine.any() or machines.any():
                density = week.density(shape)
                starts_s[mine] = density.times(used[0][mine], flat[at[mine]])
                job_s[machines] = density.times(wet[0][machines], flat[job_at[machines]])
        bundle = self._pulses(used, starts_s, flat[at + stride[used[0]]], flat[at + 2 * stride[used[0]]])
        bundle["heater"] = self._heater(week.pulses["water"])
        job_stride = self._most[1][wet[0]]
        uniforms = np.array([flat[job_at + n * job_stride] for n in range(1, NUMBERS_PER_JOB)])
        window_s = (week.begin_s + BORDER_S, week.begin_s + float(week.days.length_s.sum()) + BORDER_S)
        return bundle, arranged(wet[0], wet[1], job_s, uniforms, window_s)

    def cold(self, block: Block) -> FloatArray:
        """Return the power of compressors in each step, shape (n_steps, n_homes). [kW]."""
        edges_s = block.step_s * (block.skipped + np.arange(len(block) + 1.0))
        p_kw = np.empty((len(block), self._n))
        season = self._season_of(block)
        rated_kw = self._traits.annual_kwh[:, :2] / HOURS_PER_YEAR / self._traits.cold_duty
        phase_s = (block.number * BLOCK_S + self._traits.cold_phase_s) % self._traits.cold_period_s
        at_once = max(1, _CELLS // self._n)
        for begin in range(0, len(block), at_once):
            end = min(begin + at_once, len(block))
            p_kw[begin:end] = 0.0
            for each in range(2):
                duty = self._traits.cold_duty[:, each] * season[each]
                share = running_share(self._traits.cold_period_s[:, each], phase_s[:, each], duty, edges_s[begin : end + 1])
                p_kw[begin:end] += rated_kw[:, each] * share
        return p_kw

    def compressor_kw(
        self, block: Block, home: int, name: str, cycle_share: float = 1.0, energy_factor: float = 1.0
    ) -> FloatArray:
        """Return the power of one compressor of one home in each step, shape (n_steps,). [kW].

        Parameters
        ----------
        block : Block
            The steps.
        home : int
            Row of the home.
        name : str
            ``refrigerator`` or ``freezer``.
        cycle_share, energy_factor : float
            Length of its cycle and its energy over those of a sound one; the latter by a longer running share, 1 at most. [-]
        """
        each, traits = NAMES.index(name), self._traits
        period_s = cycle_share * traits.cold_period_s[home, [each]]
        phase_s = (block.number * BLOCK_S + traits.cold_phase_s[home, [each]]) % period_s
        duty = np.minimum(traits.cold_duty[home, [each]] * self._season_of(block)[each] * energy_factor, 1.0)
        edges_s = block.step_s * (block.skipped + np.arange(len(block) + 1.0))
        rated_kw = traits.annual_kwh[home, each] / HOURS_PER_YEAR / traits.cold_duty[home, each]
        return np.asarray(rated_kw * running_share(period_s, phase_s, duty, edges_s)[:, 0], dtype=np.float64)

    def standby_kw(self) -> FloatArray:
        """Return what electronics draw all the time, shape (n_homes,). [kW]."""
        return self._traits.of("standby") / HOURS_PER_YEAR

    def pump_kw(self, block: Block) -> FloatArray:
        """Return what the pump of the heating draws in this week, shape (n_homes,). [kW]."""
        season = float(self._season_of(block)[NAMES.index("circulation_pump")])
        return self._traits.of("circulation_pump") / HOURS_PER_YEAR * season

    def lighting(self, block: Block, active: FloatArray) -> FloatArray:
        """Return the power of lights in each step, from who is active, shape (n_steps, n_homes). [kW]."""
        middle_s = np.asarray(block.epoch_s + block.step_s / 2.0, dtype=np.float64)
        dark = darkness(elevation_deg(self._site.latitude_deg, self._site.longitude_deg, middle_s))
        lit = lit_share(active)
        lit *= dark[:, None]
        lit *= self._light_kw
        return lit

    def _season_of(self, block: Block) -> FloatArray:
        day_of_year = (block.number * 7.0 + 3.5) % 365.2425 + 1.0
        return self._season(day_of_year)

    def _season(self, day_of_year: float) -> FloatArray:
        """Return how much of its mean over the year each appliance uses, shape (n_appliances,). [-]."""
        phase = 0.0 if self._site.latitude_deg >= 0.0 else np.pi
        return 1.0 + _SEASON * float(np.cos(2.0 * np.pi * (day_of_year - _MIDWINTER) / _DAYS_PER_YEAR - phase))

    def _pulses(
        self, used: tuple[IntArray, IntArray, IntArray], start_s: FloatArray, power: FloatArray, length: FloatArray
    ) -> weekly.Bundle:
        home, each, _ = used
        power_kw, length_s = _log_uniform(_POWER_KW[each], power), _log_uniform(_LENGTH_S[each], length)
        parts: dict[str, list[Pulses]] = {"cooking": [], "electronics": [], "other": []}
        for number, appliance in enumerate(USED):
            mine = np.flatnonzero(each == number)
            begin_s = start_s[mine]
            for share, relative in _EVENTS[number].phases:
                end_s = begin_s + share * length_s[mine]
                parts[appliance.group].append(Pulses(home[mine], begin_s, end_s, relative * power_kw[mine]))
                begin_s = end_s
        return {group: Pulses(*(np.concatenate(columns) for columns in zip(*rows, strict=True))) for group, rows in parts.items()}

    def _heater(self, water: Pulses) -> Pulses:
        return reheated(water.where(self._traits.heated[water.home]), self._traits.heater_kw)


def _log_uniform(bounds: FloatArray, uniforms: FloatArray) -> FloatArray:
    low, high = bounds.T
    return np.asarray(low * (high / low) ** uniforms, dtype=np.float64)
