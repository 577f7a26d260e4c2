# SPDX-License-Identifier: Apache-2.0
"""What holds for every file and every page of the project."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from twinergy.cli.documenting import reference_markdown
from twinergy.community.use_cases import markdown, use_cases

ROOT = Path(__file__).resolve().parents[1]
ROOMS = ("twinergy", "simulators", "controllers", "hardware_in_loop", "tests", "benchmarks")
MODULES = sorted([ROOT / "run_scenario.py", *(file for room in ROOMS for file in (ROOT / room).rglob("*.py"))])


def test_there_are_modules():
    assert len(MODULES) > 150


@pytest.mark.parametrize("file", MODULES, ids=lambda file: str(file.relative_to(ROOT)))
def test_every_module_says_its_licence_and_leaves_no_open_end(file):
    text = file.read_text(encoding="utf-8")
    assert text.startswith("# SPDX-License-Identifier: Apache-2.0\n")
    if file.name != "test_conventions.py":
        assert not re.search(r"\b(TODO|FIXME|XXX)\b(?! #\d)", text)


def test_the_reference_of_ports_and_options_is_current():
    """Mend with: twinergy docs --out docs/ports.md."""
    assert (ROOT / "docs" / "ports.md").read_text(encoding="utf-8") == reference_markdown()


def test_the_page_of_use_cases_is_current_and_complete():
    assert (ROOT / "docs" / "use_cases.md").read_text(encoding="utf-8") == markdown()
    assert len(use_cases()) == 31


def test_every_number_of_a_pilot_has_a_source_or_the_word_assumption():
    for readme in (ROOT / "scenarios" / "pilots").glob("*/README.md"):
        rows = re.findall(r"^\| (?!number|---)(.+) \| (.*) \| (.+) \|$", readme.read_text(encoding="utf-8"), re.MULTILINE)
        table = [row for row in rows if "figure" not in row[0]]
        assert len(table) > 20
        assert all(source.strip() for _, _, source in table)


def test_the_readme_has_its_two_commands():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    for heading in ("## Run it", "## Test it"):
        command = re.search(rf"^{heading}\n\n```sh\n(.+)\n```", text, re.MULTILINE)
        assert command, heading
        assert "constraints.txt" in command.group(1)


def test_links_of_the_pages_lead_somewhere():
    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md"), *(ROOT / "scenarios").rglob("*.md")]
    for page in pages:
        for target in re.findall(r"\]\((?!https?:|#)([^)#]+)\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.relative_to(ROOT)} points at {target}"
