# SPDX-License-Identifier: Apache-2.0
"""The contract of a device kind: its ports, its options, and the fleet that holds all its devices as arrays.

A kind is a plug-in (entry point group ``twinergy.simulators``). It never builds a mosaik world and never imports mosaik:
`twinergy.cosim` wires fleets to each other, to the grid and to the agents by their declared ports.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from twinergy.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from twinergy.community.network import Network
    from twinergy.community.topology import GridTopology
    from twinergy.community.twin import BuildContext, Device, Twin
    from twinergy.errors import Finding
    from twinergy.options import Options
    from twinergy.ports import Direction, Port
    from twinergy.timebase import Block, Step

    FloatArray = NDArray[np.float64]


class Phase(IntEnum):
    """When within a step a kind takes its turn; within a phase whoever feeds another kind goes first, then by name."""

    AMBIENT = 0
    """Weather and prices."""
    UNCONTROLLED = 1
    """Households, buildings, PV, wind: what does not look at the net load."""
    FOLLOWING = 2
    """Charging points, CHP: may look at the net load behind their meter."""
    STORAGE = 3
    """Batteries: balance what all others behind the meter leave."""
    OBSERVING = 4
    """Meters: see the step's result, after the grid."""


class Fleet(ABC):
    """All devices of one kind in a run, as arrays of shape ``(n_devices,)`` in the order of `ids`.

    `step` returns new arrays every time: a later step must not change what an earlier one returned, because the grid, the
    agents and the recorder read them without a copy.
    """

    ids: tuple[str, ...]

    def prepare(self, block: Block) -> None:  # noqa: B027 - most kinds have nothing to prepare
        """Prepare exogenous inputs for the steps of a block; called before the block's first step. pandas is welcome here."""

    @abstractmethod
    def step(self, step: Step, inputs: Mapping[str, FloatArray]) -> dict[str, FloatArray]:
        """Advance one step.

        Parameters
        ----------
        step : Step
            The step.
        inputs : mapping of str to ndarray
            One array per set-point and input port. Set-points have shape ``(n_devices,)`` with NaN where nobody asks; inputs
            have shape ``(n_devices,)``, or ``(1,)`` where one source feeds all (weather), so write broadcasting arithmetic.

        Returns
        -------
        dict of str to ndarray
            One float64 array of shape ``(n_devices,)`` per measured port.
        """

    def adopt(self, rows: NDArray[np.int64], known: Mapping[str, FloatArray]) -> None:  # noqa: B027 - most have no such state
        """Take over the state of real devices whose twins these rows are, so that they can go on where those were.

        Parameters
        ----------
        rows : ndarray of int64, shape (n,)
            Devices.
        known : mapping of str to ndarray, shape (n,)
            Measured ports as the real devices said them last, NaN for what one did not say.
        """

    def complete(  # noqa: B027 - most kinds have nothing to complete
        self,
        outputs: dict[str, FloatArray],
        own: Mapping[str, FloatArray],
        said: Mapping[str, NDArray[np.bool_]],
        duration_s: float,
    ) -> None:
        """Make what real devices do not say agree with what they do say: sums with their parts, energy with charge.

        Parameters
        ----------
        outputs : dict of str to ndarray, shape (n_devices,)
            Measured ports with what real devices said in place; put new arrays in, never write to these.
        own : mapping of str to ndarray
            What the fleet itself computed in this step.
        said : mapping of str to ndarray of bool, shape (n_devices,)
            By port, which devices' values come from a real device; only ports where any does.
        duration_s : float
            Length of the step. [s]
        """

    def state(self) -> dict[str, FloatArray]:
        """Return what the fleet remembers between steps, for checkpoints and tests; arrays of shape ``(n_devices,)``."""
        return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Refit:
    """Options under which a twin comes closer to what a real device did.

    Attributes
    ----------
    options : dict
        Options to change, nested as in a scenario.
    port : str
        Measured port that was held against reality.
    before, after : float
        Root mean square difference with the old and the new options, in the port's unit.
    note : str
        What the new values stand on, and what limits them.
    """

    options: dict[str, object]
    port: str
    before: float
    after: float
    note: str


class DeviceKind(ABC):
    """A kind of device: the plug-in object an entry point names.

    Attributes
    ----------
    name : str
        Name in scenarios and result folders.
    title : str
        One line for people.
    phase : Phase
        When within a step the kind takes its turn.
    ports : tuple of Port
        Everything that goes in or out.
    options : type of Options
        Options of one device block in a scenario.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    phase: ClassVar[Phase]
    ports: ClassVar[tuple[Port, ...]]
    options: ClassVar[type[Options]]

    @abstractmethod
    def build(self, devices: Sequence[Device], context: BuildContext) -> Fleet:
        """Build the fleet of these devices, in the given order.

        Raises
        ------
        ScenarioError
            If an input file named in the options cannot be used; all findings at once.
        """

    def rated_kw(self, options: Options) -> float:  # noqa: ARG002
        """Return the most power a device of this kind can draw or feed in, which its connection must carry. [kW]."""
        return 0.0

    def refit(
        self,
        options: Options,  # noqa: ARG002
        real: Mapping[str, FloatArray],  # noqa: ARG002
        twin: Mapping[str, FloatArray],  # noqa: ARG002
        duration_s: float,  # noqa: ARG002
    ) -> Refit | None:
        """Return options that fit what a real device did better; None for a kind that has nothing to fit.

        Parameters
        ----------
        options : Options
            Options of its twin.
        real, twin : mapping of str to ndarray, shape (n_steps,)
            What the device said and what its twin computed, by measured port; NaN where something is missing.
        duration_s : float
            Length of a step. [s]

        Raises
        ------
        ModelError
            If what was recorded does not suffice, saying what is missing.
        """
        return None

    def check(self, devices: Sequence[Device], twin: Twin) -> list[Finding]:  # noqa: ARG002
        """Return what is physically impossible about these devices, beyond what `options` already refuses."""
        return []


def column(devices: Sequence[Device], name: str) -> FloatArray:
    """Return one numeric option of every device as an array of shape ``(n_devices,)``; a missing value becomes NaN."""
    values = [getattr(device.options, name) for device in devices]
    return np.array([np.nan if value is None else float(value) for value in values], dtype=np.float64)


@dataclass(frozen=True)
class Table:
    """A named set of entities with the same ports: one device kind's fleet, or the buses of a grid.

    Attributes
    ----------
    name : str
        Name in wiring, set-points and result folders.
    ids : tuple of str
        Entity ids, the order of every array of this table.
    ports : tuple of Port
        Ports of each entity.
    """

    name: str
    ids: tuple[str, ...]
    ports: tuple[Port, ...]

    @cached_property
    def row_of(self) -> dict[str, int]:
        """Row of each entity in every array of this table."""
        return {name: row for row, name in enumerate(self.ids)}

    def of(self, direction: Direction) -> tuple[Port, ...]:
        """Return the ports that travel in one direction."""
        return tuple(port for port in self.ports if port.direction is direction)


TableValues = dict[str, dict[str, "FloatArray"]]
"""Arrays by table name and port name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GridDescription:
    """What a scenario must know of a grid before it is built: enough to attach and to check.

    Attributes
    ----------
    buses : tuple of str
        Names of all buses.
    connection_buses : tuple of str
        Buses where homes are connected, in the order in which generated homes are attached.
    lines, transformers : tuple of str
        Names, as in the result tables.
    station_buses : tuple of str
        Low-voltage busbar of each transformer station.
    connection_phases : tuple of str
        Phases of each of the `connection_buses` where the network's own data say so, else empty.
    """

    buses: tuple[str, ...]
    connection_buses: tuple[str, ...]
    lines: tuple[str, ...]
    transformers: tuple[str, ...]
    station_buses: tuple[str, ...]
    connection_phases: tuple[str, ...] = ()


class GridModel(ABC):
    """A built grid: power flow per step.

    Attributes
    ----------
    tables : tuple of Table
        Result tables; a port of direction set-point can be asked for (taps, switches).
    phases : bool
        Whether it wants the load of each phase: `solve` then takes arrays of shape ``(n_connections, 3)``.
    """

    tables: tuple[Table, ...]
    phases: bool = False

    @abstractmethod
    def solve(self, p_kw: FloatArray, q_kvar: FloatArray, set_points: TableValues) -> TableValues:
        """Return voltages, loadings and losses for the load at each connection.

        Parameters
        ----------
        p_kw, q_kvar : ndarray, shape (n_connections,), or (n_connections, 3) for a grid of three `phases`
            Load of each connection of the twin, load frame, in the order of ``Twin.connections``. [kW], [kvar]
        set_points : dict
            Values asked for, by table and set-point port, NaN where nobody asks.

        Returns
        -------
        dict
            New arrays by table and measured port. A power flow that did not converge gives NaN and ``converged`` 0.
        """

    @abstractmethod
    def topology(self) -> GridTopology:
        """Return where buses lie and what connects them, for maps and for meters at transformers."""

    def network(self) -> Network:
        """Return the grid as numbers that a linear model of voltages and currents can be made of.

        Raises
        ------
        ModelError
            If this grid cannot say.
        """
        message = f"{type(self).__name__} cannot say what its branches are: plan without the network (grid.check: false)"
        raise ModelError(message)


class GridKind(ABC):
    """The plug-in that turns a scenario's ``grid`` block into a power flow model.

    Attributes
    ----------
    name : str
        Name in the list of plug-ins.
    options : type of Options
        Model of the ``grid`` block; validating it may give a subclass.
    option_models : tuple
        The subclasses, for the reference.
    port_tables : dict
        Ports by table, for the reference.
    """

    name: ClassVar[str]
    options: ClassVar[type[Options]]
    option_models: ClassVar[tuple[type[Options], ...]]
    port_tables: ClassVar[dict[str, tuple[Port, ...]]]

    def resolve(self, options: Options, homes: int) -> Options:  # noqa: ARG002
        """Return the options with everything that depends on the number of generated homes filled in."""
        return options

    @abstractmethod
    def describe(self, options: Options, folder: Path, homes: int) -> GridDescription:
        """Return names and places of a grid; `homes` is how many connection points the scenario generates.

        Raises
        ------
        ScenarioError
            If the grid cannot be read or built.
        """

    @abstractmethod
    def build(self, options: Options, context: BuildContext) -> GridModel:
        """Build the power flow model for the connections of ``context.twin``."""
