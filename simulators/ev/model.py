# SPDX-License-Identifier: Apache-2.0
"""Physics of a fleet of cars: charging and driving within a step, leaving and coming home at its end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from simulators.ev.charger import ZERO, accepted_kw, battery_power, released_kw
from twinergy.units import SECONDS_PER_HOUR

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from simulators.ev.params import EvParams
    from simulators.ev.schedule import StepEvents

    FloatArray = NDArray[np.float64]

WARM_DEGC: Final = 20.0
HOT_DEGC: Final = 23.0
"""Between these no heating nor cooling; Geotab (2023, 5.2 million trips) finds the least consumption at 21.5 °C. [°C]"""


PLUGGED: Final = 0
AT_HOME: Final = 1
LEAVES_S: Final = 2
"""Rows of `EvState.status`."""


class EvState(NamedTuple):
    """What a car remembers; arrays of shape ``(n_devices,)``. No array is ever changed in place.

    Attributes
    ----------
    energy_kwh : ndarray
        Energy in the battery. [kWh]
    status : ndarray, shape (3, n_devices)
        1 or 0 for plugged in and for at home in the step that comes, and the next departure; one array because they change
        together. [-], [-], [s since 1970]
    p_accept_kw, p_release_kw : ndarray
        What it accepts and can feed back in the step that comes, AC, counted positive. [kW]
    distance_km, unserved_kwh, shortfall_kwh : ndarray
        Registers. [km], [kWh]
    """

    energy_kwh: FloatArray
    status: FloatArray
    p_accept_kw: FloatArray
    p_release_kw: FloatArray
    distance_km: FloatArray
    unserved_kwh: FloatArray
    shortfall_kwh: FloatArray

    @property
    def plugged(self) -> FloatArray:
        """1 where the car is plugged in in the step that comes, else 0."""
        return np.asarray(self.status[PLUGGED], dtype=np.float64)


class EvInputs(NamedTuple):
    """What acts on the cars in a step.

    Attributes
    ----------
    p_ev_kw : ndarray, shape (n_devices,)
        AC power from the charging points of each dwelling, load frame. [kW]
    temp_degc : float
        Air temperature. [°C]
    events : StepEvents
        Kilometres of this step, arrivals and departures at its end.
    """

    p_ev_kw: FloatArray
    temp_degc: float
    events: StepEvents


class EvOutputs(NamedTuple):
    """What a car did; arrays of shape ``(n_devices,)``, means over the step.

    Attributes
    ----------
    p_ac_kw, p_loss_kw, drive_kw : ndarray
        AC power taken (load frame), lost between socket and battery, used by driving. [kW]
    """

    p_ac_kw: FloatArray
    p_loss_kw: FloatArray
    drive_kw: FloatArray


def step(params: EvParams, state: EvState, inputs: EvInputs, duration_s: float) -> tuple[EvState, EvOutputs]:
    """Advance a fleet of cars by one step.

    Parameters
    ----------
    params : EvParams
        Nameplate data, arrays of shape ``(n_devices,)``.
    state : EvState
        State at the start of the step.
    inputs : EvInputs
        Power at the socket, air temperature, trips.
    duration_s : float
        Length of the step, positive. [s]

    Returns
    -------
    state : EvState
        State at the end of the step, with what is possible in the next one if that is as long.
    outputs : EvOutputs
        Powers as means over the step.

    Raises
    ------
    ValueError
        If ``duration_s`` is not positive.

    Notes
    -----
    ``energy_end - energy_start = (p_ac_kw - p_loss_kw - drive_kw) * h + shortfall`` to rounding, where shortfall is what a trip
    needed beyond the battery and was charged in public on the way.
    """
    if duration_s <= 0:
        message = f"a step needs a positive duration, got {duration_s} s"
        raise ValueError(message)
    hours = duration_s / SECONDS_PER_HOUR
    p_ac_kw = np.minimum(_share(params, state, inputs.p_ev_kw), state.p_accept_kw)
    np.maximum(p_ac_kw, ZERO - state.p_release_kw if params.gives_back else ZERO, out=p_ac_kw)
    p_battery_kw = battery_power(params, p_ac_kw)
    energy_kwh = p_battery_kw * hours
    energy_kwh += state.energy_kwh
    np.minimum(energy_kwh, params.capacity_kwh, out=energy_kwh)
    if params.gives_back:  # rounding at an empty battery
        np.maximum(energy_kwh, ZERO, out=energy_kwh)
    drive_kw = np.zeros_like(energy_kwh)
    distance_km, shortfall_kwh = state.distance_km, state.shortfall_kwh
    if inputs.events.rows.size:
        used_kwh = _used_kwh(params, inputs)
        drive_kw[inputs.events.rows] = used_kwh / hours
        distance_km, shortfall_kwh = _drive(state, inputs.events, energy_kwh, used_kwh)
    status, unserved_kwh = _hand_off(params, state, energy_kwh, inputs.events)
    possible = _possible(params, energy_kwh, status[PLUGGED], hours)
    after = EvState(energy_kwh, status, *possible, distance_km, unserved_kwh, shortfall_kwh)
    return after, EvOutputs(p_ac_kw, p_ac_kw - p_battery_kw, drive_kw)


def ready(params: EvParams, state: EvState, hours: float) -> EvState:
    """Return the state with what each car accepts and can feed back in a step of this length."""
    accept_kw, release_kw = _possible(params, state.energy_kwh, state.plugged, hours)
    return state._replace(p_accept_kw=accept_kw, p_release_kw=release_kw)


def _possible(params: EvParams, energy_kwh: FloatArray, plugged: FloatArray, hours: float) -> tuple[FloatArray, FloatArray]:
    accept_kw = accepted_kw(params, energy_kwh, plugged, hours)
    return accept_kw, (released_kw(params, energy_kwh, hours) * plugged if params.gives_back else params.nothing)


def _share(params: EvParams, state: EvState, p_ev_kw: FloatArray) -> FloatArray:
    """Return each car's part of its dwelling's power: in proportion to what it accepts, or can feed back."""
    if params.home is None:
        return p_ev_kw
    able = np.where(p_ev_kw < ZERO, state.p_release_kw, state.p_accept_kw)
    together = np.bincount(params.home, weights=able)[params.home]
    part = np.divide(able, together, out=np.zeros_like(able), where=together > 0.0)
    return np.asarray(part * p_ev_kw, dtype=np.float64)


def _used_kwh(params: EvParams, inputs: EvInputs) -> FloatArray:
    """Return the energy of each car that drives in this step, in the order of its rows, in kWh."""
    events, temp_degc = inputs.events, inputs.temp_degc
    rows = events.rows
    used = events.km * params.kwh_per_km[rows]
    if temp_degc < WARM_DEGC:
        used += params.heating_kw_per_k[rows] * (WARM_DEGC - temp_degc) * events.hours
    elif temp_degc > HOT_DEGC:
        used += params.cooling_kw_per_k[rows] * (temp_degc - HOT_DEGC) * events.hours
    return used


def _drive(state: EvState, events: StepEvents, energy_kwh: FloatArray, used_kwh: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Take the energy of this step's kilometres from `energy_kwh`, which is new; return the registers that count them."""
    rows = events.rows
    left = energy_kwh[rows] - used_kwh
    energy_kwh[rows] = np.maximum(left, ZERO)
    distance_km, shortfall_kwh = state.distance_km.copy(), state.shortfall_kwh
    distance_km[rows] += events.km
    if left.min() < 0.0:
        shortfall_kwh = shortfall_kwh.copy()
        shortfall_kwh[rows] -= np.minimum(left, ZERO)
    return distance_km, shortfall_kwh


def _hand_off(params: EvParams, state: EvState, energy_kwh: FloatArray, events: StepEvents) -> tuple[FloatArray, FloatArray]:
    """Return `status` and `unserved_kwh` after departures and arrivals at the end of the step."""
    leaving, coming = events.departing, events.arriving
    status, unserved_kwh = state.status, state.unserved_kwh
    if not (leaving.size or coming.size):
        return status, unserved_kwh
    status = status.copy()
    if leaving.size:
        missing = params.wish_kwh[leaving] - energy_kwh[leaving]
        missing *= status[PLUGGED, leaving]  # who did not plug in asked for nothing
        if missing.max() > 0.0:
            unserved_kwh = unserved_kwh.copy()
            unserved_kwh[leaving] += np.maximum(missing, ZERO)
        status[: AT_HOME + 1, leaving] = 0.0
        status[LEAVES_S, leaving] = events.leaves_next_s
    if coming.size:
        status[PLUGGED, coming] = plugs_in(params, energy_kwh, coming, events.mood, events.next_km)
        status[AT_HOME, coming] = 1.0
    return status, unserved_kwh


def plugs_in(
    params: EvParams, energy_kwh: FloatArray, rows: NDArray[np.int64], mood: FloatArray, next_km: FloatArray
) -> FloatArray:
    """Return 1 for cars that are plugged in on arrival, else 0, shape (n_rows,).

    Parameters
    ----------
    params : EvParams
        Nameplate data.
    energy_kwh : ndarray, shape (n_devices,)
        Energy in the batteries. [kWh]
    rows : ndarray of int, shape (n_rows,)
        Cars that arrive.
    mood : ndarray, shape (n_rows,)
        Added to the state of charge below which the driver plugs in. [-]
    next_km : ndarray, shape (n_rows,)
        Distance of the next trip; the driver wants half as much again in the battery. [km]
    """
    energy, capacity = energy_kwh[rows], params.capacity_kwh[rows]
    low = energy <= params.plug_in_kwh[rows] + mood * capacity
    needed = energy < 1.5 * next_km * params.kwh_per_km[rows]
    return ((low | needed) & params.has_point[rows]).astype(np.float64)
