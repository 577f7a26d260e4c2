# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from pydantic import ValidationError

from simulators.prices import KIND
from simulators.prices.params import TariffOptions
from tests.unit.test_prices_support import column, day_axis, device, fleet, site, times
from twinergy.community.twin import Twin
from twinergy.errors import ScenarioError
from twinergy.kinds import Phase
from twinergy.timebase import TimeAxis

DAY = day_axis(date(2024, 6, 12))
FIXED = {"energy": {"kind": "fixed", "price_eur_per_kwh": 0.10}}
GREECE = {"energy": {"kind": "dynamic", "statistics": "GR"}}
STATISTICS = {"energy": {"kind": "dynamic", "statistics": "DE_LU"}}


def test_parts_of_a_price_by_hand():
    # 0.10 energy + 0.08 grid fee + 0.05 levies = 0.23 net; 19 % of it are 0.0437; together 0.2737 EUR/kWh.
    block = FIXED | {
        "grid_fee": {"kind": "fixed", "price_eur_per_kwh": 0.08},
        "levies_eur_per_kwh": 0.05,
        "vat_percent": 19.0,
        "feed_in": {"kind": "fixed", "price_eur_per_kwh": 0.0811},
        "carbon": {"kind": "fixed", "intensity_g_per_kwh": 381.0},
    }
    values = fleet(DAY, block).series(times(DAY))
    by_hand = [0.10, 0.08, 0.05, 0.0437, 0.2737, 0.0811, 381.0]
    np.testing.assert_allclose([values[port.name][0, 0] for port in KIND.ports], by_hand, rtol=1e-12)


def test_a_negative_market_price_carries_negative_vat():
    # -0.10 + 0.04 = -0.06; 25 % of it are -0.015; together -0.075 EUR/kWh: the customer is paid for importing.
    block = {"energy": {"kind": "fixed", "price_eur_per_kwh": -0.10}, "levies_eur_per_kwh": 0.04, "vat_percent": 25.0}
    np.testing.assert_allclose(column(DAY, "buy_eur_per_kwh", block), -0.075, rtol=1e-12)


def test_three_levels_of_the_german_grid_fee():
    # Section 14a EnWG, Modul 3 (BNetzA BK8-22/010-A): standard 8 ct, high at most twice, low 10 to 40 % of it, high at least
    # 2 h a day, in at least two quarters. A winter day: 6 h x 3.2 + 4 h x 12 + 14 h x 8 = 179.2 ct h; in summer 24 x 8 = 192.
    winter, summer = [1, 2, 3, 10, 11, 12], [4, 5, 6, 7, 8, 9]
    levels = [("00:00", "06:00", 0.032), ("06:00", "17:00", 0.08), ("17:00", "21:00", 0.12), ("21:00", "24:00", 0.08)]
    bands = [{"from": start, "to": end, "months": winter, "price_eur_per_kwh": price} for start, end, price in levels]
    bands.append({"from": "00:00", "to": "24:00", "months": summer, "price_eur_per_kwh": 0.08})
    block = FIXED | {"grid_fee": {"kind": "time_of_use", "bands": bands}}
    sums = [column(day_axis(day), "grid_fee_eur_per_kwh", block).sum() for day in (date(2024, 1, 17), date(2024, 7, 17))]
    np.testing.assert_allclose(sums, [1.792, 1.92], rtol=1e-12)


def test_steps_are_rows_of_the_series():
    axis = TimeAxis(1711800000 // 900 * 900, 900, 3 * 672)
    prices = fleet(axis, FIXED, STATISTICS)
    whole = prices.series(times(axis))
    for block in axis.blocks():
        prices.prepare(block)
        step = axis.step(block, block.first + len(block) - 1)
        for name, row in prices.step(step, {}).items():
            np.testing.assert_array_equal(row, whole[name][step.index])


def test_every_step_returns_arrays_of_its_own():
    prices = fleet(DAY, FIXED)
    block = DAY.block(0)
    prices.prepare(block)
    first = prices.step(DAY.step(block, 0), {})
    first["buy_eur_per_kwh"][0] = 99.0
    assert prices.step(DAY.step(block, 0), {})["buy_eur_per_kwh"].tolist() == [0.10]


def test_the_kind_declares_its_ports_in_order():
    assert KIND.phase is Phase.AMBIENT
    assert [port.unit for port in KIND.ports] == ["EUR/kWh"] * 6 + ["g/kWh"]


def test_standing_charge_and_vat_are_there_for_the_settlement():
    prices = fleet(DAY, FIXED | {"standing_eur_per_year": 120.0, "vat_percent": 24.0}, FIXED)
    assert (prices.ids, prices.standing_eur_per_year.tolist()) == (("tariff-0", "tariff-1"), [120.0, 0.0])
    assert prices.vat_percent.tolist() == [24.0, 0.0]


@pytest.mark.parametrize(("country", "intensity"), [("DE-NW", 381), ("GR", 337), ("IT-SU", 331), ("GB-ENG", 238)])
def test_carbon_intensity_of_the_site_country(country, intensity):
    # Our World in Data, 2023, rounded to whole grams.
    assert round(column(DAY, "co2_g_per_kwh", FIXED, place=site(country))[0]) == intensity


def test_a_country_without_carbon_intensity_is_found():
    (found,) = KIND.check([device(**FIXED)], Twin(site("AT")))
    assert "tariffs.tariff.carbon" in str(found)
    assert "(got 'AT'); allowed: DE, GB, GR, IT" in str(found)
    with pytest.raises(ScenarioError, match="got 'AT'"):
        fleet(DAY, FIXED, place=site("AT"))


def test_a_country_whose_holidays_nobody_knows_is_found():
    bands = [{"from": "00:00", "to": "24:00", "days": ["workday", "saturday", "sunday"], "price_eur_per_kwh": 0.2}]
    carbon = {"kind": "fixed", "intensity_g_per_kwh": 100.0}
    tariff = device(energy={"kind": "time_of_use", "bands": bands}, carbon=carbon)
    (found,) = KIND.check([tariff], Twin(site("XX")))
    assert "public holidays of this country are not known" in str(found)
    assert "'XX'" in str(found)


@pytest.mark.parametrize(("step_s", "told"), [(3600, "got 1718143300 s with 3600 s"), (1000, "got 1718143200 s with 1000 s")])
def test_times_off_the_raster_are_refused(step_s, told):
    with pytest.raises(ValueError, match=told):
        fleet(DAY, FIXED).series(np.array([1718143200, 1718143300], dtype=np.int64), step_s)


def test_looking_ahead_over_weeks_again_and_again_tells_the_same_in_arrays_of_its_own():
    axis = day_axis(date(2024, 6, 5), days=40)
    prices = fleet(axis, STATISTICS, FIXED)
    whole = prices.series(times(axis))["buy_eur_per_kwh"].copy()
    for start in (0, 300, 700, 0):
        ahead = prices.series(times(axis)[start : start + 200])["buy_eur_per_kwh"]
        np.testing.assert_array_equal(ahead, whole[start : start + 200])
        ahead[:] = 99.0


@pytest.mark.parametrize(
    ("now", "hours"),
    [
        pytest.param("2024-06-12T10:59:00Z", 11 + 1 / 60, id="12:59 CEST: until midnight"),
        pytest.param("2024-06-12T11:00:00Z", 35, id="13:00 CEST: until the midnight after next"),
        pytest.param("2024-03-30T12:00:00Z", 34, id="13:00 CET before the day of 23 hours"),
        pytest.param("2024-10-26T11:00:00Z", 36, id="13:00 CEST before the day of 25 hours"),
    ],
)
def test_day_ahead_prices_are_known_from_13_o_clock_on(now, hours):
    epoch_s = int(np.datetime64(now.rstrip("Z"), "s").astype(np.int64))
    assert (fleet(DAY, FIXED).known_until_s(epoch_s) - epoch_s) / 3600 == pytest.approx(hours)


@pytest.mark.parametrize(
    ("block", "message"),
    [
        ({"energy": {"kind": "fixed", "price_eur_per_kwh": 85.0}}, "less than or equal to 5"),
        ({"energy": {"kind": "dynamic"}}, "a dynamic price needs a source"),
        ({"energy": {"kind": "dynamic", "path": "p.csv"}}, "path and unit belong together: path 'p.csv', unit None"),
        (
            {"energy": {"kind": "dynamic", "path": "p", "unit": "ct_per_kwh", "statistics": "GR"}},
            "both path 'p' and statistics 'GR'",
        ),
        ({"energy": {"kind": "entsoe", "zone": "GR", "key_variable": "0b-1c"}}, "key_variable"),
        (FIXED | {"feed_in": {"kind": "dynamic"}}, "energy is 'fixed'"),
        (FIXED | {"currency": "GBP"}, "Input should be 'EUR'"),
        (FIXED | {"vat": 19}, "Extra inputs are not permitted"),
    ],
)
def test_impossible_tariffs_are_refused(block, message):
    with pytest.raises(ValidationError) as caught:
        TariffOptions.model_validate(block)
    assert message in str(caught.value)


def test_the_same_market_for_all_tariffs_of_a_zone_whatever_the_run():
    week = day_axis(date(2024, 6, 10), days=7)
    later = day_axis(date(2024, 6, 13), days=2)
    both = fleet(week, STATISTICS, STATISTICS).series(times(week))["energy_eur_per_kwh"]
    np.testing.assert_array_equal(both[:, 0], both[:, 1])
    np.testing.assert_array_equal(column(later, "energy_eur_per_kwh", STATISTICS), both[72:120, 0])


def test_another_seed_gives_another_market():
    one, two = (column(DAY, "energy_eur_per_kwh", STATISTICS, seed=seed) for seed in (1, 2))
    assert not np.array_equal(one, two)


def test_without_noise_all_days_of_a_month_are_alike_in_market_hours():
    month = day_axis(date(2024, 10, 21), days=7)
    block = {"energy": {"kind": "dynamic", "statistics": "GR", "noise": 0.0}}
    prices = column(month, "energy_eur_per_kwh", block)
    np.testing.assert_array_equal(prices[:24], prices[24:48])
    sunday = prices[144:169]  # 25 hours: 02:00 comes twice
    np.testing.assert_array_equal(np.delete(sunday, 3), prices[:24])


def test_every_day_of_two_weeks_has_a_draw_of_its_own():
    prices = column(day_axis(date(2024, 6, 3), days=14), "energy_eur_per_kwh", STATISTICS).reshape(14, 24)
    assert len(np.unique(prices[:, 3])) == 14


def test_draws_keep_mean_and_spread_of_the_statistics():
    # data/prices/dayahead_month_hour.csv, GR, June, hour 20: 139.22 +- 22.54 and 207.84 +- 52.07 EUR/MWh in 30 days each. Pooled:
    # mean 173.53; variance (22.54**2 + 52.07**2) / 2 + 34.31**2 = 2786.9, so 52.79. Clipping to 101.01..324.95 takes from it.
    days = [column(day_axis(date(year, 6, 1), 30), "energy_eur_per_kwh", GREECE)[20::24] for year in range(2000, 2030)]
    prices = 1000.0 * np.concatenate(days)
    np.testing.assert_allclose(prices.mean(), 173.53, rtol=0.03)
    np.testing.assert_allclose(prices.std(), 52.79, rtol=0.12)
