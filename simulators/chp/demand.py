# SPDX-License-Identifier: Apache-2.0
"""Heat demand that scenarios state by themselves: constant, and with the seasons of an average year."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from twinergy.units import SECONDS_PER_DAY, SECONDS_PER_HOUR

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from simulators.chp.options import HeatDemand

    FloatArray = NDArray[np.float64]

YEAR_S: Final = 365.2425 * SECONDS_PER_DAY
COLDEST_S: Final = 19 * SECONDS_PER_DAY
"""20 January, after the turn of the year 1970."""
SAMPLES: Final = 100_000


def demand_kw(demands: Sequence[HeatDemand], epoch_s: NDArray[np.int64], step_s: int) -> FloatArray:
    """Return the heat demand of each device in each step, shape (n_steps, n_devices). [kW]."""
    phase = np.asarray(2.0 * np.pi / YEAR_S * (epoch_s + step_s / 2.0 - COLDEST_S), dtype=np.float64)
    columns: dict[HeatDemand, FloatArray] = {}
    for demand in demands:
        if demand not in columns:
            columns[demand] = demand.constant_kw + _seasonal_kw(demand, phase)
    return np.column_stack([columns[demand] for demand in demands]) if columns else np.zeros((len(epoch_s), 0))


def _seasonal_kw(demand: HeatDemand, phase: FloatArray) -> FloatArray:
    """Return the seasonal part: the yearly heat spread by how far the outdoor temperature lies below the heating limit."""
    if demand.seasonal_kwh == 0.0:
        return np.zeros(len(phase))
    whole_year = np.linspace(0.0, 2.0 * np.pi, SAMPLES, endpoint=False)
    mean_kw = demand.seasonal_kwh / (YEAR_S / SECONDS_PER_HOUR)
    return _below_limit_k(demand, phase) * (mean_kw / float(_below_limit_k(demand, whole_year).mean()))


def _below_limit_k(demand: HeatDemand, phase: FloatArray) -> FloatArray:
    return np.maximum(demand.heating_limit_degc - demand.mean_degc + demand.swing_k * np.cos(phase), 0.0)
