# SPDX-License-Identifier: Apache-2.0
"""The log of real devices: appended, turned over, packed, read again in order."""

from __future__ import annotations

import json

import pytest

from twinergy.adapters import Journal, Way
from twinergy.adapters import journal as module
from twinergy.adapters.journal import lines_of
from twinergy.adapters.recorded import RecordedPhysics


def numbers(path):
    return [json.loads(line)["number"] for line in lines_of(path)]


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setattr(module, "MOST_BYTES", 2000)


@pytest.mark.usefixtures("small")
def test_a_long_log_is_put_aside_and_packed_without_losing_a_line(tmp_path):
    path = tmp_path / "hardware.jsonl"
    with Journal(path) as journal:
        for number in range(200):
            journal.event(Way.EVENT, "a", number=number)
    assert numbers(path) == list(range(200))
    parts = sorted(part.name for part in tmp_path.iterdir())
    assert parts[:2] == ["hardware-0001.jsonl.gz", "hardware-0002.jsonl.gz"]
    assert parts[-1] == "hardware.jsonl"
    assert not [name for name in parts if name.endswith(".new")]


@pytest.mark.usefixtures("small")
def test_a_packed_log_is_played_back_whole(tmp_path):
    path = tmp_path / "hardware.jsonl"
    with Journal(path) as journal:
        for number in range(100):
            journal.event(Way.READING, "a", port="p_kw", value=float(number))
    recorded = RecordedPhysics.from_journal(path, clock=lambda: 0.0)
    assert recorded.length_s > 0.0
    assert recorded.read("a", "p_kw") == 0.0


def test_a_log_that_cannot_be_packed_stays_as_it_is(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "MOST_BYTES", 500)
    monkeypatch.setattr(module.shutil, "copyfileobj", lambda *_: (_ for _ in ()).throw(OSError("no space")))
    path = tmp_path / "hardware.jsonl"
    with Journal(path) as journal:
        for number in range(30):
            journal.event(Way.EVENT, "a", number=number)
    assert numbers(path) == list(range(30))
    assert (tmp_path / "hardware-0001.jsonl").is_file()


def test_a_second_run_appends(tmp_path):
    path = tmp_path / "hardware.jsonl"
    for number in range(2):
        with Journal(path) as journal:
            journal.event(Way.EVENT, "a", number=number)
    assert numbers(path) == [0, 1]


def test_without_a_file_nothing_is_kept():
    with Journal(None) as journal:
        journal.event(Way.EVENT, "a")
        assert (journal.lines, journal.frames) == (0, False)
