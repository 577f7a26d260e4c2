# SPDX-License-Identifier: Apache-2.0
"""Sensors for tests, and what they say of some truth."""

from __future__ import annotations

import numpy as np

from simulators.sensor.classes import QUANTITIES
from simulators.sensor.options import SensorOptions
from simulators.sensor.simulator import SensorFleet
from twinergy.timebase import BLOCK_S, TimeAxis

WEEK = 2800 * BLOCK_S
ROOM = {"temp_indoor_degc": 21.0, "humidity_percent": 45.0, "co2_ppm": 800.0, "illuminance_lx": 300.0, "noise_dba": 40.0}


def sensor(**values):
    return SensorOptions.model_validate({"of": {"device": "house"}, "sensor_class": "ideal", **values})


def readings(*sensors, n=4, step_s=900, start=WEEK, seed=1, ids=None, **truth):
    """Return arrays of shape (n_steps, n_sensors) by port; the truth may be one value or one per step."""
    sensors = sensors or (sensor(),)
    fleet = SensorFleet(ids or [f"s{i}" for i in range(len(sensors))], sensors, seed)
    axis = TimeAxis(start, step_s, n)
    values = {name: np.broadcast_to(np.asarray({**ROOM, **truth}[name], dtype=float), (n,)) for name in QUANTITIES}
    rows = []
    for block in axis.blocks():
        fleet.prepare(block)
        for index in range(block.first, block.first + len(block)):
            inputs = {f"true_{name}": np.full(len(sensors), value[index]) for name, value in values.items()}
            rows.append(fleet.step(axis.step(block, index), inputs))
    return {name: np.array([row[name] for row in rows]) for name in rows[0]}
