# SPDX-License-Identifier: Apache-2.0
"""The application: routes, errors, limits."""

from __future__ import annotations

from contextlib import asynccontextmanager, suppress
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Any, Final

from fastapi import FastAPI, Query
from fastapi.openapi.utils import get_openapi
from h11 import LocalProtocolError
from starlette.middleware.cors import CORSMiddleware

from twinergy.serve import answers, problems
from twinergy.serve.options import ServeOptions
from twinergy.serve.problems import Problem, ProblemError
from twinergy.serve.queries import NoQuery  # noqa: TC001 - FastAPI reads annotations at run time
from twinergy.serve.routes import PROBLEMS, router
from twinergy.serve.visit import Service

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from twinergy.serve.served import ServedRun
    from twinergy.serve.tokens import TokenBook

VERSION: Final = "1.0.0"
DESCRIPTION: Final = """Data of runs of TwinERGY Lab, read only.

Powers are in kW in the load frame: positive draws from the grid, generation and discharge are negative. Times are UTC; a value
at a time is the mean over the interval that begins there. 422 is a request that is wrong in itself; 404 is one that names
something that does not exist here, and says what does.
"""


def create_app(runs: Iterable[ServedRun], tokens: Callable[[], TokenBook], options: ServeOptions | None = None) -> FastAPI:
    """Return the application that serves some runs.

    Parameters
    ----------
    runs : iterable of ServedRun
        The runs; they are closed when the application ends.
    tokens : callable
        Returns the tokens that hold now, such as a `twinergy.serve.token_files.TokenFile`.
    options : ServeOptions, optional
        Limits.
    """
    limits = options or ServeOptions()
    service = Service({run.name: run for run in runs}, tokens, limits)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield
        for run in service.runs.values():
            run.close()

    app = FastAPI(
        title="TwinERGY Lab data",
        version=VERSION,
        description=DESCRIPTION,
        openapi_url="/v1/openapi.json",
        docs_url=None,  # the page would load its scripts from somewhere else
        redoc_url=None,
        redirect_slashes=False,
        lifespan=lifespan,
        generate_unique_id_function=lambda route: route.name,
    )
    app.state.service = service
    app.openapi = lambda: _document(app)  # type: ignore[method-assign]  # as FastAPI tells to extend its document
    problems.install(app)
    app.get("/v1/health", response_model=answers.Health, responses={k: v for k, v in PROBLEMS.items() if k in {414, 422}})(health)
    app.include_router(router)
    if limits.origins:
        app.add_middleware(
            CORSMiddleware, allow_origins=list(limits.origins), allow_methods=["GET"], allow_headers=["Authorization"]
        )
    app.add_middleware(Front, longest_query_bytes=limits.longest_query_bytes)
    return app


def _document(app: FastAPI) -> dict[str, Any]:
    """Return the OpenAPI document with the schema of problems, which no route returns by its type."""
    if app.openapi_schema is None:
        document = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
        problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
        document["components"]["schemas"] |= {**problem.pop("$defs"), "Problem": problem}
        app.openapi_schema = document
    return app.openapi_schema


async def health(_query: Annotated[NoQuery, Query()]) -> dict[str, str]:
    """Say that the service is up; needs no token and says nothing else."""
    return {"status": "ok"}


class Front:
    """Refuses requests that are too long before anything looks at them, never reads a body, and bears clients that break off.

    Parameters
    ----------
    app : ASGI application
        What comes next.
    longest_query_bytes : int
        Longest query string. [bytes]
    """

    def __init__(self, app: ASGIApp, longest_query_bytes: int) -> None:
        self._app, self._longest = app, longest_query_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand a request on, or not."""
        if scope["type"] == "http" and len(scope["query_string"]) + len(scope["path"]) > self._longest:
            detail = f"path and query take {len(scope['query_string'])} bytes, {self._longest} are allowed; name fewer devices"
            problem = ProblemError(HTTPStatus.REQUEST_URI_TOO_LONG, "too-long", detail)
            await problems.response(problem, str(scope["path"]))(scope, _no_body, send)
            return
        await self._app(scope, receive, _patient(send))


def _patient(send: Send) -> Send:
    """Return a `send` for which it is no fault that a client broke its request off and cannot be answered any more."""

    async def try_to_send(message: Message) -> None:
        with suppress(LocalProtocolError):
            await send(message)

    return try_to_send


async def _no_body() -> Any:
    return {"type": "http.request", "body": b"", "more_body": False}
