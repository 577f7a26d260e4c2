# SPDX-License-Identifier: Apache-2.0
"""Options of many sensors as arrays, with the errors each sensor was made with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from simulators.sensor.classes import QUANTITIES, Channel
from twinergy.telegrams.following import Following
from twinergy.telegrams.reading import by_quantity, made_errors, steps_per_unit
from twinergy.telegrams.sending import Sending

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from simulators.sensor.options import SensorOptions

    FloatArray = NDArray[np.float64]

ABSENT = Channel(resolution=1.0, low=0.0, high=1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class SensorParams(Following):
    """What is known of a set of sensors; arrays of shape ``(5, n_devices)``, rows as `QUANTITIES`, unless stated.

    Attributes
    ----------
    table : ndarray, shape (5, 5, n_devices)
        Reading over truth, NaN for a quantity that a sensor has not [-]; reading at zero, standard deviation, lowest and highest
        of a reading [unit].
    per_unit : ndarray
        Steps of resolution per unit.
    response_s : ndarray
        Time constant of the first-order response. [s]
    sending : Sending
        When reports are due, and how they are lost.
    """

    table: FloatArray
    per_unit: FloatArray
    sending: Sending


def params_of(ids: Sequence[str], options: Sequence[SensorOptions], seed: int) -> SensorParams:
    """Return the options of a set of sensors as arrays.

    The systematic error of each quantity is drawn once per sensor, uniformly within its accuracy; it depends on the seed and the
    sensor's id only.
    """
    channels = [[option.sensed.get(name) for name in QUANTITIES] for option in options]
    absent = np.array([[channel is None for channel in row] for row in channels], dtype=np.bool_).reshape(-1, len(QUANTITIES)).T

    def of(name: str) -> FloatArray:
        return by_quantity([[getattr(channel or ABSENT, name) for channel in row] for row in channels], len(QUANTITIES))

    error = made_errors("sensor", ids, seed, len(QUANTITIES))
    gain = np.where(absent, np.nan, 1.0 + error * of("accuracy_relative"))
    return SensorParams(
        table=np.stack([gain, error * of("accuracy"), of("noise"), of("low"), of("high")]),
        per_unit=steps_per_unit(of("resolution")),
        response_s=of("response_s"),
        sending=Sending.of(options),
    )
