# SPDX-License-Identifier: Apache-2.0
"""Cars as a plan sees them: the energy they need, between charging at once and charging as late as departures allow."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from twinergy.planning.courses import CarFleet

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from twinergy.community.twin import Device, Twin
    from twinergy.cosim.planning.tallies import Year
    from twinergy.kinds import FloatArray

    IntArray = NDArray[np.int64]

CAR: Final = "ev"
POINT: Final = "charging"
PLUGGED_IN: Final = 2.0
"""From this `state` of a charging point on a car is connected to it (see the kind's port)."""


def ask(year: Year, twin: Twin) -> None:
    """Have everything recorded that `cars_of` looks at."""
    cars, points = _at_home(twin), _public(twin)
    for port in ("p_ac_kw", "plugged"):
        year.each(f"car {port}", CAR, port, cars)
    for port in ("p_kw", "state", "sessions_count"):
        year.each(f"point {port}", POINT, port, points)


def cars_of(year: Year, twin: Twin, step_h: float) -> tuple[tuple[CarFleet, ...], list[str]]:
    """Return the cars behind each meter, those of homes and the visitors of hubs, and what was assumed.

    A car of a home can draw, while it is plugged in, what it drew at most in the year; a visitor what he drew at most in his
    stay. Both want, when they leave, the energy that they would have had by charging at once.

    Parameters
    ----------
    year : Year
        A year in which every car charged as it came.
    twin : Twin
        Whose it was.
    step_h : float
        Length of a step. [h]
    """
    fleets: dict[str, CarFleet] = {}
    homes, points = _at_home(twin), _public(twin)
    plugged = year["car plugged"] > 0.0
    charged = year["car p_ac_kw"]
    if len(homes):
        most = charged.max(axis=1, keepdims=True) * plugged
        back = _releases(twin, homes)[:, None] * plugged
        _add(fleets, [one.connection for one in homes], charged, np.maximum(most, charged), back, sessions(plugged), step_h)
    if len(points):
        drawn = year["point p_kw"]
        stays = sessions((year["point state"] >= PLUGGED_IN) | (drawn > 0.0), year["point sessions_count"])
        most = highest(drawn, stays)
        _add(fleets, [one.connection for one in points], drawn, most, np.zeros_like(drawn), stays, step_h)
        _limit(fleets, twin, points, most)
    notes = []
    if len(points):
        notes.append(
            f"visitors of {len(points)} public charging points can be charged later within their stay, like cars at home"
        )
    if len(homes) or len(points):
        notes.append(
            "cars want, when they leave, the energy they would have had by charging at once; tapering near full is left out"
        )
    return tuple(fleets[name] for name in sorted(fleets)), notes


def _limit(fleets: dict[str, CarFleet], twin: Twin, points: Sequence[Device], most_kw: FloatArray) -> None:
    """Take from each meter what its hubs do not let through when all their points are taken."""
    for hub in twin.hubs:
        mine = [row for row, point in enumerate(points) if point.hub == hub.id]
        if mine:
            fleet = fleets[hub.connection]
            above = np.maximum(most_kw[mine].sum(axis=0) - hub.limit_kw, 0.0)
            charge = np.maximum(fleet.charge_kw - above, fleet.uncontrolled_kw)
            fleets[hub.connection] = replace(fleet, charge_kw=charge)


def _add(
    fleets: dict[str, CarFleet],
    meters: Sequence[str],
    charged: FloatArray,
    most: FloatArray,
    back: FloatArray,
    stays: IntArray,
    step_h: float,
) -> None:
    """Add cars to the fleets of their meters."""
    least_kwh, most_kwh = envelopes(charged, most, stays, step_h)
    for meter in sorted(set(meters)):
        rows = [row for row, name in enumerate(meters) if name == meter]
        parts = [part[rows].sum(axis=0) for part in (charged, most, back, least_kwh, most_kwh)]
        if meter in fleets:
            known = fleets[meter]
            before = (known.uncontrolled_kw, known.charge_kw, known.discharge_kw, known.least_kwh, known.most_kwh)
            parts = [one + other for one, other in zip(parts, before, strict=True)]
        names = ("uncontrolled_kw", "charge_kw", "discharge_kw", "least_kwh", "most_kwh")
        fleets[meter] = CarFleet(connection=meter, **dict(zip(names, parts, strict=True)))


def sessions(connected: NDArray[np.bool_], begun: FloatArray | None = None) -> IntArray:
    """Return the number of the stay in each step, 0 where nobody is connected, shape (n, n_steps).

    Parameters
    ----------
    connected : ndarray of bool, shape (n, n_steps)
        Whether a car is connected.
    begun : ndarray, shape (n, n_steps), optional
        Sessions begun so far; where it rises while somebody is connected, one car has taken another's place.
    """
    starts = connected.copy()
    starts[:, 1:] &= ~connected[:, :-1]
    if begun is not None:
        starts[:, 1:] |= connected[:, 1:] & (begun[:, 1:] > begun[:, :-1])
    return np.asarray(np.cumsum(starts, axis=1) * connected, dtype=np.int64)


def highest(drawn_kw: FloatArray, stays: IntArray) -> FloatArray:
    """Return in each step the most that was drawn during its stay, 0 outside of stays, shape (n, n_steps). [kW]."""
    found = np.zeros_like(drawn_kw)
    for row, (drawn, stay) in enumerate(zip(drawn_kw, stays, strict=True)):
        peaks = np.zeros(int(stay.max(initial=0)) + 1)
        np.maximum.at(peaks, stay, drawn)
        found[row] = peaks[stay] * (stay > 0)
    return found


def envelopes(charged_kw: FloatArray, most_kw: FloatArray, stays: IntArray, step_h: float) -> tuple[FloatArray, FloatArray]:
    """Return the least and the most energy that may have been charged at the end of each step since the beginning.

    Parameters
    ----------
    charged_kw : ndarray, shape (n, n_steps)
        What is drawn when everybody charges at once. [kW]
    most_kw : ndarray, shape (n, n_steps)
        Most that can be drawn, never below `charged_kw`. [kW]
    stays : ndarray of int, shape (n, n_steps)
        Number of the stay as in `sessions`.
    step_h : float
        Length of a step. [h]

    Returns
    -------
    least_kwh, most_kwh : ndarray, shape (n, n_steps)
        Both rise, the least never lies above the most, and they meet at the end of every stay. [kWh]

    Notes
    -----
    Within a stay the energy that is still to be had at its end must fit into what is left of it: the least is what is there at
    its end less ``most_kw`` times the time to come, but not below what was there before it.
    """
    most = np.cumsum(charged_kw, axis=1) * step_h
    able = np.cumsum(most_kw * (stays > 0), axis=1) * step_h
    last = _last_of_stay(stays)
    rows = np.arange(len(stays))[:, None]
    before = np.concatenate([np.zeros((len(stays), 1)), most[:, :-1]], axis=1)[rows, _first_of_stay(stays)]
    late = most[rows, last] - (able[rows, last] - able)
    least = np.where(stays > 0, np.clip(late, before, most), most)
    return np.maximum.accumulate(least, axis=1), most


def _last_of_stay(stays: IntArray) -> IntArray:
    """Return the last step of the stay that each step belongs to, or of the time without one."""
    return np.asarray(stays.shape[1] - 1 - _first_of_stay(stays[:, ::-1])[:, ::-1])


def _first_of_stay(stays: IntArray) -> IntArray:
    steps = np.broadcast_to(np.arange(stays.shape[1]), stays.shape).copy()
    steps[:, 1:][stays[:, 1:] == stays[:, :-1]] = 0
    return np.asarray(np.maximum.accumulate(steps, axis=1), dtype=np.int64)


def _at_home(twin: Twin) -> list[Device]:
    """Return the cars that have a charging point in their dwelling."""
    served = {one.dwelling for one in twin.of_kind(POINT) if one.dwelling}
    return [one for one in twin.of_kind(CAR) if one.dwelling in served]


def _public(twin: Twin) -> list[Device]:
    """Return the charging points that serve no car of a dwelling."""
    homes = {one.dwelling for one in twin.of_kind(CAR)} - {""}
    return [one for one in twin.of_kind(POINT) if one.dwelling not in homes]


def _releases(twin: Twin, cars: Sequence[Device]) -> FloatArray:
    """Return what each car can feed back where its point can, shape (n_cars,). [kW]."""
    able = {one.dwelling for one in twin.of_kind(POINT) if getattr(one.options, "v2g", False)}
    return np.array([float(getattr(one.options, "v2g_kw", 0.0)) * (one.dwelling in able) for one in cars])
