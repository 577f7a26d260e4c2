# SPDX-License-Identifier: Apache-2.0
"""Heat pumps against hplib 1.9: rows of its database and results of `hplib.simulate`, computed there once and written down.

In hplib the flow is 5 K above the inlet of the secondary side; the inlets below are 30 and 47 degC. Electrical power here is that
of the least modulation, a quarter of what hplib gives for -7 degC outdoors, which hplib reports where its fit falls below it.
"""

from __future__ import annotations

import csv
import gzip
import math

import numpy as np
import pytest

from simulators.building.heat_pumps import heat_pumps
from simulators.building.heating import powers
from tests.shared_data import shared_data
from tests.unit.test_building_case import params

HPLIB = [  # key, source, flow, ambient degC, COP of hplib.simulate
    ("generic_air", -7.0, 52.0, -7.0, 1.4136206588052005),
    ("generic_air", 7.0, 35.0, 7.0, 5.05894879935056),
    ("generic_brine", 0.0, 52.0, -7.0, 2.997818572292447),
    ("generic_brine", 5.0, 35.0, 7.0, 5.16470949834204),
    ("mitsubishi_puhz_sw75", -7.0, 52.0, -7.0, 1.5299567713642546),
    ("mitsubishi_puhz_sw75", 7.0, 35.0, 7.0, 4.97274785083323),
    ("nibe_f2120_16", -7.0, 52.0, -7.0, 2.1092965916063804),
    ("nibe_f2120_16", 7.0, 35.0, 7.0, 5.186430625697312),
    ("stiebel_wpe_i_08", 0.0, 52.0, -7.0, 3.406358975889248),
    ("stiebel_wpe_i_08", 5.0, 35.0, 7.0, 5.055445187258076),
    ("vaillant_vwf_87", 0.0, 52.0, -7.0, 3.2403092991817877),
    ("vaillant_vwf_87", 5.0, 35.0, 7.0, 5.368391904668319),
    ("vaillant_vwl_75", -7.0, 52.0, -7.0, 1.3994606054779979),
    ("vaillant_vwl_75", 7.0, 35.0, 7.0, 5.142116007377126),
    ("viessmann_vitocal_300g_12", 0.0, 52.0, -7.0, 2.8322978083161883),
    ("viessmann_vitocal_300g_12", 5.0, 35.0, 7.0, 5.251347892561512),
    ("viessmann_vitocal_200a_08", -7.0, 52.0, -7.0, 1.5339408440825082),
    ("viessmann_vitocal_200a_08", 7.0, 35.0, 7.0, 4.805569429699744),
    ("wolf_cha_07", -7.0, 52.0, -7.0, 1.905046039979986),
    ("wolf_cha_07", 7.0, 35.0, 7.0, 5.319070942341305),
    ("wolf_cha_10", -7.0, 52.0, -7.0, 1.5464647734024766),
    ("wolf_cha_10", 7.0, 35.0, 7.0, 5.431341100323834),
]


@pytest.mark.parametrize(("key", "source", "flow", "ambient", "cop"), HPLIB)
def test_cop_equals_hplib(key, source, flow, ambient, cop):
    assert heat_pumps()[key].cop_at(source, flow, ambient) == pytest.approx(cop, rel=1e-9)


def test_cop_by_hand():
    """wolf_cha_07 at 2 degC, flow 35 degC, from its four coefficients: (8.3773 - 8.2227) 2 - 0.073474 35 + 6.808173 = 4.5458."""
    assert heat_pumps()["wolf_cha_07"].cop_at(2.0, 35.0, 2.0) == pytest.approx(4.5458, abs=5e-4)


def test_table_equals_the_database():
    path = shared_data("heat_pumps", "hplib_database.csv.gz")
    with gzip.open(path, "rt", encoding="utf-8") as file:
        rows = {(row["Manufacturer"].strip(), row["Model"].strip(), row["Group"]): row for row in csv.DictReader(file)}
    for pump in heat_pumps().values():
        (row,) = [
            row for (maker, model, group), row in rows.items() if f"{maker} {model}" == pump.title and float(group) == pump.group
        ]
        assert pump.cop == tuple(float(row[f"p{term}_COP [-]"]) for term in range(1, 5))
        units = ("[1/°C]", "[1/°C]", "[-]", "[1/°C]")
        assert pump.electric == tuple(float(row[f"p{term}_P_el_h {unit}"]) for term, unit in enumerate(units, start=1))
        if not math.isnan(pump.p_th_ref_kw):
            assert pump.p_th_ref_kw == pytest.approx(float(row["P_th_h_ref [W]"]) / 1e3)
            assert pump.p_el_ref_kw == pytest.approx(float(row["P_el_h_ref [W]"]) / 1e3)


@pytest.mark.parametrize(("key", "source", "flow", "ambient", "cop"), HPLIB)
def test_fleet_has_the_cop_of_hplib(key, source, flow, ambient, cop):
    """Hot water leaves 5 K above the tank, so a tank 5 K below the flow has the flow of the table."""
    plant = params(
        {"heating": "heat_pump", "heat_pump": key, "source_degc": source, "heat_pump_limit_degc": -40.0, "installed_share": 1.0}
    ).plant
    assert powers(plant, ambient, np.array([flow - 5.0])).cop[1, 0] == pytest.approx(max(cop, 1.0), rel=1e-9)


def test_least_power_is_that_of_hplib():
    """hplib.simulate(12 degC, inlet 30 degC) of wolf_cha_07 gives 467.883 W: its fit lies below a quarter of that at -7 degC."""
    power = powers(params({"heating": "heat_pump", "heat_power_kw": 5.62, "installed_share": 1.0}).plant, 12.0, np.array([30.0]))
    assert power.least_kw[1, 0] / power.cop[1, 0] * 1e3 == pytest.approx(467.883, rel=1e-6)


def test_size_of_a_generic_heat_pump_is_that_of_hplib():
    """hplib.simulate of hplib.get_parameters('Generic', 1, -7, 52, 10000) at that point draws 7074.034 W for 10 kW."""
    assert heat_pumps()["generic_air"].sized(10.0) == pytest.approx((7.074034, 10.0), rel=1e-6)
