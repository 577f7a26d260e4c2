# SPDX-License-Identifier: Apache-2.0
"""Adapter blocks and profiles: what is refused, and what the refusal says."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from hardware_in_loop.mqtt import ADAPTER
from hardware_in_loop.mqtt.client import Settings
from hardware_in_loop.mqtt.library import bind, load, names, text_of
from hardware_in_loop.mqtt.options import MqttOptions
from twinergy.adapters import Attached, Image, LinkContext
from twinergy.errors import DeviceError, ScenarioError

OWN = """
title: A gateway of our own
readings:
  p_kw: {path: watts, scale: 0.001}
states:
  - {topic: "{site}/{topic}/state"}
"""


def options(**block: Any) -> MqttOptions:
    return MqttOptions.model_validate({"kind": "mqtt", "profile": "shelly_gen2_plug", "topic": "plug", **block})


def attached(name: str, kind: str = "household", **block: Any) -> Attached:
    return Attached(id=name, device=name, kind=kind, options=options(**block))


@pytest.mark.parametrize(
    ("block", "said"),
    [
        ({"broker": "localhost:1883"}, "write mqtt://host:1883"),
        ({"broker": "mqtt://lab:secret@host"}, "never in the address"),
        ({"broker": "mqtt://host:99999"}, "is no broker"),
        ({"password": {"env": "X"}}, "a password needs a user"),
        ({"tls": {"ca_file": "ca.pem"}}, "tls needs a broker mqtts://"),
        ({"broker": "mqtts://host", "tls": {"key_file": "key.pem"}}, "needs both certificate_file and key_file"),
        ({"topic": "plugs/+"}, "is no topic of a device"),
        ({"pasword": "x"}, "pasword"),
    ],
)
def test_blocks_that_are_refused(block: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        options(**block)


def test_default_ports_of_brokers() -> None:
    assert options(broker="mqtt://host").address == ("host", 1883)
    assert options(broker="mqtts://host").address == ("host", 8883)


@pytest.mark.parametrize("name", names())
def test_every_profile_can_be_used(name: str) -> None:
    fields = {"application": "a1"} if name == "chirpstack_switch" else {}
    profile = bind(load(name), "device", fields)
    assert profile.title
    coverages = []
    for kind in profile.kinds:
        part = "washing_machine" if kind == "household" else ""
        covers = ADAPTER.coverage(kind, options(profile=name, part=part, fields=fields))
        coverages.append(covers)
        # a class A device hears a last will only after its next uplink: it has no fall-back, and the scenario must take that risk
        assert not covers.writes or covers.falls_back is (name != "chirpstack_switch"), f"{name} can be commanded and left alone"
    assert any(covers.reads for covers in coverages)


@pytest.mark.parametrize("name", names())
def test_every_profile_can_be_written_and_read_again(name: str, tmp_path: Path) -> None:
    (tmp_path / "copy.yaml").write_text(text_of(load(name)))
    assert load("copy.yaml", tmp_path) == load(name)


def test_parts_of_a_household_have_their_ports() -> None:
    assert ADAPTER.coverage("household", options(part="dishwasher")).reads == ("dishwasher_p_kw",)
    assert ADAPTER.coverage("household", options(part="lighting")).reads == ("p_lighting_kw",)
    assert ADAPTER.coverage("household", options(part="lighting")).writes == ("lighting_on",)


def test_a_plug_may_stand_before_a_heat_pump() -> None:
    assert ADAPTER.coverage("building", options(ports={"p_kw": "p_heat_pump_kw"})).reads == ("p_heat_pump_kw",)


def test_a_sensor_may_measure_less() -> None:
    covers = ADAPTER.coverage("sensor", options(profile="zigbee2mqtt_sensor", readings=["temp_indoor_degc", "humidity_percent"]))
    assert covers.reads == ("temp_indoor_degc", "humidity_percent")


@pytest.mark.parametrize(
    ("kind", "block", "said"),
    [
        ("household", {"profile": "shelly_gen3_plug"}, "did you mean 'shelly_gen2_plug'"),
        ("sensor", {}, "is none for a sensor"),
        ("household", {}, "say which part of the household"),
        ("household", {"part": "sauna"}, "the household has no such part \\(got 'sauna'\\); allowed: washing_machine"),
        ("household", {"topic": ""}, "topic: the profile has {topic} in its topics"),
        ("household", {"part": "other", "fields": {"chanel": 1}}, "did you mean 'channel'"),
        ("household", {"part": "other", "ports": {"watts": "p_kw"}}, "no such reading"),
    ],
)
def test_coverage_says_what_is_wrong(kind: str, block: dict[str, Any], said: str) -> None:
    with pytest.raises(ScenarioError, match=said):
        ADAPTER.coverage(kind, options(**block))


def test_an_own_profile_needs_no_python(tmp_path: Path) -> None:
    (tmp_path / "gateway.yaml").write_text(OWN)
    profile = bind(load("gateway.yaml", tmp_path), "meter1", {"site": "cellar"})
    assert profile.states[0].topic == "cellar/meter1/state"


def test_an_own_profile_shows_all_its_mistakes_at_once(tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text(
        OWN.replace("scale: 0.001", "scale: 0, sclae: 1").replace('state"}', 'state", format: xml}')
    )
    with pytest.raises(ScenarioError) as error:
        load("bad.yaml", tmp_path)
    paths = [finding.path for finding in error.value.findings]
    assert "readings.p_kw.sclae" in paths
    assert "states[0].format" in paths
    assert all(finding.line > 1 for finding in error.value.findings), "each says in which line"
    assert "states" not in paths, "a list is not too short because what stands in it is wrong"
    assert "bad.yaml" in str(error.value)


@pytest.mark.parametrize("text", [b"title: Gr\xfc\xdfe\n", b"title: a\x01b\n", b"title: a\n\tb: c\n", b"title: *x\n", b""])
def test_what_is_no_yaml_is_said(tmp_path: Path, text: bytes) -> None:
    (tmp_path / "bad.yaml").write_bytes(text)
    with pytest.raises(ScenarioError, match=r"bad\.yaml"):
        load("bad.yaml", tmp_path)


def test_nothing_is_commanded_at_a_topic_with_wildcards() -> None:
    with pytest.raises(ScenarioError, match=r"fields\.application: something is sent to this topic, so no \+ and no #"):
        bind(load("chirpstack_switch"), "70b3d57ed0000001", {"application": "+"})
    assert bind(load("chirpstack"), "70b3d57ed0000001", {}).states[0].topic.startswith("application/+/")


def test_an_own_profile_is_found_by_a_run_started_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`twinergy run pilots/my.yaml`: folder and profile are relative, and the profile stands beside the scenario."""
    (tmp_path / "pilots").mkdir()
    (tmp_path / "pilots" / "gateway.yaml").write_text(OWN)
    monkeypatch.chdir(tmp_path)
    block = {"profile": "gateway.yaml", "topic": "meter1", "fields": {"site": "cellar"}}
    given = MqttOptions.model_validate(block, context={"folder": Path("pilots")})
    one = Attached(id="m", device="m", kind="meter", options=given)
    rows = {"m": Image([("m", "p_kw")], [1.0]).row("m")}
    assert ADAPTER.driver([one], LinkContext(rows=rows, folder=Path("pilots"))).links.keys() == {"m"}


def test_a_profile_with_a_proof_that_is_no_reading_is_refused(tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text(OWN + "commands:\n  p_set_kw: {send: {topic: a/set, payload: '{value}'}}\n")
    with pytest.raises(ScenarioError, match="'p_set_kw' is no reading; write '-' where nothing proves it"):
        load("bad.yaml", tmp_path)


def test_two_hands_at_one_switch_are_found() -> None:
    findings = ADAPTER.check([attached("a", part="lighting"), attached("b", part="lighting")])
    assert len(findings) == 1
    assert "b and a would command the same device" in findings[0].message


def test_a_last_will_needs_its_time() -> None:
    block = {"profile": "zigbee2mqtt_plug", "part": "other", "mode": "control", "safe": {"within_s": 17.0}}
    assert [finding.path for finding in ADAPTER.check([attached("a", **block)])] == ["safe.within_s"]


def test_secrets_never_show(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(os.environ, "LAB_MQTT", "open sesame")
    known = Settings.of(options(user="lab", password={"env": "LAB_MQTT"}), tmp_path)
    assert known.password == os.environ["LAB_MQTT"]
    assert "sesame" not in repr(known)
    monkeypatch.delenv("LAB_MQTT")
    with pytest.raises(DeviceError, match="LAB_MQTT is not set"):
        Settings.of(options(user="lab", password={"env": "LAB_MQTT"}), tmp_path)


def test_certificates_that_are_missing_are_named(tmp_path: Path) -> None:
    block = options(broker="mqtts://host", tls={"ca_file": "nowhere.pem"})
    with pytest.raises(DeviceError, match=r"nowhere\.pem"):
        Settings.of(block, tmp_path).context()
