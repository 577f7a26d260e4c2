# SPDX-License-Identifier: Apache-2.0
"""Every home its own meter: what a group of homes may not net among themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from twinergy.planning.blocks.battery import Battery
from twinergy.planning.blocks.ev import Ev
from twinergy.planning.blocks.own_meters import OwnMeters, tangent
from twinergy.planning.blocks.pv import Pv

if TYPE_CHECKING:
    from twinergy.kinds import FloatArray
    from twinergy.planning.composing.site import Composed, Part, Site
    from twinergy.planning.nodes import Node

TOUCHED: Final = (0.0, 0.35, 1.0)
"""Parts of the roofs' room at which the lines touch what homes lack; between them it is a little above the lines. [-]"""


def add(site: Site, plan: Composed) -> None:
    """Bound what every group of homes with PV draws from below."""
    for node in site.nodes:
        roofs = [part for part in plan.parts if part.kind == "pv" and part.node == node.id]
        if len(node.rows) > 1 and roofs:
            plan.blocks.append(_of(site, plan, node, roofs))


def _of(site: Site, plan: Composed, node: Node, roofs: list[Part]) -> OwnMeters:
    pv = next(block for block in plan.blocks if isinstance(block, Pv) and block.id == roofs[0].block)
    existing, added = _generation(site, node, roofs)
    load = _load(site, node)
    most = {face.size_name: face.size.most for face in pv.faces}
    touched = TOUCHED if any(most.values()) else TOUCHED[:1]
    lines = [tangent(load, existing, added, {name: part * value for name, value in most.items()}) for part in touched]
    return OwnMeters(
        id=f"own-meters-{node.id}",
        meter=f"meter-{node.id}",
        pv=pv.id,
        discharging=_discharging(plan, node),
        tangents=tuple(lines),
    )


def _load(site: Site, node: Node) -> FloatArray:
    """Return what each home draws that cannot wait, shape (n_homes, n). [kW]."""
    load = site.courses.load_kw[node.rows].copy()
    if not site.is_open("v2g"):
        row_of = {site.courses.meters[row].id: place for place, row in enumerate(node.rows)}
        for fleet in site.courses.cars:
            if fleet.connection in row_of:
                load[row_of[fleet.connection]] += fleet.uncontrolled_kw
    return load


def _generation(site: Site, node: Node, roofs: list[Part]) -> tuple[FloatArray, dict[str, tuple[FloatArray, FloatArray]]]:
    """Return what is generated at each home, and by size what part of it would be where and what a unit yields there."""
    row_of = {site.courses.meters[row].id: place for place, row in enumerate(node.rows)}
    existing = np.zeros((len(node.rows), site.courses.n_steps))
    shares: dict[str, FloatArray] = {}
    yields: dict[str, FloatArray] = {}
    for part in roofs:
        course, size = site.courses.yields[part.facts["orientation"]], part.sizes["size_kwp"]
        weight = part.portion.get("size_kwp", 1.0)
        share = shares.setdefault(size, np.zeros(len(node.rows)))
        yields[size] = yields.get(size, np.zeros(len(course))) + weight * course
        for roof, connection in part.facts["connection"].items():
            place = row_of[connection]
            share[place] += weight * part.share[roof]
            existing[place] += part.facts["existing_kwp"][roof] * course
    return existing, {size: (share, yields[size]) for size, share in shares.items()}


def _discharging(plan: Composed, node: Node) -> tuple[tuple[str, str], ...]:
    """Return what else can serve a home of the node."""
    return tuple((block.id, "discharge_kw") for block in plan.blocks if isinstance(block, Battery | Ev) and block.node == node.id)
