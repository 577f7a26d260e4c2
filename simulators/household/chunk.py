# SPDX-License-Identifier: Apache-2.0
"""Some of a fleet's homes: their people and, in homes built from the bottom up, their appliances, week by week."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

import numpy as np

from simulators.household.bottom_up import BottomUpHomes
from simulators.household.catalogue import GROUPS, MACHINES
from simulators.household.model import render
from simulators.household.people import People
from simulators.household.weekly import Weekly
from twinergy.timebase import BLOCK_S

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from simulators.household.faults import Faults
    from simulators.household.jobs import Jobs
    from simulators.household.params import HomeParams
    from simulators.household.traits import Traits
    from simulators.household.weekly import Bundle
    from twinergy.community.twin import Site
    from twinergy.timebase import Block

    FloatArray = NDArray[np.float64]
    IntArray = NDArray[np.intp]

ROWS: Final = (*GROUPS, *(f"{name}_{what}" for what in ("p", "pending", "slack") for name in MACHINES),
               "occupants", "active_occupants", "hot_water_heat")  # fmt: skip
"""What is stored of a week: one row per group of appliances, then wet appliances, people and hot water."""
ROW: Final = {name: row for row, name in enumerate(ROWS)}


class Chunk:
    """Some homes.

    Parameters
    ----------
    rows : ndarray of int
        Their rows in the fleet.
    params : HomeParams
        The homes.
    traits : Traits or None
        What homes built from the bottom up have; None for others.
    faults : Faults or None
        Which of their appliances misbehave.
    site : Site
        Where they are.
    seed : int
        Seed of the run.
    """

    SIZE: ClassVar[int] = 1000
    """Most homes of a chunk."""

    def __init__(
        self, rows: IntArray, params: HomeParams, traits: Traits | None, faults: Faults | None, site: Site, seed: int
    ) -> None:
        whole = int(rows[-1] - rows[0]) + 1 == len(rows)
        self.rows = rows
        self.place: slice | IntArray = slice(int(rows[0]), int(rows[-1]) + 1) if whole else rows
        self.traits, self._faults = traits, faults
        self._residents = params.residents
        self._people = People(params, site, seed)
        self._homes = None if traits is None else BottomUpHomes(params, traits, self._people.role, site, seed)
        self._weekly = Weekly(self._draw)
        self._jobs: dict[int, Jobs] = {}

    def fill(self, block: Block, week: NDArray[np.float32]) -> None:
        """Write a block's steps of these homes into the fleet's array of shape (n_steps, n_rows, n_homes)."""
        bundle = self._weekly.touching(block.number)
        awake, away, water = (self._rendered(bundle, name, block) for name in ("awake", "away", "water"))
        week[:, ROW["occupants"], self.place] = self._residents - away
        active = np.subtract(awake, away, out=awake)
        np.maximum(active, 0.0, out=active)
        week[:, ROW["active_occupants"], self.place] = active
        if self._homes is None or self.traits is None:
            week[:, ROW["hot_water_heat"], self.place] = water
            return
        week[:, ROW["hot_water_heat"], self.place] = water * ~self.traits.heated
        week[:, ROW["cold"], self.place] = self._homes.cold(block)
        week[:, ROW["lighting"], self.place] = self._homes.lighting(block, active)
        week[:, ROW["cooking"], self.place] = self._rendered(bundle, "cooking", block)
        week[:, ROW["electronics"], self.place] = self._rendered(bundle, "electronics", block) + self._homes.standby_kw()
        week[:, ROW["other"], self.place] = self._rendered(bundle, "other", block) + self._homes.pump_kw(block)
        if self.traits.heated.any():
            week[:, ROW["hot_water"], self.place] = self._rendered(bundle, "heater", block) + self.traits.heater_loss_kw
        if self._faults is not None:
            self._faults.add(block, week, self.rows, self._homes)

    def jobs(self, number: int) -> Jobs | None:
        """Return the jobs of wet appliances that may be loaded, wait or run in a week, with rows of the fleet, in epoch seconds.

        `fill` must have been called for the week before.
        """
        if self._homes is None:
            return None
        parts = [self._jobs[each].later_by(float(each * BLOCK_S)) for each in (number - 1, number)]
        jobs = parts[0].and_then(parts[1])
        self._jobs = {number: self._jobs[number]}
        return jobs._replace(home=self.rows[jobs.home])

    @property
    def machine_size(self) -> FloatArray:
        """Power of each wet appliance relative to its programmes, shape (n_machines, n_homes). [-]."""
        return np.ones((len(MACHINES), len(self.rows))) if self.traits is None else self.traits.machine_size.T

    def _draw(self, number: int) -> Bundle:
        week = self._people.lived(number)
        if self._homes is None:
            return week.pulses
        bundle, self._jobs[number] = self._homes.drawn(number, week)
        return {**week.pulses, **bundle}

    def _rendered(self, bundle: Bundle, name: str, block: Block) -> FloatArray:
        # From the start of the week even if the run starts later: the sums then round alike, whatever the start.
        until = block.skipped + len(block)
        return render(bundle[name], len(self.rows), until, float(block.step_s))[block.skipped :]
