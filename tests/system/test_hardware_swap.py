# SPDX-License-Identifier: Apache-2.0
"""A run with perfect devices over the real protocol equals the simulated run: within a count of the scale factor and a step."""

from __future__ import annotations

import socket
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pytest

from tests.bench_thread import bench_of
from tests.scenario_files import small
from twinergy.agents import Agent, Decision, SetPoint
from twinergy.community.scenario import ControllerSpec, load
from twinergy.cosim.pace import Pacer
from twinergy.cosim.platform import Platform
from twinergy.cosim.runner import run
from twinergy.options import Options

if TYPE_CHECKING:
    from twinergy.results.reader import Run

STEPS = 24
WALL_S = 0.15
COURSE_KW = (0.0, 1.5, -2.0, 3.25, -0.8, np.nan, 2.0, -3.999)


class CourseOptions(Options):
    """None."""


class Course(Agent):
    """Asks the battery for another power every third step, and now and then for nothing."""

    options_model: ClassVar[type[Options]] = CourseOptions
    decided: ClassVar = staticmethod(lambda: None)

    def decide(self, observation):
        Course.decided()  # the devices go on to the next step, and are told then what is asked for it
        value = COURSE_KW[observation.step.index // 3 % len(COURSE_KW)]
        if np.isnan(value):
            return Decision()
        return Decision(set_points=(SetPoint(table="battery", port="p_set_kw", ids=("battery-a",), value=value, valid_s=900.0),))


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def column(finished: Run, table: str, port: str, device: str) -> np.ndarray:
    return finished.frame(table, [device], [port])[port].to_numpy(dtype=float)


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    folder = tmp_path_factory.mktemp("swap")
    at = f"kind: modbus, profile: sunspec, host: 127.0.0.1, port: {free_port()}"
    battery = f"adapter: {{{at}, unit: 1, mode: control, safe: {{set: {{p_set_kw: 0}}, within_s: 30}}}}"
    file = small(
        folder,
        ("p_charge_kw: 4}", f"p_charge_kw: 4, {battery}}}"),
        ("p_dc_kwp: 8}", f"p_dc_kwp: 8, adapter: {{{at}, unit: 2, mode: monitor}}}}"),
    )
    until = f"2024-06-03T{10 + STEPS // 4:02d}:00"
    loaded = load(file, ["run.start=2024-06-03T10:00", "run.days=null", f"run.end={until}"])
    scenario = replace(loaded, controllers=(ControllerSpec("course", "course", Course, CourseOptions()),))
    simulated = run(scenario.simulated(), out=folder / "runs", report=False)
    with bench_of(scenario) as bench, pytest.MonkeyPatch.context() as patch:
        patch.setattr(Course, "decided", staticmethod(bench.advance))
        platform = Platform(pacer=Pacer(900 / WALL_S, 900), armed=True)
        real = run(scenario, out=folder / "runs", platform=platform, report=False)
    return simulated, real, bench


@pytest.mark.parametrize(
    ("table", "device", "port", "count"),
    [("battery", "battery-a", "p_kw", 1e-3), ("pv", "pv-a", "p_kw", 1e-3), ("battery", "battery-a", "soc", 1e-2)],
)
def test_every_step_is_within_one_count_of_the_simulated_one(both, table, device, port, count):
    simulated, real, _ = both
    ideal, seen = column(simulated, table, port, device), column(real, table, port, device)
    assert len(seen) == STEPS
    # one step: a reading may still be that of the step before or already that of the next
    shifted = np.stack([np.roll(ideal, by) for by in (-1, 0, 1)])
    assert (np.abs(shifted - seen).min(axis=0)[1:-1] <= count).all(), [str(np.round(x, 2).tolist()) for x in (ideal, seen)]
    same = np.abs(ideal - seen) <= count
    assert same.mean() > 0.8, (ideal, seen)


def test_what_follows_from_it_does_not_notice(both):
    simulated, real, _ = both
    for name in ("import_kwh", "export_kwh", "generation_kwh", "consumption_kwh"):
        assert real.kpis[name].value == pytest.approx(simulated.kpis[name].value, rel=0.03, abs=0.05), name
    assert real.kpis["connection_balance_max_kw"].clean
    assert real.kpis["power_balance_max_kw"].clean


def test_the_device_was_told_what_was_asked_and_let_go_where_nobody_asked(both):
    _, real, bench = both
    told = [value for _, device, port, value in bench.physics.writes if (device, port) == ("battery-a", "p_set_kw")]
    for wanted in COURSE_KW[1:]:
        assert any(np.isclose(value, wanted, atol=1e-3, equal_nan=True) for value in told), wanted
    link = real.manifest["hardware"]["links"]["battery-a"]
    assert link["failed"] == 0
    assert link["acknowledged_p50_s"] < 0.05
