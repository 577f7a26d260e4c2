# SPDX-License-Identifier: Apache-2.0
"""Heat: networks with CHP, boiler and buffer; and homes that could change their boiler for a heat pump."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from twinergy.planning.blocks.boiler import Boiler
from twinergy.planning.blocks.chp import Chp
from twinergy.planning.blocks.chp_units import ChpUnit, ChpUnits
from twinergy.planning.blocks.demand import Demand
from twinergy.planning.blocks.heat_buffer import HeatBuffer
from twinergy.planning.blocks.heat_pump import HeatPump
from twinergy.planning.composing.site import Part, between
from twinergy.planning.draft import HEAT
from twinergy.planning.size import Size

if TYPE_CHECKING:
    from twinergy.planning.catalogue import Technology
    from twinergy.planning.composing.site import Composed, Site
    from twinergy.planning.courses import HeatedHome, HeatNetwork
    from twinergy.planning.draft import Block
    from twinergy.planning.nodes import Node
    from twinergy.planning.request import Technology as Wish


def add_networks(site: Site, plan: Composed) -> None:
    """Add every heat network with what feeds it, and what could."""
    for network in site.courses.heat_networks:
        node = f"heat-{network.id}"
        plan.blocks.append(Demand(id=f"demand-{node}", node=node, demand_kw=network.demand_kw, carrier=HEAT))
        _chp(site, plan, network, node)
        _boiler(site, plan, network, node)
        _buffer(site, plan, network, node)


def _chp(site: Site, plan: Composed, network: HeatNetwork, node: str) -> None:
    price, carbon = site.fuel(network.fuel)
    electric = site.node_of[network.connection].id
    common: dict[str, Any] = {"node": node, "electric_node": electric, "fuel_eur_per_kwh": price, "fuel_co2_g_per_kwh": carbon}
    if network.chp_kw:
        there = Chp(
            id=f"there-chp-{network.id}",
            size=Size(unit="kW", existing=network.chp_kw, most=0.0),
            electric_efficiency=network.electric_efficiency,
            thermal_efficiency=network.thermal_efficiency,
            **common,
        )
        _keep(plan, there, "chp", node, {"size_kw": network.chp_kw}, network)
    if site.is_open("chp"):
        _new_chp(site, plan, network, node, common)


def _new_chp(site: Site, plan: Composed, network: HeatNetwork, node: str, common: dict[str, Any]) -> None:
    """Add the units that are sold, of which one may be chosen; or, where the request names one, that of any size."""
    wish, most = site.wish("chp"), _most(site.wish("chp").most, network.demand_kw)
    if not wish.technology:
        sold = [kind.asked(site.request) for kind in site.catalogue.of("chp")]
        fitting = [kind for kind in sold if wish.least <= _power_kw(site, kind) <= max(most, wish.least)]
        if fitting:
            _units(site, plan, network, node, fitting, common)
        else:
            plan.notes.append(f"no CHP unit of the catalogue fits {network.id}, which needs up to {most:.0f} kW of heat")
        return
    kind = site.technology("chp")
    fuel = _fuel(kind, wish, network)
    price, carbon = site.fuel(fuel)
    new = Chp(
        id=f"chp-{network.id}",
        size=between(replace(site.sizes(kind)["size_kw"], step=0.0 if wish.step is None else wish.step), most=most),
        electric_efficiency=kind.number("electric_efficiency"),
        thermal_efficiency=kind.number("thermal_efficiency"),
        service_eur_per_kwh=kind.number("service_eur_per_kwh"),
        **{**common, "fuel_eur_per_kwh": price, "fuel_co2_g_per_kwh": carbon},
    )
    _build(site, plan, new, "chp", node, kind, network, fuel)


def _units(site: Site, plan: Composed, network: HeatNetwork, node: str, sold: list[Technology], common: dict[str, Any]) -> None:
    units = {kind.name: _unit(site, kind) for kind in sold}
    block = ChpUnits(id=f"chp-{network.id}", units=tuple(units.values()), **common)
    plan.blocks.append(block)
    for kind in sold:
        unit = units[kind.name]
        plan.parts.append(
            Part(
                id=f"{block.id}-{kind.name}",
                block=block.id,
                kind="chp",
                node=node,
                sizes={"size_kw": unit.size_name},
                scale={"size_kw": unit.power_kw},
                technology=kind.name,
                invest_eur={"size_kw": unit.invest_eur / unit.power_kw},
                share={network.connection: 1.0},
                facts={
                    **_facts(network),
                    "electric_efficiency": unit.electric_efficiency,
                    "thermal_efficiency": unit.thermal_efficiency,
                    "least_load": unit.least_load,
                    "unit": kind.entry.simulated_as,
                },
            )
        )


def _power_kw(site: Site, kind: Technology) -> float:
    """Return the power of a unit as it is sold, whatever step a request wishes for. [kW]."""
    return site.catalogue.technology(kind.name).number("size_step_kw")


def _unit(site: Site, kind: Technology) -> ChpUnit:
    power_kw = _power_kw(site, kind)
    size = site.sizes(kind)["size_kw"]
    return ChpUnit(
        name=kind.name,
        power_kw=power_kw,
        electric_efficiency=kind.number("electric_efficiency"),
        thermal_efficiency=kind.number("thermal_efficiency"),
        annual_eur=size.annual_eur * power_kw + size.once_annual_eur,
        invest_eur=size.invest_eur * power_kw + size.once_invest_eur,
        service_eur_per_kwh=kind.number("service_eur_per_kwh"),
        least_load=kind.number("least_load"),
        embodied_kg=size.embodied_kg * power_kw,
    )


def _facts(network: HeatNetwork, fuel: str = "") -> dict[str, Any]:
    return {"heat_network": network.id, "fuel": fuel or network.fuel}


def _boiler(site: Site, plan: Composed, network: HeatNetwork, node: str) -> None:
    price, carbon = site.fuel(network.fuel)
    if network.boiler_kw:
        there = Boiler(
            id=f"there-boiler-{network.id}",
            node=node,
            size=Size(unit="kW", existing=network.boiler_kw, most=0.0),
            efficiency=network.boiler_efficiency,
            fuel_eur_per_kwh=price,
            fuel_co2_g_per_kwh=carbon,
        )
        _keep(plan, there, "boiler", node, {"size_kw": network.boiler_kw}, network)
    if site.is_open("boiler"):
        kind, wish = site.technology("boiler"), site.wish("boiler")
        fuel = _fuel(kind, wish, network)
        price, carbon = site.fuel(fuel)
        new = Boiler(
            id=f"boiler-{network.id}",
            node=node,
            size=between(site.sizes(kind)["size_kw"], most=_most(wish.most, network.demand_kw)),
            efficiency=kind.number("efficiency"),
            fuel_eur_per_kwh=price,
            fuel_co2_g_per_kwh=carbon,
            service_eur_per_kwh=kind.number("service_eur_per_kwh"),
        )
        _build(site, plan, new, "boiler", node, kind, network, fuel)


def _buffer(site: Site, plan: Composed, network: HeatNetwork, node: str) -> None:
    kind = site.technology("heat_buffer")
    loss = kind.number("loss_per_h")
    if network.buffer_kwh:
        there = HeatBuffer(
            id=f"there-buffer-{network.id}",
            node=node,
            capacity=Size(unit="kWh", existing=network.buffer_kwh, most=0.0),
            loss_per_h=loss,
        )
        _keep(plan, there, "heat_buffer", node, {"capacity_kwh": network.buffer_kwh}, network)
    if site.is_open("heat_buffer"):
        wish = site.wish("heat_buffer")
        most = math.inf if wish.most is None else wish.most
        size = between(site.sizes(kind)["capacity_kwh"], most=most)
        _build(
            site,
            plan,
            HeatBuffer(id=f"buffer-{network.id}", node=node, capacity=size, loss_per_h=loss),
            "heat_buffer",
            node,
            kind,
            network,
        )


def _fuel(kind: Technology, wish: Wish, network: HeatNetwork) -> str:
    """Return what something new burns: its own fuel where the request names it, else what the network has."""
    return kind.entry.fuel or network.fuel if wish.technology else network.fuel


def _most(wished: float | None, demand_kw: Any) -> float:
    """Return how big a heat generator may be: as wished, at most what is ever needed."""
    peak = float(np.max(demand_kw))
    return peak if wished is None else min(wished, peak)


def _keep(plan: Composed, block: Block, kind: str, node: str, existing: dict[str, float], network: HeatNetwork) -> None:
    plan.blocks.append(block)
    share = {network.connection: 1.0}
    names = {name: name for name in existing}
    part = Part(
        id=block.id, block=block.id, kind=kind, node=node, sizes=names, existing=existing, share=share, facts=_facts(network)
    )
    plan.parts.append(part)


def _build(
    site: Site, plan: Composed, block: Block, kind: str, node: str, technology: Technology, network: HeatNetwork, fuel: str = ""
) -> None:
    plan.blocks.append(block)
    invest = technology.invest_eur(site.request)
    plan.parts.append(
        Part(
            id=block.id,
            block=block.id,
            kind=kind,
            node=node,
            sizes={name: name for name in invest},
            technology=technology.name,
            invest_eur=invest,
            share={network.connection: 1.0},
            facts=_facts(network, fuel),
        )
    )


def add_homes(site: Site, plan: Composed) -> None:
    """Add the boilers of homes and the heat pumps that could replace them, where the request names heat pumps.

    The boilers are there for every question, so that the community as it is pays for the same heat.
    """
    if "heat_pump" not in site.request.technologies:
        return
    with_boiler = [home for home in site.courses.heated_homes if home.heating == "boiler" and home.demand_kw.any()]
    for node in site.nodes:
        own = [home for home in with_boiler if site.node_of[home.connection] is node]
        for fuel in sorted({home.fuel for home in own}):
            _replaceable(site, plan, node, fuel, [home for home in own if home.fuel == fuel])


def _replaceable(site: Site, plan: Composed, node: Node, fuel: str, homes: list[HeatedHome]) -> None:
    place = f"heat-{node.id}-{fuel}"
    demand = np.sum([home.demand_kw for home in homes], axis=0)
    price, carbon = site.fuel(fuel)
    peak = float(demand.max())
    plan.blocks.append(Demand(id=f"demand-{place}", node=place, demand_kw=demand, carrier=HEAT))
    energy = {home.dwelling: float(home.demand_kw.sum()) for home in homes}
    efficiency = float(np.average([home.efficiency for home in homes], weights=list(energy.values())))
    boiler = Boiler(
        id=f"there-boiler-{node.id}-{fuel}",
        node=place,
        size=Size(unit="kW", existing=peak, most=0.0),
        efficiency=efficiency,
        fuel_eur_per_kwh=price,
        fuel_co2_g_per_kwh=carbon,
    )
    plan.blocks.append(boiler)
    share = {name: value / sum(energy.values()) for name, value in energy.items()}
    names = {"size_kw": "size_kw"}
    plan.parts.append(
        Part(id=boiler.id, block=boiler.id, kind="boiler", node=place, sizes=names, existing={"size_kw": peak}, share=share)
    )
    if site.is_open("heat_pump"):
        _pump(site, plan, node, fuel, homes, share)


def _pump(site: Site, plan: Composed, node: Node, fuel: str, homes: list[HeatedHome], share: dict[str, float]) -> None:
    place = f"heat-{node.id}-{fuel}"
    peak = float(np.sum([home.demand_kw for home in homes], axis=0).max())
    kind, wish = site.technology("heat_pump"), site.wish("heat_pump")
    cop = np.average([home.cop for home in homes], axis=0, weights=[part + 1e-9 for part in share.values()])
    most = peak if wish.most is None else min(wish.most, peak)
    pump = HeatPump(
        id=f"heat-pump-{node.id}-{fuel}",
        node=place,
        electric_node=node.id,
        size=between(site.sizes(kind)["size_kw"], most=most),
        cop=cop,
    )
    plan.blocks.append(pump)
    plan.parts.append(
        Part(
            id=pump.id,
            block=pump.id,
            kind="heat_pump",
            node=place,
            sizes={"size_kw": "size_kw"},
            technology=kind.name,
            invest_eur=kind.invest_eur(site.request),
            share=share,
            facts={"homes": {home.dwelling: home.connection for home in homes}},
        )
    )
