# SPDX-License-Identifier: Apache-2.0
"""What a key figure means: name, unit, formula, source, and how people read it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, Literal

from twinergy.results.currency import EURO, Currency

ENERGY: Final = "Energy"
SUPPLY: Final = "Own supply"
HEAT: Final = "Heat and cold"
COMFORT: Final = "Comfort"
MOBILITY: Final = "Electric cars and charging"
PLANTS: Final = "Plants"
MONEY: Final = "Money and emissions"
GRID: Final = "Grid"
VOLTAGE: Final = "Voltage"
STORAGE: Final = "Storage"
CONTROL: Final = "Set-points"
HARDWARE: Final = "Real devices"
FAULTS: Final = "Faults"
AUDIT: Final = "Audit"
GROUPS: Final = (
    ENERGY,
    SUPPLY,
    HEAT,
    COMFORT,
    MOBILITY,
    PLANTS,
    MONEY,
    GRID,
    VOLTAGE,
    STORAGE,
    CONTROL,
    HARDWARE,
    FAULTS,
    AUDIT,
)

TOTAL_UNITS: Final = frozenset({"kWh", "EUR", "kg", "km"})
GROWING_UNITS: Final = frozenset({"h", "K h", "kWh/kWp"})
PER_DWELLING: Final = "dwelling_"

_UNIT_FOR_PEOPLE: Final = {"degC": "°C"}

Style = Literal["number", "percent", "count", "scientific"]


@dataclass(frozen=True, slots=True)
class KpiDefinition:
    """What a key figure means.

    Attributes
    ----------
    name : str
        Name in files.
    unit : str
        Unit of the stored value; ``1`` for fractions and numbers.
    group : str
        Chapter of the reference page and of the report.
    title : str
        Name for people.
    formula : str
        How it is computed.
    plain : str
        A sentence with ``{value}`` and ``{where}``, for people; empty if the title says it all.
    style : {"number", "percent", "count", "scientific"}
        How people read it.
    digits : int
        Digits after the point.
    limit : float or None
        Largest value of a run in which nothing went wrong; None where none is wrong.
    negative : str
        As `plain`, for a value below zero, which is given without its sign; empty where that needs no other words.
    source : str
        Standard or publication that defines it; empty where the laboratory does.
    """

    name: str
    unit: str
    group: str
    title: str
    formula: str
    plain: str = ""
    style: Style = "number"
    digits: int = 1
    limit: float | None = None
    negative: str = ""
    source: str = ""

    @property
    def grows(self) -> bool:
        """Whether it is a sum over time, which may be scaled to a year to compare runs of different length."""
        return self.unit in TOTAL_UNITS | GROWING_UNITS and self.group != AUDIT

    @property
    def is_total(self) -> bool:
        """Whether it is a sum over the community and its time, which may be divided by its homes to compare communities."""
        return self.grows and self.unit in TOTAL_UNITS and not self.name.startswith(PER_DWELLING)

    def sentence(self, value: float, where: str, currency: Currency = EURO) -> str:
        """Return what a value says in plain words, empty where the title says it all."""
        if value < 0.0 and self.negative:
            return self.negative.format(value=self.text(-value, currency), where=where)
        return self.plain.format(value=self.text(value, currency), where=where)

    def text(self, value: float, currency: Currency = EURO) -> str:
        """Return a value with its unit as people write it, money in a currency.

        >>> KpiDefinition("a", "1", ENERGY, "A", "", style="percent").text(0.7321)
        '73.2 %'
        >>> KpiDefinition("a_eur", "EUR", MONEY, "A", "", digits=2).text(10.0, Currency("GBP", 1.25))
        '8.00 GBP'
        """
        if math.isnan(value):
            return "–"
        value, unit = currency.shown(value, _UNIT_FOR_PEOPLE.get(self.unit, self.unit))
        match self.style:
            case "percent":
                return f"{100.0 * value:.1f} %".replace("-", "−")
            case "count":
                return f"{value:,.0f}"
            case "scientific":
                return f"{value:.1e} {unit}" if value else f"0 {unit}"
            case _:
                digits = 0 if abs(value) >= 1000.0 and self.digits == 1 else self.digits  # noqa: PLR2004
                return f"{value:,.{digits}f} {unit}".removesuffix(" 1").replace("-", "−")
