# SPDX-License-Identifier: Apache-2.0
"""A technology and a fuel of the catalogue, as a plan takes them: one year, one euro, one heating value."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from twinergy.errors import Finding, ScenarioError, closest
from twinergy.planning.catalogue_checks import allowed, outside
from twinergy.planning.catalogue_pricing import priced
from twinergy.planning.catalogue_terms import NUMBERS, SORTS, Meaning, SizeNumbers, Sort
from twinergy.planning.economics import battery_lifetime

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twinergy.planning.catalogue_entries import Entry, Figure, Money
    from twinergy.planning.request import PlanRequest
    from twinergy.planning.size import Size


def converted(figure: Figure, meaning: Meaning, year: int, money: Money, lower_per_higher: float) -> float:
    """Return a figure of one year in the euro of the catalogue and by the higher heating value.

    What counts fuel, be it an efficiency, a price or an emission per kWh, is smaller by the higher heating value: the same fuel
    then has more kWh.
    """
    value = figure.value[year]  # type: ignore[index]
    if meaning.is_money and figure.currency_year is not None:
        value = money.turned(value, figure.currency_year)
    return value * lower_per_higher if meaning.per_fuel and figure.heating_value == "lower" else value


@dataclass(frozen=True, slots=True, kw_only=True)
class Fuel:
    """A fuel in one year; everything per kWh of its higher heating value.

    Attributes
    ----------
    name, title : str
        Of the catalogue.
    eur_per_kwh : float
        Price, taxes included, in the euro of the catalogue. [EUR/kWh]
    co2_direct_g_per_kwh : float
        What burning it emits; wood and biogas count 0, as in the key figures of a run. [g CO2e/kWh]
    co2_lifecycle_g_per_kwh : float
        The same with mining and transport. [g CO2e/kWh]
    lower_per_higher : float
        Lower over higher heating value. [-]
    """

    name: str
    title: str
    eur_per_kwh: float
    co2_direct_g_per_kwh: float
    co2_lifecycle_g_per_kwh: float
    lower_per_higher: float

    @property
    def co2_g_per_kwh(self) -> float:
        """What a plan counts unless it is told otherwise: burning alone, as the key figures of a run do. [g CO2e/kWh]."""
        return self.co2_direct_g_per_kwh


@dataclass(frozen=True, slots=True, kw_only=True)
class Technology:
    """A technology of the catalogue.

    Attributes
    ----------
    name : str
        In the catalogue.
    entry : Entry
        As it is written there.
    money : Money
        Euro that its prices are turned into.
    lower_per_higher : float
        Of its fuel; 1 where it has none. [-]
    year : int
        Year of the catalogue that its numbers are those of.
    own : dict of str to float
        Numbers in place of the catalogue's, see `asked` and `but`.
    """

    name: str
    entry: Entry
    money: Money
    lower_per_higher: float = 1.0
    year: int = 2025
    own: Mapping[str, float] = field(default_factory=dict)

    @property
    def sort(self) -> Sort:
        """What it is a sort of."""
        return SORTS[self.entry.sort]

    def but(self, overrides: Mapping[str, float], where: str = "overrides") -> Technology:
        """Return it with other numbers, by their names in the catalogue.

        Parameters
        ----------
        overrides : dict of str to float
            In the units of the catalogue; money in its euro, efficiencies by the higher heating value. A lifetime from the twin's
            ageing goes in here: ``capacity_lifetime_years``.
        where : str
            Path of the overrides, for findings.

        Raises
        ------
        ScenarioError
            If it has no number of a name, or a value cannot be: all findings at once.
        """
        findings = []
        for name, value in overrides.items():
            path = f"{where}.{name}"
            if name not in self.sort.known:
                hint = closest(name, self.sort.known)
                findings.append(Finding(message=f"{self.name} has no number {name!r}", path=path, allowed=hint))
            elif said := outside(NUMBERS[name], value, "higher"):
                findings.append(Finding(message=said, path=path, value=value, allowed=allowed(NUMBERS[name], "higher")))
        if findings:
            raise ScenarioError(findings, f"overrides of {self.name}")
        return replace(self, own={**self.own, **overrides})

    def asked(self, request: PlanRequest) -> Technology:
        """Return it as a request wants it: of the request's year, with its overrides and packs of this sort.

        Raises
        ------
        ScenarioError
            As `but`.
        """
        wish = request.technology(self.entry.sort)
        step = {} if wish.step is None else {SizeNumbers.of(self.sort.sizes[0]).step: wish.step}
        of_year = replace(self, year=request.finance.catalogue_year)
        return of_year.but({**wish.overrides, **step}, f"technologies.{self.entry.sort}.overrides")

    def numbers(self) -> dict[str, float]:
        """Return its numbers by name: money in the euro of the catalogue, fuel by the higher heating value."""
        given = {
            name: converted(figure, NUMBERS[name], self.year, self.money, self.lower_per_higher)
            for name, figure in self.entry.numbers.items()
        }
        return {**given, **self.own}

    def number(self, name: str) -> float:
        """Return one of its numbers; 0 where it may have it and has not.

        Raises
        ------
        ScenarioError
            If its sort has no number of that name.
        """
        if name not in self.sort.known:
            finding = Finding(message=f"{self.name} has no number {name!r}", value=name, allowed=closest(name, self.sort.known))
            raise ScenarioError([finding], f"numbers of {self.name}")
        return self.numbers().get(name, 0.0)

    def sizes(self, request: PlanRequest) -> dict[str, Size]:
        """Return its sizes by name, without bounds, at the price that a request's finance, overrides and subsidies give them.

        Raises
        ------
        ScenarioError
            As `but`.
        """
        return priced(self.asked(request), request.finance).sizes

    def invest_eur(self, request: PlanRequest) -> dict[str, float]:
        """Return what one unit of each of its sizes has to be paid at once, subsidy taken off. [EUR/unit]."""
        return {name: size.invest_eur for name, size in self.sizes(request).items()}

    def lifetime_years(self, cycles_per_year: float) -> float:
        """Return how long a battery lasts that is cycled so often, from its life standing and its full cycles. [a].

        Raises
        ------
        ScenarioError
            If it is no battery.
        """
        life, cycles = self.number("calendar_years"), self.number("full_cycles")
        return battery_lifetime(cycles_per_year, calendar_years=life, full_cycles=cycles)
