# SPDX-License-Identifier: Apache-2.0
"""Physics of a fleet of batteries: power that is possible, losses, self-discharge, ageing.

What is possible within a step is exact: the terminal power that fills or empties a battery at its very end has a closed form
(in `simulators.battery.kernel`, with all that is done for each device).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from simulators.battery import kernel
from simulators.battery.ageing import Wear, new_wear, state_of, wear_of
from simulators.battery.span import span_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from simulators.battery.params import BatteryParams

    FloatArray = NDArray[np.float64]

NOBODY: Final = np.array([np.nan])
"""For a port at which nobody asks any battery."""


class BatteryState(NamedTuple):
    """What a battery remembers; no array is ever changed in place.

    Attributes
    ----------
    table : ndarray, shape (n_devices, 17)
        All of it, as `simulators.battery.kernel` names the columns; the properties are parts of it.
    """

    table: FloatArray

    @property
    def energy_kwh(self) -> FloatArray:
        """Energy in the cells, shape ``(n_devices,)``. [kWh]."""
        return self._column(kernel.ENERGY)

    @property
    def capacity_kwh(self) -> FloatArray:
        """Present capacity, shape ``(n_devices,)``. [kWh]."""
        return self._column(kernel.CAPACITY)

    @property
    def soc(self) -> FloatArray:
        """Energy over the present capacity, shape ``(n_devices,)``. [-]."""
        return self._column(kernel.SOC)

    @property
    def soh(self) -> FloatArray:
        """Present over the new capacity, shape ``(n_devices,)``. [-]."""
        return self._column(kernel.SOH)

    @property
    def course(self) -> FloatArray:
        """What half cycles are made of, shape ``(3, n_devices)``. [-], [-], [h].

        State of charge over the capacity before the last step aged it, full equivalent cycles over the new capacity and hours of
        operation so far.
        """
        return self.table.T[kernel.COURSE : kernel.CALENDAR]

    @property
    def wear(self) -> Wear:
        """What ageing remembers."""
        return wear_of(self.table)

    def _column(self, number: int) -> FloatArray:
        return self.table[:, number]


class BatteryInputs(NamedTuple):
    """What acts on a battery in a step; arrays that broadcast to ``(n_devices,)``, NaN where nobody asks.

    None in place of an array says that nobody asks any battery.

    Attributes
    ----------
    p_net_kw : ndarray
        Load behind the same meter without this battery, load frame; NaN where it is not known. [kW]
    p_set_kw : ndarray or None
        Terminal power asked for, load frame, positive charges. [kW]
    p_min_kw, p_max_kw : ndarray or None
        Limits of the terminal power, load frame. [kW]
    min_soc : ndarray or None
        Reserve asked for. [-]
    """

    p_net_kw: FloatArray
    p_set_kw: FloatArray | None = None
    p_min_kw: FloatArray | None = None
    p_max_kw: FloatArray | None = None
    min_soc: FloatArray | None = None


class BatteryOutputs(NamedTuple):
    """What a battery did; arrays of shape ``(n_devices,)``, powers as means over the step, named as the ports.

    Attributes
    ----------
    p_kw, q_kvar : ndarray
        Power at the terminals, load frame, standby included. [kW], [kvar]
    p_loss_kw : ndarray
        Conversion, standby, self-discharge, and what a shrinking full battery could not hold; never negative. [kW]
    p_unserved_kw : ndarray
        Distance between the set-point and what was possible; 0 where nobody asks. [kW]
    soc, soh, energy_kwh, cycles : ndarray
        Of the state at the end, see there; full equivalent cycles so far. [-], [-], [kWh], [-]
    """

    p_kw: FloatArray
    q_kvar: FloatArray
    p_loss_kw: FloatArray
    p_unserved_kw: FloatArray
    soc: FloatArray
    soh: FloatArray
    energy_kwh: FloatArray
    cycles: FloatArray


def new_state(params: BatteryParams, soc: FloatArray, soh: FloatArray) -> BatteryState:
    """Return the state of batteries at a state of charge and a state of health, both fractions of shape (n_devices,)."""
    capacity = params.capacity_kwh * soh
    course = np.stack([soc, np.zeros_like(soc), np.zeros_like(soc)])
    standing = np.stack([soc * capacity, capacity, soc, soh])
    return BatteryState(state_of(standing, course, new_wear(params.ageing, course, soh)))


def moved(state: BatteryState, rows: NDArray[np.int64], soc: FloatArray) -> BatteryState:
    """Return the state with some batteries at another state of charge, as if a half cycle began there; NaN moves none.

    Parameters
    ----------
    state : BatteryState
        The state.
    rows : ndarray of int64, shape (n,)
        Batteries.
    soc : ndarray, shape (n,)
        Their states of charge. [-]
    """
    known = np.isfinite(soc)
    rows, soc = rows[known], soc[known]
    table = state.table.copy()
    table[rows, kernel.ENERGY] = soc * table[rows, kernel.CAPACITY]
    for column in (kernel.SOC, kernel.COURSE):
        table[rows, column] = soc
    for begins in (kernel.START, kernel.EXTREME):
        table[rows, begins : begins + 3] = table[rows, kernel.COURSE : kernel.COURSE + 3]
    return BatteryState(table)


def step(
    params: BatteryParams, state: BatteryState, inputs: BatteryInputs, duration_s: float
) -> tuple[BatteryState, BatteryOutputs]:
    """Advance a fleet of batteries by one step.

    Parameters
    ----------
    params : BatteryParams
        Nameplate data, arrays of shape ``(n_devices,)``.
    state : BatteryState
        State at the start of the step.
    inputs : BatteryInputs
        Net load, set-points and limits. [kW], [-]
    duration_s : float
        Length of the step, positive. [s]

    Returns
    -------
    state : BatteryState
        State at the end of the step.
    outputs : BatteryOutputs
        Powers as means over the step and the state of charge at its end.

    Raises
    ------
    ValueError
        If ``duration_s`` is not positive.

    Notes
    -----
    Per step and device ``p_kw * h = energy_end - energy_start + p_loss_kw * h`` to rounding. Self-discharge is exponential and
    integrated exactly, so a step at constant power may be cut in two without changing anything, up to the moment at which
    the battery is full or empty. Limits act on the converter; standby comes on top, at the terminals, while it idles.
    """
    span = span_of(params, duration_s)
    asked = [NOBODY if values is None else values for values in inputs]
    laws = params.ageing
    table, outputs = kernel.advance(span.data, span.lanes, span.hours, laws.laws, laws.level, span.calendar, state.table, *asked)
    return BatteryState(table), BatteryOutputs(*outputs)
