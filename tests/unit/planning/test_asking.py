# SPDX-License-Identifier: Apache-2.0
"""Reading a request: from the pilot's file, one's own, and the command line; every finding with file and line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from twinergy.errors import Finding, ScenarioError
from twinergy.planning.asking import asked

if TYPE_CHECKING:
    from pathlib import Path


def scenario(folder: Path, text: str = "") -> Path:
    """Return a place of a scenario, with a request beside it where there is a text."""
    if text:
        (folder / "plan.yaml").write_text(text, encoding="utf-8")
    return folder / "scenario.yaml"


def refused(folder: Path, text: str, *assignments: str) -> tuple[Finding, ...]:
    with pytest.raises(ScenarioError) as caught:
        asked(scenario(folder, text), assignments=assignments)
    return tuple(caught.value.findings)


def one(folder: Path, text: str, *assignments: str) -> Finding:
    (finding,) = refused(folder, text, *assignments)
    return finding


def test_without_a_file_everything_is_the_default(tmp_path: Path) -> None:
    assert asked(scenario(tmp_path)).as_dict() == {}


def test_the_file_beside_the_scenario_and_the_command_line(tmp_path: Path) -> None:
    place = scenario(tmp_path, "question: storage\ngroups: 2\n")
    assert asked(place).as_dict() == {"question": "storage", "groups": 2}
    changed = asked(place, assignments=["groups=3", "technologies.pv.most=5", "finance.discount_rate=0.06"])
    assert (changed.question, changed.groups, changed.finance.discount_rate) == ("storage", 3, 0.06)
    assert changed.technology("pv").most == 5.0


def test_a_file_of_ones_own_is_read_instead(tmp_path: Path) -> None:
    own = tmp_path / "mine.yaml"
    own.write_text("question: chp\n", encoding="utf-8")
    assert asked(scenario(tmp_path, "question: storage\n"), own).question == "chp"


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match=r"mine\.yaml.*no such file"):
        asked(scenario(tmp_path), tmp_path / "mine.yaml")


def test_an_unknown_technology_has_file_line_and_the_closest_name(tmp_path: Path) -> None:
    finding = one(tmp_path, "question: storage_and_res\ntechnologies:\n  pv:\n    technology: ground_pw\n")
    assert (finding.file, finding.line, finding.path) == (str(tmp_path / "plan.yaml"), 4, "technologies.pv.technology")
    assert finding.value == "ground_pw"
    assert finding.allowed.startswith("did you mean 'ground_pv'?")


def test_an_unknown_sort(tmp_path: Path) -> None:
    finding = one(tmp_path, "technologies:\n  home_batery: {most: 5}\n")
    assert (finding.line, finding.path) == (2, "technologies.home_batery")
    assert "did you mean 'home_battery'?" in finding.allowed


@pytest.mark.parametrize("sort", ["cable", "transformer", "heater", "charging"])
def test_a_sort_that_no_plan_builds(tmp_path: Path, sort: str) -> None:
    finding = one(tmp_path, f"groups: 2\ntechnologies:\n  {sort}: {{}}\n")
    assert (finding.line, finding.path) == (3, f"technologies.{sort}")
    assert finding.message == f"{sort!r} is no sort that can be planned"


def test_an_unknown_override(tmp_path: Path) -> None:
    finding = one(tmp_path, "technologies:\n  pv:\n    overrides:\n      size_eur_per_kw: 900\n")
    assert (finding.line, finding.path) == (4, "technologies.pv.overrides.size_eur_per_kw")
    assert "did you mean 'size_eur_per_kwp'?" in finding.allowed


def test_a_negative_cost(tmp_path: Path) -> None:
    finding = one(tmp_path, "technologies:\n  pv:\n    overrides: {size_eur_per_kwp: -900}\n")
    assert (finding.line, finding.value) == (3, -900.0)
    assert "0 to 30000 EUR/kWp" in finding.allowed


def test_an_unknown_fuel(tmp_path: Path) -> None:
    finding = one(tmp_path, "finance:\n  fuel_eur_per_kwh:\n    natural_gass: 0.1\n")
    assert (finding.line, finding.path) == (3, "finance.fuel_eur_per_kwh.natural_gass")
    assert "did you mean 'natural_gas'?" in finding.allowed


def test_a_year_out_of_range_and_from_the_command_line(tmp_path: Path) -> None:
    finding = one(tmp_path, "groups: 2\nyear: 1870\n")
    assert (finding.line, finding.value, finding.allowed) == (2, 1870, "≥ 1990")
    said = one(tmp_path, "groups: 2\n", "year=2500")
    assert (said.file, said.value, said.allowed) == ("--set", 2500, "≤ 2100")


def test_a_key_that_is_not_there(tmp_path: Path) -> None:
    finding = one(tmp_path, "finance:\n  discont_rate: 0.04\n")
    assert (finding.line, finding.path) == (2, "finance.discont_rate")
    assert "did you mean 'discount_rate'?" in finding.allowed


def test_a_least_above_the_most(tmp_path: Path) -> None:
    finding = one(tmp_path, "technologies:\n  pv:\n    least: 5\n    most: 4\n")
    assert finding.path == "technologies.pv"
    assert "least 5 is above most 4" in finding.message


def test_everything_that_is_wrong_is_said_at_once(tmp_path: Path) -> None:
    text = """\
question: storage
year: 1870
technologies:
  pw: {}
  pv:
    most: -1
    technology: nothing
    overrides:
      size_eur_per_kwp: -5
  chp: {technology: chp_7kw}
finance:
  horizon_years: 0
  subsidies: {wint: 0.3}
  price_growth: {oil: 0.01}
  fuel_eur_per_kwh: {natural_gas: -0.1}
"""
    found = refused(tmp_path, text)
    assert {(finding.line, finding.path) for finding in found} == {
        (2, "year"),
        (4, "technologies.pw"),
        (6, "technologies.pv.most"),
        (7, "technologies.pv.technology"),
        (10, "technologies.chp.technology"),
        (12, "finance.horizon_years"),
        (13, "finance.subsidies.wint"),
        (14, "finance.price_growth.oil"),
        (15, "finance.fuel_eur_per_kwh.natural_gas"),
    }
    assert all(finding.file == str(tmp_path / "plan.yaml") for finding in found)


def test_a_part_of_the_wrong_form_does_not_hide_the_rest(tmp_path: Path) -> None:
    found = refused(tmp_path, "technologies: [pv]\nfinance:\n  subsidies: {wint: 0.3}\n")
    assert {finding.path for finding in found} == {"technologies", "finance.subsidies.wint"}


def test_a_file_that_is_no_yaml(tmp_path: Path) -> None:
    assert "not valid YAML" in str(one(tmp_path, "question: [storage\n"))
