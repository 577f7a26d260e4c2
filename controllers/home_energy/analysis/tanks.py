# SPDX-License-Identifier: Apache-2.0
"""How hot-water tanks take up and lose heat, learned from their thermometers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from controllers.home_energy.analysis.base_load import nan_quantile
from controllers.home_energy.analysis.rooms import CHARGING_K

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from controllers.home_energy.analysis.window import Window

    FloatArray = NDArray[np.float64]

NIGHT_H: Final = (1, 5)
"""Local hours in which hardly anybody draws hot water. [h]"""
LEAST_STEPS: Final = 12
"""From so many steps of each kind on a tank is known (assumption)."""
ROOM_DEGC: Final = 20.0
"""Where the room's temperature is not measured (assumption). [degC]"""
RISE_K: Final = 1.0
"""Less than this in a step is not clearly a charge. [K]"""
UNMIXED: Final = 0.1
"""Quantile of electricity per kelvin that stands for charges without anything else: draws in a charge, and heat for the room in
the same step, only ever add to it. [-]"""


@dataclass(frozen=True, slots=True, kw_only=True)
class TankModel:
    """Hot-water tanks: ``T[t+1] = T[t] + p Δt / kwh_per_k − loss_per_h Δt (T[t] − T_room) − draws``; arrays of shape (n_homes,).

    Attributes
    ----------
    ids : tuple of str
        Dwellings.
    kwh_per_k : ndarray
        Electricity that warms the tank by 1 K; with a heat pump its coefficient of performance is in it. [kWh/K]
    loss_per_h : ndarray
        Share of the temperature difference to the room that is lost in an hour. [1/h]
    use_k_per_day : ndarray
        How far draws of a mean day cool the tank: what it fell beyond its losses while nothing charged. [K/d]
    known : ndarray of bool
        Whether charges and quiet nights enough were seen; where not, figures are NaN.
    """

    ids: tuple[str, ...]
    kwh_per_k: FloatArray
    loss_per_h: FloatArray
    use_k_per_day: FloatArray
    known: NDArray[np.bool_]


def tank_model(window: Window) -> TankModel:
    """Learn the tanks of all homes, with quantiles, so that single draws and readings do not matter.

    Electricity per kelvin is a low quantile of energy over rise in steps in which the tank is charged; where one heat pump also
    heats a room that needs it all the time, it comes out up to a fifth too large (badly insulated houses up to four fifths).
    Loss is the median fall in nightly steps without charging.

    Parameters
    ----------
    window : Window
        With ``temp_tank_degc`` and ``p_heating_kw``, and ``temp_indoor_degc`` where there is one.
    """
    tank_degc, heat_kw = window["temp_tank_degc"], window["p_heating_kw"]
    indoor_degc = window.values.get("temp_indoor_degc", np.full(tank_degc.shape, ROOM_DEGC))
    room_degc = np.where(np.isnan(indoor_degc), ROOM_DEGC, indoor_degc)
    rise_k = np.diff(tank_degc, axis=0, prepend=np.nan)
    above_k = np.roll(tank_degc, 1, axis=0) - room_degc
    charging = rise_k > CHARGING_K
    clear = rise_k > RISE_K
    per_k = np.divide(heat_kw * window.step_h, rise_k, out=np.full(rise_k.shape, np.nan), where=clear)
    night = (window.calendar.hour >= NIGHT_H[0]) & (window.calendar.hour < NIGHT_H[1])
    quiet = night[:, None] & ~charging & (above_k > 1.0) & ~np.isnan(rise_k)
    fall = np.divide(-rise_k, above_k * window.step_h, out=np.full(rise_k.shape, np.nan), where=quiet)
    loss_per_h = np.maximum(nan_quantile(fall, 0.5), 0.0)
    known = (np.count_nonzero(~np.isnan(per_k), axis=0) >= LEAST_STEPS) & (quiet.sum(axis=0) >= LEAST_STEPS)
    resting = ~charging & ~np.isnan(rise_k)
    drawn_k = np.where(resting, np.maximum(-rise_k - loss_per_h * above_k * window.step_h, 0.0), 0.0).sum(axis=0)
    days = np.maximum(np.count_nonzero(~np.isnan(rise_k), axis=0), 1) * window.step_h / 24.0
    return TankModel(
        ids=window.ids,
        kwh_per_k=np.where(known, nan_quantile(per_k, UNMIXED), np.nan),
        loss_per_h=np.where(known, loss_per_h, np.nan),
        use_k_per_day=np.where(known, drawn_k / days, np.nan),
        known=known,
    )
