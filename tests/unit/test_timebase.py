# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from datetime import UTC, date, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twinergy.timebase import BLOCK_S, TimeAxis, local_days


@pytest.mark.parametrize(
    ("day", "hours"),
    [
        pytest.param(date(2024, 3, 31), 23, id="clock goes forward"),
        pytest.param(date(2024, 10, 27), 25, id="clock goes back"),
        pytest.param(date(2024, 7, 1), 24, id="plain day"),
    ],
)
def test_local_days_have_the_hours_they_have(day, hours):
    start, end = local_days(day, 1, "Europe/Berlin")
    assert (end - start).total_seconds() == hours * 3600


@given(
    start=st.integers(0, 60 * 365).map(lambda hours: 1_577_836_800 + 3600 * hours),
    step_s=st.sampled_from([300, 900, 3600]),
    n_steps=st.integers(1, 3000),
)
def test_blocks_cover_every_step_once(start, step_s, n_steps):
    axis = TimeAxis(start, step_s, n_steps)
    blocks = list(axis.blocks())
    times = np.concatenate([block.epoch_s for block in blocks])
    np.testing.assert_array_equal(times, start + step_s * np.arange(n_steps))
    for block in blocks:
        assert block.epoch_s[0] // BLOCK_S == block.epoch_s[-1] // BLOCK_S == block.number
        assert block.skipped * step_s == block.epoch_s[0] % BLOCK_S


def test_a_block_does_not_depend_on_the_start_of_the_run():
    monday = int(datetime(2024, 6, 3, tzinfo=UTC).timestamp())
    assert TimeAxis(monday, 900, 96).block(0).number == TimeAxis(monday - 86_400 * 3, 900, 96 * 9).block(96 * 3).number


@pytest.mark.parametrize(
    ("arguments", "said"),
    [((0, 700, 5), "700 s does not divide a day"), ((450, 900, 5), "not on the raster of 900 s"), ((0, 900, 0), "got 0")],
)
def test_impossible_axes(arguments, said):
    with pytest.raises(ValueError, match=said):
        TimeAxis(*arguments)
