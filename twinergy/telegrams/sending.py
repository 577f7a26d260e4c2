# SPDX-License-Identifier: Apache-2.0
"""When telegrams are due, and the luck of a week of them: noise and gaps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar

import numpy as np

from twinergy.randomness import device_generators

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from twinergy.telegrams.options import SendingOptions
    from twinergy.timebase import Block

    FloatArray = NDArray[np.float64]
    BoolArray = NDArray[np.bool_]
    IntArray = NDArray[np.int64]
    Noise = NDArray[np.floating]
    Luck = tuple[Noise, BoolArray | None]
    Real = TypeVar("Real", bound=np.floating)

AT_ONCE: Final = 32
"""Devices whose numbers are turned from rows into columns together: few enough for the processor's caches."""


@dataclass(frozen=True, slots=True)
class Sending:
    """When a set of devices sends, and what is lost on the way.

    Gaps are a two-state Markov chain: the channel of Gilbert [1]_ with nothing transmitted in its bad state.

    Attributes
    ----------
    interval_steps : ndarray of int, shape (n_devices,), or None
        Steps from telegram to telegram; None where every device sends one in every step.
    gap_share : ndarray, shape (n_devices,)
        Share of telegrams that are lost. [-]
    gap_starts, gap_lasts : ndarray, shape (n_devices,)
        Probability that a telegram is lost after one that arrived, and after one that was lost. [-]

    References
    ----------
    .. [1] E. N. Gilbert, "Capacity of a burst-noise channel", Bell System Technical Journal 39 (1960), pp. 1253-1265.
    """

    interval_steps: IntArray | None
    gap_share: FloatArray
    gap_starts: FloatArray
    gap_lasts: FloatArray

    @classmethod
    def of(cls, options: Sequence[SendingOptions]) -> Sending:
        """Return how devices with these options send.

        Independent losses already come in runs of ``1 / (1 - share)``; no mean length of a gap is shorter.
        """
        intervals = np.array([option.interval_steps for option in options], dtype=np.int64)
        share = np.array([option.gap_probability for option in options])
        length = np.array([option.gap_length_steps for option in options])
        lasts = 1.0 - 1.0 / np.maximum(length, 1.0 / (1.0 - share))
        return cls(intervals if (intervals > 1).any() else None, share, share * (1.0 - lasts) / (1.0 - share), lasts)

    def due(self, epoch_s: int, duration_s: float) -> BoolArray | None:
        """Return whose telegram is due at the end of a step, shape (n_devices,); None where all are, in every step."""
        if self.interval_steps is None:
            return None
        due: BoolArray = (epoch_s // int(duration_s) + 1) % self.interval_steps == 0
        return due

    def draw(
        self, name: str, ids: Sequence[str], seed: int, block: Block, numbers: int, dtype: type[np.floating] = np.float64
    ) -> list[Luck]:
        """Draw the luck of each step of a block, for the purposes ``name-noise`` and ``name-gap``.

        It is drawn for the whole fixed week and cut, so a step's numbers do not depend on the day the run begins. Weeks are
        independent of each other: a gap never reaches from one into the next.

        Returns
        -------
        list of tuple
            Standard normal numbers, shape (numbers, n_devices), and which telegrams are lost, shape (n_devices,), None for none.
        """
        present = slice(block.skipped, block.skipped + len(block))
        noise = np.empty((len(block), numbers, len(ids)), dtype)
        rows = np.empty((AT_ONCE, block.steps_per_week, numbers), dtype)
        rngs = device_generators(seed, ids, f"{name}-noise", block.number)
        for first, drawn in _batches(np.random.Generator.standard_normal, rngs, len(ids), rows):
            noise[:, :, first : first + len(drawn)] = drawn[:, present].transpose(1, 2, 0)
        return list(zip(noise, self._draw_losses(f"{name}-gap", ids, seed, block)[present], strict=True))

    def _draw_losses(self, purpose: str, ids: Sequence[str], seed: int, block: Block) -> list[BoolArray | None]:
        """Return which telegrams are lost in each step of the whole fixed week, shape (n_devices,), None for none."""
        leaky = np.flatnonzero(self.gap_share > 0.0)
        if not len(leaky):
            return [None] * block.steps_per_week
        lost = np.zeros((block.steps_per_week, len(ids)), dtype=np.bool_)
        rngs = device_generators(seed, [ids[row] for row in leaky.tolist()], purpose, block.number)
        for first, drawn in _batches(np.random.Generator.random, rngs, len(leaky), np.empty((AT_ONCE, len(lost)))):
            some = leaky[first : first + len(drawn)]
            lost[:, some] = chain(drawn, self.gap_starts[some], self.gap_lasts[some], self.gap_share[some]).T
        return [row if count else None for row, count in zip(lost, lost.sum(axis=1).tolist(), strict=True)]


def _batches(
    draw: Callable[..., object], rngs: Iterator[np.random.Generator], count: int, rows: NDArray[Real]
) -> Iterator[tuple[int, NDArray[Real]]]:
    """Yield the place of the first and the numbers of a few devices at a time; `rows`, which holds them, is used again."""
    for first in range(0, count, len(rows)):
        some = rows[: count - first]
        for row, rng in zip(some, rngs, strict=False):
            draw(rng, out=row, dtype=rows.dtype)
        yield first, some


def chain(uniform: FloatArray, starts: FloatArray, lasts: FloatArray, share: FloatArray) -> BoolArray:
    """Return a path of the two-state Markov chain of gaps for each row of `uniform`, begun in its stationary state.

    A telegram is lost if its number is below `starts` after one that arrived, below `lasts` after one that was lost. As
    ``starts <= lasts``, a number outside ``[starts, lasts)`` decides alone, and one inside repeats its forerunner: so the path
    is the latest decision, carried forward without a loop over time. Decisions are numbered in order of time, losses odd.
    """
    loses = uniform < starts[:, None]
    decides = loses | (uniform >= lasts[:, None])
    loses[:, 0], decides[:, 0] = uniform[:, 0] < share, True
    numbered = np.where(decides, 2 * np.arange(uniform.shape[1]) + loses, 0)
    lost: BoolArray = np.maximum.accumulate(numbered, axis=1) % 2 == 1
    return lost
