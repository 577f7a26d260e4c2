# SPDX-License-Identifier: Apache-2.0
"""The five questions of a planner, asked of a small community by program and from the command line."""

from __future__ import annotations

import json
import re
from unittest.mock import patch

import numpy as np
import pytest
from rich.console import Console
from typer.testing import CliRunner

from tests.scenario_files import every_kind, small
from twinergy.cli.app import app
from twinergy.community.scenario import load
from twinergy.cosim.planning import cache
from twinergy.cosim.planning.study import Study
from twinergy.errors import ModelError, ScenarioError
from twinergy.planning import folder as folders
from twinergy.planning.optimise import CO2
from twinergy.planning.report import write_report

QUESTIONS = ("dispatch", "storage", "hosting", "chp", "storage_and_res")


@pytest.fixture(autouse=True, scope="module")
def _own_cache(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv(cache.VARIABLE, str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    """Two homes, a hall with a CHP unit, wind and a battery: a week of them."""
    study = Study.of(str(every_kind(tmp_path_factory.mktemp("study"))), days=7)
    assert study.courses.n_steps == 168
    return study


@pytest.fixture(scope="module")
def answers(base):
    """Every question at least cost, and what was studied for it."""
    studies = {question: base.asking(question=question) for question in QUESTIONS}
    return {question: (study, study.answer(question)) for question, study in studies.items()}


def built(plan, kind):
    return sum(size for unit in plan.units if unit.kind == kind for name, size in unit.added.items() if name != "power_kw")


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_question_is_answered_and_its_account_adds_up(answers, question):
    study, plan = answers[question]
    assert (plan.question, plan.status, plan.grid.agreed) == (question, "optimal", True)
    assert plan.eur == pytest.approx(study.planner._answer.objective, rel=1e-6)
    assert plan.hours.sum() == pytest.approx(8760.0)
    if question != "hosting":  # that builds what fits, whatever it costs
        assert plan.eur <= sum(line.eur for line in plan.reference) * (1.0 + 1e-6)


def test_dispatch_builds_nothing_and_says_what_is_available(answers):
    study, plan = answers["dispatch"]
    assert not any(size for unit in plan.units for size in unit.added.values())
    sun = sum(roof.existing_kwp * study.courses.yields[roof.orientation] for roof in study.courses.roofs)
    there = sun + study.courses.wind_kw["home-c"]
    np.testing.assert_allclose(plan.flows["network.renewable_kw"], there, atol=1e-9)
    assert plan.extras["available"]["renewable_kwh"] == pytest.approx(float(there.sum()) * 8760.0 / 168.0)
    assert plan.flows["network.down_kw"].max() > 1.0  # the battery of 4 kW has room at some time


def test_hosting_builds_what_the_network_carries(answers):
    study, plan = answers["hosting"]
    cases = {case["name"]: case for case in plan.extras["hosting"]}
    assert {"uniform", "free", "curtailed", "cars", "batteries"} == set(cases)
    assert built(plan, "pv") == pytest.approx(cases["free"]["kwp"], rel=1e-6)
    room = sum(roof.room_kwp for roof in study.courses.roofs)
    assert 0.0 < cases["uniform"]["kwp"] <= cases["free"]["kwp"] * (1.0 + 1e-6) <= room * (1.0 + 1e-5)


def test_what_may_be_built_is_what_the_question_names(answers):
    kinds = {question: {unit.kind for unit in plan.units if unit.technology} for question, (_, plan) in answers.items()}
    assert kinds["dispatch"] == set()
    assert kinds["storage"] <= {"battery"}
    assert kinds["hosting"] == {"pv"}
    assert kinds["chp"] <= {"chp", "boiler", "heat_buffer"}
    assert kinds["storage_and_res"] <= {"pv", "battery"}


@pytest.mark.parametrize("question", ["storage", "chp", "storage_and_res"])
def test_least_greenhouse_gases_are_no_more_than_those_of_least_cost(base, answers, question):
    study = base.asking(question=question, goal="co2")
    plan = study.answer("clean")
    assert plan.co2_kg <= answers[question][1].co2_kg * (1.0 + 1e-6)
    assert plan.eur >= answers[question][1].eur * (1.0 - 1e-6)
    objective = CO2.eur * plan.eur + CO2.eur_per_kg * plan.co2_kg
    assert objective == pytest.approx(study.planner._answer.objective, rel=1e-6)


@pytest.mark.parametrize("question", ["dispatch", "hosting"])
def test_a_folder_is_read_as_it_was_written_and_has_a_report(answers, question, tmp_path):
    study, plan = answers[question]
    place = folders.write(plan, tmp_path / question)
    again = folders.read(place)
    assert (again.account, again.reference, again.units) == (plan.account, plan.reference, plan.units)
    assert again.extras["available"] == plan.extras["available"]
    assert len(again.extras.get("hosting", ())) == len(plan.extras.get("hosting", ()))
    assert set(again.flows) == set(plan.flows)
    text = write_report(again, place, courses=study.courses).read_text(encoding="utf-8")
    assert plan.name in text
    assert not re.search(r"""(?:src|href)\s*=\s*["'](?:https?:|//|[^"'#d])""", text)


def test_what_cannot_be_names_what_is_in_the_way(base):
    with pytest.raises(ModelError, match=r"limit on greenhouse gases of 10 kg/a; raise it by"):
        base.asking("most_co2_t=0.01", question="storage").answer("impossible")


def test_a_budget_below_what_has_to_be_built_is_named_with_it(base):
    poor = base.asking("technologies.pv.least=7", "most_invest_eur=100", question="storage_and_res")
    with pytest.raises(ModelError, match=r"(?s)pv-of-all: at_least, 7.*budget: investment_within_budget, 100"):
        poor.answer("poor")


def test_questions_and_pilots_that_do_not_exist(base):
    with pytest.raises(ScenarioError, match=r"nonsense.*'storage_and_res'"):
        base.asking(question="nonsense")
    with pytest.raises(ScenarioError, match=r"nowhere.*hagedorn"):
        Study.of("nowhere")


# --- the same from the command line


def call(*arguments):
    # a narrow terminal would break the lines that are looked for
    with patch("twinergy.cli.app.console", Console(width=240)):
        return CliRunner().invoke(app, [str(argument) for argument in arguments], catch_exceptions=False)


@pytest.fixture(scope="module")
def planned(tmp_path_factory):
    """Cheap PV for the small community at a price that the command line sets."""
    place = tmp_path_factory.mktemp("command")
    settings = ["resolution.kind=week", "technologies.pv.overrides.size_eur_per_kwp=300"]
    price = "tariffs.household.energy.price_eur_per_kwh=0.3"
    asked = [argument for one in settings for argument in ("--set", one)]
    options = ["--question", "storage_and_res", *asked, "--scenario-set", price, "--out", place / "plans"]
    done = call("plan", small(place), *options, "--sensitivity")
    assert done.exit_code == 0
    return place, done.output


def test_plan_says_what_is_built_and_where_it_is_written(planned):
    place, output = planned
    assert "rooftop_pv_residential" in output
    assert re.search(r"\d\.\d kWp", output)
    assert re.search(r"as it is: [\d,]+ EUR/a", output)
    (folder,) = (place / "plans").iterdir()
    assert {"plan.json", "flows.parquet", "report.html", "scenario.yaml"} <= {path.name for path in folder.iterdir()}
    assert "Europe/Berlin" in (folder / "report.html").read_text(encoding="utf-8")


def test_a_plan_finds_the_community_it_was_made_for(planned):
    """Neither the place of the file nor what was changed in it is lost."""
    place, _ = planned
    (folder,) = (place / "plans").iterdir()
    plan = folders.read(folder)
    found = load(plan.scenario, plan.extras["scenario_assignments"])
    assert found.document.data["tariffs"]["household"]["energy"]["price_eur_per_kwh"] == 0.3
    assert all(row["status"] == "optimal" for row in plan.extras["sensitivity"]["rows"])


def test_verify_sets_planned_beside_simulated(planned):
    place, _ = planned
    done = call("verify", "latest", "--out", place / "plans", "--week", 20, "--no-explain")
    assert done.exit_code == 0
    assert "in the twin:" in done.output
    (folder,) = (place / "plans").iterdir()
    page = (folder / "verification.html").read_text(encoding="utf-8")
    assert "Cost of operation" in page
    assert "EUR/a" in page
    assert "Own supply, of consumption" in page
    proof = json.loads((folder / "verification.json").read_text(encoding="utf-8"))
    said = re.search(r"the twin costs (.+) EUR and emits", done.output)
    assert float(said[1].replace(",", "")) == pytest.approx(proof["gap"]["eur"], abs=0.51)
    assert proof["accounts"]["simulated"]["eur"] - proof["accounts"]["planned"]["eur"] == pytest.approx(proof["gap"]["eur"])


def test_commands_refuse_what_is_not_there(tmp_path):
    with pytest.raises(ScenarioError, match="nowhere"):
        call("plan", "nowhere", "--out", tmp_path)
    with pytest.raises(ScenarioError, match=r"holds no plan yet.*twinergy plan PILOT"):
        call("verify", "latest", "--out", tmp_path)
