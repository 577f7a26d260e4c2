# SPDX-License-Identifier: Apache-2.0
"""Paced runs: in time with the clock, interruptible, with agents in other processes, one of them somebody else's program."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import nats
import pytest
from rich.console import Console

from tests.bus_samples import eventually
from tests.linked_runs import assert_same, dimmed, priced
from twinergy.bus.nats_bus import NatsBus, scope_of
from twinergy.bus.server import EmbeddedServer
from twinergy.cli.bussing import say_how_it_was
from twinergy.community.scenario import load
from twinergy.cosim.agent_process import AgentProcess
from twinergy.cosim.pace import Pacer
from twinergy.cosim.platform import Platform
from twinergy.cosim.runner import RunInterruptedError, run
from twinergy.results.reader import Run

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 5.0
GUIDE = ROOT / "docs" / "how-to" / "own_agent_over_nats.md"


@pytest.fixture(scope="module")
def server():
    with EmbeddedServer() as running:
        yield running


def url(server):
    address = server.address
    return f"nats://{address.user}:{address.password}@{address.host}:{address.port}"


class Patient:
    """A clock that goes on when an answer has arrived, so that no test depends on how busy the machine is."""

    def __init__(self, bus, before):
        self.bus, self.before, self.now_s, self.waits = bus, before, 0.0, 0

    def clock(self):
        return self.now_s

    def sleep(self, wait_s):
        self.before(self.waits)
        self.waits += 1
        eventually(lambda: any(inbox._frames for inbox in self.bus._frame_inboxes), PATIENCE_S)
        self.now_s += wait_s


def paced(scenario, server, out, wall_s=None, outside="dimming", before=lambda _index: None):
    """Run a scenario with so much wall time per step, or as much as the answers take."""
    bus = NatsBus(server.address, scope=scope_of("small"), lasting=True)
    patient, step_s = Patient(bus, before), scenario.axis.step_s
    timing = {} if wall_s else {"clock": patient.clock, "sleep": patient.sleep}
    pacer = Pacer(step_s / (wall_s or 0.04), step_s, **timing)
    try:
        return run(scenario, out=out, report=False, platform=Platform(bus=bus, pacer=pacer, outside=(outside,)))
    finally:
        bus.close()


class Elsewhere:
    """An agent in a thread with a bus of its own; everything it knows comes over the server."""

    def __init__(self, scenario, name, server):
        self.said = []
        self.bus = NatsBus(server.address, scope=scope_of("small"), lasting=True)
        self.process = AgentProcess(scenario, name, self.bus, self.said.append)
        self.thread = threading.Thread(target=self.process.serve)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.thread.join(20)
        self.bus.close()


def test_a_paced_run_keeps_time_and_says_how_well(tmp_path):
    scenario = dimmed(tmp_path, "run.days=null", "run.end=2024-06-03T06:00")
    run(scenario, out=tmp_path / "warm", report=False)
    began = time.monotonic()
    finished = run(scenario, out=tmp_path / "runs", report=False, platform=Platform(pacer=Pacer(900 / 0.05, 900)))
    took_s = time.monotonic() - began
    assert 24 * 0.05 <= took_s < 24 * 0.05 + 3.0
    pace = finished.manifest["pace"]
    assert finished.manifest["mode"] == "paced"
    assert pace["steps"] == 24
    assert 0.0 <= pace["lateness_p50_s"] <= pace["lateness_p99_s"] <= pace["lateness_max_s"] < 1.0
    assert_same(run(scenario, out=tmp_path / "again", report=False), finished)


def test_a_paced_run_stops_at_once_in_the_middle_of_a_wait(tmp_path):
    scenario = dimmed(tmp_path)
    asked = threading.Event()
    run(load(tmp_path / "scenario.yaml", ["run.days=null", "run.end=2024-06-03T01:00"]), out=tmp_path / "warm", report=False)
    threading.Timer(1.0, asked.set).start()
    with pytest.raises(RunInterruptedError, match="stopped after 1 of 96 steps"):
        run(scenario, out=tmp_path / "runs", report=False, stop=asked.is_set, platform=Platform(pacer=Pacer(1.0, 900)))
    left = Run(next((tmp_path / "runs").iterdir()))
    assert left.status == "interrupted"
    assert len(left.wide("household", "p_kw")) == 1


def test_an_agent_elsewhere_decides_as_it_would_here(server, tmp_path):
    """It sees the same to the bit, so every request and everything that comes of it is the same."""
    scenario = dimmed(tmp_path)
    here = run(scenario, out=tmp_path / "here", report=False)
    assert len(here.messages()) > 3
    with Elsewhere(scenario, "dimming", server) as elsewhere:
        there = paced(scenario, server, tmp_path / "there")
    tally = there.manifest["outside"]["dimming"]
    assert tally == {"shown": 96, "answered": 96, "late": 0, "absent": 0, "rejected": 0}
    assert_same(here, there)
    assert elsewhere.process.decisions == 96
    assert elsewhere.said[-1].endswith("has ended after 96 decisions")


def test_published_prices_reach_an_agent_elsewhere(server, tmp_path):
    scenario = priced(tmp_path)
    here = run(scenario, out=tmp_path / "here", report=False)
    assert {"battery"} == set(here.set_points()["table"])
    with Elsewhere(scenario, "price_response", server):
        there = paced(scenario, server, tmp_path / "there", outside="price_response")
    assert there.manifest["outside"]["price_response"]["answered"] == 48
    assert_same(here, there)


def test_an_agent_that_never_answers_is_counted_and_the_run_goes_on(server, tmp_path):
    scenario = dimmed(tmp_path, "run.days=null", "run.end=2024-06-03T06:00")
    finished = paced(scenario, server, tmp_path / "runs", 0.01)
    assert finished.status == "completed"
    assert finished.manifest["outside"]["dimming"] == {"shown": 24, "answered": 0, "late": 0, "absent": 24, "rejected": 0}


class Program:
    """Somebody else's program, in plain nats-py: answers observations with whatever `answer` makes of them."""

    def __init__(self, server, answer):
        self.server, self.answer, self.seen, self.over = server, answer, [], threading.Event()
        self.thread = threading.Thread(target=lambda: asyncio.run(self.live()))

    async def live(self):
        client = await nats.connect(url(self.server))
        ended = asyncio.Event()

        async def on_observation(message):
            observation = json.loads(message.data)
            if observation.get("ended"):
                ended.set()
                return
            self.seen.append(observation)
            for answer in self.answer(observation):
                await client.publish("twinergy.small.dimming.decision", answer)

        await client.subscribe("twinergy.small.lab.observation.dimming", cb=on_observation)
        await client.flush()
        self.over.set()
        await asyncio.wait_for(ended.wait(), 60)
        await client.close()

    def __enter__(self):
        self.thread.start()
        assert self.over.wait(10)
        return self

    def __exit__(self, *_):
        self.thread.join(20)


def limit(step, **changes):
    request = {"table": "battery", "ids": ["battery-a"], "high_kw": 0.5, "valid_s": 900, "rank": "dso_order", "reason": "because"}
    return json.dumps({"step": step, "limits": [request | changes]}).encode()


GARBAGE = {
    "not JSON": (lambda _k: b"\xff\x00{", "malformed", "Invalid JSON"),
    "a list": (lambda _k: b"[]", "malformed", "object"),
    "no step": (lambda _k: b"{}", "malformed", "step: Field required"),
    "unknown field": (lambda k: json.dumps({"step": k, "setpoints": []}).encode(), "malformed", "setpoints: Extra inputs"),
    "unknown table": (lambda k: limit(k, table="batery"), "malformed", "did you mean 'battery'"),
    "unknown device": (lambda k: limit(k, ids=["battery-b"]), "malformed", "did you mean 'battery-a'"),
    "a device twice": (lambda k: limit(k, ids=["battery-a", "battery-a"]), "malformed", "stands there twice"),
    "low above high": (lambda k: limit(k, low_kw=1.0), "malformed", "low_kw 1 lies above high_kw 0.5"),
    "not a number": (lambda k: limit(k).replace(b"0.5", b"NaN"), "malformed", "high_kw"),
    "text for a number": (lambda k: limit(k, high_kw="0.5"), "malformed", "valid number"),
    "a safety limit": (lambda k: limit(k, rank="safety_limit"), "malformed", "rank"),
    "for ever": (lambda k: limit(k, valid_s=1e12), "malformed", "valid_s"),
    "cannot be limited": (lambda k: limit(k, table="household"), "malformed", "household"),
    "the future": (lambda k: limit(k + 5), "malformed", "has not been yet"),
    "the past": (lambda k: limit(k - 1) if k else limit(99), "late", "it answers step"),
    "another version": (lambda k: limit(k).replace(b'"step"', b'"schema_version": 7, "step"'), "version", "schema_version"),
    "too large": (lambda k: limit(k, reason="x" * 2_000_000), "oversized", "allowed are"),
    "unknown port": (
        lambda k: json.dumps(
            {"step": k, "set_points": [{"table": "battery", "port": "p_kw", "ids": ["battery-a"], "value": 1}]}
        ).encode(),
        "malformed",
        "no set-point 'p_kw'",
    ),
    "wrong length": (
        lambda k: json.dumps(
            {"step": k, "set_points": [{"table": "battery", "port": "p_set_kw", "ids": ["battery-a"], "value": [1, 2]}]}
        ).encode(),
        "malformed",
        "2 numbers for 1 devices",
    ),
    "a message of somebody else": (
        lambda k: json.dumps({"step": k, "messages": [{"information_object": "control_action"}]}).encode(),
        "malformed",
        "one of its messages",
    ),
    "deep nesting": (lambda _k: b"[" * 100_000, "malformed", "JSON"),
}


def test_whatever_a_program_sends_is_turned_away_with_a_reason_and_the_run_goes_on(server, tmp_path):
    scenario = dimmed(tmp_path, "run.days=null", "run.end=2024-06-03T08:00")
    cases = list(GARBAGE.values())

    def answer(observation):
        k = observation["step"]["index"]
        return (cases[k][0](k),) if k < len(cases) else (limit(k),)

    with Program(server, answer) as program:
        finished = paced(scenario, server, tmp_path / "runs")
    assert finished.status == "completed"
    tally = finished.manifest["outside"]["dimming"]
    assert tally["rejected"] == len(cases)
    assert tally["answered"] == 32 - len(cases)
    assert tally["absent"] == len(cases)
    shown = finished.sql("select kind, subject, reason from rejections order by time")
    for (name, (_, kind, reason)), row in zip(GARBAGE.items(), shown.itertuples(), strict=True):
        assert (row.kind, row.subject) == (kind, "twinergy.small.dimming.decision"), name
        assert reason in row.reason, f"{name}: {row.reason}"
    asked = finished.set_points()
    assert len(asked) == 32 - len(cases)
    assert set(asked["reason"]) == {"because"}
    assert finished.wide("battery", "p_kw").to_numpy()[len(cases) + 1 :].max() <= 0.5 + 1e-6
    assert program.seen[0]["views"][0]["ids"] == ["meter-s1-trafo"]


def test_a_late_decision_acts_in_the_step_after_it_arrives(server, tmp_path, monkeypatch):
    """Step 4 is answered while step 6 waits: the answer acts in step 7."""
    scenario = scenario_by_the_hour(dimmed(tmp_path, "run.days=null", "run.end=2024-06-03T04:00"))
    monkeypatch.setattr("tests.cosim.test_pace_outside.PATIENCE_S", 0.0)
    now = threading.Event()

    def answer(observation):
        if observation["step"]["index"] != 4:
            return ()
        assert now.wait(20)
        return (limit(4),)

    def before(index):
        if index == 6:
            monkeypatch.setattr("tests.cosim.test_pace_outside.PATIENCE_S", 10.0)
            now.set()
        if index == 7:
            monkeypatch.setattr("tests.cosim.test_pace_outside.PATIENCE_S", 0.0)

    with Program(server, answer):
        finished = paced(scenario, server, tmp_path / "runs", before=before)
    tally = finished.manifest["outside"]["dimming"]
    assert (tally["shown"], tally["late"], tally["absent"], tally["answered"]) == (4, 1, 3, 0)
    (when,) = finished.set_points()["time"]
    assert (when - finished.wide("battery", "p_kw").index[0]).total_seconds() == 7 * 900


def scenario_by_the_hour(scenario):
    """Return a scenario whose agent decides every fourth step."""
    from dataclasses import replace

    (spec,) = scenario.controllers

    class Hourly(spec.agent):
        period_s = 3600.0

    return replace(scenario, controllers=(replace(spec, agent=Hourly),))


def test_the_program_of_the_guide_takes_part(server, tmp_path):
    """What the how-to page prints is what runs here."""
    text = GUIDE.read_text(encoding="utf-8")
    code = text.split("```python\n", 1)[1].split("```", 1)[0]
    file = tmp_path / "own_agent.py"
    file.write_text(code)
    environment = os.environ | {"TWINERGY_BUS": url(server)}
    program = subprocess.Popen(
        [sys.executable, "-u", str(file), "small", "dimming"], env=environment, stdout=subprocess.PIPE, text=True
    )
    assert program.stdout.readline().startswith("waiting")
    scenario = dimmed(tmp_path, "run.days=null", "run.end=2024-06-03T06:00")
    finished = paced(scenario, server, tmp_path / "runs")
    out, _ = program.communicate(timeout=20)
    assert program.returncode == 0
    tally = finished.manifest["outside"]["dimming"]
    assert tally["rejected"] == 0
    assert tally["answered"] == 24, out
    assert set(finished.set_points()["agent"]) == {"dimming"}


def test_an_agent_as_a_process_of_its_own(server, tmp_path, capsys):
    """``twinergy agent`` as a real process answers every observation in time."""
    scenario = dimmed(tmp_path, "run.days=null", "run.end=2024-06-03T06:00")
    environment = os.environ | {"TWINERGY_BUS": url(server), "COLUMNS": "160"}
    command = [sys.executable, "-u", "-m", "twinergy.cli", "agent", "scenario.yaml", "dimming", "--to", "2024-06-03T06:00"]
    agent = subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, text=True)
    assert "dimming waits for small" in agent.stdout.readline()
    finished = paced(scenario, server, tmp_path / "runs")
    out, _ = agent.communicate(timeout=20)
    assert agent.returncode == 0
    assert "has ended after 24 decisions" in out
    assert "careful" not in out
    assert finished.manifest["outside"]["dimming"]["answered"] == 24
    assert set(finished.set_points()["agent"]) == {"dimming"}
    say_how_it_was(Console(), finished.manifest)
    assert "dimming outside: shown 24, answered 24" in capsys.readouterr().out
