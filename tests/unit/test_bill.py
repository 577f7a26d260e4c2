# SPDX-License-Identifier: Apache-2.0
"""The bill check against bills worked out by hand; each number is derived in the comment beside it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import numpy as np
import pytest

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
from twinergy.errors import ScenarioError

EXACT = {"own_meter_error": 0.0, "bill_meter_error": 0.0, "register_resolution_kwh": 0.0}
HOUR = 3600


def epoch(*moment):
    return int(datetime(*moment, tzinfo=UTC).timestamp())


def hours(start, end):
    return (end - start) // HOUR


def prices(start, n, *, energy=0.20, grid_fee=0.08, levy=0.02, vat_percent=19.0, feed_in=0.08):
    """Return prices of n hours; each may be a number or an array of n."""
    parts = [np.broadcast_to(np.asarray(part, dtype=float), n) for part in (energy, grid_fee, levy)]
    vat = sum(parts) * vat_percent / 100.0
    return PriceSteps(start, HOUR, *parts, vat, np.broadcast_to(np.asarray(feed_in, dtype=float), n))


def line(number, item, start, end, quantity, price, amount, vat=19, unit="kWh", **more):
    numbers = {"quantity": quantity, "unit_price": price, "amount": amount, "vat_percent": vat}
    exact = {name: None if value is None else Decimal(str(value)) for name, value in numbers.items()}
    first, last = date.fromisoformat(start), date.fromisoformat(end)
    return Line(number=number, text=item, item=Item(item), start=first, end=last, unit=unit, **exact, **more)


def sums(number, start, end, *, vat, total, rate=19):
    tax = line(number, "vat", start, end, None, None, vat, vat=rate, unit="")
    return tax, line(number + 1, "total", start, end, None, None, total, vat=None, unit="")


def verdicts(check):
    return [found.verdict for found in check.lines]


# --- a month of Berlin winter ------------------------------------------------------------------------------------------------
# January 2024 in Berlin: 31 days of 24 h = 744 h, from 2023-12-31 23:00 UTC. 0.5 kWh in each hour: 372 kWh in all.
# Supply at 0.20 + 0.08 + 0.02 = 0.30 EUR/kWh net:                                        372 * 0.30   = 111.60 EUR
# Standing charge 120 EUR/a net: 120 / 365 = 0.3288 EUR/d;                                31 * 0.3288  =  10.19 EUR (10.1928)
# Feed-in: 0.1 kWh in each hour = 74.4 kWh at 0.08 EUR/kWh, a credit without VAT:         74.4 * 0.08  =  -5.95 EUR (5.952)
# VAT 19 % of 111.60 + 10.19 = 121.79:                                                                   23.14 EUR (23.1401)
# Total 121.79 - 5.95 + 23.14 = 138.98 EUR
JANUARY = epoch(2023, 12, 31, 23)
FIRST, LAST = "2024-01-01", "2024-01-31"


def january_bill(**changes):
    rows = {
        1: line(1, "supply", FIRST, LAST, "372", "0.30", "111.60"),
        2: line(2, "standing", FIRST, LAST, "31", "0.3288", "10.19", unit="day"),
        3: line(3, "feed_in", FIRST, LAST, "74.4", "0.08", "-5.95", vat=0),
    }
    tax, total = sums(4, FIRST, LAST, vat="23.14", total="138.98")
    rows |= {4: tax, 5: total} | {int(number[1:]): row for number, row in changes.items()}
    return Bill(tuple(row for row in rows.values() if row is not None), "EUR")


def january_contract(**terms):
    settings = {"timezone": "Europe/Berlin", "standing_eur_per_year": (Dated(value=120.0),)} | EXACT | terms
    return Contract(ContractTerms(**settings), prices(JANUARY, 744))


def january_measured(missing=(), registers=False):
    imported, exported = np.full(744, 0.5), np.full(744, 0.1)
    if registers:
        readings = [np.concatenate([[100.0], 100.0 + np.cumsum(flow)]) for flow in (imported, exported)]
        for reading in readings:
            reading[list(missing)] = np.nan
        return Measured.of_registers(JANUARY, HOUR, *readings)
    imported[list(missing)] = np.nan
    return Measured.of_energy(JANUARY, HOUR, imported, exported)


def check(bill, measured=None, contract=None):
    return check_bill(bill, measured or january_measured(), contract or january_contract())


def test_a_right_bill_is_right_to_the_cent():
    found = check(january_bill())
    assert found.ok, found.text()
    assert verdicts(found) == [Verdict.OK] * 5
    assert [each.expected.amount for each in found.lines] == [111.60, 10.19, -5.95, 23.14, 138.98]
    assert [each.difference for each in found.lines] == [0.0] * 5
    assert (found.expected_total, found.difference, found.missing_steps, found.steps) == (138.98, 0.0, 0, 744)


def test_the_three_parts_may_be_billed_each_by_itself():
    """372 kWh at 0.20, 0.08 and 0.02: 74.40, 29.76 and 7.44 EUR, together 111.60 as before."""
    parts = {
        "_6": line(6, "grid_fee", FIRST, LAST, "372", "0.08", "29.76"),
        "_7": line(7, "levy", FIRST, LAST, "372", "0.02", "7.44"),
    }
    found = check(january_bill(_1=line(1, "energy", FIRST, LAST, "372", "0.20", "74.40"), **parts))
    assert found.ok, found.text()


@pytest.mark.parametrize(
    ("number", "row", "verdict", "said"),
    [
        (1, ("supply", "392", "0.30", "117.60"), Verdict.WRONG_QUANTITY, "392 kWh billed, 372.00 measured"),
        (1, ("supply", "372", "0.31", "115.32"), Verdict.WRONG_PRICE, "0.31 per kWh billed, 0.300000 agreed"),
        (1, ("supply", "372", "0.30", "116.10"), Verdict.WRONG_SUM, "is 111.6000, 116.10 billed"),
        (3, ("feed_in", "34.4", "0.08", "-2.75"), Verdict.WRONG_QUANTITY, "34.4 kWh billed, 74.40 measured"),
        (3, ("feed_in", "74.4", "0.05", "-3.72"), Verdict.WRONG_PRICE, "0.05 per kWh billed, 0.080000 agreed"),
        (3, ("feed_in", "74.4", "0.08", "5.95"), Verdict.WRONG_SUM, "is -5.9520, 5.95 billed"),
    ],
)
def test_each_error_is_found_at_its_line(number, row, verdict, said):
    item, quantity, price, amount = row
    wrong = line(number, item, FIRST, LAST, quantity, price, amount, vat=0 if item == "feed_in" else 19)
    found = check(january_bill(**{f"_{number}": wrong}))
    at = found.lines[number - 1]
    assert at.verdicts == (verdict,)
    assert said in " ".join(at.reasons)
    assert not found.ok


def test_a_wrong_rate_of_vat():
    """Billed with 7 %, as food is, in place of the 19 % of the contract."""
    found = check(january_bill(_1=line(1, "supply", FIRST, LAST, "372", "0.30", "111.60", vat=7)))
    assert found.lines[0].verdicts == (Verdict.WRONG_VAT,)
    assert "7 % billed, 19 % holds" in found.lines[0].reasons[0]
    assert verdicts(found)[1:] == [Verdict.OK] * 4


def test_wrong_standing_charges():
    """31 days, not 30; 120 EUR/a are 0.3288 a day, 0.3500 are 127.75 EUR/a."""
    days = check(january_bill(_2=line(2, "standing", FIRST, LAST, "30", "0.3288", "9.86", unit="day")))
    assert days.lines[1].verdicts == (Verdict.WRONG_QUANTITY,)
    price = check(january_bill(_2=line(2, "standing", FIRST, LAST, "31", "0.35", "10.85", unit="day")))
    assert price.lines[1].verdicts == (Verdict.WRONG_PRICE,)


def test_months_and_years_of_standing_charge():
    """One month is 120 / 12 = 10 EUR; 31 days of 365 are 0.0849 years at 120 EUR: 10.19 EUR."""
    month = check(january_bill(_2=line(2, "standing", FIRST, LAST, "1", "10", "10.00", unit="month")))
    assert month.lines[1].verdicts == (Verdict.OK,)
    year = check(january_bill(_2=line(2, "standing", FIRST, LAST, "0.0849", "120", "10.19", unit="year")))
    assert year.lines[1].verdicts == (Verdict.OK,)


def test_a_wrong_total_and_a_wrong_vat_amount():
    tax, total = sums(4, FIRST, LAST, vat="23.14", total="148.98")
    assert verdicts(check(january_bill(_5=total))) == [Verdict.OK] * 4 + [Verdict.WRONG_SUM]
    tax, total = sums(4, FIRST, LAST, vat="33.14", total="148.98")
    found = check(january_bill(_4=tax, _5=total))
    assert verdicts(found)[3] is Verdict.WRONG_SUM
    assert "19 % of the lines come to 23.14, 33.14 billed" in found.lines[3].reasons[0]


def test_a_rounding_that_printed_digits_explain():
    """372 kWh printed without digits may be up to 372.5 kWh: 111.75 EUR. A price of 0.30 is agreed to the last digit."""
    found = check(january_bill(_1=line(1, "supply", FIRST, LAST, "372", "0.300", "111.75")))
    assert found.lines[0].verdicts == (Verdict.ROUNDING,)
    assert found.lines[0].fine
    wrong = check(
        january_bill(_1=line(1, "supply", FIRST, LAST, "372", "0.3", "112.90"))
    )  # 0.3035 rounds to 0.3, but is not agreed
    assert wrong.lines[0].verdicts == (Verdict.WRONG_SUM,)


def test_missing_items_and_what_they_come_to():
    found = check(january_bill(_2=None, _3=None))
    assert [(gone.item, gone.verdict, gone.amount) for gone in found.omissions] == [
        (Item.FEED_IN, Verdict.MISSING_ITEM, -5.95),
        (Item.STANDING, Verdict.MISSING_ITEM, 10.19),
    ]
    assert found.expected_total == 138.98


def test_missing_sums():
    found = check(january_bill(_4=None, _5=None))
    assert {gone.item for gone in found.omissions} == {Item.VAT, Item.TOTAL}


def test_an_item_that_nobody_agreed_on():
    fee = Line(
        number=6,
        text="Priority service",
        item=Item.UNKNOWN,
        start=date(2024, 1, 1),
        end=date(2024, 1, 31),
        amount=Decimal("4.99"),
    )
    found = check(january_bill(_6=fee))
    assert found.lines[5].verdicts == (Verdict.UNKNOWN_ITEM,)
    assert "'Priority service'" in found.lines[5].reasons[0]


def test_days_billed_twice_and_days_not_billed():
    """1 to 20 are 480 h = 240 kWh, 18 to 31 are 336 h = 168 kWh: three days twice. 1 to 10 and 12 to 31: one lacks."""
    first = line(1, "supply", FIRST, "2024-01-20", "240", "0.30", "72.00")
    again = line(6, "supply", "2024-01-18", LAST, "168", "0.30", "50.40")
    found = check(january_bill(_1=first, _6=again))
    assert found.lines[5].verdicts == (Verdict.PERIOD_OVERLAP,)
    assert "2024-01-18 to 2024-01-20 is billed in line 1 too" in found.lines[5].reasons[0]
    early = line(1, "supply", FIRST, "2024-01-10", "120", "0.30", "36.00")
    late = line(6, "supply", "2024-01-12", LAST, "240", "0.30", "72.00")
    found = check(january_bill(_1=early, _6=late))
    assert found.lines[0].verdict is found.lines[5].verdict is Verdict.OK
    gaps = [gone for gone in found.omissions if gone.verdict is Verdict.PERIOD_GAP]
    assert {gone.item for gone in gaps} == {Item.ENERGY, Item.GRID_FEE, Item.LEVY}
    assert sum(gone.amount for gone in gaps) == pytest.approx(3.60)  # 24 h * 0.5 kWh * 0.30
    assert "2024-01-11" in gaps[0].reason


def test_a_line_that_stands_there_twice():
    """Twice 111.60 and 10.19 are 233.39, VAT 44.34 (44.3441), less 5.95: 271.78 EUR; 111.60 and its VAT of 21.20 too much."""
    tax, total = sums(4, FIRST, LAST, vat="44.34", total="271.78")
    found = check(january_bill(_4=tax, _5=total, _6=line(6, "supply", FIRST, LAST, "372", "0.30", "111.60")))
    assert verdicts(found) == [Verdict.OK] * 5 + [Verdict.PERIOD_OVERLAP]
    assert (found.expected_total, found.difference) == (138.98, 132.80)


# --- how far things may be off -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("billed", "fine"), [("379.4", True), ("379.6", False), ("364.6", True), ("364.4", False)])
def test_two_meters_of_class_b_may_differ_by_two_percent(billed, fine):
    """Both within 1 %: 372 * 1.02 = 379.44 and 372 * 0.98 = 364.56, and half of the last printed digit, 0.05, on top."""
    terms = {"own_meter_error": 0.01, "bill_meter_error": 0.01}
    amount = f"{float(billed) * 0.3:.2f}"
    found = check(january_bill(_1=line(1, "supply", FIRST, LAST, billed, "0.30", amount)), contract=january_contract(**terms))
    assert (found.lines[0].verdicts == (Verdict.OK,)) == fine


def test_missing_readings_bound_the_quantity():
    """10 of 744 h missing: 367 kWh are known; a fuse of 7 kW allows up to 70 kWh more: 437 kWh are possible, 438 are not."""
    contract, measured = january_contract(limit_kw=7.0), january_measured(missing=range(100, 110))
    for billed, fine in (("367", True), ("437", True), ("438", False), ("366", False)):
        row = line(1, "supply", FIRST, LAST, billed, "0.30", f"{int(billed) * 0.3:.2f}")
        found = check_bill(january_bill(_1=row), measured, contract)
        assert (found.lines[0].verdict is Verdict.OK) == fine, billed
        assert found.missing_steps == 10


def test_registers_tell_the_energy_of_a_gap():
    """The register was not read for ten hours, but before and after: 372 kWh as ever, and nothing else is right."""
    measured = january_measured(missing=range(100, 110), registers=True)
    assert check(january_bill(), measured).ok
    wrong = check(january_bill(_1=line(1, "supply", FIRST, LAST, "374", "0.30", "112.20")), measured)
    assert wrong.lines[0].verdicts == (Verdict.WRONG_QUANTITY,)
    assert "11 of 744 steps" in wrong.lines[0].reasons[0]  # ten readings lie between eleven steps


def test_a_register_that_falls_is_refused():
    with pytest.raises(ValueError, match=r"falls after reading 1 from 12 kWh: was the meter changed"):
        Measured.of_registers(0, HOUR, np.array([10.0, 12.0, 3.0]), np.zeros(3))


def test_an_estimated_reading_that_is_off():
    found = check(january_bill(_1=line(1, "supply", FIRST, LAST, "410", "0.30", "123.00", estimated=True)))
    assert found.lines[0].verdicts == (Verdict.ESTIMATED_READING,)
    right = check(january_bill(_1=line(1, "supply", FIRST, LAST, "372", "0.30", "111.60", estimated=True)))
    assert right.lines[0].verdicts == (Verdict.OK,)


def test_a_period_nobody_measured_cannot_be_verified():
    nothing = Measured.of_energy(JANUARY, HOUR, np.full(744, np.nan), np.full(744, np.nan))
    found = check(january_bill(), nothing)
    assert found.lines[0].verdicts == (Verdict.NOT_VERIFIABLE,)
    assert found.missing_steps == 744


# --- local days --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("start", "end", "n_hours", "first", "last"),
    [
        (
            (2024, 2, 29, 23),
            (2024, 3, 31, 22),
            743,
            "2024-03-01",
            "2024-03-31",
        ),  # 31 * 24 - 1: the night of the 31st lacks an hour
        ((2024, 9, 30, 22), (2024, 10, 31, 23), 745, "2024-10-01", "2024-10-31"),  # 31 * 24 + 1
    ],
)
def test_months_in_which_the_clock_changes(start, end, n_hours, first, last):
    """1 kWh in each hour: 743 kWh in March and 745 in October; the other figure is wrong."""
    begin = epoch(*start)
    assert hours(begin, epoch(*end)) == n_hours
    measured = Measured.of_energy(begin - 48 * HOUR, HOUR, np.ones(n_hours + 96), np.zeros(n_hours + 96))
    contract = Contract(
        ContractTerms(timezone="Europe/Berlin", **EXACT), prices(begin - 48 * HOUR, n_hours + 96, vat_percent=0.0)
    )
    for kwh, fine in ((n_hours, True), (744, False)):
        amount = f"{kwh * 0.3:.2f}"
        bill = Bill(
            (
                line(1, "supply", first, last, kwh, "0.30", amount, vat=0),
                line(2, "total", first, last, None, None, amount, vat=None),
            )
        )
        assert check_bill(bill, measured, contract).ok == fine


# --- bands, changes and money ------------------------------------------------------------------------------------------------
# One local day in Athens (UTC+2 in January), 2024-01-10: night 23:00 to 07:00 at 0.10, day at 0.25 EUR/kWh. 1 kWh each hour at
# night, 2 kWh each hour by day: 8 h * 1 = 8 kWh and 16 h * 2 = 32 kWh; 0.80 and 8.00 EUR.
ATHENS = epoch(2024, 1, 9, 22)
NIGHT = np.array([hour < 7 or hour >= 23 for hour in range(24)])
DAY = "2024-01-10"


def athens(*rows, total):
    rates = prices(ATHENS, 24, energy=np.where(NIGHT, 0.10, 0.25), grid_fee=0.0, levy=0.0, vat_percent=0.0, feed_in=0.0)
    measured = Measured.of_energy(ATHENS, HOUR, np.where(NIGHT, 1.0, 2.0), np.zeros(24))
    last = line(9, "total", DAY, DAY, None, None, total, vat=None)
    return check_bill(Bill((*rows, last)), measured, Contract(ContractTerms(timezone="Europe/Athens", **EXACT), rates))


def band(number, quantity, price, amount):
    return line(number, "energy", DAY, DAY, quantity, price, amount, vat=0)


def test_bands_are_told_by_their_prices_in_any_order():
    assert athens(band(1, "8", "0.10", "0.80"), band(2, "32", "0.25", "8.00"), total="8.80").ok
    assert athens(band(1, "32", "0.25", "8.00"), band(2, "8", "0.10", "0.80"), total="8.80").ok


def test_kwh_of_the_night_billed_by_day():
    """5 kWh moved from 0.10 to 0.25: 3 and 37 kWh; both lines are off by five."""
    found = athens(band(1, "3", "0.10", "0.30"), band(2, "37", "0.25", "9.25"), total="9.55")
    assert verdicts(found)[:2] == [Verdict.WRONG_QUANTITY, Verdict.WRONG_QUANTITY]
    assert (found.expected_total, found.difference) == (8.80, 0.75)


def test_a_wrong_price_of_one_band_does_not_blame_the_other():
    found = athens(band(1, "8", "0.30", "2.40"), band(2, "32", "0.25", "8.00"), total="10.40")
    assert verdicts(found) == [Verdict.WRONG_PRICE, Verdict.OK, Verdict.OK]


def test_a_band_that_is_not_billed():
    found = athens(band(2, "32", "0.25", "8.00"), total="8.00")
    assert verdicts(found) == [Verdict.OK, Verdict.OK]
    assert [(gone.verdict, gone.amount) for gone in found.omissions] == [(Verdict.MISSING_ITEM, 0.80)]
    assert "at 0.1 per kWh" in found.omissions[0].reason


def test_one_line_for_all_bands_has_their_mean():
    """(0.80 + 8.00) / 40 kWh = 0.22 EUR/kWh, not the 0.20 of the hours: 8 * 0.10 + 16 * 0.25 = 4.80 over 24."""
    assert athens(band(1, "40", "0.22", "8.80"), total="8.80").ok
    assert athens(band(1, "40", "0.20", "8.00"), total="8.00").lines[0].verdicts == (Verdict.WRONG_PRICE,)


def test_a_price_change_across_the_year_with_another_rate_of_vat():
    """Berlin, 2020-12-30 to 2021-01-02, 1 kWh each hour. Germany: VAT 16 % to the end of 2020, 19 % from 2021 on.

    Two days each: 48 kWh at 0.30 = 14.40 and 48 kWh at 0.35 = 16.80 EUR; VAT 16 % = 2.30 (2.304), 19 % = 3.19 (3.192);
    total 36.69 EUR. The rates: German 2. Corona-Steuerhilfegesetz of 29 June 2020, and section 12 UStG.
    """
    start = epoch(2020, 12, 29, 23)
    energy = np.where(np.arange(96) < 48, 0.20, 0.25)
    rates = prices(start, 96, energy=energy, vat_percent=np.where(np.arange(96) < 48, 16.0, 19.0), feed_in=0.0)
    contract = Contract(ContractTerms(timezone="Europe/Berlin", **EXACT), rates)
    measured = Measured.of_energy(start, HOUR, np.ones(96), np.zeros(96))
    old, new = ("2020-12-30", "2020-12-31"), ("2021-01-01", "2021-01-02")
    rows = [line(1, "supply", *old, "48", "0.30", "14.40", vat=16), line(2, "supply", *new, "48", "0.35", "16.80", vat=19)]
    taxes = [line(3, "vat", *old, None, None, "2.30", vat=16), line(4, "vat", *new, None, None, "3.19", vat=19)]
    total = line(5, "total", old[0], new[1], None, None, "36.69", vat=None)
    found = check_bill(Bill((*rows, *taxes, total)), measured, contract)
    assert found.ok, found.text()
    assert found.expected_total == 36.69
    late = line(2, "supply", *new, "48", "0.35", "16.80", vat=16)
    assert check_bill(Bill((rows[0], late, *taxes, total)), measured, contract).lines[1].verdicts == (Verdict.WRONG_VAT,)
    kept = line(2, "supply", *new, "48", "0.30", "14.40", vat=19)
    assert Verdict.WRONG_PRICE in check_bill(Bill((rows[0], kept, *taxes, total)), measured, contract).lines[1].verdicts


def test_terms_win_over_the_rate_in_the_prices():
    contract = january_contract(vat_percent=(Dated(value=7.0), Dated(value=19.0, since=date(2024, 1, 16))))
    assert contract.vat_rates(date(2024, 1, 1), date(2024, 1, 15)) == [7.0]
    assert contract.vat_rates(date(2024, 1, 10), date(2024, 1, 31)) == [7.0, 19.0]


def test_pounds():
    """Bristol, 2024-01-10 (UTC): 24 kWh at 0.36 EUR/kWh, a pound at 1.20 EUR: 0.30 GBP/kWh net, 7.20 GBP; 5 % VAT 0.36 GBP.

    Standing charge 219 EUR/a = 182.50 GBP/a = 0.50 GBP a day.
    """
    start = epoch(2024, 1, 10)
    terms = ContractTerms(
        timezone="Europe/London", currency="GBP", eur_per_unit=1.2, standing_eur_per_year=(Dated(value=219.0),), **EXACT
    )
    contract = Contract(terms, prices(start, 24, energy=0.36, grid_fee=0.0, levy=0.0, vat_percent=5.0, feed_in=0.0))
    measured = Measured.of_energy(start, HOUR, np.ones(24), np.zeros(24))
    rows = (
        line(1, "supply", DAY, DAY, "24", "0.30", "7.20", vat=5),
        line(2, "standing", DAY, DAY, "1", "0.50", "0.50", vat=5, unit="day"),
    )
    tax, total = sums(3, DAY, DAY, vat="0.39", total="8.09", rate=5)  # 5 % of 7.70 is 0.385
    assert check_bill(Bill((*rows, tax, total), "GBP"), measured, contract).ok
    with pytest.raises(ScenarioError, match=r"another money than the contract .got 'EUR'.; allowed: GBP"):
        check_bill(Bill((*rows, tax, total), "EUR"), measured, contract)


def test_quarter_hours_against_hourly_prices():
    """Two hours of four quarters: prices 0.10 and 0.30, 0.25 kWh in each quarter of the first and 0.75 of the second, one line.

    (1 * 0.10 + 3 * 0.30) / 4 kWh = 0.25 EUR/kWh; the rest of the day nothing is used.
    """
    start = epoch(2024, 1, 10)
    energy = np.concatenate([[0.10, 0.30], np.linspace(0.4, 0.5, 22)])
    contract = Contract(
        ContractTerms(**EXACT), prices(start, 24, energy=energy, grid_fee=0, levy=0, vat_percent=0.0, feed_in=0.0)
    )
    kwh = np.concatenate([np.full(4, 0.25), np.full(4, 0.75), np.zeros(88)])
    measured = Measured.of_energy(start, 900, kwh, np.zeros(96))
    rows = (line(1, "energy", DAY, DAY, "4", "0.25", "1.00", vat=0), line(2, "total", DAY, DAY, None, None, "1.00", vat=None))
    assert check_bill(Bill(rows), measured, contract).ok


def test_steps_that_do_not_end_at_local_midnight_are_refused():
    """Kolkata is 5 h 30 min ahead: hours of UTC end half an hour off its midnight."""
    start = epoch(2024, 1, 9)
    contract = Contract(ContractTerms(timezone="Asia/Kolkata"), prices(start, 72))
    with pytest.raises(ScenarioError, match=r"steps of 3600 s from 2024-01-09 00:00 UTC do not end at midnight in Asia/Kolkata"):
        check_bill(Bill((band(1, "8", "0.10", "0.80"),)), Measured.of_energy(start, HOUR, np.ones(72), np.ones(72)), contract)


def test_published_prices_fill_the_contract():
    ports = {f"{name}_eur_per_kwh": np.ones(3) for name in ("energy", "grid_fee", "levy", "vat", "feed_in")}
    assert PriceSteps.published(0, HOUR, ports).parts(("energy", "levy")).tolist() == [2.0, 2.0, 2.0]
    with pytest.raises(ValueError, match="missing: vat_eur_per_kwh"):
        PriceSteps.published(0, HOUR, {name: values for name, values in ports.items() if name != "vat_eur_per_kwh"})


def test_the_text_names_what_to_object_to():
    text = check(january_bill(_1=line(1, "supply", FIRST, LAST, "392", "0.30", "117.60"))).text()
    assert "wrong quantity" in text
    assert "line 1: 392 kWh billed, 372.00 measured" in text
    assert text.endswith("billed 138.98, expected 138.98 EUR; every step was measured")


def test_what_is_expected_is_what_the_laboratory_settles():
    """The same month, dynamic prices and a standing charge, through `twinergy.results`: equal to the rounding of four sums."""
    from twinergy.results.settlement import settle

    rng = np.random.default_rng(3)
    p_kw, market = rng.normal(0.4, 0.8, 744), rng.normal(0.1, 0.04, 744)
    steps = prices(JANUARY, 744, energy=market, feed_in=market * 0.5)
    ports = {
        f"{name}_eur_per_kwh": getattr(steps, name)[:, np.newaxis] for name in ("energy", "grid_fee", "levy", "vat", "feed_in")
    }
    net = steps.parts(("energy", "grid_fee", "levy"))[:, np.newaxis]
    ports |= {"buy_eur_per_kwh": net + ports["vat_eur_per_kwh"], "co2_g_per_kwh": np.zeros((744, 1))}
    settled = settle(p_kw[:, np.newaxis], 3600.0, ports, np.array([0]), np.array([120.0]), np.array([19.0]))
    measured = Measured.of_energy(JANUARY, HOUR, np.maximum(p_kw, 0.0), np.maximum(-p_kw, 0.0))
    terms = ContractTerms(timezone="Europe/Berlin", standing_eur_per_year=(Dated(value=120.0),), **EXACT)
    rows = [
        line(1, "supply", FIRST, LAST, "1", "0.1", "0.10"),
        line(2, "standing", FIRST, LAST, "31", "0.3288", "10.19", unit="day"),
    ]
    rows.append(line(3, "feed_in", FIRST, LAST, "1", "0.1", "-0.10", vat=0))
    found = check_bill(Bill(tuple(rows)), measured, Contract(terms, steps))
    assert found.expected_total == pytest.approx(float(settled.net_cost_eur[0]), abs=0.02)
