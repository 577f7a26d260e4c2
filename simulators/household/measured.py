# SPDX-License-Identifier: Apache-2.0
"""Homes whose load was measured."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, cast

import numpy as np

from simulators.household.profile_file import Series, read_profile
from simulators.household.replay import Grid, annual_factor, energy_steps, mean_power
from twinergy.errors import Finding, ScenarioError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from simulators.household.params import HouseholdOptions, MeasuredProfile
    from twinergy.community.twin import BuildContext, Device
    from twinergy.timebase import Block

    FloatArray = NDArray[np.float64]


class Replayed(NamedTuple):
    """One home's series, shared with all homes that name the same one.

    Attributes
    ----------
    grid : Grid
        Its times.
    energy_kws : ndarray, shape (n + 1,)
        Running energy. [kWs]
    reactive_kvars : ndarray, shape (n + 1,), or None
        Running reactive energy, if it was measured. [kvar s]
    factor : float
        What the home's power is multiplied by. [-]
    """

    grid: Grid
    energy_kws: FloatArray
    reactive_kvars: FloatArray | None
    factor: float


class MeasuredHomes:
    """Homes whose load was measured.

    Parameters
    ----------
    homes : sequence of Replayed
        One per home.
    """

    def __init__(self, homes: Sequence[Replayed]) -> None:
        self._homes = tuple(homes)
        self.with_reactive = np.array([row for row, home in enumerate(homes) if home.reactive_kvars is not None], dtype=np.intp)

    def power(self, block: Block) -> FloatArray:
        """Return the mean power in each step of a block, shape (n_steps, n_homes). [kW]."""
        sources_s = self._sources_s(block)
        p_kw = np.empty((len(block), len(self._homes)))
        for row, home in enumerate(self._homes):
            p_kw[:, row] = mean_power(home.energy_kws, home.grid.step_s, sources_s[home.grid], block.step_s) * home.factor
        return np.maximum(p_kw, 0.0, out=p_kw)  # differences of running sums end at -1e-12 where nothing was drawn

    def reactive(self, block: Block) -> FloatArray:
        """Return the mean reactive power of the homes that have a measured one, shape (n_steps, n_with_reactive). [kvar]."""
        sources_s = self._sources_s(block)
        q_kvar = np.empty((len(block), len(self.with_reactive)))
        for column, row in enumerate(self.with_reactive):
            home = self._homes[row]
            running = cast("FloatArray", home.reactive_kvars)
            q_kvar[:, column] = mean_power(running, home.grid.step_s, sources_s[home.grid], block.step_s) * home.factor
        return q_kvar

    def _sources_s(self, block: Block) -> dict[Grid, FloatArray]:
        return {grid: grid.sources_s(block) for grid in {home.grid for home in self._homes}}


def read_homes(devices: Sequence[Device], context: BuildContext) -> MeasuredHomes:
    """Return the homes of devices with measured profiles.

    Raises
    ------
    ScenarioError
        If any series cannot be used; the findings of all files at once.
    """
    library = _Library(context)
    homes = [library.home(device) for device in devices]
    if library.findings:
        raise ScenarioError(library.findings, "households")
    return MeasuredHomes([home for home in homes if home is not None])


class _Library:
    """Reads each series once, however many homes name it."""

    def __init__(self, context: BuildContext) -> None:
        self.findings: list[Finding] = []
        self._context = context
        self._read: dict[MeasuredProfile, tuple[Series, Replayed] | None] = {}
        self._grids: dict[tuple[int, int, int], Grid] = {}

    def home(self, device: Device) -> Replayed | None:
        """Return the home of a device, None if its series cannot be used."""
        options = cast("HouseholdOptions", device.options)
        profile = cast("MeasuredProfile", options.profile)
        known = self._known(profile.model_copy(update={"scale_to_annual": False}), f"{device.path}.profile")
        if known is None or not profile.scale_to_annual:
            return None if known is None else known[1]
        series, unscaled = known
        try:
            return unscaled._replace(factor=annual_factor(cast("float", options.annual_kwh), series.p_kw, series.stamps.step_s))
        except ValueError as error:
            finding = Finding(message=str(error), path=f"{device.path}.profile.scale_to_annual", file=profile.path, value=True)
            self.findings.append(finding)
            return None

    def _known(self, source: MeasuredProfile, path: str) -> tuple[Series, Replayed] | None:
        if source not in self._read:
            self._read[source] = self._new(source, path)
        return self._read[source]

    def _new(self, source: MeasuredProfile, path: str) -> tuple[Series, Replayed] | None:
        timezone = self._context.twin.site.timezone
        series = read_profile(source, self._context.folder, timezone, path)
        if not isinstance(series, Series):
            self.findings += series
            return None
        start_s, step_s = series.stamps
        place = (start_s, step_s, len(series.p_kw))
        grid = self._grids.setdefault(place, Grid(*place, timezone))
        reactive = None if series.q_kvar is None else energy_steps(series.q_kvar, step_s)
        return series, Replayed(grid, energy_steps(series.p_kw, step_s), reactive, 1.0)
