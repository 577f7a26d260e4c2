# SPDX-License-Identifier: Apache-2.0
"""Options of many vehicles as arrays."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, cast

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from simulators.ev.options import EvOptions
    from twinergy.community.twin import Device, Twin

    FloatArray = NDArray[np.float64]
    IntArray = NDArray[np.int64]


FULL: Final = 1e-4
"""A battery to whose limit less than this share of its capacity is missing is full. [-]"""


@dataclass(frozen=True, slots=True, kw_only=True)
class EvParams:
    """Nameplate data and wishes of a fleet; arrays of shape ``(n_devices,)``.

    Attributes
    ----------
    capacity_kwh : ndarray
        Usable capacity. [kWh]
    charger_kw, battery_kw : ndarray
        Highest power of the on-board charger, drawn and at the battery. [kW]
    efficiency, aux_kw : ndarray
        Each way, and own consumption while the charger runs. [-], [kW]
    knee_kwh, tail_kwh : ndarray
        Energy from which on the power falls, and what is above it up to full. [kWh]
    wish_kwh, limit_kwh, full_enough_kwh, floor_kwh : ndarray
        Energy wanted at departure, where charging stops, from where on it does not begin, where feeding back stops. [kWh]
    v2g_kw : ndarray
        Highest power fed back. [kW]
    kwh_per_km, heating_kw_per_k, cooling_kw_per_k : ndarray
        Consumption while driving. [kWh/km], [kW/K]
    charger_phases : ndarray
        Phases of the on-board charger. [-]
    plug_in_kwh : ndarray
        Energy below which it is plugged in on arrival, in the mean; infinite for a car that always is. [kWh]
    has_point : ndarray of bool
        Whether there is a charging point in its dwelling.
    home : ndarray of int, or None
        Number of its dwelling where several cars share one; None where none do.
    gives_back : bool
        Whether any car can feed back.
    nothing : ndarray
        Zeros, read-only, for whatever is zero in every step.
    spans : dict
        What `simulators.ev.charger.taking` has worked out so far, by length of step in hours.
    """

    capacity_kwh: FloatArray
    charger_kw: FloatArray
    battery_kw: FloatArray
    efficiency: FloatArray
    aux_kw: FloatArray
    knee_kwh: FloatArray
    tail_kwh: FloatArray
    wish_kwh: FloatArray
    limit_kwh: FloatArray
    full_enough_kwh: FloatArray
    floor_kwh: FloatArray
    v2g_kw: FloatArray
    kwh_per_km: FloatArray
    heating_kw_per_k: FloatArray
    cooling_kw_per_k: FloatArray
    charger_phases: FloatArray
    plug_in_kwh: FloatArray
    has_point: NDArray[np.bool_]
    home: IntArray | None
    gives_back: bool
    nothing: FloatArray
    spans: dict[float, FloatArray] = field(default_factory=dict, compare=False)


def params_of(options: Sequence[EvOptions], has_point: Sequence[bool], homes: Sequence[str]) -> EvParams:
    """Return the options of a fleet as arrays, with which cars have a charging point at home and which share a home."""

    def of(name: str) -> FloatArray:
        return np.array([getattr(option, name) for option in options], dtype=np.float64)

    def own(name: str, column: str) -> FloatArray:
        given = [getattr(option, name) for option in options]
        return np.array(
            [getattr(option.row, column) if value is None else value for value, option in zip(given, options, strict=True)],
            dtype=np.float64,
        )

    capacity, charger = own("capacity_kwh", "capacity_kwh"), own("p_charger_kw", "ac_kw")
    below = of("plug_in_below_soc")
    _, home = np.unique(np.array(homes), return_inverse=True)
    return EvParams(
        capacity_kwh=capacity,
        charger_kw=charger,
        battery_kw=charger * of("efficiency") - of("aux_kw"),
        efficiency=of("efficiency"),
        aux_kw=of("aux_kw"),
        knee_kwh=of("taper_soc") * capacity,
        tail_kwh=(1.0 - of("taper_soc")) * capacity,
        wish_kwh=of("soc_wish") * capacity,
        limit_kwh=of("soc_limit") * capacity,
        full_enough_kwh=(of("soc_limit") - FULL) * capacity,
        floor_kwh=of("v2g_min_soc") * capacity,
        v2g_kw=of("v2g_kw"),
        kwh_per_km=own("consumption_kwh_per_km", "consumption_kwh_per_km"),
        heating_kw_per_k=of("heating_kw_per_k"),
        cooling_kw_per_k=of("cooling_kw_per_k"),
        charger_phases=own("charger_phases", "ac_phases"),
        plug_in_kwh=np.where(below < 1.0, below * capacity, np.inf),
        has_point=np.array(has_point, dtype=np.bool_),
        home=home.astype(np.int64) if len(set(homes)) < len(homes) else None,
        nothing=_nothing(len(options)),
        gives_back=bool(of("v2g_kw").any()),
    )


def _nothing(n_devices: int) -> FloatArray:
    zeros = np.zeros(n_devices)
    zeros.flags.writeable = False
    return zeros


def params_in(devices: Sequence[Device], twin: Twin) -> EvParams:
    """Return the parameters of these devices in their twin, in the given order."""
    served = {device.dwelling for device in twin.of_kind("charging") if device.dwelling}
    homes = [device.dwelling or device.id for device in devices]
    return params_of([cast("EvOptions", device.options) for device in devices], [home in served for home in homes], homes)
