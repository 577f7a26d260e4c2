# SPDX-License-Identifier: Apache-2.0
"""Random numbers of a week of telegrams: noise and gaps per meter, and the frequency that all of them see."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING, Final

import numpy as np

from twinergy.randomness import device_generator, device_generators

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from simulators.meter.params import MeterParams
    from twinergy.timebase import Block

    FloatArray = NDArray[np.float64]

NOMINAL_HZ: Final = 50.0
FREQUENCY_SD_HZ: Final = 0.020
"""Standard deviation of the frequency of Continental Europe, close to that of records of 2014 to 2019 (Rydin Gorjao et al.,
Nature Communications 11 (2020) 6362). It leaves +-50 mHz for 1.2 % of the time; Regulation (EU) 2017/1485, annex III, aims at
15 000 minutes a year at most, 2.9 %. [Hz]"""
FREQUENCY_MEMORY_S: Final = 300.0
"""Time constant of its exponential autocorrelation: assumption, the full activation time of automatic reserves. [s]"""


AT_ONCE: Final = 32
"""Meters whose numbers are turned from rows into columns together: few enough for the processor's caches."""


@dataclass(frozen=True, slots=True)
class WeekDraws:
    """Random numbers of one block; rows are steps.

    Attributes
    ----------
    noise : ndarray, shape (n_steps, 3, n_devices)
        Standard normal, for active power, reactive power and voltage. [-]
    lost : ndarray of bool, shape (n_steps, n_devices), or None
        Whether a telegram of this step never arrives; None where no meter loses any.
    frequency_hz : list of float
        Frequency at the end of each step. [Hz]
    """

    noise: FloatArray
    lost: NDArray[np.bool_] | None
    frequency_hz: list[float]


def draw_week(params: MeterParams, ids: Sequence[str], seed: int, block: Block) -> WeekDraws:
    """Draw the numbers of a block.

    They are drawn for the whole fixed week and cut, so a step's numbers do not depend on the day the run begins. Weeks are
    independent of each other: a gap never reaches from one into the next.
    """
    n_steps = block.steps_per_week
    present = slice(block.skipped, block.skipped + len(block))
    noise = np.empty((len(block), 3, len(ids)))
    some = np.empty((min(AT_ONCE, len(ids)), n_steps, 3))
    for row, rng in enumerate(device_generators(seed, ids, "meter-noise", block.number)):
        place = row % AT_ONCE
        rng.standard_normal(out=some[place])
        if place + 1 == len(some) or row + 1 == len(ids):
            noise[:, :, row - place : row + 1] = some[: place + 1, present].transpose(1, 2, 0)
    return WeekDraws(noise, _lost(params, ids, seed, block, present), _frequency(seed, block)[present])


def _lost(params: MeterParams, ids: Sequence[str], seed: int, block: Block, present: slice) -> NDArray[np.bool_] | None:
    leaky = np.flatnonzero(params.gap_share > 0.0)
    if not len(leaky):
        return None
    uniform = np.empty((block.steps_per_week, len(ids)))
    generators = device_generators(seed, [ids[row] for row in leaky.tolist()], "meter-gap", block.number)
    for row, rng in zip(leaky.tolist(), generators, strict=True):
        uniform[:, row] = rng.random(block.steps_per_week)
    lost = np.zeros((block.steps_per_week, len(ids)), dtype=np.bool_)
    lost[:, leaky] = chain(uniform[:, leaky], params.gap_starts[leaky], params.gap_lasts[leaky], params.gap_share[leaky])
    return lost[present]


def chain(uniform: FloatArray, starts: FloatArray, lasts: FloatArray, share: FloatArray) -> NDArray[np.bool_]:
    """Return a path of the two-state Markov chain of gaps for each column, begun in its stationary state.

    A telegram is lost if its number is below `starts` after one that arrived, below `lasts` after one that was lost. As
    ``starts <= lasts``, a number outside ``[starts, lasts)`` decides alone, and one inside repeats its forerunner: so the path
    is the last decision, carried forward, without a loop over time.
    """
    lost = uniform < starts
    decides = lost | (uniform >= lasts)
    lost[0], decides[0] = uniform[0] < share, True
    latest = np.maximum.accumulate(np.where(decides, np.arange(len(uniform))[:, None], 0), axis=0)
    return np.take_along_axis(lost, latest, axis=0)


def _frequency(seed: int, block: Block) -> list[float]:
    """Return the frequency at the end of each step of the whole week: a stationary first-order autoregressive process."""
    normal = device_generator(seed, "grid", "frequency", block.number).standard_normal(block.steps_per_week)
    keeps = float(np.exp(-block.step_s / FREQUENCY_MEMORY_S))
    normal[1:] *= np.sqrt(1.0 - keeps**2)
    return [NOMINAL_HZ + FREQUENCY_SD_HZ * value for value in accumulate(normal.tolist(), lambda last, new: keeps * last + new)]
