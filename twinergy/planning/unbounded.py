# SPDX-License-Identifier: Apache-2.0
"""What grows without end where a plan's cost has no bottom."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from twinergy.planning.elastic import owners
from twinergy.planning.program import INFINITY
from twinergy.planning.solving import Program

if TYPE_CHECKING:
    from twinergy.kinds import FloatArray
    from twinergy.planning.optimise import Goal
    from twinergy.planning.program import Matrices

NEGLIGIBLE: Final = 1e-7
SHORT: Final = 1e-9
"""Cost of every step of the way, against detours that neither cost nor earn. [-]"""


@dataclass(frozen=True, kw_only=True)
class Runaway:
    """A variable that grows without end.

    Attributes
    ----------
    block, variable : str
        Whose, and which.
    steps : int
        In how many steps.
    eur : float
        What it costs, negative what it earns, for each unit that the fastest of them grows. [EUR/a]
    """

    block: str
    variable: str
    steps: int
    eur: float

    def __str__(self) -> str:
        how = (
            "costs nothing"
            if abs(self.eur) < NEGLIGIBLE
            else f"{'earns' if self.eur < 0.0 else 'costs'} {abs(self.eur):,.4g} EUR/a"
        )
        where = f" in {self.steps} steps" if self.steps > 1 else ""
        return f"{self.block}: {self.variable} grows without end{where} and {how} a unit; limit it or mend its price"


def runaways(matrices: Matrices, goal: Goal) -> tuple[Runaway, ...]:
    """Return what grows in the direction in which the cost falls fastest; nothing where it has a bottom.

    Notes
    -----
    A direction of a linear problem keeps to its limits made homogeneous: finite bounds become 0, infinite ones stay; the cost
    falls without end if, and only if, one of them has a negative cost.
    """
    costs = matrices.costs(goal.eur, goal.eur_per_kg)
    program = Program(_directions(matrices))
    program.goal(costs + SHORT * np.abs(costs).max(initial=1.0))
    answer = program.solve()
    if not answer.usable or float(costs @ answer.values) >= -NEGLIGIBLE * np.abs(costs).max(initial=1.0):
        return ()
    eur = matrices.costs(goal.eur, goal.eur_per_kg) * answer.values
    owner = owners(matrices)
    found = [_runaway(owner[name], name, answer.values[columns], eur[columns]) for name, columns in matrices.columns.items()]
    return tuple(sorted((one for one in found if one is not None), key=lambda one: one.eur))


def _directions(matrices: Matrices) -> Matrices:
    def homogeneous(bound: FloatArray, without: float) -> FloatArray:
        return np.where(np.abs(bound) < INFINITY, 0.0, without)

    return replace(
        matrices,
        lower=homogeneous(matrices.lower, -1.0),
        upper=homogeneous(matrices.upper, 1.0),
        row_lower=homogeneous(matrices.row_lower, -INFINITY),
        row_upper=homogeneous(matrices.row_upper, INFINITY),
        whole=np.zeros(0, dtype=np.int64),
    )


def _runaway(block: str, name: str, growth: FloatArray, eur: FloatArray) -> Runaway | None:
    steps = int(np.count_nonzero(np.abs(growth) > NEGLIGIBLE))
    return Runaway(block=block, variable=name.rpartition(".")[2], steps=steps, eur=float(eur.sum())) if steps else None
