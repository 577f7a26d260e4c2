# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest

from simulators.household.stamps import interval_starts, parsed

BERLIN = "Europe/Berlin"


def utc(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


def clock(first_utc: str, rows: int, step: str = "15min") -> pd.DatetimeIndex:
    """What a clock in Berlin shows at equal intervals, without its offset."""
    return pd.date_range(first_utc, periods=rows, freq=step, tz="UTC").tz_convert(BERLIN).tz_localize(None)


def test_times_with_offsets_over_a_change_of_the_clock():
    texts = pd.Series(["2024-10-27T02:30+02:00", "2024-10-27T02:45+02:00", "2024-10-27T02:00+01:00"])
    times, faults = parsed(texts)
    stamps, more = interval_starts(times, "UTC", "start")
    assert not faults
    assert not more
    assert stamps == (utc("2024-10-27T00:30"), 900)


@pytest.mark.parametrize("first_utc", ["2024-03-31T00:00", "2024-10-26T23:00"], ids=["spring", "autumn"])
def test_a_changed_clock_without_offsets(first_utc):
    stamps, faults = interval_starts(clock(first_utc, 16), BERLIN, "start")
    assert not faults
    assert stamps == (utc(first_utc), 900)


@pytest.mark.parametrize("first_utc", ["2024-03-31T00:00", "2024-10-26T23:00"], ids=["spring", "autumn"])
@pytest.mark.parametrize("habit", ["clock at the end", "start plus length"])
def test_end_labels_of_both_kinds_of_loggers(first_utc, habit):
    starts = clock(first_utc, 16)
    ends = starts[1:].append(clock(first_utc, 17)[16:]) if habit == "clock at the end" else starts + pd.Timedelta("15min")
    stamps, faults = interval_starts(ends, BERLIN, "end")
    assert not faults
    assert stamps == (utc(first_utc), 900)


def test_standard_time_all_year_is_told_from_a_changed_clock():
    standard = pd.date_range("2024-03-31T00:00", periods=16, freq="15min")
    _, faults = interval_starts(standard, BERLIN, "start")
    assert faults[0].row == 8
    assert "does not exist in Europe/Berlin (4 rows)" in faults[0].message
    assert "Etc/GMT-1" in faults[0].allowed
    stamps, none = interval_starts(standard, "Etc/GMT-1", "start")
    assert not none
    assert stamps.start_s == utc("2024-03-30T23:00")


def test_standard_time_all_year_shows_a_gap_in_autumn():
    _, faults = interval_starts(pd.date_range("2024-10-27T00:00", periods=20, freq="15min"), BERLIN, "start")
    assert [fault.row for fault in faults] == [12]  # 03:00: the second pass of the doubled hour is missing
    assert "4500 s after the row before" in faults[0].message


@pytest.mark.parametrize(
    ("rows", "row", "message"),
    [
        ([0, 1, 2, 2, 3], 3, "time stands twice"),
        ([0, 1, 2, 3, 1, 2, 3, 4, 5, 6], 4, "time goes back"),
        ([0, 1, 2, 6, 7], 3, "gap before this time: 3600 s"),
        ([0, 1, 2, 3, 3.5, 4], 4, "less than 900 s after"),
    ],
)
def test_irregular_times(rows, row, message):
    times = pd.Timestamp("2024-05-01") + pd.to_timedelta(np.array(rows) * 900.0, unit="s")
    _, faults = interval_starts(times, BERLIN, "start")
    assert faults[0].row == row
    assert message in faults[0].message
    assert faults[0].value == str(times[row])


def test_times_that_run_backwards():
    _, faults = interval_starts(pd.date_range("2024-05-01", periods=5, freq="15min")[::-1], BERLIN, "start")
    assert "do not go forward" in faults[0].message


@pytest.mark.parametrize(
    ("texts", "row", "message"),
    [
        (["2024-05-01T00:00", "01.05.2024 00:15"], 1, r"not a time \(1 of 2 rows\)"),
        (["2024-05-01T00:00Z", "2024-05-01T00:15"], 1, "some times carry an offset"),
        (["2024-05-01T00:00", ""], 1, "not a time"),
    ],
)
def test_texts_that_are_not_times(texts, row, message):
    _, (fault,) = parsed(pd.Series(texts))
    assert fault.row == row
    assert fault.value == texts[row]
    assert pd.Series([fault.message]).str.contains(message).all()


def test_one_row_is_not_a_series():
    _, faults = interval_starts(pd.date_range("2024-05-01", periods=1), BERLIN, "start")
    assert "fewer than two rows" in faults[0].message
