# SPDX-License-Identifier: Apache-2.0
"""A Zigbee2MQTT bridge, and what the devices behind it have in common.

Source: Zigbee2MQTT documentation, "MQTT Topics and Messages" and "Device availability". Payloads of availability and bridge state
are JSON since 2.0, plain text before.
"""

from __future__ import annotations

import hashlib
import json
from abc import abstractmethod
from typing import TYPE_CHECKING, Any

from hardware_in_loop.mqtt.bench.device import SoftDevice
from hardware_in_loop.mqtt.bench.wire import Message
from twinergy.adapters import Fault

if TYPE_CHECKING:
    from collections.abc import Callable

    from hardware_in_loop.mqtt.bench.device import Surroundings
    from hardware_in_loop.mqtt.bench.station import Station
    from twinergy.adapters import Attached


class Bridge:
    """The bridge: its own state, the list of devices, and what it can be asked.

    Parameters
    ----------
    station : Station
        Its connection.
    base : str
        Base topic.
    plain : bool
        Whether it speaks plain text as releases before 2.0 do, instead of JSON.
    """

    def __init__(self, station: Station, base: str = "zigbee2mqtt", *, plain: bool = False) -> None:
        self.station, self.base, self.plain = station, base, plain
        self.devices: list[ZigbeeDevice] = []
        station.greeters.append(self._greet)
        station.hear(f"{base}/bridge/request/#", self._request)

    @staticmethod
    def will(base: str, *, plain: bool = False) -> Message:
        """Return the last will."""
        return Message(f"{base}/bridge/state", state("offline", plain=plain), qos=1, retain=True)

    def add(self, device: ZigbeeDevice) -> None:
        """Pair a device."""
        self.devices.append(device)

    def log(self, level: str, message: str) -> None:
        """Write a line into the bridge's log topic."""
        self._say("bridge/logging", {"level": level, "message": message, "namespace": "z2m"}, retain=False)

    def _greet(self) -> None:
        self.station.say(Message(f"{self.base}/bridge/state", state("online", plain=self.plain), 1, retain=True))
        network = {"channel": 11, "pan_id": 6754, "extended_pan_id": "0xdddddddddddddddd"}
        coordinator = {"ieee_address": "0x00124b00120144ae", "type": "zStack3x0", "meta": {"revision": 20230507}}
        version = "1.42.0" if self.plain else "2.1.3"
        self._say("bridge/info", {"version": version, "network": network, "coordinator": coordinator, "permit_join": False})
        about = {"ieee_address": coordinator["ieee_address"], "type": "Coordinator", "friendly_name": "Coordinator"}
        listed: list[dict[str, Any]] = [{**about, "definition": None, "supported": False, "interview_completed": True}]
        self._say("bridge/devices", [*listed, *(device.about() for device in self.devices)])
        for device in self.devices:
            device.available()

    def _say(self, topic: str, payload: Any, *, retain: bool = True) -> None:
        self.station.say(Message(f"{self.base}/{topic}", json.dumps(payload, separators=(",", ":")).encode(), 0, retain))

    def _request(self, topic: str, payload: bytes) -> None:
        """Answer what is asked of the bridge itself, with the transaction it was asked with."""
        what = topic.removeprefix(f"{self.base}/bridge/request/")
        try:
            asked = json.loads(payload) if payload else {}
        except ValueError:
            asked = {}
        answer: dict[str, Any] = {"data": {}, "status": "error", "error": f"'{what}' is not served by this bench"}
        if what == "health_check":
            answer = {"data": {"healthy": True}, "status": "ok"}
        if isinstance(asked, dict) and "transaction" in asked:
            answer["transaction"] = asked["transaction"]
        self._say(f"bridge/response/{what}", answer, retain=False)


class ZigbeeDevice(SoftDevice):
    """What all of them share: availability, state on request, ``/set`` and ``/get``.

    Parameters
    ----------
    attached, world
        See `SoftDevice`.
    bridge : Bridge
        The bridge it is paired with.
    name : str
        Friendly name.
    """

    own_station = False
    definition: tuple[str, str, str] = ("", "", "")
    """Model, vendor and description."""
    exposes: tuple[dict[str, Any], ...] = ()

    def __init__(self, attached: Attached, world: Surroundings, bridge: Bridge, name: str) -> None:
        self.bridge, self.name, self.topic = bridge, name, f"{bridge.base}/{name}"
        super().__init__(attached, bridge.station, world)
        bridge.add(self)
        self._gone = False
        self.setters: dict[str, Callable[[Any, dict[str, Any]], None]] = {}
        self.hear(f"{self.topic}/set", self._set)
        self.hear(f"{self.topic}/set/+", self._set_one)
        self.hear(f"{self.topic}/get", self._get)

    def about(self) -> dict[str, Any]:
        """Return its entry in the bridge's list."""
        address = "0x" + hashlib.sha256(self.name.encode()).hexdigest()[:16]
        model, vendor, description = self.definition
        definition = {"model": model, "vendor": vendor, "description": description, "exposes": list(self.exposes), "options": []}
        entry = {"ieee_address": address, "type": "EndDevice", "friendly_name": self.name, "supported": True, "disabled": False}
        return {**entry, "definition": definition, "model_id": model, "interview_completed": True}

    def available(self) -> None:
        """Say whether the bridge can reach it; the bridge says so, whatever is wrong with the device."""
        text = state("offline" if self._gone else "online", plain=self.bridge.plain)
        self.station.say(Message(f"{self.topic}/availability", text, 1, retain=True))

    def gone(self, *, away: bool) -> None:
        """Be out of reach, or back."""
        self._gone = away
        self.available()

    def hello(self) -> None:
        """Nothing: the bridge speaks first, and the state follows."""

    @abstractmethod
    def measure(self) -> dict[str, Any]:
        """Return the state as it is."""

    def status(self) -> dict[str, Any]:
        """Return the state as it is shown."""
        return self.still("status", lambda: {**self.measure(), "linkquality": 120})

    def snapshot(self) -> object:
        """Return what counts as a change: everything but energy."""
        return {key: value for key, value in self.status().items() if key != "energy"}

    def tell(self, *, changed: bool) -> None:  # noqa: ARG002 - always the whole state
        """Say the whole state."""
        self.say(self.topic, self.status(), qos=0)

    def refuse(self, key: str, why: str) -> None:
        """Log what the bridge logs when a command fails."""
        self.unknown_commands += 1
        self.bridge.log("error", f"z2m: Publish 'set' '{key}' to '{self.name}' failed: '{why}'")

    def _set(self, _topic: str, payload: bytes) -> None:
        try:
            asked = json.loads(payload)
        except ValueError:
            asked = None
        if not isinstance(asked, dict):
            self.bridge.log("error", f"z2m: Invalid message '{payload.decode(errors='replace')}', skipping...")
            self.unknown_commands += 1
            return
        for key, value in asked.items():
            if key in self.setters:
                self._apply(key, value, asked)
            elif key not in {"on_time", "off_wait_time"}:
                self.refuse(key, f"No converter available for '{key}'")
        self.say(self.topic, self.status(), qos=0)

    def _apply(self, key: str, value: Any, asked: dict[str, Any]) -> None:
        if self.has(Fault.REJECT):
            self.refuse(key, "Data request failed with error: 'MAC no ack' (233)")
        elif not (self.has(Fault.IGNORE) or self.has(Fault.LOCAL)):
            self.setters[key](value, asked)
        self.look(self.clock())

    def _set_one(self, topic: str, payload: bytes) -> None:
        """``/set/state`` with ``ON`` is ``/set`` with ``{"state": "ON"}``."""
        text = payload.decode(errors="replace")
        try:
            value = json.loads(text)
        except ValueError:
            value = text
        self._set(topic, json.dumps({topic.rsplit("/", 1)[-1]: value}).encode())

    def _get(self, _topic: str, payload: bytes) -> None:
        try:
            asked = json.loads(payload)
        except ValueError:
            asked = None
        if isinstance(asked, dict):
            self.say(self.topic, self.status(), qos=0)


def state(word: str, *, plain: bool) -> bytes:
    """Return an availability or bridge state.

    >>> state("online", plain=False), state("online", plain=True)
    (b'{"state":"online"}', b'online')
    """
    return word.encode() if plain else json.dumps({"state": word}, separators=(",", ":")).encode()
