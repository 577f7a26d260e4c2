# SPDX-License-Identifier: Apache-2.0
"""Scenario files as documents: YAML, ``extends``, overrides, and where every value came from.

Merging is plain: mappings merge key by key, everything else (lists included) is replaced by the later document. Every value
remembers file and line, so a finding can point at it after any number of ``extends`` and ``--set``.
"""

from __future__ import annotations

import errno
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from twinergy.errors import Finding, ScenarioError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

KeyPath = tuple[str | int, ...]
COMMAND_LINE: Final = "--set"
SCENARIOS: Final = Path(__file__).resolve().parents[2] / "scenarios"
MAX_DEPTH: Final = 10


def dotted(path: KeyPath) -> str:
    """Return a path as people write it.

    >>> dotted(("devices", 3, "soc"))
    'devices[3].soc'
    """
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text


@dataclass(frozen=True)
class Document:
    """A merged document and the origin of its values.

    Attributes
    ----------
    data : dict
        Plain dictionaries, lists and scalars.
    origin : dict
        File name and line (from 1; 0 for the command line) by path.
    files : tuple of pathlib.Path
        Files that were read, the base of an ``extends`` chain first.
    """

    data: dict[str, Any]
    origin: dict[KeyPath, tuple[str, int]] = field(default_factory=dict)
    files: tuple[Path, ...] = ()

    @property
    def folder(self) -> Path:
        """Folder of the outermost file; relative paths in the document start there."""
        return self.files[-1].parent if self.files else Path()

    def where(self, path: KeyPath) -> tuple[str, int]:
        """Return file and line of the value at a path, or of the nearest value around it."""
        for end in range(len(path), -1, -1):
            if path[:end] in self.origin:
                return self.origin[path[:end]]
        return (str(self.files[-1]) if self.files else "", 0)

    def value(self, path: KeyPath) -> Any:
        """Return the value at a path, None where there is none."""
        value: Any = self.data
        for part in path:
            try:
                value = value[part]
            except (KeyError, IndexError, TypeError):
                return None
        return value

    def finding(self, message: str, path: KeyPath, *, value: Any = None, allowed: str = "") -> Finding:
        """Return a finding that points at a path of this document."""
        file, line = self.where(path)
        return Finding(message=message, path=dotted(path), file=file, line=line, value=value, allowed=allowed)


def pilots() -> dict[str, Path]:
    """Return the scenarios in the box by name."""
    files = sorted(SCENARIOS.glob("*/*/scenario.yaml"))
    return {file.parent.name: file for file in files}


def read(file: Path) -> Document:
    """Read a YAML file with everything it extends: files beside it, or scenarios in the box by name.

    Raises
    ------
    ScenarioError
        If a file is missing, is not YAML, is not a mapping, or extends itself.
    """
    return _read_chain(file, ())


def _read_chain(file: Path, seen: tuple[Path, ...]) -> Document:
    resolved = file.resolve()
    if resolved in seen or len(seen) >= MAX_DEPTH:
        chain = " → ".join(path.name for path in (*seen, resolved))
        raise ScenarioError([Finding(message=f"'extends' goes round in a circle: {chain}", file=str(file))])
    own = _read_one(file)
    base_name = own.data.pop("extends", None)
    if base_name is None:
        return own
    if not isinstance(base_name, str):
        raise ScenarioError(
            [
                own.finding(
                    "'extends' names one file", ("extends",), value=base_name, allowed="a relative path, or the name of a pilot"
                )
            ]
        )
    base = file.parent / base_name
    known = pilots()
    return _merged(_read_chain(known[base_name] if not base.exists() and base_name in known else base, (*seen, resolved)), own)


def _read_one(file: Path) -> Document:
    from ruamel.yaml import YAML  # noqa: PLC0415 - only when a scenario is read
    from ruamel.yaml.error import MarkedYAMLError, YAMLError  # noqa: PLC0415

    try:
        text = file.read_text(encoding="utf-8")
        loaded = YAML(typ="rt", pure=True).load(text)
    except OSError as error:
        reason = "there is no such file" if error.errno == errno.ENOENT else f"cannot be read ({error.strerror})"
        raise ScenarioError([Finding(message=reason, file=str(file))]) from error
    except UnicodeDecodeError as error:
        finding = Finding(message=f"is not a text file in UTF-8 (byte {error.start})", file=str(file), allowed="a YAML file")
        raise ScenarioError([finding]) from error
    except YAMLError as error:
        mark = error.problem_mark if isinstance(error, MarkedYAMLError) else None
        problem = (error.problem if isinstance(error, MarkedYAMLError) else None) or str(error)
        line = mark.line + 1 if mark else 0
        raise ScenarioError([Finding(message=f"is not valid YAML: {problem.strip()}", file=str(file), line=line)]) from error
    if not isinstance(loaded, dict):
        finding = Finding(message="a scenario is a mapping of keys", file=str(file), value=type(loaded).__name__)
        raise ScenarioError([finding])
    origin: dict[KeyPath, tuple[str, int]] = {}
    return Document(_plain(loaded, (), str(file), origin), origin, (file,))


def _plain(node: Any, path: KeyPath, file: str, origin: dict[KeyPath, tuple[str, int]]) -> Any:
    """Turn ruamel's nodes into plain values and note the line of each key and item."""
    if isinstance(node, dict):
        for key in node:
            origin[(*path, _bare(key))] = (file, node.lc.key(key)[0] + 1)  # type: ignore[attr-defined]
        return {_bare(key): _plain(value, (*path, _bare(key)), file, origin) for key, value in node.items()}
    if isinstance(node, list):
        for index in range(len(node)):
            origin[(*path, index)] = (file, node.lc.item(index)[0] + 1)  # type: ignore[attr-defined]
        return [_plain(value, (*path, index), file, origin) for index, value in enumerate(node)]
    return _bare(node)


def _bare(node: Any) -> Any:
    """Turn ruamel's strings, numbers and times, which remember how they were written, into plain ones."""
    if isinstance(node, bool) or node is None:
        return node
    if isinstance(node, datetime):
        return datetime.combine(node.date(), node.timetz())
    plain = next((sort for sort in (str, float, int) if isinstance(node, sort)), None)
    return plain(node) if plain else node


def _merged(base: Document, top: Document) -> Document:
    origin = dict(base.origin)

    def merge(below: Mapping[str, Any], above: Mapping[str, Any], path: KeyPath) -> dict[str, Any]:
        result = dict(below)
        for key, value in above.items():
            here = (*path, key)
            if isinstance(value, dict) and isinstance(result.get(key), dict):
                result[key] = merge(result[key], value, here)
                origin[here] = top.where(here)
            else:
                for known in [known for known in origin if known[: len(here)] == here]:
                    del origin[known]
                origin.update({known: at for known, at in top.origin.items() if known[: len(here)] == here})
                result[key] = value
        return result

    return Document(merge(base.data, top.data, ()), origin, (*base.files, *top.files))


def override(document: Document, assignments: Iterable[str]) -> Document:
    """Return the document with ``a.b=c`` assignments applied; values are YAML, list items are numbers (``devices.0.soc``).

    A path that does not exist from the root is looked up as the end of exactly one existing path (``battery.share`` for
    ``community.devices.battery.share``).

    Raises
    ------
    ScenarioError
        If an assignment has no ``=``, its value is not YAML, or its path runs through something that is not a mapping or list.
    """
    findings: list[Finding] = []
    for assignment in assignments:
        path_text, equals, value_text = assignment.partition("=")
        if not equals or not path_text.strip():
            findings.append(Finding(message="is not of the form a.b=c", file=COMMAND_LINE, value=assignment))
            continue
        try:
            document = _assigned(document, path_text.strip(), _scalar(value_text))
        except ValueError as error:
            findings.append(Finding(message=str(error), file=COMMAND_LINE, path=path_text))
    if findings:
        raise ScenarioError(findings, "command line")
    return document


def _scalar(text: str) -> Any:
    from ruamel.yaml import YAML  # noqa: PLC0415
    from ruamel.yaml.error import YAMLError  # noqa: PLC0415

    try:
        return YAML(typ="safe", pure=True).load(text)
    except YAMLError as error:
        message = f"value {text!r} is not YAML"
        raise ValueError(message) from error


def _assigned(document: Document, path_text: str, value: Any) -> Document:
    path = _resolved(document, tuple(int(part) if part.isdigit() else part for part in path_text.split(".")))
    return assigned(document, path, value)


def assigned(document: Document, path: KeyPath, value: Any) -> Document:
    """Return the document with one value replaced, the original untouched.

    Raises
    ------
    ValueError
        If the path runs through something that is neither a mapping nor an existing list item.
    """

    def put(node: Any, rest: KeyPath, done: KeyPath) -> Any:
        if not rest:
            return value
        key = rest[0]
        if isinstance(node, list):
            if not isinstance(key, int) or key >= len(node):
                message = f"{dotted(done)} is a list of {len(node)}; {key!r} is not one of its positions"
                raise ValueError(message)
            return [put(item, rest[1:], (*done, key)) if index == key else item for index, item in enumerate(node)]
        if node is None:
            node = {}
        if not isinstance(node, dict):
            message = f"{dotted(done)} is {node!r} and has no keys; set it as a whole"
            raise ValueError(message)  # noqa: TRY004 - the type is the file author's mistake, not the caller's
        key = key if key in node or str(key) not in node else str(key)
        return {**node, key: put(node.get(key), rest[1:], (*done, key))}

    data = put(document.data, path, ())
    origin = {known: at for known, at in document.origin.items() if known[: len(path)] != path}
    origin[path] = (COMMAND_LINE, 0)
    return Document(data, origin, document.files)


def _resolved(document: Document, path: KeyPath) -> KeyPath:
    if path[0] in document.data:
        return path
    matches = [known for known in document.origin if len(known) > len(path) and known[-len(path) :] == path]
    if len(matches) == 1:
        return matches[0]
    if len(matches) > 1:
        message = f"is not unique: it ends {', '.join(dotted(match) for match in matches)}; write one of them in full"
        raise ValueError(message)
    return path
