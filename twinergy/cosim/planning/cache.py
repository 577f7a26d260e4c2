# SPDX-License-Identifier: Apache-2.0
"""Years that were taken from the twin before, kept in the user's cache: one file each, whole or not there at all.

Nothing is read back that was not written by the same code for the same scenario and data: all of that is in the key.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import zipfile
from contextlib import suppress
from dataclasses import fields, is_dataclass
from datetime import datetime
from logging import getLogger
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from twinergy.cache import VARIABLE, cache_folder
from twinergy.community.network import Network
from twinergy.planning.courses import CarFleet, Courses, HeatedHome, HeatNetwork, MeterPoint, Price, Roof, Store

if TYPE_CHECKING:
    from collections.abc import Iterator

    from twinergy.community.scenario import Scenario

LOG: Final = getLogger(__name__)
FORMAT: Final = 1
MOST_KEPT: Final = 16
MOST_BYTES: Final = 2 * 2**30
"""Years that stay, and what they may take together; those that were not asked for longest go first, the last one always stays.
Assumption: Hagedorn's year takes 50 MB, one of 1,110 homes ten times as much."""
ROOT: Final = Path(__file__).resolve().parents[3]
SORTS: Final = {
    sort.__name__: sort for sort in (Courses, MeterPoint, Roof, Store, HeatNetwork, HeatedHome, CarFleet, Price, Network)
}
FAULTS: Final = (OSError, ValueError, KeyError, TypeError, IndexError, EOFError, AttributeError, zipfile.BadZipFile)
"""What a file raises that is not what was written."""


def folder() -> Path:
    """Return the folder of kept years."""
    return cache_folder("courses")


def key_of(scenario: Scenario, **asked: object) -> str:
    """Return what identifies a year: the scenario with the files it names, what was asked of it, data and code.

    Parameters
    ----------
    scenario : Scenario
        The scenario.
    **asked
        Year, step and the like; anything that JSON can say.
    """
    text = hashlib.sha256(scenario.yaml().encode())
    text.update(json.dumps({"format": FORMAT, **asked}, sort_keys=True).encode())
    for path in sorted(set(_named_files(scenario.document.data, scenario.document.folder))):
        text.update(hashlib.sha256(path.read_bytes()).digest())
    places = [path for home in sorted({ROOT / "data", *_code(scenario)}) for path in sorted(home.rglob("*"))]
    for path in (*places, ROOT / "twinergy" / "planning" / "courses.py"):
        if path.is_file() and "__pycache__" not in path.parts:
            stat = path.stat()
            text.update(f"{path.name} {stat.st_size} {stat.st_mtime_ns}".encode())
    return text.hexdigest()[:32]


def _code(scenario: Scenario) -> set[Path]:
    """Return the folders of the code that makes a year: of the kinds in use, and of the laboratory."""
    makers = (*scenario.kinds.values(), scenario.grid_kind)
    kinds = {Path(module.__file__).parent for kind in makers if (module := _module(kind)) and module.__file__}
    return kinds | {ROOT / "twinergy" / room for room in ("cosim", "community")}


def _module(kind: object) -> Any:
    return sys.modules.get(type(kind).__module__)


def _named_files(data: Any, home: Path) -> Iterator[Path]:
    """Yield the files that texts of a scenario name, relative to its folder."""
    if isinstance(data, dict):
        data = list(data.values())
    if isinstance(data, list):
        for item in data:
            yield from _named_files(item, home)
    elif isinstance(data, str) and "." in data and "\n" not in data and len(data) < 200:  # noqa: PLR2004 - no longer names
        path = home / data
        if path.is_file():
            yield path


def load(key: str) -> Courses | None:
    """Return a kept year; None if there is none, or its file is not what was written."""
    path = folder() / f"{key}.npz"
    if not path.is_file():
        return None
    try:
        with path.open("rb") as raw, np.load(raw, allow_pickle=False) as file:
            arrays = [file[f"a{number}"] for number in range(len(file.files) - 1)]
            made = _made(json.loads(str(file["facts"])), arrays)
        os.utime(path)
    except FAULTS as fault:
        LOG.warning("the kept year %s cannot be used (%s: %s) and is made again", path, type(fault).__name__, fault)
        return None
    return made if isinstance(made, Courses) else None


def save(key: str, courses: Courses) -> None:
    """Keep a year; a folder that cannot be written to is only said in the log."""
    arrays: list[np.ndarray[Any, Any]] = []
    facts = json.dumps(_said(courses, arrays, {}))
    named: dict[str, Any] = {"facts": np.array(facts), **{f"a{number}": array for number, array in enumerate(arrays)}}
    home = folder()
    part = home / f"{key}.{os.getpid()}.part"
    try:
        home.mkdir(parents=True, exist_ok=True)
        with part.open("wb") as file:
            np.savez(file, **named)
        part.replace(home / f"{key}.npz")
        _prune(home)
    except OSError as fault:
        LOG.warning("the year cannot be kept in %s (%s); set %s to a folder of yours", home, fault, VARIABLE)
        with suppress(OSError):
            part.unlink(missing_ok=True)


def _prune(home: Path) -> None:
    total = 0
    for place, path in enumerate(sorted(home.glob("*.npz"), key=lambda path: path.stat().st_mtime_ns, reverse=True)):
        total += path.stat().st_size
        if place >= MOST_KEPT or (place and total > MOST_BYTES):
            path.unlink(missing_ok=True)


def _said(value: Any, arrays: list[np.ndarray[Any, Any]], known: dict[int, int]) -> Any:
    """Return a value as JSON can say it; arrays are put aside, each one once."""
    if isinstance(value, np.ndarray):
        if id(value) not in known:
            known[id(value)] = len(arrays)
            arrays.append(value)
        return {"array": known[id(value)]}
    if is_dataclass(value) and not isinstance(value, type):
        said = {one.name: _said(getattr(value, one.name), arrays, known) for one in fields(value)}
        return {"sort": type(value).__name__, "fields": said}
    if isinstance(value, tuple):
        return {"tuple": [_said(item, arrays, known) for item in value]}
    if isinstance(value, dict):
        return {"dict": {name: _said(item, arrays, known) for name, item in value.items()}}
    return (
        {"time": value.isoformat()} if isinstance(value, datetime) else value.item() if isinstance(value, np.generic) else value
    )


def _made(said: Any, arrays: list[np.ndarray[Any, Any]]) -> Any:
    """Return what `_said` was given."""
    if not isinstance(said, dict):
        return said
    if "array" in said:
        return arrays[said["array"]]
    if "sort" in said:
        return SORTS[said["sort"]](**{name: _made(item, arrays) for name, item in said["fields"].items()})
    if "tuple" in said:
        return tuple(_made(item, arrays) for item in said["tuple"])
    if "dict" in said:
        return {name: _made(item, arrays) for name, item in said["dict"].items()}
    return datetime.fromisoformat(said["time"])
