# SPDX-License-Identifier: Apache-2.0
"""What holds for every sensor on every truth."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.test_sensor_case import readings, sensor

CHANNEL = st.fixed_dictionaries(
    {
        "accuracy": st.floats(0.0, 100.0),
        "accuracy_relative": st.floats(0.0, 0.2),
        "resolution": st.sampled_from([0.1, 1.0, 10.0]),
        "response_s": st.sampled_from([0.0, 20.0, 600.0, 5000.0]),
        "low": st.just(0.0),
        "high": st.just(5000.0),
    }
)
TRUTH = st.lists(st.floats(0.0, 6000.0), min_size=2, max_size=12)
FEW = settings(deadline=None, max_examples=80)


@given(CHANNEL, st.floats(0.0, 4000.0), st.integers(0, 20))
@FEW
def test_a_steady_truth_is_read_within_the_accuracy(channel, truth, seed):
    reading = readings(sensor(channels={"co2_ppm": channel}), seed=seed, co2_ppm=truth)["co2_ppm"]
    limit = channel["accuracy"] + channel["accuracy_relative"] * truth + 0.5 * channel["resolution"]
    assert (np.abs(reading - truth) <= limit + 1e-6).all()


@given(CHANNEL, TRUTH)
@FEW
def test_readings_are_whole_steps_within_the_range(channel, truth):
    reading = readings(sensor(channels={"co2_ppm": {**channel, "noise": 20.0}}), n=len(truth), co2_ppm=truth)["co2_ppm"]
    assert ((reading >= 0.0) & (reading <= 5000.0)).all()
    np.testing.assert_allclose(reading / channel["resolution"], np.rint(reading / channel["resolution"]), atol=1e-6)


@given(st.sampled_from([30.0, 600.0, 5000.0]), st.floats(0.0, 5000.0), st.floats(0.0, 5000.0))
@FEW
def test_a_step_cut_in_pieces_comes_to_the_same(response_s, before, after):
    channel = {"resolution": 1e-6, "low": -1e6, "high": 1e6, "response_s": response_s}
    whole, pieces = (
        readings(sensor(channels={"co2_ppm": channel}), n=1 + n, step_s=step_s, co2_ppm=[before] + [after] * n)["co2_ppm"][-1, 0]
        for n, step_s in ((1, 900), (15, 60))
    )
    assert whole == pytest.approx(pieces, abs=1e-4)


@given(CHANNEL, TRUTH, st.integers(0, 20))
@FEW
def test_more_is_never_read_as_less(channel, truth, seed):
    low, high = (
        readings(sensor(channels={"co2_ppm": channel}), n=len(truth), seed=seed, co2_ppm=values)["co2_ppm"]
        for values in (truth, np.array(truth) + 50.0)
    )
    assert (low <= high).all()
