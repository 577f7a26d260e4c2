# SPDX-License-Identifier: Apache-2.0
"""The scenarios and profiles that the how-to about real devices prints can be used as they stand."""

from __future__ import annotations

import re
from pathlib import Path
from textwrap import dedent

import pytest

from twinergy.adapters import Fault
from twinergy.community.scenario import load
from twinergy.errors import ScenarioError

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "how-to" / "hardware_in_the_loop.md").read_text(encoding="utf-8")
FILES = ("home.yaml", "desk.yaml", "own.yaml", "my_battery.yaml", "my_plug.yaml")
SYMPTOMS = 20


@pytest.fixture
def folder(tmp_path):
    """Return a folder with every file of the page whose first line is its name."""
    for block in re.findall(r"^ *```yaml\n(.*?)^ *```", PAGE, re.MULTILINE | re.DOTALL):
        text = dedent(block)
        name = re.match(r"# (\w+\.yaml)\n", text)
        if name:
            (tmp_path / name.group(1)).write_text(text, encoding="utf-8")
    assert sorted(file.name for file in tmp_path.iterdir()) == sorted(FILES)
    return tmp_path


def test_the_scenarios_are_sound(folder):
    desk = load(folder / "desk.yaml")
    assert [(one.id, str(one.options.mode)) for one, _ in desk.real] == [
        ("battery", "control"), ("load.electronics", "control"), ("point", "control"), ("roof", "shadow"),
    ]  # fmt: skip
    assert not load(folder / "home.yaml").real


def test_own_profiles_are_sound_and_a_wrong_one_says_where(folder):
    own = {one.id: covers for one, covers in load(folder / "own.yaml").real}
    assert own["battery"].writes == ("p_set_kw",)
    assert own["battery"].falls_back
    assert own["load.electronics"].reads == ("p_electronics_kw",)
    profile = folder / "my_battery.yaml"
    profile.write_text(profile.read_text(encoding="utf-8").replace("type: int32, unit: W, min", "type: int33, unit: W, min"))
    with pytest.raises(ScenarioError, match=r"my_battery\.yaml:8 adapters\.battery\.points\.power\.type.*int33"):
        load(folder / "own.yaml")


def test_the_page_knows_every_fault_and_enough_symptoms():
    assert [fault for fault in Fault if f"`{fault}`" not in PAGE] == []
    rows = PAGE.split("## Troubleshooting by symptom")[1].count("\n| ") - 1
    assert rows >= SYMPTOMS
