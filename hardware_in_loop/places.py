# SPDX-License-Identifier: Apache-2.0
"""Where the file of a profile lies, and where in it something stands, for whoever has to mend it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

from pydantic import AfterValidator, ValidationInfo

from twinergy.errors import Finding

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ruamel.yaml.nodes import Node


def place_of(loc: Sequence[str | int]) -> str:
    """Return a path through a document for people.

    >>> place_of(("states", 0, "topic"))
    'states[0].topic'
    """
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in loc).lstrip(".")


def line_of(root: Node | None, loc: Iterable[str | int]) -> int:
    """Return the line of a place in a document, from 1; of its parent where it does not exist, 0 for an empty document."""
    if root is None:
        return 0
    node, line = root, int(root.start_mark.line) + 1
    for part in loc:
        inner = _inside(node, part)
        if inner is None:
            break
        node, line = inner
    return line


def unreadable(error: Exception, path: Path) -> Finding:
    """Return what to tell about a file that is no YAML."""
    mark = getattr(error, "problem_mark", None)
    said = getattr(error, "problem", "") or str(error).partition("\n")[0]
    return Finding(message=f"this is no YAML: {said}", file=str(path), line=mark.line + 1 if mark else 0)


def _inside(node: Node, part: str | int) -> tuple[Node, int] | None:
    from ruamel.yaml.nodes import MappingNode, SequenceNode  # noqa: PLC0415 - naming an adapter must not cost the import of a parser

    if isinstance(node, SequenceNode) and isinstance(part, int):
        return (node.value[part], int(node.value[part].start_mark.line) + 1) if part < len(node.value) else None
    if isinstance(node, MappingNode):
        for key, value in node.value:
            if key.value == str(part):
                return value, int(key.start_mark.line) + 1
    return None


def _beside_the_scenario(profile: str, info: ValidationInfo) -> str:
    """Take the path of an own profile from the folder of the scenario, where whoever validates names it as ``folder``."""
    folder = (info.context or {}).get("folder")
    if not folder or Path(profile).suffix not in PROFILE_SUFFIXES:
        return profile
    return str(Path(folder).absolute() / profile)  # whole, so that nobody puts the folder in front of it once more


PROFILE_SUFFIXES: Final = frozenset({".yaml", ".yml"})
"""What the name of an own profile ends in."""
ProfileName = Annotated[str, AfterValidator(_beside_the_scenario)]
"""Name of a profile that comes along, or path of an own one relative to the scenario."""
