# SPDX-License-Identifier: Apache-2.0
"""Options of many CHP units as arrays."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np

from simulators.chp.lines import lines_of
from simulators.chp.options import HIGHER_OVER_LOWER, STANDBY_SHARE, WATER_KWH_PER_L_K
from twinergy.units import SECONDS_PER_HOUR

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray

    from simulators.chp.options import ChpOptions

    FloatArray = NDArray[np.float64]
    Records = NDArray[np.void]

ENOUGH: Final = 1.0 - 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class ChpParams:
    """What is known of a fleet of CHP units.

    Attributes
    ----------
    units : ndarray of records, shape (n_devices,)
        What is known of each unit, with the fields below.
    spans : dict
        What `simulators.chp.span.span_of` has worked out so far, by length of step.

    Notes
    -----
    Fields of a unit:

    heat_base, heat_slope, heat_bend, fuel_base, fuel_slope, fuel_bend, knee_kw, back_base, back_slope, back_bend, back_knee_kw
        Heat and fuel over power, and power over heat: see `simulators.chp.lines`.
    least_kw, rated_kw, least_heat_kw
        Electrical power at least and at full load, heat at least load. [kW]
    enough_kw
        Least power that is a request: the least load, whatever its last digit. [kW]
    share
        Share of its heat network's demand that it supplies, pipe losses added. [-]
    follows, acts
        Whether it follows the net load where nobody asks, and whether it does anything then.
    cools
        Whether it has an emergency cooler.
    ramp_kw_per_h
        Rate of change of the power. [kW/h]
    start_s, min_on_s, min_off_s
        Time to start, least time of a run and of a rest. [s]
    start_fuel_kwh, start_cost_eur
        What a start costs. [kWh], [EUR]
    standby_kw
        Own use while it rests. [kW]
    capacity_kwh, start_kwh, stop_kwh
        Heat that a full buffer holds above an empty one, and one at the thresholds for start and stop. [kWh]
    loss_kw, loss_per_h
        Heat an empty buffer loses, and what it loses more per content. [kW], [1/h]
    temp_min_degc, k_per_kwh
        Temperature of an empty buffer, and its rise with the content. [degC], [K/kWh]
    boiler_kw, boiler_fuel
        Heat of the peak boiler, and its fuel over heat by higher heating value. [kW], [-]
    tan_phi
        Reactive power drawn over active power delivered. [-]
    """

    units: Records
    spans: dict[float, Records] = field(default_factory=dict, compare=False)


def params_of(options: Sequence[ChpOptions], heat_networks: Sequence[str]) -> ChpParams:
    """Return the options of a fleet as arrays, in the given order, with the heat network of each unit, empty for none."""
    points = [option.operating for option in options]
    least, rated = np.array([point.p_kw[0] for point in points]), np.array([point.rated_kw for point in points])
    columns: dict[str, ArrayLike] = {
        **lines_of(points, np.array([HIGHER_OVER_LOWER[option.fuel] for option in options])),
        **{name: _of(options, name) for name in ("start_s", "min_on_s", "min_off_s", "start_cost_eur", "boiler_kw")},
        **_tanks(options),
        "least_kw": least,
        "rated_kw": rated,
        "least_heat_kw": [point.heat_kw[0] for point in points],
        "enough_kw": least * ENOUGH,
        "share": network_share(options, heat_networks),
        "follows": np.array([option.local_mode == "self_consumption" for option in options], dtype=np.bool_),
        "acts": np.array([option.local_mode != "off" for option in options], dtype=np.bool_),
        "cools": np.array([option.emergency_cooler for option in options], dtype=np.bool_),
        "ramp_kw_per_h": rated / _of(options, "ramp_s") * SECONDS_PER_HOUR,
        "start_fuel_kwh": [_start_fuel_kwh(option) for option in options],
        "standby_kw": [_standby_kw(option) for option in options],
        "boiler_fuel": 1.0 / _of(options, "boiler_efficiency"),
        "tan_phi": _tan_phi(options),
    }
    return ChpParams(units=records(len(options), columns))


def records(count: int, columns: Mapping[str, ArrayLike]) -> Records:
    """Return columns as records, one per device: flags where a column holds booleans, else numbers of double precision."""
    kinds = {name: np.bool_ if np.asarray(values).dtype == np.bool_ else np.float64 for name, values in columns.items()}
    table = np.zeros(count, np.dtype(list(kinds.items()), align=True))
    for name, values in columns.items():
        table[name] = values
    return table


def _of(options: Sequence[ChpOptions], name: str) -> FloatArray:
    return np.array([getattr(option, name) for option in options], dtype=np.float64)


def _tanks(options: Sequence[ChpOptions]) -> dict[str, FloatArray]:
    """Return content, losses and temperatures of the buffers."""

    def tank(name: str) -> FloatArray:
        return np.array([getattr(option.buffer, name) for option in options], dtype=np.float64)

    per_k = WATER_KWH_PER_L_K * _of(options, "volume_l")
    capacity = per_k * (tank("temp_max_degc") - tank("temp_min_degc"))
    loss_kw_per_k = _of(options, "loss_w_per_k") / 1000.0
    return {
        "capacity_kwh": capacity,
        "start_kwh": capacity * tank("start_soc"),
        "stop_kwh": capacity * tank("stop_soc"),
        "loss_kw": loss_kw_per_k * (tank("temp_min_degc") - tank("ambient_degc")),
        "loss_per_h": loss_kw_per_k / per_k,
        "temp_min_degc": tank("temp_min_degc"),
        "k_per_kwh": 1.0 / per_k,
    }


def network_share(options: Sequence[ChpOptions], heat_networks: Sequence[str]) -> FloatArray:
    """Return the share of its heat network's demand that each unit supplies, pipe losses added, shape (n_devices,)."""
    heat = np.array([option.operating.rated_heat_kw + option.boiler_kw for option in options], dtype=np.float64)
    together: dict[str, float] = {}
    for name, kw in zip(heat_networks, heat.tolist(), strict=True):
        together[name] = together.get(name, 0.0) + kw
    total = np.array([together[name] if name else np.inf for name in heat_networks], dtype=np.float64)
    return heat / total / (1.0 - _of(options, "network_loss_share"))


def _start_fuel_kwh(option: ChpOptions) -> float:
    if option.start_fuel_kwh is not None:
        return option.start_fuel_kwh
    return option.operating.fuel_lhv_kw[0] * HIGHER_OVER_LOWER[option.fuel] * option.start_s / SECONDS_PER_HOUR


def _standby_kw(option: ChpOptions) -> float:
    return STANDBY_SHARE * option.operating.rated_kw if option.standby_kw is None else option.standby_kw


def _tan_phi(options: Sequence[ChpOptions]) -> FloatArray:
    tan_phi = np.tan(np.arccos([option.cos_phi for option in options]))
    over = np.array([option.excitation == "over" for option in options], dtype=np.bool_)
    return np.where(over, -tan_phi, tan_phi)
