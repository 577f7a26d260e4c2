# SPDX-License-Identifier: Apache-2.0
"""Frames and schemas against the examples of the standards (quoted from memory) and the published schemas."""

from __future__ import annotations

import pytest

from hardware_in_loop.ocpp import frames
from hardware_in_loop.ocpp.errors import CallError, Code, spelled
from hardware_in_loop.ocpp.frames import Call, Error, FrameError, Result, parse
from hardware_in_loop.ocpp.schemas import actions, schema, validator, violations
from hardware_in_loop.ocpp.versions import Version, best

V16, V201, V21 = Version.V16, Version.V201, Version.V21
# OCPP-J 1.6, section 4.2.1; OCPP 2.0.1 part 4, sections 4.2.1 to 4.2.3
CALL_16 = b'[2,"19223201","BootNotification",{"chargePointVendor":"VendorX","chargePointModel":"SingleSocketCharger"}]'
CALL_201 = (
    b'[2,"19223201","BootNotification",'
    b'{"reason":"PowerUp","chargingStation":{"model":"SingleSocketCharger","vendorName":"VendorX"}}]'
)
RESULT_201 = b'[3,"19223201",{"currentTime":"2013-02-01T20:53:32.486Z","interval":300,"status":"Accepted"}]'
ERROR_201 = b'[4,"162376037","NotSupported","SetDisplayMessageRequest not implemented",{}]'


@pytest.mark.parametrize(("data", "version"), [(CALL_16, V16), (CALL_201, V201), (CALL_201, V21)])
def test_example_call(data: bytes, version: Version) -> None:
    frame = parse(data, version)
    assert isinstance(frame, Call)
    assert (frame.id, frame.action) == ("19223201", "BootNotification")
    assert violations(version, frame.action, "request", frame.payload) is None
    assert frames.call(frame.id, frame.action, frame.payload) == data


def test_example_result() -> None:
    frame = parse(RESULT_201, V201)
    assert isinstance(frame, Result)
    assert violations(V201, "BootNotification", "response", frame.payload) is None
    assert frames.result(frame.id, frame.payload) == RESULT_201


def test_example_error() -> None:
    frame = parse(ERROR_201, V201)
    assert frame == Error("162376037", "NotSupported", "SetDisplayMessageRequest not implemented")
    assert frames.error(frame.id, frame.code, frame.description, frame.details, V201) == ERROR_201


@pytest.mark.parametrize(
    ("data", "reason", "message_id", "answered_16", "answered_2x"),
    [
        (b"", "no_json", "-1", False, True),
        (b"\xff\xfe", "no_json", "-1", False, True),
        (b'[2,"a"', "no_json", "-1", False, True),
        (b'[2,"a","Heartbeat",{', "no_json", "a", True, True),
        (b'[2,"a","Heartbeat",{"x":NaN}]', "no_json", "a", True, True),
        (b'[3,"a",{', "no_json", "-1", False, True),
        (b"[NaN]", "no_json", "-1", False, True),
        (b'[2,"\\ud800","Heartbeat",{}]', "no_json", "-1", False, True),
        (b"[" * 100_000, "no_json", "-1", False, True),
        (b"{}", "no_frame", "-1", False, True),
        (b"[]", "no_frame", "-1", False, True),
        (b'["2","a","Heartbeat",{}]', "unknown_type", "a", False, True),
        (b'[true,"a","Heartbeat",{}]', "unknown_type", "a", False, True),
        (b'[2.0,"a","Heartbeat",{}]', "unknown_type", "a", False, True),
        (b'[7,"a",{}]', "unknown_type", "a", False, True),
        (b"[2]", "no_id", "-1", False, True),
        (b'[2,5,"Heartbeat",{}]', "no_id", "-1", False, True),
        (b'[2,"a"]', "no_call", "a", True, True),
        (b'[2,"a","Heartbeat"]', "no_call", "a", True, True),
        (b'[2,"a",1,{}]', "no_call", "a", True, True),
        (b'[2,"a","Heartbeat",{},{}]', "no_call", "a", True, True),
        (b'[2,"a","Heartbeat",[]]', "no_payload", "a", True, True),
        (b'[3,"a"]', "no_result", "a", False, False),
        (b'[3,"a",5]', "no_result", "a", False, False),
        (b'[4,"a"]', "no_error", "a", False, False),
    ],
)
def test_no_frame(data: bytes, reason: str, message_id: str, answered_16: bool, answered_2x: bool) -> None:
    for version, answered in ((V16, answered_16), (V201, answered_2x), (V21, answered_2x)):
        with pytest.raises(FrameError) as info:
            parse(data, version)
        assert (info.value.reason, info.value.id, info.value.answered) == (reason, message_id, answered)


def test_types_of_2_1_are_unknown_before() -> None:
    sent = parse(b'[6,"a","NotifyPeriodicEventStream",{}]', V21)
    assert isinstance(sent, Call)
    assert not sent.wants_answer
    refused = parse(b'[5,"a","FormatViolation","x",{}]', V21)
    assert isinstance(refused, Error)
    assert refused.of_result
    for data in (b'[6,"a","NotifyPeriodicEventStream",{}]', b'[5,"a","FormatViolation","x",{}]'):
        with pytest.raises(FrameError) as info:
            parse(data, V201)
        assert (info.value.code, info.value.id) == ("MessageTypeNotSupported", "a")


def test_too_long_is_not_even_read() -> None:
    frame = b'[2,"a","Heartbeat",{}]'
    assert parse(frame + b" " * (frames.LONGEST_FRAME_BYTES - len(frame)), V16)
    with pytest.raises(FrameError, match="1048577 bytes") as info:
        parse(frame + b" " * (frames.LONGEST_FRAME_BYTES - len(frame) + 1), V16)
    assert not info.value.answered


def test_errors_are_read_leniently() -> None:
    assert parse(b'[4,"a","InternalError"]', V16) == Error("a", "InternalError")
    assert parse(b'[4,"a","InternalError",null,"text"]', V16) == Error("a", "InternalError")
    assert parse(b'[4,"a","InternalError","why",{"b":1},7]', V16) == Error("a", "InternalError", "why", {"b": 1})


def test_null_is_no_payload() -> None:
    assert parse(b'[2,"a","Heartbeat",null]', V16) == Call("a", "Heartbeat", {})
    assert parse(b'[3,"a",null]', V16) == Result("a", {})


def test_error_is_never_longer_than_allowed_and_always_json() -> None:
    frame = parse(frames.error("a", Code.INTERNAL, "x" * 300, {"when": object()}, V201), V201)
    assert frame == Error("a", "InternalError", "x" * 255)


# codes as OCPP-J 1.6 section 4.2.3 with its errata, and part 4 of 2.0.1 and 2.1 spell them
@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (Code.FORMAT, ("FormationViolation", "FormatViolation", "FormatViolation")),
        (Code.OCCURRENCE, ("OccurenceConstraintViolation", "OccurenceConstraintViolation", "OccurrenceConstraintViolation")),
        (Code.TYPE, ("TypeConstraintViolation",) * 3),
        ("Custom", ("Custom",) * 3),
    ],
)
def test_spelling(code: str, expected: tuple[str, str, str]) -> None:
    assert (spelled(code, V16), spelled(code, V201), spelled(code, V21)) == expected


def test_every_code_is_one_of_its_version() -> None:
    """Against the list in the schema-less section of OCPP-J 1.6: it has ten codes."""
    known = {"NotImplemented", "NotSupported", "InternalError", "ProtocolError", "SecurityError", "FormationViolation"}
    known |= {"PropertyConstraintViolation", "OccurenceConstraintViolation", "TypeConstraintViolation", "GenericError"}
    assert {spelled(code, V16) for code in Code} == known


def test_call_error_says_both() -> None:
    assert str(CallError("InternalError", "no disk")) == "InternalError: no disk"


# --- schemas: numbers of actions counted in the folders of the published schemas ---


def test_actions() -> None:
    assert {"BootNotification", "ReserveNow", "SecurityEventNotification"} <= actions(V16)
    assert "NotifyEVChargingNeeds" in actions(V201) - actions(V16)
    assert {"NotifyPeriodicEventStream", "UpdateDynamicSchedule", "SetDERControl"} <= actions(V21) - actions(V201)
    assert (len(actions(V16)), len(actions(V201)), len(actions(V21))) == (39, 64, 91)


@pytest.mark.parametrize("version", list(Version))
def test_every_schema_compiles(version: Version) -> None:
    for action in actions(version):
        for kind in ("request", "response"):
            if kind == "response" and action == "NotifyPeriodicEventStream":
                continue
            validator(version, action, kind)


def test_unknown_message_names_the_closest() -> None:
    with pytest.raises(KeyError, match=r"HeartBeat.*did you mean 'Heartbeat'"):
        schema(V16, "HeartBeat", "request")


def boot(**changes: object) -> dict[str, object]:
    payload: dict[str, object] = {"reason": "PowerUp", "chargingStation": {"model": "x", "vendorName": "y"}}
    return {name: value for name, value in (payload | changes).items() if value is not None}


@pytest.mark.parametrize(
    ("payload", "code", "words"),
    [
        (boot(reason=None), Code.OCCURRENCE, "reason"),
        (boot(reason=5), Code.TYPE, "reason: the value is not of type"),
        (boot(reason="Whim"), Code.PROPERTY, "reason: the value is not one of"),
        (
            boot(chargingStation={"model": "x" * 21, "vendorName": "y"}),
            Code.TYPE,
            "chargingStation.model: the value is longer than 20",
        ),
        (boot(power=1), Code.FORMAT, "power"),
        ([], Code.FORMAT, "object"),
    ],
)
def test_violations(payload: object, code: Code, words: str) -> None:
    wrong = violations(V201, "BootNotification", "request", payload)
    assert wrong is not None
    assert wrong[0] is code
    assert any(words in finding for finding in wrong[1])


def test_violations_name_everything_and_no_values() -> None:
    wrong = violations(V201, "BootNotification", "request", {"reason": "s3cret", "chargingStation": {"model": 5}})
    assert wrong is not None
    assert len(wrong[1]) == 3
    assert "s3cret" not in str(wrong)


def test_incomplete_is_a_protocol_error_in_1_6() -> None:
    wrong = violations(V16, "BootNotification", "request", {"chargePointVendor": "VendorX"})
    assert wrong is not None
    assert wrong[0] is Code.PROTOCOL


@pytest.mark.parametrize("number", [float("nan"), float("inf"), 10**400, object()])
def test_what_is_no_json_is_a_violation(number: object) -> None:
    payload = {"evseId": 1, "meterValue": [{"timestamp": "2026-01-01T00:00:00Z", "sampledValue": [{"value": number}]}]}
    assert (violations(V201, "MeterValues", "request", payload) is None) == (number == 10**400)


def test_tenths_are_multiples_of_a_tenth() -> None:
    """1.6 wants limits in multiples of 0.1, which binary floats are not."""
    period = {"startPeriod": 0, "limit": 21.4}
    for limit, good in ((21.4, True), (0.3, True), (16.1, True), (16.15, False)):
        schedule = {"chargingRateUnit": "A", "chargingSchedulePeriod": [period | {"limit": limit}]}
        profile = {
            "chargingProfileId": 1,
            "stackLevel": 0,
            "chargingProfilePurpose": "TxDefaultProfile",
            "chargingProfileKind": "Relative",
            "chargingSchedule": schedule,
        }
        wrong = violations(V16, "SetChargingProfile", "request", {"connectorId": 1, "csChargingProfiles": profile})
        assert (wrong is None) == good


def test_three_phase_discharge_set_points_keep_their_names() -> None:
    period = {
        "startPeriod": 0,
        "operationMode": "CentralSetpoint",
        "setpoint": -3000.0,
        "setpoint_L2": -3000.0,
        "setpoint_L3": -3e3,
    }
    schedule = {"id": 1, "chargingRateUnit": "W", "chargingSchedulePeriod": [period]}
    profile = {"id": 1, "stackLevel": 0, "chargingProfilePurpose": "TxDefaultProfile", "chargingProfileKind": "Relative"}
    payload = {"evseId": 1, "chargingProfile": profile | {"chargingSchedule": [schedule]}}
    assert violations(V21, "SetChargingProfile", "request", payload) is None
    frame = parse(frames.call("a", "SetChargingProfile", payload), V21)
    assert isinstance(frame, Call)
    assert frame.payload == payload


def test_best_version() -> None:
    assert best(["ocpp1.6", "ocpp2.1"], (V16, V201)) is V16
    assert best(["ocpp1.5"]) is None
