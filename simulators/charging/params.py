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
    per_phase_kw : ndarray
        Highest power of each phase in use; for DC of the whole connector. [kW]
    phases : ndarray
        Phases of the connector, 1 for DC. [-]
    knows_soc : ndarray of bool
        Whether the point learns the state of charge.
    tan_phi : ndarray
        Reactive over active power. [-]
    public : ndarray of bool
        Whether the point serves visitors.
    table : ndarray, shape (n_rows, n_devices)
        What the arithmetic needs, one row each, in the order of `simulators.charging.kernel.PER_PHASE_KW` and those that follow:
        highest and lowest power of each phase in use [kW], phases, power wanted where nobody asks, infinite or 0 [kW], and 1 or 0
        for: follows the net load, obeys a set-point, can feed back, goes on with one phase where there is too little for three,
        keeps the driver's wish while it follows the net load, learns the state of charge; reactive over active power [-]; 1 for
        points that serve visitors.
    any_v2g : bool
        Whether any point of the fleet can feed back.
    hub : ndarray of int
        Number of each point's hub, -1 where it belongs to none.
    limit_kw : ndarray, shape (n_hubs,)
        What the points of each hub may draw together. [kW]
    hubs : HubParams or None
        None where no point belongs to a hub.
    nobody : ndarray
        NaN, for a port at which nobody asks any point.
    """

    per_phase_kw: FloatArray
    phases: FloatArray
    knows_soc: BoolArray
    tan_phi: FloatArray
    public: BoolArray
    table: FloatArray
    any_v2g: bool
    hub: IntArray
    limit_kw: FloatArray
    hubs: HubParams | None
    nobody: FloatArray


def local_mode(option: ChargingOptions) -> str:
    """Return what a point does while nobody asks."""
    return option.safe_mode if option.mode == "set_point" else option.mode


def params_of(
    options: Sequence[ChargingOptions], hubs: HubParams | None = None, public: Sequence[bool] | None = None
) -> ChargingParams:
    """Return the options of a fleet as arrays, in the given order, with the hubs' limits and which points serve visitors."""
    n = len(options)
    dc = np.array([option.dc_kw is not None for option in options])
    modes = [local_mode(option) for option in options]
    follows = np.array([mode == "self_consumption" for mode in modes])
    v2g = np.array([option.v2g for option in options])
    knows = v2g | dc | np.array([option.iso15118 for option in options])
    tan_phi = np.tan(np.arccos([option.cos_phi for option in options]))
    per_phase_kw = np.where(dc, [option.rated_kw for option in options], [PHASE_KV * option.limit_a for option in options])
    phases = np.where(dc, 1.0, [option.connector_phases for option in options])
    visited = np.zeros(n, dtype=np.bool_) if public is None else np.array(public, dtype=np.bool_)
    rows = (
        *(per_phase_kw, np.where(dc, 0.0, PHASE_KV * LEAST_A * (1.0 - SLACK)), phases),
        *([np.inf if mode == "uncontrolled" else 0.0 for mode in modes], follows, [o.mode != "uncontrolled" for o in options]),
        *(v2g, [option.phase_switching for option in options], follows & [option.keeps_wish for option in options]),
        *(knows, tan_phi, visited),
    )
    return ChargingParams(
        per_phase_kw=per_phase_kw,
        phases=phases,
        knows_soc=knows,
        tan_phi=tan_phi,
        public=visited,
        table=np.array(rows, dtype=np.float64),
        any_v2g=bool(v2g.any()),
        hub=_hub_of_each(n, hubs),
        limit_kw=np.empty(0) if hubs is None else hubs.limit_kw,
        hubs=hubs,
        nobody=np.full(n, np.nan),
    )


def _hub_of_each(n_devices: int, hubs: HubParams | None) -> IntArray:
    hub = np.full(n_devices, -1, dtype=np.int64)
    if hubs is not None:
        hub[hubs.rows] = hubs.hub
    return hub


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
