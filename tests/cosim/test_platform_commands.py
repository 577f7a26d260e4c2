# SPDX-License-Identifier: Apache-2.0
"""The commands of ``twinergy data`` as a person uses them."""

from __future__ import annotations

from pathlib import Path
from unittest.mock import patch

import pandas as pd
import pytest
from rich.console import Console
from typer.testing import CliRunner

from tests.unit.results_sample import write_run
from twinergy.cli.data import app
from twinergy.errors import ScenarioError
from twinergy.results.platform.errors import BadQueryError

MAPPINGS = Path(__file__).resolve().parents[2] / "data" / "import_mappings"


def call(*arguments: object) -> str:
    with patch("twinergy.cli.data.console", Console(width=200)):
        result = CliRunner().invoke(app, [str(argument) for argument in arguments], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Import 40 days of a house in which one quarter hour is far too high."""
    file = tmp_path / "export.csv"
    times = (
        pd.date_range("2024-05-01", periods=40 * 96, freq="15min", tz="UTC")
        .tz_convert("Europe/Berlin")
        .strftime("%d.%m.%Y %H:%M")
    )
    cells = [f"{time};{0.05 + 0.01 * (row % 17):.3f};0;{row}".replace(".", ",", 9) for row, time in enumerate(times)]
    cells = [f"{time};{cell.split(';', 1)[1]}" for time, cell in zip(times, cells, strict=True)]
    cells[500] = f"{times[500]};9,5;0;500"
    file.write_text("Zeit;Bezug (kWh);Einspeisung (kWh);Zählerstand (kWh)\n" + "\n".join(cells), encoding="utf-8")
    said = call("import", file, "--mapping", MAPPINGS / "csv_meter_de.yaml", "--to", tmp_path / "house")
    assert "3,840 rows into meter" in said
    return tmp_path / "house"


def test_import_curate_query_retain(data: Path, tmp_path: Path) -> None:
    said = call("curate", data)
    assert "p_import_kw" in said
    assert "spike" in said
    rows = call("query", "SELECT flag, detail FROM quality", "--data", data)
    assert "38 kW" in rows
    call("query", "SELECT * FROM daily_meter ORDER BY time", "--data", data, "--save", tmp_path / "days.csv")
    before = pd.read_csv(tmp_path / "days.csv")
    policy = tmp_path / "policy.yaml"
    policy.write_text("tables:\n  meter: {raw_days: 10, hourly_days: 20}\n", encoding="utf-8")
    assert "would go" in call("retain", data, "--policy", policy, "--dry-run")
    said = call("retain", data, "--policy", policy)
    assert "raw rows gone" in said
    call("query", "SELECT * FROM daily_meter ORDER BY time", "--data", data, "--save", tmp_path / "after.csv")
    after = pd.read_csv(tmp_path / "after.csv")
    pd.testing.assert_frame_equal(before, after, rtol=1e-12)


def test_a_run_by_its_name(tmp_path: Path) -> None:
    write_run(tmp_path, days=1, homes=2)
    said = call("query", "SELECT count(*) AS n FROM raw_household", "--data", "sample", "--out", tmp_path)
    assert "192" in said
    assert "nothing to flag" in call("curate", "latest", "--out", tmp_path)


def test_mistakes_say_what_to_do(data: Path, tmp_path: Path) -> None:
    with pytest.raises(BadQueryError, match=r"views: raw_, once_, .*\(meter\), and quality"):
        call("query", "SELECT * FROM nothing", "--data", data)
    with pytest.raises(BadQueryError, match=r"saved as \.csv or \.parquet"):
        call("query", "SELECT 1", "--data", data, "--save", tmp_path / "x.xls")
    rules = tmp_path / "rules.yaml"
    rules.write_text("spike_factor: 0.5\n", encoding="utf-8")
    with pytest.raises(ScenarioError, match=r"rules.yaml:1 spike_factor"):
        call("curate", data, "--rules", rules)
    with pytest.raises(ScenarioError, match="is no address of a broker"):
        call("ingest", "--mapping", MAPPINGS / "mqtt_plug.yaml", "--to", tmp_path / "x", "--mqtt", "localhost")
    result = CliRunner().invoke(app, ["ingest", "--mapping", "x", "--to", "y"])
    assert result.exit_code == 2
    assert "--mqtt or --bus" in result.output
