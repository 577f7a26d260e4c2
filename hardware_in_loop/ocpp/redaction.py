# SPDX-License-Identifier: Apache-2.0
"""Frames as text for the journal, without the passwords that some of them carry."""

from __future__ import annotations

import json
from typing import Any, Final

SECRET_NAMES: Final = frozenset({"AuthorizationKey", "BasicAuthPassword"})
"""Names of the configuration keys of 1.6 and of the variables of 2.x that hold a password."""
SECRET_FIELDS: Final = frozenset({"basicAuthPassword", "apnPassword", "password"})
"""Fields of SetNetworkProfile that hold one."""
VALUE_FIELDS: Final = ("value", "attributeValue")
HIDDEN: Final = "(hidden)"
_WORDS: Final = tuple(f'"{word}"'.encode() for word in SECRET_NAMES | SECRET_FIELDS)


def readable(data: str | bytes) -> str:
    """Return a frame as text, each password in it replaced.

    >>> readable('[2,"1","ChangeConfiguration",{"key":"AuthorizationKey","value":"hush"}]')
    '[2,"1","ChangeConfiguration",{"key":"AuthorizationKey","value":"(hidden)"}]'
    """
    raw = data.encode() if isinstance(data, str) else data
    if not any(word in raw for word in _WORDS):
        return raw.decode("utf-8", "replace")
    try:
        return json.dumps(_hidden(json.loads(raw)), separators=(",", ":"), ensure_ascii=False)
    except (ValueError, RecursionError):
        return f"(no JSON, {len(raw)} bytes, may hold a password)"


def _hidden(part: Any) -> Any:
    if isinstance(part, list):
        return [_hidden(item) for item in part]
    if not isinstance(part, dict):
        return part
    secret = SECRET_FIELDS.union(VALUE_FIELDS) if _names_secret(part) else SECRET_FIELDS
    return {name: HIDDEN if name in secret and isinstance(value, str) else _hidden(value) for name, value in part.items()}


def _names_secret(part: dict[str, Any]) -> bool:
    named = [part.get("key"), *(value.get("name") for value in part.values() if isinstance(value, dict))]
    return any(isinstance(name, str) and name in SECRET_NAMES for name in named)
