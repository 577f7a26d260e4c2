# SPDX-License-Identifier: Apache-2.0
"""One breeze for the wind tests, and what turbines do in it."""

from __future__ import annotations

import numpy as np

from simulators.wind import model
from simulators.wind.options import WindOptions
from simulators.wind.params import WindParams

BREEZE = {"wind_m_per_s": 10.0, "temp_degc": 15.0, "pressure_hpa": 1013.25}
AT_HUB = {"turbine": "market2300", "hub_height_m": 100.0, "shear_exponent": 0.0, "density_correction": "none"}
"""The wind of the weather is that of the hub, and the curve is taken as it stands."""


def options(**values):
    """Return the options of a turbine of 2.3 MW that sees the wind of the weather, some changed; None takes one out."""
    if "curve" in values:
        values = {"turbine": None, **values}
    return WindOptions(**{name: value for name, value in {**AT_HUB, **values}.items() if value is not None})


def line(**values):
    """Return the options of a turbine of 1000 kW whose power is 100 kW for each m/s."""
    return options(curve={"wind_m_per_s": [0.0, 10.0, 25.0], "p_kw": [0.0, 1000.0, 1000.0]}, **values)


def run(*turbines, winds=None, p_min_kw=np.nan, **weather):
    """Return the outputs of the last of some steps, one for each wind."""
    params = WindParams.of(turbines or [options()])
    state, n_devices = model.start(len(params.row)), len(params.row)
    acting = {**BREEZE, **weather}
    outputs = None
    for wind in winds or [acting["wind_m_per_s"]]:
        inputs = model.WindInputs(**{**acting, "wind_m_per_s": wind}, p_min_kw=np.full(n_devices, p_min_kw))
        state, outputs = model.step(params, state, inputs, 900.0)
    return outputs
