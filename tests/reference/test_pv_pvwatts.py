# SPDX-License-Identifier: Apache-2.0
"""A year of PVWatts: 4 kW at Golden, Colorado, 8760 hours with the weather it used (NREL PVWatts, hourly file).

The file's own sum is 6 024 kWh AC (its header says a capacity factor of 17.2 %: 0.172 * 4 kW * 8760 h = 6 027 kWh). PVWatts v5
takes the sky model of Perez, reflection losses of the direct light only, and the cell temperature model of Fuentes; ours are
Hay-Davies, reflection of all light and SAPM, so equality is not expected: a few percent less from the sky model and from the
reflection of diffuse light.
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

COLUMNS = ["month", "day", "hour", "dni", "dhi", "air", "wind", "poa", "cell", "dc", "ac"]


@cache
def year():
    path = shared_data("reference_tables", "pv_solar", "pvwatts_8760_rackmount_golden_co_4kw.csv.gz")
    table = pd.read_csv(path, skiprows=17).iloc[:8760]  # the last row holds the totals
    return table.set_axis(COLUMNS, axis=1).astype(float)


@cache
def sun(minute=30):
    hours = pd.date_range("2015-01-01", periods=8760, freq="h", tz="Etc/GMT+7") + pd.Timedelta(minutes=minute)
    place = pvlib.solarposition.get_solarposition(hours, 39.73, -105.18, 1820.0)
    extra = pvlib.irradiance.get_extra_radiation(hours).to_numpy()
    return Sun(*(place[name].to_numpy() for name in ("zenith", "apparent_zenith", "azimuth")), extra)


@cache
def weather(minute=30):
    dni, dhi = year()["dni"].to_numpy(), year()["dhi"].to_numpy()
    ghi = dhi + dni * np.maximum(np.cos(np.radians(sun(minute).zenith_deg)), 0.0)
    return Sky(ghi, dni, dhi, year()["air"].to_numpy(), year()["wind"].to_numpy(), 0.2)


@cache
def facing(minute=30):
    return year_of_one(system().plane, sun(minute))


@cache
def system():
    """Return 4 kW open rack, tilt 20, south, DC/AC 1.2, losses 14.08 %, inverter 96 %, standard module (-0.47 %/degC)."""
    option = PvOptions(p_dc_kwp=4.0, tilt_deg=20.0, mounting="open_rack", temp_coeff_percent_per_degc=-0.47)
    return PvParams.of([option])


def plane_error(minute):
    ours, _ = plane_irradiance(system().plane, facing(minute), weather(minute))
    return (ours - year()["poa"])[year()["poa"] > 0.0]


def test_inverter_equals_pvwatts_hour_by_hour():
    ours, _ = model.ac_power_kw(system().inverter, year()["dc"].to_numpy() / 1000.0)
    assert ours * 1000.0 == pytest.approx(year()["ac"].to_numpy(), abs=0.5)


def test_plane_irradiance_of_the_year():
    assert plane_error(30).sum() / year()["poa"].sum() == pytest.approx(0.0, abs=0.02)


def test_plane_irradiance_of_each_hour_needs_the_sun_at_mid_step():
    mid, begin, end = (np.sqrt((plane_error(minute) ** 2).mean()) for minute in (30, 0, 60))
    assert mid < 15.0 < min(begin, end)


def test_cell_temperature_of_the_year():
    """SAPM claims an accuracy of 5 degC; the mean weighted with the irradiance decides the energy."""
    plane = system().plane
    cells = model.cell_temperature_degc(plane, plane_irradiance(plane, facing(), weather())[0], weather())
    error = (cells - year()["cell"])[year()["poa"] > 0.0]
    assert np.average(error, weights=year()["poa"][error.index]) == pytest.approx(0.0, abs=1.0)
    assert np.sqrt((error**2).mean()) < 3.0


def test_ac_energy_of_the_year():
    nobody = np.array([np.nan])
    inputs = model.PvInputs(facing(), weather(), np.array([1.0]), nobody, nobody)
    _, outputs = model.step(system(), model.start(1), inputs, 3600.0)
    assert year()["ac"].sum() / 1000.0 == pytest.approx(6023.7, abs=0.1)
    assert -outputs.p_kw.sum() == pytest.approx(year()["ac"].sum() / 1000.0, rel=0.02)
