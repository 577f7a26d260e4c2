# SPDX-License-Identifier: Apache-2.0
"""Profiles by name or file, checked in full: every finding at once, with its line."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pydantic import ValidationError

from hardware_in_loop.modbus.check import problems
from hardware_in_loop.modbus.profile import Profile
from hardware_in_loop.places import PROFILE_SUFFIXES, line_of, place_of, unreadable
from twinergy.errors import Finding, ScenarioError, closest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ruamel.yaml.nodes import Node

FOLDER: Final = Path(__file__).resolve().parents[1] / "profiles" / "modbus"


def names() -> tuple[str, ...]:
    """Return the names of the profiles that come along."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.yaml")))


def find(name: str, folder: Path = Path()) -> Path:
    """Return the file of a profile.

    Parameters
    ----------
    name : str
        Name of one that comes along, or a path of an own one (``my_inverter.yaml``).
    folder : pathlib.Path
        Folder of the scenario, to which paths are relative.

    Raises
    ------
    ScenarioError
        If there is none.
    """
    if Path(name).suffix in PROFILE_SUFFIXES:
        path = folder / name
        if not path.is_file():
            raise ScenarioError([Finding(message="no such file", path="profile", value=str(path))], "Modbus profile")
        return path
    if name not in names():
        allowed = f"{closest(name, names())}; or the path of a file such as my_inverter.yaml"
        raise ScenarioError(
            [Finding(message="no such Modbus profile", path="profile", value=name, allowed=allowed)], "Modbus profile"
        )
    return FOLDER / f"{name}.yaml"


def load(name: str, folder: Path = Path()) -> Profile:
    """Return a profile.

    Raises
    ------
    ScenarioError
        With everything that is wrong with it.
    """
    path = find(name, folder).resolve()
    return _load(path, path.stat().st_mtime_ns)


@cache
def _load(path: Path, _changed: int) -> Profile:
    from ruamel.yaml import YAML  # noqa: PLC0415 - naming a profile must not cost the import of a parser
    from ruamel.yaml.error import YAMLError  # noqa: PLC0415

    try:
        text = path.read_text(encoding="utf-8")
        document = YAML(typ="safe", pure=True).load(text)
        root = YAML(typ="safe", pure=True).compose(text)
    except (YAMLError, UnicodeDecodeError, OSError) as error:
        raise ScenarioError([unreadable(error, path)], "Modbus profile") from error
    if not isinstance(document, dict):
        raise ScenarioError(
            [Finding(message="a profile is a mapping with title, points and devices", file=str(path))], "Modbus profile"
        )
    return _checked(document, path, root)


def _checked(document: dict[str, Any], path: Path, root: Node) -> Profile:
    try:
        profile = Profile.model_validate(document)
    except ValidationError as error:
        findings = [_finding(one["loc"], one["msg"], one["input"], path, root) for one in error.errors()]
        raise ScenarioError(findings, "Modbus profile") from error
    found = problems(profile)
    if found:
        raise ScenarioError([_finding(loc, message, value, path, root) for loc, message, value in found], "Modbus profile")
    return profile


def _finding(loc: Sequence[str | int], message: str, value: object, path: Path, root: Node) -> Finding:
    simple = value if isinstance(value, (str, int, float)) else None
    return Finding(message=message, path=place_of(loc), file=str(path), line=line_of(root, loc), value=simple)
