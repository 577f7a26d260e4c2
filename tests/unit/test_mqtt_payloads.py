# SPDX-License-Identifier: Apache-2.0
"""Payloads as the vendors document them, through the profiles of the laboratory, against numbers worked out by hand."""

from __future__ import annotations

import base64
import json
import math
import struct

import pytest

from hardware_in_loop.mqtt.library import bind, load
from hardware_in_loop.mqtt.payloads import PayloadError, device_seconds, document, encode, fill, raw_value
from hardware_in_loop.mqtt.readers import StateReader

SHELLY_STATUS = {
    "id": 0, "source": "WS_in", "output": False, "apower": 8.9, "voltage": 237.5, "freq": 50.1, "current": 0.123,
    "aenergy": {"total": 6.532, "by_minute": [45.199, 47.141, 88.397], "minute_ts": 1626935779},
    "temperature": {"tC": 23.5, "tF": 74.4},
}  # fmt: skip
"""Shelly technical documentation, gen2, Switch.GetStatus; the shape as documented, figures from memory."""
SHELLY_BUTTON = {
    "src": "shellypro4pm-f008d1d8b8b8", "dst": "user_1", "method": "NotifyStatus",
    "params": {"ts": 1631186545.04, "switch:0": {"id": 0, "output": True, "source": "button"}},
}  # fmt: skip
"""Shelly technical documentation, gen2, General/Notifications, example 1."""
SHELLY_CLOUD = {
    "src": "shellypro4pm-f008d1d8b8b8", "dst": "user_1", "method": "NotifyStatus",
    "params": {"ts": 1624348482.25, "cloud": {"connected": False}},
}  # fmt: skip
"""The same page, example 2."""


def readers(profile: str, **fields: str | int) -> list[StateReader]:
    bound = bind(load(profile), "device", fields)
    return [StateReader(state, bound.readings) for state in bound.states]


def read(profile: str, payload: object, topic: str = "", **fields: str | int) -> dict[str, float]:
    """Return all readings of the states with this end of their topic."""
    data = payload if isinstance(payload, bytes) else encode(payload)
    samples = [each.read(data) for each in readers(profile, **fields) if each.state.topic.endswith(topic)]
    return {name: value for sample in samples if sample is not None for name, value in sample.values.items()}


def test_shelly_gen2_answer() -> None:
    answer = {"id": 7, "src": "shellyplusplugs-x", "dst": "lab", "result": SHELLY_STATUS}
    sample = readers("shelly_gen2_plug")[0].read(b"", answer)
    assert sample is not None
    assert not sample.bad
    assert sample.values == pytest.approx(
        {
            "p_kw": 0.0089,
            "voltage_v": 237.5,
            "energy_import_kwh": 0.006532,
            "on": 0.0,
            "timer_s": 0.0,
            "began_s": 0.0,
            "by_hand": 0.0,
        }
    )


def test_shelly_gen2_notification_carries_only_what_changed() -> None:
    sample = readers("shelly_gen2_plug")[1].read(encode(SHELLY_BUTTON))
    assert sample is not None
    assert sample.values == {"on": 1.0, "by_hand": 1.0}
    assert sample.device_s == 1631186545.04


def test_shelly_gen2_notification_of_another_component_is_none_of_ours() -> None:
    assert read("shelly_gen2_plug", SHELLY_CLOUD, "events/rpc") == {}


def test_shelly_gen2_null_says_that_a_timer_is_gone() -> None:
    # The same page: when keys disappear from the status, the notification of that includes the key with a null value.
    gone = {"method": "NotifyStatus", "params": {"ts": 1.0, "switch:0": {"id": 0, "timer_duration": None}}}
    assert read("shelly_gen2_plug", gone, "events/rpc") == {"timer_s": 0.0}


def test_shelly_gen1_counts_in_watt_minutes() -> None:
    # 60 watt-minutes are one watt-hour.
    assert read("shelly_gen1_plug", b"60000", "energy")["energy_import_kwh"] == pytest.approx(1.0)
    assert read("shelly_gen1_plug", b"27.13", "power") == pytest.approx({"p_kw": 0.02713})
    assert read("shelly_gen1_plug", b"overpower", "relay/0") == {"on": 0.0}


def test_shelly_em_counts_in_watt_hours() -> None:
    assert read("shelly_gen1_em", b"1500.0", "total") == pytest.approx({"energy_import_kwh": 1.5})
    assert read("shelly_gen1_em", b"-812.5", "emeter/0/power") == pytest.approx({"p_kw": -0.8125})


def test_zigbee2mqtt_plug() -> None:
    # zigbee2mqtt.io, device pages: state ON/OFF, power in W, energy in kWh, voltage in V; last_seen as ISO 8601.
    payload = {
        "state": "ON",
        "power": 42,
        "energy": 3.71,
        "voltage": 230,
        "linkquality": 120,
        "last_seen": "2024-05-01T10:00:00Z",
    }
    sample = readers("zigbee2mqtt_plug")[0].read(encode(payload))
    assert sample is not None
    assert sample.values == pytest.approx({"p_kw": 0.042, "voltage_v": 230.0, "energy_import_kwh": 3.71, "on": 1.0})
    assert sample.device_s == 1714557600.0


def test_chirpstack_uplink_with_and_without_codec() -> None:
    head = {"deduplicationId": "3ac7e3c4-4401-4b8d-9386-a5c902f9202d", "time": "2022-07-18T09:34:15.775023242+00:00", "fPort": 2}
    decoded = readers("chirpstack")[0].read(encode({**head, "object": {"temperature": 0, "humidity": 48.5}}))
    assert decoded is not None
    assert decoded.values == {"temp_indoor_degc": 0.0, "humidity_percent": 48.5}
    assert decoded.sequence == 0, "a frame counter of zero is left out"
    assert decoded.once == head["deduplicationId"]
    assert decoded.device_s == pytest.approx(1658136855.775023)
    raw = base64.b64encode(struct.pack(">hBHH", -35, 81, 1250, 300)).decode()
    undecoded = readers("chirpstack_raw")[0].read(encode({**head, "fCnt": 17, "data": raw}))
    assert undecoded is not None
    assert undecoded.values == {"temp_indoor_degc": -3.5, "humidity_percent": 81.0, "co2_ppm": 1250.0, "illuminance_lx": 300.0}
    assert undecoded.sequence == 17


def test_an_uplink_on_another_port_is_none_of_ours() -> None:
    assert read("chirpstack_raw", {"fPort": 5, "data": "AAAA"}) == {}


def test_generation_is_turned_once() -> None:
    assert read("json_pv", {"p_w": 2500}) == {"p_kw": -2.5}


@pytest.mark.parametrize("payload", [b"", b"\xff\xfe", b"{", b"nul", b"[" * 100_000, b'{"a": NaN}', b"x" * (1 << 19)])
def test_what_is_no_document_says_so(payload: bytes) -> None:
    with pytest.raises(PayloadError):
        document(payload)


@pytest.mark.parametrize("payload", [b"", b"on", b"nan", b"inf", b"1_0", "٣".encode(), b"0x10", b"1e999", b"12 W"])
def test_what_is_no_number_is_none(payload: bytes) -> None:
    sample = next(each for each in readers("shelly_gen1_plug") if each.state.topic.endswith("power")).read(payload)
    assert sample is not None
    assert not sample.values
    assert list(sample.bad) == ["p_kw"]


@pytest.mark.parametrize("value", [True, "42", [42], {"w": 42}, 1e12, 10**400])
def test_json_of_another_type_or_out_of_reach_is_bad(value: object) -> None:
    sample = readers("zigbee2mqtt_plug")[0].read(json.dumps({"state": "OFF", "power": value}).encode())
    assert sample is not None
    assert sample.values == {"on": 0.0}
    assert list(sample.bad) == ["p_kw"]


def test_times_of_devices() -> None:
    assert device_seconds(1714557600123, "auto") == pytest.approx(1714557600.123)
    assert device_seconds(1714557600, "auto") == 1714557600.0
    assert math.isnan(device_seconds("yesterday", "auto"))
    assert math.isnan(device_seconds(True, "s"))


def test_templates_keep_types() -> None:
    command = load("shelly_gen2_plug").commands["on"]
    assert command.timed is not None
    params = fill(command.timed.params, {"value": raw_value(command, 0.0), "within_s": 60, "channel": 0})
    assert params == {"id": 0, "on": False, "toggle_after": 60}
    assert encode(fill(load("shelly_gen1_plug").commands["on"].send.payload, {"value": "off"})) == b"off"


def test_a_value_that_cannot_be_asked_for_names_what_can() -> None:
    with pytest.raises(PayloadError, match=r"0\.5 can not be asked for; allowed: 0, 1"):
        raw_value(load("shelly_gen2_plug").commands["on"], 0.5)
    assert raw_value(load("json_battery").commands["p_set_kw"], -2.5) == -2500


def test_a_downlink_is_one_of_chirpstack() -> None:
    # Parsed by ChirpStack's own message definitions (chirpstack-api), strictly: an unknown field is an error.
    integration = pytest.importorskip("chirpstack_api.integration")
    json_format = pytest.importorskip("google.protobuf.json_format")
    command = bind(load("chirpstack_switch"), "0102030405060708", {"application": "a1"}).commands["on"]
    payload = encode(fill(command.send.payload, {"value": raw_value(command, 1.0)}))
    downlink = json_format.Parse(payload, integration.DownlinkCommand())
    assert (downlink.dev_eui, downlink.f_port, downlink.confirmed) == ("0102030405060708", 10, True)
    assert downlink.object["on"] is True
