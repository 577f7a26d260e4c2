# SPDX-License-Identifier: Apache-2.0
"""Checks a supplier's bill, line by line, against what was measured and agreed."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from controllers.home_energy.bill.charges import check_energy, check_standing
from controllers.home_energy.bill.contract import utc_text
from controllers.home_energy.bill.coverage import missing_band, note_overlaps, omissions
from controllers.home_energy.bill.document import Item
from controllers.home_energy.bill.energy import Period
from controllers.home_energy.bill.sums import check_sums
from controllers.home_energy.bill.verdicts import BillCheck, Notes, Verdict
from twinergy.errors import Finding, ScenarioError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from controllers.home_energy.bill.contract import Contract
    from controllers.home_energy.bill.document import Bill, Line
    from controllers.home_energy.bill.measured import Measured
    from controllers.home_energy.bill.verdicts import Omission


def check_bill(bill: Bill, measured: Measured, contract: Contract) -> BillCheck:
    """Check a bill line by line.

    Parameters
    ----------
    bill : Bill
        As printed, such as `read_bill` returns.
    measured : Measured
        Imported and exported energy by step, UTC, with its gaps.
    contract : Contract
        Prices of every step in EUR/kWh, standing charge, VAT, and the meters' errors.

    Returns
    -------
    BillCheck
        For every line what it should say, the difference and the verdict; and what is missing.

    Raises
    ------
    ScenarioError
        If bill, measurement and contract cannot be compared: other money, or steps that do not end at local midnights.
    """
    _comparable(bill, measured, contract)
    groups: list[list[Notes]] = []
    bands: list[Omission] = []
    for lines in _grouped(bill):
        notes, missing = _group(lines, measured, contract)
        groups.append(notes)
        bands += [missing_band(lines[0].item, notes, price, measured, contract) for price in missing]
    note_overlaps([group for group in groups if group[0].line.item is not Item.UNKNOWN])
    charges = sorted((notes for group in groups for notes in group), key=lambda notes: notes.line.number)
    sums = check_sums(bill, charges)
    found = {notes.line.number: notes for notes in charges} | sums
    lacking = [*bands, *omissions(bill, measured, contract)]
    whole = Period.of(Item.SUPPLY, bill.start, bill.end + timedelta(days=1), measured, contract)
    every = whole.quantity(whole.at_level(None))
    return BillCheck(
        name=bill.name,
        currency=bill.currency,
        lines=tuple(found[line.number].done() for line in bill.lines),
        omissions=tuple(lacking),
        expected_total=_expected_total(charges, lacking),
        billed_total=next((float(line.amount) for line in bill.lines if line.item is Item.TOTAL), None),
        steps=every.steps,
        missing_steps=every.missing,
    )


def _group(lines: Sequence[Line], measured: Measured, contract: Contract) -> tuple[list[Notes], list[float]]:
    if lines[0].item is Item.UNKNOWN:
        notes = [Notes(line) for line in lines]
        for note in notes:
            note.add(Verdict.UNKNOWN_ITEM, f"the contract knows nothing like {note.line.text!r}")
        return notes, []
    if lines[0].item is Item.STANDING:
        notes = [check_standing(line, contract) for line in lines]
        for note in notes[1:]:
            note.add(Verdict.PERIOD_OVERLAP, f"the same period is billed in line {lines[0].number} too")
        return notes, []
    return check_energy(lines, measured, contract)


def _grouped(bill: Bill) -> list[list[Line]]:
    """Return lines of the same item and period together: the bands of a tariff."""
    groups: dict[tuple[object, ...], list[Line]] = {}
    for line in bill.charges:
        groups.setdefault((line.item, line.start, line.end), []).append(line)
    return list(groups.values())


def _expected_total(charges: Sequence[Notes], lacking: Sequence[Omission]) -> float | None:
    """Return what the bill should come to, VAT rounded by rate; None where a price is not known. An unknown item is not owed."""
    nets: dict[float, float] = {}
    for notes in charges:
        if notes.line.item is Item.UNKNOWN or any(verdict is Verdict.PERIOD_OVERLAP for verdict, _ in notes.found):
            continue
        if notes.expected.amount is None:
            return None
        rate = _rate(notes)
        nets[rate] = nets.get(rate, 0.0) + notes.expected.amount
    usual = max(nets, default=0.0)
    for omission in lacking:
        rate = 0.0 if omission.item is Item.FEED_IN else usual
        nets[rate] = nets.get(rate, 0.0) + (omission.amount or 0.0)
    return round(sum(net + round(net * rate / 100.0, 2) for rate, net in nets.items()), 2)


def _rate(notes: Notes) -> float:
    """Return the rate of a line: of those that hold in its period the one it names, or else the first."""
    rates = notes.expected.vat_percent
    named = float(notes.line.vat_percent or 0)
    return named if named in rates else next(iter(rates), 0.0)


def _comparable(bill: Bill, measured: Measured, contract: Contract) -> None:
    terms = contract.terms
    findings = []
    if bill.currency != terms.currency:
        message = "the bill is in another money than the contract"
        findings.append(Finding(message=message, file=bill.name, value=bill.currency, allowed=terms.currency))
    for day in (bill.start, bill.end + timedelta(days=1)):
        if (contract.midnight(day) - measured.start_epoch_s) % measured.step_s:
            message = (
                f"steps of {measured.step_s} s from {utc_text(measured.start_epoch_s)} do not end at midnight in {terms.timezone}"
            )
            findings.append(Finding(message=message, file=bill.name, value=str(day), allowed="shorter steps"))
    if findings:
        raise ScenarioError(findings, "bill check")
