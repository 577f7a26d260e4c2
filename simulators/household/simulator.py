# SPDX-License-Identifier: Apache-2.0
"""The fleet of all homes of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from simulators.household import wet
from simulators.household.catalogue import GROUPS, MACHINES
from simulators.household.chunk import ROW, ROWS
from simulators.household.jobs import Jobs
from simulators.household.measured import MeasuredHomes
from simulators.household.ports import SWITCHED
from simulators.household.switching import PLAIN_HEAT_SHARE, Asked, kept_back, postponed
from simulators.household.wet import WetAppliances
from twinergy.kinds import Fleet

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from simulators.household.chunk import Chunk
    from simulators.household.params import HomeParams
    from simulators.household.stochastic import StochasticHomes
    from simulators.household.switching import Switches
    from twinergy.community.twin import BuildContext
    from twinergy.kinds import FloatArray
    from twinergy.timebase import Block, Step

    IntArray = NDArray[np.intp]

_N_GROUPS: Final = len(GROUPS)
_WET, _OTHER, _WATER = ROW["wet"], ROW["other"], ROW["hot_water"]
_MACHINES: Final = slice(_N_GROUPS, _N_GROUPS + len(MACHINES))
_OF_MACHINES: Final = slice(_N_GROUPS, _N_GROUPS + wet.ROWS)
_OF_WET: Final = tuple(f"{name}_p_kw" for name in MACHINES)
_OF_GROUPS: Final = tuple(f"p_{group}_kw" for group in GROUPS)
_PORT_OF_ROW: Final = (
    *(f"p_{group}_kw" for group in GROUPS),
    *(f"{name}_{what}" for what in ("p_kw", "pending", "slack_s") for name in MACHINES),
    "occupants",
    "active_occupants",
    "hot_water_kw",
)
_NOBODY: Final[list[FloatArray | None]] = [None] * len(SWITCHED)
_ALL_ZERO: Final = (*_PORT_OF_ROW, "p_unserved_kw")
_LIVED: Final = ("occupants", "active_occupants", "hot_water_heat")


class HouseholdFleet(Fleet):
    """All homes of a run.

    Parameters
    ----------
    params : HomeParams
        Constants of the homes.
    sources : list of (ndarray of int, StochasticHomes or MeasuredHomes)
        Rows of homes with a load profile and what makes their load.
    chunks : list of Chunk
        People of all homes, and appliances of the homes built from the bottom up.
    switches : Switches
        Who obeys which set-point.
    context : BuildContext
        For the length of a step.
    """

    def __init__(
        self,
        params: HomeParams,
        sources: list[tuple[IntArray, StochasticHomes | MeasuredHomes]],
        chunks: list[Chunk],
        switches: Switches,
        context: BuildContext,
    ) -> None:
        n_homes = len(params.ids)
        self.ids = params.ids
        self._tan_phi = params.tan_phi
        self._factors = switches.factors(params.tan_phi, params.factor_given)
        self._sources, self._chunks = sources, chunks
        self._plain = np.flatnonzero(~switches.built)
        self._measured = [(rows[homes.with_reactive], homes) for rows, homes in sources if isinstance(homes, MeasuredHomes)]
        self._reactive: list[tuple[IntArray, FloatArray]] = []
        self._plain_kw = np.empty((0, self._plain.size))
        self._week = np.empty((0, len(ROWS), n_homes), dtype=np.float32)
        size, self._rated_kw, self._owed_kwh = np.ones((len(MACHINES), n_homes)), np.zeros(n_homes), np.zeros(n_homes)
        for chunk in chunks:
            size[:, chunk.rows] = chunk.machine_size
            if chunk.traits is not None:
                self._rated_kw[chunk.rows] = chunk.traits.heater_kw
        self._wet = WetAppliances(size, context.axis.step_s) if switches.built.any() else None
        self._nothing = np.zeros(n_homes)
        self._owes = False
        self._machines = Asked([f"{name}_on" for name in MACHINES], switches.machines)
        self._plugs = Asked([f"{group}_on" for group in SWITCHED], switches.groups)

    def prepare(self, block: Block) -> None:
        """Generate or replay the load and the people of every home in the steps of a block."""
        self._plain_kw = self._powers(block)
        self._reactive = [(rows, homes.reactive(block)) for rows, homes in self._measured if rows.size]
        # untouched rows stay one shared page of zeros, so a fleet without appliances does not pay for theirs
        self._week = np.zeros((len(block), len(ROWS), len(self.ids)), dtype=np.float32)
        jobs = []
        for chunk in self._chunks:
            chunk.fill(block, self._week)
            if (of_chunk := chunk.jobs(block.number)) is not None:
                jobs.append(of_chunk)
        if self._wet is not None:
            self._wet.prepare(block, Jobs.of(jobs), self._week[:, _OF_MACHINES])

    def step(self, step: Step, inputs: Mapping[str, FloatArray]) -> dict[str, FloatArray]:
        """Return the load of a step, with what set-points make of it."""
        if self._wet is None:
            return self._plain_step(step)
        rows = self._week[step.offset].astype(np.float64)
        followed = self._wet.step(step, self._machines.of(inputs))
        if followed is not None:
            rows[_OF_MACHINES] = followed
        groups = rows[:_N_GROUPS]
        np.add.reduce(rows[_MACHINES], axis=0, out=groups[_WET])
        plugs = self._plugs.of(inputs)
        nobody = plugs is None and not self._owes
        unserved_kw = self._nothing if nobody else self._switch(groups, plugs or _NOBODY, step.duration_h)
        if self._plain.size:
            groups[_OTHER, self._plain] = self._plain_kw[step.offset]
        p_kw = np.add.reduce(groups, axis=0)
        q_kvar, heat_kw = np.add.reduce(self._factors * groups, axis=1)
        for of_rows, measured_kvar in self._reactive:
            q_kvar[of_rows] = measured_kvar[step.offset]
        outputs = dict(zip(_PORT_OF_ROW, rows, strict=True))
        outputs["p_kw"], outputs["q_kvar"] = p_kw, q_kvar
        outputs["heat_gain_kw"], outputs["p_unserved_kw"] = heat_kw, unserved_kw
        return outputs

    def complete(
        self,
        outputs: dict[str, FloatArray],
        own: Mapping[str, FloatArray],
        said: Mapping[str, NDArray[np.bool_]],
        duration_s: float,  # noqa: ARG002
    ) -> None:
        """Let the sums follow what real plugs measured of their parts."""
        wet_kw = sum(outputs[port] - own[port] for port in _OF_WET if port in said)
        if "p_wet_kw" not in said:
            outputs["p_wet_kw"] = own["p_wet_kw"] + wet_kw
        if "p_kw" not in said:
            outputs["p_kw"] = own["p_kw"] + sum(outputs[port] - own[port] for port in _OF_GROUPS)

    def state(self) -> dict[str, FloatArray]:
        """Return which wet appliances wait (1) since somebody asked, and what stores of water heaters lack. [-], [kWh]."""
        waits = None if self._wet is None else self._wet.waiting()
        named = {f"{name}_pending": self._nothing.copy() if waits is None else waits[n] for n, name in enumerate(MACHINES)}
        return {**named, "hot_water_owed_kwh": self._owed_kwh.copy()}

    def _plain_step(self, step: Step) -> dict[str, FloatArray]:
        """Return the load of a step of homes that all have a load profile, and nothing to switch."""
        p_kw = self._plain_kw[step.offset]
        q_kvar = p_kw * self._tan_phi
        for of_rows, measured_kvar in self._reactive:
            q_kvar[of_rows] = measured_kvar[step.offset]
        outputs = dict.fromkeys(_ALL_ZERO, self._nothing)
        people = self._week[step.offset, -len(_LIVED) :].astype(np.float64)
        outputs["occupants"], outputs["active_occupants"], outputs["hot_water_kw"] = people
        outputs["p_kw"] = outputs["p_other_kw"] = p_kw
        outputs["q_kvar"], outputs["heat_gain_kw"] = q_kvar, p_kw * PLAIN_HEAT_SHARE
        return outputs

    def _switch(self, groups: FloatArray, plugs: list[FloatArray | None], duration_h: float) -> FloatArray:
        unserved_kw = np.zeros(len(self.ids))
        for group, asked in zip(SWITCHED[:-1], plugs[:-1], strict=True):
            if asked is not None:
                unserved_kw += kept_back(groups[ROW[group]], asked)
        if self._owes or plugs[-1] is not None:
            groups[_WATER], cold_kw, self._owed_kwh = postponed(
                groups[_WATER], plugs[-1], self._owed_kwh, self._rated_kw, duration_h
            )
            unserved_kw += cold_kw
            self._owes = bool(self._owed_kwh.any())
        return unserved_kw

    def _powers(self, block: Block) -> FloatArray:
        """Return the load of the homes with a load profile, shape (n_steps, n_plain). [kW]."""
        if len(self._sources) == 1:
            return self._sources[0][1].power(block)
        p_kw = np.empty((len(block), self._plain.size))
        for rows, homes in self._sources:
            p_kw[:, np.searchsorted(self._plain, rows)] = homes.power(block)
        return p_kw
