# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest

from twinergy.forecast import Perfect, Scored, Scores

HOUR_S = 3600


def column(*values):
    return np.array(values, dtype=float)[:, None]


def scored(point, truth, quantiles=None, **options):
    """Return the rows of one forecast of some hours against its truth."""
    scores = Scores(1, HOUR_S, **options)
    scores.issued(0, column(*point), None if quantiles is None else np.array(quantiles, dtype=float)[:, :, None])
    for hour, y in enumerate(truth):
        scores.arrived(hour * HOUR_S, np.array([y]))
    return scores.table()


def test_point_scores_by_hand():
    """Errors +1, -1, +2, 0: bias 0.5, MAE 1, RMSE sqrt(6/4); mean of the truth 2, its peak 4."""
    point, truth = (3.0, 0.0, 6.0, 1.0), (2.0, 1.0, 4.0, 1.0)
    (row,) = scored(point, truth, edges_h=(24,))
    assert row["bias_kw"] == pytest.approx(0.5)
    assert row["mae_kw"] == pytest.approx(1.0)
    assert row["rmse_kw"] == pytest.approx(np.sqrt(1.5))
    assert row["nrmse"] == pytest.approx(np.sqrt(1.5) / 2.0)
    (row,) = scored(point, truth, edges_h=(24,), normaliser="peak")
    assert row["nrmse"] == pytest.approx(np.sqrt(1.5) / 4.0)


def test_pinball_and_coverage_by_hand():
    """Level 0.1 says 1, level 0.9 says 5. Truth 0: losses 0.9·1 and 0.1·5; truth 3: 0.1·2, 0.1·2; truth 7: 0.1·6, 0.9·2."""
    (row,) = scored((3.0,) * 3, (0.0, 3.0, 7.0), [[1.0] * 3, [5.0] * 3], levels=(0.1, 0.9), edges_h=(24,))
    assert row["pinball_0.1_kw"] == pytest.approx((0.9 + 0.2 + 0.6) / 3.0)
    assert row["pinball_0.9_kw"] == pytest.approx((0.5 + 0.2 + 1.8) / 3.0)
    assert row["pinball_kw"] == pytest.approx((1.7 + 2.5) / 6.0)
    assert row["coverage_0.1"] == pytest.approx(1.0 / 3.0)
    assert row["coverage_0.9"] == pytest.approx(2.0 / 3.0)


def test_a_night_that_was_certain_and_right_is_not_counted_as_covered():
    (row,) = scored((0.0, 1.0), (0.0, 2.0), [[0.0, 0.5], [0.0, 1.5]], levels=(0.1, 0.9), edges_h=(24,))
    assert row["coverage_0.9"] == 0.0
    assert row["pinball_0.9_kw"] == pytest.approx((0.0 + 0.9 * 0.5) / 2.0)


def test_leads_fall_into_horizons_and_what_lies_beyond_is_not_scored():
    """Leads of 1, 2, 3 and 4 h with errors 1, 2, 3, 4."""
    near, far = scored((1.0, 2.0, 3.0, 4.0), (0.0, 0.0, 0.0, 0.0), edges_h=(1, 3))
    assert (near["count"], far["count"]) == (1, 2)
    assert (near["mae_kw"], far["mae_kw"]) == (1.0, 2.5)


def test_a_missing_truth_is_counted_and_never_poisons():
    (row,) = scored((1.0, 1.0), (np.nan, 3.0), [[0.5, 0.5]], levels=(0.5,), edges_h=(24,))
    assert (row["count"], row["missing"]) == (1, 1)
    assert row["bias_kw"] == -2.0
    assert row["pinball_kw"] == pytest.approx(1.25)


def test_nothing_compared_is_nan_and_all_zero_truth_has_no_nrmse():
    (row,) = Scores(1, HOUR_S, edges_h=(24,)).table()
    assert np.isnan(row["nrmse"])
    assert np.isnan(row["pinball_kw"])
    (row,) = scored((1.0,), (0.0,), edges_h=(24,))
    assert row["rmse_kw"] == 1.0
    assert np.isnan(row["nrmse"])


def test_every_forecast_of_a_step_counts_and_memory_is_bounded():
    scores = Scores(1, HOUR_S, levels=(), edges_h=(24,), most_waiting=3)
    for hour in range(5):
        scores.issued(hour * HOUR_S, column(*[float(hour)] * 10))
    scores.arrived(9 * HOUR_S, np.zeros(1))
    (row,) = scores.table()
    assert (row["count"], row["dropped"]) == (3, 2)
    assert row["mae_kw"] == pytest.approx((2.0 + 3.0 + 4.0) / 3.0)


def test_homes_count_alike_however_big():
    """Errors of 1 kW on a home of 1 kW and on one of 10 kW: nRMSE 1 and 0.1."""
    scores = Scores(2, HOUR_S, levels=(), edges_h=(24,))
    scores.issued(0, np.array([[2.0, 11.0]]))
    scores.arrived(0, np.array([1.0, 10.0]))
    assert scores.table()[0]["nrmse"] == pytest.approx(0.55)
    assert scores.per_series()["nrmse"][0].tolist() == pytest.approx([1.0, 0.1])


def test_perfect_foresight_has_no_error():
    truth = np.arange(48.0)[:, None]
    watched = Scored(Perfect(0, HOUR_S, truth), Scores(1, HOUR_S))
    for hour in range(40):
        watched.observe(hour * HOUR_S, truth[hour])
        watched.predict(4)
        watched.predict(2)  # asked again in the same step: not scored again
    assert [row["rmse_kw"] for row in watched.scores.table()][:2] == [0.0, 0.0]
    assert watched.scores.table()[0]["count"] == 39
