# SPDX-License-Identifier: Apache-2.0
"""What holds for every gateway on every truth."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from simulators.gateway.layout import GROUPS, POWERS
from tests.unit.test_gateway_case import gateway, readings

FEW = settings(deadline=None, max_examples=60)
ACCURACY = st.sampled_from([0.0, 0.005, 0.01, 0.03])
RESOLUTION = st.sampled_from([1e-6, 1e-4, 0.001, 0.01])
LOADS = st.fixed_dictionaries({each.name: st.floats(0.0, 5.0) for each in POWERS if each.plug or each.name == "p_household_kw"})
MADE = st.fixed_dictionaries({each.name: st.floats(-10.0, 10.0) for each in POWERS})


@given(ACCURACY, RESOLUTION, MADE, st.integers(0, 50))
@FEW
def test_a_steady_power_is_read_within_the_accuracy(accuracy, resolution, truth, seed):
    got = readings(gateway(accuracy_relative=accuracy, resolution_kw=resolution), seed=seed, n=2, **truth)
    for name, value in truth.items():
        assert (np.abs(got[name] - value) <= accuracy * abs(value) + 0.5 * resolution + 1e-9).all(), name


@given(ACCURACY, RESOLUTION, MADE, st.integers(0, 50))
@FEW
def test_readings_are_whole_steps_whatever_the_noise(accuracy, resolution, truth, seed):
    got = readings(gateway(accuracy_relative=accuracy, resolution_kw=resolution, noise_relative=0.1), seed=seed, n=3, **truth)
    for name in (*truth, "p_wet_kw"):
        steps = got[name] / resolution
        np.testing.assert_allclose(steps, np.rint(steps), atol=1e-3, err_msg=name)


@given(ACCURACY, RESOLUTION, LOADS, st.integers(0, 50))
@FEW
def test_the_plugs_of_all_groups_add_up_to_the_household_within_the_class(accuracy, resolution, loads, seed):
    """The truth of the household is the sum of its groups; the clamp and each plug may be off by their class."""
    total = sum(value for name, value in loads.items() if name != "p_household_kw")
    got = readings(
        gateway(accuracy_relative=accuracy, resolution_kw=resolution), seed=seed, n=2, **{**loads, "p_household_kw": total}
    )
    plugs = sum(got[f"p_{group}_kw"] for group in GROUPS)
    assert (np.abs(plugs - got["p_household_kw"]) <= 2.0 * accuracy * total + 6.0 * resolution + 1e-9).all()


@given(ACCURACY, st.integers(1, 6), st.lists(st.floats(0.0, 5.0), min_size=12, max_size=12), st.integers(0, 50))
@FEW
def test_intervals_lose_no_energy(accuracy, interval, powers, seed):
    """Telegrams every 1 to 6 steps of twelve carry the same energy as one in every step."""
    n = 12 - 12 % interval
    one, many = (
        readings(gateway(accuracy_relative=accuracy, interval_steps=every), seed=seed, n=n, start=0, p_cold_kw=powers[:n])[
            "p_cold_kw"
        ]
        for every in (1, interval)
    )
    np.testing.assert_allclose(many[interval - 1 :: interval].sum() * interval, one.sum(), atol=1e-4)


@given(MADE, st.integers(0, 50))
@FEW
def test_more_is_never_read_as_less(truth, seed):
    low, high = (
        readings(gateway(accuracy_relative=0.03), seed=seed, n=1, **{name: value + more for name, value in truth.items()})
        for more in (0.0, 0.5)
    )
    assert all((low[name] < high[name]).all() for name in truth)
