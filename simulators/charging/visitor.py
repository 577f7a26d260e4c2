# SPDX-License-Identifier: Apache-2.0
"""Visitors of hubs: what each brings, and the places at which they are plugged in, as arrays over the charging points."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]

EFFICIENCY: Final = 0.9
"""From AC to the battery and back at 11 kW: 87 to 93 % for eight cars (ev2gym, ``ev_specs_v2g_enabled2024.json``). [-]"""
KNEE: Final = {"ac": 0.9, "dc": 0.6}
"""State of charge from which on a car takes less and less; *assumptions*. [-]"""
LAST_SHARE: Final = 0.1
"""Share of the full power below which it does not go, so that a battery gets full at last; *assumption*. [-]"""
DONE: Final = 1e-4
"""A wish of which less than this share of the capacity is missing is met. [-]"""
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
    """

    def __init__(self, dc: NDArray[np.bool_], dc_efficiency: FloatArray) -> None:
        n = len(dc)
        self._dc = dc
        self._to_battery = np.where(dc, dc_efficiency, EFFICIENCY)
        self._knee = np.where(dc, KNEE["dc"], KNEE["ac"])
        self.present = np.zeros(n)
        self.reserved = np.zeros(n)
        self.capacity_kwh, self.energy_kwh, self.wish_kwh, self.floor_kwh = np.ones(n), np.ones(n), np.ones(n), np.ones(n)
        self.battery_kw, self.v2g_kw = np.zeros(n), np.zeros(n)
        self.phases = np.full(n, 3.0)
        self.since_s, self.leaves_s = np.zeros(n), np.full(n, np.nan)
        self.leaves_when_done = np.zeros(n, dtype=np.bool_)
        self.count = 0

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
        self.count += 1

    def unplug(self, row: int) -> float:
        """Unplug the visitor and return what was missing to the wish, in kWh."""
        missing = max(float(self.wish_kwh[row] - self.energy_kwh[row]), 0.0)
        met = missing < DONE * float(self.capacity_kwh[row])
        self.present[row] = self.battery_kw[row] = self.v2g_kw[row] = 0.0
        self.capacity_kwh[row] = self.energy_kwh[row] = self.wish_kwh[row] = self.floor_kwh[row] = 1.0
        self.leaves_s[row], self.leaves_when_done[row] = np.nan, False
        self.count -= 1
        return 0.0 if met else missing

    def connected(self, epoch_s: float, duration_s: float) -> FloatArray:
        """Return the share of a step for which each visitor stays, shape (n_devices,); 1 where there is none."""
        share = (self.leaves_s - epoch_s) / duration_s
        return np.asarray(np.fmin(np.maximum(share, 0.0), 1.0), dtype=np.float64)

    def accept_kw(self, hours: FloatArray) -> FloatArray:
        """Return the power each visitor takes at the grid side as a mean over the time it stays in a step.

        Constant up to the knee, then falling in proportion to what is missing to full, integrated over the step.
        """
        tail = (1.0 - self._knee) * self.capacity_kwh
        full = self.battery_kw * hours
        constant = np.minimum(np.maximum(self._knee * self.capacity_kwh - self.energy_kwh, 0.0), full)
        rest = full - constant
        falling = -np.expm1(-rest / tail) * np.minimum(self.capacity_kwh - self.energy_kwh, tail)
        taken = constant + np.maximum(falling, LAST_SHARE * rest)
        taken = np.minimum(taken, self.wish_kwh - self.energy_kwh)
        taken[taken < DONE * self.capacity_kwh] = 0.0
        power = np.divide(taken, self._to_battery * hours, out=np.zeros_like(taken), where=hours > 0.0)
        return np.asarray(power, dtype=np.float64)

    def release_kw(self, hours: FloatArray) -> FloatArray:
        """Return the power each visitor can feed back at the grid side, counted positive, as a mean over the time it stays."""
        spare = np.maximum(self.energy_kwh - self.floor_kwh, 0.0) * self._to_battery
        power = np.divide(spare, hours, out=np.zeros_like(spare), where=hours > 0.0)
        return np.asarray(np.minimum(power, self.v2g_kw), dtype=np.float64)

    def move(self, p_kw: FloatArray, hours: float) -> None:
        """Charge and discharge the visitors' batteries with these mean powers at the grid side over a step."""
        into = np.where(p_kw > 0.0, p_kw * self._to_battery, p_kw / self._to_battery) * hours
        moved = np.minimum(np.maximum(self.energy_kwh + into, 0.0), self.capacity_kwh)
        self.energy_kwh = np.where(self.present > 0.0, moved, self.energy_kwh)

    def done(self) -> NDArray[np.intp]:
        """Return which of those who leave at once have their wish met, as rows."""
        met = self.wish_kwh - self.energy_kwh < DONE * self.capacity_kwh
        return np.flatnonzero(met & self.leaves_when_done)

    def soc(self, known: NDArray[np.bool_]) -> FloatArray:
        """Return the state of charge of each visitor at the points that learn it, NaN elsewhere and where there is none."""
        return np.where(known & (self.present > 0.0), self.energy_kwh / self.capacity_kwh, np.nan)

    def open_kwh(self, wanted_kwh: FloatArray) -> FloatArray:
        """Return `wanted_kwh` with 0 where the wish is as good as met."""
        return np.where(wanted_kwh < DONE * self.capacity_kwh, 0.0, wanted_kwh)

    def wanted_kwh(self) -> FloatArray:
        """Return what is missing to each visitor's wish, 0 where there is none."""
        return np.maximum(self.wish_kwh - self.energy_kwh, 0.0) * self.present
