# SPDX-License-Identifier: Apache-2.0
"""The last days of measurements, as the books need them."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from controllers.home_energy.reading import Reading
    from twinergy.kinds import FloatArray

    BoolArray = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Window:
    """Some steps of all homes, arrays of shape ``(n_steps, n_homes)``; numbers are 0 where nothing is or was measured.

    Attributes
    ----------
    net_kw, battery_kw, car_kw, pv_kw : ndarray
        Exchange with the grid, battery, charging point and PV as measured, load frame. [kW]
    free_pv_kw : ndarray
        PV if the module had not curtailed it. [kW]
    soc : ndarray
        State of charge, the last one known. [-]
    known, here, wanting : bool ndarray
        Whether the gateway spoke, whose car was there and which lacked energy; in a gap as before it.
    simulated, stays : bool ndarray
        Where the battery was steered, so that its habit has to be simulated, and where a stay of a car was.
    buy_eur_per_kwh, feed_in_eur_per_kwh, co2_g_per_kwh : ndarray
        Prices and carbon intensity. [EUR/kWh], [EUR/kWh], [g/kWh]
    """

    net_kw: FloatArray
    battery_kw: FloatArray
    car_kw: FloatArray
    pv_kw: FloatArray
    free_pv_kw: FloatArray
    soc: FloatArray
    known: BoolArray
    here: BoolArray
    wanting: BoolArray
    simulated: BoolArray
    stays: BoolArray
    buy_eur_per_kwh: FloatArray
    feed_in_eur_per_kwh: FloatArray
    co2_g_per_kwh: FloatArray

    def part(self, rows: slice | NDArray[np.int64]) -> Window:
        """Return some of the steps."""
        return Window(**{each.name: getattr(self, each.name)[rows] for each in fields(self)})


class History:
    """A ring of steps.

    Parameters
    ----------
    n_steps, n_homes : int
        How many steps are kept, and of how many homes.
    batteries, cars : bool ndarray, shape (n_homes,)
        Whose battery, and whose car is steered while a plan is in force.
    """

    def __init__(self, n_steps: int, n_homes: int, batteries: BoolArray, cars: BoolArray) -> None:
        def zeros(of: str) -> Any:
            return np.zeros((n_steps, n_homes), dtype=bool if of == "BoolArray" else np.float64)

        self._ring = Window(**{each.name: zeros(str(each.type)) for each in fields(Window)})
        self._n_steps, self._seen = n_steps, 0
        self._batteries, self._cars = batteries, cars

    def note(self, reading: Reading, prices: Sequence[FloatArray], planned: BoolArray, curtailed: BoolArray) -> None:
        """Take note of a step; see `controllers.home_energy.ledger.Ledger.note`."""
        row, ring, values, silent = self._seen % self._n_steps, self._ring, reading.values, reading.silent
        last = (row - 1) % self._n_steps
        ring.net_kw[row] = np.nan_to_num(reading.net_kw)
        ring.battery_kw[row] = np.where(silent, 0.0, np.nan_to_num(values["p_battery_kw"]))
        ring.car_kw[row] = np.where(silent, 0.0, reading.car_kw)
        made_kw, free_kw = values["p_pv_kw"], reading.pv_kw
        made_kw = np.where(np.isnan(made_kw), free_kw, np.minimum(made_kw, 0.0))
        ring.pv_kw[row] = np.where(silent, 0.0, made_kw)
        ring.free_pv_kw[row] = np.where(silent, 0.0, np.where(curtailed, np.minimum(free_kw, made_kw), made_kw))
        unsaid = silent | np.isnan(values["soc"])
        ring.soc[row] = np.where(unsaid, ring.soc[last], np.nan_to_num(values["soc"]))
        ring.known[row] = ~silent
        wanting, drawing = values["car_wanted_kwh"] > 0, reading.car_kw > 0
        there = ~np.isnan(values["car_departure_s"]) | wanting | drawing
        ring.here[row] = np.where(silent, ring.here[last], there)
        ring.wanting[row] = np.where(silent, ring.wanting[last], wanting)
        ring.simulated[row] = planned & self._batteries
        ring.stays[row] = planned & self._cars & ring.here[row]
        ring.buy_eur_per_kwh[row], ring.feed_in_eur_per_kwh[row], ring.co2_g_per_kwh[row] = prices
        self._seen += 1

    def window(self, first: int, last: int) -> Window:
        """Return the steps from one to before another, counted from the first that was noted."""
        return self._ring.part(np.arange(first, last) % self._n_steps)
