# SPDX-License-Identifier: Apache-2.0
"""What the plans mean for the devices in the step ahead."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from controllers.home_energy.homes import MACHINES
from twinergy.agents import Rank, SetPoint

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from controllers.home_energy.homes import Homes
    from controllers.home_energy.plans import Plans
    from controllers.home_energy.reading import Reading

BIND_KW: Final = 0.05
"""By how much a plan must differ from what a battery does by itself before it is told anything: less is forecast noise. [kW]"""


class Steering:
    """Turns plans into set-points.

    Batteries stay in their own self-consumption mode, which follows the home within the step as no plan can. A plan only bounds it:
    from below where it wants more in the battery than the mode would leave there (charge from the grid, keep for later), from above
    where it wants less. What a forecast got wrong in between is the battery's own to balance.

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

    def set_points(self, plans: Plans, reading: Reading, epoch_s: int) -> Iterator[SetPoint]:
        """Yield what devices are asked for in the step that starts at an instant."""
        yield from self._battery(plans, epoch_s)
        yield from self._car(plans, reading, epoch_s)
        yield from self._machines(plans, reading, epoch_s)

    def _battery(self, plans: Plans, epoch_s: int) -> Iterator[SetPoint]:
        rows, ids = self._batteries.rows, self._batteries.ids
        if not ids:
            return
        wanted_kw, alone_kw = plans.at("battery_kw", epoch_s)[rows], plans.at("alone_kw", epoch_s)[rows]
        low_kw = np.where(wanted_kw > alone_kw + BIND_KW, wanted_kw, np.nan)
        high_kw = np.where(wanted_kw < alone_kw - BIND_KW, wanted_kw, np.nan)
        for port, value in (("p_min_kw", low_kw), ("p_max_kw", high_kw)):
            yield self._schedule("battery", port, ids, value, "home energy plan")

    def _car(self, plans: Plans, reading: Reading, epoch_s: int) -> Iterator[SetPoint]:
        rows, ids = self._cars.rows, self._cars.ids
        if ids:
            wanting = reading.values["car_wanted_kwh"][rows] > 0
            power_kw = np.where(wanting, plans.at("car_kw", epoch_s)[rows], np.nan)
            yield self._schedule("charging", "p_set_kw", ids, power_kw, "home energy plan")

    def _machines(self, plans: Plans, reading: Reading, epoch_s: int) -> Iterator[SetPoint]:
        """Hold every machine until its time has come: a job that comes in waits for the next plan, never past its latest start."""
        rows, ids = self._households.rows, self._households.ids
        if not ids:
            return
        planned = plans.made_s[rows] >= 0
        for place, machine in enumerate(MACHINES):
            starts_s = plans.start_s[rows, place]
            start = (starts_s >= 0) & (starts_s <= epoch_s) & reading.pending[rows, place]
            value = np.where(planned, start.astype(np.float64), np.nan)
            yield self._schedule("household", f"{machine}_on", ids, value, "home energy plan")

    def _schedule(self, table: str, port: str, ids: tuple[str, ...], value: NDArray[np.float64], reason: str) -> SetPoint:
        return SetPoint(table=table, port=port, ids=ids, value=value, rank=Rank.SCHEDULE, valid_s=self._step_s, reason=reason)
