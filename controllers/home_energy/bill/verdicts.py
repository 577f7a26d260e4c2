# SPDX-License-Identifier: Apache-2.0
"""What the check of a bill found, line by line."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from decimal import Decimal

    from controllers.home_energy.bill.document import Item, Line


class Verdict(StrEnum):
    """What is to be said of a line; the gravest comes first in a `LineCheck`."""

    OK = "ok"
    ROUNDING = "rounding"
    """The amount differs from quantity times price by no more than printed digits explain."""
    ESTIMATED_READING = "estimated reading"
    """The supplier estimated, and the estimate is off."""
    NOT_VERIFIABLE = "not verifiable"
    """Nothing was measured in the period."""
    WRONG_SUM = "wrong sum"
    WRONG_VAT = "wrong VAT"
    WRONG_PRICE = "wrong price"
    WRONG_QUANTITY = "wrong quantity"
    UNKNOWN_ITEM = "unknown item"
    MISSING_ITEM = "missing item"
    PERIOD_OVERLAP = "period overlap"
    PERIOD_GAP = "period gap"


FINE = frozenset({Verdict.OK, Verdict.ROUNDING})


@dataclass(frozen=True, slots=True)
class Expected:
    """What a line should have said.

    Attributes
    ----------
    quantity : float or None
        Best estimate. [unit of the line]
    quantity_low, quantity_high : float or None
        Bounds with every tolerance. [unit of the line]
    unit_price : float or None
        Net price; of a period with several prices, their mean weighted by energy. [money per unit]
    amount : float or None
        Quantity times price, to the cent. [money]
    vat_percent : tuple of float
        Rates that hold in the period. [%]
    """

    quantity: float | None = None
    quantity_low: float | None = None
    quantity_high: float | None = None
    unit_price: float | None = None
    amount: float | None = None
    vat_percent: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class LineCheck:
    """A line with what was found.

    Attributes
    ----------
    line : Line
        As printed.
    expected : Expected
        What it should have said.
    verdicts : tuple of Verdict
        Gravest first; `Verdict.OK` alone if nothing is wrong.
    reasons : tuple of str
        What each verdict rests on, and which tolerance was allowed.
    """

    line: Line
    expected: Expected
    verdicts: tuple[Verdict, ...]
    reasons: tuple[str, ...]

    @property
    def verdict(self) -> Verdict:
        """The gravest."""
        return self.verdicts[0]

    @property
    def fine(self) -> bool:
        """Whether there is nothing to object to."""
        return self.verdict in FINE

    @property
    def difference(self) -> float | None:
        """Amount printed less amount expected; positive is billed too much. [money]."""
        return None if self.expected.amount is None else round(float(self.line.amount) - self.expected.amount, 2)


@dataclass(frozen=True, slots=True)
class Omission:
    """Something that should stand on the bill and does not.

    Attributes
    ----------
    item : Item
        What is missing.
    verdict : Verdict
        `Verdict.MISSING_ITEM` or `Verdict.PERIOD_GAP`.
    reason : str
        What and when.
    amount : float or None
        What it would come to, net. [money]
    """

    item: Item
    verdict: Verdict
    reason: str
    amount: float | None = None

    def __str__(self) -> str:
        worth = "" if self.amount is None else f" ({self.amount:.2f} net)"
        return f"{self.verdict}: {self.reason}{worth}"


@dataclass(frozen=True, slots=True)
class BillCheck:
    """The whole check.

    Attributes
    ----------
    name, currency : str
        Of the bill.
    lines : tuple of LineCheck
        One per line, in its order.
    omissions : tuple of Omission
        What is missing.
    expected_total, billed_total : float or None
        With VAT; billed is what the line ``total`` says. [money]
    steps, missing_steps : int
        Steps of the billed period, and those without a reading.
    """

    name: str
    currency: str
    lines: tuple[LineCheck, ...]
    omissions: tuple[Omission, ...]
    expected_total: float | None
    billed_total: float | None
    steps: int
    missing_steps: int

    @property
    def ok(self) -> bool:
        """Whether there is nothing to object to."""
        return not self.omissions and all(check.fine for check in self.lines)

    @property
    def objections(self) -> tuple[LineCheck, ...]:
        """Lines to take up with the supplier."""
        return tuple(check for check in self.lines if not check.fine)

    @property
    def difference(self) -> float | None:
        """Total printed less total expected; positive is billed too much. [money]."""
        if self.expected_total is None or self.billed_total is None:
            return None
        return round(self.billed_total - self.expected_total, 2)

    def text(self) -> str:
        """Return the check as people read it, a row per line."""
        head = ["line", "item", "period", "quantity", "expected", "price", "expected", "amount", "expected", "verdict"]
        rows = [head, *(_row(check) for check in self.lines)]
        widths = [max(len(row[column]) for row in rows) for column in range(len(head))]
        lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
        for check in self.lines:
            lines += [f"line {check.line.number}: {reason}" for reason in check.reasons if not check.fine]
        lines += [str(omission) for omission in self.omissions]
        missing = (
            f"{self.missing_steps} of {self.steps} steps have no reading" if self.missing_steps else "every step was measured"
        )
        billed, expected = (_number(value) or "unknown" for value in (self.billed_total, self.expected_total))
        total = f"billed {billed}, expected {expected} {self.currency}; {missing}"
        return "\n".join([*lines, total])


@dataclass(slots=True)
class Notes:
    """Gathers what is said of one line."""

    line: Line
    expected: Expected = field(default_factory=Expected)
    found: list[tuple[Verdict, str]] = field(default_factory=list)

    def add(self, verdict: Verdict, reason: str) -> None:
        """Note something."""
        self.found.append((verdict, reason))

    def done(self) -> LineCheck:
        """Return the check of the line."""
        gravest = list(Verdict)
        ranked = sorted(self.found, key=lambda pair: -gravest.index(pair[0]))
        verdicts = tuple(dict.fromkeys(verdict for verdict, _ in ranked)) or (Verdict.OK,)
        return LineCheck(self.line, self.expected, verdicts, tuple(reason for _, reason in ranked))


def _row(check: LineCheck) -> list[str]:
    line, expected = check.line, check.expected
    return [
        str(line.number),
        line.text,
        f"{line.start}..{line.end}",
        f"{_printed(line.quantity)} {line.unit}".strip(),
        _number(expected.quantity),
        _printed(line.unit_price),
        _number(expected.unit_price, 5),
        _printed(line.amount),
        _number(expected.amount),
        ", ".join(check.verdicts),
    ]


def _printed(number: Decimal | None) -> str:
    return "" if number is None else f"{number}"


def _number(value: float | None, digits: int = 2) -> str:
    return "" if value is None else f"{value:.{digits}f}"
