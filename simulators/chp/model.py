# SPDX-License-Identifier: Apache-2.0
"""Physics of a fleet of CHP units, one step at a time; the arithmetic stands in `simulators.chp.kernel`.

Chain: what the buffer can give and take → whether to run → power within heat limits and ramp → heat and fuel → boiler → buffer.

Valid for steps of 1 min to 1 h. A unit is on or off for a whole step, save for its start and for the moment in which a buffer
without emergency cooler is full; heat follows power at once, though a cold engine gives it minutes later.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from simulators.chp.kernel import ENERGY_KWH, OUTPUTS, ROWS, STATE, advance
from simulators.chp.span import span_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from simulators.chp.params import ChpParams

    FloatArray = NDArray[np.float64]

__all__ = ["OUTPUTS", "STATE", "ChpInputs", "new_state", "step"]


class ChpInputs(NamedTuple):
    """What acts on a fleet in a step; arrays of shape ``(n_devices,)``.

    Attributes
    ----------
    heat_network_kw : ndarray, shape (n_devices,) or (1,)
        Heat that is taken from each unit's heat network, never negative. [kW]
    own_kw : ndarray
        Heat to supply besides, never negative. [kW]
    net_kw : ndarray
        Load of everything else behind the same meter, load frame; NaN where it is not known. [kW]
    p_set_kw, p_min_kw, p_max_kw : ndarray
        What controllers ask for, terminal powers in the load frame, NaN where nobody asks: power, lower limit (-20 allows 20 kW
        of generation) and upper limit (-10 demands 10 kW of generation). [kW]
    """

    heat_network_kw: FloatArray
    own_kw: FloatArray
    net_kw: FloatArray
    p_set_kw: FloatArray
    p_min_kw: FloatArray
    p_max_kw: FloatArray


def new_state(params: ChpParams, soc: FloatArray) -> FloatArray:
    """Return units that have rested long enough to start, with buffers at a state of charge, shape (7, n_devices)."""
    state = np.zeros((len(STATE), len(soc)))
    state[ENERGY_KWH] = soc * params.units["capacity_kwh"]
    return state


def step(params: ChpParams, state: FloatArray, inputs: ChpInputs, duration_s: float) -> tuple[FloatArray, FloatArray]:
    """Advance a fleet of CHP units by one step.

    Parameters
    ----------
    params : ChpParams
        What is known of the units.
    state : ndarray, shape (7, n_devices)
        State at the start of the step, rows of `STATE`: whether it runs (1 or 0); starts [-] and hours of operation [h] so
        far; time for which it must go on running or resting, where positive [s]; time that a start still takes [s]; electrical
        power at the end of the step, counted positive [kW]; heat in the buffer above an empty one [kWh]. It is not changed.
    inputs : ChpInputs
        Heat demand, net load, set-points. [kW]
    duration_s : float
        Length of the step, positive. [s]

    Returns
    -------
    state : ndarray, shape (7, n_devices)
        State at the end of the step.
    outputs : ndarray, shape (17, n_devices)
        Rows of `OUTPUTS`, named as the ports: powers and heat are means over the step, power in the load frame.

    Raises
    ------
    ValueError
        If ``duration_s`` is not positive.

    Notes
    -----
    Per step ``heat_kw + boiler_heat_kw = heat_supplied_kw + heat_dumped_kw + heat_loss_kw + (energy_end - energy_start) / h`` and
    ``heat_supplied_kw + heat_unserved_kw = heat_demand_kw``, to rounding. The buffer loses heat to its surroundings exponentially
    and is integrated exactly for a constant flow; what an empty one loses comes before demand, and from the return pipe where
    there is no heat at all.
    """
    result = np.empty((ROWS, len(params.units)))  # memory from numpy costs less than from machine code
    advance(params.units, span_of(params, duration_s), duration_s, state, result, *inputs)
    return result[-len(STATE) :], result[: len(OUTPUTS)]
