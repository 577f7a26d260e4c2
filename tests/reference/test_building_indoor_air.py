# SPDX-License-Identifier: Apache-2.0
"""Moisture of the air in a home against the low-energy house in Stambruges (BE) with a family of four, January to May 2016.

UCI data set 374, L. M. Candanedo et al., Energy and Buildings 140 (2017) 81-97 (CC BY 4.0). Compared is the excess of vapour
pressure over outdoors, which hardly depends on the weather, in the living rooms and bedrooms; bathroom and ironing
room are left out.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from simulators.building import model
from simulators.building.facades import saturation_hpa
from tests.shared_data import shared_data
from tests.unit.test_building_case import WINTER, acting, named, params

ROOMS = (1, 2, 3, 4, 8, 9)


def vapour_hpa(temp, humidity):
    return humidity / 100.0 * 6.112 * np.exp(17.62 * temp / (243.12 + temp))


def test_a_family_moistens_its_air_as_measured():
    file = "uci_appliances_house_stambruges_be_2016_10min_random25pct.parquet"
    house = pd.read_parquet(shared_data("indoor_climate", file))
    outdoors = vapour_hpa(house["T_out"], house["RH_out"])
    measured = [(vapour_hpa(house[f"T{room}"], house[f"RH_{room}"]) - outdoors).median() for room in ROOMS]
    built = params({"heating": "electric", "heat_power_kw": 40.0})
    state, excess = model.start(built), []
    weather = {**WINTER, "temp_degc": 7.4}
    for hour in range(24 * 20):  # four people, at home six hours in ten, two thirds of that awake
        at_home = not 8 <= hour % 24 < 17
        awake = 4.0 * (at_home and 6 <= hour % 24 < 23)
        state, out = model.step(built, state, acting(1, weather=weather, occupants=4.0 * at_home, active=awake), 3600.0)
        inside = named(out)["humidity_percent"][0] / 100.0 * saturation_hpa(named(out)["temp_indoor_degc"][0])
        excess.append(inside - 0.8 * saturation_hpa(7.4))
    assert min(measured) < np.mean(excess[240:]) < max(measured)
