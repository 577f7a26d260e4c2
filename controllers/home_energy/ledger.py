# SPDX-License-Identifier: Apache-2.0
"""What the module has saved, reckoned from measurements against the habit.

The habit is what the home would have done by itself: machines start when they are loaded, the car charges when it comes home, and
the battery takes up what is left over and gives it back, whatever the price. It is reckoned a day late, when all runs of the day
are known, with the energy that was really used, only moved back to when it would have been used; heating is taken as it was.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from twinergy.units import SECONDS_PER_DAY, SECONDS_PER_HOUR

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from controllers.home_energy.batteries import Batteries
    from controllers.home_energy.homes import Homes
    from controllers.home_energy.machines import Run
    from controllers.home_energy.reading import Reading
    from twinergy.kinds import FloatArray

DAYS: Final = 3
"""Days of steps that are kept: a job may wait for a day, and the day is reckoned when it is past."""
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
    """

    cost_eur: FloatArray
    import_kwh: FloatArray
    export_kwh: FloatArray
    co2_kg: FloatArray
    pv_kwh: FloatArray

    @classmethod
    def of(cls, n_homes: int) -> Totals:
        """Return sums of nothing."""
        return cls(*(np.zeros((2, n_homes)) for _ in range(5)))

    def __iadd__(self, other: Totals) -> Totals:
        for name in self.__dataclass_fields__:
            getattr(self, name).__iadd__(getattr(other, name))
        return self


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


class _Cells:
    """The home batteries as the habit would have used them.

    Parameters
    ----------
    batteries : Batteries
        What they are, and what they lose.
    """

    def __init__(self, batteries: Batteries) -> None:
        self._of = batteries
        self.soc = np.zeros(len(batteries.capacity_kwh))

    def step(self, net_kw: FloatArray, known: NDArray[np.bool_], step_h: float, one_way: FloatArray) -> FloatArray:
        """Return the terminal power that takes up surplus and covers need, load frame, and move on; 0 where nothing is known."""
        of = self._of
        room_kw = (of.max_soc - self.soc) * of.capacity_kwh / one_way / step_h
        held_kw = (self.soc - of.min_soc) * of.capacity_kwh * one_way / step_h
        low_kw = -np.clip(np.minimum(held_kw, of.p_discharge_kw), 0.0, None)
        high_kw = np.clip(np.minimum(room_kw, of.p_charge_kw), 0.0, None)
        p_kw = np.clip(-net_kw - of.standby_kw, low_kw, high_kw)
        p_kw = np.where(known, p_kw, 0.0)
        inside_kwh = np.where(p_kw > 0, p_kw * one_way, p_kw / one_way) * step_h
        self.soc = self.soc + inside_kwh / np.maximum(of.capacity_kwh, 1e-9)
        return np.asarray(np.where(known, p_kw + of.standby_kw, 0.0))


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
        Sums of all days reckoned so far.
    held_kwh : ndarray, shape (2, n_homes)
        What the batteries held at the end of the last of them, as it was and by habit. [kWh]
    """

    def __init__(self, homes: Homes, batteries: Batteries, step_s: int) -> None:
        self.per_day = SECONDS_PER_DAY // step_s
        self.totals = Totals.of(len(homes))
        self._step_s = step_s
        self._first_s = -1
        shape = (DAYS * self.per_day, len(homes))
        self._net_kw, self._load_kw, self._pv_kw, self._car_kw = (np.zeros(shape) for _ in range(4))
        self._wanting, self._known = np.zeros(shape, dtype=bool), np.zeros(shape, dtype=bool)
        self._buy, self._sell, self._co2 = (np.zeros(shape) for _ in range(3))
        self._soc = np.zeros(shape)
        self.held_kwh = np.zeros((2, len(homes)))
        self._runs: list[Run] = []
        self._car_max_kw = np.array(
            [car.p_max_kw if (car := home.car()) else 0.0 for home in (homes[row] for row in range(len(homes)))]
        )
        self._batteries, self._cells = batteries, _Cells(batteries)
        self._seen = 0
        self._steered = np.array([homes[row].steers("machines") for row in range(len(homes))], dtype=bool)

    def note(self, reading: Reading, prices: Sequence[FloatArray], runs: Sequence[Run], usual_wait_s: FloatArray) -> Day | None:
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
        """
        if self._first_s < 0:
            self._first_s = reading.epoch_s
        row = self._seen % len(self._net_kw)
        load_kw = reading.base_kw + reading.machines_kw.sum(axis=1) + reading.heating_kw
        self._net_kw[row] = np.nan_to_num(reading.net_kw)
        self._known[row] = ~reading.silent  # in a gap the habit is taken to be what the meter says
        self._load_kw[row] = np.where(reading.silent, self._net_kw[row], np.nan_to_num(load_kw))
        self._pv_kw[row] = np.where(reading.silent, 0.0, reading.pv_kw)
        self._car_kw[row] = np.where(reading.silent, 0.0, reading.car_kw)
        self._soc[row] = np.nan_to_num(reading.values["soc"])
        self._wanting[row] = reading.values["car_wanted_kwh"] > 0
        self._buy[row], self._sell[row], self._co2[row] = prices
        if not self._seen:
            self._cells.soc = np.nan_to_num(reading.values["soc"])
        self._runs += [replace(run, arrived_s=self._habitual(run, usual_wait_s)) for run in runs if self._steered[run.home]]
        self._seen += 1
        days, rest = divmod(self._seen, self.per_day)
        return self._reckon(days - 2) if rest == 0 and days > 1 else None

    def _habitual(self, run: Run, usual_wait_s: FloatArray) -> int:
        """Return when a run would have started by habit, never later than it did."""
        wait_s = int(usual_wait_s[run.machine] // self._step_s) * self._step_s
        return min(run.arrived_s + wait_s, run.started_s)

    def _reckon(self, day: int) -> Day:
        start_s = self._first_s + day * SECONDS_PER_DAY
        rows = np.arange(day * self.per_day, (day + 2) * self.per_day) % len(self._net_kw)
        load_kw = self._load_kw[rows] + self._cars_at_once(day)
        self._move_back(load_kw, start_s)
        habit_kw = load_kw[: self.per_day] + self._pv_kw[rows[: self.per_day]]
        step_h = self._step_s / SECONDS_PER_HOUR
        one_way = self._batteries.one_way
        for net_kw, known in zip(habit_kw, self._known[rows[: self.per_day]], strict=True):
            net_kw += self._cells.step(net_kw, known, step_h, one_way)  # noqa: PLW2901 - in place: a row of the array
        today = rows[: self.per_day]
        real_kw = self._net_kw[today]
        both = np.stack([real_kw, habit_kw])
        imported, exported = np.maximum(both, 0.0) * step_h, np.maximum(-both, 0.0) * step_h
        totals = Totals(
            cost_eur=(imported * self._buy[today] - exported * self._sell[today]).sum(axis=1),
            import_kwh=imported.sum(axis=1),
            export_kwh=exported.sum(axis=1),
            co2_kg=(imported * self._co2[today]).sum(axis=1) * GRAM,
            pv_kwh=np.broadcast_to(-self._pv_kw[today].sum(axis=0) * step_h, (2, both.shape[2])).copy(),
        )
        self.totals += totals
        self.held_kwh = np.stack([self._soc[today[-1]], self._cells.soc]) * self._batteries.capacity_kwh
        return Day(start_s, totals, real_kw.copy(), habit_kw)

    def _cars_at_once(self, day: int) -> FloatArray:
        """Return how cars would have charged by habit in a day and the next: stays that began the day before are theirs."""
        before = self.per_day if day > 0 else 0
        rows = np.arange(day * self.per_day - before, (day + 2) * self.per_day) % len(self._net_kw)
        return _at_once(self._car_kw[rows], self._wanting[rows], self._car_max_kw)[before:]

    def _move_back(self, load_kw: FloatArray, start_s: int) -> None:
        """Move each run of these days back to when it was loaded; runs of which the arrival is long past are dropped."""
        for run in self._runs:
            if run.started_s > run.arrived_s:
                for place_s, sign in ((run.started_s, -1.0), (run.arrived_s, 1.0)):
                    first = (place_s - start_s) // self._step_s
                    steps = first + np.arange(len(run.programme_kw))
                    inside = (steps >= 0) & (steps < len(load_kw))
                    load_kw[steps[inside], run.home] += sign * run.programme_kw[inside]
        tomorrow_s = start_s + SECONDS_PER_DAY
        self._runs = [run for run in self._runs if run.started_s + len(run.programme_kw) * self._step_s > tomorrow_s]


def _at_once(car_kw: FloatArray, wanting: NDArray[np.bool_], most_kw: FloatArray) -> FloatArray:
    """Return the same charging as it would be by habit, shape ``(n_steps, n_homes)``.

    A stay begins with a step in which the car begins to want energy. What it took while it wanted some is charged at full power
    as soon as it came; what it took beyond, down to the trickle at the end, follows as it was.
    """
    moved = np.zeros_like(car_kw)
    for home in np.flatnonzero(car_kw.any(axis=0)):
        begins = np.flatnonzero(wanting[:, home] & ~np.concatenate([[False], wanting[:-1, home]]))
        for first, last in zip(np.concatenate([[0], begins]), np.concatenate([begins, [len(car_kw)]]), strict=True):
            stay, wants = car_kw[first:last, home], wanting[first:last, home]
            full_kw = max(most_kw[home], stay.max(initial=0.0))
            filled = np.clip(stay[wants].sum() - full_kw * np.arange(len(stay)), 0.0, full_kw)
            beyond = stay[~wants & (stay > 0)]
            after = int(np.count_nonzero(filled))
            moved[first:last, home] = filled
            moved[first + after : min(last, first + after + len(beyond)), home] += beyond[: last - first - after]
    return moved
