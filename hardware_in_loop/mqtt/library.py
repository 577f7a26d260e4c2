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
from twinergy.errors import Finding, ScenarioError, closest

if TYPE_CHECKING:
    from collections.abc import Mapping

PROFILES: Final = Path(__file__).resolve().parents[1] / "profiles" / "mqtt"
LATER: Final = frozenset({"value", "within_s", "client"})
"""Placeholders that are known only when a message is sent."""
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
        document: Any = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
        return Profile.model_validate(document)
    except ValidationError as error:
        raise ScenarioError(_findings(error, path), f"MQTT profile {path.name}") from error
    except (YAMLError, UnicodeDecodeError) as error:
        line = getattr(getattr(error, "problem_mark", None), "line", -1) + 1
        raise ScenarioError([Finding(message=f"is no YAML: {error}", file=str(path), line=line)], "MQTT profile") from error


def _findings(error: ValidationError, path: Path) -> list[Finding]:
    return [
        Finding(
            message=each["msg"].removeprefix("Value error, "),
            path=".".join(map(str, each["loc"])),
            file=str(path),
            value=each["input"] if isinstance(each["input"], str | int | float) else None,
        )
        for each in error.errors(include_url=False)
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
    return Profile.model_validate(fill(document, known))
