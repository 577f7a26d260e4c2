# SPDX-License-Identifier: Apache-2.0
"""Capacity and efficiency of a real battery from the course of its power and its state of charge."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np

from simulators.battery.losses import ConstantEfficiency
from simulators.battery.simulator import BatteryFleet
from twinergy.errors import ModelError
from twinergy.kinds import Refit
from twinergy.timebase import Step
from twinergy.units import SECONDS_PER_HOUR

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from simulators.battery.options import BatteryOptions

    FloatArray = NDArray[np.float64]

LEAST_TURNOVER: Final = 0.3
"""Share of the capacity that must have gone in, and out, for a fit to mean anything. [-]"""
LEAST_EFFICIENCY: Final = 0.5


def refit(options: BatteryOptions, real: Mapping[str, FloatArray], twin: Mapping[str, FloatArray], duration_s: float) -> Refit:
    """Return the capacity and the constant round-trip efficiency that fit best.

    The state of charge is regressed on the energy drawn and the energy delivered so far, ``soc = soc_0 + a·E_in − b·E_out``, with
    an own ``soc_0`` for each stretch without a gap: nobody knows what the battery did while it was out of sight. With
    the same efficiency in both directions ``a = η/C`` and ``b = 1/(η·C)``, so that ``η² = a/b`` and ``C = η/a``.

    Parameters
    ----------
    options : BatteryOptions
        Options of the twin.
    real, twin : mapping of str to ndarray, shape (n_steps,)
        ``p_kw`` and ``soc`` of the device, and ``soc`` of its twin.
    duration_s : float
        Length of a step. [s]

    Raises
    ------
    ModelError
        If the device does not say both, or too little has gone in and out.
    """
    if not {"p_kw", "soc"} <= real.keys():
        message = f"power and state of charge are needed, the device says {', '.join(real)}"
        raise ModelError(message)
    known = np.isfinite(real["p_kw"]) & np.isfinite(real["soc"])
    energy_kwh = np.where(known, real["p_kw"], 0.0) * duration_s / SECONDS_PER_HOUR
    into, out = np.cumsum(np.maximum(energy_kwh, 0.0)), np.cumsum(np.maximum(-energy_kwh, 0.0))
    wanted_kwh = LEAST_TURNOVER * options.capacity_kwh
    if not known.any() or into[-1] < wanted_kwh or out[-1] < wanted_kwh:
        message = f"{into[-1]:.2f} kWh went in and {out[-1]:.2f} kWh came out; at least {wanted_kwh:.2f} kWh of each are needed: "
        message += "charge and discharge it more"
        raise ModelError(message)
    stretch = stretches(known)
    columns = [_about_mean(values[known], stretch[known]) for values in (into, -out, real["soc"])]
    (a, b), *_ = np.linalg.lstsq(np.stack(columns[:2], axis=1), columns[2], rcond=None)
    if a <= 0.0 or b <= 0.0:
        message = (
            "its state of charge does not follow its power: is the sign of the power turned, or the charge of another battery?"
        )
        raise ModelError(message)
    round_trip = min(max(float(a / b), LEAST_EFFICIENCY), 1.0)
    capacity_kwh = math.sqrt(round_trip) / float(a)
    better = options.model_copy(
        update={"capacity_kwh": capacity_kwh, "efficiency": ConstantEfficiency(round_trip=round_trip), "standby_kw": 0.0}
    )
    found = {
        "capacity_kwh": round(capacity_kwh, 3),
        "efficiency": {"model": "constant", "round_trip": round(round_trip, 4)},
        "standby_kw": 0.0,
    }
    note = (
        f"from {into[-1]:.1f} kWh drawn and {out[-1]:.1f} kWh delivered; what it draws in standby is part of its efficiency here"
    )
    after = _rmse(real["soc"], _driven(better, real, known, duration_s))
    return Refit(options=found, port="soc", before=_rmse(real["soc"], twin["soc"]), after=after, note=note)


def _rmse(real: FloatArray, twin: FloatArray) -> float:
    return float(np.sqrt(np.nanmean(np.square(real - twin))))


def stretches(known: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return the number of the stretch without a gap that each step belongs to, shape (n_steps,).

    >>> stretches(np.array([True, True, False, False, True])).tolist()
    [1, 1, 1, 1, 2]
    """
    return np.cumsum(np.diff(known.astype(np.int64), prepend=0) > 0)


def _about_mean(values: FloatArray, stretch: NDArray[np.int64]) -> FloatArray:
    """Return values less the mean of their stretch."""
    count = np.maximum(np.bincount(stretch), 1)
    return np.asarray(values - (np.bincount(stretch, weights=values) / count)[stretch])


def _driven(options: BatteryOptions, real: Mapping[str, FloatArray], known: NDArray[np.bool_], duration_s: float) -> FloatArray:
    """Return the state of charge of a twin that does what the device did, and takes over its state after each gap."""
    fleet = BatteryFleet(["twin"], [options])
    soc = np.full(len(known), np.nan)
    nobody = np.array([np.nan])
    for index in np.flatnonzero(known).tolist():
        if not index or not known[index - 1]:
            fleet.adopt(np.array([0]), {"soc": real["soc"][index : index + 1]})
            continue
        asked = real["p_kw"][index : index + 1]
        inputs = {"p_net_kw": np.zeros(1), "p_set_kw": asked, "p_min_kw": nobody, "p_max_kw": nobody, "min_soc": nobody}
        soc[index] = fleet.step(Step(index, int(index * duration_s), duration_s, index), inputs)["soc"][0]
    return soc
