# SPDX-License-Identifier: Apache-2.0
"""What holds for every building: energy, bounds, order, splitting of steps."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from simulators.building import model
from simulators.building.thermal import AIR, network, transition, zone_matrix
from tests.unit.test_building_case import NOON, WINTER, acting, named, params

VILLAGE = (
    {"heating": "heat_pump"},
    {"heating": "boiler", "cooling": "air_conditioner", "construction_year": 1930},
    {
        "heating": "network",
        "construction_year": 2015,
        "furniture_kj_per_m2k": 0.0,
        "ventilation": "mechanical",
        "thermal_mass": "very_heavy",
    },
    {"heating": "electric", "emitter": "floor", "use": "office", "hot_water": "instantaneous"},
    {"heating": "heat_pump", "heat_pump": "generic_brine", "refurbishment": "advanced", "country": "IT", "tank_band_k": 0.0},
)
BUILT = params(*VILLAGE)
FURNISHED = [params(*[{**home, "furniture_kj_per_m2k": capacity} for home in VILLAGE]) for capacity in (0.0, 10.0, 40.0)]
COUNT = len(VILLAGE)
DURATIONS = st.sampled_from([60.0, 300.0, 900.0, 3600.0])
temps = st.floats(-20.0, 40.0)
kilowatts = st.floats(0.0, 5.0)


def weathers():
    return st.builds(lambda base, temp: {**base, "temp_degc": temp}, st.sampled_from([WINTER, NOON]), temps)


def advance(state, duration_s=900.0, built=BUILT, **given_):
    after, outputs = model.step(built, state, acting(COUNT, **given_), duration_s)
    return after, named(outputs)


def lived(weather, steps=20, duration_s=900.0, **given_):
    """Return a state that some steps have led to."""
    state = model.start(BUILT)
    for _ in range(steps):
        state, _ = advance(state, duration_s, weather=weather, **given_)
    return state


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from(FURNISHED),
    DURATIONS,
    st.lists(st.floats(-20.0, 40.0), min_size=5, max_size=5),
    st.lists(st.floats(-3.0, 5.0), min_size=4, max_size=4),
)
def test_energy_of_the_zone_is_balanced(built, duration_s, temperatures, flows):
    """Heat in equals heat lost through both ways out plus the heat that masses, air and furniture store."""
    hours, zone = duration_s / 3600.0, built.zone
    stores = np.repeat(np.array(temperatures[:3])[:, None], COUNT, axis=1)
    outer_degc, out_degc = temperatures[3:]
    acts = np.repeat(np.array([outer_degc, flows[0], out_degc, *flows[1:]])[:, None], COUNT, axis=1)
    matrix = zone_matrix(zone, hours)
    after = np.add.reduce(matrix * np.concatenate([stores, acts])[:, None, :], axis=0)
    net = network(zone)
    _, _, phi, gamma = transition(net, hours)
    outer = (phi @ stores.T[:, : phi.shape[2], None] + gamma @ acts.T[:, :, None])[:, 0, 0]
    lost = (outer - outer_degc) / zone.r_rest_k_per_kw + (after[AIR] - out_degc) * zone.air_kw_per_k
    capacity = np.stack([zone.c1_aw_kwh_per_k, zone.c1_iw_kwh_per_k, zone.c_air_kwh_per_k])
    stored = (capacity * (after[:3] - stores)).sum(axis=0) / hours
    np.testing.assert_allclose(lost + stored, sum(flows), atol=1e-9, rtol=1e-9)


@settings(max_examples=40, deadline=None)
@given(weathers(), st.integers(2, 15), st.floats(0.0, 3.0))
def test_a_free_running_step_equals_its_parts(weather, parts, gain_kw):
    free = params(*[{"heating": "none", "hot_water": "none", "construction_year": year, "window_opening": False, "blinds": 1.0}
                    for year in (1920, 1950, 1970, 1990, 2010)])  # fmt: skip
    start = model.start(free)
    whole, _ = advance(start, 900.0, free, weather=weather, gain_kw=gain_kw, occupants=1.0)
    divided = start
    for _ in range(parts):
        divided, _ = advance(divided, 900.0 / parts, free, weather=weather, gain_kw=gain_kw, occupants=1.0)
    np.testing.assert_allclose(divided.store_degc, whole.store_degc, atol=1e-9)
    np.testing.assert_allclose(divided.gas, whole.gas, rtol=1e-9)


@settings(max_examples=60, deadline=None)
@given(weathers(), kilowatts, st.floats(0.0, 4.0), DURATIONS)
def test_energy_of_the_tank_is_balanced(weather, draw_kw, occupants, duration_s):
    """Heat in equals draw served, loss (never negative here, the tank being warmer than the room) and storage."""
    state = lived(weather, draw_kw=0.2)
    after, out = advance(state, duration_s, weather=weather, draw_kw=draw_kw, occupants=occupants)
    plant = BUILT.plant
    stored = plant.tank_kwh_per_k * (after.tank_degc - state.tank_degc) / (duration_s / 3600.0)
    lost = out["heat_water_kw"] - (draw_kw - out["hot_water_unserved_kw"]) - stored
    room, tanks = state.air_degc, np.stack([state.tank_degc, after.tank_degc])
    mean_kw = plant.tank_kw_per_k * (tanks - room)
    assert (lost >= mean_kw.min(axis=0) - 2.0 * plant.tank_kw_per_k * 60.0 - 1e-9).all()
    assert (lost <= plant.tank_kw_per_k * 80.0 + 1e-9).all()
    np.testing.assert_allclose(lost[plant.tank_kw_per_k == 0.0], 0.0, atol=1e-9)


@settings(max_examples=60, deadline=None)
@given(weathers(), kilowatts, kilowatts, DURATIONS, st.floats(0.0, 8.0))
def test_bounds(weather, draw_kw, gain_kw, duration_s, people):
    state = lived(weather, steps=5)
    for _ in range(4):
        state, out = advance(
            state, duration_s, weather=weather, draw_kw=draw_kw, gain_kw=gain_kw, occupants=people, active=people / 2
        )
        assert (out["temp_tank_degc"] <= 50.0 + 1e-9).all()
        assert (out["temp_tank_degc"] >= 15.0).all()
        assert ((out["humidity_percent"] >= 0.0) & (out["humidity_percent"] <= 100.0)).all()
        assert (out["co2_ppm"] >= 420.0 - 1e-9).all()
        never_negative = [name for name in model.OUTPUTS if name.endswith(("_kw", "_lx", "_k", "_dba", "cop"))]
        assert all((out[name] >= 0.0).all() for name in never_negative)
        assert (out["hot_water_unserved_kw"] <= draw_kw + 1e-9).all()
        plant = BUILT.plant
        assert (out["heat_space_kw"] <= plant.heat_kw[0] + plant.backup_kw + 1e-9).all()


@settings(max_examples=40, deadline=None)
@given(st.floats(-15.0, 15.0), st.floats(0.5, 10.0))
def test_colder_outdoors_needs_more_heat(temp, colder_k):
    built = params(
        *[{"heating": "electric", "heat_power_kw": 80.0, "hot_water": "none", **home} for home in ({}, {"emitter": "floor"})]
    )
    heats = []
    for outdoors in (temp, temp - colder_k):
        state, heat = model.start(built), 0.0
        for _ in range(24):
            state, outputs = model.step(built, state, acting(2, weather={**WINTER, "temp_degc": outdoors}), 3600.0)
            heat = heat + named(outputs)["heat_space_kw"]
        heats.append(heat)
    assert (heats[1] > heats[0]).all()


@settings(max_examples=60, deadline=None)
@given(weathers(), st.floats(0.0, 12.0), kilowatts, DURATIONS)
def test_limit_of_power_is_kept(weather, limit_kw, draw_kw, duration_s):
    """Fans always run; all else stays within the limit."""
    _, out = advance(lived(weather, steps=8), duration_s, weather=weather, draw_kw=draw_kw, gain_kw=2.0, p_max_kw=limit_kw)
    assert (out["p_kw"] <= np.maximum(limit_kw, BUILT.plant.fan_kw) + 1e-9).all()


@settings(max_examples=40, deadline=None)
@given(weathers(), kilowatts, DURATIONS)
def test_a_limit_that_does_not_bind_changes_nothing(weather, draw_kw, duration_s):
    state = lived(weather, steps=8)
    _, free = advance(state, duration_s, weather=weather, draw_kw=draw_kw)
    _, held = advance(state, duration_s, weather=weather, draw_kw=draw_kw, p_max_kw=1e4)
    for name in model.OUTPUTS:
        np.testing.assert_array_equal(free[name], held[name], err_msg=name)


@settings(max_examples=40, deadline=None)
@given(weathers(), kilowatts, DURATIONS)
def test_heat_has_a_source(weather, draw_kw, duration_s):
    """Fuel times efficiency, network heat and electricity times COP are the heat of room and water, less what is owed more."""
    state = lived(weather, steps=8, duration_s=duration_s)
    after, out = advance(state, duration_s, weather=weather, draw_kw=draw_kw, gain_kw=0.1)
    owed_kw = (after.owed_kwh - state.owed_kwh) / (duration_s / 3600.0)
    made = 0.88 * out["fuel_kw"] + out["heat_network_kw"]
    electric = out["heat_space_kw"] + out["heat_water_kw"] - owed_kw - made
    backup = np.where(BUILT.plant.backup_kw > 0.0, BUILT.plant.backup_kw, 0.0)
    least = (out["p_heat_pump_kw"] - backup) * np.maximum(out["cop"], 1.0)
    assert (electric >= np.maximum(least, out["p_heat_pump_kw"]) - 1e-9).all()
    assert (electric <= out["p_heat_pump_kw"] * np.maximum(out["cop"], 1.0) + 1e-9).all()
    assert (after.owed_kwh >= -1e-12).all()
