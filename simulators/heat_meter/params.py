# SPDX-License-Identifier: Apache-2.0
"""Options of many heat meters as arrays, with the errors each meter was made with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from simulators.heat_meter.limits import CALCULATOR, FLOW, TEMPERATURES
from simulators.heat_meter.options import QUANTITIES
from simulators.heat_meter.spread import Probes, spread_of
from twinergy.telegrams.reading import by_quantity, made_errors, steps_per_unit
from twinergy.telegrams.sending import Sending

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from simulators.heat_meter.options import HeatMeterOptions
    from simulators.heat_meter.spread import Spread

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
    temps_degc : ndarray, shape (2, n_devices)
        Flow and return temperature where the device does not say them. [degC]
    usual : Spread
        What follows from these temperatures, worked out once.
    start_m3_per_h, least_m3_per_h : ndarray
        Flow below which a meter stands still, and one that is taken for any smaller one when its error is worked out. [m3/h]
    flow_base, flow_slope : ndarray
        Error of the flow sensor, signed: ``base + slope / flow``. [-], [m3/h]
    flow_least, flow_most : ndarray
        Between these it stays. [-]
    probes : Probes
        Temperature sensors and calculator.
    noise : ndarray
        Standard deviation of a reading over its value. [-]
    per_unit : ndarray, shape (5, n_devices)
        Steps of resolution per unit of power, flow, both temperatures and the register.
    sending : Sending
        When telegrams are due, and how they are lost.
    """

    pick: tuple[IntArray, IntArray]
    temps_degc: FloatArray
    usual: Spread
    start_m3_per_h: FloatArray
    least_m3_per_h: FloatArray
    flow_base: FloatArray
    flow_slope: FloatArray
    flow_least: FloatArray
    flow_most: FloatArray
    probes: Probes
    noise: FloatArray
    per_unit: FloatArray
    sending: Sending


def params_of(ids: Sequence[str], options: Sequence[HeatMeterOptions], seed: int) -> HeatMeterParams:
    """Return the options of a set of heat meters as arrays.

    Where in its limits a meter lies is drawn once for the flow sensor, the pair of temperature sensors and the calculator,
    uniformly and independent of each other; it depends on the seed and the meter's id only.
    """

    def of(name: str) -> FloatArray:
        return np.array([getattr(option, name) for option in options], dtype=np.float64)

    flow, difference, calculator, shift = made_errors("heat-meter", ids, seed, 4)
    base, slope, most = by_quantity([FLOW[option.accuracy_class] for option in options], 3)
    real = np.array([option.accuracy_class != "ideal" for option in options], dtype=np.float64)
    parts = np.array([TEMPERATURES, CALCULATOR])
    qp = of("qp_m3_per_h")
    temps = np.stack([of("temp_flow_degc"), of("temp_return_degc")])
    probes = Probes(
        least_k=of("least_difference_k"),
        base=real * np.stack([difference, calculator]) * parts[:, :1],
        slope=real * np.stack([difference, calculator]) * parts[:, 1:],
        shift_k=real * shift * (0.3 + 0.005 * temps.mean(axis=0)),  # IEC 60751 class B
    )
    return HeatMeterParams(
        pick=(np.array([QUANTITIES.index(option.quantity) for option in options], dtype=np.int64), np.arange(len(options))),
        temps_degc=temps,
        usual=spread_of(probes, temps),
        start_m3_per_h=qp * of("starts_at_share"),
        least_m3_per_h=qp * LEAST_SHARE,
        flow_base=flow * base,
        flow_slope=flow * slope * qp,
        flow_least=-np.abs(flow) * most,
        flow_most=np.abs(flow) * most,
        probes=probes,
        noise=of("noise_relative"),
        per_unit=steps_per_unit(_resolutions(of)),
        sending=Sending.of(options),
    )


def _resolutions(of: Callable[[str], FloatArray]) -> FloatArray:
    """Return the resolution of power, flow, both temperatures and the register, shape (5, n_devices)."""
    power = of("resolution_kw")
    flow, temp = np.full_like(power, FLOW_RESOLUTION_M3_PER_H), np.full_like(power, TEMP_RESOLUTION_K)
    return np.stack([power, flow, temp, temp, of("register_resolution_kwh")])
