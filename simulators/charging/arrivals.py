# SPDX-License-Identifier: Apache-2.0
"""Who comes to a hub in a fixed week: drawn from a pattern, or the sessions of a file, completed by what no table says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from simulators.charging.tables import cars, sessions
from simulators.charging.visitor import EFFICIENCY, Visitor
from twinergy.timebase import BLOCK_S
from twinergy.units import SECONDS_PER_HOUR

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from simulators.charging.options import VisitorOptions

    FloatArray = NDArray[np.float64]

QUARTER_S: Final = 900
SHORTEST_S: Final = 180.0
"""Shortest stay at a point; *assumption*. [s]"""
TOGETHER: Final = 0.5
"""Correlation (of the normal scores) of connection time and energy; *assumption*. [-]"""
FULL_SHARE: Final = 0.5
"""Share of visitors who want a full battery; the others stop somewhere below; *assumption*. [-]"""
LARGEST_SHARE: Final = 0.95
"""A wish larger than this share of the drawn battery belongs to a car with a larger battery. [-]"""


class Sessions(NamedTuple):
    """Visits of a week in the order of arrival; arrays of shape ``(n,)``.

    Attributes
    ----------
    arrives_s, stay_s : ndarray
        Arrival and time at the point. [s since 1970], [s]
    energy_kwh : ndarray
        Energy wanted at the charging point. [kWh]
    """

    arrives_s: FloatArray
    stay_s: FloatArray
    energy_kwh: FloatArray


def drawn(draw: np.random.Generator, pattern: str, per_week: float, number: int, timezone: str) -> Sessions:
    """Return the sessions of a week from a pattern: an inhomogeneous Poisson process in local time.

    Parameters
    ----------
    draw : numpy.random.Generator
        Numbers of this hub and week.
    pattern : str
        As in `simulators.charging.tables.sessions`.
    per_week : float
        Expected number of arrivals. [-]
    number : int
        Number of the week since 1970.
    timezone : str
        IANA zone of the people.
    """
    from scipy.special import ndtr  # noqa: PLC0415 - kept out of the import of the plug-in

    table = sessions(pattern)
    reached = np.concatenate([[0.0], np.cumsum(_shares(table.week_share, number, timezone))])
    count = int(draw.poisson(per_week * reached[-1]))
    edges = number * BLOCK_S + QUARTER_S * np.arange(len(reached), dtype=np.float64)
    arrives_s = np.sort(np.interp(draw.random(count) * reached[-1], reached, edges))
    scores = draw.standard_normal((2, count))
    scores[1] = TOGETHER * scores[0] + np.sqrt(1.0 - TOGETHER**2) * scores[1]
    exceeding = ndtr(-scores)
    stay_h, energy_kwh = (np.interp(exceeding[row], table.exceeded, table[2 + row]) for row in range(2))
    return Sessions(arrives_s, np.maximum(stay_h * SECONDS_PER_HOUR, SHORTEST_S), energy_kwh)


def _shares(week_share: FloatArray, number: int, timezone: str) -> FloatArray:
    """Return the share of arrivals in each quarter hour of a fixed week of UTC, shape (672,).

    A day of 23 or 25 hours has an hour less or more than others, so the sum may differ from 1 a little.
    """
    import pandas as pd  # noqa: PLC0415 - kept out of the import of the plug-in

    epoch_s = number * BLOCK_S + QUARTER_S * np.arange(BLOCK_S // QUARTER_S, dtype=np.int64)
    local = pd.to_datetime(epoch_s, unit="s", utc=True).tz_convert(timezone)
    quarter = local.hour.to_numpy() * 4 + local.minute.to_numpy() // 15
    return np.asarray(week_share[local.dayofweek.to_numpy(), quarter], dtype=np.float64)


def visitors(draw: np.random.Generator, given: Sessions, options: VisitorOptions) -> list[Visitor]:
    """Return sessions with everything else a visit needs: a car, its state of charge, patience, a reservation.

    Parameters
    ----------
    draw : numpy.random.Generator
        Numbers of this hub and week.
    given : Sessions
        Arrivals, stays and energies.
    options : VisitorOptions
        Shares and patience.
    """
    n = len(given.arrives_s)
    table = cars()
    car = np.searchsorted(np.cumsum(table.share), draw.random(n)).clip(max=len(table.share) - 1)
    uniform = draw.random((6, n))
    exponential = draw.standard_exponential((2, n))
    wanted = EFFICIENCY * given.energy_kwh
    capacity = np.maximum(table.capacity_kwh[car], wanted / LARGEST_SHARE)
    low = (capacity - wanted) * np.where(uniform[0] < FULL_SHARE, 1.0, uniform[1])
    low = np.minimum(low, np.nextafter(capacity - wanted, 0.0).clip(min=0.0))
    stay = given.stay_s if options.stay_mean_h is None else exponential[0] * options.stay_mean_h * SECONDS_PER_HOUR
    patience = np.full(n, np.inf) if options.patience_s is None else exponential[1] * options.patience_s
    booked = uniform[2] < options.booked_share
    cancels = uniform[3] < options.cancelled_share
    shows = uniform[3] < 1.0 - options.no_show_share
    v2g = np.where(uniform[4] < options.v2g_share, options.v2g_kw, 0.0)
    at_once = uniform[5] < options.leaves_when_done
    columns = (
        *(given.arrives_s, stay, capacity, low, low + wanted, table.ac_kw[car], table.dc_kw[car], table.phases[car].astype(int)),
        *(v2g, patience, at_once, booked, shows | cancels, cancels),
    )
    return [Visitor(*row) for row in zip(*(column.tolist() for column in columns), strict=True)]
