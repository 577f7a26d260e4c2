# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from pydantic import ValidationError

from simulators.prices.bands import TimeOfUse
from tests.unit.test_prices_support import column, day_axis, site

NIGHT = {"kind": "day_night", "day_eur_per_kwh": 0.3, "night_eur_per_kwh": 0.1}
SUNDAY_RATE = {
    "kind": "time_of_use",
    "bands": [
        {"from": "00:00", "to": "24:00", "days": ["workday", "saturday"], "price_eur_per_kwh": 0.3},
        {"from": "00:00", "to": "24:00", "days": "sunday", "price_eur_per_kwh": 0.2},
    ],
}


def energy(axis, block, **where):
    return column(axis, "energy_eur_per_kwh", {"energy": block}, **where)


@pytest.mark.parametrize(
    ("day", "night", "whole"),
    [
        pytest.param(date(2024, 6, 12), 8, 24, id="00-06 and 22-24"),
        pytest.param(date(2024, 3, 31), 7, 23, id="02-03 is skipped: 00 01 03 04 05 22 23"),
        pytest.param(date(2024, 10, 27), 9, 25, id="02-03 comes twice: 00 01 02 02 03 04 05 22 23"),
    ],
)
@pytest.mark.parametrize("step_s", [900, 3600])
def test_hours_of_the_night_on_days_of_23_24_and_25_hours(day, night, whole, step_s):
    prices = energy(day_axis(day, step_s=step_s), NIGHT)
    per_hour = 3600 // step_s
    assert (np.count_nonzero(prices == 0.1), len(prices)) == (night * per_hour, whole * per_hour)


def test_the_night_ends_an_hour_earlier_in_utc_after_the_clock_went_forward():
    # 06:00 CET is 05:00 UTC on 30 March; 06:00 CEST is 04:00 UTC on 31 March. Local midnight is 23:00 UTC before both.
    first_day_price = [int(np.argmax(energy(day_axis(date(2024, 3, day)), NIGHT) == 0.3)) for day in (30, 31)]
    assert first_day_price == [6, 5]


def test_german_fall_back_repeats_the_hour_not_the_price_before_it():
    cheap_from_two_to_three = {
        "kind": "time_of_use",
        "bands": [
            {"from": "02:00", "to": "03:00", "price_eur_per_kwh": 0.1},
            {"from": "03:00", "to": "02:00", "price_eur_per_kwh": 0.3},
        ],
    }
    cheap = [
        np.flatnonzero(energy(day_axis(day), cheap_from_two_to_three) == 0.1).tolist()
        for day in (date(2024, 3, 31), date(2024, 10, 27))
    ]
    assert cheap == [[], [2, 3]]


@pytest.mark.parametrize(
    ("day", "country", "price"),
    [
        pytest.param(date(2024, 5, 30), "DE-NW", 0.2, id="Corpus Christi is a holiday in North Rhine-Westphalia"),
        pytest.param(date(2024, 5, 30), "DE-BE", 0.3, id="and a working day in Berlin"),
        pytest.param(date(2024, 3, 25), "GR", 0.2, id="Greek independence day, a Monday"),
        pytest.param(date(2024, 6, 1), "DE-NW", 0.3, id="a Saturday"),
        pytest.param(date(2024, 6, 2), "DE-NW", 0.2, id="a Sunday"),
    ],
)
def test_holidays_are_priced_like_sundays_where_no_band_names_them(day, country, price):
    assert set(energy(day_axis(day), SUNDAY_RATE, place=site(country))) == {price}


def test_a_band_may_name_holidays_of_its_own():
    bands = [*SUNDAY_RATE["bands"], {"from": "00:00", "to": "24:00", "days": "holiday", "price_eur_per_kwh": 0.05}]
    new_year = energy(day_axis(date(2024, 1, 1)), {"kind": "time_of_use", "bands": bands})
    assert set(new_year) == {0.05}


def test_a_band_over_midnight_belongs_to_the_calendar_day_of_each_hour():
    bands = [
        {"from": "22:00", "to": "06:00", "days": "saturday", "price_eur_per_kwh": 0.1},
        {"from": "06:00", "to": "22:00", "days": "saturday", "price_eur_per_kwh": 0.3},
        {"from": "00:00", "to": "00:00", "days": ["workday", "sunday"], "price_eur_per_kwh": 0.3},
    ]
    friday_to_sunday = energy(day_axis(date(2024, 6, 14), days=3), {"kind": "time_of_use", "bands": bands})
    assert np.flatnonzero(friday_to_sunday == 0.1).tolist() == [24, 25, 26, 27, 28, 29, 46, 47]


def test_a_change_inside_a_step_gives_the_mean_of_the_step():
    # Cheap until 00:30: the first hour costs (0.1 + 0.3) / 2.
    bands = [
        {"from": "00:00", "to": "00:30", "price_eur_per_kwh": 0.1},
        {"from": "00:30", "to": "24:00", "price_eur_per_kwh": 0.3},
    ]
    prices = energy(day_axis(date(2024, 6, 12)), {"kind": "time_of_use", "bands": bands})
    np.testing.assert_allclose(prices[:2], [0.2, 0.3], rtol=1e-15)


@pytest.mark.parametrize(
    ("bands", "message"),
    [
        pytest.param([("06:00", "22:00", "all")], "workday 00:00-06:00 has no price; workday 22:00-24:00 has no price", id="gap"),
        pytest.param(
            [("00:00", "24:00", "all"), ("12:00", "13:00", "sunday")], "sunday 12:00-13:00 has more than one", id="overlap"
        ),
        pytest.param(
            [("00:00", "24:00", "workday"), ("00:00", "24:00", "sunday")], "saturday 00:00-24:00 has no price", id="day"
        ),
        pytest.param([("07:00", "07:00", "all")], 'from "07:00" to "07:00" has no length', id="empty"),
        pytest.param([("7:00", "09:00", "all")], '"HH:MM" from "00:00" to "24:00" in quotes, got \'7:00\'', id="format"),
        pytest.param([(1320, "09:00", "all")], "in quotes, got 1320", id="YAML 1.1 reads 22:00 as a number"),
    ],
)
def test_bands_that_cannot_be_are_refused(bands, message):
    given = [{"from": start, "to": end, "days": days, "price_eur_per_kwh": 0.2} for start, end, days in bands]
    with pytest.raises(ValidationError) as caught:
        TimeOfUse.model_validate({"bands": given})
    assert message in str(caught.value)


def test_a_month_without_a_price_is_named():
    bands = [{"from": "00:00", "to": "24:00", "months": [1, 2, 3, 10, 11, 12], "price_eur_per_kwh": 0.2}]
    with pytest.raises(ValidationError, match=r"workday 00:00-24:00 in months \[4, 5, 6, 7, 8, 9\] has no price"):
        TimeOfUse.model_validate({"bands": bands})


def test_a_night_without_a_day_is_refused():
    with pytest.raises(ValidationError, match='night from "00:00" to "24:00" leaves no day'):
        energy(day_axis(date(2024, 6, 12)), {**NIGHT, "night_from": "00:00", "night_to": "24:00"})


def test_bands_survive_a_dump_and_a_load():
    block = TimeOfUse.model_validate({"bands": SUNDAY_RATE["bands"]})
    assert TimeOfUse.model_validate(block.model_dump(mode="json")) == block
    assert TimeOfUse.model_validate(block.model_dump(mode="json", by_alias=False)) == block
