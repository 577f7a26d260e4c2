# SPDX-License-Identifier: Apache-2.0
"""The data behind the figures, and that every figure draws."""

from __future__ import annotations

import shutil
import xml.etree.ElementTree as ET
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np
import pytest

from tests.unit.results_sample import axis_of, block_of, community, write_run
from twinergy.community.topology import GridTopology
from twinergy.results.figure_network import worst_hour
from twinergy.results.figure_style import svg
from twinergy.results.figures import FIGURES, save_figures
from twinergy.results.kpis import Kpis
from twinergy.results.reader import Run
from twinergy.results.series import flows, ranges
from twinergy.results.writer import RunFolder, RunWriter

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return Run(write_run(tmp_path_factory.mktemp("runs"), days=2, homes=8, step_s=3600, failed_steps=(4,)).path)


@pytest.fixture(scope="module")
def long_run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return Run(write_run(tmp_path_factory.mktemp("runs"), days=40, homes=4, step_s=3600).path)


@pytest.fixture(scope="module")
def spring(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """One kW from the eve of the change to summer time (31 March 2024) to the day after: 24 + 23 + 24 hours in Berlin."""
    place, start = community(1), datetime(2024, 3, 29, 23, tzinfo=UTC)
    ones = {"p_kw": [[1.0]] * 71}
    folder = RunFolder.create(tmp_path_factory.mktemp("runs"), "spring", start)
    kpis = Kpis(place.twin, axis_of(3, 3600))
    with RunWriter(folder) as writer:
        writer.write_manifest(timezone="Europe/Berlin", step_s=3600)
        block = block_of(place, {"household": ones, "connection": ones}, start=start)
        kpis.add(block)
        writer.write_block(block)
        writer.write_kpis(kpis.document())
    return Run(folder.path)


def test_a_day_may_have_23_hours(spring: Run) -> None:
    data = flows(spring, by_day=True)
    assert list(data.frame["load"]) == [24.0, 23.0, 24.0]
    assert [str(day.date()) for day in data.frame.index] == ["2024-03-30", "2024-03-31", "2024-04-01"]


def test_what_comes_is_what_goes(run: Run) -> None:
    frame = flows(run).frame
    losses = run.wide("grid", "p_loss_kw")["grid"].to_numpy()
    coming = frame["from pv"] + frame["discharge"] + frame["import"]
    going = frame["load"] + frame["charge"] + frame["export"] + losses
    np.testing.assert_allclose(coming.dropna(), going.dropna(), atol=1e-5)


def test_a_failed_step_is_a_gap_not_a_zero(run: Run) -> None:
    frame = flows(run).frame
    assert frame["import"].isna().sum() == run.kpis["non_converged_steps"].value > 0


def test_long_runs_are_shown_by_days(long_run: Run) -> None:
    data = flows(long_run)
    assert (data.daily, data.unit, len(data.frame)) == (True, "kWh per day", 40)
    assert data.frame["load"].sum() == pytest.approx(long_run.kpis["consumption_kwh"].value, rel=1e-5)


def test_ranges_hold_the_extremes(run: Run) -> None:
    frame = ranges(run, "bus", "vm_pu")
    assert frame["low"].min() == pytest.approx(run.kpis["vm_min_pu"].value)
    assert frame["high"].max() == pytest.approx(run.kpis["vm_max_pu"].value)
    assert str(frame.index.tz) == "Europe/Berlin"


def test_worst_hour_is_where_a_limit_is_closest(run: Run) -> None:
    worst = worst_hour(run)
    loading = max(run.kpis[name].value for name in ("line_loading_percent", "transformer_loading_percent")) / 100.0
    deviation = max(run.kpis["vm_max_pu"].value - 1.0, 1.0 - run.kpis["vm_min_pu"].value) / 0.1
    assert worst is not None
    assert worst.stress == pytest.approx(max(loading, deviation), rel=1e-5)


REAL = {"hardware_twins", "hardware_timing"}
"""Figures of real devices, which these runs have not; tests/cosim/test_hardware_runs.py draws them."""


@pytest.mark.parametrize("standard", FIGURES, ids=lambda standard: standard.name)
def test_every_figure_draws(run: Run, long_run: Run, standard) -> None:
    for one in (run, long_run):
        due = standard.name not in REAL and (standard.name != "months" or one is long_run)  # two days have one month
        assert standard.possible(one) is due
        if not standard.possible(one):
            continue
        root = ET.fromstring(svg(standard.draw(one), standard.name).replace("xlink:href", "href"))  # noqa: S314 - our own text
        assert root.tag.endswith("svg")


def test_axes_name_their_unit(run: Run) -> None:
    maps = {"network", "sankey", "months", *REAL}
    labels = {standard.name: standard.draw(run).axes[0].get_ylabel() for standard in FIGURES if standard.name not in maps}
    assert labels == {
        "energy_balance": "kW",
        "voltage": "voltage / nominal",
        "load_duration": "exchange at the transformer, kW",
        "mean_day": "mean power, kW",
        "storage": "state of charge, %",
    }


def test_only_possible_figures_are_drawn(spring: Run) -> None:
    assert [path.name for path in save_figures(spring)] == [
        "sankey.svg",
        "energy_balance.svg",
        "load_duration.svg",
        "mean_day.svg",
    ]


def test_pyplot_is_left_alone() -> None:
    import subprocess
    import sys

    code = "import sys, twinergy.results.figures as f; f.FIGURES; assert 'matplotlib' not in sys.modules"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_svg_follows_the_page(run: Run) -> None:
    text = svg(FIGURES[0].draw(run), "one")
    assert "var(--ink, #1f2a33)" in text
    assert 'id="one-' in text
    assert 'width="' not in text.split(">", 1)[0]


def test_topology_round_trip() -> None:
    topology = GridTopology({"a": [0.0, 1.5], "b": []}, {"ab": ["a", "b"]}, {"t": ["b", "a"]})
    assert GridTopology.from_json(topology.to_json()) == topology
    assert not topology.drawable


def test_unknown_places_are_not_drawn() -> None:
    nan = float("nan")
    assert GridTopology.from_json(GridTopology({"a": [nan, nan], "b": [1.0, 1.0]}).to_json()).buses["a"] == []
    assert not GridTopology({"a": [1.0, 1.0], "b": [1.0, 1.0]}).drawable
    assert GridTopology({"a": [1.0, 1.0], "b": [1.0, 2.0]}).drawable


def test_figures_draw_what_a_scenario_chose_to_record(run: Run, tmp_path: Path) -> None:
    """Without the powers of PV there is no balance to draw, without voltages no map; the rest remains."""
    kept = shutil.copytree(run.path, tmp_path / "kept")
    for table in ("pv", "bus"):
        shutil.rmtree(kept / "series" / table)
    assert [standard.name for standard in FIGURES if standard.possible(Run(kept))] == ["sankey", "load_duration", "storage"]


def test_long_curves_are_thinned_but_keep_their_ends(long_run: Run) -> None:
    axes = next(standard for standard in FIGURES if standard.name == "load_duration").draw(long_run).axes[0]
    texts = [note.get_text().strip() for note in axes.texts]
    peaks = [f"{long_run.kpis['peak_import_kw'].value:,.1f} kW", f"−{long_run.kpis['peak_export_kw'].value:,.1f} kW"]
    assert texts == peaks
    assert axes.get_xlim() == (0.0, 40 * 24.0)
