# SPDX-License-Identifier: Apache-2.0
"""What must hold for any measured series of homes."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from controllers.home_energy.analysis import History, Likeness, Window, compare, costs, supply
from controllers.home_energy.analysis.base_load import daily_minima, nan_quantile
from controllers.home_energy.analysis.calendar import calendar
from controllers.home_energy.analysis.filtering import chosen_rows, decayed
from controllers.home_energy.analysis.runs import find_runs, grouped_quantile
from controllers.home_energy.anomalies import Watch

SHAPE = st.tuples(st.integers(1, 40), st.integers(1, 4))
POWER = st.floats(0.0, 12.0).map(lambda value: round(value, 4))


def power(shape=SHAPE, low=0.0, gaps=True):
    values = st.floats(low, 12.0).map(lambda value: round(value, 4))
    return shape.flatmap(lambda size: arrays(float, size, elements=values | st.just(float("nan")) if gaps else values))


@st.composite
def homes(draw):
    """A window of homes with a meter that is the sum of what is behind it."""
    shape = draw(SHAPE)
    element = st.floats(0.0, 12.0).map(lambda value: round(value, 3))
    load, sun = draw(arrays(float, shape, elements=element)), -draw(arrays(float, shape, elements=element))
    battery = draw(arrays(float, shape, elements=element)) - 6.0
    gaps = draw(arrays(bool, shape))
    grid = np.where(gaps, np.nan, load + sun + battery)
    values = {"p_grid_kw": grid, "p_pv_kw": sun, "p_battery_kw": battery, "p_household_kw": load}
    ids = tuple(f"h{row}" for row in range(shape[1]))
    return Window(ids=ids, start_epoch_s=0, step_s=900, timezone="UTC", values=values), load, gaps


@settings(deadline=None)
@given(homes())
def test_energy_in_is_energy_out_and_use_is_what_was_used(case):
    window, load, gaps = case
    got = supply(window)
    into = got.import_kwh + got.generation_kwh + got.discharged_kwh
    assert into == pytest.approx(got.consumption_kwh + got.export_kwh + got.charged_kwh, abs=1e-9)
    assert got.consumption_kwh == pytest.approx(np.where(gaps, 0.0, load).sum(axis=0) / 4.0, abs=1e-9)
    for share in (got.self_consumption, got.self_sufficiency):
        known = share[~np.isnan(share)]
        assert ((known >= 0.0) & (known <= 1.0)).all()


@settings(deadline=None)
@given(homes(), st.lists(st.floats(0.0, 0.5), min_size=5, max_size=5))
def test_shares_of_the_bill_add_up_to_it(case, parts):
    window, _, _ = case
    names = ("energy", "grid_fee", "levy", "vat")
    prices = {f"{name}_eur_per_kwh": np.full(window.n_steps, value) for name, value in zip(names, parts, strict=False)}
    prices["buy_eur_per_kwh"] = np.full(window.n_steps, sum(parts[:4]))
    prices["feed_in_eur_per_kwh"] = np.full(window.n_steps, parts[4])
    got = costs(window, prices, ["p_household_kw"])
    assert sum(got.group_eur.values()) == pytest.approx(got.cost_eur, abs=1e-9)
    assert all((value >= -1e-9).all() for value in got.group_eur.values())


@settings(deadline=None)
@given(power(), st.floats(0.0, 3.0), st.integers(0, 4))
def test_runs_are_in_order_apart_and_hold_no_more_than_was_drawn(p_kw, on_kw, pause):
    runs = find_runs(p_kw, 900.0, on_kw=on_kw, merge_s=900.0 * pause)
    assert (runs.end > runs.begin).all()
    same = np.diff(runs.home) == 0
    assert (np.diff(runs.home) >= 0).all()
    assert (runs.begin[1:][same] > runs.end[:-1][same]).all()
    total = np.nansum(p_kw, axis=0) / 4.0
    found = np.bincount(runs.home, runs.energy_kwh, p_kw.shape[1])
    assert (found <= total + 1e-9).all()
    if on_kw == 0.0:
        assert found == pytest.approx(total, abs=1e-9)


@settings(deadline=None)
@given(power(), st.floats(0.0, 3.0), st.integers(0, 4))
def test_runs_of_a_home_do_not_depend_on_neighbours(p_kw, on_kw, pause):
    together = find_runs(p_kw, 900.0, on_kw=on_kw, merge_s=900.0 * pause)
    for home in range(p_kw.shape[1]):
        alone = find_runs(p_kw[:, [home]], 900.0, on_kw=on_kw, merge_s=900.0 * pause)
        mine = together.where(together.home == home)
        assert np.array_equal(alone.begin, mine.begin)
        assert np.array_equal(alone.end, mine.end)
        assert np.array_equal(alone.whole, mine.whole)
        assert alone.energy_kwh == pytest.approx(mine.energy_kwh, abs=1e-9)


@settings(deadline=None)
@given(power(), arrays(bool, 40))
def test_known_beginnings_split_runs_and_lose_nothing(p_kw, begun):
    marks = np.repeat(begun[: len(p_kw), None], p_kw.shape[1], axis=1)
    plain = find_runs(p_kw, 900.0, on_kw=0.1, merge_s=1800.0)
    split = find_runs(p_kw, 900.0, on_kw=0.1, merge_s=1800.0, begun=marks)
    assert len(split.home) >= len(plain.home)
    assert split.energy_kwh.sum() == pytest.approx(plain.energy_kwh.sum(), abs=1e-9)


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.floats(-5.0, 5.0)), max_size=30), st.floats(0.0, 1.0))
def test_grouped_quantiles_are_numpy_s(pairs, quantile):
    group, values = np.array([pair[0] for pair in pairs], dtype=np.intp), np.array([pair[1] for pair in pairs], dtype=float)
    got = grouped_quantile(values, group, 4, quantile)
    for row in range(4):
        mine = values[group == row]
        assert got[row] == pytest.approx(np.quantile(mine, quantile) if mine.size else np.nan, nan_ok=True, abs=1e-12)


@settings(deadline=None)
@given(power(), st.floats(0.0, 1.0))
def test_quantiles_without_nan_are_numpy_s(values, quantile):
    got = nan_quantile(values, quantile)
    for column in range(values.shape[1]):
        known = values[~np.isnan(values[:, column]), column]
        assert got[column] == pytest.approx(np.quantile(known, quantile) if known.size else np.nan, nan_ok=True, abs=1e-9)


@settings(deadline=None)
@given(power(gaps=False), st.integers(1, 5), st.integers(1, 9))
def test_daily_minima_by_brute_force(p_kw, n_mean, per_day):
    day = np.arange(len(p_kw)) // per_day
    got = daily_minima(p_kw, day, n_mean)
    for row in range(day[-1] + 1):
        starts = [at for at in np.flatnonzero(day == row) if at + n_mean <= len(p_kw)]
        enough = (day == row).sum() >= 0.75 * np.bincount(day).max()
        for home in range(p_kw.shape[1]):
            want = min((p_kw[at : at + n_mean, home].mean() for at in starts), default=np.nan) if enough else np.nan
            assert got[row, home] == pytest.approx(want, nan_ok=True, abs=1e-9)


@settings(deadline=None)
@given(power(gaps=False), st.floats(0.1, 0.99), st.integers(1, 8))
def test_decayed_sums_by_brute_force(series, a, ahead):
    starts = np.arange(max(0, len(series) - ahead))
    if not starts.size:
        return
    got = decayed(series, a, starts, ahead)
    for row, start in enumerate(starts):
        want = sum(a ** (ahead - k) * series[start + k] for k in range(1, ahead + 1))
        assert got[row] == pytest.approx(want, rel=1e-9, abs=1e-9)


@settings(deadline=None)
@given(power(), st.integers(1, 8))
def test_stretches_without_a_gap_by_brute_force(series, ahead):
    starts = np.arange(max(0, len(series) - ahead))
    got = chosen_rows([series, np.zeros((len(series), 1))], starts, ahead)
    want = [[not np.isnan(series[at : at + ahead + 1, home]).any() for home in range(series.shape[1])] for at in starts]
    assert np.array_equal(got, np.array(want, dtype=bool).reshape(got.shape))


@settings(deadline=None)
@given(st.lists(st.integers(0, 30), min_size=1, max_size=40), st.integers(0, 2**32 - 1))
def test_peers_by_brute_force(energies, seed):
    rng = np.random.default_rng(seed)
    homes = [
        Likeness(int(r), float(a), str(h)) for r, a, h in zip(*(rng.integers(1, 3, len(energies)) for _ in range(3)), strict=True)
    ]
    energy = np.array(energies, dtype=float)
    got = compare(energy, homes)
    for row in range(len(energies)):
        if got.n_peers[row] == 0:
            assert len(energies) <= 5
            continue
        assert got.n_peers[row] >= 5
        keys = [(each.heating, each.residents) for each in homes]
        names = ("residents, floor area and heating", "residents and heating")
        same = [keys[at] == keys[row] for at in range(len(homes))] if got.basis[row] in names else None
        if same is None:
            same = [got.basis[row] == "all homes" or homes[at].heating == homes[row].heating for at in range(len(homes))]
        others = np.array([energy[at] for at in range(len(homes)) if same[at] and at != row])
        assert got.n_peers[row] == len(others)
        assert got.difference_kwh[row] == pytest.approx(energy[row] - np.median(others))
        assert got.percentile[row] == pytest.approx((others < energy[row]).mean() + 0.5 * (others == energy[row]).mean())


@settings(max_examples=40, deadline=None)
@example(1_730_339_100, "America/St_Johns")  # the clock changes at 04:30 UTC
@given(
    st.integers(946_684_800, 2_208_988_800),
    st.sampled_from(["Europe/Berlin", "Europe/Athens", "Europe/London", "America/St_Johns", "UTC"]),
)
def test_calendar_is_the_local_clock(epoch_s, zone):
    begin = epoch_s // 900 * 900
    got = calendar(begin, 900, 300, zone)
    local = [datetime.fromtimestamp(begin + 900 * row, tz=UTC).astimezone(ZoneInfo(zone)) for row in range(300)]
    assert got.hour.tolist() == [each.hour for each in local]
    assert got.day.tolist() == [(each.date() - local[0].date()).days for each in local]
    assert got.weekend.tolist() == [each.weekday() >= 5 for each in local]


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(1, 60), st.floats(0.0, 10.0)), min_size=1, max_size=60))
def test_history_holds_the_last_readings_whatever_was_skipped(steps):
    kept = History(["a"], ["p_household_kw"], step_s=3600, days=1, timezone="UTC")
    said, at = {}, 0
    for jump, value in steps:
        at += jump
        kept.add(3600 * at, {"p_household_kw": np.array([value])})
        said[at] = value
    window = kept.window()
    first = window.start_epoch_s // 3600
    assert first + window.n_steps - 1 == at
    assert window.n_steps <= 24
    want = [np.float32(said[row]) if row in said else np.nan for row in range(first, at + 1)]
    assert np.array_equal(window["p_household_kw"][:, 0], np.array(want, dtype=float), equal_nan=True)


@settings(max_examples=6, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_what_is_found_in_a_home_does_not_depend_on_neighbours(seed):
    rng = np.random.default_rng(seed)
    names, n_steps = ["one", "two"], 26 * 24
    base = np.where(np.arange(n_steps)[:, None, None] % 24 < 3, rng.uniform(0.1, 1.0, (1, 11, 2)), 0.01)
    base[580:620] += rng.uniform(0.0, 1.0, (1, 11, 2))
    base[rng.random(base.shape) < 0.001] = np.nan
    found = {}
    for home in ([0, 1], [0], [1]):
        watch = Watch([names[row] for row in home], 3600)
        values = [dict(zip(watch.ports, base[step][:, home], strict=True)) for step in range(n_steps)]
        found[tuple(home)] = [each for step, row in enumerate(values) for each in watch.observe(3600 * step, row)]
    assert found[0, 1]
    for row, name in enumerate(names):
        assert [each for each in found[0, 1] if each.dwelling == name] == found[row,]


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from([60, 900, 3600]))
def test_detectors_survive_whatever_gateways_say(seed, step_s):
    rng = np.random.default_rng(seed)
    watch, epoch_s = Watch(["one"], step_s), 0
    for _ in range(200):
        epoch_s += step_s * int(rng.choice([1, 1, 1, 2, 50, 2000]))
        strange = rng.choice([0.0, -3.0, 0.01, 1.0, 40.0, 1e6, np.nan], len(watch.ports))
        for each in watch.observe(epoch_s, {port: np.array([value]) for port, value in zip(watch.ports, strange, strict=True)}):
            assert 0.5 <= each.confidence <= 1.0
            assert each.since_epoch_s < each.found_epoch_s
            assert str(each)
