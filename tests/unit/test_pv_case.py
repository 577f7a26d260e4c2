# SPDX-License-Identifier: Apache-2.0
"""One sunny noon and one night for the PV tests, and what a system does in them."""

from __future__ import annotations

import numpy as np
import pytest

from simulators.pv import model
from simulators.pv.irradiance import Aspect, Sky, aspects
from simulators.pv.options import PvOptions
from simulators.pv.params import PvParams
from simulators.pv.sun import Sun

NOON = {
    "ghi_w_per_m2": 850.0,
    "dni_w_per_m2": 850.0,
    "dhi_w_per_m2": 115.0,
    "temp_degc": 20.0,
    "wind_m_per_s": 3.0,
    "albedo": 0.2,
}
NIGHT = {**NOON, "ghi_w_per_m2": 0.0, "dni_w_per_m2": 0.0, "dhi_w_per_m2": 0.0}
HIGH_SUN = {"zenith_deg": 30.0, "apparent_zenith_deg": 30.0, "azimuth_deg": 175.0, "dni_extra_w_per_m2": 1325.0}
SUN_DOWN = {"zenith_deg": 110.0, "apparent_zenith_deg": 110.0}


def sky(**values):
    """Return the weather of a sunny noon with some values changed."""
    return Sky(**{**NOON, **values})


def sun(**values):
    """Return the sun of a noon with some values changed, arrays of shape (1,)."""
    return Sun(**{name: np.array([value]) for name, value in {**HIGH_SUN, **values}.items()})


def aspect(plane, **values):
    """Return how modules face the sun of a noon with some values changed."""
    (only,) = aspects(plane, sun(**values))
    return only


def year_of_one(plane, course):
    """Return how one system faces the sun at many instants, for a model that takes them as so many devices."""
    steps = aspects(plane, course)
    extra, cosine = (np.array([getattr(a, name) for a in steps]) for name in ("dni_extra_w_per_m2", "cos_zenith"))
    return Aspect(False, extra, cosine, np.concatenate([a.beam_share for a in steps], axis=1))


def params(*options):
    """Return the arrays of these systems; each a mapping of options, 10 kWp unless stated."""
    return PvParams.of([PvOptions(**{"p_dc_kwp": 10.0, **option}) for option in options])


def run(*options, p_min_kw=np.nan, q_set_kvar=np.nan, vm_pu=1.0, steps=1, duration_s=900.0, place=HIGH_SUN, **weather):
    """Return the outputs of the last of some equal steps."""
    fleet, count = params(*options), len(options)
    asked = (np.full(count, value) for value in (vm_pu, p_min_kw, q_set_kvar))
    inputs = model.PvInputs(aspect(fleet.plane, **place), sky(**weather), *asked)
    state, outputs = model.step(fleet, model.start(count), inputs, duration_s)
    for _ in range(steps - 1):
        state, outputs = model.step(fleet, state, inputs, duration_s)
    return outputs


BIG = {"p_dc_kwp": 20.0, "inverter_kva": 10.0}
"""At noon the sun gives more than the inverter takes, so its active power is its rating or what a set-point leaves."""


def test_sunny_noon_feeds_in():
    assert run({}).p_kw[0] < -5.0


def test_night_is_zero_in_every_output():
    outputs = run({}, {"q_mode": "q_v"}, q_set_kvar=1.0, vm_pu=1.08, place=SUN_DOWN, **NIGHT)
    assert all(np.array_equal(values, np.zeros(2)) for values in outputs)


def test_twilight_without_direct_light_is_not_night():
    low = {"zenith_deg": 90.5, "apparent_zenith_deg": 90.2}
    assert run({}, place=low, **{**NIGHT, "ghi_w_per_m2": 20.0, "dhi_w_per_m2": 20.0}).p_kw[0] < 0.0


@pytest.mark.parametrize("name", NOON)
def test_missing_weather_gives_nan_not_zero(name):
    outputs = run({}, {"q_mode": "cosphi_p"}, {"q_mode": "q_v"}, {"feed_in_cap": 0.1}, p_min_kw=-0.1, **{name: np.nan})
    assert np.isnan([outputs.p_kw, outputs.q_kvar, outputs.p_available_kw, outputs.p_curtailed_kw]).all()


def test_missing_irradiance_at_night_is_missing():
    assert np.isnan(run({}, place=SUN_DOWN, **{**NIGHT, "ghi_w_per_m2": np.nan}).p_kw[0])


def test_one_weather_for_all_equals_the_same_weather_for_each():
    options = ({}, {"azimuth_deg": 90.0}, {"tilt_deg": 0.0})
    each = {name: np.full(3, value) for name, value in NOON.items()}
    assert np.array_equal(run(*options), run(*options, **each))
