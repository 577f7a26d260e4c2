# SPDX-License-Identifier: Apache-2.0
"""Hosting capacity from the linearised network against bisection with the AC power flow, on published networks."""

from __future__ import annotations

import pytest

from benchmarks.planning_hosting import measured

DAYS = 7


@pytest.mark.parametrize("name", ["village", "landnetz", "ieee_balanced"])
def test_the_linear_model_alone_is_within_three_percent_of_the_power_flow(name: str):
    row = measured(name, 24 * DAYS)
    assert row.error == pytest.approx(0.0, abs=0.03)
    assert row.corrected_error == pytest.approx(0.0, abs=0.005)
    assert row.binding.startswith("voltage high")


@pytest.mark.parametrize("name", ["cigre_lv", "landnetz_0.95", "ieee_phases"])
def test_with_its_corrections_it_is_within_half_a_percent(name: str):
    row = measured(name, 24 * DAYS)
    assert row.corrected_error == pytest.approx(0.0, abs=0.005)
