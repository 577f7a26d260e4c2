# SPDX-License-Identifier: Apache-2.0
"""The arithmetic of charging points and of the visitors' cars, one point after the other, in machine code by numba.

Small fleets pay for the number of numpy calls, not for arithmetic, so a step is a handful of calls. Plain functions over
arrays, compiled when first called and kept on disk; this module is imported where a fleet is built, never with the kind.
"""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np

from twinergy.compiling import compiled

PER_PHASE_KW, LEAST_KW, PHASES, UNCONTROLLED_KW, FOLLOWS, OBEYS, V2G, SWITCHES, KEEPS, KNOWS_SOC, TAN_PHI, PUBLIC = range(12)
"""Rows of `simulators.charging.params.ChargingParams.table`."""
PRESENT, RESERVED, CAPACITY, ENERGY, WISH, FLOOR, BATTERY_KW, V2G_KW, CAR_PHASES, SINCE_S, LEAVES_S = range(11)
TO_BATTERY, KNEE = range(11, 13)
"""Rows of `simulators.charging.visitor.Places.table`."""
THERE, KEPT, SEEN_SOC, SEEN_WANTED, SEEN_OPEN, SEEN_LEFT_S = range(6)
SEEN: Final = 6
"""Rows of what `seen` returns, and how many."""
Q_KVAR, P_EV_KW, STATE, CLOSED, SOC, WANTED, LEFT_S, DRAWN, FED, SESSION = range(10)
ROWS: Final = 10
"""Rows of what `measure` returns, and how many."""

EFFICIENCY: Final = 0.85
"""What a point reckons with from the grid to the battery; *assumption*, on the safe side of 0.9. [-]"""
SPARE_S: Final = 900.0
"""How long before the departure it wants to be done; *assumption*. [s]"""
SLACK: Final = 1e-12
"""How far the sum of a hub may lie above its limit by rounding. [-]"""
LAST_SHARE: Final = 0.1
"""Share of the full power below which a car's does not go, so that a battery gets full at last; *assumption*. [-]"""
DONE: Final = 1e-4
"""A wish of which less than this share of the capacity is missing is met. [-]"""


@compiled
def _wanted_kw(table: Any, i: int, phases: float, accept_kw: float, car: Any, asked: Any) -> float:
    """Return the power a point would like to draw within what it is asked, infinite for all it can.

    `car` is the energy missing to the wish and the time to the departure, `asked` the net load and the set-points.
    """
    wanted_kwh, left_s = car
    net_kw, set_kw, min_kw, max_kw = asked
    offer = table[UNCONTROLLED_KW, i]
    if table[FOLLOWS, i] > 0.0:
        offer = 0.0 if math.isnan(net_kw) else -net_kw
    if table[OBEYS, i] > 0.0 and math.isfinite(set_kw):
        offer = set_kw
    if table[KEEPS, i] > 0.0 and not math.isnan(left_s):
        # the time to the departure is only just enough for the wish at full power, with a quarter of an hour to spare
        fullest_kw = min(table[PER_PHASE_KW, i] * phases, accept_kw)
        if wanted_kwh > EFFICIENCY * fullest_kw * (max(left_s - SPARE_S, 0.0) / 3600.0):
            offer = np.inf
    if not math.isnan(min_kw):
        offer = max(offer, min_kw)
    if not math.isnan(max_kw):
        offer = min(offer, max_kw)
    return offer  # type: ignore[no-any-return]


@compiled
def powers(
    table: Any,
    hub: Any,
    limit_kw: Any,
    accept_kw: Any,
    release_kw: Any,
    car_phases: Any,
    wanted_kwh: Any,
    left_s: Any,
    net_kw: Any,
    set_kw: Any,
    min_kw: Any,
    max_kw: Any,
) -> Any:
    """Return the power of each point before the limits of hubs and the least it can have, and whether a hub is above its limit.

    Shape (2, n_devices), in kW; the least is 0 where there is nothing to give. See `simulators.charging.model.power`.
    """
    n = table.shape[1]
    out = np.empty((2, n))
    together = np.zeros((2, len(limit_kw)))
    for i in range(n):
        if not accept_kw[i] > 0.0 and not release_kw[i] * table[V2G, i] > 0.0:  # most of the time: nothing to decide
            out[0, i] = out[1, i] = 0.0
            continue
        phases = min(car_phases[i], table[PHASES, i])
        offer = _wanted_kw(
            table, i, phases, accept_kw[i], (wanted_kwh[i], left_s[i]), (net_kw[i], set_kw[i], min_kw[i], max_kw[i])
        )
        if table[SWITCHES, i] > 0.0 and offer < table[LEAST_KW, i] * phases:
            phases = 1.0
        carries, least = table[PER_PHASE_KW, i] * phases, table[LEAST_KW, i] * phases
        offer = min(offer, carries)
        p_kw = 0.0
        if offer > 0.0 and offer >= least:
            p_kw = min(offer, accept_kw[i])
        elif offer < 0.0 and table[V2G, i] > 0.0:
            p_kw = 0.0 - min(-offer, release_kw[i], carries)
        out[0, i], out[1, i] = p_kw, least
        if hub[i] >= 0:
            together[0, hub[i]] += max(p_kw, 0.0)
            together[1, hub[i]] -= min(p_kw, 0.0)
    over = False
    for h in range(len(limit_kw)):
        over = over or max(together[0, h], together[1, h]) > limit_kw[h] * (1.0 + SLACK)
    return out, over


@compiled
def _code(p_kw: float, plugged: float, more: float, reserved: float) -> float:
    if not plugged > 0.0:
        return reserved
    if p_kw != 0.0:
        return 3.0 if p_kw > 0.0 else 4.0
    return 2.0 if more > 0.0 else 5.0


@compiled
def codes(p_kw: Any, plugged: Any, accept_kw: Any, reserved: Any) -> Any:
    """Return the state of each point, see `simulators.charging.model.codes`."""
    out = np.empty(len(p_kw))
    for i in range(len(p_kw)):
        out[i] = _code(p_kw[i], plugged[i], accept_kw[i], reserved[i])
    return out


@compiled
def measure(
    table: Any,
    p_kw: Any,
    plugged: Any,
    soc: Any,
    accept_kw: Any,
    wanted_kwh: Any,
    left_s: Any,
    drawn_kwh: Any,
    fed_kwh: Any,
    session_kwh: Any,
    locked: Any,
    theirs: Any,
    new: Any,
    duration_s: float,
) -> Any:
    """Return what the points show after a step, shape (`ROWS`, n_devices), a new array.

    A point of a dwelling knows what its car said before the step, one for visitors what it sees of them at its end
    (`theirs`, from `seen`; its visitor came in this step where `new`).
    """
    hours = duration_s / 3600.0
    out = np.empty((ROWS, table.shape[1]))
    for i in range(table.shape[1]):
        p, kept = p_kw[i], 1.0 if locked[i] else 0.0
        drawn = max(p * hours, 0.0)
        out[Q_KVAR, i] = abs(p) * table[TAN_PHI, i]
        out[CLOSED, i] = 1.0 if p != 0.0 else 0.0
        out[DRAWN, i] = drawn_kwh[i] + drawn
        out[FED, i] = fed_kwh[i] - min(p * hours, 0.0)
        out[SESSION, i] = session_kwh[i] + drawn
        if table[PUBLIC, i] > 0.0:
            if new[i]:  # what was drawn was the one before's
                out[SESSION, i] = p = 0.0
            out[STATE, i] = _code(p, theirs[THERE, i], theirs[SEEN_OPEN, i], max(theirs[KEPT, i], kept))
            out[P_EV_KW, i], out[SOC, i] = 0.0, theirs[SEEN_SOC, i]
            out[WANTED, i], out[LEFT_S, i] = theirs[SEEN_WANTED, i], theirs[SEEN_LEFT_S, i]
        else:
            absent = not plugged[i] > 0.0
            out[STATE, i] = _code(p, plugged[i], accept_kw[i], kept)
            out[P_EV_KW, i], out[WANTED, i] = p, wanted_kwh[i]
            out[SOC, i] = np.nan if absent or not table[KNOWS_SOC, i] > 0.0 else soc[i]
            out[LEFT_S, i] = np.nan if absent else left_s[i] - duration_s
    return out


@compiled
def _accept_kw(places: Any, i: int, hours: float) -> float:
    """Return what a visitor takes: constant up to the knee, then in proportion to what is missing to full, integrated."""
    if not hours > 0.0:
        return 0.0
    capacity, energy = places[CAPACITY, i], places[ENERGY, i]
    tail = (1.0 - places[KNEE, i]) * capacity
    full = places[BATTERY_KW, i] * hours
    constant = min(max(places[KNEE, i] * capacity - energy, 0.0), full)
    rest = full - constant
    falling = -math.expm1(-rest / tail) * min(capacity - energy, tail)
    taken = min(constant + max(falling, LAST_SHARE * rest), places[WISH, i] - energy)
    return 0.0 if taken < DONE * capacity else taken / (places[TO_BATTERY, i] * hours)


@compiled
def _release_kw(places: Any, i: int, hours: float) -> float:
    if not hours > 0.0:
        return 0.0
    spare = max(places[ENERGY, i] - places[FLOOR, i], 0.0) * places[TO_BATTERY, i]
    return min(spare / hours, places[V2G_KW, i])  # type: ignore[no-any-return]


@compiled
def possible(places: Any, hours: Any) -> Any:
    """Return what visitors take and can feed back as a mean over the time they stay, in kW, shape (2, n_devices)."""
    out = np.empty((2, places.shape[1]))
    for i in range(places.shape[1]):
        out[0, i], out[1, i] = _accept_kw(places, i, hours[i]), _release_kw(places, i, hours[i])
    return out


@compiled
def _share(leaves_s: float, epoch_s: float, duration_s: float) -> float:
    if math.isnan(leaves_s):
        return 1.0
    return min(max((leaves_s - epoch_s) / duration_s, 0.0), 1.0)


@compiled
def connected(places: Any, epoch_s: float, duration_s: float) -> Any:
    """Return the share of a step for which each visitor stays, shape (n_devices,); 1 where there is none."""
    out = np.empty(places.shape[1])
    for i in range(places.shape[1]):
        out[i] = _share(places[LEAVES_S, i], epoch_s, duration_s)
    return out


@compiled
def arranged(
    table: Any,
    places: Any,
    accept_kw: Any,
    release_kw: Any,
    phases: Any,
    since_s: Any,
    wanted_kwh: Any,
    left_s: Any,
    epoch_s: float,
    duration_s: float,
) -> Any:
    """Return the cars of dwellings, given, and those of visitors in one array, shape (7, n_devices).

    Rows as in `simulators.charging.model.Cars`; the last one is the share of the step for which each car stays.
    """
    out = np.empty((7, table.shape[1]))
    for i in range(table.shape[1]):
        if table[PUBLIC, i] > 0.0:
            share = _share(places[LEAVES_S, i], epoch_s, duration_s)
            hours = share * (duration_s / 3600.0)
            out[0, i], out[1, i] = _accept_kw(places, i, hours), _release_kw(places, i, hours)
            out[2, i], out[3, i] = places[CAR_PHASES, i], places[SINCE_S, i]
            out[4, i] = max(places[WISH, i] - places[ENERGY, i], 0.0) * places[PRESENT, i]
            out[5, i], out[6, i] = places[LEAVES_S, i] - epoch_s, share
        else:
            out[0, i], out[1, i], out[2, i], out[3, i] = accept_kw[i], release_kw[i], phases[i], since_s[i]
            out[4, i], out[5, i], out[6, i] = wanted_kwh[i], left_s[i], 1.0
    return out


@compiled
def move(places: Any, p_kw: Any, hours: float) -> None:
    """Charge and discharge the visitors' batteries with mean powers at the grid side over a step; changes `places`."""
    for i in range(places.shape[1]):
        if places[PRESENT, i] > 0.0:
            p = p_kw[i]
            into = p * places[TO_BATTERY, i] if p > 0.0 else p / places[TO_BATTERY, i]
            places[ENERGY, i] = min(max(places[ENERGY, i] + into * hours, 0.0), places[CAPACITY, i])


@compiled
def seen(places: Any, knows_soc: Any, ends_s: float) -> Any:
    """Return what points see of their visitors at the end of a step, shape (`SEEN`, n_devices), a new array."""
    out = np.empty((SEEN, places.shape[1]))
    for i in range(places.shape[1]):
        present, capacity = places[PRESENT, i], places[CAPACITY, i]
        wanted = max(places[WISH, i] - places[ENERGY, i], 0.0) * present
        out[THERE, i], out[KEPT, i], out[SEEN_WANTED, i] = present, places[RESERVED, i], wanted
        out[SEEN_SOC, i] = places[ENERGY, i] / capacity if knows_soc[i] and present > 0.0 else np.nan
        out[SEEN_OPEN, i] = 0.0 if wanted < DONE * capacity else wanted
        leaves_s = places[LEAVES_S, i]
        out[SEEN_LEFT_S, i] = leaves_s if math.isnan(leaves_s) else max(leaves_s - ends_s, 0.0)
    return out
