# SPDX-License-Identifier: Apache-2.0
"""A device that a profile describes: it publishes what the profile reads and obeys what the profile sends."""

from __future__ import annotations

import json
import math
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from hardware_in_loop.mqtt.bench.device import SoftDevice
from hardware_in_loop.mqtt.bench.points import port_of
from hardware_in_loop.mqtt.bench.relay import Fallback
from hardware_in_loop.mqtt.bench.wire import Message
from twinergy.adapters import Fault, Way
from twinergy.errors import DeviceError

if TYPE_CHECKING:
    from hardware_in_loop.mqtt.bench.device import Surroundings
    from hardware_in_loop.mqtt.bench.station import Station
    from hardware_in_loop.mqtt.profile import Command, Conversion, Profile, Reading, State
    from twinergy.adapters import Attached

PLACES: Final = 6
"""Digits of what it shows; a gateway of a real device shows fewer."""
MARK: Final = re.compile(r"\{(value|within_s)\}")


class GenericDevice(SoftDevice):
    """A device behind topics of its own.

    Parameters
    ----------
    attached, station, world
        See `SoftDevice`.
    profile : Profile
        What it publishes and takes, with its placeholders filled.

    Raises
    ------
    DeviceError
        If the profile works by calls: those have answers that a profile does not describe.
    """

    def __init__(self, attached: Attached, station: Station, world: Surroundings, profile: Profile) -> None:
        super().__init__(attached, station, world)
        if profile.calls is not None or any(state.data or state.format == "bytes" for state in profile.states):
            message = (
                f"{attached.id}: there is no software device for the profile {profile.title!r}, which needs calls or raw bytes"
            )
            raise DeviceError(message)
        self.profile = profile
        self._asked: dict[str, float] = {}
        self._ends_s: dict[str, float] = {}
        for name, command in profile.commands.items():
            for topic in {command.send.topic, command.timed.topic if command.timed else command.send.topic}:
                self.hear(topic, self._ear(name, command))
        if profile.request is not None:
            self.hear(profile.request.topic, lambda *_: self.tell(changed=False))

    @staticmethod
    def will(profile: Profile) -> Message | None:
        """Return the last will: the first of the profile's availability topics."""
        if not profile.availability:
            return None
        first = profile.availability[0]
        return Message(first.topic, first.offline[0].encode(), qos=1, retain=True)

    def hello(self) -> None:
        """Say that it is online."""
        for each in self.profile.availability:
            self.say(each.topic, each.online[0], retain=True)

    def snapshot(self) -> object:
        """Return everything that it shows."""
        return self.still("shown", self.measure)

    def tell(self, *, changed: bool) -> None:  # noqa: ARG002 - it says everything, always
        """Publish every state of the profile."""
        for topic, payload in self.still("shown", self.measure).items():
            self.say(topic, payload)

    def measure(self) -> dict[str, Any]:
        """Return the payload of each state topic."""
        shown: dict[str, Any] = {}
        for state in self.profile.states:
            topic = state.topic.replace("+", "bench").replace("#", "bench")
            names = state.reads or tuple(self.profile.readings)
            values = {name: self._raw(self.profile.readings[name], self._value(name)) for name in names}
            present = {name: value for name, value in values.items() if value is not None}
            if state.format == "json":
                shown[topic] = self._document(state, present, shown.get(topic))
            elif present:
                value = next(iter(present.values()))
                shown[topic] = value if isinstance(value, str) else json.dumps(value)
        return shown

    def beat(self, now_s: float) -> None:
        """Live on; what was asked for ends when its time is over."""
        for name in [name for name, end_s in self._ends_s.items() if now_s >= end_s]:
            del self._ends_s[name]
            self._let_go(name, now_s)
        super().beat(now_s)

    def restart(self) -> None:
        """Forget what was asked for."""
        for name in list(self._asked):
            self.write(port_of(self.attached, name), math.nan)
        self._asked, self._ends_s = {}, {}

    def _let_go(self, name: str, now_s: float) -> None:
        port = port_of(self.attached, name)
        value = self.attached.options.safe.set.get(port, math.nan)
        self._asked.pop(name, None)
        if not math.isnan(value):
            self._asked[name] = value
        self.write(port, value)
        self.world.fallbacks.append(Fallback(self.link, port, value, now_s))
        self.world.journal.event(Way.EVENT, self.link, fell_back=port, value=value)

    def _value(self, name: str) -> float:
        """Return a reading in the unit of its port; a set-point shows what was asked for."""
        if name in self.profile.commands:
            command = self.profile.commands[name]
            local = command.safe_default
            return self._asked.get(name, 0.0 if local is None else local)
        value = self.read(port_of(self.attached, name))
        if math.isnan(value):
            for total, parts in self.profile.sums.items():
                if name in parts:
                    return self.read(port_of(self.attached, total)) / len(parts)
        return value

    def _raw(self, reading: Reading, value: float) -> Any:
        """Return a value as the device writes it, None where it has none."""
        if math.isnan(value):
            return None
        raw = round((value * reading.sign - reading.offset) / reading.scale, PLACES) + 0.0
        if not reading.words:
            return int(raw) if raw.is_integer() else raw
        word = min(reading.words, key=lambda one: abs(reading.words[one] - raw))
        return {"true": True, "false": False}.get(word, word)

    def _document(self, state: State, values: dict[str, Any], document: Any) -> dict[str, Any]:
        whole: dict[str, Any] = document if isinstance(document, dict) else {}
        for path, allowed in state.when.items():
            _put(whole, path, allowed[0])
        for name, value in values.items():
            path = _first(self.profile.readings[name].path)
            _put(whole, ".".join(part for part in (state.root, path) if part), value)
        if state.time is not None:
            _put(whole, _first(state.time.path), self._stamp(state.time.unit))
        return whole

    def _stamp(self, unit: str) -> float | str:
        now_s = self.now_s()
        return (
            datetime.fromtimestamp(now_s, UTC).isoformat()
            if unit == "iso"
            else round(1000.0 * now_s if unit == "ms" else now_s, 3)
        )

    def _ear(self, name: str, command: Command) -> Any:
        def take(topic: str, payload: bytes) -> None:
            if any(self.has(fault) for fault in (Fault.REJECT, Fault.IGNORE, Fault.LOCAL)):
                self.tell(changed=False)
                return
            found = self._understand(command, topic, payload)
            value = None if found is None else _port_value(command, found["value"])
            if found is None or value is None:
                self.unknown_commands += 1
                return
            self._obey(name, value, found.get("within_s"))

        return take

    def _understand(self, command: Command, topic: str, payload: bytes) -> dict[str, Any] | None:
        text = payload.decode(errors="replace")
        try:
            document = json.loads(text)
        except ValueError:
            document = text
        for message in (command.timed, command.send):
            if message is not None and message.topic == topic:
                found: dict[str, Any] = {}
                asked = text if isinstance(message.payload, str) else document
                if _fits(message.payload, asked, found) and "value" in found:
                    return found
        return None

    def _obey(self, name: str, value: float, within_s: Any) -> None:
        port = port_of(self.attached, name)
        self._ends_s.pop(name, None)
        if math.isnan(value):
            self._asked.pop(name, None)
        else:
            self._asked[name] = value
            if isinstance(within_s, int | float) and within_s > 0:
                self._ends_s[name] = self.clock() + float(within_s)
        self.write(port, value)
        self._spoke_s = -math.inf
        self.look(self.clock())


def _put(document: dict[str, Any], path: str, value: Any) -> None:
    *parents, last = path.split(".")
    for key in parents:
        document = document.setdefault(key, {})
    document[last] = value


def _first(path: str | tuple[str, ...]) -> str:
    return path if isinstance(path, str) else path[0]


def _fits(template: Any, given: Any, found: dict[str, Any]) -> bool:
    """Return whether a payload is one that the template makes, and note what stands at its placeholders."""
    if isinstance(template, dict):
        if not isinstance(given, dict) or set(template) != set(given):
            return False
        return all(_fits(inner, given[key], found) for key, inner in template.items())
    if not isinstance(template, str) or not MARK.search(template):
        return bool(template == given)
    if MARK.fullmatch(template):
        found[template.strip("{}")] = given
        return True
    pattern = MARK.sub(lambda mark: f"(?P<{mark[1]}>.+?)", re.sub(r"([.*+?^$()\[\]|\\])", r"\\\1", template))
    match = re.fullmatch(pattern, str(given))
    found.update(match.groupdict() if match else {})
    return match is not None


def _port_value(command: Command, raw: Any) -> float | None:
    """Return what was asked for in the port's unit; NaN for a null, None for what is no value."""
    if raw is None:
        return math.nan
    for value, sent in command.values.items():
        if sent == raw or str(sent) == str(raw):
            return value
    try:
        number = float(raw)
    except (TypeError, ValueError):
        return None
    return _converted(command, number) if math.isfinite(number) and not isinstance(raw, bool) else None


def _converted(conversion: Conversion, raw: float) -> float:
    return conversion.sign * (raw * conversion.scale + conversion.offset)
