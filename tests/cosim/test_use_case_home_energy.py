# SPDX-License-Identifier: Apache-2.0
"""The use cases of home energy management at work: their commands, and that their pages do not lie."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from twinergy.cli.bussing import Linking, linked
from twinergy.community.scenario import load
from twinergy.community.use_cases import use_cases
from twinergy.cosim.runner import run
from twinergy.results.use_case_pages import use_case_page

ROOT = Path(__file__).resolve().parents[2]
SCENARIO = "scenarios/use_cases/home_energy.yaml"
REQUESTS = ROOT / "scenarios" / "use_cases" / "home_energy_requests.jsonl"
CASES = ["PUC01.01", "PUC01.02", "PUC01.03", "PUC01.04"]
COMMANDS = {case.id: shlex.split(case.command) for case in use_cases() if case.id in CASES}


def settings(words):
    """Return the overrides of a command line."""
    found = [words[place + 1] for place, word in enumerate(words) if word == "--set"]
    return found + [f"run.days={words[place + 1]}" for place, word in enumerate(words) if word == "--days"]


@pytest.fixture(scope="module")
def managed(tmp_path_factory):
    """One home beside the one at the corner, for a week, and others who ask."""
    scenario = load(str(ROOT / SCENARIO), settings(COMMANDS["PUC01.04"]))
    out = tmp_path_factory.mktemp("managed")
    with linked(Linking(replay=str(REQUESTS)), scenario, out) as platform:
        return run(scenario, out=out, report=False, platform=platform)


@pytest.fixture(scope="module")
def watched(tmp_path_factory):
    """The whole three weeks, with nothing controlled."""
    overrides = [*settings(COMMANDS["PUC01.01"]), "community.homes=1"]
    return run(load(str(ROOT / SCENARIO), overrides), out=tmp_path_factory.mktemp("watched"), report=False)


def arrows(page):
    """Return who told whom what, without how often and when."""
    names = dict(re.findall(r"participant (p\d+) as (.+)", page))
    told = re.findall(r"(p\d+)->>(p\d+): (.+?) \((?:\d+ times, )?\d{4}-", page)
    return {(names[source], names[target], what) for source, target, what in told}


@pytest.mark.parametrize("case", CASES)
def test_the_command_of_a_use_case_can_be_run(case):
    words = COMMANDS[case]
    assert words[:3] == ["twinergy", "run", SCENARIO]
    twin = load(str(ROOT / SCENARIO), settings(words)).twin
    assert "corner" in twin.dwelling_by_id
    for place, word in enumerate(words):
        assert word != "--replay" or (ROOT / words[place + 1]).is_file()


def test_the_scenario_has_twenty_homes_beside_the_one_at_the_corner_all_with_a_gateway():
    twin = load(str(ROOT / SCENARIO)).twin
    assert {gateway.dwelling for gateway in twin.of_kind("gateway")} == {dwelling.id for dwelling in twin.dwellings}
    assert len(twin.dwellings) == 21


@pytest.mark.parametrize("case", CASES)
def test_the_same_messages_flow_between_the_same_as_the_page_says(managed, case):
    page = (ROOT / "docs" / "use_cases" / f"{case}.md").read_text(encoding="utf-8")
    assert arrows(page)
    assert arrows(use_case_page(managed, case)) == arrows(page)


def test_every_request_ends_as_the_household_allows(managed):
    """Requests and permissions stand in the scenario and in the recording; quiet is from 22 to 6, and the dryer is empty."""
    messages = managed.messages()
    told = messages.loc[messages["subject"].str.endswith(".remote_control_data"), "body"].map(json.loads)
    ends = {each["command_id"]: (each["state"], each["reason"]) for each in told if each["state"] != "requested"}
    states = {name: state for name, (state, _) in ends.items()}
    assert states == {
        "household-0": "acknowledged",
        "household-1": "acknowledged",
        "household-2": "refused",
        "consumer_flexibility-1": "acknowledged",
        "consumer_flexibility-2": "refused",
        "comfort-3": "acknowledged",
        "consumer_flexibility-4": "acknowledged",
        "consumer_flexibility-5": "failed",
    }
    assert "45 is outside 5 to 28" in ends["household-2"][1]
    assert "quiet from 22 to 6" in ends["consumer_flexibility-2"][1]


def test_a_plug_that_was_switched_off_draws_nothing_while_that_holds(managed):
    """19:00 local the request is sent, for an hour; it acts from 19:30 on."""
    power = managed.wide("household", "p_electronics_kw")["corner-household"]
    assert (power["2024-03-07 18:30":"2024-03-07 18:45"] == 0.0).all()
    assert (power["2024-03-07 17:00":"2024-03-07 18:15"] > 0.0).all()


def test_the_dead_plug_and_the_forgotten_lamp_are_found_and_nothing_else_at_the_corner(watched):
    """The scenario says when each begins: the plug at midnight of the 18th, the lamp in the evening of the 19th."""
    (table,) = [each for each in watched.accounts["home_energy"] if each["title"].startswith("Anomalies")]
    found = {(plug, what): since for home, plug, what, since, *_ in table["rows"] if home == "corner"}
    assert found.keys() == {("cold", "dead plug"), ("lighting", "left running")}
    assert found["cold", "dead plug"] == "2024-03-18 00:00"
    assert "2024-03-19 12:00" < found["lighting", "left running"] <= "2024-03-19 20:00"  # it began as a usual evening


def test_nothing_is_controlled_where_the_household_has_opted_out(watched):
    set_points = watched.set_points()
    assert set(set_points["rank"].astype(str)) == {"user_override"}  # what the household itself asked for


def test_the_command_line_prints_the_page_and_names_an_unknown_use_case(managed):
    def show(case):
        words = [sys.executable, "-m", "twinergy.cli", "show", str(managed.path), "--sequence", case]
        return subprocess.run(words, cwd=ROOT, capture_output=True, text=True, encoding="utf-8", timeout=120, check=False)

    assert show("PUC01.04").stdout == use_case_page(managed, "PUC01.04")
    wrong = show("PUC01.4")
    assert wrong.returncode == 2
    assert "PUC01.4" in wrong.stderr
    assert "did you mean 'PUC01.04'" in wrong.stderr
