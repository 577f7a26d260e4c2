# SPDX-License-Identifier: Apache-2.0
"""Pages of use cases: who speaks to whom in the words of D4.4, and pages that are there, current and linked."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest
from ruamel.yaml import YAML

from tests.shared_data import shared_data
from twinergy.community.use_cases import use_cases
from twinergy.errors import ScenarioError
from twinergy.results.parquet import EVENT_COLUMNS
from twinergy.results.use_case_pages import TEXTS, actors, actors_table, in_words, use_case_page

ROOT = Path(__file__).resolve().parents[2]
PAGES = ROOT / "docs" / "use_cases"
SHOWN = [case for case in use_cases() if case.command]
MODULE = "Home & Tertiary Real-time Energy Monitoring Module"


def messages(*rows):
    """Return messages as a run has them, from (source, information object, body)."""
    start = pd.Timestamp("2024-07-01 10:00", tz="UTC")
    told = [
        (start + pd.Timedelta(minutes=15 * number), f"twinergy.test.{source}.{name}", source, str(number), json.dumps(body))
        for number, (source, name, body) in enumerate(rows)
    ]
    return pd.DataFrame(told, columns=list(EVENT_COLUMNS["messages"]))


def command(state, by, number=1):
    body = {"state": state, "table": "battery", "port": "p_set_kw", "requested_by": by, "command_id": f"{by}-{number}"}
    return "remote_control_data", body


DAY = messages(
    ("home_energy", "sensor_status", {}),
    ("home_energy", *command("requested", "household")),
    ("home_energy", *command("acknowledged", "household")),
    ("comfort", *command("requested", "comfort")),
    ("home_energy", *command("refused", "comfort")),
    ("stranger", *command("requested", "stranger")),
)


def run_of(told, set_points=()):
    facts = {"scenario": "small", "start": "2024-06-30T22:00:00+00:00", "end": "2024-07-01T22:00:00+00:00", "seed": 7}
    frame = pd.DataFrame(list(set_points))
    return SimpleNamespace(messages=lambda: told, set_points=lambda: frame, manifest=facts, timezone="Europe/Berlin", homes=1)


def asked(port, outcome):
    return {"agent": "home_energy", "table": "battery", "port": port, "rank": "user_override", "outcome": outcome}


def test_commands_go_from_who_asks_to_who_answers_and_back():
    told = in_words(DAY)
    ends = [(row.source, json.loads(row.body)) for row in told.itertuples()][1:]
    assert [source for source, _ in ends] == ["Consumer", MODULE, "Comfort – Wellbeing Module", MODULE, "stranger"]
    assert [body["requested_by"] for _, body in ends[1:4:2]] == ["Consumer", "Comfort – Wellbeing Module"]
    assert [body["table"] for _, body in ends] == [MODULE] * 4 + ["Energy asset/appliance (battery)"]
    assert DAY["source"].tolist()[1] == "home_energy"  # what was given is left as it was


def test_a_page_by_hand():
    page = use_case_page(
        run_of(DAY, [asked("p_set_kw", "granted"), asked("p_set_kw", "granted"), asked("p_max_kw", "limited")]), "PUC01.04"
    )
    (diagram,) = re.findall(r"```mermaid\n(.*?)```", page, re.DOTALL)
    assert diagram == (
        "sequenceDiagram\n"
        f"    participant p0 as {MODULE}\n"
        "    participant p1 as Interoperability Platform\n"
        "    participant p2 as Consumer\n"
        "    participant p3 as Comfort – Wellbeing Module\n"
        "    participant p4 as stranger\n"
        "    participant p5 as Energy asset/appliance (battery)\n"
        "    p0->>p1: sensor status (2024-07-01 10:00 UTC)\n"
        "    p2->>p0: remote control data requested: p_set_kw (2024-07-01 10:15 UTC)\n"
        "    p0->>p2: remote control data acknowledged: p_set_kw (2024-07-01 10:30 UTC)\n"
        "    p3->>p0: remote control data requested: p_set_kw (2024-07-01 10:45 UTC)\n"
        "    p0->>p3: remote control data refused: p_set_kw (2024-07-01 11:00 UTC)\n"
        "    p4->>p5: remote control data requested: p_set_kw (2024-07-01 11:15 UTC)\n"
    )
    assert "nobody sent in this run: " in page
    assert "control analysis" in page.rpartition("nobody sent in this run: ")[2]
    assert "scenario `small`, 1 home, 1 Jul 2024 00:00 to 2 Jul 2024 00:00 (Europe/Berlin), seed 7" in page
    assert "| `home_energy` | battery | `p_max_kw` | user override | limited | 1 |\n" in page
    assert "| `home_energy` | battery | `p_set_kw` | user override | granted | 2 |\n" in page


def test_a_use_case_without_a_message_says_so():
    page = use_case_page(run_of(messages()), "PUC01.04")
    assert "No message of this use case flowed." in page
    assert "Commands to devices" not in page


def test_a_use_case_that_does_not_exist_is_named_with_the_closest():
    with pytest.raises(ScenarioError, match=r"PUC01\.1.*PUC01\.01"):
        use_case_page(run_of(DAY), "PUC01.1")


@pytest.mark.parametrize("body", ["{", "[1]", '"x"'])
def test_bodies_that_cannot_be_read_do_not_stop_a_page(body):
    broken = DAY.assign(body=body)
    assert "sequenceDiagram" in use_case_page(run_of(broken), "PUC01.04")


def test_actors_are_called_as_in_the_deliverable():
    cases = YAML(typ="safe").load(shared_data("..", "mission", "use_cases.yaml"))
    named = {each["name"].lower() for case in cases for each in (*case["actors"], *case["components"])}
    for each in actors():
        assert re.sub(r" \(.*\)", "", each.actor).lower() in named, each


def test_who_is_who_is_told_once_and_is_current():
    assert max(Counter((each.role, each.name) for each in actors()).values()) == 1
    assert actors_table() in (PAGES / "README.md").read_text(encoding="utf-8")


def test_each_use_case_that_can_be_shown_has_its_page_and_no_other():
    assert [case.id for case in SHOWN][:4] == ["PUC01.01", "PUC01.02", "PUC01.03", "PUC01.04"]
    assert {page.stem for page in PAGES.glob("PUC*.md")} == {case.id for case in SHOWN}
    assert {text.stem for text in TEXTS.glob("PUC*.md")} == {case.id for case in SHOWN}


@pytest.mark.parametrize("case", SHOWN, ids=lambda case: case.id)
def test_a_page_tells_the_text_and_the_commands_it_was_made_with(case):
    page = (PAGES / f"{case.id}.md").read_text(encoding="utf-8")
    assert page.startswith(f"# {case.id} {case.title}\n")
    assert (TEXTS / f"{case.id}.md").read_text(encoding="utf-8").strip() in page
    assert f"```sh\n{case.command}\ntwinergy show latest --sequence {case.id}\n```" in page
    assert "sequenceDiagram" in page
