# SPDX-License-Identifier: Apache-2.0
"""A year of real weather on a roof tilted 35 degrees to the south, against measured rooftop systems.

Measured: J. Schardt, H. te Heesen, "Performance of Rooftop PV Systems in Selected European Countries from 2012 to 2019", EU PVSEC
proceedings, paper 49568: systems running 2015 to 2019 had performance ratios of 0.73 to 0.74 in each of six countries and
yields of 990 kWh/kWp (Germany) and 1195 kWh/kWp (Italy); H. te Heesen, V. Herbort, M. Rumpler, Solar Energy 194 (2019) 128-135:
in Germany between 816 kWh/kWp (Baltic Sea, 2017) and 1049 kWh/kWp (Bavaria, 2018).

The performance ratio (yield per irradiation of the plane) is what the model answers for; the yield hangs on the irradiance of the
weather file as well, and the German ones here (980 to 1020 kWh/m2) are below the sunny years in which the 990 were measured.
The country capacity factors of the Dispa-SET database (1088 DE, 1354 IT, 1431 GR, 952 GB) are not used as limits: they exceed
what was measured (Italy 2016: 22.1 TWh of 19.3 GW, GSE, is 1146 kWh/kW).
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
import pvlib
import pytest

from simulators.pv import model
from simulators.pv.irradiance import Sky, plane_irradiance
from simulators.pv.options import PvOptions
from simulators.pv.params import PvParams
from simulators.pv.sun import Sun
from tests.shared_data import shared_data
from tests.unit.test_pv_case import year_of_one

PLACES = {  # file, latitude, longitude, altitude, step in s
    "kassel": ("kassel_de_dwd_try2015_region07_mean_hourly", 51.31, 9.48, 181.0, 3600),
    "potsdam": ("potsdam_de_nsrdb_2019_15min__proxy_steinheim_east", 52.41, 13.06, 80.0, 900),
    "duesseldorf": ("duesseldorf_de_dwd_2024_15min", 51.296, 6.769, 37.0, 900),
    "rome": ("rome_it_nsrdb_2019_15min__proxy_benetutti", 41.89, 12.50, 20.0, 900),
    "athens": ("athens_gr_nsrdb_2019_15min", 37.97, 23.74, 100.0, 900),
}


def direct_normal(table, zenith, extra):
    """Return the direct normal irradiance, from the horizontal parts where the file has none; none below 2 degrees of height."""
    if "dni_w_m2" in table:
        return table["dni_w_m2"].to_numpy()
    beam = np.maximum((table["ghi_w_m2"] - table["dhi_w_m2"]).to_numpy(), 0.0)
    return np.where(zenith < 88.0, np.minimum(beam / np.cos(np.radians(np.minimum(zenith, 88.0))), extra), 0.0)


@cache
def weather(place):
    file, latitude, longitude, altitude, step_s = PLACES[place]
    table = pd.read_parquet(shared_data("weather", f"{file}.parquet")).astype(float)
    middle = table.index + pd.Timedelta(seconds=step_s / 2)
    place_of_sun = pvlib.solarposition.get_solarposition(middle, latitude, longitude, altitude)
    zenith, apparent, azimuth = (place_of_sun[name].to_numpy() for name in ("zenith", "apparent_zenith", "azimuth"))
    extra = pvlib.irradiance.get_extra_radiation(middle).to_numpy()
    ghi, dhi, air, wind = (table[c].to_numpy() for c in ("ghi_w_m2", "dhi_w_m2", "temp_air_degc", "wind_speed_m_s"))
    return Sky(ghi, direct_normal(table, zenith, extra), dhi, air, wind, 0.2), Sun(zenith, apparent, azimuth, extra)


@cache
def annual(place, tilt_deg=35.0, azimuth_deg=180.0):
    """Return yield in kWh/kWp and irradiation of the plane in kWh/m2 over the year, per 8760 hours."""
    params = PvParams.of([PvOptions(p_dc_kwp=1.0, tilt_deg=tilt_deg, azimuth_deg=azimuth_deg)])
    sky, sun = weather(place)
    facing, nobody = year_of_one(params.plane, sun), np.array([np.nan])
    inputs = model.PvInputs(facing, sky, np.array([1.0]), nobody, nobody)
    _, outputs = model.step(params, model.start(1), inputs, float(PLACES[place][-1]))
    poa, _ = plane_irradiance(params.plane, facing, sky)
    return -outputs.p_kw.mean() * 8760.0, poa.mean() * 8.760


@pytest.mark.parametrize("place", PLACES)
def test_performance_ratio_is_that_of_measured_roofs(place):
    energy, irradiation = annual(place)
    assert energy / irradiation == pytest.approx(0.735, abs=0.03)


@pytest.mark.parametrize("place", ["kassel", "potsdam", "duesseldorf"])
def test_german_yield_lies_between_measured_regions(place):
    assert 816.0 < annual(place)[0] < 1049.0


def test_italian_yield():
    assert annual("rome")[0] == pytest.approx(1195.0, rel=0.10)


def test_greek_yield():
    """Band of the JRC map of PV output at optimum angle for Greece: 1113 to 1291 kWh/kWp (low confidence, old PVGIS)."""
    assert 1113.0 < annual("athens")[0] < 1291.0


@pytest.mark.parametrize("place", PLACES)
def test_south_beats_flat_beats_north(place):
    south, flat, north = (annual(place, *plane)[0] for plane in ((35.0, 180.0), (0.0, 180.0), (35.0, 0.0)))
    assert south > flat > north
