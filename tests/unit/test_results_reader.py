# SPDX-License-Identifier: Apache-2.0
"""Reading a run folder, sound and damaged."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pytest

from tests.unit.results_sample import SUMMER, axis_of, blocks, community, write_run
from twinergy.results.errors import UnreadableError
from twinergy.results.folder import RunFolder
from twinergy.results.reader import Run, find_run
from twinergy.results.writer import RunWriter

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten days of four homes: three blocks."""
    return write_run(tmp_path_factory.mktemp("runs"), days=10, homes=4, step_s=3600).path


@pytest.fixture
def run(finished: Path) -> Run:
    return Run(finished)


@pytest.fixture
def copy(finished: Path, tmp_path: Path) -> Path:
    return shutil.copytree(finished, tmp_path / "copy")


def test_what_is_in_it(run: Run) -> None:
    assert {"bus", "grid", "household", "prices"} <= set(run.tables)
    assert run.events == ("messages", "set_points")
    assert (run.status, run.timezone) == ("completed", "Europe/Berlin")


def test_wide_is_what_the_recorder_gave(run: Run) -> None:
    place = community(4)
    given = np.vstack([block.tables["bus"].values["vm_pu"] for block in blocks(place, axis_of(10, 3600))])
    wide = run.wide("bus", "vm_pu")
    np.testing.assert_allclose(wide.to_numpy(), given, atol=1e-7)
    assert tuple(wide.columns) == place.buses
    assert (wide.index[0], len(wide)) == (SUMMER, 240)


def test_frame_holds_only_what_was_asked_for(run: Run) -> None:
    found = run.frame("connection", ["home 001"], ["p_kw"], "2024-07-01", "2024-07-01T06:00")
    assert list(found.columns) == ["time", "device", "p_kw"]
    assert set(found["device"]) == {"home 001"}
    assert (found["time"].min(), len(found)) == (datetime(2024, 7, 1, tzinfo=UTC), 6)


def test_start_and_end_may_be_local(run: Run) -> None:
    local = run.frame("grid", start="2024-07-01T02:00+02:00", end=datetime(2024, 7, 1, 3, tzinfo=UTC))
    assert list(local["time"].dt.hour) == [0, 1, 2]


def test_units_come_from_the_schema(run: Run) -> None:
    assert run.units("battery") == {"p_kw": "kW", "soc": "1", "energy_kwh": "kWh", "p_loss_kw": "kW", "cycles": "1"}


def test_sql_sees_every_table_and_event(run: Run) -> None:
    statement = 'select c.device, sum(c.p_kw) from connection c join "grid" using (time) group by all order by 1'
    assert list(run.sql(statement)["device"]) == [f"home {row:03d}" for row in range(4)]
    assert run.sql("select count(*) from set_points where outcome = 'refused'").iloc[0, 0] == 10


def test_sql_in_place_agrees_with_the_key_figure(run: Run) -> None:
    """DuckDB over single-precision files against the float64 accumulator."""
    imported = run.sql("select sum(greatest(p_exchange_kw, 0)) * 1.0 from grid").iloc[0, 0]
    assert run.kpis["import_kwh"].value == pytest.approx(imported, rel=1e-6)


def test_events(run: Run) -> None:
    assert list(run.messages()["source"]) == ["peak_shaving"]
    assert len(run.set_points()) == 30


def test_no_events_is_an_empty_frame(copy: Path) -> None:
    shutil.rmtree(copy / "set_points")
    found = Run(copy).set_points()
    assert found.empty
    assert "reason" in found.columns


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("buss",), "has no table 'buss': did you mean 'bus'"),
        (("bus", None, ["vm_pv"]), "has no port 'vm_pv': did you mean 'vm_pu'"),
        (("bus", ["bus 0-9"]), "has no device 'bus 0-9': did you mean 'bus 0-0'"),
    ],
)
def test_unknown_names_list_what_exists(run: Run, arguments: tuple, message: str) -> None:
    with pytest.raises(UnreadableError, match=message):
        run.frame(*arguments)


def test_wrong_sql_names_the_tables(run: Run) -> None:
    with pytest.raises(UnreadableError, match=r"(?s)Table with name busses does not exist.*tables: battery, bus"):
        run.sql("select * from busses")


def test_what_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UnreadableError, match=r"there is no run folder .*nowhere"):
        Run(tmp_path / "nowhere")


def test_what_is_not_a_run(tmp_path: Path) -> None:
    with pytest.raises(UnreadableError, match=r"is not the folder of a run: it has no manifest.json"):
        Run(tmp_path)


def test_broken_manifest(copy: Path) -> None:
    (copy / "manifest.json").write_text('{"status": "comp')
    with pytest.raises(UnreadableError, match=r"manifest.json is not valid JSON"):
        Run(copy)


def test_run_without_results_yet(tmp_path: Path) -> None:
    with RunWriter(RunFolder.create(tmp_path, "street", SUMMER)) as writer:
        run = Run(writer.folder.path)
        with pytest.raises(UnreadableError, match=r"has no table 'bus': it has no results yet \(status running\)"):
            run.frame("bus")
        with pytest.raises(UnreadableError, match=r"\(running\) has no key figures"):
            _ = run.kpis
        with pytest.raises(UnreadableError, match="tables: none"):
            run.sql("select * from bus")


@pytest.mark.parametrize("keep", [0, 4, 700])
def test_damaged_part_is_named(copy: Path, keep: int) -> None:
    part = copy / "series" / "bus" / "part-00001.parquet"
    part.write_bytes(part.read_bytes()[:keep])
    for read in (lambda: Run(copy).wide("bus", "vm_pu"), lambda: Run(copy).sql("select avg(vm_pu) from bus")):
        with pytest.raises(UnreadableError, match=r"part-00001\.parquet"):
            read()
    assert len(Run(copy).frame("line")) > 0


def test_the_rest_is_readable_without_the_damaged_part(copy: Path) -> None:
    before = len(Run(copy).frame("bus"))
    part = copy / "series" / "bus" / "part-00000.parquet"
    part.write_bytes(b"")
    with pytest.raises(UnreadableError, match="remove this part to read the rest of the run"):
        Run(copy).frame("bus")
    part.unlink()
    assert 0 < len(Run(copy).frame("bus")) < before


def test_what_is_still_being_written_is_ignored(copy: Path) -> None:
    before = len(Run(copy).frame("bus"))
    (copy / "series" / "bus" / "part-00009.parquet.tmp").write_bytes(b"half")
    assert len(Run(copy).frame("bus")) == before


@pytest.fixture
def base(tmp_path: Path) -> Path:
    for name, minute in (("street", 0), ("village", 1), ("street", 2)):
        with RunWriter(RunFolder.create(tmp_path, name, SUMMER + timedelta(minutes=minute))):
            pass
    return tmp_path


@pytest.mark.parametrize(
    ("wanted", "name"),
    [
        ("latest", "street-20240630T220200Z"),
        ("street", "street-20240630T220200Z"),
        ("village", "village-20240630T220100Z"),
        ("street-20240630T220000Z", "street-20240630T220000Z"),
    ],
)
def test_runs_are_found(base: Path, wanted: str, name: str) -> None:
    assert find_run(base, wanted).name == name
    assert find_run(base, base / name).name == name


def test_unknown_run_lists_what_exists(base: Path) -> None:
    with pytest.raises(UnreadableError, match="no run 'vilage': did you mean 'village"):
        find_run(base, "vilage")


def test_no_run_at_all(tmp_path: Path) -> None:
    with pytest.raises(UnreadableError, match="no run 'latest': there is no run in"):
        find_run(tmp_path)
