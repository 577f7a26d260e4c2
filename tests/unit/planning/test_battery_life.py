# SPDX-License-Identifier: Apache-2.0
"""What a plan says of batteries that it wears out sooner than their cost is spread."""

from __future__ import annotations

import re

import pytest

from tests.unit.planning import community
from twinergy.planning.catalogue import load
from twinergy.planning.compose import compose, goal_of, horizon_of, plan_of
from twinergy.planning.horizon import Horizon
from twinergy.planning.optimise import Planner
from twinergy.planning.request import PlanRequest


def notes(**overrides: float) -> list[str]:
    technologies = {
        "home_battery": {"least": 20.0, "overrides": overrides},
        "pv": {"most": 0.0},
        "community_battery": {"most": 0.0},
    }
    request = PlanRequest.model_validate({"question": "storage", "technologies": technologies})
    courses = community.courses(168)
    site, composed = compose(request, courses, load())
    horizon = horizon_of(request, courses)
    assert isinstance(horizon, Horizon)
    optimum = Planner(composed.blocks, horizon).ask(goal_of(request))
    assert optimum.usable
    plan = plan_of(site, composed, optimum, (), name="life")
    return [note for note in plan.notes if "is cycled" in note]


def test_a_battery_that_outlives_its_use_is_not_mentioned() -> None:
    assert notes(full_cycles=100_000.0, calendar_years=50.0) == []


def test_a_battery_that_is_worn_out_early_is_named_with_its_life() -> None:
    found = notes(full_cycles=100.0)
    assert found
    for note in found:
        cycles, lasts = map(float, re.findall(r"cycled (\d+) times a year and lasts ([\d.]+) a", note)[0])
        # the shares of life that standing and cycling use up in a year add up: 1/20 and cycles/100
        assert lasts == pytest.approx(1.0 / (1.0 / 20.0 + cycles / 100.0), abs=0.06 + 0.5 / cycles)
