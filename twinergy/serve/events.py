# SPDX-License-Identifier: Apache-2.0
"""Pages of what happened: messages, requests to devices, and flags of curation."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from twinergy.messages.base import matches
from twinergy.results.parts import parts, read_parts, read_schema, row_filter
from twinergy.serve.cursors import cursor_of, keys_of
from twinergy.serve.series import refuse_backwards

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from twinergy.serve.queries import MessagesQuery, SpanQuery
    from twinergy.serve.served import ServedRun
    from twinergy.serve.tokens import Grant

MESSAGES: Final = "messages"
OWN_ENDPOINTS: Final = frozenset({MESSAGES, "quality", "thinned", "tables"})
"""Lists of a run folder that are not asked for as events."""


@dataclass(frozen=True, slots=True)
class EventPage:
    """Some events.

    Attributes
    ----------
    rows : list of dict
        In the order in which they were written.
    cursor : str or None
        Where the next page begins; None if this was the last.
    """

    rows: list[dict[str, Any]]
    cursor: str | None


def event_lists(run: ServedRun) -> list[str]:
    """Return the names of the lists of events of a run, messages left out."""
    return [name for name in run.run.events if name not in OWN_ENDPOINTS]


def events_page(run: ServedRun, name: str, query: SpanQuery, visible: Callable[[dict[str, Any]], bool]) -> EventPage:
    """Return events of one list that somebody sees.

    Parameters
    ----------
    run : ServedRun
        The run.
    name : str
        Name of the list.
    query : SpanQuery
        Time and page.
    visible : callable
        Tells whether a row may be seen.

    Raises
    ------
    ProblemError
        404 for a span or a page that does not exist.
    """
    refuse_backwards(query)
    question = [run.name, name, query.model_dump(mode="json", exclude={"cursor", "limit"})]
    part, row = keys_of(question, query.cursor, int, int) if query.cursor is not None else [0, 0]
    found: list[dict[str, Any]] = []
    for number, path in enumerate(parts(run.run.folder.events(name))):
        if number < part:
            continue
        for position, event in enumerate(_events(path, query)):
            if number == part and position < row:
                continue
            if not visible(event):
                continue
            if len(found) == query.limit:
                return EventPage(found, cursor_of(question, [number, position]))
            found.append(event)
    return EventPage(found, None)


def messages_page(run: ServedRun, query: MessagesQuery, grant: Grant) -> EventPage:
    """Return messages of some subjects that a token sees: a household's are those about its dwelling.

    Raises
    ------
    ProblemError
        404 for a span or a page that does not exist.
    """

    def visible(event: dict[str, Any]) -> bool:
        if not matches(query.subject, str(event.get("subject", ""))):
            return False
        event["body"] = body = _body(event.get("body"))
        return grant.sees_all or (isinstance(body, dict) and str(body.get("dwelling", "")) in grant.dwellings)

    return events_page(run, MESSAGES, query, visible)


def sees_event(run: ServedRun, grant: Grant, event: dict[str, Any]) -> bool:
    """Whether a token sees an event: of its dwelling, or at a single device of its dwelling."""
    if grant.sees_all:
        return True
    if str(event.get("dwelling") or "") in grant.dwellings:
        return True
    owner = run.catalogue.get(str(event.get("table") or ""), {}).get(str(event.get("device") or ""), "")
    return bool(owner) and owner in grant.dwellings


def _events(path: Path, query: SpanQuery) -> Iterable[dict[str, Any]]:
    keep = row_filter(None, query.start, query.end) if "time" in read_schema(path).names else None
    table = read_parts([path], keep=keep)
    return (_told(event) for event in table.to_pylist())


def _told(event: dict[str, Any]) -> dict[str, Any]:
    return {name: _plain(value) for name, value in event.items()}


def _plain(value: Any) -> Any:
    if hasattr(value, "isoformat"):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, float) and value - value != 0.0:  # NaN and infinities, which JSON has not
        return None
    return value


def _body(text: Any) -> Any:
    try:
        return json.loads(str(text), parse_constant=lambda _name: None)
    except ValueError:
        return str(text)
