# SPDX-License-Identifier: Apache-2.0
"""Uplinks of the bench against ChirpStack's own protobuf messages, and raw bytes against the vendor's published example."""

from __future__ import annotations

import asyncio
import base64
import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware_in_loop.bench.table import TablePhysics
from hardware_in_loop.mqtt.bench.chirpstack import ChirpStackSensor
from hardware_in_loop.mqtt.bench.device import Surroundings
from hardware_in_loop.mqtt.bench.lorawan import encode
from hardware_in_loop.mqtt.bench.station import Broker, Station
from hardware_in_loop.mqtt.options import MqttOptions
from twinergy.adapters import Attached, Fault, FaultBoard, Journal

if TYPE_CHECKING:
    from hardware_in_loop.mqtt.bench.wire import Message

integration = pytest.importorskip("chirpstack_api.integration", reason="chirpstack-api is not installed")
json_format = pytest.importorskip("google.protobuf.json_format")

EUI = "24e124707c123456"
KINDS = {"up": "UplinkEvent", "txack": "TxAckEvent", "ack": "AckEvent", "log": "LogEvent", "join": "JoinEvent"}


class Ether(Station):
    """A network that keeps what it is told."""

    def __init__(self) -> None:
        super().__init__("network", Broker(), Journal(None))
        self.said: list[Message] = []  # type: ignore[assignment]

    @property
    def up(self) -> bool:
        return True

    def say(self, message: Message, *, twice: bool = False) -> None:
        self.said += [message] * (2 if twice else 1)


def sensor(values: dict[str, float], faults: FaultBoard | None = None) -> tuple[ChirpStackSensor, Ether]:
    ether = Ether()
    options = MqttOptions(profile="chirpstack", topic=EUI)
    attached = Attached(id="air", device="air", kind="sensor", options=options)
    world = Surroundings(physics=TablePhysics({"air": values}), faults=faults or FaultBoard())
    return ChirpStackSensor(attached, ether, world, "3991a981-342a-58fb-b780-063529c443bb", EUI), ether


def spoken(ether: Ether) -> list[tuple[str, dict[str, Any]]]:
    """Parse every message strictly by the message of its event, and say it back."""
    said = []
    for message in ether.said:
        kind = message.topic.rsplit("/", 1)[-1]
        parsed = json_format.Parse(message.payload, getattr(integration, KINDS[kind])())
        back = json.loads(json_format.MessageToJson(parsed))
        said.append((kind, back))
    return said


def run(device: ChirpStackSensor, *downs: dict[str, Any], ups: int = 1) -> None:
    async def main() -> None:
        for down in downs:
            device._down("", json.dumps(down).encode())
        for _ in range(ups):
            device.tell(changed=False)

    asyncio.run(main())


def test_uplink_is_the_networks_own_message_to_the_last_field() -> None:
    device, ether = sensor({"temp_indoor_degc": 30.8, "humidity_percent": 50.5, "co2_ppm": 1255.0})
    run(device, ups=2)
    sent = [json.loads(message.payload) for message in ether.said]
    back = [document for _, document in spoken(ether)]
    for one, other in zip(sent, back, strict=True):
        for document in (one, other):
            document["time"] = document["time"].rstrip("Z").split("+")[0]
            document["rxInfo"][0]["nsTime"] = document["rxInfo"][0]["nsTime"].rstrip("Z").split("+")[0]
        assert one == other
    assert "fCnt" not in sent[0], "a frame counter of zero is left out"
    assert sent[1]["fCnt"] == 1
    assert sent[0]["deduplicationId"] != sent[1]["deduplicationId"]


@given(st.dictionaries(st.sampled_from(["temp_indoor_degc", "humidity_percent", "co2_ppm", "noise_dba"]), st.floats(0.0, 100.0)))
def test_every_uplink_parses(values: dict[str, float]) -> None:
    device, ether = sensor(values)
    run(device)
    ((kind, document),) = spoken(ether)
    assert kind == "up"
    shown = document["object"]
    assert ("temperature" in shown) == ("temp_indoor_degc" in values)
    for port, key, count in (("temp_indoor_degc", "temperature", 0.05), ("humidity_percent", "humidity", 0.31)):
        if port in values:
            assert shown[key] == pytest.approx(values[port], abs=count + 1e-9)


def test_downlink_waits_for_an_uplink_and_is_acknowledged_after_the_next_one() -> None:
    device, ether = sensor({"temp_indoor_degc": 20.0})
    run(device, {"devEui": EUI, "confirmed": True, "fPort": 10, "data": "/wMBAA=="}, ups=2)
    said = spoken(ether)
    assert [kind for kind, _ in said] == ["up", "txack", "up", "ack"]
    assert said[1][1]["queueItemId"] == said[3][1]["queueItemId"]
    assert said[3][1]["acknowledged"] is True
    assert base64.b64decode(device.received[0]["data"]) == bytes.fromhex("ff030100")


@pytest.mark.parametrize(
    "down",
    [
        {"devEui": EUI, "fPort": 0, "data": "AA=="},
        {"devEui": EUI, "fPort": 224, "data": "AA=="},
        {"devEui": "0000000000000000", "fPort": 1, "data": "AA=="},
        {"devEui": EUI, "fPort": 1, "data": "no base64"},
        {"devEui": EUI, "fPort": 1},
        [],
    ],
)
def test_downlink_that_the_network_would_not_queue_is_logged(down: dict[str, Any]) -> None:
    device, ether = sensor({"temp_indoor_degc": 20.0})
    run(device, down, ups=0)
    ((kind, document),) = spoken(ether)
    assert (kind, document["level"], document["code"]) == ("log", "ERROR", "DOWNLINK_CODEC")
    assert device.queue == []


def test_frozen_sensor_repeats_frame_counter_and_values() -> None:
    faults = FaultBoard()
    device, ether = sensor({"temp_indoor_degc": 20.0}, faults)

    async def main() -> None:
        device.tell(changed=False)
        faults.set("air", Fault.FROZEN)
        device._notice_faults(device.clock())
        device.world.physics.values["air"]["temp_indoor_degc"] = 25.0  # type: ignore[attr-defined]
        device.tell(changed=False)
        device.tell(changed=False)

    asyncio.run(main())
    *_, (_, first), (_, second) = spoken(ether)
    assert first["object"]["temperature"] == second["object"]["temperature"] == 20.0
    assert first["fCnt"] == second["fCnt"] == 1
    assert first["time"] == second["time"]


def test_raw_bytes_are_the_vendors_example() -> None:
    """Milesight's example ``01755C 03673401 046865 077DE704``: 92 %, 30.8 °C, 50.5 %, 1255 ppm; our battery is full."""
    vendor = bytes.fromhex("01755C" + "03673401" + "046865" + "077DE704")
    ours = encode({"temperature": 30.8, "humidity": 50.5, "co2": 1255.0})
    assert ours[3:] == vendor[3:]
    assert ours[:3] == bytes.fromhex("017564")


def test_raw_bytes_of_frost() -> None:
    """Two's complement by hand: -10.1 °C is -101 tenths, 0xFF9B, low byte first."""
    assert encode({"temperature": -10.1})[3:] == bytes.fromhex("03679BFF")
