# SPDX-License-Identifier: Apache-2.0
"""Annuities and price factors against tables and other programs."""

from __future__ import annotations

import pytest

from twinergy.planning.economics import Purchase, annuity, levelised


@pytest.mark.parametrize(
    ("percent", "years", "expected"),
    [
        # capital recovery factors of the tables of textbooks on engineering economics, and of VDI 2067 part 1 for 5 %, 20 a
        (5, 20, 0.080243),
        (3, 15, 0.083767),
        (7, 25, 0.085811),
        (10, 10, 0.162745),
        (4, 30, 0.057830),
    ],
)
def test_annuity_as_in_tables(percent: int, years: int, expected: float) -> None:
    assert annuity(percent / 100.0, years) == pytest.approx(expected, abs=5e-7)


def test_price_factor_of_vdi_2067() -> None:
    # b = (1 - (r/q)^T) / (q - r) with q = 1.05, r = 1.03, T = 20; powers of tables: 1.03^20 = 1.806111, 1.05^20 = 2.653298,
    # (1 - 1.806111/2.653298) / 0.02 = 15.96480; times the annuity factor 0.0802426: 1.281057
    assert levelised(0.03, 0.05, 20) == pytest.approx(1.281057, abs=3e-6)


def test_capital_costs_of_vdi_2067() -> None:
    """A_N,K = (A_0 + A_1 - R_W) a, with T = 20, T_N = 15, q = 1.05, no growth of prices.

    A_1 = A_0 / q^15 = 0.481017 A_0; R_W = A_0 ((n + 1) T_N - T) / T_N / q^T = A_0 * 10/15 * 0.376889 = 0.251260 A_0;
    (1 + 0.481017 - 0.251260) * 0.0802426 = 0.0986789.
    """
    assert Purchase(invest_eur=1.0, lifetime_years=15.0).annual_eur(0.05, 20) == pytest.approx(0.0986789, abs=5e-7)
