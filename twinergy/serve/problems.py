# SPDX-License-Identifier: Apache-2.0
"""What a client is told when it does not get what it asked for: problem details after RFC 9457, never a trace."""

from __future__ import annotations

import logging
import secrets
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException
from starlette.responses import Response

from twinergy.errors import TwinergyError, closest
from twinergy.serve.encoding import json_bytes

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from fastapi import FastAPI
    from starlette.requests import Request

MEDIA_TYPE: Final = "application/problem+json"
KINDS: Final = "tag:twinergy-lab,2026:problem:"
"""Beginning of the ``type`` of every problem: names that stay, not addresses to open (RFC 4151)."""
LONGEST_SHOWN: Final = 80
RUN, TABLE, PORT, DEVICE, LIST = "run", "table", "port", "device", "list"
"""What can be missing."""
log = logging.getLogger("twinergy.serve")


class ProblemError(Exception):
    """A request that gets no data.

    Parameters
    ----------
    status : int
        HTTP status.
    kind : str
        Short name that programs may compare.
    detail : str
        What is wrong and what to do.
    headers : mapping of str to str, optional
        Further headers of the answer.
    facts : Any
        Further members of the document, such as ``allowed``.
    """

    def __init__(self, status: int, kind: str, detail: str, *, headers: Mapping[str, str] | None = None, **facts: Any) -> None:
        self.status, self.kind, self.detail, self.facts = status, kind, detail, facts
        self.headers = dict(headers or {})
        super().__init__(detail)


class Wrong(BaseModel):
    """One thing that is wrong with a request."""

    where: str = Field(description="Parameter, such as query.limit.")
    message: str = Field(description="What is wrong.")
    value: str | None = Field(default=None, description="What was given, shortened.")
    allowed: str | None = Field(default=None, description="What would be accepted.")


class Problem(BaseModel):
    """Problem details (RFC 9457)."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(description="Name of the kind of problem; it stays the same.")
    title: str = Field(description="The HTTP status in words.")
    status: int = Field(description="The HTTP status.")
    detail: str = Field(description="What is wrong here and what to do.")
    instance: str = Field(default="", description="Path that was asked for.")
    allowed: list[str] | None = Field(default=None, description="What would be accepted.")
    errors: list[Wrong] | None = Field(default=None, description="Everything that is wrong with the request.")


def missing(what: str, name: str, known: Iterable[str]) -> ProblemError:
    """Return the problem of a name that does not exist, with those that do."""
    names = sorted(known)
    detail = f"there is no {what} {shortened(name)!r}: {closest(shortened(name), names)}"
    return ProblemError(HTTPStatus.NOT_FOUND, f"no-such-{what}", detail, allowed=names[:50])


def shortened(text: str) -> str:
    """Return text that a client sent, short enough to be sent back."""
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…"


def response(problem: ProblemError, path: str) -> Response:
    """Return the answer for a problem."""
    status = HTTPStatus(problem.status)
    document = {
        "type": KINDS + problem.kind,
        "title": status.phrase,
        "status": int(status),
        "detail": problem.detail,
        "instance": shortened(path),
        **problem.facts,
    }
    headers = {"Cache-Control": "no-store", **problem.headers}
    return Response(json_bytes(document), status_code=int(status), media_type=MEDIA_TYPE, headers=headers)


def install(app: FastAPI) -> None:
    """Let every error of an application end in a problem document."""

    async def of_problem(request: Request, error: Exception) -> Response:
        assert isinstance(error, ProblemError)  # noqa: S101 - as registered
        return response(error, request.url.path)

    async def of_request(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)  # noqa: S101 - as registered
        return response(_invalid(error), request.url.path)

    async def of_status(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)  # noqa: S101 - as registered
        return response(_plain(error), request.url.path)

    async def of_laboratory(request: Request, error: Exception) -> Response:
        return response(_unreadable(error), request.url.path)

    async def of_anything(request: Request, error: Exception) -> Response:
        return response(_unexpected(error), request.url.path)

    app.add_exception_handler(ProblemError, of_problem)
    app.add_exception_handler(RequestValidationError, of_request)
    app.add_exception_handler(HTTPException, of_status)
    app.add_exception_handler(TwinergyError, of_laboratory)
    app.add_exception_handler(Exception, of_anything)


def _invalid(error: RequestValidationError) -> ProblemError:
    wrongs = [_wrong(item) for item in error.errors() if item["type"] != "none_required"]
    places = ", ".join(dict.fromkeys(str(wrong["where"]) for wrong in wrongs))
    detail = f"{len(wrongs)} thing{'s' if len(wrongs) != 1 else ''} wrong with the request, see errors: {shortened(places)}"
    return ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, "invalid-request", detail, errors=wrongs)


def _wrong(item: Mapping[str, Any]) -> dict[str, str | None]:
    context = item.get("ctx", {})
    allowed = context.get("expected") or context.get("pattern") or context.get("allowed")
    bounds = [f"{name} {context[name]}" for name in ("ge", "gt", "le", "lt", "min_length", "max_length") if name in context]
    return {
        "where": shortened(".".join(str(part) for part in item["loc"] if "[" not in str(part))),
        "message": str(item["msg"]).removeprefix("Value error, "),
        "value": None if item.get("input") is None else shortened(str(item["input"])),
        "allowed": str(allowed) if allowed else ", ".join(bounds) or None,
    }


def _plain(error: HTTPException) -> ProblemError:
    status = HTTPStatus(error.status_code)
    details = {
        HTTPStatus.NOT_FOUND: "there is nothing at this path; /v1/openapi.json lists what there is",
        HTTPStatus.METHOD_NOT_ALLOWED: "data can only be read: use GET",
    }
    kind = status.phrase.lower().replace(" ", "-")
    return ProblemError(int(status), kind, details.get(status, status.description or status.phrase), headers=error.headers)


def _unreadable(error: Exception) -> ProblemError:
    incident = secrets.token_hex(4)
    log.error("incident %s: %s", incident, error)
    detail = f"the data cannot be read at the moment; the operator finds the reason in the log under incident {incident}"
    return ProblemError(HTTPStatus.SERVICE_UNAVAILABLE, "unreadable", detail, headers={"Retry-After": "5"}, incident=incident)


def _unexpected(error: Exception) -> ProblemError:
    incident = secrets.token_hex(4)
    log.error("incident %s", incident, exc_info=error)
    detail = f"this is a fault of the server; the operator finds it in the log under incident {incident}"
    return ProblemError(HTTPStatus.INTERNAL_SERVER_ERROR, "fault", detail, incident=incident)
