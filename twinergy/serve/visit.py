# SPDX-License-Identifier: Apache-2.0
"""One request: who asks, for which run, and the work that is done for it beside the event loop."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from threading import Lock
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import anyio
from fastapi import Depends, Path, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from twinergy.serve.access import forbidden, sight_of
from twinergy.serve.limits import RateLimiter
from twinergy.serve.options import FEWEST_POOLED, LONGEST_NAME, ServeOptions
from twinergy.serve.problems import RUN, TABLE, ProblemError, missing

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from twinergy.serve.access import Sight
    from twinergy.serve.served import ServedRun
    from twinergy.serve.tokens import Grant, TokenBook

T = TypeVar("T")
ABANDONED = 4
"""Threads that may still be at work, over those that may work at once, before more is refused."""
Bearer = Security(HTTPBearer(auto_error=False, description="A token of this service."))
Named = Annotated[str, Path(min_length=1, max_length=LONGEST_NAME)]


@dataclass
class Service:
    """What all requests share.

    Attributes
    ----------
    runs : mapping of str to ServedRun
        By name.
    tokens : callable
        Returns the tokens that hold now.
    options : ServeOptions
        Limits.
    """

    runs: Mapping[str, ServedRun]
    tokens: Callable[[], TokenBook]
    options: ServeOptions = field(default_factory=ServeOptions)

    def __post_init__(self) -> None:
        self.rate = RateLimiter(self.options.requests_per_s, self.options.burst)
        self.strangers = RateLimiter(self.options.requests_per_s, self.options.burst)
        self._threads = anyio.CapacityLimiter(self.options.most_at_once)
        self._busy, self._lock = 0, Lock()

    async def work(self, job: Callable[[], T]) -> T:
        """Do blocking work in a thread, or give it up when it takes too long; the thread then ends by itself.

        Raises
        ------
        ProblemError
            503 if it was given up, or if too much of what was given up is still going on.
        """
        if self._busy >= ABANDONED * self.options.most_at_once:
            detail = "the service is busy with requests that take too long; try again later"
            raise ProblemError(HTTPStatus.SERVICE_UNAVAILABLE, "busy", detail, headers={"Retry-After": "10"})
        with anyio.move_on_after(self.options.longest_s):
            return await anyio.to_thread.run_sync(self._counted, job, abandon_on_cancel=True, limiter=self._threads)
        detail = f"this took longer than {self.options.longest_s:g} s; ask for a shorter time, fewer devices or a lower limit"
        raise ProblemError(HTTPStatus.SERVICE_UNAVAILABLE, "too-slow", detail, headers={"Retry-After": "5"})

    def _counted(self, job: Callable[[], T]) -> T:
        with self._lock:
            self._busy += 1
        try:
            return job()
        finally:
            with self._lock:
                self._busy -= 1


@dataclass(frozen=True)
class Visit:
    """A request that has been let in."""

    service: Service
    grant: Grant
    request: Request

    async def run(self, name: str) -> ServedRun:
        """Return a run by name, with what has been written by now.

        Raises
        ------
        ProblemError
            404 with the names that are served.
        """
        found = self.service.runs.get(name)
        if found is None:
            raise missing(RUN, name, self.service.runs)
        await self.service.work(found.refresh)
        return found

    def sight(self, run: ServedRun, table: str) -> Sight:
        """Return what it sees of a table.

        Raises
        ------
        ProblemError
            404 if nobody could see such a table, 403 if this token does not.
        """
        sight = sight_of(self.grant, run.catalogue, table)
        if sight.nothing:
            if self.grant.sees_all or table not in run.catalogue:
                raise missing(TABLE, table, self.tables(run))
            few = f"; an aggregate needs {FEWEST_POOLED} customers" if self.grant.sees_grid else ""
            raise forbidden(self.grant, f"reading table {table!r}{few}")
        return sight

    def tables(self, run: ServedRun) -> list[str]:
        """Return the tables of which it sees something."""
        return [table for table in run.catalogue if not sight_of(self.grant, run.catalogue, table).nothing]

    async def work(self, job: Callable[..., T], *arguments: Any) -> T:
        """Do blocking work; see `Service.work`."""
        return await self.service.work(partial(job, *arguments))


async def visit(request: Request, _scheme: Annotated[HTTPAuthorizationCredentials | None, Bearer] = None) -> Visit:
    """Let a request in, or not.

    Raises
    ------
    ProblemError
        401, 414 or 429.
    """
    service: Service = request.app.state.service
    try:
        grant = service.tokens().grant_of(request.headers.get("authorization"))
    except ProblemError as error:
        if error.status == HTTPStatus.UNAUTHORIZED:
            service.strangers.take(request.client.host if request.client else "")
        raise
    service.rate.take(grant.sha256)
    return Visit(service, grant, request)


Visitor = Annotated[Visit, Depends(visit)]
