# SPDX-License-Identifier: Apache-2.0
"""Checks lines about energy and the standing charge."""

from __future__ import annotations

import calendar
import math
from typing import TYPE_CHECKING, Final

import numpy as np

from controllers.home_energy.bill.document import Item, Line, half_digit
from controllers.home_energy.bill.energy import Period, expected_of
from controllers.home_energy.bill.verdicts import Expected, Notes, Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from decimal import Decimal

    from controllers.home_energy.bill.contract import Contract
    from controllers.home_energy.bill.measured import Measured

DAYS_PER_YEAR: Final = 365
"""A yearly standing charge is spread over 365 days, as the laboratory settles it."""
HALF_CENT: Final = 0.005
LEAST_KWH: Final = 0.5
"""Energy that needs no line of its own: a bill counts whole kWh. [kWh]"""
OBJECTION: Final = 100.0
"""What an objection weighs against differences of quantity and price, which are at most 2 in all."""
_TINY: Final = 1e-9


def check_energy(lines: Sequence[Line], measured: Measured, contract: Contract) -> tuple[list[Notes], list[float]]:
    """Check lines of one item and one period, one per price of the tariff or one for all.

    Returns
    -------
    notes : list of Notes
        One per line, in their order.
    missing : list of float
        Prices in this period for which there is no line. [money/kWh]
    """
    period = Period.of(lines[0].item, lines[0].start, lines[0].after, measured, contract)
    levels: list[float | None] = list(period.levels())
    if len(levels) < 2 or (len(lines) == 1 and not _names_a_level(lines[0], levels)):  # noqa: PLR2004
        levels = [None]
    tried = {(row, level): _energy_line(period, line, level, contract) for row, line in enumerate(lines) for level in levels}
    best = _assigned(len(lines), levels, tried)
    notes = []
    for row, line in enumerate(lines):
        if row in best:
            notes.append(tried[row, best[row]])
        else:
            notes.append(Notes(line))
            notes[-1].add(Verdict.PERIOD_OVERLAP, f"{line.text!r} is billed more often than there are prices in this period")
    left = [level for level in levels if level is not None and level not in best.values()]
    return notes, [level for level in left if period.quantity(period.at_level(level)).low > LEAST_KWH]


def _names_a_level(line: Line, levels: Sequence[float | None]) -> bool:
    if line.unit_price is None:
        return False
    price, slack = float(line.unit_price), float(half_digit(line.unit_price)) + _TINY
    return any(level is not None and abs(level - price) <= slack for level in levels)


def _assigned(
    count: int, levels: Sequence[float | None], tried: dict[tuple[int, float | None], Notes]
) -> dict[int, float | None]:
    """Return which line is about which price: the pairing with the fewest objections, then with the least difference."""
    from scipy.optimize import linear_sum_assignment  # noqa: PLC0415 - heavy

    notes = [[tried[row, level] for level in levels] for row in range(count)]
    cost = np.array([[OBJECTION * len(note.found) + _distance(note) for note in row] for row in notes])
    cost += _TINY * np.arange(count)[:, np.newaxis]  # of two equal lines the first counts
    rows, columns = linear_sum_assignment(cost)
    return {int(row): levels[int(column)] for row, column in zip(rows, columns, strict=True)}


def _distance(notes: Notes) -> float:
    line, expected = notes.line, notes.expected
    pairs = ((line.quantity, expected.quantity), (line.unit_price, expected.unit_price))
    known = [(abs(float(a)), abs(b)) for a, b in pairs if a is not None and b is not None and not math.isnan(b)]
    return sum(abs(a - b) / (a + b + _TINY) for a, b in known)


def _energy_line(period: Period, line: Line, level: float | None, contract: Contract) -> Notes:
    expected, price_slack, quantity = expected_of(period, line, level, contract)
    notes = Notes(line, expected)
    if quantity.steps and quantity.missing == quantity.steps and quantity.high - quantity.low > quantity.kwh:
        notes.add(Verdict.NOT_VERIFIABLE, "nothing was measured in this period")
    else:
        _check_quantity(notes, f"{quantity.missing} of {quantity.steps} steps without a reading")
    _check_price(notes, price_slack)
    _check_vat(notes)
    _check_product(notes, -1 if line.item is Item.FEED_IN else 1, price_slack)
    return notes


def _check_quantity(notes: Notes, why: str) -> None:
    line, expected = notes.line, notes.expected
    low, high = expected.quantity_low, expected.quantity_high
    if line.quantity is None or low is None or high is None:
        return
    printed = abs(float(line.quantity))
    if low <= printed <= high:
        return
    reason = (
        f"{printed:g} {line.unit} billed, {expected.quantity:.2f} measured, {max(0.0, low):.2f} to {high:.2f} allowed ({why})"
    )
    notes.add(Verdict.ESTIMATED_READING if line.estimated else Verdict.WRONG_QUANTITY, reason)


def _check_price(notes: Notes, slack: float) -> None:
    line, price = notes.line, notes.expected.unit_price
    if line.unit_price is None or price is None:
        return
    if price != price:  # noqa: PLR0124 - NaN
        notes.add(Verdict.NOT_VERIFIABLE, "the contract has no prices for this period")
    elif abs(_positive(line.unit_price, price) - price) > slack:
        reason = f"{line.unit_price} per {line.unit} billed, {price:.6f} agreed, {slack:.6f} allowed for printed digits and gaps"
        notes.add(Verdict.WRONG_PRICE, reason)


def _positive(printed: Decimal, price: float) -> float:
    """Return a price in the sign of the contract's: a credit may carry its minus at the price."""
    value = float(printed)
    return -value if value < 0.0 < price else value


def _check_vat(notes: Notes) -> None:
    rate, rates = notes.line.vat_percent, notes.expected.vat_percent
    if rate is None or not rates:
        return
    if all(abs(float(rate) - known) > float(half_digit(rate)) + _TINY for known in rates):
        notes.add(Verdict.WRONG_VAT, f"{rate} % billed, {' or '.join(f'{known:g}' for known in rates)} % holds in this period")


def _check_product(notes: Notes, sign: int, price_slack: float) -> None:
    """Check that the amount is quantity times price, as far as unprinted digits allow.

    Where the contract tells the price exactly, only the quantity has digits that are not printed: a price printed as 0.08 does
    not excuse an amount that 0.0849 would give.
    """
    line, agreed = notes.line, notes.expected.unit_price
    if line.quantity is None or line.unit_price is None:
        return
    quantity, price = abs(float(line.quantity)), float(line.unit_price)
    credit = sign < 0 < price
    product = (-1.0 if credit else 1.0) * quantity * price
    if abs(float(line.amount) - product) <= HALF_CENT + _TINY:
        return
    digits = float(half_digit(line.unit_price))
    exact = (
        agreed is not None and abs(_positive(line.unit_price, agreed) - agreed) <= digits and price_slack <= digits + 2 * _TINY
    )
    best = (-1.0 if sign < 0 else 1.0) * quantity * agreed if exact and agreed is not None else product
    allowed = HALF_CENT + abs(price) * float(half_digit(line.quantity)) + (0.0 if exact else quantity * digits)
    off = abs(float(line.amount) - best)
    reason = f"{line.quantity} {line.unit} times {line.unit_price} is {product:.4f}, {line.amount} billed"
    if off <= allowed + _TINY:
        notes.add(Verdict.ROUNDING, f"{reason}; the digits that are not printed explain up to {allowed:.4f}")
    else:
        notes.add(Verdict.WRONG_SUM, reason)


def check_standing(line: Line, contract: Contract) -> Notes:
    """Check a standing charge: number of days, months or years, and price of each."""
    days = line.days
    per_year = _mean_standing(line, contract)
    counts, price = _counted(line, per_year)
    nearest = min(counts, key=lambda count: abs(count - float(line.quantity or 0)))
    slack = 0.0 if line.quantity is None else float(half_digit(line.quantity)) + _TINY
    expected = Expected(
        quantity=nearest,
        quantity_low=min(counts) - slack,
        quantity_high=max(counts) + slack,
        unit_price=price,
        amount=round(nearest * price, 2),
        vat_percent=tuple(contract.vat_rates(line.start, line.end)),
    )
    notes = Notes(line, expected)
    _check_quantity(notes, f"{days} local days")
    printed = 0.0 if line.unit_price is None else float(half_digit(line.unit_price))
    _check_price(notes, printed + _TINY)
    _check_vat(notes)
    _check_product(notes, 1, printed + _TINY)
    return notes


def _mean_standing(line: Line, contract: Contract) -> float:
    first = line.start.toordinal()
    values = [contract.standing_per_year(line.start.fromordinal(first + offset)) for offset in range(line.days)]
    return sum(values) / len(values)


def _counted(line: Line, per_year: float) -> tuple[list[float], float]:
    """Return what may be counted in the unit of the line, and the price of one."""
    match line.unit:
        case "day":
            return [float(line.days)], per_year / DAYS_PER_YEAR
        case "month":
            return [_months(line.start, line.after)], per_year / 12.0
        case _:
            leap = any(calendar.isleap(year) for year in range(line.start.year, line.end.year + 1))
            return [
                line.days / DAYS_PER_YEAR,
                *([line.days / 366] if leap else []),
                _months(line.start, line.after) / 12.0,
            ], per_year


def _months(start: date, after: date) -> float:
    """Return calendar months between two days; of a month begun, the share of its days."""
    return _months_since(after) - _months_since(start)


def _months_since(day: date) -> float:
    return 12.0 * day.year + day.month + (day.day - 1) / calendar.monthrange(day.year, day.month)[1]
