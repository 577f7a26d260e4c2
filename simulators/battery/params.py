# SPDX-License-Identifier: Apache-2.0
"""Options of many batteries as arrays."""

from __future__ import annotations

from dataclasses import dataclass
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
    calendar_rate_per_s : ndarray, shape (n_devices * 201,)
        Growth of the calendar wear over `SOC_GRID`, device after device. [1/s]
    rate_slope, rate_offset, depth_cubic, depth_linear, depth_constant : ndarray, shape (n_devices,)
        Coefficients of the cycle stress.
    cycle_wear_exponent : ndarray, shape (n_devices,)
        One over `cycle_exponent`. [-]
    level : ndarray, shape (n_devices * 201,), or None
        Share of the mean state of charge in the cycle stress over `SOC_GRID`; None where no law has one. [-]
    row : ndarray of int, shape (n_devices,)
        Where each device's part of a table begins.
    """

    calendar_exponent: FloatArray
    cycle_exponent: FloatArray
    calendar_rate_per_s: FloatArray
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
    follows, obeys : ndarray of bool
        Whether it follows the net load where nobody asks, and whether it obeys a set-point.
    tan_phi : ndarray
        Reactive over active power, positive draws. [-]
    ageing : AgeingParams or None
        None where no battery of the fleet ages.
    """

    capacity_kwh: FloatArray
    conversion: Conversion
    standby_kw: FloatArray
    self_discharge_per_h: FloatArray
    min_soc: FloatArray
    max_soc: FloatArray
    follows: BoolArray
    obeys: BoolArray
    tan_phi: FloatArray
    ageing: AgeingParams | None


def _ageing(options: Sequence[BatteryOptions]) -> AgeingParams | None:
    if all(option.ageing == "none" for option in options):
        return None
    laws = [LAWS[option.ageing] for option in options]
    level = np.concatenate([law.level(SOC_GRID) for law in laws])
    kelvin = [option.ambient_degc + KELVIN for option in options]
    return AgeingParams(
        calendar_exponent=np.array([law.calendar_exponent for law in laws]),
        cycle_exponent=np.array([law.cycle_exponent for law in laws]),
        calendar_rate_per_s=np.concatenate(
            [law.calendar_rate_per_s(SOC_GRID, temp) for law, temp in zip(laws, kelvin, strict=True)]
        ),
        rate_slope=np.array([law.rate_slope for law in laws]),
        rate_offset=np.array([law.rate_offset for law in laws]),
        depth_cubic=np.array([law.depth_cubic for law in laws]),
        depth_linear=np.array([law.depth_linear for law in laws]),
        depth_constant=np.array([law.depth_constant for law in laws]),
        cycle_wear_exponent=np.array([1.0 / law.cycle_exponent for law in laws]),
        level=level if level.any() else None,
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
    over = np.array([option.excitation == "over" for option in options])
    tan_phi = np.tan(np.arccos(of("cos_phi")))
    return BatteryParams(
        capacity_kwh=of("capacity_kwh"),
        conversion=conversion_of(options),
        standby_kw=of("standby_kw"),
        self_discharge_per_h=of("self_discharge_per_month") / HOURS_PER_MONTH,
        min_soc=of("min_soc"),
        max_soc=of("max_soc"),
        follows=np.array(follows, dtype=np.bool_),
        obeys=np.array([option.mode != "idle" for option in options], dtype=np.bool_),
        tan_phi=np.where(over, -tan_phi, tan_phi),
        ageing=_ageing(options),
    )
