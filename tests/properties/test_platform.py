# SPDX-License-Identifier: Apache-2.0
"""Laws of the data platform: energy is kept whatever is missing, pages join, flags are stable, crashes cost nothing."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.platform_sample import one_device, write_data
from twinergy.results.platform.curation import curate
from twinergy.results.platform.flags import Flag, FlagRow, Span, write_flags
from twinergy.results.platform.ingest import Ingest
from twinergy.results.platform.mapping import DataMapping
from twinergy.results.platform.retention import RetentionPolicy, retain
from twinergy.results.platform.store import Store

FEW = settings(max_examples=8, deadline=None)
CHANGE_S = 1_729_980_000  # 2024-10-27 00:00 in Berlin, the day of 25 hours
powers = st.lists(st.one_of(st.just(float("nan")), st.floats(-20.0, 20.0)), min_size=1, max_size=300)


def close(one: float, two: float) -> bool:
    return abs(one - two) <= 1e-9 * max(1.0, abs(one), abs(two))


@FEW
@given(values=powers, offset=st.integers(-400, 400), missing=st.sets(st.integers(0, 299)))
def test_energy_of_hours_and_days_is_that_of_the_rows(values: list[float], offset: int, missing: set[int]) -> None:
    """Any gaps, any days, the change of clocks included."""
    keep = [row for row in range(len(values)) if row not in missing] or [0]
    times, p_kw = CHANGE_S + 900 * (offset + np.array(keep)), np.array(values)[keep]
    with tempfile.TemporaryDirectory() as place:
        folder = one_device(Path(place) / "d", times, {"p_kw": p_kw})
        with Store(folder.path) as store:
            hours, days = (store.series("meter", resolution=name)["p_kwh"].to_pylist() for name in ("hourly", "daily"))
    wanted = float(np.nansum(p_kw)) / 4.0
    assert close(sum(value or 0.0 for value in hours), wanted)
    assert close(sum(value or 0.0 for value in days), wanted)


@FEW
@given(increments=st.lists(st.one_of(st.none(), st.floats(0.0, 10.0)), min_size=2, max_size=200), offset=st.integers(-400, 400))
def test_increments_of_a_register_add_up(increments: list[float | None], offset: int) -> None:
    """A register that only grows: whatever readings are missing, hours and days sum to last minus first."""
    readings = np.cumsum([value or 0.0 for value in increments])
    readings[[row for row, value in enumerate(increments) if value is None]] = np.nan
    known = readings[np.isfinite(readings)]
    with tempfile.TemporaryDirectory() as place:
        folder = one_device(
            Path(place) / "d", CHANGE_S + 900 * (offset + np.arange(len(readings))), {"energy_import_kwh": readings}
        )
        with Store(folder.path) as store:
            for name in ("hourly", "daily"):
                found = store.series("meter", resolution=name)["energy_import_delta_kwh"].to_pylist()
                assert close(sum(value or 0.0 for value in found), known[-1] - known[0] if len(known) else 0.0)


@FEW
@given(rows=st.lists(st.tuples(st.integers(0, 20), st.sampled_from("abc")), min_size=1, max_size=60), limit=st.integers(1, 9))
def test_pages_join_whatever_came_twice_or_late(rows: list[tuple[int, str]], limit: int) -> None:
    with tempfile.TemporaryDirectory() as place:
        table = ([900 * row[0] for row in rows], [row[1] for row in rows], {"p_kw": np.arange(float(len(rows)))})
        folder = write_data(Path(place) / "d", {"meter": table})
        with Store(folder.path) as store:
            whole = store.series("meter").to_pylist()
            joined, after = [], None
            while (page := store.series("meter", limit=limit, after=after)).num_rows:
                joined += page.to_pylist()
                after = store.position(page)
    key = [(row["time"], row["device"]) for row in whole]
    assert [(row["time"], row["device"]) for row in joined] == key == sorted(key)
    assert sorted(row["p_kw"] for row in joined) == list(range(len(rows)))


@FEW
@given(
    values=st.lists(st.floats(-20.0, 20.0), min_size=30, max_size=60),
    cuts=st.lists(st.tuples(st.integers(0, 30), st.integers(1, 20)), max_size=6),
)
def test_clean_rows_lack_exactly_what_any_span_covers(values: list[float], cuts: list[tuple[int, int]]) -> None:
    spans = [Span(Flag.STUCK, 900 * begin, 900 * (begin + length), "") for begin, length in cuts]
    with tempfile.TemporaryDirectory() as place:
        folder = one_device(Path(place) / "d", 900 * np.arange(len(values)), {"p_kw": np.array(values)})
        write_flags(folder, [FlagRow("a", "meter", "p_kw", span) for span in spans], {})
        with Store(folder.path) as store:
            found = store.series("meter", flagged=False)["p_kw"].to_pylist()
    covered = {row for begin, length in cuts for row in range(begin, begin + length)}
    assert found == [None if row in covered or np.isnan(value) else value for row, value in enumerate(values)]


@FEW
@given(values=st.lists(st.one_of(st.just(float("nan")), st.floats(-1e6, 1e6), st.just(0.5)), min_size=1, max_size=400))
def test_curation_is_idempotent_and_changes_no_value(values: list[float]) -> None:
    with tempfile.TemporaryDirectory() as place:
        folder = one_device(Path(place) / "d", 900 * np.arange(len(values)), {"p_kw": np.array(values)})
        part, flags = folder.series("meter") / "part-00000.parquet", folder.events("quality") / "part-00000.parquet"
        before = part.read_bytes()
        first = curate(folder)
        kept = flags.read_bytes()
        assert curate(folder) == first
        assert (part.read_bytes(), flags.read_bytes()) == (before, kept)


@FEW
@given(values=powers, raw_days=st.integers(1, 4), more=st.integers(0, 3), offset=st.integers(-200, 200))
def test_retention_keeps_energy_to_rounding(values: list[float], raw_days: int, more: int, offset: int) -> None:
    policy = RetentionPolicy.model_validate({"tables": {"meter": {"raw_days": raw_days, "hourly_days": raw_days + more}}})
    with tempfile.TemporaryDirectory() as place:
        folder = one_device(Path(place) / "d", CHANGE_S + 900 * (offset + np.arange(len(values))), {"p_kw": np.array(values)})
        with Store(folder.path) as store:
            before = store.series("meter", resolution="daily").to_pylist()
        retain(folder, policy)
        with Store(folder.path) as store:
            after = store.series("meter", resolution="daily").to_pylist()
    assert [row["time"] for row in after] == [row["time"] for row in before]
    assert all(close(one["p_kwh"] or 0.0, two["p_kwh"] or 0.0) for one, two in zip(before, after, strict=True))


@FEW
@given(minutes=st.lists(st.integers(0, 50), min_size=1, max_size=80), crashes=st.sets(st.integers(0, 79), max_size=4))
def test_any_messages_any_crashes_each_minute_once(minutes: list[int], crashes: set[int]) -> None:
    column = {"column": "p", "table": "plug", "port": "p_kw", "unit": "W", "device": "a"}
    mapping = DataMapping.model_validate({"step_s": 60, "time": {"column": "t", "format": "epoch_s"}, "columns": [column]})
    with tempfile.TemporaryDirectory() as place:
        taking = Ingest(Path(place) / "d", mapping, block_rows=7)
        for row, minute in enumerate(minutes):
            taking.offer("x", json.dumps({"t": 60 * minute, "p": minute}).encode())
            if row in crashes:
                taking._lock_file.close()
                taking._journal.close()
                taking = Ingest(Path(place) / "d", mapping, block_rows=7)
        taking.close()
        with Store(Path(place) / "d") as store:
            found = store.series("plug")
    assert [round(value * 1000) for value in found["p_kw"].to_pylist()] == sorted(set(minutes))
