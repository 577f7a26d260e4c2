# SPDX-License-Identifier: Apache-2.0
"""Curation: each kind of fault by itself, and all of them scored in data that people brought."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from tests.shared_data import shared_data
from tests.unit.platform_sample import Faulty, households, one_device, score, write_data
from twinergy.results.platform.curation import curate
from twinergy.results.platform.errors import UnknownNameError
from twinergy.results.platform.flags import Flag
from twinergy.results.platform.rules import CurationRules
from twinergy.results.platform.store import Store

if TYPE_CHECKING:
    from pathlib import Path

    from twinergy.results.folder import RunFolder

DAYS = 30
HAMLET = ("loads", "hamlet_16_households_2021q1_15min_w.parquet")


def load_kw(seed: int = 1, steps: int = DAYS * 96) -> np.ndarray:
    """Return a made-up load around 0.3 kW, in watts like a meter's."""
    return np.round(np.random.default_rng(seed).gamma(2.0, 0.15, steps) + 0.05, 3)


def flags(folder: RunFolder, port: str | None = None) -> list[tuple[str, str, str]]:
    with Store(folder.path) as store:
        rows = store.quality(port=port).to_pylist()
    return [(row["flag"], row["time"].strftime("%d %H:%M"), row["until"].strftime("%d %H:%M")) for row in rows]


def test_sound_data_carry_no_flag(tmp_path: Path) -> None:
    folder = one_device(tmp_path / "d", 900 * np.arange(DAYS * 96), {"p_kw": load_kw()})
    assert curate(folder)["flag"] == []
    with Store(folder.path) as store:
        assert store.curated
        assert store.quality().num_rows == 0


@pytest.mark.parametrize(
    ("change", "flag", "until"),
    [
        (lambda p: np.put(p, 100, 40.0), "spike", "02 01:15"),
        (lambda p: np.put(p, range(100, 116), 0.7), "stuck", "02 05:00"),
        (lambda p: np.put(p, range(100, 108), p[100:108] * 1000.0), "unit_error", "02 03:00"),
        (lambda p: np.put(p, range(100, 124), p[100:124] / 1000.0), "unit_error", "02 07:00"),
        (lambda p: np.put(p, range(100, 104), np.nan), "gap", "02 02:00"),
    ],
    ids=["spike", "stuck", "watts", "megawatts", "values missing"],
)
def test_one_fault_of_a_power(tmp_path: Path, change, flag: str, until: str) -> None:
    p_kw = load_kw()
    change(p_kw)
    folder = one_device(tmp_path / "d", 900 * np.arange(len(p_kw)), {"p_kw": p_kw})
    curate(folder)
    assert flags(folder) == [(flag, "02 01:00", until)]


def test_clean_rows_leave_out_what_is_wrong_and_raw_rows_do_not(tmp_path: Path) -> None:
    p_kw = load_kw()
    p_kw[100] = 40.0
    folder = one_device(tmp_path / "d", 900 * np.arange(len(p_kw)), {"p_kw": p_kw})
    curate(folder)
    with Store(folder.path) as store:
        raw, clean = (store.series("meter", flagged=flagged)["p_kw"].to_pylist() for flagged in (True, False))
        day = store.series("meter", resolution="daily", flagged=False)["p_kwh"].to_pylist()[1]
    assert (raw[100], clean[100]) == (40.0, None)
    assert raw[:100] + raw[101:] == clean[:100] + clean[101:]
    local = p_kw[92:188].copy()  # Berlin is an hour ahead
    assert day == pytest.approx((local.sum() - 40.0) / 4)


def test_spans_that_overlap_are_all_left_out(tmp_path: Path) -> None:
    """A long span, a short one inside it: what lies in the long one after the short one is left out too."""
    from twinergy.results.platform.flags import FlagRow, Span, write_flags

    folder = one_device(tmp_path / "d", 900 * np.arange(10), {"p_kw": np.arange(10.0)})
    spans = [Span(Flag.STUCK, 900, 900 * 8, ""), Span(Flag.SPIKE, 1800, 2700, "")]
    write_flags(folder, [FlagRow("a", "meter", "p_kw", span) for span in spans], {})
    with Store(folder.path) as store:
        clean = store.series("meter", flagged=False)["p_kw"].to_pylist()
    assert clean == [0.0, *[None] * 7, 8.0, 9.0]


def test_generation_counted_as_consumption(tmp_path: Path) -> None:
    sun = np.clip(np.sin(np.linspace(0, DAYS * 2 * np.pi, DAYS * 96)), 0, None) * np.random.default_rng(1).uniform(
        1, 4, DAYS * 96
    )
    p_kw = -sun
    p_kw[192:288] *= -1.0
    folder = one_device(tmp_path / "d", 900 * np.arange(len(p_kw)), {"p_kw": p_kw}, table="pv")
    curate(folder)
    ((flag, begin, until),) = flags(folder)
    assert (flag, begin) == ("sign", "03 00:15")
    assert "03 11:30" <= until <= "03 12:00"  # the last of the day is less than a standby draw


@pytest.mark.parametrize(
    ("change", "flag"),
    [
        (lambda e: e.__setitem__(slice(1000, None), e[1000:] - e[1000]), "counter_reset"),
        (lambda e: e.__iadd__(99_900.0).__setitem__(slice(None), e % 100_000.0), "rollover"),
        (lambda e: e.__setitem__(1000, 0.0), "spike"),
        (lambda e: e.__setitem__(1000, e[1000] + 500.0), "spike"),
        (lambda e: e.__setitem__(slice(1000, 1010), e[1000:1010] * 1000.0), "unit_error"),
        (lambda e: e.__setitem__(slice(1000, 1020), e[1000]), "stuck"),
    ],
    ids=["reset", "rollover", "dip", "peak", "watt-hours", "stands still"],
)
def test_one_fault_of_a_register(tmp_path: Path, change, flag: str) -> None:
    p_kw = load_kw()
    energy = np.cumsum(p_kw) / 4.0
    change(energy)
    folder = one_device(tmp_path / "d", 900 * np.arange(len(p_kw)), {"p_kw": p_kw, "energy_import_kwh": energy})
    curate(folder)
    assert [row[0] for row in flags(folder, "energy_import_kwh")] == [flag]


def test_times_that_are_missing_doubled_late(tmp_path: Path) -> None:
    steps = [*range(100), *range(110, 150), 120, 155, *range(150, 155), *range(156, DAYS * 96)]
    folder = one_device(tmp_path / "d", 900 * np.array(steps), {"p_kw": load_kw()[: len(steps)]})
    curate(folder)
    assert flags(folder) == [
        ("gap", "02 01:00", "02 03:30"),
        ("duplicate", "02 06:00", "02 06:15"),
        ("out_of_order", "02 13:30", "02 14:45"),
    ]


def test_a_device_that_falls_silent(tmp_path: Path) -> None:
    times = [*range(0, 9000, 900), *range(0, 4500, 900)]
    folder = write_data(tmp_path / "d", {"meter": (times, ["a"] * 10 + ["b"] * 5, {"p_kw": np.linspace(1, 2, 15)})})
    curate(folder)
    with Store(folder.path) as store:
        (row,) = store.quality().to_pylist()
    assert (row["device"], row["flag"], row["detail"]) == ("b", "gap", "silent since, to the end of the data")


def test_local_time_taken_for_utc_shows_where_clocks_change(tmp_path: Path) -> None:
    """Berlin 2021: 02:00 to 03:00 on 28 March does not exist, on 31 October it exists twice (EU directive 2000/84/EC)."""
    utc = pd.date_range("2021-03-01", "2021-11-30", freq="15min", tz="UTC")
    as_if_utc = utc.tz_convert("Europe/Berlin").tz_localize(None)
    times = (as_if_utc - pd.Timestamp(0)) // pd.Timedelta(seconds=1)
    folder = one_device(tmp_path / "d", times.to_numpy(), {"p_kw": load_kw(steps=len(times))})
    curate(folder)
    with Store(folder.path) as store:
        rows = [(row["flag"], row["time"].isoformat()[:16], row["until"].isoformat()[:16]) for row in store.quality().to_pylist()]
    assert ("dst_gap", "2021-03-28T02:00", "2021-03-28T03:00") in rows
    assert ("dst_double", "2021-10-31T02:00", "2021-10-31T03:00") in rows
    assert {row[0] for row in rows} == {"dst_gap", "dst_double"}


def test_one_of_many_in_watts_from_end_to_end(tmp_path: Path) -> None:
    times = np.tile(900 * np.arange(960), 5)
    values = np.concatenate([load_kw(seed, 960) * (1000.0 if seed == 3 else 1.0) for seed in range(5)])
    folder = write_data(tmp_path / "d", {"meter": (list(times), [f"m{row // 960}" for row in range(4800)], {"p_kw": values})})
    curate(folder)
    with Store(folder.path) as store:
        (row,) = store.quality().to_pylist()
    assert (row["device"], row["flag"]) == ("m3", "unit_error")
    assert "1000 times too large" in row["detail"]


def test_temperature_that_jumps(tmp_path: Path) -> None:
    temp = 21.0 + np.sin(np.arange(960) / 15.0) + np.random.default_rng(1).normal(0, 0.05, 960)
    temp[500] = -40.0
    folder = one_device(tmp_path / "d", 900 * np.arange(960), {"temp_indoor_degc": temp}, table="sensor")
    curate(folder)
    assert [row[0] for row in flags(folder)] == ["spike"]


def test_again_gives_the_same_bits_and_touches_no_value(tmp_path: Path) -> None:
    p_kw = load_kw()
    p_kw[100:120] = 0.7
    folder = one_device(tmp_path / "d", 900 * np.arange(len(p_kw)), {"p_kw": p_kw})

    def digests() -> list[str]:
        return [hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.path.rglob("*.parquet"))]

    series = hashlib.sha256((folder.path / "series/meter/part-00000.parquet").read_bytes()).hexdigest()
    first = curate(folder)
    before = digests()
    assert curate(folder) == first
    assert digests() == before
    assert series in before


def test_flags_of_tables_not_looked_through_stay(tmp_path: Path) -> None:
    p_kw = load_kw(steps=960)
    p_kw[100] = 40.0
    rows = (list(900 * np.arange(960)), ["a"] * 960, {"p_kw": p_kw})
    folder = write_data(tmp_path / "d", {"meter": rows, "gateway": rows})
    curate(folder)
    curate(folder, tables=["meter"])
    with Store(folder.path) as store:
        assert store.quality()["table"].to_pylist() == ["gateway", "meter"]
    with pytest.raises(UnknownNameError, match="'metre'"):
        curate(folder, tables=["metre"])


def test_rules_are_closed_and_ordered() -> None:
    with pytest.raises(ValueError, match="spike_factr"):
        CurationRules.model_validate({"spike_factr": 3.0})


def test_sixteen_households_as_they_are_raise_no_alarm(tmp_path: Path) -> None:
    """HAMLET (MIT): 16 German houses for 45 days, 2.0 device-years. The limit leaves room for one alarm in two years."""
    faulty = Faulty.of(households(shared_data(*HAMLET)))
    folder = faulty.write(tmp_path / "d")
    found = curate(folder)
    assert sum(found["spans_count"]) <= 1


def test_pv_of_a_year_raises_no_alarm(tmp_path: Path) -> None:
    """SimBench 1.6.3 (ODbL/DbCL): two PV profiles of 2016 at 15 min, scaled to 5 kW."""
    frame = pd.read_parquet(shared_data("loads", "simbench_profiles_2016_15min_pu.parquet"))
    names = [name for name in frame if name.startswith("PV")][:2]
    folder = Faulty.of(-5.0 * frame[names]).write(tmp_path / "d", "pv")
    assert sum(curate(folder)["spans_count"]) <= 1


@pytest.mark.parametrize("flag", [Flag.SPIKE, Flag.STUCK, Flag.UNIT_ERROR, Flag.GAP, Flag.DUPLICATE, Flag.OUT_OF_ORDER])
def test_faults_put_into_households_are_found(tmp_path: Path, flag: Flag) -> None:
    """HAMLET (MIT), 64 faults of one kind: at least 95 % found, at most one alarm in twenty false."""
    faulty = Faulty.of(households(shared_data(*HAMLET)))
    faulty.inject(flag, np.random.default_rng(1), 4)
    folder = faulty.write(tmp_path / "d")
    curate(folder)
    result = score(folder, faulty, flag)
    assert result.recall >= 0.95
    assert result.precision >= 0.95


def test_faults_of_all_kinds_at_once(tmp_path: Path) -> None:
    faulty = Faulty.of(households(shared_data(*HAMLET)))
    kinds = (Flag.SPIKE, Flag.STUCK, Flag.UNIT_ERROR, Flag.GAP, Flag.DUPLICATE, Flag.OUT_OF_ORDER)
    for number, flag in enumerate(kinds):
        faulty.inject(flag, np.random.default_rng(number), 1)
    folder = faulty.write(tmp_path / "d")
    curate(folder)
    scores = {flag: score(folder, faulty, flag) for flag in kinds}
    assert min(each.recall for each in scores.values()) >= 0.9
    assert min(each.precision for each in scores.values()) >= 0.9


def test_weak_spikes_pass(tmp_path: Path) -> None:
    """The border is where it is said to be: at twice the 99 % quantile nothing is flagged."""
    frame = households(shared_data(*HAMLET))
    faulty = Faulty.of(frame)
    for device, values in faulty.values.items():
        values[2000] = 2.0 * np.quantile(frame[device], 0.99)
    folder = faulty.write(tmp_path / "d")
    assert "spike" not in curate(folder)["flag"]


def test_datetime_of_flags_is_utc(tmp_path: Path) -> None:
    p_kw = load_kw()
    p_kw[0:4] = np.nan
    folder = one_device(tmp_path / "d", 900 * np.arange(len(p_kw)), {"p_kw": p_kw})
    curate(folder)
    with Store(folder.path) as store:
        assert store.quality("meter", "p_kw", "a", "1970-01-01", "1970-01-02")["time"][0].as_py() == datetime.fromisoformat(
            "1970-01-01T00:00+00:00"
        )
        assert store.quality("meter", "p_kw", "a", "1970-01-03").num_rows == 0
