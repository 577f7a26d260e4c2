# SPDX-License-Identifier: Apache-2.0
"""What follows from the length of a step alone: worked out once for each length, not in every step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from simulators.chp.params import records
from twinergy.units import SECONDS_PER_HOUR

if TYPE_CHECKING:
    from simulators.chp.params import ChpParams, Records

TINY: Final = 1e-300


def span_of(params: ChpParams, duration_s: float) -> Records:
    """Return the constants for a length of step in seconds, from ``params.spans`` if they have been asked for before.

    Returns
    -------
    ndarray of records, shape (n_devices,)
        Fields: ``keeps``, share of its content that a buffer keeps [-]; ``fades_kwh``, what even an empty buffer would lose, were
        it not kept warm [kWh]; ``held_h`` and ``per_held_h``, content at the end of the step per heat into the buffer, and one
        over it [h], [1/h]; ``ramp_kw``, change of power that a step allows [kW]; ``start_fuel_kw``, mean fuel that a start burns
        for nothing [kW]; ``lag_per_kw``, mean power missing during a ramp over the square of its height [1/kW].

    Raises
    ------
    ValueError
        If ``duration_s`` is not positive.
    """
    span = params.spans.get(duration_s)
    if span is None:
        span = params.spans[duration_s] = _worked_out(params, duration_s)
    return span


def _worked_out(params: ChpParams, duration_s: float) -> Records:
    if duration_s <= 0:
        message = f"a step needs a positive duration, got {duration_s} s"
        raise ValueError(message)
    units = params.units
    hours = duration_s / SECONDS_PER_HOUR
    fading = np.maximum(units["loss_per_h"] * hours, TINY)
    faded = -np.expm1(-fading)
    held_h = faded / fading * hours
    ramp_kw = units["ramp_kw_per_h"] * hours
    columns = {
        "keeps": 1.0 - faded,
        "fades_kwh": units["loss_kw"] * held_h,
        "held_h": held_h,
        "per_held_h": 1.0 / held_h,
        "ramp_kw": ramp_kw,
        "start_fuel_kw": units["start_fuel_kwh"] / hours,
        "lag_per_kw": 0.5 / ramp_kw,
    }
    return records(len(units), columns)
