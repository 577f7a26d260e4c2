# SPDX-License-Identifier: Apache-2.0
"""Runs over NATS: bit for bit as in-process, whatever strangers send; and recordings that are played back."""

from __future__ import annotations

import os
import random
import re
import signal
import threading
import time

import pytest

from tests.bus_samples import action, eventually
from tests.linked_runs import assert_same, dimmed, listened
from twinergy.bus import BusError
from twinergy.bus.nats_bus import NatsBus, scope_of
from twinergy.bus.server import EmbeddedServer
from twinergy.cli import main
from twinergy.community.scenario import load
from twinergy.cosim.pace import Pacer
from twinergy.cosim.platform import Platform
from twinergy.cosim.recording import copy, read_recording, record
from twinergy.cosim.replay import Replay
from twinergy.cosim.runner import run
from twinergy.errors import ScenarioError
from twinergy.messages import encode
from twinergy.results.reader import Run


@pytest.fixture(scope="module")
def server():
    with EmbeddedServer() as running:
        yield running


@pytest.fixture(scope="module")
def scenario(tmp_path_factory):
    return listened(dimmed(tmp_path_factory.mktemp("dimmed")))


@pytest.fixture(scope="module")
def at_home(scenario, tmp_path_factory):
    return run(scenario, out=tmp_path_factory.mktemp("home"), report=False)


def test_somebody_speaks_and_somebody_decides(at_home):
    """Or everything below would compare nothing with nothing."""
    assert len(at_home.messages()) > 3
    asked = at_home.set_points()
    assert {"dimming", "listener"} <= set(asked["agent"])
    assert at_home.manifest["bus"]["published"] == len(at_home.messages())


def test_over_nats_a_fast_run_is_the_same_to_the_bit(scenario, at_home, server, tmp_path):
    bus = NatsBus(server.address, scope=scope_of("small"))
    there = run(scenario, out=tmp_path, report=False, platform=Platform(bus=bus))
    bus.close()
    assert_same(at_home, there)
    assert there.manifest["bus"]["published"] == len(there.messages()) > 3
    assert there.manifest["bus"]["rejected"] == {}


def test_strangers_bytes_change_nothing_and_are_shown(scenario, at_home, server, tmp_path):
    bus, stranger = NatsBus(server.address, scope=scope_of("small")), NatsBus(server.address)
    over = threading.Event()

    def shout():
        rng = random.Random(1)  # noqa: S311
        while not over.is_set():
            subject = rng.choice(["twinergy.small.dimming.control_action", "twinergy.small.x", "twinergy.small.dimming.decision"])
            stranger.publish_frame(subject, rng.randbytes(rng.randrange(300)))
            time.sleep(0.0005)

    thread = threading.Thread(target=shout)
    thread.start()
    there = run(scenario, out=tmp_path, report=False, platform=Platform(bus=bus))
    over.set()
    thread.join()
    bus.close()
    stranger.close()
    assert_same(at_home, there)
    rejected = there.manifest["bus"]["rejected"]["malformed"]
    shown = there.sql("select kind, subject, reason from rejections")
    assert len(shown) == min(rejected, 100) > 0
    assert shown["reason"].str.contains("JSON").all()


def test_a_server_that_goes_fails_a_fast_run_whose_folder_stays_readable(scenario, tmp_path):
    with EmbeddedServer() as server:
        bus = NatsBus(server.address)
        with pytest.raises(BusError, match="the server has gone or closed the connection"):
            run(scenario, out=tmp_path, report=False, platform=Platform(bus=bus), progress=lambda *_: server.stop())
        bus.close()
    left = Run(next(tmp_path.iterdir()))
    assert left.status == "failed"
    assert "the server has gone" in left.manifest["error"]
    assert 48 <= len(left.wide("household", "p_kw")) < 96


def test_a_paced_run_outlives_its_server(scenario, at_home, tmp_path):
    with EmbeddedServer() as server:
        bus = NatsBus(server.address, scope=scope_of("small"), lasting=True)

        def restart(*_):
            os.kill(int((server._folder / "pid").read_text()), signal.SIGKILL)
            server.stop()
            time.sleep(0.05)
            server.start()
            assert eventually(lambda: bus.facts()["reconnects"])

        pacer = Pacer(900 / 0.02, 900)
        finished = run(scenario, out=tmp_path, report=False, platform=Platform(bus=bus, pacer=pacer), progress=restart)
        bus.close()
    assert finished.manifest["bus"]["reconnects"] >= 1
    said = [frame["id"].tolist() for frame in (at_home.messages(), finished.messages())]
    assert sorted(said[0]) == sorted(said[1])


def test_what_was_decided_from_messages_is_decided_again_when_they_are_played_back(scenario, at_home, tmp_path):
    alone = listened(scenario_without(scenario), without_source=True)
    deaf = run(alone, out=tmp_path / "deaf", report=False)
    assert len(deaf.set_points()) == 0
    replay = Replay(read_recording(at_home.path), alone)
    again = run(alone, out=tmp_path / "again", report=False, platform=Platform(replay=replay))
    decided = [
        frame[frame["agent"] == "listener"].drop(columns="outcome_reason") for frame in (at_home.set_points(), again.set_points())
    ]
    assert requests(decided[0]) == requests(decided[1])
    assert again.messages()["body"].tolist() == at_home.messages()["body"].tolist()
    assert again.manifest["replay"]["played"] == len(at_home.messages())


def scenario_without(scenario):
    from dataclasses import replace

    return replace(scenario, controllers=())


def requests(frame):
    """Return what was asked for when, whatever became of it: without the one who limits, less is cut."""
    return sorted({(row.time, row.device, row.port, row.value, row.reason) for row in frame.itertuples()})


@pytest.mark.parametrize("suffix", [".jsonl", ".parquet"])
def test_a_recording_of_a_server_holds_what_flowed(server, tmp_path, suffix):
    pilot = f"rec{suffix[1:]}"
    bus, other = NatsBus(server.address, scope=scope_of(pilot)), NatsBus(server.address, scope=scope_of(pilot))
    messages = [action(number, pilot=pilot, source=f"s{number % 2}") for number in range(50)]
    left = iter([lambda: None] * 2)

    def stopped(_wait_s):
        if next(left, None) is None:
            return True
        for message in messages[:25] if len(sent) == 0 else messages[25:]:
            other.publish(message)
            sent.append(message)
        other.publish_frame(f"twinergy.{pilot}.s0.control_action", b"rubbish")
        other.flush()
        return not eventually(lambda: bus.counts.delivered >= len(sent))

    sent = []
    file = tmp_path / f"recording{suffix}"
    assert record(bus, file, ["twinergy.>"], stopped) == 50
    assert bus.counts.rejected == {"malformed": 2}
    assert read_recording(file) == [encode(message) for message in messages]
    assert copy(read_recording(file), tmp_path / "half.jsonl", ["twinergy.*.s1.>"]) == 25
    bus.close()
    other.close()


def test_a_recording_that_ends_in_the_middle_of_a_line_is_read_up_to_there(tmp_path):
    file = tmp_path / "cut.jsonl"
    file.write_text('{"body": "a"}\n{"body": "b"}\n{"bo')
    assert read_recording(file) == [b"a", b"b"]
    file.write_text('{"body": "a"}\nrubbish\n')
    with pytest.raises(ScenarioError, match="line 2 is no recorded message"):
        read_recording(file)


@pytest.mark.parametrize(
    ("name", "said"), [("none.jsonl", "does not exist"), ("file.txt", "is no recording"), (".", "is a folder without messages")]
)
def test_what_is_no_recording_is_refused(tmp_path, name, said):
    (tmp_path / "file.txt").write_text("x")
    with pytest.raises(ScenarioError, match=said):
        read_recording(tmp_path / name)


def test_a_recording_of_another_time_is_refused_with_counts(scenario, at_home):
    later = load(at_home.path / "scenario.yaml", ["run.start=2024-07-03", "controllers={}"])
    with pytest.raises(ScenarioError, match=r"no message to play back between 2024-07-02 22:00 and .*outside_time \d+"):
        Replay(read_recording(at_home.path), later)
    with pytest.raises(ScenarioError, match=r"speak_themselves \d+"):
        Replay(read_recording(at_home.path), scenario)
    with pytest.raises(ScenarioError, match=r"other_subjects \d+"):
        Replay(read_recording(at_home.path), later, patterns=["twinergy.*.nobody.>"])


def twinergy(*arguments):
    """Run the command line in this process and return its exit code."""
    with pytest.raises(SystemExit) as ended:
        main([str(argument) for argument in arguments])
    return ended.value.code or 0


def test_the_command_line_over_nats_and_with_playback(at_home, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert twinergy("record", at_home.path, "-o", "said.jsonl") == 0
    assert f"{len(at_home.messages())} messages in said.jsonl" in capsys.readouterr().out
    arguments = (
        "run",
        at_home.path / "scenario.yaml",
        "--no-report",
        "--quiet",
        "--set",
        "controllers={}",
        "--replay",
        "said.jsonl",
    )
    assert twinergy(*arguments, "--bus", "nats", "--replay-subjects", "twinergy.*.dimming.>") == 0
    said = capsys.readouterr()
    found = Run(next((tmp_path / "runs").iterdir()))
    assert len(found.messages()) == len(at_home.messages())
    assert found.manifest["bus"]["server"] == "of its own"
    kept = (found.path / "manifest.json").read_text() + (found.path / "scenario.yaml").read_text() + said.out + said.err
    assert "password" not in kept


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("--bus", "nats://lab:secret@127.0.0.1:1"), "bus nats://127.0.0.1:1: nobody listens there"),
        (("--bus", "smtp://lab:secret@x"), "--bus: is no address of a bus"),
        (("--pace", "-1"), "--pace: a step of 900 s cannot be paced like this (got -1.0); allowed: 0 < factor"),
        (("--outside", "dimmming", "--pace", "900"), "did you mean 'dimming'"),
        (("--outside", "dimming", "--pace", "900"), "needs a bus that both can reach"),
        (("--outside", "dimming", "--bus", "nats"), "add --pace FACTOR"),
        (("--replay", "nothing.jsonl"), "no run 'nothing.jsonl'"),
    ],
)
def test_what_the_command_line_refuses(at_home, tmp_path, capsys, monkeypatch, arguments, text):
    monkeypatch.chdir(tmp_path)
    assert twinergy("run", at_home.path / "scenario.yaml", "--quiet", "--set", "controllers.listener=null", *arguments) in {1, 2}
    said = capsys.readouterr()
    assert text in re.sub(r"\s+", " ", said.err)
    assert "secret" not in said.err + said.out
    assert not (tmp_path / "runs").exists()
