# SPDX-License-Identifier: Apache-2.0
"""From the bytes of a message to numbers, and from numbers to bytes; whatever arrives is a number, absent, or an error."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hardware_in_loop.mqtt.profile import Command

LONGEST_BYTES: Final = 1 << 18
"""Longer payloads are not looked at: a Zigbee2MQTT device list may have 100 KiB, no state has."""
MISSING: Final = object()
_MILLISECONDS_FROM: Final = 1e11
"""Seconds since 1970 stay below until the year 5138, milliseconds have been above since 1973."""


class PayloadError(ValueError):
    """A payload that is not what the profile says."""


def _no_constant(text: str) -> float:
    message = f"{text} is no number of JSON"
    raise PayloadError(message)


_DECODER: Final = json.JSONDecoder(parse_constant=_no_constant)


def document(payload: bytes) -> Any:
    """Return a JSON document.

    >>> document(b'{"apower": 12.5}')
    {'apower': 12.5}

    Raises
    ------
    PayloadError
        If it is none, too long, nested too deeply, or holds NaN or Infinity.
    """
    if len(payload) > LONGEST_BYTES:
        message = f"{len(payload)} bytes are more than any state has ({LONGEST_BYTES})"
        raise PayloadError(message)
    try:
        return _DECODER.decode(payload.decode())
    except (ValueError, RecursionError) as error:
        message = f"is no JSON ({error})"[:160]
        raise PayloadError(message) from None


def steps(path: str) -> tuple[str, ...]:
    """Return the keys of a path; empty for the document itself."""
    return tuple(path.split(".")) if path else ()


def pick(tree: Any, keys: tuple[str, ...]) -> Any:
    """Return what stands at a path of a document, `MISSING` where nothing does.

    >>> pick({"params": {"switch:0": {"apower": 3}}}, steps("params.switch:0.apower"))
    3
    """
    for key in keys:
        if isinstance(tree, dict):
            tree = tree.get(key, MISSING)
        elif isinstance(tree, list) and key.isdecimal() and len(key) < 9 and int(key) < len(tree):  # noqa: PLR2004 - no such list
            tree = tree[int(key)]
        else:
            return MISSING
    return tree


def word(raw: object) -> str:
    """Return a value as a lower-case word; true and false as in JSON."""
    return ("true" if raw else "false") if isinstance(raw, bool) else str(raw).strip().lower()


def device_seconds(raw: object, unit: str) -> float:
    """Return seconds since 1970, NaN where the text or number is no such time."""
    try:
        if isinstance(raw, str) and unit in {"iso", "auto"}:
            moment = datetime.fromisoformat(_microseconds(raw))
            return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
        if isinstance(raw, bool) or not isinstance(raw, (int, float)):
            return math.nan
        seconds = float(raw)
    except (ValueError, OverflowError):
        return math.nan
    if unit == "ms" or (unit == "auto" and seconds > _MILLISECONDS_FROM):
        seconds /= 1000.0
    return seconds if math.isfinite(seconds) else math.nan


def _microseconds(text: str) -> str:
    """Return an ISO text with at most six digits of a second: ChirpStack writes nine, which Python refuses."""
    head, dot, tail = text.partition(".")
    digits = len(tail) - len(tail.lstrip("0123456789"))
    return f"{head}.{tail[: min(digits, 6)]}{tail[digits:]}" if dot else text


def raw_value(command: Command, value: float) -> bool | float | str:
    """Return what is sent for a value of a set-point.

    Raises
    ------
    PayloadError
        If the device cannot be asked for that value.
    """
    if not math.isfinite(value):
        message = f"{value} can not be asked for"
        raise PayloadError(message)
    if command.values:
        if value not in command.values:
            message = f"{value:g} can not be asked for; allowed: {', '.join(f'{each:g}' for each in command.values)}"
            raise PayloadError(message)
        return command.values[value]
    raw = round((value * command.sign - command.offset) / command.scale, command.decimals)
    return int(raw) if raw == int(raw) else raw


def fill(tree: Any, fields: Mapping[str, Any]) -> Any:
    """Return a template with its placeholders filled; one that is a whole text keeps its type.

    >>> fill({"id": "{channel}", "on": "{value}"}, {"channel": 0, "value": True})
    {'id': 0, 'on': True}
    """
    if isinstance(tree, dict):
        return {fill_text(key, fields) if isinstance(key, str) else key: fill(value, fields) for key, value in tree.items()}
    if isinstance(tree, list | tuple):
        return [fill(each, fields) for each in tree]
    if not isinstance(tree, str) or "{" not in tree:
        return tree
    if tree[0] == "{" and tree[-1] == "}" and tree[1:-1] in fields:
        return fields[tree[1:-1]]
    return fill_text(tree, fields)


def fill_text(text: str, fields: Mapping[str, Any]) -> str:
    """Return a text with its placeholders filled; others stay."""
    for name, value in fields.items():
        mark = f"{{{name}}}"
        if mark in text:
            text = text.replace(mark, str(value) if not isinstance(value, bool) else word(value))
    return text


def encode(payload: Any) -> bytes:
    """Return the bytes of a payload: text as it is, everything else as JSON."""
    if payload is None:
        return b""
    return payload.encode() if isinstance(payload, str) else json.dumps(payload, separators=(",", ":"), allow_nan=False).encode()
