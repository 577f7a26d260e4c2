# SPDX-License-Identifier: Apache-2.0
"""Where energy came from and where it went over a run: the links between sources, converters and uses."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

from twinergy.results.heat import boiler_heat_kwh
from twinergy.results.sums import DRAWN, GIVEN, HEAT_PUMP_HEAT, HEAT_PUMP_POWER

if TYPE_CHECKING:
    from collections.abc import Iterator

    from twinergy.results.grid_use import ExchangeAccount
    from twinergy.results.sums import DeviceSums
    from twinergy.results.view import Roles

ELECTRICITY: Final = "electricity"
HEAT: Final = "heat"
GAS: Final = "gas"
CHP: Final = "CHP"
HEAT_PUMPS: Final = "heat pumps"
BOILERS: Final = "boilers"
UNEXPLAINED: Final = "unexplained"
_NAMES: Final = {"pv": "PV", "household": "households", "building": "other in buildings", "charging": "cars charge"}
SMALLEST: Final = 1e-3
"""Smallest part of the sum of all sources that is worth a link."""


@dataclass(frozen=True, slots=True)
class Flow:
    """Energy from one place to another.

    Attributes
    ----------
    source, target : str
        Where from and where to, for people.
    kwh : float
        Positive. [kWh]
    """

    source: str
    target: str
    kwh: float


def flow_sheet(sums: DeviceSums, roles: Roles, exchange: ExchangeAccount) -> list[dict[str, Any]]:
    """Return all flows of a run as JSON objects, electricity and heat each balanced; no sum below `SMALLEST` of all.

    What remains of a balance is shown, not hidden: heat that stayed in or came out of tanks, walls and pipes, and electricity
    in steps without a power flow as ``unexplained``.
    """
    flows = [*_electricity(sums, roles, exchange), *_converted(sums), *_heat(sums)]
    flows += _closing(flows, ELECTRICITY, UNEXPLAINED, UNEXPLAINED)
    flows += _closing(flows, HEAT, "tanks and pipes", "tanks, pipes, losses")
    floor = SMALLEST * max((flow.kwh for flow in flows), default=0.0)
    return [asdict(flow) for flow in flows if flow.kwh > floor]


def _electricity(sums: DeviceSums, roles: Roles, exchange: ExchangeAccount) -> Iterator[Flow]:
    yield Flow("grid import", ELECTRICITY, exchange.import_kwh)
    for kind in roles.plain:
        given = sums.total(kind, GIVEN)
        source = "cars feed back" if kind in roles.returning else CHP if kind == "chp" else _name(kind)
        yield Flow(source, ELECTRICITY, given)
    for kind in roles.storages:
        yield Flow(f"{_name(kind)} discharges", ELECTRICITY, sums.total(kind, GIVEN))
    for kind in roles.plain:
        used = sums.total(kind, DRAWN)
        if kind == "building":
            pumps, cooling = sums.total(kind, "p_heat_pump_kw"), sums.total(kind, "p_cooling_kw")
            yield Flow(ELECTRICITY, HEAT_PUMPS, sums.total(kind, HEAT_PUMP_POWER))
            yield Flow(ELECTRICITY, HEAT, pumps - sums.total(kind, HEAT_PUMP_POWER))
            yield Flow(ELECTRICITY, "cooling", cooling)
            used = max(0.0, used - pumps - cooling)
        yield Flow(ELECTRICITY, f"{_name(kind)} (own use)" if kind in {"pv", "wind", "chp"} else _name(kind), used)
    for kind in roles.storages:
        yield Flow(ELECTRICITY, f"{_name(kind)} charges", sums.total(kind, DRAWN))
    yield Flow(ELECTRICITY, "other load", exchange.background_kwh)
    yield Flow(ELECTRICITY, "grid losses", exchange.losses_kwh)
    yield Flow(ELECTRICITY, "export", exchange.export_kwh)


def _converted(sums: DeviceSums) -> Iterator[Flow]:
    """Yield what becomes of gas and of ambient heat."""
    fuel, heat = sums.total("chp", "fuel_kw"), sums.total("chp", "heat_kw") + sums.total("chp", "boiler_heat_kw")
    dumped, power = sums.total("chp", "heat_dumped_kw"), sums.total("chp", GIVEN)
    yield Flow(GAS, CHP, fuel)
    yield Flow(CHP, HEAT, heat - dumped)
    if fuel:
        yield Flow(CHP, "CHP losses", fuel - heat - power + dumped)
    fuel, heat = sums.total("building", "fuel_kw"), float(boiler_heat_kwh(sums).sum())
    yield Flow(GAS, BOILERS, fuel)
    yield Flow(BOILERS, HEAT, heat)
    if fuel:
        yield Flow(BOILERS, "boiler losses", fuel - heat)
    heat, power = sums.total("building", HEAT_PUMP_HEAT), sums.total("building", HEAT_PUMP_POWER)
    yield Flow("ambient heat", HEAT_PUMPS, heat - power)
    yield Flow(HEAT_PUMPS, HEAT, heat)


def _heat(sums: DeviceSums) -> Iterator[Flow]:
    if not sums.has("chp", "heat_kw"):
        yield Flow("heat network", HEAT, sums.total("building", "heat_network_kw"))
    yield Flow("heat missing", HEAT, sums.total("chp", "heat_unserved_kw"))
    yield Flow(HEAT, "rooms", sums.total("building", "heat_space_kw"))
    yield Flow(HEAT, "hot water", sums.total("building", "heat_water_kw"))
    if not sums.has("building", "heat_network_kw"):
        yield Flow(HEAT, "heat network", sums.total("chp", "heat_supplied_kw"))


def _closing(flows: list[Flow], node: str, source: str, target: str) -> list[Flow]:
    """Return the flow that balances a node."""
    rest = sum(flow.kwh for flow in flows if flow.target == node) - sum(flow.kwh for flow in flows if flow.source == node)
    return [Flow(node, target, rest) if rest > 0.0 else Flow(source, node, 0.0 - rest)]


def _name(kind: str) -> str:
    return _NAMES.get(kind, kind.replace("_", " "))
