# SPDX-License-Identifier: Apache-2.0
"""A year of the typical houses against the heat demand that TABULA computes for them (`q_h_nd` of the table), and the shape of
the load of heat pumps against a standard load profile.

TABULA: 20 degC, 3 W/m2 of gains, a seasonal balance in the national climate: Germany 216 heating days at 4.6 degC (3326 Kd at
20 degC), northern Italy 174 days at 5.2 degC (2575 Kd). Here: hourly in the test reference year of Kassel (3202 Kd on days below
12 degC) and in the PVGIS typical year of 45 N 8 E, which is climate zone E. A seasonal balance knows neither the sky's cold nor
heating on single cool days, so a band of a quarter (or 12 kWh/m2 where a house needs next to nothing) is allowed for a house, and
an eighth for the mean of a country.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
import pvlib
import pytest

from simulators.building import model
from simulators.building.archetypes import archetypes
from simulators.building.facades import Sky
from simulators.building.heating import Asked
from simulators.building.options import BuildingOptions
from simulators.building.params import params_of
from simulators.building.schedules import Plan
from tests.shared_data import shared_data
from tests.unit.test_building_case import named

PLACES = {"DE": (51.31, 9.48), "IT": (45.0, 8.0)}


def direct_normal(ghi, dhi, zenith):
    beam = np.maximum(ghi - dhi, 0.0) / np.cos(np.radians(np.minimum(zenith, 87.0)))
    return np.where(zenith < 87.0, np.minimum(beam, 1000.0), 0.0)


@cache
def weather(country):
    """Return the hours of a year as rows of `Sky`."""
    if country == "DE":
        table = pd.read_parquet(shared_data("weather", "kassel_de_dwd_try2015_region07_mean_hourly.parquet")).astype(float)
        times, air, humidity = table.index, table.temp_air_degc, table.relative_humidity_pct
        ghi, dhi = table.ghi_w_m2.to_numpy(), table.dhi_w_m2.to_numpy()
    else:
        path = shared_data("weather", "pvgis53_tmy_45N_8E_2005_2023.csv.gz")
        table = pd.read_csv(path, skiprows=17, nrows=8760)
        times = pd.date_range("2018-01-01", periods=8760, freq="h", tz="UTC")
        air, humidity = table["T2m"].astype(float), table["RH"].astype(float)
        ghi, dhi = table["G(h)"].to_numpy(dtype=float), table["Gd(h)"].to_numpy(dtype=float)
    sun = pvlib.solarposition.get_solarposition(times + pd.Timedelta(minutes=30 if country == "DE" else 10), *PLACES[country])
    zenith, azimuth = sun.apparent_zenith.to_numpy(), sun.azimuth.to_numpy()
    beam = direct_normal(ghi, dhi, zenith)
    return np.column_stack([air, humidity, ghi, beam, dhi, zenith, azimuth, np.full(8760, 0.2)]).tolist()


@cache
def annual(country):
    """Return heat per year and area of all houses of a country, and their rows. [kWh/m2]."""
    houses = [house for house in archetypes() if house.country == country]
    common = {"heating": "electric", "heat_power_kw": 100.0, "hot_water": "none", "country": country}
    options = [
        BuildingOptions(**common, construction_year=max(1700, house.from_year), refurbishment=house.state) for house in houses
    ]
    area = np.array([house.area_m2 for house in houses])
    params, nobody = params_of(options, area.tolist(), [country] * len(houses)), np.zeros(len(houses))
    plan = Plan(nobody + 20.0, nobody + 45.0, nobody, nobody, 0.003 * area, anybody=True)
    state, heat = model.start(params), np.zeros(len(houses))
    for hour in weather(country):
        inputs = model.BuildingInputs(Sky(*hour), plan, Asked(None, None, None, None), nobody, nobody, nobody, nobody)
        state, outputs = model.step(params, state, inputs, 3600.0)
        heat += named(outputs)["heat_space_kw"]
    return heat / area, houses


@pytest.mark.parametrize("country", ["DE", "IT"])
def test_heat_of_every_house_is_near_that_of_tabula(country):
    heat, houses = annual(country)
    far = {
        f"{house.code} {house.state}": (round(own), house.heat_kwh_per_m2)
        for own, house in zip(heat, houses, strict=True)
        if abs(own - house.heat_kwh_per_m2) > max(12.0, 0.25 * house.heat_kwh_per_m2)
    }
    assert far == {}


@pytest.mark.parametrize("country", ["DE", "IT"])
def test_mean_heat_of_a_country(country):
    heat, houses = annual(country)
    assert heat.sum() / sum(house.heat_kwh_per_m2 for house in houses) == pytest.approx(1.0, abs=0.12)


def test_refurbished_houses_need_less():
    heat, houses = annual("DE")
    by_name = {(house.code, house.state): own for own, house in zip(heat, houses, strict=True)}
    for (code, state), own in by_name.items():
        if state == "advanced":
            assert own < by_name[code, "usual"] < by_name[code, "existing"]


def standard_load():
    """Return mean power of a heat pump by outdoor temperature, -13 to 17 degC, of the standard load profile of the WPuQ data."""
    table = pd.read_csv(shared_data("loads", "wpuq_slphp.csv"), sep=";", index_col=0)
    return np.arange(-13, 18), table.mean().to_numpy()[1:-1]


def test_heat_pump_load_follows_the_outdoor_temperature_as_the_standard_load_profile():
    """Mean power per degree, each over that at -8 degC, which is 1 in the profile: a new house with hot water and gains of three.

    The profile is almost linear in the temperature, as with a source that keeps its temperature: a brine heat pump is compared.
    """
    degrees, expected = standard_load()
    options = BuildingOptions(heating="heat_pump", heat_pump="generic_brine", construction_year=2012, emitter="floor")
    params = params_of([options], [130.0], ["DE"])
    nobody, one = np.zeros(1), np.ones(1)
    plan, load = Plan(20.0 * one, 50.0 * one, nobody, nobody, nobody, anybody=False), []
    for degree in degrees:
        state, powers = model.start(params), []
        sky = Sky(float(degree), 80.0, 60.0, 0.0, 60.0, 70.0, 180.0, 0.2)
        for hour in range(24 * 9):
            inputs = model.BuildingInputs(sky, plan, Asked(None, None, None, None), 2.0 * one, one, 0.3 * one, 0.25 * one)
            state, outputs = model.step(params, state, inputs, 3600.0)
            if hour >= 24 * 6:
                powers.append(named(outputs)["p_kw"][0])
        load.append(np.mean(powers))
    own, reference = np.array(load) / load[5], expected / expected[5]
    assert np.corrcoef(own, reference)[0, 1] > 0.98
    assert np.abs(own - reference).max() < 0.1
