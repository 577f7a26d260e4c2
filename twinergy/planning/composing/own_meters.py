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
    from collections.abc import Mapping, Sequence

    from twinergy.kinds import FloatArray
    from twinergy.planning.composing.site import Composed, Part, Site
    from twinergy.planning.nodes import Node

TOUCHED: Final = (0.0, 0.35, 1.0)
"""Parts of the roofs' room at which the lines touch what homes lack; between them it is a little above the lines. [-]"""


def add(site: Site, plan: Composed) -> None:
    """Bound what every group of homes with PV draws from below."""
    for node in site.nodes:
        roofs = _roofs(plan, node)
        if len(node.rows) > 1 and roofs:
            most = {face.size_name: face.size.most for face in _pv(plan, roofs).faces}
            parts = TOUCHED if any(most.values()) else TOUCHED[:1]
            touched = [{name: part * value for name, value in most.items()} for part in parts]
            plan.blocks.append(_of(site, plan, node, touched))


def again(site: Site, plan: Composed, kwp: Mapping[tuple[str, str], float]) -> None:
    """Bound anew, once the spread of a plan's modules over its roofs is another and their sizes are settled.

    Parameters
    ----------
    site, plan : Site, Composed
        The plan; its parts have the new spread.
    kwp : dict of (str, str) to float
        What is added, by block and size, nothing of what is not in it; there the bound is exact. [kWp]
    """
    nodes = {f"own-meters-{node.id}": node for node in site.nodes}
    for place, block in enumerate(plan.blocks):
        if isinstance(block, OwnMeters):
            node = nodes[block.id]
            names = [face.size_name for face in _pv(plan, _roofs(plan, node)).faces]
            plan.blocks[place] = _of(site, plan, node, [{name: kwp.get((block.pv, name), 0.0) for name in names}])


def _roofs(plan: Composed, node: Node) -> list[Part]:
    return [part for part in plan.parts if part.kind == "pv" and part.node == node.id]


def _pv(plan: Composed, roofs: list[Part]) -> Pv:
    return next(block for block in plan.blocks if isinstance(block, Pv) and block.id == roofs[0].block)


def _of(site: Site, plan: Composed, node: Node, touched: Sequence[Mapping[str, float]]) -> OwnMeters:
    """Return the bound of a node whose lines touch at some sizes. [kWp]."""
    roofs = _roofs(plan, node)
    existing, added = _generation(site, node, roofs)
    load = _load(site, node)
    return OwnMeters(
        id=f"own-meters-{node.id}",
        meter=f"meter-{node.id}",
        pv=_pv(plan, roofs).id,
        discharging=_discharging(plan, node),
        tangents=tuple(tangent(load, existing, added, sizes) for sizes in touched),
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
