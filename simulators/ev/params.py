# SPDX-License-Identifier: Apache-2.0
"""Options of many vehicles as arrays."""

from __future__ import annotations

from dataclasses import dataclass
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
    charger_phases : ndarray
        Phases of the on-board charger. [-]
    wish_soc : ndarray
        State of charge wanted at departure. [-]
    table : ndarray, shape (n_rows, n_devices)
        What the arithmetic needs, one row each, in the order of `simulators.ev.kernel.CAPACITY` and those that follow:
        usable capacity [kWh], highest power of the on-board charger at the battery [kW], efficiency each way [-], own
        consumption while the charger runs [kW], energy from which on the power falls and what is above it up to full, energy
        wanted at departure, where charging stops, from where on it does not begin, where feeding back stops [kWh], highest
        power fed back [kW], consumption while driving [kWh/km], of heating and of cooling [kW/K], energy below which it is
        plugged in on arrival, in the mean, infinite for a car that always is [kWh], and 1 where there is a charging point in
        its dwelling.
    home : ndarray of int
        Number of its dwelling where several cars share one; empty where none do.
    """

    capacity_kwh: FloatArray
    charger_phases: FloatArray
    wish_soc: FloatArray
    table: FloatArray
    home: IntArray


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
    rows = (
        *(capacity, charger * of("efficiency") - of("aux_kw"), of("efficiency"), of("aux_kw")),
        *(of("taper_soc") * capacity, (1.0 - of("taper_soc")) * capacity, of("soc_wish") * capacity),
        *(of("soc_limit") * capacity, (of("soc_limit") - FULL) * capacity, of("v2g_min_soc") * capacity, of("v2g_kw")),
        *(own("consumption_kwh_per_km", "consumption_kwh_per_km"), of("heating_kw_per_k"), of("cooling_kw_per_k")),
        *(np.where(below < 1.0, below * capacity, np.inf), np.array(has_point, dtype=np.float64)),
    )
    return EvParams(
        capacity_kwh=capacity,
        charger_phases=own("charger_phases", "ac_phases"),
        wish_soc=of("soc_wish"),
        table=np.stack(rows),
        home=home.astype(np.int64) if len(set(homes)) < len(homes) else np.empty(0, dtype=np.int64),
    )


def params_in(devices: Sequence[Device], twin: Twin) -> EvParams:
    """Return the parameters of these devices in their twin, in the given order."""
    served = {device.dwelling for device in twin.of_kind("charging") if device.dwelling}
    homes = [device.dwelling or device.id for device in devices]
    return params_of([cast("EvOptions", device.options) for device in devices], [home in served for home in homes], homes)
