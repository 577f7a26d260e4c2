# SPDX-License-Identifier: Apache-2.0
"""Steps of a plan and what each of them stands for, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from twinergy.planning.horizon import Horizon


def test_all_the_data_stand_for_a_year() -> None:
    horizon = Horizon.whole(4, 0.25)
    # 4 quarters of an hour stand for 8760 h: each of them 8760 times
    np.testing.assert_allclose(horizon.weight, 8760.0)
    np.testing.assert_allclose(horizon.hours, 2190.0)
    assert horizon.previous.tolist() == [3, 0, 1, 2]
    assert horizon.source.tolist() == [0, 1, 2, 3]


def test_a_full_year_stands_for_itself() -> None:
    assert np.all(Horizon.whole(8760).weight == 1.0)
    np.testing.assert_allclose(Horizon.whole(35040, 0.25).weight, 1.0)


def test_each_period_ends_where_it_began() -> None:
    horizon = Horizon.periods([6, 0], 3, np.array([2.0, 5.0]), 0.5)
    assert horizon.source.tolist() == [6, 7, 8, 0, 1, 2]
    assert horizon.previous.tolist() == [2, 0, 1, 5, 3, 4]
    assert horizon.weight.tolist() == [2.0, 2.0, 2.0, 5.0, 5.0, 5.0]
    assert horizon.hours.sum() == (3 * 2 + 3 * 5) * 0.5


def test_data_are_cut_to_the_steps() -> None:
    horizon = Horizon.periods([2], 2, np.array([1.0]))
    assert horizon.of(np.array([10.0, 11.0, 12.0, 13.0])).tolist() == [12.0, 13.0]
    assert horizon.of(7.0).tolist() == [7.0, 7.0]


def test_a_period_of_one_step_follows_itself() -> None:
    assert Horizon.periods([3], 1, np.array([1.0])).previous.tolist() == [0]


@pytest.mark.parametrize("step_h", [0.0, -1.0, float("nan")])
def test_a_step_lasts(step_h: float) -> None:
    steps = np.arange(2)
    with pytest.raises(ValueError, match="must last longer than 0 h"):
        Horizon(step_h, np.ones(2), steps, steps)


def test_parts_of_a_horizon_are_as_long_as_each_other() -> None:
    with pytest.raises(ValueError, match="differ in length or are empty: 2, 3, 2"):
        Horizon(1.0, np.ones(2), np.arange(3), np.arange(2))
    with pytest.raises(ValueError, match="differ in length or are empty: 0, 0, 0"):
        Horizon(1.0, np.ones(0), np.arange(0), np.arange(0))
