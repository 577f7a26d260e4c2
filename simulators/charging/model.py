# SPDX-License-Identifier: Apache-2.0
"""Power of a fleet of charging points: what each offers, what its car takes, what its hub allows.

The arithmetic is in `simulators.charging.kernel`, point by point; only a hub above its limit is a matter of many points.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from simulators.charging import kernel
from simulators.charging.sharing import share

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from simulators.charging.params import ChargingParams, HubParams

    FloatArray = NDArray[np.float64]
    BoolArray = NDArray[np.bool_]


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
    asked = (params.nobody if values is None else values for values in (inputs.p_set_kw, inputs.p_min_kw, inputs.p_max_kw))
    (p_kw, least_kw), over = kernel.powers(
        *(params.table, params.hub, params.limit_kw),
        *(cars.accept_kw, cars.release_kw, cars.phases, cars.wanted_kwh, cars.left_s),
        *(inputs.p_net_kw, *asked),
    )
    if over and params.hubs is not None:
        _within_hubs(params, params.hubs, p_kw, (least_kw, cars.since_s))
    return np.asarray(p_kw, dtype=np.float64)


def _within_hubs(params: ChargingParams, hubs: HubParams, p_kw: FloatArray, order: tuple[FloatArray, FloatArray]) -> None:
    """Keep what the points of each hub draw, and what they feed back, within its limit; changes `p_kw`, which is new.

    `order` is the least power of each point and since when its car is plugged in.
    """
    mine, (least, since_s) = p_kw[hubs.rows], (part[hubs.rows] for part in order)
    drawn = share(np.maximum(mine, 0.0), least, since_s, hubs.hub, hubs.limit_kw)
    if not params.any_v2g:
        p_kw[hubs.rows] = drawn
        return
    fed = share(np.maximum(-mine, 0.0), np.zeros_like(mine), since_s, hubs.hub, hubs.limit_kw)
    p_kw[hubs.rows] = drawn - fed


def codes(p_kw: FloatArray, plugged: FloatArray, accept_kw: FloatArray, reserved: FloatArray | BoolArray) -> FloatArray:
    """Return the state of each point.

    0 available, 1 reserved, 2 plugged in and idle, 3 charging, 4 feeding back, 5 plugged in and finished; 6, a fault, is what a
    hardware adapter may report.
    """
    return np.asarray(kernel.codes(p_kw, plugged, accept_kw, reserved), dtype=np.float64)
