# SPDX-License-Identifier: Apache-2.0
"""What ``data/ev`` says about sessions at charging points, and about the cars that come."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]

DATA: Final = Path(__file__).resolve().parents[2] / "data" / "ev"
QUARTERS: Final = 96


class SessionTable(NamedTuple):
    """Sessions at one sort of place.

    Attributes
    ----------
    week_share : ndarray, shape (7, 96)
        Share of a week's arrivals in each quarter hour of local time, Monday first; sums to 1. [-]
    exceeded : ndarray, shape (101,)
        Share of sessions that exceed the two columns that follow, ascending. [-]
    connected_h, energy_kwh : ndarray, shape (101,)
        Connection time and energy of a session, falling. [h], [kWh]
    """

    week_share: FloatArray
    exceeded: FloatArray
    connected_h: FloatArray
    energy_kwh: FloatArray


class CarTable(NamedTuple):
    """Cars and how often they come; arrays of shape ``(n_cars,)``.

    Attributes
    ----------
    share : ndarray
        Share of registrations. [-]
    capacity_kwh, ac_kw, dc_kw : ndarray
        Battery and most power from either kind of connector. [kWh], [kW]
    phases : ndarray
        Phases of the on-board charger. [-]
    """

    share: FloatArray
    capacity_kwh: FloatArray
    ac_kw: FloatArray
    dc_kw: FloatArray
    phases: FloatArray


def _columns(file: str) -> dict[str, list[str]]:
    with (DATA / file).open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    return {name: [row[name] for row in rows] for name in rows[0]}


@cache
def sessions(pattern: str) -> SessionTable:
    """Return the sessions of a pattern: ``public``, ``workplace``, ``private`` or ``constant``.

    >>> float(round(sessions("workplace").week_share[5:].sum(), 6))
    0.0
    """
    place = "public" if pattern == "constant" else pattern
    curves = _columns("elaadnl_sessions.csv")
    return SessionTable(
        week_share=np.full((7, QUARTERS), 1.0 / (7 * QUARTERS)) if pattern == "constant" else _week_share(place),
        exceeded=np.array(curves["exceeded_by_percent"], dtype=np.float64) / 100.0,
        connected_h=np.array(curves[f"{place}_connected_h"], dtype=np.float64),
        energy_kwh=np.array(curves[f"{place}_energy_kwh"], dtype=np.float64),
    )


def _week_share(place: str) -> FloatArray:
    arrivals, days = _columns("elaadnl_arrivals.csv"), _columns("elaadnl_days.csv")
    weekday = np.array(arrivals[f"{place}_weekday"], dtype=np.float64)
    weekend = np.array(arrivals.get(f"{place}_weekend", arrivals[f"{place}_weekday"]), dtype=np.float64)
    day_share = np.array(days[f"{place}_percent"], dtype=np.float64)
    hours = np.array([weekday / weekday.sum()] * 5 + [weekend / weekend.sum()] * 2)
    return np.asarray(hours * (day_share / day_share.sum())[:, None], dtype=np.float64)


@cache
def cars() -> CarTable:
    """Return the cars that visit hubs.

    >>> bool(cars().share.sum().round(9) == 1.0)
    True
    """
    table = _columns("vehicles.csv")
    number, *rest = (
        np.array(table[name], dtype=np.float64) for name in ("registrations", "capacity_kwh", "ac_kw", "dc_kw", "ac_phases")
    )
    return CarTable(number / number.sum(), *rest)
