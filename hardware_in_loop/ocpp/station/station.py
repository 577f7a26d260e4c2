# SPDX-License-Identifier: Apache-2.0
"""A charging station: what holds its connection, its EVSEs, its profiles and its queue together."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

from hardware_in_loop.ocpp.errors import CallError, ClosedError, NoAnswerError
from hardware_in_loop.ocpp.station.commands import update_profile
from hardware_in_loop.ocpp.station.connection import ACCEPTED, Connection
from hardware_in_loop.ocpp.station.dialect import dialect_of
from hardware_in_loop.ocpp.station.events import Outbox
from hardware_in_loop.ocpp.station.evse import Evse
from hardware_in_loop.ocpp.station.keeper import Keeper
from hardware_in_loop.ocpp.station.profile import read_profile
from hardware_in_loop.ocpp.station.profiles import Profiles
from hardware_in_loop.ocpp.station.readings import Readings
from hardware_in_loop.ocpp.station.settings import Settings
from hardware_in_loop.ocpp.station.tasks import Tasks
from hardware_in_loop.ocpp.versions import Version
from twinergy.adapters import Fault, Journal, Way

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable, Coroutine

    from hardware_in_loop.ocpp.station.options import EvseSpec, StationSpec
    from twinergy.adapters import Physics

    Trouble = Callable[[str, Fault], bool]


def _well(_: str, __: Fault) -> bool:
    return False


class Station:
    """A software charging station.

    Parameters
    ----------
    spec : StationSpec
        Who it is.
    physics : Physics
        The devices behind its EVSEs.
    journal : Journal, optional
        Where frames and events go.
    trouble : callable, optional
        ``trouble(link, fault)``: whether an EVSE's link has a fault now.
    clock : callable
        Seconds since 1970, which stamps carry. [s]

    Attributes
    ----------
    evses : list of Evse
        In the order of the specification.
    profiles : Profiles
        Installed charging profiles.
    outbox : Outbox
        Events that the central system has not acknowledged.
    settings : Settings
        What the central system may change.
    version : Version
        Spoken one; the preferred one before the first connection.
    """

    def __init__(
        self,
        spec: StationSpec,
        physics: Physics,
        *,
        journal: Journal | None = None,
        trouble: Trouble = _well,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.spec = spec
        self.journal = journal or Journal(None)
        self.trouble = trouble
        self.now = clock
        self.version = spec.versions[0]
        self.dialect = dialect_of(self)
        self.settings = Settings(heartbeat_s=spec.heartbeat_s, sample_s=spec.meter_s, evses=float(len(spec.evses)))
        self.profiles = Profiles()
        self.outbox = Outbox()
        self.tasks = Tasks(spec, self.journal)
        self.later = self.tasks.later
        self.evses = [Evse(self, place, one, self._readings(one, physics)) for place, one in enumerate(spec.evses)]
        self.keeper = Keeper(self)
        self.connection = Connection(self)
        self._aligned = 0
        self._pulled: dict[int, float] = {}

    def _readings(self, evse: EvseSpec, physics: Physics) -> Readings:
        return Readings(physics, evse.device, lambda: self.trouble(evse.link, Fault.FROZEN))

    async def start(self) -> None:
        """Begin to work; returns at once."""
        self.tasks.for_ever("connection", self.connection.run)
        self.tasks.for_ever("ticks", self._ticks)

    async def close(self) -> None:
        """End; transactions are not ended, as in a power cut."""
        await self.connection.close()
        await self.tasks.close()

    # --- how it is ---

    @property
    def online(self) -> bool:
        """Whether the central system is there and has accepted this station."""
        return self.connection.rpc is not None and self.connection.accepted

    @property
    def first_version(self) -> bool:
        """Whether 1.6 is spoken."""
        return self.version is Version.V16

    @property
    def said(self) -> str:
        """How it is connected, or why it is not, for people."""
        return self.tasks.said

    @property
    def counts(self) -> Counter[str]:
        """What went wrong, by name."""
        return self.tasks.counts

    def has(self, fault: Fault) -> bool:
        """Return whether any EVSE has a fault of the connection, which they share."""
        return any(self.trouble(evse.spec.link, fault) for evse in self.evses)

    def evse(self, number: int) -> Evse | None:
        """Return the EVSE of a number in the version that is spoken."""
        return next((evse for evse in self.evses if evse.number == number), None)

    def speak(self, version: Version) -> None:
        """Speak a version from now on."""
        if version is not self.version:
            self.version = version
            self.dialect = dialect_of(self)

    # --- ticks ---

    async def _ticks(self) -> None:
        while True:
            self.tick(self.now())
            await asyncio.sleep(self.spec.tick_s)

    def tick(self, now_s: float) -> None:
        """Look at all devices and do what follows from it."""
        self.connection.misbehave()
        self.connection.beat()
        for evse in self.evses:
            evse.tick(now_s)
        self.keeper.tick(now_s)
        for evse in self.evses:  # only now, since they share the station's limit
            evse.act(now_s)
        self.profiles.forget(now_s, self.connection.offline_s)
        self._clock_aligned(now_s)
        self._pull(now_s)

    def follow(self, now_s: float) -> None:
        """Act on changed profiles at once."""
        for evse in self.evses:
            evse.limits.judge(now_s)
        for evse in self.evses:
            evse.limits.obey(now_s)

    def _clock_aligned(self, now_s: float) -> None:
        interval_s = self.settings.aligned_s
        if interval_s <= 0.0:
            self._aligned = 0
            return
        number = int(now_s // interval_s)
        if self._aligned and number != self._aligned:
            for evse in self.evses:
                evse.sample_clock(now_s)
        self._aligned = number

    def _pull(self, now_s: float) -> None:
        """Ask for updates of dynamic profiles that want that (2.1)."""
        for profile in self.profiles.installed:
            since_s = now_s - max(profile.updated_s, self._pulled.get(profile.id, 0.0))
            if profile.update_interval_s and since_s >= profile.update_interval_s and self.online:
                self._pulled[profile.id] = now_s
                self.later(self._pull_one(profile.id))

    async def _pull_one(self, profile_id: int) -> None:
        answer = await self.call("PullDynamicScheduleUpdate", {"chargingProfileId": profile_id})
        if answer["status"] == ACCEPTED and "scheduleUpdate" in answer:
            update_profile(self, profile_id, answer["scheduleUpdate"])

    # --- what it says ---

    def call(self, action: str, payload: dict[str, Any]) -> Coroutine[Any, Any, dict[str, Any]]:
        """Ask the central system; see `Connection.call`."""
        return self.connection.call(action, payload)

    def told(self, what: str) -> None:
        """Note a refusal for which 1.6 has no words."""
        self.counts["refused"] += 1
        self.journal.event(Way.EVENT, self.spec.station, refused=what)

    async def authorize(self, token: str) -> bool:
        """Ask whether a token may charge; without the central system, what the settings say."""
        if not self.online:
            return self.settings.offline_starts
        try:
            return self.dialect.is_accepted(await self.call(*self.dialect.authorize(token)))
        except CallError:
            return False
        except (NoAnswerError, ClosedError):
            return self.settings.offline_starts

    def install_for(self, evse: Evse, wire: dict[str, Any]) -> None:
        """Install the profile that a transaction was started with."""
        named = wire if self.first_version else {**wire, "transactionId": evse.key}
        self.profiles.install(read_profile(named, evse.number, self.now()), first_version=self.first_version)

    def tell_status(self, evse: Evse, status: str) -> None:
        """Tell the state of a connector."""
        self.later(self.call(*self.dialect.status(evse, status)))

    def tell_needs(self, evse: Evse, wanted_kwh: float, departure_s: float) -> None:
        """Tell what a car wants (2.x)."""
        message = self.dialect.needs(evse, wanted_kwh, departure_s)
        if message is not None:
            self.later(self.call(*message))
