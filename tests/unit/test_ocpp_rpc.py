# SPDX-License-Identifier: Apache-2.0
"""The core of OCPP-J against frames written by hand; what must be answered is in section 4 of OCPP-J 1.6 and part 4 of 2.x."""

from __future__ import annotations

import asyncio
import json
import time
from typing import TYPE_CHECKING, Any

import pytest

from hardware_in_loop.ocpp.answers import Answers
from hardware_in_loop.ocpp.errors import CallError, ClosedError, InvalidAnswerError, NoAnswerError, PayloadError
from hardware_in_loop.ocpp.redaction import readable
from hardware_in_loop.ocpp.rpc import MOST_OPEN_CALLS, Rpc
from hardware_in_loop.ocpp.versions import Version
from tests.ocpp_sockets import HEARTBEAT, PATIENCE_S, Wire, pair
from twinergy.adapters import Journal

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

V16, V201, V21 = Version.V16, Version.V201, Version.V21
STATION = {"model": "SingleSocketCharger", "vendorName": "VendorX"}
BOOT = {"reason": "PowerUp", "chargingStation": STATION}
BOOTED = {"currentTime": "2013-02-01T20:53:32.486Z", "interval": 300, "status": "Accepted"}
STREAM = {"id": 1, "pending": 0, "basetime": "2026-01-01T00:00:00Z", "data": [{"t": 0, "v": "1"}]}


async def heartbeat(action: str, payload: dict[str, Any]) -> dict[str, Any]:
    return HEARTBEAT


def deep(levels: int) -> Any:
    nested: Any = 1
    for _ in range(levels):
        nested = [nested]
    return nested


def run(main: Callable[[], Awaitable[None]]) -> None:
    async def bounded() -> None:
        async with asyncio.timeout(2 * PATIENCE_S):
            await main()

    asyncio.run(bounded())


def refused(version: Version, frame: object, handler: Any = heartbeat, **options: Any) -> tuple[list[Any], Any]:
    """Return the answer to one frame and the counts."""

    async def main() -> tuple[list[Any], Any]:
        async with asyncio.timeout(PATIENCE_S), Wire(version, handler, **options) as wire:
            return await wire.ask(frame), wire.rpc.counts

    return asyncio.run(main())


def test_a_call_is_answered() -> None:
    assert refused(V16, [2, "1", "Heartbeat", {}])[0] == [3, "1", HEARTBEAT]


@pytest.mark.parametrize(
    ("frame", "codes"),
    [
        ([2, "1", "Beat", {}], ("NotImplemented",) * 3),
        ([2, "1", "Reset", {}], ("NotSupported",) * 3),
        ([2, "1", "Heartbeat", {"x": 1}], ("FormationViolation", "FormatViolation", "FormatViolation")),
        ([2, "1", "Heartbeat", 5], ("FormationViolation", "FormatViolation", "FormatViolation")),
        ([2, "1", "Heartbeat"], ("FormationViolation", "RpcFrameworkError", "RpcFrameworkError")),
        ([2, "1", "DataTransfer", {}], ("ProtocolError", "OccurenceConstraintViolation", "OccurrenceConstraintViolation")),
        ([2, "1", "DataTransfer", {"vendorId": 5}], ("TypeConstraintViolation",) * 3),
    ],
)
def test_codes_of_the_versions(frame: list[Any], codes: tuple[str, ...]) -> None:
    for version, code in zip(Version, codes, strict=True):
        answer, _ = refused(version, frame, supported=("Heartbeat", "DataTransfer"))
        assert answer[:3] == [4, "1", code]
        assert isinstance(answer[3], str)
        assert isinstance(answer[4], dict)
        assert len(answer) == 5


@pytest.mark.parametrize("version", [V201, V21])
def test_what_is_no_frame_is_answered_under_minus_one(version: Version) -> None:
    for frame in (b"nonsense", {}, [], [2], [2, 7, "Heartbeat", {}], b"[" * 5000):
        answer, _ = refused(version, frame)
        assert answer[:3] == [4, "-1", "RpcFrameworkError"]


def test_unknown_type() -> None:
    assert refused(V201, [6, "1", "Heartbeat", {}])[0][:3] == [4, "1", "MessageTypeNotSupported"]


def test_1_6_ignores_what_is_no_frame() -> None:
    async def main() -> None:
        async with Wire(V16, heartbeat) as wire:
            for frame in (b"nonsense", {}, [], [2], [9, "1", {}]):
                await wire.say(frame)
            await wire.silence()
            assert wire.rpc.counts["no_json"] == 1
            assert wire.rpc.counts["unknown_type"] == 1

    run(main)


def test_deep_nesting_is_survived() -> None:
    answer, _ = refused(V201, [2, "1", "DataTransfer", {"vendorId": "x", "data": deep(150)}], supported=["DataTransfer"])
    assert answer[:2] == [4, "1"] or answer[0] == 3


def test_oversized_closes_with_1009() -> None:
    async def main() -> None:
        async with Wire(V16, heartbeat) as wire:
            await wire.say(b" " * (1 << 20) + b"1")
            await wire.rpc.closed.wait()
            assert wire.rpc.counts["oversized"] == 1
            assert wire.socket.other.close_code == 1009

    run(main)


def failing(error: BaseException) -> Any:
    async def handler(action: str, payload: dict[str, Any]) -> dict[str, Any]:
        raise error

    return handler


def test_a_handler_may_refuse() -> None:
    answer, counts = refused(V21, [2, "1", "Heartbeat", {}], failing(CallError("SecurityError", "who are you", {"a": 1})))
    assert answer == [4, "1", "SecurityError", "who are you", {"a": 1}]
    assert counts["refused"] == 1


@pytest.mark.parametrize("error", [ValueError("secret thing"), asyncio.CancelledError(), TimeoutError()])
def test_a_handler_that_fails_says_nothing_of_itself(error: BaseException) -> None:
    answer, counts = refused(V21, [2, "1", "Heartbeat", {}], failing(error))
    assert answer == [4, "1", "InternalError", "Heartbeat could not be processed", {}]
    assert counts["handler_failed"] == 1


def test_a_handler_that_answers_wrongly_is_not_let_out() -> None:
    async def handler(action: str, payload: dict[str, Any]) -> dict[str, Any]:
        return {"currentTime": "noon"}

    assert refused(V21, [2, "1", "Heartbeat", {}], handler)[0][:3] == [4, "1", "InternalError"]


def test_a_handler_may_call_back() -> None:
    """The ``ocpp`` package waits for its own time-out here (mobilityhouse/ocpp #130)."""

    async def main() -> None:
        near, far = pair()

        async def ask_back(action: str, payload: dict[str, Any]) -> dict[str, Any]:
            return await one.call("Heartbeat", {})

        one, two = Rpc(near, V201, ask_back, name="one"), Rpc(far, V201, heartbeat, name="two")
        serving = asyncio.gather(one.serve(), two.serve())
        assert await two.call("Heartbeat", {}, timeout_s=2.0) == HEARTBEAT
        await near.close()
        await serving

    run(main)


def test_a_slow_handler_holds_nobody_up() -> None:
    async def main() -> None:
        go_on = asyncio.Event()

        async def handler(action: str, payload: dict[str, Any]) -> dict[str, Any]:
            if action == "BootNotification":
                await go_on.wait()
                return BOOTED
            return HEARTBEAT

        async with Wire(V201, handler) as wire:
            await wire.say([2, "slow", "BootNotification", BOOT])
            assert (await wire.ask([2, "fast", "Heartbeat", {}]))[1] == "fast"
            go_on.set()
            assert (await wire.hear()) == [3, "slow", BOOTED]

    run(main)


def test_own_calls_go_out_one_at_a_time_and_in_order() -> None:
    async def main() -> None:
        async with Wire(V201, heartbeat) as wire:
            calls = [asyncio.ensure_future(wire.rpc.call("DataTransfer", {"vendorId": str(number)})) for number in range(3)]
            for number in range(3):
                frame = await wire.hear()
                assert frame[2:] == ["DataTransfer", {"vendorId": str(number)}]
                await asyncio.sleep(0.01)
                assert wire.socket.inbox.empty()
                await wire.say([3, frame[1], {"status": "Accepted", "data": str(number)}])
            assert [(await call)["data"] for call in calls] == ["0", "1", "2"]

    run(main)


def test_no_answer_in_time_and_a_late_one() -> None:
    async def main() -> None:
        async with Wire(V201, heartbeat) as wire:
            with pytest.raises(NoAnswerError, match=r"station: Heartbeat: no answer within 0.05 s") as info:
                await wire.rpc.call("Heartbeat", {}, timeout_s=0.05)
            assert info.value.sent
            frame = await wire.hear()
            await wire.say([3, frame[1], HEARTBEAT])
            await wire.say([3, "made-up", HEARTBEAT])
            await wire.silence()
            assert wire.rpc.counts["late_answer"] == 1
            assert wire.rpc.counts["unknown_id"] == 1

    run(main)


def test_waiting_for_ones_turn_is_bounded_too() -> None:
    async def main() -> None:
        async with Wire(V201, heartbeat) as wire:
            first = asyncio.ensure_future(wire.rpc.call("Heartbeat", {}, timeout_s=1.0))
            await wire.hear()
            began_s = time.monotonic()
            with pytest.raises(NoAnswerError, match="not sent") as info:
                await wire.rpc.call("Heartbeat", {}, timeout_s=0.05)
            assert not info.value.sent
            assert time.monotonic() - began_s < 0.5
            first.cancel()

    run(main)


def test_a_call_that_was_given_up_does_not_take_the_next_ones_answer() -> None:
    async def main() -> None:
        async with Wire(V201, heartbeat) as wire:
            given_up = asyncio.ensure_future(wire.rpc.call("DataTransfer", {"vendorId": "old"}))
            old = await wire.hear()
            given_up.cancel()
            await asyncio.sleep(0)
            second = asyncio.ensure_future(wire.rpc.call("DataTransfer", {"vendorId": "new"}))
            new = await wire.hear()
            await wire.say([3, old[1], {"status": "Rejected"}])
            await wire.say([3, new[1], {"status": "Accepted"}])
            assert await second == {"status": "Accepted"}

    run(main)


def test_a_refusal_is_raised() -> None:
    async def main() -> None:
        async with Wire(V201, heartbeat) as wire:
            call = asyncio.ensure_future(wire.rpc.call("Heartbeat", {}))
            await wire.say([4, (await wire.hear())[1], "InternalError", "no disk", {"a": 1}])
            with pytest.raises(CallError, match="InternalError: no disk") as info:
                await call
            assert (info.value.code, info.value.details) == ("InternalError", {"a": 1})

    run(main)


@pytest.mark.parametrize("version", [V16, V201, V21])
def test_an_invalid_answer_is_raised_and_from_2_1_on_answered(version: Version) -> None:
    async def main() -> None:
        async with Wire(version, heartbeat) as wire:
            call = asyncio.ensure_future(wire.rpc.call("Heartbeat", {}))
            message_id = (await wire.hear())[1]
            await wire.say([3, message_id, {"currentTime": 5}])
            with pytest.raises(InvalidAnswerError, match="answer to Heartbeat: currentTime"):
                await call
            if version is V21:
                assert (await wire.hear())[:3] == [5, message_id, "TypeConstraintViolation"]
            await wire.silence()

    run(main)


@pytest.mark.parametrize(("action", "payload"), [("Heartbeat", {"x": 1}), ("Beat", {}), ("NotifyPeriodicEventStream", STREAM)])
def test_what_is_wrong_is_not_sent(action: str, payload: dict[str, Any]) -> None:
    async def main() -> None:
        async with Wire(V21, heartbeat) as wire:
            with pytest.raises(PayloadError, match=action):
                await wire.rpc.call(action, payload)
            await wire.silence()

    run(main)


@pytest.mark.parametrize("data", ["\ud800", deep(5000)])
def test_what_json_cannot_say_is_not_sent(data: Any) -> None:
    async def main() -> None:
        async with Wire(V201, heartbeat) as wire:
            with pytest.raises(PayloadError, match=r"DataTransfer.*cannot be written as JSON"):
                await wire.rpc.call("DataTransfer", {"vendorId": "x", "data": data})
            await wire.silence()

    run(main)


def test_an_answer_that_json_cannot_say_is_not_sent() -> None:
    async def handler(action: str, payload: dict[str, Any]) -> dict[str, Any]:
        return {"status": "Accepted", "data": "\ud800"}

    assert refused(V201, [2, "1", "DataTransfer", {"vendorId": "x"}], handler)[0][:3] == [4, "1", "InternalError"]


def test_a_closed_connection_ends_calls() -> None:
    async def main() -> None:
        async with Wire(V201, heartbeat) as wire:
            call = asyncio.ensure_future(wire.rpc.call("Heartbeat", {}))
            await wire.hear()
            await wire.socket.close()
            with pytest.raises(ClosedError, match="Heartbeat"):
                await call
            with pytest.raises(ClosedError, match="closed"):
                await wire.rpc.call("Heartbeat", {})

    run(main)


def test_handlers_end_with_the_connection() -> None:
    async def main() -> None:
        ended = asyncio.Event()

        async def handler(action: str, payload: dict[str, Any]) -> dict[str, Any]:
            try:
                await asyncio.sleep(60)
            finally:
                ended.set()
            return {}

        async with Wire(V201, handler) as wire:
            await wire.say([2, "1", "Heartbeat", {}])
            await asyncio.sleep(0.01)
        assert ended.is_set()

    run(main)


def test_a_handler_that_cancels_its_own_task() -> None:
    async def main() -> None:
        async def handler(action: str, payload: dict[str, Any]) -> dict[str, Any]:
            task = asyncio.current_task()
            assert task is not None
            if action == "BootNotification":
                task.cancel()
                await asyncio.sleep(0)
            return HEARTBEAT

        async with Wire(V201, handler) as wire:
            assert (await wire.ask([2, "1", "BootNotification", BOOT]))[:3] == [4, "1", "InternalError"]
            await wire.silence()

    run(main)


def test_a_time_out_in_a_handler_is_its_own() -> None:
    async def main() -> None:
        async def handler(action: str, payload: dict[str, Any]) -> dict[str, Any]:
            if action == "BootNotification":
                async with asyncio.timeout(0.01):
                    await asyncio.sleep(60)
            return HEARTBEAT

        async with Wire(V201, handler) as wire:
            assert (await wire.ask([2, "1", "BootNotification", BOOT]))[:3] == [4, "1", "InternalError"]
            await wire.silence()
            assert wire.rpc.busy == 0

    run(main)


def test_many_slow_handlers_at_once() -> None:
    async def main() -> None:
        async def handler(action: str, payload: dict[str, Any]) -> dict[str, Any]:
            await asyncio.sleep(0.05)
            return HEARTBEAT

        async with Wire(V201, handler) as wire:
            began_s = time.monotonic()
            for number in range(50):
                await wire.say([2, str(number), "Heartbeat", {}])
            assert {(await wire.hear())[1] for _ in range(50)} == {str(number) for number in range(50)}
            assert time.monotonic() - began_s < 1.0

    run(main)


def test_serving_can_be_cancelled() -> None:
    async def main() -> None:
        near, _ = pair()
        rpc = Rpc(near, V201, heartbeat)
        serving = asyncio.create_task(rpc.serve())
        await asyncio.sleep(0.01)
        serving.cancel()
        with pytest.raises(asyncio.CancelledError):
            await serving
        assert rpc.closed.is_set()
        assert len(asyncio.all_tasks()) == 1

    run(main)


def test_what_must_not_happen_is_told_and_ends_the_conversation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "journal.jsonl"

    async def main() -> None:
        def broken(self: Rpc, frame: object) -> None:
            message = "a bug"
            raise ZeroDivisionError(message)

        monkeypatch.setattr(Rpc, "_refused", broken)
        near, far = pair()
        with Journal(path) as journal:
            serving = asyncio.create_task(Rpc(near, V201, heartbeat, journal=journal, link_id="x").serve())
            await far.send(b'[4,"x","InternalError","",{}]', text=True)
            with pytest.raises(ZeroDivisionError):
                await serving

    run(main)
    assert "ZeroDivisionError('a bug')" in path.read_text()


# --- calls that come twice ---


def counting(answers: list[str], go_on: asyncio.Event | None = None) -> Any:
    async def handler(action: str, payload: dict[str, Any]) -> dict[str, Any]:
        answers.append(action)
        if go_on:
            await go_on.wait()
        return {"currentTime": f"2026-01-01T00:00:0{len(answers)}Z"}

    return handler


def test_a_repeated_call_is_done_once_and_answered_alike() -> None:
    async def main() -> None:
        done: list[str] = []
        async with Wire(V201, counting(done)) as wire:
            frame = [2, "1", "Heartbeat", {}]
            assert await wire.ask(frame) == await wire.ask(frame)
            assert len(done) == 1
            assert wire.rpc.counts["duplicate"] == 1

    run(main)


def test_a_call_repeated_while_it_is_worked_on() -> None:
    async def main() -> None:
        done: list[str] = []
        go_on = asyncio.Event()
        async with Wire(V201, counting(done, go_on)) as wire:
            for _ in range(3):
                await wire.say([2, "1", "Heartbeat", {}])
            await asyncio.sleep(0.01)
            go_on.set()
            assert [await wire.hear() for _ in range(3)] == [[3, "1", {"currentTime": "2026-01-01T00:00:01Z"}]] * 3
            assert len(done) == 1

    run(main)


def test_the_same_id_with_other_content_is_another_call() -> None:
    async def main() -> None:
        async def handler(action: str, payload: dict[str, Any]) -> dict[str, Any]:
            return {"status": "Accepted", "data": payload["vendorId"]}

        async with Wire(V201, handler) as wire:
            for who in ("a", "b"):
                answer = await wire.ask([2, "1", "DataTransfer", {"vendorId": who}])
                assert answer[2]["data"] == who

    run(main)


def test_a_flood_is_answered_and_bounded() -> None:
    async def main() -> None:
        go_on = asyncio.Event()
        async with Wire(V201, counting([], go_on)) as wire:
            for number in range(MOST_OPEN_CALLS + 5):
                await wire.say([2, str(number), "Heartbeat", {}])
            answers = [await wire.hear() for _ in range(5)]
            assert {answer[2] for answer in answers} == {"InternalError"}
            go_on.set()
            rest = [await wire.hear() for _ in range(MOST_OPEN_CALLS)]
            assert len({answer[1] for answer in answers + rest}) == MOST_OPEN_CALLS + 5

    run(main)


# --- 2.1 ---


def test_send_is_taken_and_never_answered() -> None:
    async def main() -> None:
        taken: list[str] = []

        async def handler(action: str, payload: dict[str, Any]) -> dict[str, Any]:
            taken.append(action)
            if action == "NotifyPeriodicEventStream":
                raise ValueError
            return HEARTBEAT

        async with Wire(V21, handler) as wire:
            await wire.say([6, "1", "NotifyPeriodicEventStream", STREAM])
            await wire.say([6, "2", "NotifyPeriodicEventStream", {}])
            await wire.say([6, "3", "Heartbeat", {}])
            await wire.say([6, "4"])
            await wire.silence()
            assert taken == ["NotifyPeriodicEventStream", "Heartbeat"]
            assert wire.rpc.counts["send_refused"] == 2
            assert wire.rpc.counts["handler_failed"] == 1
            assert (await wire.ask([2, "5", "NotifyPeriodicEventStream", STREAM]))[:3] == [4, "5", "ProtocolError"]

    run(main)


def test_sending() -> None:
    async def main() -> None:
        async with Wire(V21, heartbeat) as wire:
            await wire.rpc.send("NotifyPeriodicEventStream", STREAM)
            frame = await wire.hear()
            assert (frame[0], frame[2], frame[3]) == (6, "NotifyPeriodicEventStream", STREAM)
            with pytest.raises(PayloadError, match="Heartbeat"):
                await wire.rpc.send("Heartbeat", {})

    run(main)


def test_errors_are_never_answered() -> None:
    """Or two sides could answer each other's errors for ever."""

    async def main() -> None:
        async with Wire(V21, heartbeat) as wire:
            for frame in ([4, "-1", "RpcFrameworkError", "", {}], [4, "x"], [5, "x", "FormatViolation", "", {}], [3, "x"], [5]):
                await wire.say(frame)
            await wire.silence()
            assert wire.rpc.counts["frame_refused"] == 1
            assert wire.rpc.counts["result_refused"] == 1

    run(main)


# --- journal ---


def test_frames_are_journalled_passwords_are_not(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"

    async def main() -> None:
        with Journal(path) as journal:
            async with Wire(V16, heartbeat, journal=journal, link_id="wallbox-1") as wire:
                await wire.ask([2, "1", "Heartbeat", {}])
                call = asyncio.ensure_future(wire.rpc.call("ChangeConfiguration", {"key": "AuthorizationKey", "value": "hush"}))
                await wire.say([3, (await wire.hear())[1], {"status": "Accepted"}])
                await call

    run(main)
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert [line["way"] for line in lines] == ["received", "sent", "sent", "received"]
    assert {line["link"] for line in lines} == {"wallbox-1"}
    assert json.loads(lines[0]["data"]) == [2, "1", "Heartbeat", {}]
    assert "hush" not in path.read_text()


@pytest.mark.parametrize(
    "frame",
    [
        b'[3,"1",{"configurationKey":[{"value":"hush","readonly":false,"key":"AuthorizationKey"}]}]',
        b'[2,"1","SetVariables",{"setVariableData":[{"attributeValue":"hush","variable":{"name":"BasicAuthPassword"}}]}]',
        b'[2,"1","SetNetworkProfile",{"connectionData":{"basicAuthPassword":"hush","apn":{"apnPassword":"hush"}}}]',
        b'[2,"1","ChangeConfiguration",{"key":"AuthorizationKey","value":"hush"',
    ],
)
def test_passwords_are_hidden_wherever_they_stand(frame: bytes) -> None:
    assert b"hush" in frame
    assert "hush" not in readable(frame)


def test_nothing_else_is_hidden() -> None:
    frame = '[3,"1",{"configurationKey":[{"key":"HeartbeatInterval","value":"60"},{"key":"AuthorizationKey","readonly":false}]}]'
    assert readable(frame) == frame


# --- memory of answers ---


def test_answers_are_forgotten_after_a_while() -> None:
    """A station that uses one id for all its heartbeats must not get an old time."""
    now_s = [0.0]
    answers = Answers(lambda: now_s[0])
    answers.add("1", b"frame").data = b"answer"
    now_s[0] = 29.9
    given = answers.find("1", b"frame")
    assert given is not None
    assert given.data == b"answer"
    now_s[0] = 30.1
    assert answers.find("1", b"frame") is None


def test_few_answers_are_kept_and_no_big_ones() -> None:
    answers = Answers()
    for number in range(40):
        answers.add(str(number), b"frame").data = b"x" * (70_000 if number == 39 else 10)
    assert answers.find("7", b"frame") is None
    assert answers.find("8", b"frame") is not None
    assert answers.find("39", b"frame") is None


def test_whoever_waits_for_an_answer_goes_on_before_what_came_after_it() -> None:
    """A central system that limits a session right behind the answer that names it must not be told that there is none."""
    seen: list[str] = []

    async def noting(action: str, payload: dict[str, Any]) -> dict[str, Any]:
        seen.append("asked")
        return HEARTBEAT

    async def main() -> None:
        async with Wire(V201, noting) as wire:

            async def ask() -> None:
                await wire.rpc.call("DataTransfer", {"vendorId": "a"})
                seen.append("answered")

            asking = asyncio.ensure_future(ask())
            frame = await wire.hear()
            await wire.say([3, frame[1], {"status": "Accepted"}])
            await wire.say([2, "right-behind", "Heartbeat", {}])
            await asking
            await wire.hear()

    run(main)
    assert seen == ["answered", "asked"]
