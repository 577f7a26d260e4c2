# SPDX-License-Identifier: Apache-2.0
"""How rooms warm up and cool down, learned from what thermostats and heat meters say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from controllers.home_energy.analysis.base_load import nan_quantile
from controllers.home_energy.analysis.filtering import chosen_rows, decayed
from twinergy.units import SECONDS_PER_DAY

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from controllers.home_energy.analysis.window import Window

    FloatArray = NDArray[np.float64]

HORIZON_H: Final = 6.0
"""The model is fitted to predict so far ahead: what is best one step ahead follows the air and misses the walls. [h]"""
TIME_CONSTANTS_H: Final = (3.0, 4.5, 6.5, 10.0, 16.0, 25.0, 40.0, 65.0, 110.0)
"""Time constants tried; light, badly insulated houses to passive houses. [h]"""
LEAST_DAYS: Final = 3.0
"""With less than this, nothing is learned. [d]"""
EVERY_S: Final = 3600
"""Predictions that begin so far apart are fitted; closer ones say the same twice. [s]"""
CHARGING_K: Final = 0.05
"""A tank that rises by more in a step is being charged, and the heat pump's power is not the room's. [K]"""
ROUNDS: Final = 3
HUBER: Final = 1.345
"""Residuals beyond so many standard deviations count less: Huber's constant of 95 % efficiency. [-]"""
_STD_OF_MAD: Final = 1.4826
_PINNED: Final = 1e12
_RIDGE: Final = 1e-6
_NOTHING: Final = 1e-12
_HEAT, _WATER, _COOL, _SUN, _ONE, _OUTDOOR = range(6)
_SIGN: Final = np.array([1.0, 1.0, -1.0, 1.0, 0.0, 1.0])
"""Heating and sun warm, cooling cools, and it is warmer inside when it is warmer outside."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomModel:
    """First-order models of rooms: ``T[t+1] = a T[t] + b p_heat[t+1] + b_cool p_cool[t+1] + c T_out[t+1] + e ghi[t+1] + d``.

    Temperatures and powers are means over steps of `step_s`. Arrays of shape (n_homes,).

    Attributes
    ----------
    ids : tuple of str
        Dwellings.
    step_s : int
        Length of a step. [s]
    a : ndarray
        What is left of a deviation after a step. [-]
    b_k_per_kw, b_cool_k_per_kw : ndarray
        Rise per electrical power of heating, at least 0, and of cooling, at most 0, in one step. [K/kW]
    c : ndarray
        Pull of the outdoor temperature. [-]
    e_k_per_kw_per_m2 : ndarray
        Rise per global irradiance in one step. [K m2/kW]
    d_k : ndarray
        Everything else: people, appliances, and what keeps the balance. [K]
    rmse_k : ndarray
        Error of predictions six hours ahead in the window that was learned from. [K]
    heats : ndarray of bool
        Whether a response to heating was found: heating ran and warmed. Where not, do not plan with `b_k_per_kw`, which is 0.
    known : ndarray of bool
        Whether there was enough to learn from; where not, all figures are NaN.
    """

    ids: tuple[str, ...]
    step_s: int
    a: FloatArray
    b_k_per_kw: FloatArray
    b_cool_k_per_kw: FloatArray
    c: FloatArray
    e_k_per_kw_per_m2: FloatArray
    d_k: FloatArray
    rmse_k: FloatArray
    heats: NDArray[np.bool_]
    known: NDArray[np.bool_]

    def predict(
        self,
        temp_degc: FloatArray,
        p_heat_kw: FloatArray,
        outdoor_degc: FloatArray,
        ghi_w_per_m2: FloatArray,
        p_cool_kw: FloatArray | None = None,
    ) -> FloatArray:
        """Return the temperatures of the coming steps.

        Parameters
        ----------
        temp_degc : ndarray, shape (n_homes,)
            Mean temperature of the last step. [degC]
        p_heat_kw, p_cool_kw : ndarray, shape (n_steps, n_homes)
            Electrical power of heating the room and of cooling. [kW]
        outdoor_degc, ghi_w_per_m2 : ndarray, shape (n_steps,) or (n_steps, n_homes)
            Weather. [degC], [W/m2]

        Returns
        -------
        ndarray, shape (n_steps, n_homes)
            [degC]
        """
        cool_kw = np.zeros_like(p_heat_kw) if p_cool_kw is None else p_cool_kw
        drive = self.b_k_per_kw * p_heat_kw + self.b_cool_k_per_kw * cool_kw + self.c * _columns(outdoor_degc)
        drive = drive + self.e_k_per_kw_per_m2 * _columns(ghi_w_per_m2) / 1000.0 + self.d_k
        result, last = np.empty_like(drive), temp_degc
        for row, each in enumerate(drive):
            last = self.a * last + each
            result[row] = last
        return result


class _Problem(NamedTuple):
    """Least squares of all homes: scaled features (n_homes, n_starts, n_inputs), what they should add up to, the scales."""

    design: FloatArray
    target: FloatArray
    scale: FloatArray


def room_model(window: Window, outdoor_degc: FloatArray, ghi_w_per_m2: FloatArray) -> RoomModel:
    """Learn the rooms of all homes.

    For each of some time constants the model is linear in its other parameters; they are fitted by least squares with Huber's
    weights to predictions six hours ahead, and the time constant that predicts best is taken. Parameters that would break
    physics (heating that cools) are held at zero.

    A room whose thermostat never moves shows little of how it answers: the response to heating is then found too small.
    It becomes better with every day on which set-points are moved.

    Parameters
    ----------
    window : Window
        With ``temp_indoor_degc`` and ``p_heating_kw``, and ``p_cooling_kw`` and ``temp_tank_degc`` where there are any.
    outdoor_degc, ghi_w_per_m2 : ndarray, shape (n_steps,) or (n_steps, n_homes)
        Measured weather. [degC], [W/m2]

    Returns
    -------
    RoomModel
        Of all homes, NaN where there is too little to learn from.
    """
    inputs = _inputs(window, _columns(outdoor_degc), _columns(ghi_w_per_m2))
    ahead = max(1, round(HORIZON_H / window.step_h))
    starts = np.arange(0, max(0, window.n_steps - ahead), max(1, EVERY_S // window.step_s))
    usable = chosen_rows([window["temp_indoor_degc"], *inputs], starts, ahead).T
    problem, decay = _best_problem(window, inputs, starts, ahead, usable)
    gain, error = _robust(problem, usable)
    enough = usable.sum(axis=1) >= LEAST_DAYS * SECONDS_PER_DAY / EVERY_S
    heats = enough & (gain[:, _HEAT] > 0.0)
    gain = np.where(enough[:, None], gain, np.nan)
    return RoomModel(
        ids=window.ids,
        step_s=window.step_s,
        a=np.where(enough, decay, np.nan),
        b_k_per_kw=gain[:, _HEAT],
        b_cool_k_per_kw=gain[:, _COOL],
        c=gain[:, _OUTDOOR],
        e_k_per_kw_per_m2=gain[:, _SUN],
        d_k=gain[:, _ONE],
        rmse_k=np.where(enough, error, np.nan),
        heats=heats,
        known=enough,
    )


def _inputs(window: Window, outdoor_degc: FloatArray, ghi_w_per_m2: FloatArray) -> list[FloatArray]:
    """Return power for the room, for the tank, for cooling, sun, 1 and outdoor temperature, each (n_steps, n_homes or 1)."""
    heat_kw, tank_degc = window["p_heating_kw"], window.values.get("temp_tank_degc")
    charging = np.zeros(heat_kw.shape, dtype=np.bool_)
    if tank_degc is not None:
        charging[1:] = np.diff(tank_degc, axis=0) > CHARGING_K
    cool_kw = window.or_nothing("p_cooling_kw")
    sun, one = ghi_w_per_m2 / 1000.0, np.ones((window.n_steps, 1))
    return [np.where(charging, 0.0, heat_kw), np.where(charging, heat_kw, 0.0), cool_kw, sun, one, outdoor_degc]


def _best_problem(
    window: Window, inputs: list[FloatArray], starts: NDArray[np.intp], ahead: int, usable: NDArray[np.bool_]
) -> tuple[_Problem, FloatArray]:
    """Return the least-squares problem of each home's best time constant, and what is left of a deviation after a step."""
    known = [np.nan_to_num(each, nan=0.0) for each in (window["temp_indoor_degc"], *inputs)]
    weight = usable.astype(np.float64)
    n_homes, n_inputs = len(window.ids), len(inputs)
    best = _Problem(np.zeros((n_homes, len(starts), n_inputs)), np.zeros(usable.shape), np.ones((n_homes, n_inputs)))
    least, decay = np.full(n_homes, np.inf), np.full(n_homes, np.nan)
    for hours in TIME_CONSTANTS_H if len(starts) else ():
        a = float(np.exp(-window.step_h / hours))
        tried = _problem(known[0], known[1:], a, starts, ahead)
        residual = tried.target - _times(tried.design, _solved(tried, weight, np.zeros(tried.scale.shape)))
        error = (weight * residual**2).sum(axis=1)
        better = np.flatnonzero(error < least)
        for kept, new in zip(best, tried, strict=True):
            kept[better] = new[better]
        least[better], decay[better] = error[better], a
    return best, decay


def _problem(temp_degc: FloatArray, inputs: list[FloatArray], a: float, starts: NDArray[np.intp], ahead: int) -> _Problem:
    shape = (len(starts), temp_degc.shape[1])
    features = [np.broadcast_to(decayed(each, a, starts, ahead), shape).T for each in inputs]
    design = np.stack(features, axis=2)
    scale = np.sqrt((design**2).mean(axis=1)) + _NOTHING
    target = np.ascontiguousarray((temp_degc[starts + ahead] - a**ahead * temp_degc[starts]).T)
    return _Problem(design / scale[:, None], target, scale)


def _robust(problem: _Problem, usable: NDArray[np.bool_]) -> tuple[FloatArray, FloatArray]:
    """Return parameters, shape (n_homes, n_inputs), and the error in the window; what breaks physics is pinned to zero."""
    weight, pinned = usable.astype(np.float64), np.zeros(problem.scale.shape)
    for _ in range(ROUNDS):
        gain = _solved(problem, weight, pinned)
        off = np.abs(problem.target - _times(problem.design, gain))
        spread = _STD_OF_MAD * nan_quantile(np.where(usable, off, np.nan).T, 0.5)[:, None]
        weight = np.asarray(usable * np.minimum(1.0, HUBER * np.nan_to_num(spread) / np.maximum(off, _NOTHING)))
        pinned = np.where(gain * _SIGN < 0.0, _PINNED, pinned)
    gain = _solved(problem, weight, pinned) * (pinned == 0.0)
    residual = np.where(usable, problem.target - _times(problem.design, gain), 0.0)
    return gain / problem.scale, np.sqrt((residual**2).sum(axis=1) / np.maximum(usable.sum(axis=1), 1))


def _solved(problem: _Problem, weight: FloatArray, pinned: FloatArray) -> FloatArray:
    weighted = problem.design * weight[:, :, None]
    normal = np.matmul(weighted.transpose(0, 2, 1), problem.design)
    ridge = _RIDGE * (1.0 + np.trace(normal, axis1=1, axis2=2))[:, None] + pinned
    normal += ridge[:, :, None] * np.eye(problem.design.shape[2])
    return np.asarray(np.linalg.solve(normal, np.matmul(problem.target[:, None, :], weighted)[:, 0, :, None])[..., 0])


def _times(design: FloatArray, gain: FloatArray) -> FloatArray:
    return np.asarray(np.matmul(design, gain[:, :, None])[:, :, 0])


def _columns(series: FloatArray) -> FloatArray:
    return series[:, None] if series.ndim == 1 else series
