# SPDX-License-Identifier: Apache-2.0
"""What a device says, message by message, on its way into the image: copies, gaps, garbage, retained values, counters, sums."""

from __future__ import annotations

import json
import math
import time
from collections import defaultdict, deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from hardware_in_loop.counters import EnergyCounter, most_kwh
from hardware_in_loop.mqtt.payloads import MISSING, PayloadError, document
from hardware_in_loop.mqtt.readers import Sample, StateReader
from twinergy.adapters import Quality

if TYPE_CHECKING:
    from hardware_in_loop.mqtt.client import Incoming
    from hardware_in_loop.mqtt.profile import Profile
    from twinergy.adapters import Row

GARBAGE_IN_A_ROW: Final = 3
REMEMBERED: Final = 64
"""Marks of messages by which copies are told; a broker repeats the latest ones only."""
PLAUSIBLE: Final = 2.0
"""A power beyond this many times the device's rating cannot be. *Assumption*; it catches values that are ten times too high."""
RETAINED: Final = "kept by the broker: nobody knows how old it is"


@dataclass(slots=True)
class Counts:
    """What happened so far.

    Attributes
    ----------
    messages, garbage, copies, lost : int
        Messages with readings, messages that made no sense, copies of others, and numbers left out in between.
    """

    messages: int = 0
    garbage: int = 0
    copies: int = 0
    lost: int = 0


class Intake:
    """Takes the messages of one device.

    Parameters
    ----------
    profile : Profile
        The device, all placeholders filled.
    reads : dict of str to str
        Port of each reading that is one.
    row : Row
        Where readings go.
    rated_kw : float
        Most power that the device can draw or feed in, 0 for unknown. [kW]

    Attributes
    ----------
    latest : dict of str to float
        Live value of every reading and sum, whether or not it is a port.
    heard_s : dict of str to float
        When each came, monotonic. [s]
    live_s : float
        When the latest live message came, monotonic; minus infinity for never. [s]
    counts : Counts
        What happened so far.
    local : str
        Why the device is said not to obey, empty while it does.
    """

    def __init__(self, profile: Profile, reads: dict[str, str], row: Row, rated_kw: float = 0.0) -> None:
        self.latest: dict[str, float] = {}
        self.heard_s: dict[str, float] = {}
        self.live_s = -math.inf
        self.counts = Counts()
        self.local = ""
        self._row, self._reads = row, reads
        self._most_kw = PLAUSIBLE * rated_kw if rated_kw > 0.0 else math.inf
        self._readers: dict[str, list[StateReader]] = defaultdict(list)
        for state in profile.states:
            self._readers[state.topic or f"answer to {state.answer_to}"].append(StateReader(state, profile.readings))
        self._counters = {name: EnergyCounter(None, 1.0) for name, each in profile.readings.items() if each.counter}
        self._sums = profile.sums
        self._marks: deque[object] = deque(maxlen=REMEMBERED)
        self._standing: dict[str, tuple[float, float, float, float]] = {}
        self._number: int | None = None
        self._device_s, self._moved_s, self._measured_s = math.nan, -math.inf, -math.inf
        self._garbled = 0

    def message(self, topic: str, message: Incoming) -> bool:
        """Take a message of a state's topic (as in the profile); return whether it carried live readings."""
        readers = self._readers[topic]
        try:
            tree = document(message.payload) if any(each.state.format == "json" for each in readers) else MISSING
            samples = [sample for each in readers if (sample := each.read(message.payload, tree)) is not None]
        except PayloadError as error:
            self.garbage(f"{topic}: {error}")
            return False
        return self._all(samples, retained=message.retain)

    def answer(self, method: str, tree: Any) -> bool:
        """Take the answer to a call; return whether it carried readings."""
        try:
            samples = [sample for each in self._readers[f"answer to {method}"] if (sample := each.read(b"", tree)) is not None]
        except PayloadError as error:
            self.garbage(f"answer to {method}: {error}")
            return False
        return self._all(samples, retained=False)

    def _all(self, samples: list[Sample], *, retained: bool) -> bool:
        for sample in samples:
            if sample.once is not None:
                if sample.once in self._marks:
                    self.counts.copies += 1
                    continue
                self._marks.append(sample.once)
            if sample.bad and not sample.values:
                self.garbage("; ".join(f"{name} {why}" for name, why in sample.bad.items()))
            self._sample(sample, retained=retained)
        return any(sample.values for sample in samples) and not retained

    def _sample(self, sample: Sample, *, retained: bool) -> None:
        if sample.sequence is not None:
            if self._number is not None and sample.sequence > self._number + 1:
                self.counts.lost += sample.sequence - self._number - 1
            self._number = sample.sequence
        now_s = time.monotonic()
        self._measured_s = now_s if retained else self._since(sample.device_s, now_s)
        for name, value in sample.values.items():
            if retained:
                self._keep(name, value, sample.device_s)
            else:
                self._live(name, value, now_s, sample.device_s)
        for name, why in sample.bad.items():
            self._bad(name, why)
        if sample.values and not retained:
            self.live_s = now_s
            self._garbled = 0
            self.counts.messages += 1
            self._total(sample)

    def _since(self, device_s: float, now_s: float) -> float:
        """Return when what is said was measured: where the device's clock stands still, it is said again."""
        if device_s != self._device_s:
            self._device_s, self._moved_s = device_s, now_s
        return now_s if math.isnan(device_s) else self._moved_s

    def _live(self, name: str, value: float, now_s: float, device_s: float) -> None:
        counter = self._counters.get(name)
        if counter is not None:
            try:
                value = counter.advance(value, most_kwh=most_kwh(now_s - self.heard_s.get(name, -math.inf)))
            except ValueError as error:
                self._bad(name, str(error))
                return
        self.latest[name] = value
        self.heard_s[name] = now_s
        self._put(name, value, now_s, device_s)

    def _put(self, name: str, value: float, received_s: float, device_s: float) -> None:
        if self._reads.get(name) == "p_kw" and abs(value) > self._most_kw:
            rating = f"{PLAUSIBLE:g} times the rating of {self._most_kw / PLAUSIBLE:g} kW"
            self._bad(name, f"{value:g} kW is more than {rating}")
        elif name in self._reads:
            self._standing[name] = (value, received_s, max(received_s - self._measured_s, 0.0), device_s)
            self._stand(name)

    def _stand(self, name: str) -> None:
        value, received_s, delay_s, device_s = self._standing[name]
        quality = Quality.LOCAL if self.local else Quality.GOOD
        port = self._reads[name]
        self._row.put(port, value, quality, received_s=received_s, delay_s=delay_s, device_s=device_s, reason=self.local)

    def obeys(self, why_not: str) -> None:
        """Say whether the device obeys: all readings that can be believed are local as long as it does not, and why."""
        self.local = why_not
        for name in self._standing:
            self._stand(name)

    def doubt(self, quality: Quality, why: str) -> None:
        """Say that nothing that stands is good any more."""
        self._standing.clear()
        self._row.mark(quality, why)

    def _keep(self, name: str, value: float, device_s: float) -> None:
        """Show what the broker had kept, as stale; a register's total begins with the first live reading."""
        port = self._reads.get(name)
        if port is not None and name not in self._counters and name not in self.latest:
            self._row.put(port, value, Quality.STALE, delay_s=math.inf, device_s=device_s, reason=RETAINED)

    def _total(self, sample: Sample) -> None:
        for total, names in self._sums.items():
            if not sample.values.keys().isdisjoint(names) and all(name in self.latest for name in names):
                value = math.fsum(self.latest[name] for name in names)
                self.latest[total] = value
                self.heard_s[total] = min(self.heard_s[name] for name in names)
                self._put(total, value, self.heard_s[total], sample.device_s)

    def _bad(self, name: str, why: str) -> None:
        if name in self._reads:
            self._standing.pop(name, None)
            self._row.mark(Quality.BAD, why, self._reads[name])

    def garbage(self, why: str) -> None:
        """Count a message that makes no sense; after three in a row nothing that stands can be believed."""
        self.counts.garbage += 1
        self._garbled += 1
        if self._garbled >= GARBAGE_IN_A_ROW:
            self.doubt(Quality.BAD, f"{self._garbled} messages in a row make no sense; the latest: {why}")


def available(payload: bytes, path: str, online: tuple[str, ...], offline: tuple[str, ...]) -> bool | None:
    """Return whether a message of an availability topic says that the device is there, None if it says neither.

    >>> available(b'{"state": "online"}', "state", ("online",), ("offline",))
    True
    """
    text = payload[:200].decode(errors="replace").strip()
    if text.startswith("{"):
        try:
            found = json.loads(text)
        except (ValueError, RecursionError):
            return None
        text = str(found.get(path, "")) if isinstance(found, dict) else ""
    word = text.lower()
    return True if word in online else False if word in offline else None
