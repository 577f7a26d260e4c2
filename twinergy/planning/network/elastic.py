# SPDX-License-Identifier: Apache-2.0
"""A plan whose network limits may be missed at a high price: the best effort where they cannot all be kept."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from twinergy.planning.network.margins import SORTS
from twinergy.planning.program import INFINITY
from twinergy.planning.solving import Program

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from twinergy.planning.optimise import Goal
    from twinergy.planning.program import Matrices

    IntArray = NDArray[np.int64]

PRICE_PER_KWH: Final = 1000.0
"""What a kWh too much costs, in euro and in kg: far more than anything that could be bought instead. *Assumption.*"""


def elastic(matrices: Matrices, goal: Goal, time_limit_s: float, gap: float) -> tuple[Program, IntArray]:
    """Return the problem with a column for each sort of limit and step by which the rows of the network may be missed.

    Parameters
    ----------
    matrices : Matrices
        The plan without rows of the network.
    goal : Goal
        What is least; its limits on totals are kept.
    time_limit_s, gap : float
        As for `Program`. [s], [-]

    Returns
    -------
    program : Program
        Ready to be given the rows.
    slack : ndarray of int64, shape (3, n_steps)
        The columns, by sort of limit and step. [kW]
    """
    n_steps, n_columns = matrices.horizon.n_steps, matrices.n_columns
    more = len(SORTS) * n_steps
    wider = replace(
        matrices,
        lower=np.concatenate([matrices.lower, np.zeros(more)]),
        upper=np.concatenate([matrices.upper, np.full(more, INFINITY)]),
        starts=np.concatenate([matrices.starts, np.full(more, matrices.starts[-1])]).astype(np.int32),
    )
    program = Program(wider, time_limit_s, gap)
    costs = wider.costs(goal.eur, goal.eur_per_kg)
    costs[n_columns:] = np.tile(PRICE_PER_KWH * (goal.eur + goal.eur_per_kg) * matrices.horizon.hours, len(SORTS))
    program.goal(costs)
    if goal.most_co2_kg < INFINITY:
        program.limit(wider.costs(0.0, 1.0), most=goal.most_co2_kg)
    if goal.most_eur < INFINITY:
        program.limit(wider.costs(), most=goal.most_eur)
    return program, n_columns + np.arange(more).reshape(len(SORTS), n_steps)
