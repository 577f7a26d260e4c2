# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import warnings
from datetime import UTC, date, datetime

import numpy as np
import pytest

from simulators.household import standard_load
from simulators.household.standard_load import StandardLoad
from twinergy.errors import ScenarioError
from twinergy.timebase import local_midnight

H0 = StandardLoad(shape="h0", timezone="Europe/Berlin", country="DE-NW")


def day(load: StandardLoad, when: date, bins: int = 96) -> np.ndarray:
    return load.relative(int(local_midnight(when, load.timezone).timestamp()), bins)


@pytest.mark.parametrize("shape", ["h0", "h25"])
@pytest.mark.parametrize(("year", "days"), [(2023, 365), (2024, 366)])
def test_a_calendar_year_has_the_annual_energy(shape, year, days):
    load = StandardLoad(shape=shape, timezone="Europe/Berlin", country="DE-NW")
    assert day(load, date(year, 1, 1), 96 * days).sum() / 4 == pytest.approx(8760.0)


def test_a_window_over_new_year_is_the_end_of_one_and_the_start_of_the_next():
    both = day(H0, date(2023, 12, 31), 192)
    assert np.array_equal(both[:96], day(H0, date(2023, 12, 31)))
    assert np.array_equal(both[96:], day(H0, date(2024, 1, 1)))


def test_the_day_of_25_hours_repeats_the_doubled_hour():
    long = day(H0, date(2024, 10, 27), 100)
    assert long[8:12] == pytest.approx(long[12:16], rel=1e-3)  # 02:00 to 03:00 twice


def test_the_day_of_23_hours_jumps_from_2_to_3():
    short, before = day(H0, date(2024, 3, 31), 92), day(H0, date(2024, 3, 24))
    assert short[8:] == pytest.approx(before[12:], rel=0.03)  # both Sundays, a week apart: the dynamisation moves by 2 %
    assert H0.local_hours(int(datetime(2024, 3, 31, 0, 45, tzinfo=UTC).timestamp()), 2).tolist() == [1.75, 3.0]


def test_a_holiday_is_a_sunday():
    corpus_christi, sunday = day(H0, date(2023, 6, 8)), day(H0, date(2023, 6, 11))  # holiday in NW, not in Berlin
    assert corpus_christi == pytest.approx(sunday, rel=0.02)
    in_berlin = day(StandardLoad(shape="h0", timezone="Europe/Berlin", country="DE-BE"), date(2023, 6, 8))
    assert np.abs(in_berlin / sunday - 1.0).max() > 0.2


def test_local_clock_of_another_country():
    athens = StandardLoad(shape="h0", timezone="Europe/Athens", country="GR")
    winter_day = date(2023, 2, 8)
    assert day(athens, winter_day) == pytest.approx(day(H0, winter_day), rel=0.01)


def test_unknown_subdivision_is_a_finding():
    with pytest.raises(ScenarioError, match="got 'DE-QQ'"):
        StandardLoad(shape="h0", timezone="Europe/Berlin", country="DE-QQ").relative(0, 1)


def test_the_library_s_change_of_warning_filters_stays_inside():
    standard_load._year_of.cache_clear()
    before = list(warnings.filters)
    H0.relative(1_700_000_100 // 900 * 900, 1)
    assert warnings.filters == before
