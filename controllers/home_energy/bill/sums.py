# SPDX-License-Identifier: Apache-2.0
"""Checks the sums of a bill: net, VAT and total.

A sum may be made of the amounts as printed or of quantity times price, so that a slip in one line is reported at that line and
not again at every sum; a sum that fits neither is wrong itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from controllers.home_energy.bill.charges import HALF_CENT
from controllers.home_energy.bill.document import Item
from controllers.home_energy.bill.verdicts import Expected, Notes, Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from controllers.home_energy.bill.document import Bill, Line

_TINY = 1e-9


def check_sums(bill: Bill, charges: Sequence[Notes]) -> dict[int, Notes]:
    """Return what is to be said of each sum, by line number."""
    nets = {round(sum(amounts), 2) for amounts in (_printed(charges), _products(charges))}
    vat_lines = [line for line in bill.lines if line.item is Item.VAT]
    found = {line.number: _vat_line(line, charges) for line in vat_lines}
    due = {_printed_vat(vat_lines), round(sum(found[line.number].expected.amount or 0.0 for line in vat_lines), 2)}
    due |= {_vat_on(charges, expected=False), _vat_on(charges, expected=True)}
    for line in bill.lines:
        if line.item is Item.NET:
            found[line.number] = _sum_line(line, nets, HALF_CENT * (len(charges) + 1), "the lines")
        if line.item is Item.TOTAL:
            totals = {round(net + vat, 2) for net in _with_net_lines(bill, nets) for vat in due}
            found[line.number] = _sum_line(line, totals, HALF_CENT * (len(charges) + 1), "lines and VAT")
    return found


def _printed(charges: Sequence[Notes]) -> list[float]:
    return [float(notes.line.amount) for notes in charges]


def _products(charges: Sequence[Notes]) -> list[float]:
    return [_product(notes.line) for notes in charges]


def _product(line: Line) -> float:
    if line.quantity is None or line.unit_price is None:
        return float(line.amount)
    value = round(abs(float(line.quantity)) * float(line.unit_price), 2)
    if line.item is Item.FEED_IN:
        return -value if line.unit_price > 0 else value
    return value


def _with_net_lines(bill: Bill, nets: set[float]) -> set[float]:
    return nets | {float(line.amount) for line in bill.lines if line.item is Item.NET}


def _printed_vat(lines: Sequence[Line]) -> float:
    return round(sum(float(line.amount) for line in lines), 2)


def _vat_on(charges: Sequence[Notes], *, expected: bool) -> float:
    """Return the VAT that the lines come to, at the rates they name or at those that hold."""
    total = 0.0
    for notes in charges:
        rates = notes.expected.vat_percent if expected else ()
        rate = rates[0] if rates else float(notes.line.vat_percent or 0)
        total += float(notes.line.amount) * rate / 100.0
    return round(total, 2)


def _vat_line(line: Line, charges: Sequence[Notes]) -> Notes:
    """Check the VAT of one rate: on what the lines name, or on what they should name."""
    rate = float(line.vat_percent or 0)
    named = [
        notes for notes in charges if notes.line.vat_percent is not None and abs(float(notes.line.vat_percent) - rate) < _TINY
    ]
    due = [notes for notes in charges if any(abs(known - rate) < _TINY for known in notes.expected.vat_percent)]
    bases = [sum(amounts) for group in (named, due) for amounts in (_printed(group), _products(group))]
    values = {round(base * rate / 100.0, 2) for base in bases}
    notes = _sum_line(line, values, HALF_CENT * (len(charges) + 1), f"{rate:g} % of the lines")
    if not named and not due and line.amount:
        notes.add(Verdict.WRONG_VAT, f"no line is taxed at {rate:g} %")
    return notes


def _sum_line(line: Line, values: set[float], slack: float, of: str) -> Notes:
    amount = float(line.amount)
    nearest = min(values, key=lambda value: abs(value - amount))
    notes = Notes(line, Expected(amount=nearest))
    off = abs(amount - nearest)
    if off > slack + _TINY:
        notes.add(
            Verdict.WRONG_SUM, f"{of} come to {nearest:.2f}, {line.amount} billed, {slack:.3f} allowed for rounding each line"
        )
    elif off > HALF_CENT + _TINY:
        notes.add(Verdict.ROUNDING, f"{of} come to {nearest:.2f}; rounding each line explains up to {slack:.3f}")
    return notes
