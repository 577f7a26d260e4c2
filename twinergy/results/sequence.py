# SPDX-License-Identifier: Apache-2.0
"""Sequence diagrams of the messages that really flowed in a run, one per use case, as Mermaid in Markdown."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from twinergy.community.use_cases import use_cases
from twinergy.messages import matches, message_types

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import pandas as pd

PLATFORM: Final = "interoperability platform"
"""Stands for whoever listens, where nobody in particular is addressed and no listener is known."""
ADDRESSED: Final = frozenset({"control_action", "remote_control_data"})
"""Information objects whose body says who is meant."""
SHOWN: Final = 60
"""Arrows of a diagram; further ones are counted, because nobody could read them."""


@dataclass(slots=True)
class Arrow:
    """Messages of one kind from one participant to another.

    Attributes
    ----------
    source, target, label : str
        From whom, to whom, what.
    first, last : pandas.Timestamp
        Time of the first and of the last one, UTC.
    count : int
        How many there were.
    """

    source: str
    target: str
    label: str
    first: pd.Timestamp
    last: pd.Timestamp
    count: int = 1


def sequence_markdown(
    messages: pd.DataFrame, *, cases: Sequence[str] = (), listeners: Mapping[str, Sequence[str]] | None = None
) -> str:
    """Return a sequence diagram per use case of the messages of a run.

    Parameters
    ----------
    messages : pandas.DataFrame
        As ``Run.messages()`` returns them: ``time`` (UTC), ``subject``, ``source``, ``id`` and ``body`` (JSON).
    cases : sequence of str
        Use cases to draw, such as ``PUC01.01``; all that had a message if empty.
    listeners : mapping of str to sequence of str, optional
        Patterns of subjects that each module listened to; without it messages that address nobody go to the platform.

    Returns
    -------
    str
        Markdown with a Mermaid diagram per use case: an arrow for each source, target and kind of message in the order of its
        first message, with count and times. What belongs to no use case is counted at the end.
    """
    titles = {case.id: case.title for case in use_cases()}
    arrows = _arrows(messages, listeners or {})
    of_case = {name: set(kind.use_cases) for name, kind in message_types().items()}
    wanted = list(cases) or [case for case in titles if any(case in of_case.get(name, ()) for name, _ in arrows)]
    parts = [_section(case, titles.get(case, ""), [a for name, a in arrows if case in of_case.get(name, ())]) for case in wanted]
    return "\n".join([*parts, *_others(arrows, of_case)])


def _arrows(messages: pd.DataFrame, listeners: Mapping[str, Sequence[str]]) -> list[tuple[str, Arrow]]:
    """Return the information object and arrow of everything that was said, in order of the first message."""
    found: dict[tuple[str, str, str, str], Arrow] = {}
    heard: dict[str, list[str]] = {}
    columns = (messages[name].tolist() for name in ("time", "subject", "source", "body"))
    for time, subject, source, body in sorted(zip(*columns, strict=True), key=lambda row: row[0]):
        name = str(subject).rsplit(".", 1)[-1]
        ends = _ends(name, str(source), body, heard, str(subject), listeners)
        for start, target, label in ends:
            arrow = found.get((name, start, target, label))
            if arrow is None:
                found[name, start, target, label] = Arrow(start, target, label, time, time)
            else:
                arrow.last, arrow.count = time, arrow.count + 1
    return [(name, arrow) for (name, *_), arrow in found.items()]


def _ends(
    name: str, source: str, body: str, heard: dict[str, list[str]], subject: str, listeners: Mapping[str, Sequence[str]]
) -> Iterable[tuple[str, str, str]]:
    label = name.replace("_", " ")
    if name in ADDRESSED:
        target, more = _addressed(name, _object(body))
        if target:
            return ((source, target, f"{label}{more}"),)
    if subject not in heard:
        who = [module for module, patterns in listeners.items() if any(matches(pattern, subject) for pattern in patterns)]
        heard[subject] = [module for module in who if module != source] or [PLATFORM]
    return ((source, target, label) for target in heard[subject])


def _addressed(name: str, body: Mapping[str, Any]) -> tuple[str, str]:
    """Return whom a body addresses (devices by their kind, else every home had its own line) and what to add to the label."""
    table, port = str(body.get("table", "")), str(body.get("port", ""))
    if name == "control_action":
        return table, f" {port}"
    state = str(body.get("state", ""))
    target = table if state == "requested" else str(body.get("requested_by", ""))
    return target, f" {state}: {port}"


def _object(body: str) -> Mapping[str, Any]:
    try:
        document = json.loads(body)
    except (TypeError, ValueError):
        return {}
    return document if isinstance(document, dict) else {}


def _section(case: str, title: str, arrows: Sequence[Arrow]) -> str:
    head = f"## {case} {title}".rstrip()
    if not arrows:
        return f"{head}\n\nNo message of this use case flowed.\n"
    shown = arrows[:SHOWN]
    names = list(dict.fromkeys(end for arrow in shown for end in (arrow.source, arrow.target)))
    alias = {name: f"p{number}" for number, name in enumerate(names)}
    lines = [f"    participant {alias[name]} as {_plain(name)}" for name in names]
    lines += [f"    {alias[arrow.source]}->>{alias[arrow.target]}: {_plain(arrow.label)} ({_when(arrow)})" for arrow in shown]
    more = f"\n{len(arrows) - SHOWN} further kinds of message are not shown.\n" if len(arrows) > SHOWN else ""
    return "\n".join([head, "", "```mermaid", "sequenceDiagram", *lines, "```", more])


def _when(arrow: Arrow) -> str:
    first, last = f"{arrow.first:%Y-%m-%d %H:%M}", f"{arrow.last:%Y-%m-%d %H:%M}"
    if arrow.count == 1:
        return f"{first} UTC"
    if first == last:
        return f"{arrow.count} times, {first} UTC"
    return f"{arrow.count} times, {first} to {last} UTC"


def _plain(text: str) -> str:
    """Return a text without what Mermaid reads as its own: ends of statements, entities, markup, breaks."""
    return " ".join(re.sub(r"[;#<>%`\"{}\x00-\x1f\x7f]", " ", text).split()) or "unnamed"


def _others(arrows: Sequence[tuple[str, Arrow]], of_case: Mapping[str, set[str]]) -> list[str]:
    count: Counter[str] = Counter()
    for name, arrow in arrows:
        if not of_case.get(name):
            count[name] += arrow.count
    if not count:
        return []
    told = ", ".join(f"{name} ({number})" for name, number in sorted(count.items()))
    return [f"Messages of no use case of D4.4: {told}.\n"]
