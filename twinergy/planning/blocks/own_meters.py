# SPDX-License-Identifier: Apache-2.0
"""Homes planned as one still have a meter each: what one feeds in does not run through the meter of its neighbour."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pyomo.environ as pyo

from twinergy.errors import Finding
from twinergy.planning.blocks.block import Block, path

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twinergy.kinds import FloatArray
    from twinergy.planning.draft import Draft


@dataclass(frozen=True, kw_only=True)
class Tangent:
    """What homes lack behind their own meters, as a line in the sizes of their PV.

    Attributes
    ----------
    lack_kw : ndarray, shape (n,)
        Value of the line with nothing added. [kW]
    relief_kw : dict of str to ndarray, shape (n,)
        By name of the size, what one unit more takes off. [kW/unit]
    """

    lack_kw: FloatArray
    relief_kw: Mapping[str, FloatArray]


@dataclass(frozen=True, kw_only=True)
class OwnMeters(Block):
    """A lower bound on what homes of a node draw and discharge together.

    Attributes
    ----------
    id : str
        Name.
    meter : str
        Id of the node's `Tariff`.
    pv : str
        Id of the `Pv` whose sizes the tangents name.
    discharging : tuple of (str, str)
        Block and variable of everything that can serve a home besides its meter and its PV.
    tangents : tuple of Tangent
        At least one.

    Notes
    -----
    With load l and generation g of home h, ``U = sum over h of max(l - g, 0)`` is what sun at the same meter does not serve. It
    is convex in the sizes, so ``import_kw + sum of discharge >= U`` is kept from below by tangents: ``... >= lack_kw - sum of
    relief_kw * size``. Without it a node nets one home's PV against its neighbour's load for nothing.
    """

    id: str
    meter: str
    pv: str
    discharging: tuple[tuple[str, str], ...]
    tangents: tuple[Tangent, ...]
    kind: ClassVar[str] = "own_meters"

    def add(self, draft: Draft) -> None:
        """Take a room; meter, PV and batteries are there when all blocks have spoken."""
        draft.room(self.id)

    def link(self, draft: Draft) -> None:
        """Add the bounds."""
        room, steps = draft.room_of(self.id), draft.model.steps
        serving = [draft.variable_of(self.meter, "import_kw")]
        serving += [draft.variable_of(block, name) for block, name in self.discharging]
        for number, tangent in enumerate(self.tangents):
            lack = draft.course(room, f"lack_{number}_kw", tangent.lack_kw)
            relief = [
                (draft.course(room, f"relief_{number}_{name}", course), draft.variable_of(self.pv, name))
                for name, course in sorted(tangent.relief_kw.items())
            ]

            def served(_: Any, step: Any, lack: Any = lack, relief: Any = relief) -> Any:
                total = 0.0
                for power in serving:
                    total += power[step]
                for course, size in relief:
                    total += course[step] * size
                return total >= lack[step]

            room.add_component(f"served_by_own_meters_{number}", pyo.Constraint(steps, rule=served))

    def contradictions(self) -> list[Finding]:
        """Return what cannot be."""
        found = [] if self.tangents else [Finding(message="has no tangent", path=path(self, "tangents"), allowed="one or more")]
        for place, course in self._courses().items():
            gaps = np.flatnonzero(~np.isfinite(course))
            if len(gaps):
                step = int(gaps[0])
                finding = Finding(
                    message=f"is no number at step {step}",
                    path=path(self, place),
                    value=float(course[step]),
                    allowed="a finite number of kW in every step",
                )
                found.append(finding)
        return found

    def own_courses(self) -> dict[str, int]:
        """Return how many steps the tangents have."""
        return {place: len(course) for place, course in self._courses().items()}

    def _courses(self) -> dict[str, FloatArray]:
        """Return the courses of all tangents by the field they are in."""
        found = {}
        for number, line in enumerate(self.tangents):
            found[f"tangents[{number}].lack_kw"] = line.lack_kw
            found |= {f"tangents[{number}].relief_kw[{name}]": course for name, course in line.relief_kw.items()}
        return found


def tangent(
    load_kw: FloatArray, existing_kw: FloatArray, added: Mapping[str, tuple[FloatArray, FloatArray]], at: Mapping[str, float]
) -> Tangent:
    """Return the tangent of what homes lack at some sizes.

    Parameters
    ----------
    load_kw, existing_kw : ndarray, shape (n_homes, n)
        What each home draws, and what its PV that is there generates, at least 0. [kW]
    added : dict of str to (ndarray of shape (n_homes,), ndarray of shape (n,))
        By name of the size: the part of it on each home, and what a unit of it yields. [-], [kW/unit]
    at : dict of str to float
        Sizes at which the line touches. [unit]
    """
    generated = existing_kw.copy()
    for name, (share, course) in added.items():
        generated += at[name] * share[:, None] * course
    lacking = load_kw > generated
    lack = np.where(lacking, load_kw - generated, 0.0).sum(axis=0)
    relief = {name: (lacking * share[:, None]).sum(axis=0) * course for name, (share, course) in added.items()}
    return Tangent(lack_kw=lack + sum(at[name] * course for name, course in relief.items()), relief_kw=relief)
