# SPDX-License-Identifier: Apache-2.0
"""What schedules amount to in the mean: how likely somebody of a role is at home and awake."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

import numpy as np

from simulators.household.days import RASTER_S, Days
from simulators.household.model import Pulses, render
from simulators.household.schedules import NUMBERS_PER_DAY, ROLES, draw_schedule
from twinergy.randomness import device_generator
from twinergy.units import SECONDS_PER_DAY

if TYPE_CHECKING:
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]

_PEOPLE: Final = 1500
_BINS: Final = SECONDS_PER_DAY // RASTER_S


@lru_cache(maxsize=1)
def activity_by_role() -> FloatArray:
    """Return the probability of being at home and awake by role, working or free day and quarter hour, shape (n_roles, 2, 96).

    The mean of 1500 schedules that are the same in every run; what goes past midnight counts at the start of the day.
    """
    table = np.empty((len(ROLES), 2, _BINS))
    for role in range(len(ROLES)):
        for kind in range(2):
            day = Days(np.zeros(1), np.full(1, float(SECONDS_PER_DAY)), np.full(1, kind), np.ones(1))
            uniforms = device_generator(0, ROLES[role], "household expectation", kind).random((_PEOPLE, 1, NUMBERS_PER_DAY))
            schedule = draw_schedule(day, np.full(_PEOPLE, role), uniforms)
            awake, *away = (
                _mean(start_s, end_s)
                for start_s, end_s in (
                    (schedule.wake_s, schedule.sleep_s),
                    (schedule.leave_s[0], schedule.back_s[0]),
                    (schedule.leave_s[1], schedule.back_s[1]),
                )
            )
            table[role, kind] = np.maximum(awake - away[0] - away[1], 0.0)
    return table


def _mean(start_s: FloatArray, end_s: FloatArray) -> FloatArray:
    pulses = Pulses(np.zeros(start_s.size, dtype=np.intp), start_s.ravel(), end_s.ravel(), np.full(start_s.size, 1.0 / _PEOPLE))
    return np.asarray(render(pulses, 1, 2 * _BINS, RASTER_S)[:, 0].reshape(2, _BINS).sum(axis=0), dtype=np.float64)
