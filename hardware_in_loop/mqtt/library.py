# SPDX-License-Identifier: Apache-2.0
"""Profiles by name or path, checked, and with their placeholders filled for one device."""

from __future__ import annotations

import re
from functools import cache
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pydantic import ValidationError

from hardware_in_loop.mqtt.payloads import fill
from hardware_in_loop.mqtt.profile import Profile
from hardware_in_loop.places import line_of, place_of, unreadable
from twinergy.errors import Finding, ScenarioError, closest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ruamel.yaml.nodes import Node

PROFILES: Final = Path(__file__).resolve().parents[1] / "profiles" / "mqtt"
LATER: Final = frozenset({"value", "within_s", "client"})
"""Placeholders that are known only when a message is sent."""
WILDCARDS: Final = "+#"
_MARK: Final = re.compile(r"\{([a-z_]+)\}")


def names() -> tuple[str, ...]:
    """Return the names of the laboratory's own profiles."""
    return tuple(sorted(path.stem for path in PROFILES.glob("*.yaml")))


def load(profile: str, folder: Path | None = None) -> Profile:
    """Return a profile by its name, or by the path of a file, relative to `folder`.

    Raises
    ------
    ScenarioError
        If there is none, or with everything that is wrong in it.
    """
    if not profile.endswith((".yaml", ".yml")):
        if profile not in names():
            allowed = f"{closest(profile, names())}; or the path of a file .yaml"
            raise ScenarioError([Finding(message="no such MQTT profile", path="profile", value=profile, allowed=allowed)])
        return _read(PROFILES / f"{profile}.yaml")
    path = (folder or Path()) / profile
    if not path.is_file():
        message = f"there is no file {path}"
        raise ScenarioError([Finding(message=message, path="profile", value=profile, allowed="a file, or " + ", ".join(names()))])
    return _read(path)


def text_of(profile: Profile) -> str:
    """Return a profile as the text of a file."""
    from ruamel.yaml import YAML  # noqa: PLC0415 - for a scan only

    stream = StringIO()
    YAML(typ="safe", pure=True).dump(profile.model_dump(mode="json", exclude_defaults=True), stream)
    return stream.getvalue()


def _read(path: Path) -> Profile:
    return _read_at(path, path.stat().st_mtime_ns)


@cache
def _read_at(path: Path, changed: int) -> Profile:  # noqa: ARG001 - a file that was edited is read again
    from ruamel.yaml import YAML  # noqa: PLC0415 - only scenarios with MQTT devices read profiles
    from ruamel.yaml.error import YAMLError  # noqa: PLC0415

    try:
        text = path.read_text(encoding="utf-8")
        document: Any = YAML(typ="safe", pure=True).load(text)
        root = YAML(typ="safe", pure=True).compose(text)
    except (YAMLError, UnicodeDecodeError, OSError) as error:
        raise ScenarioError([unreadable(error, path)], "MQTT profile") from error
    try:
        return Profile.model_validate(document)
    except ValidationError as error:
        raise ScenarioError(_findings(error, path, root), f"MQTT profile {path.name}") from error


def _findings(error: ValidationError, path: Path, root: Node | None) -> list[Finding]:
    found = error.errors(include_url=False)
    places = [each["loc"] for each in found]
    return [
        Finding(
            message=each["msg"].removeprefix("Value error, "),
            path=place_of(each["loc"]),
            file=str(path),
            line=line_of(root, each["loc"]),
            value=each["input"] if isinstance(each["input"], str | int | float) else None,
        )
        for each in found
        # A list is "too short" only because what stands in it is wrong, which is said already.
        if each["type"] != "too_short" or not any(loc[: len(each["loc"])] == each["loc"] != loc for loc in places)
    ]


def _place(name: str) -> str:
    return "topic" if name == "topic" else f"fields.{name}"


def bind(profile: Profile, topic: str, fields: Mapping[str, str | int]) -> Profile:
    """Return a profile for one device: its placeholders filled with the device's topic, the scenario's fields and defaults.

    Raises
    ------
    ScenarioError
        With every placeholder that has no value, and every field that has no placeholder.
    """
    known = {**profile.fields, **fields} | ({"topic": topic} if topic else {})
    document = profile.model_dump(exclude={"fields"})
    used = set(_MARK.findall(repr(document)))
    findings = [
        Finding(message=f"the profile has {{{name}}} in its topics: say what stands there", path=_place(name))
        for name in sorted(used - LATER - known.keys())
    ]
    findings += [
        Finding(
            message="the profile has no such field",
            path=f"fields.{name}",
            value=fields[name],
            allowed=closest(name, used - LATER),
        )
        for name in sorted(fields.keys() - used)
    ]
    if topic and "topic" not in used:
        findings.append(Finding(message="the profile has no device topic", path="topic", value=topic))
    if findings:
        raise ScenarioError(findings, profile.title)
    bound = Profile.model_validate(fill(document, known))
    findings = _wild(bound, known)
    if findings:
        raise ScenarioError(findings, profile.title)
    return bound


def _wild(profile: Profile, known: Mapping[str, str | int]) -> list[Finding]:
    """Return topics with wildcards to which nothing can be published: those of commands and questions."""
    messages = [message for command in profile.commands.values() for message in (command.send, command.timed)]
    topics = {message.topic for message in (*messages, profile.request, *profile.also) if message is not None}
    topics |= {profile.calls.topic} if profile.calls is not None else set()
    names = [name for name, value in known.items() if set(str(value)) & {*WILDCARDS}]
    return [
        Finding(
            message="something is sent to this topic, so no + and no #", path=_place(names[0] if names else "topic"), value=topic
        )
        for topic in sorted(topics)
        if set(topic) & {*WILDCARDS}
    ]
