# SPDX-License-Identifier: Apache-2.0
"""Asking a store: raw rows, pages, hours and local days, views, and what it refuses."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np
import pytest

from tests.unit.platform_sample import one_device, write_data
from tests.unit.results_sample import SUMMER, write_run
from twinergy.results.platform.errors import BadQueryError, UnknownNameError
from twinergy.results.platform.store import Store
from twinergy.results.reader import Run

if TYPE_CHECKING:
    from pathlib import Path

HOUR = 3600


def epoch(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp())


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten days of four homes: three blocks."""
    return write_run(tmp_path_factory.mktemp("runs"), days=10, homes=4).path


def test_raw_rows_are_those_the_reader_gives(finished: Path) -> None:
    known = Run(finished).frame("connection", ["home 001"], ["p_kw"])
    with Store(finished) as store:
        found = store.series("connection", ["p_kw"], ["home 001"])
    np.testing.assert_array_equal(found["p_kw"].to_numpy(), known["p_kw"].to_numpy().astype(float))
    assert found["time"].to_pylist() == [time.to_pydatetime() for time in known["time"]]
    assert found.schema.field("p_kw").metadata == {b"unit": b"kW"}


def test_pages_join_to_the_whole(finished: Path) -> None:
    with Store(finished) as store:
        whole = store.series("connection", ["p_kw"], end="2024-07-01")
        rows, after = [], None
        while (page := store.series("connection", ["p_kw"], end="2024-07-01", limit=7, after=after)).num_rows:
            assert page.num_rows <= 7
            rows += page.to_pylist()
            after = store.position(page)
    assert rows == whole.to_pylist()


def test_pages_of_local_days_join_too(finished: Path) -> None:
    with Store(finished) as store:
        whole = store.series("connection", ["p_kw"], resolution="daily")
        first = store.series("connection", ["p_kw"], resolution="daily", limit=6)
        rest = store.series("connection", ["p_kw"], resolution="daily", after=store.position(first))
    assert first.to_pylist() + rest.to_pylist() == whole.to_pylist()
    assert whole.num_rows == 40


def test_devices_know_dwelling_ports_and_units(finished: Path) -> None:
    with Store(finished) as store:
        rows = store.devices("connection")
    assert [row.device for row in rows] == [f"home {number:03d}" for number in range(4)]
    assert rows[0].dwelling == "home 000"
    assert rows[0].units == {"p_kw": "kW", "q_kvar": "kvar"}


def test_names_of_devices_end_or_begin_with_their_dwelling(finished: Path, tmp_path: Path) -> None:
    own = shutil.copytree(finished, tmp_path / "run")
    folder = write_data(tmp_path / "data", {"meter": ([0, 0, 0], ["meter-h-01", "h-01-pv", "h-011"], {"p_kw": np.ones(3)})})
    shutil.copytree(own / "tables", folder.path / "tables")
    (folder.path / "tables" / "dwellings.parquet").unlink()
    from twinergy.results.tables import write_table

    write_table(folder.table("dwellings"), {"dwelling": ["h-01"], "connection": ["h-01"]})
    with Store(folder.path) as store:
        assert {row.device: row.dwelling for row in store.devices()} == {"meter-h-01": "h-01", "h-01-pv": "h-01", "h-011": ""}


def test_what_a_run_says_of_its_devices_goes_before_their_names(tmp_path: Path) -> None:
    from tests.unit.results_sample import community
    from twinergy.results.platform.places import write_devices

    run = write_run(tmp_path, days=1, homes=2)
    write_devices(run, community(2).twin)
    with Store(run.path) as store:
        assert {row.device: row.dwelling for row in store.devices("household")} == {
            "household 000": "home 000",
            "household 001": "home 001",
        }


@pytest.mark.parametrize(
    ("day", "before", "hours"),
    [
        ("2024-03-31", "2024-03-30T23:00+00:00", 23),
        ("2024-10-27", "2024-10-26T22:00+00:00", 25),
        ("2024-07-01", "2024-06-30T22:00+00:00", 24),
    ],
)
def test_local_days_have_23_24_and_25_hours(tmp_path: Path, day: str, before: str, hours: int) -> None:
    """1 kW all the time is as many kWh as the day has hours; Berlin's clocks changed on these Sundays of 2024."""
    times = epoch(before) - 24 * HOUR + 900 * np.arange(73 * 4)
    folder = one_device(tmp_path / "data", times, {"p_kw": np.ones(len(times))})
    with Store(folder.path) as store:
        rows = store.series("meter", resolution="daily", start=before, limit=1).to_pylist()
    assert rows[0]["time"] == datetime.fromisoformat(before)
    assert (rows[0]["p_kwh"], rows[0]["p_share"]) == (float(hours), 1.0)
    assert day in rows[0]["time"].astimezone(__import__("zoneinfo").ZoneInfo("Europe/Berlin")).isoformat()


def test_energy_of_an_hour_with_a_gap_is_that_of_the_known_steps(tmp_path: Path) -> None:
    values = np.array([1.0, 2.0, np.nan, 3.0])
    folder = one_device(tmp_path / "data", 900 * np.arange(4), {"p_kw": values})
    with Store(folder.path) as store:
        (row,) = store.series("meter", resolution="hourly").to_pylist()
    assert (row["p_kw"], row["p_kwh"], row["p_share"]) == (2.0, 1.5, 0.75)


@pytest.mark.parametrize(
    ("readings", "increments"),
    [
        ([10.0, 11.0, 13.0], [1.0, 2.0]),
        ([10.0, np.nan, 13.0], [None, 3.0]),
        ([10.0, 11.0, 0.5], [1.0, 0.5]),
        ([99_999.0, 99_999.5, 0.25], [0.5, 0.75]),
        ([10.0, 0.0, 13.0], [None, 3.0]),
        ([10.0, 9e9, 13.0], [None, 3.0]),
    ],
    ids=["grows", "gap", "reset", "rollover", "dip", "outlier"],
)
def test_increments_of_registers(tmp_path: Path, readings: list[float], increments: list[float | None]) -> None:
    """Worked out by hand; each reading stands for the end of its hour."""
    folder = one_device(tmp_path / "data", HOUR * np.arange(3), {"energy_import_kwh": np.array(readings)}, step_s=HOUR)
    with Store(folder.path) as store:
        found = store.series("meter", resolution="hourly")["energy_import_delta_kwh"].to_pylist()
    assert found == [None, *increments]


def test_start_of_a_span_does_not_lose_the_reading_before(tmp_path: Path) -> None:
    folder = one_device(tmp_path / "data", HOUR * np.arange(9), {"energy_import_kwh": np.arange(9.0)}, step_s=HOUR)
    with Store(folder.path) as store:
        found = store.series("meter", resolution="hourly", start="1970-01-01T05:00", end="1970-01-01T07:00")
    assert found["energy_import_delta_kwh"].to_pylist() == [1.0, 1.0]


def test_quarter_hours_are_means_and_last_readings(tmp_path: Path) -> None:
    times = 60 * np.arange(30)
    folder = one_device(tmp_path / "data", times, {"p_kw": np.arange(30.0), "energy_import_kwh": np.arange(30.0)}, step_s=60)
    with Store(folder.path) as store:
        found = store.series("meter", resolution="15min").to_pylist()
        with pytest.raises(BadQueryError, match="3600 s"):
            Store(one_device(tmp_path / "other", times * 60, {"p_kw": np.ones(30)}, step_s=3600).path).series(
                "meter", resolution="15min"
            )
    assert [(row["p_kw"], row["energy_import_kwh"]) for row in found] == [(7.0, 14.0), (22.0, 29.0)]


def test_rows_received_twice_count_once_and_stay_visible(tmp_path: Path) -> None:
    folder = one_device(tmp_path / "data", np.array([0, 900, 900, 1800]), {"p_kw": np.array([1.0, 2.0, 9.0, 1.0])})
    with Store(folder.path) as store:
        assert store.series("meter").num_rows == 4
        assert store.series("meter", limit=2)["p_kw"].to_pylist() == [1.0, 2.0, 9.0]
        assert store.series("meter", resolution="hourly")["p_kwh"].to_pylist() == [1.0]


def test_sql_sees_views_of_each_table(finished: Path) -> None:
    with Store(finished) as store:
        total = store.sql("SELECT sum(p_kwh) AS e FROM daily_household")["e"][0].as_py()
        rows = store.sql('SELECT device, rows_count, "mean:p_kw" AS m FROM device_household ORDER BY device').to_pylist()
    assert total == pytest.approx(float(Run(finished).frame("household")["p_kw"].astype(float).sum()) / 4, rel=1e-9)
    assert (rows[0]["device"], rows[0]["rows_count"]) == ("household 000", 960)


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ("DROP VIEW raw_pv", "one SELECT"),
        ("SELECT 1; SELECT 2", "one SELECT"),
        ("COPY (SELECT 1) TO 'x.csv'", "one SELECT"),
        ("SELECT * FROM read_text('/etc/hostname')", "Permission Error"),
        ("SELECT * FROM raw_pvv", "raw_pvv"),
        ("SELEC 1", "syntax error"),
        ("", "one SELECT"),
    ],
)
def test_sql_reads_this_data_set_and_nothing_else(finished: Path, statement: str, reason: str) -> None:
    with Store(finished) as store, pytest.raises(BadQueryError, match=reason):
        store.sql(statement)


def test_unknown_names_are_met_with_the_closest(finished: Path) -> None:
    with Store(finished) as store:
        with pytest.raises(UnknownNameError, match=r"no table 'conection': did you mean 'connection'"):
            store.series("conection")
        with pytest.raises(UnknownNameError, match=r"no port 'p_w': did you mean 'p_kw'"):
            store.series("connection", ["p_w"])
        with pytest.raises(UnknownNameError, match=r"no device 'home 01': did you mean 'home 0"):
            store.series("connection", devices=["home 01"])
        with pytest.raises(UnknownNameError, match=r"no resolution 'weekly'"):
            store.series("connection", resolution="weekly")


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        ({"limit": 0}, "limit is 0"),
        ({"start": "2024-07-02", "end": "2024-07-01"}, "not after the start"),
        ({"start": "yesterday"}, "'yesterday' is not a time"),
    ],
)
def test_questions_without_sense_are_refused(finished: Path, asked: dict, reason: str) -> None:
    with Store(finished) as store, pytest.raises(BadQueryError, match=reason):
        store.series("connection", **asked)


def test_names_with_quotes_do_no_harm(tmp_path: Path) -> None:
    name = "a'; DROP VIEW quality; --\""
    folder = write_data(tmp_path / "data", {"meter": ([0], [name], {"p_kw": np.ones(1)})})
    with Store(folder.path) as store:
        page = store.series("meter", devices=[name], limit=1)
        assert page["device"].to_pylist() == [name]
        assert store.series("meter", devices=[name], after=store.position(page)).num_rows == 0
        assert store.quality(device=name).num_rows == 0


def test_no_devices_are_no_rows(finished: Path) -> None:
    with Store(finished) as store:
        assert store.series("connection", devices=[]).num_rows == 0


def test_a_run_that_grows_is_seen_after_refresh(finished: Path, tmp_path: Path) -> None:
    growing = shutil.copytree(finished, tmp_path / "growing")
    later = growing / "series" / "connection" / "part-00001.parquet"
    later.rename(tmp_path / "kept.parquet")
    with Store(growing) as store:
        before = store.series("connection").num_rows
        (tmp_path / "kept.parquet").rename(later)
        store.refresh()
        assert store.series("connection").num_rows > before
        assert store.series("connection").num_rows == 10 * 96 * 4


def test_the_folder_must_be_a_data_set(tmp_path: Path) -> None:
    from twinergy.results.errors import UnreadableError

    with pytest.raises(UnreadableError, match=r"has no manifest\.json"):
        Store(tmp_path)
    (tmp_path / "manifest.json").write_text("{", encoding="utf-8")
    with pytest.raises(UnreadableError, match="not valid JSON"):
        Store(tmp_path)


def test_a_damaged_part_is_named(finished: Path, tmp_path: Path) -> None:
    hurt = shutil.copytree(finished, tmp_path / "hurt")
    (hurt / "series" / "connection" / "part-00001.parquet").write_bytes(b"PAR1 nothing")
    with Store(hurt) as store, pytest.raises(BadQueryError, match=r"part-00001\.parquet"):
        store.series("connection")


def test_threads_ask_at_once(finished: Path) -> None:
    from concurrent.futures import ThreadPoolExecutor

    with Store(finished) as store, ThreadPoolExecutor(8) as pool:
        asked = [pool.submit(store.series, "connection", ["p_kw"], [f"home {n % 4:03d}"], resolution="hourly") for n in range(24)]
        assert {job.result().num_rows for job in asked} == {240}


def test_times_come_back_in_utc(finished: Path) -> None:
    with Store(finished) as store:
        first = store.series("connection", limit=1)["time"][0].as_py()
    assert (first, first.utcoffset()) == (SUMMER, datetime.now(UTC).utcoffset())


def test_the_manifest_of_a_data_set_is_readable_as_a_run(tmp_path: Path) -> None:
    folder = one_device(tmp_path / "data", 900 * np.arange(96), {"p_kw": np.ones(96)})
    run = Run(folder.path)
    assert (run.status, run.tables, run.days) == ("completed", ("meter",), 1.0)
    assert run.units("meter") == {"p_kw": "kW"}
    assert json.loads(folder.manifest.read_text())["kind"] == "data"
