# SPDX-License-Identifier: Apache-2.0
"""The arithmetic of a fleet of cars, one car after the other, in machine code by numba.

Small fleets pay for the number of numpy calls, not for arithmetic, so a whole step is one call. Plain functions over arrays,
compiled when first called and kept on disk; this module is imported where a fleet is built, never with the kind.
"""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np

from twinergy.compiling import compiled

CAPACITY, BATTERY_KW, EFFICIENCY, AUX_KW, KNEE, TAIL, WISH, LIMIT, FULL_ENOUGH, FLOOR, V2G_KW = range(11)
PER_KM, HEATING, COOLING, PLUG_IN, HAS_POINT = range(11, 16)
"""Rows of `simulators.ev.params.EvParams.table`."""
ENERGY, PLUGGED, AT_HOME, LEAVES_S, ACCEPT_KW, RELEASE_KW, DISTANCE, UNSERVED, SHORTFALL = range(9)
P_AC_KW, P_LOSS_KW, DRIVE_KW, SOC, WANTED, DEPARTURE_S = range(9, 15)
ROWS: Final = 15
"""Rows of what `advance` returns: the state after the step and what was measured in it."""
HORIZON_S: Final = 7 * 86_400.0
"""How far a departure is known at most. [s]"""
LAST_SHARE: Final = 0.1
"""Share of the full power below which the taper does not go, so that a battery gets full at last; *assumption*. [-]"""
WARM_DEGC: Final = 20.0
HOT_DEGC: Final = 23.0
"""Between these no heating nor cooling; Geotab (2023, 5.2 million trips) finds the least consumption at 21.5 °C. [°C]"""
AHEAD: Final = 1.5
"""How much of what the next trip takes the driver wants in the battery; *assumption*. [-]"""


@compiled
def _into_battery_kw(table: Any, i: int, p_ac_kw: float) -> float:
    if p_ac_kw < 0.0:
        return p_ac_kw / table[EFFICIENCY, i] - table[AUX_KW, i]  # type: ignore[no-any-return]
    return max(table[EFFICIENCY, i] * p_ac_kw - table[AUX_KW, i], 0.0)  # type: ignore[no-any-return]


@compiled
def _accept_kw(table: Any, i: int, energy_kwh: float, hours: float) -> float:
    """Return what a car takes that is plugged in: constant up to the knee, then in proportion to what is missing to full.

    Integrated exactly, with a least power at the end; see `simulators.ev.charger.accepted_kw` for the source.
    """
    if not table[FULL_ENOUGH, i] - energy_kwh > 0.0:
        return 0.0
    full_kwh = table[BATTERY_KW, i] * hours
    taken = min(max(table[KNEE, i] - energy_kwh, 0.0), full_kwh)
    rest_kwh = taken - full_kwh  # what the rest of the step would bring at full power, counted negative
    falling = 0.0
    if rest_kwh < 0.0:
        falling = math.expm1(rest_kwh / table[TAIL, i]) * min(table[CAPACITY, i] - energy_kwh, table[TAIL, i])
    taken = min(taken - min(falling, LAST_SHARE * rest_kwh), table[LIMIT, i] - energy_kwh)
    if not taken > 0.0:
        return 0.0
    return taken / (table[EFFICIENCY, i] * hours) + table[AUX_KW, i] / table[EFFICIENCY, i]  # type: ignore[no-any-return]


@compiled
def _release_kw(table: Any, i: int, energy_kwh: float, hours: float) -> float:
    given = ((energy_kwh - table[FLOOR, i]) / hours - table[AUX_KW, i]) * table[EFFICIENCY, i]
    return max(min(given, table[V2G_KW, i]), 0.0)  # type: ignore[no-any-return]


@compiled
def _plugs_in(table: Any, i: int, energy_kwh: float, mood: float, next_km: float) -> float:
    low = energy_kwh <= table[PLUG_IN, i] + mood * table[CAPACITY, i]
    needed = energy_kwh < AHEAD * next_km * table[PER_KM, i]
    return table[HAS_POINT, i] if low or needed else 0.0


@compiled
def _charge(
    table: Any, p_ev_kw: Any, share: Any, accept_kw: Any, release_kw: Any, energy_kwh: Any, hours: float, out: Any
) -> None:
    """Charge and discharge with what each car gets, within what it said."""
    for i in range(table.shape[1]):
        least = 0.0 - release_kw[i] if table[V2G_KW, i] > 0.0 else 0.0
        p_kw = max(min(share[i] * p_ev_kw[i], accept_kw[i]), least)
        battery_kw = _into_battery_kw(table, i, p_kw)
        # 0: rounding at an empty battery
        out[ENERGY, i] = max(min(energy_kwh[i] + battery_kw * hours, table[CAPACITY, i]), 0.0)
        out[P_AC_KW, i], out[P_LOSS_KW, i], out[DRIVE_KW, i] = p_kw, p_kw - battery_kw, 0.0


@compiled
def _drive(table: Any, rows: Any, km: Any, driving_h: Any, temp_degc: float, hours: float, out: Any) -> None:
    """Take the energy of this step's kilometres; what the battery does not hold is charged in public."""
    for k in range(len(rows)):
        i = rows[k]
        used_kwh = km[k] * table[PER_KM, i]
        if temp_degc < WARM_DEGC:
            used_kwh += table[HEATING, i] * (WARM_DEGC - temp_degc) * driving_h[k]
        elif temp_degc > HOT_DEGC:
            used_kwh += table[COOLING, i] * (temp_degc - HOT_DEGC) * driving_h[k]
        left_kwh = out[ENERGY, i] - used_kwh
        out[ENERGY, i] = max(left_kwh, 0.0)
        out[DRIVE_KW, i] = used_kwh / hours
        out[DISTANCE, i] += km[k]
        out[SHORTFALL, i] -= min(left_kwh, 0.0)


@compiled
def _hand_off(table: Any, leaving: Any, leaves_next_s: Any, coming: Any, mood: Any, next_km: Any, out: Any) -> None:
    """Let cars leave and come home at the end of the step."""
    for k in range(len(leaving)):
        i = leaving[k]
        missing_kwh = (table[WISH, i] - out[ENERGY, i]) * out[PLUGGED, i]  # who did not plug in asked for nothing
        out[UNSERVED, i] += max(missing_kwh, 0.0)
        out[PLUGGED, i], out[AT_HOME, i], out[LEAVES_S, i] = 0.0, 0.0, leaves_next_s[k]
    for k in range(len(coming)):
        i = coming[k]
        out[PLUGGED, i] = _plugs_in(table, i, out[ENERGY, i], mood[k], next_km[k])
        out[AT_HOME, i] = 1.0


@compiled
def _look_ahead(table: Any, hours: float, ends_s: float, out: Any) -> None:
    """Write what is possible in the next step and what the charging point hears."""
    for i in range(table.shape[1]):
        energy_kwh, plugged = out[ENERGY, i], out[PLUGGED, i]
        out[ACCEPT_KW, i] = _accept_kw(table, i, energy_kwh, hours) if plugged > 0.0 else 0.0
        out[RELEASE_KW, i] = _release_kw(table, i, energy_kwh, hours) * plugged
        out[SOC, i] = energy_kwh / table[CAPACITY, i]
        out[WANTED, i] = max(table[WISH, i] - energy_kwh, 0.0) * plugged
        out[DEPARTURE_S, i] = min(out[LEAVES_S, i] - ends_s, HORIZON_S)


@compiled
def shares(home: Any, p_ev_kw: Any, accept_kw: Any, release_kw: Any) -> Any:
    """Return each car's part of its dwelling's power: in proportion to what it accepts, or can feed back.

    `home` is the number of each car's dwelling, or empty where none share one.
    """
    part = np.ones(len(p_ev_kw))
    if len(home) == 0:
        return part
    together = np.zeros(len(home))
    for i in range(len(home)):
        part[i] = release_kw[i] if p_ev_kw[i] < 0.0 else accept_kw[i]
        together[home[i]] += part[i]
    for i in range(len(home)):
        part[i] = part[i] / together[home[i]] if together[home[i]] > 0.0 else 0.0
    return part


@compiled
def advance(
    table: Any,
    home: Any,
    energy_kwh: Any,
    status: Any,
    accept_kw: Any,
    release_kw: Any,
    distance_km: Any,
    unserved_kwh: Any,
    shortfall_kwh: Any,
    p_ev_kw: Any,
    temp_degc: float,
    rows: Any,
    km: Any,
    driving_h: Any,
    leaving: Any,
    coming: Any,
    leaves_next_s: Any,
    mood: Any,
    next_km: Any,
    hours: float,
    ends_s: float,
) -> Any:
    """Return state and measurements after a step, shape (`ROWS`, n_devices), a new array; see `simulators.ev.model.step`."""
    out = np.empty((ROWS, table.shape[1]))
    for i in range(table.shape[1]):
        out[PLUGGED, i], out[AT_HOME, i], out[LEAVES_S, i] = status[0, i], status[1, i], status[2, i]
        out[DISTANCE, i], out[UNSERVED, i], out[SHORTFALL, i] = distance_km[i], unserved_kwh[i], shortfall_kwh[i]
    share = shares(home, p_ev_kw, accept_kw, release_kw)
    _charge(table, p_ev_kw, share, accept_kw, release_kw, energy_kwh, hours, out)
    _drive(table, rows, km, driving_h, temp_degc, hours, out)
    _hand_off(table, leaving, leaves_next_s, coming, mood, next_km, out)
    _look_ahead(table, hours, ends_s, out)
    return out


@compiled
def possible(table: Any, energy_kwh: Any, plugged: Any, hours: float) -> Any:
    """Return what cars accept and can feed back over a step, in kW, shape (2, n_devices)."""
    out = np.empty((2, len(energy_kwh)))
    for i in range(len(energy_kwh)):
        out[0, i] = _accept_kw(table, i, energy_kwh[i], hours) if plugged[i] > 0.0 else 0.0
        out[1, i] = _release_kw(table, i, energy_kwh[i], hours) * plugged[i]
    return out


@compiled
def into_battery_kw(table: Any, p_ac_kw: Any) -> Any:
    """Return the power into the batteries at an AC power, both in kW, shape (n_devices,)."""
    out = np.empty(len(p_ac_kw))
    for i in range(len(p_ac_kw)):
        out[i] = _into_battery_kw(table, i, p_ac_kw[i])
    return out


@compiled
def plug_in(table: Any, energy_kwh: Any, rows: Any, mood: Any, next_km: Any) -> Any:
    """Return 1 for cars that are plugged in on arrival, shape (n_rows,)."""
    out = np.empty(len(rows))
    for k in range(len(rows)):
        out[k] = _plugs_in(table, rows[k], energy_kwh[rows[k]], mood[k], next_km[k])
    return out
