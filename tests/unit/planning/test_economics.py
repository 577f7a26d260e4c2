# SPDX-License-Identifier: Apache-2.0
"""Money over time: what is bought again, what is left, what is subsidised, what grows. Expected values are worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from twinergy.planning.economics import Purchase, annuity, battery_lifetime, levelised, levelled, present_value
from twinergy.planning.request import Financing


def test_without_interest_an_annuity_is_an_even_share() -> None:
    assert annuity(0.0, 20) == 1.0 / 20.0


@pytest.mark.parametrize("years", [0.0, -3.0, float("nan"), float("inf")])
def test_an_annuity_needs_years(years: float) -> None:
    with pytest.raises(ValueError, match=f"above 0 years, got {years}"):
        annuity(0.05, years)


@pytest.mark.parametrize("rate", [-1.0, -5.0, float("nan")])
def test_an_impossible_rate_is_refused(rate: float) -> None:
    with pytest.raises(ValueError, match=f"got {rate} 1/a"):
        annuity(rate, 20)


def test_a_payment_next_year_counts_less() -> None:
    assert present_value(np.array([105.0]), np.array([1.0]), 0.05) == pytest.approx(100.0)


def test_what_lives_shorter_is_bought_again_and_leaves_a_rest() -> None:
    # 1000 EUR every 8 years within 20: bought at 0, 8, 16; at 20 the last one has 4 of 8 years left: 500 EUR
    flows, times = Purchase(invest_eur=1000.0, lifetime_years=8.0).flows(20)
    paid = {(float(time), float(flow)) for time, flow in zip(times, flows, strict=True) if flow}
    assert paid == {(0.0, 1000.0), (8.0, 1000.0), (16.0, 1000.0), (20.0, -500.0)}


def test_replacement_by_hand() -> None:
    # inverter of 1000 EUR every 10 years over 20 at 4 %: (1000 + 1000/1.04**10) * 0.0735818
    # = (1000 + 675.5642) * 0.0735818 = 123.2910 EUR/a, which is the annuity over its own 10 years
    assert Purchase(invest_eur=1000.0, lifetime_years=10.0).annual_eur(0.04, 20) == pytest.approx(123.2909, abs=2e-4)


def test_residual_by_hand() -> None:
    # PV of 1000 EUR, 40 years, judged over 20 at 4 %: (1000 - 500/1.04**20) * 0.0735818 = (1000 - 228.1935) * 0.0735818
    assert Purchase(invest_eur=1000.0, lifetime_years=40.0).annual_eur(0.04, 20) == pytest.approx(56.7909, abs=2e-4)


def test_a_life_that_ends_with_the_horizon_is_not_bought_again() -> None:
    purchase = Purchase(invest_eur=1000.0, lifetime_years=20.0 / 3.0)
    assert len(purchase.bought_at(20)) == 3
    assert purchase.residual_eur(20) == pytest.approx(0.0, abs=1e-9)


def test_fixed_operation_is_paid_as_it_falls_due() -> None:
    purchase = Purchase(invest_eur=0.0, lifetime_years=20.0, fixed_eur_per_year=30.0)
    assert purchase.annual_eur(0.07, 20) == pytest.approx(30.0)


def test_a_subsidy_is_paid_once() -> None:
    # 10 years, 20 years of horizon, 40 % subsidy at 4 %: (600 + 1000/1.04**10) * 0.0735818 = 1275.5642 * 0.0735818 = 93.8583
    assert Purchase(invest_eur=1000.0, lifetime_years=10.0, subsidy=0.4).annual_eur(0.04, 20) == pytest.approx(93.8582, abs=2e-4)


def test_a_gift_is_never_worth_building_for_its_own_sake() -> None:
    assert Purchase(invest_eur=1000.0, lifetime_years=60.0, subsidy=1.0).annual_eur(0.04, 20) == 0.0


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"invest_eur": -5.0, "lifetime_years": 10.0}, "got -5.0 EUR"),
        ({"invest_eur": 5.0, "lifetime_years": 0.0}, "got 0.0 a"),
        ({"invest_eur": 5.0, "lifetime_years": 10.0, "subsidy": 40.0}, "got 40.0"),
        ({"invest_eur": 5.0, "lifetime_years": 10.0, "fixed_eur_per_year": -1.0}, "-1.0 EUR/a"),
    ],
)
def test_a_purchase_that_cannot_be_is_refused(wrong: dict[str, float], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Purchase(**wrong)


def test_a_price_that_grows_with_the_interest_by_hand() -> None:
    # r = q: every year's payment is worth 1/q today, 20/1.05 in all, times the annuity 0.0802426
    assert levelised(0.05, 0.05, 20) == pytest.approx(20.0 / 1.05 * 0.0802425872, rel=1e-9)


def test_prices_level_by_carrier() -> None:
    finance = Financing(discount_rate=0.05, price_growth={"natural_gas": 0.03})
    assert levelled(finance, "electricity") == pytest.approx(1.0)
    assert levelled(finance, "natural_gas") == levelised(0.03, 0.05, 20)


def test_standing_and_cycling_wear_a_battery_together() -> None:
    assert battery_lifetime(0.0, calendar_years=20.0, full_cycles=5000.0) == 20.0
    assert battery_lifetime(250.0, calendar_years=20.0, full_cycles=5000.0) == pytest.approx(10.0)  # 5 % and 5 % a year


def test_a_battery_without_a_life_is_refused() -> None:
    with pytest.raises(ValueError, match=r"got 0\.0 a, 5000\.0 cycles in all"):
        battery_lifetime(250.0, calendar_years=0.0, full_cycles=5000.0)
