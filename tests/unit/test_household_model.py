# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest

from simulators.household.model import Pulses, base_load, reactive, render, running_share
from simulators.household.params import HomeParams
from simulators.household.styles import class_shares, draw_styles


def pulses(*rows: tuple[int, float, float, float]) -> Pulses:
    home, start_s, end_s, power_kw = zip(*rows, strict=True)
    return Pulses(np.array(home), np.array(start_s, float), np.array(end_s, float), np.array(power_kw, float))


def test_a_pulse_over_a_step_s_border_counts_with_its_parts():
    # by hand: 2 kW from 100 s to 1000 s; 800 s of the first and 100 s of the second quarter hour
    p_kw = render(pulses((0, 100.0, 1000.0, 2.0)), 1, 3, 900.0)
    assert p_kw[:, 0] == pytest.approx([2.0 * 800 / 900, 2.0 * 100 / 900, 0.0])


def test_a_short_pulse_within_a_step_keeps_its_energy():
    p_kw = render(pulses((0, 950.0, 1040.0, 3.0)), 1, 2, 900.0)
    assert p_kw[:, 0] == pytest.approx([0.0, 3.0 * 90 / 900])


def test_what_lies_outside_the_steps_does_not_count():
    p_kw = render(pulses((0, -500.0, 450.0, 1.0), (0, 1700.0, 9000.0, 2.0), (0, 5000.0, 6000.0, 9.0)), 1, 2, 900.0)
    assert p_kw[:, 0] == pytest.approx([0.5, 2.0 * 100 / 900])


def test_pulses_overlap_and_belong_to_their_home():
    p_kw = render(pulses((1, 0.0, 900.0, 1.0), (1, 0.0, 900.0, 0.5), (0, 0.0, 450.0, 4.0)), 2, 1, 900.0)
    assert p_kw == pytest.approx(np.array([[2.0, 1.5]]))


def test_no_pulses_no_power():
    nothing = Pulses(np.zeros(0, dtype=np.intp), np.zeros(0), np.zeros(0), np.zeros(0))
    assert np.array_equal(render(nothing, 2, 3, 60.0), np.zeros((3, 2)))


def test_a_compressor_runs_for_the_first_part_of_its_cycle():
    # by hand: cycle 3600 s, on for 1200 s, already 600 s into it: on 0..600 s and 3000..4200 s
    share = running_share(np.array([3600.0]), np.array([600.0]), np.array([1 / 3]), np.arange(6) * 900.0)
    assert share[:, 0] == pytest.approx([600 / 900, 0.0, 0.0, 600 / 900, 600 / 900])


def test_the_base_has_its_share_of_the_mean_load():
    params = HomeParams(
        ids=("a", "b"),
        annual_kwh=np.array([8760.0, 876.0]),
        residents=np.full(2, 2.0),
        tan_phi=np.zeros(2),
        hot_water_l=np.full(2, 40.0),
        factor_given=np.zeros(2, dtype=bool),
    )
    styles = draw_styles(params, 3)
    mean_kw = params.annual_kwh / 8760.0
    base_kw = base_load(mean_kw, styles, styles.fridge_phase_s, np.arange(0.0, 100 * 604_800.0, 3600.0))
    assert base_kw.mean(axis=0) == pytest.approx(styles.base_share * mean_kw, rel=1e-3)
    assert base_kw.min() > 0.0


def test_reactive_power_of_a_3_4_5_triangle():
    assert reactive(np.array([4.0, 0.0]), np.array([0.75, 0.75])) == pytest.approx([3.0, 0.0])


def test_larger_homes_wash_more_and_shares_stay_whole():
    middle = np.full((3, 4), 0.5)
    shares = class_shares(np.array([1.0, 2.0, 4.0]), middle)
    assert shares.sum(axis=1) == pytest.approx(1.0)
    assert shares[1] == pytest.approx([0.12, 0.16, 0.22, 0.50])
    assert np.all(np.diff(shares[:, 2]) > 0.0)
