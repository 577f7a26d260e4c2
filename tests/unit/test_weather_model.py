# SPDX-License-Identifier: Apache-2.0
"""Physics of the weather against hand calculations, published tables and pvlib."""

from __future__ import annotations

import numpy as np
import pytest

from simulators.weather.air import humidity_from_daily_minimum_percent, pressure_hpa, saturation_vapour_pressure_hpa
from simulators.weather.model import between_middles, clean_sky_beam, close, diffuse_fraction, spread


def test_spread_follows_the_sun_and_keeps_the_mean():
    # 300 W/m2, beam 100, over four quarters with 0, 200, 400 and 600 W/m2 outside the atmosphere: clearness 1.
    ghi, beam = spread(np.array([300.0]), np.array([100.0]), np.zeros(4, int), np.array([0.0, 200.0, 400.0, 600.0]))
    assert ghi == pytest.approx([0.0, 200.0, 400.0, 600.0])
    assert beam == pytest.approx([0.0, 200.0 / 3, 400.0 / 3, 200.0])


def test_spread_gives_what_the_sun_cannot_carry_evenly_as_diffuse():
    ghi, beam = spread(np.array([30.0]), np.array([30.0]), np.zeros(2, int), np.array([0.0, 40.0]))
    assert ghi == pytest.approx([10.0, 50.0])  # 20 of the 30 W/m2 follow the sun, 10 are left for both
    assert beam == pytest.approx([0.0, 40.0])


def test_spread_keeps_twilight_without_any_sun():
    ghi, beam = spread(np.array([3.0]), np.array([0.0]), np.zeros(4, int), np.zeros(4))
    assert ghi == pytest.approx([3.0] * 4)
    assert not beam.any()


def test_close_moves_beam_above_the_limit_to_diffuse():
    dni, dhi = close(
        np.array([100.0, 100.0, 9.0]), np.array([80.0, 80.0, 5.0]), np.array([0.1, 0.1, -0.2]), np.array([900.0, 600.0, 0.0])
    )
    assert dni == pytest.approx([800.0, 600.0, 0.0])
    assert dhi == pytest.approx([20.0, 40.0, 9.0])


def test_clean_sky_beam_overhead_by_hand():
    # Air mass 1, d = 1 / (6.6296 + 1.7513 - 0.1202 + 0.0065 - 0.00013) = 1 / 8.26707 (Kasten 1996),
    # 1361.1 exp(-0.8662 / 8.26707) = 1225.7 W/m2 (Rigollier, Bauer, Wald 2000).
    assert clean_sky_beam(np.array([1361.1]), np.array([0.0]), 1.0)[0] == pytest.approx(1225.7, abs=0.5)


def test_clean_sky_beam_ends_at_the_horizon():
    assert clean_sky_beam(np.array([1361.1, 1361.1]), np.array([90.0, 120.0]), 1.0).tolist() == [0.0, 0.0]


def test_diffuse_fraction_agrees_with_pvlib():
    from pvlib.irradiance import erbs

    zenith, ghi = 40.0, np.linspace(20.0, 1000.0, 50)
    reference = erbs(ghi, zenith, 100)
    assert diffuse_fraction(reference["kt"]) == pytest.approx(reference["dhi"] / ghi, abs=1e-12)


def test_between_middles_is_linear():
    values = np.array([[0.0, 10.0, 20.0], [5.0, 5.0, 11.0]])
    assert between_middles(values, np.array([0.0, 0.25, 1.5, 2.0])) == pytest.approx(np.array([[0, 2.5, 15, 20], [5, 5, 8, 11]]))


@pytest.mark.parametrize(("temp_degc", "kpa"), [(1.0, 0.657), (20.0, 2.338), (35.0, 5.622), (45.0, 9.584)])
def test_saturation_vapour_pressure_table_of_fao56(temp_degc, kpa):
    # Allen et al. 1998, FAO-56, annex 2, table 2.3 (rounded to 0.001 kPa; the printed table uses slightly rounded constants).
    assert saturation_vapour_pressure_hpa(np.array(temp_degc)) / 10.0 == pytest.approx(kpa, rel=1e-3)


@pytest.mark.parametrize(("altitude_m", "hpa"), [(0.0, 1013.25), (1000.0, 898.75), (2000.0, 794.95)])
def test_pressure_of_the_standard_atmosphere(altitude_m, hpa):
    assert pressure_hpa(altitude_m) == pytest.approx(hpa, abs=0.05)  # ISO 2533:1975, table 5


def test_humidity_estimate_by_hand():
    # Day's minimum 10 degC: e = 12.28 hPa; at 20 degC 23.38 hPa, so 52.5 % (FAO-56, eq. 11 and 48).
    humidity = humidity_from_daily_minimum_percent(np.array([10.0, 20.0, 15.0]), np.array([1, 1, 2]))
    assert humidity == pytest.approx([100.0, 52.5, 100.0], abs=0.05)
