# SPDX-License-Identifier: Apache-2.0
"""Random numbers of a week of telegrams: noise and gaps per heat meter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from twinergy.randomness import device_generator

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from simulators.heat_meter.params import HeatMeterParams
    from twinergy.timebase import Block


@dataclass(frozen=True, slots=True)
class WeekDraws:
    """Random numbers of one block; rows are steps.

    Attributes
    ----------
    noise : ndarray of float32, shape (n_steps, n_devices)
        Standard normal. [-]
    lost : ndarray of bool, shape (n_steps, n_devices), or None
        Whether a telegram of this step never arrives; None where no meter loses any.
    """

    noise: NDArray[np.float32]
    lost: NDArray[np.bool_] | None


def draw_week(params: HeatMeterParams, ids: Sequence[str], seed: int, block: Block) -> WeekDraws:
    """Draw the numbers of a block, for the whole fixed week and then cut: they do not depend on the day the run begins."""
    present = slice(block.skipped, block.skipped + len(block))
    noise = np.empty((len(ids), block.steps_per_week), dtype=np.float32)
    for row, meter in enumerate(ids):
        device_generator(seed, meter, "heat-meter-noise", block.number).standard_normal(out=noise[row], dtype=np.float32)
    return WeekDraws(np.ascontiguousarray(noise[:, present].T), _lost(params, ids, seed, block, present))


def _lost(params: HeatMeterParams, ids: Sequence[str], seed: int, block: Block, present: slice) -> NDArray[np.bool_] | None:
    """Return which telegrams are lost: per meter a two-state Markov chain, begun in its stationary state each week.

    A number below `gap_starts` loses the telegram whatever came before, one of at least `gap_lasts` never does, and one in
    between repeats its forerunner: the latest decision, carried forward.
    """
    leaky = np.flatnonzero(params.gap_share > 0.0).tolist()
    if not leaky:
        return None
    lost = np.zeros((block.steps_per_week, len(ids)), dtype=np.bool_)
    steps = np.arange(block.steps_per_week)
    for row in leaky:
        uniform = device_generator(seed, ids[row], "heat-meter-gap", block.number).random(block.steps_per_week)
        loses = uniform < params.gap_starts[row]
        decides = loses | (uniform >= params.gap_lasts[row])
        loses[0], decides[0] = uniform[0] < params.gap_share[row], True
        lost[:, row] = loses[np.maximum.accumulate(np.where(decides, steps, 0))]
    return lost[present]
