# SPDX-License-Identifier: Apache-2.0
"""Gateways for tests, and what they say of some truth."""

from __future__ import annotations

import numpy as np

from simulators.gateway.layout import READ
from simulators.gateway.options import GatewayOptions
from simulators.gateway.simulator import GatewayFleet
from twinergy.timebase import BLOCK_S, TimeAxis

WEEK = 2800 * BLOCK_S
"""Thursday 2023-08-31 00:00 UTC."""
HOME = {
    "p_household_kw": 1.234,
    "p_cold_kw": 0.045,
    "p_cooking_kw": 0.8,
    "p_lighting_kw": 0.06,
    "p_electronics_kw": 0.129,
    "p_hot_water_kw": 0.0,
    "p_other_kw": 0.05,
    "washing_machine_p_kw": 0.12,
    "dishwasher_p_kw": 0.03,
    "tumble_dryer_p_kw": 0.0,
    "p_pv_kw": -3.0,
    "p_pv_available_kw": -3.5,
    "p_battery_kw": 1.5,
    "p_heating_kw": 1.1,
    "p_cooling_kw": 0.0,
    "p_charging_kw": 3.7,
    "soc": 0.5,
    "temp_indoor_degc": 20.5,
    "temp_tank_degc": 48.0,
    "humidity_percent": 45.0,
    "co2_ppm": 800.0,
    "illuminance_lx": 300.0,
    "noise_dba": 40.0,
    "washing_machine_pending": 1.0,
    "dishwasher_pending": 0.0,
    "tumble_dryer_pending": 0.0,
    "washing_machine_slack_s": 5400.0,
    "dishwasher_slack_s": 0.0,
    "tumble_dryer_slack_s": 0.0,
    "car_wanted_kwh": 12.345,
    "car_departure_s": 30_600.0,
}
IDEAL = {"accuracy_relative": 0.0, "noise_relative": 0.0, "resolution_kw": 1e-6, "sensors": "ideal"}


def gateway(**values):
    return GatewayOptions.model_validate({**IDEAL, **values})


def readings(*gateways, n=4, step_s=900, start=WEEK, seed=1, ids=None, timezone="UTC", **truth):
    """Return arrays of shape (n_steps, n_gateways) by port; the truth may be one value or one per step."""
    gateways = gateways or (gateway(),)
    fleet = GatewayFleet(ids or [f"g{i}" for i in range(len(gateways))], gateways, seed, timezone)
    axis = TimeAxis(start, step_s, n)
    values = {each.name: np.broadcast_to(np.asarray({**HOME, **truth}[each.name], dtype=float), (n,)) for each in READ}
    rows = []
    for block in axis.blocks():
        fleet.prepare(block)
        for index in range(block.first, block.first + len(block)):
            inputs = {f"true_{name}": np.full(len(gateways), value[index]) for name, value in values.items()}
            rows.append(fleet.step(axis.step(block, index), inputs))
    return {name: np.array([row[name] for row in rows]) for name in rows[0]}
