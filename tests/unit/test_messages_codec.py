# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from statistics import median

import pytest

from twinergy.messages import MAX_BYTES, ControlAction, Message, MessageError, PvForecast, SensorStatus, decode, encode
from twinergy.messages.schemas import documented, example

T = datetime(2024, 7, 1, 10, tzinfo=UTC)
STATUS = SensorStatus(
    id="7", source="home_energy", pilot="hagedorn", sent=T, dwelling="home 001", start=T, step_s=900.0, temp_indoor_degc=20.5
)
BY_HAND = {
    "information_object": "control_action",
    "schema_version": 1,
    "id": "a",
    "source": "b",
    "pilot": "c",
    "sent": "2024-07-01T12:00:00+02:00",
    "table": "battery",
    "port": "p_set_kw",
    "devices": ["x", "y"],
    "value": -2,
    "reason": "ü",
}
ACTION = {
    "id": "a",
    "source": "b",
    "pilot": "c",
    "sent": T,
    "table": "t",
    "port": "p_kw",
    "devices": ("x",),
    "value": 1.0,
    "reason": "",
}


def test_a_document_written_by_hand():
    expected = ControlAction(
        id="a", source="b", pilot="c", sent=T, table="battery", port="p_set_kw", devices=("x", "y"), value=-2.0, reason="ü"
    )
    for text in (
        json.dumps(BY_HAND),
        json.dumps(dict(reversed(BY_HAND.items())), indent=2),
        json.dumps(BY_HAND, ensure_ascii=False),
    ):
        assert decode(text.encode()) == expected


def test_what_is_written_says_its_type_first():
    data = encode(STATUS)
    assert data.startswith(b'{"information_object":"sensor_status","schema_version":1,"id":"7",')
    assert json.loads(data)["temp_indoor_degc"] == 20.5
    assert json.loads(data)["soc"] is None


@pytest.mark.parametrize("name", documented())
def test_the_example_of_every_type_survives(name):
    message = decode(json.dumps(example(documented()[name])).encode())
    assert type(message) is documented()[name]
    assert decode(encode(message)) == message


def changed(**fields):
    return json.dumps({**BY_HAND, **fields}).encode()


def bad():
    yield b"", "malformed", "not JSON in UTF-8"
    yield b"{", "malformed", "not JSON in UTF-8"
    yield b"\xff\xfe", "malformed", "not JSON in UTF-8"
    yield b"[1, 2]", "malformed", r"a message is a JSON object \(got \[1, 2\]\)"
    yield b"{}", "malformed", r"information_object: a name is missing \(got None\)"
    yield changed(information_object=5), "malformed", r"information_object: a name is missing \(got 5\)"
    yield changed(information_object="sensor_staus"), "unknown", "'sensor_staus': did you mean 'sensor_status'"
    yield changed(schema_version=2), "version", "schema_version 2 is not 1, the one that is read here: update the laboratory"
    yield changed(schema_version=0), "version", "update the sender"
    yield changed(schema_version=True), "malformed", "schema_version: a whole number is missing"
    yield changed(value="1"), "malformed", r"value: .*valid number.*\(got '1'\)"
    yield changed(value=None), "malformed", "value: "
    yield changed(more=1), "malformed", r"more: Extra inputs are not permitted \(got 1\)"
    yield changed(sent="2024-07-01T12:00:00"), "malformed", "sent: .*timezone"
    yield changed(sent="yesterday"), "malformed", r"sent: .*\(got 'yesterday'\)"
    yield json.dumps(BY_HAND).replace("-2", "NaN").encode(), "malformed", "NaN|expected value"
    yield json.dumps(BY_HAND).replace("-2", "1e999").encode(), "malformed", "value: Input should be a finite number"
    yield encode(STATUS).replace(b"20.5", b"Infinity"), "malformed", "finite|expected value"
    twice = b'"sensor_status", "information_object": "production"'
    yield encode(STATUS).replace(b'"sensor_status"', twice), "malformed", "message production: temp_indoor_degc: Extra"
    yield b"[" * 100_000, "malformed", "not JSON in UTF-8: recursion"
    yield b"x" * (MAX_BYTES + 1), "oversized", "1048577 bytes, allowed are 1048576"


@pytest.mark.parametrize(("data", "kind", "reason"), list(bad()), ids=lambda value: str(value)[:20])
def test_what_is_wrong_is_told(data, kind, reason):
    with pytest.raises(MessageError, match=reason) as caught:
        decode(data)
    assert caught.value.kind == kind
    assert len(str(caught.value)) < 1500


def test_all_findings_are_told_and_counted():
    with pytest.raises(MessageError, match=r"devices: .*; value: .*; c: .*; and 2 more") as caught:
        decode(changed(value="x", devices="x", a=1, b=2, c=3, d=4, e=5))
    assert caught.value.information_object == "control_action"
    with pytest.raises(MessageError) as caught:
        decode(changed(value="x" * 100_000))
    assert len(str(caught.value)) < 300


def test_what_is_too_long_is_not_sent():
    values = (-1.2345678,) * 100_000
    long = PvForecast(id="1", source="s", pilot="p", sent=T, dwelling="d", start=T, step_s=1.0, provider="x", p_kw=values)
    with pytest.raises(MessageError, match=r"oversized message pv_forecast: 1\d{6} bytes, allowed are 1048576; send a shorter"):
        encode(long)


def test_a_type_without_a_name_of_its_own_is_not_sent():
    class Nameless(ControlAction):
        """It would be read back as its parent."""

    with pytest.raises(MessageError, match="Nameless names no information object of its own"):
        encode(Nameless(**ACTION))
    with pytest.raises(MessageError, match="unknown message"):
        encode(Message(id="1", source="s", pilot="p", sent=T))


def test_encoding_and_decoding_take_microseconds():
    """Measured: 2 and 4 µs. The bound is ten times that, for slow and busy machines."""
    data = encode(STATUS)

    def each_us(work):
        spans = []
        for _ in range(9):
            begin = time.perf_counter()
            for _ in range(200):
                work()
            spans.append((time.perf_counter() - begin) / 200e-6)
        return median(spans)

    assert each_us(lambda: encode(STATUS)) < 20.0
    assert each_us(lambda: decode(data)) < 40.0
    assert each_us(lambda: STATUS.subject) < 4.0
