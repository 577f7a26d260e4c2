# SPDX-License-Identifier: Apache-2.0
"""CHP units for tests, and what they do in some steps."""

from __future__ import annotations

import numpy as np

from simulators.chp.options import ChpOptions
from simulators.chp.simulator import ChpFleet
from twinergy.timebase import BLOCK_S, TimeAxis

WEEK = 2800 * BLOCK_S
PLAIN = {"start_s": 0.0, "ramp_s": 1e-6, "min_on_s": 0.0, "min_off_s": 0.0, "standby_kw": 0.0, "start_fuel_kwh": 0.0}
"""No delay of any sort."""
TANK = {"volume_l": 20.0 / (1.14e-3 * 30.0), "loss_w_per_k": 0.0, "soc": 0.25}
"""20 kWh without losses, 5 kWh of them there; a heat-led unit starts before 5 kWh and fills up to 19 kWh."""


def options(**values):
    """Return the options of a unit without any delay, with some values changed."""
    return ChpOptions.model_validate({"unit": "gg50", **PLAIN, "buffer": TANK, **values})


def run(*units, n=1, step_s=3600, demand=0.0, net=np.nan, networks=None, start=WEEK, **asked):
    """Return arrays of shape (n_steps, n_units) by port; demand, net and set-points may be one value or one per step."""
    units = units or (options(),)
    fleet = ChpFleet([f"chp-{i}" for i in range(len(units))], units, networks or [f"net-{i}" for i in range(len(units))])
    axis = TimeAxis(start, step_s, n)
    given = {"p_set_kw": np.nan, "p_min_kw": np.nan, "p_max_kw": np.nan, "p_net_kw": net, "heat_network_kw": demand, **asked}
    values = {name: np.broadcast_to(np.asarray(value, dtype=float), (n,)) for name, value in given.items()}
    rows = []
    for block in axis.blocks():
        fleet.prepare(block)
        for index in range(block.first, block.first + len(block)):
            inputs = {name: np.full(len(units), value[index]) for name, value in values.items()}
            rows.append(fleet.step(axis.step(block, index), inputs))
    return {name: np.array([row[name] for row in rows]) for name in rows[0]}


def one(*args, **values):
    """Return the same of the first unit alone, arrays of shape (n_steps,)."""
    return {name: value[:, 0] for name, value in run(*args, **values).items()}
