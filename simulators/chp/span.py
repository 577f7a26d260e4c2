# SPDX-License-Identifier: Apache-2.0
"""What follows from the length of a step alone: worked out once for each length, not in every step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from twinergy.units import SECONDS_PER_HOUR

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from simulators.chp.params import ChpParams

    FloatArray = NDArray[np.float64]

TINY: Final = 1e-300


class Span(NamedTuple):
    """Constants of a fleet for steps of one length; arrays of shape ``(n_devices,)`` unless stated.

    Attributes
    ----------
    hours, per_hour : ndarray, shape ()
        Length of the step and one over it. [h], [1/h]
    keeps : ndarray
        Share of its content that a buffer keeps. [-]
    fades_kwh : ndarray
        What even an empty buffer would lose, were it not kept warm. [kWh]
    held_h, per_held_h : ndarray
        Content at the end of the step per heat into the buffer, and one over it. [h], [1/h]
    ramp_kw : ndarray
        Change of power that a step allows. [kW]
    slow : bool
        Whether any unit needs more than a step from nothing to full load.
    brisk : bool
        Whether every start fits into the step in which it begins.
    start_share, start_fuel_kw : ndarray
        Share of a step that a start takes (at most one), and the mean fuel that it burns for nothing. [-], [kW]
    lag_per_kw : ndarray
        Mean power missing during a ramp over the square of its height. [1/kW]
    """

    hours: FloatArray
    per_hour: FloatArray
    keeps: FloatArray
    fades_kwh: FloatArray
    held_h: FloatArray
    per_held_h: FloatArray
    ramp_kw: FloatArray
    slow: bool
    brisk: bool
    start_share: FloatArray
    start_fuel_kw: FloatArray
    lag_per_kw: FloatArray


def span_of(params: ChpParams, duration_s: float) -> Span:
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


def _worked_out(params: ChpParams, duration_s: float) -> Span:
    if duration_s <= 0:
        message = f"a step needs a positive duration, got {duration_s} s"
        raise ValueError(message)
    hours = duration_s / SECONDS_PER_HOUR
    fading = np.maximum(params.loss_per_h * hours, TINY)
    faded = -np.expm1(-fading)
    held_h = faded / fading * hours
    ramp_kw = params.ramp_kw_per_h * hours
    return Span(
        hours=np.array(hours),
        per_hour=np.array(1.0 / hours),
        keeps=1.0 - faded,
        fades_kwh=params.loss_kw * held_h,
        held_h=held_h,
        per_held_h=1.0 / held_h,
        ramp_kw=ramp_kw,
        slow=bool((ramp_kw < params.rated_kw).any()),
        brisk=bool((params.start_s <= duration_s).all()),
        start_share=np.minimum(params.start_s / duration_s, 1.0),
        start_fuel_kw=params.start_fuel_kwh / hours,
        lag_per_kw=0.5 / ramp_kw,
    )
