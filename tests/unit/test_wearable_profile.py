# SPDX-License-Identifier: Apache-2.0
"""The MQTT profile of wearables: both ways of saying it, and what is not taken for a reading."""

from __future__ import annotations

import asyncio
import json

import numpy as np
import pytest

from hardware_in_loop.bench.table import TablePhysics
from hardware_in_loop.mqtt import ADAPTER
from hardware_in_loop.mqtt.client import Incoming
from hardware_in_loop.mqtt.intake import Intake
from hardware_in_loop.mqtt.library import bind, load
from hardware_in_loop.mqtt.options import MqttOptions
from tests.mqtt_broker import broker
from twinergy.adapters import Attached, FaultBoard, Image, LinkContext, Quality
from twinergy.errors import ScenarioError

PORTS = ("heart_rate_bpm", "skin_temp_degc", "activity_met", "worn")
STATE = {"heart_rate": 72, "skin_temperature": 33.4, "activity_met": 1.2, "worn": True, "time": "2024-06-03T10:15:00Z"}
PLAIN = """
title: Wearable on topics of its own
kinds: [wearable]
readings: {heart_rate_bpm: {low: 25.0, high: 250.0}}
states: [{topic: "{topic}/heart_rate", format: plain, reads: [heart_rate_bpm]}]
"""
"""As the head of the profile says."""


class Band:
    """A wearable whose messages arrive without a broker."""

    def __init__(self, profile=None):
        self.image = Image([("w", port) for port in PORTS], [60.0] * len(PORTS))
        self.intake = Intake(bind(profile or load("wearable"), "band", {}), {port: port for port in PORTS}, self.image.row("w"))

    def say(self, payload, topic="state", *, retain=False):
        """Take a message, text or a document, and return what is known then."""
        text = payload if isinstance(payload, str) else json.dumps(payload)
        self.intake.message(f"band/{topic}", Incoming(f"band/{topic}", text.encode(), retain))
        return self.now()

    def now(self):
        return {port: self.image.reading("w", port) for port in PORTS}


def test_a_document_fills_all_ports():
    said = Band().say(STATE)
    assert [said[port].value for port in PORTS] == [72.0, 33.4, 1.2, 1.0]
    assert all(said[port].quality is Quality.GOOD for port in PORTS)
    assert said["heart_rate_bpm"].device_s == 1717409700.0


@pytest.mark.parametrize(
    ("payload", "port", "value"),
    [
        ({"hr": 64}, "heart_rate_bpm", 64.0),
        ({"bpm": 64, "on_wrist": 0}, "worn", 0.0),
        ({"worn": "ON"}, "worn", 1.0),
        ({"skin_temp": 32.9}, "skin_temp_degc", 32.9),
        ({"met": 1.6}, "activity_met", 1.6),
    ],
)
def test_other_names_do_as_well(payload, port, value):
    said = Band().say(payload)
    assert said[port].value == value
    assert said[port].quality is Quality.GOOD


def test_plain_topics_need_a_copy_without_paths(tmp_path):
    (tmp_path / "own.yaml").write_text(PLAIN, encoding="utf-8")
    said = Band(load("own.yaml", tmp_path)).say("81", "heart_rate")
    assert said["heart_rate_bpm"].value == 81.0


def test_what_a_band_leaves_out_keeps_its_last_value():
    band = Band()
    band.say(STATE)
    said = band.say({"heart_rate": 90})
    assert said["heart_rate_bpm"].value == 90.0
    assert said["skin_temp_degc"].value == 33.4


@pytest.mark.parametrize("payload", [{"heart_rate": 0}, {"heart_rate": 255}, {"heart_rate": "fast"}])
def test_a_heart_rate_that_cannot_be_is_bad(payload):
    """A band that nobody wears says 0, one that cannot count 255 (a byte of ones)."""
    band = Band()
    band.say(STATE)
    assert band.say(payload)["heart_rate_bpm"].quality is Quality.BAD


def test_what_the_broker_kept_is_of_unknown_age():
    assert Band().say(STATE, retain=True)["heart_rate_bpm"].quality is Quality.STALE


def test_coverage():
    options = MqttOptions(profile="wearable", topic="band-1")
    covers = ADAPTER.coverage("wearable", options)
    assert set(covers.reads) == set(PORTS)
    assert covers.writes == ()
    with pytest.raises(ScenarioError, match="is none for a battery"):
        ADAPTER.coverage("battery", options)


def test_nothing_is_known_before_the_first_word():
    now = Band().now()
    assert all(np.isnan(now[port].value) and now[port].quality is Quality.MISSING for port in PORTS)


def test_a_software_band_is_read_through_a_real_broker(tmp_path):
    """Bench, mosquitto and driver: what the physics of the bench says is what the ports say."""
    values = {"heart_rate_bpm": 71.0, "skin_temp_degc": 33.6, "activity_met": 1.2, "worn": 1.0}
    image = Image([("w", port) for port in PORTS], [60.0] * len(PORTS))

    async def main(url):
        band = Attached(id="w", device="w", kind="wearable", options=MqttOptions(profile="wearable", topic="band-1", broker=url))
        bench = ADAPTER.bench([band], TablePhysics({"w": values}), FaultBoard(), LinkContext(rows={}))
        driver = ADAPTER.driver([band], LinkContext(rows={"w": image.row("w")}))
        async with asyncio.timeout(10.0):
            await bench.start()
            await driver.start()
            try:
                for _ in range(400):
                    if image.reading("w", "worn").quality is Quality.GOOD:
                        break
                    await asyncio.sleep(0.02)
            finally:
                await driver.close()
                await bench.close()

    with broker(tmp_path) as peer:
        asyncio.run(main(peer.url))
    assert {port: image.reading("w", port).value for port in PORTS} == pytest.approx(values)
