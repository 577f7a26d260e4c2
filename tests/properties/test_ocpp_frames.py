# SPDX-License-Identifier: Apache-2.0
"""Whatever arrives is a frame or an error; verdicts on payloads are those of another validator (the ``jsonschema`` package)."""

from __future__ import annotations

import asyncio
import random
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.hardware.fuzz_ocpp import fuzz, sample
from hardware_in_loop.ocpp import frames
from hardware_in_loop.ocpp.frames import Call, Error, FrameError, Result, parse
from hardware_in_loop.ocpp.schemas import actions, schema, violations
from hardware_in_loop.ocpp.versions import Version

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)
OBJECTS = st.dictionaries(TEXT, JSON, max_size=5)
VERSIONS = st.sampled_from(list(Version))


@given(st.binary(max_size=200) | TEXT | JSON.map(frames.to_json), VERSIONS)
def test_anything_is_a_frame_or_an_error(data: bytes | str, version: Version) -> None:
    try:
        frame: object = parse(data, version)
    except FrameError as error:
        frame = error
    assert isinstance(frame, Call | Result | Error | FrameError)
    if isinstance(frame, FrameError) and frame.answered:
        assert parse(frames.error(frame.id, frame.code, frame.description, None, version), version)


@given(TEXT, TEXT, OBJECTS, VERSIONS)
def test_what_is_written_is_read_back(message_id: str, name: str, payload: dict[str, Any], version: Version) -> None:
    assert parse(frames.call(message_id, name, payload), version) == Call(message_id, name, payload)
    assert parse(frames.result(message_id, payload), version) == Result(message_id, payload)
    assert parse(frames.error(message_id, "Own", name, payload, version), version) == Error(message_id, "Own", name, payload)
    assert parse(frames.send(message_id, name, payload), Version.V21) == Call(message_id, name, payload, wants_answer=False)


@given(TEXT, OBJECTS, st.integers(min_value=1))
def test_a_call_that_breaks_off_is_no_call(name: str, payload: dict[str, Any], cut: int) -> None:
    frame = frames.call("19223201", name, payload)
    with pytest.raises(FrameError) as info:
        parse(frame[: -1 - cut % (len(frame) - 1)], Version.V201)
    assert info.value.answered
    assert info.value.id in {"19223201", frames.UNREADABLE_ID}


def is_rfc_3339(text: object) -> bool:
    if not isinstance(text, str):
        return True
    try:
        return "T" in text and datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False


def damaged(payload: Any, draw: random.Random) -> Any:
    """Change one thing anywhere in a payload."""
    if isinstance(payload, list) and payload and draw.random() < 0.7:
        at = draw.randrange(len(payload))
        return [damaged(part, draw) if place == at else part for place, part in enumerate(payload)]
    if isinstance(payload, dict) and payload and draw.random() < 0.8:
        name = draw.choice(list(payload))
        rest = {key: value for key, value in payload.items() if key != name}
        return draw.choice((rest, payload | {"surplus": 1}, payload | {name: damaged(payload[name], draw)}))
    return draw.choice((None, True, -1, 7, "", "x" * 600, "2026-01-01T00:00:00", [], {}))


@pytest.mark.parametrize("version", list(Version))
@pytest.mark.parametrize("kind", ["request", "response"])
def test_verdicts_are_those_of_another_validator(version: Version, kind: Any) -> None:
    jsonschema = pytest.importorskip("jsonschema", reason="the other validator")
    formats = jsonschema.FormatChecker(formats=())
    formats.checks("date-time")(is_rfc_3339)
    draw = random.Random(1)  # noqa: S311
    verdicts = {True: 0, False: 0}
    for action in sorted(actions(version)):
        if kind == "response" and action == "NotifyPeriodicEventStream":
            continue
        document = schema(version, action, kind)
        other = jsonschema.validators.validator_for(document)(document, format_checker=formats)
        for full in (False, True):
            payload = sample(document, draw, full=full)
            for candidate in (payload, *(damaged(payload, draw) for _ in range(6))):
                good = other.is_valid(candidate)
                assert (violations(version, action, kind, candidate) is None) == good, (action, candidate)
                verdicts[good] += 1
    assert min(verdicts.values()) > len(actions(version))  # both verdicts were tried


@pytest.mark.parametrize("seed", [11, 12])
def test_mutated_frames(seed: int) -> None:
    """A small run of the benchmark; the big one of a million frames is run by hand."""
    outcome = asyncio.run(fuzz(3000, seed))
    assert not outcome.wrong
    assert outcome.frames == 3000
    assert outcome.calls > 1000
    assert {"duplicate", "no_json", "no_call", "no_payload", "invalid_answer", "NotImplemented"} <= set(outcome.turned_away)
