# SPDX-License-Identifier: Apache-2.0
"""What holds for any CHP unit under any demand and any set-point."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulators.chp.options import ChpOptions
from simulators.chp.units import unit_types
from tests.unit.test_chp_case import one, run

NUMBER = st.floats
N = 16
STEP_S = st.sampled_from([60, 900, 3600])
UNIT = st.fixed_dictionaries(
    {
        "unit": st.sampled_from(sorted(unit_types())),
        "mode": st.sampled_from(["heat_led", "self_consumption", "set_point"]),
        "start_s": NUMBER(0.0, 1000.0),
        "ramp_s": NUMBER(1.0, 5000.0),
        "min_on_s": st.sampled_from([0.0, 1800.0, 7200.0]),
        "min_off_s": st.sampled_from([0.0, 900.0, 3600.0]),
        "emergency_cooler": st.booleans(),
        "boiler_kw": st.sampled_from([0.0, 20.0, 200.0]),
        "buffer": st.fixed_dictionaries(
            {"volume_l": NUMBER(10.0, 5000.0), "soc": NUMBER(0.0, 1.0), "loss_w_per_k": NUMBER(0.0, 50.0)}
        ),
    }
).map(ChpOptions.model_validate)
DEMAND = st.lists(NUMBER(0.0, 400.0), min_size=N, max_size=N)
LOAD = st.lists(NUMBER(-50.0, 300.0), min_size=N, max_size=N)
MAYBE = st.lists(st.one_of(st.just(np.nan), NUMBER(-250.0, 5.0)), min_size=N, max_size=N)
FEW = settings(deadline=None, max_examples=60)


@given(UNIT, DEMAND, LOAD, MAYBE, STEP_S)
@FEW
def test_heat_balances_in_every_step(unit, demand, net, p_set_kw, step_s):
    result = one(unit, n=N, step_s=step_s, demand=demand, net=net, p_set_kw=p_set_kw)
    tank = unit.buffer
    capacity = unit.volume_l * 1.14e-3 * (tank.temp_max_degc - tank.temp_min_degc)
    stored = np.diff(capacity * result["soc"], prepend=capacity * tank.soc) / (step_s / 3600.0)
    made = result["heat_kw"] + result["boiler_heat_kw"]
    spent = result["heat_supplied_kw"] + result["heat_dumped_kw"] + result["heat_loss_kw"] + stored
    np.testing.assert_allclose(made, spent, atol=1e-6)
    np.testing.assert_allclose(result["heat_supplied_kw"] + result["heat_unserved_kw"], demand, atol=1e-9)


@given(UNIT, DEMAND, LOAD, STEP_S)
@FEW
def test_losses_are_those_of_the_temperatures_before_and_after(unit, demand, net, step_s):
    """Within a step the temperature goes from one to the other without turning back, so its loss lies between theirs."""
    result = one(unit, n=N, step_s=step_s, demand=demand, net=net)
    after = result["temp_buffer_degc"]
    before = np.concatenate([[unit.buffer.temp_min_degc + unit.buffer.soc * 30.0], after[:-1]])
    limits = np.stack([before, after]) - unit.buffer.ambient_degc
    warm = np.minimum(before, after) > unit.buffer.temp_min_degc + 1e-6  # an empty buffer may be kept warm by the return pipe
    loss, per_k = result["heat_loss_kw"][warm], unit.loss_w_per_k / 1000.0
    assert (loss >= per_k * limits.min(axis=0)[warm] - 1e-6).all()
    assert (loss <= per_k * limits.max(axis=0)[warm] + 1e-6).all()


@given(UNIT, DEMAND, LOAD, MAYBE, MAYBE, STEP_S)
@FEW
def test_bounds(unit, demand, net, p_set_kw, p_min_kw, step_s):
    result = one(unit, n=N, step_s=step_s, demand=demand, net=net, p_set_kw=p_set_kw, p_min_kw=p_min_kw)
    for name in ("heat_kw", "boiler_heat_kw", "fuel_kw", "heat_supplied_kw", "heat_unserved_kw", "heat_dumped_kw"):
        assert (result[name] >= -1e-9).all(), name
    assert (result["heat_loss_kw"] >= -1e-6).all()
    assert ((result["soc"] >= 0.0) & (result["soc"] <= 1.0 + 1e-9)).all()
    assert (result["p_kw"] >= -unit.operating.rated_kw * (1.0 + 1e-9)).all()
    limit = np.fmin(np.nan_to_num(p_min_kw, nan=-np.inf), 0.0)
    assert (result["p_kw"] >= limit - 1e-6).all()
    assert unit.emergency_cooler or not result["heat_dumped_kw"].any()
    energy_out = -np.minimum(result["p_kw"], 0.0) + result["heat_kw"] + result["boiler_heat_kw"] * 0.9
    assert (energy_out <= result["fuel_kw"] + 1e-6).all()


@given(UNIT, LOAD, MAYBE)
@FEW
def test_minimum_times_are_kept_while_the_buffer_has_room(unit, net, p_set_kw):
    tank = unit.buffer.model_copy(update={"volume_l": 1e6, "soc": 0.5})
    unit = unit.model_copy(update={"buffer": tank})
    on = one(unit, n=N, step_s=900, demand=0.0, net=net, p_set_kw=p_set_kw)["on"]
    edges = np.flatnonzero(np.diff(on))
    for first, second in pairwise(edges):
        least_s = unit.min_on_s if on[second] else unit.min_off_s
        assert (second - first) * 900 >= least_s


@given(UNIT, UNIT, DEMAND, LOAD, MAYBE, STEP_S)
@FEW
def test_a_neighbour_changes_nothing(unit, neighbour, demand, net, p_set_kw, step_s):
    weather = {"n": N, "step_s": step_s, "demand": demand, "net": net, "p_set_kw": p_set_kw}
    alone, beside = run(unit, **weather), run(neighbour, unit, **weather)
    for name, values in alone.items():
        np.testing.assert_array_equal(beside[name][:, 1], values[:, 0], err_msg=name)


@given(UNIT, NUMBER(0.0, 40.0))
@FEW
def test_a_step_cut_in_pieces_gives_the_same_while_nothing_happens(unit, demand):
    """A resting unit empties its buffer, 900 s at once or in 15 pieces, up to the moment in which it is empty."""
    unit = unit.model_copy(update={"mode": "set_point", "safe_mode": "off", "boiler_kw": 0.0})
    whole, pieces = (one(unit, n=n, step_s=step_s, demand=demand) for n, step_s in ((1, 900), (15, 60)))
    if pieces["soc"][-1] > 1e-6:
        assert whole["soc"][0] == pytest.approx(pieces["soc"][-1], rel=1e-9)
        assert whole["heat_loss_kw"][0] == pytest.approx(pieces["heat_loss_kw"].mean(), rel=1e-6, abs=1e-9)


@given(st.sampled_from(["gg50", "gg113", "fmb31"]), NUMBER(0.5, 1.0), NUMBER(0.0, 400.0), NUMBER(10.0, 3000.0))
@FEW
def test_a_start_cut_in_pieces_gives_the_same_power(name, load, start_s, ramp_s):
    p_kw = -max(load * unit_types()[name].rated_kw, unit_types()[name].p_kw[0])
    unit = ChpOptions(unit=name, mode="set_point", start_s=start_s, ramp_s=ramp_s, min_off_s=0.0, standby_kw=0.0)
    whole, pieces = (one(unit, n=n, step_s=step_s, demand=1e4, p_set_kw=p_kw) for n, step_s in ((1, 3600), (60, 60)))
    assert whole["p_kw"][0] == pytest.approx(pieces["p_kw"].mean(), rel=1e-9)
    assert whole["hours_h"][0] == pytest.approx(pieces["hours_h"][-1], abs=1e-9)
