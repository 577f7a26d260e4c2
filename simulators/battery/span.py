# SPDX-License-Identifier: Apache-2.0
"""What follows from the length of a step alone: worked out once for each length, not in every step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from simulators.battery.conversion import lanes
from twinergy.units import SECONDS_PER_HOUR

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from simulators.battery.params import BatteryParams

    FloatArray = NDArray[np.float64]

TINY: Final = 1e-300


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Constants of a fleet for steps of one length.

    Attributes
    ----------
    hours : float
        Length of the step. [h]
    data : ndarray, shape (n_devices, 10)
        Columns, as named in `simulators.battery.kernel`: share of the energy that self-discharge leaves over [-]; energy that a
        constant power of 1 kW into the cells leaves at the end of the step [h]; mean power lost to self-discharge per energy at
        the start [1/h] and per power into the cells [-]; full equivalent cycles per power into or out of the cells [1/kW]; then
        `capacity_kwh`, `standby_kw`, `share_of_net`, `obeys` and `tan_phi` of `simulators.battery.params.BatteryParams`.
    lanes : ndarray, shape (n_devices, 2, 9)
        What holds while charging and while discharging, see `simulators.battery.conversion.lanes`.
    calendar : ndarray, shape (n_curves * 201, 2)
        Growth of the calendar wear within the step, as `AgeingParams.calendar_per_s`; empty where no battery ages. [-]
    """

    hours: float
    data: FloatArray
    lanes: FloatArray
    calendar: FloatArray


def span_of(params: BatteryParams, duration_s: float) -> Span:
    """Return the constants for a length of step in seconds, from ``params.spans`` if they have been asked for before.

    Raises
    ------
    ValueError
        If ``duration_s`` is not positive.
    """
    span = params.spans.get(duration_s)
    if span is None:
        span = params.spans[duration_s] = _worked_out(params, duration_s)
    return span


def _worked_out(params: BatteryParams, duration_s: float) -> Span:
    if duration_s <= 0:
        message = f"a step needs a positive duration, got {duration_s} s"
        raise ValueError(message)
    hours = duration_s / SECONDS_PER_HOUR
    fading = np.maximum(params.self_discharge_per_h * hours, TINY)
    faded = np.expm1(-fading)
    held_h = faded / fading * -hours
    fades_per_h, slips, cycles_per_kw = -faded / hours, 1.0 - held_h / hours, 0.5 * hours / params.capacity_kwh
    nameplate = (params.capacity_kwh, params.standby_kw, params.share_of_net, params.obeys, params.tan_phi)
    return Span(
        hours=hours,
        data=np.stack([1.0 + faded, held_h, fades_per_h, slips, cycles_per_kw, *nameplate], axis=1),
        lanes=lanes(params.conversion, np.array([params.max_soc, params.min_soc]), held_h),
        calendar=params.ageing.calendar_per_s * duration_s,
    )
