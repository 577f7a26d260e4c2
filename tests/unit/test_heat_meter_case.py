# SPDX-License-Identifier: Apache-2.0
"""Heat meters for tests, and what they say of some truth."""

from __future__ import annotations

import numpy as np

from simulators.heat_meter.options import QUANTITIES, HeatMeterOptions
from simulators.heat_meter.simulator import HeatMeterFleet
from twinergy.timebase import BLOCK_S, TimeAxis

WEEK = 2800 * BLOCK_S
EXACT = {
    "of": {"device": "house"},
    "quantity": "heat_space_kw",
    "accuracy_class": "ideal",
    "noise_relative": 0.0,
    "resolution_kw": 1e-6,
    "register_resolution_kwh": 1e-6,
    "starts_at_share": 0.0,
}


def meter(**values):
    return HeatMeterOptions.model_validate({**EXACT, **values})


def readings(*meters, n=4, step_s=900, start=WEEK, seed=1, ids=None, fleets=None, **truth):
    """Return arrays of shape (n_steps, n_meters) by port; the truth may be one value or one per step, NaN where none is given."""
    meters = meters or (meter(),)
    fleet = HeatMeterFleet(ids or [f"m{i}" for i in range(len(meters))], meters, seed)
    axis = TimeAxis(start, step_s, n)
    names = (*QUANTITIES, "temp_flow_degc", "temp_return_degc")
    values = {name: np.broadcast_to(np.asarray(truth.get(name, np.nan), dtype=float), (n,)) for name in names}
    rows = []
    for block in axis.blocks():
        fleet.prepare(block)
        for index in range(block.first, block.first + len(block)):
            inputs = {f"true_{name}": np.full(len(meters), value[index]) for name, value in values.items()}
            rows.append(fleet.step(axis.step(block, index), inputs))
    if fleets is not None:
        fleets.append(fleet)
    return {name: np.array([row[name] for row in rows]) for name in rows[0]}
