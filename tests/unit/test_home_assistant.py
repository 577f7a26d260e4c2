# SPDX-License-Identifier: Apache-2.0
"""Home Assistant discovery: what is announced, and what is made of others' announcements."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING

import pytest

from hardware_in_loop.mqtt.announcements import shelly_gen1
from hardware_in_loop.mqtt.client import Incoming
from hardware_in_loop.mqtt.home_assistant import discovered, profile_from_discovery
from hardware_in_loop.mqtt.home_assistant.discovery import Table, Topics, payload, safe
from hardware_in_loop.mqtt.home_assistant.looks import look
from hardware_in_loop.mqtt.home_assistant.publisher import _value
from hardware_in_loop.mqtt.home_assistant.short import written_out
from hardware_in_loop.mqtt.home_assistant.templates import Picked, command, read
from hardware_in_loop.mqtt.library import load
from hardware_in_loop.mqtt.scan import Ears
from twinergy.errors import DeviceError
from twinergy.plugins import device_kind
from twinergy.ports import measured, set_point

if TYPE_CHECKING:
    from pathlib import Path

    from twinergy.kinds import DeviceKind

TOPICS = Topics("twinergy", "hagedorn", "homeassistant")
# The example of Home Assistant's own documentation, "Device discovery payload".
KITCHEN = {
    "dev": {"ids": "ea334450945afc", "name": "Kitchen", "mf": "Bla electronics", "mdl": "xya", "sw": "1.0", "hw": "1.0rev2"},
    "o": {"name": "bla2mqtt", "sw": "2.1", "url": "https://bla2mqtt.example.com/support"},
    "cmps": {
        "some_unique_component_id1": {
            "p": "sensor", "device_class": "temperature", "unit_of_measurement": "°C",
            "value_template": "{{ value_json.temperature}}", "unique_id": "temp01ae_t",
        },
        "some_unique_id2": {
            "p": "sensor", "device_class": "humidity", "unit_of_measurement": "%",
            "value_template": "{{ value_json.humidity}}", "unique_id": "temp01ae_h",
        },
    },
    "state_topic": "sensorBedroom/state",
    "qos": 2,
}  # fmt: skip
# Units that belong to device classes; Home Assistant developer documentation, "Sensor entity" (from memory).
UNITS = {
    "power": {"mW", "W", "kW", "MW"},
    "energy": {"Wh", "kWh", "MWh"},
    "energy_storage": {"Wh", "kWh", "MWh"},
    "reactive_power": {"var", "kvar"},
    "temperature": {"°C", "°F", "K"},
    "humidity": {"%"},
    "battery": {"%"},
    "carbon_dioxide": {"ppm"},
    "illuminance": {"lx"},
    "sound_pressure": {"dB", "dBA"},
    "voltage": {"V", "mV"},
    "frequency": {"Hz", "kHz"},
    "duration": {"d", "h", "min", "s", "ms"},
    "distance": {"km", "m"},
    "irradiance": {"W/m²"},
    "wind_speed": {"m/s"},
    "atmospheric_pressure": {"hPa"},
    "monetary": {"EUR"},
}
KINDS = ("battery", "pv", "meter", "charging", "building", "sensor", "household", "ev", "weather")


def kind_of(name: str) -> DeviceKind:
    return device_kind(name)


@pytest.mark.parametrize("name", KINDS)
def test_every_port_has_a_class_that_takes_its_unit(name: str) -> None:
    for port in kind_of(name).ports:
        shown = look(name, port)
        if shown.device_class:
            assert shown.unit in UNITS[shown.device_class], port.name
        if shown.device_class == "energy":
            assert shown.state_class == "total_increasing", "Home Assistant takes no measurement of energy"


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("commands", [False, True])
def test_every_kind_can_be_announced(name: str, commands: bool) -> None:
    table = Table(name, ("one",), tuple(kind_of(name).ports))
    config = json.loads(json.dumps(payload(TOPICS, table, "one", "1.0", commands=commands, expire_s=None)))
    assert {"dev", "o", "cmps"} <= set(config), "mandatory: device, origin, components"
    assert set(config["cmps"]) == {port.name for port in table.shown} | (
        {port.name for port in table.asked} if commands else set()
    )
    unique = [entity["unique_id"] for entity in config["cmps"].values()]
    assert len(set(unique)) == len(unique)
    assert all("cmd_t" not in entity for entity in config["cmps"].values() if entity["p"] in {"sensor", "binary_sensor"})
    for entity in config["cmps"].values():
        assert entity["p"] in {"sensor", "binary_sensor"} or (commands and entity["p"] in {"number", "switch"})


def test_what_we_announce_we_can_read() -> None:
    """Round trip through two modules that share no table: our meter announced, and read back as anybody's."""
    table = Table("meter", ("m-1",), tuple(kind_of("meter").ports))
    (found,) = discovered(
        [("homeassistant/device/x/config", json.dumps(payload(TOPICS, table, "m-1", "1", commands=False, expire_s=9.0)))]
    )
    assert found.kind == "meter"
    assert found.profile.readings["p_kw"].path == "p_kw"
    assert found.profile.readings["p_kw"].scale == 1.0
    assert found.profile.readings["energy_export_kwh"].path == "energy_export_kwh"
    assert found.profile.readings["soc"].scale == 0.01, "announced in percent"
    assert found.profile.states[0].topic == "twinergy/hagedorn/m-1/state"
    assert found.profile.availability[0].topic == "twinergy/hagedorn/availability"
    assert found.profile.expire_s == 9.0
    assert "no port" in found.left_out["age_s"]


def test_ids_differ_where_devices_differ() -> None:
    assert len({safe(text) for text in ("a.b", "a_b", "a/b", "a b", "ä")}) == 5
    assert safe("home-001.other").isascii()


def test_commands_are_read_in_the_ports_unit() -> None:
    port, switch = set_point("min_soc", ""), set_point("other_on", "")
    assert _value(b"20", port, 100.0) == 0.2
    assert math.isnan(_value(b"None", port, 100.0) or 0.0)
    assert [_value(text, port, 100.0) for text in (b"much", b"nan", b"inf", b"\xff")] == [None] * 4
    assert [_value(text, switch, 1.0) for text in (b"ON", b"OFF", b"TOGGLE")] == [1.0, 0.0, None]


def test_the_documentations_own_device() -> None:
    (found,) = discovered([("homeassistant/device/0AFFD2/config", json.dumps(KITCHEN))])
    assert (found.id, found.name, found.kind, found.left_out) == ("ea334450945afc", "Kitchen", "sensor", {})
    assert {name: reading.path for name, reading in found.profile.readings.items()} == {
        "temp_indoor_degc": "temperature",
        "humidity_percent": "humidity",
    }
    assert [state.topic for state in found.profile.states] == ["sensorBedroom/state"]


def test_the_documentations_own_switch() -> None:
    """Home Assistant, "MQTT": a switch with a base topic and abbreviations."""
    text = '{"~": "homeassistant/switch/irrigation", "name": "garden", "cmd_t": "~/set", "stat_t": "~/state"}'
    profile = profile_from_discovery(text, "homeassistant/switch/irrigation/config")
    assert profile.states[0].topic == "homeassistant/switch/irrigation/state"
    assert profile.states[0].format == "plain"
    assert profile.commands["on"].send.topic == "homeassistant/switch/irrigation/set"
    assert profile.commands["on"].values == {0.0: "OFF", 1.0: "ON"}
    assert profile.readings["on"].words == {"on": 1.0, "off": 0.0}
    assert profile.fallback == ("will",)


def test_gen2_shelly_as_a_template_collection_announces_it() -> None:
    """A published collection of discovery templates: RPC calls as texts, JSON booleans as states."""
    config = {
        "name": "Relay 0", "cmd_t": "~rpc", "stat_t": "~status/switch:0", "val_tpl": "{{ value_json.output }}",
        "~": "shellyplus1-x/",
        "pl_off": '{"id":1,"src":"x","method":"Switch.Set","params":{"id":0,"on":false}}',
        "pl_on": '{"id":1,"src":"x","method":"Switch.Set","params":{"id":0,"on":true}}',
        "stat_off": "false", "stat_on": "true", "avty_t": "~online", "pl_avail": "true", "pl_not_avail": "false",
        "uniq_id": "x-0",
    }  # fmt: skip
    profile = profile_from_discovery(config, "homeassistant/switch/x-0/config")
    assert profile.readings["on"].words == {"true": 1.0, "false": 0.0}
    assert json.loads(str(profile.commands["on"].values[0.0]))["params"]["on"] is False
    assert (profile.availability[0].topic, profile.availability[0].online) == ("shellyplus1-x/online", ("true",))


def test_entities_of_one_device_are_put_together() -> None:
    def entity(name: str, unit: str, of: str, key: str) -> tuple[str, dict[str, object]]:
        about = {"identifiers": ["z_0x01"], "name": "my_plug"}
        config = {"state_topic": "zigbee2mqtt/my_plug", "unit_of_measurement": unit, "device_class": of, "device": about}
        return f"homeassistant/sensor/0x01/{name}/config", {
            **config,
            "value_template": f"{{{{ value_json['{key}'] }}}}",
            "name": name,
        }

    other = (
        "homeassistant/sensor/0x02/t/config",
        {"stat_t": "b", "dev_cla": "temperature", "unit_of_meas": "°F", "dev": {"ids": "2"}},
    )
    plug, thermometer = discovered([entity("power", "W", "power", "power"), entity("energy", "kWh", "energy", "energy"), other])
    assert {name: (reading.path, reading.scale) for name, reading in plug.profile.readings.items()} == {
        "p_kw": ("power", 0.001),
        "energy_import_kwh": ("energy", 1.0),
    }
    reading = thermometer.profile.readings["temp_indoor_degc"]
    assert 212.0 * reading.scale + reading.offset == pytest.approx(100.0), "water boils at 212 °F"
    assert 32.0 * reading.scale + reading.offset == pytest.approx(0.0)


def test_a_sensors_own_battery_is_no_storage() -> None:
    config = {"dev": {"ids": "1", "name": "room"}, "stat_t": "s", "cmps": {
        "b": {"p": "sensor", "dev_cla": "battery", "unit_of_meas": "%", "val_tpl": "{{ value_json.battery }}"},
        "t": {"p": "sensor", "dev_cla": "temperature", "unit_of_meas": "°C", "val_tpl": "{{ value_json.t }}"},
    }}  # fmt: skip
    (found,) = discovered([("homeassistant/device/1/config", config)])
    assert set(found.profile.readings) == {"temp_indoor_degc"}
    assert "no storage" in found.left_out["b"]


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("", Picked()),
        ("{{ value }}", Picked()),
        ("{{value|float}}", Picked()),
        ("{{ value | float(0) / 1000 }}", Picked(factor=0.001)),
        ("{{ value_json.power }}", Picked("power", True)),
        ("{{ value_json['power'] | float | round(1) }}", Picked("power", True)),
        ('{{ value_json["switch:0"].aenergy.total }}', Picked("switch:0.aenergy.total", True)),
        ("{{ (value_json.p | float) * 1000 }}", Picked("p", True, 1000.0)),
        ("{{ value_json.list[0] }}", Picked("list.0", True)),
        ("{{ value_json['a.b'] }}", None),
        ("{{ value_json.a + value_json.b }}", None),
        ("{% if value == 'x' %}1{% endif %}", None),
        ("{{ value_json.p * 0 }}", None),
        ("{{ states('sensor.x') }}", None),
        ("text {{ value }}", None),
    ],
)
def test_templates_that_are_read_and_those_that_are_not(template: str, expected: Picked | None) -> None:
    assert read(template) == expected


def test_command_templates() -> None:
    assert command("") == "{value}"
    assert command('{"set": {{ value | float }}}') == '{"set": {value}}'
    assert command("{% if value > 3 %}{{ value }}{% endif %}") is None


def test_base_topic_at_the_end_and_in_lists() -> None:
    """Home Assistant: the tilde is replaced at the beginning or at the end of a topic."""
    whole = written_out({"~": "garage/door", "stat_t": "state/~", "avty": [{"t": "~/online", "pl_avail": "yes"}]})
    assert whole == {
        "state_topic": "state/garage/door",
        "availability": [{"topic": "garage/door/online", "payload_available": "yes"}],
    }


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "no JSON"),
        ("[1]", "no JSON object"),
        ('{"dev":{"ids":"1"},"cmps":{}}', "nothing is announced"),
        ('{"name":"x"}', "nothing of it"),
    ],
)
def test_what_is_no_announcement_is_refused_with_the_reason(text: str, said: str) -> None:
    with pytest.raises(DeviceError, match=said):
        profile_from_discovery(text, "homeassistant/sensor/x/config")


def test_announcements_of_strangers_end_no_scan() -> None:
    """One device that says nonsense hides no other, and nothing is proposed that a scenario would refuse."""
    ears = Ears({"kind": "mqtt", "broker": "mqtt://127.0.0.1:1883"})
    nonsense = {
        "dev": {"ids": "x", "name": "X"},
        "stat_t": "x/s",
        "dev_cla": "power",
        "unit_of_meas": "W",
        "avty": [{"topic": True}],
    }
    for topic, data in (
        ("homeassistant/sensor/a/config", b"[" * 200_000),
        ("homeassistant/sensor/b/config", json.dumps({**nonsense, "uniq_id": "b"}).encode()),
        ("homeassistant/device/c/config", json.dumps({**KITCHEN, "state_topic": "sensor/bla/state"}).encode()),
    ):
        ears._take_config(Incoming(topic, data, retain=True))
    for name in ("shellyplug-1", "#", "a/+/b"):
        ears._take(
            shelly_gen1, Incoming("shellies/announce", json.dumps({"id": name, "model": "SHPLG-S"}).encode(), retain=False)
        )
    topics = [one["adapter"].get("topic", one["adapter"]["profile"]) for one in ears.found()]  # type: ignore[attr-defined]
    assert topics == ["shellyplug-1", "Kitchen.yaml"]
    with pytest.raises(DeviceError, match=r"X: its announcement makes no sense \(topic: Input should be a valid string\)"):
        profile_from_discovery(json.dumps(nonsense))


def test_an_empty_message_deletes_and_announces_nothing() -> None:
    assert discovered([("homeassistant/sensor/x/config", b"")]) == []


def test_profile_can_be_written_and_read_again(tmp_path: Path) -> None:
    """A name that would break out of its comment stays in it."""
    config = {**KITCHEN, "dev": {"ids": "1", "name": "Kitchen\nreadings: {}\n#"}}
    config["cmps"] = {**KITCHEN["cmps"], "odd\nkinds: [x]": {"p": "sensor", "dev_cla": "power", "unit_of_meas": "hp"}}  # type: ignore[dict-item]
    (found,) = discovered([("homeassistant/device/1/config", json.dumps(config))])
    (tmp_path / "kitchen.yaml").write_text(found.text(), encoding="utf-8")
    assert load("kitchen.yaml", tmp_path) == found.profile
    assert "# Left out: odd kinds: [x], for no port for a sensor power hp" in found.text()


def test_proposal_of_a_scan_names_the_profile_that_it_brings() -> None:
    (found,) = discovered([("homeassistant/device/0AFFD2/config", json.dumps(KITCHEN))])
    proposal = found.proposal("mqtt://127.0.0.1:1883")
    assert proposal["adapter"] == {"kind": "mqtt", "profile": "Kitchen.yaml", "broker": "mqtt://127.0.0.1:1883"}
    assert proposal["files"] == {"Kitchen.yaml": found.text()}
    assert (proposal["kind"], "temp_indoor_degc" in str(proposal["found"])) == ("sensor", True)


def test_percent_and_fractions_have_their_factor() -> None:
    assert look("battery", measured("soc", "")).factor == 100.0
    assert look("meter", measured("p_kw", "")).factor == 1.0
