# SPDX-License-Identifier: Apache-2.0
"""Whatever agents ask for: limits hold, the highest rank wins, every request is accounted for."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.test_arbiter import BATTERIES
from twinergy.agents import Limit, Rank, SetPoint
from twinergy.cosim.arbiter import Arbiter
from twinergy.timebase import Step

NAMES = ("a", "b", "c")
AGENTS = ("dso", "market", "planner")
POWER = st.floats(-20.0, 20.0)
DEVICES = st.sets(st.sampled_from(NAMES), min_size=1).map(sorted).map(tuple)
VALID = st.sampled_from([900.0, 1800.0, 3600.0])
TARGETS = st.builds(
    SetPoint,
    table=st.just("battery"),
    port=st.just("p_set_kw"),
    ids=DEVICES,
    value=POWER,
    rank=st.sampled_from(Rank),
    valid_s=VALID,
)
BOUNDS = st.tuples(POWER, POWER).map(sorted)
LIMITS = st.builds(
    lambda ids, bounds, rank, valid_s: Limit(
        table="battery", ids=ids, low_kw=bounds[0], high_kw=bounds[1], rank=rank, valid_s=valid_s
    ),
    DEVICES,
    BOUNDS,
    st.sampled_from([Rank.SCHEDULE, Rank.DEMAND_RESPONSE, Rank.USER_OVERRIDE]),
    VALID,
)
ORDER = st.builds(
    lambda bounds: Limit(table="battery", ids=NAMES, low_kw=bounds[0], high_kw=bounds[1], rank=Rank.DSO_ORDER, valid_s=1e6),
    BOUNDS,
)
CONVERSATION = st.lists(st.lists(st.tuples(st.sampled_from(AGENTS[1:]), st.one_of(TARGETS, LIMITS)), max_size=4), max_size=5)


@given(order=ORDER, conversation=CONVERSATION)
def test_an_order_of_the_grid_operator_is_never_exceeded(order, conversation):
    arbiter = Arbiter([BATTERIES], AGENTS)
    arbiter.ask("dso", order, Step(0, 0, 900.0, 0))
    for index, requests in enumerate(conversation):
        step = Step(index, 900 * index, 900.0, index)
        for agent, request in requests:
            arbiter.ask(agent, request, step)
        told = arbiter.set_points(step.epoch_s + 900.0)["battery"]
        for port in ("p_set_kw", "p_min_kw", "p_max_kw"):
            value = told.get(port, np.full(3, np.nan))
            assert not ((value < order.low_kw) | (value > order.high_kw)).any()
        assert (told["p_min_kw"] <= told["p_max_kw"]).all()
    counts = arbiter.counts
    assert counts.asked == counts.granted + counts.limited + counts.refused


@given(first=TARGETS, second=TARGETS)
def test_the_higher_rank_wins_whoever_asks_first(first, second):
    def outcome(*asked):
        arbiter = Arbiter([BATTERIES], AGENTS)
        for agent, request in asked:
            arbiter.ask(agent, request, Step(0, 0, 900.0, 0))
        return arbiter.set_points(900.0)["battery"]["p_set_kw"]

    one, other = ("market", first), ("planner", second)
    np.testing.assert_array_equal(outcome(one, other), outcome(other, one))
    shared = [NAMES.index(name) for name in set(first.ids) & set(second.ids)]
    winner = second if second.rank > first.rank else first
    assert (outcome(one, other)[shared] == winner.value).all()
