# SPDX-License-Identifier: Apache-2.0
"""Points of a front asked for in this process, or in several that each compile the problem once and keep it."""

from __future__ import annotations

import uuid
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from twinergy.planning.front_points import Point, point_of
from twinergy.planning.optimise import Goal, Planner

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from twinergy.planning.draft import Block
    from twinergy.planning.horizon import Horizon
    from twinergy.planning.many import Workers

    Asked = Callable[[Sequence["Question"]], list[Point | str]]


@dataclass(frozen=True)
class Question:
    """An optimum that is wanted.

    Attributes
    ----------
    goal : Goal
        What is least.
    sizes : dict of str to float
        How big things will roughly be, by variable; nothing where nobody knows. [unit of the size]
    """

    goal: Goal
    sizes: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Problem:
    """What a worker makes its planner from; `key` says whether it has it already."""

    key: str
    blocks: Sequence[Block]
    horizon: Horizon
    time_limit_s: float
    gap: float


_KEPT: dict[str, Planner] = {}
"""The planner of this worker: compiling a year takes as long as solving it."""


def told(planner: Planner, question: Question) -> Point | str:
    """Return the optimum as a point, or the status where there is none."""
    optimum = planner.ask(question.goal, question.sizes)
    return point_of(optimum) if optimum.usable else optimum.answer.status.value


def answered(problem: Problem, question: Question) -> Point | str:
    """Answer in a worker; the plan itself stays there."""
    if problem.key not in _KEPT:
        _KEPT.clear()
        _KEPT[problem.key] = Planner(problem.blocks, problem.horizon, problem.time_limit_s, problem.gap)
    found = told(_KEPT[problem.key], question)
    return found if isinstance(found, str) else replace(found, optimum=None)


@contextmanager
def asking(planner: Planner, workers: Workers | int | None) -> Iterator[Asked]:
    """Give what answers many questions at once; processes of our own end with the block."""
    if workers is None or workers == 1:
        yield lambda questions: [told(planner, question) for question in questions]
        return
    if not isinstance(workers, int):
        yield _spread(planner, workers)
        return
    import multiprocessing  # noqa: PLC0415 - only for several processes
    from concurrent.futures import ProcessPoolExecutor  # noqa: PLC0415

    with ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn")) as pool:
        yield _spread(planner, pool)


def _spread(planner: Planner, workers: Workers) -> Asked:
    problem = Problem(
        key=uuid.uuid4().hex, blocks=planner.blocks, horizon=planner.horizon, time_limit_s=planner.time_limit_s, gap=planner.gap
    )
    options = {"pure": False} if hasattr(workers, "scheduler_info") else {}

    def ask(questions: Sequence[Question]) -> list[Point | str]:
        futures = [workers.submit(answered, problem, question, **options) for question in questions]
        errors = [future.exception() for future in futures]
        return [
            future.result() if error is None else f"the worker ended with {type(error).__name__}: {error}"
            for future, error in zip(futures, errors, strict=True)
        ]

    return ask
