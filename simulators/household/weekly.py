# SPDX-License-Identifier: Apache-2.0
"""Pulses that are drawn by the week but last into the next one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from twinergy.randomness import device_generators
from twinergy.timebase import BLOCK_S

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from simulators.household.model import Pulses

    FloatArray = NDArray[np.float64]
    IntArray = NDArray[np.intp]

    Bundle = dict[str, Pulses]


class Weekly:
    """What a week sees of bundles of pulses: its own, and those of the week before that last into it.

    Parameters
    ----------
    draw : callable
        Returns the bundle of a week's number, times relative to the start of that week, none before it.
    """

    def __init__(self, draw: Callable[[int], Bundle]) -> None:
        self._draw = draw
        self._lasting: tuple[int, Bundle] | None = None

    def touching(self, number: int) -> Bundle:
        """Return all pulses that touch a week, relative to its start."""
        if self._lasting is None or self._lasting[0] != number:
            self._lasting = (number, _lasting(self._draw(number - 1)))
        own, before = self._draw(number), self._lasting[1]
        self._lasting = (number + 1, _lasting(own))
        return {name: pulses.and_then(before[name]) for name, pulses in own.items()}


def _lasting(bundle: Bundle) -> Bundle:
    return {name: pulses.where(pulses.end_s > BLOCK_S).later_by(-float(BLOCK_S)) for name, pulses in bundle.items()}


class Numbers:
    """Uniform numbers for each home and week, one generator per home, all in one array.

    Parameters
    ----------
    ids : sequence of str
        Ids of the homes.
    seed : int
        Seed of the run.
    purpose : str
        What the numbers are for.
    sizes : ndarray of int, shape (n_homes,)
        How many numbers each home needs.
    """

    def __init__(self, ids: Sequence[str], seed: int, purpose: str, sizes: IntArray) -> None:
        self._ids, self._seed, self._purpose = tuple(ids), seed, purpose
        ends = np.cumsum(sizes)
        self.first: IntArray = np.asarray(ends - sizes, dtype=np.intp)
        self._total = int(ends[-1]) if len(ends) else 0
        self._places = list(zip(self._ids, self.first.tolist(), ends.tolist(), strict=True))

    def draw(self, number: int) -> FloatArray:
        """Return the numbers of a week of all homes, one after the other; home `n` begins at ``first[n]``."""
        flat = np.empty(self._total)
        draws = device_generators(self._seed, [name for name, _, _ in self._places], self._purpose, number)
        for rng, (_, begin, end) in zip(draws, self._places, strict=True):
            rng.random(out=flat[begin:end])
        return flat


def counted(expected: FloatArray, uniforms: FloatArray) -> tuple[IntArray, IntArray, IntArray]:
    """Return events whose number per home and class is its expectation, rounded up or down at random.

    Parameters
    ----------
    expected, uniforms : ndarray, shape (n_homes, n_classes)
        Expected numbers, and numbers of [0, 1) that round them.

    Returns
    -------
    home, each, place : ndarray of int, shape (n_events,)
        Home, class, and place among the events of the home, from 0.
    """
    counts = np.floor(expected + uniforms).astype(np.intp)
    n_homes, n_classes = counts.shape
    per_home = counts.sum(axis=1)
    home = np.repeat(np.arange(n_homes), per_home)
    each = np.repeat(np.tile(np.arange(n_classes), n_homes), counts.ravel())
    place = np.arange(len(home)) - np.repeat(np.cumsum(per_home) - per_home, per_home)
    return home, each, place


def most(expected: FloatArray) -> IntArray:
    """Return the largest possible number of events of each home, shape (n_homes,)."""
    return np.asarray((np.floor(expected) + 1.0).sum(axis=1), dtype=np.intp)
