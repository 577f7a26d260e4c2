# SPDX-License-Identifier: Apache-2.0
"""Whole runs with a device in the place of a simulated one; the devices live in this process, their faults are made by hand."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pytest

from tests import memory_adapter as memory
from tests.scenario_files import small
from twinergy.agents import Agent, Decision, SetPoint
from twinergy.community.scenario import ControllerSpec, load
from twinergy.cosim.hardware.desk import ask
from twinergy.cosim.pace import Pacer
from twinergy.cosim.platform import Platform
from twinergy.cosim.runner import RunInterruptedError, run
from twinergy.errors import DeviceError, RunError, ScenarioError
from twinergy.options import Options
from twinergy.results.hardware import CLOCK, LINKS, READINGS

if TYPE_CHECKING:
    from twinergy.results.reader import Run

BATTERY = "capacity_kwh: 8, p_charge_kw: 4}"
REAL = "capacity_kwh: 8, p_charge_kw: 4, adapter: {{kind: memory, mode: {mode}, safe: {{within_s: 2}}{more}}}}}"
STEPS = 12
WALL_S = 0.1


class SteadyOptions(Options):
    """None."""


class Steady(Agent):
    """Asks the battery for 1.5 kW from the fourth step on."""

    options_model: ClassVar[type[Options]] = SteadyOptions

    def decide(self, observation):
        if observation.step.index < 3:
            return Decision()
        return Decision(set_points=(SetPoint(table="battery", port="p_set_kw", ids=("battery-a",), value=1.5),))


@pytest.fixture
def adapter(monkeypatch):
    memory.install(monkeypatch)
    device = memory.DEVICES["battery-a"] = memory.MemoryDevice()
    device.values = {"p_kw": -0.5, "soc": 0.4}
    return device


def scenario(tmp_path, mode: str = "control", more: str = "", steps: int = STEPS):
    file = small(tmp_path, (BATTERY, REAL.format(mode=mode, more=more)))
    until = f"2024-06-03T{10 + steps // 4:02d}:{15 * (steps % 4):02d}"
    loaded = load(file, ["run.start=2024-06-03T10:00", "run.days=null", f"run.end={until}"])
    return replace(loaded, controllers=(ControllerSpec("steady", "steady", Steady, SteadyOptions()),))


def ran(tmp_path, made, **options) -> Run:
    platform = Platform(pacer=Pacer(900 / WALL_S, 900), armed=True)
    return run(made, out=tmp_path / "runs", platform=platform, report=False, **options)


def column(finished: Run, table: str, port: str, device: str) -> np.ndarray:
    found = finished.sql(f"SELECT {port} FROM {table} WHERE device = '{device}' ORDER BY time")  # noqa: S608
    return found[port].to_numpy()


def test_readings_reach_grid_meters_and_results_and_set_points_the_device(tmp_path, adapter):
    finished = ran(tmp_path, scenario(tmp_path))
    assert finished.manifest["mode"] == "hardware in the loop"
    p_kw = column(finished, "battery", "p_kw", "battery-a")
    assert p_kw.tolist() == [-0.5] * 4 + [1.5] * 8  # asked after the fourth step, obeyed in the fifth
    metered = column(finished, "meter", "p_kw", "meter-battery-a")
    assert metered == pytest.approx(p_kw, abs=0.1)
    assert adapter.told == [{"p_set_kw": 1.5}]
    assert (adapter.armed, adapter.released) == (1, 1)
    assert finished.kpis["connection_balance_max_kw"].clean
    assert finished.kpis["storage_balance_max_kwh"].clean


def test_what_the_results_say_of_the_link(tmp_path, adapter):
    finished = ran(tmp_path, scenario(tmp_path))
    assert (column(finished, READINGS, "quality", "battery-a.p_kw") == 0).all()
    ages = column(finished, READINGS, "age_s", "battery-a.soc")
    assert (ages > 0).all()
    assert (ages[1:] < 0.08).all()
    assert column(finished, LINKS, "sent_count", "battery-a")[-1] == 1
    assert (column(finished, CLOCK, "lateness_s", "run") < WALL_S).all()
    link = finished.manifest["hardware"]["links"]["battery-a"]
    assert (link["sent"], link["failed"], link["state"]) == (1, 0, "up")
    assert finished.kpis["hardware_good_share"].value == 1.0
    lines = [json.loads(line) for line in (finished.path / "hardware.jsonl").read_text(encoding="utf-8").splitlines()]
    assert {"asked", "done", "event"} <= {line["way"] for line in lines}
    assert [title["title"] for title in finished.accounts["real_devices"]] == ["Links", "Readings", "Twin against reality"]


@pytest.mark.parametrize("mode", ["shadow", "monitor"])
def test_only_control_sends_anything(tmp_path, adapter, mode):
    finished = ran(tmp_path, scenario(tmp_path, mode))
    assert finished.manifest["mode"] == "shadow"
    assert adapter.told == []
    assert (adapter.armed, adapter.released) == (0, 0)
    assert column(finished, "battery", "p_kw", "battery-a").tolist() == [-0.5] * STEPS


def test_a_shadow_shows_how_far_the_twin_is_off(tmp_path, adapter):
    """-0.5 kW for three hours take 1.5 kWh and losses out of 8 kWh; the device says that its charge does not move."""
    finished = ran(tmp_path, scenario(tmp_path, "shadow"))
    twin = column(finished, READINGS, "twin_reading", "battery-a.soc")
    assert twin[0] == pytest.approx(0.4 - 0.125 / 8, abs=0.01)
    assert twin[-1] < 0.4 - 1.5 / 8
    rows = {row[0]: row for row in finished.accounts["real_devices"][2]["rows"]}
    assert rows["battery-a.soc"][2].startswith("alarm")
    assert rows["battery-a.p_kw"][2] == "none"


def test_a_lost_device_is_replaced_by_its_twin_and_counted(tmp_path, adapter):
    steps = iter(range(1000))

    def lose():  # asked in every step
        adapter.answers = next(steps) < 8
        return False

    made = scenario(tmp_path, "shadow", ", stale_s: 0.15, loss_s: 0.1", steps=24)
    finished = ran(tmp_path, made, stop=lose)
    present = column(finished, LINKS, "present_state", "battery-a")
    assert present[0] == 1.0
    assert present[-1] == 0.0
    assert column(finished, READINGS, "quality", "battery-a.p_kw")[-1] == 2
    assert finished.kpis["hardware_away_h"].value > 0.5
    assert not finished.kpis["hardware_away_h"].clean
    soc = column(finished, "battery", "soc", "battery-a")
    lost = int(np.argmin(present))
    assert abs(soc[lost] - 0.4) < 0.15  # the twin goes on from the last state


def test_a_run_that_must_not_go_on_without_a_device_ends(tmp_path, adapter):
    adapter.answers = False
    made = scenario(tmp_path, "shadow", ", on_loss: stop")
    with pytest.raises(RunError, match="battery-a is lost"):
        ran(tmp_path, made)
    manifest = json.loads(next((tmp_path / "runs").glob("*/manifest.json")).read_text(encoding="utf-8"))
    assert manifest["status"] == "failed"
    assert manifest["hardware"]["not_there_at_start"] == ["battery-a"]


def test_the_emergency_stop_of_another_process_ends_the_run(tmp_path, adapter):
    made = scenario(tmp_path, steps=32)
    answers = []

    def press():
        folders = []
        while not folders:
            time.sleep(0.02)
            folders = list((tmp_path / "runs").glob("*/hardware.socket"))
        time.sleep(0.8)
        answers.extend(ask(folders[0].parent, {"do": "stop", "why": "smoke"}))

    presser = threading.Thread(target=press)
    presser.start()
    with pytest.raises(RunInterruptedError):
        ran(tmp_path, made)
    presser.join()
    assert answers == [{"released": {"battery-a": ""}}]
    assert adapter.released == 1
    assert not list((tmp_path / "runs").glob("*/hardware.socket"))
    manifest = json.loads(next((tmp_path / "runs").glob("*/manifest.json")).read_text(encoding="utf-8"))
    assert manifest["status"] == "interrupted"
    assert manifest["hardware"]["emergency"] == "smoke"


def test_a_run_that_has_ended_has_no_desk(tmp_path, adapter):
    finished = ran(tmp_path, scenario(tmp_path, steps=4))
    with pytest.raises(DeviceError, match="no run with real devices answers"):
        list(ask(finished.path, {"do": "stop"}))


def test_somebody_can_watch(tmp_path, adapter):
    made = scenario(tmp_path, steps=32)
    shots = []

    def look():
        folders = []
        while not folders:
            time.sleep(0.02)
            folders = list((tmp_path / "runs").glob("*/hardware.socket"))
        for shot in ask(folders[0].parent, {"do": "watch"}):
            shots.append(shot)
            if len(shots) == 3:
                break

    watcher = threading.Thread(target=look)
    watcher.start()
    ran(tmp_path, made)
    watcher.join()
    reading = shots[-1]["links"]["battery-a"]["readings"]["soc"]
    assert reading["value"] == 0.4
    assert reading["quality"] == "good"


def test_the_same_scenario_simulated_is_fast_and_has_no_hardware(tmp_path, adapter):
    finished = run(scenario(tmp_path).simulated(), out=tmp_path / "runs", report=False)
    assert finished.manifest["mode"] == "fast"
    assert "hardware" not in finished.manifest
    assert not finished.has(READINGS, "quality")


def test_nothing_is_controlled_that_nobody_armed_and_nothing_real_runs_without_a_clock(tmp_path, adapter):
    with pytest.raises(ScenarioError, match=r"battery-a.*say --arm") as unarmed:
        run(scenario(tmp_path), out=tmp_path / "runs", platform=Platform(pacer=Pacer(900, 900)))
    assert unarmed.value.findings[0].path == "--arm"
    with pytest.raises(ScenarioError, match="clock on the wall"):
        run(scenario(tmp_path), out=tmp_path / "runs", platform=Platform(armed=True))


@pytest.mark.parametrize(
    ("block", "said"),
    [
        ("{kind: memry}", "there is no such adapter"),
        ("{mode: control}", "does not say which adapter"),
        ("{kind: memory, mode: controll}", "mode"),
        ("{kind: memory, reads: [p_kw, wrong_kw]}", "serves port 'wrong_kw'"),
        ("{kind: memory, mode: control, writes: []}", "takes no set-points"),
        ("{kind: memory, mode: control, falls_back: false}", "cannot fall back"),
        ("{kind: memory, safe: {set: {p_max_kw: 1}}}", "the safe state names port 'p_max_kw'"),
        ("[{kind: memory, part: x}, {kind: memory, part: y}]", "several adapters serve p_kw, p_set_kw, soc"),
        ("{kind: memory, limits: {p_min_kw: 2, p_max_kw: 1}}", "p_min_kw 2 lies above p_max_kw 1"),
    ],
)
def test_what_is_wrong_with_an_adapter_block_is_found_with_its_line(tmp_path, adapter, block, said):
    file = small(tmp_path, (BATTERY, BATTERY.replace("}", f", adapter: {block}}}")))
    with pytest.raises(ScenarioError, match=said) as wrong:
        load(file)
    finding = wrong.value.findings[0]
    assert finding.path.startswith("devices[4].adapter")
    assert finding.line == 1 + file.read_text(encoding="utf-8").splitlines().index(
        next(line for line in file.read_text(encoding="utf-8").splitlines() if "battery-a" in line)
    )


def test_generated_devices_are_made_real_by_their_id(tmp_path, adapter):
    file = small(tmp_path, extra="adapters:\n  battery-a: {kind: memory, mode: shadow}\n  pv-a: null\n")
    assert [one.id for one, _ in load(file).real] == ["battery-a"]
    file = small(tmp_path, extra="adapters:\n  batery-a: {kind: memory, mode: shadow}\n")
    with pytest.raises(ScenarioError, match=r"there is no such device.*did you mean 'battery-a'"):
        load(file)
