# SPDX-License-Identifier: Apache-2.0
"""Wearables for tests, and what they say of some truth."""

from __future__ import annotations

import numpy as np

from simulators.wearable.options import WearableOptions
from simulators.wearable.simulator import WearableFleet, Wearer
from twinergy.timebase import BLOCK_S, TimeAxis

WEEK = 2800 * BLOCK_S
"""Thursday 2023-08-31 00:00 UTC."""
HOME = {
    "occupants": 1.0,
    "active_occupants": 1.0,
    "temp_indoor_degc": 23.0,
    "temp_radiant_degc": 23.0,
    "humidity_percent": 50.0,
}
"""One person, awake, in a room of the comfort that options assume."""
STEADY = {"wearable_class": "ideal", "off_share": 0.0, "worn_asleep": 1.0}


def wearable(**values):
    return WearableOptions.model_validate({**STEADY, **values})


def wearer(number=0, dwelling="home", residents=1, **values):
    return Wearer(f"w{number}", dwelling, residents, wearable(**values))


def fleet_of(*wearers, seed=1, timezone="UTC"):
    return WearableFleet(wearers or (wearer(),), seed, timezone)


def readings(*wearers, n=4, step_s=900, start=WEEK, seed=1, timezone="UTC", **truth):
    """Return arrays of shape (n_steps, n_wearables) by port; the truth may be one value, one per step or one each."""
    fleet = fleet_of(*wearers, seed=seed, timezone=timezone)
    axis, shape = TimeAxis(start, step_s, n), (n, len(fleet.ids))
    columns = {name: np.asarray({**HOME, **truth}[name], dtype=float) for name in HOME}
    values = {name: np.broadcast_to(each[:, None] if each.ndim == 1 else each, shape) for name, each in columns.items()}
    rows = []
    for block in axis.blocks():
        fleet.prepare(block)
        for index in range(block.first, block.first + len(block)):
            inputs = {name: value[index].copy() for name, value in values.items()}
            rows.append(fleet.step(axis.step(block, index), inputs))
    return {name: np.array([row[name] for row in rows]) for name in rows[0]}
