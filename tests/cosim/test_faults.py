# SPDX-License-Identifier: Apache-2.0
"""Bad input and faults from the outside in: what a person sees, and what is left on disk."""

from __future__ import annotations

import errno

import pytest

from tests.scenario_files import small
from twinergy.community.scenario import load
from twinergy.cosim.runner import run
from twinergy.errors import RunError, ScenarioError, TwinergyError
from twinergy.results import writer
from twinergy.results.reader import Run

ROWS = ["time,load_kw", *(f"2024-06-{day:02d}T{hour:02d}:00:00Z,0.4" for day in (2, 3, 4) for hour in range(24))]
MEASURED = (
    "annual_kwh: 3500",
    "annual_kwh: 3500, profile: {kind: measured, path: load.csv, column: load_kw, unit: kw}",
)


def said_about(folder, rows, change=MEASURED):
    (folder / "load.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    with pytest.raises(ScenarioError) as caught:
        run(load(small(folder, change)), out=folder / "runs", report=False)
    return str(caught.value)


def changed(row, text):
    return [*ROWS[:row], text, *ROWS[row + 1 :]]


def test_a_good_file_is_replayed(tmp_path):
    (tmp_path / "load.csv").write_text("\n".join(ROWS) + "\n", encoding="utf-8")
    finished = run(load(small(tmp_path, MEASURED)), out=tmp_path / "runs", report=False)
    assert finished.wide("household", "p_kw")["load-a"].to_numpy() == pytest.approx(0.4)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        pytest.param(["time,other", *ROWS[1:]], r"load_kw", id="missing column"),
        pytest.param(changed(30, "2024-06-03T05:00:00Z,"), r"2024-06-03", id="a gap"),
        pytest.param(changed(30, ROWS[29]), r"2024-06-03", id="a time twice"),
        pytest.param([ROWS[0], *ROWS[40:], *ROWS[1:40]], r"2024-06-0", id="times that go back"),
        pytest.param([ROWS[0], *(row.replace(",0.4", ",400") for row in ROWS[1:])], r"400", id="watts taken for kilowatts"),
    ],
)
def test_a_bad_profile_names_file_and_place(tmp_path, rows, said):
    import re

    text = said_about(tmp_path, rows)
    assert "load.csv" in text
    assert re.search(said, text)


def test_a_missing_profile_names_the_file(tmp_path):
    with pytest.raises(ScenarioError, match=r"load\.csv"):
        run(load(small(tmp_path, MEASURED)), out=tmp_path / "runs", report=False)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        pytest.param(
            ("weather: {source: try, region: 7}", "weather: {source: file, path: no.epw}"), r"no\.epw", id="weather file"
        ),
        pytest.param(
            ("grid: {source: kerber_dorfnetz, stations: 1}", "grid: {source: file, path: no.json}"), r"no\.json", id="grid file"
        ),
        pytest.param(
            ("energy: {kind: fixed, price_eur_per_kwh: 0.2}", "energy: {kind: dynamic, path: no.csv, unit: eur_per_mwh}"),
            r"no\.csv",
            id="price file",
        ),
    ],
)
def test_missing_input_files_of_other_kinds(tmp_path, change, said):
    with pytest.raises(ScenarioError, match=said):
        run(load(small(tmp_path, change)), out=tmp_path / "runs", report=False)


def test_a_full_disk_in_mid_run_is_said_and_leaves_what_was_written(tmp_path, monkeypatch):
    real, calls = writer.write_part, []

    def full(path, table):
        calls.append(path)
        if len(calls) > 20:
            raise writer.StorageError.of(path, OSError(errno.ENOSPC, "No space left on device"))
        real(path, table)

    monkeypatch.setattr(writer, "write_part", full)
    with pytest.raises(RunError, match=r"no space left on device"):
        run(load(small(tmp_path), ["run.days=30"]), out=tmp_path / "runs", report=False)
    left = Run(next((tmp_path / "runs").iterdir()))
    assert left.status == "failed"
    assert "no space left" in left.manifest["error"]
    assert len(left.wide("household", "p_kw")) >= 500


def test_an_agent_that_raises_is_named_with_its_time(tmp_path, monkeypatch):
    from controllers.peak_shaving import PeakShaving

    agent = "controllers: {peak_shaving: {batteries: [battery-a], transformer: s1-trafo, limit_kw: 2}}\n"
    real = PeakShaving.decide

    def failing(self, observation):
        if observation.step.index == 40:
            return {}["nothing"]
        return real(self, observation)

    monkeypatch.setattr(PeakShaving, "decide", failing)
    with pytest.raises(RunError, match=r"agent 'peak_shaving' failed at 2024-06-03 08:00 UTC \(step 40\): KeyError"):
        run(load(small(tmp_path, extra=agent)), out=tmp_path / "runs", report=False)
    assert len(Run(next((tmp_path / "runs").iterdir())).wide("battery", "soc")) == 40


def test_an_agent_may_not_look_behind_the_meter(tmp_path, monkeypatch):
    from controllers.peak_shaving import PeakShaving
    from twinergy.agents import Subscription

    agent = "controllers: {peak_shaving: {batteries: [battery-a], transformer: s1-trafo, limit_kw: 2}}\n"
    monkeypatch.setattr(PeakShaving, "subscriptions", (Subscription(table="household", ports=("p_kw",)),))
    with pytest.raises(TwinergyError, match="subscribes to 'household'; an agent sees known: meter, prices, weather"):
        run(load(small(tmp_path, extra=agent)), out=tmp_path / "runs", report=False)


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    blocked = tmp_path / "runs"
    blocked.write_text("a file in the way", encoding="utf-8")
    with pytest.raises(RunError, match="runs"):
        run(load(small(tmp_path)), out=blocked, report=False)
