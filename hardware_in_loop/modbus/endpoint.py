# SPDX-License-Identifier: Apache-2.0
"""Where a Modbus device is reached, and at what pace it may be asked."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import Field, model_validator

from twinergy.options import NonNegative, Options, Positive

TCP_PORT: Final = 502
TLS_PORT: Final = 802
"""Registered port of Modbus/TCP Security (protocol specification v21, section 1)."""
MOST_BAUD_WITH_CHARACTER_TIMES: Final = 19200
FAST_GAP_S: Final = 0.00175
"""Silence between frames above 19200 baud (Modbus over Serial Line V1.02, section 2.5.1.1). [s]"""

Transport = Literal["tcp", "tls", "rtu_over_tcp", "rtu"]


class Endpoint(Options):
    """Address and manners of one connection; two with the same `key` are the same connection."""

    transport: Transport = "tcp"
    """tcp, tls (Modbus/TCP Security), rtu (a serial line), or rtu_over_tcp (a serial line behind a transparent converter)."""
    host: str = ""
    """Name or address; for tcp, tls and rtu_over_tcp."""
    port: Annotated[int, Field(ge=1, le=65535)] = TCP_PORT
    """TCP port; 802 for tls if not given."""
    serial_port: str = ""
    """Device file of the serial line, for rtu."""
    baud_rate: Annotated[int, Field(ge=300, le=4_000_000)] = 9600
    """Speed of the serial line, also of the one behind a converter: waiting times depend on it. [baud]"""
    parity: Literal["E", "O", "N"] = "E"
    """Even is the standard's default."""
    stop_bits: Literal[1, 2] = 1
    ca_file: str = ""
    """Certificates to trust for tls (PEM); the system's where none is named."""
    certificate_file: str = ""
    """Own certificate for tls (PEM); the standard wants one."""
    key_file: str = ""
    """Key of the own certificate, if it is not in the same file."""
    server_name: str = ""
    """Name that the device's certificate must have, if not the host."""
    insecure: bool = False
    """Take any certificate. For a laboratory without certificates only: anybody in between can then read and command."""
    timeout_s: Positive = 0.5
    """Longest wait for an answer; the time that the frames take on a serial line comes on top. [s]"""
    delay_s: NonNegative = 0.0
    """Pause between an answer and the next request, for devices that need one. [s]"""
    turnaround_s: NonNegative = 0.1
    """How long a serial line must have been quiet before the next request after something went wrong. [s]"""
    late_s: NonNegative = 3.0
    """How long after its time-out an answer may still come on a serial line, where answers carry no number. [s]"""
    in_flight: Annotated[int, Field(ge=1, le=64)] = 1
    """Requests at once, tcp and tls only; many devices drop all but one."""
    connect_timeout_s: Positive = 2.0
    """Longest wait for a connection. [s]"""

    @model_validator(mode="before")
    @classmethod
    def _port_of_tls(cls, given: Any) -> Any:
        if isinstance(given, dict) and given.get("transport") == "tls" and "port" not in given:
            return {**given, "port": TLS_PORT}
        return given

    @model_validator(mode="after")
    def _complete(self) -> Endpoint:
        needed, other = ("serial_port", "host") if self.transport == "rtu" else ("host", "serial_port")
        if not getattr(self, needed):
            message = f"transport {self.transport} needs {needed}"
            raise ValueError(message)
        if getattr(self, other):
            message = f"transport {self.transport} has no {other}; remove it, or change the transport"
            raise ValueError(message)
        if self.is_serial and self.in_flight > 1:
            message = f"in_flight {self.in_flight} needs transport tcp or tls: answers on a serial line carry no number"
            raise ValueError(message)
        if self.key_file and not self.certificate_file:
            message = "key_file needs certificate_file"
            raise ValueError(message)
        return self

    @property
    def key(self) -> str:
        """What makes two endpoints the same connection: ``host:port``, or the serial port."""
        if self.transport == "rtu":
            return self.serial_port
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host.lower()}:{self.port}"

    @property
    def is_serial(self) -> bool:
        """Whether frames are those of a serial line: with a checksum, without numbers."""
        return self.transport in {"rtu", "rtu_over_tcp"}

    @property
    def character_s(self) -> float:
        """Time of one character on the serial line: start, 8 data, parity or a second stop, stop. [s]."""
        bits = 10 + (self.parity != "N") + (self.stop_bits - 1)
        return bits / self.baud_rate

    @property
    def gap_s(self) -> float:
        """Silence that separates two frames of a serial line: 3.5 characters, 1.75 ms on fast lines. [s]."""
        return 3.5 * self.character_s if self.baud_rate <= MOST_BAUD_WITH_CHARACTER_TIMES else FAST_GAP_S
