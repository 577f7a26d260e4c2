# SPDX-License-Identifier: Apache-2.0
"""Reactive power: points of the characteristics of VDE-AR-N 4105 by hand, limits, and stability of the delayed loop.

With 10 kVA the smallest power factor is 0.90: Q_max = 10 sin(acos 0.90) = 4.3589 kvar. The P-Q numbers are hand calculations.
"""

from __future__ import annotations

import numpy as np
import pytest

from simulators.pv import model
from simulators.pv.reactive import q_v_characteristic_kvar
from tests.unit.test_pv_case import BIG, NIGHT, SUN_DOWN, aspect, params, run, sky

Q_MAX_KVAR = 4.358899
Q_V = {**BIG, "q_mode": "q_v"}
COSPHI_P = {**BIG, "q_mode": "cosphi_p"}


@pytest.mark.parametrize(
    ("vm_pu", "share"),
    [(0.90, -1.0), (0.93, -1.0), (0.95, -0.5), (0.97, 0.0), (1.0, 0.0), (1.03, 0.0), (1.05, 0.5), (1.07, 1.0), (1.10, 1.0)],
)
def test_q_v_reference_points(vm_pu, share):
    """High voltage absorbs (positive), low voltage delivers; dead band 0.97 to 1.03; full at 0.93 and 1.07."""
    assert run(Q_V, vm_pu=vm_pu, steps=60).q_kvar[0] == pytest.approx(share * Q_MAX_KVAR, abs=1e-6)


def test_unknown_voltage_counts_as_nominal():
    assert run(Q_V, vm_pu=np.nan).q_kvar[0] == 0.0


def test_small_inverters_go_to_a_power_factor_of_095():
    small = {"p_dc_kwp": 9.0, "inverter_kva": 4.6, "q_mode": "q_v"}
    assert run(small, vm_pu=1.08, steps=60).q_kvar[0] == pytest.approx(4.6 * 0.3122499, rel=1e-6)


def test_q_v_goes_half_way_in_a_long_step_and_lags_in_a_short_one():
    assert run(Q_V, vm_pu=1.07).q_kvar[0] == pytest.approx(0.5 * Q_MAX_KVAR, rel=1e-6)
    assert run(Q_V, vm_pu=1.07, duration_s=1.0).q_kvar[0] == pytest.approx((1.0 - np.exp(-0.3)) * Q_MAX_KVAR, rel=1e-6)


@pytest.mark.parametrize(("p_min_kw", "q_kvar"), [(-2.0, 0.0), (-5.0, 0.0), (-7.5, 7.5 * 0.3286841), (-9.0, 9.0 * 0.4259983)])
def test_cosphi_p_points(p_min_kw, q_kvar):
    """Power factor 1 to half power, 0.95 at 7.5 kW, 0.92 at 9 kW; tan(acos 0.95) = 0.3286841, tan(acos 0.92) = 0.4259983."""
    outputs = run(COSPHI_P, p_min_kw=p_min_kw)
    assert outputs.q_kvar[0] == pytest.approx(q_kvar, abs=1e-5)
    assert outputs.p_kw[0] == pytest.approx(p_min_kw, rel=1e-12)


def test_cosphi_p_at_full_sun_rests_where_circle_and_characteristic_meet():
    """P/S = cos phi(P): 1.1/1.2 = 0.91667 of 10 kVA, Q = sqrt(100 - 84.028) = 3.9965 kvar."""
    outputs = run(COSPHI_P)
    assert outputs.p_kw[0] == pytest.approx(-9.166667, abs=1e-5)
    assert outputs.q_kvar[0] == pytest.approx(3.996526, abs=1e-5)
    assert outputs.p_curtailed_kw[0] == pytest.approx(0.833333, abs=1e-5)


def test_reactive_power_has_priority_inside_the_circle():
    """3-4-5 triangle: 10 kVA and 4 kvar leave sqrt(84) = 9.16515 kW."""
    outputs = run(BIG, q_set_kvar=-4.0)
    assert (outputs.q_kvar[0], outputs.p_kw[0]) == pytest.approx((-4.0, -9.165151), abs=1e-6)


@pytest.mark.parametrize("asked", [-9.0, 9.0])
def test_a_set_point_beyond_the_power_factor_is_cut(asked):
    outputs = run(BIG, q_set_kvar=asked)
    assert (outputs.q_kvar[0], outputs.p_kw[0]) == pytest.approx((np.sign(asked) * Q_MAX_KVAR, -9.0), abs=1e-6)


def test_no_reactive_power_without_active_power():
    assert run(BIG, q_set_kvar=3.0, p_min_kw=0.0).q_kvar[0] == 0.0


def test_a_set_point_takes_the_place_of_the_characteristic():
    assert run(Q_V, vm_pu=1.08, q_set_kvar=-1.0, steps=9).q_kvar[0] == -1.0


def test_modes_stand_side_by_side_in_one_fleet():
    outputs = run(BIG, COSPHI_P, Q_V, vm_pu=1.05, steps=60)
    assert outputs.q_kvar == pytest.approx([0.0, 3.996526, 0.5 * Q_MAX_KVAR], abs=1e-5)


def closed_loop(share, loop_gain, steps=60):
    """Return the reactive power over time of a device that lowers its own voltage, seen one step late; v = 1.06 without it."""
    fleet = params({**Q_V, "q_v_share": share})
    pu_per_kvar = loop_gain * 0.04 / Q_MAX_KVAR
    state, q_kvar, history = model.start(1), np.zeros(1), []
    for _ in range(steps):
        inputs = model.PvInputs(aspect(fleet.plane), sky(), 1.06 - pu_per_kvar * q_kvar, np.full(1, np.nan), np.full(1, np.nan))
        state, outputs = model.step(fleet, state, inputs, 900.0)
        q_kvar = outputs.q_kvar
        history.append(q_kvar[0])
    return np.array(history)


def test_delayed_q_v_comes_to_rest_on_the_characteristic():
    """Loop gain 2: q = Q_max (v - 1.03) / 0.04 and v = 1.06 - 2 * 0.04 q / Q_max give v = 1.04, q = Q_max / 4."""
    assert closed_loop(share=0.5, loop_gain=2.0)[-3:] == pytest.approx(0.25 * Q_MAX_KVAR, rel=1e-6)


def test_without_the_share_the_same_loop_would_swing_for_ever():
    assert np.ptp(closed_loop(share=1.0, loop_gain=2.0)[-2:]) > 0.5 * Q_MAX_KVAR


def test_stated_bound_of_stability_is_the_bound():
    """2/r - 1 = 3 for r = 0.5: a loop gain of 2.9 rests, one of 3.1 swings."""
    assert np.ptp(closed_loop(0.5, 2.9, steps=400)[-2:]) < 1e-6
    assert np.ptp(closed_loop(0.5, 3.1, steps=400)[-2:]) > 0.05


def test_night_forgets_the_lag():
    fleet, ask = params(Q_V), np.full(1, np.nan)
    night = aspect(fleet.plane, **SUN_DOWN), sky(**NIGHT)
    state, _ = model.step(fleet, model.PvState(np.ones(1)), model.PvInputs(*night, np.full(1, 1.07), ask, ask), 900.0)
    assert state.q_lag_kvar[0] == 0.0


def test_pandapower_draws_the_same_characteristics():
    """pandapower's DER controller counts absorbed reactive power negative (generator frame)."""
    from pandapower.control.controller.DERController.DERBasics import CosphiPCurve, QVCurve

    p = np.array([0.1, 0.5, 0.6, 0.8, 0.9])
    theirs = CosphiPCurve((0.0, 0.5, 1.0), (1.0, 1.0, -0.9)).step(p) * 10.0
    ours = [run(COSPHI_P, p_min_kw=-10.0 * share).q_kvar[0] for share in p]
    assert ours == pytest.approx(0.0 - theirs, abs=1e-9)
    vm = np.linspace(0.9, 1.1, 21)
    curve = QVCurve((0.93, 0.97, 1.03, 1.07), (0.4358899, 0.0, 0.0, -0.4358899))
    assert q_v_characteristic_kvar(params(Q_V).inverter, vm) == pytest.approx(-10.0 * curve.step(vm), abs=1e-6)
