# SPDX-License-Identifier: Apache-2.0
"""What the module has saved, reckoned from measurements against the habit.

The habit is what the home would have done by itself: machines start as long after loading as they usually do, the car charges
when it comes home, and the battery takes up what is left over and gives it back, whatever the price. It is reckoned from the
exchange with the grid as it was, changed only by what was steered: where nothing is, habit and reality are the same to the cent.
What was used is used by habit too, only at another time; heating is taken as it was.

A day is reckoned when the next one is over, since a machine may wait and a car may charge beyond midnight. For some days more it
is reckoned anew with every day, for cars that stay longer; then it is closed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from controllers.home_energy import habit_battery, habit_cars
from controllers.home_energy.habit_battery import Cells
from controllers.home_energy.habit_cars import Stays
from controllers.home_energy.habit_machines import Runs
from controllers.home_energy.history import History, Window
from twinergy.units import SECONDS_PER_DAY, SECONDS_PER_HOUR

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from controllers.home_energy.batteries import Batteries
    from controllers.home_energy.homes import Homes
    from controllers.home_energy.machines import Run
    from controllers.home_energy.reading import Reading
    from twinergy.kinds import FloatArray

    BoolArray = NDArray[np.bool_]

OPEN_DAYS: Final = 5
"""Days that are still reckoned anew: a car that came on a Thursday evening may charge on Monday (assumption)."""
REAL_ROW, HABIT_ROW = 0, 1
"""Rows of `Totals`: as it was, and as the habit would have been."""
GRAM: Final = 1e-3


@dataclass
class Totals:
    """Sums over the days that have been reckoned, one per home.

    Attributes
    ----------
    cost_eur, import_kwh, export_kwh, co2_kg, pv_kwh : ndarray, shape (2, n_homes)
        As it was, and as the habit would have been. [EUR], [kWh], [kg]
    fed_kwh : ndarray, shape (2, n_homes)
        Of the export, what was fed in while the gateway spoke, as `pv_kwh` was generated then. [kWh]
    """

    cost_eur: FloatArray
    import_kwh: FloatArray
    export_kwh: FloatArray
    co2_kg: FloatArray
    pv_kwh: FloatArray
    fed_kwh: FloatArray

    @classmethod
    def of(cls, n_homes: int) -> Totals:
        """Return sums of nothing."""
        return cls(*(np.zeros((2, n_homes)) for _ in cls.__dataclass_fields__))

    def __add__(self, other: Totals) -> Totals:
        return Totals(*(getattr(self, name) + getattr(other, name) for name in self.__dataclass_fields__))


@dataclass(frozen=True, slots=True)
class Day:
    """A day that has been reckoned.

    Attributes
    ----------
    start_s : int
        Its first step. [s]
    totals : Totals
        Its sums.
    real_kw, habit_kw : ndarray, shape (n_steps, n_homes)
        Exchange with the grid as it was, and as the habit would have been. [kW]
    """

    start_s: int
    totals: Totals
    real_kw: FloatArray
    habit_kw: FloatArray


class Ledger:
    """Keeps the last days of measurements and reckons each day when it is known.

    Parameters
    ----------
    homes : Homes
        The homes.
    batteries : Batteries
        What the homes' batteries are, and what they lose.
    step_s : int
        Length of a step. [s]

    Attributes
    ----------
    totals : Totals
        Sums of all days reckoned so far, late charging of long stays included.
    held_kwh : ndarray, shape (2, n_homes)
        What the batteries held at the end of the last of them, as it was and by habit. [kWh]
    """

    def __init__(self, homes: Homes, batteries: Batteries, step_s: int) -> None:
        self.per_day = SECONDS_PER_DAY // step_s
        self.totals = Totals.of(len(homes))
        self.held_kwh = np.zeros((2, len(homes)))
        self._closed = Totals.of(len(homes))
        self._step_s = step_s
        self._first_s = -1
        self._seen, self._closed_days = 0, 0
        self._known_steps = np.zeros(len(homes), dtype=np.int64)
        self._batteries = batteries
        self._follows = habit_battery.follows(homes)
        self._cells = Cells(batteries, self._follows, np.zeros(len(homes)))
        self._stays = Stays(len(homes))
        self._runs = Runs(homes, step_s)
        steered = self._follows & [homes[row].steers("battery") for row in range(len(homes))]
        self._history = History((OPEN_DAYS + 1) * self.per_day, len(homes), steered, habit_cars.steered(homes))
        self._planned_from_s = np.full(len(homes), np.inf)
        self._usual_car_kw = np.array(
            [car.p_max_kw if (car := home.car()) else 0.0 for home in (homes[row] for row in range(len(homes)))]
        )
        self._most_car_kw = np.zeros(len(homes))

    @property
    def known_share(self) -> FloatArray:
        """Share of the steps in which the gateway spoke, shape ``(n_homes,)``. [-]."""
        return np.asarray(self._known_steps / max(1, self._seen))

    def note(
        self,
        reading: Reading,
        prices: Sequence[FloatArray],
        runs: Sequence[Run],
        usual_wait_s: FloatArray,
        *,
        planned: BoolArray | None = None,
        curtailed: BoolArray | None = None,
    ) -> Day | None:
        """Take note of a step and return the day before last when it is complete.

        Parameters
        ----------
        reading : Reading
            The step.
        prices : sequence of three ndarray, shape (n_homes,)
            Of buying and of feeding in, and carbon intensity. [EUR/kWh], [EUR/kWh], [g/kWh]
        runs : sequence of Run
            Runs of machines that have ended.
        usual_wait_s : ndarray, shape (3,)
            How long after loading each machine is habitually started. [s]
        planned : bool ndarray, shape (n_homes,), optional
            For which homes a plan was in force in the step; all if left out. Before the first plan a home lives by habit, and
            after it the habit is reckoned on, for what was in store is another.
        curtailed : bool ndarray, shape (n_homes,), optional
            Whose PV the module has limited in the step; nobody's if left out.
        """
        nobody = np.zeros(len(self._planned_from_s), dtype=bool)
        if self._first_s < 0:
            self._first_s = reading.epoch_s
            self._cells = Cells(self._batteries, self._follows, np.nan_to_num(reading.values["soc"]))
        acts = ~nobody if planned is None else planned
        self._planned_from_s = np.where(acts, np.minimum(self._planned_from_s, reading.epoch_s), self._planned_from_s)
        self._history.note(reading, prices, np.isfinite(self._planned_from_s), nobody if curtailed is None else curtailed)
        self._most_car_kw = np.fmax(self._most_car_kw, np.where(reading.silent, 0.0, reading.car_kw))
        self._runs.add(runs, self._planned_from_s, usual_wait_s, self._start_s(self._closed_days))
        self._known_steps += ~reading.silent
        self._seen += 1
        days, rest = divmod(self._seen, self.per_day)
        return self._reckon(days - 1) if rest == 0 and days > 1 else None

    def _start_s(self, day: int) -> int:
        return self._first_s + day * SECONDS_PER_DAY

    def _reckon(self, n_days: int) -> Day:
        """Reckon all open days up to a number of them, close the first if there are enough, and return the last."""
        window = self._history.window(self._closed_days * self.per_day, (n_days + 1) * self.per_day)
        shifted_kw = self._shifted_kw(window)
        step_h = self._step_s / SECONDS_PER_HOUR
        cells, closing = self._cells.copy(), n_days - self._closed_days >= OPEN_DAYS
        sums, days = self._closed, []
        for place in range(n_days - self._closed_days):
            rows = slice(place * self.per_day, (place + 1) * self.per_day)
            today = window.part(rows)
            habit_kw = today.net_kw + shifted_kw[rows] + cells.run(shifted_kw[rows], today, step_h)
            days.append(Day(self._start_s(self._closed_days + place), _totals(today, habit_kw, step_h), today.net_kw, habit_kw))
            sums = sums + days[-1].totals
            if closing and place == 0:
                self._cells = cells.copy()
        self.totals = sums
        self.held_kwh = np.stack([window.soc[len(days) * self.per_day - 1], cells.soc]) * self._batteries.capacity_kwh
        if closing:
            self._close(window, days[0])
        return days[-1]

    def _shifted_kw(self, window: Window) -> FloatArray:
        """Return by how much the habit draws more than was drawn, batteries aside. [kW]."""
        moved_kw = self._stays.at_once(window, self._full_kw()) - window.car_kw
        moved_kw += self._runs.moved_kw(self._start_s(self._closed_days), *window.net_kw.shape)
        return np.asarray(moved_kw + (window.free_pv_kw - window.pv_kw))

    def _close(self, window: Window, day: Day) -> None:
        self._closed = self._closed + day.totals
        self._stays.close(window, self.per_day, self._full_kw())
        self._closed_days += 1
        self._runs.close(self._start_s(self._closed_days))

    def _full_kw(self) -> FloatArray:
        """Return the most each car took so far: its own charger may be smaller than the point it hangs on."""
        return np.where(self._most_car_kw > 0, self._most_car_kw, self._usual_car_kw)


def _totals(today: Window, habit_kw: FloatArray, step_h: float) -> Totals:
    both = np.stack([today.net_kw, habit_kw])
    imported, exported = np.maximum(both, 0.0) * step_h, np.maximum(-both, 0.0) * step_h
    return Totals(
        cost_eur=(imported * today.buy_eur_per_kwh - exported * today.feed_in_eur_per_kwh).sum(axis=1),
        import_kwh=imported.sum(axis=1),
        export_kwh=exported.sum(axis=1),
        co2_kg=(imported * today.co2_g_per_kwh).sum(axis=1) * GRAM,
        pv_kwh=-np.stack([today.pv_kw, today.free_pv_kw]).sum(axis=1) * step_h,
        fed_kwh=(exported * today.known).sum(axis=1),
    )
