# SPDX-License-Identifier: Apache-2.0
"""What a scenario says about a charging point that speaks OCPP."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from hardware_in_loop.ocpp.security import TLS_CLIENT, CertificateOptions, SecurityOptions
from hardware_in_loop.ocpp.versions import Version
from twinergy.adapters import AdapterOptions
from twinergy.options import Positive  # noqa: TC001 - pydantic reads it

Identity = Annotated[str, Field(pattern=r"^[A-Za-z0-9*+=|@._:\-]{1,48}$")]
"""OCPP-J: identity of a station as it stands at the end of its URL; 48 characters of identifierString in OCPP 2.x."""
HostPort = Annotated[str, Field(pattern=r"^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9_.\-]+):\d{1,5}$")]
Number = Annotated[int, Field(ge=1)]
Rate = Literal["auto", "A", "W"]
OldToken = Annotated[str, Field(min_length=1, max_length=20)]
"""Identifier of a card or an app: 20 characters is what OCPP 1.6 takes."""


class OcppOptions(AdapterOptions):
    """A charging point: one EVSE of a station, at a central system of ours."""

    kind: Literal["ocpp"] = "ocpp"
    listen: HostPort = "127.0.0.1:9000"
    """Where the central system listens; the station's URL is ``ws://host:port/<station>`` (``wss`` in profiles 2 and 3). Devices
    that name the same address share it."""
    dial: str = ""
    """URL of somebody's central system, for a simulated point that is attached to it; then nothing listens."""
    station: Identity
    """Identity of the station, the last part of its URL and its user name."""
    evse: Number = 1
    """EVSE of the station. OCPP 1.6 has none: there it is the connector, where `connector` is 1."""
    connector: Number = 1
    """Connector of the EVSE."""
    versions: Annotated[tuple[Version, ...], Field(min_length=1)] = (Version.V21, Version.V201, Version.V16)
    """Versions that are offered, the best first."""
    security: SecurityOptions = SecurityOptions()
    """Security profile, password, certificates; the same for all that share an address, but for the password."""
    bench_certificate: CertificateOptions | None = None
    """What the software station of a bench shows in profile 3: a certificate in the name of the station (common name), signed by
    a root in `security.ca`, which must hold that of the central system's certificate too. A real station has its own."""
    tokens: tuple[OldToken, ...] = ()
    """Cards and apps that may charge, beside the laboratory's own; all others are refused. The lists of a station add up."""
    token: OldToken = "TWINERGY-LAB"  # noqa: S105 - the number of a card, no secret
    """Token that the laboratory itself starts and reserves with."""
    rate: Rate = "auto"
    """Unit of limits; ``auto`` asks the station, and prefers watts."""
    phases: Literal[1, 2, 3] | None = None
    """Phases the car is charged with, to turn watts into amperes; three where neither this nor the simulated point says."""
    phase_switching: bool = False
    """Whether less than 6 A on three phases is asked for on one; only of a station that says it can."""
    voltage_v: Positive = 230.0
    """Voltage between a phase and neutral, to turn watts into amperes. [V]"""
    v2x: bool = False
    """Whether it can feed back, which only OCPP 2.1 can ask for."""
    per_phase: bool = False
    """Whether set-points of OCPP 2.1 name each phase (``setpoint``, ``setpoint_L2``, ``setpoint_L3``) instead of their sum."""
    reactive: bool = False
    """Whether its reactive power is read; only of a station that measures it."""
    meter_s: Annotated[int, Field(ge=1, le=3600)] = 1
    """Interval of meter values that is asked for. [s]"""
    poll: Literal["auto", "always", "never"] = "auto"
    """Whether meter values are triggered before each step: ``auto`` where the station sends them at once, or does not take the
    interval."""
    heartbeat_s: Annotated[int, Field(ge=1, le=86400)] = 10
    """Interval of heartbeats; what a station says of its state is stale after two without a sign of life. [s]"""
    timeout_s: Positive = 5.0
    """Time a station has to answer. [s]"""
    reservation_s: Annotated[float, Field(ge=60.0)] = 900.0
    """For how long a reservation stands; it is renewed at half of it, and ends by itself when the laboratory is gone. [s]"""
    autostart: bool = False
    """Whether a car that is plugged in is charged without a card, with the laboratory's token."""
    disobey: Literal["report", "stop"] = "report"
    """What happens if a point goes on charging at a limit of 0: say so, or end the transaction as the last resort."""
    settle_s: Positive = 10.0
    """Time a car has to follow a limit before that counts as disobeying; IEC 61851-1 grants 5 s after a change of duty. [s]"""
    store: str = ""
    """File that keeps transactions and registers over a restart of the laboratory, relative to the scenario; none if empty."""

    @model_validator(mode="after")
    def _possible(self) -> OcppOptions:
        if self.v2x and Version.V21 not in self.versions:
            message = "v2x: only OCPP 2.1 can ask a point to feed back; add ocpp2.1 to versions"
            raise ValueError(message)
        if self.bench_certificate is not None and self.security.profile != TLS_CLIENT:
            message = f"bench_certificate: in security profile {self.security.profile} stations show none; profile 3 has them"
            raise ValueError(message)
        if self.dial and not self.dial.startswith(("ws://", "wss://")):
            message = f"dial: {self.dial!r} is no ws:// or wss:// URL"
            raise ValueError(message)
        return self

    @property
    def old_connector(self) -> int:
        """Number of the connector in OCPP 1.6, which has no EVSEs."""
        return self.evse if self.evse != 1 else self.connector
