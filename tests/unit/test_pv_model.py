# SPDX-License-Identifier: Apache-2.0
"""The PV chain against pvlib, step by step, and against hand calculations."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pvlib
import pytest

from simulators.pv import model
from simulators.pv.irradiance import angular_modifier, incidence_cosine, plane_irradiance
from tests.unit.test_pv_case import BIG, HIGH_SUN, NOON, aspect, params, run, sky, sun

PLANES = [{"tilt_deg": t, "azimuth_deg": a} for t in (0.0, 20.0, 35.0, 90.0) for a in (0.0, 90.0, 180.0, 265.0)]
SUNS = [(30.0, 175.0), (75.0, 95.0), (88.9, 240.0), (60.0, 10.0)]


@pytest.mark.parametrize(("zenith", "azimuth"), SUNS)
def test_incidence_cosine_equals_pvlib(zenith, azimuth):
    tilt, facing = (np.array([plane[name] for plane in PLANES]) for name in ("tilt_deg", "azimuth_deg"))
    ours, _ = incidence_cosine(params(*PLANES).plane, sun(apparent_zenith_deg=zenith, azimuth_deg=azimuth))
    theirs = pvlib.irradiance.aoi_projection(tilt, facing, zenith, azimuth)
    assert ours[0] == pytest.approx(np.maximum(theirs, 0.0), abs=1e-14)


@pytest.mark.parametrize("a_r", [0.10, 0.16, 0.25])
def test_angular_modifier_equals_pvlib(a_r):
    aoi = np.linspace(0.0, 89.9, 50)
    plane = params({"angular_loss": a_r}).plane
    assert angular_modifier(plane, np.cos(np.radians(aoi))) == pytest.approx(pvlib.iam.martin_ruiz(aoi, a_r), abs=1e-13)


@pytest.mark.parametrize(("zenith", "azimuth"), SUNS)
def test_plane_irradiance_equals_pvlib(zenith, azimuth):
    plane = params(*PLANES).plane
    ours, _ = plane_irradiance(plane, aspect(plane, apparent_zenith_deg=zenith, azimuth_deg=azimuth), sky())
    tilt, facing = (np.array([plane[name] for plane in PLANES]) for name in ("tilt_deg", "azimuth_deg"))
    energy = [NOON[f"{name}_w_per_m2"] for name in ("dni", "ghi", "dhi")]
    theirs = pvlib.irradiance.get_total_irradiance(
        tilt, facing, zenith, azimuth, *energy, dni_extra=HIGH_SUN["dni_extra_w_per_m2"], albedo=0.2, model="haydavies"
    )
    assert ours == pytest.approx(theirs["poa_global"], rel=1e-12)


def test_reflection_takes_more_from_diffuse_than_from_normal_light():
    overcast = sky(ghi_w_per_m2=200.0, dni_w_per_m2=0.0, dhi_w_per_m2=200.0)
    plane = params({"tilt_deg": 0.0}).plane
    poa, reaching = plane_irradiance(plane, aspect(plane), overcast)
    assert reaching / poa == pytest.approx(pvlib.iam.martin_ruiz_diffuse(0.0)["sky"], rel=1e-8)  # no ground, no beam


@pytest.mark.parametrize("tilt_deg", [0.0, 5e-324, 1e-9, 1e-6, 1e-4])
def test_almost_flat_modules_have_power(tilt_deg):
    """pvlib's ground modifier is NaN for such tilts (found by Hypothesis)."""
    assert run({"tilt_deg": tilt_deg}).p_kw == pytest.approx(run({"tilt_deg": 0.0}).p_kw, rel=1e-5)


def test_roof_cells_are_hot():
    """By hand from King et al. (2004), close mount: 20 + 1000 exp(-2.98 - 0.0471 * 1) + 1 degC."""
    cells = model.cell_temperature_degc(params({}).plane, np.array([1000.0]), sky(wind_m_per_s=1.0))
    assert cells == pytest.approx(69.46, abs=0.01)


def test_dc_power_at_standard_test_conditions_by_hand():
    """1000 W/m2 normal to the plane, cells at 25 degC, no losses: nominal power (isotropic light excluded by DHI = 0)."""
    plane = params({"p_dc_kwp": 3.0, "tilt_deg": 30.0, "losses_percent": 0.0}).plane
    cool = replace(plane, sapm_a=np.array([-np.inf]), sapm_delta_degc_m2_per_w=np.array([0.0]))
    weather = sky(dni_w_per_m2=1000.0, dhi_w_per_m2=0.0, ghi_w_per_m2=0.0, temp_degc=25.0)
    assert model.dc_power_kw(cool, aspect(cool, azimuth_deg=180.0), weather) == pytest.approx(3.0, rel=1e-12)


def test_heat_costs_power():
    """-0.35 %/degC times 20 degC is 7 %; the cells are 20 degC hotter when the air is."""
    cold, hot = run({}, temp_degc=5.0), run({}, temp_degc=25.0)
    plane = params({}).plane
    dc = [model.dc_power_kw(plane, aspect(plane), sky(temp_degc=t))[0] for t in (5.0, 25.0)]
    assert hot.p_kw[0] > cold.p_kw[0]
    assert dc[0] - dc[1] == pytest.approx(0.07 * dc_at_25(dc), rel=1e-9)


def dc_at_25(dc):
    """Return the power the cells would have at 25 degC, from two points of a straight line."""
    plane = params({}).plane
    cell = model.cell_temperature_degc(plane, plane_irradiance(plane, aspect(plane), sky())[0], sky(temp_degc=25.0))[0]
    return dc[1] + (dc[0] - dc[1]) / 20.0 * (cell - 25.0)


def test_dc_and_ac_power_equal_pvlib():
    """At 0 and near it the inverter does not start; far beyond its limit it gives its rating."""
    plane, inverter = params({}).plane, params({}).inverter
    poa, reaching = plane_irradiance(plane, aspect(plane), sky())
    cells = model.cell_temperature_degc(plane, poa, sky())
    dc_kw = pvlib.pvsystem.pvwatts_dc(reaching, cells, 10.0 * (1.0 - 0.1408), -0.0035)
    assert model.dc_power_kw(plane, aspect(plane), sky()) == pytest.approx(dc_kw, rel=1e-12)
    dc_kw = np.array([0.0, 1e-6, 0.05, 0.1, 1.0, 5.0, 8.6, 8.7, 20.0])
    ours, _ = model.ac_power_kw(inverter, dc_kw)
    assert ours == pytest.approx(pvlib.inverter.pvwatts(dc_kw, 10.0 / 1.2 / 0.96), rel=1e-12)


def test_more_direct_light_than_above_the_air_is_no_negative_sky():
    """A pyrheliometer off its calibration: Hay and Davies' isotropic part is cut at 0, as pvlib does."""
    plane = params({"tilt_deg": 30.0}).plane
    ours, _ = plane_irradiance(plane, aspect(plane), sky(dni_w_per_m2=1400.0))
    theirs = pvlib.irradiance.get_total_irradiance(
        30.0, 180.0, 30.0, 175.0, 1400.0, 850.0, 115.0, dni_extra=1325.0, albedo=0.2, model="haydavies"
    )
    assert ours == pytest.approx(theirs["poa_global"], rel=1e-12)


def test_a_small_inverter_clips():
    outputs = run(BIG)
    assert outputs.p_kw[0] == outputs.p_available_kw[0] == pytest.approx(-10.0, rel=1e-12)
    assert outputs.p_clipped_kw[0] > 1.0
    assert outputs.p_curtailed_kw[0] == 0.0


@pytest.mark.parametrize(("p_min_kw", "expected_kw"), [(-3.0, -3.0), (0.0, 0.0), (5.0, 0.0), (-99.0, -10.0), (np.nan, -10.0)])
def test_curtailment_to_a_set_point(p_min_kw, expected_kw):
    outputs = run(BIG, p_min_kw=p_min_kw)
    assert outputs.p_kw[0] == pytest.approx(expected_kw, abs=1e-12)
    assert outputs.p_curtailed_kw[0] == pytest.approx(10.0 + expected_kw, abs=1e-12)


@pytest.mark.parametrize(("cap", "p_min_kw", "expected_kw"), [(0.3, np.nan, -6.0), (0.3, -3.0, -3.0), (0.3, -8.0, -6.0)])
def test_feed_in_cap_is_a_share_of_the_module_power(cap, p_min_kw, expected_kw):
    assert run({**BIG, "feed_in_cap": cap}, p_min_kw=p_min_kw).p_kw[0] == pytest.approx(expected_kw, rel=1e-12)


def test_east_roof_leads_in_the_morning():
    outputs = run({"azimuth_deg": 90.0}, {"azimuth_deg": 270.0}, place={"apparent_zenith_deg": 60.0, "azimuth_deg": 100.0})
    assert outputs.p_kw[0] < outputs.p_kw[1]
