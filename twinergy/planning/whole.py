# SPDX-License-Identifier: Apache-2.0
"""Whole numbers by way of the problem without them: its optimum is the bound, and rounded up it is a plan, often close enough.

Packs of batteries and units of a catalogue are few; what HiGHS needs a tree of a year's problems for is then done in two solves.
Where the rounded plan is further from the bound than the gap that was asked for, HiGHS starts its tree from it.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from twinergy.planning.solving import Answer, Program, Status

if TYPE_CHECKING:
    from collections.abc import Callable

ROUNDING: Final = 1e-6
"""What a relaxed number may be above a whole one and still be called it. [-]"""


def rounded(program: Program, relaxed: Callable[[], Answer]) -> Answer:
    """Return the optimum with whole numbers, within the gap of the program.

    Parameters
    ----------
    program : Program
        The problem; it has whole numbers.
    relaxed : callable
        Solves it without them, in whichever way is fastest.
    """
    begin = time.perf_counter()
    program.relax(on=True)
    try:
        best = relaxed()
        tried = _rounded_up(program, best) if best.status is Status.OPTIMAL else best
    finally:
        program.relax(on=False)
    if best.status is Status.INFEASIBLE:
        return replace(best, seconds=time.perf_counter() - begin)
    notes = (*best.notes, f"without whole numbers: {best.status.value}, {best.seconds:.2f} s")
    gap = (tried.objective - best.objective) / max(1.0, abs(tried.objective)) if tried.status is Status.OPTIMAL else np.inf
    if gap <= program.gap:
        return _close_enough(program, tried, gap, (*notes, f"rounded up: gap {gap:.2e}"), begin)
    answer = program.solve_from(tried.values if tried.status is Status.OPTIMAL else None)
    return replace(answer, seconds=time.perf_counter() - begin, notes=(*notes, f"rounded up: gap {gap:.2e}", *answer.notes))


def _rounded_up(program: Program, best: Answer) -> Answer:
    columns = program.matrices.whole
    lower, upper = (bounds.copy() for bounds in program.bounds(columns))
    whole = np.clip(np.ceil(best.values[columns] - ROUNDING), np.ceil(lower), np.floor(upper))
    program.bound(columns, whole, whole)
    tried = program.solve()
    program.bound(columns, lower, upper)
    return tried


def _close_enough(program: Program, tried: Answer, gap: float, notes: tuple[str, ...], begin: float) -> Answer:
    nothing, no_prices = np.full_like(tried.values, np.nan), np.full_like(tried.duals, np.nan)
    proof = program.check(program.costs, tried)
    status = Status.OPTIMAL if proof.feasible else Status.UNFINISHED
    seconds = time.perf_counter() - begin
    return replace(
        tried, status=status, gap=max(0.0, gap), duals=no_prices, reduced=nothing, seconds=seconds, notes=notes, proof=proof
    )
