# SPDX-License-Identifier: Apache-2.0
"""What holds for every meter on every truth."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulators.meter.options import MeterOptions
from simulators.meter.params import LIMITS
from simulators.meter.simulator import MeterFleet
from twinergy.timebase import BLOCK_S, TimeAxis

TRUTH = st.lists(st.floats(-100.0, 100.0), min_size=1, max_size=24)
METER = st.fixed_dictionaries(
    {
        "of": st.just({"connection": "home"}),
        "accuracy_class": st.sampled_from(["A", "B", "C", "ideal"]),
        "resolution_kw": st.sampled_from([0.001, 0.01, 0.1]),
        "register_resolution_kwh": st.sampled_from([0.001, 0.1, 1.0]),
        "interval_steps": st.integers(1, 4),
        "delay_steps": st.integers(0, 3),
        "gap_probability": st.sampled_from([0.0, 0.2]),
    }
)


def run(options: dict, truth: list[float], seed: int) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    fleet = MeterFleet(["m"], [MeterOptions.model_validate(options)], seed)
    axis = TimeAxis(2800 * BLOCK_S, 900, len(truth))
    block = axis.block(0)
    fleet.prepare(block)
    one = np.ones(1)
    rows = [
        fleet.step(
            axis.step(block, i), {"true_p_kw": p * one, "true_q_kvar": p * one, "true_vm_pu": one, "true_soc": one * np.nan}
        )
        for i, p in enumerate(truth)
    ]
    return {name: np.array([row[name][0] for row in rows]) for name in rows[0]}, fleet.state()


@given(METER, TRUTH, st.integers(0, 50))
@settings(deadline=None, max_examples=100)
def test_registers_are_the_integral_of_the_truth_within_the_class(options, truth, seed):
    _, state = run(options, truth, seed)
    limit = LIMITS[options["accuracy_class"]][0]
    for name, flow in (("energy_import_kwh", np.maximum(truth, 0.0)), ("energy_export_kwh", np.maximum(np.negative(truth), 0.0))):
        assert state[name][0] == pytest.approx(flow.sum() / 4, rel=limit + 1e-12, abs=1e-12)


@given(METER, TRUTH, st.integers(0, 50))
@settings(deadline=None, max_examples=100)
def test_registers_only_grow_and_are_shown_to_half_a_digit(options, truth, seed):
    result, state = run({**options, "interval_steps": 1, "delay_steps": 0, "gap_probability": 0.0}, truth, seed)
    for name in ("energy_import_kwh", "energy_export_kwh"):
        assert (np.diff(result[name]) >= 0).all()
        assert abs(result[name][-1] - state[name][0]) <= options["register_resolution_kwh"] * 0.5000001


@given(METER, TRUTH, st.integers(0, 50))
@settings(deadline=None, max_examples=100)
def test_a_telegram_says_whole_steps_of_its_resolution(options, truth, seed):
    result, _ = run(options, truth, seed)
    for name, size in (("p_kw", options["resolution_kw"]), ("energy_import_kwh", options["register_resolution_kwh"])):
        steps = result[name] / size
        np.testing.assert_allclose(steps, np.rint(steps), atol=1e-6)


@given(METER, TRUTH, st.integers(0, 50))
@settings(deadline=None, max_examples=100)
def test_a_reading_is_old_or_it_is_fresh(options, truth, seed):
    result, _ = run(options, truth, seed)
    age = result["age_s"]
    assert (np.isnan(age) | (age >= 900.0 * options["delay_steps"])).all()
    assert np.isnan(result["p_kw"][np.isnan(age)]).all()
    np.testing.assert_array_equal(np.isnan(result["p_kw"]), np.isnan(result["energy_import_kwh"]))


@given(METER, st.floats(-50.0, 50.0), st.floats(-50.0, 50.0), st.integers(0, 50))
@settings(deadline=None, max_examples=60)
def test_more_load_is_never_read_as_less(options, one, two, seed):
    quiet = {**options, "noise_relative": 0.0, "noise_kw": 0.0}
    low, high = (run(quiet, [value] * 4, seed)[0]["p_kw"] for value in sorted([one, two]))
    assert (np.nan_to_num(low) <= np.nan_to_num(high)).all()
