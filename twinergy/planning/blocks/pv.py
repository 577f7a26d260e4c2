# SPDX-License-Identifier: Apache-2.0
"""Modules on roofs: what they yield is known, how many there are on each side and how much of it is used is chosen."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Final

import numpy as np
import pyomo.environ as pyo

from twinergy.errors import Finding
from twinergy.planning.blocks.agreeing import plain
from twinergy.planning.blocks.allowed import POWER, Allowed
from twinergy.planning.blocks.block import Block
from twinergy.planning.draft import ELECTRICITY

if TYPE_CHECKING:
    from twinergy.kinds import FloatArray
    from twinergy.planning.draft import Draft
    from twinergy.planning.size import Size

YIELD: Final = Allowed(0.0, unit="kW/kWp")


@dataclass(frozen=True, kw_only=True)
class Face:
    """Roofs that look the same way.

    Attributes
    ----------
    yield_kw_per_kwp : ndarray, shape (n,), or float
        Power of one installed kWp. [kW/kWp]
    size : Size
        Installed power; `most` is what the roofs still have room for. [kWp]
    name : str
        Part of the name of its size, ``size_<name>_kwp``; the size of a face without a name is ``size_kwp``.
    """

    yield_kw_per_kwp: FloatArray | float
    size: Size
    name: str = ""

    @property
    def size_name(self) -> str:
        """Name of its size."""
        return f"size_{plain(self.name)}_kwp" if self.name else "size_kwp"


@dataclass(frozen=True, kw_only=True)
class Pv(Block):
    """PV of one node, on roofs of several directions; what is not used is curtailed, wherever it would come from.

    Attributes
    ----------
    id, node : str
        Name and place.
    faces : tuple of Face
        Roofs by direction, at least one.
    existing_kw : ndarray, shape (n,), optional
        What the modules that are there yield together, where faces are coarser than that; by the faces otherwise. [kW]

    Notes
    -----
    ``generated_kw <= existing_kw + sum over faces of yield_kw_per_kwp * size_kwp``, where ``existing_kw`` is the sum over faces
    of ``yield_kw_per_kwp * existing`` if not given.
    """

    id: str
    node: str
    faces: tuple[Face, ...]
    existing_kw: FloatArray | None = None
    kind: ClassVar[str] = "pv"
    allowed: ClassVar = {"existing_kw": POWER}

    @classmethod
    def of(cls, *, id: str, node: str, yield_kw_per_kwp: FloatArray | float, size: Size) -> Pv:  # noqa: A002 - the field's name
        """Return PV that looks one way; its size is ``size_kwp``."""
        return cls(id=id, node=node, faces=(Face(yield_kw_per_kwp=yield_kw_per_kwp, size=size),))

    def add(self, draft: Draft) -> None:
        """Add the power that is used, at most what the sun gives."""
        room = draft.room(self.id)
        used = draft.power(room, "generated_kw")
        draft.feeds(self, self.node, ELECTRICITY, used)
        by_faces = sum(face.size.existing * face.yield_kw_per_kwp for face in self.faces)
        existing_kw = by_faces if self.existing_kw is None else self.existing_kw
        there = draft.course(room, "existing_kw", existing_kw) if np.any(existing_kw) else None
        sides = []
        for face in self.faces:
            added = draft.size(room, face.size_name, self, face.size)
            name = f"yield_{plain(face.name)}_kw_per_kwp" if face.name else "yield_kw_per_kwp"
            sides.append((draft.course(room, name, face.yield_kw_per_kwp), added))

        def given(step: Any) -> Any:
            total = 0.0 if there is None else there[step]
            for course, added in sides:
                total += course[step] * added
            return total

        room.generated_within_yield = pyo.Constraint(draft.model.steps, rule=lambda _, step: used[step] <= given(step))

    def own_sizes(self) -> dict[str, Size]:
        """Return the sizes of the faces."""
        return {f"{_place(number, face)}.size": face.size for number, face in enumerate(self.faces)}

    def own_courses(self) -> dict[str, int]:
        """Return how many steps the yields have."""
        places = {f"{_place(number, face)}.yield_kw_per_kwp": face.yield_kw_per_kwp for number, face in enumerate(self.faces)}
        found = {place: len(course) for place, course in places.items() if isinstance(course, np.ndarray)}
        return {**super().own_courses(), **found}

    def findings(self) -> list[Finding]:
        """Return what is wrong with the faces."""
        if not self.faces:
            return [Finding(message="has no roof", path=f"{self.id}.faces", allowed="at least one face")]
        found = super().findings()
        for number, face in enumerate(self.faces):
            found += YIELD.findings(f"{self.id}.{_place(number, face)}.yield_kw_per_kwp", face.yield_kw_per_kwp)
        counts = Counter(face.size_name for face in self.faces)
        twice = [name for name, count in counts.items() if count > 1]
        return found + [Finding(message="is the size of several faces", path=f"{self.id}.faces", value=name) for name in twice]


def _place(number: int, face: Face) -> str:
    return f"faces.{face.name or number}"
