# SPDX-License-Identifier: Apache-2.0
"""What holds for every heat meter on every heat."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.test_heat_meter_case import meter, readings

HEAT = st.lists(st.floats(0.0, 60.0), min_size=1, max_size=24)
METER = st.fixed_dictionaries(
    {
        "accuracy_class": st.sampled_from([2, 3, "ideal"]),
        "qp_m3_per_h": st.sampled_from([0.6, 1.5, 6.0]),
        "temp_flow_degc": st.floats(45.0, 90.0),
        "interval_steps": st.integers(1, 4),
        "gap_probability": st.sampled_from([0.0, 0.2]),
        "register_resolution_kwh": st.sampled_from([0.01, 1.0]),
    }
).map(lambda values: meter(**values))
FEW = settings(deadline=None, max_examples=80)


@given(METER, HEAT, st.integers(0, 20))
@FEW
def test_the_register_is_the_integral_of_the_heat_within_the_class(option, heat, seed):
    """At most 5 % of the flow sensor, and the rest at the difference of temperatures."""
    fleets = []
    readings(option, n=len(heat), seed=seed, fleets=fleets, heat_space_kw=heat)
    ratio = 3.0 / (option.temp_flow_degc - 35.0)
    limit = 0.0 if option.accuracy_class == "ideal" else 0.06 + 0.04 * ratio
    assert fleets[0].state()["energy_kwh"][0] == pytest.approx(sum(heat) / 4.0, rel=limit + 1e-9, abs=1e-9)


@given(METER, HEAT, st.integers(0, 20))
@FEW
def test_registers_only_grow_and_telegrams_are_whole_steps(option, heat, seed):
    result = readings(option, n=len(heat), seed=seed, heat_space_kw=heat)
    energy = result["energy_kwh"][:, 0]
    assert (np.diff(energy[~np.isnan(energy)]) >= 0.0).all()
    steps = energy / option.register_resolution_kwh
    np.testing.assert_allclose(steps, np.rint(steps), atol=1e-6)
    np.testing.assert_array_equal(np.isnan(result["heat_kw"]), np.isnan(result["energy_kwh"]))
    assert (result["heat_kw"][result["valid"] == 1.0] >= 0.0).all()


@given(METER, HEAT, st.integers(0, 20))
@FEW
def test_more_heat_is_never_read_as_less(option, heat, seed):
    low, high = (
        readings(option, n=len(heat), seed=seed, heat_space_kw=values)["heat_kw"] for values in (heat, np.array(heat) * 1.1)
    )
    assert (np.nan_to_num(low) <= np.nan_to_num(high) + 1e-9).all()


@given(METER, METER, HEAT)
@FEW
def test_a_neighbour_changes_nothing(option, neighbour, heat):
    alone = readings(option, n=len(heat), ids=["b"], heat_space_kw=heat)
    beside = readings(neighbour, option, n=len(heat), ids=["a", "b"], heat_space_kw=heat)
    for name, values in alone.items():
        np.testing.assert_array_equal(beside[name][:, 1], values[:, 0], err_msg=name)
