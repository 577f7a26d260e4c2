# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from datetime import datetime

import pytest

from twinergy.community.document import dotted, override, read
from twinergy.errors import ScenarioError


def write(folder, name, text):
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return file


def test_every_value_knows_its_line(tmp_path):
    document = read(write(tmp_path, "a.yaml", "site:\n  name: x\ndevices:\n  - id: one\n  - id: two\n    soc: 80\n"))
    assert document.where(("devices", 1, "soc")) == (str(tmp_path / "a.yaml"), 6)
    assert document.where(("devices", 1, "unknown"))[1] == 5


def test_extends_merges_mappings_and_replaces_lists(tmp_path):
    write(tmp_path, "base.yaml", "run: {step_s: 900, seed: 1}\ndevices: [{id: a}, {id: b}]\n")
    top = write(tmp_path, "top.yaml", "extends: base.yaml\nrun:\n  seed: 2\ndevices: [{id: c}]\n")
    document = read(top)
    assert document.data == {"run": {"step_s": 900, "seed": 2}, "devices": [{"id": "c"}]}
    assert document.where(("run", "step_s"))[0].endswith("base.yaml")
    assert document.where(("run", "seed")) == (str(top), 3)


def test_a_scenario_can_extend_a_pilot_by_name(tmp_path):
    document = read(write(tmp_path, "mine.yaml", "extends: hagedorn\nname: mine\ncommunity: {homes: 20}\n"))
    assert document.data["name"] == "mine"
    assert document.data["community"]["homes"] == 20
    assert document.data["community"]["devices"]["pv"]["share"] == 0.45
    assert document.where(("grid", "source"))[0].endswith("hagedorn/scenario.yaml")


def test_extends_in_a_circle_is_a_finding(tmp_path):
    write(tmp_path, "a.yaml", "extends: b.yaml\n")
    with pytest.raises(ScenarioError, match=r"circle: b\.yaml → a\.yaml → b\.yaml"):
        read(write(tmp_path, "b.yaml", "extends: a.yaml\n"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("a: [1, 2\nb: 3\n", r"a\.yaml:2.*not valid YAML", id="broken YAML"),
        pytest.param("a: 1\na: 2\n", r"a\.yaml:2.*duplicate key", id="key twice"),
        pytest.param("- 1\n- 2\n", r"a scenario is a mapping", id="a list"),
    ],
)
def test_bad_yaml_names_the_line(tmp_path, text, said):
    with pytest.raises(ScenarioError, match=said):
        read(write(tmp_path, "a.yaml", text))


def test_missing_file_and_binary_file(tmp_path):
    with pytest.raises(ScenarioError, match=r"nowhere\.yaml: there is no such file"):
        read(tmp_path / "nowhere.yaml")
    (tmp_path / "b.yaml").write_bytes(b"\xff\xfe\x00binary")
    with pytest.raises(ScenarioError, match="not a text file in UTF-8"):
        read(tmp_path / "b.yaml")


def test_yaml_of_times_stays_text(tmp_path):
    """YAML 1.1 reads 22:00 as the number 1320 and no as false; scenario files are YAML 1.2."""
    document = read(write(tmp_path, "a.yaml", "night: {from: 22:00, country: no}\n"))
    assert document.data == {"night": {"from": "22:00", "country": "no"}}


def test_override_by_path_by_end_of_path_and_in_lists(tmp_path):
    document = read(write(tmp_path, "a.yaml", "community: {devices: {battery: {share: 0.5}}}\ndevices: [{id: a, soc: 0.1}]\n"))
    changed = override(document, ["battery.share=0.25", "devices.0.soc=0.9", "run.seed=3"])
    assert changed.data["community"]["devices"]["battery"]["share"] == 0.25
    assert changed.data["devices"][0]["soc"] == 0.9
    assert changed.data["run"] == {"seed": 3}
    assert changed.where(("devices", 0, "soc")) == ("--set", 0)
    assert document.data["devices"][0]["soc"] == 0.1


@pytest.mark.parametrize(
    ("assignment", "said"),
    [
        ("nonsense", "not of the form a.b=c"),
        ("devices.5.soc=1", "is a list of 1; 5 is not one of its positions"),
        ("devices.0.id.x=1", "has no keys"),
        ("a={", "is not YAML"),
        ("soc=1", "is not unique"),
    ],
)
def test_override_that_cannot_be_applied(tmp_path, assignment, said):
    document = read(write(tmp_path, "a.yaml", "devices: [{id: a, soc: 0.1}]\nother: {soc: 1}\n"))
    with pytest.raises(ScenarioError, match=said):
        override(document, [assignment])


def test_dotted():
    assert dotted(("a", 0, "b")) == "a[0].b"


def test_a_time_with_seconds_is_a_plain_time(tmp_path):
    """ruamel's own times cannot be written again."""
    file = tmp_path / "scenario.yaml"
    file.write_text("run: {end: 2024-06-03T12:01:30, start: 2024-06-03, late: 2024-06-03T12:01:30+02:00}\n", encoding="utf-8")
    run = read(file).data["run"]
    assert (type(run["end"]), run["end"]) == (datetime, datetime.fromisoformat("2024-06-03T12:01:30"))
    assert (type(run["late"]), run["late"].isoformat()) == (datetime, "2024-06-03T12:01:30+02:00")
