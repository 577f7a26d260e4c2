# SPDX-License-Identifier: Apache-2.0
"""Money as people of a site see it. Everything stored is in euro; only what is shown is converted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

EURO_CODE: Final = "EUR"
_SYMBOLS: Final = {"EUR": "€", "GBP": "£", "CHF": "CHF", "SEK": "kr", "NOK": "kr", "DKK": "kr", "PLN": "zł", "CZK": "Kč"}


@dataclass(frozen=True, slots=True)
class Currency:
    """The money people of a site see.

    Attributes
    ----------
    code : str
        ISO 4217 code.
    eur_per_unit : float
        Price of one unit, positive. [EUR]
    """

    code: str = EURO_CODE
    eur_per_unit: float = 1.0

    @property
    def symbol(self) -> str:
        """Its sign, or its code where it has none."""
        return _SYMBOLS.get(self.code, self.code)

    @property
    def is_euro(self) -> bool:
        """Whether nothing needs to be converted."""
        return self.code == EURO_CODE

    @property
    def sentence(self) -> str:
        """How shown and stored money relate; empty for euro."""
        if self.is_euro:
            return ""
        return f"{self.code} ({self.symbol}); 1 {self.code} = {self.eur_per_unit:g} EUR, stored figures are in EUR"

    def of(self, amount_eur: float) -> float:
        """Return an amount given in euro in this currency.

        >>> Currency("GBP", 1.25).of(5.0)
        4.0
        """
        return amount_eur / self.eur_per_unit

    def shown(self, value: float, unit: str) -> tuple[float, str]:
        """Return value and unit as they are shown: EUR and EUR per something become this currency, others stay.

        >>> Currency("GBP", 1.25).shown(10.0, "EUR/kWh")
        (8.0, 'GBP/kWh')
        """
        if self.is_euro or unit.partition("/")[0] != EURO_CODE:
            return value, unit
        return self.of(value), self.code + unit.removeprefix(EURO_CODE)


EURO: Final = Currency()


def currency_of(manifest: Mapping[str, Any]) -> Currency:
    """Return the currency a manifest names; euro where it names none, or one without a usable rate."""
    found = manifest.get("currency")
    if not isinstance(found, dict):
        return EURO
    code, rate = str(found.get("code") or EURO_CODE), float(found.get("eur_per_unit") or 0.0)
    return Currency(code, rate) if rate > 0.0 and code != EURO_CODE else EURO


def common_currency(currencies: list[Currency]) -> Currency:
    """Return the currency all agree on, euro where they differ."""
    return currencies[0] if len(set(currencies)) == 1 else EURO
