# SPDX-License-Identifier: Apache-2.0
"""Serial ports in the event loop."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from hardware_in_loop.modbus.errors import ModbusError
from hardware_in_loop.modbus.line import BUFFER_SIZE

if TYPE_CHECKING:
    from hardware_in_loop.modbus.endpoint import Endpoint
    from hardware_in_loop.modbus.line import Line

try:
    import termios
except ImportError:  # Windows
    _ERRORS: tuple[type[Exception], ...] = (OSError, ValueError)  # serial.SerialException is an OSError
else:
    _ERRORS = (OSError, ValueError, termios.error)

PSEUDO_MAJORS: Final = range(136, 144)
"""Major device numbers of pseudo terminals (Linux, Documentation/admin-guide/devices.txt; from memory)."""


class SerialTransport(asyncio.Transport):
    """A serial port in the event loop.

    Parameters
    ----------
    port : serial.Serial
        Open and not blocking.
    line : Line
        Gets what arrives.
    """

    def __init__(self, port: Any, line: Line) -> None:
        super().__init__()
        self._loop = asyncio.get_running_loop()
        self._port = port
        self._file = port.fileno()
        self._line = line
        self._unsent = b""
        self._closing = False
        self._loop.add_reader(self._file, self._read)
        line.connection_made(self)

    def write(self, data: Any) -> None:
        """Send, later what does not fit now."""
        if self._closing:
            return
        self._unsent += bytes(data)
        self._write()

    def is_closing(self) -> bool:
        """Return whether it is closed."""
        return self._closing

    def close(self) -> None:
        """Close the port."""
        self._end(None)

    def abort(self) -> None:
        """Close the port."""
        self._end(None)

    def _write(self) -> None:
        try:
            sent = os.write(self._file, self._unsent)
        except BlockingIOError:
            sent = 0
        except OSError as error:
            self._end(error)
            return
        self._unsent = self._unsent[sent:]
        if self._unsent:
            self._loop.add_writer(self._file, self._write)
        else:
            self._loop.remove_writer(self._file)

    def _read(self) -> None:
        try:
            data = os.read(self._file, BUFFER_SIZE)
        except BlockingIOError:
            return
        except OSError as error:
            self._end(error)
            return
        if not data:
            self._end(OSError("the serial port has gone"))
            return
        self._line.get_buffer(-1)[: len(data)] = data
        self._line.buffer_updated(len(data))

    def _end(self, error: OSError | None) -> None:
        if self._closing:
            return
        self._closing = True
        self._loop.remove_reader(self._file)
        self._loop.remove_writer(self._file)
        self._port.close()
        self._loop.call_soon(self._line.connection_lost, error)


def _is_pseudo(name: str) -> bool:
    """Return whether a port is a pseudo terminal: those have no parity, and some C libraries refuse to set one."""
    return sys.platform == "linux" and os.major(Path(name).stat().st_rdev) in PSEUDO_MAJORS


def open_serial(endpoint: Endpoint, line: Line) -> None:
    """Connect a line to a serial port.

    Raises
    ------
    ModbusError
        If the port cannot be opened.
    """
    import serial  # noqa: PLC0415 - only for those who have a serial line

    try:
        port = serial.Serial(
            endpoint.serial_port,
            baudrate=endpoint.baud_rate,
            parity="N" if _is_pseudo(endpoint.serial_port) else endpoint.parity,
            stopbits=endpoint.stop_bits,
            timeout=0,
            write_timeout=0,
            exclusive=True,
        )
        port.reset_input_buffer()
    except _ERRORS as error:
        advice = "is it plugged in, may this user open it, has another program taken it?"
        message = f"the serial port cannot be opened ({error}); {advice}"
        raise ModbusError(message, where=endpoint.key) from error
    try:
        SerialTransport(port, line)
    except NotImplementedError as error:  # the event loop of Windows
        port.close()
        message = "this system's event loop cannot watch serial ports: use transport rtu_over_tcp and a converter such as ser2net"
        raise ModbusError(message, where=endpoint.key) from error
