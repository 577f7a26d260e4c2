# SPDX-License-Identifier: Apache-2.0
"""Meters: what a node needs, and at which prices it buys and sells."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from twinergy.planning.blocks.demand import Demand
from twinergy.planning.blocks.tariff import Tariff
from twinergy.planning.composing.site import Part
from twinergy.planning.courses import Price
from twinergy.planning.economics import levelled
from twinergy.planning.size import Size

if TYPE_CHECKING:
    from collections.abc import Sequence

    from twinergy.planning.composing.site import Composed, Site
    from twinergy.planning.draft import Block
    from twinergy.planning.nodes import Node

LEAST_SPREAD: Final = 1e-5
"""What a kWh fed in earns less than one drawn costs, at least: at the same price a solver would walk in circles. [EUR/kWh]"""


def add(site: Site, plan: Composed) -> None:
    """Add demand and meter of every node."""
    plan.meters.extend(site.courses.meters)
    for node in site.nodes:
        plan.blocks.append(Demand(id=f"demand-{node.id}", node=node.id, demand_kw=node.load_kw(site.courses)))
        weights = weights_of(site, node)
        meter(site, plan, node.id, mixed(site, weights), node.limit_kw(site.courses), node.connections(site.courses))
        if len(weights) > 1:
            plan.notes.append(f"{node.id} pays the mean of the tariffs {', '.join(weights)}, weighted by what they draw")


def meter(site: Site, plan: Composed, node: str, price: Price, limit_kw: float, connections: Sequence[str]) -> None:
    """Add the meter of one node at a price."""
    bought, sold = levelled(site.request.finance, "electricity"), levelled(site.request.finance, "feed_in")
    import_eur, export_eur = price.import_eur_per_kwh * bought, price.export_eur_per_kwh * sold
    turned = int(np.sum(export_eur > import_eur + LEAST_SPREAD))
    if turned:
        plan.notes.append(
            f"in {turned} steps {node} could buy for less than it is paid for feeding in; there it is credited with no more than"
            " it pays, or a plan would make money by doing both at once"
        )
    block = Tariff(
        id=f"meter-{node}",
        node=node,
        import_eur_per_kwh=import_eur,
        export_eur_per_kwh=np.minimum(export_eur, import_eur - LEAST_SPREAD),
        co2_g_per_kwh=price.co2_g_per_kwh,
        export_co2_share=site.request.export_co2_share,
        limit=Size(unit="kW", existing=limit_kw, most=0.0),
    )
    plan.blocks.append(block)
    share = dict.fromkeys(connections, 1.0 / len(connections))
    plan.parts.append(
        Part(
            id=block.id,
            block=block.id,
            kind="tariff",
            node=node,
            sizes={"limit_kw": "limit_kw"},
            existing={"limit_kw": limit_kw},
            share=share,
        )
    )


def repriced(blocks: Sequence[Block], *, bought: float = 1.0, sold: float = 1.0) -> list[Block]:
    """Return blocks whose meters buy and sell at prices times a factor; selling never pays more than buying costs."""
    return [_repriced(block, bought, sold) if isinstance(block, Tariff) else block for block in blocks]


def _repriced(block: Tariff, bought: float, sold: float) -> Tariff:
    import_eur = np.asarray(block.import_eur_per_kwh) * bought
    export_eur = np.minimum(np.asarray(block.export_eur_per_kwh) * sold, import_eur - LEAST_SPREAD)
    return replace(block, import_eur_per_kwh=import_eur, export_eur_per_kwh=export_eur)


def weights_of(site: Site, node: Node) -> dict[str, float]:
    """Return what a node draws by tariff. [kWh, steps of any length]."""
    weights = dict.fromkeys(sorted({site.courses.meters[row].tariff for row in node.rows}), 0.0)
    for row in node.rows:
        weights[site.courses.meters[row].tariff] += max(1.0, float(np.abs(site.courses.load_kw[row]).sum()))
    return weights


def mixed(site: Site, weights: dict[str, float]) -> Price:
    """Return the weighted mean of some tariffs."""
    total = sum(weights.values())
    several = [(weight / total, site.courses.prices[tariff]) for tariff, weight in weights.items()]
    courses = ("import_eur_per_kwh", "export_eur_per_kwh", "co2_g_per_kwh", "grid_fee_eur_per_kwh")
    return Price(**{name: np.sum([share * getattr(price, name) for share, price in several], axis=0) for name in courses})
