# SPDX-License-Identifier: Apache-2.0
"""Files of outside meters, sound and broken, through mappings."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.shared_data import shared_data
from tests.unit.results_sample import write_run
from twinergy.errors import ScenarioError
from twinergy.results.platform.convert import conversion
from twinergy.results.platform.imports import import_file
from twinergy.results.platform.mapping import DataMapping, read_mapping
from twinergy.results.platform.store import Store
from twinergy.results.reader import Run

EXAMPLES = sorted((Path(__file__).resolve().parents[2] / "data" / "import_mappings").glob("*.yaml"))
GERMAN = EXAMPLES[[path.name for path in EXAMPLES].index("csv_meter_de.yaml")]
HEAD = "Zeit;Bezug (kWh);Einspeisung (kWh);Zählerstand (kWh)\n"


def german(tmp_path: Path, *rows: str, encoding: str = "utf-8") -> Path:
    file = tmp_path / "meter.csv"
    file.write_text(HEAD + "".join(row + "\n" for row in rows), encoding=encoding)
    return file


def simple(tmp_path: Path, text: str, mapping: str = "", **time: str) -> tuple[Path, Path]:
    """Return a file and a mapping of its column p in W to meter a."""
    file, rules = tmp_path / "in.csv", tmp_path / "mapping.yaml"
    file.write_text(text, encoding="utf-8")
    own = ", ".join(f"{key}: '{value}'" for key, value in ({"column": "time"} | time).items())
    rules.write_text(
        f"step_s: 900\ntimezone: Europe/Berlin\ntime: {{{own}}}\n"
        f"columns:\n  - {{column: p, table: meter, port: p_kw, device: a, unit: W, quantity: power}}\n{mapping}",
        encoding="utf-8",
    )
    return file, rules


def rows_of(folder: Path) -> list[tuple[str, float]]:
    with Store(folder) as store:
        return [(row["time"].strftime("%m-%dT%H:%M"), row["p_kw"]) for row in store.series("meter").to_pylist()]


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda path: path.stem)
def test_examples_are_valid(file: Path) -> None:
    assert read_mapping(file).title


def test_a_german_export(tmp_path: Path) -> None:
    """0.125 kWh in a quarter hour are 0.5 kW; 00:00 in Berlin in July is 22:00 UTC the day before."""
    file = german(tmp_path, "01.07.2024 00:00;0,125;0,000;1.234,125", "01.07.2024 00:15;0,250;0,050;1.234,375")
    result = import_file(file, GERMAN, tmp_path / "data")
    assert result.rows == {"meter": 2}
    with Store(tmp_path / "data") as store:
        rows = store.series("meter").to_pylist()
        units = store.units("meter")
    assert rows[0]["time"].isoformat() == "2024-06-30T22:00:00+00:00"
    assert [row["p_import_kw"] for row in rows] == [0.5, 1.0]
    assert [row["p_export_kw"] for row in rows] == [0.0, -0.2]
    assert [row["energy_import_kwh"] for row in rows] == [1234.125, 1234.375]
    assert units["p_export_kw"] == "kW"


def test_what_was_imported_is_a_run_for_every_reader(tmp_path: Path) -> None:
    file = german(tmp_path, *(f"01.07.2024 00:{minute:02d};0,125;0;1" for minute in (0, 15, 30, 45)))
    import_file(file, GERMAN, tmp_path / "data")
    run = Run(tmp_path / "data")
    assert run.frame("meter")["p_import_kw"].sum() == 2.0
    assert run.sql("select count(*) as n from meter")["n"][0] == 4
    noted = json.loads((tmp_path / "data" / "manifest.json").read_text(encoding="utf-8"))
    assert (noted["imports"][0]["rows"], noted["timezone"]) == ({"meter": 4}, "Europe/Berlin")


def test_a_year_of_local_time_comes_back_as_it_was(tmp_path: Path) -> None:
    """SimBench 1.6.3 (ODbL/DbCL): a load profile of 2016 written in German local time, with the hour that is missing on
    27 March and the one that is doubled on 30 October, and read back to UTC."""
    frame = pd.read_parquet(shared_data("loads", "simbench_profiles_2016_15min_pu.parquet"), columns=["H0-A_pload"])
    local = frame.index.tz_convert("Europe/Berlin").strftime("%d.%m.%Y %H:%M")
    assert len(set(local)) == len(local) - 4
    text = "time,p\n" + "".join(
        f"{when},{1000.0 * value!r}\n" for when, value in zip(local, frame["H0-A_pload"].tolist(), strict=True)
    )
    file, mapping = simple(tmp_path, text, format="%d.%m.%Y %H:%M", timezone="Europe/Berlin")
    import_file(file, mapping, tmp_path / "data")
    with Store(tmp_path / "data") as store:
        found = store.series("meter")
    np.testing.assert_array_equal(found["time"].cast("int64").to_numpy(), frame.index.as_unit("ms").asi8)
    np.testing.assert_allclose(found["p_kw"].to_numpy(), frame["H0-A_pload"], rtol=1e-12)


def test_a_file_that_runs_backwards_keeps_its_doubled_hour(tmp_path: Path) -> None:
    stamps = ["2024-10-27 03:00", "2024-10-27 02:00", "2024-10-27 02:00", "2024-10-27 01:00"]
    text = "time,p\n" + "".join(f"{when},{1000 * row}\n" for row, when in enumerate(stamps))
    import_file(*simple(tmp_path, text, timezone="Europe/Berlin"), tmp_path / "data")
    assert rows_of(tmp_path / "data") == [("10-26T23:00", 3.0), ("10-27T00:00", 2.0), ("10-27T01:00", 1.0), ("10-27T02:00", 0.0)]


@pytest.mark.parametrize(
    ("cell", "time", "wanted"),
    [
        ("2024-07-01T00:15", {"timezone": "UTC"}, "07-01T00:15"),
        ("2024-07-01T00:15", {"timezone": "Europe/Berlin"}, "06-30T22:15"),
        ("2024-07-01T00:15", {"timezone": "Etc/GMT-1"}, "06-30T23:15"),
        ("2024-07-01T00:15+02:00", {"timezone": "America/New_York"}, "06-30T22:15"),
        ("2024-07-01T00:15Z", {"label": "end"}, "07-01T00:00"),
        ("1719792900", {"format": "epoch_s"}, "07-01T00:15"),
        ("1719792900000", {"format": "epoch_ms"}, "07-01T00:15"),
    ],
)
def test_what_a_time_means(tmp_path: Path, cell: str, time: dict, wanted: str) -> None:
    import_file(*simple(tmp_path, f"time,p\n{cell},500\n", **time), tmp_path / "data")
    assert rows_of(tmp_path / "data") == [(wanted, 0.5)]


def test_offsets_that_change_within_a_file(tmp_path: Path) -> None:
    text = "time,p\n2024-03-31T01:45+01:00,1000\n2024-03-31T03:00+02:00,2000\n"
    import_file(*simple(tmp_path, text), tmp_path / "data")
    assert rows_of(tmp_path / "data") == [("03-31T00:45", 1.0), ("03-31T01:00", 2.0)]


def test_one_row_per_meter(tmp_path: Path) -> None:
    mapping = EXAMPLES[[path.name for path in EXAMPLES].index("long_csv.yaml")]
    file = tmp_path / "street.csv"
    file.write_text(
        "timestamp,meter_id,power_w\n2024-01-01T00:00Z,MAC000003,500\n2024-01-01T00:00Z,MAC000002,250\n2024-01-01T00:00Z,X,1\n"
    )
    import_file(file, mapping, tmp_path / "data")
    with Store(tmp_path / "data") as store:
        rows = store.series("meter").to_pylist()
    assert [(row["device"], row["p_kw"]) for row in rows] == [("meter-home-0001", 0.25), ("meter-home-0002", 0.5)]


def test_one_column_per_house_from_parquet(tmp_path: Path) -> None:
    """HAMLET (MIT): energy of the two houses is that of the file."""
    file = shared_data("loads", "hamlet_16_households_2021q1_15min_w.parquet")
    frame = pd.read_parquet(file)
    flat = tmp_path / "flat.parquet"
    frame.reset_index().to_parquet(flat)
    mapping = EXAMPLES[[path.name for path in EXAMPLES].index("hamlet_households.yaml")]
    import_file(flat, mapping, tmp_path / "data")
    with Store(tmp_path / "data") as store:
        rows = store.sql("SELECT device, sum(p_kwh) AS e FROM daily_meter GROUP BY device ORDER BY device").to_pylist()
    assert rows[0]["e"] == pytest.approx(frame["hh_2012_3_w"].sum() / 4000.0, rel=1e-12)
    assert rows[1]["e"] == pytest.approx(frame["hh_2262_0_w"].sum() / 4000.0, rel=1e-12)


def test_everything_wrong_is_said_at_once_with_its_line(tmp_path: Path) -> None:
    file = german(
        tmp_path,
        "01.07.2024 00:00;0,125;0;1",
        "32.07.2024 00:00;0,125;0;1",
        "01.07.2024 00:15;0.125;0;1",
        "01.07.2024 00:30;0,125;0",
        "31.03.2024 02:30;0,125;0;1",
    )
    with pytest.raises(ScenarioError) as caught:
        import_file(file, GERMAN, tmp_path / "data")
    found = {(finding.line, finding.value) for finding in caught.value.findings}
    assert found == {(3, "32.07.2024 00:00"), (4, "0.125"), (5, None), (6, "31.03.2024 02:30")}
    assert "does not exist in Europe/Berlin" in str(caught.value)
    assert not (tmp_path / "data").exists()


def test_bad_rows_left_out_are_counted(tmp_path: Path) -> None:
    file = german(tmp_path, "01.07.2024 00:00;0,125;0;1", "32.07.2024 00:00;1;0;1", "01.07.2024 00:15;x;0;1", "01.07.2024;")
    result = import_file(file, GERMAN, tmp_path / "data", skip_bad=True)
    assert {reason: count for reason, count in result.rejected.items() if count} == {
        "broken rows": 1,
        "rows without time": 1,
        "bad numbers": 1,
    }
    with Store(tmp_path / "data") as store:
        assert store.series("meter")["p_import_kw"].to_pylist() == [0.5, None]


def test_a_thousand_bad_cells_are_twenty_and_a_number(tmp_path: Path) -> None:
    text = "time,p\n" + "".join(f"2024-01-01T00:00Z,x{row}\n" for row in range(1000))
    with pytest.raises(ScenarioError, match="980 more like 'is not a number'") as caught:
        import_file(*simple(tmp_path, text), tmp_path / "data")
    assert len(caught.value.findings) == 21


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "has no column 'time'"),
        ("zeit,p\n1,2\n", "has no column 'time'"),
        ("time,p\n", "holds no rows"),
        ("time,p\n\n\n", "holds no rows"),
        ("time,p\n2024-01-01,nan\u0000\n", "is not a number"),
        ("time,p\n2024-01-01,inf\n", "is not a number"),
        ("time,p\n2024-01-01,1_000\n", "is not a number"),
    ],
)
def test_files_that_hold_nothing_of_use(tmp_path: Path, text: str, reason: str) -> None:
    with pytest.raises(ScenarioError, match=reason):
        import_file(*simple(tmp_path, text), tmp_path / "data")


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    _, mapping = simple(tmp_path, "")
    with pytest.raises(ScenarioError, match="there is no such file"):
        import_file(tmp_path / "none.csv", mapping, tmp_path / "data")
    (tmp_path / "bytes.csv").write_bytes(b"time,p\n\xff\xfe,1\n")
    with pytest.raises(ScenarioError, match=r"is not text in utf-8-sig .* set format.encoding"):
        import_file(tmp_path / "bytes.csv", mapping, tmp_path / "data")
    (tmp_path / "bytes.parquet").write_bytes(b"no parquet")
    with pytest.raises(ScenarioError, match="cannot be read"):
        import_file(tmp_path / "bytes.parquet", mapping, tmp_path / "data")


def test_the_same_file_comes_in_once(tmp_path: Path) -> None:
    file, mapping = simple(tmp_path, "time,p\n2024-01-01T00:00Z,1000\n")
    import_file(file, mapping, tmp_path / "data")
    with pytest.raises(ScenarioError, match=r"is in data already, since 20"):
        import_file(file, mapping, tmp_path / "data")
    file.write_text("time,p\n2024-01-01T00:15Z,2000\n", encoding="utf-8")
    import_file(file, mapping, tmp_path / "data")
    assert rows_of(tmp_path / "data") == [("01-01T00:00", 1.0), ("01-01T00:15", 2.0)]


def test_a_simulated_table_stays_as_it_is_and_another_may_lie_beside_it(tmp_path: Path) -> None:
    run = write_run(tmp_path, days=1, homes=2).path
    file, mapping = simple(tmp_path, "time,p\n2024-07-01T00:00Z,1000\n")
    with pytest.raises(ScenarioError, match=r"table 'meter' of .* was simulated and stays as it is"):
        import_file(file, mapping, run)
    mapping.write_text(mapping.read_text().replace("table: meter", "table: outside_meter"), encoding="utf-8")
    import_file(file, mapping, run)
    with Store(run) as store:
        assert store.series("outside_meter")["p_kw"].to_pylist() == [1.0]
    assert Run(run).has("outside_meter", "p_kw")


def test_another_step_needs_another_table(tmp_path: Path) -> None:
    file, mapping = simple(tmp_path, "time,p\n2024-07-01T00:00Z,1000\n")
    import_file(file, mapping, tmp_path / "data")
    file.write_text("time,p\n2024-07-01T01:00Z,1000\n", encoding="utf-8")
    mapping.write_text(mapping.read_text().replace("step_s: 900", "step_s: 3600"), encoding="utf-8")
    with pytest.raises(ScenarioError, match="has steps of 900 s"):
        import_file(file, mapping, tmp_path / "data")


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path) -> None:
    from twinergy.results.errors import StorageError

    file, mapping = simple(tmp_path, "time,p\n2024-07-01T00:00Z,1000\n")
    with pytest.raises(StorageError, match="is no data set"):
        import_file(file, mapping, tmp_path)


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ("unit: Wx", "unit 'Wx' is not known"),
        ("unit: kWh", r"unit 'kWh' does not fit port 'p_kw' \(kW\).*quantity: energy"),
        ("port: p_kWatt", "p_kWatt"),
        ("sign: 2", "sign"),
        ("tabel: meter", "tabel"),
    ],
)
def test_mapping_mistakes_name_line_and_way_out(tmp_path: Path, wrong: str, reason: str) -> None:
    _, mapping = simple(tmp_path, "")
    key = wrong.partition(":")[0]
    old = {"unit": "unit: W", "port": "port: p_kw", "sign": "quantity: power", "tabel": "table: meter"}[key]
    mapping.write_text(mapping.read_text().replace(old, wrong), encoding="utf-8")
    with pytest.raises(ScenarioError, match=reason) as caught:
        read_mapping(mapping)
    assert all(finding.file == str(mapping) for finding in caught.value.findings)
    assert all(finding.line for finding in caught.value.findings)


def test_a_column_needs_a_device() -> None:
    column = {"column": "p", "table": "meter", "port": "p_kw", "unit": "W"}
    with pytest.raises(ValueError, match="belongs to no device"):
        DataMapping.model_validate({"step_s": 900, "columns": [column]})
    with pytest.raises(ValueError, match="two columns become port"):
        DataMapping.model_validate({"step_s": 900, "columns": [column | {"device": "a"}] * 2})
    with pytest.raises(ValueError, match="does not divide a day"):
        DataMapping.model_validate({"step_s": 700, "columns": [column | {"device": "a"}]})


@pytest.mark.parametrize(
    ("unit", "port", "given", "wanted"),
    [
        ("W", "p_kw", 1500.0, 1.5),
        ("MJ", "energy_kwh", 3.6, 1.0),
        ("degF", "temp_degc", 212.0, 100.0),
        ("K", "temp_degc", 273.15, 0.0),
        ("%", "soc", 50.0, 0.5),
        ("%", "humidity_percent", 50.0, 50.0),
        ("EUR/MWh", "price_eur_per_kwh", 85.0, 0.085),
        ("ct/kWh", "price_eur_per_kwh", 8.5, 0.085),
        ("km/h", "wind_m_per_s", 36.0, 10.0),
    ],
)
def test_units(unit: str, port: str, given: float, wanted: float) -> None:
    """By definition of the units (SI brochure; 0 °C = 273.15 K, 212 °F = 100 °C)."""
    factor, offset = conversion(unit, port)
    assert given * factor + offset == pytest.approx(wanted, abs=1e-12)
