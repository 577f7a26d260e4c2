# SPDX-License-Identifier: Apache-2.0
"""Lights of a home: on where people are awake, as far as it is dark."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import numpy as np

from simulators.household.daylight import darkness, elevation_deg
from simulators.household.days import RASTER_S, days_of
from twinergy.timebase import BLOCK_S, local_midnight

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from twinergy.community.twin import Site

    FloatArray = NDArray[np.float64]
    IntArray = NDArray[np.intp]

FIRST_PERSON: Final = 0.65
EACH_PERSON: Final = 0.35
"""People share the light of a room: one alone needs 1, two need 1.35, three 1.7. Assumption. [-]"""
_REFERENCE: Final = date(2023, 1, 5)
_WEEKS: Final = 52


def lit_share(active: FloatArray) -> FloatArray:
    """Return how much light people need, relative to one person alone.

    >>> lit_share(np.array([0.0, 0.5, 1.0, 3.0]))
    array([0. , 0.5, 1. , 1.7])
    """
    return FIRST_PERSON * np.minimum(active, 1.0) + EACH_PERSON * active


def expected_lit_h(residents: IntArray, role: IntArray, activity: FloatArray, site: Site) -> FloatArray:
    """Return the hours that each home's lights are fully on in a mean year.

    Parameters
    ----------
    residents : ndarray of int, shape (n_homes,)
        Number of people.
    role : ndarray of int, shape (n_residents,)
        Their roles, home by home.
    activity : ndarray, shape (n_roles, 2, 96)
        Probability that somebody of a role is at home and awake, on working and free days by quarter hour of the clock.
    site : Site
        Where the homes are.

    Returns
    -------
    ndarray, shape (n_homes,)
        Hours of a year. [h]
    """
    dark_h = dark_hours(site.latitude_deg, site.longitude_deg, site.timezone, site.country)
    people = np.zeros((len(residents), len(activity)))
    np.add.at(people, (np.repeat(np.arange(len(residents)), residents), role), 1.0)
    flat = activity.reshape(len(activity), -1)
    anybody = 1.0 - np.exp(people @ np.log(1.0 - np.minimum(flat, 0.999)))
    return np.asarray((FIRST_PERSON * anybody + EACH_PERSON * (people @ flat)) @ dark_h.ravel(), dtype=np.float64)


@lru_cache(maxsize=8)
def dark_hours(latitude_deg: float, longitude_deg: float, timezone: str, country: str) -> FloatArray:
    """Return the hours of a year, weighted with how dark they are, by kind of day and quarter hour, shape (2, 96). [h]."""
    hours = np.zeros((2, 96))
    first = int(local_midnight(_REFERENCE, timezone).timestamp()) // BLOCK_S + 1
    for number in range(first, first + _WEEKS):
        days = days_of(number, timezone, country)
        middle_s = number * BLOCK_S + days.start_s[0] + RASTER_S * (np.arange(days.n_bins) + 0.5)
        kind, quarter = days.raster()
        dark_h = darkness(elevation_deg(latitude_deg, longitude_deg, middle_s)) * (RASTER_S / 3600.0)
        np.add.at(hours, (np.minimum(kind, 1), quarter), dark_h)
    return hours * (365.0 / (7.0 * _WEEKS))
