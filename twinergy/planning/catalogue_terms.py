# SPDX-License-Identifier: Apache-2.0
"""The words of the catalogue of technologies: its sorts, which numbers each has, in which units, within which limits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

YEARS: Final = (2025, 2030, 2040)
"""Years for which the catalogue has values."""
MONEY: Final = "EUR"

SIZES: Final = {
    "size_kwp": "kWp",
    "size_kw": "kW",
    "capacity_kwh": "kWh",
    "power_kw": "kW",
    "points": "point",
    "length_km": "km",
    "units": "unit",
}
"""Unit of each size that may be chosen."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a number is.

    Attributes
    ----------
    title, unit : str
        In words, and what it is counted in.
    least, most : float
        Limits beyond which it is taken for a mistake. [unit]
    per_fuel : bool
        Whether it counts fuel, so that it matters which heating value is meant.
    """

    title: str
    unit: str
    least: float
    most: float
    per_fuel: bool = False

    def most_by(self, heating_value: str | None) -> float:
        """Return the upper limit: by the higher heating value nothing gives more than it gets. [unit]."""
        return min(self.most, 1.0) if self.per_fuel and self.unit == "-" and heating_value != "lower" else self.most

    @property
    def is_money(self) -> bool:
        """Whether it is an amount of money."""
        return self.unit.startswith(MONEY)


@dataclass(frozen=True, slots=True)
class SizeNumbers:
    """Names of the numbers of one size."""

    eur: str
    lifetime: str
    fixed: str
    embodied: str
    step: str

    @classmethod
    def of(cls, size: str) -> SizeNumbers:
        """Return the names of the numbers of a size.

        >>> SizeNumbers.of("capacity_kwh").eur
        'capacity_eur_per_kwh'
        """
        unit = SIZES[size].lower()
        stem = size.removesuffix(f"_{unit}")
        return cls(
            f"{stem}_eur_per_{unit}",
            f"{stem}_lifetime_years",
            f"{stem}_fixed_percent",
            f"{stem}_embodied_kg_per_{unit}",
            f"{stem}_step_{unit}",
        )


def _of_size(size: str) -> dict[str, Meaning]:
    unit, names = SIZES[size], SizeNumbers.of(size)
    dearest = 1e6 if size in {"length_km", "units", "points"} else 3e4
    return {
        names.eur: Meaning("Investment, installed", f"EUR/{unit}", 0.0, dearest),
        names.lifetime: Meaning("Lifetime", "a", 1.0, 100.0),
        names.fixed: Meaning("Fixed operation a year, of the investment", "%/a", 0.0, 30.0),
        names.embodied: Meaning("Greenhouse gases of making it", f"kg/{unit}", 0.0, 1e5),
        names.step: Meaning("Sold at a time", unit, 0.0, 1e4),
    }


ONCE: Final = "once_eur"
_ONE_WAY: Final = "AC power to stored energy, one way"
NUMBERS: Final[dict[str, Meaning]] = {name: meaning for size in SIZES for name, meaning in _of_size(size).items()} | {
    ONCE: Meaning("Paid as soon as anything is built", "EUR", 0.0, 1e7),
    "charge_efficiency": Meaning(_ONE_WAY, "-", 0.3, 1.0),
    "discharge_efficiency": Meaning("Stored energy to AC power, one way", "-", 0.3, 1.0),
    "loss_per_h": Meaning("Share of the stored energy lost in an hour", "1/h", 0.0, 0.2),
    "calendar_years": Meaning("Life of a battery that only stands", "a", 1.0, 50.0),
    "full_cycles": Meaning("Full equivalent cycles that use a battery up", "-", 100.0, 1e5),
    "electric_efficiency": Meaning("Electricity of the fuel", "-", 0.05, 0.75, per_fuel=True),
    "thermal_efficiency": Meaning("Heat of the fuel", "-", 0.05, 1.11, per_fuel=True),
    "efficiency": Meaning("Heat of the fuel or electricity", "-", 0.3, 1.11, per_fuel=True),
    "least_load": Meaning("Least load of a running unit", "-", 0.0, 1.0),
    "service_eur_per_kwh": Meaning("Maintenance by generated kWh", "EUR/kWh", 0.0, 0.2),
    "wear_eur_per_kwh": Meaning("What a discharged kWh wears off a battery", "EUR/kWh", 0.0, 0.5),
    "cop": Meaning("Heat per electricity, mean of a year", "-", 1.0, 8.0),
}
"""Every number that a technology may have."""

FUEL_NUMBERS: Final[dict[str, Meaning]] = {
    "eur_per_kwh": Meaning("Price to households, taxes included", "EUR/kWh", 0.0, 2.0, per_fuel=True),
    "co2_direct_g_per_kwh": Meaning("Greenhouse gases of burning it", "g/kWh", 0.0, 600.0, per_fuel=True),
    "co2_lifecycle_g_per_kwh": Meaning("The same with mining and transport", "g/kWh", 0.0, 900.0, per_fuel=True),
    "lower_per_higher": Meaning("Lower over higher heating value", "-", 0.8, 1.0),
}
"""Every number of a fuel; all are needed."""


@dataclass(frozen=True, slots=True)
class Sort:
    """A sort of technology.

    Attributes
    ----------
    title : str
        In words.
    sizes : tuple of str
        What is chosen, the one that limits are told for first.
    needs, may : tuple of str
        Numbers that it must have, and may have, besides those of its sizes.
    """

    title: str
    sizes: tuple[str, ...]
    needs: tuple[str, ...] = ()
    may: tuple[str, ...] = ()

    @property
    def required(self) -> tuple[str, ...]:
        """Names of all numbers that must be there."""
        own = [name for size in self.sizes for name in (SizeNumbers.of(size).eur, SizeNumbers.of(size).lifetime)]
        return (*own, *self.needs)

    @property
    def known(self) -> tuple[str, ...]:
        """Names of all numbers that may be there."""
        return (*(name for size in self.sizes for name in _of_size(size)), ONCE, *self.needs, *self.may)


_STORE: Final = ("charge_efficiency", "discharge_efficiency", "loss_per_h")
_WEAR: Final = ("wear_eur_per_kwh",)
_BATTERY: Final = (*_STORE, "calendar_years", "full_cycles")
SORTS: Final[dict[str, Sort]] = {
    "pv": Sort("Photovoltaics", ("size_kwp",)),
    "wind": Sort("Wind turbines", ("size_kw",), (), ("service_eur_per_kwh",)),
    "home_battery": Sort("Batteries of homes", ("capacity_kwh", "power_kw"), _BATTERY, _WEAR),
    "community_battery": Sort("Batteries of communities", ("capacity_kwh", "power_kw"), _BATTERY, _WEAR),
    "chp": Sort(
        "Combined heat and power",
        ("size_kw",),
        ("electric_efficiency", "thermal_efficiency", "least_load"),
        ("service_eur_per_kwh",),
    ),
    "boiler": Sort("Boilers, by thermal power", ("size_kw",), ("efficiency",), ("service_eur_per_kwh",)),
    "heat_pump": Sort("Heat pumps, by thermal power", ("size_kw",), ("cop",)),
    "heater": Sort("Direct electric heaters, by thermal power", ("size_kw",), ("efficiency",), ("service_eur_per_kwh",)),
    "heat_buffer": Sort("Heat stores", ("capacity_kwh",), ("loss_per_h",)),
    "v2g": Sort("What charging both ways costs more", ("size_kw",), _WEAR),
    "charging": Sort("Charging points", ("points",)),
    "cable": Sort("Cables, laid", ("length_km",)),
    "transformer": Sort("Transformers", ("units",)),
}
"""Sorts by name."""
PLANNED: Final = ("pv", "wind", "home_battery", "community_battery", "chp", "boiler", "heat_pump", "heat_buffer", "v2g")
"""Sorts that a request may name; each has one technology that is its default."""
