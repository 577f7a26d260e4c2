# SPDX-License-Identifier: Apache-2.0
"""Messages as JSON and back.

A document is the message's fields after ``information_object`` and ``schema_version``, which come first so that a receiver
finds the type without reading the rest. A document that says them elsewhere is read as well, only slower.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from pydantic import ValidationError
from pydantic_core import from_json, to_json

from twinergy.errors import closest
from twinergy.messages.errors import MessageError, malformed, shortened
from twinergy.messages.register import message_types

if TYPE_CHECKING:
    from collections.abc import Callable

    from twinergy.messages.base import Message

MAX_BYTES: Final = 1 << 20
"""Largest document, 1 MiB: the default of NATS."""

_START: Final = b'{"information_object":"'


@dataclass(frozen=True, slots=True)
class _Wire:
    kind: type[Message]
    head: bytes
    read: Callable[[bytes], Any]
    write: Callable[[Message], bytes]


_by_name: dict[bytes, _Wire] = {}
_by_type: dict[type[Message], _Wire] = {}


def encode(message: Message) -> bytes:
    """Return a message as JSON in UTF-8.

    Raises
    ------
    MessageError
        ``oversized`` beyond `MAX_BYTES`, ``unknown`` if its type names no information object.
    """
    wire = _by_type.get(type(message)) or _wire_of(type(message))
    data = wire.head + wire.write(message)[1:]
    if len(data) > MAX_BYTES:
        raise _oversized(len(data), message.information_object)
    return data


def decode(data: bytes) -> Message:
    """Return the message that a document holds, of the type that its information object names.

    Parameters
    ----------
    data : bytes
        JSON in UTF-8. Types are strict: a number is not accepted as text nor text as a number, and unknown fields are refused.

    Raises
    ------
    MessageError
        ``oversized`` beyond `MAX_BYTES`; ``malformed`` if it is not JSON or does not fit the type; ``unknown`` information
        object; ``version`` if the schema has another version.
    """
    if len(data) > MAX_BYTES:
        raise _oversized(len(data), "")
    if data.startswith(_START):
        wire = _by_name.get(data[len(_START) : data.find(b'"', len(_START))])
        if wire is not None and data.startswith(wire.head):
            return _read(wire, b"{" + data[len(wire.head) :])
    return _decode_any_order(data)


def _read(wire: _Wire, body: bytes) -> Message:
    try:
        message: Message = wire.read(body)
    except ValidationError as error:
        raise malformed(error, wire.kind.information_object) from error
    return message


def _decode_any_order(data: bytes) -> Message:
    try:
        document = from_json(data, allow_inf_nan=False)
    except ValueError as error:
        message = f"not JSON in UTF-8: {error}"
        raise MessageError(message, kind="malformed") from error
    if not isinstance(document, dict):
        message = f"a message is a JSON object (got {shortened(document)})"
        raise MessageError(message, kind="malformed")
    name, version = document.pop("information_object", None), document.pop("schema_version", None)
    wire = _known(name)
    if not isinstance(version, int) or isinstance(version, bool):
        message = f"schema_version: a whole number is missing (got {shortened(version)})"
        raise MessageError(message, kind="malformed", information_object=name)
    if version != wire.kind.schema_version:
        known = wire.kind.schema_version
        advice = "update the laboratory" if version > known else "update the sender"
        message = f"schema_version {version} is not {known}, the one that is read here: {advice}"
        raise MessageError(message, kind="version", information_object=name)
    return _read(wire, to_json(document))


def _known(name: object) -> _Wire:
    if not isinstance(name, str):
        message = f"information_object: a name is missing (got {shortened(name)})"
        raise MessageError(message, kind="malformed")
    types = message_types()
    if name not in types:
        message = f"no information object {shortened(name)}: {closest(name[:80], types)}"
        raise MessageError(message, kind="unknown")
    return _wire_of(types[name])


def _wire_of(kind: type[Message]) -> _Wire:
    name = kind.information_object
    if message_types().get(name) is not kind:
        message = f"type {kind.__qualname__} names no information object of its own, so nobody could read it back"
        raise MessageError(message, kind="unknown", information_object=name)
    kind.model_rebuild()
    head = b'{"information_object":%b,"schema_version":%d,' % (to_json(name), kind.schema_version)
    validator, serializer = kind.__pydantic_validator__, kind.__pydantic_serializer__
    wire = _Wire(kind, head, lambda body: validator.validate_json(body, strict=True), serializer.to_json)
    _by_type[kind] = _by_name[name.encode()] = wire
    return wire


def _oversized(size: int, information_object: str) -> MessageError:
    message = f"{size} bytes, allowed are {MAX_BYTES}; send a shorter series or several messages"
    return MessageError(message, kind="oversized", information_object=information_object)
