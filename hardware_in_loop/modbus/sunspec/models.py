# SPDX-License-Identifier: Apache-2.0
"""Layout of SunSpec models, as data in ``models.yaml``; offsets count from the register that holds the model's ID.

References
----------
.. [1] SunSpec Alliance, "SunSpec Device Information Model Specification", version 1.1 (data types, "not implemented" values), and
   the model definitions it names.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Final

from hardware_in_loop.modbus.registers import Kind, size_of

HEADER: Final = 2
"""Registers before a model's points: its ID and its length."""
_SIZE: Final = {"*": 1}


@dataclass(frozen=True, slots=True)
class SunSpecPoint:
    """One point of a model or of a group in it.

    Attributes
    ----------
    name : str
        As the model calls it.
    kind : Kind
        Type.
    at : int
        Offset from the model's ID register, or from the start of the group. [registers]
    count : int
        Registers.
    factor : str
        Name of its scale factor in the same model, empty for none.
    unit : str
        Unit as the model writes it.
    writable : bool
        Whether it may be written.
    """

    name: str
    kind: Kind
    at: int
    count: int
    factor: str = ""
    unit: str = ""
    writable: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """Points that repeat.

    Attributes
    ----------
    name : str
        Name.
    times : str
        Point of the model that says how often; empty for once.
    at : int
        Offset of the first one from the model's ID register. [registers]
    length : int
        Registers of one.
    points : dict of str to SunSpecPoint
        By name, offsets from the start of the group.
    """

    name: str
    times: str
    at: int
    length: int
    points: dict[str, SunSpecPoint]


@dataclass(frozen=True, slots=True)
class Model:
    """One information model.

    Attributes
    ----------
    id : int
        Number.
    title : str
        For people.
    length : int
        Registers after the header, with each group that repeats left out and each one that does not.
    points : dict of str to SunSpecPoint
        By name.
    groups : dict of str to Group
        By name.
    """

    id: int
    title: str
    length: int
    points: dict[str, SunSpecPoint]
    groups: dict[str, Group] = field(default_factory=dict)


@cache
def models() -> dict[int, Model]:
    """Return all models that are known, by number."""
    from ruamel.yaml import YAML  # noqa: PLC0415 - whoever has no SunSpec device needs no YAML either

    texts = YAML(typ="safe", pure=True).load(Path(__file__).with_name("models.yaml").read_text(encoding="utf-8"))
    known: dict[int, Model] = {number: _model(number, text) for number, text in texts.items() if "like" not in text}
    for number, text in texts.items():
        if "like" in text:
            like = known[text["like"]]
            known[number] = Model(number, like.title, like.length, like.points, like.groups)
    return known


def _model(number: int, text: dict[str, Any]) -> Model:
    points, end = _points(text["points"], HEADER)
    groups: dict[str, Group] = {}
    for name, part in text.get("groups", {}).items():
        inner, length = _points(part["points"], 0)
        groups[name] = Group(name, part.get("times", ""), end, length, inner)
        end += 0 if groups[name].times else length
    return Model(number, text["title"], end - HEADER, points, groups)


def _points(text: str, start: int) -> tuple[dict[str, SunSpecPoint], int]:
    """Return points by name and the offset after the last of them."""
    points: dict[str, SunSpecPoint] = {}
    at = start
    for word in text.split():
        name, kind_text, factor, unit, access = (*word.split(":"), "", "", "")[:5]
        base, _, length = kind_text.partition("*")
        kind = Kind(base)
        count = int(length) if length else size_of(kind)
        points[name] = SunSpecPoint(name, kind, at, count, factor, unit.replace("_", " "), access == "rw")
        at += count
    return points, at
