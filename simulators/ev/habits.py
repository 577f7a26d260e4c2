# SPDX-License-Identifier: Apache-2.0
"""When people drive, how far and for how long: the outings of each car in a fixed week, from its own random numbers.

The hour of coming home follows the arrivals of ElaadNL at private charging points (``data/ev``); how often a car leaves the
house, how long it stays and how far it goes are assumptions, scaled so that the distance of a year is the one asked for.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from simulators.ev.clock import BEGINS_H, DAYS, ENDS_H, week
from simulators.ev.use import USES, Use
from simulators.ev.vehicles import DATA
from twinergy.randomness import device_generators

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from simulators.ev.options import EvOptions

    FloatArray = NDArray[np.float64]
    BoolArray = NDArray[np.bool_]

OUTINGS: Final = 2
"""Most outings of a car in a day."""
COMMUTERS: Final = 0.5
"""Share of commuters among cars of which it is not said; *assumption*. [-]"""
HOME_FROM_WORK_H: Final = (14.5, 19.5)
"""Commuters come home between these hours. [h]"""
WORK_H: Final = (8.5, 0.8)
STAY_H: Final = (1.75, 0.8)
"""At work: mean and deviation; elsewhere: median and logarithmic deviation; *assumptions*. [h]"""
COMMUTE_KM: Final = (12.0, 0.6)
"""One way to work: median and logarithmic deviation; *assumption*. [km]"""
COMMUTING_SHARE: Final = 0.7
"""Most of the yearly distance that a drawn way to work may take up; *assumption*. [-]"""
SPREAD: Final = 1.0
"""Logarithmic deviation of private distances; *assumption*. [-]"""
REST_H: Final = 0.25
"""Shortest time at home between two outings, and at the destination. [h]"""
MOOD: Final = 0.15
"""How far the state of charge at which somebody plugs in varies to both sides; *assumption*. [-]"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drivers:
    """What is settled about each car's use; arrays of shape ``(n_devices,)``.

    Attributes
    ----------
    ids : tuple of str
        Device ids, which key the random numbers.
    commuter : ndarray of bool
        Whether it drives to work.
    commute_km, private_km : ndarray
        To work and back, and mean of a private outing, there and back. [km]
    use : Use
        How often it is driven, each an array of shape ``(n_devices, 1)``.
    """

    ids: tuple[str, ...]
    commuter: BoolArray
    commute_km: FloatArray
    private_km: FloatArray
    use: Use


class Outings(NamedTuple):
    """Outings of a week, day by day; arrays of shape ``(n_devices, 14)``.

    Attributes
    ----------
    leaves_s, returns_s : ndarray
        From and to home; infinite where there is no outing. [s since 1970]
    km, leg_h : ndarray
        There and back, and time of driving one way. [km], [h]
    mood : ndarray
        Added to the state of charge at which the driver plugs in. [-]
    """

    leaves_s: FloatArray
    returns_s: FloatArray
    km: FloatArray
    leg_h: FloatArray
    mood: FloatArray


def drivers_of(ids: Sequence[str], options: Sequence[EvOptions], seed: int) -> Drivers:
    """Return who commutes how far and how long private outings are, so that the yearly distance is met."""
    one_way = [_one_way_km(rng, option) for rng, option in zip(device_generators(seed, ids, "ev driver"), options, strict=True)]
    uses = [USES[option.use] for option in options]
    private = [
        (option.annual_km - 2.0 * km * use.commutes_per_year()) / use.private_per_year(commuter=km > 0.0)
        for km, use, option in zip(one_way, uses, options, strict=True)
    ]
    commute_km = 2.0 * np.array(one_way)
    return Drivers(
        ids=tuple(ids),
        commuter=commute_km > 0.0,
        commute_km=commute_km,
        private_km=np.array(private),
        use=Use(*(np.array(column)[:, None] for column in zip(*uses, strict=True))),  # type: ignore[arg-type]
    )


def _one_way_km(draw: np.random.Generator, option: EvOptions) -> float:
    """Return the distance to work, 0 for a car that does not commute."""
    drawn, deviation = draw.random(), draw.standard_normal()
    if option.commute_km is not None:
        return option.commute_km
    if not (drawn < COMMUTERS if option.commuter is None else option.commuter):
        return 0.0
    most = COMMUTING_SHARE * option.annual_km / (2.0 * USES[option.use].commutes_per_year())
    return min(COMMUTE_KM[0] * float(np.exp(COMMUTE_KM[1] * deviation)), most)


@cache
def home_hours() -> tuple[FloatArray, FloatArray]:
    """Return the distribution function of the hour of coming home, ElaadNL private arrivals.

    Returns
    -------
    hours : ndarray, shape (97,)
        Edges of quarter hours from 04:00 to 28:00. [h]
    reached : ndarray, shape (2, 97)
        Share that has come home by then, on weekdays and at weekends. [-]
    """
    with (DATA / "elaadnl_arrivals.csv").open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    share = np.array([[float(row[f"private_{day}"]) for row in rows] for day in ("weekday", "weekend")])
    turned = np.roll(share, -int(BEGINS_H) * 4, axis=1)
    reached = np.zeros((2, turned.shape[1] + 1))
    np.cumsum(turned / turned.sum(axis=1, keepdims=True), axis=1, out=reached[:, 1:])
    return BEGINS_H + np.arange(turned.shape[1] + 1) / 4.0, reached


def leg_hours(one_way_km: FloatArray) -> FloatArray:
    """Return the time a distance takes, in hours: 15 km/h around the corner, 60 km/h over 24 km, 98 km/h over 150 km.

    >>> float(leg_hours(np.array(30.0)))
    0.46153846153846156
    """
    return np.asarray(one_way_km / (15.0 + 100.0 * one_way_km / (one_way_km + 30.0)), dtype=np.float64)


def outings_of(drivers: Drivers, number: int, timezone: str, seed: int) -> Outings:
    """Return the outings of every car in a fixed week.

    Parameters
    ----------
    drivers : Drivers
        The cars.
    number : int
        Number of the week since 1970.
    timezone : str
        IANA zone of their people.
    seed : int
        Seed of the run; each car draws from its own numbers, whatever its neighbours.
    """
    n_cars = len(drivers.ids)
    uniform, normal = np.empty((n_cars, 4, DAYS, OUTINGS)), np.empty((n_cars, 2, DAYS, OUTINGS))
    for car, rng in enumerate(device_generators(seed, drivers.ids, "ev trips", number)):
        rng.random(out=uniform[car])
        rng.standard_normal(out=normal[car])
    days = week(number, timezone)
    happens, to_work = _which(drivers, uniform[:, 0], days.weekend)
    km = np.where(to_work, drivers.commute_km[:, None, None], 0.0)
    private = drivers.private_km[:, None, None] * np.exp(SPREAD * normal[:, 0] - 0.5 * SPREAD**2)
    km = np.where(to_work, km, private)
    leg_h = leg_hours(0.5 * km)
    elsewhere_h = np.clip(STAY_H[0] * np.exp(STAY_H[1] * normal[:, 1]), REST_H, 9.0)
    stay_h = np.where(to_work, np.maximum(WORK_H[0] + WORK_H[1] * normal[:, 1], 4.0), elsewhere_h)
    leaves_h, returns_h, leg_h, happens = _times(uniform[:, 1], stay_h, leg_h, happens, to_work, days.weekend)
    begins_s = days.begins_s[None, :, None]
    return Outings(
        *(
            np.ascontiguousarray(part.reshape(n_cars, DAYS * OUTINGS))
            for part in (
                np.where(happens, begins_s + (leaves_h - BEGINS_H) * 3600.0, np.inf),
                np.where(happens, begins_s + (returns_h - BEGINS_H) * 3600.0, np.inf),
                km,
                leg_h,
                MOOD * (2.0 * uniform[:, 2] - 1.0),
            )
        )
    )


def _which(drivers: Drivers, drawn: FloatArray, weekend: BoolArray) -> tuple[BoolArray, BoolArray]:
    """Return which outings happen and which go to work, shape (n_devices, 7, 2)."""
    use = drivers.use
    commuting = drivers.commuter[:, None] & ~weekend
    to_work = np.zeros(drawn.shape, dtype=np.bool_)
    to_work[:, :, 0] = commuting & (drawn[:, :, 0] < use.commutes)
    # what is left of the first number, spread over 0...1 again, decides on a private outing of those who do not go to work
    again = np.where(commuting, (drawn[:, :, 0] - use.commutes) / (1.0 - use.commutes), drawn[:, :, 0])
    first = np.where(weekend, use.weekend, np.where(commuting, use.day_off, use.weekday))
    happens = np.empty_like(to_work)
    happens[:, :, 0] = to_work[:, :, 0] | (again < first)
    second = np.where(to_work[:, :, 0], use.after_work, use.second)
    happens[:, :, 1] = happens[:, :, 0] & (drawn[:, :, 1] < second)
    return happens, to_work


def _times(
    drawn: FloatArray, stay_h: FloatArray, leg_h: FloatArray, happens: BoolArray, to_work: BoolArray, weekend: BoolArray
) -> tuple[FloatArray, FloatArray, FloatArray, BoolArray]:
    """Return hours of leaving and coming home, driving time and what happens after all, shape (n_devices, 7, 2)."""
    leaves, returns, leg_h = np.zeros_like(drawn), np.zeros_like(drawn), leg_h.copy()
    earliest = np.full(drawn.shape[:2], BEGINS_H)
    from_h, to_h = np.full_like(earliest, BEGINS_H), np.full_like(earliest, ENDS_H)
    # of two private outings the first is the one that ends earlier, so that both together keep to the distribution
    both = happens.all(axis=2) & ~to_work[:, :, 0]
    drawn = np.where(both[:, :, None], np.sort(drawn, axis=2), drawn)
    for outing in range(OUTINGS):
        low = np.where(to_work[:, :, outing], HOME_FROM_WORK_H[0], from_h)
        high = np.where(to_work[:, :, outing], HOME_FROM_WORK_H[1], to_h)
        wanted = _home_between(drawn[:, :, outing], low, high, weekend)
        leg = leg_h[:, :, outing] = np.minimum(leg_h[:, :, outing], np.maximum(0.5 * (ENDS_H - earliest - REST_H), REST_H))
        leave = np.maximum(wanted - stay_h[:, :, outing] - 2.0 * leg, earliest)
        back = np.maximum(wanted, leave + 2.0 * leg + REST_H)
        happens[:, :, outing] &= back <= ENDS_H
        leaves[:, :, outing], returns[:, :, outing] = leave, back
        earliest = np.where(happens[:, :, outing], back + REST_H, earliest)
        from_h = np.where(both, from_h, np.minimum(earliest + REST_H, ENDS_H - REST_H))
    return leaves, returns, leg_h, happens


def _home_between(drawn: FloatArray, low_h: FloatArray, high_h: FloatArray, weekend: BoolArray) -> FloatArray:
    """Return hours of coming home between two hours, shape (n_devices, 7): the inverse of a part of the distribution."""
    hours, reached = home_hours()
    result = np.empty_like(drawn)
    for kind, days in enumerate((~weekend, weekend)):
        low, high = (np.interp(edge[:, days], hours, reached[kind]) for edge in (low_h, high_h))
        result[:, days] = np.interp(low + drawn[:, days] * (high - low), reached[kind], hours)
    return result
