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
from rich.console import Console

from tests import memory_adapter as memory
from tests.scenario_files import small
from twinergy.agents import Agent, Decision, SetPoint
from twinergy.cli.hil_work import check_command, stop_command
from twinergy.community.scenario import ControllerSpec, load
from twinergy.cosim.hardware.again import scenario_of
from twinergy.cosim.hardware.desk import ask
from twinergy.cosim.hardware.session import _Sender
from twinergy.cosim.pace import Pacer
from twinergy.cosim.platform import Platform
from twinergy.cosim.runner import RunInterruptedError, run
from twinergy.cosim.sweep import Case, _run_case
from twinergy.cosim.wiring import CONNECTION
from twinergy.errors import DeviceError, RunError, ScenarioError
from twinergy.options import Options
from twinergy.results.figures import FIGURES
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
    titles = [each["title"] for each in finished.accounts["real_devices"]]
    assert titles == ["Links", "Readings", "Twin against reality", "What they say of themselves"]


def test_the_figures_of_real_devices_are_drawn(tmp_path, adapter):
    finished = ran(tmp_path, scenario(tmp_path))
    shown = {standard.name: standard for standard in FIGURES if standard.name.startswith("hardware")}
    assert all(standard.possible(finished) for standard in shown.values())
    twins, timing = (shown[name].draw(finished).axes[0] for name in ("hardware_twins", "hardware_timing"))
    assert twins.get_ylabel() == "kW, drawn from the grid"
    drawn = [line.get_ydata()[-1] for line in twins.get_lines() if len(line.get_ydata()) == STEPS]
    assert drawn == [1.5, 1.5]  # the device and its twin, after the set-point
    assert timing.get_xlabel() == "milliseconds"


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


def test_two_devices_behind_one_connection_do_not_both_take_the_same_room(tmp_path, adapter):
    """11 kW are left for both; they stand still and each is asked for 8 kW: the second one sees what the first will draw."""
    two = BATTERY.replace("}", ", adapter: {kind: memory, mode: control}}")
    second = two.replace("capacity", "id: battery-b, kind: battery, dwelling: home-a, capacity")
    made = load(small(tmp_path, (BATTERY, f"{two}\n  - {{{second}")))
    senders = [_Sender(one, covers, made) for one, covers in made.real]
    claims: dict = {}
    tables = {
        "battery": {"p_kw": np.array([0.0, 0.0])},
        CONNECTION: {"p_kw": np.full(len(made.twin.connections), 2.0)},
    }
    asked = {"battery": {"p_set_kw": np.array([8.0, 8.0]), "min_soc": np.array([0.3, np.nan])}}
    first, last = (sender.wish(asked, tables, claims) for sender in senders)
    assert (first.others_kw, first.others_least_kw, first.reserve) == (2.0, 2.0, 0.3)
    assert (last.others_kw, last.others_least_kw) == (10.0, 2.0)
    tables["battery"]["p_kw"] = np.array([8.0, 0.0])  # the first one does it now
    tables[CONNECTION]["p_kw"][:] = 10.0
    claims.clear()
    assert [sender.wish(asked, tables, claims).others_kw for sender in senders] == [2.0, 10.0]
    tables[CONNECTION]["p_kw"][:] = np.nan  # not known in this step: what was known last stands
    claims.clear()
    assert [sender.wish(asked, tables, claims).others_kw for sender in senders] == [2.0, 10.0]


def test_a_run_that_ends_before_its_time_says_which_device_nobody_has_seen_in_its_safe_state(tmp_path, adapter):
    adapter.fails_to_release = DeviceError("no answer")
    steps = iter(range(1000))
    with pytest.raises(RunInterruptedError, match="battery-a could not be put into its safe state: no answer; armed, it falls"):
        ran(tmp_path, scenario(tmp_path, steps=24), stop=lambda: next(steps) > 40)
    manifest = json.loads(next((tmp_path / "runs").glob("*/manifest.json")).read_text(encoding="utf-8"))
    assert manifest["hardware"]["not_released"]["battery-a"].startswith("no answer")


def test_a_run_that_has_ended_has_no_desk_and_its_devices_are_told_directly(tmp_path, adapter, monkeypatch, capsys):
    finished = ran(tmp_path, scenario(tmp_path, steps=4))
    with pytest.raises(DeviceError, match="no run with real devices answers"):
        list(ask(finished.path, {"do": "stop"}))
    assert scenario_of(finished).document.folder == tmp_path.resolve()  # profiles and secrets are named from there
    assert stop_command(Console(), "latest", tmp_path / "runs", "by hand") == 0
    assert adapter.released == 2

    async def taken(_self):
        message = "port 9000 is taken"
        raise DeviceError(message)

    monkeypatch.setattr(memory.MemoryDriver, "start", taken)
    assert stop_command(Console(), "latest", tmp_path / "runs", "by hand") == 1
    assert "battery-a: port 9000 is taken" in capsys.readouterr().out


def test_a_run_that_nobody_could_stop_from_outside_does_not_begin(tmp_path, adapter, monkeypatch):
    def full(**_options):
        raise OSError(28, "No space left on device")

    made = scenario(tmp_path)
    monkeypatch.setattr("twinergy.cosim.hardware.desk.tempfile.mkdtemp", full)
    with pytest.raises(DeviceError, match=r"hil stop.*No space left.*set TMPDIR"):
        ran(tmp_path, made)
    assert adapter.told == []


def test_a_sweep_simulates_what_is_real_elsewhere(tmp_path, adapter):
    scenario(tmp_path)  # writes the file
    _run_case(str(tmp_path / "scenario.yaml"), Case(("run.days=null", "run.end=2024-06-03T01:00"), "one"), tmp_path, False)
    said = json.loads((tmp_path / "cases" / "one" / "case.json").read_text(encoding="utf-8"))
    assert said["error"] == ""
    assert said["kpis"]
    assert adapter.told == []


def test_only_one_link_is_checked_at_a_time(tmp_path, adapter):
    blocks = "[{kind: memory, part: x, reads: [p_kw], writes: []}, {kind: memory, part: y, reads: [soc], writes: []}]"
    file = small(tmp_path, (BATTERY, BATTERY.replace("}", f", adapter: {blocks}}}")))
    with pytest.raises(ScenarioError, match=r"several links belong to it; name one.*battery-a\.x, battery-a\.y"):
        check_command(Console(), str(file), [], "battery-a", reads=1, arm=False, report=None)


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
        ("{kind: memory, mode: control, reads: [p_kw], limits: {soc_max: 0.9}}", "does not say its state of charge"),
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
