# SPDX-License-Identifier: Apache-2.0
"""Options of many heat meters as arrays, with the errors each meter was made with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from simulators.heat_meter.limits import CALCULATOR, FLOW, TEMPERATURES
from simulators.heat_meter.options import QUANTITIES
from twinergy.telegrams.reading import by_quantity, made_errors, steps_per_unit
from twinergy.telegrams.sending import Sending

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from simulators.heat_meter.options import HeatMeterOptions

    FloatArray = NDArray[np.float64]
    IntArray = NDArray[np.int64]

TEMP_RESOLUTION_K: Final = 0.01
LEAST_SHARE: Final = 1e-6
"""A flow below this share of the nominal one has no larger error: the limit is capped long before. [-]"""
FLOW_RESOLUTION_M3_PER_H: Final = 0.001


@dataclass(frozen=True, slots=True, kw_only=True)
class HeatMeterParams:
    """What is known of a set of heat meters; arrays of shape ``(n_devices,)`` unless stated.

    Attributes
    ----------
    pick : tuple of two ndarray of int
        Row of each meter's quantity in `QUANTITIES`, and its column.
    table : ndarray, shape (15, n_devices)
        Flow and return temperature where the device does not say them [degC]; smallest temperature difference [K]; errors of the
        pair of sensors and of the calculator, each the part that is always there and the part over ``dT_min / dT``, signed [-];
        error that both sensors share, which does not reach the difference [K]; flow below which a meter stands still, and one
        that is taken for any smaller one when its error is worked out [m3/h]; error of the flow sensor, signed:
        ``base + slope / flow`` [-], [m3/h], between a least and a most [-]; standard deviation of a reading over its value [-].
    per_unit : ndarray, shape (5, n_devices)
        Steps of resolution per unit of power, flow, both temperatures and the register.
    sending : Sending
        When telegrams are due, and how they are lost.
    """

    pick: tuple[IntArray, IntArray]
    table: FloatArray
    per_unit: FloatArray
    sending: Sending


def params_of(ids: Sequence[str], options: Sequence[HeatMeterOptions], seed: int) -> HeatMeterParams:
    """Return the options of a set of heat meters as arrays.

    Where in its limits a meter lies is drawn once for the flow sensor, the pair of temperature sensors and the calculator,
    uniformly and independent of each other; it depends on the seed and the meter's id only.
    """
    flow, *inner = made_errors("heat-meter", ids, seed, 4)
    temps = np.stack([_of(options, "temp_flow_degc"), _of(options, "temp_return_degc")])
    least_k, noise = _of(options, "least_difference_k"), _of(options, "noise_relative")
    rows = (*temps, least_k, *_probes(options, inner, temps), *_flow_sensors(options, flow), noise)
    return HeatMeterParams(
        pick=(np.array([QUANTITIES.index(option.quantity) for option in options], dtype=np.int64), np.arange(len(options))),
        table=np.stack(rows),
        per_unit=steps_per_unit(_resolutions(options)),
        sending=Sending.of(options),
    )


def _of(options: Sequence[HeatMeterOptions], name: str) -> FloatArray:
    return np.array([getattr(option, name) for option in options], dtype=np.float64)


def _probes(options: Sequence[HeatMeterOptions], made: Sequence[FloatArray], temps_degc: FloatArray) -> Iterator[FloatArray]:
    """Yield the errors of sensor pair and calculator, and the one both sensors share, from where each was made in its limits."""
    real = np.array([option.accuracy_class != "ideal" for option in options], dtype=np.float64)
    difference, calculator, shift = made
    for place, part in ((difference, TEMPERATURES), (calculator, CALCULATOR)):
        yield from (real * place * limit for limit in part)
    yield real * shift * (0.3 + 0.005 * temps_degc.mean(axis=0))  # IEC 60751 class B


def _flow_sensors(options: Sequence[HeatMeterOptions], made: FloatArray) -> tuple[FloatArray, ...]:
    """Return where flow sensors start, and their errors."""
    base, slope, most = by_quantity([FLOW[option.accuracy_class] for option in options], 3)
    qp, widest = _of(options, "qp_m3_per_h"), np.abs(made) * most
    return qp * _of(options, "starts_at_share"), qp * LEAST_SHARE, made * base, made * slope * qp, -widest, widest


def _resolutions(options: Sequence[HeatMeterOptions]) -> FloatArray:
    """Return the resolution of power, flow, both temperatures and the register, shape (5, n_devices)."""
    power = _of(options, "resolution_kw")
    flow, temp = np.full_like(power, FLOW_RESOLUTION_M3_PER_H), np.full_like(power, TEMP_RESOLUTION_K)
    return np.stack([power, flow, temp, temp, _of(options, "register_resolution_kwh")])
