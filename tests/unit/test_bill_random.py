# SPDX-License-Identifier: Apache-2.0
"""Random right bills pass; one error planted into one is found at its line.

The supplier of this file computes bills by itself: hour by hour, with `zoneinfo` and decimals, and knows nothing of the check.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from zoneinfo import ZoneInfo

import numpy as np
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from controllers.home_energy.bill import (
    Bill,
    Contract,
    ContractTerms,
    Dated,
    Item,
    Line,
    Measured,
    PriceSteps,
    Verdict,
    check_bill,
)

CENT = Decimal("0.01")
CLASS_B = 0.01


class Supplier:
    """A supplier with a tariff, a customer with a meter, and the bill of some local days."""

    def __init__(self, *, zone, first, days, tariff, change, vat, split, kwh_digits, meter_error, seed):
        self.zone, self.first, self.last = ZoneInfo(zone), first, first + timedelta(days=days - 1)
        self.tariff, self.change, self.vat, self.split = tariff, change, Decimal(str(vat)), split
        self.digits, self.meter_error = Decimal(1).scaleb(-kwh_digits), meter_error
        rng = np.random.default_rng(seed)
        start = datetime(first.year, first.month, first.day, tzinfo=self.zone).astimezone(UTC) - timedelta(hours=5)
        self.hours = [start + timedelta(hours=n) for n in range(24 * days + 12)]
        self.imported = rng.gamma(1.5, 0.5, len(self.hours)) + 0.05
        self.exported = rng.gamma(0.8, 0.6, len(self.hours))
        self.market = np.round(rng.normal(0.1, 0.05, len(self.hours)), 4)
        self.standing = Decimal(str(rng.choice([0, 73, 146, 219])))

    def energy_price(self, row):
        local = self.hours[row].astimezone(self.zone)
        later = self.change is not None and local.date() >= self.change
        match self.tariff:
            case "fixed":
                return Decimal("0.2450") if later else Decimal("0.2150")
            case "bands":
                night = local.hour < 6 or local.hour >= 22
                return (
                    (Decimal("0.1310") if later else Decimal("0.1210"))
                    if night
                    else (Decimal("0.2710") if later else Decimal("0.2510"))
                )
            case _:
                return Decimal(str(self.market[row]))

    def spans(self):
        if self.change is None:
            return [(self.first, self.last)]
        return [(self.first, self.change - timedelta(days=1)), (self.change, self.last)]

    def rows(self, start, end):
        return [row for row, hour in enumerate(self.hours) if start <= hour.astimezone(self.zone).date() <= end]

    def metered(self, values, rows):
        return Decimal(str(sum(values[row] for row in rows) * (1.0 + self.meter_error)))

    def line(self, number, item, span, kwh, price, *, vat=None, unit="kWh", sign=1):
        quantity = kwh.quantize(self.digits, ROUND_HALF_UP) if unit == "kWh" else kwh
        amount = sign * (quantity * price).quantize(CENT, ROUND_HALF_UP)
        rate = self.vat if vat is None else vat
        return Line(
            number=number,
            text=item.value,
            item=item,
            start=span[0],
            end=span[1],
            quantity=quantity,
            unit=unit,
            unit_price=price,
            amount=amount,
            vat_percent=rate,
        )

    def charges(self):
        made = []
        for span in self.spans():
            rows = self.rows(*span)
            made += [(Item.ENERGY if self.split else Item.SUPPLY, span, *pair) for pair in self.energy(rows)]
            if self.split:
                kwh = self.metered(self.imported, rows)
                made += [(Item.GRID_FEE, span, kwh, Decimal("0.0800")), (Item.LEVY, span, kwh, Decimal("0.0200"))]
        lines = [self.line(number, *charge) for number, charge in enumerate(made, start=1)]
        whole = (self.first, self.last)
        if self.standing:
            days = Decimal((self.last - self.first).days + 1)
            lines.append(self.line(len(lines) + 1, Item.STANDING, whole, days, self.standing / 365, unit="day"))
        exported = self.metered(self.exported, self.rows(*whole))
        lines.append(self.line(len(lines) + 1, Item.FEED_IN, whole, exported, Decimal("0.0820"), vat=Decimal(0), sign=-1))
        return lines

    def energy(self, rows):
        extra = Decimal(0) if self.split else Decimal("0.1000")
        if self.tariff == "market":
            weights = [Decimal(str(self.imported[row])) for row in rows]
            mean = sum(w * self.energy_price(row) for w, row in zip(weights, rows, strict=True)) / sum(weights)
            return [(self.metered(self.imported, rows), (mean + extra).quantize(Decimal("0.000001")))]
        levels = sorted({self.energy_price(row) for row in rows})
        return [
            (self.metered(self.imported, [row for row in rows if self.energy_price(row) == level]), level + extra)
            for level in levels
        ]

    def bill(self, charges, total_off=Decimal(0)):
        """Return the bill of these charges with sums that fit them."""
        due = sum(line.amount for line in charges)
        base = sum(line.amount for line in charges if line.item is not Item.FEED_IN)
        tax = (base * self.vat / 100).quantize(CENT, ROUND_HALF_UP)
        number = max(line.number for line in charges)
        common = {"start": self.first, "end": self.last}
        sums = [Line(number=number + 2, text="total", item=Item.TOTAL, amount=due + tax + total_off, **common)]
        if self.vat:
            sums.insert(0, Line(number=number + 1, text="vat", item=Item.VAT, amount=tax, vat_percent=self.vat, **common))
        return Bill((*charges, *sums))

    @property
    def measured(self):
        return Measured.of_energy(int(self.hours[0].timestamp()), 3600, self.imported, self.exported)

    @property
    def contract(self):
        energy = np.array([float(self.energy_price(row)) for row in range(len(self.hours))])
        fee, levy = np.full_like(energy, 0.08), np.full_like(energy, 0.02)
        vat = (energy + fee + levy) * float(self.vat) / 100.0
        steps = PriceSteps(int(self.hours[0].timestamp()), 3600, energy, fee, levy, vat, np.full_like(energy, 0.082))
        terms = ContractTerms(timezone=str(self.zone), standing_eur_per_year=(Dated(value=float(self.standing)),))
        return Contract(terms, steps)

    def check(self, bill):
        return check_bill(bill, self.measured, self.contract)


@st.composite
def suppliers(draw):
    days = draw(st.integers(6, 45))
    first = draw(st.dates(date(2023, 1, 1), date(2024, 12, 31)))
    tariff = draw(st.sampled_from(["fixed", "bands", "market"]))
    change = first + timedelta(days=draw(st.integers(2, days - 2))) if tariff != "market" and draw(st.booleans()) else None
    return Supplier(
        zone=draw(st.sampled_from(["Europe/Berlin", "Europe/Athens", "Europe/Rome", "Europe/London"])),
        first=first,
        days=days,
        tariff=tariff,
        change=change,
        vat=draw(st.sampled_from([0, 5, 10, 19, 24])),
        split=draw(st.booleans()),
        kwh_digits=draw(st.sampled_from([0, 1, 3])),
        meter_error=draw(st.floats(-CLASS_B, CLASS_B)),
        seed=draw(st.integers(0, 2**32 - 1)),
    )


FEW = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])


@FEW
@given(suppliers())
def test_a_right_bill_is_never_objected_to(supplier):
    found = supplier.check(supplier.bill(supplier.charges()))
    assert found.ok, found.text()
    assert found.missing_steps == 0
    assert abs(found.difference) <= 0.02 * abs(sum(abs(float(line.amount)) for line in supplier.charges())) * 1.3 + 1.0


def objections(found):
    return {each.line.number: set(each.verdicts) for each in found.objections}


@FEW
@given(suppliers(), st.data())
def test_a_wrong_quantity_is_found_at_its_line(supplier, data):
    charges = supplier.charges()
    line = data.draw(st.sampled_from([line for line in charges if line.unit == "kWh"]))
    wrong = (line.quantity * data.draw(st.sampled_from([Decimal("0.8"), Decimal("1.1"), Decimal(2)]))).quantize(supplier.digits)
    assume(abs(wrong - line.quantity) > 3)
    sign = -1 if line.item is Item.FEED_IN else 1
    planted = replace(line, quantity=wrong, amount=sign * (wrong * line.unit_price).quantize(CENT, ROUND_HALF_UP))
    found = supplier.check(supplier.bill([planted if each is line else each for each in charges]))
    assert objections(found) == {line.number: {Verdict.WRONG_QUANTITY}}, found.text()


@FEW
@given(suppliers(), st.data())
def test_a_wrong_price_is_found_at_its_line(supplier, data):
    charges = supplier.charges()
    line = data.draw(st.sampled_from(charges))
    wrong = (line.unit_price * data.draw(st.sampled_from([Decimal("0.9"), Decimal("1.03"), Decimal("1.5")]))).quantize(
        Decimal("0.000001")
    )
    assume(abs(wrong - line.unit_price) > Decimal("0.0005"))
    sign = -1 if line.item is Item.FEED_IN else 1
    planted = replace(line, unit_price=wrong, amount=sign * (line.quantity * wrong).quantize(CENT, ROUND_HALF_UP))
    found = supplier.check(supplier.bill([planted if each is line else each for each in charges]))
    assert objections(found) == {line.number: {Verdict.WRONG_PRICE}}, found.text()


@FEW
@given(suppliers(), st.data())
def test_a_wrong_rate_of_vat_is_found_at_its_line(supplier, data):
    charges = supplier.charges()
    line = data.draw(st.sampled_from(charges))
    rate = data.draw(st.sampled_from([Decimal(7), Decimal(16), Decimal(22)]))
    planted = replace(line, vat_percent=rate)
    found = supplier.check(supplier.bill([planted if each is line else each for each in charges]))
    assert objections(found) == {line.number: {Verdict.WRONG_VAT}}, found.text()


@FEW
@given(suppliers(), st.data())
def test_a_wrong_amount_is_found_at_its_line(supplier, data):
    charges = supplier.charges()
    line = data.draw(st.sampled_from(charges))
    digits = abs(line.quantity) * Decimal("0.00005") + abs(line.unit_price) / 2
    off = data.draw(st.sampled_from([Decimal(-9), Decimal("0.90"), Decimal(30)])) + data.draw(st.sampled_from([-1, 1])) * digits
    assume(abs(off) > 2 * digits + CENT)
    planted = replace(line, amount=(line.amount + off).quantize(CENT))
    found = supplier.check(supplier.bill([planted if each is line else each for each in charges]))
    assert objections(found) == {line.number: {Verdict.WRONG_SUM}}, found.text()


@FEW
@given(suppliers(), st.sampled_from([Decimal("-10"), Decimal("0.50"), Decimal("100")]))
def test_a_wrong_total_is_found_at_the_total(supplier, off):
    bill = supplier.bill(supplier.charges(), off)
    found = supplier.check(bill)
    assert objections(found) == {bill.lines[-1].number: {Verdict.WRONG_SUM}}, found.text()


@FEW
@given(suppliers(), st.data())
def test_a_missing_line_is_missed(supplier, data):
    charges = supplier.charges()
    line = data.draw(st.sampled_from(charges))
    assume(line.unit != "kWh" or line.quantity > 1)
    assume(
        len([each for each in charges if each.start == supplier.first]) > 1
        and len([each for each in charges if each.end == supplier.last]) > 1
    )
    found = supplier.check(supplier.bill([each for each in charges if each is not line]))
    assert not objections(found), found.text()
    assert found.omissions
    assert all(gone.verdict in {Verdict.MISSING_ITEM, Verdict.PERIOD_GAP} for gone in found.omissions)


@FEW
@given(suppliers(), st.data())
def test_a_line_billed_twice_is_found(supplier, data):
    charges = supplier.charges()
    line = data.draw(st.sampled_from(charges))
    again = replace(line, number=len(charges) + 1)
    found = supplier.check(supplier.bill([*charges, again]))
    assert objections(found) == {again.number: {Verdict.PERIOD_OVERLAP}}, found.text()


@FEW
@given(suppliers(), st.integers(1, 20), st.booleans())
def test_gaps_in_the_readings_never_make_a_right_bill_wrong(supplier, length, keep_registers):
    bill, contract, rng = supplier.bill(supplier.charges()), supplier.contract, np.random.default_rng(length)
    first = int(rng.integers(10, len(supplier.hours) - length - 10))
    gap = slice(first, first + length)
    if keep_registers:
        readings = [np.concatenate([[0.0], np.cumsum(flow)]) for flow in (supplier.imported, supplier.exported)]
        for reading in readings:
            reading[gap] = np.nan
        measured = Measured.of_registers(int(supplier.hours[0].timestamp()), 3600, *readings)
    else:
        flows = [
            np.where(np.isin(np.arange(len(flow)), np.arange(first, first + length)), np.nan, flow)
            for flow in (supplier.imported, supplier.exported)
        ]
        measured = Measured.of_energy(int(supplier.hours[0].timestamp()), 3600, *flows)
    found = check_bill(bill, measured, contract)
    assert found.ok, found.text()
    assert found.missing_steps > 0
