# SPDX-License-Identifier: Apache-2.0
"""Heat pumps on a test bench: what one would reach in each home at every outdoor temperature, by the twin's own model."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from twinergy.cosim.planning.bench import HOUR_S, fed
from twinergy.timebase import Block, Step

if TYPE_CHECKING:
    from collections.abc import Sequence

    from twinergy.community.scenario import Scenario
    from twinergy.community.twin import Device
    from twinergy.kinds import FloatArray

AIR_COP: Final = (6.81, -0.121, 0.000630)
"""Coefficient of performance of air to water heat pumps over the lift from air to flow, for 15 to 60 K: I. Staffell, D. Brett,
N. Brandon, A. Hawkes, "A review of domestic heat pumps", Energy & Environmental Science 5 (2012), DOI 10.1039/c2ee22653g."""
LIFT_K: Final = (15.0, 60.0)
BENCH_DEGC: Final = np.arange(20.0, -21.0, -1.0)
"""Outdoor temperatures of the bench, from warm to cold. [degC]"""
NOON: Final = 12
ON_BENCH: Final[dict[str, Any]] = {"heating": "heat_pump", "hot_water": "none", "heating_limit_degc": None, "cooling": "none"}
WARM_DEGC: Final = 30.0
"""Room that is asked for on the bench, so that the heat pump never rests. [degC]"""


def cop_air(lift_k: FloatArray | float) -> FloatArray:
    """Return the coefficient of performance of an air to water heat pump by the regression of `AIR_COP`.

    >>> float(cop_air(40.0).round(3))
    2.978
    """
    lift = np.clip(lift_k, *LIFT_K)
    constant, slope, bend = AIR_COP
    return np.asarray(constant + slope * lift + bend * lift**2, dtype=np.float64)


def shown(scenario: Scenario, homes: Sequence[Device]) -> FloatArray:
    """Return the coefficient of performance that each home's heat pump shows, shape (n_homes, n_bench_degc).

    The home is as it is, but its heating is the heat pump that its options name; NaN where that stands still, or where the kind
    of building has no such options. Hot water is not in it.
    """
    kind = scenario.kinds["building"]
    known = kind.options.model_fields
    nothing: FloatArray = np.full((len(homes), len(BENCH_DEGC)), np.nan)
    if not homes or not {*ON_BENCH, "heat_pump"} <= known.keys():
        return nothing
    kept = {name: value for name, value in ON_BENCH.items() if name in known}
    devices = [replace(one, options=one.options.model_copy(update=kept)) for one in homes]
    fleet = kind.build(devices, scenario.context)
    start = scenario.axis.start_epoch_s + NOON * int(HOUR_S)
    fleet.prepare(Block(0, 0, np.array([start]), int(HOUR_S)))
    rows = []
    for degc in BENCH_DEGC:
        asked = {"temp_set_degc": np.full(len(homes), WARM_DEGC), "temp_degc": np.full(len(homes), degc)}
        rows.append(fleet.step(Step(0, start, HOUR_S, 0), fed(kind, len(homes), **asked))["cop"])
    found = np.array(rows).T
    return np.where(found > 0.0, found, np.nan)


def course(shown_cop: FloatArray, temp_degc: FloatArray) -> FloatArray | None:
    """Return what a heat pump reaches in each step, shape (n_steps,); None where the bench showed nothing.

    Where it would stand still in the cold, it is taken to reach what it did at the lowest temperature at which it ran.
    """
    runs = np.isfinite(shown_cop)
    if not runs.any():
        return None
    return np.interp(temp_degc, BENCH_DEGC[runs][::-1], shown_cop[runs][::-1])
