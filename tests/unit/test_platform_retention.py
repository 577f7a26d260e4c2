# SPDX-License-Identifier: Apache-2.0
"""Retention: what goes, what is kept exactly, and what a crash leaves behind."""

from __future__ import annotations

import shutil
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import pytest

from tests.unit.platform_sample import write_data
from tests.unit.results_sample import write_run
from twinergy.errors import ScenarioError
from twinergy.results.platform import retention
from twinergy.results.platform.retention import RetentionPolicy, read_policy, retain
from twinergy.results.platform.store import Store
from twinergy.results.reader import Run

if TYPE_CHECKING:
    from pathlib import Path

    from twinergy.results.folder import RunFolder

DAYS = 40
POLICY = RetentionPolicy.model_validate({"tables": {"meter": {"raw_days": 7, "hourly_days": 20}}})


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    """Forty days around the change of clocks of 27 October 2024, in two tables of two devices, with gaps."""
    start = 1_728_165_600  # 2024-10-06 00:00 in Berlin
    times = np.repeat(start + 900 * np.arange(DAYS * 96 + 4), 2)
    rng = np.random.default_rng(1)
    p_kw = np.where(rng.random(len(times)) < 0.02, np.nan, rng.gamma(2.0, 0.2, len(times)))
    energy = np.empty(len(times))
    for device in range(2):
        energy[device::2] = np.nancumsum(p_kw[device::2]) / 4.0
    rows = (
        list(times),
        ["a", "b"] * (len(times) // 2),
        {"p_kw": p_kw, "energy_import_kwh": energy, "soc": rng.random(len(times))},
    )
    return write_data(tmp_path / "data", {"meter": rows, "gateway": rows})


def days(folder: RunFolder, table: str = "meter") -> list[dict]:
    with Store(folder.path) as store:
        return store.series(table, resolution="daily").to_pylist()


def same(before: list[dict], after: list[dict]) -> None:
    assert [(row["time"], row["device"]) for row in before] == [(row["time"], row["device"]) for row in after]
    for name in ("p_kwh", "p_kw", "p_share", "energy_import_kwh", "energy_import_delta_kwh"):
        np.testing.assert_allclose(
            [row[name] if row[name] is not None else np.nan for row in after],
            [row[name] if row[name] is not None else np.nan for row in before],
            rtol=1e-12,
            err_msg=name,
        )


def test_energy_of_every_day_is_kept(folder: RunFolder) -> None:
    before = days(folder)
    (gone,) = retain(folder, POLICY)
    same(before, days(folder))
    assert gone.raw.rows == 2 * ((DAYS - 7) * 96 + 4)
    with Store(folder.path) as store:
        raw, hours = store.series("meter"), store.series("meter", resolution="hourly")
    assert raw.num_rows == 2 * 7 * 96
    assert hours.num_rows == 2 * (20 * 24 + 1)  # the day of 25 hours is among them
    assert (raw["time"][0].as_py().isoformat(), hours["time"][0].as_py().isoformat()) == (gone.raw_from, gone.hourly_from)


def test_what_the_policy_does_not_name_stays(folder: RunFolder) -> None:
    files = {path.name: path.read_bytes() for path in folder.series("gateway").iterdir()}
    retain(folder, POLICY)
    assert {path.name: path.read_bytes() for path in folder.series("gateway").iterdir()} == files


def test_dry_run_says_the_same_and_touches_nothing(folder: RunFolder) -> None:
    before = {path: path.read_bytes() for path in sorted(folder.path.rglob("*")) if path.is_file()}
    would = retain(folder, POLICY, dry_run=True)
    assert {path: path.read_bytes() for path in sorted(folder.path.rglob("*")) if path.is_file()} == before
    size = sum(path.stat().st_size for path in folder.series("meter").iterdir())
    assert retain(folder, POLICY)[0].raw == would[0].raw
    left = sum(path.stat().st_size for path in folder.series("meter").iterdir())
    assert would[0].raw.bytes == pytest.approx(size - left, rel=0.1)


def test_again_changes_nothing(folder: RunFolder) -> None:
    retain(folder, POLICY)
    after = days(folder)
    (again,) = retain(folder, POLICY)
    assert (again.raw.rows, again.hourly.rows) == (0, 0)
    assert days(folder) == after


def test_step_by_step_is_all_at_once(folder: RunFolder, tmp_path: Path) -> None:
    before = days(folder)
    for day in (date(2024, 10, 20), date(2024, 10, 28), date(2024, 11, 5), date(2024, 11, 15)):
        retain(folder, POLICY, as_of=day)
        same(before, days(folder))


def test_days_never_come_back(folder: RunFolder) -> None:
    retain(folder, POLICY)
    after = days(folder)
    (gone,) = retain(folder, POLICY, as_of=date(2024, 10, 1))
    assert gone.raw_from > "2024-11"
    assert days(folder) == after


@pytest.mark.parametrize("stage", range(9))
def test_killed_anywhere_every_row_counts_once(folder: RunFolder, stage: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The run dies before its n-th step on disk (thinned part, border, removal); then it is read, then finished."""
    before, calls = days(folder), []

    def dying(name: str):
        real = getattr(retention, name)

        def call(*args: object, **more: object) -> object:
            calls.append(name)
            if len(calls) == stage + 1:
                raise KeyboardInterrupt
            return real(*args, **more)

        return call

    for name in ("write_thinned", "_commit", "drop_parts"):
        monkeypatch.setattr(retention, name, dying(name))
    with pytest.raises(KeyboardInterrupt):
        retain(folder, POLICY)
    monkeypatch.undo()
    same(before, days(folder))
    assert not Run(folder.path).frame("meter").empty
    retain(folder, POLICY)
    same(before, days(folder))
    with Store(folder.path) as store:
        assert store.series("meter").num_rows == 2 * 7 * 96


def test_killed_between_the_removal_of_two_parts(folder: RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    from twinergy.results.platform import pruning

    before = days(folder)
    monkeypatch.setattr(pruning, "_rewrite", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        retain(folder, POLICY)
    monkeypatch.undo()
    same(before, days(folder))


def test_a_simulated_run_can_be_thinned(tmp_path: Path) -> None:
    """Registers and powers of a run; the parts of whole weeks go, the one across the border is rewritten."""
    run = write_run(tmp_path, days=20, homes=2)
    before = days(run, "connection")
    policy = RetentionPolicy.model_validate({"tables": {"connection": {"raw_days": 3}}})
    retain(run, policy)
    after = days(run, "connection")
    np.testing.assert_allclose([row["p_kwh"] for row in after], [row["p_kwh"] for row in before], rtol=1e-12)
    assert len(Run(run.path).frame("connection")) == 2 * 3 * 96
    assert len(Run(run.path).frame("household")) == 2 * 20 * 96


def test_a_store_that_was_open_all_the_time_looks_again(folder: RunFolder) -> None:
    with Store(folder.path) as store:
        before = store.series("meter", resolution="daily").to_pylist()
        retain(folder, RetentionPolicy.model_validate({"tables": {"meter": {"raw_days": 1}}}), as_of=date(2025, 1, 1))
        same(before, store.series("meter", resolution="daily").to_pylist())
        assert store.series("meter").num_rows == 0


def test_policies_are_checked(tmp_path: Path, folder: RunFolder) -> None:
    file = tmp_path / "policy.yaml"
    file.write_text("tables:\n  meter: {raw_days: 30, hourly_days: 7}\n  gateway: {rawdays: 3}\n", encoding="utf-8")
    with pytest.raises(ScenarioError, match="hourly_days 7 is less than raw_days 30") as caught:
        read_policy(file)
    assert {finding.line for finding in caught.value.findings} == {2, 3}
    unknown = RetentionPolicy.model_validate({"tables": {"metre": {"raw_days": 1}}})
    with pytest.raises(ScenarioError, match=r"there is no table 'metre'.*did you mean 'meter'"):
        retain(folder, unknown)


def test_a_run_that_is_still_written_is_left_alone(folder: RunFolder, tmp_path: Path) -> None:
    from twinergy.results.errors import StorageError

    own = shutil.copytree(folder.path, tmp_path / "other")
    text = (own / "manifest.json").read_text().replace('"completed"', '"running"')
    (own / "manifest.json").write_text(text)
    with pytest.raises(StorageError, match="still being written"):
        retain(type(folder)(own), POLICY)
