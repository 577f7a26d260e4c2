# SPDX-License-Identifier: Apache-2.0
"""What holds for every forecast, whatever was measured."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from pydantic import TypeAdapter

from twinergy.community.twin import Site
from twinergy.forecast import ForecastOptions, Perfect, Scores, make
from twinergy.forecast.sun import ClearSky

STEP_S = 3600
PER_DAY = 24
ATHENS = Site(name="", latitude_deg=37.97, longitude_deg=23.74, altitude_m=100.0, timezone="Europe/Athens", country="GR")
MONDAY_S = 1_710_115_200  # 2024-03-11, three weeks before the clocks change
CASES = [("persistence", "load"), ("seasonal", "load"), ("persistence", "pv"), ("clear_sky", "pv")]
POWER = st.one_of(st.floats(-20.0, 20.0, width=32), st.sampled_from([np.nan, np.inf, -np.inf, 0.0]))
HISTORY = arrays(np.float64, st.tuples(st.integers(1, 4 * PER_DAY), st.just(2)), elements=POWER, fill=st.just(0.7))
LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)


def provider(kind, n_series, role="load", **options):
    chosen = TypeAdapter(ForecastOptions).validate_python({"kind": kind, **options})
    return make(chosen, n_series, ATHENS, STEP_S, role=role, seed=4)


def told(forecasts, values, start_s=MONDAY_S, ask=True):
    for row, value in enumerate(values):
        forecasts.observe(start_s + row * STEP_S, value, {"temp_degc": 10.0 + row % 7})
        if ask:
            forecasts.predict(30)
    return forecasts


@pytest.mark.parametrize(("kind", "role"), CASES)
@settings(max_examples=25, deadline=None)
@given(values=HISTORY)
def test_always_finite_of_the_right_sign_and_quantiles_in_order(kind, role, values):
    forecasts = told(provider(kind, 2, role), values)
    said, spread = forecasts.predict(30), forecasts.quantiles(LEVELS, 30)
    sign = -1.0 if role == "pv" else 1.0
    assert np.isfinite(said).all()
    assert np.isfinite(spread).all()
    assert (sign * said >= 0.0).all()
    assert (sign * spread >= 0.0).all()
    assert (np.diff(spread, axis=0) >= 0.0).all()
    assert ((forecasts.ready >= 0.0) & (forecasts.ready <= 1.0)).all()


@pytest.mark.parametrize(("kind", "role"), CASES)
@settings(max_examples=15, deadline=None)
@given(values=HISTORY)
def test_a_home_is_forecast_alike_alone_and_among_neighbours(kind, role, values):
    crowd = np.concatenate([values[:, ::-1], values, 3.0 * values], axis=1)
    alone, among = told(provider(kind, 2, role), values), told(provider(kind, 6, role), crowd)
    assert (alone.predict(30) == among.predict(30)[:, 2:4]).all()
    assert (alone.quantiles(LEVELS, 30) == among.quantiles(LEVELS, 30)[:, :, 2:4]).all()


@pytest.mark.parametrize(("kind", "role"), CASES)
@settings(max_examples=15, deadline=None)
@given(values=HISTORY, scale=st.sampled_from([0.25, 2.0, 8.0]))
def test_a_home_of_another_size_has_a_forecast_of_another_size(kind, role, values, scale):
    """By powers of two, which cost no rounding; what is as small as the guards against division by zero is left out."""
    small, big = told(provider(kind, 2, role), values), told(provider(kind, 2, role), scale * values)
    assert big.predict(30) == pytest.approx(scale * small.predict(30), rel=1e-6, abs=1e-5)


@pytest.mark.parametrize(("kind", "role"), [*CASES, ("boosting", "load"), ("boosting", "pv"), ("perfect", "load")])
def test_a_forecast_does_not_know_what_comes(kind, role):
    """Two pasts that are equal up to an instant give equal forecasts at it, and other ones later; perfect foresight cheats."""
    rng = np.random.default_rng(6)
    sign = -1.0 if role == "pv" else 1.0
    one = sign * rng.gamma(2.0, 0.5, (14 * PER_DAY, 3))
    until = 10 * PER_DAY + 5
    other = one.copy()
    other[until:] = sign * rng.gamma(2.0, 2.0, other[until:].shape)
    said = []
    for values in (one, other):
        if kind == "perfect":
            forecasts = Perfect(MONDAY_S, STEP_S, values)
        else:
            forecasts = provider(kind, 3, role, **({"min_days": 4, "retrain_days": 2} if kind == "boosting" else {}))
        told(forecasts, values[:until], ask=False)
        before = np.concatenate([forecasts.predict(24)[None], forecasts.quantiles((0.1, 0.9), 24)])
        told(forecasts, values[until:], MONDAY_S + until * STEP_S, ask=False)
        said.append((before, forecasts.predict(24)))
    assert (said[0][0] == said[1][0]).all() == (kind != "perfect")
    if kind != "perfect":
        assert (said[0][1] != said[1][1]).any()


@settings(max_examples=25, deadline=None)
@given(
    values=arrays(
        np.float64, st.tuples(st.integers(1, 6 * PER_DAY), st.just(1)), elements=st.floats(-10.0, 0.0), fill=st.just(-2.0)
    )
)
def test_pv_never_exceeds_what_was_ever_possible(values):
    """The highest power ever measured, grown at most as the brightest clear-sky light of the day grows; nothing at night."""
    forecasts = told(provider("clear_sky", 1, "pv"), values)
    said, low = forecasts.predict(36)[:, 0], forecasts.quantiles((0.01,), 36)[0, :, 0]
    numbers = MONDAY_S // STEP_S + np.arange(len(values) + 36)
    sky = ClearSky(ATHENS.latitude_deg, ATHENS.longitude_deg, STEP_S).over(numbers)
    grown = sky.brightest_w_per_m2.max() / sky.brightest_w_per_m2.min()
    for lowest in (said, low):
        assert lowest.min() >= 1.0001 * grown * values.min() - 1e-9
        assert (lowest[sky.light_w_per_m2[len(values) :] == 0.0] == 0.0).all()


@settings(max_examples=30, deadline=None)
@given(
    truth=arrays(np.float64, (6,), elements=st.floats(-5.0, 5.0)),
    point=arrays(np.float64, (6, 1), elements=st.floats(-5.0, 5.0)),
)
def test_scores_agree_with_each_other(truth, point):
    """RMSE is at least MAE is at least the size of the bias; the pinball loss of the median is half the MAE."""
    scores = Scores(1, STEP_S, levels=(0.5,), edges_h=(24.0,))
    scores.issued(0, point, point[None])
    for row, y in enumerate(truth):
        scores.arrived(row * STEP_S, np.array([y]))
    (row,) = scores.table()
    assert row["rmse_kw"] >= row["mae_kw"] - 1e-9
    assert row["mae_kw"] >= abs(row["bias_kw"]) - 1e-9
    assert row["pinball_0.5_kw"] == pytest.approx(0.5 * row["mae_kw"])
