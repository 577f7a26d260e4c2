# SPDX-License-Identifier: Apache-2.0
"""Options of many meters as arrays, with the errors each meter was made with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from simulators.meter.options import MeterOptions
from twinergy.randomness import device_generators

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    FloatArray = NDArray[np.float64]
    IntArray = NDArray[np.int64]

__all__ = ["LIMITS", "ROWS", "MeterOptions", "MeterParams", "params_of"]

ROWS: Final = ("p_kw", "q_kvar", "voltage_v", "frequency_hz", "soc", "energy_import_kwh", "energy_export_kwh")
"""What a telegram holds, in the order of its rows."""
LIMITS: Final = {"A": (0.02, 0.03, 0.005), "B": (0.01, 0.02, 0.005), "C": (0.005, 0.02, 0.005), "ideal": (0.0, 0.0, 0.0)}
"""Largest relative error of active power, reactive power and voltage: EN 50470-3 between transitional and maximum current at
unity power factor; IEC 62053-23 class 3 and 2; IEC 61557-12 voltage class 0.5. [-]"""
RANDOM_SHARE: Final = 0.1
"""Random error of a reading over the class limit, as a standard deviation: assumption, repeatability tests allow more. [-]"""
NOISE_KW: Final = 0.001
VOLTAGE_RESOLUTION_V: Final = 0.1
FREQUENCY_RESOLUTION_HZ: Final = 0.01
SOC_RESOLUTION: Final = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterParams:
    """What is known of a set of meters.

    Attributes
    ----------
    gain : ndarray, shape (3, n_devices)
        Reading over truth for active power, reactive power and voltage (volts over per unit). [-], [-], [V]
    noise_relative, noise_offset : ndarray, shape (3, n_devices)
        Standard deviation of a reading, the part over its value and the part at zero. [-], [kW, kvar, V]
    per_unit : ndarray, shape (7, n_devices)
        Steps of resolution per unit of each row of `ROWS`.
    interval_steps : ndarray of int, shape (n_devices,), or None
        Steps from telegram to telegram; None where every meter sends one in every step.
    delays : tuple of (steps, ndarray of int)
        Meters whose telegrams arrive later, by delay.
    gap_starts, gap_lasts : ndarray, shape (n_devices,)
        Probability that a telegram is lost after one that arrived, and after one that was lost. [-]
    gap_share : ndarray, shape (n_devices,)
        Share of telegrams that are lost. [-]
    """

    gain: FloatArray
    noise_relative: FloatArray
    noise_offset: FloatArray
    per_unit: FloatArray
    interval_steps: IntArray | None
    delays: tuple[tuple[int, IntArray], ...]
    gap_starts: FloatArray
    gap_lasts: FloatArray
    gap_share: FloatArray

    @property
    def longest_delay(self) -> int:
        """Longest delay of any meter in steps."""
        return max((delay for delay, _ in self.delays), default=0)


def params_of(ids: Sequence[str], options: Sequence[MeterOptions], seed: int) -> MeterParams:
    """Return the options of a set of meters as arrays.

    The systematic error of each meter is drawn once, uniformly within its class: where only limits are known, a rectangular
    distribution is the one to assume (JCGM 100:2008, 4.3.7). It depends on the seed and the meter's id only.
    """
    limits = _rows([LIMITS[option.accuracy_class] for option in options])
    error = _rows([rng.uniform(-1.0, 1.0, 3) for rng in device_generators(seed, ids, "meter-error")]) * limits
    gain = 1.0 + error
    gain[2] *= [option.nominal_v / np.sqrt(3.0) for option in options]
    share = np.array([option.gap_probability for option in options])
    lasts, starts = _gaps(share, np.array([option.gap_length_steps for option in options]))
    intervals = np.array([option.interval_steps for option in options], dtype=np.int64)
    delays = np.array([option.delay_steps for option in options], dtype=np.int64)
    return MeterParams(
        gain=gain,
        noise_relative=_rows([_noise_relative(option) for option in options]),
        noise_offset=_rows([_noise_offset(option) for option in options]),
        per_unit=_per_unit(_rows([_resolutions(option) for option in options])),
        interval_steps=intervals if (intervals > 1).any() else None,
        delays=tuple((int(delay), np.flatnonzero(delays == delay)) for delay in np.unique(delays[delays > 0])),
        gap_starts=starts,
        gap_lasts=lasts,
        gap_share=share,
    )


def _rows(per_meter: Sequence[ArrayLike]) -> FloatArray:
    """Return one row per quantity from one entry per meter, in the order of memory that every step reads."""
    return np.ascontiguousarray(np.array(per_meter, dtype=np.float64).T)


def _gaps(share: FloatArray, length: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the probabilities that a gap lasts and that one starts, for a share of lost telegrams and a mean length.

    A two-state Markov chain (Gilbert 1960). Independent losses already come in runs of ``1 / (1 - share)``; no mean is shorter.
    """
    lasts = 1.0 - 1.0 / np.maximum(length, 1.0 / (1.0 - share))
    return lasts, share * (1.0 - lasts) / (1.0 - share)


def _noise_relative(options: MeterOptions) -> tuple[float, ...]:
    if options.noise_relative is not None:
        return (options.noise_relative,) * 3
    return tuple(RANDOM_SHARE * limit for limit in LIMITS[options.accuracy_class])


def _noise_offset(options: MeterOptions) -> tuple[float, float, float]:
    left_out = 0.0 if options.accuracy_class == "ideal" else NOISE_KW
    noise = left_out if options.noise_kw is None else options.noise_kw
    return (noise, noise, 0.0)


def _per_unit(resolution: FloatArray) -> FloatArray:
    """Return steps per unit, a whole number where it is one to rounding, so that telegrams hold clean decimals."""
    per_unit = 1.0 / resolution
    whole = np.rint(per_unit)
    return np.where(np.abs(per_unit - whole) < 1e-9 * per_unit, whole, per_unit)


def _resolutions(options: MeterOptions) -> tuple[float, ...]:
    power, register = options.resolution_kw, options.register_resolution_kwh
    return (power, power, VOLTAGE_RESOLUTION_V, FREQUENCY_RESOLUTION_HZ, SOC_RESOLUTION, register, register)
