# SPDX-License-Identifier: Apache-2.0
"""What every software device does, whatever it is called: it measures, counts, tells, obeys, and has faults."""

from __future__ import annotations

import asyncio
import json
import math
import time
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

from hardware_in_loop.mqtt.bench.relay import Fallback
from hardware_in_loop.mqtt.bench.wire import Message
from twinergy.adapters import Fault, FaultBoard, Journal, Physics, Way
from twinergy.randomness import device_generator

if TYPE_CHECKING:
    from collections.abc import Callable

    from hardware_in_loop.mqtt.bench.relay import Relay
    from hardware_in_loop.mqtt.bench.station import Station
    from twinergy.adapters import Attached

T = TypeVar("T")
LATE_S: Final = 1.0
FLAP_S: Final = 0.5
"""See `twinergy.adapters.Fault`."""
BACK_S: Final = 0.2
"""How long a restart takes; *assumption*, real ones take seconds."""
WATTS_PER_KW: Final = 1000.0
LONGEST_NOISE: Final = 64


@dataclass(frozen=True, kw_only=True)
class Timing:
    """How often devices look and speak.

    Attributes
    ----------
    sample_s : float
        How often they look whether a value has changed. [s]
    period_s : float
        How often they say what has not changed. Real ones are set to 30 s or more; a laboratory sets them to 1 s. [s]
    """

    sample_s: float = 0.05
    period_s: float = 1.0


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """What all devices of a bench share.

    Attributes
    ----------
    physics : Physics
        What they show.
    faults : FaultBoard
        What is wrong with them.
    journal : Journal
        Where frames and events go.
    timing : Timing
        How often they look and speak.
    seed : int
        For the noise of broken ones.
    fallbacks : list of Fallback
        Where they write down that they fell back by themselves.
    """

    physics: Physics
    faults: FaultBoard
    journal: Journal = field(default_factory=lambda: Journal(None))
    timing: Timing = field(default_factory=Timing)
    seed: int = 1
    fallbacks: list[Fallback] = field(default_factory=list)


class SoftDevice(ABC):
    """A software device behind a station.

    Parameters
    ----------
    attached : Attached
        Whose place it takes.
    station : Station
        Its radio.
    world : Surroundings
        What it shares.

    Attributes
    ----------
    relay : Relay or None
        Its switch, where it has one.
    own_station : bool
        Whether nobody else is behind the station, so that it goes when the device goes.
    """

    own_station = True

    def __init__(self, attached: Attached, station: Station, world: Surroundings) -> None:
        self.attached, self.station, self.world = attached, station, world
        self.link, self.device = attached.id, attached.device
        self.relay: Relay | None = None
        self.unknown_commands = 0
        self._noise = device_generator(world.seed, self.link, "mqtt bench noise")
        self._still: dict[str, Any] = {}
        self._froze_at_s: float | None = None
        self._present: set[Fault] = set()
        self._looked_s = self._spoke_s = -math.inf
        self._flapped_s = -math.inf
        self._back_s = -math.inf
        self._shown: object = None
        self._late: set[asyncio.TimerHandle] = set()
        station.greeters.append(self._greet)

    # What a kind of device has to say for itself

    @abstractmethod
    def hello(self) -> None:
        """Say what is said when the connection has come up."""

    @abstractmethod
    def snapshot(self) -> object:
        """Return what is shown, so that a change can be noticed."""

    @abstractmethod
    def tell(self, *, changed: bool) -> None:
        """Say how it is, because something has changed or because it is time."""

    def gone(self, *, away: bool) -> None:  # noqa: B027 - only what lives behind a gateway has something to do
        """Be away or come back, as far as the gateway can see; called where the station is not the device's own."""

    def by_hand(self) -> None:
        """Do what somebody at the device does: press the button."""
        if self.relay is not None:
            self.relay.by_hand()
            self.write(self.relay.port, math.nan if self.relay.on else 0.0)

    def restart(self) -> None:  # noqa: B027 - what keeps nothing loses nothing
        """Lose what is not kept over a restart."""

    # What they share

    def has(self, fault: Fault) -> bool:
        """Return whether the device has a fault now."""
        return self.world.faults.has(self.link, fault)

    def read(self, port: str) -> float:
        """Return a measured port as it is."""
        return self.world.physics.read(self.device, port)

    def still(self, what: str, make: Callable[[], T]) -> T:
        """Return what `make` gives, or what it gave last if the device is frozen."""
        if Fault.FROZEN not in self._present or what not in self._still:
            self._still[what] = make()
        return cast("T", self._still[what])

    @staticmethod
    def clock() -> float:
        """Return the time that timers run by. [s]."""
        return asyncio.get_running_loop().time()

    def write(self, port: str, value: float) -> None:
        """Let the physics do what was asked; NaN goes back to the local mode."""
        if port:
            self.world.physics.write(self.device, port, value)

    def now_s(self) -> float:
        """Return the device's clock, which stands still while it is frozen. [s since 1970]."""
        return time.time() if self._froze_at_s is None else self._froze_at_s

    def say(self, topic: str, payload: str | dict[str, Any], *, qos: int = 1, retain: bool = False) -> None:
        """Publish, as far as the faults let it."""
        if self.has(Fault.SILENT) or self._away():
            return
        data = payload.encode() if isinstance(payload, str) else json.dumps(payload, separators=(",", ":")).encode()
        if self.has(Fault.GARBAGE):
            data = self._noise.bytes(int(self._noise.integers(1, LONGEST_NOISE)))
        message = Message(topic, data, qos, retain)
        if not self.has(Fault.LATE):
            self.station.say(message, twice=self.has(Fault.DOUBLE))
            return
        handle = asyncio.get_running_loop().call_later(LATE_S, self.station.say, message)
        self._late = {one for one in self._late if not one.cancelled() and one.when() > handle.when() - LATE_S} | {handle}

    def hear(self, topic: str, ear: Callable[[str, bytes], None]) -> None:
        """Listen; a device that is silent, away or frozen stiff does not."""

        def careful(name: str, payload: bytes) -> None:
            if not (self.has(Fault.SILENT) or self._away()):
                ear(name, payload)

        self.station.hear(topic, careful)

    def beat(self, now_s: float) -> None:
        """Live on: faults come and go, timers end, changes are told."""
        self._notice_faults(now_s)
        self._expire(now_s)
        if now_s - self._looked_s >= self.world.timing.sample_s:
            self.look(now_s)

    def look(self, now_s: float) -> None:
        """Measure now, and tell if something has changed or it is time."""
        self._looked_s = now_s
        self.count(now_s)
        if not self.station.up or self._away():
            return
        shown = self.snapshot()
        changed = shown != self._shown
        if changed or now_s - self._spoke_s >= self.world.timing.period_s:
            self._shown, self._spoke_s = shown, now_s
            self.tell(changed=changed)

    def count(self, now_s: float) -> None:  # noqa: B027 - what has no counter counts nothing
        """Let counters run up to now."""

    def close(self) -> None:
        """Forget what waits to be said."""
        for handle in self._late:
            handle.cancel()

    def _greet(self) -> None:
        """Say hello and, soon, how it is."""
        self._shown, self._spoke_s = None, -math.inf
        if not self._away():
            self.hello()

    def _away(self) -> bool:
        return Fault.OFFLINE in self._present or self.clock() < self._back_s

    def _expire(self, now_s: float) -> None:
        if self.relay is None or not self.relay.expire(now_s):
            return
        safe = self.attached.options.safe.set.get(self.relay.port, math.nan)
        value = (math.nan if safe == 0.0 else safe) if self.relay.on else 0.0
        self.write(self.relay.port, value)
        self.world.fallbacks.append(Fallback(self.link, self.relay.port, value, now_s))
        self.world.journal.event(Way.EVENT, self.link, fell_back=self.relay.port, value=value)
        self._looked_s = -math.inf

    def _notice_faults(self, now_s: float) -> None:
        present = {fault for fault in Fault if self.has(fault)}
        came, went = present - self._present, self._present - present
        self._present = present
        if came or went:
            self._turn(came, went, now_s)
        if Fault.FLAPPING in present and now_s - self._flapped_s >= FLAP_S:
            self._flapped_s = now_s
            self._flap()
        if self.own_station:
            self.station.away = self._away()
        elif self._back_s != -math.inf and now_s >= self._back_s:
            self._back_s = -math.inf
            self._return()

    def _turn(self, came: set[Fault], went: set[Fault], now_s: float) -> None:
        """Act on faults that have just come or gone."""
        if Fault.FROZEN in came | went:
            self._froze_at_s = time.time() if Fault.FROZEN in came else None
        if Fault.LOCAL in came:
            self.by_hand()
        if Fault.RESTART in came:
            self._back_s = now_s + BACK_S
            self.restart()
            if self.relay is not None:
                self.relay.restart()
                self.write(self.relay.port, math.nan)
        if came & {Fault.OFFLINE, Fault.RESTART}:
            self._leave()
        if Fault.OFFLINE in went or (Fault.FLAPPING in went and not self.own_station):
            self._return()
        self._spoke_s = -math.inf

    def _leave(self) -> None:
        if self.own_station:
            self.station.away = True
            self.station.cut()
        else:
            self.gone(away=True)

    def _return(self) -> None:
        if not self.own_station:
            self.gone(away=False)
            self._greet()

    def _flap(self) -> None:
        if self.own_station:
            self.station.cut()
            return
        self.gone(away=True)
        self.gone(away=False)


def number(value: float, places: int) -> float | None:
    """Return a value as a device shows it: rounded, without a negative zero, null where it has none.

    >>> number(-0.0001, 1), number(float("nan"), 1), number(230.06, 1)
    (0.0, None, 230.1)
    """
    return None if math.isnan(value) else round(value, places) + 0.0


def watts(p_kw: float) -> float:
    """Return a power in watts; a load counts positive for a plug and for a meter that looks at the grid. [W]."""
    return p_kw * WATTS_PER_KW
