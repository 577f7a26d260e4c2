# SPDX-License-Identifier: Apache-2.0
"""A page per use case: what is shown, the command that shows it, and the messages that really flowed in a run.

Texts are kept in ``data/use_cases/<id>.md``, and the words of D4.4 for who takes part in ``data/use_cases/actors.csv``.
"""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from twinergy.community.use_cases import FILE, use_cases
from twinergy.errors import Finding, ScenarioError, closest
from twinergy.messages import message_types
from twinergy.results.report_facts import local_time
from twinergy.results.sequence import PLATFORM, sequence_markdown

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from twinergy.community.use_cases import UseCase
    from twinergy.results.reader import Run

TEXTS: Final = FILE.parent / "use_cases"
COMMAND: Final = "remote_control_data"
REQUESTED: Final = "requested"


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody or something that takes part in use cases.

    Attributes
    ----------
    role : str
        ``module``, ``person``, ``device`` or ``platform``.
    name : str
        In the laboratory: name of a controller, who asks, kind of a device.
    actor : str
        In D4.4.
    what : str
        What stands for it here.
    """

    role: str
    name: str
    actor: str
    what: str


@cache
def actors() -> tuple[Actor, ...]:
    """Return who takes part, in the order of the file."""
    with (TEXTS / "actors.csv").open(encoding="utf-8", newline="") as file:
        return tuple(Actor(**row) for row in csv.DictReader(file))


def actors_table() -> str:
    """Return the table that tells who is who."""
    rows = [f"| {each.actor} | `{each.name}` | {each.what} |" for each in actors()]
    return "\n".join(["| in D4.4 | in the laboratory | what it is here |", "|---|---|---|", *rows]) + "\n"


def use_case_page(run: Run, case_id: str) -> str:
    """Return the page of a use case, as Markdown.

    Parameters
    ----------
    run : Run
        Whose messages are drawn.
    case_id : str
        Such as ``PUC01.01``.

    Raises
    ------
    ScenarioError
        If there is no such use case.
    """
    case = _case(case_id)
    file = TEXTS / f"{case.id}.md"
    text = f"{file.read_text(encoding='utf-8').strip()}\n\n" if file.is_file() else ""
    messages = run.messages()
    parts = [f"# {case.id} {case.title}\n\n{case.high_level}\n\n{text}{_how(case)}"]
    parts += [f"## Messages that flowed\n\n{_facts(run)}\n\n{_diagram(messages, case)}\n{_lacking(messages, case)}"]
    if case.id in message_types()[COMMAND].use_cases:
        parts.append(_commands(run.set_points()))
    return "\n".join(part for part in parts if part).rstrip() + "\n"


def _case(case_id: str) -> UseCase:
    cases = {case.id: case for case in use_cases()}
    if case_id not in cases:
        finding = Finding(message="there is no such use case", path="--sequence", value=case_id, allowed=closest(case_id, cases))
        raise ScenarioError([finding], "command line")
    return cases[case_id]


def _how(case: UseCase) -> str:
    head = f"{case.command}\n" if case.command else ""
    return f"```sh\n{head}twinergy show latest --sequence {case.id}\n```\n\nThe last command prints this page.\n"


def _facts(run: Run) -> str:
    begin, end = (local_time(str(run.manifest.get(key, "")), run.timezone) for key in ("start", "end"))
    homes = f"{run.homes} {'home' if run.homes == 1 else 'homes'}"
    what = f"scenario `{run.manifest.get('scenario', '')}`, {homes}, {begin} to {end} ({run.timezone})"
    return f"Drawn from a run: {what}, seed {run.manifest.get('seed', '?')}. Who is who stands in [README.md](README.md)."


def _diagram(messages: pd.DataFrame, case: UseCase) -> str:
    """Return the diagram alone: this page has its own headings, and counts nothing that belongs elsewhere."""
    text = sequence_markdown(in_words(messages), cases=[case.id])
    found = re.search(r"```mermaid\n.*?```\n(\n.*are not shown\.\n)?", text, re.DOTALL)
    platform = _word("platform", "bus")
    return found.group().replace(f" as {PLATFORM}\n", f" as {platform}\n") if found else "No message of this use case flowed.\n"


def in_words(messages: pd.DataFrame) -> pd.DataFrame:
    """Return messages with the words of D4.4 for who speaks and who is meant.

    A command goes from whoever asks to whoever answers it, and the answer back: a household asks through the app of the module
    that also answers, so its name is that of the person and not of the app.
    """
    names = messages["subject"].astype(str).str.rsplit(".", n=1).str[-1]
    bodies = {row: _object(messages["body"].loc[row]) for row in messages.index[names == COMMAND]}
    answers = {_key(body): str(messages["source"].loc[row]) for row, body in bodies.items() if body.get("state") != REQUESTED}
    told = messages.assign(
        source=[_word("module", str(source)) for source in messages["source"]], body=messages["body"].astype(str)
    )
    for row, body in bodies.items():
        asks = str(body.get("requested_by", ""))
        name = _word("person" if asks == "household" else "module", asks)
        answerer = answers.get(_key(body))
        table = _word("module", answerer) if answerer else _word("device", str(body.get("table", "")))
        if body.get("state") == REQUESTED:
            told.loc[row, "source"] = name
        told.loc[row, "body"] = json.dumps({**body, "requested_by": name, "table": table})
    return told


def _key(body: Mapping[str, Any]) -> tuple[str, str]:
    return str(body.get("requested_by", "")), str(body.get("command_id", ""))


def _object(body: object) -> dict[str, Any]:
    try:
        document = json.loads(str(body))
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}


def _word(role: str, name: str) -> str:
    return next((each.actor for each in actors() if (each.role, each.name) == (role, name)), name)


def _lacking(messages: pd.DataFrame, case: UseCase) -> str:
    """Return which information objects of a use case nobody sent."""
    seen = set(messages["subject"].astype(str).str.rsplit(".", n=1).str[-1])
    lacking = [name.replace("_", " ") for name, kind in message_types().items() if case.id in kind.use_cases and name not in seen]
    return f"Information objects of this use case that nobody sent in this run: {', '.join(lacking)}.\n" if lacking else ""


def _commands(set_points: pd.DataFrame) -> str:
    """Return what was asked of devices; set-points are no messages, the arbiter of the run decides on each."""
    if set_points.empty:
        return ""
    told = (set_points[name].astype(str) for name in ("agent", "table", "port", "rank", "outcome"))
    counted = sorted(Counter(zip(*told, strict=True)).items())
    rows = [
        f"| `{agent}` | {table} | `{port}` | {rank.replace('_', ' ')} | {outcome} | {number} |"
        for (agent, table, port, rank, outcome), number in counted
    ]
    head = "## Commands to devices\n\nSet-points that the agents asked for, and what the arbiter of the run said.\n"
    return "\n".join([head, "| agent | device | port | rank | outcome | times |", "|---|---|---|---|---|---:|", *rows]) + "\n"
