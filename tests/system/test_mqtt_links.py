# SPDX-License-Identifier: Apache-2.0
"""Links over a real broker (mosquitto) to devices made of mosquitto_sub and mosquitto_pub: no code in common with the adapter."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from hardware_in_loop.mqtt.client import Connection, Settings
from hardware_in_loop.mqtt.scan import scan
from tests.mqtt_broker import SECRET, USER, Broker, broker, with_certificates, with_password
from tests.mqtt_peer import Peer, link, until
from twinergy.adapters import LinkState, Quality
from twinergy.errors import DeviceError

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterator

ROOT = Path(__file__).resolve().parents[2]
ZIGBEE = {"profile": "zigbee2mqtt_plug", "topic": "plug", "part": "washing_machine", "mode": "control", "safe": {"within_s": 6.0}}
SHELLY = {"profile": "shelly_gen2_plug", "topic": "shellyplug-x", "part": "lighting", "mode": "control"}
PORT = "washing_machine_p_kw"


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    with broker(tmp_path_factory.mktemp("plain")) as running:
        yield running


def run(main: Coroutine[Any, Any, None], seconds: float = 60.0) -> None:
    async def limited() -> None:
        async with asyncio.timeout(seconds):
            await main

    asyncio.run(limited())


class Plug:
    """A Zigbee2MQTT plug as its bridge shows it."""

    def __init__(self, *, obeys: bool = True) -> None:
        self.on, self.obeys = True, obeys

    def react(self, topic: str, payload: str) -> list[tuple[str, str]]:
        if topic.endswith("/set") and self.obeys:
            self.on = json.loads(payload)["state"] == "ON"
        return [("zigbee2mqtt/plug", self.state())] if topic.endswith(("/set", "/get")) else []

    def state(self) -> str:
        return json.dumps({"state": "ON" if self.on else "OFF", "power": 1200 if self.on else 0, "energy": 3.5})


class Shelly:
    """A Shelly plug that speaks RPC; its timer runs only where it is told to."""

    def __init__(self, *, timer: bool = True, refuses: bool = False) -> None:
        self.on, self.timer_s, self.knows_timer, self.refuses = True, None, timer, refuses
        self.renews, self.began_s = True, 1.0

    def react(self, _topic: str, payload: str) -> list[tuple[str, str]]:
        call = json.loads(payload)
        answer: dict[str, Any] = {"id": call["id"], "src": "shellyplug-x", "dst": call["src"]}
        if call["method"] == "Switch.Set" and self.refuses:
            answer["error"] = {"code": -114, "message": "Resource unavailable: overpower"}
        elif call["method"] == "Switch.Set":
            answer["result"] = {"was_on": self.on}
            self.on = call["params"]["on"]
            self.timer_s = call["params"].get("toggle_after") if self.knows_timer else None
            self.began_s += self.renews
        else:
            timer = {} if self.timer_s is None else {"timer_started_at": self.began_s, "timer_duration": self.timer_s}
            answer["result"] = {"id": 0, "source": "MQTT", "output": self.on, "apower": 40.0 * self.on, "voltage": 231.0, **timer}
        return [(f"{call['src']}/rpc", json.dumps(answer))]


@pytest.mark.parametrize("version", ["3.1.1", "5"])
def test_readings_commands_and_release(plain: Broker, tmp_path: Path, version: str) -> None:
    async def main() -> None:
        plug = Plug()
        peer = Peer(plain, plug.react)
        async with (
            link(plain, "household", tmp_path, version=version, **ZIGBEE) as (real, image),
            peer.listening("zigbee2mqtt/plug/+"),
        ):
            await peer.say("zigbee2mqtt/plug", plug.state())
            await until(lambda: real.state is LinkState.UP, "the link")
            assert image.reading("real", PORT).value == 1.2
            await real.arm()
            await real.command({"washing_machine_on": 0.0})
            assert plug.on is False
            assert image.reading("real", PORT).value == 0.0
            await real.command({"washing_machine_on": 0.0})
            assert not any("TOGGLE" in payload for _, payload in peer.heard)
            await real.release()
            assert plug.on is True

    run(main())


def test_a_command_without_effect_is_an_error_that_says_so(plain: Broker, tmp_path: Path) -> None:
    async def main() -> None:
        plug = Plug(obeys=False)
        peer = Peer(plain, plug.react)
        async with (
            link(plain, "household", tmp_path, timeout_s=0.6, **ZIGBEE) as (real, image),
            peer.listening("zigbee2mqtt/plug/+"),
        ):
            await peer.say("zigbee2mqtt/plug", plug.state())
            start_s = time.monotonic()
            with pytest.raises(DeviceError, match=r"not proven within 0.6 s: on is 1, 0 was asked for"):
                await real.command({"washing_machine_on": 0.0})
            assert time.monotonic() - start_s < 0.8
            assert image.reading("real", PORT).quality is Quality.GOOD, "its readings are still true"
            with pytest.raises(DeviceError, match=r"0\.5 can not be asked for; allowed: 0, 1"):
                await real.command({"washing_machine_on": 0.5})
            with pytest.raises(DeviceError, match="takes no dishwasher_on; it takes washing_machine_on"):
                await real.command({"dishwasher_on": 1.0})

    run(main())


def test_a_hand_at_the_device_is_seen_and_a_fall_back_is_not_taken_for_one(plain: Broker, tmp_path: Path) -> None:
    async def main() -> None:
        plug = Plug()
        peer = Peer(plain, plug.react)
        async with (
            peer.listening("zigbee2mqtt/plug/+"),
            link(plain, "household", tmp_path, local_s=0.3, **ZIGBEE) as (real, image),
        ):
            await real.arm()
            await real.command({"washing_machine_on": 0.0})
            plug.on = True
            await peer.say("zigbee2mqtt/plug", plug.state())
            await until(lambda: image.reading("real", PORT).value == 1.2, "the fall back")
            assert image.reading("real", PORT).quality is Quality.GOOD
            await real.command({"washing_machine_on": 1.0})
            plug.on = False
            await peer.say("zigbee2mqtt/plug", plug.state())
            await until(lambda: image.reading("real", PORT).quality is Quality.LOCAL, "the hand")
            assert "somebody has switched it" in image.reading("real", PORT).reason
            await asyncio.sleep(0.35)
            await peer.say("zigbee2mqtt/plug", plug.state())
            await until(lambda: image.reading("real", PORT).quality is Quality.GOOD, "the end of its right")

    run(main())


def test_bridge_and_device_must_both_be_there(plain: Broker, tmp_path: Path) -> None:
    async def main() -> None:
        peer = Peer(plain, lambda _topic, _payload: [])
        async with link(plain, "household", tmp_path, **ZIGBEE) as (real, image):
            await real.connection.connected(5.0)
            await peer.say("zigbee2mqtt/plug", Plug().state())
            await peer.say("zigbee2mqtt/plug/availability", {"state": "online"})
            await until(lambda: real.state is LinkState.UP, "the link")
            await peer.say("zigbee2mqtt/bridge/state", "offline")
            await until(lambda: real.state is LinkState.DOWN, "the bridge to be missed")
            assert real.said == "zigbee2mqtt/bridge/state says that it is offline"
            assert image.reading("real", PORT).quality is Quality.STALE
            with pytest.raises(DeviceError, match="says that it is offline"):
                await real.arm()
            session = real.session
            await peer.say("zigbee2mqtt/bridge/state", {"state": "online"})
            await until(lambda: real.state is LinkState.UP, "the bridge")
            assert real.session == session + 1, "it must be armed anew"

    run(main())


def test_shelly_falls_back_by_a_timer_that_is_proven(plain: Broker, tmp_path: Path) -> None:
    async def main() -> None:
        shelly = Shelly()
        peer = Peer(plain, shelly.react)
        async with link(plain, "household", tmp_path, **SHELLY, safe={"within_s": 30}) as (real, image):
            async with peer.listening("shellyplug-x/rpc"):
                await real.sample()
                assert image.reading("real", "p_lighting_kw").value == 0.04
                await real.arm()
                await real.command({"lighting_on": 0.0})
                assert (shelly.on, shelly.timer_s) == (False, 30)
                await real.command({"lighting_on": 1.0})
                assert (shelly.on, shelly.timer_s) == (True, None), "the safe state must not be left again by a timer"
                await real.command({"lighting_on": 0.0})
                await real.command({"lighting_on": float("nan")})
                assert shelly.on is True
            start_s = time.monotonic()
            real.options = real.options.model_copy(update={"timeout_s": 0.3})
            await real.sample()
            assert time.monotonic() - start_s < 0.4, "a silent device costs its own time-out"
            assert real.state is LinkState.DOWN
            assert real.said == "does not answer Switch.GetStatus within 0.3 s"

    run(main())


def test_a_shelly_that_keeps_no_timer_or_refuses_is_told(plain: Broker, tmp_path: Path) -> None:
    async def main() -> None:
        shelly = Shelly(timer=False)
        peer = Peer(plain, shelly.react)
        async with (
            link(plain, "household", tmp_path, timeout_s=0.5, **SHELLY) as (real, _),
            peer.listening("shellyplug-x/rpc"),
        ):
            await real.connection.connected(5.0)
            with pytest.raises(DeviceError, match="on is 0, its timer 0 s, 0 was asked for"):
                await real.command({"lighting_on": 0.0})
            shelly.refuses = True
            with pytest.raises(DeviceError, match=r"refuses Switch.Set: Resource unavailable: overpower \(error -114\)"):
                await real.command({"lighting_on": 0.0})

    run(main())


def test_a_shelly_that_ignores_a_refresh_is_told_before_it_falls_back(plain: Broker, tmp_path: Path) -> None:
    async def main() -> None:
        shelly = Shelly()
        peer = Peer(plain, shelly.react)
        async with link(plain, "household", tmp_path, timeout_s=0.5, **SHELLY) as (real, _), peer.listening("shellyplug-x/rpc"):
            await real.arm()
            await real.command({"lighting_on": 0.0})
            await real.command({"lighting_on": 0.0})
            shelly.renews = False
            await asyncio.sleep(1.1)  # no device tells two timers apart that begin in the same hundredth of a second
            with pytest.raises(DeviceError, match="on is 0, its timer 60 s, not renewed, 0 was asked for"):
                await real.command({"lighting_on": 0.0})
            shelly.renews = True
            await real.command({"lighting_on": 0.0})

    run(main())


def test_a_hand_at_the_device_is_not_overruled_when_nobody_commands_any_more(plain: Broker, tmp_path: Path) -> None:
    async def main() -> None:
        plug = Plug()
        peer = Peer(plain, plug.react)
        block = {**ZIGBEE, "safe": {"within_s": 3.0}}
        async with link(plain, "household", tmp_path, **block) as (real, _), peer.listening("zigbee2mqtt/plug/+"):
            await real.arm()
            await real.command({"washing_machine_on": 1.0})
            plug.on = False
            await real.sample()
            plain.publish("zigbee2mqtt/plug", plug.state())
            await until(lambda: bool(real.intake.local), "the hand is seen")
            await asyncio.sleep(2.7)
            assert plug.on is False

    run(main())


def test_nobody_commands_any_more(plain: Broker, tmp_path: Path) -> None:
    async def main() -> None:
        plug = Plug()
        peer = Peer(plain, plug.react)
        block = {**ZIGBEE, "safe": {"within_s": 3.0}}
        async with link(plain, "household", tmp_path, **block) as (real, _), peer.listening("zigbee2mqtt/plug/+"):
            await real.arm()
            await real.command({"washing_machine_on": 0.0})
            start_s = time.monotonic()
            await until(lambda: plug.on, "the watch")
            assert time.monotonic() - start_s < 3.0

    run(main())


def test_a_link_that_is_closed_leaves_nobody_commanded(plain: Broker, tmp_path: Path) -> None:
    async def main() -> None:
        plug = Plug()
        peer = Peer(plain, plug.react)
        async with peer.listening("zigbee2mqtt/plug/+"):
            async with link(plain, "household", tmp_path, **ZIGBEE) as (real, _):
                await real.arm()
                await real.command({"washing_machine_on": 0.0})
                assert plug.on is False
            assert plug.on is True
            count = len(peer.heard)
            await asyncio.sleep(0.2)
            assert len(peer.heard) == count, "the last will came true although all was well"

    run(main())


LABORATORY = """
import asyncio, sys
from pathlib import Path
from tests.mqtt_broker import Broker
from tests.mqtt_peer import link

async def main():
    broker = Broker(Path("."), int(sys.argv[1]), [])
    block = {"profile": "zigbee2mqtt_plug", "topic": "plug", "part": "washing_machine", "mode": "control"}
    block["safe"] = {"within_s": float(sys.argv[2])}
    async with link(broker, "household", Path("."), **block) as (real, _):
        await real.arm()
        await real.command({"washing_machine_on": 0.0})
        print("commanded", flush=True)
        await asyncio.sleep(60)

asyncio.run(main())
"""


@pytest.mark.parametrize(
    ("how", "seconds"),
    [
        (signal.SIGKILL, 3.0),  # the broker sees at once that the connection is gone
        (signal.SIGSTOP, 9.5),  # nothing is closed, as where a cable is pulled: half of within_s is left when it hangs
    ],
)
def test_the_last_will_switches_when_the_laboratory_is_gone(plain: Broker, how: signal.Signals, seconds: float) -> None:
    async def main() -> None:
        plug = Plug()
        peer = Peer(plain, plug.react)
        async with peer.listening("zigbee2mqtt/plug/+"):
            command = [sys.executable, "-c", LABORATORY, str(plain.port), "18"]
            process = await asyncio.create_subprocess_exec(*command, stdout=subprocess.PIPE, cwd=ROOT)
            assert process.stdout is not None
            assert await process.stdout.readline() == b"commanded\n"
            assert plug.on is False
            process.send_signal(how)
            await until(lambda: plug.on, "the last will", seconds)
            if how != signal.SIGKILL:  # or it is gone already, and asking for it twice loses how it ended
                process.kill()
            assert await process.wait() == -signal.SIGKILL, "the laboratory ended by itself, before anybody killed it"

    run(main())


def test_the_broker_dies_and_comes_back(tmp_path: Path) -> None:
    async def main(running: Broker) -> None:
        async with link(running, "household", tmp_path, **ZIGBEE) as (real, image):
            peer = Peer(running, lambda _topic, _payload: [])
            await real.connection.connected(5.0)
            await peer.say("zigbee2mqtt/plug", Plug().state())
            await until(lambda: real.state is LinkState.UP, "the link")
            running.kill()
            start_s = time.monotonic()
            await until(lambda: real.state is LinkState.DOWN, "the loss", 1.0)
            assert time.monotonic() - start_s < 0.05
            assert image.reading("real", PORT).quality is Quality.STALE
            with pytest.raises(DeviceError, match="cannot be released"):
                await real.release()
            running.start()
            assert await real.connection.connected(5.0)
            assert real.state is not LinkState.UP, "the device has not spoken yet"
            await peer.say("zigbee2mqtt/plug", Plug().state())
            await until(lambda: real.state is LinkState.UP, "the link", 1.5)
            assert image.reading("real", PORT).quality is Quality.GOOD

    with broker(tmp_path) as running:
        run(main(running))


def test_password(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def main(running: Broker) -> None:
        monkeypatch.setitem(os.environ, "LAB_MQTT", SECRET)
        async with link(running, "household", tmp_path, user=USER, password={"env": "LAB_MQTT"}, **ZIGBEE) as (real, _):
            assert await real.connection.connected(5.0)
        monkeypatch.setitem(os.environ, "LAB_MQTT", "wrong")
        async with link(running, "household", tmp_path, user=USER, password={"env": "LAB_MQTT"}, **ZIGBEE) as (real, _):
            await until(lambda: real.state is LinkState.DOWN, "the refusal")
            assert "refuses the user or its password" in real.said
        monkeypatch.delenv("LAB_MQTT")
        with pytest.raises(DeviceError, match="LAB_MQTT is not set"):
            async with link(running, "household", tmp_path, user=USER, password={"env": "LAB_MQTT"}, **ZIGBEE):
                pass

    with broker(tmp_path, *with_password(tmp_path)) as running:
        run(main(running))


def test_client_certificates(tmp_path: Path) -> None:
    def tls(name: str) -> dict[str, Any]:
        return {"tls": {"ca_file": "ca.pem", "certificate_file": f"{name}.pem", "key_file": f"{name}.key"}}

    async def main(running: Broker) -> None:
        async with link(running, "household", tmp_path, **tls("client"), **ZIGBEE) as (real, _):
            assert await real.connection.connected(5.0), real.connection.reason
        async with link(running, "household", tmp_path, timeout_s=0.5, tls={"ca_file": "ca.pem"}, **ZIGBEE) as (real, _):
            await until(lambda: real.state is LinkState.DOWN, "the refusal of nobody")
        async with link(running, "household", tmp_path, timeout_s=0.5, **tls("foreign"), **ZIGBEE) as (real, _):
            await until(lambda: real.state is LinkState.DOWN, "the refusal of a stranger")
            assert "certificate" in real.said
        async with link(running, "household", tmp_path, **ZIGBEE) as (real, _):
            await until(lambda: real.state is LinkState.DOWN, "the refusal of a broker that nobody vouches for")
            assert "certificate" in real.said.lower()

    with broker(tmp_path, *with_certificates(tmp_path), scheme="mqtts") as running:
        run(main(running))


def test_scan_proposes_blocks_that_fit(plain: Broker) -> None:
    async def main() -> None:
        announced = {"id": "shellyem-123", "model": "SHEM", "mac": "AABB", "ip": "10.0.0.5", "new_fw": False, "fw_ver": "v1.14"}
        info = {"id": "shellyplug-x", "app": "PlusPlugS", "ver": "1.4.4"}
        exposes = [{"type": "switch", "features": [{"property": "state"}]}, {"property": "power"}]
        device = {"friendly_name": "kettle", "definition": {"vendor": "IKEA", "model": "E2206", "exposes": exposes}}
        up = {"deviceInfo": {"deviceName": "room 3"}, "object": {"temperature": 21.0}}

        def react(topic: str, payload: str) -> list[tuple[str, str]]:
            if topic == "shellies/command":
                return [
                    ("shellies/announce", json.dumps(announced)),
                    ("application/a1/device/0102030405060708/event/up", json.dumps(up)),
                ]
            call = json.loads(payload)
            return [(f"{call['src']}/rpc", json.dumps({"id": call["id"], "src": "shellyplug-x", "result": info}))]

        peer = Peer(plain, react)
        async with peer.listening("shellies/command", "shellyplug-x/rpc"):
            await peer.say("shellyplug-x/online", "true", "-r")
            await peer.say("zigbee2mqtt/bridge/devices", [device, {"friendly_name": None}, 7], "-r")
            found = await scan(f"127.0.0.1:{plain.port}", listen_s=1.0)
        profiles = {each["adapter"]["topic"]: (each["kind"], each["adapter"]["profile"]) for each in found}  # type: ignore[index]
        assert profiles == {
            "shellyem-123": ("meter", "shelly_gen1_em"),
            "shellyplug-x": ("household", "shelly_gen2_plug"),
            "kettle": ("household", "zigbee2mqtt_plug"),
            "0102030405060708": ("sensor", "chirpstack"),
        }
        from hardware_in_loop.mqtt import ADAPTER
        from hardware_in_loop.mqtt.options import MqttOptions

        for each in found:
            ADAPTER.coverage(str(each["kind"]), MqttOptions.model_validate(each["adapter"]))

    run(main())


def test_scan_makes_a_profile_of_what_tells_home_assistant(plain: Broker, tmp_path: Path) -> None:
    # Home Assistant documentation, MQTT, "Device discovery payload", with its abbreviations.
    config = {
        "dev": {"ids": "ea334450945afc", "name": "Kitchen"},
        "o": {"name": "bla2mqtt"},
        "cmps": {
            "t": {"p": "sensor", "device_class": "temperature", "unit_of_measurement": "°C",
                  "value_template": "{{ value_json.temperature }}", "unique_id": "temp01ae_t"},
            "h": {"p": "sensor", "device_class": "humidity", "unit_of_measurement": "%",
                  "value_template": "{{ value_json.humidity }}", "unique_id": "temp01ae_h"},
        },
        "state_topic": "sensorBedroom/state",
    }  # fmt: skip

    async def main() -> None:
        peer = Peer(plain, lambda _topic, _payload: [])
        await peer.say("homeassistant/device/ea334450945afc/config", config, "-r")
        await peer.say("homeassistant/sensor/garbage/config", "{", "-r")
        found = [each for each in await scan(f"127.0.0.1:{plain.port}", listen_s=0.6) if "files" in each]
        assert [each["kind"] for each in found] == ["sensor"]
        block: dict[str, Any] = found[0]["adapter"]  # type: ignore[assignment]
        (tmp_path / block["profile"]).write_text(dict(found[0]["files"])[block["profile"]])
        block["profile"] = str(tmp_path / block["profile"])
        await peer.say("homeassistant/device/ea334450945afc/config", "", "-r")
        async with link(plain, "sensor", tmp_path, **block) as (real, image):
            await real.connection.connected(5.0)
            await peer.say("sensorBedroom/state", {"temperature": 21.5, "humidity": 48})
            await until(lambda: real.state is LinkState.UP, "the link")
            assert image.reading("real", "temp_indoor_degc").value == 21.5
            assert image.reading("real", "humidity_percent").value == 48.0

    run(main())


def test_a_broker_that_swallows_everything_is_given_up_in_time() -> None:
    """A queue that is full: packets of new connections are dropped, as behind a firewall."""

    async def main() -> None:
        with socket.socket() as hole, contextlib.ExitStack() as stack:
            hole.bind(("127.0.0.1", 0))
            hole.listen(0)
            for _ in range(3):
                one = stack.enter_context(socket.socket())
                one.setblocking(False)
                one.connect_ex(hole.getsockname())
            connection = Connection(Settings("127.0.0.1", hole.getsockname()[1], timeout_s=0.5))
            connection.start()
            start_s = time.monotonic()
            assert not await connection.tried()
            assert "nothing answers at this address" in connection.reason
            await connection.close()
            assert time.monotonic() - start_s < 2.0

    run(main())


def test_scan_says_that_nobody_answers() -> None:
    with pytest.raises(DeviceError, match=r"127\.0\.0\.1:1"):
        run(scan("127.0.0.1:1", listen_s=0.1))  # type: ignore[arg-type]


def test_the_benchmark_runs(plain: Broker) -> None:
    from benchmarks.hardware import mqtt

    async def main() -> None:
        commands, loops = await mqtt.latency(plain.port, 20)
        assert len(commands) == len(loops) == 20
        taken, per_s, _ = await mqtt.ingest(plain.port, 1_000, 5_000.0)
        assert taken == 1_000
        assert per_s > 0.0

    run(main())
