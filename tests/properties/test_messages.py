# SPDX-License-Identifier: Apache-2.0
"""What holds for every message of every type."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import example as worked
from hypothesis import given, settings
from hypothesis import strategies as st

from twinergy.messages import MessageError, decode, encode, matches
from twinergy.messages.schemas import documented, json_schema
from twinergy.saref import FORMS, from_saref, to_saref, violations

TEXT = st.text(max_size=12)
SPOKEN = st.text('abcäß ._%:/#"\\\n', min_size=1, max_size=12).filter(str.strip)
ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes))) | st.just(UTC)
DAYS = (datetime(1970, 1, 2), datetime(2199, 12, 30))  # noqa: DTZ001 - Hypothesis adds the zone
TIMES = st.datetimes(*DAYS, timezones=ZONES).map(lambda time: time.isoformat())


@st.composite
def wire_documents(draw, name):
    """Draw a message of a type as it is on the wire; series have one length, as its validators demand."""
    schema = json_schema(documented()[name])
    return draw(_of("", schema, schema.get("$defs", {}), draw(st.integers(0, 3))))


def _of(name, schema, definitions, length):
    if "$ref" in schema:
        return _of(name, definitions[schema["$ref"].rsplit("/", 1)[-1]], definitions, length)
    if "anyOf" in schema:
        return st.one_of(*(_of(name, choice, definitions, length) for choice in schema["anyOf"]))
    if "const" in schema or "enum" in schema:
        return st.sampled_from(schema.get("enum", [schema.get("const")]))
    if schema["type"] == "object":
        return st.fixed_dictionaries({k: _of(k, v, definitions, length) for k, v in schema["properties"].items()}).map(_in_order)
    if schema["type"] == "array":
        return _arrays(name, schema, definitions, length)
    return _scalars(name, schema)


def _arrays(name, schema, definitions, length):
    items = _of(name, schema["items"], definitions, length)
    if "$ref" in schema["items"]:
        return st.lists(items, max_size=3, unique_by=lambda record: record.get("name", id(record)))
    size = schema.get("minItems", length)
    return st.lists(items, min_size=size, max_size=size)


def _scalars(name, schema):
    if name == "timezone":
        return st.sampled_from(["Europe/Berlin", "UTC", "Etc/GMT-1"])
    if schema["type"] == "string":
        return TIMES if schema.get("format") == "date-time" else SPOKEN if name == "reason" else TEXT
    if schema["type"] == "number":
        above = schema.get("exclusiveMinimum")
        low = schema.get("minimum", above)
        return st.floats(low, schema.get("maximum"), exclude_min=above is not None, allow_nan=False, allow_infinity=False)
    return {"boolean": st.booleans(), "null": st.none(), "integer": st.integers()}[schema["type"]]


def _in_order(record):
    if "latest" in record:
        record["earliest"] = record["latest"]
    if isinstance(record.get("p_low_kw"), float) and isinstance(record.get("p_high_kw"), float):
        record["p_low_kw"], record["p_high_kw"] = sorted((record["p_low_kw"], record["p_high_kw"]))
    return record


@pytest.mark.parametrize("name", documented())
@given(st.data())
@settings(deadline=None, max_examples=25)
def test_a_round_trip_loses_nothing(name, data):
    document = data.draw(wire_documents(name))
    message = decode(json.dumps(document).encode())
    assert decode(encode(message)) == message
    assert encode(decode(encode(message))) == encode(message)
    assert json.loads(encode(message))["id"] == document["id"]


@given(st.sampled_from(sorted(FORMS)).flatmap(wire_documents))
@settings(deadline=None, max_examples=60)
def test_a_round_trip_through_saref_loses_nothing_and_fits_the_shapes(document):
    message = decode(json.dumps(document).encode())
    text = to_saref(message)
    assert from_saref(text) == message
    assert to_saref(from_saref(text)) == text


@given(st.sampled_from(sorted(FORMS)).flatmap(wire_documents))
@settings(deadline=None, max_examples=15)
def test_what_is_written_fits_the_shapes(document):
    assert violations(to_saref(decode(json.dumps(document).encode()))) == ()


@given(
    st.binary(max_size=200)
    | st.recursive(st.none() | st.booleans() | st.floats() | TEXT, st.lists).map(json.dumps).map(str.encode)
)
@settings(deadline=None, max_examples=200)
@worked(b'{"information_object":"sensor_status","schema_version":1,')
@worked(b'{"information_object":"sensor_status","schema_version":1,}')
@worked(b'{"information_object":"')
def test_whatever_comes_is_a_message_or_a_message_error(data):
    with pytest.raises(MessageError):
        decode(data)


@given(st.data(), st.sampled_from(sorted(documented())))
@settings(deadline=None, max_examples=100)
def test_a_message_damaged_on_its_way_is_a_message_or_a_message_error(data, name):
    document = bytearray(json.dumps(data.draw(wire_documents(name))).encode())
    for _ in range(data.draw(st.integers(1, 3))):
        document[data.draw(st.integers(0, len(document) - 1))] = data.draw(
            st.integers(0, 255) | st.sampled_from(b'0123456789-{}",:')
        )
    try:
        message = decode(bytes(document))
    except MessageError:
        return
    assert decode(encode(message)) == message


JSON_LD = st.recursive(
    st.none() | st.integers() | TEXT | st.sampled_from(["saref:Measurement", "urn:x", "@type", "tw:Message"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["@context", "@id", "@type", "@graph", "@list", "@value", "@vocab", "@set", "@reverse", "@container"])
            | TEXT,
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(JSON_LD)
@settings(deadline=None, max_examples=300)
def test_whatever_comes_as_json_ld_is_refused_in_words(document):
    with pytest.raises(MessageError):
        from_saref(json.dumps(document))


@given(st.data(), st.sampled_from(sorted(documented())))
@settings(deadline=None, max_examples=50)
def test_a_subject_is_matched_by_its_own_parts(data, name):
    message = decode(json.dumps(data.draw(wire_documents(name))).encode())
    parts = message.subject.split(".")
    assert len(parts) == 4
    assert all(parts)
    assert matches(f"twinergy.*.*.{name}", message.subject)
    assert matches("twinergy.>", message.subject)
    assert not set(message.subject) & set(" *>\n\t")
