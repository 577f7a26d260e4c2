# SPDX-License-Identifier: Apache-2.0
"""Between the socket and the battery: conversion, the taper near full, and what is possible within a step."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from simulators.ev import kernel

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from simulators.ev.params import EvParams

    FloatArray = NDArray[np.float64]


def accepted_kw(params: EvParams, energy_kwh: FloatArray, plugged: FloatArray, hours: float) -> FloatArray:
    """Return the AC power the cars accept as a mean over a step if they get all of it.

    Constant power up to the knee, then a power in proportion to what is missing to full: the two-stage model of [1]_,
    integrated exactly, with a least power at the end.

    Parameters
    ----------
    params : EvParams
        Nameplate data.
    energy_kwh : ndarray, shape (n_devices,)
        Energy at the start of the step. [kWh]
    plugged : ndarray, shape (n_devices,)
        1 for cars that are plugged in, else 0. [-]
    hours : float
        Length of the step. [h]

    Returns
    -------
    ndarray, shape (n_devices,)
        Power; 0 for a car that is not plugged in or full. [kW]

    References
    ----------
    .. [1] Z. J. Lee, D. Johansson, S. H. Low, "ACN-Sim: An Open-Source Simulator for Data-Driven Electric Vehicle Charging
       Research", IEEE SmartGridComm 2019: battery models. From memory.
    """
    return np.asarray(kernel.possible(params.table, energy_kwh, plugged, hours)[0], dtype=np.float64)


def released_kw(params: EvParams, energy_kwh: FloatArray, hours: float) -> FloatArray:
    """Return the AC power plugged-in cars can feed back over a step, counted positive, in kW, shape (n_devices,)."""
    return np.asarray(kernel.possible(params.table, energy_kwh, np.ones_like(energy_kwh), hours)[1], dtype=np.float64)


def battery_power(params: EvParams, p_ac_kw: FloatArray) -> FloatArray:
    """Return the power into the battery at an AC power, both in kW, load frame, shape (n_devices,).

    Notes
    -----
    ``efficiency * p - aux`` while charging, ``p / efficiency - aux`` while feeding back. An AC power that does not feed the
    car's own consumption brings nothing into the battery.
    """
    return np.asarray(kernel.into_battery_kw(params.table, p_ac_kw), dtype=np.float64)
