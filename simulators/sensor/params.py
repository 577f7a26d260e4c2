# SPDX-License-Identifier: Apache-2.0
"""Options of many sensors as arrays, with the errors each sensor was made with."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from simulators.sensor.classes import QUANTITIES, Channel
from twinergy.randomness import device_generator

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from simulators.sensor.options import SensorOptions

    FloatArray = NDArray[np.float64]
    IntArray = NDArray[np.int64]

ABSENT = Channel(resolution=1.0, low=0.0, high=1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class SensorParams:
    """What is known of a set of sensors; arrays of shape ``(5, n_devices)``, rows as `QUANTITIES`, unless stated.

    Attributes
    ----------
    gain, offset : ndarray
        Reading over truth, and reading at zero; the gain of a quantity that a sensor has not is NaN. [-], [unit]
    noise : ndarray
        Standard deviation of a reading. [unit]
    per_unit : ndarray
        Steps of resolution per unit.
    low, high : ndarray
        Range of a reading. [unit]
    response_s : ndarray
        Time constant of the first-order response. [s]
    interval_steps : ndarray of int, shape (n_devices,), or None
        Steps from report to report; None where every sensor reports in every step.
    gap_starts, gap_lasts, gap_share : ndarray, shape (n_devices,)
        Probability that a report is lost after one that arrived, after one that was lost, and share of the lost ones. [-]
    keeps : dict
        Share of a difference that is left after a step, by length of step, as worked out so far.
    """

    gain: FloatArray
    offset: FloatArray
    noise: FloatArray
    per_unit: FloatArray
    low: FloatArray
    high: FloatArray
    response_s: FloatArray
    interval_steps: IntArray | None
    gap_starts: FloatArray
    gap_lasts: FloatArray
    gap_share: FloatArray
    keeps: dict[float, FloatArray] = field(default_factory=dict, compare=False)

    def keep(self, duration_s: float) -> FloatArray:
        """Return the share of a difference between truth and reading that is left after a step of this length."""
        keep = self.keeps.get(duration_s)
        if keep is None:
            keep = self.keeps[duration_s] = np.exp(-duration_s / np.maximum(self.response_s, 1e-9))
        return keep


def params_of(ids: Sequence[str], options: Sequence[SensorOptions], seed: int) -> SensorParams:
    """Return the options of a set of sensors as arrays.

    The systematic error of each quantity is drawn once per sensor, uniformly within its accuracy: where only limits are known, a
    rectangular distribution is the one to assume (JCGM 100:2008, 4.3.7). It depends on the seed and the sensor's id only.
    """
    channels = [[option.sensed.get(name) for name in QUANTITIES] for option in options]
    absent = np.array([[channel is None for channel in row] for row in channels], dtype=np.bool_).reshape(-1, len(QUANTITIES)).T

    def of(name: str) -> FloatArray:
        rows = [[getattr(channel or ABSENT, name) for channel in row] for row in channels]
        return np.ascontiguousarray(np.array(rows, dtype=np.float64).reshape(-1, len(QUANTITIES)).T)

    draws = [device_generator(seed, sensor, "sensor-error").uniform(-1.0, 1.0, len(QUANTITIES)) for sensor in ids]
    error = np.array(draws).reshape(-1, len(QUANTITIES)).T
    lasts, starts, share = _gaps(options)
    intervals = np.array([option.interval_steps for option in options], dtype=np.int64)
    return SensorParams(
        gain=np.where(absent, np.nan, 1.0 + error * of("accuracy_relative")),
        offset=error * of("accuracy"),
        noise=of("noise"),
        per_unit=_per_unit(of("resolution")),
        low=of("low"),
        high=of("high"),
        response_s=of("response_s"),
        interval_steps=intervals if (intervals > 1).any() else None,
        gap_starts=starts,
        gap_lasts=lasts,
        gap_share=share,
    )


def _gaps(options: Sequence[SensorOptions]) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return the probabilities that a gap lasts and that one starts, and the share of lost reports: a two-state Markov chain."""
    share = np.array([option.gap_probability for option in options])
    length = np.array([option.gap_length_steps for option in options])
    lasts = 1.0 - 1.0 / np.maximum(length, 1.0 / (1.0 - share))
    return lasts, share * (1.0 - lasts) / (1.0 - share), share


def _per_unit(resolution: FloatArray) -> FloatArray:
    """Return steps per unit, a whole number where it is one to rounding, so that readings are clean decimals."""
    per_unit = 1.0 / resolution
    whole = np.rint(per_unit)
    return np.where(np.abs(per_unit - whole) < 1e-9 * per_unit, whole, per_unit)
