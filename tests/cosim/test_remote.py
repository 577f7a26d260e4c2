# SPDX-License-Identifier: Apache-2.0
"""A kind of devices steps in another process: same results, a token is asked for, and whoever is gone is named."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time

import pandas as pd
import pytest

from tests.scenario_files import small
from twinergy.community.scenario import load
from twinergy.cosim.runner import run
from twinergy.errors import RunError, ScenarioError

TOKEN = "for-this-test-only"  # noqa: S105


class Elsewhere:
    """``twinergy simulator`` as a process of its own."""

    def __init__(self) -> None:
        command = [sys.executable, "-u", "-m", "twinergy.cli", "simulator", "--listen", "127.0.0.1:0"]
        environment = os.environ | {"TWINERGY_TOKEN": TOKEN, "COLUMNS": "200"}
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment)
        self.lines = [self.process.stdout.readline()]
        self.address = self.lines[0].split()[-1]
        self.port = int(self.address.rpartition(":")[2])

    def read(self) -> str:
        self.lines.append(self.process.stdout.readline())
        return self.lines[-1]


@pytest.fixture
def elsewhere(monkeypatch):
    monkeypatch.setenv("TWINERGY_TOKEN", TOKEN)
    there = Elsewhere()
    yield there
    there.process.kill()
    there.process.communicate()


def results(file, folder, *assignments):
    done = run(load(file, assignments), out=folder, report=False)
    return {table: done.frame(table) for table in ("battery", "connection", "bus", "meter")}


@pytest.mark.parametrize("kind", ["battery", "household"])
def test_results_do_not_depend_on_where_a_kind_steps(tmp_path, elsewhere, kind):
    file = small(tmp_path)
    here = results(file, tmp_path / "here")
    there = results(file, tmp_path / "there", f"run.remote={{{kind}: '{elsewhere.address}'}}")
    for table, frame in here.items():
        pd.testing.assert_frame_equal(frame, there[table], check_exact=True)
    assert f"starts a run with {kind} here" in elsewhere.read()


def test_a_wrong_token_gets_nowhere(tmp_path, elsewhere, monkeypatch):
    monkeypatch.setenv("TWINERGY_TOKEN", "guessed")
    with pytest.raises(RunError, match=r"battery at .* is gone: .*closed the connection"):
        results(small(tmp_path), tmp_path, f"run.remote.battery={elsewhere.address}")
    assert "wrong token" in elsewhere.read()


def framed(text: bytes) -> bytes:
    return len(text).to_bytes(4, "big") + text


GARBAGE = (
    b"GET / HTTP/1.1\r\n\r\n",
    b"\xff" * 64,
    framed(b"[]"),
    framed(b"null!"),
    framed(b'[0, 1, ["init", [], "text"]]'),
    framed(b'[0, 1, ["step", [], {}]]'),
    framed(b"[" * 100_000),
    framed(b'[0, 1, ["init", [], {"token": "' + TOKEN.encode() + b'"}]]'),
)


def test_garbage_is_refused_and_the_next_run_is_served(tmp_path, elsewhere):
    for garbage in GARBAGE:
        with socket.create_connection(("127.0.0.1", elsewhere.port)) as line:
            line.sendall(garbage)
            line.shutdown(socket.SHUT_WR)
            line.settimeout(5)
            assert line.recv(10) == b""
        assert "refused" in elsewhere.read()
    results(small(tmp_path), tmp_path, f"run.remote.battery={elsewhere.address}")


def test_nobody_there_is_said_with_what_to_do(tmp_path):
    with pytest.raises(RunError, match=r"Is `twinergy simulator --listen 127\.0\.0\.1:9` running"):
        results(small(tmp_path), tmp_path, "run.remote.battery=127.0.0.1:9")


def test_the_other_process_dies_on_the_way(tmp_path, elsewhere):
    scenario = load(small(tmp_path, ("days: 1", "days: 60")), [f"run.remote.battery={elsewhere.address}"])

    def kill_at_noon(done: int, _of: int) -> None:
        if done >= 48:
            elsewhere.process.kill()

    started = time.monotonic()
    with pytest.raises(RunError, match=r"battery at 127\.0\.0\.1:\d+ is gone"):
        run(scenario, out=tmp_path, report=False, progress=kill_at_noon)
    assert time.monotonic() - started < 60


def test_meters_and_weather_stay(tmp_path):
    with pytest.raises(ScenarioError) as caught:
        load(small(tmp_path), ["run.remote.meter=127.0.0.1:5678"])
    assert [finding.path for finding in caught.value.findings] == ["run.remote.meter"]
