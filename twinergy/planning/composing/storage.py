# SPDX-License-Identifier: Apache-2.0
"""Batteries: in homes, and of the community at a bus of its choice."""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from twinergy.errors import Finding, ScenarioError, closest
from twinergy.planning.blocks.battery import Battery
from twinergy.planning.blocks.together import Together
from twinergy.planning.composing import meters
from twinergy.planning.composing.site import Part, between, held
from twinergy.planning.courses import MeterPoint

if TYPE_CHECKING:
    from collections.abc import Sequence

    from twinergy.planning.catalogue import Technology
    from twinergy.planning.composing.site import Composed, Site
    from twinergy.planning.courses import Store
    from twinergy.planning.nodes import Node

SIZES = ("capacity_kwh", "power_kw")
COMMUNITY_LIMIT_KW = 10_000.0
"""Limit of a connection that is laid for a community's battery: the network decides. [kW]"""


def add(site: Site, plan: Composed) -> None:
    """Add batteries that are there, and what may come."""
    kind = site.technology("home_battery")
    for node in site.nodes:
        stores = [store for store in site.courses.stores if site.node_of[store.connection] is node]
        if stores:
            _existing(site, plan, node, stores, kind)
    _homes(site, plan, kind)
    if site.is_open("community_battery") and site.wish("community_battery").where != "homes":
        _community(site, plan)


def _existing(site: Site, plan: Composed, node: Node, stores: list[Store], kind: Technology) -> None:
    capacity, power = sum(store.capacity_kwh for store in stores), sum(store.power_kw for store in stores)
    weights = [store.capacity_kwh for store in stores]
    sizes = site.sizes(kind)
    block = Battery(
        id=f"there-{node.id}",
        node=node.id,
        capacity=held(sizes["capacity_kwh"], existing=capacity),
        power=held(sizes["power_kw"], existing=power),
        charge_efficiency=float(np.average([store.charge_efficiency for store in stores], weights=weights)),
        discharge_efficiency=float(np.average([store.discharge_efficiency for store in stores], weights=weights)),
    )
    share = dict.fromkeys((store.connection for store in stores), 0.0)
    for store in stores:
        share[store.connection] += store.capacity_kwh / capacity
    existing = {"capacity_kwh": capacity, "power_kw": power}
    plan.blocks.append(block)
    plan.parts.append(_part(block, existing=existing, share=share))


def _homes(site: Site, plan: Composed, kind: Technology) -> None:
    wish = site.wish("home_battery")
    if not site.is_open("home_battery") or wish.where == "community":
        return
    sizes, choices = site.sizes(kind), []
    for node in site.nodes:
        if not node.homes:
            continue
        caps = (wish.most, None if wish.most_per_home is None else wish.most_per_home * node.homes)
        cap = min((one for one in caps if one is not None), default=math.inf)
        block = Battery(
            id=f"battery-{node.id}",
            node=node.id,
            capacity=between(sizes["capacity_kwh"], most=cap),
            power=between(sizes["power_kw"]),
            charge_efficiency=kind.number("charge_efficiency"),
            discharge_efficiency=kind.number("discharge_efficiency"),
            loss_per_h=kind.number("loss_per_h"),
            wear_eur_per_kwh=kind.number("wear_eur_per_kwh"),
        )
        plan.blocks.append(block)
        choices.append((block.id, "capacity_kwh"))
        plan.parts.append(_part(block, technology=kind, site=site, share=_by_load(site, node)))
    together = Together.of("batteries-of-homes", choices, least=wish.least, most=wish.most)
    if together:
        plan.blocks.append(together)


def _by_load(site: Site, node: Node) -> dict[str, float]:
    """Return shares of a group's battery: by what each home's PV leaves over, or by its load where there is none."""
    weights = dict.fromkeys(node.connections(site.courses), 0.0)
    for roof in site.courses.roofs:
        if roof.connection in weights:
            weights[roof.connection] += roof.existing_kwp
    if not sum(weights.values()):
        weights = {site.courses.meters[row].id: max(0.0, float(site.courses.load_kw[row].sum())) for row in node.rows}
    total = sum(weights.values())
    return {name: weight / total if total > 0.0 else 1.0 / len(weights) for name, weight in weights.items()}


def _community(site: Site, plan: Composed) -> None:
    kind, wish = site.technology("community_battery"), site.wish("community_battery")
    sizes, choices = site.sizes(kind), []
    _known(site, wish.buses)
    for bus in wish.buses or (_busbar(site),):
        node, connection = _place(site, plan, bus)
        block = Battery(
            id=f"battery-{connection}",
            node=node,
            capacity=between(sizes["capacity_kwh"], most=math.inf if wish.most is None else wish.most),
            power=between(sizes["power_kw"]),
            charge_efficiency=kind.number("charge_efficiency"),
            discharge_efficiency=kind.number("discharge_efficiency"),
            loss_per_h=kind.number("loss_per_h"),
            wear_eur_per_kwh=kind.number("wear_eur_per_kwh"),
        )
        plan.blocks.append(block)
        choices.append((block.id, "capacity_kwh"))
        plan.parts.append(
            _part(block, technology=kind, site=site, share={connection: 1.0}, facts={"bus": bus, "community": True})
        )
    together = Together.of("batteries-of-the-community", choices, least=wish.least, most=wish.most)
    if together:
        plan.blocks.append(together)


def _known(site: Site, buses: Sequence[str]) -> None:
    """Refuse buses that the community does not have, or that are named twice."""
    network = site.courses.network
    known = set(network.row_of) if network is not None else {meter.bus for meter in site.courses.meters}
    path = "technologies.community_battery.buses"
    findings = [
        Finding(message="there is no such bus with supply", path=path, value=bus, allowed=closest(bus, known))
        for bus in buses
        if bus not in known
    ]
    twice = sorted(bus for bus, count in Counter(buses).items() if count > 1)
    findings += [Finding(message="is named more than once", path=path, value=bus, allowed="each bus once") for bus in twice]
    if findings:
        raise ScenarioError(findings, f"request for {site.courses.scenario}")


def _busbar(site: Site) -> str:
    """Return where a community's battery stands if nobody says: where one stands, or at the first station's busbar."""
    for store in site.courses.stores:
        node = site.node_of[store.connection]
        if not node.homes:
            return next(meter.bus for meter in site.courses.meters if meter.id == store.connection)
    network = site.courses.network
    if network is not None and "transformer" in network.sorts:
        low = int(network.ends[1, network.sorts.index("transformer")])
        return next(bus for bus, row in network.row_of.items() if row == low)
    return Counter(meter.bus for meter in site.courses.meters).most_common(1)[0][0]


def _place(site: Site, plan: Composed, bus: str) -> tuple[str, str]:
    """Return node and connection for a battery at a bus: the one of a battery that is there, or a new one."""
    for store in site.courses.stores:
        node = site.node_of[store.connection]
        meter = next(one for one in site.courses.meters if one.id == store.connection)
        if not node.homes and meter.bus == bus:
            return node.id, meter.id
    homes = [meter.tariff for meter in site.courses.meters if meter.homes]
    tariff = Counter(homes or [meter.tariff for meter in site.courses.meters]).most_common(1)[0][0]
    name = f"plan-{bus}"
    plan.meters.append(MeterPoint(id=name, bus=bus, tariff=tariff, phases="abc", limit_kw=COMMUNITY_LIMIT_KW, homes=0))
    meters.meter(site, plan, name, site.courses.prices[tariff], COMMUNITY_LIMIT_KW, (name,))
    plan.notes.append(f"a connection of its own is laid at {bus} for the community's battery, tariff {tariff}")
    return name, name


def _part(
    block: Battery,
    *,
    share: dict[str, float],
    technology: Technology | None = None,
    site: Site | None = None,
    existing: dict[str, float] | None = None,
    facts: dict[str, object] | None = None,
) -> Part:
    efficiencies = {"charge_efficiency": block.charge_efficiency, "discharge_efficiency": block.discharge_efficiency}
    return Part(
        id=block.id,
        block=block.id,
        kind="battery",
        node=block.node,
        sizes={name: name for name in SIZES},
        technology=technology.name if technology else "",
        invest_eur=technology.invest_eur(site.request) if technology and site else {},
        existing=existing or {},
        share=share,
        facts={**efficiencies, **(facts or {})},
    )
