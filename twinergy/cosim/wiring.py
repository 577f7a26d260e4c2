# SPDX-License-Identifier: Apache-2.0
"""From declared ports to index arrays: who feeds whom, worked out once before the first step."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np

from twinergy.errors import PluginError
from twinergy.kinds import Phase, Table
from twinergy.ports import LAST, NET, Direction, measured

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

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
PHASE_PORTS: Final = tuple(measured(f"p_{phase}_kw", f"Load on phase {phase}.") for phase in "abc")
"""What a connection measures besides where the grid has three phases of their own."""
PHASE_LOAD: Final = ("p_phase_kw", "q_phase_kvar")
"""Load of each phase within a step, shape ``(3, n_connections)``."""


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
        Row of the table for each device, -1 where nothing feeds it; None if one row feeds all, as shape ``(1,)``.
    default : ndarray
        Value before the table has one.
    lonely : bool
        Whether some device is fed by nothing and keeps the default.
    """

    port: str
    table: str
    source: str
    rows: NDArray[np.int64] | None
    default: FloatArray
    lonely: bool = False

    def __call__(self, tables: TableValues) -> FloatArray:
        """Return the input for this step."""
        table = tables.get(self.table)
        if table is None:
            return self.default
        values = table[self.source]
        if self.rows is None:
            return values
        return np.concatenate((values, self.default[:1]))[self.rows] if self.lonely else values[self.rows]


@dataclass(frozen=True)
class GroupSum:
    """One input port fed with the sum over the devices of another kind that share a dwelling or a heat network.

    Attributes
    ----------
    port : str
        Port that is fed.
    table, source : str
        Where from.
    group : ndarray of int64
        Group of each source device; what concerns nobody is group 0.
    rows : ndarray of int64
        Group of each device that is fed, -1 where nothing feeds it.
    default : ndarray
        Value before the table has one.
    """

    port: str
    table: str
    source: str
    group: NDArray[np.int64]
    rows: NDArray[np.int64]
    default: FloatArray

    def __call__(self, tables: TableValues) -> FloatArray:
        """Return the input for this step."""
        table = tables.get(self.table)
        if table is None:
            return self.default
        sums = np.asarray(np.bincount(self.group, weights=table[self.source], minlength=len(self.default) + 2), dtype=np.float64)
        sums[-1] = self.default[0]
        return sums[self.rows]


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
    phase_share : ndarray, shape (3, n_attached)
        Part of each attached device's power on each phase.
    phase_rows : ndarray of int64, shape (3 * n_attached,)
        Where each of these parts goes in a flat array of shape (3, n_connections).
    """

    kind: DeviceKind
    fleet: Fleet
    table: Table
    inputs: tuple[Gather | GroupSum | NetLoad | PointGather, ...]
    feedback: tuple[Gather | GroupSum, ...]
    unset: dict[str, FloatArray]
    rows: NDArray[np.int64]
    attached: NDArray[np.int64] | slice
    phase_share: FloatArray
    phase_rows: NDArray[np.int64]

    @cached_property
    def draws_power(self) -> bool:
        """Whether its devices load the grid."""
        return len(self.rows) > 0 and any(port.name == "p_kw" for port in self.table.of(Direction.MEASURED))


def in_order(kinds: Iterable[DeviceKind]) -> list[DeviceKind]:
    """Return kinds in the order in which they step: by phase, then whoever feeds others first, then by name.

    Two that want each other's value of the same step stay in the order of their names; wiring then refuses the first one.
    """
    waiting = sorted(kinds, key=lambda kind: (kind.phase, kind.name))
    ordered: list[DeviceKind] = []
    while waiting:
        peers = {kind.name for kind in waiting if kind.phase is waiting[0].phase}
        ready = (kind for kind in waiting if kind.name in peers and not _wants(kind) & (peers - {kind.name}))
        chosen = next(ready, waiting[0])
        waiting.remove(chosen)
        ordered.append(chosen)
    return ordered


def _wants(kind: DeviceKind) -> set[str]:
    return {port.source.partition(".")[0] for port in kind.ports if port.source}


def build_parts(
    kinds: Mapping[str, DeviceKind],
    context: BuildContext,
    bus_ids: Sequence[str],
    *,
    only: Collection[str] = (),
    but: Collection[str] = (),
) -> list[Part]:
    """Build every fleet of a scenario and wire it, in the order in which fleets step.

    Parameters
    ----------
    kinds : mapping of str to DeviceKind
        Kinds in use.
    context : BuildContext
        Static twin, time axis and seed.
    bus_ids : sequence of str
        Buses in the order of the grid's bus table.
    only, but : collection of str
        Kinds to build, all where empty; kinds to leave out, because they step elsewhere.

    Raises
    ------
    PluginError
        If an input port names a source that cannot feed it.
    ScenarioError
        If a fleet's input files cannot be used.
    """
    ordered = in_order(kind for name, kind in kinds.items() if context.twin.of_kind(name))
    tables = {
        kind.name: Table(kind.name, tuple(device.id for device in context.twin.of_kind(kind.name)), kind.ports)
        for kind in ordered
    }
    sources = _Sources(context.twin, tables, bus_ids, ambient={kind.name for kind in ordered if kind.phase is Phase.AMBIENT})
    here = [kind for kind in ordered if (not only or kind.name in only) and kind.name not in but]
    return [_part(kind, context.twin.of_kind(kind.name), tables[kind.name], context, sources) for kind in here]


def _part(kind: DeviceKind, devices: Sequence[Device], table: Table, context: BuildContext, sources: _Sources) -> Part:
    inputs: list[Gather | GroupSum | NetLoad] = []
    feedback: list[Gather | GroupSum] = []
    for port in table.of(Direction.INPUT):
        origin, _, name = port.source.partition(".")
        if origin == POINT:
            continue
        if origin == LAST:
            origin, _, name = name.partition(".")
            feedback.append(sources.table(kind, devices, port, origin, name))
            continue
        if origin == NET:
            inputs.append(sources.net_load(kind, devices, port, name))
        elif origin == BUS:
            feedback.append(sources.voltage(devices, port, name))
        else:
            sources.steps_before(kind, port, origin)
            inputs.append(sources.table(kind, devices, port, origin, name))
    twin = context.twin
    attached = [row for row, device in enumerate(devices) if device.connection and kind.phase is not Phase.OBSERVING]
    rows = np.array([twin.connection_row[devices[row].connection] for row in attached], dtype=np.int64)
    return Part(
        kind=kind,
        fleet=kind.build(devices, context),
        table=table,
        inputs=tuple(inputs),
        feedback=tuple(feedback),
        unset={port.name: np.full(len(devices), np.nan) for port in table.of(Direction.SET_POINT)},
        rows=rows,
        attached=slice(None) if len(attached) == len(devices) else np.array(attached, dtype=np.int64),
        phase_share=_phase_share([devices[row] for row in attached], twin),
        phase_rows=np.concatenate([rows + number * len(twin.connections) for number in range(3)]),
    )


def _phase_share(devices: Sequence[Device], twin: Twin) -> FloatArray:
    """Return which part of each device's power is on each phase; what has three phases loads them evenly."""
    phases = [device.phases or twin.connection_by_id[device.connection].phases for device in devices]
    on = np.array([[phase in mine for mine in phases] for phase in "abc"], dtype=np.float64).reshape(3, len(devices))
    return np.asarray(on / on.sum(axis=0))


class _Sources:
    """What can feed an input port."""

    def __init__(self, twin: Twin, tables: Mapping[str, Table], bus_ids: Sequence[str], ambient: set[str]) -> None:
        self.twin = twin
        self.tables = tables
        self.ambient = ambient
        self.order = list(tables)
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

    def steps_before(self, kind: DeviceKind, port: Port, origin: str) -> None:
        if origin in self.order and self.order.index(origin) >= self.order.index(kind.name):
            message = f"port {port.name!r} of kind {kind.name!r} wants {port.source!r} of this step, but {origin!r} steps later: "
            message += f"write 'last.{port.source}' for the value of the last step"
            raise PluginError(message, plugin=kind.name)

    def table(self, kind: DeviceKind, devices: Sequence[Device], port: Port, origin: str, name: str) -> Gather | GroupSum:
        table = self.tables.get(origin)
        default = np.full(len(devices), port.default)
        if table is not None and name not in {known.name for known in table.of(Direction.MEASURED)}:
            message = f"port {port.name!r} of kind {kind.name!r} wants {port.source!r}, which {origin!r} does not measure"
            raise PluginError(message, plugin=kind.name)
        if table is not None and origin in self.ambient and len(table.ids) == 1:
            return Gather(port.name, origin, name, None, default[:1])
        wanted = [getattr(device, port.over) for device in devices]
        given = [getattr(device, port.over) for device in self.twin.of_kind(origin)] if table else []
        fed = set(given) & set(wanted) - {""}
        lost = [device.id for device, key in zip(devices, wanted, strict=True) if key not in fed]
        if lost and np.isnan(port.default) and kind.phase is not Phase.OBSERVING:
            message = f"port {port.name!r} of kind {kind.name!r}: {', '.join(lost[:3])} has no {origin!r} in its {port.over}"
            raise PluginError(message, plugin=kind.name)
        if not fed:
            return Gather(port.name, "", name, None, default)
        count = Counter(given)
        if all(count[key] == 1 for key in fed):
            return Gather(port.name, origin, name, _places(given, wanted), default, lonely=bool(lost))
        groups = ["", *sorted(fed)]
        return GroupSum(port.name, origin, name, np.maximum(_places(groups, given), 0), _places(groups, wanted), default)


def _places(known: Sequence[str], names: Sequence[str]) -> NDArray[np.int64]:
    """Return where each name stands among the known ones, -1 for the empty name and for what is not among them."""
    place = {name: number for number, name in enumerate(known) if name}
    return np.array([place.get(name, -1) for name in names], dtype=np.int64)


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

    @cached_property
    def _whole(self) -> bool:
        """Whether all points lie in one column."""
        return len(self.sources) == 1 and bool((self.rows >= 0).all())

    @cached_property
    def _nothing(self) -> FloatArray | None:
        """What is seen where no point has such a quantity."""
        return None if self.sources else np.full(len(self.rows), np.nan)

    def __call__(self, tables: TableValues) -> FloatArray:
        """Return the truth at the metered points."""
        if self._nothing is not None:
            return self._nothing
        if self._whole:
            table, source = self.sources[0]
            return tables[table][source][self.rows]
        columns = [tables[table][source] for table, source in self.sources]
        return np.concatenate([*columns, NOTHING])[self.rows]


def point_gathers(
    part: Part, twin: Twin, tables: Mapping[str, Table], buses: Mapping[str, str]
) -> tuple[Gather | GroupSum | NetLoad | PointGather, ...]:
    """Wire an observing kind: meters to their points, gateways to what their dwelling has.

    Parameters
    ----------
    part : Part
        The observing kind; where a port looks at a point, its devices' options have a field ``of`` that names one.
    twin : Twin
        The static twin.
    tables : mapping of str to Table
        Every table of the run.
    buses : mapping of str to str
        Bus at which the voltage of a named transformer is measured.

    Returns
    -------
    tuple of callable
        Inputs from other kinds as they were wired, then those from points.
    """
    looking = [port for port in part.table.of(Direction.INPUT) if port.source.partition(".")[0] == POINT]
    if not looking:
        return part.inputs
    points = [_Point.of(device, twin, buses) for device in twin.of_kind(part.kind.name)]
    seen = (_point_gather(port.name, points, port.source.partition(".")[2], tables) for port in looking)
    return (*part.inputs, *seen)


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
