# SPDX-License-Identifier: Apache-2.0
"""The page of adapter blocks and profiles says what the models say."""

from __future__ import annotations

import re
from pathlib import Path

from hardware_in_loop.mqtt import library as mqtt_profiles
from hardware_in_loop.reference import markdown
from twinergy.adapters import AdapterOptions

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "hardware_profiles.md"


def test_the_page_is_current():
    """Mend with: python -m hardware_in_loop.reference > docs/hardware_profiles.md."""
    assert PAGE.read_text(encoding="utf-8") == markdown()


def test_every_profile_and_every_shared_key_stands_there():
    text = PAGE.read_text(encoding="utf-8")
    files = (ROOT / "hardware_in_loop" / "profiles").rglob("*.yaml")
    assert [file.stem for file in files if f"| `{file.stem}` |" not in text] == []
    assert [name for name in AdapterOptions.model_fields if f"| `{name}` |" not in text] == []


def test_every_row_has_the_cells_of_its_head_and_says_something():
    rows = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| `")]
    assert len(rows) > 150
    assert [row for row in rows if len(re.findall(r"(?<!\\)\|", row)) != 5] == []


def test_how_a_device_falls_back_is_that_of_its_profile():
    text = PAGE.read_text(encoding="utf-8")
    assert re.search(r"^\| `shelly_gen2_plug` .* \| timer of the device \|$", text, re.MULTILINE)
    assert re.search(r"^\| `zigbee2mqtt_plug` .* \| last will at the broker \|$", text, re.MULTILINE)
    assert re.search(r"^\| `sdm630` .* \| – \|$", text, re.MULTILINE)
    assert mqtt_profiles.load("zigbee2mqtt_plug").fallback == ("will",)
