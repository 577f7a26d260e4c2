# SPDX-License-Identifier: Apache-2.0
"""One account for the plan and for the twin: the same prices, the same meters, the same years."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from twinergy.errors import TwinergyError
from twinergy.planning.economics import levelled
from twinergy.planning.request import PlanRequest
from twinergy.signs import exported, imported

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twinergy.cosim.planning.tracing import Trace
    from twinergy.kinds import FloatArray
    from twinergy.planning.plan import Plan

GRAMS_PER_KG: Final = 1000.0
GRAMS_PER_T: Final = 1e6


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """What a year of operation costs and emits; annuities are apart, for they are equal.

    Attributes
    ----------
    import_eur, export_eur, shared_eur, fuel_eur : float
        Paid for import; earned by feeding in and by sharing, negative; paid for fuel. [EUR/a]
    co2_kg : float
        Greenhouse gases of import and fuel, less what fed-in energy is credited with. [kg CO2e/a]
    import_kwh, export_kwh, shared_kwh : float
        Energy over all meters. [kWh/a]
    """

    import_eur: float = 0.0
    export_eur: float = 0.0
    shared_eur: float = 0.0
    fuel_eur: float = 0.0
    co2_kg: float = 0.0
    import_kwh: float = 0.0
    export_kwh: float = 0.0
    shared_kwh: float = 0.0

    @property
    def eur(self) -> float:
        """Cost of a year's operation. [EUR/a]."""
        return self.import_eur + self.export_eur + self.shared_eur + self.fuel_eur

    def __add__(self, other: Account) -> Account:
        """Return both together."""
        return Account(**{name: getattr(self, name) + getattr(other, name) for name in self.__dataclass_fields__})


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """What a plan takes prices to be: levelled over its horizon, the price on carbon in them, and its rule of sharing.

    Attributes
    ----------
    bought, sold : float
        Factors on recorded prices of import and feed-in. [-]
    carbon_eur_per_kg : float
        Price on greenhouse gases. [EUR/kg CO2e]
    credit : float
        Share of the grid's carbon that fed-in energy is credited with. [-]
    rule : str
        ``none``, ``local`` or ``incentive``.
    fee_reduction, incentive_eur_per_kwh : float
        Of the rules. [-], [EUR/kWh]
    fuels : dict of str to (float, float)
        Price and greenhouse gases by higher heating value. [EUR/kWh], [g CO2e/kWh]
    """

    bought: float = 1.0
    sold: float = 1.0
    carbon_eur_per_kg: float = 0.0
    credit: float = 0.0
    rule: str = "none"
    fee_reduction: float = 0.0
    incentive_eur_per_kwh: float = 0.0
    fuels: Mapping[str, tuple[float, float]]

    @classmethod
    def of(cls, plan: Plan) -> Rates:
        """Return the rates of a plan."""
        request = PlanRequest.model_validate(dict(plan.options))
        finance, sharing = request.finance, request.sharing
        return cls(
            bought=levelled(finance, "electricity"),
            sold=levelled(finance, "feed_in"),
            carbon_eur_per_kg=finance.co2_eur_per_t / 1000.0,
            credit=request.export_co2_share,
            rule=sharing.rule,
            fee_reduction=sharing.fee_reduction,
            incentive_eur_per_kwh=sharing.incentive_eur_per_kwh,
            fuels=_fuels(plan, request),
        )

    def buy(self, price: FloatArray, co2_g_per_kwh: FloatArray) -> FloatArray:
        """Return what import costs. [EUR/kWh]."""
        return price * self.bought + co2_g_per_kwh * self.carbon_eur_per_kg / GRAMS_PER_KG

    def sell(self, price: FloatArray, co2_g_per_kwh: FloatArray) -> FloatArray:
        """Return what feeding in earns. [EUR/kWh]."""
        return price * self.sold + co2_g_per_kwh * self.carbon_eur_per_kg * self.credit / GRAMS_PER_KG


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """Prices at meters, shape (n_steps, n_meters)."""

    buy: FloatArray
    sell: FloatArray
    co2_g_per_kwh: FloatArray
    fee: FloatArray

    @classmethod
    def of(cls, trace: Trace, rates: Rates) -> Prices:
        """Return the prices at the connections of a trace."""
        co2 = trace.at_meters("co2_g_per_kwh")
        fee = trace.at_meters("grid_fee_eur_per_kwh") * _with_vat(trace)
        buy = rates.buy(trace.at_meters("buy_eur_per_kwh"), co2)
        return cls(buy=buy, sell=rates.sell(trace.at_meters("feed_in_eur_per_kwh"), co2), co2_g_per_kwh=co2, fee=fee)

    def hourly(self, steps: int) -> Prices:
        """Return means over so many steps each."""
        return Prices(**{name: means(getattr(self, name), steps) for name in self.__slots__})

    def mixed(self, groups: FloatArray) -> Prices:
        """Return weighted means over meters: `groups` has shape (n_meters, n_nodes), columns add up to 1."""
        return Prices(**{name: getattr(self, name) @ groups for name in self.__slots__})


def settled(import_kw: FloatArray, export_kw: FloatArray, prices: Prices, hours: float, rates: Rates) -> Account:
    """Settle powers at meters, both counted positive, shape (n_steps, n_meters); every step stands for so many hours of a year.

    Energy is shared that is drawn by one and fed in by another in the same step; who shares saves a part of the mean grid fee
    (``local``) or earns a premium (``incentive``).
    """
    carbon_kg = float((import_kw * prices.co2_g_per_kwh).sum() - rates.credit * (export_kw * prices.co2_g_per_kwh).sum()) * hours
    shared_kw = np.minimum(import_kw.sum(axis=1), export_kw.sum(axis=1)) if rates.rule != "none" else np.zeros(len(import_kw))
    return Account(
        import_eur=float((import_kw * prices.buy).sum()) * hours,
        export_eur=0.0 - float((export_kw * prices.sell).sum()) * hours,
        shared_eur=0.0 - float((shared_kw * worth_of_sharing(import_kw, prices, rates)).sum()) * hours,
        co2_kg=carbon_kg / GRAMS_PER_KG,
        import_kwh=float(import_kw.sum()) * hours,
        export_kwh=float(export_kw.sum()) * hours,
        shared_kwh=float(shared_kw.sum()) * hours,
    )


def fuelled(fuel_kwh: Mapping[str, float], rates: Rates, weight: float = 1.0) -> Account:
    """Return what fuel costs and emits, by sort of fuel."""
    eur = sum(rates.fuels[fuel][0] * burnt for fuel, burnt in fuel_kwh.items() if fuel in rates.fuels)
    grams = sum(rates.fuels[fuel][1] * burnt for fuel, burnt in fuel_kwh.items() if fuel in rates.fuels)
    return Account(fuel_eur=eur * weight, co2_kg=grams * weight / GRAMS_PER_KG)


def account_of(trace: Trace, rates: Rates, counted: FloatArray, burners: frozenset[str], prices: Prices | None = None) -> Account:
    """Return the account of a trace, as that of a year.

    Parameters
    ----------
    trace : Trace
        A run over a span.
    rates : Rates
        Prices of the plan.
    counted : ndarray of bool, shape (n_connections,)
        Connections that the plan has.
    burners : frozenset of str
        Devices whose fuel the plan has.
    prices : Prices, optional
        At all connections; those of the trace where they are not given.
    """
    prices = prices or Prices.of(trace, rates)
    prices = Prices(**{name: getattr(prices, name)[:, counted] for name in prices.__slots__})
    p_kw = trace.p_kw[:, counted]
    hours = trace.step_h * trace.span.weight
    burnt: dict[str, float] = {}
    for (device, fuel), kwh in trace.fuel_kwh.items():
        if device in burners:
            burnt[fuel] = burnt.get(fuel, 0.0) + kwh
    return settled(imported(p_kw), exported(p_kw), prices, hours, rates) + fuelled(burnt, rates, trace.span.weight)


def means(values: FloatArray, steps: int) -> FloatArray:
    """Return means over so many steps each along the first axis."""
    return np.asarray(values.reshape(-1, steps, *values.shape[1:]).mean(axis=1))


def worth_of_sharing(import_kw: FloatArray, prices: Prices, rates: Rates) -> FloatArray:
    """Return what a shared kWh is worth, shape (n_steps,). [EUR/kWh]."""
    if rates.rule == "incentive":
        return np.full(len(import_kw), rates.incentive_eur_per_kwh)
    if rates.rule == "local":
        total = import_kw.sum(axis=1)
        return np.asarray((import_kw * prices.fee).sum(axis=1) / np.maximum(total, 1e-9) * rates.fee_reduction * rates.bought)
    return np.zeros(len(import_kw))


def _with_vat(trace: Trace) -> Any:
    """Return one plus the rate of VAT, from the parts of the recorded price."""
    names = ("energy_eur_per_kwh", "grid_fee_eur_per_kwh", "levy_eur_per_kwh")
    if not {*names, "vat_eur_per_kwh"} <= set(trace.prices):
        return 1.0
    net = sum(trace.at_meters(name) for name in names)
    vat = trace.at_meters("vat_eur_per_kwh")
    return 1.0 + np.divide(vat, net, out=np.zeros_like(vat), where=np.abs(net) > 1e-9)  # noqa: PLR2004 - no price at all


def _fuels(plan: Plan, request: PlanRequest) -> dict[str, tuple[float, float]]:
    """Return price and carbon of the fuels a plan burns: what its units say, else the catalogue's."""
    found: dict[str, tuple[float, float]] = {}
    wanted = set()
    for unit in plan.units:
        fuel = str(unit.facts.get("fuel", ""))
        if fuel and "fuel_eur_per_kwh" in unit.facts:
            found[fuel] = (float(unit.facts["fuel_eur_per_kwh"]), float(unit.facts.get("fuel_co2_g_per_kwh", 0.0)))
        elif unit.kind in {"chp", "boiler"}:
            wanted.add(fuel or unit.block.rsplit("-", 1)[-1])
    for fuel in sorted(wanted - set(found)):
        if (known := _from_catalogue(fuel, request)) is not None:
            found[fuel] = known
    return found


def _from_catalogue(fuel: str, request: PlanRequest) -> tuple[float, float] | None:
    from twinergy.planning import catalogue  # noqa: PLC0415 - only plans that burn something

    finance = request.finance
    try:
        known = catalogue.load()
        carbon = known.fuel(fuel, finance.catalogue_year).co2_g_per_kwh
        return known.fuel_eur_per_kwh(fuel, finance) + carbon * finance.co2_eur_per_t / GRAMS_PER_T, carbon
    except TwinergyError:
        return None
