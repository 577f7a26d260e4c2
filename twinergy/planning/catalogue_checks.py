# SPDX-License-Identifier: Apache-2.0
"""What has to hold for a catalogue of technologies beyond its form; every finding says where and what to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from twinergy.errors import Finding, closest
from twinergy.planning.catalogue_entries import ASSUMPTION
from twinergy.planning.catalogue_terms import FUEL_NUMBERS, NUMBERS, PLANNED, SORTS, Meaning

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from twinergy.community.document import Document, KeyPath
    from twinergy.planning.catalogue_entries import Entry, Figure, FuelEntry, Money


def outside(meaning: Meaning, value: float, heating_value: str | None) -> str:
    """Return what is wrong with a value, nothing if it is within the limits of its meaning."""
    if meaning.least <= value <= meaning.most_by(heating_value):
        return ""
    return f"{meaning.title.lower()} cannot be {value:g} {meaning.unit}; check value and unit"


def allowed(meaning: Meaning, heating_value: str | None) -> str:
    """Return the limits of a meaning in words."""
    return f"{meaning.least:g} to {meaning.most_by(heating_value):g} {meaning.unit}"


@dataclass(frozen=True)
class Checks:
    """Looks through the entries of a document.

    Attributes
    ----------
    document : Document
        Where they were read.
    money : Money
        Which years have an index.
    sources : dict of str to str
        Known sources.
    fuels : collection of str
        Known fuels.
    """

    document: Document
    money: Money
    sources: Mapping[str, str]
    fuels: Collection[str]

    def fuel(self, name: str, entry: FuelEntry) -> Iterator[Finding]:
        """Yield what is wrong with a fuel."""
        path = ("fuels", name, "numbers")
        yield from self._names(path, entry.numbers, FUEL_NUMBERS, FUEL_NUMBERS)
        for key, figure in entry.numbers.items():
            if key in FUEL_NUMBERS:
                yield from self._figure((*path, key), figure, FUEL_NUMBERS[key], burns=True)

    def technology(self, name: str, entry: Entry) -> Iterator[Finding]:
        """Yield what is wrong with a technology."""
        path = ("technologies", name)
        sort = SORTS.get(entry.sort)
        if sort is None:
            hint = closest(entry.sort, SORTS)
            yield self.document.finding("there is no such sort of technology", (*path, "sort"), value=entry.sort, allowed=hint)
            return
        if entry.fuel and entry.fuel not in self.fuels:
            hint = closest(entry.fuel, self.fuels)
            yield self.document.finding("there is no such fuel", (*path, "fuel"), value=entry.fuel, allowed=hint)
        yield from self._names((*path, "numbers"), entry.numbers, sort.required, sort.known)
        for key, figure in entry.numbers.items():
            if key in sort.known:
                yield from self._figure((*path, "numbers", key), figure, NUMBERS[key], burns=bool(entry.fuel))
        yield from self._sum(path, entry)

    def defaults(self) -> Iterator[Finding]:
        """Yield the sorts that have no default, or several; entries whose form is wrong count as well."""
        raw = self.document.data["technologies"]
        marked = [
            (name, entry.get("sort")) for name, entry in raw.items() if isinstance(entry, dict) and entry.get("default") is True
        ]
        for sort in PLANNED:
            names = [name for name, of in marked if of == sort]
            if len(names) != 1:
                several = f"has {len(names)} defaults: {', '.join(names)}" if names else "has no default"
                message = f"sort {sort!r} {several}; mark one technology of it with 'default: true'"
                yield self.document.finding(message, ("technologies",))

    def _names(self, path: KeyPath, given: Iterable[str], required: Iterable[str], known: Iterable[str]) -> Iterator[Finding]:
        for name in given:
            if name not in known:
                yield self.document.finding(f"unknown number {name!r}", (*path, name), allowed=closest(name, known))
        for name in required:
            if name not in given:
                yield self.document.finding(f"number {name!r} is missing: give it with value, unit and source", path)

    def _figure(self, path: KeyPath, figure: Figure, meaning: Meaning, *, burns: bool) -> Iterator[Finding]:
        find = self.document.finding
        for year, value in figure.value.items():
            if said := outside(meaning, value, figure.heating_value):
                where = (*path, "value", year) if isinstance(self.document.value((*path, "value")), dict) else (*path, "value")
                yield find(said, where, value=value, allowed=allowed(meaning, figure.heating_value))
        if figure.unit != meaning.unit:
            yield find("is in the wrong unit", (*path, "unit"), value=figure.unit, allowed=meaning.unit)
        if figure.source == ASSUMPTION and not figure.note:
            yield find("is an assumption without a reason; say in its note why it is what it is", (*path, "source"))
        elif figure.source != ASSUMPTION and figure.source not in self.sources:
            hint = f"{closest(figure.source, self.sources)}; or {ASSUMPTION}"
            yield find("there is no such source", (*path, "source"), value=figure.source, allowed=hint)
        yield from self._money(path, figure, meaning)
        if meaning.per_fuel and burns and figure.heating_value is None:
            yield find("counts fuel; say by which heating value", path, allowed="heating_value: lower, or higher")

    def _money(self, path: KeyPath, figure: Figure, meaning: Meaning) -> Iterator[Finding]:
        if meaning.is_money and figure.currency_year not in self.money.index:
            years = ", ".join(map(str, sorted(self.money.index)))
            message = "is money of no known year; say currency_year, or add its year to money.index"
            yield self.document.finding(message, (*path, "currency_year"), value=figure.currency_year, allowed=years)

    def _sum(self, path: KeyPath, entry: Entry) -> Iterator[Finding]:
        parts = [entry.numbers.get(name) for name in ("electric_efficiency", "thermal_efficiency")]
        if None in parts:
            return
        together = max(sum(part.value[year] for part in parts if part) for year in (2025, 2030, 2040))
        most = NUMBERS["thermal_efficiency"].most
        if together > most:
            message = f"electricity and heat together are {together:.3g} of the fuel's energy; no engine gives more than it gets"
            yield self.document.finding(message, (*path, "numbers"), allowed=f"at most {most:g} by the lower heating value")
