# SPDX-License-Identifier: Apache-2.0
"""Remote procedure calls over one websocket, the same on both sides.

No handler holds anything up, so it may be slow or call back: where one has to wait, another task goes on reading. Own calls go
out one at a time, as the standard wants it; what comes in and what goes out is held against the schemas of the version.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections import Counter
from typing import TYPE_CHECKING, Any, Final, Protocol

from websockets.exceptions import ConnectionClosed

from hardware_in_loop.ocpp import frames
from hardware_in_loop.ocpp.answers import Answers
from hardware_in_loop.ocpp.asking import Asking
from hardware_in_loop.ocpp.errors import (
    CallError,
    ClosedError,
    Code,
    InvalidAnswerError,
    LostAnswerError,
    NoAnswerError,
    PayloadError,
    spelled,
)
from hardware_in_loop.ocpp.hearing import Hearing
from hardware_in_loop.ocpp.reading import Reading
from hardware_in_loop.ocpp.redaction import readable
from hardware_in_loop.ocpp.schemas import SEND_ONLY, actions, violations
from hardware_in_loop.ocpp.versions import Version
from twinergy.adapters import Journal, Way

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection

    from hardware_in_loop.ocpp.answers import Given
    from hardware_in_loop.ocpp.frames import Payload

    Handler = Callable[[str, Payload], Awaitable[Payload]]

ANSWER_TIMEOUT_S: Final = 30.0
MOST_OPEN_CALLS: Final = 64
"""Inbound calls that may be worked on at a time; the standard has one, stations that forget that get an error beyond this."""
LONGEST_NOTE: Final = 500
LAST_MOMENT_S: Final = 0.5
"""How long an answer is still waited for once the other side speaks again after a lull. *Assumption.* [s]"""
TOO_BIG: Final = 1009
NORMAL: Final = 1000


class Socket(Protocol):
    """What is needed of a websocket; a connection of the ``websockets`` package is one."""

    async def recv(self, decode: bool | None = None) -> str | bytes:
        """Return the next message; raises ConnectionClosed."""

    async def send(self, message: bytes, *, text: bool | None = None) -> None:
        """Send a message; raises ConnectionClosed."""

    async def close(self, code: int = NORMAL, reason: str = "") -> None:
        """Close."""


class Rpc:
    """Calls in both directions over one connection.

    Parameters
    ----------
    socket : Socket
        An open websocket.
    version : Version
        What was negotiated.
    handler : callable
        ``await handler(action, payload)`` returns the payload of the answer or raises `CallError`. Payloads have the names of the
        wire and are valid by schema. What it returns for a message that wants no answer is ignored.
    journal : Journal, optional
        Where frames and errors go; frames that may hold a password are not written out.
    link_id : str
        Under which name they go there.
    name : str
        Of the other side, for people.
    supported : collection of str, optional
        Actions that the handler knows; any other one of the version is answered with NotSupported. All of them by default.
    any_time : bool
        Whether times may come without a zone; see `violations`.

    Attributes
    ----------
    counts : collections.Counter
        ``received``, ``sent``, and by reason what was turned away.
    closed : asyncio.Event
        Set when the connection has ended.
    last_received_s : float
        When something was last understood, on the monotonic clock: garbage is no sign of life. [s]
    """

    def __init__(
        self,
        socket: Socket,
        version: Version,
        handler: Handler,
        *,
        journal: Journal | None = None,
        link_id: str = "",
        name: str = "",
        supported: Collection[str] | None = None,
        any_time: bool = False,
    ) -> None:
        self.version = version
        self.name = name or link_id
        self.counts: Counter[str] = Counter()
        self.closed = asyncio.Event()
        self._hearing = Hearing()
        self._socket = socket
        self._handler = handler
        self._journal = journal or Journal(None)
        self._link_id = link_id or name
        self._supported = actions(version) if supported is None else frozenset(supported)
        self._any_time = any_time
        self._answers = Answers()
        self._reading = Reading(lambda: socket.recv(decode=False), self._take, self._task_failed)
        self._asking = Asking()

    @property
    def last_received_s(self) -> float:
        """When something was last understood. [s]."""
        return self._hearing.last_s

    @property
    def busy(self) -> int:
        """How many inbound calls are being worked on."""
        return self._reading.busy

    async def call(self, action: str, payload: Payload, timeout_s: float = ANSWER_TIMEOUT_S) -> Payload:
        """Ask the other side and return its answer; earlier calls are answered first.

        Parameters
        ----------
        action : str
            What to do.
        payload : dict
            Arguments, by the names of the wire.
        timeout_s : float
            How long to wait in all, the wait for earlier calls included. [s]

        Raises
        ------
        PayloadError
            If the payload is not allowed; nothing was sent.
        CallError
            If the other side refuses, or (`InvalidAnswerError`) its answer is not allowed.
        NoAnswerError
            If nothing came in time; `LostAnswerError` as soon as the other side is back from where it could not hear.
        ClosedError
            If the connection is closed.
        """
        self._check(action, "request", payload)
        if action in SEND_ONLY:
            raise PayloadError(action, ("it is sent, not called",), self.version)
        sent = False
        try:
            async with asyncio.timeout(timeout_s), self._asking.turn:
                sent = True
                return await self._ask(action, payload)
        except TimeoutError:
            self.counts["no_answer"] += 1
            raise NoAnswerError(self.name, action, timeout_s, sent=sent) from None

    async def send(self, action: str, payload: Payload) -> None:
        """Send what wants no answer, from 2.1 on.

        Raises
        ------
        PayloadError
            If the payload is not allowed, or the version has no such messages; nothing was sent.
        ClosedError
            If the connection is closed.
        """
        if self.version is not Version.V21 or action not in SEND_ONLY:
            raise PayloadError(action, (f"only 2.1 sends without an answer, and only {', '.join(SEND_ONLY)}",), self.version)
        self._check(action, "request", payload)
        if not await self._write(self._framed(frames.send, self._asking.next_id(), action, payload)):
            raise self._closed_error(action)

    async def serve(self) -> None:
        """Handle what arrives until the connection is closed, then end what is still going on."""
        try:
            how = await self._reading.run()
            if how.sent is not None and how.sent.code == TOO_BIG:
                self._turned_away(frames.Reason.OVERSIZED, how.sent.reason)
        finally:
            self.closed.set()
            self._asking.fail(self._closed_error)
            await self._reading.end()

    async def close(self, code: int = NORMAL, reason: str = "") -> None:
        """Close the connection; `serve` returns."""
        await self._socket.close(code, reason)

    # --- outbound ---

    def _check(self, action: str, kind: Any, payload: Payload) -> None:
        if action not in actions(self.version):
            raise PayloadError(action, (f"{self.version} has no such action",), self.version)
        wrong = violations(self.version, action, kind, payload)
        if wrong:
            raise PayloadError(action, wrong[1], self.version)

    def _framed(self, make: Callable[[str, str, Payload], bytes], message_id: str, action: str, payload: Payload) -> bytes:
        try:
            return make(message_id, action, payload)
        except ValueError as error:  # halves of characters, or nested too deep: both pass the schemas
            raise PayloadError(action, (f"it cannot be written as JSON ({error})",), self.version) from None

    async def _ask(self, action: str, payload: Payload) -> Payload:
        message_id, answer = self._asking.begin(action)
        try:
            data = self._framed(frames.call, message_id, action, payload)
            if self.closed.is_set() or not await self._write(data):
                raise self._closed_error(action)
            return await answer
        finally:
            self._asking.end()
            if answer.done() and not answer.cancelled():
                answer.exception()  # seen, also where the connection was lost before anybody waited for it

    def _closed_error(self, action: str) -> ClosedError:
        message = f"{self.name}: {action}: the connection is closed"
        return ClosedError(message)

    async def _write(self, data: bytes) -> bool:
        """Send a frame; returns whether the connection was still open."""
        if self._journal.frames:
            self._journal.frame(Way.SENT, self._link_id, readable(data))
        try:
            await self._socket.send(data, text=True)
        except ConnectionClosed:
            self.counts["unsent"] += 1
            return False
        self.counts["sent"] += 1
        return True

    # --- inbound ---

    async def _take(self, data: str | bytes) -> None:
        self.counts["received"] += 1
        if self._journal.frames:
            self._journal.frame(Way.RECEIVED, self._link_id, readable(data))
        try:
            frame = frames.parse(data, self.version)
        except frames.FrameError as error:
            await self._no_frame(error)
            return
        lull_s = self._hearing.heard()
        if math.isfinite(lull_s):
            self._after_lull(lull_s)
        if isinstance(frame, frames.Call):
            await self._called(frame, data)
        elif isinstance(frame, frames.Result):
            await self._answered(frame)
        else:
            self._refused(frame)

    def _after_lull(self, lull_s: float) -> None:
        """Give what was asked before or in a lull a last moment to be answered."""
        call_id = self._asking.open_id
        if call_id:
            self._journal.event(Way.EVENT, self._link_id, back_after_s=round(self._hearing.last_s - lull_s, 3))
            asyncio.get_running_loop().call_later(LAST_MOMENT_S, self._give_up, call_id)

    def _give_up(self, call_id: str) -> None:
        waited_s = round(time.monotonic() - self._asking.begun_s, 1)
        if self._asking.give_up(call_id, lambda action: LostAnswerError(self.name, action, waited_s, sent=True)):
            self.counts["lost_answer"] += 1

    async def _no_frame(self, error: frames.FrameError) -> None:
        self._turned_away(error.reason, error.description)
        if error.reason is frames.Reason.OVERSIZED:
            await self._socket.close(TOO_BIG, "at most 1 MiB")
        elif error.answered:
            await self._write(frames.error(error.id, error.code, error.description, None, self.version))

    async def _called(self, frame: frames.Call, data: str | bytes) -> None:
        refusal = self._reason_to_refuse(frame)
        if not frame.wants_answer:
            if refusal:
                self._turned_away("send_refused", f"{frame.action}: {refusal.description}")
            else:
                await self._reading.work(self._take_in(frame))
            return
        if refusal:
            self._turned_away(refusal.code, f"{frame.action}: {refusal.description}")
            await self._write(frames.error(frame.id, refusal.code, refusal.description, refusal.details, self.version))
            return
        given = self._answers.find(frame.id, data)
        if given is None:
            await self._reading.work(self._handle(frame, self._answers.add(frame.id, data)))
            return
        self.counts["duplicate"] += 1
        if given.data is None:
            given.repeats += 1  # answered when its first one is
        else:
            await self._write(given.data)

    def _reason_to_refuse(self, frame: frames.Call) -> CallError | None:
        action = frame.action
        if action not in actions(self.version):
            return CallError(Code.NOT_IMPLEMENTED, f"{self.version} has no action {action[:50]!r}")
        if action not in self._supported:
            return CallError(Code.NOT_SUPPORTED, f"{action} is not served here")
        if (action in SEND_ONLY) == frame.wants_answer:
            return CallError(Code.PROTOCOL, f"{action} is {'sent, not called' if frame.wants_answer else 'called, not sent'}")
        wrong = violations(self.version, action, "request", frame.payload, any_time=self._any_time)
        if wrong:
            return CallError(wrong[0], "; ".join(wrong[1]), {"violations": list(wrong[1])})
        if self._reading.busy >= MOST_OPEN_CALLS:
            return CallError(Code.INTERNAL, f"{MOST_OPEN_CALLS} calls wait for their answer here; send one at a time")
        return None

    async def _handle(self, frame: frames.Call, given: Given) -> None:
        given.data = data = await self._answer_to(frame)
        for _ in range(1 + given.repeats):
            await self._write(data)

    async def _answer_to(self, frame: frames.Call) -> bytes:
        try:
            payload = await self._handler(frame.action, frame.payload)
            self._check(frame.action, "response", payload)
            return frames.result(frame.id, payload)
        except CallError as error:
            self.counts["refused"] += 1
            return frames.error(frame.id, error.code, error.description, error.details, self.version)
        except asyncio.CancelledError:
            if self.closed.is_set():
                raise
            return self._failed(frame, "cancelled")
        except Exception as error:  # noqa: BLE001 - whatever a handler does wrong, the other side gets its answer
            return self._failed(frame, f"{type(error).__name__}: {error}")

    def _failed(self, frame: frames.Call, why: str) -> bytes:
        """Tell the journal what happened, and the other side only that something did."""
        self.counts["handler_failed"] += 1
        self._journal.event(Way.FAILED, self._link_id, action=frame.action, error=why)
        return frames.error(frame.id, Code.INTERNAL, f"{frame.action} could not be processed", None, self.version)

    async def _take_in(self, frame: frames.Call) -> None:
        """Handle what wants no answer."""
        try:
            await self._handler(frame.action, frame.payload)
        except Exception as error:  # noqa: BLE001 - nobody waits for it; it must not take the connection down
            self.counts["handler_failed"] += 1
            self._journal.event(Way.FAILED, self._link_id, action=frame.action, error=f"{type(error).__name__}: {error}")

    def _match(self, message_id: str) -> tuple[str, asyncio.Future[Payload]] | None:
        """Return the action and the future of the call that an answer belongs to."""
        match = self._asking.match(message_id)
        if match is not None:
            return match
        reason = "late_answer" if self._asking.was_given_up(message_id) else "unknown_id"
        self._turned_away(reason, f"answer to {message_id[:50]!r}, which is not waited for")
        return None

    async def _answered(self, frame: frames.Result) -> None:
        match = self._match(frame.id)
        if match is None:
            return
        action, answer = match
        wrong = violations(self.version, action, "response", frame.payload, any_time=self._any_time)
        if not wrong:
            answer.set_result(frame.payload)
            await asyncio.sleep(0)  # whoever waits for it goes on before what came after it is handled
            return
        code, words = wrong
        text = f"answer to {action}: {'; '.join(words)}"
        self._turned_away("invalid_answer", text)
        answer.set_exception(InvalidAnswerError(spelled(code, self.version), text, {"violations": list(words)}))
        if self.version is Version.V21:  # 2.1, FR.06: an invalid response is answered with CALLRESULTERROR
            await self._write(frames.error(frame.id, code, text, None, self.version, of_result=True))

    def _refused(self, frame: frames.Error) -> None:
        if frame.of_result or frame.id == frames.UNREADABLE_ID:
            reason = "result_refused" if frame.of_result else "frame_refused"
            self._turned_away(reason, f"{frame.code}: {frame.description[:LONGEST_NOTE]}")
            return
        match = self._match(frame.id)
        if match is not None:
            match[1].set_exception(CallError(frame.code, frame.description, frame.details))

    # --- bookkeeping ---

    def _turned_away(self, reason: str, why: str) -> None:
        self.counts[reason] += 1
        self._journal.event(Way.EVENT, self._link_id, turned_away=reason, why=why[:LONGEST_NOTE])

    def _task_failed(self, error: BaseException) -> None:
        self._journal.event(Way.FAILED, self._link_id, error=repr(error))
