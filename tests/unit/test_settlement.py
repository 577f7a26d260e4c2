# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest

from twinergy.results.settlement import PRICES, bill, bill_text, settle

HOUR_S = 3600.0
YEAR_H = 8760


def priced(rows, vat=0.19):
    """Prices of one tariff: rows of (energy, grid fee, levy, feed-in, carbon)."""
    energy, grid_fee, levy, feed_in, co2 = (np.array(column, dtype=float)[:, None] for column in zip(*rows, strict=True))
    net = energy + grid_fee + levy
    return dict(zip(PRICES, (energy, grid_fee, levy, vat * net, (1 + vat) * net, feed_in, co2), strict=True))


def settled(p_kw, rows, *, standing=0.0, vat=0.19, step_s=HOUR_S):
    power = np.array(p_kw, dtype=float)
    row = np.zeros(power.shape[1], dtype=np.int64)
    return settle(power, step_s, priced(rows, vat), row, np.array([standing]), np.array([100 * vat]))


def test_a_year_of_constant_load_by_hand():
    # 0.4 kW x 8760 h = 3504 kWh. Energy 350.40, grid fee 280.32, levies 175.20, standing 120.00: net 925.92 EUR.
    # 19 % VAT are 175.9248, together 1101.8448 EUR. Carbon 3504 kWh x 381 g = 1335.024 kg.
    year = settled(np.full((YEAR_H, 1), 0.4), [(0.10, 0.08, 0.05, 0.08, 381)] * YEAR_H, standing=120.0)
    parts = (year.energy_eur, year.grid_fee_eur, year.levy_eur, year.standing_eur, year.vat_eur, year.net_cost_eur, year.co2_kg)
    np.testing.assert_allclose([part[0] for part in parts], [350.40, 280.32, 175.20, 120.0, 175.9248, 1101.8448, 1335.024])


def test_three_hours_with_export_and_moving_prices_by_hand():
    # Hour 1: 2 kWh bought at (0.20 + 0.05 + 0.05) x 1.2 = 0.36 EUR/kWh: 0.72 EUR.
    # Hour 2: 3 kWh fed in at 0.08: 0.24 EUR. Hour 3: 1 kWh bought at (0.40 + 0.05 + 0.05) x 1.2 = 0.60 EUR.
    # Paid 1.32, of it VAT 0.22 (0.2 x 0.60 + 0.2 x 0.50); net of feed-in 1.08. Carbon 2 x 300 + 1 x 500 = 1100 g.
    rows = [(0.20, 0.05, 0.05, 0.08, 300), (0.30, 0.05, 0.05, 0.08, 400), (0.40, 0.05, 0.05, 0.08, 500)]
    three = settled([[2.0], [-3.0], [1.0]], rows, vat=0.2)
    parts = (
        three.energy_import_kwh,
        three.energy_export_kwh,
        three.cost_eur,
        three.vat_eur,
        three.feed_in_revenue_eur,
        three.co2_kg,
    )
    np.testing.assert_allclose([part[0] for part in parts], [3.0, 3.0, 1.32, 0.22, 0.24, 1.1])
    np.testing.assert_allclose(three.net_cost_eur, [1.08])


def test_import_and_export_are_never_netted_over_steps():
    # 1 kWh out at noon at 0.08 and 1 kWh in at night at 0.30 is not nothing: 0.30 - 0.08 = 0.22 EUR.
    there_and_back = settled([[-1.0], [1.0]], [(0.20, 0.05, 0.05, 0.08, 0)] * 2, vat=0.0)
    np.testing.assert_allclose(there_and_back.net_cost_eur, [0.22])


def test_who_receives_what_by_hand():
    # 4 kWh x (0.20, 0.05, 0.05): supplier 0.80, grid 0.20, levies 0.20, VAT 25 % of 1.20 = 0.30; 5 kWh fed in at 0.08: 0.40.
    one_hour = settled([[4.0, -5.0]], [(0.20, 0.05, 0.05, 0.08, 0)], vat=0.25)
    assert one_hour.received_eur == pytest.approx({"supplier": 0.80 - 0.40, "grid_operator": 0.20, "state": 0.50})


def test_a_quarter_of_an_hour_is_a_quarter_of_the_energy():
    quarter = settled([[4.0]], [(0.25, 0.0, 0.0, 0.0, 0)], vat=0.0, step_s=900.0)
    np.testing.assert_allclose([quarter.energy_import_kwh[0], quarter.energy_eur[0]], [1.0, 0.25])


def test_the_standing_charge_of_a_week_carries_vat():
    # 104.2857142857 EUR/a x 7 / 365 = 2.00 EUR; 19 % VAT are 0.38 EUR; there is no energy.
    week = settled(np.zeros((168, 1)), [(0.2, 0.1, 0.1, 0.08, 0)] * 168, standing=730 / 7)
    np.testing.assert_allclose([week.standing_eur[0], week.vat_eur[0], week.net_cost_eur[0]], [2.00, 0.38, 2.38])
    assert week.received_eur == pytest.approx({"supplier": 2.00, "grid_operator": 0.0, "state": 0.38})


def test_each_connection_pays_its_own_tariff():
    prices = {name: np.array([[0.0, 0.0]]) for name in PRICES} | {"buy_eur_per_kwh": np.array([[0.2, 0.3]])}
    prices["energy_eur_per_kwh"] = prices["buy_eur_per_kwh"]
    both = settle(np.ones((1, 3)), HOUR_S, prices, np.array([1, 0, 1]), np.zeros(2), np.zeros(2))
    np.testing.assert_allclose(both.energy_eur, [0.3, 0.2, 0.3])
    assert both.residual_max_eur == pytest.approx(0.0, abs=1e-15)


def test_a_total_price_that_is_not_the_sum_of_its_parts_shows_as_residual():
    # 2 kWh at a total that is 0.01 EUR/kWh too high in the second hour only: 0.02 EUR paid that nobody receives.
    prices = priced([(0.20, 0.05, 0.05, 0.08, 0)] * 2)
    prices["buy_eur_per_kwh"] += np.array([[0.0], [0.01]])
    bad = settle(np.full((2, 1), 2.0), HOUR_S, prices, np.array([0]), np.zeros(1), np.zeros(1))
    np.testing.assert_allclose(bad.residual_eur, [0.0, 0.02], atol=1e-15)
    assert bad.residual_max_eur == pytest.approx(0.02)


def test_a_step_without_power_makes_only_that_bill_unknown():
    gap = settled([[1.0, np.nan]], [(0.2, 0.0, 0.0, 0.0, 0)], vat=0.0)
    np.testing.assert_array_equal(gap.net_cost_eur, [0.2, np.nan])
    assert np.isnan(gap.residual_max_eur)


def test_weeks_of_unequal_length_add_up_and_keep_every_residual():
    rows = [(0.20, 0.05, 0.05, 0.08, 300)] * 5
    power = np.array([[1.0], [-2.0], [3.0], [0.5], [-1.0]])
    whole, first, second = settled(power, rows), settled(power[:2], rows[:2]), settled(power[2:], rows[2:])
    added = first + second
    np.testing.assert_allclose(added.net_cost_eur, whole.net_cost_eur)
    assert (len(added.residual_eur), added.duration_s) == (5, whole.duration_s)


def test_settlements_of_other_connections_do_not_add_up():
    row = [(0.2, 0.0, 0.0, 0.0, 0)]
    with pytest.raises(ValueError, match="settlements of 1 and 2 connections"):
        settled([[1.0]], row) + settled([[1.0, 1.0]], row)


def test_line_items_of_a_bill_by_hand():
    # 2 kWh at 0.20, 0.06 and 0.04 EUR/kWh, one hour of 87.60 EUR/a = 0.01 EUR, 20 % VAT on 0.61 = 0.122 EUR: 0.732 EUR.
    lines = bill(settled([[2.0]], [(0.20, 0.06, 0.04, 0.08, 0)], standing=87.6, vat=0.2), 0)
    assert [line.item for line in lines] == [
        "energy",
        "grid fee",
        "taxes and levies",
        "standing charge",
        "value added tax",
        "feed-in",
        "total",
    ]
    np.testing.assert_allclose([line.amount_eur for line in lines], [0.40, 0.12, 0.08, 0.01, 0.122, 0.0, 0.732])
    np.testing.assert_allclose([line.unit_price_eur for line in lines[:5]], [0.20, 0.06, 0.04, 0.24, 0.20])
    assert lines[3].quantity == pytest.approx(1 / 24)


def test_feed_in_stands_on_the_bill_with_a_minus():
    lines = bill(settled([[-5.0]], [(0.2, 0.0, 0.0, 0.08, 0)]), 0)
    assert (lines[5].quantity, lines[5].amount_eur) == pytest.approx((5.0, -0.4))
    assert bill_text(lines).splitlines()[5] == "feed-in                  5.00 kWh  x  -0.0800 =      -0.40 EUR"
    assert bill_text(lines).splitlines()[0] == "energy                   0.00 kWh             =       0.00 EUR"
    assert bill_text(lines).splitlines()[6] == "total                                         =      -0.40 EUR"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"tariff_row": np.array([2])}, r"tariff_row lies in 2\.\.2, allowed 0\.\.0"),
        ({"tariff_row": np.array([-1])}, r"tariff_row lies in -1\.\.-1"),
        ({"tariff_row": np.array([0, 0])}, r"tariff_row has shape \(2,\), expected \(1,\)"),
        ({"vat_percent": np.zeros(3)}, r"vat_percent has shape \(3,\), expected \(1,\)"),
        ({"step_s": 0.0}, "step_s is 0.0 s, must be positive"),
        ({"p_kw": np.ones((2, 1))}, r"energy_eur_per_kwh has shape \(1, 1\), expected \(2, 1\)"),
        ({"prices": {}}, "prices lack energy_eur_per_kwh"),
    ],
)
def test_what_does_not_fit_is_refused(change, message):
    fitting = {
        "p_kw": np.ones((1, 1)),
        "step_s": HOUR_S,
        "prices": priced([(0.2, 0.0, 0.0, 0.0, 0)]),
        "tariff_row": np.array([0]),
        "standing_eur_per_year": np.zeros(1),
        "vat_percent": np.zeros(1),
    }
    with pytest.raises(ValueError, match=message):
        settle(**(fitting | change))
