# SPDX-License-Identifier: Apache-2.0
"""What holds for every car under every power and every trip."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulators.ev import model
from simulators.ev.options import EvOptions
from simulators.ev.params import params_of
from simulators.ev.schedule import StepEvents

FRACTION = st.floats(0.0, 1.0)
LENGTH = st.sampled_from([60.0, 900.0, 3600.0])
CAR = st.fixed_dictionaries(
    {
        "capacity_kwh": st.floats(5.0, 120.0),
        "p_charger_kw": st.floats(2.0, 22.0),
        "efficiency": st.floats(0.7, 1.0),
        "aux_kw": st.floats(0.0, 0.5),
        "taper_soc": st.floats(0.1, 0.99),
        "soc": FRACTION,
        "soc_wish": st.floats(0.0, 0.5),
        "soc_limit": st.floats(0.5, 1.0),
        "v2g_kw": st.floats(0.0, 11.0),
        "v2g_min_soc": FRACTION,
    }
)
# power asked for, kilometres, temperature, and whether it is gone after the step
STEPS = st.lists(st.tuples(st.floats(-30.0, 30.0), st.floats(0.0, 100.0), st.floats(-20.0, 40.0), st.booleans()), max_size=10)
NOBODY, NOTHING, CAR_0 = np.empty(0, dtype=np.int64), np.empty(0), np.array([0])


def follow(options, steps, duration_s, *, plugged=1.0):
    """Return parameters and the states and outputs of a car; while it has kilometres to go it is not plugged in."""
    hours = duration_s / 3600
    params = params_of([EvOptions.model_validate(options)], [True], ["home"])
    zero = np.zeros(1)
    status = np.array([[plugged], [1.0], [np.inf]])
    state = model.EvState(np.array([options["soc"]]) * params.capacity_kwh, status, zero, zero, zero, zero, zero)
    states, outputs = [model.ready(params, state, hours)], []
    for p_kw, km, temp_degc, changes in steps:
        away = states[-1].plugged[0] == 0.0
        events = StepEvents(
            CAR_0 if away else NOBODY,
            np.array([km]) if away else NOTHING,
            np.array([min(km / 50.0, hours)]) if away else NOTHING,
            CAR_0 if changes and not away else NOBODY,
            CAR_0 if changes and away else NOBODY,
            np.array([np.inf]) if changes and not away else NOTHING,
            np.zeros(1) if changes and away else NOTHING,
            np.zeros(1) if changes and away else NOTHING,
        )
        state, output = model.step(params, states[-1], model.EvInputs(np.array([p_kw]), temp_degc, events), duration_s)
        states.append(state)
        outputs.append(output)
    return params, states, outputs


@given(CAR, STEPS, LENGTH)
@settings(deadline=None, max_examples=150)
def test_energy_is_conserved_in_every_step(options, steps, duration_s):
    hours = duration_s / 3600
    _, states, outputs = follow(options, steps, duration_s)
    for (before, after), out in zip(pairwise(states), outputs, strict=True):
        shortfall = after.shortfall_kwh[0] - before.shortfall_kwh[0]
        into = (out.p_ac_kw[0] - out.p_loss_kw[0] - out.drive_kw[0]) * hours + shortfall
        assert after.energy_kwh[0] - before.energy_kwh[0] == pytest.approx(into, abs=1e-9)
        assert out.p_loss_kw[0] >= -1e-12


@given(CAR, STEPS, LENGTH)
@settings(deadline=None, max_examples=150)
def test_limits_hold_whatever_is_asked(options, steps, duration_s):
    params, states, outputs = follow(options, steps, duration_s)
    for (before, after), out in zip(pairwise(states), outputs, strict=True):
        soc = after.energy_kwh[0] / params.capacity_kwh[0]
        assert 0.0 <= soc <= 1.0
        assert -options["v2g_kw"] <= out.p_ac_kw[0] <= options["p_charger_kw"] * (1 + 1e-12)
        assert after.unserved_kwh[0] >= before.unserved_kwh[0]
        assert after.shortfall_kwh[0] >= before.shortfall_kwh[0]
        assert after.distance_km[0] >= before.distance_km[0]
        if out.p_ac_kw[0] > 0:
            assert soc <= max(options["soc_limit"], before.energy_kwh[0] / params.capacity_kwh[0]) + 1e-12
        if out.p_ac_kw[0] < 0:
            assert soc >= options["v2g_min_soc"] - 1e-9
        if not before.plugged[0]:
            assert out.p_ac_kw[0] == 0


@given(CAR, st.floats(0.0, 30.0), LENGTH)
@settings(deadline=None, max_examples=150)
def test_what_reaches_the_battery_is_the_efficiency_times_what_is_drawn(options, p_kw, duration_s):
    params, (before, after), (out,) = follow(options, [(p_kw, 0.0, 20.0, False)], duration_s)
    got = max(options["efficiency"] * out.p_ac_kw[0] - options["aux_kw"], 0.0) * duration_s / 3600
    assert after.energy_kwh[0] - before.energy_kwh[0] == pytest.approx(got, abs=1e-9 * params.capacity_kwh[0])


@given(st.floats(0.7, 1.0), st.floats(1.0, 5.0))
@settings(deadline=None, max_examples=50)
def test_a_round_trip_costs_the_efficiency_twice(efficiency, power):
    """Would fail at once if feeding back took ``efficiency * p`` instead of ``p / efficiency`` from the battery."""
    options = {"capacity_kwh": 50.0, "efficiency": efficiency, "aux_kw": 0.0, "soc": 0.5, "v2g_kw": 11.0, "v2g_min_soc": 0.1}
    _, states, _ = follow(options, [(power, 0, 20, False), (-power * efficiency**2, 0, 20, False)], 3600.0)
    assert states[-1].energy_kwh[0] == pytest.approx(25.0)


@given(CAR)
@settings(deadline=None, max_examples=100)
def test_all_that_is_accepted_fills_the_car_and_less_never_fills_it_faster(options):
    everything = [(30.0, 0.0, 20.0, False)] * 8
    _, states, outputs = follow(options, everything, 3600.0)
    accepted = [state.p_accept_kw[0] for state in states[:-1]]
    assert [out.p_ac_kw[0] for out in outputs] == accepted
    assert all(later <= earlier + 1e-9 for earlier, later in pairwise(accepted))
    _, slow, _ = follow(options, [(1.4, 0.0, 20.0, False)] * 8, 3600.0)
    assert slow[-1].energy_kwh[0] <= states[-1].energy_kwh[0] + 1e-9


@given(CAR, st.floats(0.5, 20.0))
@settings(deadline=None, max_examples=100)
def test_cutting_a_step_changes_nothing_before_the_taper(options, p_kw):
    """Below the knee and far from the limits, one step of an hour is sixty of a minute."""
    options = {**options, "capacity_kwh": 100.0, "soc": 0.1, "taper_soc": 0.9, "soc_limit": 1.0}
    _, whole, _ = follow(options, [(p_kw, 0.0, 20.0, False)], 3600.0)
    _, parts, _ = follow(options, [(p_kw, 0.0, 20.0, False)] * 60, 60.0)
    assert parts[-1].energy_kwh[0] == pytest.approx(whole[-1].energy_kwh[0], rel=1e-9)


@given(st.floats(0.5, 0.95), st.floats(0.1, 0.9))
@settings(deadline=None, max_examples=60)
def test_cutting_a_step_changes_nothing_within_the_taper(soc, taper_soc):
    """The taper is integrated exactly, down to a tenth of the power: one step of an hour is sixty of a minute."""
    options = {"capacity_kwh": 100.0, "p_charger_kw": 10.0, "soc": soc, "taper_soc": taper_soc, "aux_kw": 0.0}
    _, whole, _ = follow(options, [(30.0, 0.0, 20.0, False)], 3600.0)
    _, parts, _ = follow(options, [(30.0, 0.0, 20.0, False)] * 60, 60.0)
    tenth = 0.1 * 9.3  # what the last stretch at a tenth of the power may differ, in kWh
    assert parts[-1].energy_kwh[0] == pytest.approx(whole[-1].energy_kwh[0], abs=tenth)
    if (1.0 - soc) / (1.0 - taper_soc) > 0.5:  # well above the tenth for the whole hour
        assert parts[-1].energy_kwh[0] == pytest.approx(whole[-1].energy_kwh[0], rel=1e-9)
