# SPDX-License-Identifier: Apache-2.0
"""Generated homes: what a fixed week of them looks like, whatever the first day of the run and whoever lives next door."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from simulators.household.events import plan_of, pulses_of
from simulators.household.model import base_load, render
from simulators.household.styles import draw_styles
from simulators.household.week import week_of
from twinergy.randomness import device_generators
from twinergy.timebase import BLOCK_S
from twinergy.units import HOURS_PER_YEAR

if TYPE_CHECKING:
    from simulators.household.model import FloatArray, Pulses
    from simulators.household.params import HomeParams
    from simulators.household.standard_load import StandardLoad
    from twinergy.timebase import Block

_CELLS: Final = 200_000
"""The base load is computed for so many steps and homes at a time: more does not fit a processor's cache."""


class StochasticHomes:
    """Generated homes.

    Parameters
    ----------
    params : HomeParams
        Constants of the homes.
    standard : StandardLoad
        What their mean follows.
    seed : int
        Seed of the run.
    """

    def __init__(self, params: HomeParams, standard: StandardLoad, seed: int) -> None:
        self._ids = params.ids
        self._mean_kw = params.annual_kwh / HOURS_PER_YEAR
        self._styles = draw_styles(params, seed)
        self._standard = standard
        self._seed = seed
        self._overhang: tuple[int, Pulses] | None = None

    def power(self, block: Block) -> FloatArray:
        """Return the mean power in each step of a block, shape (n_steps, n_homes). [kW]."""
        # From the start of the week even if the run starts later: the sums then round alike, whatever the start.
        pulses, until = self._pulses(block.number), block.skipped + len(block)
        p_kw = render(pulses, len(self._ids), until, float(block.step_s))[block.skipped :]
        self._add_base(p_kw, block)
        return p_kw

    def _pulses(self, number: int) -> Pulses:
        """Return the pulses that touch a week: its own and those of the week before that last into it."""
        if self._overhang is None or self._overhang[0] != number:
            self._overhang = (number, _overhang(self._drawn(number - 1)))
        own = self._drawn(number)
        before = self._overhang[1]
        self._overhang = (number + 1, _overhang(own))
        return own.and_then(before)

    def _drawn(self, number: int) -> Pulses:
        plan = plan_of(week_of(self._standard, number), self._styles, self._mean_kw)
        draws = device_generators(self._seed, self._ids, "household events", number)
        uniforms = [rng.random(size) for rng, size in zip(draws, plan.numbers.tolist(), strict=True)]
        return pulses_of(plan, self._styles, uniforms)

    def _add_base(self, p_kw: FloatArray, block: Block) -> None:
        # Counted from the week, not the epoch: 1.7e9 s would cost the cycles their last digits.
        edges_s = block.step_s * (block.skipped + np.arange(len(block) + 1.0))
        phase_s = (block.number * BLOCK_S + self._styles.fridge_phase_s) % self._styles.fridge_period_s
        at_once = max(1, _CELLS // len(self._ids))
        for first in range(0, len(block), at_once):
            last = min(first + at_once, len(block))
            p_kw[first:last] += base_load(self._mean_kw, self._styles, phase_s, edges_s[first : last + 1])


def _overhang(pulses: Pulses) -> Pulses:
    """Return what lasts into the next week, relative to that week's start."""
    return pulses.where(pulses.end_s > BLOCK_S).later_by(-float(BLOCK_S))
