# SPDX-License-Identifier: Apache-2.0
"""Bills as files: what is understood, what is asked for, what is refused."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from controllers.home_energy.bill import (
    Contract,
    ContractTerms,
    Dated,
    Item,
    Measured,
    PriceSteps,
    Verdict,
    check_bill,
    read_bill,
)
from controllers.home_energy.bill.document import half_digit
from controllers.home_energy.bill.numbers import day, number
from controllers.home_energy.bill.reading import item_of
from twinergy.errors import ScenarioError

BILLS = Path(__file__).resolve().parents[2] / "data" / "bills"
HEAD = "item,from,to,quantity,unit,unit_price,amount,vat_percent\n"
GOOD = "supply,2024-01-01,2024-01-31,372,kWh,0.30,111.60,19\n"


def file(tmp_path, text):
    path = tmp_path / "bill.csv"
    path.write_text(text, encoding="utf-8")
    return path


def january(zone, first_hour, kwh, exported, energy, **terms):
    start = int(datetime(*first_hour, tzinfo=UTC).timestamp())
    settings = ContractTerms(timezone=zone, own_meter_error=0.0, bill_meter_error=0.0, register_resolution_kwh=0.0, **terms)
    zero, rate = np.zeros(744), terms.get("vat_percent", (Dated(value=19.0),))[0].value
    rates = PriceSteps(
        start, 3600, np.asarray(energy, dtype=float), zero, zero, np.asarray(energy) * rate / 100.0, np.full(744, 0.08)
    )
    return Measured.of_energy(start, 3600, np.asarray(kwh, dtype=float), np.full(744, exported)), Contract(settings, rates)


def berlin():
    standing = (Dated(value=120.0),)
    return january("Europe/Berlin", (2023, 12, 31, 23), np.full(744, 0.5), 0.1, np.full(744, 0.3), standing_eur_per_year=standing)


def test_a_german_bill_is_read_and_right():
    bill = read_bill(BILLS / "january_berlin.csv")
    first = bill.lines[0]
    assert (first.item, first.quantity, first.unit_price, first.amount) == (
        Item.SUPPLY,
        Decimal(372),
        Decimal("0.30"),
        Decimal("111.60"),
    )
    assert (first.start, first.end, bill.currency) == (date(2024, 1, 1), date(2024, 1, 31), "EUR")
    assert check_bill(bill, *berlin()).ok


def test_the_five_errors_of_the_wrong_bill_are_found():
    found = check_bill(read_bill(BILLS / "january_berlin_wrong.csv"), *berlin())
    assert [each.verdict for each in found.lines] == [
        Verdict.ESTIMATED_READING,
        Verdict.WRONG_PRICE,
        Verdict.WRONG_SUM,
        Verdict.UNKNOWN_ITEM,
        Verdict.OK,
        Verdict.WRONG_SUM,
    ]
    assert (found.expected_total, found.difference) == (138.98, 30.65)  # 169.63 - 138.98


def test_a_british_bill_in_pence_with_a_night_rate():
    """31.5 p and 14 p at 1.20 EUR a pound are 0.378 and 0.168 EUR/kWh; 50 p a day are 0.50 * 1.2 * 365 = 219 EUR a year."""
    night = np.array([1 <= hour % 24 < 7 for hour in range(744)])
    terms = {
        "currency": "GBP",
        "eur_per_unit": 1.2,
        "standing_eur_per_year": (Dated(value=219.0),),
        "vat_percent": (Dated(value=5.0),),
    }
    energy = np.where(night, 0.168, 0.378)
    measured, contract = january("Europe/London", (2024, 1, 1), np.where(night, 1.0, 5.0 / 9.0), 0.0, energy, **terms)
    bill = read_bill(BILLS / "january_bristol.csv")
    assert (bill.currency, bill.lines[0].unit_price) == ("GBP", Decimal("0.315"))
    found = check_bill(bill, measured, contract)
    assert found.ok, found.text()
    assert found.expected_total == 146.15


@pytest.mark.parametrize("path", sorted(BILLS.glob("*.csv")), ids=lambda path: path.stem)
def test_every_example_is_described(path):
    assert f"`{path.name}`" in (BILLS / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", ["column 'item' is missing", "column 'amount' is missing"]),
        ("item,from,to\n", ["column 'quantity' is missing"]),
        (
            HEAD.replace("amount", "amuont") + GOOD,
            ["unknown column 'amuont'", "did you mean 'amount'?", "column 'amount' is missing"],
        ),
        (HEAD + "supply,2024-01-01\n", ["bill.csv:2: a row of 8 cells was expected"]),
        (HEAD + GOOD.replace("372", "many"), ["bill.csv:2 quantity: 'many' is no number with decimal point (got 'many')"]),
        (HEAD + GOOD.replace("2024-01-31", "31 Jan"), ["bill.csv:2 to: '31 Jan' is no date such as 2024-03-31"]),
        (HEAD + GOOD.replace("2024-01-31", "2024-02-30"), ["bill.csv:2 to: day is out of range for month"]),
        (HEAD + GOOD.replace("2024-01-31", "2023-01-31"), ["the last day 2023-01-31 is before the first 2024-01-01"]),
        (HEAD + GOOD.replace("kWh", "MWh"), ["bill.csv:2 unit: unknown unit (got 'MWh'); allowed: kWh, day, month, year"]),
        (HEAD + GOOD.replace("kWh", "day"), ["'supply' is not counted in this unit (got 'day'); allowed: kWh"]),
        (HEAD + GOOD.replace(",19\n", ",\n"), ["bill.csv:2 vat_percent: '' is no number"]),
        (HEAD + "total,2024-01-01,2024-01-31,,,,111.60,\n", ["the bill charges for nothing"]),
        (HEAD + GOOD.replace("111.60", "€111.60") + GOOD.replace("111.60", "£111.60"), ["several currencies: EUR, GBP"]),
        (HEAD + 'supply,2024-01-01,2024-01-31,"1,234",kWh,"0,300","370,200",19\n', ["say which: decimal='comma' or 'point'"]),
    ],
)
def test_what_cannot_be_read_is_said_with_file_and_line(tmp_path, text, said):
    with pytest.raises(ScenarioError) as caught:
        read_bill(file(tmp_path, text))
    for part in said:
        assert part in str(caught.value)


def test_everything_wrong_is_said_at_once(tmp_path):
    with pytest.raises(ScenarioError) as caught:
        read_bill(file(tmp_path, HEAD + GOOD.replace("372", "x").replace("111.60", "y") + GOOD + GOOD.replace("2024-01-01", "z")))
    assert [(finding.line, finding.path) for finding in caught.value.findings] == [(2, "quantity"), (2, "amount"), (4, "from")]


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"\x00" * 100, b'"unclosed', bytes(range(256))])
def test_garbage_is_refused_and_never_a_fault(tmp_path, content):
    path = tmp_path / "bill.csv"
    path.write_bytes(content)
    with pytest.raises(ScenarioError):
        read_bill(path)


@given(text=st.text(max_size=200))
def test_any_text_is_refused_or_read(tmp_path_factory, text):
    path = tmp_path_factory.getbasetemp() / "any.csv"
    path.write_text(HEAD + text, encoding="utf-8")
    with pytest.raises(ScenarioError):
        read_bill(path)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(ScenarioError, match=r"none\.csv: cannot be read: No such file"):
        read_bill(tmp_path / "none.csv")


def test_an_ambiguous_bill_is_read_when_told(tmp_path):
    path = file(tmp_path, HEAD + 'supply,2024-01-01,2024-01-31,"1,234",kWh,"0,300","370,200",19\n')
    assert read_bill(path, decimal="comma").lines[0].quantity == Decimal("1.234")
    assert read_bill(path, decimal="point", currency="GBP").lines[0].quantity == Decimal(1234)


@pytest.mark.parametrize(
    ("text", "mark", "value"),
    [
        ("1.234,50 €", "comma", "1234.50"),
        ("£1,234.50", "point", "1234.50"),
        ("12,5-", "comma", "-12.5"),
        ("\u22123", "point", "-3"),
        ("19 %", "point", "19"),
    ],
)
def test_numbers_as_people_print_them(text, mark, value):
    assert number(text, mark) == Decimal(value)


@given(st.decimals(-1_000_000, 1_000_000, places=2))
def test_a_number_is_read_as_it_was_printed(value):
    assert number(f"{value:,}", "point") == value
    swapped = f"{value:,}".translate(str.maketrans(",.", ".,"))
    assert number(swapped, "comma") == value


@pytest.mark.parametrize("text", ["2024-03-31", "31.03.2024", "31/3/2024", " 31.3.2024 "])
def test_dates_as_people_print_them(text):
    assert day(text) == date(2024, 3, 31)


@pytest.mark.parametrize(
    ("text", "item"),
    [
        ("Arbeitspreis: Nacht", Item.SUPPLY),
        ("GRUNDPREIS", Item.STANDING),
        ("Standing charge (31 days)", Item.STANDING),
        ("Bonus", Item.UNKNOWN),
        ("IVA", Item.VAT),
    ],
)
def test_items_by_their_names(text, item):
    assert item_of(text) is item


@pytest.mark.parametrize(("text", "half"), [("0.3215", "0.00005"), ("372", "0.5"), ("74.4", "0.05")])
def test_half_of_the_last_digit(text, half):
    assert half_digit(Decimal(text)) == Decimal(half)
