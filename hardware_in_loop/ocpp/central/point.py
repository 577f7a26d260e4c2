# SPDX-License-Identifier: Apache-2.0
"""One charging point (EVSE) as its station tells of it, whatever the version."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from hardware_in_loop.ocpp.central.clock import OLDEST_S, StationClock
from hardware_in_loop.ocpp.central.mean_power import MeanPower
from hardware_in_loop.ocpp.central.registers import MOST_KW, RegisterLine
from hardware_in_loop.ocpp.central.transactions import Ledger

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from hardware_in_loop.ocpp.central.metering import Meters
    from hardware_in_loop.ocpp.central.needs import Needs
    from hardware_in_loop.ocpp.central.transactions import Event

FLOWS_KW: Final = 0.05
"""Power from which energy flows: less is what the point itself consumes. *Assumption.*"""


class Status(StrEnum):
    """What a connector is, in the words of OCPP 2.x; those of 1.6 say the charging state as well."""

    UNKNOWN = ""
    AVAILABLE = "Available"
    OCCUPIED = "Occupied"
    RESERVED = "Reserved"
    UNAVAILABLE = "Unavailable"
    FAULTED = "Faulted"


class State(StrEnum):
    """Charging states of OCPP 2.x."""

    NONE = ""
    IDLE = "Idle"
    CONNECTED = "EVConnected"
    CHARGING = "Charging"
    BY_CAR = "SuspendedEV"
    BY_POINT = "SuspendedEVSE"
    DONE = "Finishing"
    """Only 1.6 says it."""


CODES: Final = {
    State.CHARGING: 3.0,
    State.BY_CAR: 5.0,
    State.DONE: 5.0,
    State.CONNECTED: 2.0,
    State.BY_POINT: 2.0,
    State.IDLE: 0.0,
}
"""Charging states in the numbers of the port ``state`` of charging points."""


@dataclass(slots=True)
class Value:
    """The newest of what a point measures at a moment."""

    value: float = math.nan
    time_s: float = -math.inf
    received_s: float = -math.inf
    """Monotonic. [s]."""
    delay_s: float = 0.0


class Point:
    """An EVSE of a station.

    Parameters
    ----------
    number : int
        Its number, from 1.
    ledger : Ledger
        Transactions of its station.
    clock : StationClock
        Of its station.
    most_kw : float
        Most power it can take. [kW]
    """

    def __init__(
        self, number: int, ledger: Ledger | None = None, clock: StationClock | None = None, most_kw: float = MOST_KW
    ) -> None:
        self.number = number
        self.ledger = ledger or Ledger(most_kw)
        self.clock = clock or StationClock()
        self.status = Status.UNKNOWN
        self.error = ""
        self.needs: Needs | None = None
        self.needs_at_kwh = 0.0
        self.drawn, self.fed = RegisterLine(most_kw), RegisterLine(most_kw)
        self.values = {name: Value() for name in ("p_kw", "q_kvar", "soc")}
        self.limited_by = ""
        """Somebody else's limit at the station (NotifyChargingLimit)."""
        self.measured_s = -math.inf
        """When meter values last arrived, monotonic. [s]."""
        self.odd = 0
        """Meter values that could not be read."""
        self.watchers: list[Callable[[str], None]] = []
        self._state = State.NONE
        self._mean: MeanPower | None = None

    # --- what the station says ---

    def is_now(self, status: Status, state: State = State.NONE, error: str = "") -> None:
        """Take in a StatusNotification."""
        gone = status is Status.AVAILABLE and self.status is not Status.AVAILABLE  # at first too: books may have been kept
        self.status, self._state = status, state
        self.error = error if status is Status.FAULTED else ""
        if gone:
            self.needs = None
            active = self.ledger.active(self.number)
            if active is not None:  # its end is lost, or still in a queue
                active.abandoned = True
        self._tell("status")

    def happened(self, event: Event, *, is_new: bool) -> None:
        """Take in an event of a transaction, which the ledger has recorded."""
        if is_new:
            self.measure(event.readings, live=event.live)
        if is_new and event.happening == "Ended":
            self.needs = None
        self._tell(event.happening.value.lower() if is_new else "again")

    def wants(self, needs: Needs) -> None:
        """Take in what the car told of its wish."""
        self.needs, self.needs_at_kwh = needs, self.session_kwh
        if not math.isnan(needs.soc):
            self._put("soc", needs.soc, math.nan)
        self._tell("needs")

    def measure(self, readings: Iterable[Meters], *, live: bool = False) -> None:
        """Take in meter values: registers wherever they belong in time, the rest if it is the newest."""
        for meters in readings:
            time_s = self._arrival_s() if math.isnan(meters.time_s) else meters.time_s
            self.drawn.see(time_s, meters.energy_kwh, live=live)
            self.fed.see(time_s, meters.energy_out_kwh, live=live)
            self.odd += len(meters.odd)
            for name in self.values:
                value = getattr(meters, name)
                if not math.isnan(value):
                    self._mean = None if name == "p_kw" else self._mean
                    self._put(name, value, meters.time_s)
            if math.isnan(meters.p_kw) and not (math.isnan(meters.energy_kwh) and math.isnan(meters.energy_out_kwh)):
                self._put_mean(time_s, meters.time_s)
        self.measured_s = time.monotonic()
        self._tell("meters")

    def _arrival_s(self) -> float:
        """Return the time of a reading without one: the station's now, or ours where its clock was never set."""
        there_s = self.clock.there()
        return there_s if there_s >= OLDEST_S else time.time()

    def _put_mean(self, time_s: float, stamp_s: float) -> None:
        """Put the power that follows from the register, where the station does not tell any; it is as old as its oldest part."""
        kept = self.values["p_kw"]
        if math.isfinite(kept.received_s) and self._mean is None:
            return
        self._mean = self._mean or MeanPower()
        found = self._mean.see(time_s, self.drawn.energy_kwh - self.fed.energy_kwh)
        if found is not None:
            self._put("p_kw", found[0], stamp_s)
            kept.delay_s += found[1]

    def _put(self, name: str, value: float, time_s: float) -> None:
        kept = self.values[name]
        newest_s = time.time() - self.clock.behind_s if math.isnan(time_s) else time_s
        # What stands from a clock that has been put back since must not keep the present out.
        if newest_s >= kept.time_s or kept.time_s > time.time() - self.clock.behind_s + 1.0:
            kept.value, kept.time_s, kept.received_s, kept.delay_s = value, newest_s, time.monotonic(), self.clock.age(time_s)

    def _tell(self, what: str) -> None:
        for watcher in self.watchers:
            watcher(what)

    # --- what that means ---

    @property
    def charging_state(self) -> State:
        """Charging state: the transaction's in OCPP 2.x, the connector's in 1.6."""
        active = self.ledger.active(self.number)
        if active is not None and active.state and active.state in list(State):
            return State(active.state)
        return self._state

    @property
    def idle(self) -> bool:
        """Whether nothing can flow: no car, or a point that is out of order."""
        return self.ledger.active(self.number) is None and self.status in {Status.AVAILABLE, Status.RESERVED, Status.UNAVAILABLE}

    @property
    def state(self) -> float:
        """The port ``state``; NaN while the station has not said."""
        if self.status is Status.FAULTED:
            return 6.0
        state = self.charging_state
        if state in {State.CHARGING, State.BY_CAR, State.BY_POINT, State.CONNECTED, State.DONE}:
            power_kw = self.values["p_kw"].value
            return 4.0 if state is State.CHARGING and power_kw < -FLOWS_KW else CODES[state]
        if self.status is Status.UNKNOWN:
            return math.nan
        return {Status.RESERVED: 1.0, Status.OCCUPIED: 2.0}.get(self.status, 0.0)

    @property
    def closed(self) -> float:
        """Whether energy can flow: 1 while charging or feeding back, and while the car itself pauses."""
        if math.isnan(self.state):
            return math.nan
        return float(self.state in {3.0, 4.0} or self.charging_state is State.BY_CAR)

    @property
    def session_kwh(self) -> float:
        """Energy drawn in the transaction that is on, or in the last one. [kWh]."""
        latest = self.ledger.latest(self.number)
        return latest.drawn.energy_kwh if latest is not None else 0.0

    @property
    def energy_wanted_kwh(self) -> float:
        """What the car still lacks to its wish; NaN where it has not told one. [kWh]."""
        if self.needs is None:
            return math.nan
        return max(self.needs.energy_kwh - (self.session_kwh - self.needs_at_kwh), 0.0)

    @property
    def departure_in_s(self) -> float:
        """Time to its departure, never negative; NaN where it has not told one. [s]."""
        return math.nan if self.needs is None else max(self.needs.departure_s - time.time(), 0.0)
