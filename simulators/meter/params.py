# SPDX-License-Identifier: Apache-2.0
"""Options of many meters as arrays, with the errors each meter was made with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from simulators.meter.options import MeterOptions
from twinergy.telegrams.reading import by_quantity, made_errors, steps_per_unit
from twinergy.telegrams.sending import Sending

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

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
    table : ndarray, shape (3, 3, n_devices)
        For active power, reactive power and voltage: `gain`; standard deviation of a reading, the part over its value and the
        part at zero. [-], [-], [kW, kvar, V]
    per_unit : ndarray, shape (7, n_devices)
        Steps of resolution per unit of each row of `ROWS`.
    sending : Sending
        When telegrams are due, and how they are lost.
    delays : tuple of (steps, ndarray of int)
        Meters whose telegrams arrive later, by delay.
    """

    table: FloatArray
    per_unit: FloatArray
    sending: Sending
    delays: tuple[tuple[int, IntArray], ...]

    @property
    def gain(self) -> FloatArray:
        """Reading over truth for active power, reactive power and voltage (volts over per unit), shape (3, n_devices)."""
        gain: FloatArray = self.table[0]
        return gain

    @property
    def longest_delay(self) -> int:
        """Longest delay of any meter in steps."""
        return max((delay for delay, _ in self.delays), default=0)


def params_of(ids: Sequence[str], options: Sequence[MeterOptions], seed: int) -> MeterParams:
    """Return the options of a set of meters as arrays.

    The systematic error of each meter is drawn once, uniformly within its class; it depends on the seed and the meter's id only.
    """
    gain = 1.0 + made_errors("meter", ids, seed, 3) * by_quantity([LIMITS[option.accuracy_class] for option in options], 3)
    gain[2] *= [option.nominal_v / np.sqrt(3.0) for option in options]
    delays = np.array([option.delay_steps for option in options], dtype=np.int64)
    return MeterParams(
        table=np.stack([gain, *(by_quantity([of(option) for option in options], 3) for of in (_noise_relative, _noise_offset))]),
        per_unit=steps_per_unit(by_quantity([_resolutions(option) for option in options], len(ROWS))),
        sending=Sending.of(options),
        delays=tuple((int(delay), np.flatnonzero(delays == delay)) for delay in np.unique(delays[delays > 0])),
    )


def _noise_relative(options: MeterOptions) -> tuple[float, ...]:
    if options.noise_relative is not None:
        return (options.noise_relative,) * 3
    return tuple(RANDOM_SHARE * limit for limit in LIMITS[options.accuracy_class])


def _noise_offset(options: MeterOptions) -> tuple[float, float, float]:
    left_out = 0.0 if options.accuracy_class == "ideal" else NOISE_KW
    noise = left_out if options.noise_kw is None else options.noise_kw
    return (noise, noise, 0.0)


def _resolutions(options: MeterOptions) -> tuple[float, ...]:
    power, register = options.resolution_kw, options.register_resolution_kwh
    return (power, power, VOLTAGE_RESOLUTION_V, FREQUENCY_RESOLUTION_HZ, SOC_RESOLUTION, register, register)
