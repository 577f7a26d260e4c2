# SPDX-License-Identifier: Apache-2.0
"""What a software station is: who it is, whom it talks to, which EVSEs it has."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from hardware_in_loop.ocpp.versions import NEWEST_FIRST, Version

if TYPE_CHECKING:
    from hardware_in_loop.ocpp.security import SecurityOptions


@dataclass(frozen=True, slots=True, kw_only=True)
class EvseSpec:
    """One EVSE and the device behind it.

    Attributes
    ----------
    device : str
        Id of the device in the physics.
    link : str
        Name in the journal and on the board of faults.
    evse, connector : int
        Numbers in OCPP 2.x.
    old_connector : int
        Number of the connector in OCPP 1.6.
    rated_kw : float
        Most power of the point, both ways. [kW]
    phases : int
        Phases of the connector. [-]
    two_way, direct : bool
        Whether it can feed back; whether it is a DC point.
    """

    device: str
    link: str
    evse: int = 1
    connector: int = 1
    old_connector: int = 1
    rated_kw: float = 11.0
    phases: int = 3
    two_way: bool = False
    direct: bool = False

    def number(self, version: Version) -> int:
        """Return the number that a version addresses it by."""
        return self.old_connector if version is Version.V16 else self.evse


@dataclass(frozen=True, slots=True, kw_only=True)
class Backoff:
    """Waits between attempts to connect, doubling (OCPP 2.x, ``RetryBackOff*``; short ones for benches).

    Attributes
    ----------
    first_s, most_s : float
        Shortest and longest wait. [s]
    random_s : float
        What is added at most by chance, so that a thousand stations do not come back at once. [s]
    """

    first_s: float = 0.1
    most_s: float = 10.0
    random_s: float = 0.0

    def wait_s(self, attempt: int, chance: float) -> float:
        """Return the wait before an attempt, counted from 0; `chance` lies between 0 and 1. [s]."""
        return min(self.first_s * 2.0 ** min(attempt, 30), self.most_s) + chance * self.random_s


@dataclass(frozen=True, slots=True, kw_only=True)
class StationSpec:
    """A charging station.

    Attributes
    ----------
    url : str
        Of the central system, without the identity.
    station : str
        Identity.
    evses : tuple of EvseSpec
        At least one.
    versions : tuple of Version
        Offered ones, best first.
    security : SecurityOptions or None
        None for no security.
    token : str
        Card that is shown for a car that is plugged in.
    autostart : bool
        Whether it is shown; without it a transaction waits for the central system.
    offline_starts : bool
        Whether a car may be charged while nobody can be asked.
    backoff : Backoff
        Waits between attempts to connect.
    tick_s : float
        How often the physics is looked at. [s]
    boot_retry_s : float
        Wait before the next boot notification where the central system gives no interval. [s]
    heartbeat_s, meter_s : float
        Intervals at first: the central system may change them. [s]
    timeout_s : float
        How long an answer is waited for. [s]
    folder : pathlib.Path
        Secrets and certificates are relative to it.
    seed : int
        Of the random part of waits.
    """

    url: str
    station: str
    evses: tuple[EvseSpec, ...]
    versions: tuple[Version, ...] = NEWEST_FIRST
    security: SecurityOptions | None = None
    token: str = "TWINERGY-LAB"  # noqa: S105 - the number of a card, no secret
    autostart: bool = True
    offline_starts: bool = True
    backoff: Backoff = field(default_factory=Backoff)
    tick_s: float = 0.05
    boot_retry_s: float = 10.0
    heartbeat_s: float = 60.0
    meter_s: float = 60.0
    timeout_s: float = 10.0
    folder: Path = Path()
    seed: int = 1
    vendor: str = "TwinERGY"
    model: str = "Software station"
