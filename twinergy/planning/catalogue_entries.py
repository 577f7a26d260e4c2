# SPDX-License-Identifier: Apache-2.0
"""How the catalogue of technologies is written: figures with units and sources, technologies, fuels, the worth of a euro."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from pydantic import BeforeValidator, Field, field_validator

from twinergy.options import Options, Positive
from twinergy.planning.catalogue_terms import YEARS

if TYPE_CHECKING:
    from collections.abc import Iterable

ASSUMPTION: Final = "assumption"
"""Source of a number that has none; its note says why it is what it is."""
Year = Literal[2025, 2030, 2040]


def _every_year(value: Any) -> Any:
    """Let one number stand for all years."""
    return value if isinstance(value, dict) else dict.fromkeys(YEARS, value)


def _list(years: Iterable[int]) -> str:
    return ", ".join(map(str, years))


class Figure(Options):
    """A number with its unit and where it is from."""

    value: Annotated[dict[Year, float], BeforeValidator(_every_year)]
    """By year, or one for all years. [unit]"""
    unit: str
    source: Annotated[str, Field(min_length=1)]
    """Key of ``sources``, or ``assumption``."""
    currency_year: int | None = None
    """Year of the euro it is given in, for money."""
    heating_value: Literal["lower", "higher"] | None = None
    """Which one it counts fuel by, for what counts fuel."""
    note: str = ""
    """Where in the source, and how it was worked out."""

    @field_validator("value")
    @classmethod
    def _knows_every_year(cls, value: dict[Year, float]) -> dict[Year, float]:
        missing = [year for year in YEARS if year not in value]
        if missing:
            message = f"has no value for {_list(missing)}: give one for each of {_list(YEARS)}, or one number"
            raise ValueError(message)
        return value


class Entry(Options):
    """A technology."""

    title: str
    sort: str
    """One of `catalogue_terms.SORTS`."""
    default: bool = False
    """Whether it is taken where a request names none of its sort."""
    fuel: str = ""
    """What it burns, if anything."""
    simulated_as: str = ""
    """What a scenario names to have it simulated: a unit of ``data/chp``, a turbine of ``data/wind``."""
    note: str = ""
    numbers: dict[str, Figure]
    """By the names of `catalogue_terms.NUMBERS`."""


class FuelEntry(Options):
    """A fuel."""

    title: str
    note: str = ""
    numbers: dict[str, Figure]
    """By the names of `catalogue_terms.FUEL_NUMBERS`."""


class Money(Options):
    """In which euro all results are, and what a euro of other years is worth."""

    year: int
    """Year of the euro that prices are turned into."""
    index_source: str
    index: dict[int, Positive]
    """Index of consumer prices by year. [-]"""

    def turned(self, value: float, currency_year: int) -> float:
        """Return an amount in the euro of `year`. [EUR]."""
        return value * self.index[self.year] / self.index[currency_year]
