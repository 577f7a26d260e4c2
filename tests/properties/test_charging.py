# SPDX-License-Identifier: Apache-2.0
"""What holds for every charging point and every hub under every set-point."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulators.charging.model import Cars, ChargingInputs, power
from simulators.charging.options import ChargingOptions
from simulators.charging.params import HubParams, params_of
from simulators.charging.sharing import share
from tests.unit.test_charging_world import World, twin_of

POWER = st.floats(-30.0, 30.0) | st.sampled_from([-4.0, 1.38, 2.0, 4.0, 4.14, 6.0, float("nan")])
POINT = st.builds(
    ChargingOptions,
    limit_a=st.sampled_from([6.0, 10.0, 16.0, 32.0]),
    connector_phases=st.sampled_from([1, 3]),
    v2g=st.booleans(),
    mode=st.sampled_from(["uncontrolled", "self_consumption", "set_point"]),
    phase_switching=st.booleans(),
    keeps_wish=st.booleans(),
    safe_mode=st.sampled_from(["uncontrolled", "self_consumption", "pause"]),
)
N = 4


def each(strategy):
    return st.lists(strategy, min_size=N, max_size=N).map(lambda values: np.array(values, dtype=float))


HUBS = st.none() | st.builds(
    lambda hub, limit: HubParams(rows=np.arange(N), hub=np.array(hub), limit_kw=np.array(limit)),
    st.lists(st.integers(0, 1), min_size=N, max_size=N),
    st.lists(st.floats(1.0, 60.0), min_size=2, max_size=2),
)
CARS = st.builds(
    Cars, each(st.floats(0.0, 22.0)), each(st.floats(0.0, 11.0)), each(st.integers(1, 3)), *[each(st.integers(0, 9))] * 3
)
ASKED = st.builds(ChargingInputs, each(POWER), *[st.none() | each(POWER)] * 3)


@given(st.lists(POINT, min_size=N, max_size=N), HUBS, CARS, ASKED)
@settings(deadline=None, max_examples=300)
def test_limits_hold_whatever_is_asked(options, hubs, cars, asked):
    params = params_of(options, hubs)
    p_kw = power(params, cars, asked)
    phases = np.minimum(cars.phases, params.phases)
    carries = phases * params.per_phase_kw
    v2g = np.array([option.v2g for option in options])
    assert np.isfinite(p_kw).all()
    assert (p_kw <= np.minimum(carries, cars.accept_kw) + 1e-9).all()
    assert (p_kw >= -np.where(v2g, np.minimum(carries, cars.release_kw), 0.0) - 1e-9).all()
    switches = np.array([option.phase_switching for option in options])
    least = np.minimum(1.38 * np.where(switches, 1.0, phases), cars.accept_kw)
    assert ((p_kw <= 0.0) | (p_kw >= least - 1e-9)).all()
    if asked.p_max_kw is not None:
        known = np.isfinite(asked.p_max_kw)
        assert (p_kw[known] <= np.maximum(asked.p_max_kw[known], 0.0) + 1e-9).all()
    if hubs is not None:
        for sign in (1.0, -1.0):
            together = np.bincount(hubs.hub, weights=np.maximum(sign * p_kw, 0.0), minlength=2)
            assert (together <= hubs.limit_kw + 1e-9).all()


WANTED = st.lists(st.tuples(st.floats(0.0, 22.0), st.integers(0, 5), st.integers(0, 2)), min_size=1, max_size=20)


@given(WANTED, st.lists(st.floats(0.0, 80.0), min_size=3, max_size=3), st.sampled_from([0.0, 1.38, 4.14]))
@settings(deadline=None, max_examples=200)
def test_sharing_is_fair_and_wastes_nothing(wishes, limits, least):
    wanted, since, hub = (np.array(column) for column in zip(*wishes, strict=True))
    got = share(wanted, np.full(len(wanted), least), since.astype(float), hub, np.array(limits))
    assert (got <= wanted + 1e-9).all()
    assert (got >= -1e-12).all()
    for number, limit in enumerate(limits):
        mine, my_wanted = got[hub == number], wanted[hub == number]
        assert mine.sum() <= limit + 1e-9
        if least == 0.0:
            assert mine.sum() == pytest.approx(min(my_wanted.sum(), limit), abs=1e-9)
            short = mine < my_wanted - 1e-9
            if short.any():  # nobody who got less than wished is below anybody else
                assert mine.max() == pytest.approx(mine[short].min(), abs=1e-9)


@given(
    st.integers(0, 50),
    st.floats(2.0, 60.0),
    st.lists(POWER, min_size=40, max_size=40),
    st.sampled_from([0.0, 0.5, 1.0]),
    st.booleans(),
)
@settings(deadline=None, max_examples=25)
def test_a_hub_keeps_its_books_whatever_is_asked(seed, limit_kw, asked, booked, v2g):
    visitors = {
        "arrivals": {"sessions_per_day": 12.0, "pattern": "constant"},
        "stay_mean_h": 1.0,
        "booked_share": booked,
        "leaves_when_done": 0.5,
        "v2g_share": 0.5 if v2g else 0.0,
    }
    point = {"mode": "set_point", "v2g": v2g, "iso15118": True, "visitors": visitors}
    world = World(twin_of({}, {"p": point, "q": point}, {"hub": (limit_kw, ["p", "q"])}), steps=40, seed=seed)
    drawn = fed = np.zeros(2)
    before = None
    for p_set_kw in asked:
        row = world.step(p_set_kw=p_set_kw)["charging"]
        drawn, fed = drawn + np.maximum(row["p_kw"], 0.0) / 4, fed + np.maximum(-row["p_kw"], 0.0) / 4
        np.testing.assert_allclose(row["energy_kwh"], drawn, atol=1e-9)
        np.testing.assert_allclose(row["energy_out_kwh"], fed, atol=1e-9)
        known = np.isfinite(row["soc"])
        assert ((row["soc"][known] >= 0.0) & (row["soc"][known] <= 1.0)).all()
        assert row["p_kw"].max() <= 11.04 + 1e-9
        assert row["p_kw"].sum() <= limit_kw + 1e-9
        assert (np.isnan(row["departure_s"]) == (row["state"] < 2)).all()
        if before is not None:
            for register in ("unserved_kwh", "sessions_count", "no_show_count", "cancelled_count", "refused_count", "waited_h"):
                assert (row[register] >= before[register]).all(), register
        before = row
