# SPDX-License-Identifier: Apache-2.0
"""The site in this laboratory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.planning.ours import solve as plan

if TYPE_CHECKING:
    from benchmarks.planning.problem import Site


def solve(site: Site, _option: str) -> tuple[float, int]:
    """Return the least cost and the number of columns."""
    planner, optimum = plan(site)
    if optimum.answer.status.value != "optimal":
        raise RuntimeError(optimum.answer.status.value)
    return optimum.answer.objective, planner.matrices.n_columns
