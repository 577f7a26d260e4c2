# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime

import numpy as np
import pytest
from pydantic import TypeAdapter, ValidationError

from twinergy.community.twin import Site
from twinergy.forecast import ForecastOptions, Perfect, make
from twinergy.forecast.past import Past

HOUR_S = 3600
LEARNING = ("persistence", "seasonal", "boosting")
HAGEDORN = Site(name="", latitude_deg=51.87, longitude_deg=9.09, altitude_m=140.0, timezone="Europe/Berlin", country="DE-NW")


def provider(kind, n_series=1, *, step_s=HOUR_S, role="load", site=HAGEDORN, **options):
    chosen = TypeAdapter(ForecastOptions).validate_python({"kind": kind, **options})
    return make(chosen, n_series, site, step_s, role=role, seed=1)


def epoch(*when):
    return int(datetime(*when, tzinfo=UTC).timestamp())


def taught(forecasts, start_s, values, weather=None):
    """Return a provider that has seen these rows."""
    for row, value in enumerate(np.atleast_2d(np.asarray(values, dtype=float).T).T):
        forecasts.observe(start_s + row * forecasts.step_s, np.broadcast_to(value, (forecasts.n_series,)), weather)
    return forecasts


def local_hours(start_s, count, offsets):
    """Return the local hour of each step from offsets that were looked up by hand: (from epoch, offset in h)."""
    times = start_s + HOUR_S * np.arange(count)
    offset = sum(np.where(times >= since, hours, 0) for since, hours in offsets)
    return (times // HOUR_S + offset) % 24


def test_persistence_is_the_day_before():
    day = np.arange(24.0)
    forecasts = taught(provider("persistence", fade_h=0.0), 0, day)
    assert forecasts.predict(48)[:, 0].tolist() == [*day, *day]


def test_persistence_fades_the_last_value_into_the_day_before():
    """Yesterday 1 kW, now 3 kW, fading in 2 h: in an hour 1 + 2 exp(-1/2)."""
    forecasts = taught(provider("persistence", fade_h=2.0), 0, [1.0] * 47 + [3.0])
    assert forecasts.predict(3)[:, 0].tolist() == pytest.approx([1.0 + 2.0 * np.exp(-lead / 2.0) for lead in (1, 2, 3)])


def test_persistence_searches_an_older_day_where_there_is_a_gap():
    values = np.concatenate([np.full(24, 5.0), np.full(24, 7.0)])
    values[24 + 3] = np.nan
    assert taught(provider("persistence", fade_h=0.0), 0, values).predict(5)[:, 0].tolist() == [7.0, 7.0, 7.0, 5.0, 7.0]


SPRING = epoch(2024, 3, 31, 1), 1  # 01:00 UTC: clocks go from +1 h to +2 h
AUTUMN = epoch(2024, 10, 27, 1), -1


@pytest.mark.parametrize(
    ("start_s", "offsets"),
    [
        pytest.param(epoch(2024, 3, 16, 23), [(0, 1), SPRING], id="day of 23 hours"),
        pytest.param(epoch(2024, 10, 12, 22), [(0, 2), AUTUMN], id="day of 25 hours"),
    ],
)
@pytest.mark.parametrize("kind", ["persistence", "seasonal"])
def test_habits_follow_the_local_clock(kind, start_s, offsets):
    """A machine runs at 08:00 local time every day; on the day after the change too, an hour off in UTC."""
    count = 14 * 24 + 2  # up to 01:00 UTC of the Sunday of the change
    options = {"fade_h": 0.0} if kind == "persistence" else {"smoothing_h": 0.0}
    runs = local_hours(start_s, count, offsets) == 8
    forecasts = taught(provider(kind, **options), start_s, 2.0 * runs)
    expected = 2.0 * (local_hours(start_s + count * HOUR_S, 30, offsets) == 8)
    assert expected.sum() >= 2.0
    assert forecasts.predict(30)[:, 0] == pytest.approx(expected, abs=0.02)


def test_a_holiday_is_a_sunday():
    """Sundays need 5 kW, all other days 1 kW. 1 May 2024, a Wednesday, is a holiday in Germany."""
    start_s, days = epoch(2024, 3, 31, 22), 30  # local midnight of Monday, 1 April 2024 (itself Easter Monday)
    sunday = np.array([day % 7 == 6 or day == 0 for day in range(days)])
    values = np.repeat(np.where(sunday, 5.0, 1.0), 24)
    options = {"weekday_share": 1.0, "half_life_days": 730.0}
    for country, expected in (("DE-NW", 5.0), ("GB-ENG", 1.0)):
        site = Site(name="", latitude_deg=51.0, longitude_deg=9.0, altitude_m=0.0, timezone="Europe/Berlin", country=country)
        forecasts = taught(provider("seasonal", site=site, **options), start_s, values)
        assert forecasts.predict(30)[5:20, 0] == pytest.approx(expected, abs=0.5), country


def test_seasonal_means_age():
    """Two days of 0 kW and then two of 1 kW, half-life one day: weights 1/8, 1/4, 1/2, 1 give 1.5 / 1.875."""
    options = {"half_life_days": 1.0, "weekday_share": 0.0, "smoothing_h": 0.0}
    values = np.concatenate([np.zeros(48), np.ones(48), [0.8]])
    forecasts = taught(provider("seasonal", site=utc_site(), **options), 0, values)
    assert forecasts.predict(20)[12:, 0] == pytest.approx(1.5 / 1.875, abs=1e-3)


def utc_site(latitude_deg=50.0, longitude_deg=0.0):
    return Site(name="", latitude_deg=latitude_deg, longitude_deg=longitude_deg, altitude_m=0.0, timezone="UTC", country="XX")


def test_a_country_without_known_holidays_has_none():
    assert taught(provider("seasonal", site=utc_site()), 0, np.ones(30)).predict(3) == pytest.approx(1.0)


@pytest.mark.parametrize("kind", LEARNING)
@pytest.mark.parametrize("role", ["load", "pv"])
def test_before_anything_is_known_it_says_so(kind, role):
    forecasts = provider(kind, 2, role=role)
    assert forecasts.ready.tolist() == [0.0, 0.0]
    assert forecasts.predict(4).tolist() == np.zeros((4, 2)).tolist()
    assert forecasts.quantiles((0.1, 0.9), 4).shape == (2, 4, 2)


def test_readiness_is_of_each_home():
    forecasts = provider("seasonal", 2)
    for row in range(24 * 7):
        forecasts.observe(row * HOUR_S, np.array([1.0, 1.0 if row % 2 else np.nan]))
    assert forecasts.ready.tolist() == [1.0, 0.5]


@pytest.mark.parametrize("kind", [*LEARNING, "clear_sky"])
def test_gaps_and_garbage_do_not_poison(kind):
    role = "pv" if kind == "clear_sky" else "load"
    forecasts = provider(kind, 3, role=role, **({"min_days": 2} if kind == "boosting" else {}))
    sign = -1.0 if role == "pv" else 1.0
    for row in range(24 * 6):
        if 70 <= row < 80:
            continue  # the home's gateway was off
        values = sign * np.array([1.0, np.nan, 2.0])
        values[2] = {30: np.inf, 31: -np.inf, 32: np.nan}.get(row, values[2])
        forecasts.observe(row * HOUR_S, values)
        said = forecasts.predict(26)
        spread = forecasts.quantiles((0.05, 0.5, 0.95), 26)
        assert np.isfinite(said).all()
        assert np.isfinite(spread).all()
        assert (np.diff(spread, axis=0) >= 0.0).all()
    assert (said[:, 1] == 0.0).all()
    assert np.abs(said[:, 0]).max() > 0.5


def test_pv_is_never_positive_and_load_never_negative():
    rng = np.random.default_rng(3)
    values = rng.normal(0.0, 1.0, 24 * 5)
    for kind in LEARNING:
        load = taught(provider(kind), 0, values)
        assert load.predict(30).min() >= 0.0
        pv = taught(provider(kind, role="pv"), 0, values)
        assert pv.predict(30).max() <= 0.0
        assert not np.signbit(load.predict(30)).any()


def test_quantiles_of_a_known_noise():
    """A load is 1, 2 … 9 kW, each as likely, without any pattern: of the errors the 0.1 quantile is near -4 kW."""
    rng = np.random.default_rng(5)
    forecasts = provider("seasonal", half_life_days=700.0)
    inside = []
    for row in range(24 * 40):
        value = float(rng.integers(1, 10))
        if row > 24 * 20:
            inside.append(forecasts.quantiles((0.1, 0.9), 12)[:, 11, 0])
        forecasts.observe(row * HOUR_S, np.array([value]))
        forecasts.predict(12)
    low, high = np.mean(inside, axis=0)
    assert low == pytest.approx(1.3, abs=0.4)
    assert high == pytest.approx(8.7, abs=0.4)


@pytest.mark.parametrize(
    ("at_s", "values", "match"),
    [
        (HOUR_S + 5, [1.0], r"begins at 3605 s, 5 s beside the raster of 3600 s"),
        (0, [1.0], r"step at 0 s does not come after the last one, at 0 s"),
        (HOUR_S, [1.0, 2.0], r"shape \(2,\), expected \(1,\)"),
    ],
)
def test_a_wrong_step_is_refused(at_s, values, match):
    forecasts = taught(provider("seasonal"), 0, [1.0])
    with pytest.raises(ValueError, match=match):
        forecasts.observe(at_s, np.array(values))


@pytest.mark.parametrize("levels", [(), (0.0,), (0.5, 0.5), (0.9, 0.1), (0.5, 1.0)])
def test_levels_must_rise_within_bounds(levels):
    with pytest.raises(ValueError, match=r"must rise within \(0, 1\)"):
        provider("seasonal").quantiles(levels, 4)


def test_what_cannot_be_made_is_refused():
    with pytest.raises(ValueError, match="700 s does not divide a day"):
        provider("seasonal", step_s=700)
    with pytest.raises(ValueError, match="clear-sky scaling is for PV, not for 'load'"):
        provider("clear_sky")
    with pytest.raises(ValueError, match="needs the truth"):
        provider("perfect")
    truth = Perfect(0, 900, np.zeros((4, 2)))
    with pytest.raises(ValueError, match="2 series of 900 s, but 3 series of 3600 s"):
        make(TypeAdapter(ForecastOptions).validate_python({"kind": "perfect"}), 3, HAGEDORN, HOUR_S, truth=truth)
    with pytest.raises(ValidationError, match="Input tag 'seasonl'"):
        provider("seasonl")
    with pytest.raises(ValidationError, match="half_live"):
        provider("seasonal", half_live=3)


def test_perfect_foresight_is_the_truth_and_then_repeats_the_last_day():
    truth = np.arange(48.0)[:, None] - 20.0
    forecasts = Perfect(epoch(2024, 1, 1), HOUR_S, truth)
    assert forecasts.predict(3)[:, 0].tolist() == [-20.0, -19.0, -18.0]
    forecasts.observe(epoch(2024, 1, 2, 21), np.array([np.nan]))
    assert forecasts.predict(4)[:, 0].tolist() == [26.0, 27.0, 4.0, 5.0]
    assert forecasts.quantiles((0.1, 0.9), 2)[:, :, 0].tolist() == [[26.0, 27.0]] * 2
    with pytest.raises(ValueError, match="nan in row 1 of series 0"):
        Perfect(0, HOUR_S, np.array([[1.0], [np.nan]]))
    with pytest.raises(ValueError, match=r"got shape \(2,\)"):
        Perfect(0, HOUR_S, np.ones(2))


def test_boosting_learns_what_the_simple_forecast_cannot():
    """A slow building: what it takes in six hours is how cold it was in the six hours before."""
    rng = np.random.default_rng(1)
    cold = np.repeat(rng.uniform(0.0, 1.0, 4 * 32), 6)
    load = np.roll(cold, 6)

    def rmse(forecasts, *, thermometer):
        off = []
        for row, frost in enumerate(cold[:-6]):
            weather = {"temp_degc": 20.0 - 30.0 * frost} if thermometer else {}
            forecasts.observe(row * HOUR_S, np.full(4, load[row]), weather)
            if row > 24 * 22 and row % 6 == 5:
                off.append(forecasts.predict(6) - load[row + 1 : row + 7, None])
        return np.sqrt(np.mean(np.square(off)))

    options = {"iterations": 60, "learning_rate": 0.1, "horizon_h": 6.0, "most_examples": 20_000}
    seeing = rmse(provider("boosting", 4, **options), thermometer=True)
    assert seeing < 0.8 * rmse(provider("seasonal", 4), thermometer=True)
    assert seeing < 0.8 * rmse(provider("boosting", 4, **options), thermometer=False)


def test_boosting_speaks_like_the_simple_forecast_until_it_is_trained():
    rng = np.random.default_rng(2)
    values = rng.gamma(2.0, 0.5, (24 * 9, 2))
    simple, boosted = provider("seasonal", 2), provider("boosting", 2, min_days=7)
    same = []
    for row, value in enumerate(values):
        simple.observe(row * HOUR_S, value)
        boosted.observe(row * HOUR_S, value)
        same.append((simple.predict(24) == boosted.predict(24)).all())
    assert all(same[: 24 * 7])
    assert not any(same[24 * 7 + 1 :])
    assert boosted.ready.tolist() == [1.0, 1.0]


def test_same_seed_same_bits_and_another_seed_another_forecast():
    rng = np.random.default_rng(2)
    values = rng.gamma(2.0, 0.5, (24 * 9, 3))

    def run(seed):
        options = TypeAdapter(ForecastOptions).validate_python({"kind": "boosting", "min_days": 3, "most_examples": 5000})
        return taught(make(options, 3, HAGEDORN, HOUR_S, seed=seed), 0, values).predict(24)

    first = run(7)
    assert (first == run(7)).all()
    assert (first != run(8)).any()


def test_the_past_is_a_ring():
    past = Past(3, 1)
    for number in (10, 11, 14):
        past.add(number, np.array([float(number)]))
    known = past.at(np.arange(10, 17))[:, 0]
    assert np.flatnonzero(~np.isnan(known)).tolist() == [4]
    assert past.mean(3).tolist() == [14.0]
    assert np.isnan(past.at(np.array([13]), np.array([0])))[0]


def test_memory_does_not_grow_with_the_run():
    forecasts = provider("persistence", 2)
    size = len(forecasts._method._past)
    taught(forecasts, 0, np.ones((24 * 30, 2)))
    assert len(forecasts._method._past) == size


def test_asking_for_a_forecast_costs_no_scikit_learn():
    heavy = ("sklearn", "pandas", "holidays", "pvlib", "numba")
    code = f"import sys, twinergy.forecast; sys.exit(any(name in sys.modules for name in {heavy}))"
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=60).returncode == 0
