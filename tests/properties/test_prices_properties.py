# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from datetime import date, timedelta

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from simulators.prices.bands import Band, TimeOfUse, count_table, price_table, spans
from simulators.prices.month_hour import MonthHour, Statistics
from simulators.prices.series import Sampled, mean_over_steps
from tests.unit.test_prices_support import column, day_axis, site, times

STEPS = st.sampled_from([60, 300, 900, 1800, 3600, 7200])
DAYS = st.dates(date(2023, 1, 1), date(2026, 12, 31))


def clock(minute):
    return f"{minute // 60:02d}:{minute % 60:02d}"


@st.composite
def partitions(draw):
    """Bands that cut a day into pieces, the last one going on after midnight."""
    cuts = sorted(draw(st.sets(st.integers(0, 1439), min_size=2, max_size=6)))
    ends = [*cuts[1:], cuts[0]]
    return [
        {"from": clock(a), "to": clock(b), "price_eur_per_kwh": row / 10}
        for row, (a, b) in enumerate(zip(cuts, ends, strict=True))
    ], cuts


@given(partitions())
def test_pieces_of_a_day_cover_every_minute_once_and_with_their_price(partition):
    bands, cuts = partition
    table = price_table(TimeOfUse.model_validate({"bands": bands}).bands)
    piece = (np.searchsorted(cuts, np.arange(1440), side="right") - 1) % len(cuts)  # before the first cut: the last piece
    np.testing.assert_array_equal(table, np.broadcast_to(piece / 10, table.shape))


@given(partitions(), st.integers(0, 5))
def test_leaving_out_a_piece_leaves_a_gap_of_its_length(partition, row):
    bands, _ = partition
    left = tuple(Band.model_validate(band) for band in bands if band is not bands[row % len(bands)])
    missing = Band.model_validate(bands[row % len(bands)]).minutes()
    uncovered = count_table(left) == 0
    assert uncovered.sum() == 12 * 4 * missing.sum()
    assert spans(uncovered)


@given(st.integers(1, 12), STEPS, st.integers(0, 2**31))
def test_the_mean_of_a_day_does_not_depend_on_the_step(cell, step_s, seed):
    cell_s = 900 * cell if 96 % cell == 0 else 900
    values = np.random.default_rng(seed).uniform(-0.5, 1.0, 2 * 86400 // cell_s)
    source = Sampled(0, cell_s, values)
    means = mean_over_steps(source, np.arange(0, 2 * 86400, step_s, dtype=np.int64), step_s)
    np.testing.assert_allclose(means.mean(), values.mean(), rtol=1e-9, atol=1e-12)
    assert means.min() >= values.min() - 1e-12
    assert means.max() <= values.max() + 1e-12


@given(DAYS, st.sampled_from(["Europe/Berlin", "Europe/Athens", "Europe/Rome", "Europe/London"]))
def test_a_local_day_has_eight_hours_of_night_give_or_take_the_hour_of_the_clock(day, timezone):
    axis = day_axis(day, step_s=900, timezone=timezone)
    block = {"energy": {"kind": "day_night", "day_eur_per_kwh": 0.3, "night_eur_per_kwh": 0.1}}
    night = column(axis, "energy_eur_per_kwh", block, place=site("GR", timezone)) == 0.1
    assert night.sum() / 4 == 8 + (axis.n_steps / 4 - 24)


@given(DAYS, st.integers(0, 2**31), st.sampled_from(["DE_LU", "GB", "GR", "IT_SARD"]), st.integers(1, 20))
def test_the_market_of_a_day_does_not_depend_on_the_window_one_looks_through(day, seed, zone, days):
    market = MonthHour(zone, Statistics.of(zone), seed, noise=1.0)
    long = times(day_axis(day, days=days))
    short = times(day_axis(day + timedelta(days=days - 1)))
    np.testing.assert_array_equal(market.at(long)[-len(short) :], market.at(short))


@given(DAYS, st.integers(0, 2**31), st.floats(0.0, 5.0))
def test_market_prices_stay_within_what_was_observed(day, seed, noise):
    statistics = Statistics.of("DE_LU")
    prices = MonthHour("DE_LU", statistics, seed, noise).at(times(day_axis(day)))
    assert prices.min() >= statistics.low.min()
    assert prices.max() <= statistics.high.max()
