# SPDX-License-Identifier: Apache-2.0
"""Physics of a fleet of cars: charging and driving within a step, leaving and coming home at its end.

The arithmetic is in `simulators.ev.kernel`, car by car.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from simulators.ev import kernel
from twinergy.units import SECONDS_PER_HOUR

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from simulators.ev.params import EvParams
    from simulators.ev.schedule import StepEvents

    FloatArray = NDArray[np.float64]

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
    ends_s : float
        End of the step, from which departures are counted. [s since 1970]
    """

    p_ev_kw: FloatArray
    temp_degc: float
    events: StepEvents
    ends_s: float = 0.0


class EvOutputs(NamedTuple):
    """What a car did; arrays of shape ``(n_devices,)``.

    Attributes
    ----------
    p_ac_kw, p_loss_kw, drive_kw : ndarray
        AC power taken (load frame), lost between socket and battery, used by driving; means over the step. [kW]
    soc, wanted_kwh, departure_s : ndarray
        At the end of the step: state of charge, energy missing to the wish of a car that is plugged in, and time to the next
        departure, at most a week. [-], [kWh], [s]
    """

    p_ac_kw: FloatArray
    p_loss_kw: FloatArray
    drive_kw: FloatArray
    soc: FloatArray
    wanted_kwh: FloatArray
    departure_s: FloatArray


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
    out = kernel.advance(
        *(params.table, params.home, *state, inputs.p_ev_kw, inputs.temp_degc, *inputs.events),
        *(duration_s / SECONDS_PER_HOUR, inputs.ends_s),
    )
    return EvState(out[0], out[1:4], *out[4:9]), EvOutputs(*out[9:])


def ready(params: EvParams, state: EvState, hours: float) -> EvState:
    """Return the state with what each car accepts and can feed back in a step of this length."""
    accept_kw, release_kw = kernel.possible(params.table, state.energy_kwh, state.plugged, hours)
    return state._replace(p_accept_kw=accept_kw, p_release_kw=release_kw)


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
    return np.asarray(kernel.plug_in(params.table, energy_kwh, rows, mood, next_km), dtype=np.float64)
