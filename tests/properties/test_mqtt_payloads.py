# SPDX-License-Identifier: Apache-2.0
"""Whatever arrives: a number within its limits, absent, or a plain error. What is asked for and shown is the same value."""

from __future__ import annotations

import json
import math
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware_in_loop.mqtt.client import Incoming
from hardware_in_loop.mqtt.intake import Intake
from hardware_in_loop.mqtt.library import bind, load, names
from hardware_in_loop.mqtt.payloads import PayloadError, device_seconds, document, encode, pick, raw_value, steps
from hardware_in_loop.mqtt.profile import Binary, Command, Message, Reading, State
from hardware_in_loop.mqtt.readers import StateReader
from twinergy.adapters import Image

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
KEYS = st.sampled_from(
    ["power", "state", "energy", "params", "switch:0", "result", "object", "data", "fCnt", "time", "method", "fPort"]
)
NEAR = st.recursive(JSON, lambda inner: st.dictionaries(KEYS, inner, max_size=6), max_leaves=20)


@given(st.binary(max_size=200) | st.text().map(str.encode))
def test_any_bytes_are_a_document_or_an_error(payload: bytes) -> None:
    try:
        tree = document(payload)
    except PayloadError:
        return
    json.dumps(tree, allow_nan=False)


@pytest.mark.parametrize("name", names())
@given(payload=NEAR.map(lambda tree: json.dumps(tree).encode()) | st.binary(max_size=40))
def test_no_message_harms_and_all_values_lie_within_limits(name: str, payload: bytes) -> None:
    profile = bind(load(name), "device", {"application": "a1"} if name.startswith("chirpstack") else {})
    image = Image([("link", each) for each in profile.names], [3.0] * len(profile.names))
    intake = Intake(profile, {each: each for each in profile.names}, image.row("link"))
    for state in profile.states:
        if state.topic:
            intake.message(state.topic, Incoming(state.topic, payload, retain=False))
    for each, value in intake.latest.items():
        reading = profile.readings.get(each)
        assert math.isfinite(value)
        if reading is not None and reading.low is not None and reading.high is not None:
            assert reading.low <= value <= reading.high


@given(
    value=st.floats(-1e6, 1e6),
    scale=st.sampled_from([0.001, 0.1, 1.0, 10.0]),
    offset=st.floats(-100, 100),
    feeds=st.booleans(),
)
def test_what_is_asked_for_is_what_is_shown(value: float, scale: float, offset: float, feeds: bool) -> None:
    sense = "feeds" if feeds else "draws"
    conversion = {"scale": scale, "offset": offset, "positive": sense}
    command = Command.model_validate({**conversion, "send": Message(topic="set"), "decimals": 3})
    reader = StateReader(State(topic="t"), {"x": Reading.model_validate({**conversion, "path": "v"})})
    sample = reader.read(encode({"v": raw_value(command, value)}))
    assert sample is not None
    assert abs(sample.values["x"] - value) <= 0.5e-3 * scale + 1e-6


@given(st.integers(-(2**15), 2**15 - 1), st.integers(0, 5), st.sampled_from(["big", "little"]))
def test_binary_numbers_are_those_of_struct(number: int, at: int, order: str) -> None:
    data = b"\x55" * at + struct.pack(">h" if order == "big" else "<h", number)
    reading = Reading(binary=Binary.model_validate({"at": at, "type": "i16", "order": order}))
    reader = StateReader(State(topic="t", format="bytes"), {"x": reading})
    sample = reader.read(data)
    assert sample is not None
    assert sample.values == {"x": number}
    short = reader.read(data[:-1])
    assert short is not None
    assert not short.values


@given(JSON, st.text(max_size=20))
def test_any_path_into_anything(tree: object, path: str) -> None:
    pick(tree, steps(path))


@given(JSON, st.sampled_from(["s", "ms", "iso", "auto"]))
def test_any_time_is_a_number_or_none(raw: object, unit: str) -> None:
    seconds = device_seconds(raw, unit)
    assert math.isnan(seconds) or math.isfinite(seconds)
