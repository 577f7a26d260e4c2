# SPDX-License-Identifier: Apache-2.0
"""Tariffs as the pilots' countries have them: Italian bands, British night rate and half-hourly tariff, Greek night tariff."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest

from simulators.prices import KIND
from simulators.prices.bands import count_table
from simulators.prices.italian_bands import ItalianBands
from tests.unit.test_prices_support import column, context, day_axis, device, site
from twinergy.community.twin import Twin
from twinergy.errors import ScenarioError

ITALY, BRITAIN, GREECE = site("IT", "Europe/Rome"), site("GB", "Europe/London"), site("GR", "Europe/Athens")
F1, F2, F3 = 0.3, 0.2, 0.1
BANDS = {"kind": "italian_bands", "f1_eur_per_kwh": F1, "f2_eur_per_kwh": F2, "f3_eur_per_kwh": F3}
FIXED = {"kind": "fixed", "price_eur_per_kwh": 0.3}
ECONOMY_7 = {
    "kind": "day_night",
    "day_eur_per_kwh": 0.3,
    "night_eur_per_kwh": 0.1,
    "night_from": "00:00",
    "night_to": "07:00",
    "clock": "standard",
}
# HEDNO, hours of the two-zone tariff from 1 February 2025, every day of the week: winter is November to March.
WINTER, SUMMER = [11, 12, 1, 2, 3], [4, 5, 6, 7, 8, 9, 10]
CHEAP = [("02:00", "05:00", WINTER), ("12:00", "15:00", WINTER), ("02:00", "04:00", SUMMER), ("11:00", "15:00", SUMMER)]
DEAR = [
    *[(begin, end, WINTER) for begin, end in (("00:00", "02:00"), ("05:00", "12:00"), ("15:00", "24:00"))],
    *[(begin, end, SUMMER) for begin, end in (("00:00", "02:00"), ("04:00", "11:00"), ("15:00", "24:00"))],
]
TWO_ZONES = {
    "kind": "time_of_use",
    "bands": [
        {"from": begin, "to": end, "months": months, "price_eur_per_kwh": price}
        for rows, price in ((CHEAP, 0.1), (DEAR, 0.3))
        for begin, end, months in rows
    ],
}


def energy(day, block, place, days=1):
    return column(day_axis(day, days, timezone=place.timezone), "energy_eur_per_kwh", {"energy": block}, place=place)


def hours(prices, price):
    return np.flatnonzero(prices == price).tolist()


def test_a_working_day_in_italy_has_three_bands():
    # ARERA resolution 181/06: F1 8-19, F2 7-8 and 19-23, F3 the rest.
    prices = energy(date(2024, 6, 12), BANDS, ITALY)
    assert hours(prices, F1) == list(range(8, 19))
    assert hours(prices, F2) == [7, 19, 20, 21, 22]
    assert hours(prices, F3) == [0, 1, 2, 3, 4, 5, 6, 23]


@pytest.mark.parametrize(
    ("day", "bands"),
    [
        pytest.param(date(2024, 6, 15), {F2: 16, F3: 8}, id="Saturday"),
        pytest.param(date(2024, 6, 16), {F3: 24}, id="Sunday"),
        pytest.param(date(2024, 8, 15), {F3: 24}, id="Assumption, a Thursday"),
        pytest.param(date(2024, 4, 1), {F3: 24}, id="Easter Monday"),
        pytest.param(date(2024, 4, 25), {F3: 24}, id="Liberation Day, a Thursday"),
        pytest.param(date(2024, 6, 3), {F1: 11, F2: 5, F3: 8}, id="the Monday after Republic Day, a Sunday"),
        pytest.param(date(2024, 3, 31), {F3: 23}, id="clocks go forward"),
        pytest.param(date(2024, 10, 27), {F3: 25}, id="clocks go back"),
    ],
)
def test_hours_of_the_italian_bands(day, bands):
    prices = energy(day, BANDS, ITALY)
    assert {price: int((prices == price).sum()) for price in bands} == bands
    assert len(prices) == sum(bands.values())


def test_italian_bands_cover_every_minute_once():
    assert (count_table(ItalianBands.model_validate(BANDS).bands()) == 1).all()


def test_hours_of_the_italian_bands_in_a_year():
    # 2024 by hand: 262 days from Monday to Friday and 52 Saturdays; of the eleven holidays, eight lie on the former (1 January,
    # 1 and 25 April, 1 May, 15 August, 1 November, 25 and 26 December), one on the latter (6 January).
    prices = energy(date(2024, 1, 1), BANDS, ITALY, days=366)
    f1, f2 = 254 * 11, 254 * 5 + 51 * 16
    assert [int((prices == price).sum()) for price in (F1, F2, F3)] == [f1, f2, 8784 - f1 - f2]


def test_the_patron_saint_of_a_town_is_a_working_day_for_the_bands():
    # Saint Peter and Saint Paul, 29 June, a holiday in Rome only; a Monday in 2026.
    assert hours(energy(date(2026, 6, 29), BANDS, site("IT-RM", "Europe/Rome")), F1) == list(range(8, 19))


@pytest.mark.parametrize(
    ("day", "night"),
    [
        pytest.param(date(2024, 1, 10), range(7), id="midnight to seven in winter"),
        pytest.param(date(2024, 7, 10), range(1, 8), id="one to eight in summer"),
        pytest.param(date(2024, 3, 31), range(7), id="clocks go forward after the night has begun"),
        pytest.param(date(2024, 10, 27), range(1, 8), id="clocks go back in the night"),
    ],
)
def test_economy_7_keeps_greenwich_mean_time(day, night):
    # Scottish Power, as quoted by Which? Conversation: midnight to 7 am GMT and 1 am to 8 am BST.
    assert hours(energy(day, ECONOMY_7, BRITAIN), 0.1) == list(night)


def test_the_standard_clock_counts_days_and_months_too():
    first_of_summer = {
        "kind": "time_of_use",
        "clock": "standard",
        "bands": [
            {"from": "00:00", "to": "24:00", "months": list(range(1, 7)), "price_eur_per_kwh": 0.1},
            {"from": "00:00", "to": "24:00", "months": list(range(7, 13)), "price_eur_per_kwh": 0.3},
        ],
    }
    assert hours(energy(date(2024, 7, 1), first_of_summer, BRITAIN), 0.1) == [0]  # 00:00 BST is 23:00 GMT on 30 June


@pytest.mark.parametrize(
    ("day", "cheap"),
    [
        pytest.param(date(2025, 2, 12), [2, 3, 4, 12, 13, 14], id="winter"),
        pytest.param(date(2025, 8, 17), [2, 3, 11, 12, 13, 14], id="summer, a Sunday"),
        pytest.param(date(2025, 3, 30), [2, 3, 11, 12, 13], id="03-04 is skipped: 02, 04, 12, 13, 14"),
    ],
)
def test_greek_two_zone_tariff(day, cheap):
    assert hours(energy(day, TWO_ZONES, GREECE), 0.1) == cheap


def test_a_half_hourly_tariff_multiplies_the_market_and_has_a_cap(tmp_path):
    # Octopus Agile, "Agile pricing explained": min(2.20 W + P, cap), P = 12 p from 4 pm to 7 pm; here in EUR, the cap on 2.20 W.
    start = day_axis(date(2024, 6, 12), timezone="Europe/London").start
    wholesale = [0.6 if hour == 20 else -0.02 if hour == 3 else 0.1 for hour in range(24)]
    rows = [f"{(start + timedelta(hours=hour)).isoformat()},{price}" for hour, price in enumerate(wholesale)]
    (tmp_path / "market.csv").write_text("\n".join(["time,price", *rows]), encoding="utf-8")
    agile = {
        "energy": {"kind": "dynamic", "path": "market.csv", "unit": "eur_per_kwh", "factor": 2.2, "cap_eur_per_kwh": 1.0},
        "grid_fee": {
            "kind": "time_of_use",
            "bands": [
                {"from": "16:00", "to": "19:00", "price_eur_per_kwh": 0.12},
                {"from": "19:00", "to": "16:00", "price_eur_per_kwh": 0.0},
            ],
        },
        "vat_percent": 5,
    }
    buy = column(day_axis(date(2024, 6, 12), timezone="Europe/London"), "buy_eur_per_kwh", agile, place=BRITAIN, folder=tmp_path)
    np.testing.assert_allclose(buy[[3, 12, 16, 18, 19, 20]] / 1.05, [-0.044, 0.22, 0.34, 0.34, 0.22, 1.0], rtol=1e-12)


def test_british_carbon_has_the_mean_of_the_country_and_a_dirty_evening():
    block = {"energy": FIXED, "carbon": {"kind": "country", "course": "month_hour"}}
    axis = day_axis(date(2023, 1, 1), 365, timezone="Europe/London")
    carbon = column(axis, "co2_g_per_kwh", block, place=BRITAIN)
    assert carbon.mean() == pytest.approx(237.6, rel=0.005)
    by_hour = carbon[: 31 * 24].reshape(-1, 24).mean(axis=0)  # January, no change of clocks
    assert int(by_hour.argmax()) in range(16, 20)
    assert by_hour.max() > 1.4 * by_hour.min()


def test_a_course_that_nobody_has_is_found_before_the_run():
    tariff = device(energy=FIXED, carbon={"kind": "country", "course": "month_hour"})
    findings = KIND.check([tariff], Twin(GREECE))
    assert [(finding.path, finding.value, finding.allowed) for finding in findings] == [
        ("tariffs.tariff.carbon.course", "GR", "DE, GB")
    ]
    with pytest.raises(ScenarioError, match="no course over day and year"):
        KIND.build([tariff], context(day_axis(date(2024, 6, 12)), GREECE))
