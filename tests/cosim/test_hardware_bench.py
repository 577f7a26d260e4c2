# SPDX-License-Identifier: Apache-2.0
"""The physics behind a bench: the devices of a scenario, and set-points that act at once."""

from __future__ import annotations

import math

import pytest

from tests import memory_adapter as memory
from tests.scenario_files import small
from twinergy.community.scenario import load
from twinergy.cosim.hardware.bench import ScenarioPhysics, need_real
from twinergy.cosim.runner import run
from twinergy.errors import RunError, ScenarioError

SHORT = ["run.start=2024-06-03T10:00", "run.days=null", "run.end=2024-06-03T13:00"]


@pytest.fixture
def physics(tmp_path, monkeypatch):
    memory.install(monkeypatch)
    file = small(tmp_path, ("p_charge_kw: 4}", "p_charge_kw: 4, adapter: {kind: memory, mode: control}}"))
    return ScenarioPhysics(load(file, SHORT))


def test_it_steps_as_the_simulated_run_does(physics, tmp_path):
    finished = run(physics_scenario(tmp_path), out=tmp_path / "runs", report=False)
    simulated = finished.frame("battery", ["battery-a"], ["p_kw"])["p_kw"].tolist()
    shown = []
    for _ in simulated:
        shown.append(physics.read("battery-a", "p_kw"))
        physics.advance()
    assert shown == pytest.approx(simulated, rel=1e-6)


def physics_scenario(tmp_path):
    return load(small(tmp_path), SHORT)


def test_a_set_point_acts_at_once_and_letting_go_gives_the_step_back(physics):
    before = physics.read("battery-a", "p_kw"), physics.read("battery-a", "soc")
    physics.write("battery-a", "p_set_kw", 1.25)
    assert physics.read("battery-a", "p_kw") == 1.25
    physics.write("battery-a", "p_set_kw", -2.0)
    assert physics.read("battery-a", "p_kw") == -2.0
    physics.write("battery-a", "p_set_kw", math.nan)
    assert (physics.read("battery-a", "p_kw"), physics.read("battery-a", "soc")) == before
    assert [value for _, _, _, value in physics.writes][:2] == [1.25, -2.0]


def test_it_goes_on_beyond_the_end_of_the_scenario(physics):
    for _ in range(12 + 16):
        physics.advance()
    assert physics.steps_done == 12 + 16  # three hours, and the four of a bench
    assert math.isfinite(physics.read("battery-a", "p_kw"))


def test_a_fleet_that_cannot_be_copied_answers_in_the_next_step(physics):
    noting = physics._cheap["battery"]
    noting.fleet.visitors = (number for number in range(3))
    physics.advance()
    before = physics.read("battery-a", "p_kw")
    physics.write("battery-a", "p_set_kw", 1.25)
    assert physics.read("battery-a", "p_kw") == before
    physics.advance()
    assert physics.read("battery-a", "p_kw") == 1.25


def test_what_does_not_exist_is_said(physics, tmp_path):
    assert math.isnan(physics.read("battery-a", "no_such_kw"))
    with pytest.raises(RunError, match="the bench has no device 'nobody'"):
        physics.read("nobody", "p_kw")
    with pytest.raises(ScenarioError, match="no device of the scenario has an adapter"):
        need_real(load(small(tmp_path)))
