# SPDX-License-Identifier: Apache-2.0
"""Options of many batteries as arrays."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np

from simulators.battery.ageing_laws import KELVIN, LAWS
from simulators.battery.conversion import conversion_of
from simulators.battery.kernel import GRID
from simulators.battery.options import BatteryOptions
from twinergy.units import SECONDS_PER_DAY, SECONDS_PER_HOUR

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from simulators.battery.conversion import Conversion
    from simulators.battery.span import Span

    FloatArray = NDArray[np.float64]

__all__ = ["SOC_GRID", "AgeingParams", "BatteryOptions", "BatteryParams", "params_of"]

HOURS_PER_MONTH: Final = 30.5 * SECONDS_PER_DAY / SECONDS_PER_HOUR
SOC_GRID: Final = np.linspace(0.0, 1.0, GRID)
"""States of charge at which stress factors are tabulated."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AgeingParams:
    """Laws of capacity fade as arrays; see `simulators.battery.ageing_laws.AgeingLaw`.

    Attributes
    ----------
    laws : ndarray, shape (n_devices, 8)
        Columns, as named in `simulators.battery.kernel`: exponents of the calendar and of the cycle wear, and the coefficients of
        the cycle stress, slope and offset over the C-rate, cubic, linear and constant part over the depth; number of the curve
        in both tables.
    calendar_per_s : ndarray, shape (n_curves * 201, 2)
        Growth of the calendar wear over `SOC_GRID`, curve after curve, as `segments` of straight lines; one curve for each law
        and temperature, because a table of all devices would not stay in the processor's cache. [1/s]
    level : ndarray, shape (n_curves * 201, 2)
        Share of the mean state of charge in the cycle stress, as `calendar_per_s`; empty where no law has one. [-]
    """

    laws: FloatArray
    calendar_per_s: FloatArray
    level: FloatArray


NO_LAWS: Final = AgeingParams(laws=np.empty((0, 8)), calendar_per_s=np.empty((0, 2)), level=np.empty((0, 2)))
"""In place of the laws of a fleet in which no battery ages."""


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
    obeys : ndarray
        1 where it obeys a set-point, else 0.
    tan_phi : ndarray
        Reactive over active power, positive draws. [-]
    ageing : AgeingParams
        `NO_LAWS` where no battery of the fleet ages.
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
    obeys: FloatArray
    tan_phi: FloatArray
    ageing: AgeingParams
    spans: dict[float, Span] = field(default_factory=dict, compare=False)


def segments(table: FloatArray) -> FloatArray:
    """Return intercept and slope over the position on the grid from each of its 201 points on, shape (n_points, 2)."""
    slope = np.zeros_like(table)
    slope[:-1] = np.diff(table)  # beyond the last point the table goes on level
    return np.column_stack([table - slope * np.arange(len(table)), slope])


def _ageing(options: Sequence[BatteryOptions]) -> AgeingParams:
    if all(option.ageing == "none" for option in options):
        return NO_LAWS
    laws = [LAWS[option.ageing] for option in options]
    pairs = [(option.ageing, option.ambient_degc) for option in options]
    curves = list(dict.fromkeys(pairs))
    level = [LAWS[name].level(SOC_GRID) for name, _ in curves]
    rates = [LAWS[name].calendar_rate_per_s(SOC_GRID, degc + KELVIN) for name, degc in curves]
    place = {curve: float(number) for number, curve in enumerate(curves)}
    columns = (  # in the order of the kernel
        "calendar_exponent",
        "cycle_exponent",
        "rate_slope",
        "rate_offset",
        "depth_cubic",
        "depth_linear",
        "depth_constant",
    )
    return AgeingParams(
        laws=np.array([[getattr(law, name) for name in columns] + [place[pair]] for law, pair in zip(laws, pairs, strict=True)]),
        calendar_per_s=np.concatenate([segments(rate) for rate in rates]),
        level=np.concatenate([segments(row) for row in level]) if np.any(level) else NO_LAWS.level,
    )


def params_of(options: Sequence[BatteryOptions]) -> BatteryParams:
    """Return the options of a fleet as arrays, in the given order."""

    def of(name: str) -> FloatArray:
        return np.array([getattr(option, name) for option in options], dtype=np.float64)

    follows = [
        option.mode == "self_consumption" or (option.mode, option.safe_mode) == ("set_point", "self_consumption")
        for option in options
    ]
    obeys = np.array([option.mode != "idle" for option in options], dtype=np.float64)
    return BatteryParams(
        capacity_kwh=of("capacity_kwh"),
        conversion=conversion_of(options),
        standby_kw=of("standby_kw"),
        self_discharge_per_h=of("self_discharge_per_month") / HOURS_PER_MONTH,
        min_soc=of("min_soc"),
        max_soc=of("max_soc"),
        share_of_net=np.where(follows, -1.0, 0.0),
        obeys=obeys,
        tan_phi=_tan_phi(options),
        ageing=_ageing(options),
    )


def _tan_phi(options: Sequence[BatteryOptions]) -> FloatArray:
    tan_phi = np.tan(np.arccos([option.cos_phi for option in options]))
    over = np.array([option.excitation == "over" for option in options])
    return np.where(over, -tan_phi, tan_phi)
