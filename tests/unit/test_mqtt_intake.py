# SPDX-License-Identifier: Apache-2.0
"""Messages on their way into the image: what is kept, what is doubted, what is counted."""

from __future__ import annotations

import json
import time

import pytest

from hardware_in_loop.mqtt.client import Incoming
from hardware_in_loop.mqtt.intake import Intake, available
from hardware_in_loop.mqtt.library import bind, load
from hardware_in_loop.mqtt.link import _line
from twinergy.adapters import Image, Quality


class Case:
    def __init__(self, profile: str, *ports: str, rated_kw: float = 0.0) -> None:
        self.profile = bind(load(profile), "device", {})
        self.image = Image([("link", port) for port in ports], [3.0] * len(ports))
        self.intake = Intake(self.profile, {port: port for port in ports}, self.image.row("link"), rated_kw)

    def say(self, payload: object, topic: str = "", *, retain: bool = False) -> bool:
        data = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        name = next(state.topic for state in self.profile.states if state.topic.endswith(topic))
        return self.intake.message(name, Incoming(name, data, retain))

    def quality(self, port: str) -> Quality:
        return self.image.reading("link", port).quality

    def value(self, port: str) -> float:
        return self.image.reading("link", port).value


def test_what_the_broker_kept_is_stale_until_the_device_speaks() -> None:
    case = Case("zigbee2mqtt_plug", "p_kw")
    assert not case.say({"power": 40.0}, retain=True)
    reading = case.image.reading("link", "p_kw")
    assert (reading.value, reading.quality) == (0.04, Quality.STALE)
    assert "nobody knows how old" in reading.reason
    assert case.say({"power": 50.0})
    assert (case.value("p_kw"), case.quality("p_kw")) == (0.05, Quality.GOOD)
    case.say({"power": 40.0}, retain=True)
    assert case.value("p_kw") == 0.05, "what was kept never takes the place of what was said"


def test_garbage_is_bad_from_the_third_in_a_row_and_the_value_stays() -> None:
    case = Case("zigbee2mqtt_plug", "p_kw")
    case.say({"power": 50.0})
    for _ in range(2):
        case.say(b"\xde\xad")
        assert case.quality("p_kw") is Quality.GOOD
    case.say(b"{")
    assert (case.value("p_kw"), case.quality("p_kw")) == (0.05, Quality.BAD)
    assert "3 messages in a row make no sense" in case.image.reading("link", "p_kw").reason
    assert case.intake.counts.garbage == 3
    case.say({"power": 51.0})
    assert case.quality("p_kw") is Quality.GOOD


def test_an_impossible_value_is_bad_at_once_and_the_old_one_stays() -> None:
    case = Case("zigbee2mqtt_sensor", "temp_indoor_degc", "humidity_percent")
    case.say({"temperature": 21.5, "humidity": 40})
    case.say({"temperature": 327.67, "humidity": 41})
    assert (case.value("temp_indoor_degc"), case.quality("temp_indoor_degc")) == (21.5, Quality.BAD)
    assert (case.value("humidity_percent"), case.quality("humidity_percent")) == (41.0, Quality.GOOD)


def test_a_power_beyond_what_the_device_can_is_bad() -> None:
    case = Case("json_pv", "p_kw", rated_kw=5.0)
    case.say({"p_w": 2500})
    case.say({"p_w": 25_000})
    assert (case.value("p_kw"), case.quality("p_kw")) == (-2.5, Quality.BAD)
    assert case.image.reading("link", "p_kw").reason == "-25 kW is more than 2 times the rating of 5 kW"
    case.say({"p_w": 9_900})
    assert (case.value("p_kw"), case.quality("p_kw")) == (-9.9, Quality.GOOD)


def test_copies_are_taken_once_and_gaps_are_counted() -> None:
    case = Case("chirpstack", "temp_indoor_degc")
    for mark, number, temp in (("a", 0, 20.0), ("b", 1, 21.0), ("b", 1, 99.0), ("c", 5, 22.0), ("d", 0, 23.0)):
        case.say({"deduplicationId": mark, "fCnt": number, "object": {"temperature": temp}})
    assert case.value("temp_indoor_degc") == 23.0
    assert (case.intake.counts.copies, case.intake.counts.lost) == (1, 3)


def test_energy_counts_from_the_first_live_reading_over_a_restart() -> None:
    # By hand: 60 000 Wmin = 1 kWh, then 2 kWh more, then the plug restarts and counts 0.5 kWh from zero.
    case = Case("shelly_gen1_plug", "energy_import_kwh")
    case.say(b"1", "energy", retain=True)
    for minutes, total in ((60_000, 0.0), (180_000, 2.0), (180_000, 2.0), (0, 2.0), (30_000, 2.5)):
        case.say(str(minutes).encode(), "energy")
        assert case.value("energy_import_kwh") == pytest.approx(total, abs=1e-12)


def test_three_phases_are_summed_and_as_old_as_the_oldest() -> None:
    case = Case("shelly_gen1_3em", "p_kw")
    case.say(b"1000", "emeter/0/power")
    case.say(b"-300", "emeter/1/power")
    assert case.quality("p_kw") is Quality.MISSING
    case.say(b"50.5", "emeter/2/power")
    assert case.value("p_kw") == pytest.approx(0.7505)
    heard = case.intake.heard_s
    assert heard["p_kw"] == heard["p_a_kw"] < heard["p_c_kw"]


@pytest.mark.parametrize(
    ("payload", "present"),
    [
        (b"online", True), (b"offline", False), (b"true", True), (b"false", False), (b'{"state":"online"}', True),
        (b'{"state": "offline"}', False), (b"", None), (b"\xff", None), (b"{", None), (b'{"state": 1}', True), (b"[]", None),
    ],
)  # fmt: skip
def test_availability_is_plain_or_json(payload: bytes, present: bool | None) -> None:
    # Zigbee2MQTT 1.x writes plain text, 2.x JSON; Shelly true and false.
    words = (("online", "true", "1"), ("offline", "false", "0"))
    assert available(payload, "state", *words) is present


def test_what_is_longer_than_anything_that_is_read_does_not_fill_the_log() -> None:
    assert _line("t", b'{"power": 1}') == 't {"power": 1}'
    assert _line("t", b"\xff\x00") == "t 0xff00"
    huge = _line("t", b"a" * 10_000_000)
    assert len(huge) < 200
    assert huge.endswith("10000000 bytes")


def test_a_device_whose_clock_stands_still_says_the_same_again() -> None:
    case = Case("zigbee2mqtt_plug", "p_kw")
    case.say({"power": 50.0, "last_seen": 1714557600000})
    time.sleep(0.03)
    case.say({"power": 50.0, "last_seen": 1714557600000})
    assert case.image.reading("link", "p_kw").age_s > 0.025
    case.say({"power": 50.0, "last_seen": 1714557601000})
    assert case.image.reading("link", "p_kw").age_s < 0.025
    case.say({"power": 50.0})
    assert case.image.reading("link", "p_kw").age_s < 0.025, "without a clock what arrives is new"


def test_a_hand_at_the_device_makes_local_only_what_can_be_believed() -> None:
    case = Case("zigbee2mqtt_sensor", "temp_indoor_degc", "humidity_percent")
    case.say({"temperature": 21.5, "humidity": 40})
    case.say({"humidity": 200})
    case.intake.obeys("somebody has switched it")
    assert (case.quality("temp_indoor_degc"), case.quality("humidity_percent")) == (Quality.LOCAL, Quality.BAD)
    case.intake.obeys("")
    assert (case.quality("temp_indoor_degc"), case.quality("humidity_percent")) == (Quality.GOOD, Quality.BAD)
    assert case.value("temp_indoor_degc") == 21.5
