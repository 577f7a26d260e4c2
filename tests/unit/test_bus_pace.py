# SPDX-License-Identifier: Apache-2.0
"""Keeping time, against a clock of our own."""

from __future__ import annotations

import pytest

from twinergy.cosim.pace import Pacer
from twinergy.errors import ScenarioError


class Clock:
    """Time that passes when somebody sleeps or works."""

    def __init__(self):
        self.now_s = 100.0
        self.slept = []

    def __call__(self):
        return self.now_s

    def sleep(self, wait_s):
        self.slept.append(wait_s)
        self.now_s += wait_s


def pacer(clock, factor=900.0):
    return Pacer(factor, 900.0, clock=clock, sleep=clock.sleep)


def test_steps_begin_at_absolute_times():
    """Ten steps of a second, each of which takes 0.3 s: they begin at 1, 2, ... 10 s after the first, by hand."""
    clock = Clock()
    keeping = pacer(clock)
    began_s = []
    for done in range(1, 11):
        keeping.wait(done)
        began_s.append(clock.now_s - 100.0)
        clock.now_s += 0.3
    assert began_s == pytest.approx([float(done) for done in range(1, 11)])


def test_one_slow_step_delays_the_next_but_not_those_after():
    clock = Clock()
    keeping = pacer(clock)
    lateness = []
    for done in range(1, 6):
        keeping.wait(done)
        lateness.append(clock.now_s - 100.0 - done)
        clock.now_s += 1.5 if done == 2 else 0.1
    assert lateness == pytest.approx([0.0, 0.0, 0.5, 0.0, 0.0])
    facts = keeping.facts()
    assert (facts["steps"], facts["late_steps"]) == (5, 1)
    assert facts["lateness_max_s"] == pytest.approx(0.5)
    assert facts["lateness_p50_s"] == pytest.approx(0.0, abs=1e-6)
    assert facts["lateness_p99_s"] == pytest.approx(0.48)  # of 0, 0, 0, 0, 0.5 by linear interpolation


def test_a_wait_ends_when_the_run_is_to_stop():
    clock = Clock()
    keeping = pacer(clock, factor=1.0)
    keeping.stopped = lambda: len(clock.slept) == 3
    keeping.wait(1)
    assert len(clock.slept) == 3
    assert max(clock.slept) <= 0.05
    assert keeping.facts()["steps"] == 0 or clock.now_s < 101.0


@pytest.mark.parametrize("factor", [0.0, -1.0, float("nan"), float("inf"), 1e7])
def test_a_factor_that_cannot_be_kept_is_refused(factor):
    with pytest.raises(ScenarioError, match=r"--pace: a step of 900 s cannot be paced like this .*allowed: 0 < factor <= 900000"):
        Pacer(factor, 900.0)
