# SPDX-License-Identifier: Apache-2.0
"""Options of many wearables as arrays, with the errors that each has with its wearer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from simulators.wearable.classes import QUANTITIES, Channel
from simulators.wearable.person import SLEEPING_SHARE
from twinergy.telegrams.following import Following
from twinergy.telegrams.reading import by_quantity, made_errors, steps_per_unit
from twinergy.telegrams.sending import Sending

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from simulators.wearable.options import WearableOptions

    FloatArray = NDArray[np.float64]

ABSENT: Final = Channel(resolution=1.0, low=0.0, high=1.0)
MEAN_ABSOLUTE: Final = 0.81146
"""Mean absolute value over standard deviation for the sum of a rectangular and a normal error of equal variance; 0.7979 for a
normal one alone. [-]"""
LIMIT: Final = float(np.sqrt(1.5))
"""Limit of a rectangular error that has half of a variance of 1. [-]"""
SPREAD: Final = float(np.sqrt(0.5))
"""Standard deviation of a normal error that has the other half. [-]"""


@dataclass(frozen=True, slots=True, kw_only=True)
class WearableParams(Following):
    """What is known of a set of wearables.

    Attributes
    ----------
    person : ndarray, shape (6, n_devices)
        Heart rate at rest [1/min], its rise with activity [1/(min met)], highest and asleep [1/min]; operative temperature of
        comfort [degC]; skin below the sensor over the mean of the skin [K]. table : ndarray, shape (6, 3, n_devices) For each
        of `QUANTITIES`: reading over truth, NaN for what a wearable has not [-]; reading at zero [unit]; standard deviation of
        a reading over its value [-] and at zero [unit]; lowest and highest reading [unit]. per_unit : ndarray, shape (3,
        n_devices) Steps of resolution per unit. response_s : ndarray, shape (2, n_devices) Time constants of heart and skin.
        [s] sending : Sending When telegrams are due, and how they are lost. keeps : dict Share of a difference that is left
        after a step, by length of step, as worked out so far.
    """

    person: FloatArray
    table: FloatArray
    per_unit: FloatArray
    sending: Sending


def params_of(ids: Sequence[str], options: Sequence[WearableOptions], seed: int) -> WearableParams:
    """Return the options of a set of wearables as arrays.

    The systematic error of each quantity is drawn once per wearable; it depends on the seed and the wearable's id only.
    """
    count = len(QUANTITIES)
    channels = [[option.sensed.get(name) for name in QUANTITIES] for option in options]
    absent = np.array([[channel is None for channel in row] for row in channels], dtype=np.bool_).reshape(-1, count).T

    def of(name: str) -> FloatArray:
        return by_quantity([[getattr(channel or ABSENT, name) for channel in row] for row in channels], count)

    error = made_errors("wearable", ids, seed, count)
    deviation = of("error_relative") / MEAN_ABSOLUTE
    gain = np.where(absent, np.nan, 1.0 + error * LIMIT * deviation)
    return WearableParams(
        person=by_quantity([_person(option) for option in options], 6),
        table=np.stack([gain, error * of("accuracy"), SPREAD * deviation, of("noise"), of("low"), of("high")]),
        per_unit=steps_per_unit(of("resolution")),
        response_s=by_quantity([(option.heart_response_s, option.skin_response_s) for option in options], 2),
        sending=Sending.of(options),
    )


def _person(option: WearableOptions) -> tuple[float, ...]:
    rest = option.resting_bpm
    return (rest, option.bpm_per_met, option.hr_max_bpm, SLEEPING_SHARE * rest, option.comfort_degc, option.site_offset_k)
