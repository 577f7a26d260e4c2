# SPDX-License-Identifier: Apache-2.0
"""A good plan next to the relaxation: binaries are rounded, the rest is solved again.

The relaxation bounds every plan from below, so the distance between both objectives is a proven gap. Mostly it is below what
the solver would be asked for, and branching is saved. Rounding keeps what counts over time: the car's energy, and how long each
direction of battery and grid is used where the relaxation mixes both (taking turns, the rest is carried to the next step).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from controllers.home_energy.optimum.cuts import LEAST_KW, powers_kw, ways_kw
from controllers.home_energy.optimum.exclusive import NOISE, NOISE_KW, cheats
from controllers.home_energy.optimum.prices import wanted_kwh
from controllers.home_energy.optimum.turns import turns_of

if TYPE_CHECKING:
    from controllers.home_energy.optimum.assets import Car, HomeAssets
    from controllers.home_energy.optimum.layout import Layout
    from controllers.home_energy.optimum.outlook import BoolArray, HomeOutlook
    from controllers.home_energy.optimum.prices import Prices
    from twinergy.kinds import FloatArray

    Bounds = tuple[FloatArray, FloatArray]

def rounded_bounds(
    assets: HomeAssets, layout: Layout, outlook: HomeOutlook, prices: Prices, bounds: Bounds, values: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return bounds of the columns that forbid every cheat near a solution of the relaxation.

    Machines start where their largest share does, the car charges with at least its least power in as many steps as hold its
    energy and rests in the others, and where both directions of grid or battery run they take turns.
    """
    pays = prices.fed > prices.drawn
    lower, upper, columns = bounds[0].copy(), bounds[1].copy(), layout.columns
    for number, pending in enumerate(outlook.pending):
        if pending:
            block = slice(columns[f"start{number}"].start, columns[f"missed{number}"].stop)
            chosen = block.start + int(values[block].argmax())
            upper[block] = 0.0
            lower[chosen] = upper[chosen] = 1.0
    if assets.car is not None and assets.car.p_min_kw > 0:
        block = columns["car"]
        charges = _charging(assets.car, values[block], outlook, assets.step_h)
        lower[block] = np.where(charges, assets.car.p_min_kw, 0.0)
        upper[block] = np.where(charges, upper[block], 0.0)
    if any(kind.startswith(("start", "car_on")) for kind in cheats(assets, layout, prices, values)):
        return lower, upper
    odd = bool(pays.any() or prices.drawn.min() <= 0.0)
    turns = turns_of(assets, outlook, prices, _load_kw(assets, layout, outlook, values)) if odd else None
    if turns is not None:
        _close(upper, columns["discharge"], turns.charges | ~turns.discharges)
        _close(upper, columns["charge"], turns.discharges)
        _close(upper, columns["export"], pays & turns.imports)
        _close(upper, columns["import"], pays & ~turns.imports)
    else:
        _take_turns(upper, values, columns["import"], columns["export"], ways_kw(assets, outlook), pays)
        if assets.battery is not None:
            everywhere = np.ones(assets.n_steps, dtype=bool)
            powers = [everywhere * each for each in powers_kw(assets.battery, outlook.soc, assets.step_h)]
            _take_turns(upper, values, columns["charge"], columns["discharge"], (powers[0], powers[1]), everywhere)
    return lower, upper


def _close(upper, block, where):
    upper[block] = np.where(where, 0.0, upper[block])


def _load_kw(assets, layout, outlook, values):
    load = outlook.base_load_kw.copy()
    for name in ("heat","boil","car"):
        if name in layout.columns: load += values[layout.columns[name]]
    for number, machine in enumerate(assets.machines):
        load += np.convolve(values[layout.columns[f"start{number}"]], machine.programme_kw)[:assets.n_steps]
    return load


def _charging(car: Car, p_kw: FloatArray, outlook: HomeOutlook, step_h: float) -> BoolArray:
    """Return in which steps the car charges: those with the most energy, as many as hold it at its least power."""
    shares = np.minimum(p_kw / car.p_min_kw, 1.0)
    most_kwh = wanted_kwh(car, outlook)
    if not math.isnan(outlook.car_room_kwh):
        most_kwh = max(most_kwh, outlook.car_room_kwh)
    fits = int(most_kwh / (step_h * car.efficiency * car.p_min_kw) + NOISE)
    count = min(max(round(float(shares.sum())), math.ceil(float(p_kw.sum()) / car.p_max_kw - NOISE)), fits)
    charges = np.zeros(len(p_kw), dtype=bool)
    charges[np.argsort(-p_kw, kind="stable")[:count]] = True
    return np.asarray(charges & (p_kw > NOISE_KW))


def _take_turns(
    upper: FloatArray, values: FloatArray, forward: slice, backward: slice, most_kw: tuple[FloatArray, FloatArray], where: BoolArray
) -> None:
    """Close one direction in each step where both run; what rounding makes too much of one is made up for by the next."""
    ahead, back = (values[block] / np.maximum(most, LEAST_KW) for block, most in zip((forward, backward), most_kw, strict=True))
    due = 0.0
    for step in np.flatnonzero(where & (np.minimum(values[forward], values[backward]) > NOISE_KW)).tolist():
        due += ahead[step] / (ahead[step] + back[step])
        closed = backward if due >= 0.5 else forward  # noqa: PLR2004 - rounding
        due -= float(closed is backward)
        upper[closed.start + step] = 0.0
