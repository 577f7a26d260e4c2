# SPDX-License-Identifier: Apache-2.0
"""The catalogue of technologies: what things cost, how long they last, how well they work; every number with its source.

`load` reads ``data/technologies.yaml`` or a file in its form that may extend it. The page is made by
``python -m twinergy.planning.catalogue > docs/technologies.md``.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from twinergy.community.document import read
from twinergy.errors import Finding, ScenarioError, closest
from twinergy.planning.catalogue_pricing import Priced, priced
from twinergy.planning.catalogue_reading import SUBJECT, Reading
from twinergy.planning.catalogue_technology import Fuel, Technology, converted
from twinergy.planning.catalogue_terms import FUEL_NUMBERS, SORTS
from twinergy.planning.economics import levelled

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from twinergy.planning.catalogue_entries import Entry, FuelEntry, Money
    from twinergy.planning.request import Financing, PlanRequest

__all__ = ["FILE", "Catalogue", "Fuel", "Priced", "Technology", "load", "priced"]

FILE: Final = Path(__file__).resolve().parents[2] / "data" / "technologies.yaml"


@dataclass(frozen=True, kw_only=True)
class Catalogue:
    """The catalogue.

    Attributes
    ----------
    money : Money
        In which euro prices are.
    sources : dict of str to str
        Citation by key.
    fuels : dict of str to FuelEntry
        Fuels as they are written.
    entries : dict of str to Entry
        Technologies as they are written.
    file : str
        Where it was read.
    """

    money: Money
    sources: Mapping[str, str]
    fuels: Mapping[str, FuelEntry]
    entries: Mapping[str, Entry]
    file: str = ""

    def technology(self, name: str) -> Technology:
        """Return a technology.

        Raises
        ------
        ScenarioError
            If there is none of that name.
        """
        self._known(name, self.entries, "there is no such technology")
        entry = self.entries[name]
        ratio = self.fuel(entry.fuel).lower_per_higher if entry.fuel else 1.0
        return Technology(name=name, entry=entry, money=self.money, lower_per_higher=ratio)

    def of(self, sort: str) -> list[Technology]:
        """Return all technologies of a sort, in the order of the file."""
        return [self.technology(name) for name, entry in self.entries.items() if entry.sort == sort]

    def default(self, sort: str) -> Technology:
        """Return the technology that is taken where a request names none.

        Raises
        ------
        ScenarioError
            If the sort has no default.
        """
        known = {entry.sort: name for name, entry in self.entries.items() if entry.default}
        self._known(sort, known, "no technology is the default of this sort")
        return self.technology(known[sort])

    def fuel(self, name: str, year: int = 2025) -> Fuel:
        """Return a fuel in one year.

        Raises
        ------
        ScenarioError
            If there is none of that name.
        """
        self._known(name, self.fuels, "there is no such fuel")
        entry = self.fuels[name]
        ratio = entry.numbers["lower_per_higher"].value[year]  # type: ignore[index]
        numbers = {key: converted(figure, FUEL_NUMBERS[key], year, self.money, ratio) for key, figure in entry.numbers.items()}
        return Fuel(name=name, title=entry.title, **numbers)

    def fuel_eur_per_kwh(self, name: str, finance: Financing) -> float:
        """Return the price of a fuel levelled over the horizon: the request's, or the catalogue's. [EUR/kWh].

        Both are by the higher heating value.
        """
        price = finance.fuel_eur_per_kwh.get(name)
        price = self.fuel(name, finance.catalogue_year).eur_per_kwh if price is None else price
        return price * levelled(finance, name)

    def findings(self, request: PlanRequest) -> list[Finding]:
        """Return the names in a request that mean nothing here, and overrides that cannot be.

        Sorts of technology, technologies, their overrides; subsidies, prices of fuels and growing prices of the finance.
        """
        found = [*self._finance(request.finance)]
        for sort, wish in request.technologies.items():
            path = f"technologies.{sort}"
            if sort not in SORTS:
                found.append(Finding(message=f"unknown sort {sort!r}", path=path, allowed=closest(sort, SORTS)))
                continue
            own = [name for name, entry in self.entries.items() if entry.sort == sort]
            if wish.technology and wish.technology not in own:
                message = f"there is no {sort} of that name"
                found.append(
                    Finding(
                        message=message, path=f"{path}.technology", value=wish.technology, allowed=closest(wish.technology, own)
                    )
                )
                continue
            try:
                (self.technology(wish.technology) if wish.technology else self.default(sort)).asked(request)
            except ScenarioError as error:
                found += error.findings
        return found

    def _finance(self, finance: Financing) -> list[Finding]:
        known: dict[str, Iterable[str]] = {
            "subsidies": [*SORTS, *self.entries],
            "fuel_eur_per_kwh": self.fuels,
            "price_growth": ["electricity", "feed_in", *self.fuels],
        }
        return [
            Finding(message=f"unknown name {name!r}", path=f"finance.{key}.{name}", allowed=closest(name, names))
            for key, names in known.items()
            for name in getattr(finance, key)
            if name not in names
        ]

    def table(self) -> str:
        """Return the reference page of all technologies, Markdown."""
        from twinergy.planning.catalogue_page import page  # noqa: PLC0415 - only for the page

        return page(self)

    def _known(self, name: str, known: Iterable[str], message: str) -> None:
        if name not in known:
            raise ScenarioError([Finding(message=message, file=self.file, value=name, allowed=closest(name, known))], SUBJECT)


def load(file: Path | None = None) -> Catalogue:
    """Read a catalogue of technologies.

    Parameters
    ----------
    file : pathlib.Path, optional
        In the form of ``data/technologies.yaml``, which is read where none is given.

    Raises
    ------
    ScenarioError
        If the file cannot be read or something in it is wrong: all findings at once, with file and line.
    """
    return _own() if file is None else _load(file)


@cache
def _own() -> Catalogue:
    return _load(FILE)


def _load(file: Path) -> Catalogue:
    parts: dict[str, Any] = Reading(read(file)).parts()
    return Catalogue(**parts, file=str(file))


if __name__ == "__main__":
    sys.stdout.write(load().table())
