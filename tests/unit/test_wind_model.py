# SPDX-License-Identifier: Apache-2.0
"""Wind turbines: profile, density, power curve, storm stop, curtailment. Expected numbers are worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from simulators.wind.model import density_kg_per_m3
from tests.unit.test_wind_case import BREEZE, line, options, run

THIN_AIR_HPA = 0.9 * 1013.25 / 0.990435
"""At 15 degC on the ground the hub, 100 m up, has 0.9 times the standard density: (1 - 0.65 / 288.15)^4.25588 = 0.990435."""


@pytest.mark.parametrize(
    ("wind", "p_kw"), [(0.0, 0.0), (3.0, 0.0), (8.0, 1250.56), (8.125, 1312.635), (10.0, 2320.0), (17.0, 2320.0), (24.75, 2320.0)]
)
def test_points_of_the_published_curve_are_exact(wind, p_kw):
    """NREL, turbine-models, 2017COE_Market_Average_2.3MW_113; 8.125 m/s is the middle of 1250.56 kW and 1374.71 kW."""
    assert run(wind_m_per_s=wind).p_kw[0] == pytest.approx(-p_kw, rel=1e-12)


@pytest.mark.parametrize(("wind", "p_kw"), [(24.75, 2320.0), (24.751, 0.0), (59.0, 0.0), (400.0, 0.0)])
def test_above_the_cut_out_there_is_nothing(wind, p_kw):
    assert run(wind_m_per_s=wind).p_kw[0] == -p_kw


def test_below_the_first_point_there_is_nothing():
    below, at = (run(options(turbine="dw54"), wind_m_per_s=wind).p_kw[0] for wind in (2.99, 3.0))
    assert (below, at) == (0.0, -12.0)


def test_a_later_cut_out_holds_the_last_value():
    """The curve of the SD6 ends with 6.099 kW at 15.99 m/s."""
    powers = [run(options(turbine="sd6", cut_out_m_per_s=30.0), wind_m_per_s=wind).p_kw[0] for wind in (29.0, 31.0)]
    assert powers == pytest.approx([-6.099, 0.0], rel=1e-12)


def test_a_farm_is_so_many_turbines_less_its_losses():
    assert run(options(count=3, losses_percent=10.0), wind_m_per_s=15.0).p_kw[0] == pytest.approx(-3 * 2320.0 * 0.9)


@pytest.mark.parametrize(
    ("winds", "runs"), [([24.0], True), ([26.0], False), ([26.0, 23.0], False), ([26.0, 20.0], True), ([26.0, 20.0, 23.0], True)]
)
def test_after_a_storm_it_waits_for_the_restart(winds, runs):
    assert run(options(restart_m_per_s=20.0), winds=winds).p_kw[0] == (-2320.0 if runs else 0.0)


def test_a_storm_stop_outlasts_missing_weather():
    assert run(options(restart_m_per_s=20.0), winds=[26.0, np.nan, 23.0]).p_kw[0] == 0.0


def test_logarithmic_profile():
    """Over roughness 0.1 m from 10 m to 100 m: ln(1000) / ln(100) = 1.5."""
    assert run(options(shear_exponent=None)).wind_hub_m_per_s[0] == pytest.approx(15.0)
    assert run(options(shear_exponent=None, roughness_length_m=0.01)).wind_hub_m_per_s[0] == pytest.approx(10.0 * 4.0 / 3.0)


def test_power_law():
    """From 10 m to 100 m with exponent 0.2: 10^0.2 = 1.584893."""
    assert run(options(shear_exponent=0.2)).wind_hub_m_per_s[0] == pytest.approx(15.84893)


@pytest.mark.parametrize(("height_m", "density"), [(0.0, 1.2250), (500.0, 1.1673), (1000.0, 1.1117), (2000.0, 1.0066)])
def test_density_of_the_standard_atmosphere(height_m, density):
    """ISO 2533:1975, table of densities over altitude."""
    assert density_kg_per_m3(15.0, 1013.25, height_m) == pytest.approx(density, abs=1e-4)


@pytest.mark.parametrize(("how", "p_kw"), [("wind", 482.745), ("power", 450.0), ("none", 500.0)])
def test_correction_to_the_density(how, p_kw):
    """500 kW at standard density, air of 0.9 times that: 500 * 0.9^(1/3), 500 * 0.9, 500 (IEC 61400-12-1:2017)."""
    outputs = run(line(density_correction=how), wind_m_per_s=5.0, pressure_hpa=THIN_AIR_HPA)
    assert outputs.p_kw[0] == pytest.approx(-p_kw, rel=2e-5)  # 287.05 J/(kg K) gives 1.22501


def test_dense_air_never_exceeds_the_rated_power():
    assert run(line(density_correction="power"), temp_degc=-20.0).p_kw[0] == -1000.0


def test_density_moves_no_cut_out():
    assert run(options(density_correction="wind"), wind_m_per_s=24.75, temp_degc=-20.0).p_kw[0] == -2320.0
    assert run(options(density_correction="wind"), wind_m_per_s=24.8, temp_degc=40.0).p_kw[0] == 0.0


@pytest.mark.parametrize(("p_min_kw", "p_kw"), [(np.nan, -2320.0), (-3000.0, -2320.0), (-500.0, -500.0), (0.0, 0.0), (9.0, 0.0)])
def test_curtailment(p_min_kw, p_kw):
    outputs = run(p_min_kw=p_min_kw)
    assert outputs.p_kw[0] == p_kw
    assert outputs.p_available_kw[0] == -2320.0
    assert outputs.p_curtailed_kw[0] == 2320.0 + p_kw


def test_reactive_power_at_constant_displacement_factor():
    """tan(arccos 0.9) = 0.4843221."""
    absorbs, delivers, none = (
        run(option).q_kvar[0] for option in (options(cos_phi=0.9), options(cos_phi=0.9, excitation="over"), options())
    )
    assert (absorbs, delivers) == pytest.approx((2320.0 * 0.4843221, -2320.0 * 0.4843221))
    assert none == 0.0


@pytest.mark.parametrize("name", BREEZE)
def test_missing_weather_gives_nan_not_zero(name):
    outputs = run(line(density_correction="wind"), line(density_correction="power"), p_min_kw=-1.0, **{name: np.nan})
    assert np.isnan([outputs.p_kw, outputs.q_kvar, outputs.p_available_kw, outputs.p_curtailed_kw]).all()


def test_without_correction_the_density_is_not_missed():
    assert run(pressure_hpa=np.nan).p_kw[0] == -2320.0


def test_one_weather_for_all_equals_the_same_weather_for_each():
    turbines = [options(turbine=name, density_correction="wind") for name in ("market2300", "v27", "excel10")]
    each = {name: np.full(3, value) for name, value in BREEZE.items()}
    for one, other in zip(run(*turbines), run(*turbines, **each), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-14)
