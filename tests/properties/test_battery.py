# SPDX-License-Identifier: Apache-2.0
"""What holds for every battery under every demand."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulators.battery.options import BatteryOptions
from simulators.battery.simulator import BatteryFleet
from twinergy.timebase import Step

FRACTION = st.floats(0.0, 1.0)
POWER = st.floats(-30.0, 30.0) | st.just(float("nan"))
LOSSES = st.one_of(
    st.floats(0.5, 1.0).map(lambda value: {"model": "constant", "round_trip": value}),
    st.sampled_from(["SG1", "S2"]).map(lambda name: {"model": "bslib", "system": name}),
    st.builds(
        lambda charge, discharge, cells: {"model": "polynomial", "charge": charge, "discharge": discharge, "cells": cells},
        *[st.fixed_dictionaries({"a": st.floats(0.0, 0.2), "b": st.floats(0.0, 0.1), "c": st.floats(0.0, 0.1)})] * 2,
        st.floats(0.5, 1.0),
    ),
)
BATTERY = st.fixed_dictionaries(
    {
        "capacity_kwh": st.floats(0.5, 50.0),
        "p_charge_kw": st.floats(0.5, 20.0),
        "p_discharge_kw": st.floats(0.5, 20.0),
        "efficiency": LOSSES,
        "standby_kw": st.floats(0.0, 0.1),
        "self_discharge_per_month": st.floats(0.0, 0.5),
        "soc": FRACTION,
        "min_soc": st.floats(0.0, 0.4),
        "max_soc": st.floats(0.5, 1.0),
        "soh": st.floats(0.5, 1.0),
        "mode": st.sampled_from(["self_consumption", "set_point", "idle"]),
        "ageing": st.sampled_from(["lfp_naumann", "nmc_schmalstieg", "none"]),
        "ambient_degc": st.floats(0.0, 50.0),
    }
)
DEMAND = st.lists(st.tuples(POWER, POWER, POWER, POWER, FRACTION | st.just(float("nan"))), min_size=1, max_size=8)
NAMES = ("p_net_kw", "p_set_kw", "p_min_kw", "p_max_kw", "min_soc")
LENGTH = st.sampled_from([60.0, 900.0, 3600.0])


def follow(options: dict, demand: list[tuple[float, ...]], duration_s: float) -> tuple[float, list[dict[str, float]]]:
    battery = BatteryFleet(["b"], [BatteryOptions.model_validate(options)])
    start = float(battery.state()["energy_kwh"][0])
    asked = [{name: np.array([value]) for name, value in zip(NAMES, values, strict=True)} for values in demand]
    results = [battery.step(Step(0, 0, duration_s, 0), values) for values in asked]
    return start, [{name: float(value[0]) for name, value in row.items()} for row in results]


def constant(options: dict, p_set_kw: float, steps: int, duration_s: float) -> list[dict[str, float]]:
    nan = float("nan")
    return follow({**options, "mode": "set_point"}, [(nan, p_set_kw, nan, nan, nan)] * steps, duration_s)[1]


@given(BATTERY, DEMAND, LENGTH)
@settings(deadline=None, max_examples=150)
def test_energy_is_conserved_in_every_step(options, demand, duration_s):
    energy, rows = follow(options, demand, duration_s)
    hours = duration_s / 3600
    for row in rows:
        assert row["p_kw"] * hours == pytest.approx(row["energy_kwh"] - energy + row["p_loss_kw"] * hours, abs=1e-12 * 50)
        assert row["p_loss_kw"] >= 0
        energy = row["energy_kwh"]


@given(BATTERY, DEMAND, LENGTH)
@settings(deadline=None, max_examples=150)
def test_limits_hold(options, demand, duration_s):
    _, rows = follow(options, demand, duration_s)
    for row in rows:
        assert 0 <= row["soc"] <= 1
        assert 0 < row["soh"] <= options["soh"]
        assert -options["p_discharge_kw"] <= row["p_kw"] <= max(options["p_charge_kw"], options["standby_kw"])
        assert row["p_unserved_kw"] >= 0


@given(BATTERY, DEMAND, LENGTH)
@settings(deadline=None, max_examples=100)
def test_it_never_charges_above_nor_discharges_below_its_range(options, demand, duration_s):
    start, rows = follow({**options, "ageing": "none"}, demand, duration_s)
    capacity = options["capacity_kwh"] * options["soh"]
    top = max(start, options["max_soc"] * capacity)
    assert all(row["energy_kwh"] <= top * (1 + 1e-12) for row in rows)
    low = min(start, options["min_soc"] * capacity) * np.exp(-0.5 / 732 * duration_s / 3600 * len(rows))
    assert all(row["energy_kwh"] >= low - 1e-12 for row in rows)


@given(BATTERY, st.floats(-1.0, 1.0))
@settings(deadline=None, max_examples=150)
def test_cutting_a_step_changes_nothing_between_the_limits(options, share):
    options = {**options, "soc": 0.5, "min_soc": 0.0, "max_soc": 1.0}
    p_set_kw = share * min(options["p_charge_kw"], options["p_discharge_kw"], options["capacity_kwh"] * options["soh"])
    (whole,) = constant(options, p_set_kw, 1, 900.0)
    parts = constant(options, p_set_kw, 15, 60.0)
    assert parts[-1]["energy_kwh"] == pytest.approx(whole["energy_kwh"], rel=1e-12)
    assert np.mean([row["p_kw"] for row in parts]) == pytest.approx(whole["p_kw"], rel=1e-12, abs=1e-15)
    assert np.mean([row["p_loss_kw"] for row in parts]) == pytest.approx(whole["p_loss_kw"], rel=1e-9, abs=1e-11)
    assert parts[-1]["cycles"] == pytest.approx(whole["cycles"], rel=1e-12)
    assert 1 - parts[-1]["soh"] == pytest.approx(1 - whole["soh"], rel=1e-2, abs=1e-12)


@given(st.floats(0.5, 1.0), st.floats(1.0, 20.0), FRACTION)
@settings(deadline=None, max_examples=100)
def test_cutting_a_step_changes_nothing_at_the_limits_with_constant_efficiency(round_trip, p_set_kw, soc):
    options = {
        "capacity_kwh": 2.0,
        "p_charge_kw": 20.0,
        "efficiency": {"model": "constant", "round_trip": round_trip},
        "soc": soc,
        "self_discharge_per_month": 0.0,
        "standby_kw": 0.0,
        "ageing": "none",
    }
    (whole,) = constant(options, p_set_kw, 1, 900.0)
    parts = constant(options, p_set_kw, 15, 60.0)
    assert parts[-1]["energy_kwh"] == pytest.approx(whole["energy_kwh"], rel=1e-9)
    assert np.mean([row["p_kw"] for row in parts]) == pytest.approx(whole["p_kw"], rel=1e-9, abs=1e-9)


@given(BATTERY, st.floats(0.1, 1.0))
@settings(deadline=None, max_examples=100)
def test_a_round_trip_gives_back_less(options, share):
    options = {**options, "soc": 0.5, "min_soc": 0.0, "max_soc": 1.0, "soh": 1.0, "ageing": "none"}
    power = share * min(options["p_charge_kw"], options["capacity_kwh"])
    nan = float("nan")
    options = {**options, "mode": "set_point", "safe_mode": "idle"}
    _, rows = follow(options, [(nan, power, nan, nan, nan)] + [(nan, -100.0, nan, nan, 0.5)] * 60, 900.0)
    drawn, delivered = power, -sum(min(row["p_kw"], 0.0) for row in rows)
    lossless = options["efficiency"] in ({"model": "constant", "round_trip": 1.0},)
    assert rows[0]["p_kw"] in (pytest.approx(power), options["standby_kw"])
    assert delivered < drawn or lossless


@given(st.floats(0.5, 0.999), st.floats(0.5, 5.0))
@settings(deadline=None, max_examples=50)
def test_the_round_trip_efficiency_is_the_one_stated(round_trip, power):
    """Would fail at once if discharging took ``eta * p`` instead of ``p / eta`` from the cells."""
    options = {
        "capacity_kwh": 20.0,
        "p_charge_kw": 5.0,
        "efficiency": {"model": "constant", "round_trip": round_trip},
        "self_discharge_per_month": 0.0,
        "ageing": "none",
        "mode": "set_point",
    }
    nan = float("nan")
    _, rows = follow(options, [(nan, power, nan, nan, nan), (nan, -power * round_trip, nan, nan, nan)], 3600.0)
    assert rows[1]["energy_kwh"] == pytest.approx(10.0, rel=1e-12)


@given(BATTERY, st.lists(st.floats(-20.0, 20.0), min_size=2, max_size=12))
@settings(deadline=None, max_examples=80)
def test_it_only_gets_older(options, p_set_kw):
    options = {**options, "mode": "set_point"}
    nan = float("nan")
    _, rows = follow(options, [(nan, p, nan, nan, nan) for p in p_set_kw], 3600.0)
    assert all(after["soh"] <= before["soh"] for before, after in pairwise(rows))
    assert all(after["cycles"] >= before["cycles"] for before, after in pairwise(rows))
