# SPDX-License-Identifier: Apache-2.0
"""The sun of the PV systems is the sun that splits the irradiance in the kind ``weather``, which has its own references."""

from __future__ import annotations

import numpy as np
import pvlib
import pytest

from simulators.pv.irradiance import LOWEST_COS_ZENITH, aspects
from simulators.pv.sun import pressure_pa, sun_over
from simulators.weather.sun import sun_position
from tests.unit.test_pv_case import params
from twinergy.community.twin import Site
from twinergy.timebase import TimeAxis

SITE = Site(name="x", latitude_deg=39.742, longitude_deg=-105.18, altitude_m=1830.0, timezone="America/Denver", country="US")
BLOCK = TimeAxis(1_718_841_600, 900, 96).block(0)


def test_sun_is_that_of_the_weather_to_the_last_bit():
    ours = sun_over(SITE, BLOCK.middle_utc)
    theirs = sun_position(BLOCK.epoch_s + 450.0, SITE.latitude_deg, SITE.longitude_deg, SITE.altitude_m)
    for mine, other in zip(
        ours, (theirs.zenith_deg, theirs.apparent_zenith_deg, theirs.azimuth_deg, theirs.dni_extra), strict=True
    ):
        np.testing.assert_array_equal(mine, other)


@pytest.mark.parametrize("altitude_m", [-400.0, 0.0, 140.0, 1830.0])
def test_pressure_is_that_of_the_standard_atmosphere(altitude_m):
    assert pressure_pa(altitude_m) == pytest.approx(pvlib.atmosphere.alt2pres(altitude_m), rel=1e-3)


def test_low_sun_is_bounded_and_night_is_known():
    seen = aspects(params({}).plane, sun_over(SITE, BLOCK.middle_utc))
    assert min(step.cos_zenith for step in seen) == LOWEST_COS_ZENITH
    assert 96 * 8 / 24 < sum(step.is_down for step in seen) < 96 * 10 / 24  # a June night in Colorado has nine hours
    assert all(step.beam_share.shape == (2, 1) and (step.beam_share >= 0.0).all() for step in seen)
