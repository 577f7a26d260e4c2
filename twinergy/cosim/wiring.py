# SPDX-License-Identifier: Apache-2.0
"""From declared ports to index arrays: who feeds whom, worked out once before the first step."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np

from twinergy.errors import PluginError
from twinergy.kinds import Phase, Table
from twinergy.ports import NET, Direction, measured

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from twinergy.community.twin import BuildContext, Connection, Device, Twin
    from twinergy.kinds import DeviceKind, Fleet, FloatArray, TableValues
    from twinergy.ports import Port

CONNECTION: Final = "connection"
BUS: Final = "bus"
POINT: Final = "point"
NOTHING: Final = np.array([np.nan])
CONNECTION_PORTS: Final = (
    measured("p_kw", "Load of everything behind the billing meter, load frame: positive draws from the grid."),
    measured("q_kvar", "Reactive load behind the billing meter, positive is inductive."),
)


@dataclass(frozen=True)
class Gather:
    """One input port fed from a table.

    Attributes
    ----------
    port : str
        Port that is fed.
    table, source : str
        Where from.
    rows : ndarray of int64 or None
        Row of the table for each device; None if one row feeds all and is handed on as shape ``(1,)``.
    default : ndarray
        Value before the table has one.
    """

    port: str
    table: str
    source: str
    rows: NDArray[np.int64] | None
    default: FloatArray

    def __call__(self, tables: TableValues) -> FloatArray:
        """Return the input for this step."""
        table = tables.get(self.table)
        if table is None:
            return self.default
        values = table[self.source]
        return values if self.rows is None else values[self.rows]


@dataclass(frozen=True)
class NetLoad:
    """An input port that sees what the other devices behind the same meter draw, shared among devices of one kind.

    Attributes
    ----------
    port, source : str
        Port that is fed, and ``p_kw`` or ``q_kvar``.
    rows : ndarray of int64
        Connection of each device.
    share : ndarray
        Part of the net load that each device is to balance: its rating over that of its kind behind the meter.
    """

    port: str
    source: str
    rows: NDArray[np.int64]
    share: FloatArray

    def __call__(self, tables: TableValues) -> FloatArray:
        """Return the input for this step."""
        return tables[CONNECTION][self.source][self.rows] * self.share


@dataclass(frozen=True)
class Part:
    """One kind's fleet with its wiring.

    Attributes
    ----------
    kind : DeviceKind
        The plug-in.
    fleet : Fleet
        Its devices.
    table : Table
        Its result table.
    inputs : tuple
        Callables that make its inputs from the tables of this step, or of the last one for ``feedback``.
    feedback : tuple
        As `inputs`, from the tables of the last step.
    unset : dict
        An array of NaN per set-point port.
    rows : ndarray of int64
        Connection row of each device that has one.
    attached : ndarray of int64 or slice
        Which devices have one.
    """

    kind: DeviceKind
    fleet: Fleet
    table: Table
    inputs: tuple[Gather | NetLoad | PointGather, ...]
    feedback: tuple[Gather, ...]
    unset: dict[str, FloatArray]
    rows: NDArray[np.int64]
    attached: NDArray[np.int64] | slice

    @cached_property
    def draws_power(self) -> bool:
        """Whether its devices load the grid."""
        return len(self.rows) > 0 and any(port.name == "p_kw" for port in self.table.of(Direction.MEASURED))


def build_parts(kinds: Mapping[str, DeviceKind], context: BuildContext, bus_ids: Sequence[str]) -> list[Part]:
    """Build every fleet of a scenario and wire it, in the order in which fleets step.

    Parameters
    ----------
    kinds : mapping of str to DeviceKind
        Kinds in use.
    context : BuildContext
        Static twin, time axis and seed.
    bus_ids : sequence of str
        Buses in the order of the grid's bus table.

    Raises
    ------
    PluginError
        If an input port names a source that cannot feed it.
    ScenarioError
        If a fleet's input files cannot be used.
    """
    ordered = sorted((kind for name, kind in kinds.items() if context.twin.of_kind(name)), key=lambda k: (k.phase, k.name))
    tables: dict[str, Table] = {}
    parts = []
    for kind in ordered:
        devices = context.twin.of_kind(kind.name)
        table = Table(kind.name, tuple(device.id for device in devices), kind.ports)
        parts.append(_part(kind, devices, table, context, _Sources(context.twin, tables, bus_ids)))
        tables[kind.name] = table
    return parts


def _part(kind: DeviceKind, devices: Sequence[Device], table: Table, context: BuildContext, sources: _Sources) -> Part:
    inputs: list[Gather | NetLoad] = []
    feedback: list[Gather] = []
    for port in table.of(Direction.INPUT):
        origin, _, name = port.source.partition(".")
        if origin == POINT:
            continue
        if origin == NET:
            inputs.append(sources.net_load(kind, devices, port, name))
        elif origin == BUS:
            feedback.append(sources.voltage(devices, port, name))
        else:
            inputs.append(sources.table(kind, devices, port, origin, name))
    twin = context.twin
    attached = [row for row, device in enumerate(devices) if device.connection and kind.phase is not Phase.OBSERVING]
    return Part(
        kind=kind,
        fleet=kind.build(devices, context),
        table=table,
        inputs=tuple(inputs),
        feedback=tuple(feedback),
        unset={port.name: np.full(len(devices), np.nan) for port in table.of(Direction.SET_POINT)},
        rows=np.array([twin.connection_row[devices[row].connection] for row in attached], dtype=np.int64),
        attached=slice(None) if len(attached) == len(devices) else np.array(attached, dtype=np.int64),
    )


class _Sources:
    """What can feed an input port."""

    def __init__(self, twin: Twin, tables: Mapping[str, Table], bus_ids: Sequence[str]) -> None:
        self.twin = twin
        self.tables = tables
        self.bus_row = {name: row for row, name in enumerate(bus_ids)}

    def net_load(self, kind: DeviceKind, devices: Sequence[Device], port: Port, source: str) -> NetLoad:
        loose = [device.id for device in devices if not device.connection]
        if loose:
            message = f"port {port.name!r} of kind {kind.name!r} needs a connection, which {', '.join(loose[:3])} has not"
            raise PluginError(message, plugin=kind.name)
        rows = np.array([self.twin.connection_row[device.connection] for device in devices], dtype=np.int64)
        rating = np.array([max(kind.rated_kw(device.options), 1e-9) for device in devices])
        together = np.bincount(rows, weights=rating, minlength=len(self.twin.connections))
        return NetLoad(port.name, source, rows, rating / together[rows])

    def voltage(self, devices: Sequence[Device], port: Port, source: str) -> Gather:
        buses = [self.twin.connection_by_id[device.connection].bus for device in devices]
        rows = np.array([self.bus_row[bus] for bus in buses], dtype=np.int64)
        return Gather(port.name, BUS, source, rows, np.full(len(devices), port.default))

    def table(self, kind: DeviceKind, devices: Sequence[Device], port: Port, origin: str, name: str) -> Gather:
        table = self.tables.get(origin)
        if table is None:
            return Gather(port.name, origin, name, None, np.full(1, port.default))
        if name not in {known.name for known in table.of(Direction.MEASURED)}:
            message = f"port {port.name!r} of kind {kind.name!r} wants {port.source!r}, which {origin!r} does not measure"
            raise PluginError(message, plugin=kind.name)
        default = np.full(len(devices), port.default)
        if len(table.ids) == 1:
            return Gather(port.name, origin, name, None, default[:1])
        rows = self._same_home(kind, devices, port, origin)
        return Gather(port.name, origin, name, rows, default)

    def _same_home(self, kind: DeviceKind, devices: Sequence[Device], port: Port, origin: str) -> NDArray[np.int64]:
        by_dwelling = {device.dwelling: row for row, device in enumerate(self.twin.of_kind(origin)) if device.dwelling}
        lost = [device.id for device in devices if device.dwelling not in by_dwelling]
        if lost:
            message = f"port {port.name!r} of kind {kind.name!r}: {', '.join(lost[:3])} has no {origin!r} in its dwelling"
            raise PluginError(message, plugin=kind.name)
        return np.array([by_dwelling[device.dwelling] for device in devices], dtype=np.int64)


@dataclass(frozen=True)
class PointGather:
    """What a set of meters sees of one quantity, gathered from whatever tables hold the metered points.

    Attributes
    ----------
    port : str
        Input port of the meter.
    sources : tuple of (table, port)
        Columns that hold points, laid end to end, with one NaN behind them.
    rows : ndarray of int64, shape (n_meters,)
        Place of each meter's point in that row of columns; the last place for a meter whose point has no such quantity.
    """

    port: str
    sources: tuple[tuple[str, str], ...]
    rows: NDArray[np.int64]

    def __call__(self, tables: TableValues) -> FloatArray:
        """Return the truth at the metered points."""
        columns = [tables[table][source] for table, source in self.sources]
        return np.concatenate([*columns, NOTHING])[self.rows]


def point_gathers(part: Part, twin: Twin, tables: Mapping[str, Table], buses: Mapping[str, str]) -> tuple[PointGather, ...]:
    """Wire the meters of an observing kind to their points.

    Parameters
    ----------
    part : Part
        The observing kind; its devices' options have a field ``of`` that names one point.
    twin : Twin
        The static twin.
    tables : mapping of str to Table
        Every table of the run.
    buses : mapping of str to str
        Bus at which the voltage of a named transformer is measured.
    """
    devices = twin.of_kind(part.kind.name)
    points = [_Point.of(device, twin, buses) for device in devices]
    gathers = []
    for port in part.table.of(Direction.INPUT):
        origin, _, name = port.source.partition(".")
        if origin == POINT:
            gathers.append(_point_gather(port.name, points, name, tables))
    return tuple(gathers)


@dataclass(frozen=True, slots=True)
class _Point:
    table: str
    entity: str
    bus: str

    @classmethod
    def of(cls, device: Device, twin: Twin, buses: Mapping[str, str]) -> _Point:
        sort, name = device.options.of.target  # type: ignore[attr-defined]
        if sort == "device":
            target = twin.device_by_id.get(name)
            if target is None:
                message = f"meter {device.id!r} is to measure device {name!r}, which does not exist"
                raise PluginError(message, plugin=device.kind)
            return cls(target.kind, name, _bus(twin.connection_by_id.get(target.connection)))
        if sort == CONNECTION:
            return cls(CONNECTION, name, _bus(twin.connection_by_id.get(name)))
        return cls(sort, name, buses.get(name, ""))


def _bus(connection: Connection | None) -> str:
    return connection.bus if connection else ""


def _point_gather(port: str, points: Sequence[_Point], name: str, tables: Mapping[str, Table]) -> PointGather:
    """Lay the columns that hold any point end to end and note where each meter's point lies in them."""
    start: dict[str, int] = {}
    length = 0
    places = np.full(len(points), -1, dtype=np.int64)
    for meter, point in enumerate(points):
        table, entity = (BUS, point.bus) if name == "vm_pu" else (point.table, point.entity)
        if table not in tables or name not in {known.name for known in tables[table].of(Direction.MEASURED)}:
            continue
        row = tables[table].row_of.get(entity)
        if row is None:
            continue
        if table not in start:
            start[table] = length
            length += len(tables[table].ids)
        places[meter] = start[table] + row
    return PointGather(port, tuple((table, name) for table in start), places)
