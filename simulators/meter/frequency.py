# SPDX-License-Identifier: Apache-2.0
"""The frequency that all meters see."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING, Final

import numpy as np

from twinergy.randomness import device_generator

if TYPE_CHECKING:
    from twinergy.timebase import Block

NOMINAL_HZ: Final = 50.0
FREQUENCY_SD_HZ: Final = 0.020
"""Standard deviation of the frequency of Continental Europe, close to that of records of 2014 to 2019 (Rydin Gorjao et al.,
Nature Communications 11 (2020) 6362). It leaves +-50 mHz for 1.2 % of the time; Regulation (EU) 2017/1485, annex III, aims at
15 000 minutes a year at most, 2.9 %. [Hz]"""
FREQUENCY_MEMORY_S: Final = 300.0
"""Time constant of its exponential autocorrelation: assumption, the full activation time of automatic reserves. [s]"""


def draw_frequency(seed: int, block: Block) -> list[float]:
    """Return the frequency at the end of each step of a block: a stationary first-order autoregressive process. [Hz].

    It is drawn for the whole fixed week and cut; weeks are independent of each other.
    """
    normal = device_generator(seed, "grid", "frequency", block.number).standard_normal(block.steps_per_week)
    keeps = float(np.exp(-block.step_s / FREQUENCY_MEMORY_S))
    normal[1:] *= np.sqrt(1.0 - keeps**2)
    week = [NOMINAL_HZ + FREQUENCY_SD_HZ * value for value in accumulate(normal.tolist(), lambda last, new: keeps * last + new)]
    return week[block.skipped : block.skipped + len(block)]
