# SPDX-License-Identifier: Apache-2.0
"""What a plot of a pandapower network needs: where its buses are and what connects them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from simulators.grid.layout import layout
from twinergy.community.topology import GridTopology

if TYPE_CHECKING:
    from twinergy.kinds import FloatArray


def topology_of(net: Any) -> GridTopology:
    """Return places and ends of a named pandapower network; a bus fused by a switch is drawn apart."""
    row = {bus: place for place, bus in enumerate(net.bus.index)}
    names = list(net.bus["name"])
    lines, transformers = _edges(net.line, "from_bus", "to_bus", row), _edges(net.trafo, "hv_bus", "lv_bus", row)
    xy = _geodata(net)
    if xy is None:
        ties = [(row[one.bus], row[one.element]) for one in net.switch.itertuples() if one.et == "b"]
        infeeds = tuple(row[bus] for bus in net.ext_grid["bus"])
        xy = layout(len(row), [*lines.values(), *ties], transformers.values(), infeeds)
    return GridTopology(
        buses={name: [float(x), float(y)] for name, (x, y) in zip(names, xy, strict=True)},
        lines={name: [names[a], names[b]] for name, (a, b) in lines.items()},
        transformers={name: [names[a], names[b]] for name, (a, b) in transformers.items()},
    )


def _edges(frame: Any, start: str, end: str, row: dict[int, int]) -> dict[str, tuple[int, int]]:
    return {name: (row[a], row[b]) for name, a, b in zip(frame["name"], frame[start], frame[end], strict=True)}


def _geodata(net: Any) -> FloatArray | None:
    """Return the GeoJSON points of all buses, None where one lacks or all are at one place."""
    if "geo" not in net.bus or not all(isinstance(geo, str) and geo for geo in net.bus["geo"]):
        return None
    points = np.array([json.loads(geo)["coordinates"][:2] for geo in net.bus["geo"]], dtype=np.float64)
    return points if np.isfinite(points).all() and len(np.unique(points, axis=0)) > 1 else None
