# SPDX-License-Identifier: Apache-2.0
"""Software MQTT devices, judged by mosquitto's own clients, which share no code with them."""

from __future__ import annotations

import asyncio
import base64
import json
import struct
import time
from contextlib import asynccontextmanager
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from hardware_in_loop.bench.table import TablePhysics
from hardware_in_loop.mqtt.bench import MqttBench, Timing
from hardware_in_loop.mqtt.bench.broker import OwnBroker
from hardware_in_loop.mqtt.options import MqttOptions, TlsOptions
from tests.mqtt_broker import SECRET, Broker, broker, free_port, program, with_certificates, with_password
from twinergy.adapters import Attached, Fault, FaultBoard, Journal, LinkContext, SafeOptions, Secret
from twinergy.errors import DeviceError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator
    from pathlib import Path

PLUG2, EM2 = "shellyplusplugs-a8032abe54dc", "shellypro3em-0cb815fc63d1"
PLUG1, EM1, EM3 = "shellyplug-s-040BAD", "shellyem-B9E5CB", "shellyem3-68C63AFB5856"
EUI, RAW_EUI = "24e124707c123456", "24e124707c123457"
FAST = Timing(sample_s=0.02, period_s=0.2)
WITHIN_S = 0.4
PATIENCE_S = 30.0
"""On a machine that does other things too; nothing here is a bound of the laboratory's."""
VALUES = {
    "home": {"washing_machine_p_kw": 0.5004, "dishwasher_p_kw": 1.2, "p_lighting_kw": 0.0604, "voltage_v": 231.26},
    "m1": {"p_kw": -1.5, "voltage_v": 231.2, "energy_import_kwh": 12.5, "energy_export_kwh": 3.25},
    "m2": {"p_kw": 1.0, "q_kvar": -0.2, "voltage_v": 229.0, "energy_import_kwh": 7.0, "energy_export_kwh": 0.1},
    "m3": {"p_kw": 3.0, "voltage_v": 230.0},
    "house": {"temp_indoor_degc": 19.5},
    "room": {"temp_indoor_degc": 21.34, "humidity_percent": 44.7, "co2_ppm": 620.0},
    "air": {"temp_indoor_degc": 30.8, "humidity_percent": 50.5, "co2_ppm": 1255.0},
    "raw": {"temp_indoor_degc": -1.3, "humidity_percent": 44.0, "co2_ppm": 700.0, "illuminance_lx": 300.0},
    "bat": {"p_kw": 1.2, "soc": 0.55},
    "pv": {"p_kw": -2.5, "energy_export_kwh": 12.345},
}
DEVICES = [
    ("home", "household", "shelly_gen2_plug", PLUG2, "washing_machine"),
    ("home", "household", "shelly_gen1_plug", PLUG1, "dishwasher"),
    ("home", "household", "zigbee2mqtt_plug", "lamp", "lighting"),
    ("m1", "meter", "shelly_gen2_em", EM2, ""),
    ("m2", "meter", "shelly_gen1_em", EM1, ""),
    ("m3", "meter", "shelly_gen1_3em", EM3, ""),
    ("house", "building", "zigbee2mqtt_thermostat", "thermo", ""),
    ("room", "sensor", "zigbee2mqtt_sensor", "air", ""),
    ("air", "sensor", "chirpstack", EUI, ""),
    ("raw", "sensor", "chirpstack_raw", RAW_EUI, ""),
    ("bat", "battery", "json_battery", "lab/bat", ""),
    ("pv", "pv", "json_pv", "lab/pv", ""),
]


def attached(url: str, **more: Any) -> list[Attached]:
    safe = SafeOptions(within_s=WITHIN_S)
    return [
        Attached(
            id=f"{device}.{part}" if part else device,
            device=device,
            kind=kind,
            options=MqttOptions(profile=profile, topic=topic, part=part, broker=url, safe=safe, **more),
        )
        for device, kind, profile, topic, part in DEVICES
    ]


async def true(what: Callable[[], bool], seconds: float = PATIENCE_S) -> None:
    """Wait until something is true."""
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, f"waited {seconds} s"
        await asyncio.sleep(0.005)


class Peer:
    """mosquitto_sub and mosquitto_pub; messages are kept by topic."""

    def __init__(self, port: int, *login: str) -> None:
        self.port, self.login = port, login
        self.said: list[tuple[float, str, bool, str]] = []

    def of(self, topic: str) -> list[str]:
        return [payload for _, name, _, payload in self.said if name == topic]

    async def latest(self, topic: str) -> str:
        """Return the last message, or wait for the first one."""
        await true(lambda: bool(self.of(topic)))
        return self.of(topic)[-1]

    async def until(self, topic: str, wanted: Any = None, seconds: float = PATIENCE_S) -> str:
        """Wait for a message to come from now on that the predicate takes."""
        begin, end = len(self.said), time.monotonic() + seconds
        while True:
            for _, name, _, payload in self.said[begin:]:
                if name == topic and (wanted is None or wanted(payload)):
                    return payload
            assert time.monotonic() < end, f"no {topic} in {seconds} s; last: {self.of(topic)[-1:]}"
            await asyncio.sleep(0.005)

    async def publish(self, topic: str, payload: Any) -> None:
        text = payload if isinstance(payload, str) else json.dumps(payload)
        where = ("-h", "127.0.0.1", "-p", str(self.port), *self.login)
        process = await asyncio.create_subprocess_exec(program("mosquitto_pub"), *where, "-q", "1", "-t", topic, "-m", text)
        assert await process.wait() == 0

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[Peer]:
        where = ("-h", "127.0.0.1", "-p", str(self.port), *self.login)
        process = await asyncio.create_subprocess_exec(
            program("mosquitto_sub"),
            *where,
            "-q",
            "1",
            "-t",
            "#",
            "-F",
            "%r %t %p",
            stdout=asyncio.subprocess.PIPE,
            limit=1 << 20,
        )
        assert process.stdout is not None

        async def keep(stream: asyncio.StreamReader) -> None:
            while line := await stream.readline():
                retained, topic, payload = line.decode(errors="replace").rstrip("\n").split(" ", 2)
                self.said.append((time.monotonic(), topic, retained == "1", payload))

        task = asyncio.create_task(keep(process.stdout))
        await asyncio.sleep(0.1)
        try:
            yield self
        finally:
            process.terminate()
            await process.wait()
            await task


@asynccontextmanager
async def bench(where: Broker, **more: Any) -> AsyncIterator[tuple[MqttBench, Peer, TablePhysics, FaultBoard]]:
    physics, faults = TablePhysics(VALUES), FaultBoard()
    devices = MqttBench(attached(where.url), physics, faults, LinkContext(rows={}), timing=FAST, **more)
    async with asyncio.timeout(2.0 * PATIENCE_S):
        await devices.start()
        try:
            async with Peer(where.port).listening() as peer:
                yield devices, peer, physics, faults
        finally:
            await devices.close()


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    with broker(tmp_path_factory.mktemp("broker")) as running:
        yield running


def test_every_device_shows_the_physics_to_a_stranger(shared: Broker) -> None:
    """All expected figures follow by hand from ``VALUES`` and the vendors' units: W, Wh, Watt-minutes, %, tenths of a degree."""

    async def main() -> None:
        async with bench(shared) as (_, peer, *_rest):
            switch = json.loads(await peer.latest(f"{PLUG2}/status/switch:0"))
            assert (switch["apower"], switch["voltage"], switch["output"]) == (500.4, 231.3, True)
            assert switch["current"] == pytest.approx(500.4 / 231.26, abs=0.0006)
            meter = json.loads(await peer.latest(f"{EM2}/status/em:0"))
            assert (meter["total_act_power"], meter["a_act_power"], meter["a_voltage"]) == (-1500.0, -500.0, 231.2)
            registers = json.loads(await peer.latest(f"{EM2}/status/emdata:0"))
            assert (registers["total_act"], registers["total_act_ret"]) == (12500.0, 3250.0)
            assert await peer.latest(f"shellies/{PLUG1}/relay/0/power") == "1200.00"
            assert await peer.latest(f"shellies/{PLUG1}/relay/0") == "on"
            assert await peer.latest(f"shellies/{EM1}/emeter/0/total") == "7000.0"
            assert await peer.latest(f"shellies/{EM1}/emeter/0/reactive_power") == "-200.00"
            assert await peer.latest(f"shellies/{EM3}/emeter/2/power") == "1000.00"
            plug = json.loads(await peer.latest("zigbee2mqtt/lamp"))
            assert (plug["state"], plug["power"], plug["voltage"]) == ("ON", 60.4, 231)
            assert json.loads(await peer.latest("zigbee2mqtt/thermo"))["local_temperature"] == 19.5
            air = json.loads(await peer.latest("zigbee2mqtt/air"))
            assert (air["temperature"], air["humidity"], air["co2"]) == (21.34, 44.7, 620)
            battery = json.loads(await peer.latest("lab/bat/state"))
            assert (battery["p_w"], battery["soc_percent"]) == (1200, 55)
            pv = json.loads(await peer.latest("lab/pv/state"))
            assert (pv["p_w"], pv["energy_wh"]) == (2500, 12345), "generation counts positive there"

    asyncio.run(main())


def test_lorawan_sensor_by_codec_and_by_raw_bytes(shared: Broker) -> None:
    async def main() -> None:
        async with bench(shared) as (_, peer, *_rest):

            def own(eui: str) -> str:
                return next((name for _, name, _, _ in peer.said if f"{eui}/event/up" in name), "")

            await true(lambda: bool(own(EUI) and own(RAW_EUI)))
            decoded = json.loads(await peer.until(own(EUI)))
            assert {key: decoded["object"][key] for key in ("temperature", "humidity", "co2")} == {
                "temperature": 30.8, "humidity": 50.5, "co2": 1255.0,
            }  # fmt: skip
            raw = json.loads(await peer.until(own(RAW_EUI)))
            assert "object" not in raw
            assert struct.unpack(">hBHH", base64.b64decode(raw["data"])) == (-13, 44, 700, 300)
            counts = [json.loads(payload).get("fCnt", 0) for payload in peer.of(own(EUI))]
            assert counts == list(range(counts[0], counts[0] + len(counts)))

    asyncio.run(main())


def test_who_comes_late_finds_what_vendors_retain_and_nothing_else(shared: Broker) -> None:
    async def main() -> None:
        async with bench(shared) as (_, peer, *_rest):
            await asyncio.sleep(0.3)
            retained = {topic: payload for _, topic, kept, payload in peer.said if kept}
        assert retained[f"{PLUG2}/online"] == retained[f"shellies/{PLUG1}/online"] == "true"
        assert json.loads(retained["zigbee2mqtt/bridge/state"]) == {"state": "online"}
        assert json.loads(retained["zigbee2mqtt/lamp/availability"]) == {"state": "online"}
        listed = {each["friendly_name"] for each in json.loads(retained["zigbee2mqtt/bridge/devices"])}
        assert listed == {"Coordinator", "lamp", "thermo", "air"}
        assert not [topic for topic in retained if "relay" in topic or "status/switch" in topic or topic == "zigbee2mqtt/lamp"]

    asyncio.run(main())


def test_bridges_before_two_speak_plain_text(shared: Broker) -> None:
    async def main() -> None:
        async with bench(shared, plain_zigbee=True) as (_, peer, *_rest):
            await asyncio.sleep(0.2)
            assert peer.of("zigbee2mqtt/bridge/state")[-1] == "online"
            assert peer.of("zigbee2mqtt/lamp/availability")[-1] == "online"

    asyncio.run(main())


def test_gen2_answers_calls_as_documented(shared: Broker) -> None:
    """Shapes of Shelly's "RPC Protocol" and "Switch": ``id``, ``src``, ``dst``, ``result.was_on`` or ``error.code`` 404."""

    async def call(peer: Peer, number: int, method: str, params: Any = None) -> dict[str, Any]:
        frame = {"id": number, "src": "stranger", "method": method} | ({"params": params} if params is not None else {})
        wait = asyncio.create_task(peer.until("stranger/rpc", lambda text: json.loads(text)["id"] == number))
        await peer.publish(f"{PLUG2}/rpc", frame)
        answer: dict[str, Any] = json.loads(await wait)
        assert (answer["src"], answer["dst"]) == (PLUG2, "stranger")
        return answer

    async def main() -> None:
        async with bench(shared) as (_, peer, physics, _faults):
            assert (await call(peer, 1, "Switch.Set", {"id": 0, "on": False}))["result"] == {"was_on": True}
            assert physics.asked["home"]["washing_machine_on"] == 0.0
            status = (await call(peer, 2, "Switch.GetStatus", {"id": 0}))["result"]
            assert (status["id"], status["output"], status["source"]) == (0, False, "mqtt")
            about = (await call(peer, 3, "Shelly.GetDeviceInfo"))["result"]
            assert (about["id"], about["gen"], about["mac"], about["app"]) == (PLUG2, 2, "A8032ABE54DC", "PlusPlugS")
            assert (await call(peer, 4, "No.Such"))["error"]["code"] == 404
            assert (await call(peer, 5, "Switch.Set", {"id": 7, "on": True}))["error"]["code"] == -105
            assert (await call(peer, 6, "Switch.Set", {"id": 0, "on": "yes"}))["error"]["code"] == -103
            assert (await call(peer, 7, "Switch.Set", {"id": 0, "on": True, "toggle_after": -1}))["error"]["code"] == -103
            assert "sys" in (await call(peer, 8, "Shelly.GetStatus"))["result"]
            assert "Switch.Set" in (await call(peer, 9, "Shelly.ListMethods"))["result"]["methods"]

    asyncio.run(main())


def test_gen2_notifies_only_what_changed(shared: Broker) -> None:
    async def main() -> None:
        async with bench(shared) as (_, peer, physics, _faults):
            await peer.until(f"{PLUG2}/events/rpc")
            physics.values["home"]["washing_machine_p_kw"] = 2.0
            text = await peer.until(f"{PLUG2}/events/rpc", lambda text: '"apower":2000.0' in text)
            note = json.loads(text)
            assert (note["src"], note["dst"], note["method"]) == (PLUG2, f"{PLUG2}/events", "NotifyStatus")
            shown = note["params"]["switch:0"]
            assert {"id", "apower", "current"} <= set(shown) <= {"id", "apower", "current", "aenergy"}, (
                "voltage and output are as before"
            )

    asyncio.run(main())


def test_timers_of_plugs_fall_back_by_themselves(shared: Broker) -> None:
    """Nobody says anything after the command: Shelly's ``toggle_after``, Zigbee's ``on_time``, and a battery's own timer."""

    async def main() -> None:
        async with bench(shared) as (devices, peer, physics, _faults):
            begun = asyncio.get_running_loop().time()
            off = {"id": 1, "src": "x", "method": "Switch.Set", "params": {"id": 0, "on": False, "toggle_after": WITHIN_S}}
            await peer.publish(f"{PLUG2}/rpc", off)
            await peer.publish("zigbee2mqtt/lamp/set", {"state": "ON", "on_time": WITHIN_S})
            await peer.publish("lab/bat/set", {"p_set_w": -800, "valid_s": WITHIN_S})
            await asyncio.sleep(0.05)
            assert [physics.asked[device] for device in ("bat", "home")] == [
                {"p_set_kw": -0.8}, {"washing_machine_on": 0.0, "lighting_on": 1.0},
            ]  # fmt: skip
            await true(lambda: len(devices.fallbacks) == 3)
            for fallback in devices.fallbacks:
                assert WITHIN_S <= fallback.at_s - begun <= WITHIN_S + 0.5, "not before its time, and not much later"
            assert json.loads(await peer.until(f"{PLUG2}/status/switch:0"))["source"] == "timer"
            assert json.loads(await peer.until("zigbee2mqtt/lamp"))["state"] == "OFF"
            lamp = physics.asked["home"]["lighting_on"]
            machine, battery = physics.asked["home"]["washing_machine_on"], physics.asked["bat"]["p_set_kw"]
            assert lamp == 0.0
            assert machine != machine, "not a number: back to the local mode"  # noqa: PLR0124
            assert battery != battery  # noqa: PLR0124

    asyncio.run(main())


def test_a_refreshed_timer_does_not_end(shared: Broker) -> None:
    async def main() -> None:
        async with bench(shared) as (devices, peer, *_rest):
            for number in range(4):
                off = {
                    "id": number,
                    "src": "x",
                    "method": "Switch.Set",
                    "params": {"id": 0, "on": False, "toggle_after": WITHIN_S},
                }
                await peer.publish(f"{PLUG2}/rpc", off)
                await asyncio.sleep(WITHIN_S / 2.0)
            assert devices.fallbacks == []

    asyncio.run(main())


def test_gen1_and_zigbee_commands(shared: Broker) -> None:
    async def main() -> None:
        async with bench(shared) as (devices, peer, physics, _faults):
            await peer.publish(f"shellies/{PLUG1}/relay/0/command", "off")
            assert await peer.until(f"shellies/{PLUG1}/relay/0") == "off"
            assert physics.asked["home"]["dishwasher_on"] == 0.0
            await peer.publish(f"shellies/{PLUG1}/relay/0/command", "perhaps")
            await peer.publish("zigbee2mqtt/lamp/set/state", "OFF")
            await peer.until("zigbee2mqtt/lamp", lambda text: json.loads(text)["state"] == "OFF")
            await peer.publish("zigbee2mqtt/thermo/set", {"occupied_heating_setpoint": 21.6})
            await peer.until("zigbee2mqtt/thermo", lambda text: json.loads(text)["occupied_heating_setpoint"] == 21.5)
            assert physics.asked["house"]["temp_set_degc"] == 21.5
            wait = asyncio.create_task(peer.until("zigbee2mqtt/bridge/logging"))
            await peer.publish("zigbee2mqtt/thermo/set", {"occupied_heating_setpoint": 80})
            assert "80" in json.loads(await wait)["message"]
            wait = asyncio.create_task(peer.until("zigbee2mqtt/bridge/response/health_check"))
            await peer.publish("zigbee2mqtt/bridge/request/health_check", {"transaction": 23})
            assert json.loads(await wait) == {"data": {"healthy": True}, "status": "ok", "transaction": 23}
            wait = asyncio.create_task(peer.until("shellies/announce"))
            await peer.publish("shellies/command", "announce")
            assert json.loads(await wait)["model"] in {"SHPLG-S", "SHEM", "SHEM-3", "SNPL-00112EU", "SPEM-003CEBEU"}
            assert devices.devices["home.dishwasher"].unknown_commands == 1

    asyncio.run(main())


def test_offline_device_is_told_by_its_last_will_and_back_within_a_second(shared: Broker) -> None:
    async def main() -> None:
        async with bench(shared) as (_, peer, _physics, faults):
            for link, topic, gone, back in (
                ("home.washing_machine", f"{PLUG2}/online", "false", "true"),
                ("home.dishwasher", f"shellies/{PLUG1}/online", "false", "true"),
                ("room", "zigbee2mqtt/air/availability", '{"state":"offline"}', '{"state":"online"}'),
                ("bat", "lab/bat/online", "offline", "online"),
            ):
                faults.set(link, Fault.OFFLINE)
                assert await peer.until(topic) == gone
                before = len(peer.of(f"{PLUG2}/status/switch:0"))
                await asyncio.sleep(0.3)
                if link == "home.washing_machine":
                    assert len(peer.of(f"{PLUG2}/status/switch:0")) == before
                faults.clear(link)
                begun = time.monotonic()
                assert await peer.until(topic) == back
                assert time.monotonic() - begun < 1.0

    asyncio.run(main())


def test_other_faults_as_a_stranger_sees_them(shared: Broker) -> None:
    async def main() -> None:
        async with bench(shared) as (_, peer, physics, faults):
            link, topic = "home.dishwasher", f"shellies/{PLUG1}/relay/0"
            faults.set(link, Fault.SILENT)
            await asyncio.sleep(0.1)
            before = len(peer.of(topic))
            await peer.publish(f"{topic}/command", "off")
            await asyncio.sleep(0.4)
            assert len(peer.of(topic)) == before
            assert "dishwasher_on" not in physics.asked.get("home", {})
            faults.clear(link)
            for fault, command, shown in ((Fault.REJECT, "off", "on"), (Fault.IGNORE, "off", "on"), (Fault.LOCAL, "on", "off")):
                faults.set(link, fault)
                await asyncio.sleep(0.05)
                wait = asyncio.create_task(peer.until(topic))
                await peer.publish(f"{topic}/command", command)
                assert await wait == shown, fault
                asked = physics.asked.get("home", {}).get("dishwasher_on")
                assert asked == (0.0 if fault is Fault.LOCAL else None), "only the hand at the device has switched it"
                faults.clear(link)
            faults.set(link, Fault.GARBAGE)
            await peer.until(topic, lambda text: text not in {"on", "off"})
            faults.clear(link)
            faults.set(link, Fault.FROZEN)
            await asyncio.sleep(0.1)
            physics.values["home"]["dishwasher_p_kw"] = 2.2
            await asyncio.sleep(0.3)
            assert peer.of(f"{topic}/power")[-1] == "1200.00"
            faults.clear(link)
            assert await peer.until(f"{topic}/power", lambda text: text == "2200.00")

    asyncio.run(main())


def test_restart_begins_counters_at_zero_and_double_says_twice(shared: Broker) -> None:
    async def main() -> None:
        async with bench(shared) as (_, peer, _physics, faults):
            total = f"shellies/{EM1}/emeter/0/total"
            assert await peer.until(total) == "7000.0"
            faults.set("m2", Fault.RESTART)
            assert float(await peer.until(total, lambda text: float(text) < 1000.0)) < 1.0
            assert peer.of(f"shellies/{EM1}/online")[-2:] == ["false", "true"]
            faults.clear("m2")
            faults.set("bat", Fault.DOUBLE)
            await asyncio.sleep(0.1)
            begin = len(peer.said)
            await asyncio.sleep(0.5)
            said = [payload for _, topic, _, payload in peer.said[begin:] if topic == "lab/bat/state"]
            assert len(said) >= 4
            assert sum(one == other for one, other in pairwise(said)) >= len(said) // 2 - 1

    asyncio.run(main())


def test_late_device_answers_a_second_later(shared: Broker) -> None:
    async def main() -> None:
        async with bench(shared) as (_, peer, _physics, faults):
            faults.set("home.washing_machine", Fault.LATE)
            begun = time.monotonic()
            wait = asyncio.create_task(peer.until("x/rpc"))
            await peer.publish(f"{PLUG2}/rpc", {"id": 1, "src": "x", "method": "Switch.GetStatus", "params": {"id": 0}})
            await wait
            assert 1.0 <= time.monotonic() - begun < 2.0

    asyncio.run(main())


def test_flapping_device_goes_and_comes(shared: Broker) -> None:
    async def main() -> None:
        async with bench(shared) as (_, peer, _physics, faults):
            faults.set("home.washing_machine", Fault.FLAPPING)
            await asyncio.sleep(0.8)
            faults.clear("home.washing_machine")
            told = peer.of(f"{PLUG2}/online")
            assert told.count("false") >= 2
            assert told.count("true") >= 2

    asyncio.run(main())


def test_garbage_is_survived(shared: Broker) -> None:
    async def main() -> None:
        async with bench(shared) as (devices, peer, *_rest):
            for text in (
                "",
                "{",
                "[]",
                "null",
                '{"id":1}',
                '{"src":"x","method":5}',
                '{"src":"#","method":"Switch.Set"}',
                "\x00\x01",
            ):
                for topic in (
                    f"{PLUG2}/rpc",
                    f"{PLUG2}/command/switch:0",
                    "zigbee2mqtt/lamp/set",
                    "lab/bat/set",
                    "shellies/command",
                ):
                    await peer.publish(topic, text.replace("\x00", "0"))
            answered = json.loads(await peer.until("lab/bat/state"))
            assert answered["p_w"] == 1200
            assert devices.devices["home.washing_machine"].unknown_commands > 0
            assert all(device.station.up for device in devices.devices.values())

    asyncio.run(main())


def test_own_broker_with_the_users_of_the_scenario(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody runs a broker: the bench starts one on the loopback, which lets nobody in without the password."""
    program("mosquitto")
    monkeypatch.setenv("LAB_MQTT_PASSWORD", SECRET)
    port = free_port()

    async def main() -> None:
        devices = attached(f"mqtt://127.0.0.1:{port}", user="lab", password=Secret(env="LAB_MQTT_PASSWORD"))
        with Journal(tmp_path / "journal.jsonl") as journal:
            running = MqttBench(devices, TablePhysics(VALUES), FaultBoard(), LinkContext(rows={}, journal=journal), timing=FAST)
            async with asyncio.timeout(20.0):
                where = await running.start()
                try:
                    assert where["m1"] == f"mqtt://127.0.0.1:{port} {EM2}"
                    async with Peer(port, "-u", "lab", "-P", SECRET).listening() as peer:
                        await peer.until(f"{EM2}/status/em:0")
                    with pytest.raises(AssertionError):
                        await Peer(port, "-u", "lab", "-P", "wrong").publish("a", "b")
                    with pytest.raises(AssertionError):
                        await Peer(port).publish("a", "b")
                finally:
                    await running.close()
        assert SECRET not in (tmp_path / "journal.jsonl").read_text()

    asyncio.run(main())
    with pytest.raises(DeviceError, match="no MQTT broker listens on"):
        asyncio.run(nowhere())


async def nowhere() -> None:
    await MqttBench(attached("mqtt://192.0.2.1:1883"), TablePhysics(VALUES), FaultBoard(), LinkContext(rows={})).start()


def test_own_broker_outlives_a_storm_of_connections() -> None:
    """It complains of each of them somewhere; a pipe that nobody empties was full, and it hung, after 822."""
    program("mosquitto")
    name = b"a-client-with-a-rather-long-name-as-ours-are"
    hello = b"\x00\x04MQTT\x04\x02\x00\x3c\x00" + bytes([len(name)]) + name  # MQTT 3.1.1, section 3.1

    async def main() -> None:
        own = OwnBroker("127.0.0.1", free_port(), {})
        await own.start()
        try:
            async with asyncio.timeout(15.0):
                for _ in range(1500):
                    reader, writer = await asyncio.open_connection(own.host, own.port)
                    writer.write(b"\x10" + bytes([len(hello)]) + hello)
                    assert await reader.readexactly(4) == b"\x20\x02\x00\x00"
                    writer.close()
                    await writer.wait_closed()
        finally:
            await own.close()

    asyncio.run(main())


def test_wrong_password_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAB_MQTT_PASSWORD", "wrong")
    monkeypatch.setattr("hardware_in_loop.mqtt.bench.bench.CONNECT_S", 0.5)

    async def main(url: str) -> None:
        devices = attached(url, user="lab", password=Secret(env="LAB_MQTT_PASSWORD"))
        await MqttBench(devices, TablePhysics(VALUES), FaultBoard(), LinkContext(rows={})).start()

    with broker(tmp_path, *with_password(tmp_path)) as where, pytest.raises(DeviceError, match="user"):
        asyncio.run(main(where.url))


def test_devices_with_a_client_certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = with_certificates(tmp_path)

    def options(name: str, url: str) -> list[Attached]:
        files = {"ca_file": "ca.pem", "certificate_file": f"{name}.pem", "key_file": f"{name}.key"}
        return attached(url, tls=TlsOptions(**files))[:4]

    async def main(name: str, url: str) -> None:
        running = MqttBench(options(name, url), TablePhysics(VALUES), FaultBoard(), LinkContext(rows={}, folder=tmp_path))
        async with asyncio.timeout(10.0):
            await running.start()
            assert all(device.station.up for device in running.devices.values())
            await running.close()

    with broker(tmp_path, *lines, scheme="mqtts") as where:
        asyncio.run(main("client", where.url))
        monkeypatch.setattr("hardware_in_loop.mqtt.bench.bench.CONNECT_S", 0.7)
        with pytest.raises(DeviceError, match="not connected after"):
            asyncio.run(main("foreign", where.url))


def test_broker_that_dies_is_found_again(tmp_path: Path) -> None:
    async def main(where: Broker) -> None:
        async with bench(where) as (devices, *_rest):
            where.kill()
            await asyncio.sleep(0.3)
            assert not any(device.station.up for device in devices.devices.values())
            await asyncio.to_thread(where.start)
            begun = time.monotonic()
            await true(lambda: all(device.station.up for device in devices.devices.values()))
            assert time.monotonic() - begun < 1.5

    with broker(tmp_path) as where:
        asyncio.run(main(where))
