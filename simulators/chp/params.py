# SPDX-License-Identifier: Apache-2.0
"""Options of many CHP units as arrays."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np

from simulators.chp.lines import Lines, lines_of
from simulators.chp.options import HIGHER_OVER_LOWER, STANDBY_SHARE, WATER_KWH_PER_L_K
from twinergy.units import SECONDS_PER_HOUR

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from simulators.chp.options import ChpOptions
    from simulators.chp.span import Span

    FloatArray = NDArray[np.float64]
    BoolArray = NDArray[np.bool_]


ENOUGH: Final = 1.0 - 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class ChpParams:
    """What is known of a fleet of CHP units; arrays of shape ``(n_devices,)``.

    Attributes
    ----------
    lines : Lines
        Heat and fuel over power.
    least_kw, rated_kw, least_heat_kw : ndarray
        Electrical power at least and at full load, heat at least load. [kW]
    enough_kw : ndarray
        Least power that is a request: the least load, whatever its last digit. [kW]
    led_by_heat : bool
        Whether all units are led by heat where nobody asks.
    follows : ndarray of bool
        Whether it follows the net load where nobody asks.
    acts : ndarray of bool, or None
        Whether it does anything where nobody asks; None where all do.
    cools : ndarray of bool, or None
        Whether it has an emergency cooler; None where none has.
    ramp_kw_per_h : ndarray
        Rate of change of the power. [kW/h]
    start_s, min_on_s, min_off_s : ndarray
        Time to start, least time of a run and of a rest. [s]
    start_fuel_kwh, start_cost_eur : ndarray
        What a start costs. [kWh], [EUR]
    standby_kw : ndarray
        Own use while it rests. [kW]
    capacity_kwh : ndarray
        Heat that a full buffer holds above an empty one. [kWh]
    levels_kwh : ndarray, shape (4, n_devices)
        Content of the buffer when empty, at the thresholds for start and stop, and when full. [kWh]
    loss_kw, loss_per_h : ndarray
        Heat an empty buffer loses, and what it loses more per content. [kW], [1/h]
    temp_min_degc, k_per_kwh : ndarray
        Temperature of an empty buffer, and its rise with the content. [degC], [K/kWh]
    boiler_kw : ndarray or None
        Heat of the peak boilers; None where there is none. [kW]
    boiler_fuel : ndarray
        Fuel over heat of the boilers, higher heating value. [-]
    tan_phi : ndarray or None
        Reactive power drawn over active power delivered; None where no unit has any. [-]
    nothing : ndarray
        Zeros, read-only, for whatever is zero in every step.
    spans : dict
        What `simulators.chp.span.span_of` has worked out so far, by length of step.
    """

    lines: Lines
    least_kw: FloatArray
    rated_kw: FloatArray
    least_heat_kw: FloatArray
    enough_kw: FloatArray
    led_by_heat: bool
    follows: BoolArray
    acts: BoolArray | None
    cools: BoolArray | None
    ramp_kw_per_h: FloatArray
    start_s: FloatArray
    min_on_s: FloatArray
    min_off_s: FloatArray
    start_fuel_kwh: FloatArray
    start_cost_eur: FloatArray
    standby_kw: FloatArray
    capacity_kwh: FloatArray
    levels_kwh: FloatArray
    loss_kw: FloatArray
    loss_per_h: FloatArray
    temp_min_degc: FloatArray
    k_per_kwh: FloatArray
    boiler_kw: FloatArray | None
    boiler_fuel: FloatArray
    tan_phi: FloatArray | None
    nothing: FloatArray
    spans: dict[float, Span] = field(default_factory=dict, compare=False)


def params_of(options: Sequence[ChpOptions]) -> ChpParams:
    """Return the options of a fleet as arrays, in the given order."""

    def of(name: str) -> FloatArray:
        return np.array([getattr(option, name) for option in options], dtype=np.float64)

    def tank(name: str) -> FloatArray:
        return np.array([getattr(option.buffer, name) for option in options], dtype=np.float64)

    points = [option.operating for option in options]
    rated = np.array([point.rated_kw for point in points])
    higher = np.array([HIGHER_OVER_LOWER[option.fuel] for option in options])
    per_k = WATER_KWH_PER_L_K * of("volume_l")
    capacity = per_k * (tank("temp_max_degc") - tank("temp_min_degc"))
    loss_kw_per_k = of("loss_w_per_k") / 1000.0
    boiler = of("boiler_kw")
    return ChpParams(
        lines=lines_of(points, higher),
        least_kw=np.array([point.p_kw[0] for point in points]),
        rated_kw=rated,
        least_heat_kw=np.array([point.heat_kw[0] for point in points]),
        enough_kw=np.array([point.p_kw[0] for point in points]) * ENOUGH,
        led_by_heat=all(option.local_mode == "heat_led" for option in options),
        follows=np.array([option.local_mode == "self_consumption" for option in options], dtype=np.bool_),
        acts=_or_none([option.local_mode != "off" for option in options], usual=True),
        cools=_or_none([option.emergency_cooler for option in options], usual=False),
        ramp_kw_per_h=rated / of("ramp_s") * SECONDS_PER_HOUR,
        start_s=of("start_s"),
        min_on_s=of("min_on_s"),
        min_off_s=of("min_off_s"),
        start_fuel_kwh=np.array([_start_fuel_kwh(option) for option in options]),
        start_cost_eur=of("start_cost_eur"),
        standby_kw=np.array([_standby_kw(option) for option in options]),
        capacity_kwh=capacity,
        levels_kwh=capacity * np.stack([np.zeros_like(rated), tank("start_soc"), tank("stop_soc"), np.ones_like(rated)]),
        loss_kw=loss_kw_per_k * (tank("temp_min_degc") - tank("ambient_degc")),
        loss_per_h=loss_kw_per_k / per_k,
        temp_min_degc=tank("temp_min_degc"),
        k_per_kwh=1.0 / per_k,
        boiler_kw=boiler if boiler.any() else None,
        boiler_fuel=1.0 / of("boiler_efficiency"),
        tan_phi=_tan_phi(options),
        nothing=_nothing(len(options)),
    )


def _or_none(values: Sequence[bool], *, usual: bool) -> BoolArray | None:
    """Return an array, or None where every unit is as usual."""
    return None if all(value is usual for value in values) else np.array(values, dtype=np.bool_)


def _start_fuel_kwh(option: ChpOptions) -> float:
    if option.start_fuel_kwh is not None:
        return option.start_fuel_kwh
    return option.operating.fuel_lhv_kw[0] * HIGHER_OVER_LOWER[option.fuel] * option.start_s / SECONDS_PER_HOUR


def _standby_kw(option: ChpOptions) -> float:
    return STANDBY_SHARE * option.operating.rated_kw if option.standby_kw is None else option.standby_kw


def _tan_phi(options: Sequence[ChpOptions]) -> FloatArray | None:
    tan_phi = np.tan(np.arccos([option.cos_phi for option in options]))
    over = np.array([option.excitation == "over" for option in options])
    return np.where(over, -tan_phi, tan_phi) if tan_phi.any() else None


def _nothing(n_devices: int) -> FloatArray:
    zeros = np.zeros(n_devices)
    zeros.flags.writeable = False
    return zeros
