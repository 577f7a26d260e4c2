# SPDX-License-Identifier: Apache-2.0
"""The device kind ``household``: ports, checks and the fleet."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final, cast

import numpy as np

from simulators.household import model
from simulators.household.measured import MeasuredHomes, read_homes
from simulators.household.params import HomeParams, HouseholdOptions, MeasuredProfile, StochasticProfile
from simulators.household.standard_load import BIN_S, Shape, StandardLoad
from simulators.household.stochastic import StochasticHomes
from twinergy.errors import Finding
from twinergy.kinds import DeviceKind, Fleet, Phase
from twinergy.ports import measured
from twinergy.units import HOURS_PER_YEAR

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from twinergy.community.twin import BuildContext, Device, Twin
    from twinergy.kinds import FloatArray
    from twinergy.options import Options
    from twinergy.ports import Port
    from twinergy.timebase import Block, Step

    IntArray = NDArray[np.intp]

_SHAPES: Final[tuple[Shape, ...]] = ("h0", "h25")


class HouseholdFleet(Fleet):
    """All homes of a run.

    Parameters
    ----------
    params : HomeParams
        Constants of the homes.
    sources : list of (ndarray of int, StochasticHomes or MeasuredHomes)
        Rows of homes and what makes their load; together all rows.
    """

    def __init__(self, params: HomeParams, sources: list[tuple[IntArray, StochasticHomes | MeasuredHomes]]) -> None:
        self.ids = params.ids
        self._tan_phi = params.tan_phi
        self._sources = sources
        self._p_kw = np.empty((0, len(params.ids)))
        self._measured = [(rows[homes.with_reactive], homes) for rows, homes in sources if isinstance(homes, MeasuredHomes)]
        self._reactive: list[tuple[IntArray, FloatArray]] = []

    def prepare(self, block: Block) -> None:
        """Generate or replay the load of every home in the steps of a block."""
        self._p_kw = self._powers(block)
        self._reactive = [(rows, homes.reactive(block)) for rows, homes in self._measured if rows.size]

    def step(self, step: Step, inputs: Mapping[str, FloatArray]) -> dict[str, FloatArray]:  # noqa: ARG002 - homes need nothing
        """Return the load of a step; the arrays belong to the block and are never written again."""
        p_kw = self._p_kw[step.offset]
        q_kvar = model.reactive(p_kw, self._tan_phi)
        for rows, measured_kvar in self._reactive:
            q_kvar[rows] = measured_kvar[step.offset]
        return {"p_kw": p_kw, "q_kvar": q_kvar}

    def _powers(self, block: Block) -> FloatArray:
        if len(self._sources) == 1:
            return self._sources[0][1].power(block)
        p_kw = np.empty((len(block), len(self.ids)))
        for rows, homes in self._sources:
            p_kw[:, rows] = homes.power(block)
        return p_kw


class HouseholdKind(DeviceKind):
    """Electricity use of homes, without heat pumps, vehicles and generation."""

    name: ClassVar[str] = "household"
    title: ClassVar[str] = "household electricity"
    phase: ClassVar[Phase] = Phase.UNCONTROLLED
    options: ClassVar[type[Options]] = HouseholdOptions
    ports: ClassVar[tuple[Port, ...]] = (
        measured("p_kw", "active power, never negative"),
        measured("q_kvar", "reactive power, positive inductive"),
    )

    def build(self, devices: Sequence[Device], context: BuildContext) -> HouseholdFleet:
        """Build the fleet of these devices, in the given order; reads files and the first year's standard load.

        Raises
        ------
        ScenarioError
            If a profile's file cannot be used or the holidays of the site's country are not known.
        """
        params = HomeParams.of(devices, context)
        profiles = [cast("HouseholdOptions", device.options).profile for device in devices]
        sources: list[tuple[IntArray, StochasticHomes | MeasuredHomes]] = []
        replayed = np.flatnonzero([isinstance(profile, MeasuredProfile) for profile in profiles])
        if replayed.size:
            sources.append((replayed, read_homes([devices[row] for row in replayed.tolist()], context)))
        for shape in _SHAPES:
            rows = np.flatnonzero([isinstance(profile, StochasticProfile) and profile.shape == shape for profile in profiles])
            if rows.size:
                sources.append((rows, _generated(params.of_rows(rows), shape, context)))
        return HouseholdFleet(params, sources)

    def check(self, devices: Sequence[Device], twin: Twin) -> list[Finding]:
        """Return homes whose mean power is more than their connection carries."""
        return [
            finding
            for device in devices
            if (connection := twin.connection_by_id.get(device.connection)) is not None
            for finding in _too_much(device, connection.limit_kw)
        ]


def _generated(params: HomeParams, shape: Shape, context: BuildContext) -> StochasticHomes:
    site = context.twin.site
    standard = StandardLoad(shape=shape, timezone=site.timezone, country=site.country)
    standard.relative(context.axis.start_epoch_s // BIN_S * BIN_S, 1)  # unknown holidays are a finding now, not at the first step
    return StochasticHomes(params, standard, context.seed)


def _too_much(device: Device, limit_kw: float) -> list[Finding]:
    annual_kwh = cast("HouseholdOptions", device.options).annual_kwh
    if annual_kwh <= limit_kw * HOURS_PER_YEAR:
        return []
    allowed = f"at most {limit_kw * HOURS_PER_YEAR:g} kWh, {limit_kw:g} kW all year through connection {device.connection!r}"
    message = f"home {device.id!r} uses more than its connection carries"
    return [Finding(message=message, path=f"{device.path}.annual_kwh", value=f"{annual_kwh:g} kWh", allowed=allowed)]
