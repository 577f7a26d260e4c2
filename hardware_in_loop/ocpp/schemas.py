# SPDX-License-Identifier: Apache-2.0
"""The JSON schemas of the messages, compiled when they are first needed.

The schemas are data files of the ``ocpp`` package, as the Open Charge Alliance published them. None of its code is used: its
conversion of names does not return 43 of the 555 names in 2.1 unharmed, among them every set-point of a single phase.
"""

from __future__ import annotations

import json
from datetime import datetime
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any, Final, Literal

from hardware_in_loop.ocpp.errors import Code
from hardware_in_loop.ocpp.versions import Version
from twinergy.errors import closest

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

    from jsonschema_rs import Validator

Kind = Literal["request", "response"]

MOST_FINDINGS: Final = 8
SEND_ONLY: Final = frozenset({"NotifyPeriodicEventStream"})
"""Actions of 2.1 that are sent and never answered."""

_FOLDERS: Final = {Version.V16: "v16", Version.V201: "v201", Version.V21: "v21"}
_SUFFIX: Final = ".json"
_CODES: Final = {
    "type": Code.TYPE,
    "maxLength": Code.TYPE,
    "minLength": Code.TYPE,
    "minItems": Code.OCCURRENCE,
    "maxItems": Code.OCCURRENCE,
    "required": Code.OCCURRENCE,
    "additionalProperties": Code.FORMAT,
}
"""What each kind of violation is; any other is an invalid value."""


@cache
def _files(version: Version) -> dict[tuple[str, Kind], Traversable]:
    """Return the schema files by action and kind. 1.6 names a request by its action alone, 2.1 what is only sent."""
    found: dict[tuple[str, Kind], Traversable] = {}
    for file in (resources.files("ocpp") / _FOLDERS[version] / "schemas").iterdir():
        name = file.name.removesuffix(_SUFFIX)
        if name == file.name:
            continue
        if name.endswith("Response"):
            found[name.removesuffix("Response"), "response"] = file
        else:
            found[name.removesuffix("Request"), "request"] = file
    return found


@cache
def actions(version: Version) -> frozenset[str]:
    """Return the actions of a version, as frames name them."""
    return frozenset(action for action, kind in _files(version) if kind == "request")


@cache
def schema(version: Version, action: str, kind: Kind) -> dict[str, Any]:
    """Return the schema of a message as it was published.

    Raises
    ------
    KeyError
        If the version has no such message.
    """
    file = _files(version).get((action, kind))
    if file is None:
        message = f"{version} has no {kind} of {action!r}: {closest(action, actions(version))}"
        raise KeyError(message)
    document: dict[str, Any] = json.loads(file.read_text("utf-8-sig"))
    return document


@cache
def validator(version: Version, action: str, kind: Kind) -> Validator:
    """Return the compiled schema of a message; its messages hide the values, which may be passwords.

    Raises
    ------
    KeyError
        If the version has no such message.
    """
    import jsonschema_rs  # noqa: PLC0415 - compiled code that only a run with charging stations needs

    compiled: Validator = jsonschema_rs.validator_for(schema(version, action, kind), mask="the value")
    return compiled


def violations(
    version: Version, action: str, kind: Kind, payload: object, *, any_time: bool = False
) -> tuple[Code, tuple[str, ...]] | None:
    """Return what is wrong with a payload: the code of the first finding and all findings in words; None where nothing is.

    A finding of structure goes before one of a value, since a value in the wrong place means nothing. With ``any_time`` a time is
    one too that has no zone, or is written in another way of ISO 8601: JSON schema leaves it open whether formats are checked,
    and there are stations in the field that write such times.
    """
    compiled = validator(version, action, kind)
    try:
        if compiled.is_valid(payload):
            return None
        found = [
            (_code(error, version), _worded(error))
            for _, error in zip(range(MOST_FINDINGS), compiled.iter_errors(payload), strict=False)
            if not (any_time and _is_time(error, payload))
        ]
    except (ValueError, TypeError, OverflowError) as error:  # what is not JSON: infinite numbers, objects of Python
        return Code.FORMAT, (f"{action}: cannot be written as JSON ({error})",)
    if not found:
        return None
    found.sort(key=lambda finding: _ORDER.index(finding[0]))
    return found[0][0], tuple(words for _, words in found)


def _is_time(error: Any, payload: Any) -> bool:
    """Return whether a finding is about a time that can be read all the same."""
    if error.kind.name != "format":
        return False
    for part in error.instance_path:
        payload = payload[part]
    try:
        datetime.fromisoformat(payload)
    except (TypeError, ValueError):
        return False
    return True


_ORDER: Final = (Code.FORMAT, Code.PROTOCOL, Code.OCCURRENCE, Code.TYPE, Code.PROPERTY)


def _code(error: Any, version: Version) -> Code:
    if not error.instance_path and error.kind.name == "type":
        return Code.FORMAT  # the payload itself is no object
    if error.kind.name == "required" and version is Version.V16:
        return Code.PROTOCOL  # 1.6: "payload for action is incomplete"
    return _CODES.get(error.kind.name, Code.PROPERTY)


def _worded(error: Any) -> str:
    path = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in error.instance_path).lstrip(".")
    return f"{path}: {error.message}" if path else str(error.message)
