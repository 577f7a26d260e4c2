# SPDX-License-Identifier: Apache-2.0
"""Frames of OCPP-J: what they look like on the wire, and what can still be said of one that is none.

Section 4 of OCPP-J 1.6, part 4 of OCPP 2.0.1 and 2.1. Text is never trusted: whatever arrives is a frame or a `FrameError`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING, Any, Final

from pydantic_core import PydanticSerializationError, from_json, to_json

from hardware_in_loop.ocpp.errors import LONGEST_DESCRIPTION, Code, OcppError, spelled
from hardware_in_loop.ocpp.versions import Version

if TYPE_CHECKING:
    from collections.abc import Callable

LONGEST_FRAME_BYTES: Final = 1 << 20
LONGEST_ID: Final = 255
"""Characters of a message id that are still read; the standard has 36, stations have been seen with more."""
UNREADABLE_ID: Final = "-1"
"""Message id of an answer to what has no readable one, from 2.0.1 on."""

_BEGINNING_OF_CALL: Final = re.compile(r'\s*\[\s*2\s*,\s*"([A-Za-z0-9_.:{}-]{1,36})"\s*,')

Payload = dict[str, Any]


class Type(IntEnum):
    """First element of a frame."""

    CALL = 2
    RESULT = 3
    ERROR = 4
    RESULT_ERROR = 5
    """From 2.1 on: the result was not what the schema allows."""
    SEND = 6
    """From 2.1 on: a message that is not answered."""


class Reason(StrEnum):
    """Why something is no frame; it is counted by these."""

    OVERSIZED = "oversized"
    NO_JSON = "no_json"
    NO_FRAME = "no_frame"
    UNKNOWN_TYPE = "unknown_type"
    NO_ID = "no_id"
    NO_CALL = "no_call"
    NO_PAYLOAD = "no_payload"
    NO_SEND = "no_send"
    NO_RESULT = "no_result"
    NO_ERROR = "no_error"


@dataclass(slots=True)
class Call:
    """A question, or what is sent without wanting an answer."""

    id: str
    action: str
    payload: Payload
    wants_answer: bool = True


@dataclass(slots=True)
class Result:
    """The answer to a call."""

    id: str
    payload: Payload


@dataclass(slots=True)
class Error:
    """The refusal of a call, or from 2.1 on of a result."""

    id: str
    code: str
    description: str = ""
    details: Payload = field(default_factory=dict)
    of_result: bool = False


Frame = Call | Result | Error


class FrameError(OcppError):
    """What arrived is no frame of this version.

    Attributes
    ----------
    reason : Reason
        What it is counted as.
    id : str
        Its message id, ``-1`` where it cannot be read.
    code : str
        How the standard names what is wrong with it.
    answered : bool
        Whether the standard wants it answered by a CALLERROR.
    """

    def __init__(
        self, reason: Reason, description: str, *, message_id: str = UNREADABLE_ID, code: str = Code.FRAMEWORK, answered: bool
    ) -> None:
        self.reason = reason
        self.description = description
        self.id = message_id
        self.code = code
        self.answered = answered
        super().__init__(description)


def parse(data: bytes | str, version: Version) -> Frame:
    """Return the frame that a text is.

    Raises
    ------
    FrameError
        If it is none, with what to answer. Answers are never answered, or two sides could do so for ever.
    """
    newer = version is not Version.V16
    if len(data) > LONGEST_FRAME_BYTES:
        raise FrameError(Reason.OVERSIZED, f"{len(data)} bytes; at most {LONGEST_FRAME_BYTES} are read", answered=False)
    try:
        parts = from_json(data, allow_inf_nan=False)
    except ValueError as error:
        message_id = _salvaged_id(data)
        text = f"this is no JSON: {error}"
        raise FrameError(Reason.NO_JSON, text, message_id=message_id, answered=newer or message_id != UNREADABLE_ID) from None
    if type(parts) is not list or not parts:
        raise FrameError(Reason.NO_FRAME, "a frame is a JSON array that begins with its type", answered=newer)
    kind = parts[0]
    if type(kind) is not int or kind not in _READ[version]:
        raise _unknown_type(parts, newer=newer)
    return _READ[version][kind](parts, version)


def _id_of(parts: list[Any]) -> str | None:
    message_id = parts[1] if len(parts) > 1 else None
    return message_id if type(message_id) is str and len(message_id) <= LONGEST_ID else None


def _salvaged_id(data: bytes | str) -> str:
    """Return the message id of a call that breaks off or is broken further on, so that nobody waits for its answer in vain."""
    start = data[: 2 * LONGEST_ID]
    match = _BEGINNING_OF_CALL.match(start if isinstance(start, str) else start.decode("utf-8", "replace"))
    return match[1] if match else UNREADABLE_ID


def _unknown_type(parts: list[Any], *, newer: bool) -> FrameError:
    """1.6 wants unknown types ignored; later versions have an error for them."""
    message_id = _id_of(parts) or UNREADABLE_ID
    text = "the type of a message is a number from 2 to 4, in 2.1 to 6"
    code = Code.MESSAGE_TYPE if type(parts[0]) is int else Code.FRAMEWORK
    return FrameError(Reason.UNKNOWN_TYPE, text, message_id=message_id, code=code, answered=newer)


def _call(parts: list[Any], version: Version) -> Call:
    message_id = _id_of(parts)
    if message_id is None:
        raise FrameError(Reason.NO_ID, "the message id cannot be read", answered=version is not Version.V16)
    if len(parts) != 4 or type(parts[2]) is not str:  # noqa: PLR2004 - type, id, action, payload
        text = "a call is [2, id, action, payload]"
        raise FrameError(Reason.NO_CALL, text, message_id=message_id, answered=True)
    payload = {} if parts[3] is None else parts[3]  # null stands for no payload in OCPP-J 1.6, 4.2
    if type(payload) is not dict:
        text = "the payload of a call is an object"
        raise FrameError(Reason.NO_PAYLOAD, text, message_id=message_id, code=Code.FORMAT, answered=True)
    return Call(message_id, parts[2], payload)


def _send(parts: list[Any], version: Version) -> Call:  # noqa: ARG001
    message_id = _id_of(parts)
    if message_id is None or len(parts) != 4 or type(parts[2]) is not str or type(parts[3]) is not dict:  # noqa: PLR2004
        raise FrameError(Reason.NO_SEND, "what is sent is [6, id, action, payload]", answered=False)
    return Call(message_id, parts[2], parts[3], wants_answer=False)


def _result(parts: list[Any], version: Version) -> Result:  # noqa: ARG001
    message_id = _id_of(parts)
    payload = parts[2] if len(parts) == 3 else False  # noqa: PLR2004 - type, id, payload
    payload = {} if payload is None else payload
    if message_id is None or type(payload) is not dict:
        raise FrameError(Reason.NO_RESULT, "a result is [3, id, payload]", message_id=message_id or UNREADABLE_ID, answered=False)
    return Result(message_id, payload)


def _error(parts: list[Any], version: Version) -> Error:  # noqa: ARG001
    """Read leniently: stations leave the description or the details out, or write null or text for them."""
    message_id = _id_of(parts)
    if message_id is None or len(parts) < 3 or type(parts[2]) is not str:  # noqa: PLR2004
        text = "an error is [4, id, code, description, details]"
        raise FrameError(Reason.NO_ERROR, text, message_id=message_id or UNREADABLE_ID, answered=False)
    description, details = [*parts[3:5], "", ""][:2]
    return Error(
        message_id,
        parts[2],
        description if type(description) is str else "",
        details if type(details) is dict else {},
        of_result=parts[0] == Type.RESULT_ERROR,
    )


_OLD: Final[dict[int, Callable[[list[Any], Version], Frame]]] = {2: _call, 3: _result, 4: _error}
_READ: Final = {Version.V16: _OLD, Version.V201: _OLD, Version.V21: {**_OLD, 5: _error, 6: _send}}


def call(message_id: str, action: str, payload: Payload) -> bytes:
    """Return a question as text."""
    return to_json([2, message_id, action, payload])


def send(message_id: str, action: str, payload: Payload) -> bytes:
    """Return what wants no answer as text."""
    return to_json([6, message_id, action, payload])


def result(message_id: str, payload: Payload) -> bytes:
    """Return an answer as text."""
    return to_json([3, message_id, payload])


def error(
    message_id: str, code: str, description: str, details: Payload | None, version: Version, *, of_result: bool = False
) -> bytes:
    """Return a refusal as text, with its code as the version spells it; details that are no JSON are left out."""
    kind = Type.RESULT_ERROR if of_result else Type.ERROR
    frame = [int(kind), message_id, spelled(code, version), description[:LONGEST_DESCRIPTION], details or {}]
    try:
        return to_json(frame, inf_nan_mode="null")
    except (PydanticSerializationError, ValueError):
        return to_json([*frame[:4], {}])
