# SPDX-License-Identifier: Apache-2.0
"""What takes the place of grid and weather in a rehearsed year: nominal voltage everywhere, and the weather of another year."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from twinergy.community.topology import GridTopology
from twinergy.kinds import DeviceKind, Fleet, GridKind, GridModel, Table
from twinergy.options import Options
from twinergy.ports import measured
from twinergy.timebase import BLOCK_S, Block

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from twinergy.community.twin import BuildContext, Device
    from twinergy.kinds import FloatArray, GridDescription, TableValues
    from twinergy.ports import Port
    from twinergy.timebase import Step

NOMINAL: tuple[Port, ...] = (measured("vm_pu", "voltage, nominal at all times", default=1.0),)


class NominalGrid(GridModel):
    """A grid without a power flow: every bus is at its nominal voltage.

    Parameters
    ----------
    buses : sequence of str
        Names of the buses.
    """

    def __init__(self, buses: Sequence[str]) -> None:
        self.tables = (Table("bus", tuple(buses), NOMINAL),)
        self._values: TableValues = {"bus": {"vm_pu": np.ones(len(buses))}}

    def solve(self, p_kw: FloatArray, q_kvar: FloatArray, set_points: TableValues) -> TableValues:  # noqa: ARG002
        """Return nominal voltage; nobody writes to what it returns."""
        return dict(self._values)

    def topology(self) -> GridTopology:
        """Return nothing to draw."""
        return GridTopology(buses={})


class NominalGridKind(GridKind):
    """Builds a `NominalGrid` with the buses of a grid that has been described.

    Parameters
    ----------
    described : GridDescription
        What the scenario's own grid says of itself.
    """

    name: ClassVar[str] = "nominal"
    options: ClassVar[type[Options]] = Options
    option_models: ClassVar[tuple[type[Options], ...]] = ()
    port_tables: ClassVar[dict[str, tuple[Port, ...]]] = {}

    def __init__(self, described: GridDescription) -> None:
        self._described = described

    def describe(self, options: Options, folder: Path, homes: int) -> GridDescription:  # noqa: ARG002
        """Return what was given."""
        return self._described

    def build(self, options: Options, context: BuildContext) -> NominalGrid:  # noqa: ARG002
        """Return the grid."""
        return NominalGrid(self._described.buses)


class WeatherOfAnotherYear(DeviceKind):
    """A weather kind whose calendar is shifted by whole weeks.

    Parameters
    ----------
    kind : DeviceKind
        The weather.
    shift_weeks : int
        Weeks from the calendar of the run to that of the weather.
    """

    def __init__(self, kind: DeviceKind, shift_weeks: int) -> None:
        self._kind, self._shift = kind, shift_weeks
        self.name, self.title, self.phase = kind.name, kind.title, kind.phase  # type: ignore[misc]
        self.ports, self.options = kind.ports, kind.options  # type: ignore[misc]

    def build(self, devices: Sequence[Device], context: BuildContext) -> Fleet:
        """Build the fleet for the shifted time, which its files must cover."""
        axis = replace(context.axis, start_epoch_s=context.axis.start_epoch_s + self._shift * BLOCK_S)
        return _ShiftedFleet(self._kind.build(devices, replace(context, axis=axis)), self._shift)


class _ShiftedFleet(Fleet):
    def __init__(self, fleet: Fleet, shift_weeks: int) -> None:
        self.ids, self._fleet, self._shift = fleet.ids, fleet, shift_weeks

    def prepare(self, block: Block) -> None:
        epoch_s = block.epoch_s + self._shift * BLOCK_S
        self._fleet.prepare(Block(block.number + self._shift, block.first, epoch_s, block.step_s))

    def step(self, step: Step, inputs: Mapping[str, FloatArray]) -> dict[str, FloatArray]:
        return self._fleet.step(replace(step, epoch_s=step.epoch_s + self._shift * BLOCK_S), inputs)
