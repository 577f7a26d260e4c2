# SPDX-License-Identifier: Apache-2.0
"""From a quantity to the telegram that stands: errors of the device, means, resolution, gaps and age."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from twinergy.compiling import compiled
from twinergy.randomness import device_generators

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    FloatArray = NDArray[np.float64]
    BoolArray = NDArray[np.bool_]

ZERO: Final = np.array(0.0)
"""numpy takes an array without dimensions faster than a number of Python."""
AGE: Final = -1
"""Row of the age in a telegram."""


def by_quantity(per_device: Sequence[ArrayLike], count: int) -> FloatArray:
    """Return one row per quantity from `count` values per device, in the order of memory that every step reads."""
    return np.ascontiguousarray(np.array(per_device, dtype=np.float64).reshape(-1, count).T)


def made_errors(name: str, ids: Sequence[str], seed: int, count: int) -> FloatArray:
    """Return where within its limits each device was made, from -1 to 1, shape (count, n_devices).

    Where only limits are known, a rectangular distribution is the one to assume (JCGM 100:2008, 4.3.7). The purpose of the
    random numbers is ``name-error``.
    """
    return by_quantity([rng.uniform(-1.0, 1.0, count) for rng in device_generators(seed, ids, f"{name}-error")], count)


def steps_per_unit(resolution: FloatArray) -> FloatArray:
    """Return steps of resolution per unit, a whole number where it is one to rounding, so that readings are clean decimals."""
    per_unit = 1.0 / resolution
    whole = np.rint(per_unit)
    return np.where(np.abs(per_unit - whole) < 1e-9 * per_unit, whole, per_unit)


@compiled
def round_to(values: FloatArray, per_unit: FloatArray) -> None:
    """Round values in place to whole steps of resolution, given as steps per unit; both lie in one piece in memory."""
    flat, steps = values.reshape(-1), per_unit.reshape(-1)
    for place in range(len(flat)):
        flat[place] = np.rint(flat[place] * steps[place]) / steps[place]


class Sums(NamedTuple):
    """What has been summed up since the last telegram. No array is ever changed in place.

    Attributes
    ----------
    total : ndarray, shape (n_rows, n_devices)
        Sum of each quantity.
    counts : ndarray, shape (n_devices,)
        Steps in it.
    """

    total: FloatArray
    counts: FloatArray

    def add(self, values: FloatArray, due: BoolArray) -> tuple[FloatArray, Sums]:
        """Return the means up to and with these values, and the sums that are left after the telegrams that are due."""
        total, counts = self.total + values, self.counts + 1.0
        means = total / counts
        np.copyto(total, ZERO, where=due)
        np.copyto(counts, ZERO, where=due)
        return means, Sums(total, counts)


def silence(values: int, *, valid: bool = True) -> FloatArray:
    """Return the telegram of a device that has not said anything yet, shape (n_rows, 1); `valid` is whether it has that row."""
    return np.array([[np.nan]] * values + [[0.0]] * valid + [[np.nan]])


def stand(
    telegram: FloatArray, last: FloatArray, silent: FloatArray, lost: BoolArray | None, due: BoolArray | None, duration_s: float
) -> None:
    """Turn telegrams in place into those that stand at the end of a step.

    Parameters
    ----------
    telegram : ndarray, shape (n_rows, n_devices)
        What each device would say now, its age zero.
    last : ndarray, shape (n_rows, n_devices)
        What stood at the end of the step before: it still does where no telegram is due, a step older.
    silent : ndarray, shape (n_rows, 1)
        What stands where a telegram is lost (`silence`), with the age of the last one that arrived.
    lost, due : ndarray of bool, shape (n_devices,), or None
        Telegrams that never arrive, None for none; telegrams that are sent at all, None for all.
    duration_s : float
        Length of the step. [s]
    """
    if lost is None and due is None:
        return
    older = last[AGE] + duration_s
    if lost is not None:
        np.copyto(telegram, silent, where=lost)
        np.copyto(telegram[AGE], older, where=lost)
    if due is not None:
        waits = ~due
        np.copyto(telegram, last, where=waits)
        np.copyto(telegram[AGE], older, where=waits)
