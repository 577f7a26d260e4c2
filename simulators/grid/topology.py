# SPDX-License-Identifier: Apache-2.0
"""What a plot of a network needs: where its buses are and what connects them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from simulators.grid.layout import layout

if TYPE_CHECKING:
    from twinergy.kinds import FloatArray


@dataclass(frozen=True, slots=True)
class Edge:
    """A line or transformer between two buses.

    Attributes
    ----------
    name : str
        Name, as in the result tables.
    start, end : int
        Rows of its buses; a transformer's `start` is its high-voltage side.
    """

    name: str
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GridTopology:
    """A network to be drawn.

    Attributes
    ----------
    buses : tuple of str
        Names, as in the result tables.
    xy : ndarray, shape (n_buses, 2)
        Place of each bus; degrees or metres of the network's own geodata, else lengths without a unit.
    geographic : bool
        Whether `xy` is the network's own geodata.
    lines, transformers : tuple of Edge
        What connects them.
    infeeds : tuple of int
        Rows of the buses fed from the upstream grid.
    vm_min_pu, vm_max_pu : float
        Permitted voltages. [pu]
    """

    buses: tuple[str, ...]
    xy: FloatArray
    geographic: bool
    lines: tuple[Edge, ...]
    transformers: tuple[Edge, ...]
    infeeds: tuple[int, ...]
    vm_min_pu: float
    vm_max_pu: float


def topology_of(net: Any, vm_min_pu: float, vm_max_pu: float) -> GridTopology:
    """Return what a plot needs of a named pandapower network; a bus fused by a switch is drawn apart."""
    row = {bus: place for place, bus in enumerate(net.bus.index)}
    lines, transformers = _edges(net.line, "from_bus", "to_bus", row), _edges(net.trafo, "hv_bus", "lv_bus", row)
    infeeds = tuple(row[bus] for bus in net.ext_grid["bus"])
    xy = _geodata(net)
    geographic = xy is not None
    if xy is None:
        ties = [(row[one.bus], row[one.element]) for one in net.switch.itertuples() if one.et == "b"]
        links = [(edge.start, edge.end) for edge in lines] + ties
        xy = layout(len(row), links, [(edge.start, edge.end) for edge in transformers], infeeds)
    return GridTopology(
        buses=tuple(net.bus["name"]),
        xy=xy,
        geographic=geographic,
        lines=lines,
        transformers=transformers,
        infeeds=infeeds,
        vm_min_pu=vm_min_pu,
        vm_max_pu=vm_max_pu,
    )


def _edges(frame: Any, start: str, end: str, row: dict[int, int]) -> tuple[Edge, ...]:
    return tuple(Edge(name, row[a], row[b]) for name, a, b in zip(frame["name"], frame[start], frame[end], strict=True))


def _geodata(net: Any) -> FloatArray | None:
    """Return the GeoJSON points of all buses, None where one lacks or all are at one place."""
    if "geo" not in net.bus or not all(isinstance(geo, str) and geo for geo in net.bus["geo"]):
        return None
    points = np.array([json.loads(geo)["coordinates"][:2] for geo in net.bus["geo"]], dtype=np.float64)
    return points if np.isfinite(points).all() and len(np.unique(points, axis=0)) > 1 else None
