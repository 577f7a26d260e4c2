# SPDX-License-Identifier: Apache-2.0
"""Writing a run folder: whole parts, a manifest that tells the truth, and what happens when the disk is full or the run dies."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from tests.unit.results_sample import SUMMER, blocks, community, set_points
from twinergy.community.topology import GridTopology
from twinergy.results.background import BackgroundWriter
from twinergy.results.errors import StorageError
from twinergy.results.folder import RunFolder
from twinergy.results.reader import Run
from twinergy.results.writer import RunWriter
from twinergy.timebase import TimeAxis

ROOT = Path(__file__).resolve().parents[2]
NOON = datetime(2024, 9, 1, 12, tzinfo=UTC)
PLACE = community(4)
AXIS = TimeAxis(int(SUMMER.timestamp()), 3600, 24 * 15)  # three blocks


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    return RunFolder.create(tmp_path, "street", NOON)


def write(folder: RunFolder) -> None:
    with RunWriter(folder) as writer:
        for block in blocks(PLACE, AXIS):
            writer.write_block(block)


def manifest(folder: RunFolder) -> dict:
    return json.loads(folder.manifest.read_text(encoding="utf-8"))


def test_folder_name_holds_scenario_and_time(tmp_path: Path) -> None:
    assert RunFolder.create(tmp_path, "a/b: c", NOON).path.name == "a-b-c-20240901T120000Z"


def test_second_run_of_the_same_second_has_a_folder_of_its_own(tmp_path: Path) -> None:
    names = [RunFolder.create(tmp_path, "street", NOON).path.name for _ in range(3)]
    assert names == ["street-20240901T120000Z", "street-20240901T120000Z-2", "street-20240901T120000Z-3"]


def test_folder_that_cannot_be_made_says_why(tmp_path: Path) -> None:
    (tmp_path / "runs").write_text("in the way")
    with pytest.raises(StorageError, match=r"cannot write .*runs.*Not a directory"):
        RunFolder.create(tmp_path / "runs", "street", NOON)


def test_one_part_per_table_and_block(folder: RunFolder) -> None:
    write(folder)
    assert [path.name for path in sorted(folder.series("bus").iterdir())] == [f"part-0000{n}.parquet" for n in range(3)]


def test_values_survive_in_the_precision_of_their_port(folder: RunFolder) -> None:
    write(folder)
    block = next(iter(blocks(PLACE, AXIS)))
    stored = pq.read_table(folder.series("battery") / "part-00000.parquet")
    np.testing.assert_array_equal(stored["energy_kwh"].to_numpy(), block.tables["battery"].values["energy_kwh"].ravel())
    np.testing.assert_array_equal(stored["p_kw"].to_numpy(), block.tables["battery"].values["p_kw"].ravel().astype(np.float32))


def test_rows_are_in_order_of_time_then_device(folder: RunFolder) -> None:
    write(folder)
    stored = pq.read_table(folder.series("connection") / "part-00000.parquet").slice(0, 5)
    assert stored["device"].to_pylist() == ["home 000", "home 001", "home 002", "home 003", "home 000"]
    assert stored["time"].to_pylist()[0] == SUMMER
    assert (stored["time"].to_pylist()[4] - SUMMER).total_seconds() == 3600


def test_schema_names_units_and_version(folder: RunFolder) -> None:
    write(folder)
    schema = pq.read_schema(folder.series("battery") / "part-00000.parquet")
    assert schema.field("p_loss_kw").metadata == {b"unit": b"kW", b"description": b"losses"}
    assert schema.metadata[b"twinergy.schema_version"] == b"1.0"
    assert (str(schema.field("p_kw").type), str(schema.field("cycles").type)) == ("float", "double")


def test_a_block_may_be_overwritten_once_it_was_handed_over(folder: RunFolder) -> None:
    block = next(iter(blocks(PLACE, AXIS)))
    before = block.tables["connection"].values["p_kw"].ravel().astype(np.float32)
    with RunWriter(folder) as writer:
        writer.write_block(block)
        block.tables["connection"].values["p_kw"][:] = np.nan
    np.testing.assert_array_equal(pq.read_table(folder.series("connection"))["p_kw"].to_numpy(), before)


def test_manifest_of_a_finished_run(folder: RunFolder) -> None:
    write(folder)
    facts = manifest(folder)
    assert (facts["status"], facts["blocks"], facts["steps"]) == ("completed", 3, 360)
    assert facts["written_until"] == AXIS.end.isoformat()
    assert facts["versions"]["numpy"] == np.__version__


def test_status_is_running_until_the_end(folder: RunFolder) -> None:
    with RunWriter(folder) as writer:
        assert manifest(folder)["status"] == "running"
        writer.write_manifest(seed=7)
    assert manifest(folder)["seed"] == 7


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [(KeyboardInterrupt(), "interrupted", ""), (ValueError("bad luck"), "failed", "ValueError: bad luck")],
)
def test_how_a_run_ends(folder: RunFolder, error: BaseException, status: str, said: str) -> None:
    def run() -> None:
        with RunWriter(folder) as writer:
            writer.write_block(next(iter(blocks(PLACE, AXIS))))
            raise error

    with pytest.raises(type(error)):
        run()
    assert (manifest(folder)["status"], manifest(folder)["error"]) == (status, said)
    assert len(Run(folder.path).frame("grid")) == manifest(folder)["steps"]


def test_events_are_typed_and_numbered(folder: RunFolder) -> None:
    with RunWriter(folder) as writer:
        for _ in range(2):
            writer.write_events("set_points", set_points(AXIS, 1))
        writer.write_events("set_points", [])
    assert len(list(folder.events("set_points").iterdir())) == 2
    found = Run(folder.path).set_points()
    assert list(found["outcome"]) == ["granted", "limited", "refused"] * 2
    assert str(found["time"].dtype) == "datetime64[ms, UTC]"


def test_events_may_come_as_columns(folder: RunFolder) -> None:
    with RunWriter(folder) as writer:
        writer.write_events("messages", {"time": [NOON], "subject": ["a.b"], "source": ["a"], "id": ["1"], "body": ["{}"]})
    assert Run(folder.path).messages()["time"][0] == NOON


def test_topology_and_scenario_are_kept(folder: RunFolder) -> None:
    with RunWriter(folder) as writer:
        writer.write_topology(PLACE.topology)
        writer.write_scenario("name: street\n")
    run = Run(folder.path)
    assert isinstance(run.topology, GridTopology)
    assert run.topology.lines == PLACE.topology.lines
    assert run.scenario == "name: street\n"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full on this system")
def test_full_disk_is_an_error_that_names_path_room_and_next_step(folder: RunFolder) -> None:
    """The kernel's own ENOSPC: the second part of a table is written to /dev/full."""
    folder.series("meter").mkdir(parents=True)
    (folder.series("meter") / "part-00001.parquet.tmp").symlink_to("/dev/full")
    with pytest.raises(
        StorageError, match=r"part-00001\.parquet: no space left on device .* MB free .* free some space"
    ) as caught:
        write(folder)
    assert caught.value.path == folder.series("meter") / "part-00001.parquet"
    assert caught.value.free_bytes > 0
    assert not list(folder.path.rglob("*.tmp"))


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full on this system")
def test_full_disk_loses_nothing_written_before(folder: RunFolder) -> None:
    folder.series("bus").mkdir(parents=True)
    (folder.series("bus") / "part-00001.parquet.tmp").symlink_to("/dev/full")
    with pytest.raises(StorageError):
        write(folder)
    run = Run(folder.path)
    assert run.status == "failed"
    assert "no space left" in run.manifest["error"]
    first = next(iter(blocks(PLACE, AXIS)))
    assert len(run.frame("bus")) == first.tables["bus"].values["vm_pu"].size


def test_a_failure_in_the_background_surfaces_at_the_next_block(folder: RunFolder) -> None:
    (folder.path / "series").write_text("in the way")
    with pytest.raises(StorageError, match="Not a directory"):
        write(folder)
    assert manifest(folder)["status"] == "failed"


def test_background_bounds_what_waits() -> None:
    gate, done = threading.Event(), []
    background = BackgroundWriter(most_waiting=2)
    for number in range(2):
        background.submit(lambda number=number: (gate.wait(5), done.append(number)), large=True)
    third = threading.Thread(target=lambda: background.submit(lambda: done.append(2), large=True))
    third.start()
    third.join(0.05)
    assert third.is_alive()  # two wait already
    gate.set()
    third.join(5)
    background.close()
    assert done == [0, 1, 2]


def test_background_does_nothing_after_a_failure() -> None:
    done: list[int] = []
    background = BackgroundWriter(most_waiting=9)
    gate = threading.Event()
    background.submit(gate.wait)
    background.submit(lambda: (_ for _ in ()).throw(OSError("broken")).__next__())
    background.submit(lambda: done.append(1))
    gate.set()
    with pytest.raises(OSError, match="broken"):
        background.close()
    assert done == []


KILLED = """
import itertools, sys
from pathlib import Path
from tests.unit.results_sample import axis_of, blocks, community
from twinergy.results.folder import RunFolder
from twinergy.results.writer import RunWriter
place, axis = community(40), axis_of(60)
with RunWriter(RunFolder(Path(sys.argv[1]))) as writer:
    for number in itertools.count():
        for block in blocks(place, axis):
            writer.write_block(block)
        print("written", flush=True)
"""


def test_killed_in_mid_run_leaves_a_readable_folder(folder: RunFolder) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen([sys.executable, "-c", KILLED, str(folder.path)], stdout=subprocess.PIPE, env=environment) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.send_signal(signal.SIGKILL)
    run = Run(folder.path)
    assert (process.returncode, run.status) == (-signal.SIGKILL, "running")
    (folder.series("bus") / "part-99999.parquet.tmp").write_bytes(b"PAR1 half a part")
    steps = run.sql("select count(distinct time) from bus").iloc[0, 0]
    assert steps >= 672
    assert run.manifest["steps"] >= 672
    assert len(run.frame("connection", ports=["p_kw"])) % 40 == 0
