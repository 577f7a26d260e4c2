# SPDX-License-Identifier: Apache-2.0
"""What holds for every investment and every price."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from twinergy.planning.economics import Purchase, annuity, battery_lifetime, levelised, present_value

RATE = st.floats(0.0, 0.3)
HORIZON = st.integers(1, 60)
LIFE = st.floats(0.5, 100.0)
PURCHASE = st.builds(
    Purchase,
    invest_eur=st.floats(0.0, 1e6),
    lifetime_years=LIFE,
    fixed_eur_per_year=st.floats(0.0, 1e5),
    subsidy=st.floats(0.0, 1.0),
)


@given(purchase=PURCHASE, rate=RATE, horizon=HORIZON)
def test_the_yearly_cost_is_worth_what_all_payments_are(purchase: Purchase, rate: float, horizon: int) -> None:
    even = np.full(horizon, purchase.annual_eur(rate, horizon))
    flows, times = purchase.flows(horizon)
    paid = sum(float(flow) / (1.0 + rate) ** float(time) for flow, time in zip(flows, times, strict=True))
    assert present_value(even, np.arange(1.0, horizon + 1.0), rate) == pytest.approx(paid, rel=1e-9, abs=1e-6)


@given(purchase=PURCHASE, rate=RATE, horizon=HORIZON)
def test_building_costs_at_least_its_operation(purchase: Purchase, rate: float, horizon: int) -> None:
    assert purchase.annual_eur(rate, horizon) >= purchase.fixed_eur_per_year * (1.0 - 1e-9) - 1e-6


@given(years=st.floats(0.5, 100.0))
def test_without_interest_an_annuity_becomes_an_even_share(years: float) -> None:
    assert annuity(1e-12, years) == pytest.approx(1.0 / years, rel=1e-9)


@given(rate=RATE, years=HORIZON)
def test_an_annuity_pays_back_a_euro(rate: float, years: int) -> None:
    assert present_value(np.full(years, annuity(rate, years)), np.arange(1.0, years + 1.0), rate) == pytest.approx(1.0, rel=1e-9)


@given(invest=st.floats(1.0, 1e6), rate=RATE, life=st.integers(1, 20), times=st.integers(1, 4))
def test_lives_that_fill_the_horizon_cost_their_own_annuity(invest: float, rate: float, life: int, times: int) -> None:
    purchase = Purchase(invest_eur=invest, lifetime_years=float(life))
    assert purchase.annual_eur(rate, life * times) == pytest.approx(invest * annuity(rate, life), rel=1e-9)


@given(rate=RATE, years=HORIZON, growth=st.floats(-0.2, 0.3))
def test_a_levelled_price_lies_between_first_and_last(rate: float, years: int, growth: float) -> None:
    last = (1.0 + growth) ** (years - 1)
    assert min(1.0, last) * (1.0 - 1e-9) <= levelised(growth, rate, years) <= max(1.0, last) * (1.0 + 1e-9)


@given(cycles=st.floats(0.0, 2000.0), calendar=LIFE, full=st.floats(100.0, 1e5))
def test_a_battery_lives_no_longer_than_standing_or_cycling_alone(cycles: float, calendar: float, full: float) -> None:
    life = battery_lifetime(cycles, calendar_years=calendar, full_cycles=full)
    assert 0.0 < life <= calendar * (1.0 + 1e-12)
    assume(cycles > 0.0)
    assert life <= full / cycles * (1.0 + 1e-9)
