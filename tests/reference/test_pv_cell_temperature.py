# SPDX-License-Identifier: Apache-2.0
"""Cell temperatures of the Sandia model, values of pvlib's own tests (BSD-3, see the table's source column)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from simulators.pv.model import cell_temperature_degc
from tests.shared_data import shared_data
from tests.unit.test_pv_case import params, sky

CASES = {"sapm_cell open_rack_glass_glass": (900.0, 20.0, 5.0), "sapm_cell": (500.0, 10.0, 5.0)}


@pytest.mark.parametrize("name", CASES)
def test_cell_temperature(name):
    rows = pd.read_csv(shared_data("reference_tables", "pv_solar", "cell_temperature_pvlib.csv")).set_index("model")
    poa, air, wind = CASES[name]
    glass = {
        "sapm_a": -3.47,
        "sapm_b": -0.0594,
        "sapm_delta_degc_m2_per_w": 3.0 / 1000.0,
    }  # open rack glass/glass, King et al. (2004)
    plane = replace(params({}).plane, **{key: np.array([value]) for key, value in glass.items()})
    cells = cell_temperature_degc(plane, np.array([poa]), sky(temp_degc=air, wind_m_per_s=wind))
    assert cells[0] == pytest.approx(rows.loc[name, "expected"], rel=rows.loc[name, "rtol"])
