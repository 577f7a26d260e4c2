# SPDX-License-Identifier: Apache-2.0
"""The best that could be done with a plan's devices on the twin's own profiles: the plan's dispatch, run again."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from twinergy.cosim.planning.chosen import PREFIX
from twinergy.cosim.planning.reckoning import Account, Prices, fuelled, means, settled
from twinergy.cosim.planning.thermal import HIGHER_OVER_LOWER, KWH_PER_L_K
from twinergy.errors import ModelError
from twinergy.planning.blocks.battery import Battery
from twinergy.planning.blocks.boiler import Boiler
from twinergy.planning.blocks.chp import Chp
from twinergy.planning.blocks.demand import Demand
from twinergy.planning.blocks.heat_buffer import HeatBuffer
from twinergy.planning.blocks.tariff import Tariff
from twinergy.planning.draft import HEAT
from twinergy.planning.horizon import Horizon
from twinergy.planning.optimise import CO2, COST, Goal, optimise
from twinergy.planning.size import Size

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from twinergy.community.twin import Twin
    from twinergy.cosim.planning.planned import Groups
    from twinergy.cosim.planning.reckoning import Rates
    from twinergy.cosim.planning.tracing import Trace
    from twinergy.kinds import FloatArray
    from twinergy.planning.draft import Block
    from twinergy.planning.plan import Plan

ONE_WAY: Final = 0.95
"""One-way efficiency of a battery of which the plan says nothing (assumption). [-]"""


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
        stores: dict[str, Store] = {}
        for device in twin.of_kind("battery"):
            options: Any = device.options
            beside = efficiency.get(device.connection.removeprefix(PREFIX), (ONE_WAY, ONE_WAY))
            charge, discharge = efficiency.get(device.connection, beside)
            usable = options.capacity_kwh * options.soh * (options.max_soc - options.min_soc)
            one = Store(
                capacity_kwh=usable, power_kw=options.p_charge_kw, charge_efficiency=charge, discharge_efficiency=discharge
            )
            stores[device.connection] = _joined([stores[device.connection], one]) if device.connection in stores else one
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
    The end of a span is its beginning for what is stored. Sharing is settled, but nobody optimises for it.
    """
    net = means(trace.fixed_kw - trace.available_kw, steps)
    prices = Prices.of(trace, rates).hourly(steps)
    places = _places(groups, each_meter=each_meter)
    bought, sold, burnt = [], [], dict[str, float]()
    columns = []
    for members in places:
        price = _weighted(prices, members, groups)
        course = _Course(net[:, members].sum(axis=1), price, trace.step_h * steps)
        names = {trace.connections[member] for member in members}
        engines = [one for one in fleet.engines if one.connection in names]
        stores = [fleet.stores[name] for name in sorted(names) if name in fleet.stores]
        heat = {one.network: means(trace.heat[one.network], steps) for one in engines if one.network in trace.heat}
        imported, exported = _best(course, stores, engines, heat, rates, goal, burnt)
        bought.append(imported)
        sold.append(exported)
        columns.append(price)
    together = Prices(**{name: np.stack([getattr(one, name) for one in columns], axis=1) for name in Prices.__slots__})
    hours = trace.step_h * steps * trace.span.weight
    money = settled(np.stack(bought, axis=1), np.stack(sold, axis=1), together, hours, rates)
    return money + fuelled(burnt, rates, trace.span.weight)


@dataclass(frozen=True, slots=True)
class _Course:
    """What one place needs, at which prices, and how long a step is."""

    net_kw: FloatArray
    prices: Prices
    step_h: float


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


def _best(
    course: _Course,
    stores: Sequence[Store],
    engines: Sequence[Engine],
    heat: Mapping[str, FloatArray],
    rates: Rates,
    goal: str,
    burnt: dict[str, float],
) -> tuple[FloatArray, FloatArray]:
    """Return import and export of the best dispatch of one place; adds the fuel it burns. [kW]."""
    if not stores and not heat:
        return np.maximum(course.net_kw, 0.0), np.maximum(0.0 - course.net_kw, 0.0)
    prices = course.prices
    blocks: list[Block] = [
        Demand(id="load", node="place", demand_kw=course.net_kw),
        Tariff(
            id="meter",
            node="place",
            import_eur_per_kwh=prices.buy,
            export_eur_per_kwh=np.minimum(prices.sell, prices.buy),
            co2_g_per_kwh=prices.co2_g_per_kwh,
            export_co2_share=rates.credit,
        ),
    ]
    if stores:
        blocks.append(_battery(_joined(stores)))
    served = [one for one in engines if one.network in heat]
    blocks += [Demand(id=f"heat {name}", node=f"heat {name}", demand_kw=heat[name], carrier=HEAT) for name in sorted(heat)]
    for number, engine in enumerate(served):
        blocks += _engine_blocks(number, engine, float(heat[engine.network].max()), rates)
    optimum = optimise(blocks, Horizon.whole(len(course.net_kw), course.step_h), _goal(goal))
    if not optimum.usable:
        message = (
            f"the best dispatch could not be found ({optimum.answer.status.value}): the twin's devices cannot meet its own demand"
        )
        raise ModelError(message)
    for number, engine in enumerate(served):
        fuel_kw = optimum.value(f"chp_{number}.power_kw") / engine.electric_efficiency
        fuel_kw = fuel_kw + optimum.value(f"boiler_{number}.heat_kw") / engine.boiler_efficiency
        burnt[engine.fuel] = burnt.get(engine.fuel, 0.0) + float(fuel_kw.sum()) * course.step_h
    return optimum.value("meter.import_kw"), optimum.value("meter.export_kw")


def _goal(goal: str) -> Goal:
    return CO2 if goal == "co2" else COST


def _battery(store: Store) -> Battery:
    return Battery(
        id="battery",
        node="place",
        capacity=Size(unit="kWh", existing=store.capacity_kwh, most=0.0),
        power=Size(unit="kW", existing=store.power_kw, most=0.0),
        charge_efficiency=store.charge_efficiency,
        discharge_efficiency=store.discharge_efficiency,
    )


def _engine_blocks(number: int, engine: Engine, peak_kw: float, rates: Rates) -> list[Block]:
    node = f"heat {engine.network}"
    eur, grams = rates.fuels.get(engine.fuel, (0.0, 0.0))
    burns: dict[str, Any] = {"fuel_eur_per_kwh": eur, "fuel_co2_g_per_kwh": grams}
    chp = Chp(
        id=f"chp-{number}",
        node=node,
        electric_node="place",
        size=_fixed(engine.power_kw),
        electric_efficiency=engine.electric_efficiency,
        thermal_efficiency=engine.thermal_efficiency,
        **burns,
    )
    most_kw = max(engine.boiler_kw, peak_kw)  # what the twin could not serve is not to make the dispatch impossible
    boiler = Boiler(id=f"boiler-{number}", node=node, size=_fixed(most_kw), efficiency=engine.boiler_efficiency, **burns)
    capacity = Size(unit="kWh", existing=engine.buffer_kwh, most=0.0)
    return [chp, boiler, HeatBuffer(id=f"buffer-{number}", node=node, capacity=capacity)]


def _fixed(size_kw: float) -> Size:
    return Size(unit="kW", existing=size_kw, most=0.0)


def _joined(stores: Sequence[Store]) -> Store:
    first = stores[0]
    if len(stores) == 1:
        return first
    capacity = sum(one.capacity_kwh for one in stores)

    def mean(name: str) -> float:
        return float(sum(getattr(one, name) * one.capacity_kwh for one in stores) / capacity)

    power = sum(one.power_kw for one in stores)
    charge, discharge = mean("charge_efficiency"), mean("discharge_efficiency")
    return replace(first, capacity_kwh=capacity, power_kw=power, charge_efficiency=charge, discharge_efficiency=discharge)


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
