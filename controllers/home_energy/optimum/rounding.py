# SPDX-License-Identifier: Apache-2.0
"""A good plan next to the relaxation: binaries are rounded, the rest is solved again.

The relaxation bounds every plan from below, so the distance between both objectives is a proven gap. Mostly it is below what
the solver would be asked for, and branching is saved. Rounding keeps what counts over time: the car's energy, and how long each
direction of battery and grid is used where the relaxation mixes both (taking turns, the rest is carried to the next step).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

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

AT_ONCE: Final = 3
"""One in so many steps of charging that are still open is decided at once, then the rest is solved again."""


def rounded_bounds(
    assets: HomeAssets, layout: Layout, outlook: HomeOutlook, prices: Prices, bounds: Bounds, values: FloatArray
) -> Bounds:
    """Return bounds of the columns that forbid the cheats of a solution of the relaxation.

    First machines start where their largest share does, and the car charges with at least its least power in as many steps as
    hold its energy, by and by. The directions of battery and grid that both run take turns; where prices make it pay to take
    both, the best order is found (`turns`), as soon as machines and car do not cheat any more.
    """
    lower, upper, columns = bounds[0].copy(), bounds[1].copy(), layout.columns
    for number, pending in enumerate(outlook.pending):
        if pending:
            block = slice(columns[f"start{number}"].start, columns[f"missed{number}"].stop)
            chosen = block.start + int(values[block].argmax())
            upper[block] = 0.0
            lower[chosen] = upper[chosen] = 1.0
    if assets.car is not None and assets.car.p_min_kw > 0:
        block = columns["car"]
        charges, rests = _charging(assets.car, values[block], outlook, assets.step_h)
        lower[block] = np.where(charges, assets.car.p_min_kw, 0.0)
        upper[block] = np.where(rests, 0.0, upper[block])
    odd = bool((prices.fed > prices.drawn).any() or prices.drawn.min() <= 0.0)
    wishes_first = any(kind.startswith(("start", "car_on")) for kind in cheats(assets, layout, prices, values))
    if not wishes_first:
        _choose_directions(upper, assets, layout, outlook, prices, values, odd=odd)
    return lower, upper


def _choose_directions(
    upper: FloatArray, assets: HomeAssets, layout: Layout, outlook: HomeOutlook, prices: Prices, values: FloatArray, *, odd: bool
) -> None:
    columns, pays = layout.columns, prices.fed > prices.drawn
    if odd:
        turns = turns_of(assets, outlook, prices, _load_kw(assets, layout, outlook, values))
        if turns is not None:
            upper[columns["discharge"]][~turns.discharges] = 0.0
            upper[columns["charge"]][turns.discharges] = 0.0
            upper[columns["export"]][pays & turns.imports] = 0.0
            upper[columns["import"]][pays & ~turns.imports] = 0.0
            return
    ways = ways_kw(assets, outlook)
    _take_turns(upper, values, (columns["import"], columns["export"]), ways, pays)
    if assets.battery is not None:
        always = np.ones(assets.n_steps, dtype=bool)
        charge_kw, discharge_kw = powers_kw(assets.battery, outlook.soc, assets.step_h)
        _take_turns(upper, values, (columns["charge"], columns["discharge"]), (always * charge_kw, always * discharge_kw), always)


def _load_kw(assets: HomeAssets, layout: Layout, outlook: HomeOutlook, values: FloatArray) -> FloatArray:
    """Return the power of all but battery and PV."""
    load = outlook.base_load_kw.copy()
    for name in ("heat", "boil", "car"):
        if name in layout.columns:
            load += values[layout.columns[name]]
    for number, machine in enumerate(assets.machines):
        load += np.convolve(values[layout.columns[f"start{number}"]], machine.programme_kw)[: assets.n_steps]
    return load


def _charging(car: Car, p_kw: FloatArray, outlook: HomeOutlook, step_h: float) -> tuple[BoolArray, BoolArray]:
    """Return in which steps the car charges, and in which it rests for good; those with the most energy are decided first."""
    shares = np.minimum(p_kw / car.p_min_kw, 1.0)
    most_kwh = wanted_kwh(car, outlook)
    if not math.isnan(outlook.car_room_kwh):
        most_kwh = max(most_kwh, outlook.car_room_kwh)
    fits = int(most_kwh / (step_h * car.efficiency * car.p_min_kw) + NOISE)
    count = min(max(round(float(shares.sum())), math.ceil(float(p_kw.sum()) / car.p_max_kw - NOISE)), fits)
    sure = int((p_kw >= car.p_min_kw - NOISE_KW).sum())
    chosen = min(sure + math.ceil((count - sure) / AT_ONCE), count)
    charges = np.zeros(len(p_kw), dtype=bool)
    charges[np.argsort(-p_kw, kind="stable")[:chosen]] = True
    charges &= p_kw > NOISE_KW
    return charges, ~charges & (chosen == count)


def _take_turns(
    upper: FloatArray, values: FloatArray, ways: tuple[slice, slice], most_kw: tuple[FloatArray, FloatArray], where: BoolArray
) -> None:
    """Close one direction in each step where both run; what rounding makes too much of one is made up for by the next."""
    forward, backward = ways
    ahead, back = (values[block] / np.maximum(most, LEAST_KW) for block, most in zip(ways, most_kw, strict=True))
    due = 0.0
    for step in np.flatnonzero(where & (np.minimum(values[forward], values[backward]) > NOISE_KW)).tolist():
        due += ahead[step] / (ahead[step] + back[step])
        closed = backward if due >= 0.5 else forward  # noqa: PLR2004 - rounding
        due -= float(closed is backward)
        upper[closed.start + step] = 0.0
