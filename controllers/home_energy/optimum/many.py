# SPDX-License-Identifier: Apache-2.0
"""Re-planning many homes at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from controllers.home_energy.optimum.model import HomeModel
    from controllers.home_energy.optimum.outlook import HomeOutlook, Weights
    from controllers.home_energy.optimum.plan import HomePlan


def solve_many(
    models: Sequence[HomeModel], outlooks: Sequence[HomeOutlook], weights: Sequence[Weights], threads: int = 1
) -> list[HomePlan]:
    """Re-plan many homes; HiGHS lets other threads run while it solves.

    Parameters
    ----------
    models, outlooks, weights : sequence
        One of each per home, in the same order; no model twice.
    threads : int
        How many homes are solved at the same time. The plans do not depend on it.

    Returns
    -------
    list of HomePlan
        In the order of the homes.

    Raises
    ------
    ValueError
        If the sequences differ in length.
    ModelError
        If an outlook misses something.
    """
    jobs = list(zip(models, outlooks, weights, strict=True))
    if threads <= 1 or len(jobs) <= 1:
        return [model.solve(outlook, weight) for model, outlook, weight in jobs]
    with ThreadPoolExecutor(max_workers=threads) as pool:
        return list(pool.map(lambda job: job[0].solve(job[1], job[2]), jobs))
