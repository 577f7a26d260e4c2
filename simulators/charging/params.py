# SPDX-License-Identifier: Apache-2.0
"""Options of many charging points as arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, cast

import numpy as np

from simulators.charging.options import LEAST_A, PHASE_KV

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from simulators.charging.options import ChargingOptions
    from twinergy.community.twin import Device, Twin

    FloatArray = NDArray[np.float64]
    IntArray = NDArray[np.int64]
    BoolArray = NDArray[np.bool_]


SLACK: Final = 1e-9
"""So that 4.14 kW is 6 A on three phases in floating point, too. [-]"""


@dataclass(frozen=True, slots=True, kw_only=True)
class HubParams:
    """Hubs whose points share a limit.

    Attributes
    ----------
    rows : ndarray of int, shape (n_members,)
        Charging points that belong to a hub.
    hub : ndarray of int, shape (n_members,)
        Number of each one's hub.
    limit_kw : ndarray, shape (n_hubs,)
        What the points of a hub may draw together. [kW]
    """

    rows: IntArray
    hub: IntArray
    limit_kw: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargingParams:
    """Nameplate data of charging points; arrays of shape ``(n_devices,)``.

    Attributes
    ----------
    per_phase_kw, least_per_phase_kw : ndarray
        Highest and lowest power of each phase in use; for DC of the whole connector. [kW]
    phases : ndarray
        Phases of the connector, 1 for DC. [-]
    uncontrolled, follows : ndarray
        Power wanted where nobody asks (infinite, 0 or NaN) and share of the net load to follow (-1 or 0). [kW], [-]
    obeys : ndarray of bool
        Whether a set-point counts.
    v2g : ndarray
        1 for points that can feed back, else 0. [-]
    knows_soc, all_know : ndarray of bool, bool
        Whether the point learns the state of charge, and whether all do.
    tan_phi : ndarray or None
        Reactive over active power; None where there is none. [-]
    switches : ndarray of bool
        Whether it goes on with one phase where there is too little for three.
    keeps : ndarray of bool
        Whether it keeps the driver's wish while it follows the net load.
    any_follows, any_obeys, any_v2g, any_switches, any_keeps : bool
        Whether any point of the fleet does.
    hubs : HubParams or None
        None where no point belongs to a hub.
    """

    per_phase_kw: FloatArray
    least_per_phase_kw: FloatArray
    phases: FloatArray
    uncontrolled: FloatArray
    follows: BoolArray
    obeys: BoolArray
    v2g: FloatArray
    knows_soc: BoolArray
    all_know: bool
    tan_phi: FloatArray | None
    switches: BoolArray
    keeps: BoolArray
    any_follows: bool
    any_obeys: bool
    any_v2g: bool
    any_switches: bool
    any_keeps: bool
    hubs: HubParams | None


def local_mode(option: ChargingOptions) -> str:
    """Return what a point does while nobody asks."""
    return option.safe_mode if option.mode == "set_point" else option.mode


def params_of(options: Sequence[ChargingOptions], hubs: HubParams | None = None) -> ChargingParams:
    """Return the options of a fleet as arrays, in the given order."""
    dc = np.array([option.dc_kw is not None for option in options])
    modes = [local_mode(option) for option in options]
    follows = np.array([mode == "self_consumption" for mode in modes])
    obeys = np.array([option.mode != "uncontrolled" for option in options])
    switches = np.array([option.phase_switching for option in options])
    keeps = follows & np.array([option.keeps_wish for option in options])
    v2g = np.array([option.v2g for option in options])
    knows = v2g | dc | np.array([option.iso15118 for option in options])
    tan_phi = np.tan(np.arccos([option.cos_phi for option in options]))
    current_kw = np.array([PHASE_KV * option.limit_a for option in options])
    return ChargingParams(
        per_phase_kw=np.where(dc, [option.rated_kw for option in options], current_kw),
        least_per_phase_kw=np.where(dc, 0.0, PHASE_KV * LEAST_A * (1.0 - SLACK)),
        phases=np.where(dc, 1.0, [option.connector_phases for option in options]),
        uncontrolled=np.array([np.inf if mode == "uncontrolled" else 0.0 for mode in modes]),
        follows=follows,
        obeys=obeys,
        v2g=v2g.astype(np.float64),
        knows_soc=knows,
        all_know=bool(knows.all()),
        tan_phi=tan_phi if tan_phi.any() else None,
        switches=switches,
        keeps=keeps,
        any_switches=bool(switches.any()),
        any_keeps=bool(keeps.any()),
        any_follows=bool(follows.any()),
        any_obeys=bool(obeys.any()),
        any_v2g=bool(v2g.any()),
        hubs=hubs,
    )


def hubs_of(devices: Sequence[Device], twin: Twin) -> HubParams | None:
    """Return which of these points share the limit of which hub."""
    limits = {hub.id: hub.limit_kw for hub in twin.hubs}
    names = sorted({device.hub for device in devices if device.hub in limits})
    if not names:
        return None
    rows = [row for row, device in enumerate(devices) if device.hub in limits]
    return HubParams(
        rows=np.array(rows, dtype=np.int64),
        hub=np.array([names.index(devices[row].hub) for row in rows], dtype=np.int64),
        limit_kw=np.array([limits[name] for name in names]),
    )


def options_of(device: Device) -> ChargingOptions:
    """Return the options of a charging point with their type."""
    return cast("ChargingOptions", device.options)
