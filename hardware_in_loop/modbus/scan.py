# SPDX-License-Identifier: Apache-2.0
"""Looking for SunSpec units at an address, and what to write into a scenario for each."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, cast

from hardware_in_loop.modbus.connection import Connection
from hardware_in_loop.modbus.endpoint import TCP_PORT, TLS_PORT, Endpoint
from hardware_in_loop.modbus.errors import NotConnectedError
from hardware_in_loop.modbus.registers import raw_of
from hardware_in_loop.modbus.sunspec.chain import walk
from twinergy.errors import DeviceError

if TYPE_CHECKING:
    from typing import Literal

    from hardware_in_loop.modbus.sunspec.chain import Chain

UNITS: Final = (*range(1, 11), 100, 126, 247)
TIMEOUT_S: Final = 0.3
CONNECT_S: Final = 3.0
DC_PORTS: Final = 714
METERS: Final = frozenset({201, 202, 203, 204, 211, 212, 213, 214})
STORAGES: Final = frozenset({124, 713, 802})
INVERTERS: Final = frozenset({101, 102, 103, 111, 112, 113, 701})
HYBRID: Final = frozenset({160, DC_PORTS})
PV_PORT: Final = 0
"""Type of a DC port of model 714: PV."""
MOST_PORTS: Final = 8
_SERIAL: Final = re.compile(r"(?P<port>/[^@]+|COM\d+)(@(?P<baud>\d{3,7})(?P<parity>[ENO])?)?")
_COMMON: Final = ("1:Mn", "1:Md", "1:Vr", "1:SN")


async def scan(where: str) -> list[dict[str, object]]:
    """Return what answers as a SunSpec unit.

    Parameters
    ----------
    where : str
        ``host``, ``host:port`` or ``[v6 address]:port``; or a serial port, with its speed and parity where they are not 9600
        baud and even: ``/dev/ttyUSB0@19200N``.

    Raises
    ------
    DeviceError
        If there is no connection, or no unit answers.
    """
    endpoint = endpoint_of(where)
    connection = Connection(endpoint, name="scan")
    await connection.start()
    try:
        await connection.wait_connected(CONNECT_S)
        found: list[dict[str, object]] = []
        silent: list[str] = []
        for unit in UNITS:
            try:
                found += await _unit(connection, unit)
            except NotConnectedError:
                # Some devices hang up when they are asked for a unit that is not there.
                await connection.wait_connected(CONNECT_S)
            except DeviceError as error:
                silent.append(str(error))
    finally:
        await connection.close()
    if not found:
        units = ", ".join(str(unit) for unit in UNITS)
        message = f"{where}: no SunSpec unit among {units}; the last one: {silent[-1] if silent else 'silent'}"
        raise DeviceError(message)
    return found


def endpoint_of(where: str) -> Endpoint:
    """Return where to look.

    >>> endpoint_of("/dev/ttyUSB0@19200N").key, endpoint_of("192.0.2.7:802").transport
    ('/dev/ttyUSB0', 'tls')
    """
    serial = _SERIAL.fullmatch(where)
    if serial is None:
        host, port = parse(where)
        return Endpoint(transport="tls" if port == TLS_PORT else "tcp", host=host, port=port, timeout_s=TIMEOUT_S)
    baud, parity = int(serial["baud"] or 9600), cast("Literal['E', 'N', 'O']", serial["parity"] or "E")
    try:
        return Endpoint(transport="rtu", serial_port=serial["port"], baud_rate=baud, parity=parity, timeout_s=TIMEOUT_S)
    except ValueError as error:
        message = f"{where!r} is no serial line; write it such as /dev/ttyUSB0@19200N"
        raise DeviceError(message) from error


def parse(where: str) -> tuple[str, int]:
    """Return host and port.

    >>> parse("192.0.2.7:1502"), parse("inverter.local"), parse("[::1]:502")
    (('192.0.2.7', 1502), ('inverter.local', 502), ('::1', 502))
    """
    host, colon, port = where.rpartition(":")
    if not colon or port.endswith("]"):
        host, port = where, str(TCP_PORT)
    if not port.isdigit() or not 0 < int(port) < 1 << 16 or not host:
        message = f"{where!r} is no address; write host:port such as 192.168.1.20:502"
        raise DeviceError(message)
    return host.strip("[]"), int(port)


async def _unit(connection: Connection, unit: int) -> list[dict[str, object]]:
    chain = await walk(connection, unit)
    numbers = {one.model for one in chain.found}
    if DC_PORTS in numbers and PV_PORT not in await _ports(connection, unit, chain):
        numbers.remove(DC_PORTS)
    texts = await _introduction(connection, unit, chain)
    models = ", ".join(str(one.model) for one in chain.found)
    found = (
        f"unit {unit} at {connection.endpoint.key}: {' '.join(texts) or 'no name'} (SunSpec models {models} from {chain.base})"
    )
    return [
        {"found": found, "kind": kind, "adapter": _block(connection.endpoint, unit, profile)}
        for kind, profile in kinds_of(numbers)
    ]


async def _ports(connection: Connection, unit: int, chain: Chain) -> set[int]:
    """Return the types of the DC ports of model 714."""
    types: set[int] = set()
    for index in range(MOST_PORTS):
        point = chain.point(f"714:Prt[{index}].PrtTyp")
        if point is not None:
            types.update(await connection.read(unit, point.address, point.count))
    return types


async def _introduction(connection: Connection, unit: int, chain: Chain) -> list[str]:
    texts = []
    for name in _COMMON:
        point = chain.point(name)
        if point is not None:
            texts.append(raw_of(point, await connection.read(unit, point.address, point.count)))
    return [str(text) for text in texts if text]


def kinds_of(numbers: set[int]) -> list[tuple[str, str]]:
    """Return the kinds of device that models stand for, each with a profile.

    >>> kinds_of({1, 103, 120, 123}), kinds_of({1, 203}), kinds_of({1, 103, 124, 160})
    ([('pv', 'sunspec')], [('meter', 'sunspec')], [('battery', 'sunspec_hybrid'), ('pv', 'sunspec_hybrid')])
    """
    if numbers & STORAGES and numbers & HYBRID and numbers & INVERTERS:
        return [("battery", "sunspec_hybrid"), ("pv", "sunspec_hybrid")]
    if numbers & STORAGES:
        return [("battery", "sunspec")]
    if numbers & INVERTERS:
        return [("pv", "sunspec")]
    return [("meter", "sunspec")] if numbers & METERS else []


def _block(endpoint: Endpoint, unit: int, profile: str) -> dict[str, Any]:
    block: dict[str, Any] = {"kind": "modbus", "profile": profile, "unit": unit, "mode": "monitor"}
    if endpoint.transport == "rtu":
        line = {"serial_port": endpoint.serial_port, "baud_rate": endpoint.baud_rate, "parity": endpoint.parity}
        return {**block, "transport": "rtu", **line}
    block["host"] = endpoint.host
    if endpoint.transport != "tcp":
        block["transport"] = endpoint.transport
    if endpoint.port != (TLS_PORT if endpoint.transport == "tls" else TCP_PORT):
        block["port"] = endpoint.port
    return block
