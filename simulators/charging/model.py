# SPDX-License-Identifier: Apache-2.0
"""Power of a fleet of charging points: what each offers, what its car takes, what its hub allows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from simulators.charging.sharing import share
from twinergy.units import SECONDS_PER_HOUR

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from simulators.charging.params import ChargingParams, HubParams

    FloatArray = NDArray[np.float64]
    BoolArray = NDArray[np.bool_]

ZERO: Final = np.array(0.0)
"""numpy takes an array without dimensions faster than a number of Python."""
ONE: Final = np.array(1.0)
EFFICIENCY: Final = 0.85
"""What a point reckons with from the grid to the battery; *assumption*, on the safe side of 0.9. [-]"""
SPARE_S: Final = 900.0
"""How long before the departure it wants to be done; *assumption*. [s]"""


class Cars(NamedTuple):
    """What is plugged in during a step; arrays of shape ``(n_devices,)``.

    Attributes
    ----------
    accept_kw, release_kw : ndarray
        Power the car accepts and can feed back, at the grid side, counted positive; 0 where there is none. [kW]
    phases : ndarray
        Phases the car uses. [-]
    since_s : ndarray
        When it was plugged in. [s since 1970]
    wanted_kwh, left_s : ndarray
        Energy missing to the driver's wish, and time to the departure. [kWh], [s]
    """

    accept_kw: FloatArray
    release_kw: FloatArray
    phases: FloatArray
    since_s: FloatArray
    wanted_kwh: FloatArray
    left_s: FloatArray


class ChargingInputs(NamedTuple):
    """What acts on the points; arrays of shape ``(n_devices,)``, None where nobody asks any point.

    Attributes
    ----------
    p_net_kw : ndarray
        Load behind the same meter without charging, load frame. [kW]
    p_set_kw, p_min_kw, p_max_kw : ndarray or None
        Power asked for and its limits, load frame, NaN where nobody asks. [kW]
    """

    p_net_kw: FloatArray
    p_set_kw: FloatArray | None = None
    p_min_kw: FloatArray | None = None
    p_max_kw: FloatArray | None = None


def power(params: ChargingParams, cars: Cars, inputs: ChargingInputs) -> FloatArray:
    """Return the power of each charging point in a step.

    Parameters
    ----------
    params : ChargingParams
        Nameplate data, arrays of shape ``(n_devices,)``.
    cars : Cars
        What is plugged in.
    inputs : ChargingInputs
        Net load, set-points and limits.

    Returns
    -------
    ndarray, shape (n_devices,)
        Power at the grid side, load frame: negative feeds back. [kW]

    Notes
    -----
    A connector carries its current on as many phases as connector and car both have. An offer below 6 A on these phases is a
    pause (IEC 61851-1:2017, annex A); a car may take less than it is offered. Of two limits that contradict each other the
    upper one holds.
    """
    phases = np.minimum(cars.phases, params.phases)
    offer = _wanted(params, inputs)
    if params.any_keeps:
        offer = np.where(params.keeps & _late(params, cars, phases), np.inf, offer)
    if inputs.p_min_kw is not None:
        offer = np.fmax(offer, inputs.p_min_kw)
    if inputs.p_max_kw is not None:
        offer = np.fmin(offer, inputs.p_max_kw)
    if params.any_switches:
        phases = np.where(params.switches & (offer < params.least_per_phase_kw * phases), ONE, phases)
    carries = params.per_phase_kw * phases
    offer = np.minimum(offer, carries)
    least = params.least_per_phase_kw * phases
    charges = offer >= least
    charges &= offer > ZERO
    p_kw = np.minimum(offer, cars.accept_kw)
    p_kw *= charges
    if params.any_obeys:
        p_kw += ZERO  # a wish to feed back times no must not become -0.0
    if params.any_v2g:
        back = np.minimum(cars.release_kw, carries)
        back *= params.v2g
        p_kw += np.maximum(np.minimum(offer, ZERO), -back)
    if params.hubs is not None:
        _within_hubs(params, params.hubs, p_kw, (least, cars.since_s))
    return p_kw


def _wanted(params: ChargingParams, inputs: ChargingInputs) -> FloatArray:
    """Return the power each point would like to draw before any limit, infinite for all it can."""
    wanted = params.uncontrolled
    if params.any_follows:
        surplus = np.where(np.isnan(inputs.p_net_kw), ZERO, -inputs.p_net_kw)
        wanted = np.where(params.follows, surplus, wanted)
    if params.any_obeys and inputs.p_set_kw is not None:
        wanted = np.where(params.obeys & np.isfinite(inputs.p_set_kw), inputs.p_set_kw, wanted)
    return wanted


def _late(params: ChargingParams, cars: Cars, phases: FloatArray) -> BoolArray:
    """Return whose time to the departure is only just enough for the wish at full power, with a quarter of an hour to spare."""
    fullest_kw = np.minimum(params.per_phase_kw * phases, cars.accept_kw)
    left_h = np.maximum(cars.left_s - SPARE_S, ZERO) / SECONDS_PER_HOUR
    return np.asarray(cars.wanted_kwh > EFFICIENCY * fullest_kw * left_h)


def _within_hubs(params: ChargingParams, hubs: HubParams, p_kw: FloatArray, order: tuple[FloatArray, FloatArray]) -> None:
    """Keep what the points of each hub draw, and what they feed back, within its limit; changes `p_kw`, which is new.

    `order` is the least power of each point and since when its car is plugged in.
    """
    mine, (least, since_s) = p_kw[hubs.rows], (part[hubs.rows] for part in order)
    drawn = share(np.maximum(mine, ZERO), least, since_s, hubs.hub, hubs.limit_kw)
    if not params.any_v2g:
        p_kw[hubs.rows] = drawn
        return
    fed = share(np.maximum(-mine, ZERO), np.zeros_like(mine), since_s, hubs.hub, hubs.limit_kw)
    p_kw[hubs.rows] = drawn - fed


def codes(p_kw: FloatArray, plugged: FloatArray, accept_kw: FloatArray, reserved: FloatArray | BoolArray) -> FloatArray:
    """Return the state of each point.

    0 available, 1 reserved, 2 plugged in and idle, 3 charging, 4 feeding back, 5 plugged in and finished; 6, a fault, is what a
    hardware adapter may report.
    """
    state = np.where(accept_kw > ZERO, 2.0, 5.0)
    state[p_kw > ZERO] = 3.0
    state[p_kw < ZERO] = 4.0
    return np.where(plugged > ZERO, state, reserved)
