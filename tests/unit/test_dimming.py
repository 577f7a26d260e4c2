# SPDX-License-Identifier: Apache-2.0
"""Dimming after § 14a: who is limited, when it begins and ends, and what a silent meter means."""

from __future__ import annotations

import math

import numpy as np
import pytest

from controllers.dimming import Dimming
from controllers.dimming.options import DimmingOptions
from tests.scenario_files import small
from twinergy.agents import Observation, View
from twinergy.community.scenario import load
from twinergy.cosim.runner import run
from twinergy.errors import ScenarioError
from twinergy.timebase import Step

WISH = {"transformer": "s1-trafo", "limit_kw": 100.0, "release_kw": 80.0, "kinds": ("battery",), "hold_s": 1800.0}


@pytest.fixture
def agent(tmp_path):
    return Dimming("dimming", DimmingOptions(**WISH), load(small(tmp_path)).context)


def course(agent, *readings_kw):
    """Return whether the agent dims after each quarter-hourly reading."""
    said = []
    for index, reading in enumerate(readings_kw):
        view = View(("meter-s1-trafo",), {"p_kw": np.array([reading])})
        said.append(agent.decide(Observation(Step(index, 900 * index, 900.0, index), (view,), (), None)))
    return said


def test_from_the_limit_on_until_the_release_but_not_less_than_the_hold(agent):
    dimmed = [bool(decision.limits) for decision in course(agent, 99, 101, 70, 90, 85, 79, 99)]
    assert dimmed == [False, True, True, True, True, False, False]


def test_the_floor_of_4_2_kw_is_ordered_by_the_network_operator(agent):
    decision = course(agent, 101)[0]
    (limit,) = decision.limits
    assert (limit.high_kw, limit.low_kw, limit.rank.name) == (4.2, -math.inf, "DSO_ORDER")
    assert limit.ids == ("battery-a",)
    assert decision.messages[0].value == 4.2


def test_a_silent_meter_lets_the_limit_run_out(agent):
    dimmed = [bool(decision.limits) for decision in course(agent, 101, math.nan, math.nan, math.nan)]
    assert dimmed == [True, True, False, False]


def test_other_buses_are_left_alone(tmp_path):
    order = "{transformer: s1-trafo, limit_kw: 9, release_kw: 8, kinds: [battery], buses: 's2-*'}"
    with pytest.raises(ScenarioError, match="no battery at buses 's2-"):
        load(small(tmp_path, extra=f"controllers:\n  dimming: {order}\n"))
    elsewhere = Dimming("d", DimmingOptions(**WISH | {"buses": "s2-*"}), load(small(tmp_path)).context)
    assert elsewhere.devices == {"battery": ()}


def test_release_above_the_limit_is_refused(tmp_path):
    with pytest.raises(ScenarioError, match="must lie below limit_kw 9 kW"):
        load(small(tmp_path, extra="controllers:\n  dimming: {transformer: s1-trafo, limit_kw: 9, release_kw: 9}\n"))


def test_in_a_run_no_device_draws_more_than_its_floor_while_dimmed(tmp_path):
    """A battery of 4 kW that charges from the sun is held at 1 kW while the other homes draw through the station."""
    order = "{transformer: s1-trafo, limit_kw: 0.1, release_kw: 0.05, kinds: [battery], floor_kw: 1.0, hold_s: 0}"
    free = run(load(small(tmp_path)), out=tmp_path / "free", report=False).wide("battery", "p_kw")["battery-a"]
    finished = run(load(small(tmp_path, extra=f"controllers:\n  dimming: {order}\n")), out=tmp_path / "held", report=False)
    held = finished.wide("battery", "p_kw")["battery-a"]
    dimmed = held.index.isin(finished.set_points()["time"])
    assert held[dimmed].max() <= 1.0 + 1e-6
    assert free[dimmed].max() > 2.0, "without the order it would have drawn more"
