# SPDX-License-Identifier: Apache-2.0
"""Software MQTT devices without a broker: packets, relays, counters, payloads against captures of real devices."""

from __future__ import annotations

import asyncio
import json
import math
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware_in_loop.bench.table import TablePhysics
from hardware_in_loop.mqtt.bench.device import Surroundings
from hardware_in_loop.mqtt.bench.family import House
from hardware_in_loop.mqtt.bench.points import port_of
from hardware_in_loop.mqtt.bench.relay import EnergyCounter, Registers, Relay
from hardware_in_loop.mqtt.bench.station import Broker, Station, matches
from hardware_in_loop.mqtt.bench.wire import PUBLISH, Message, Splitter, connect, packet, publish, subscribe
from hardware_in_loop.mqtt.options import MqttOptions
from twinergy.adapters import Attached, FaultBoard, Journal
from twinergy.errors import DeviceError, ScenarioError

if TYPE_CHECKING:
    from pathlib import Path

    from hardware_in_loop.mqtt.bench.device import SoftDevice

# What Shelly devices really sent, as users published it; values changed by nobody.
CAPTURED_NOTE = json.loads(
    '{"src":"shellyplus1pm-4417939341dc","dst":"shellies/plus1pm/events","method":"NotifyStatus",'
    '"params":{"ts":1661517385.44,"switch:0":{"id":0,"voltage":232.7}}}'
)
DOCUMENTED_TIMER = json.loads(
    '{"id":0,"source":"timer","output":true,"timer_started_at":1626935739.79,"timer_duration":60,"apower":8.9,"voltage":237.5,'
    '"aenergy":{"total":6.532,"by_minute":[45.199,47.141,88.397],"minute_ts":1626935779},"temperature":{"tC":23.5,"tF":74.4}}'
)


class Ether(Station):
    """A connection that keeps what it is told."""

    def __init__(self) -> None:
        super().__init__("ether", Broker(), Journal(None))
        self.messages: list[Message] = []

    @property
    def up(self) -> bool:
        return True

    def say(self, message: Message, *, twice: bool = False) -> None:
        self.messages += [message] * (2 if twice else 1)

    def of(self, topic: str) -> list[Any]:
        return [json.loads(message.payload) for message in self.messages if message.topic == topic]


def device(
    profile: str, topic: str, values: dict[str, float], kind: str = "household", part: str = "", **more: Any
) -> tuple[SoftDevice, Ether, TablePhysics]:
    ether, physics = Ether(), TablePhysics({"d": values})
    attached = Attached(id="d", device="d", kind=kind, options=MqttOptions(profile=profile, topic=topic, part=part, **more))
    house = House(Surroundings(physics=physics, faults=FaultBoard()), more.get("folder"))  # type: ignore[arg-type]
    house._station = lambda *_: ether  # type: ignore[method-assign]
    return house.add(attached, attached.options, Broker()), ether, physics


def test_connect_byte_by_byte() -> None:
    """MQTT 3.1.1, sections 3.1.2 and 3.1.3, by hand: 10 bytes of header, 5 fields of 3 bytes, flags 0xEE."""
    message = Message("t", b"w", qos=1, retain=True)
    expected = "1019" + "00044d515454" + "04" + "ee" + "000a" + "000163" + "000174" + "000177" + "000175" + "000170"
    assert connect("c", message, "u", "p", 10).hex() == expected


def test_publish_and_subscribe_byte_by_byte() -> None:
    """MQTT 3.1.1, figures 3.11 and 3.20: PUBLISH ``a/b`` with packet id 10, SUBSCRIBE ``a/b`` at QoS 1."""
    assert publish(Message("a/b", b"", 1), 10).hex() == "32070003612f62000a"
    assert publish(Message("a/b", b"", 1), 10, again=True).hex() == "3a070003612f62000a"
    assert publish(Message("a/b", b"x", 0, retain=True)).hex() == "31060003612f6278"
    assert subscribe(["a/b"], 10).hex() == "8208000a0003612f6201"


@pytest.mark.parametrize(("size", "length"), [(0, "00"), (127, "7f"), (128, "8001"), (16_383, "ff7f"), (16_384, "808001")])
def test_remaining_length_as_in_table_2_4(size: int, length: str) -> None:
    assert packet(PUBLISH, bytes(size))[1:].hex().startswith(length)


@given(st.lists(st.binary(max_size=300), max_size=5), st.integers(1, 7))
def test_packets_survive_any_cut_of_the_stream(bodies: list[bytes], cut: int) -> None:
    stream, splitter = b"".join(packet(PUBLISH, body) for body in bodies), Splitter()
    found = [body for at in range(0, len(stream), cut) for _, body in splitter.feed(stream[at : at + cut])]
    assert found == bodies


def test_length_that_is_none_is_refused() -> None:
    with pytest.raises(DeviceError, match="length is none"):
        list(Splitter().feed(b"\x30\xff\xff\xff\xff\xff"))


@pytest.mark.parametrize(
    ("pattern", "topic", "expected"),
    [("sport/#", "sport", True), ("sport/#", "sport/a/b", True), ("+", "a", True), ("a/+/c", "a/b/c", True), ("a/+", "a", False)],
)
def test_filters_match_as_in_section_4_7(pattern: str, topic: str, expected: bool) -> None:
    assert matches(pattern, topic) is expected


def test_relay_flips_back_once_and_a_new_command_forgets_the_timer() -> None:
    relay = Relay("on")
    assert relay.switch(on=False, source="mqtt", now_s=10.0, after_s=5.0) is True
    assert (relay.expire(14.9), relay.on, relay.left_s(12.0)) == (False, False, 3.0)
    assert (relay.expire(15.0), relay.on, relay.source) == (True, True, "timer")
    assert relay.expire(99.0) is False
    relay.switch(on=False, source="mqtt", now_s=20.0, after_s=5.0)
    relay.switch(on=False, source="mqtt", now_s=22.0)
    assert relay.expire(99.0) is False


@given(st.lists(st.tuples(st.floats(-5.0, 5.0), st.floats(0.0, 3600.0)), max_size=20))
def test_counter_adds_up_both_directions_apart(parts: list[tuple[float, float]]) -> None:
    counter, now_s = EnergyCounter(), 0.0
    for p_kw, lasts_s in parts:
        counter.add(p_kw, now_s)
        now_s += lasts_s
    counter.add(0.0, now_s)
    drawn = sum(1000.0 * p_kw * lasts_s / 3600.0 for p_kw, lasts_s in parts if p_kw > 0.0)
    fed = sum(-1000.0 * p_kw * lasts_s / 3600.0 for p_kw, lasts_s in parts if p_kw < 0.0)
    assert counter.import_wh == pytest.approx(drawn, abs=1e-6)
    assert counter.export_wh == pytest.approx(fed, abs=1e-6)


def test_a_gap_in_the_power_is_not_counted() -> None:
    counter = EnergyCounter()
    for now_s, p_kw in ((0.0, 1.0), (3600.0, math.nan), (7200.0, 1.0), (10_800.0, 1.0)):
        counter.add(p_kw, now_s)
    assert counter.import_wh == pytest.approx(2000.0)


def test_registers_of_the_physics_begin_at_zero_after_a_restart() -> None:
    registers = Registers()
    registers.update(1.0, 12.5, 3.0, 0.0)
    assert (registers.import_wh, registers.export_wh) == (12_500.0, 3000.0)
    registers.restart()
    registers.update(1.0, 12.75, 3.0, 1.0)
    assert (registers.import_wh, registers.export_wh) == (250.0, 0.0)


@pytest.mark.parametrize(
    ("part", "name", "port"),
    [
        ("dishwasher", "p_kw", "dishwasher_p_kw"),
        ("lighting", "p_kw", "p_lighting_kw"),
        ("other", "on", "other_on"),
        ("", "p_kw", "p_kw"),
    ],
)
def test_ports_of_parts_of_a_household(part: str, name: str, port: str) -> None:
    """Names as in docs/ports.md."""
    assert port_of(Attached(id="d", device="d", kind="household", options=MqttOptions(profile="x", part=part)), name) == port


def test_a_plug_can_stand_for_another_port() -> None:
    options = MqttOptions(profile="x", ports={"p_kw": "p_heat_pump_kw"})
    assert port_of(Attached(id="d", device="d", kind="building", options=options), "p_kw") == "p_heat_pump_kw"


def test_gen2_notes_have_the_shape_of_a_real_devices() -> None:
    async def main() -> tuple[Any, Any, Any]:
        plug, ether, physics = device(
            "shelly_gen2_plug", "shellies/plus1pm", {"other_p_kw": 0.1, "voltage_v": 230.0}, part="other"
        )
        plug.look(plug.clock())
        physics.values["d"]["voltage_v"] = 232.7
        plug.look(plug.clock())
        plug._rpc("", b'{"id":1,"src":"x","method":"Switch.Set","params":{"id":0,"on":true,"toggle_after":60}}')  # type: ignore[attr-defined]
        return ether.of("shellies/plus1pm/events/rpc")[1], ether.of("shellies/plus1pm/status/switch:0")[-1], ether.of("x/rpc")[0]

    note, status, answer = asyncio.run(main())
    assert list(note) == list(CAPTURED_NOTE)
    assert note["dst"] == CAPTURED_NOTE["dst"]
    assert list(note["params"]) == ["ts", "switch:0"]
    assert CAPTURED_NOTE["params"]["switch:0"].items() <= note["params"]["switch:0"].items()
    assert "apower" not in note["params"]["switch:0"], "only what changed"
    assert set(DOCUMENTED_TIMER) <= set(status)
    assert (status["timer_duration"], set(status["aenergy"])) == (60, set(DOCUMENTED_TIMER["aenergy"]))
    assert answer == {"id": 1, "src": "plus1pm", "dst": "x", "result": {"was_on": True}}


def test_gen1_energy_is_in_watt_minutes() -> None:
    """1.2 kW for half an hour is 36,000 Watt-minutes; by hand."""

    async def main() -> list[str]:
        plug, ether, _ = device("shelly_gen1_plug", "shellyplug-s-1", {"p_other_kw": 1.2}, part="other")
        plug.count(0.0)
        plug.count(1800.0)
        plug.tell(changed=True)
        return [
            message.payload.decode() for message in ether.messages if message.topic == "shellies/shellyplug-s-1/relay/0/energy"
        ]

    assert asyncio.run(main()) == ["36000"]


def test_generic_device_understands_only_its_own_commands(tmp_path: Path) -> None:
    async def main() -> tuple[int, Any, list[Any]]:
        battery, ether, physics = device("json_battery", "lab/bat", {"p_kw": 1.0, "soc": 0.5}, kind="battery")
        (ear,) = ether.ears["lab/bat/set"]
        for text in ("{}", "1200", '{"p_set_w":"much"}', '{"p_set_w":true}', '{"p_set_w":1e999}', '{"p_set_w":1,"x":2}', "{"):
            ear("lab/bat/set", text.encode())
        ear("lab/bat/set", b'{"p_set_w":-1500}')
        ear("lab/bat/set", b'{"p_set_w":null}')
        return battery.unknown_commands, [one.value for one in physics.writes], ether.of("lab/bat/state")

    unknown, written, shown = asyncio.run(main())
    assert unknown == 7
    assert written[0] == -1.5
    assert math.isnan(written[1])
    assert [state["p_set_w"] for state in shown] == [-1500, 0]


def test_unknown_profile_says_what_exists() -> None:
    with pytest.raises(ScenarioError, match="shelly_gen2_plug"):
        device("shelly_gen2_plugs", "x", {})


def test_profile_of_calls_has_no_software_device(tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_text(
        "title: own\nreadings: {p_kw: {path: apower}}\ncalls: {topic: '{topic}/rpc', answers: '{client}/rpc'}\n"
        "states: [{answer_to: Switch.GetStatus, root: result}]\n"
    )
    ether = Ether()
    house = House(Surroundings(physics=TablePhysics({}), faults=FaultBoard()), tmp_path)
    house._station = lambda *_: ether  # type: ignore[method-assign]
    attached = Attached(id="d", device="d", kind="meter", options=MqttOptions(profile="own.yaml", topic="x"))
    with pytest.raises(DeviceError, match="no software device for the profile 'own'"):
        house.add(attached, attached.options, Broker())  # type: ignore[arg-type]
