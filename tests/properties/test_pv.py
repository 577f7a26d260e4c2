# SPDX-License-Identifier: Apache-2.0
"""What holds for any PV system in any weather."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from simulators.pv.irradiance import plane_irradiance
from tests.unit.test_pv_case import aspect, params, run, sky

NUMBER = st.floats


def maybe(strategy):
    return st.one_of(st.just(np.nan), strategy)


SYSTEMS = st.fixed_dictionaries(
    {
        "p_dc_kwp": NUMBER(0.3, 30.0),
        "inverter_kva": NUMBER(0.3, 30.0),
        "tilt_deg": NUMBER(0.0, 90.0),
        "azimuth_deg": NUMBER(0.0, 360.0),
        "temp_coeff_percent_per_degc": NUMBER(-0.5, -0.2),
        "mounting": st.sampled_from(["open_rack", "roof", "building_integrated"]),
        "feed_in_cap": st.one_of(st.none(), NUMBER(0.1, 1.0)),
        "q_mode": st.sampled_from(["none", "cosphi_p", "q_v"]),
    }
)
WEATHER = st.fixed_dictionaries(
    {
        "ghi_w_per_m2": NUMBER(0.0, 1100.0),
        "dni_w_per_m2": NUMBER(0.0, 1000.0),
        "dhi_w_per_m2": NUMBER(0.0, 500.0),
        "temp_degc": NUMBER(-20.0, 45.0),
        "wind_m_per_s": NUMBER(0.0, 20.0),
        "place": st.fixed_dictionaries({"apparent_zenith_deg": NUMBER(0.0, 95.0), "azimuth_deg": NUMBER(0.0, 360.0)}),
    }
)
REQUESTS = st.fixed_dictionaries(
    {
        "p_min_kw": maybe(NUMBER(-30.0, 5.0)),
        "q_set_kvar": maybe(NUMBER(-30.0, 30.0)),
        "vm_pu": maybe(NUMBER(0.85, 1.15)),
        "steps": st.integers(1, 4),
    }
)


@given(SYSTEMS, WEATHER, REQUESTS)
def test_power_stays_between_the_rating_and_zero(system, weather, requests):
    outputs = run(system, **weather, **requests)
    limit_kw = system["inverter_kva"] * (1.0 + 1e-12)
    assert 0.0 >= outputs.p_kw[0] >= outputs.p_available_kw[0] >= -limit_kw
    assert np.hypot(outputs.p_kw[0], outputs.q_kvar[0]) <= limit_kw


@given(SYSTEMS, WEATHER, REQUESTS)
def test_limits_are_kept_and_losses_are_booked(system, weather, requests):
    outputs = run(system, **weather, **requests)
    floor_kw = np.fmax(np.minimum(requests["p_min_kw"], 0.0), -(system["feed_in_cap"] or np.inf) * system["p_dc_kwp"])
    assert outputs.p_kw[0] >= floor_kw
    assert outputs.p_curtailed_kw[0] >= 0.0
    assert outputs.p_clipped_kw[0] >= 0.0
    assert outputs.p_available_kw[0] + outputs.p_curtailed_kw[0] == pytest.approx(outputs.p_kw[0], abs=1e-12)


@given(SYSTEMS, WEATHER, REQUESTS)
def test_power_factor_is_kept(system, weather, requests):
    outputs, inverter = run(system, **weather, **requests), params(system).inverter
    assert abs(outputs.q_kvar[0]) <= -outputs.p_kw[0] * inverter.tan_phi[0] * (1.0 + 1e-9) + 1e-12


def assume_one_sun(system, weather):
    """Leave out weather nobody has seen: beyond 1.4 kW/m2 hot modules lose more from heat than they gain from light."""
    plane = params(system).plane
    values = {name: value for name, value in weather.items() if name != "place"}
    assume(plane_irradiance(plane, aspect(plane, **weather["place"]), sky(**values))[0][0] < 1400.0)


@given(SYSTEMS, WEATHER, NUMBER(0.0, 200.0))
def test_more_diffuse_light_is_never_less_available_power(system, weather, more):
    brighter = {**weather, **{name: weather[name] + more for name in ("ghi_w_per_m2", "dhi_w_per_m2")}}
    assume_one_sun(system, brighter)
    assert run(system, **brighter).p_available_kw[0] <= run(system, **weather).p_available_kw[0] + 1e-12


@given(SYSTEMS, WEATHER, NUMBER(0.0, 200.0))
def test_more_direct_light_from_the_front_is_never_less_available_power(system, weather, more):
    facing = {**weather, "place": {"apparent_zenith_deg": system["tilt_deg"], "azimuth_deg": system["azimuth_deg"]}}
    brighter = {**facing, "dni_w_per_m2": weather["dni_w_per_m2"] + more}
    assume_one_sun(system, brighter)
    assert run(system, **brighter).p_available_kw[0] <= run(system, **facing).p_available_kw[0] + 1e-12


@given(SYSTEMS, WEATHER, REQUESTS)
def test_a_neighbour_changes_nothing(system, weather, requests):
    alone = run(system, **weather, **requests)
    beside = run({"azimuth_deg": 33.0, "q_mode": "q_v"}, system, **weather, **requests)
    assert [values[1] for values in beside] == pytest.approx([values[0] for values in alone], rel=1e-12, abs=1e-12)


@given(SYSTEMS, WEATHER, REQUESTS)
def test_asking_for_what_it_does_anyway_changes_nothing(system, weather, requests):
    own = run({**system, "q_mode": "cosphi_p"}, **weather, **{**requests, "q_set_kvar": np.nan})
    asked = run({**system, "q_mode": "cosphi_p"}, **weather, **{**requests, "q_set_kvar": own.q_kvar[0]})
    assert [values[0] for values in asked] == pytest.approx([values[0] for values in own], rel=1e-9, abs=1e-9)


@given(SYSTEMS, WEATHER)
def test_reactive_power_has_the_sign_that_mends_the_voltage(system, weather):
    high, low = (run({**system, "q_mode": "q_v"}, **weather, vm_pu=vm).q_kvar[0] for vm in (1.06, 0.94))
    assert high >= 0.0 >= low
    assert high == pytest.approx(-low, abs=1e-9)
