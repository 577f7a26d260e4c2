# SPDX-License-Identifier: Apache-2.0
"""One charging point of a scenario that is a real one."""

from __future__ import annotations

import asyncio
import math
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from hardware_in_loop.ocpp.central.dialect import Place
from hardware_in_loop.ocpp.central.point import Status
from hardware_in_loop.ocpp.central.reservations import Reservation
from hardware_in_loop.ocpp.central.scheme import Steered
from hardware_in_loop.ocpp.central.smart_charging import Wish
from hardware_in_loop.ocpp.central.steering import Steering
from hardware_in_loop.ocpp.central.tasks import Tasks
from hardware_in_loop.ocpp.errors import CallError, LostAnswerError, OcppError
from hardware_in_loop.ocpp.options import OcppOptions
from twinergy.adapters import DeviceLink, LinkState, Quality, Way
from twinergy.errors import DeviceError

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping
    from typing import Any

    from hardware_in_loop.ocpp.central.abilities import Abilities
    from hardware_in_loop.ocpp.central.dialect import Dialect
    from hardware_in_loop.ocpp.central.station import Station
    from twinergy.adapters import Attached, Journal, Row

ASKED: Final = ("p_set_kw", "p_min_kw", "p_max_kw")
HALF: Final = 0.5
SILENT_SHARE: Final = 1.5
"""Heartbeats that are late by half of their interval are asked for. [-]"""
OVERDUE: Final = 3.0
"""Meter values that are missing for so many intervals are triggered. [-]"""
CALLS: Final = {"arm": 5, "command": 2, "release": 4}
"""Calls that each takes where nothing is in the way, each of which has the time of an answer."""
POLL_S: Final = 0.5
"""How long a triggered meter value is waited for, at most. [s]"""
AT_ONCE_S: Final = 0.1
"""A station that takes longer to send triggered meter values is spared them, where it sends them at an interval too. [s]"""
SPARED_S: Final = 60.0


class OcppLink(DeviceLink):
    """One EVSE of a station.

    Parameters
    ----------
    attached : Attached
        The device; its options are `OcppOptions`.
    row : Row
        Where readings go.
    station : Station
        Its station, which others may share.
    journal : Journal
        Where events go.
    """

    def __init__(self, attached: Attached, row: Row, station: Station, journal: Journal) -> None:
        super().__init__(attached, row)
        options = attached.options
        if not isinstance(options, OcppOptions):
            message = f"{attached.id}: options of another adapter: {type(options).__name__}"
            raise TypeError(message)
        self.options = options
        self.place = Place(options.evse, options.connector, options.old_connector)
        self.station = station
        self.point = station.books.point(options.evse)
        station.books.old_connectors[options.old_connector] = options.evse
        self.steering = Steering(self.point, _steered(attached, options, self.place), self._note)
        self.reservation = Reservation(options.evse, options.reservation_s)
        station.books.reservations[options.evse] = self.reservation
        self.tasks = Tasks(lambda why: journal.event(Way.FAILED, self.id, background=why))
        self.said = f"waits for {options.station} to connect"
        self._journal = journal
        self._dialect: Dialect | None = None
        self._followed = ""
        self._started = False
        self._spared_s = -math.inf
        self.point.watchers.append(self._changed)
        station.watchers.append(self)

    # --- contract ---

    async def sample(self) -> None:
        """Have meter values sent if they do not come by themselves, and show what holds as long as the connection does."""
        if self._dialect is not None and self._must_poll():
            try:
                await self._poll(self._dialect)
            except DeviceError as error:
                self.row.mark(Quality.STALE, str(error))
        if self._dialect is not None and self.station.heard_s > SILENT_SHARE * self.options.heartbeat_s:
            await self._ask_for_life(self._dialect)
        if self._dialect is not None and self.station.heard_s < 2.0 * self.options.heartbeat_s:
            self._show_standing()

    async def arm(self) -> None:
        """Leave the safe limit at the station; see `Steering.arm`."""
        await self._in_time(self.steering.arm, "arm")

    async def command(self, values: Mapping[str, float]) -> None:
        """Ask for power and reservation; see `Steering.command`."""
        await self._in_time(lambda: self._command(values), "command")

    async def release(self) -> None:
        """Take set-points and the reservation back, so that the safe limit applies; see `Steering.release`."""
        await self._in_time(self._release, "release")

    # --- the station's connection ---

    def up(self, dialect: Dialect, abilities: Abilities) -> None:
        """Take in that it can be asked from now on."""
        self._dialect = dialect
        self.steering.connected(dialect, abilities)
        self.state, self.said = LinkState.UP, abilities.text
        self._journal.event(Way.EVENT, self.id, up=self.said)
        self._show_standing()

    def down(self, why: str) -> None:
        """Mark what stands, since it cannot be asked any more; its profiles end by themselves."""
        self._dialect = None
        self.steering.gone()
        self._followed = ""
        self.state, self.said = LinkState.DOWN, why
        self.row.mark(Quality.STALE, why)
        self._journal.event(Way.EVENT, self.id, down=why)

    async def close(self) -> None:
        """End what goes on in the background."""
        await self.tasks.close()

    # --- readings ---

    def _changed(self, what: str) -> None:
        self._show()
        if what == "status":
            self._plugged()
        active = self.point.ledger.active(self.point.number)
        if active is not None and active.id != self._followed and self.steering.armed:
            self._followed = active.id
            self.tasks.start(self.steering.follow())

    def _plugged(self) -> None:
        """Start a transaction for a car that came without a card, if that is wanted; let a kept wish for a reservation be due."""
        if self.point.status in {Status.AVAILABLE, Status.UNAVAILABLE}:
            self._started = False
            if self.reservation.wanted and self._dialect is not None:
                self.reservation.wish(wanted=True, free_again=True)
                self.tasks.start(self._hold(self._dialect))
        elif self.point.status is Status.OCCUPIED and self.options.autostart and not self._started:
            idle = self.point.ledger.active(self.point.number) is None
            if idle and self._dialect is not None:
                self._started = True
                remote_id = int(time.time()) % 2**31
                self.tasks.start(self._dialect.start(self.place, self.options.token, remote_id))

    @property
    def _quality(self) -> tuple[Quality, str]:
        if self.point.status is Status.FAULTED:
            return Quality.BAD, f"fault: {self.point.error or 'not said which'}"
        if self.point.status is Status.UNAVAILABLE:
            return Quality.LOCAL, "taken out of service at the station"
        if self.point.limited_by:
            return Quality.LOCAL, f"limited by {self.point.limited_by}"
        return Quality.GOOD, ""

    def _show(self) -> None:
        """Put what the station has said."""
        quality, reason = self._quality
        for port, kept in self.point.values.items():
            if math.isfinite(kept.received_s):
                self.row.put(
                    port, kept.value, quality, received_s=kept.received_s, delay_s=kept.delay_s,
                    device_s=kept.time_s if math.isfinite(kept.time_s) else math.nan, reason=reason,
                )  # fmt: skip
        measured_s = self.point.measured_s
        if math.isfinite(measured_s):
            self.row.put("energy_kwh", self.point.drawn.energy_kwh, quality, received_s=measured_s, reason=reason)
            self.row.put("energy_out_kwh", self.point.fed.energy_kwh, quality, received_s=measured_s, reason=reason)
            self.row.put("session_kwh", self.point.session_kwh, quality, received_s=measured_s, reason=reason)
        if self._dialect is not None:
            self._show_standing()

    def _show_standing(self) -> None:
        """Put what stays true until the station says otherwise, and no power where nothing can flow."""
        point, (quality, reason) = self.point, self._quality
        if math.isnan(point.state):
            return
        standing = {"state": point.state, "closed": point.closed}
        standing |= {"energy_wanted_kwh": point.energy_wanted_kwh, "departure_s": point.departure_in_s}
        if point.idle:
            standing |= {"p_kw": 0.0, "q_kvar": 0.0, "soc": math.nan, "session_kwh": point.session_kwh}
            standing |= {"energy_kwh": point.drawn.energy_kwh, "energy_out_kwh": point.fed.energy_kwh}
        for port, value in standing.items():
            self.row.put(port, value, quality, reason=reason)

    def _must_poll(self) -> bool:
        if self.options.poll == "never" or self.station.books.abilities.triggers is False:
            return False
        if self.options.poll == "always":
            return True
        now_s, can = time.monotonic(), self.station.books.abilities
        overdue = now_s - self.point.measured_s > OVERDUE * self.options.meter_s
        at_once = can.triggers is True and now_s >= self._spared_s
        return not self.point.idle and (overdue or at_once or not can.interval)

    def refused(self, reason: str, peer: str) -> None:
        """Take note that somebody who said to be this station, or did not say who, was turned away."""
        if self.state is not LinkState.UP:
            self.said = f"waits for {self.options.station} to connect; from {peer} it was turned away: {reason.replace('_', ' ')}"

    async def _ask_for_life(self, dialect: Dialect) -> None:
        """Have a station answer that keeps its heartbeats to itself; a refusal is an answer too."""
        with suppress(DeviceError, TimeoutError):
            async with asyncio.timeout(min(self.options.timeout_s, POLL_S)):
                await dialect.trigger(self.place, "Heartbeat")

    async def _poll(self, dialect: Dialect) -> None:
        """Have meter values sent and wait for them."""
        came = asyncio.Event()

        def watch(what: str) -> None:
            if what == "meters":
                came.set()

        self.point.watchers.append(watch)
        begun_s = time.monotonic()
        try:
            if await self.station.trigger(dialect, self.place, "MeterValues"):
                with suppress(TimeoutError):
                    await asyncio.wait_for(came.wait(), min(self.options.timeout_s, POLL_S))
        finally:
            self.point.watchers.remove(watch)
        if not came.is_set() or time.monotonic() - begun_s > AT_ONCE_S:
            self._spared_s = time.monotonic() + SPARED_S

    # --- set-points ---

    async def _in_time(self, work: Callable[[], Coroutine[Any, Any, None]], what: str) -> None:
        within_s = CALLS[what] * self.options.timeout_s
        try:
            async with asyncio.timeout(within_s):
                try:
                    await work()
                except LostAnswerError as error:  # it is back: profiles and reservations may be asked for twice
                    self._note(again=what, because=str(error))
                    await work()
        except TimeoutError as error:
            message = f"{self.options.station}: {what}: not done within {within_s:g} s"
            raise DeviceError(message) from error

    async def _command(self, values: Mapping[str, float]) -> None:
        if any(port in values for port in ASKED):
            await self.steering.command(Wish.of(values))
        if "reserved" in values:
            self.reservation.wish(wanted=values["reserved"] >= HALF)
            if self._dialect is None:
                message = f"{self.options.station}: not connected"
                raise DeviceError(message)
            await self._hold(self._dialect)
            if self.reservation.wanted and self.reservation.why not in {"", "Occupied"}:
                message = f"{self.options.station}: ReserveNow: {self.reservation.why}"
                raise DeviceError(message)

    async def _hold(self, dialect: Dialect) -> None:
        """Bring the reservation to what is wanted; one that a car stands in the way of waits until it has left."""
        reservation = self.reservation
        if reservation.must_go():
            await dialect.cancel(reservation.id)
            reservation.cancelled()
        elif reservation.due(time.time()):
            if self.station.books.abilities.reserves is False:
                reservation.why = "the station has no reservations"
                return
            until_s = time.time() + reservation.hold_s
            try:
                status = await dialect.reserve(
                    self.place, reservation.id, self.options.token, until_s - self.point.clock.behind_s
                )
            except CallError as error:
                status = str(error)
            reservation.answered(status, until_s)
            self._note(reserved=status)

    async def _release(self) -> None:
        """Take back what power is asked for first, and the reservation then, whether or not the first could be shown."""
        try:
            await self.steering.release()
        except DeviceError:
            await self._release_reservation()
            raise
        await self._release_reservation()

    async def _release_reservation(self) -> None:
        if self._dialect is not None:
            self.reservation.wish(wanted=self.options.safe.set.get("reserved", 0.0) >= HALF)
            with suppress(OcppError):
                await self._hold(self._dialect)

    def _note(self, **facts: object) -> None:
        self._journal.event(Way.EVENT, self.id, **facts)


def _steered(attached: Attached, options: OcppOptions, place: Place) -> Steered:
    facts = attached.facts
    direct = facts.get("dc_kw", 0.0) > 0.0
    phases = options.phases or int(facts.get("connector_phases", facts.get("phases_count", 3.0)))
    return Steered(
        place=place,
        safe=Wish.of(options.safe.set),
        within_s=options.safe.within_s,
        rated_kw=attached.rated_kw,
        must_fall_back=options.safe.fallback == "required",
        rate=options.rate,
        phases=0 if direct else phases,
        voltage_v=options.voltage_v,
        switches=options.phase_switching,
        both_ways=options.v2x,
        per_phase=options.per_phase,
        stops=options.disobey == "stop",
        settle_s=options.settle_s,
    )
