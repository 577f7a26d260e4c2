# SPDX-License-Identifier: Apache-2.0
"""Local firmware: whether a unit wants to run, and at which power."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from twinergy.signs import generation_from_load

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from simulators.chp.params import ChpParams

    FloatArray = NDArray[np.float64]
    BoolArray = NDArray[np.bool_]

ZERO: Final = np.array(0.0)
"""numpy takes an array without dimensions faster than a number of Python."""


class Asked(NamedTuple):
    """What controllers ask for, terminal powers in the load frame; NaN where nobody asks, None where nobody asks any unit.

    Attributes
    ----------
    p_set_kw, p_min_kw, p_max_kw : ndarray, shape (n_devices,), or None
        Power, lower limit (-20 allows 20 kW of generation) and upper limit (-10 demands 10 kW of generation). [kW]
    """

    p_set_kw: FloatArray | None = None
    p_min_kw: FloatArray | None = None
    p_max_kw: FloatArray | None = None


NOBODY: Final = Asked()


class Wish(NamedTuple):
    """What the firmware wants.

    Attributes
    ----------
    on : ndarray of bool, shape (n_devices,)
        Whether to run.
    p_kw : ndarray, shape (n_devices,)
        At which power, counted positive, between least and full load. [kW]
    most_kw : ndarray, shape (n_devices,), or None
        Limit of the generation, NaN for none; None where no limit is set. [kW]
    """

    on: BoolArray
    p_kw: FloatArray
    most_kw: FloatArray | None


def wish(params: ChpParams, on: BoolArray, low_kw: FloatArray, high_kw: FloatArray, net_kw: FloatArray, asked: Asked) -> Wish:
    """Return what the firmware wants.

    A heat-led unit starts where the buffer would fall to its lower threshold within the step, runs as high as the upper threshold
    allows and stops where even its least load would pass it. Power-led, it runs where at least its least load is wanted and the
    heat has somewhere to go.

    Parameters
    ----------
    params : ChpParams
        What is known of the units.
    on : ndarray of bool, shape (n_devices,)
        Whether they run now.
    low_kw, high_kw : ndarray, shape (n_devices,)
        Heat of the engine that would leave the buffer at its lower and its upper threshold at the end of the step. [kW]
    net_kw : ndarray, shape (n_devices,)
        Load of everything else behind the same meter, load frame; NaN where it is not known. [kW]
    asked : Asked
        Set-points.
    """
    full = params.least_heat_kw > high_kw
    runs = low_kw > ZERO
    runs |= np.greater(on, full)
    p_kw = params.lines.power(high_kw)
    np.minimum(p_kw, params.rated_kw, out=p_kw)
    most_kw = None
    if params.led_by_heat and asked is NOBODY:
        np.maximum(p_kw, params.least_kw, out=p_kw)
        return Wish(runs, p_kw, most_kw)
    leads, target = _power_first(params, net_kw, asked)
    bearable_kw = p_kw
    if params.cools is not None:
        full = np.greater(full, params.cools)
        bearable_kw = np.where(params.cools, params.rated_kw, p_kw)
    enough = target >= params.enough_kw
    runs = np.where(leads, np.greater(enough, full), runs if params.acts is None else runs & params.acts)
    p_kw = np.where(leads, np.fmin(target, bearable_kw), p_kw)
    if asked.p_min_kw is not None:
        most_kw = generation_from_load(asked.p_min_kw)
        p_kw = np.fmin(p_kw, most_kw)
    return Wish(runs, np.maximum(p_kw, params.least_kw), most_kw)


def _power_first(params: ChpParams, net_kw: FloatArray, asked: Asked) -> tuple[BoolArray, FloatArray]:
    """Return where power comes before heat, and the power wanted there, counted positive."""
    if asked is NOBODY:
        return params.follows, net_kw
    leads, target = params.follows, np.where(params.follows, net_kw, np.nan)
    if asked.p_set_kw is not None:
        request = generation_from_load(asked.p_set_kw)
        somebody = np.isfinite(request)
        target, leads = np.where(somebody, request, target), leads | somebody
    if asked.p_max_kw is not None:
        floor = generation_from_load(asked.p_max_kw)
        must = floor >= params.enough_kw
        target, leads = np.where(must, np.fmax(target, floor), target), leads | must
    return leads, target
