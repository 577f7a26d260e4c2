# SPDX-License-Identifier: Apache-2.0
"""Profiles: what the registers of a device mean for the ports of a kind, as data, so that a new device needs no Python.

A profile names points (registers with a type, or SunSpec points such as ``701:W``) and says for each kind of device which points
its measured ports are read from and how its set-points are written. Wherever several ways are listed, the first one that the
device has is taken.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from hardware_in_loop.modbus.registers import ACCUMULATORS, BITS, Kind, Order, Point, Table, size_of
from twinergy.options import NonNegative, Options, Positive

Sign = Literal["load", "generation"]
"""What a positive value on the wire means: drawn by the device, or delivered by it."""
Notation = Literal["0", "1", "modicon"]
_MODICON: dict[Table, int] = {Table.COIL: 1, Table.DISCRETE: 100_001, Table.INPUT: 300_001, Table.HOLDING: 400_001}
_MODICON_SHORT: dict[Table, int] = {Table.COIL: 1, Table.DISCRETE: 10_001, Table.INPUT: 30_001, Table.HOLDING: 40_001}
MOST_ADDRESS = 0xFFFF
_OTHER_NAMES = {"bitfield": "bitfield16", "enum": "enum16"}


class PointSpec(Options):
    """One value in the registers of a device that follows no standard."""

    address: Annotated[int, Field(ge=0)]
    """Address as the manual writes it; `Profile.base` says how it counts."""
    type: Kind = Kind.UINT16
    """Type; a string needs `length`."""
    length: Annotated[int, Field(ge=1, le=125)] | None = None
    """Registers of a string."""
    table: Table | None = None
    """Table, where it is not the profile's."""
    order: Order | None = None
    """Order of bytes, where it is not the profile's."""
    scale: float = 1.0
    """Value = raw x scale + offset, in `unit`: 0.1 for a register that counts tenths."""
    offset: float = 0.0
    """Added to the scaled value, in `unit`."""
    factor: str = ""
    """Point that holds a power of ten by which the raw value is multiplied as well."""
    unit: str = ""
    """Unit of the scaled value: W, kW, Wh, kWh, var, Pct, degC, A, V, Hz, s, ppm; empty for a plain number."""
    access: Literal["r", "w", "rw"] = "r"
    """Whether it may be read, written, or both; what cannot be read cannot be proven."""
    min: float | None = None
    """Lowest value that is physically possible, in `unit`; below it a reading is bad."""
    max: float | None = None
    """Highest one."""
    poll: Literal["high", "low"] = "high"
    """``high``: with every sample. ``low``: one block of these per sample, in turn."""
    void: tuple[int, ...] = ()
    """Raw values that mean "no value", as the manual says: -32768, 65535."""
    min_interval_s: NonNegative = 0.0
    """Shortest time between two writes that change it, for memory that wears out. [s]"""

    @model_validator(mode="before")
    @classmethod
    def _other_names(cls, values: object) -> object:
        if isinstance(values, dict) and values.get("type") in _OTHER_NAMES:
            return {**values, "type": _OTHER_NAMES[values["type"]]}
        return values

    @model_validator(mode="after")
    def _sound(self) -> PointSpec:
        if (self.type is Kind.STRING) != (self.length is not None):
            message = "a string, and only a string, needs a length (in registers)"
            raise ValueError(message)
        if self.scale == 0.0:
            message = "scale 0 makes everything 0"
            raise ValueError(message)
        if self.table in BITS and self.type is not Kind.BOOL:
            message = f"a {self.table} holds a bit: its type is bool, not {self.type}"
            raise ValueError(message)
        return self


class Term(Options):
    """A point with a weight, for a port that is a sum."""

    point: str
    weight: float = 1.0


class Read(Options):
    """How a measured port is read."""

    point: str = ""
    """Point; its unit is converted to the port's."""
    sum: tuple[Term, ...] = ()
    """Points that are added up, instead of one."""
    constant: float | None = None
    """A fixed value, instead of a point: a sensor that answers is valid."""
    sign: Sign = "load"
    """What positive means on the wire; this is the only place where it is turned."""
    mask: Annotated[int, Field(ge=1)] | None = None
    """Only these bits of the raw value count."""
    codes: dict[int, float] = Field(default_factory=dict)
    """Value of the port for each raw value; any other raw value is bad."""
    counter: bool = False
    """Whether it is a register that counts up: the port is what it has counted since the first reading."""
    min: float | None = None
    """Lowest value that is physically possible, in the port's unit and the load frame; below it the reading is bad."""
    max: float | None = None
    """Highest one."""

    @model_validator(mode="after")
    def _one_source(self) -> Read:
        if bool(self.point) + bool(self.sum) + (self.constant is not None) != 1:
            message = "name one of point, sum and constant"
            raise ValueError(message)
        return self

    @property
    def terms(self) -> tuple[Term, ...]:
        """Points with weights; empty for a constant."""
        return (Term(point=self.point),) if self.point else self.sum


class Value(Options):
    """How a set-point becomes the value of a point."""

    point: str
    """Point; the port's unit is converted to its unit."""
    sign: Sign = "load"
    """What positive means on the wire."""
    of: tuple[str, ...] = ()
    """The point is a percentage of this point's value; of several the first that the device has. ``rated`` is the scenario's."""
    voltage_v: Positive = 230.0
    """Voltage at which a power becomes a current, for a point in A. [V]"""
    phases: Literal[1, 2, 3] = 3
    """Phases of such a current, where the scenario does not know them (``phases_count``)."""
    min: float | None = None
    """Lowest value that is written, in the point's unit; what is asked beyond is held here."""
    max: float | None = None
    """Highest one."""
    codes: dict[float, int] = Field(default_factory=dict)
    """Raw value for each value of the port, for what is switched: ``{0: 2, 1: 1}``."""
    least: NonNegative = 0.0
    """Anything closer to zero than this is written as zero: 6 A for charging points. In the point's unit."""


class Revert(Options):
    """How a device goes back by itself when it is no longer told."""

    seconds: str
    """Point that takes the time; its unit may be s, ms or min."""
    value: str = ""
    """Point that takes the value after that time, converted like the set-point; without it the device goes to its local mode."""
    enable: dict[str, int] = Field(default_factory=dict)
    """Raw values to write where a value is given for the safe state."""
    local: dict[str, int] = Field(default_factory=dict)
    """Raw values to write where none is given: back to the local mode."""
    remaining: str = ""
    """Point that counts the time down."""


class Write(Options):
    """How a set-point is written: constants and values first, then the revert time, what enables it last."""

    values: Annotated[tuple[Value, ...], Field(min_length=1)]
    """Points that take it; the first one is the one by which it is recognised."""
    set: dict[str, int] = Field(default_factory=dict)
    """Raw values of points that must be so; left out where the device does not implement them."""
    enable: dict[str, int] = Field(default_factory=dict)
    """Raw values that make it count, written last."""
    bits: dict[str, int] = Field(default_factory=dict)
    """Bits that make it count; several set-points may share a point, and all bits gone lets go."""
    release: dict[str, int] = Field(default_factory=dict)
    """Raw values that let the device go back to its local mode."""
    revert: Revert | None = None
    """Timer in the device."""


class StateCheck(Options):
    """What a point says about the device itself."""

    point: str
    mask: Annotated[int, Field(ge=1)] | None = None
    """Only these bits count; with them, any bit that is set means it."""
    local: tuple[int, ...] = ()
    """Raw values with which somebody at the device has control."""
    bad: tuple[int, ...] = ()
    """Raw values with which its readings cannot be believed."""
    unless: str = ""
    """Left out where the device has this point, which says the same."""
    says: dict[int, str] = Field(default_factory=dict)
    """What a raw value means, for people."""


class Watch(Options):
    """A point that moves while the device is alive."""

    point: str
    within_s: Positive = 2.5
    """Readings are stale when it has stood still for this long; one that counts seconds may miss a beat, not two. [s]"""


class Beat(Options):
    """A point that the device wants to see counting."""

    point: str
    within_s: Positive | None = None
    """The device falls back by itself when it has stood still for this long, as its manual says. [s]"""


class DeviceSpec(Options):
    """What the registers mean for one kind of device."""

    reads: dict[str, tuple[Read, ...]]
    """Ways to read each measured port; the first one that the device has."""
    writes: dict[str, tuple[Write, ...]] = Field(default_factory=dict)
    """Ways to write each set-point; the first one that the device has."""
    states: tuple[StateCheck, ...] = ()
    """Points that tell whether the device obeys and is well."""
    watch: tuple[Watch, ...] = ()
    """Heartbeats of the device; those that it has."""
    beat: tuple[Beat, ...] = ()
    """Heartbeats that it expects, written every second while it is controlled; those that it has."""

    @property
    def falls_back(self) -> bool:
        """Whether everything that can be written is given up by the device itself when the laboratory is gone."""
        if any(beat.within_s for beat in self.beat):
            return True
        return bool(self.writes) and all(way.revert is not None for ways in self.writes.values() for way in ways)


class Profile(Options):
    """A profile; see the module."""

    title: str
    """One line for people."""
    stands_on: str
    """What it was written from: a manual with its version, a standard; or that it is an example."""
    protocol: Literal["registers", "sunspec"] = "registers"
    """Whether points are registers of this profile, or SunSpec models (and registers beside them)."""
    base: Notation = "0"
    """How addresses count: ``0`` as on the wire, ``1`` one higher, ``modicon`` 40001 or 400001 for the first holding register."""
    table: Table = Table.HOLDING
    """Table of points that name none."""
    order: Order = Order.ABCD
    """Order of bytes of points that name none."""
    max_read: Annotated[int, Field(ge=1, le=125)] = 125
    """Most registers that the device gives at once."""
    max_write: Annotated[int, Field(ge=1, le=123)] = 123
    """Most registers that it takes at once; 1 writes each with function 6."""
    readable: tuple[tuple[int, int], ...] = ()
    """First and last address (as `base` counts) of parts without holes, which may be read through."""
    settle_s: NonNegative = 0.3
    """How long a write may take to show in its own register. [s]"""
    points: dict[str, PointSpec] = Field(default_factory=dict)
    """Registers by name."""
    devices: Annotated[dict[str, DeviceSpec], Field(min_length=1)]
    """By kind of device."""

    def wire_address(self, address: int, table: Table) -> int:
        """Return an address as it travels.

        Raises
        ------
        ValueError
            If it is not one of this table in this notation.
        """
        if self.base == "modicon":
            long = address >= _MODICON[Table.DISCRETE] or table is Table.COIL
            wire = address - (_MODICON if long else _MODICON_SHORT)[table]
        else:
            wire = address - int(self.base)
        if not 0 <= wire <= MOST_ADDRESS:
            message = f"{address} is no address of a {table} register where addresses count as {self.base!r}"
            raise ValueError(message)
        return wire

    def point(self, name: str) -> Point | None:
        """Return a point of this profile's own registers, None where there is none of that name."""
        spec = self.points.get(name)
        if spec is None:
            return None
        table = spec.table or self.table
        return Point(
            name=name,
            address=self.wire_address(spec.address, table),
            count=spec.length or size_of(spec.type),
            kind=spec.type,
            table=table,
            order=spec.order or self.order,
            scale=spec.scale,
            offset=spec.offset,
            factor=spec.factor,
            unit=spec.unit,
            void=spec.void,
            low=float("-inf") if spec.min is None else spec.min,
            high=float("inf") if spec.max is None else spec.max,
            poll=spec.poll,
            readable="r" in spec.access,
            writable="w" in spec.access,
            min_interval_s=spec.min_interval_s,
        )

    def readable_on_wire(self, table: Table) -> tuple[tuple[int, int], ...]:
        """Return the parts without holes of a table as first address and address after the last."""
        parts = []
        for first, last in self.readable:
            try:
                parts.append((self.wire_address(first, table), self.wire_address(last, table) + 1))
            except ValueError:
                continue
        return tuple(parts)


def counts(point: Point, read: Read) -> bool:
    """Return whether a port is what a point has counted since the first reading."""
    return read.counter or (point.kind in ACCUMULATORS and point.unit in {"Wh", "kWh", "MWh"})
