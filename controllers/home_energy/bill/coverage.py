# SPDX-License-Identifier: Apache-2.0
"""Whether every day is billed once: overlaps, gaps and items that are missing."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from controllers.home_energy.bill.charges import LEAST_KWH
from controllers.home_energy.bill.document import PARTS, Item
from controllers.home_energy.bill.energy import Period
from controllers.home_energy.bill.verdicts import Omission, Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from controllers.home_energy.bill.contract import Contract
    from controllers.home_energy.bill.document import Bill
    from controllers.home_energy.bill.measured import Measured
    from controllers.home_energy.bill.verdicts import Notes

ITEM_OF: Final = {parts[0]: item for item, parts in PARTS.items() if len(parts) == 1}
"""Item of each part of the contract when it stands alone."""


def note_overlaps(groups: Sequence[Sequence[Notes]]) -> None:
    """Note lines that bill a part of the contract for days that another line has billed before."""
    billed: dict[str, dict[date, int]] = {}
    for group in groups:
        line = group[0].line
        for part in PARTS[line.item]:
            days = billed.setdefault(part, {})
            twice = [day for day in _days(line.start, line.end) if day in days]
            if twice:
                reason = f"{ITEM_OF[part]} of {_span(twice)} is billed in line {days[twice[0]]} too"
                for notes in group:
                    notes.add(Verdict.PERIOD_OVERLAP, reason)
            days.update(dict.fromkeys(_days(line.start, line.end), line.number))


def omissions(bill: Bill, measured: Measured, contract: Contract) -> list[Omission]:
    """Return items that are missing altogether, and days on which an item is missing."""
    found = []
    for part, item in ITEM_OF.items():
        if not _needed(part, bill, measured, contract):
            continue
        days = {day for line in bill.charges if part in PARTS.get(line.item, ()) for day in _days(line.start, line.end)}
        lacking = [day for day in _days(bill.start, bill.end) if day not in days]
        if not days:
            found.append(
                Omission(item, Verdict.MISSING_ITEM, f"there is no line for {item}", _due(item, lacking, measured, contract))
            )
            continue
        found += [
            Omission(item, Verdict.PERIOD_GAP, f"{item} of {_span(span)} is not billed", _due(item, span, measured, contract))
            for span in _spans(lacking)
        ]
    return found + _missing_sums(bill, contract)


def missing_band(item: Item, group: Sequence[Notes], price: float, measured: Measured, contract: Contract) -> Omission:
    """Return the omission of one price of a tariff."""
    line = group[0].line
    period = Period.of(item, line.start, line.after, measured, contract)
    kwh = period.quantity(period.at_level(price)).kwh
    reason = f"{item} at {price:.6g} per kWh from {line.start} to {line.end} is not billed ({kwh:.1f} kWh)"
    return Omission(item, Verdict.MISSING_ITEM, reason, round(kwh * price, 2))


def _missing_sums(bill: Bill, contract: Contract) -> list[Omission]:
    there = {line.item for line in bill.lines}
    found = [] if Item.TOTAL in there else [Omission(Item.TOTAL, Verdict.MISSING_ITEM, "there is no total")]
    rates = {rate for line in bill.charges if line.item is not Item.FEED_IN for rate in contract.vat_rates(line.start, line.end)}
    if any(rate > 0.0 for rate in rates) and Item.VAT not in there:
        found.append(Omission(Item.VAT, Verdict.MISSING_ITEM, "there is no line for VAT"))
    return found


def _needed(part: str, bill: Bill, measured: Measured, contract: Contract) -> bool:
    if part == "standing":
        return any(contract.standing_per_year(day) > 0.0 for day in _days(bill.start, bill.end))
    item = ITEM_OF[part]
    period = Period.of(item, bill.start, bill.end + timedelta(days=1), measured, contract)
    priced = bool((abs(period.price) > 0.0).any())
    return priced and (part != "feed_in" or period.quantity(period.at_level(None)).low > LEAST_KWH)


def _due(item: Item, days: Sequence[date], measured: Measured, contract: Contract) -> float:
    start, after = days[0], days[-1] + timedelta(days=1)
    if item is Item.STANDING:
        return round(sum(contract.standing_per_year(day) for day in days) / 365, 2)
    period = Period.of(item, start, after, measured, contract)
    chosen = period.at_level(None)
    price, _ = period.mean_price(chosen)
    return round(period.quantity(chosen).kwh * price * (-1.0 if item is Item.FEED_IN else 1.0), 2)


def _days(start: date, end: date) -> list[date]:
    return [date.fromordinal(number) for number in range(start.toordinal(), end.toordinal() + 1)]


def _spans(days: Sequence[date]) -> list[list[date]]:
    spans: list[list[date]] = []
    for day in days:
        if spans and day == spans[-1][-1] + timedelta(days=1):
            spans[-1].append(day)
        else:
            spans.append([day])
    return spans


def _span(days: Sequence[date]) -> str:
    return f"{days[0]}" if len(days) == 1 else f"{days[0]} to {days[-1]}"
