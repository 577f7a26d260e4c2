# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest

from twinergy.agents import Limit, Rank, SetPoint
from twinergy.cosim.arbiter import Arbiter
from twinergy.errors import PluginError
from twinergy.kinds import Table
from twinergy.ports import measured, set_point
from twinergy.timebase import Step

PORTS = (measured("p_kw", "x"), set_point("p_set_kw", "x"), set_point("p_min_kw", "x"), set_point("p_max_kw", "x"))
BATTERIES = Table("battery", ("a", "b", "c"), PORTS)
NOW = Step(0, 0, 900.0, 0)


@pytest.fixture
def arbiter():
    return Arbiter([BATTERIES], ["dso", "market", "planner"])


def want(value, rank=Rank.SCHEDULE, ids=("a", "b", "c"), valid_s=3600.0):
    return SetPoint(table="battery", port="p_set_kw", ids=ids, value=value, rank=rank, valid_s=valid_s, reason="because")


def targets(arbiter, now_s=900.0):
    return arbiter.set_points(now_s)["battery"]["p_set_kw"].tolist()


def test_nobody_asks():
    assert Arbiter([BATTERIES], ["x"]).set_points(900.0) == {}


def test_the_higher_rank_wins_whoever_comes_first(arbiter):
    arbiter.ask("planner", want(1.0), NOW)
    arbiter.ask("market", want(2.0, Rank.MARKET_COMMITMENT, ids=("b",)), NOW)
    assert targets(arbiter) == [1.0, 2.0, 1.0]
    arbiter.ask("planner", want(3.0), NOW)
    assert targets(arbiter) == [3.0, 2.0, 3.0]
    assert arbiter.counts.refused == 2


def test_equal_ranks_go_by_name(arbiter):
    arbiter.ask("planner", want(1.0), NOW)
    arbiter.ask("market", want(2.0), NOW)
    assert targets(arbiter) == [2.0, 2.0, 2.0]


def test_an_expired_request_lets_the_next_one_act_again(arbiter):
    arbiter.ask("planner", want(1.0, valid_s=7200.0), NOW)
    arbiter.ask("dso", want(9.0, Rank.DSO_ORDER, valid_s=900.0), NOW)
    assert targets(arbiter, 900.0) == [9.0] * 3
    assert targets(arbiter, 1800.0) == [1.0] * 3
    assert arbiter.set_points(8100.0) == {}


def test_limits_intersect_and_cut_every_target(arbiter):
    arbiter.ask("planner", want(10.0, Rank.USER_OVERRIDE), NOW)
    arbiter.ask("dso", Limit(table="battery", ids=("a", "b"), high_kw=4.2), NOW)
    arbiter.ask("market", Limit(table="battery", ids=("a",), high_kw=3.0, rank=Rank.SCHEDULE), NOW)
    assert targets(arbiter) == [3.0, 4.2, 10.0]


def test_a_limit_reaches_a_device_nobody_steers(arbiter):
    arbiter.ask("dso", Limit(table="battery", ids=("b",), low_kw=-2.0, high_kw=4.2), NOW)
    told = arbiter.set_points(900.0)["battery"]
    np.testing.assert_equal(told["p_max_kw"], [np.nan, 4.2, np.nan])
    np.testing.assert_equal(told["p_min_kw"], [np.nan, -2.0, np.nan])
    assert "p_set_kw" not in told


def test_contradicting_limits_follow_the_rank(arbiter):
    arbiter.ask("market", Limit(table="battery", ids=("a",), low_kw=6.0, rank=Rank.MARKET_COMMITMENT), NOW)
    arbiter.ask("dso", Limit(table="battery", ids=("a",), high_kw=4.0, rank=Rank.DSO_ORDER), NOW)
    arbiter.ask("planner", want(0.0, ids=("a",)), NOW)
    assert targets(arbiter)[0] == 4.0


def test_every_request_leaves_a_trace_with_its_reason(arbiter):
    arbiter.ask("planner", want(10.0), NOW)
    arbiter.set_points(900.0)
    arbiter.ask("dso", want(1.0, Rank.DSO_ORDER, ids=("a",)), NOW)
    arbiter.set_points(900.0)
    events = arbiter.take_events()
    assert [(e["agent"], e["outcome"], e["devices"]) for e in events] == [
        ("planner", "granted", 3),
        ("dso", "granted", 1),
        ("planner", "refused", 1),
    ]
    assert events[-1]["outcome_reason"] == "displaced by dso (DSO_ORDER)"
    assert arbiter.counts.asked == arbiter.counts.granted + arbiter.counts.refused + arbiter.counts.limited
    assert arbiter.take_events() == []


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        (SetPoint(table="batery", port="p_set_kw", ids=("a",), value=1.0), "did you mean 'battery'"),
        (SetPoint(table="battery", port="p_kw", ids=("a",), value=1.0), "addresses port 'p_kw'"),
        (SetPoint(table="battery", port="p_set_kw", ids=("z",), value=1.0), "addresses 'z'"),
    ],
)
def test_requests_for_what_does_not_exist(arbiter, request_, said):
    with pytest.raises(PluginError, match=said):
        arbiter.ask("planner", request_, NOW)
