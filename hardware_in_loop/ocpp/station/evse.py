# SPDX-License-Identifier: Apache-2.0
"""One EVSE: what it does by itself when a car comes and goes, whatever version is spoken."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from hardware_in_loop.ocpp.station import readings as ports
from hardware_in_loop.ocpp.station.events import Event, Happening, Transaction
from hardware_in_loop.ocpp.station.limits import Limiter, value_or
from hardware_in_loop.ocpp.station.settings import measurands
from twinergy.adapters import Fault, Way

if TYPE_CHECKING:
    from hardware_in_loop.ocpp.station.options import EvseSpec
    from hardware_in_loop.ocpp.station.readings import Readings
    from hardware_in_loop.ocpp.station.snapshot import Snapshot
    from hardware_in_loop.ocpp.station.station import Station

NAN = math.nan
GRACE_S: Final = 3.0
"""A car that has just been connected may take so long to draw power before it counts as paused by itself. *Assumption.* [s]"""


class Pending:
    """A token that was presented and waits for its car."""

    def __init__(self, token: str, until_s: float, remote_start: int | None, profile: dict[str, Any] | None) -> None:
        self.token = token
        self.until_s = until_s
        self.remote_start = remote_start
        self.profile = profile
        self.reservation: int | None = None


class Evse:
    """One EVSE of a station.

    Parameters
    ----------
    station : Station
        Its station.
    place : int
        Place in the station's list.
    spec : EvseSpec
        Who it is.
    readings : Readings
        Its device.

    Attributes
    ----------
    transaction : Transaction or None
        What runs.
    operative : bool
        Whether the central system lets it be used.
    limits : Limiter
        What the charging profiles allow.
    """

    def __init__(self, station: Station, place: int, spec: EvseSpec, readings: Readings) -> None:
        self.station = station
        self.place = place
        self.spec = spec
        self.readings = readings
        self.transaction: Transaction | None = None
        self.pending: Pending | None = None
        self.operative = True
        self.closing = False
        self.plugged = False
        self.ended = False
        self.state = ports.AVAILABLE
        self.limits = Limiter(self)
        self.reserved = False
        self._status = ""
        self._needs: tuple[float, float] | None = None

    @property
    def number(self) -> int:
        """Number in the version that is spoken."""
        return self.spec.number(self.station.version)

    @property
    def key(self) -> str:
        """How profiles name the running transaction, empty for none."""
        running = self.transaction
        if running is None:
            return ""
        return str(running.number) if self.station.first_version and running.number is not None else running.id

    @property
    def local(self) -> bool:
        """Whether somebody at the point has taken control."""
        return self.station.trouble(self.spec.link, Fault.LOCAL)

    @property
    def free(self) -> bool:
        """Whether a car may come."""
        usable = self.operative and not self.local and self.state != ports.FAULT
        return usable and not self.plugged and self.transaction is None and self.pending is None

    # --- every tick ---

    def tick(self, now_s: float) -> None:
        """Look at the physics, and note who came and went."""
        self.state = self.readings.state()
        plugged = self.state in ports.PLUGGED or (self.state == ports.FAULT and self.plugged)
        if plugged != self.plugged:
            self.plugged = plugged
            self._arrived(now_s) if plugged else self._left(now_s)
        if self.pending is not None and now_s >= self.pending.until_s:
            self.pending = None  # OCPP 1.6 ConnectionTimeOut: nobody came
        self.limits.judge(now_s)

    def act(self, now_s: float) -> None:
        """Do what follows from what all EVSEs of the station have seen."""
        self.limits.obey(now_s)
        self._charge(now_s)
        self._sample(now_s)
        self.tell_status()

    def _arrived(self, now_s: float) -> None:
        self.ended = False
        if self.pending is not None:
            self.begin(self.pending, now_s)
        elif self.station.spec.autostart:
            self.station.later(self._show_card())

    def _left(self, now_s: float) -> None:
        self.ended = False
        self._needs = None
        if self.transaction is not None:
            self.end("EVCommunicationLost", "EVDisconnected", now_s)

    async def _show_card(self) -> None:
        """Show the card of whoever plugged in, as at a real point, and charge if it is accepted."""
        token = self.station.spec.token
        if self.station.keeper.kept_for_others(self, token) or not await self.station.authorize(token):
            return
        if self.plugged and self.transaction is None and self.operative:
            self.present(token, self.station.now())

    def present(self, token: str, now_s: float, remote_start: int | None = None, profile: dict[str, Any] | None = None) -> None:
        """Take an accepted token: charge with it, or wait for its car."""
        pending = Pending(token, now_s + self.station.settings.connection_s, remote_start, profile)
        if not self.station.first_version:  # 2.x uses a reservation up when its token is presented, 1.6 when charging starts
            pending.reservation = self.station.keeper.use_up(self, token)
        if self.plugged:
            self.begin(pending, now_s)
        else:
            self.pending = pending

    def begin(self, pending: Pending, now_s: float) -> None:
        """Start a transaction."""
        self.pending = None
        reservation = pending.reservation
        if reservation is None:
            reservation = self.station.keeper.use_up(self, pending.token)
        self.transaction = running = Transaction(
            id=str(uuid4()),
            token=pending.token,
            started_s=now_s,
            remote_start=pending.remote_start,
            reservation=reservation,
            next_sample_s=now_s + self.station.settings.sample_s,
        )
        if pending.profile is not None:
            self.station.install_for(self, pending.profile)
        trigger = "Authorized" if pending.remote_start is None else "RemoteStart"
        self.emit(Happening.STARTED, trigger, now_s, "Transaction.Begin", self.station.settings.started, with_token=True)
        self.station.follow(now_s)  # only now, so that all energy lies between the first and the last register
        self.station.journal.event(Way.EVENT, self.spec.link, transaction=running.id, token=running.token, started=True)

    def end(self, trigger: str, reason: str, now_s: float) -> None:
        """End the running transaction; what its profiles said is gone with it."""
        running = self.transaction
        if running is None:
            return
        running.state = "EVConnected" if self.plugged else "Idle"
        self.emit(Happening.ENDED, trigger, now_s, "Transaction.End", self.station.settings.ended, reason=reason)
        self.station.profiles.end_transaction(self.number)
        self.station.journal.event(Way.EVENT, self.spec.link, transaction=running.id, reason=reason, ended=True)
        self.transaction = None
        self.ended = self.plugged
        if self.closing:
            self.closing, self.operative = False, False

    # --- what the central system hears ---

    def snapshot(self, now_s: float) -> Snapshot:
        """Return what the meter shows."""
        offered = min(value_or(self.limits.asked.get("p_max_kw", NAN), self.spec.rated_kw), self.spec.rated_kw)
        return self.readings.snapshot(now_s, offered, self.spec.phases)

    def emit(
        self,
        happening: Happening,
        trigger: str,
        now_s: float,
        context: str = "",
        sampled: str = "",
        *,
        reason: str = "",
        with_token: bool = False,
    ) -> None:
        """Put an event of the running transaction (or of the meter alone) into the queue."""
        running = self.transaction
        event = Event(
            happening=happening,
            evse=self.place,
            time_s=now_s,
            shown=self.snapshot(now_s),
            transaction=running,
            trigger=trigger,
            context=context,
            measurands=measurands(sampled) if context else (),
            reason=reason,
            offline=not self.station.online,
            with_token=with_token,
        )
        if running is not None and happening is not Happening.METER:
            event.seq, event.state = running.seq, running.state
            running.seq += 1
        self.station.outbox.put(event)

    def _charge(self, now_s: float) -> None:
        """Tell when charging begins, pauses, goes on."""
        running = self.transaction
        if running is None:
            return
        if self.state in {ports.CHARGING, ports.FEEDING}:
            state = "Charging"
        elif self.limits.asked.get("p_max_kw") == 0.0:
            state = "SuspendedEVSE"
        else:
            state = "SuspendedEV" if now_s - running.started_s >= GRACE_S or running.state != "EVConnected" else "EVConnected"
        if state != running.state:
            running.state = state
            self.emit(Happening.UPDATED, "ChargingStateChanged", now_s, "Other", self.station.settings.sampled)
        self._tell_needs()

    def _tell_needs(self) -> None:
        """Pass on what the car wants when it arrives, and when its departure moves by more than five minutes."""
        wanted_kwh, departs_s = self.readings.read("energy_wanted_kwh"), self.readings.read("departure_s")
        if not math.isfinite(wanted_kwh) or not self.station.online or self.station.first_version:
            return
        departure_s = self.station.now() + departs_s if math.isfinite(departs_s) else NAN
        known = self._needs
        moved = known is not None and math.isfinite(departure_s) and not abs(departure_s - known[1]) < 300.0  # noqa: PLR2004
        if known is None or moved:
            self._needs = (wanted_kwh, departure_s)
            self.station.tell_needs(self, wanted_kwh, departure_s)

    def _sample(self, now_s: float) -> None:
        running, interval_s = self.transaction, self.station.settings.sample_s
        if running is None or interval_s <= 0.0:
            return
        running.next_sample_s = min(running.next_sample_s, now_s + interval_s)
        if now_s >= running.next_sample_s:
            missed = (now_s - running.next_sample_s) // interval_s
            running.next_sample_s += (1.0 + missed) * interval_s
            self.emit(Happening.UPDATED, "MeterValuePeriodic", now_s, "Sample.Periodic", self.station.settings.sampled)

    def sample_clock(self, now_s: float) -> None:
        """Send clock-aligned values."""
        happening = Happening.METER if self.transaction is None else Happening.UPDATED
        self.emit(happening, "MeterValueClock", now_s, "Sample.Clock", self.station.settings.aligned)

    def status(self) -> str:
        """Return the state of the connector as 1.6 names it."""
        if self.state == ports.FAULT:
            return "Faulted"
        if not self.operative or self.local:
            return "Unavailable"
        if self.transaction is not None:
            state = self.transaction.state
            return state if state in {"Charging", "SuspendedEV", "SuspendedEVSE"} else "Preparing"
        if self.plugged:
            return "Finishing" if self.ended else "Preparing"
        if self.pending is not None and self.station.first_version:
            return "Preparing"
        return "Reserved" if self.reserved or self.state == ports.RESERVED else "Available"

    def tell_status(self, *, again: bool = False) -> None:
        """Tell the central system what has changed."""
        status = self.status()
        if not self.station.first_version and status in {"Preparing", "Charging", "SuspendedEV", "SuspendedEVSE", "Finishing"}:
            status = "Occupied"
        if (again or status != self._status) and self.station.connection.accepted:
            self._status = status
            self.station.tell_status(self, status)

    def keep(self, reserved: bool) -> None:
        """Let the physics keep the point for somebody, or not any more."""
        if reserved != self.reserved:
            self.reserved = reserved
            self.readings.ask({"reserved": float(reserved)}, self.station.now())
