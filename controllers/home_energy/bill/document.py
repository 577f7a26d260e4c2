# SPDX-License-Identifier: Apache-2.0
"""A supplier's bill as it is printed: lines of items with local dates, quantities, prices and amounts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Final


class Item(StrEnum):
    """What a line charges for. Prices and amounts are net of VAT but for `TOTAL`; a credit is negative."""

    SUPPLY = "supply"
    """Imported energy at one price that holds energy, grid fee and levies."""
    ENERGY = "energy"
    """Imported energy, the supplier's part."""
    GRID_FEE = "grid_fee"
    """Imported energy, the grid operator's part."""
    LEVY = "levy"
    """Imported energy, taxes and levies other than VAT."""
    STANDING = "standing"
    """Standing charge for days, months or years."""
    FEED_IN = "feed_in"
    """Exported energy, a credit."""
    NET = "net"
    """Sum of all lines before VAT."""
    VAT = "vat"
    """Value added tax on the lines of one rate."""
    TOTAL = "total"
    """What is to be paid, VAT included."""
    UNKNOWN = "unknown"
    """Anything the contract does not know."""


PARTS: Final[dict[Item, tuple[str, ...]]] = {
    Item.SUPPLY: ("energy", "grid_fee", "levy"),
    Item.ENERGY: ("energy",),
    Item.GRID_FEE: ("grid_fee",),
    Item.LEVY: ("levy",),
    Item.FEED_IN: ("feed_in",),
    Item.STANDING: ("standing",),
}
"""Which parts of the contract a line settles."""
SUMS: Final = frozenset({Item.NET, Item.VAT, Item.TOTAL})

ALIASES: Final[dict[str, Item]] = {
    **{item.value: item for item in Item if item is not Item.UNKNOWN},
    **dict.fromkeys(("unit rate", "electricity", "consumption", "arbeitspreis", "verbrauchspreis", "fornitura"), Item.SUPPLY),
    **dict.fromkeys(("energiepreis", "energy charge", "materia energia"), Item.ENERGY),
    **dict.fromkeys(("grid fee", "network charge", "netzentgelt", "netznutzung", "trasporto"), Item.GRID_FEE),
    **dict.fromkeys(("levies", "levy", "umlagen", "abgaben", "stromsteuer", "oneri"), Item.LEVY),
    **dict.fromkeys(("standing charge", "daily charge", "grundpreis", "grundgebühr", "quota fissa"), Item.STANDING),
    **dict.fromkeys(("feed in", "feed-in", "export", "export payment", "einspeisung", "einspeisevergütung"), Item.FEED_IN),
    **dict.fromkeys(("subtotal", "net total", "summe netto", "nettobetrag"), Item.NET),
    **dict.fromkeys(("value added tax", "umsatzsteuer", "mehrwertsteuer", "mwst", "ust", "iva"), Item.VAT),
    **dict.fromkeys(("total due", "gross total", "gesamtbetrag", "rechnungsbetrag", "bruttobetrag", "totale"), Item.TOTAL),
}
"""Names on bills; capitals do not matter, and what follows a colon or stands in brackets is a remark."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of a bill.

    Attributes
    ----------
    number : int
        Line in its file, from 1.
    text : str
        Item as printed.
    item : Item
        What it charges for.
    start, end : datetime.date
        First and last local day, both included.
    quantity, unit_price : decimal.Decimal or None
        As printed; None for sums. [unit], [money per unit]
    unit : str
        ``kWh``, ``day``, ``month`` or ``year``; empty for sums.
    amount : decimal.Decimal
        As printed; negative for a credit. [money]
    vat_percent : decimal.Decimal or None
        Rate that the line names. [%]
    estimated : bool
        Whether the supplier says that the reading was estimated.
    """

    number: int
    text: str
    item: Item
    start: date
    end: date
    amount: Decimal
    quantity: Decimal | None = None
    unit: str = ""
    unit_price: Decimal | None = None
    vat_percent: Decimal | None = None
    estimated: bool = False

    @property
    def days(self) -> int:
        """Number of local days. [d]."""
        return (self.end - self.start).days + 1

    @property
    def after(self) -> date:
        """The day after the last."""
        return self.end + timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Bill:
    """A bill.

    Attributes
    ----------
    lines : tuple of Line
        In the order of the file.
    currency : str
        ISO 4217 code of its money.
    name : str
        Its file, for messages.
    """

    lines: tuple[Line, ...]
    currency: str = "EUR"
    name: str = "bill"

    @property
    def charges(self) -> tuple[Line, ...]:
        """Lines that are no sums."""
        return tuple(line for line in self.lines if line.item not in SUMS)

    @property
    def start(self) -> date:
        """First day of all charges."""
        return min(line.start for line in self.charges)

    @property
    def end(self) -> date:
        """Last day of all charges."""
        return max(line.end for line in self.charges)


def half_digit(number: Decimal) -> Decimal:
    """Return half a unit of the last printed digit: how far a printed number may be from the exact one.

    >>> half_digit(Decimal("0.3215"))
    Decimal('0.00005')
    """
    exponent = number.as_tuple().exponent
    return Decimal(5).scaleb(int(exponent) - 1)
