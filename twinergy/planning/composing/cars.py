# SPDX-License-Identifier: Apache-2.0
"""Cars: charged as they come, or when it suits, or giving back."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from twinergy.planning.blocks.demand import Demand
from twinergy.planning.blocks.ev import Ev
from twinergy.planning.composing.site import Part, between

if TYPE_CHECKING:
    from twinergy.planning.composing.site import Composed, Site
    from twinergy.planning.courses import CarFleet
    from twinergy.planning.nodes import Node


def add(site: Site, plan: Composed) -> None:
    """Add the cars of every node: as they come, unless the request lets them wait or give back."""
    for node in site.nodes:
        fleets = [fleet for fleet in site.courses.cars if site.node_of[fleet.connection] is node]
        if not fleets:
            continue
        if site.is_open("v2g"):
            _flexible(site, plan, node, fleets)
        else:
            drawn = np.sum([fleet.uncontrolled_kw for fleet in fleets], axis=0)
            plan.blocks.append(Demand(id=f"cars-{node.id}", node=node.id, demand_kw=drawn))


def _flexible(site: Site, plan: Composed, node: Node, fleets: list[CarFleet]) -> None:
    kind = site.technology("v2g")
    charge = np.sum([fleet.charge_kw for fleet in fleets], axis=0)
    there = float(np.sum([fleet.discharge_kw for fleet in fleets], axis=0).max())
    wish, peak = site.wish("v2g"), float(charge.max())
    most = peak - there if wish.most is None else min(wish.most, peak - there)
    # points are sold one by one, but a group of homes has so many that their number need not be whole
    points = between(replace(site.sizes(kind)["size_kw"], step=0.0), existing=there, most=max(0.0, most))
    block = Ev(
        id=f"cars-{node.id}",
        node=node.id,
        charge_kw=charge,
        discharge_kw=charge,
        least_kwh=np.sum([fleet.least_kwh for fleet in fleets], axis=0),
        most_kwh=np.sum([fleet.most_kwh for fleet in fleets], axis=0),
        wear_eur_per_kwh=kind.number("wear_eur_per_kwh"),
        v2g=points,
    )
    plan.blocks.append(block)
    energy = {fleet.connection: float(fleet.uncontrolled_kw.sum()) for fleet in fleets}
    total = sum(energy.values())
    share = {name: value / total if total else 1.0 / len(energy) for name, value in energy.items()}
    plan.parts.append(
        Part(
            id=block.id,
            block=block.id,
            kind="ev",
            node=node.id,
            sizes={"size_kw": "v2g_kw"},
            technology=kind.name,
            invest_eur=kind.invest_eur(site.request),
            existing={"size_kw": there},
            share=share,
        )
    )
