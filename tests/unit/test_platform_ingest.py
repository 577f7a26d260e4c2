# SPDX-License-Identifier: Apache-2.0
"""Messages into a data set: what is taken, what is rejected, what a crash leaves."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.unit.platform_sample import one_device
from twinergy.results.errors import StorageError
from twinergy.results.platform.ingest import CONFLICT, DUPLICATE, JOURNAL, Ingest
from twinergy.results.platform.inlets import PASSWORD, Address, MqttInlet, NatsInlet, inlet_for
from twinergy.results.platform.mapping import DataMapping
from twinergy.results.platform.merging import merge_parts
from twinergy.results.platform.store import Store
from twinergy.results.reader import Run

if TYPE_CHECKING:
    from pathlib import Path

NOW_S = 1_719_800_000.0
MAPPING = DataMapping.model_validate(
    {
        "step_s": 60,
        "timezone": "Europe/Berlin",
        "time": {"column": "t", "format": "epoch_s"},
        "device_column": "@topic.2",
        "devices": {"kitchen": "home-1-plug"},
        "columns": [
            {"column": "e.power", "table": "plug", "port": "p_kw", "unit": "W", "quantity": "power"},
            {"column": "e.total", "table": "plug", "port": "energy_import_kwh", "unit": "kWh", "quantity": "register"},
        ],
    }
)


def message(minute: int, power: float | None = 500.0, total: float | None = None) -> bytes:
    parts = {"power": power, "total": total}
    return json.dumps(
        {"t": 1_719_784_800 + 60 * minute, "e": {key: part for key, part in parts.items() if part is not None}}
    ).encode()


def stored(path: Path) -> list[tuple[str, str, float | None]]:
    with Store(path) as store:
        return [(row["time"].strftime("%H:%M"), row["device"], row["p_kw"]) for row in store.series("plug").to_pylist()]


def test_messages_become_rows(tmp_path: Path) -> None:
    with Ingest(tmp_path / "d", MAPPING) as taking:
        assert taking.offer("plugs/kitchen/SENSOR", message(0, 500.0, 7.0), NOW_S)
        assert taking.offer("plugs/bath/SENSOR", message(0, 250.0), NOW_S)
    assert stored(tmp_path / "d") == [("22:00", "bath", 0.25), ("22:00", "home-1-plug", 0.5)]
    with Store(tmp_path / "d") as store:
        assert store.units("plug") == {"p_kw": "kW", "energy_import_kwh": "kWh"}
    run = Run(tmp_path / "d")
    assert (run.status, run.manifest["ingest"]["accepted"], len(run.frame("plug"))) == ("completed", 2, 2)


def test_ports_of_one_time_in_two_messages_are_one_row(tmp_path: Path) -> None:
    with Ingest(tmp_path / "d", MAPPING) as taking:
        taking.offer("p/a", message(0, 500.0), NOW_S)
        taking.offer("p/a", message(0, None, 7.0), NOW_S)
    with Store(tmp_path / "d") as store:
        (row,) = store.series("plug").to_pylist()
    assert (row["p_kw"], row["energy_import_kwh"]) == (0.5, 7.0)


@pytest.mark.parametrize(
    ("topic", "payload", "reason"),
    [
        ("p/a", b"", "not JSON"),
        ("p/a", b"\xff\xfe\x00", "not JSON"),
        ("p/a", b"[" * 60_000, "not JSON"),
        ("p/a", b"{" + b" " * 70_000 + b"}", "larger than 64 KiB"),
        ("p/a", b"17", "no time"),
        ("p/a", b"{}", "no time"),
        ("p/a", b'{"t": true}', "no time"),
        ("p/a", b'{"t": "soon", "e": {"power": 1}}', "time not understood"),
        ("p/a", b'{"t": 1e300, "e": {"power": 1}}', "time not understood"),
        ("p/a", b'{"t": [1], "e": {"power": 1}}', "time not understood"),
        ("p/a", b'{"t": 1719999999, "e": {"power": 1}}', "time in the future"),
        ("p/a", b'{"t": 1719784800, "e": 4}', "no field that the mapping names"),
        ("p/a", b'{"t": 1719784800, "e": {"power": "much"}}', "not a number"),
        ("p/a", b'{"t": 1719784800, "e": {"power": NaN}}', "not a number"),
        ("p/a", b'{"t": 1719784800, "e": {"power": {"x": 1}}}', "not a number"),
        ("p", b'{"t": 1719784800, "e": {"power": 1}}', "no device"),
    ],
)
def test_garbage_is_counted_and_never_fatal(tmp_path: Path, topic: str, payload: bytes, reason: str) -> None:
    with Ingest(tmp_path / "d", MAPPING) as taking:
        assert not taking.offer(topic, payload, NOW_S)
        assert taking.offer("p/a", message(0), NOW_S)
        assert dict(taking.rejected) == {reason: 1}
    noted = json.loads((tmp_path / "d" / "manifest.json").read_text())["ingest"]
    assert noted["rejected"] == {reason: 1}
    assert noted["last_rejected"][reason].startswith(topic + ":")
    assert len(stored(tmp_path / "d")) == 1


def test_what_comes_twice_is_stored_once_and_never_overwritten(tmp_path: Path) -> None:
    with Ingest(tmp_path / "d", MAPPING) as taking:
        assert taking.offer("p/a", message(0), NOW_S)
        assert not taking.offer("p/a", message(0), NOW_S)
        assert not taking.offer("p/a", message(0, 999.0), NOW_S)
        taking.flush()
        assert not taking.offer("p/a", message(0), NOW_S)
        assert dict(taking.rejected) == {DUPLICATE: 2, CONFLICT: 1}
    with Ingest(tmp_path / "d", MAPPING) as taking:
        assert not taking.offer("p/a", message(0), NOW_S)
        assert taking.offer("p/a", message(1), NOW_S)
    assert [row[2] for row in stored(tmp_path / "d")] == [0.5, 0.5]
    noted = json.loads((tmp_path / "d" / "manifest.json").read_text())["ingest"]
    assert (noted["accepted"], noted["rejected"]) == (2, {DUPLICATE: 3, CONFLICT: 1})


def test_late_messages_find_their_place(tmp_path: Path) -> None:
    with Ingest(tmp_path / "d", MAPPING) as taking:
        for minute in (5, 3, 4):
            taking.offer("p/a", message(minute, 100.0 * minute), NOW_S)
            taking.flush()
    assert [row[2] for row in stored(tmp_path / "d")] == [0.3, 0.4, 0.5]


def _abandon(taking: Ingest) -> None:
    """Leave an ingest as a killed process does: what is in memory is gone, what the system has stays."""
    taking._lock_file.close()
    taking._journal.close()


@pytest.mark.parametrize("torn", [b"", b'["plug","a",17197'])
def test_after_a_crash_nothing_that_was_taken_is_missing_or_doubled(tmp_path: Path, torn: bytes) -> None:
    taking = Ingest(tmp_path / "d", MAPPING)
    for minute in range(10):
        taking.offer("p/a", message(minute), NOW_S)
    taking.flush()
    for minute in range(10, 15):
        taking.offer("p/a", message(minute), NOW_S)
    _abandon(taking)
    assert len(stored(tmp_path / "d")) == 10
    with (tmp_path / "d" / JOURNAL).open("ab") as file:
        file.write(torn)
    with Ingest(tmp_path / "d", MAPPING) as again:
        for minute in range(8, 20):  # the broker sends what was not acknowledged, and more than that
            again.offer("p/a", message(minute), NOW_S)
    rows = stored(tmp_path / "d")
    assert [row[0] for row in rows] == [f"22:{minute:02d}" for minute in range(20)]


def test_a_crash_between_part_and_journal_doubles_nothing(tmp_path: Path) -> None:
    taking = Ingest(tmp_path / "d", MAPPING)
    taking.offer("p/a", message(0), NOW_S)
    journal = (tmp_path / "d" / JOURNAL).read_bytes()
    taking.flush()
    _abandon(taking)
    (tmp_path / "d" / JOURNAL).write_bytes(journal)
    with Ingest(tmp_path / "d", MAPPING):
        pass
    assert len(stored(tmp_path / "d")) == 1


def test_a_full_disk_is_not_acknowledged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    taking = Ingest(tmp_path / "d", MAPPING)

    class Full:
        def write(self, _: bytes) -> None:
            raise OSError(28, "No space left on device")

        def close(self) -> None: ...

    with monkeypatch.context() as patched:
        patched.setattr(taking._journal, "_file", Full())
        with pytest.raises(StorageError, match="no space left"):
            taking.offer("p/a", message(0), NOW_S)
    assert not taking._waiting
    _abandon(taking)


def test_one_writer_at_a_time(tmp_path: Path) -> None:
    with Ingest(tmp_path / "d", MAPPING), pytest.raises(StorageError, match="another ingest writes to this folder"):
        Ingest(tmp_path / "d", MAPPING)
    with Ingest(tmp_path / "d", MAPPING):
        pass


def test_many_small_parts_become_few(tmp_path: Path) -> None:
    with Ingest(tmp_path / "d", MAPPING) as taking:
        for minute in range(100):
            taking.offer("p/a", message(minute, float(minute)), NOW_S)
            taking.flush()
    assert len(list((tmp_path / "d" / "series" / "plug").iterdir())) < 40
    assert [round(row[2] * 1000) for row in stored(tmp_path / "d")] == list(range(100))


def test_a_merge_that_died_halfway_counts_every_row_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from pathlib import Path as RealPath

    with Ingest(tmp_path / "d", MAPPING) as taking:
        for minute in range(20):
            taking.offer("p/a", message(minute), NOW_S)
            taking.flush()
    folder = taking.folder
    monkeypatch.setattr(RealPath, "unlink", lambda *_, **__: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        merge_parts(folder, fan=10)
    monkeypatch.undo()
    assert len(list(folder.series("plug").iterdir())) == 20
    assert len(stored(tmp_path / "d")) == 20
    with Ingest(tmp_path / "d", MAPPING) as taking:
        taking.offer("p/a", message(30), NOW_S)
    assert len(stored(tmp_path / "d")) == 21


def test_ingest_goes_on_where_an_import_ended(tmp_path: Path) -> None:
    import numpy as np

    folder = one_device(tmp_path / "d", np.array([1_719_784_800]), {"p_kw": np.array([0.5])}, table="plug", step_s=60)
    with Ingest(folder.path, MAPPING) as taking:
        assert not taking.offer("p/a", message(0), NOW_S)
        assert taking.offer("p/a", message(1), NOW_S)


def test_arrival_gives_the_time_where_messages_have_none(tmp_path: Path) -> None:
    columns = [{"column": "@payload", "table": "plug", "port": "p_kw", "unit": "W"}]
    bare = {"step_s": 60, "time": {"column": "@arrival"}, "device_column": "@topic.2", "columns": columns}
    with Ingest(tmp_path / "d", DataMapping.model_validate(bare)) as taking:
        taking.offer("power.a", b"500", 1_719_784_859.9)
    assert stored(tmp_path / "d") == [("22:00", "a", 0.5)]


def test_only_listed_devices(tmp_path: Path) -> None:
    with Ingest(tmp_path / "d", MAPPING.model_copy(update={"only_listed": True})) as taking:
        assert taking.offer("p/kitchen", message(0), NOW_S)
        assert not taking.offer("p/stranger", message(0), NOW_S)
        assert dict(taking.rejected) == {"device not listed": 1}


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("mqtt://u:p%40w@h:1884/plugs/+/SENSOR", ("mqtt", "h", 1884, "u", "p@w", "plugs/+/SENSOR")),
        ("mqtts://h/#", ("mqtts", "h", 8883, "", "", "#")),
        ("nats://u:p@h/meters.>", ("nats", "h", 4222, "u", "p", "meters.>")),
    ],
)
def test_addresses(text: str, wanted: tuple) -> None:
    found = Address.parse(text)
    assert (found.scheme, found.host, found.port, found.user, found.password, found.topic) == wanted
    assert "p@w" not in str(found)
    assert "p@w" not in repr(found)
    assert isinstance(inlet_for(text, "d"), NatsInlet if found.scheme == "nats" else MqttInlet)


def test_a_password_may_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PASSWORD, "hidden")
    assert Address.parse("mqtt://u@h/t").password == "hidden"  # noqa: S105
    assert Address.parse("mqtt://h/t").password == ""


@pytest.mark.parametrize("text", ["http://h/t", "mqtt://h", "mqtt:///t", "mqtt://u:secret@h:x/t", "h/t", ""])
def test_wrong_addresses_are_refused_without_their_password(text: str) -> None:
    with pytest.raises(ValueError, match="is no address of a broker") as caught:
        Address.parse(text)
    assert "secret" not in str(caught.value)
