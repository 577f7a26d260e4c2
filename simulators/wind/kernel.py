# SPDX-License-Identifier: Apache-2.0
"""The arithmetic of `simulators.wind.model`, compiled: fleets are small, so calls of numpy would cost more than the physics.

Imported where a fleet is built, not with the kind. Whatever the machine code depends on stands in this file: numba keeps it on
disk for as long as this file does not change.
"""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
from numba import types

from twinergy.compiling import compiled_for, inlined
from twinergy.signs import generation_from_load, load_from_generation

KELVIN: Final = 273.15
GAS_CONSTANT_J_PER_KG_K: Final = 287.05
"""Of dry air, IEC 61400-12-1:2017, data normalisation."""
DENSITY_KG_PER_M3: Final = 1.225
"""Standard air density, ISO 2533:1975 at sea level; power curves are given for it (IEC 61400-12-1)."""
LAPSE_K_PER_M: Final = 0.0065
DENSITY_EXPONENT: Final = 4.25588
"""Exponent of the density in the troposphere of ISO 2533:1975: 9.80665 / (287.05287 * 0.0065) - 1."""
_PA_PER_HPA: Final = 100.0
PER_M_PER_S: Final = 100
"""Points of the common grid per m/s. Published curves have at most two decimals, so all their points lie on it."""

# rows of the nameplate data, see `simulators.wind.params.WindParams`
HUB_FACTOR, HUB_HEIGHT, WIND_EXPONENT, POWER_EXPONENT, CUT_OUT, RESTART, PEAK, SCALE, Q_PER_P = range(9)
# rows of the result: those of `simulators.wind.model.WindOutputs`, then the new state
P, Q, AVAILABLE, CURTAILED, HUB, RUNNING = range(6)

_TABLE: Final = types.Array(types.float64, 2, "C")
_CURVES: Final = types.Array(types.float64, 3, "C")
_ROW: Final = types.Array(types.int64, 1, "C")
_ANY: Final = types.Array(types.float64, 1, "A", readonly=True)
"""Arrays from outside: of any layout, and not to be written to."""


def density_kg_per_m3(temp_degc: float, pressure_hpa: float, height_m: float) -> float:
    """Return the density of dry air at a height above the place where temperature and pressure were measured. [kg/m3].

    Ideal gas [1]_ and the lapse rate of the standard atmosphere [2]_. Humid air is lighter, by 0.4 % at 15 degC and 70 %
    relative humidity, and 1.6 % when saturated at 30 degC: 0.15 % and 0.5 % of the wind speed.

    References
    ----------
    .. [1] IEC 61400-12-1:2017, data normalisation, without water vapour.
    .. [2] ISO 2533:1975, troposphere: ``rho = rho0 (1 - L h / T0)^4.25588``.

    >>> round(density_kg_per_m3(15.0, 1013.25, 0.0), 4)
    1.225
    """
    kelvin = temp_degc + KELVIN
    ground = pressure_hpa * _PA_PER_HPA / (GAS_CONSTANT_J_PER_KG_K * kelvin)
    return float(ground * (1.0 - (LAPSE_K_PER_M / kelvin) * height_m) ** DENSITY_EXPONENT)


_density = inlined(density_kg_per_m3)
_to_load, _from_load = inlined(load_from_generation), inlined(generation_from_load)


@inlined
def _common(size: int, other: int) -> int:
    """Return the number of devices, where an array of one element serves all of them."""
    if other == 1:
        return size
    if size not in (1, other):
        raise ValueError("arrays of a fleet differ in length")  # noqa: EM101 - compiled code
    return other


@inlined
def _at(values: Any, i: int) -> float:
    return values[i if len(values) > 1 else 0]  # type: ignore[no-any-return]


@inlined
def _curve_kw(curves: Any, row: int, wind_m_per_s: float) -> float:
    """Return the power of one turbine by its curve, counted positive. [kW]."""
    point = wind_m_per_s * PER_M_PER_S
    last = float(curves.shape[2] - 2)
    point = min(point, last)
    below = int(point) if point > 0.0 else 0  # a missing wind looks up anything, its fraction is missing
    return curves[row, 0, below] + (point - below) * curves[row, 1, below]  # type: ignore[no-any-return]


@inlined
def _runs(hub: float, running: float, cut_out: float, restart: float) -> float:
    """Return 1 where a turbine runs: above the cut-out it stops, at or below the restart it starts again."""
    if math.isnan(hub):
        return running
    return 1.0 if hub <= (cut_out if running else restart) else 0.0


@inlined
def _same_air(data: Any, k: int, other: int) -> bool:
    """Return whether the same weather has the same effect on the curves of two devices."""
    return (  # type: ignore[no-any-return]
        data[HUB_HEIGHT, k] == data[HUB_HEIGHT, other]
        and data[WIND_EXPONENT, k] == data[WIND_EXPONENT, other]
        and data[POWER_EXPONENT, k] == data[POWER_EXPONENT, other]
    )


@inlined
def _limited(available_kw: float, p_min_kw: float) -> float:
    """Return what a set-point leaves, counted positive; missing weather stays missing, a missing set-point limits nothing."""
    allowed_kw = max(_from_load(p_min_kw), 0.0)  # it cannot consume; max and min keep a NaN that stands first
    return allowed_kw if allowed_kw < available_kw else available_kw


@compiled_for(_TABLE, _CURVES, _ROW, _ANY, _ANY, _ANY, _ANY, _ANY)
def advance(data: Any, curves: Any, rows: Any, running: Any, wind: Any, temp: Any, pressure: Any, p_min_kw: Any) -> Any:
    """Return outputs and new state of all devices, shape ``(6, n_devices)``, rows as named above.

    `data`, `curves` and `rows` as in `simulators.wind.params.WindParams`, the others as in `simulators.wind.model`; an array of
    one element serves all devices.
    """
    size = _common(_common(_common(len(rows), len(running)), len(wind)), len(temp))
    size = _common(_common(size, len(pressure)), len(p_min_kw))
    one_weather = len(temp) == 1 and len(pressure) == 1
    out, for_wind, for_power = np.empty((6, size)), 1.0, 1.0
    for i in range(size):
        k = i if len(rows) > 1 else 0
        if (
            i == 0 or not one_weather or not _same_air(data, k, max(k - 1, 0))
        ):  # powers are most of the work, and turbines often alike
            relative = _density(_at(temp, i), _at(pressure, i), data[HUB_HEIGHT, k]) / DENSITY_KG_PER_M3
            for_wind, for_power = relative ** data[WIND_EXPONENT, k], relative ** data[POWER_EXPONENT, k]
        hub = data[HUB_FACTOR, k] * _at(wind, i)
        runs = _runs(hub, _at(running, i), data[CUT_OUT, k], data[RESTART, k])
        power = min(_curve_kw(curves, rows[k], hub * for_wind) * for_power, data[PEAK, k])
        available = runs * data[SCALE, k] * power
        p = _limited(available, _at(p_min_kw, i))
        out[P, i] = _to_load(p)
        out[Q, i] = data[Q_PER_P, k] * p
        out[AVAILABLE, i] = _to_load(available)
        out[CURTAILED, i] = available - p
        out[HUB, i] = hub
        out[RUNNING, i] = runs
    return out
