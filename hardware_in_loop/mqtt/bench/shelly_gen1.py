# SPDX-License-Identifier: Apache-2.0
"""Shelly of the first generation: Plug S and EM, with one topic per value.

Source: Shelly technical documentation "Gen1 Device API", sections MQTT of Shelly Plug/PlugS, Shelly EM, Shelly 3EM. Energy of a
relay is in Watt-minutes, that of a meter in Watt-hours. There is no command with a timer over MQTT: a relay falls back by the
device's own setting ``auto_on`` or ``auto_off``, if somebody has set it in the device.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, Final

from hardware_in_loop.mqtt.bench.device import SoftDevice, number, watts
from hardware_in_loop.mqtt.bench.points import channel_of, port_of
from hardware_in_loop.mqtt.bench.relay import Registers, Relay
from hardware_in_loop.mqtt.bench.wire import Message
from twinergy.adapters import Fault

if TYPE_CHECKING:
    from hardware_in_loop.mqtt.bench.device import Surroundings
    from hardware_in_loop.mqtt.bench.station import Station
    from twinergy.adapters import Attached

MINUTES_PER_HOUR: Final = 60.0
MAINS_V: Final = 230.0


class ShellyGen1(SoftDevice, ABC):
    """What all of them share: announcement, ``online``, one topic per value.

    Parameters
    ----------
    attached, station, world
        See `SoftDevice`.
    prefix : str
        ``shellies/<id>``.
    """

    model = ""

    def __init__(self, attached: Attached, station: Station, world: Surroundings, prefix: str) -> None:
        super().__init__(attached, station, world)
        self.prefix = prefix
        self.id = prefix.rsplit("/", 1)[-1]
        self._energy = Registers()
        self._power = port_of(attached, "p_kw")
        for topic in ("shellies/command", f"{prefix}/command"):
            self.hear(topic, self._common)

    @staticmethod
    def will(prefix: str) -> Message:
        """Return the last will."""
        return Message(f"{prefix}/online", b"false", qos=1, retain=True)

    def values(self) -> dict[str, str]:
        """Return the payload of each topic below the prefix as it is shown."""
        return self.still("values", self.measure)

    @abstractmethod
    def measure(self) -> dict[str, str]:
        """Return the payload of each topic below the prefix as it is."""

    def hello(self) -> None:
        """Say that it is online and what it is."""
        self.say(f"{self.prefix}/online", "true", retain=True)
        self._announce()

    def snapshot(self) -> object:
        """Return what counts as a change: everything but energy."""
        return {topic: value for topic, value in self.values().items() if "energy" not in topic and "total" not in topic}

    def tell(self, *, changed: bool) -> None:  # noqa: ARG002 - it says everything, always
        """Say every value on its topic."""
        for topic, value in self.values().items():
            self.say(f"{self.prefix}/{topic}", value)

    def count(self, now_s: float) -> None:
        """Count energy, unless the physics has registers of its own."""
        registers = (
            (self.read("energy_import_kwh"), self.read("energy_export_kwh")) if self.relay is None else (math.nan, math.nan)
        )
        self._energy.update(self.read(self._power), *registers, now_s)

    def restart(self) -> None:
        """Begin to count at zero."""
        self._energy.restart()

    def _announce(self) -> None:
        mac = self.id.rsplit("-", 1)[-1].upper()
        about: dict[str, Any] = {"id": self.id, "model": self.model, "mac": mac, "ip": "127.0.0.1", "new_fw": False}
        about["fw_ver"] = "20230109-114426/v1.12.2-bench"
        self.say("shellies/announce", about)
        self.say(f"{self.prefix}/announce", about)

    def _common(self, _topic: str, payload: bytes) -> None:
        if payload == b"announce":
            self._announce()
        elif payload == b"update":
            self._spoke_s = -math.inf
            self.look(self.clock())
        else:
            self.unknown_commands += 1


class ShellyGen1Plug(ShellyGen1):
    """Plug S: a relay with a meter behind it.

    Attributes
    ----------
    auto_on_s, auto_off_s : float
        Settings in the device: how long after switching off it is on again, and the other way round; 0 is never. [s]
    """

    model = "SHPLG-S"

    def __init__(self, attached: Attached, station: Station, world: Surroundings, prefix: str) -> None:
        super().__init__(attached, station, world, prefix)
        self.relay: Relay = Relay(port_of(attached, "on"))
        self.auto_on_s = self.auto_off_s = 0.0
        self._base = f"relay/{channel_of(attached)}"
        self.hear(f"{prefix}/{self._base}/command", self._command)

    def measure(self) -> dict[str, str]:
        """Return what the relay and its meter say."""
        power_w = watts(self.read(self._power))
        minutes = int(self._energy.import_wh * MINUTES_PER_HOUR)
        shown = {self._base: "on" if self.relay.on else "off"}
        shown |= {f"{self._base}/power": _plain(power_w), f"{self._base}/energy": str(minutes)}
        return {**shown, "temperature": "35.00", "temperature_f": "95.00", "overtemperature": "0"}

    def _command(self, _topic: str, payload: bytes) -> None:
        wanted = {b"on": True, b"off": False, b"toggle": not self.relay.on}.get(payload)
        if wanted is None:
            self.unknown_commands += 1
            return
        if not any(self.has(fault) for fault in (Fault.REJECT, Fault.IGNORE, Fault.LOCAL)):
            after_s = self.auto_off_s if wanted else self.auto_on_s
            self.relay.switch(on=wanted, source="mqtt", now_s=self.clock(), after_s=after_s or None)
            self.write(self.relay.port, float(wanted))
        self.say(f"{self.prefix}/{self._base}", self.values()[self._base])
        self.look(self.clock())


class ShellyGen1Meter(ShellyGen1):
    """EM or 3EM: one or three current transformers, with registers of energy.

    Parameters
    ----------
    attached, station, world, prefix
        See `ShellyGen1`.
    channels_count : int
        1 or 3; the load is spread evenly over them.
    """

    def __init__(self, attached: Attached, station: Station, world: Surroundings, prefix: str, channels_count: int = 1) -> None:
        super().__init__(attached, station, world, prefix)
        self.channels = range(channels_count) if channels_count > 1 else (channel_of(attached),)
        self.model = "SHEM-3" if channels_count > 1 else "SHEM"

    def measure(self) -> dict[str, str]:
        """Return what each channel says."""
        count = len(self.channels)
        power_w = watts(self.read(self._power)) / count
        voltage = self.read("voltage_v")
        voltage = MAINS_V if math.isnan(voltage) else voltage
        drawn, fed = self._energy.import_wh / count, self._energy.export_wh / count
        reactive = self.read("q_kvar")
        each = {"power": _plain(power_w), "voltage": _plain(voltage), "total": _plain(drawn, 1), "total_returned": _plain(fed, 1)}
        if count > 1:
            each |= {"current": _plain(abs(power_w) / voltage), "pf": "1.00"}
        else:
            each["reactive_power"] = _plain(0.0 if math.isnan(reactive) else watts(reactive))
        return {f"emeter/{channel}/{key}": value for channel in self.channels for key, value in each.items()}


def _plain(value: float, places: int = 2) -> str:
    shown = number(value, places)
    return "null" if shown is None else f"{shown:.{places}f}"
