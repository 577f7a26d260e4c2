# SPDX-License-Identifier: Apache-2.0
"""The cars at home: what each still wants, its top-up beyond the driver's wish included.

A driver states the charge wanted at departure; a car left to itself goes on until it is full. That top-up is planned like the
rest, so that it, too, comes when power is cheap; how large it is, is learned from what the car took in earlier stays.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from twinergy.units import SECONDS_PER_HOUR

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from controllers.home_energy.homes import Homes
    from controllers.home_energy.reading import Reading
    from twinergy.kinds import FloatArray

EFFICIENCY: Final = 0.9
"""From the socket into the car's battery (assumption). [-]"""
FIRST_TOP_UP_KWH: Final = 10.0
"""Top-up of a car before one was seen: a fifth of a battery of 50 kWh (assumption). [kWh]"""
LEARNING: Final = 0.3
TRICKLE_KW: Final = 0.5
"""A car that takes less than this after having taken more is full. [kW]"""


class Cars:
    """Follows the stays of all cars; arrays of shape ``(n_homes,)``.

    Parameters
    ----------
    homes : Homes
        The homes.
    step_s : int
        Length of a step. [s]

    Attributes
    ----------
    plugged : bool ndarray
        Whose car is connected.
    """

    def __init__(self, homes: Homes, step_s: int) -> None:
        n_homes = len(homes)
        self._step_h = step_s / SECONDS_PER_HOUR
        self.plugged = np.zeros(n_homes, dtype=bool)
        self._wish_kwh = np.zeros(n_homes)
        self._usual_kwh = np.full(n_homes, FIRST_TOP_UP_KWH)
        self._beyond_kwh = np.zeros(n_homes)
        self._last_kw = np.zeros(n_homes)
        self._full = np.zeros(n_homes, dtype=bool)

    def observe(self, reading: Reading) -> NDArray[np.bool_]:
        """Take note of a step and return whose car has newly come."""
        values = reading.values
        silent = np.isnan(values["valid"]) | (values["valid"] < 1)
        plugged = np.where(silent, self.plugged, ~np.isnan(values["car_departure_s"]))
        came, left = plugged & ~self.plugged, self.plugged & ~plugged
        learned = left & self._full
        self._usual_kwh += np.where(learned, LEARNING * (self._beyond_kwh - self._usual_kwh), 0.0)
        self._beyond_kwh[came | left] = 0.0
        self._full[came | left] = False
        self.plugged = plugged
        self._wish_kwh = np.where(plugged, np.where(silent, self._wish_kwh, np.nan_to_num(values["car_wanted_kwh"])), 0.0)
        beyond = plugged & (self._wish_kwh <= 0)
        self._beyond_kwh += np.where(beyond, reading.car_kw * self._step_h * EFFICIENCY, 0.0)
        self._full |= beyond & (reading.car_kw < TRICKLE_KW) & (self._last_kw >= TRICKLE_KW)
        self._last_kw = np.where(reading.car_kw > 0, reading.car_kw, np.where(plugged, self._last_kw, 0.0))
        return np.asarray(came)

    @property
    def wanted_kwh(self) -> FloatArray:
        """What each connected car is to get, wish and usual top-up, into its battery; 0 once it has it. [kWh]."""
        top_up = np.where(self._full, 0.0, np.maximum(self._usual_kwh - self._beyond_kwh, 0.0))
        return np.asarray(np.where(self.plugged, self._wish_kwh + top_up, 0.0))
