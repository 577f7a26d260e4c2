# SPDX-License-Identifier: Apache-2.0
"""Visitors of hubs: what each brings, and the places at which they are plugged in, as arrays over the charging points."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from simulators.charging import kernel

if TYPE_CHECKING:
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]

EFFICIENCY: Final = 0.9
"""From AC to the battery and back at 11 kW: 87 to 93 % for eight cars (ev2gym, ``ev_specs_v2g_enabled2024.json``). [-]"""
KNEE: Final = {"ac": 0.9, "dc": 0.6}
"""State of charge from which on a car takes less and less; *assumptions*. [-]"""
RESERVE_SOC: Final = 0.3
"""A visitor's car is never emptied below this, nor below what it came with; *assumption*. [-]"""


@dataclass(frozen=True, slots=True)
class Visitor:
    """One visit.

    Attributes
    ----------
    arrives_s, stay_s : float
        Arrival, or the booked time, and time at the point. [s since 1970], [s]
    capacity_kwh, energy_kwh, wish_kwh : float
        Battery: capacity, on arrival, wanted on departure. [kWh]
    ac_kw, dc_kw : float
        Most the car takes from either kind of connector. [kW]
    phases : int
        Phases of its on-board charger.
    v2g_kw : float
        What it can feed back. [kW]
    patience_s : float
        How long it waits. [s]
    leaves_when_done : bool
        Whether it leaves as soon as the wish is met.
    booked, shows, cancels : bool
        Whether it has a reservation, keeps it, or cancels it in time.
    """

    arrives_s: float
    stay_s: float
    capacity_kwh: float
    energy_kwh: float
    wish_kwh: float
    ac_kw: float
    dc_kw: float
    phases: int
    v2g_kw: float
    patience_s: float
    leaves_when_done: bool
    booked: bool = False
    shows: bool = True
    cancels: bool = False


class Places:
    """The connectors of all points with what is plugged in; arrays of shape ``(n_devices,)``, changed in place.

    Parameters
    ----------
    dc : ndarray of bool, shape (n_devices,)
        Which connectors are DC.
    dc_efficiency : ndarray, shape (n_devices,)
        From the grid to the connector of those. [-]

    Attributes
    ----------
    table : ndarray, shape (n_rows, n_devices)
        All of them, in the order of `simulators.charging.kernel.PRESENT` and those that follow; the others are its rows.
    count, hasty : int
        Visitors who are there, and those among them who leave as soon as their wish is met.
    """

    def __init__(self, dc: NDArray[np.bool_], dc_efficiency: FloatArray) -> None:
        n = len(dc)
        to_battery, knee = np.where(dc, dc_efficiency, EFFICIENCY), np.where(dc, KNEE["dc"], KNEE["ac"])
        empty = (0.0, 0.0, 1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 3.0, 0.0, np.nan)
        self._dc = dc
        self.table = np.stack([*(np.full(n, value) for value in empty), to_battery, knee])
        self.present, self.reserved, self.capacity_kwh, self.energy_kwh, self.wish_kwh, self.floor_kwh, *rest = self.table
        self.battery_kw, self.v2g_kw, self.phases, self.since_s, self.leaves_s, self._to_battery, _ = rest
        self.leaves_when_done = np.zeros(n, dtype=np.bool_)
        self.count = self.hasty = 0

    def plug(self, row: int, visitor: Visitor, now_s: float) -> None:
        """Plug a visitor in."""
        self.present[row], self.reserved[row] = 1.0, 0.0
        self.capacity_kwh[row], self.energy_kwh[row] = visitor.capacity_kwh, visitor.energy_kwh
        self.wish_kwh[row] = visitor.wish_kwh
        self.floor_kwh[row] = min(visitor.energy_kwh, RESERVE_SOC * visitor.capacity_kwh)
        most_kw = visitor.dc_kw if self._dc[row] else visitor.ac_kw * self._to_battery[row]
        self.battery_kw[row], self.v2g_kw[row] = most_kw, visitor.v2g_kw
        self.phases[row] = visitor.phases
        self.since_s[row], self.leaves_s[row] = now_s, now_s + visitor.stay_s
        self.leaves_when_done[row] = visitor.leaves_when_done
        self.hasty += visitor.leaves_when_done
        self.count += 1

    def unplug(self, row: int) -> float:
        """Unplug the visitor and return what was missing to the wish, in kWh."""
        missing = max(float(self.wish_kwh[row] - self.energy_kwh[row]), 0.0)
        met = missing < kernel.DONE * float(self.capacity_kwh[row])
        self.present[row] = self.battery_kw[row] = self.v2g_kw[row] = 0.0
        self.capacity_kwh[row] = self.energy_kwh[row] = self.wish_kwh[row] = self.floor_kwh[row] = 1.0
        self.hasty -= bool(self.leaves_when_done[row])
        self.leaves_s[row], self.leaves_when_done[row] = np.nan, False
        self.count -= 1
        return 0.0 if met else missing

    def connected(self, epoch_s: float, duration_s: float) -> FloatArray:
        """Return the share of a step for which each visitor stays, shape (n_devices,); 1 where there is none."""
        return np.asarray(kernel.connected(self.table, epoch_s, duration_s), dtype=np.float64)

    def accept_kw(self, hours: FloatArray) -> FloatArray:
        """Return the power each visitor takes at the grid side as a mean over the time it stays in a step.

        Constant up to the knee, then falling in proportion to what is missing to full, integrated over the step.
        """
        return np.asarray(kernel.possible(self.table, hours)[0], dtype=np.float64)

    def release_kw(self, hours: FloatArray) -> FloatArray:
        """Return the power each visitor can feed back at the grid side, counted positive, as a mean over the time it stays."""
        return np.asarray(kernel.possible(self.table, hours)[1], dtype=np.float64)

    def move(self, p_kw: FloatArray, hours: float) -> None:
        """Charge and discharge the visitors' batteries with these mean powers at the grid side over a step."""
        kernel.move(self.table, p_kw, hours)

    def done(self) -> NDArray[np.intp]:
        """Return which of those who leave at once have their wish met, as rows."""
        met = self.wish_kwh - self.energy_kwh < kernel.DONE * self.capacity_kwh
        return np.flatnonzero(met & self.leaves_when_done)

    def seen(self, known: NDArray[np.bool_], ends_s: float) -> FloatArray:
        """Return what points see of their visitors, one row each, in the order of `simulators.charging.kernel.THERE`.

        `known` are the points that learn the state of charge.
        """
        return np.asarray(kernel.seen(self.table, known, ends_s), dtype=np.float64)

    def soc(self, known: NDArray[np.bool_]) -> FloatArray:
        """Return the state of charge of each visitor at the points that learn it, NaN elsewhere and where there is none."""
        return np.asarray(self.seen(known, 0.0)[kernel.SEEN_SOC], dtype=np.float64)
