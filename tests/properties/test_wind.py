# SPDX-License-Identifier: Apache-2.0
"""What holds for any wind turbine in any weather."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from simulators.wind.options import WindOptions
from simulators.wind.turbines import turbine_types
from tests.unit.test_wind_case import run

NUMBER = st.floats
ROUNDING = 1e-12


@st.composite
def rising_curves(draw):
    """Return a curve that never falls."""
    winds = sorted(draw(st.sets(st.integers(0, 300), min_size=2, max_size=12)))
    powers = np.cumsum(draw(st.lists(NUMBER(0.01, 500.0), min_size=len(winds), max_size=len(winds))))
    return {"wind_m_per_s": [wind / 10.0 for wind in winds], "p_kw": powers.tolist()}


def turbines(curve):
    some = {
        "hub_height_m": NUMBER(10.0, 160.0),
        "count": st.integers(1, 20),
        "roughness_length_m": NUMBER(1e-4, 1.0),
        "density_correction": st.sampled_from(["wind", "power", "none"]),
        "losses_percent": NUMBER(0.0, 30.0),
        "cos_phi": NUMBER(0.8, 1.0),
    }
    return st.builds(WindOptions, **some, **curve)


ANY = st.one_of(turbines({"turbine": st.sampled_from(sorted(turbine_types()))}), turbines({"curve": rising_curves()}))
RISING = turbines({"curve": rising_curves(), "cut_out_m_per_s": st.just(60.0)})
WEATHER = st.fixed_dictionaries(
    {"wind_m_per_s": NUMBER(0.0, 25.0), "temp_degc": NUMBER(-30.0, 45.0), "pressure_hpa": NUMBER(800.0, 1060.0)}
)
LIMITS = st.one_of(st.just(np.nan), NUMBER(-20_000.0, 10.0))


@given(ANY, WEATHER, LIMITS)
def test_power_stays_between_the_rated_power_and_zero(turbine, weather, p_min_kw):
    outputs = run(turbine, p_min_kw=p_min_kw, **weather)
    assert 0.0 >= outputs.p_kw[0] >= outputs.p_available_kw[0] >= -turbine.rated_kw * (1.0 + ROUNDING)


@given(ANY, WEATHER, LIMITS)
def test_limits_are_kept_and_losses_are_booked(turbine, weather, p_min_kw):
    outputs = run(turbine, p_min_kw=p_min_kw, **weather)
    assert not outputs.p_kw[0] < min(p_min_kw, 0.0)
    assert outputs.p_curtailed_kw[0] >= 0.0
    assert outputs.p_available_kw[0] + outputs.p_curtailed_kw[0] == pytest.approx(outputs.p_kw[0], abs=1e-9)


@given(RISING, WEATHER, NUMBER(0.0, 10.0))
def test_more_wind_is_never_less_power_on_a_rising_curve(turbine, weather, more):
    stronger = {**weather, "wind_m_per_s": weather["wind_m_per_s"] + more}
    before, after = (run(turbine, **each) for each in (weather, stronger))
    assume(after.wind_hub_m_per_s[0] <= turbine.cut_out)
    assert after.p_available_kw[0] <= before.p_available_kw[0] * (1.0 - ROUNDING) + 1e-9


@given(RISING, WEATHER, NUMBER(0.0, 100.0), NUMBER(0.0, 30.0))
def test_denser_air_is_never_less_power_on_a_rising_curve(turbine, weather, more_hpa, colder):
    """Colder air thins faster with height, but at these heights that is little beside its weight."""
    denser = {**weather, "pressure_hpa": weather["pressure_hpa"] + more_hpa, "temp_degc": weather["temp_degc"] - colder}
    thin, dense = (run(turbine, **each).p_available_kw[0] for each in (weather, denser))
    assert dense <= thin * (1.0 - ROUNDING) + 1e-9


@given(ANY, WEATHER, LIMITS, st.sampled_from(["wind_m_per_s", "temp_degc", "pressure_hpa"]))
def test_missing_weather_is_missing_power(turbine, weather, p_min_kw, name):
    needed = name == "wind_m_per_s" or turbine.density_correction != "none"
    assert np.isnan(run(turbine, p_min_kw=p_min_kw, **{**weather, name: np.nan}).p_kw[0]) == needed


@given(ANY, ANY, WEATHER, LIMITS)
def test_a_neighbour_changes_nothing(turbine, neighbour, weather, p_min_kw):
    alone, beside = run(turbine, p_min_kw=p_min_kw, **weather), run(neighbour, turbine, p_min_kw=p_min_kw, **weather)
    assert [values[1] for values in beside] == pytest.approx([values[0] for values in alone], rel=1e-12, abs=1e-9)


@given(ANY, WEATHER)
def test_the_displacement_factor_is_kept(turbine, weather):
    outputs = run(turbine, **weather)
    assert turbine.cos_phi * np.hypot(outputs.p_kw[0], outputs.q_kvar[0]) == pytest.approx(-outputs.p_kw[0], abs=1e-9)
