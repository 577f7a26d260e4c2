# SPDX-License-Identifier: Apache-2.0
"""Opens a line of the kind that an endpoint names."""

from __future__ import annotations

import socket
import ssl
from typing import TYPE_CHECKING

from hardware_in_loop.modbus.errors import ModbusError
from hardware_in_loop.modbus.serial_line import RtuLine
from hardware_in_loop.modbus.serial_port import open_serial
from hardware_in_loop.modbus.transport import TcpLine, open_tcp

if TYPE_CHECKING:
    from pathlib import Path

    from hardware_in_loop.modbus.endpoint import Endpoint
    from hardware_in_loop.modbus.exchange import Strays
    from hardware_in_loop.modbus.line import Done, Line
    from twinergy.adapters.journal import Journal


async def open_line(
    endpoint: Endpoint, journal: Journal, name: str, done: Done, strays: Strays, tls: ssl.SSLContext | None
) -> Line:
    """Return an open line.

    Raises
    ------
    OSError, ModbusError
        If it cannot be opened.
    """
    if not endpoint.is_serial:
        line: Line = TcpLine(endpoint, journal, name, done)
        await open_tcp(endpoint, line, tls)
        return line
    line = RtuLine(endpoint, journal, name, done, strays)
    if endpoint.transport == "rtu":
        open_serial(endpoint, line)
    else:
        await open_tcp(endpoint, line, None)
    return line


def explain(error: OSError | ModbusError, endpoint: Endpoint) -> str:
    """Return why a line could not be opened, or was lost, and what to look at."""
    if isinstance(error, ModbusError):
        return error.message
    if isinstance(error, ConnectionRefusedError):
        return f"nothing listens at {endpoint.key}: is the device on, is Modbus enabled on it, is the port right?"
    if isinstance(error, socket.gaierror):
        return f"no address is known for the name {endpoint.host}: is it spelt right, does the name service know it?"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"certificate verify failed: {error.verify_message}; name the file of its authority in ca_file, or its server_name"
    return str(error) or type(error).__name__


def tls_context(endpoint: Endpoint, folder: Path) -> ssl.SSLContext | None:
    """Return how to prove the other side and ourselves; None for what is not encrypted.

    Raises
    ------
    ModbusError
        If a file cannot be read or does not hold what it should.
    """
    if endpoint.transport != "tls":
        return None
    named = {
        name: str(folder / path) for name in ("ca_file", "certificate_file", "key_file") if (path := getattr(endpoint, name))
    }
    try:
        context = ssl.create_default_context(ssl.Purpose.SERVER_AUTH, cafile=named.get("ca_file"))
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if "certificate_file" in named:
            context.load_cert_chain(named["certificate_file"], named.get("key_file"))
    except OSError as error:  # ssl.SSLError is one
        message = f"certificates cannot be read ({error}); looked at {', '.join(f'{key} {path}' for key, path in named.items())}"
        raise ModbusError(message, where=endpoint.key) from error
    if endpoint.insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
