# SPDX-License-Identifier: Apache-2.0
"""The bus over the real NATS server: its wildcards, its going and coming back, who is let in, and what is turned away."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
import uuid
from pathlib import Path

import nats
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.bus_samples import action, eventually
from twinergy.bus.address import Address, address_of
from twinergy.bus.errors import BusError
from twinergy.bus.nats_bus import NatsBus, scope_of
from twinergy.bus.server import EmbeddedServer, _binary
from twinergy.errors import ScenarioError
from twinergy.messages import MAX_BYTES, encode, matches


@pytest.fixture(scope="module")
def server():
    with EmbeddedServer() as running:
        yield running


@pytest.fixture
def bus(server):
    bus = NatsBus(server.address, scope=scope_of(f"p{uuid.uuid4().hex[:8]}"))
    yield bus
    bus.close()


class Stranger:
    """Somebody else's program: a plain NATS client."""

    def __init__(self, address):
        self.address = address
        self.loop = asyncio.new_event_loop()
        self.client = None

    def __enter__(self):
        self.client = self.do(nats.connect(str(self.address), user=self.address.user, password=self.address.password))
        return self

    def __exit__(self, *_):
        self.do(self.client.close())
        self.loop.close()

    def do(self, coroutine):
        return self.loop.run_until_complete(coroutine)

    def say(self, *frames):
        async def send():
            for subject, data in frames:
                await self.client.publish(subject, data)
            await asyncio.sleep(0.05)
            await self.client.flush()

        self.do(send())


@pytest.fixture(scope="module")
def stranger(server):
    with Stranger(server.address) as client:
        yield client


TOKEN = st.sampled_from(["twinergy", "a", "b", "ab"])
SUBJECT = st.lists(TOKEN, min_size=1, max_size=5).map(".".join)
PATTERN = st.builds(
    lambda parts, rest: ".".join([*parts, *rest]) or ">",
    st.lists(TOKEN | st.just("*"), max_size=4),
    st.sampled_from([(), (">",)]),
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pattern=PATTERN, subjects=st.lists(SUBJECT, min_size=1, max_size=8, unique=True))
def test_wildcards_match_what_the_server_delivers(stranger, pattern, subjects):
    got = []

    async def compare():
        async def heard(message):
            got.append(message.subject)

        done = asyncio.Event()

        async def ended(_message):
            done.set()

        one = await stranger.client.subscribe(pattern, cb=heard)
        end = await stranger.client.subscribe("end.of.example", cb=ended)
        for subject in [*subjects, "end.of.example"]:
            await stranger.client.publish(subject, b"")
        await asyncio.wait_for(done.wait(), 5)
        await asyncio.sleep(0)
        await one.unsubscribe()
        await end.unsubscribe()

    stranger.do(compare())
    assert [subject for subject in got if subject != "end.of.example"] == [s for s in subjects if matches(pattern, s)]


def test_what_is_no_message_is_counted_with_its_reason(bus, stranger):
    inbox = bus.subscribe(["twinergy.>"])
    good = action(1, pilot=bus.scope.split(".")[1])
    where = good.subject
    text = encode(good)
    newer = json.dumps({**json.loads(text), "schema_version": 99}).encode()
    foreign = json.dumps({**json.loads(text), "information_object": "no_such_thing"}).encode()
    stranger.say(
        (where, b"\xff\xfe{"),
        (where, b"x" * (MAX_BYTES + 1)),
        (where, foreign),
        (where, newer),
        (where.replace("peak_shaving", "somebody_else"), text),
        (where, text),
    )
    assert eventually(lambda: inbox.waiting)
    assert inbox.take() == (good,)
    assert bus.counts.rejected == {"malformed": 2, "oversized": 1, "unknown": 1, "version": 1}
    reasons = [f"{rejection.kind}: {rejection.reason}" for rejection in bus.counts.rejections]
    assert any("no_such_thing" in reason for reason in reasons)
    assert any(reason.startswith("version: schema_version 99") for reason in reasons)
    assert any("it says of itself that it belongs to" in reason for reason in reasons)


def test_only_the_first_rejections_are_kept_and_all_are_counted(bus, stranger):
    inbox = bus.subscribe(["twinergy.>"])
    where = bus.scope.replace(">", "a.b")
    stranger.say(*[(where, b"{") for _ in range(250)], (where, encode(action(1))))
    assert eventually(lambda: bus.counts.rejected.get("malformed") == 251)
    assert len(bus.counts.rejections) == 100
    assert inbox.take() == ()


def test_a_message_too_large_for_the_server_is_counted_where_it_is_published(bus):
    inbox = bus.subscribe(["twinergy.>"])
    bus.publish(action(1, pilot=bus.scope.split(".")[1], reason="x" * MAX_BYTES))
    assert inbox.take() == ()
    assert bus.counts.rejected == {"oversized": 1}


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    data=st.lists(st.binary(max_size=200), min_size=1, max_size=20),
    tail=st.sampled_from(["a.b", "lab.observation.x", "x.decision", "c"]),
)
def test_random_bytes_do_no_harm(bus, stranger, data, tail):
    inbox, frames = bus.subscribe(["twinergy.>"]), bus.subscribe_frames(["twinergy.*.*.decision"])
    pilot = bus.scope.split(".")[1]
    stranger.say(*[(bus.scope.replace(">", tail), each) for each in data])
    bus.publish(action(7, pilot=pilot))
    assert [message.value for message in inbox.take()] == [7.0]
    assert len(frames.take()) == (len(data) if tail == "x.decision" else 0)


def killed(server):
    """Kill the server's process itself, as hard as can be."""
    pid = int((server._folder / "pid").read_text())
    os.kill(pid, signal.SIGKILL)
    server.stop()


@pytest.mark.parametrize("outages", [1, 3])
def test_a_server_killed_while_publishing_loses_nothing_doubles_nothing_and_keeps_the_order(outages):
    with EmbeddedServer() as server:
        sender, reader = (NatsBus(server.address, scope="twinergy.small.>", lasting=True) for _ in range(2))
        own, other = sender.subscribe(["twinergy.>"], keep_late=True), reader.subscribe(["twinergy.>"], keep_late=True)
        numbers, over = [], threading.Event()

        def publish():
            while not over.is_set():
                sender.publish(action(len(numbers)))
                numbers.append(float(len(numbers)))
                time.sleep(0.0003)

        thread = threading.Thread(target=publish)
        thread.start()
        for outage in range(1, outages + 1):
            time.sleep(0.3)
            killed(server)
            time.sleep(0.2)
            server.start()
            assert eventually(lambda least=outage: min(bus.facts()["reconnects"] for bus in (sender, reader)) >= least)
        time.sleep(0.3)
        over.set()
        thread.join()
        assert eventually(sender.flush)
        assert eventually(lambda: other.waiting >= len(numbers))
        got = [[message.value for message in inbox.take()] for inbox in (own, other)]
        sender.close()
        reader.close()
    assert len(numbers) > 200 * outages
    assert got[0] == numbers
    assert got[1] == numbers


def test_in_fast_mode_a_server_that_goes_ends_the_run_with_a_message():
    with EmbeddedServer() as server:
        bus = NatsBus(server.address)
        inbox = bus.subscribe(["twinergy.>"])
        killed(server)

        def go_on():
            for _ in range(1000):
                bus.publish(action(1))
                inbox.take()

        with pytest.raises(BusError, match=r"bus nats://127\.0\.0\.1:\d+: the server has gone"):
            go_on()
        assert inbox.take(waits=False) is not None
        bus.close()


def test_the_server_refuses_a_wrong_password_and_the_text_has_none(server):
    wrong = Address(host="127.0.0.1", port=server.address.port, user="lab", password="hunter2")  # noqa: S106
    with pytest.raises(BusError, match="the server refuses user 'lab': check user and password") as caught:
        NatsBus(wrong)
    nobody = Address(host="127.0.0.1", port=server.address.port)
    with pytest.raises(BusError, match="the server refuses nobody in particular"):
        NatsBus(nobody)
    assert "hunter2" not in str(caught.value) + repr(wrong)


def test_nobody_there():
    with pytest.raises(BusError, match=r"nats://127\.0\.0\.1:1: nobody listens there .*twinergy bus"):
        NatsBus(Address(host="127.0.0.1", port=1))


def test_not_a_nats_server():
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]

        def answer():
            connection, _ = other.accept()
            with connection:
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
                connection.settimeout(2)

        threading.Thread(target=answer, daemon=True).start()
        with pytest.raises(BusError, match=f"nats://127.0.0.1:{port}"):
            NatsBus(Address(host="127.0.0.1", port=port))


def test_a_server_of_ones_own_keeps_its_secret_and_ends_with_its_parent(tmp_path):
    code = (
        "import sys, time; from twinergy.bus.server import EmbeddedServer\n"
        "server = EmbeddedServer().start(); print(server._folder, flush=True); time.sleep(60)"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    folder = Path(parent.stdout.readline().strip())
    pid = int((folder / "pid").read_text())
    config = folder / "server.conf"
    password = json.loads(next(line for line in config.read_text().splitlines() if "authorization" in line).partition(":")[2])
    assert stat.S_IMODE(config.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert len(password["password"]) >= 32
    command = Path(f"/proc/{pid}/cmdline")
    if command.exists():
        assert password["password"].encode() not in command.read_bytes()
    parent.kill()
    parent.wait()
    parent.stdout.close()

    def gone():
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        return False

    assert eventually(gone)
    shutil.rmtree(folder)


@pytest.mark.parametrize(
    "text", ["http://host", "nats://", "nats://host:99999", "nats://u:secret@host/path", "tcp://h", "nats://u:secret@host:x"]
)
def test_what_is_no_address_is_refused_without_repeating_it(text):
    with pytest.raises(ScenarioError, match="--bus: is no address of a bus; allowed: local, nats") as caught:
        address_of(text)
    assert "secret" not in str(caught.value)


def test_addresses(monkeypatch, tmp_path):
    address = address_of("nats://us%40er:p%3Aw@host")
    assert (address.host, address.port, address.user, address.password) == ("host", 4222, "us@er", "p:w")
    assert str(address) == "nats://host:4222"
    assert address_of("tls://[::1]:5").tls
    assert str(address_of("tls://[::1]:5")) == "tls://[::1]:5"
    assert address_of("nats://token@host").token == "token"  # noqa: S105
    creds = tmp_path / "user.creds"
    creds.write_text("x")
    creds.chmod(0o644)
    monkeypatch.setenv("TWINERGY_NATS_CREDS", str(creds))
    with pytest.raises(ScenarioError, match="others can read these credentials; chmod 600 it"):
        address_of("nats://host")
    creds.chmod(0o600)
    assert address_of("nats://host").credentials == creds
    monkeypatch.setenv("TWINERGY_NATS_CREDS", str(tmp_path / "none"))
    with pytest.raises(ScenarioError, match="there is no such file"):
        address_of("nats://host")


def test_a_lasting_bus_on_a_server_without_streams_says_what_it_cannot_promise(tmp_path):
    config = tmp_path / "s.conf"
    config.write_text(f'listen: "127.0.0.1:-1"\nports_file_dir: "{tmp_path}"\nauthorization {{ user: lab, password: pw }}\n')
    process = subprocess.Popen([_binary(), "-c", str(config)], stderr=subprocess.DEVNULL)
    try:
        assert eventually(lambda: list(tmp_path.glob("*.ports")))
        time.sleep(0.05)
        url = json.loads(next(tmp_path.glob("*.ports")).read_text())["nats"][0]
        bus = NatsBus(address_of(url.replace("nats://", "nats://lab:pw@")), lasting=True)
        inbox = bus.subscribe(["twinergy.>"])
        bus.publish(action(3))
        assert [message.value for message in inbox.take()] == [3.0]
        assert bus.facts()["guarantee"].startswith("at most once (no stream TWINERGY")
        bus.close()
    finally:
        process.terminate()
        process.wait()


OWN_CONFIG = """
listen: "127.0.0.1:-1"
ports_file_dir: "{folder}"
authorization {{ user: lab, password: pw }}
tls {{ cert_file: "{folder}/cert.pem", key_file: "{folder}/key.pem" }}
"""


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl makes the certificate")
def test_an_encrypted_connection_checks_the_certificate(tmp_path, monkeypatch):
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost"
    names = ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", "key.pem", "-out", "cert.pem"]
    subprocess.run([*command.split(), *names], cwd=tmp_path, check=True, capture_output=True)
    (tmp_path / "s.conf").write_text(OWN_CONFIG.format(folder=tmp_path))
    process = subprocess.Popen([_binary(), "-c", str(tmp_path / "s.conf")], stderr=subprocess.DEVNULL)
    try:
        assert eventually(lambda: list(tmp_path.glob("*.ports")))
        time.sleep(0.05)
        said = json.loads(next(tmp_path.glob("*.ports")).read_text())
        port = (said.get("tls") or said.get("nats"))[0].rpartition(":")[2]
        with pytest.raises(BusError, match=r"no encrypted connection: .*is its certificate trusted here"):
            NatsBus(address_of(f"tls://lab:pw@127.0.0.1:{port}"))
        monkeypatch.setenv("TWINERGY_NATS_CA", str(tmp_path / "cert.pem"))
        bus = NatsBus(address_of(f"tls://lab:pw@127.0.0.1:{port}"))
        inbox = bus.subscribe(["twinergy.>"])
        bus.publish(action(1))
        assert len(inbox.take()) == 1
        bus.close()
    finally:
        process.terminate()
        process.wait()
