# SPDX-License-Identifier: Apache-2.0
"""Many plans at once: in this process, on an executor, or on a Dask cluster, with the same results."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from twinergy.errors import TwinergyError
from twinergy.planning.conflict import explain
from twinergy.planning.optimise import COST, Goal, Planner

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from twinergy.planning.draft import Block
    from twinergy.planning.horizon import Horizon
    from twinergy.planning.optimise import Optimum


class Workers(Protocol):
    """What plans can be handed to: `concurrent.futures.Executor`, or a Dask client."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **options: Any) -> Any:
        """Start a call and return its future."""


@dataclass(frozen=True, kw_only=True)
class Job:
    """A plan to be made.

    Attributes
    ----------
    name : str
        What it is called in tables.
    blocks : sequence of Block
        What it is made of.
    horizon : Horizon
        Steps.
    goal : Goal
        What is least.
    time_limit_s : float
        Wall time of one solve. [s]
    gap : float
        Relative gap that is good enough with whole numbers. [-]
    """

    name: str
    blocks: Sequence[Block]
    horizon: Horizon
    goal: Goal = COST
    time_limit_s: float = 600.0
    gap: float = 1e-4


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of a job; plain data, so that it travels.

    Attributes
    ----------
    name : str
        The job's.
    status : str
        As the solver's, or ``failed``.
    eur, co2_kg : float
        Cost and greenhouse gases of a year, NaN without a plan. [EUR/a], [kg CO2e/a]
    sizes : dict of str to float
        What is added, by ``block.size``. [unit of the size]
    account : dict of (str, str) to (float, float)
        Cost and greenhouse gases by block and purpose. [EUR/a], [kg CO2e/a]
    why : str
        Why there is no plan: limits in conflict, or the error.
    seconds : float
        Wall time; not compared. [s]
    """

    name: str
    status: str
    eur: float = float("nan")
    co2_kg: float = float("nan")
    sizes: Mapping[str, float] = field(default_factory=dict)
    account: Mapping[tuple[str, str], tuple[float, float]] = field(default_factory=dict)
    why: str = ""
    seconds: float = field(default=0.0, compare=False)

    @property
    def usable(self) -> bool:
        """Whether there is a plan."""
        return bool(self.sizes or self.account)


def plan(job: Job) -> Outcome:
    """Make one plan; what goes wrong is said in the outcome."""
    begin = time.perf_counter()
    try:
        planner = Planner(job.blocks, job.horizon, job.time_limit_s, job.gap)
        optimum = planner.ask(job.goal)
        why = "" if optimum.usable else str(explain(planner, job.goal))
    except (TwinergyError, ValueError) as error:
        return Outcome(name=job.name, status="failed", why=str(error), seconds=time.perf_counter() - begin)
    return outcome(job.name, optimum, why, time.perf_counter() - begin)


def outcome(name: str, optimum: Optimum, why: str = "", seconds: float = 0.0) -> Outcome:
    """Return an optimum as an outcome."""
    status = optimum.answer.status.value
    if not optimum.usable:
        return Outcome(name=name, status=status, why=why, seconds=seconds)
    return Outcome(
        name=name,
        status=status,
        eur=optimum.eur,
        co2_kg=optimum.co2_kg,
        sizes={f"{block}.{size}": value for (block, size), value in optimum.sizes().items()},
        account=optimum.totals(),
        seconds=seconds,
    )


def plans(jobs: Sequence[Job], workers: Workers | None = None) -> Iterator[Outcome]:
    """Yield the outcome of every job, in their order, as soon as it is there.

    Parameters
    ----------
    jobs : sequence of Job
        What to plan.
    workers : Workers, optional
        An executor, or a Dask client; this process where none is given. The solver runs on one thread in each, so the results are
        the same bit for bit wherever they are made, unless a time limit ends a solve.

    Notes
    -----
    A worker that dies is a failed outcome, not the end of the others.
    """
    if workers is None:
        yield from map(plan, jobs)
        return
    # Dask would take two equal jobs for one and remember results; a plan is to be made as often as it is asked for
    options = {"pure": False} if hasattr(workers, "scheduler_info") else {}
    futures = [workers.submit(plan, job, **options) for job in jobs]
    for job, future in zip(jobs, futures, strict=True):
        error = future.exception()
        yield future.result() if error is None else Outcome(name=job.name, status="failed", why=_said(error))


def _said(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else f"the worker ended with {type(error).__name__}"


__all__ = ["Job", "Outcome", "Workers", "outcome", "plan", "plans"]
