# SPDX-License-Identifier: Apache-2.0
"""What the plans mean for the devices in the step ahead."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from controllers.home_energy.analysis.plugs import MACHINES
from controllers.home_energy.thermal import COLD, HOT, told_degc
from twinergy.agents import Rank, SetPoint

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from controllers.home_energy.cars import Cars
    from controllers.home_energy.homes import Homes
    from controllers.home_energy.plans import Plans
    from controllers.home_energy.reading import Reading
    from controllers.home_energy.thermal import Thermal

BIND_KW: Final = 0.05
"""By how much a plan must differ from what a battery does by itself before it is told anything: less is forecast noise. [kW]"""


COLD_ROOM_K: Final = 0.5
"""A room that is so far below its set-point by day has no heat to spare for hotter water. [K]"""


class Steering:
    """Turns plans into set-points.

    Batteries stay in their own self-consumption mode, which follows the home within the step as no plan can. A plan only bounds
    it: from below where it wants more in the battery than the mode would leave there (charge from the grid, keep for later), from
    above where it wants less. What a forecast got wrong in between is the battery's own to balance.

    Parameters
    ----------
    homes : Homes
        The homes.
    step_s : float
        Length of a step. [s]
    """

    def __init__(self, homes: Homes, step_s: float) -> None:
        self._step_s = step_s
        self._batteries = homes.having("battery", "battery")
        self._cars = homes.having("charging", "car")
        self._households = homes.having("household", "machines")
        self._roofs = homes.having("pv", "pv")
        self._rooms, self._tanks = homes.having("building", "heating"), homes.having("building", "hot_water")
        self._room_set_degc = np.array([homes[row].option("building", "temp_set_degc", 20.0) for row in self._tanks.rows])
        self._tank_set_degc = np.array([homes[row].option("building", "tank_temp_set_degc", 50.0) for row in self._tanks.rows])

    def set_points(
        self, plans: Plans, reading: Reading, cars: Cars, thermals: Sequence[Thermal], epoch_s: int
    ) -> Iterator[SetPoint]:
        """Yield what devices are asked for in the step that starts at an instant."""
        yield from self._battery(plans, epoch_s)
        yield from self._car(plans, cars, epoch_s)
        yield from self._pv(plans, epoch_s)
        yield from self._machines(plans, reading, epoch_s)
        yield from self._heat(plans, reading, thermals, epoch_s)

    def _battery(self, plans: Plans, epoch_s: int) -> Iterator[SetPoint]:
        rows, ids = self._batteries.rows, self._batteries.ids
        if not ids:
            return
        wanted_kw, alone_kw = plans.at("battery_kw", epoch_s)[rows], plans.at("alone_kw", epoch_s)[rows]
        low_kw = np.where(wanted_kw > alone_kw + BIND_KW, wanted_kw, np.nan)
        high_kw = np.where(wanted_kw < alone_kw - BIND_KW, wanted_kw, np.nan)
        for port, value in (("p_min_kw", low_kw), ("p_max_kw", high_kw)):
            yield from self._schedule("battery", port, ids, value, "home energy plan")

    def _pv(self, plans: Plans, epoch_s: int) -> Iterator[SetPoint]:
        """Hold PV down where the plan does, as when feeding in costs money."""
        rows, ids = self._roofs.rows, self._roofs.ids
        if ids:
            planned_kw, sun_kw = plans.at("pv_kw", epoch_s)[rows], plans.at("sun_kw", epoch_s)[rows]
            held_kw = np.where(planned_kw > sun_kw + BIND_KW, planned_kw, np.nan)
            yield from self._schedule("pv", "p_min_kw", ids, held_kw, "home energy plan")

    def holds_sun(self, plans: Plans, epoch_s: int) -> NDArray[np.bool_]:
        """Return whose PV a plan holds down in the step that starts at an instant, shape ``(n_homes,)``."""
        held = np.zeros(len(plans.made_s), dtype=bool)
        rows = self._roofs.rows
        held[rows] = (plans.at("pv_kw", epoch_s) > plans.at("sun_kw", epoch_s) + BIND_KW)[rows]
        return held

    def _car(self, plans: Plans, cars: Cars, epoch_s: int) -> Iterator[SetPoint]:
        """Limit the charging points, which charge as fast as they may by themselves.

        A car that comes charges until its plan is made, one step later, because it might have to leave soon; one that has what it
        is to get is left to trickle.
        """
        rows, ids = self._cars.rows, self._cars.ids
        if ids:
            planned_kw = np.where(cars.wanted_kwh > 0, plans.at("car_kw", epoch_s), np.nan)
            yield from self._schedule("charging", "p_max_kw", ids, planned_kw[rows], "home energy plan")

    def _machines(self, plans: Plans, reading: Reading, epoch_s: int) -> Iterator[SetPoint]:
        """Hold every machine until its time has come: what is loaded waits for the next plan, never past its latest start."""
        rows, ids = self._households.rows, self._households.ids
        if not ids:
            return
        planned = plans.step_of(epoch_s)[1][rows]
        for place, machine in enumerate(MACHINES):
            starts_s = plans.start_s[rows, place]
            start = (starts_s >= 0) & (starts_s <= epoch_s) & reading.pending[rows, place]
            value = np.where(planned, start.astype(np.float64), np.nan)
            yield from self._schedule("household", f"{machine}_on", ids, value, "home energy plan")

    def _heat(self, plans: Plans, reading: Reading, thermals: Sequence[Thermal], epoch_s: int) -> Iterator[SetPoint]:
        """Store heat and cold where the plan does: beyond what thermostats ask for by themselves, never short of it."""
        room_degc, tank_degc = plans.at("temp_room_degc", epoch_s), plans.at("temp_tank_degc", epoch_s)
        # a room that the sun warms beyond its set-point is not to be kept there: only where the plan heats is it asked to
        room_degc = np.where(plans.at("heat_kw", epoch_s) > BIND_KW, room_degc, np.nan)
        tank_degc = np.where(plans.at("tank_kw", epoch_s) > BIND_KW, tank_degc, np.nan)
        for mode, port in ((HOT, "temp_set_degc"), (COLD, "temp_cool_set_degc")):
            rows = np.array([row for row in self._rooms.rows if thermals[row].mode == mode], dtype=np.int64)
            if rows.size:
                usual_degc = np.array([thermals[row].set_degc for row in rows])
                ids = [self._rooms.ids[place] for place in np.searchsorted(self._rooms.rows, rows)]
                yield from self._schedule(
                    "building", port, ids, told_degc(room_degc[rows], usual_degc, heats=mode == HOT), "heat store"
                )
        if self._tanks.ids:
            told = told_degc(tank_degc[self._tanks.rows], self._tank_set_degc, heats=True)
            cold = reading.values["temp_indoor_degc"][self._tanks.rows] < self._room_set_degc - COLD_ROOM_K
            told[cold] = np.nan  # one heat pump for both, and it would see to the water first
            yield from self._schedule("building", "tank_temp_set_degc", self._tanks.ids, told, "hot water store")

    def _schedule(self, table: str, port: str, ids: Sequence[str], value: NDArray[np.float64], reason: str) -> Iterator[SetPoint]:
        """Yield a request for those devices that are asked for something; the others are left to whoever else asks."""
        asked = np.flatnonzero(np.isfinite(value))
        if asked.size:
            names = tuple(ids[place] for place in asked.tolist())
            yield SetPoint(
                table=table, port=port, ids=names, value=value[asked], rank=Rank.SCHEDULE, valid_s=self._step_s, reason=reason
            )
