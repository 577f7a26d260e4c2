# SPDX-License-Identifier: Apache-2.0
"""Options of many batteries as arrays."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np

from simulators.battery.ageing_laws import KELVIN, LAWS
from simulators.battery.conversion import conversion_of
from simulators.battery.options import BatteryOptions
from twinergy.units import SECONDS_PER_DAY, SECONDS_PER_HOUR

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from simulators.battery.conversion import Conversion
    from simulators.battery.span import Span

    FloatArray = NDArray[np.float64]
    BoolArray = NDArray[np.bool_]
    IntArray = NDArray[np.int64]

__all__ = ["SOC_GRID", "AgeingParams", "BatteryOptions", "BatteryParams", "params_of"]

HOURS_PER_MONTH: Final = 30.5 * SECONDS_PER_DAY / SECONDS_PER_HOUR
SOC_GRID: Final = np.linspace(0.0, 1.0, 201)
"""States of charge at which stress factors are tabulated."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AgeingParams:
    """Laws of capacity fade as arrays; see `simulators.battery.ageing_laws.AgeingLaw`.

    Attributes
    ----------
    calendar_exponent, cycle_exponent : ndarray, shape (n_devices,)
        Exponents. [-]
    calendar_per_s : ndarray, shape (n_devices * 201, 2)
        Growth of the calendar wear over `SOC_GRID`, device after device, as `segments` of straight lines. [1/s]
    root : bool
        Whether every `calendar_exponent` is one half.
    rate_slope, rate_offset, depth_cubic, depth_linear, depth_constant : ndarray, shape (n_devices,)
        Coefficients of the cycle stress.
    cycle_wear_exponent : ndarray, shape (n_devices,)
        One over `cycle_exponent`. [-]
    level : ndarray, shape (n_devices * 201, 2), or None
        Share of the mean state of charge in the cycle stress, as `calendar_per_s`; None where no law has one. [-]
    row : ndarray of int, shape (n_devices,)
        Where each device's part of a table begins.
    """

    calendar_exponent: FloatArray
    cycle_exponent: FloatArray
    calendar_per_s: FloatArray
    root: bool
    rate_slope: FloatArray
    rate_offset: FloatArray
    depth_cubic: FloatArray
    depth_linear: FloatArray
    depth_constant: FloatArray
    cycle_wear_exponent: FloatArray
    level: FloatArray | None
    row: IntArray


@dataclass(frozen=True, slots=True, kw_only=True)
class BatteryParams:
    """Nameplate data of a fleet; arrays of shape ``(n_devices,)``.

    Attributes
    ----------
    capacity_kwh : ndarray
        Usable capacity when new. [kWh]
    conversion : Conversion
        Losses and limits of both directions.
    standby_kw : ndarray
        Power drawn while idle. [kW]
    self_discharge_per_h : ndarray
        Rate of exponential self-discharge. [1/h]
    min_soc, max_soc : ndarray
        Own limits of the state of charge. [-]
    share_of_net : ndarray
        Wanted over net load where nobody asks: -1 for a battery that follows, else 0. [-]
    obeys : ndarray of bool, or None
        Whether it obeys a set-point; None where all do.
    tan_phi : ndarray or None
        Reactive over active power, positive draws; None where no battery has any. [-]
    ageing : AgeingParams or None
        None where no battery of the fleet ages.
    nothing : ndarray
        Zeros, read-only, for whatever is zero in every step.
    spans : dict
        What `simulators.battery.span.span_of` has worked out so far, by length of step; a run has one or two.
    """

    capacity_kwh: FloatArray
    conversion: Conversion
    standby_kw: FloatArray
    self_discharge_per_h: FloatArray
    min_soc: FloatArray
    max_soc: FloatArray
    share_of_net: FloatArray
    obeys: BoolArray | None
    tan_phi: FloatArray | None
    ageing: AgeingParams | None
    nothing: FloatArray
    spans: dict[float, Span] = field(default_factory=dict, compare=False)


def segments(table: FloatArray) -> FloatArray:
    """Return intercept and slope over the position on the grid from each of its 201 points on, shape (n_points, 2)."""
    slope = np.zeros_like(table)
    slope[:-1] = np.diff(table)  # beyond the last point the table goes on level
    return np.column_stack([table - slope * np.arange(len(table)), slope])


def _ageing(options: Sequence[BatteryOptions]) -> AgeingParams | None:
    if all(option.ageing == "none" for option in options):
        return None
    laws = [LAWS[option.ageing] for option in options]
    level = [law.level(SOC_GRID) for law in laws]
    rates = [law.calendar_rate_per_s(SOC_GRID, option.ambient_degc + KELVIN) for law, option in zip(laws, options, strict=True)]
    calendar_exponent = np.array([law.calendar_exponent for law in laws])
    return AgeingParams(
        calendar_exponent=calendar_exponent,
        cycle_exponent=np.array([law.cycle_exponent for law in laws]),
        calendar_per_s=np.concatenate([segments(rate) for rate in rates]),
        root=bool((calendar_exponent == 0.5).all()),  # noqa: PLR2004 - a square root
        rate_slope=np.array([law.rate_slope for law in laws]),
        rate_offset=np.array([law.rate_offset for law in laws]),
        depth_cubic=np.array([law.depth_cubic for law in laws]),
        depth_linear=np.array([law.depth_linear for law in laws]),
        depth_constant=np.array([law.depth_constant for law in laws]),
        cycle_wear_exponent=np.array([1.0 / law.cycle_exponent for law in laws]),
        level=np.concatenate([segments(row) for row in level]) if np.any(level) else None,
        row=np.arange(len(laws)) * len(SOC_GRID),
    )


def params_of(options: Sequence[BatteryOptions]) -> BatteryParams:
    """Return the options of a fleet as arrays, in the given order."""

    def of(name: str) -> FloatArray:
        return np.array([getattr(option, name) for option in options], dtype=np.float64)

    follows = [
        option.mode == "self_consumption" or (option.mode, option.safe_mode) == ("set_point", "self_consumption")
        for option in options
    ]
    obeys = np.array([option.mode != "idle" for option in options], dtype=np.bool_)
    return BatteryParams(
        capacity_kwh=of("capacity_kwh"),
        conversion=conversion_of(options),
        standby_kw=of("standby_kw"),
        self_discharge_per_h=of("self_discharge_per_month") / HOURS_PER_MONTH,
        min_soc=of("min_soc"),
        max_soc=of("max_soc"),
        share_of_net=np.where(follows, -1.0, 0.0),
        obeys=None if obeys.all() else obeys,
        tan_phi=_tan_phi(options),
        ageing=_ageing(options),
        nothing=_nothing(len(options)),
    )


def _tan_phi(options: Sequence[BatteryOptions]) -> FloatArray | None:
    tan_phi = np.tan(np.arccos([option.cos_phi for option in options]))
    over = np.array([option.excitation == "over" for option in options])
    return np.where(over, -tan_phi, tan_phi) if tan_phi.any() else None


def _nothing(n_devices: int) -> FloatArray:
    zeros = np.zeros(n_devices)
    zeros.flags.writeable = False
    return zeros
