# SPDX-License-Identifier: Apache-2.0
"""The addresses below /v1."""

from __future__ import annotations

from typing import Annotated, Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Query
from starlette.responses import Response

from twinergy.serve import answers, describe, events
from twinergy.serve.access import forbidden
from twinergy.serve.cursors import cursor_of, keys_of
from twinergy.serve.encoding import MEDIA_TYPES, encode, json_bytes, wanted
from twinergy.serve.problems import LIST, MEDIA_TYPE, TABLE, missing
from twinergy.serve.quality import quality_page
from twinergy.serve.queries import DevicesQuery, MessagesQuery, NoQuery, QualityQuery, SeriesQuery, SpanQuery
from twinergy.serve.series import Page, series_page
from twinergy.serve.visit import Named, Visit, Visitor  # noqa: TC001 - FastAPI reads annotations at run time

_PROBLEM: Final = {"content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}}
_TEXTS: Final = {
    401: "No token, or one that is not known or does not hold now.",
    403: "The token does not allow this.",
    404: "What the request names does not exist; the answer says what does.",
    414: "The address is too long.",
    422: "The request is wrong; the answer names everything that is.",
    429: "Too many requests; see Retry-After.",
    503: "Too slow, or not readable at the moment; see Retry-After.",
}
PROBLEMS: Final[dict[int | str, dict[str, Any]]] = {status: {**_PROBLEM, "description": text} for status, text in _TEXTS.items()}
_SERIES: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "model": answers.Series,
        "description": "A page of values; Link names the next one.",
        "content": {media: {"schema": {"type": "string", "format": "binary"}} for media in list(MEDIA_TYPES.values())[1:]},
    },
    406: {**_PROBLEM, "description": "None of the media types in Accept can be given."},
}

router = APIRouter(prefix="/v1", responses=PROBLEMS)
Nothing = Annotated[NoQuery, Query()]


@router.get("/runs", response_model=answers.Runs)
async def runs(visit: Visitor, _query: Nothing) -> Response:
    """List the runs that are served."""
    found = [await visit.run(name) for name in sorted(visit.service.runs)]
    return _json({"runs": [describe.run_info(run) for run in found]})


@router.get("/runs/{run}", response_model=answers.RunInfo)
async def run_info(visit: Visitor, run: Named, _query: Nothing) -> Response:
    """Say what a run is and up to when it has been written."""
    return _json(describe.run_info(await visit.run(run)))


@router.get("/runs/{run}/kpis", response_model=answers.Kpis)
async def kpis(visit: Visitor, run: Named, _query: Nothing) -> Response:
    """Return the key figures; they name devices, so this needs the scope all."""
    found = await visit.run(run)
    if not visit.grant.sees_all:
        raise forbidden(visit.grant, "reading the key figures of the community")
    return _json({"run": found.name, "kpis": await visit.work(describe.kpi_rows, found)})


@router.get("/runs/{run}/tables", response_model=answers.Tables)
async def tables(visit: Visitor, run: Named, _query: Nothing) -> Response:
    """List the tables with their ports and units."""
    found = await visit.run(run)
    return _json({"run": found.name, "tables": await visit.work(describe.table_infos, found, visit.grant)})


@router.get("/runs/{run}/tables/{table}", response_model=answers.TableAnswer)
async def table_info(visit: Visitor, run: Named, table: Named, _query: Nothing) -> Response:
    """Return the ports of a table with their units."""
    found = await visit.run(run)
    sight = visit.sight(found, table)
    return _json(await visit.work(describe.table_info, found, table, sight))


@router.get("/runs/{run}/devices", response_model=answers.Devices)
async def devices(visit: Visitor, run: Named, query: Annotated[DevicesQuery, Query()]) -> Response:
    """List the devices the token sees one by one."""
    found = await visit.run(run)
    if query.table is not None and query.table not in found.catalogue:
        raise missing(TABLE, query.table, visit.tables(found))
    rows = describe.device_rows(found, visit.grant, query.table, query.dwelling)
    question = [found.name, "devices", query.table, query.dwelling]
    if query.cursor is not None:
        after = tuple(keys_of(question, query.cursor, str, str))
        rows = [row for row in rows if (row["table"], row["device"]) > after]
    page = rows[: query.limit]
    cursor = cursor_of(question, [page[-1]["table"], page[-1]["device"]]) if len(rows) > query.limit else None
    return _paged(visit, cursor, lambda address: json_bytes({"run": found.name, "devices": page, "next": address}))


@router.get("/runs/{run}/tables/{table}/series", responses=_SERIES, response_class=Response)
async def series(visit: Visitor, run: Named, table: Named, query: Annotated[SeriesQuery, Query()]) -> Response:
    """Return values over time, ordered by time and device, in pages; JSON, CSV, Parquet or Arrow."""
    form = wanted(query.format, visit.request.headers.get("accept", ""))
    found = await visit.run(run)
    sight = visit.sight(found, table)

    def answer() -> Response:
        page = series_page(found, table, visit.grant, sight, query)
        around: dict[str, Any] = {"run": found.name, "table": table, "resolution": query.resolution, "aggregate": query.aggregate}
        around |= {"units": page.units, "rows": page.table.num_rows}
        return _paged(visit, page.cursor, lambda next_: encode(page.table, form, {**around, "next": next_}), MEDIA_TYPES[form])

    return await visit.work(answer)


@router.get("/runs/{run}/tables/{table}/quality", response_model=answers.Rows)
async def quality(visit: Visitor, run: Named, table: Named, query: Annotated[QualityQuery, Query()]) -> Response:
    """Return the flags that curation has put on values: gaps, spikes, resets and the like."""
    found = await visit.run(run)
    sight = visit.sight(found, table)
    page: Page = await visit.work(quality_page, found, table, visit.grant, sight, query)
    around: dict[str, Any] = {"run": found.name, "rows": page.table.num_rows}
    return _paged(visit, page.cursor, lambda address: encode(page.table, "json", {**around, "next": address}))


@router.get("/runs/{run}/messages", response_model=answers.Messages)
async def messages(visit: Visitor, run: Named, query: Annotated[MessagesQuery, Query()]) -> Response:
    """Return the messages of the modules by subject and time, in the order in which they were said."""
    found = await visit.run(run)
    _needs_events(visit, "reading messages")
    page = await visit.work(events.messages_page, found, query, visit.grant)
    return _paged(visit, page.cursor, lambda address: json_bytes({"run": found.name, "messages": page.rows, "next": address}))


@router.get("/runs/{run}/events", response_model=answers.EventLists)
async def event_lists(visit: Visitor, run: Named, _query: Nothing) -> Response:
    """List the lists of events."""
    found = await visit.run(run)
    return _json({"run": found.name, "events": await visit.work(events.event_lists, found)})


@router.get("/runs/{run}/events/{name}", response_model=answers.Rows)
async def event_rows(visit: Visitor, run: Named, name: Named, query: Annotated[SpanQuery, Query()]) -> Response:
    """Return events of one list, such as set_points: what agents asked of devices and what became of it."""
    found = await visit.run(run)
    _needs_events(visit, "reading events")
    known = await visit.work(events.event_lists, found)
    if name not in known:
        raise missing(LIST, name, known)
    page = await visit.work(events.events_page, found, name, query, lambda row: events.sees_event(found, visit.grant, row))
    names = dict.fromkeys(column for row in page.rows for column in row)
    data = {column: [row.get(column) for row in page.rows] for column in names}
    around = {"run": found.name, "rows": len(page.rows)}
    return _paged(visit, page.cursor, lambda address: json_bytes({**around, "next": address, "data": data}))


def _needs_events(visit: Visit, what: str) -> None:
    if not visit.grant.sees_all and not visit.grant.dwellings:
        raise forbidden(visit.grant, what)


def _json(document: Any) -> Response:
    return Response(json_bytes(document), media_type=MEDIA_TYPES["json"], headers={"Cache-Control": "no-store"})


def _paged(visit: Visit, cursor: str | None, body: Any, media_type: str = MEDIA_TYPES["json"]) -> Response:
    """Return a page with the address of the next one in its body and in ``Link`` (RFC 8288)."""
    headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    address = None
    if cursor is not None:
        url = visit.request.url
        pairs = [(name, value) for name, value in visit.request.query_params.multi_items() if name != "cursor"]
        address = f"{url.path}?{urlencode([*pairs, ('cursor', cursor)])}"
        headers["Link"] = f'<{address}>; rel="next"'
    return Response(body(address), media_type=media_type, headers=headers)
