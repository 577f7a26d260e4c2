# SPDX-License-Identifier: Apache-2.0
"""How a point is steered: a safe limit that stays, and set-points above it that end by themselves.

The safe limit is a TxDefaultProfile without an end. A set-point is a TxProfile (a TxDefaultProfile one level higher while no
transaction is on) that ends ``within_s`` after it was sent; OCPP 2.1 also lets it end that long after the connection was lost. So
whatever happens to this side, the point is back at the safe limit in time. Stations that take only a ChargePointMaxProfile get
both as such, one above the other. Each write is followed by GetCompositeSchedule, which says what will really apply.

Absolute times are those of the station's clock, so that a wrong one does no harm.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections import Counter
from typing import TYPE_CHECKING, Final

from hardware_in_loop.ocpp.central.dialect import RefusedError
from hardware_in_loop.ocpp.central.obedience import Obedience
from hardware_in_loop.ocpp.central.scheme import OVER_DEFAULT, OVER_MAX, Scheme, Steered
from hardware_in_loop.ocpp.central.smart_charging import (
    LEAST_A,
    Profile,
    Purpose,
    Rate,
    Wish,
    limit_period,
    prove,
    tolerance_kw,
    v2x_period,
)
from hardware_in_loop.ocpp.errors import CallError
from twinergy.errors import DeviceError

if TYPE_CHECKING:
    from collections.abc import Callable

    from hardware_in_loop.ocpp.central.abilities import Abilities
    from hardware_in_loop.ocpp.central.dialect import Dialect, Payload
    from hardware_in_loop.ocpp.central.point import Point

LEAD_S: Final = 30.0
"""How far before the present a schedule begins, so that a clock that is a little behind does not make it wait. [s]"""
REACTS_S: Final = 0.2
"""What a schedule ends earlier, for the station to act on its end. *Assumption.* [s]"""
WHOLE_S: Final = 10.0
"""From this duration on a schedule begins at a whole second. [s]"""
SETTLING_S: Final = (0.05, 0.2, 0.5)
"""Waits before a profile that was refused right after the start of a transaction is sent again. [s]"""
SPARE_S: Final = 5
WRONG_S: Final = 60.0
"""From how far away on a clock is wrong. *Assumption.* [s]"""
MOST_REFUSALS: Final = 3
"""After so many refused TxProfiles a transaction is steered by a TxDefaultProfile, if that shows to work."""
IDS: Final = 10
"""Profile ids of a point, from ten times its number."""


class Steering:
    """Steers one point.

    Parameters
    ----------
    point : Point
        What its station says of it.
    steered : Steered
        How.
    note : callable
        ``note(**facts)`` writes an event into the journal.
    """

    def __init__(self, point: Point, steered: Steered, note: Callable[..., None] = lambda **_: None) -> None:
        self.point = point
        self.steered = steered
        self.note = note
        self.dialect: Dialect | None = None
        self.wish = Wish()
        self.wished_s = -math.inf
        self.counts: Counter[str] = Counter()
        self.alone = True
        """Whether its station has no other point that is steered: only then may a limit hold for the whole station."""
        self.limited_kw = math.nan
        """What applies where something else at the station allows less than was asked for. [kW]."""
        self._abilities: Abilities | None = None
        self._scheme: Scheme | None = None
        self._was_armed = False
        self._said_s = math.nan
        self._believed = False
        self._refusals: Counter[str] = Counter()
        self._lock = asyncio.Lock()
        self._obedience = Obedience(steered.settle_s)

    def connected(self, dialect: Dialect, abilities: Abilities) -> None:
        """Go on with a connection; what the station can do is known."""
        self.dialect, self._abilities = dialect, abilities
        self._believed = False

    def gone(self) -> None:
        """Take in that the connection is lost, or the station restarts: it must be armed again."""
        self.dialect, self._scheme = None, None

    @property
    def armed(self) -> bool:
        """Whether it falls back by itself."""
        return self._scheme is not None

    async def arm(self) -> None:
        """Leave the safe limit at the station, and prove that it applies as soon as nobody asks for anything.

        Raises
        ------
        DeviceError
            If the station does not take it, or does not show that it applies.
        """
        async with self._lock:
            await self._arm(self._connected())

    async def _arm(self, dialect: Dialect) -> None:
        self._scheme = None
        self._check_abilities(dialect)
        try:
            self._scheme = await self._install(dialect)
        except DeviceError as error:
            if self.steered.must_fall_back:
                raise
            self._scheme = OVER_DEFAULT
            self.note(unarmed=str(error))
        self._was_armed = True

    def _check_abilities(self, dialect: Dialect) -> None:
        if self.steered.both_ways and not dialect.feeds_back:
            message = f"{self._who}: speaks no OCPP 2.1, so it cannot be asked to feed back; v2x: false, or another station"
            raise DeviceError(message)
        if self.steered.both_ways and self._can.steers_both_ways is False:
            message = f"{self._who}: says that it cannot feed back (V2XChargingCtrlr.Enabled); v2x: false, or switch it on"
            raise DeviceError(message)
        if self._can.smart is False:
            message = f"{self._who}: has no smart charging; use mode: monitor or shadow"
            raise DeviceError(message)

    async def command(self, wish: Wish) -> None:
        """Ask for a set-point, and prove that no more applies. A point that was armed and has been away since is armed again.

        Raises
        ------
        DeviceError
            If it is refused, cannot be asked of this station, or was not shown to apply.
        """
        self._possible(wish)
        async with self._lock:
            self.wish, self.wished_s = wish, time.monotonic()
            dialect = self._connected()
            if self._scheme is None and self._was_armed:  # away for so short that nobody saw it
                self.counts["armed_again"] += 1
                await self._arm(dialect)
            await self._apply(dialect)
        await self._obeys(wish)

    async def follow(self) -> None:
        """Ask again for what stands, since a transaction has begun: a TxProfile needs one.

        A station may refuse while it still works on the answer that told it the transaction's id; that passes.

        Raises
        ------
        DeviceError
            If it goes on refusing; the next command tries again.
        """
        for wait_s in (*SETTLING_S, None):
            try:
                await self._follow()
            except RefusedError:
                if wait_s is None:
                    raise
                await asyncio.sleep(wait_s)
            else:
                return

    async def _follow(self) -> None:
        async with self._lock:
            fresh = time.monotonic() - self.wished_s < self.steered.within_s
            if self._scheme is not None and self.dialect is not None and fresh:
                await self._apply(self.dialect)
                self.counts["followed"] += 1

    async def release(self) -> None:
        """Take set-points back, so that the safe limit applies now, and prove it.

        Raises
        ------
        DeviceError
            If that could not be shown; the set-point ends by itself in time.
        """
        async with self._lock:
            self.wish, self.wished_s = Wish(), -math.inf
            self._obedience.forget()
            dialect = self._connected()
            await self._clear(dialect)
            if not self.steered.safe.is_empty:
                await self._proven(dialect, self._period(self.steered.safe))

    # --- parts ---

    @property
    def _who(self) -> str:
        return f"charging point {self.point.number}"

    @property
    def _can(self) -> Abilities:
        if self._abilities is None:
            message = f"{self._who}: not connected"
            raise DeviceError(message)
        return self._abilities

    def _connected(self) -> Dialect:
        if self.dialect is None:
            message = f"{self._who}: not connected; a set-point that stands ends within {self.steered.within_s:g} s by itself"
            raise DeviceError(message)
        return self.dialect

    @property
    def rate(self) -> Rate:
        """How power is written: watts where the station takes them, since they need no voltage and no phases."""
        units, wanted = (self._abilities.units if self._abilities else frozenset()), self.steered.rate
        unit = wanted if wanted != "auto" else ("A" if units == {"A"} else "W")
        switches = self.steered.switches and bool(self._abilities and self._abilities.switches_phases)
        return Rate(unit, self.steered.phases, self.steered.voltage_v, switches, 0.0 if self._feeds_back else LEAST_A)

    def _period(self, wish: Wish) -> Payload:
        most_kw = wish.most_kw
        if math.isnan(most_kw):
            most_kw = self.steered.rated_kw
        if self._feeds_back:
            asked = Wish(max_kw=most_kw) if wish.is_empty else wish
            return v2x_period(asked, self.rate, per_phase=self.steered.per_phase)
        return limit_period(max(most_kw, 0.0) if wish is self.steered.safe else most_kw, self.rate)

    def _possible(self, wish: Wish) -> None:
        """Refuse what cannot be asked before anything is sent."""
        if wish.most_kw < 0.0 and not self._feeds_back:
            limit_period(wish.most_kw, self.rate)

    @property
    def _feeds_back(self) -> bool:
        """Whether it is steered in both directions."""
        return self.dialect is not None and self.dialect.feeds_back and self.steered.both_ways

    def _id(self, slot: int) -> int:
        return IDS * self.point.number + slot

    async def _install(self, dialect: Dialect) -> Scheme:
        await self._clear(dialect)
        if self.steered.safe.is_empty:  # the point's own local mode: it is enough that set-points end
            return OVER_DEFAULT
        refused: list[str] = []
        for scheme in (OVER_DEFAULT, OVER_MAX) if self.alone else (OVER_DEFAULT,):
            try:
                await self._send(dialect, scheme.safe, 0, 1, self.steered.safe, None)
            except (RefusedError, CallError) as error:
                refused.append(str(error))
                continue
            if scheme is OVER_MAX and self._can.level == 0:
                refused.append("takes a ChargePointMaxProfile only, and a single one: set-points could not end by themselves")
                continue
            await self._safe_proven(dialect, scheme)
            self.note(armed=str(scheme.safe), safe_kw=self.steered.safe.most_kw)
            return scheme
        message = f"{self._who}: takes no safe limit ({'; '.join(refused)}); safe.fallback: none steers it all the same"
        raise DeviceError(message)

    async def _safe_proven(self, dialect: Dialect, scheme: Scheme) -> None:
        """Prove the safe limit; once more by the clock that the station shows, where that is far from what we thought."""
        try:
            await self._proven(dialect, self._period(self.steered.safe), needed=True)
        except DeviceError:
            if not self._clock_is_wrong():
                raise
            await self._send(dialect, scheme.safe, 0, 1, self.steered.safe, None)
            try:
                await self._proven(dialect, self._period(self.steered.safe), needed=True)
            except DeviceError:
                self.point.clock.reset()  # it was not that
                raise

    def _clock_is_wrong(self) -> bool:
        """Believe the time of a schedule that has just been worked out, once a connection, if it is far from ours."""
        off_s = self.point.clock.there() - self._said_s
        if self._believed or not abs(off_s) > WRONG_S:
            return False
        self._believed = True
        self.point.clock.reset()
        self.point.clock.see(self._said_s, punctual=True)
        self.note(clock_behind_s=round(self.point.clock.behind_s))
        return True

    async def _clear(self, dialect: Dialect) -> None:
        for slot in (2, 3):
            await dialect.clear_profile(self.steered.place, self._id(slot))

    async def _apply(self, dialect: Dialect) -> None:
        """Send the wish that stands."""
        if self._scheme is None:
            message = f"{self._who}: not armed"
            raise DeviceError(message)
        active = self.point.ledger.active(self.point.number)
        level = min(1, self._can.level if self._can.level is not None else 1)
        if active is not None:
            await self._send_running(dialect, self._scheme, level, active.id)
        elif level > 0:
            await self._send(dialect, self._scheme.idle, level, 3, self.wish, self.steered.within_s)
        else:  # a single level: it would take the place of the safe limit
            self.counts["kept_for_later"] += 1
            return
        await self._proven(dialect, self._period(self.wish))

    async def _send_running(self, dialect: Dialect, scheme: Scheme, level: int, transaction: str) -> None:
        """Send what stands for a transaction that is on; there are stations that take no TxProfile."""
        refused, elsewhere = self._refusals[transaction], scheme.idle is not scheme.wish and level > 0
        if refused < MOST_REFUSALS:
            try:
                await self._send(dialect, scheme.wish, level, 2, self.wish, self.steered.within_s, transaction)
            except RefusedError:
                self._refusals = Counter({transaction: refused + 1})
                if refused + 1 < MOST_REFUSALS or not elsewhere or self._can.composite is False:
                    raise
            else:
                return
        self.counts["by_default"] += 1
        await self._send(dialect, scheme.idle, level, 3, self.wish, self.steered.within_s)

    async def _send(
        self,
        dialect: Dialect,
        purpose: Purpose,
        level: int,
        slot: int,
        wish: Wish,
        duration_s: float | None,
        transaction: str = "",
    ) -> None:
        """Send a profile, in amperes if watts are refused by a station that did not say what it takes."""
        parts = (dialect, purpose, level, slot, wish, duration_s, transaction)
        try:
            await self._send_once(*parts)
        except (RefusedError, CallError):
            if self._can.units or self.steered.rate != "auto":
                raise
            self._can.units = frozenset("A")
            try:
                await self._send_once(*parts)
            except BaseException:
                self._can.units = frozenset()
                raise

    async def _send_once(
        self,
        dialect: Dialect,
        purpose: Purpose,
        level: int,
        slot: int,
        wish: Wish,
        duration_s: float | None,
        transaction: str,
    ) -> None:
        """Send a profile; what stands in its way by level is taken back once."""
        start_s, lasting_s = self._span(duration_s)
        least_kw = wish.min_kw if wish.min_kw > 0.0 else math.nan
        rate = self.rate
        profile = Profile(
            id=self._id(slot), level=level, purpose=purpose, start_s=start_s, duration_s=lasting_s, transaction=transaction,
            unit=rate.unit, period=self._period(wish), least=None if math.isnan(least_kw) else rate.write(least_kw),
            offline_s=duration_s,
        )  # fmt: skip
        try:
            await dialect.set_profile(self.steered.place, profile)
        except RefusedError:
            if not await dialect.clear_level(self.steered.place, purpose, level):
                raise
            self.counts["cleared"] += 1
            await dialect.set_profile(self.steered.place, profile)

    def _span(self, duration_s: float | None) -> tuple[float, float | None]:
        """Return start and duration of a schedule that ends in time, in whole seconds where that costs little of it."""
        there_s = self.point.clock.there() - REACTS_S
        start_s = there_s - LEAD_S
        if duration_s is None or duration_s >= WHOLE_S:
            start_s = math.floor(start_s)
        return start_s, None if duration_s is None else math.floor(there_s + duration_s - start_s + 1e-3)

    async def _proven(self, dialect: Dialect, asked: Payload, *, needed: bool = False) -> None:
        """Hold what the station says will apply against what was asked of it."""
        rate, point = self.rate, self.point
        composite = None
        if self._can.composite is not False:
            composite = await dialect.composite(self.steered.place, int(self.steered.within_s) + SPARE_S, rate.unit)
        if composite is None:
            self._unproven(asked, needed=needed)
            return
        self._said_s = composite.start_s
        proof = prove(asked, rate.unit, composite, point.clock.there(), rate)
        self.limited_kw = proof.found_kw if proof.lower else math.nan
        if not proof.holds:
            self.counts["not_done"] += 1
            message = f"{self._who}: accepted {proof.asked_kw:g} kW and did not do it: {proof.why}"
            raise DeviceError(message)
        if proof.lower and self._is_safe_limit(proof.found_kw, proof.asked_kw):
            self.counts["not_done"] += 1
            message = f"{self._who}: accepted {proof.asked_kw:g} kW, and its safe limit of {proof.found_kw:g} kW still applies"
            raise DeviceError(message)

    def _unproven(self, asked: Payload, *, needed: bool) -> None:
        self.counts["unproven"] += 1
        if needed and self.steered.must_fall_back:
            message = (
                f"{self._who}: took a safe limit, but has no GetCompositeSchedule to show that it applies; "
                "safe.fallback: none steers it all the same, proven by its meter values only"
            )
            raise DeviceError(message)
        self.note(unproven=asked.get("limit", asked.get("setpoint")), by="meter values")

    def _is_safe_limit(self, found_kw: float, asked_kw: float) -> bool:
        safe_kw = self.steered.safe.most_kw
        return abs(found_kw - safe_kw) <= tolerance_kw(safe_kw) and asked_kw > safe_kw + tolerance_kw(safe_kw)

    async def _obeys(self, wish: Wish) -> None:
        """Hold the power against the limits, once the car has had its time; end the transaction as the last resort."""
        most_kw = wish.most_kw
        self._obedience.asked(math.inf if math.isnan(most_kw) else self._written_kw(most_kw))
        power = self.point.values["p_kw"]
        excess_kw = self._obedience.excess_kw(power)
        if excess_kw == 0.0:
            return
        self.counts["disobeyed"] += 1
        limit_kw = power.value - excess_kw
        active = self.point.ledger.active(self.point.number)
        message = f"{self._who}: charges with {power.value:.2f} kW at a limit of {limit_kw:.4g} kW"
        if self.steered.stops and active is not None and limit_kw <= 0.0:
            await self._connected().stop(active.id)
            self.counts["stopped"] += 1
            message += "; its transaction was ended"
        raise DeviceError(message)

    def _written_kw(self, p_kw: float) -> float:
        """Return what a limit is once it has been written, as a power of all phases. [kW]."""
        rate = self.rate
        return rate.read(rate.write(max(p_kw, 0.0)), rate.unit, rate.phases_for(p_kw))
