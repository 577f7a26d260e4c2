# SPDX-License-Identifier: Apache-2.0
"""The best that could be done with a plan's devices on the twin's own profiles: the plan's dispatch, run again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from twinergy.cosim.planning.chosen import PREFIX
from twinergy.cosim.planning.place import Place, Powers
from twinergy.cosim.planning.reckoning import Account, Prices, fuelled, means, settled, worth_of_sharing
from twinergy.cosim.planning.thermal import HIGHER_OVER_LOWER, KWH_PER_L_K
from twinergy.errors import ModelError
from twinergy.planning.blocks.demand import Demand
from twinergy.planning.blocks.sharing import SharingPremium
from twinergy.planning.blocks.tariff import Tariff
from twinergy.planning.horizon import Horizon
from twinergy.planning.optimise import CO2, COST, optimise

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from twinergy.community.twin import Twin
    from twinergy.cosim.planning.planned import Groups
    from twinergy.cosim.planning.reckoning import Rates
    from twinergy.cosim.planning.tracing import Trace
    from twinergy.planning.draft import Block
    from twinergy.planning.optimise import Optimum
    from twinergy.planning.plan import Plan

ONE_WAY: Final = 0.95
"""One-way efficiency of a battery of which the plan says nothing (assumption). [-]"""
LEAST_LOSS: Final = 1e-3
"""What buying and selling the same kWh must lose even where sharing is paid, so that nobody goes round in a circle. [EUR/kWh]"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """Batteries behind one meter, or of one node, as the plan sees them. [kWh], [kW], [-]."""

    capacity_kwh: float
    power_kw: float
    charge_efficiency: float
    discharge_efficiency: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """CHP unit, boiler and buffer of one heat network, at full load, by higher heating value."""

    network: str
    connection: str
    power_kw: float
    electric_efficiency: float
    thermal_efficiency: float
    boiler_kw: float
    boiler_efficiency: float
    buffer_kwh: float
    fuel: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Fleet:
    """What can be dispatched.

    Attributes
    ----------
    stores : dict of str to Store
        By connection.
    engines : tuple of Engine
    """

    stores: Mapping[str, Store]
    engines: tuple[Engine, ...] = ()

    @classmethod
    def of(cls, plan: Plan, twin: Twin) -> Fleet:
        """Return batteries and CHP units of a twin, with the efficiencies that the plan takes them to have."""
        efficiency = _efficiencies(plan)
        several: dict[str, list[Store]] = {}
        for device in twin.of_kind("battery"):
            options: Any = device.options
            beside = efficiency.get(device.connection.removeprefix(PREFIX), (ONE_WAY, ONE_WAY))
            charge, discharge = efficiency.get(device.connection, beside)
            usable = options.capacity_kwh * options.soh * (options.max_soc - options.min_soc)
            one = Store(
                capacity_kwh=usable, power_kw=options.p_charge_kw, charge_efficiency=charge, discharge_efficiency=discharge
            )
            several.setdefault(device.connection, []).append(one)
        stores = {connection: store for connection, some in several.items() if (store := _joined(some)) is not None}
        return cls(stores=stores, engines=tuple(_engine(device) for device in twin.of_kind("chp")))


def dispatched(
    trace: Trace, groups: Groups, fleet: Fleet, rates: Rates, *, goal: str, steps: int = 1, each_meter: bool = False
) -> Account:
    """Return the account of the best dispatch over a span, as that of a year.

    Parameters
    ----------
    trace : Trace
        A run without control: what homes need and what sun and wind would give.
    groups : Groups
        Nodes of the plan.
    fleet : Fleet
        What is dispatched.
    rates : Rates
        Prices of the plan.
    goal : str
        ``cost`` or ``co2``, as the plan.
    steps : int
        Steps of the trace that are one step here.
    each_meter : bool
        Whether every meter is run for itself, or every node of the plan as one.

    Notes
    -----
    The end of a span is its beginning for what is stored. Where energy is shared, all places are run
    together, for what it is worth.
    """
    net = means(trace.fixed_kw - trace.available_kw, steps)
    prices = Prices.of(trace, rates).hourly(steps)
    members = _places(groups, each_meter=each_meter)
    step_h = trace.step_h * steps
    together = _stacked([_weighted(prices, rows, groups) for rows in members])
    places = []
    for number, rows in enumerate(members):
        names = {trace.connections[row] for row in rows}
        engines = [one for one in fleet.engines if one.connection in names and one.network in trace.heat]
        places.append(
            Place(
                number=number,
                net_kw=net[:, rows].sum(axis=1),
                prices=Prices(**{name: getattr(together, name)[:, number] for name in Prices.__slots__}),
                store=_joined([fleet.stores[name] for name in sorted(names) if name in fleet.stores]),
                engines=engines,
                heat={one.network: means(trace.heat[one.network], steps) for one in engines},
            )
        )
    found = _shared(places, rates, step_h) if rates.rule != "none" and goal == "cost" else None
    powers = found or [_alone(place, rates, goal, step_h) for place in places]
    burnt: dict[str, float] = {}
    for one in powers:
        for fuel, kwh in one.burnt_kwh.items():
            burnt[fuel] = burnt.get(fuel, 0.0) + kwh
    imported, exported = (np.stack([getattr(one, name) for one in powers], axis=1) for name in ("import_kw", "export_kw"))
    money = settled(imported, exported, together, step_h * trace.span.weight, rates)
    return money + fuelled(burnt, rates, trace.span.weight)


def _places(groups: Groups, *, each_meter: bool) -> list[list[int]]:
    counted = np.flatnonzero(groups.counted).tolist()
    if each_meter:
        return [[row] for row in counted]
    nodes = [np.flatnonzero(groups.mean[:, column]).tolist() for column in range(groups.mean.shape[1])]
    grouped = {row for members in nodes for row in members}
    return [members for members in nodes if members] + [[row] for row in counted if row not in grouped]


def _weighted(prices: Prices, members: Sequence[int], groups: Groups) -> Prices:
    weight = groups.mean[members].sum(axis=1)
    weight = weight / weight.sum() if weight.sum() > 0.0 else np.full(len(members), 1.0 / len(members))
    return Prices(**{name: getattr(prices, name)[:, members] @ weight for name in prices.__slots__})


def _stacked(several: Sequence[Prices]) -> Prices:
    return Prices(**{name: np.stack([getattr(one, name) for one in several], axis=1) for name in Prices.__slots__})


def _alone(place: Place, rates: Rates, goal: str, step_h: float) -> Powers:
    """Return the best dispatch of one place."""
    if place.passive:
        return place.unsteered()
    optimum = _solved(place.blocks(rates), Horizon.whole(len(place.net_kw), step_h), goal)
    return place.powers(optimum, step_h)


def _shared(places: Sequence[Place], rates: Rates, step_h: float) -> list[Powers] | None:
    """Return the best dispatch of all places as members of an energy community, None where nobody has anything to steer."""
    passive = {place.number: place.unsteered() for place in places if place.passive}
    active = [place for place in places if not place.passive]
    if not active:
        return None
    prices, n_steps = _stacked([place.prices for place in places]), len(places[0].net_kw)
    blocks: list[Block] = [block for place in active for block in place.blocks(rates)]
    buy, sell = prices.buy.max(axis=1), np.minimum(prices.sell, prices.buy).min(axis=1)
    for node, sign, name in (("bought", 1.0, "import_kw"), ("sold", -1.0, "export_kw")):
        fixed_kw = sum((sign * getattr(one, name) for one in passive.values()), start=np.zeros(n_steps))
        meter = Tariff(id=f"meter-{node}", node=node, import_eur_per_kwh=buy, export_eur_per_kwh=sell)
        blocks += [Demand(id=f"load-{node}", node=node, demand_kw=fixed_kw), meter]
    meters = tuple(block for block in blocks if isinstance(block, Tariff))
    spread = np.min([np.subtract(one.import_eur_per_kwh, one.export_eur_per_kwh) for one in meters], axis=0)
    drawn_kw = np.stack([np.maximum(place.net_kw, 0.0) for place in places], axis=1)
    worth = worth_of_sharing(drawn_kw, prices, rates)
    premium = np.clip(worth, 0.0, np.maximum(0.0, spread - LEAST_LOSS))
    blocks.append(SharingPremium(id="sharing", meters=tuple(one.id for one in meters), premium_eur_per_kwh=premium))
    optimum = _solved(blocks, Horizon.whole(n_steps, step_h), "cost")
    return [passive.get(place.number) or place.powers(optimum, step_h) for place in places]


def _solved(blocks: Sequence[Block], horizon: Horizon, goal: str) -> Optimum:
    optimum = optimise(blocks, horizon, CO2 if goal == "co2" else COST)
    if not optimum.usable:
        message = (
            f"the best dispatch could not be found ({optimum.answer.status.value}): the twin's devices cannot meet its own demand"
        )
        raise ModelError(message)
    return optimum


def _joined(stores: Sequence[Store]) -> Store | None:
    """Return batteries as one, exactly if there is but one."""
    if len(stores) <= 1:
        return stores[0] if stores else None
    capacity = sum(one.capacity_kwh for one in stores)

    def mean(name: str) -> float:
        return float(sum(getattr(one, name) * one.capacity_kwh for one in stores) / capacity)

    power = sum(one.power_kw for one in stores)
    charge, discharge = mean("charge_efficiency"), mean("discharge_efficiency")
    return Store(capacity_kwh=capacity, power_kw=power, charge_efficiency=charge, discharge_efficiency=discharge)


def _efficiencies(plan: Plan) -> dict[str, tuple[float, float]]:
    """Return the one-way efficiencies that a plan takes the batteries behind each meter to have."""
    found: dict[str, list[tuple[float, float, float]]] = {}
    for unit in plan.units:
        if unit.kind == "battery":
            charge = float(unit.facts.get("charge_efficiency", ONE_WAY))
            discharge = float(unit.facts.get("discharge_efficiency", ONE_WAY))
            size = float(unit.existing.get("capacity_kwh", 0.0)) + float(unit.added.get("capacity_kwh", 0.0))
            for place, share in unit.share.items():
                found.setdefault(place, []).append((size * share + 1e-9, charge, discharge))
    return {place: _mean(several) for place, several in found.items()}


def _mean(several: Sequence[tuple[float, float, float]]) -> tuple[float, float]:
    total = sum(size for size, _, _ in several)
    return sum(size * one for size, one, _ in several) / total, sum(size * other for size, _, other in several) / total


def _engine(device: Any) -> Engine:
    options = device.options
    points, ratio = options.operating, HIGHER_OVER_LOWER.get(options.fuel, 1.11)
    fuel_kw = points.fuel_lhv_kw[-1] * ratio
    tank = options.buffer
    return Engine(
        network=device.heat_network or device.id,
        connection=device.connection,
        power_kw=points.p_kw[-1],
        electric_efficiency=points.p_kw[-1] / fuel_kw,
        thermal_efficiency=points.heat_kw[-1] / fuel_kw,
        boiler_kw=options.boiler_kw,
        boiler_efficiency=options.boiler_efficiency,
        buffer_kwh=options.volume_l * KWH_PER_L_K * (tank.temp_max_degc - tank.temp_min_degc),
        fuel=options.fuel,
    )
