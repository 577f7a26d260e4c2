# SPDX-License-Identifier: Apache-2.0
"""What a tester does at two terminals, as real processes: a bench, runs that end in every way, and who is left in which state."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from tests.scenario_files import small
from twinergy.cli.stopping import stoppable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals and sockets of a POSIX system")

WITHIN_S = 2.0
PATIENCE_S = 60.0
BATTERY = "capacity_kwh: 8, p_charge_kw: 4}"
ADAPTER = (
    "capacity_kwh: 8, p_charge_kw: 4, adapter: {{kind: modbus, profile: sunspec, host: 127.0.0.1, port: {port}, unit: 1,"
    " mode: control, safe: {{set: {{p_set_kw: 0}}, within_s: {within_s}}}}}}}"
)
RUN = (
    "run: {start: 2024-06-03, days: 1, step_s: 900, seed: 7}",
    "run: {start: 2024-06-03T20:00, end: 2024-06-03T20:30, step_s: 1, seed: 7}",
)
SHAVING = """\
controllers:
  peak_shaving: {batteries: [battery-a], transformer: s1-trafo, limit_kw: 0.2, margin_kw: 0, target_soc: 0.5, recharge_kw: 2}
"""


def command(*words: str | Path) -> list[str]:
    return [sys.executable, "-m", "twinergy.cli", *map(str, words)]


def said(*words: str | Path) -> tuple[int, str]:
    """Run a command to its end, and return its exit code and what it said."""
    wide = os.environ | {"COLUMNS": "200"}
    done = subprocess.run(command(*words), capture_output=True, text=True, timeout=PATIENCE_S, env=wide, check=False)
    return done.returncode, done.stdout + done.stderr


def until(holds: Callable[[], object]) -> None:
    deadline_s = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < deadline_s, "did not come about"
        time.sleep(0.05)


def free_port() -> int:
    with socket.socket() as line:
        line.bind(("127.0.0.1", 0))
        return int(line.getsockname()[1])


@pytest.fixture(scope="module")
def file(tmp_path_factory) -> Iterator[Path]:
    """A scenario whose battery stands on a bench, and is told something in every step."""
    folder = tmp_path_factory.mktemp("bench")
    adapter = ADAPTER.format(port=free_port(), within_s=WITHIN_S)
    scenario = small(folder, (BATTERY, adapter), RUN, extra=SHAVING)
    with subprocess.Popen(command("hil", "bench", scenario), stdout=subprocess.PIPE, text=True) as bench:
        assert bench.stdout is not None
        try:
            assert any("Ctrl-C ends it" in line for line in bench.stdout)
            yield scenario
            bench.send_signal(signal.SIGTERM)
            assert "stopped" in bench.stdout.read()
        finally:
            bench.kill()


@pytest.fixture
def running(file, tmp_path) -> Iterator[subprocess.Popen[str]]:
    """A run that has told the battery something."""
    words = command("run", file, "--arm", "--quiet", "--no-report", "--out", tmp_path)
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            until(lambda: process.poll() is not None or any(line["way"] == "done" for line in journal(tmp_path)))
            assert process.poll() is None, process.communicate()[0]
            yield process
        finally:
            process.kill()


def journal(folder: Path) -> list[dict]:
    texts = [path.read_text(encoding="utf-8") for path in folder.glob("*/hardware.jsonl")]
    return [json.loads(line) for text in texts for line in text.splitlines() if line.endswith("}")]


def p_kw(file: Path) -> float:
    """Return what the battery says of itself to somebody who asks it."""
    code, text = said("hil", "watch", file, "--once")
    assert code == 0, text
    cells = next(line for line in text.splitlines() if " p_kw " in line).split("│")
    return float(cells[5])


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_every_way_to_ask_a_run_to_end_is_heard(number):
    before = signal.getsignal(number)
    with stoppable() as asked:
        asked.ready()
        assert not asked()
        os.kill(os.getpid(), number)
        until(asked)
        assert signal.getsignal(number) == before  # the second one stops at once
    assert signal.getsignal(number) == before


def test_a_question_that_is_swallowed_while_a_run_is_made_ready_is_not_lost():
    """An exception that a signal raises inside a finaliser goes nowhere; what is loaded then may not run for hours."""
    with stoppable() as asked:
        with contextlib.suppress(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
            until(lambda: False)
        with pytest.raises(KeyboardInterrupt):
            asked.ready()


def test_a_run_that_is_asked_to_end_releases_its_devices(running, tmp_path):
    running.send_signal(signal.SIGTERM)
    assert running.wait(PATIENCE_S) == 130
    lines = journal(tmp_path)
    assert [line["error"] for line in lines if line.get("what") == "released"] == [""]
    after = lines[[line.get("what") for line in lines].index("released") :]
    assert not any(line["way"] in {"asked", "done"} for line in after)


def test_a_battery_falls_back_when_the_laboratory_is_killed_and_can_be_stopped_from_outside(running, file, tmp_path):
    told = [line["values"]["p_set_kw"] for line in journal(tmp_path) if line["way"] == "done"][-1]
    assert abs(told) > 0.3
    running.kill()
    running.wait(PATIENCE_S)
    time.sleep(WITHIN_S)
    assert abs(p_kw(file)) < 0.05  # standby; told was more
    code, text = said("hil", "stop", "latest", "--out", tmp_path)
    assert code == 0, text
    assert "its devices are told directly" in text
    assert "battery-a: in its safe state" in text


def test_the_emergency_stop_says_so_at_both_terminals(running, file, tmp_path):
    code, text = said("hil", "stop", "--out", tmp_path, "--why", "a smell of burning")
    assert (code, text.strip()) == (0, "battery-a: in its safe state")
    assert running.wait(PATIENCE_S) == 130
    assert "emergency stop (a smell of burning)" in running.stdout.read()
    assert abs(p_kw(file)) < 0.05


def test_the_check_of_a_device_sees_it_obey_and_fall_back(file, tmp_path):
    code, text = said("hil", "check", file, "battery-a", "--arm", "--reads", "20", "--report", tmp_path / "check.md")
    assert code == 0, text
    results = dict(line.split(":")[0].split(maxsplit=1)[::-1] for line in text.splitlines() if line.startswith("passed"))
    assert {"connects", "reads", "p_kw", "soc", "follows", "falls back", "safe state"} <= results.keys()
    assert "**Passed**" in (tmp_path / "check.md").read_text(encoding="utf-8")
