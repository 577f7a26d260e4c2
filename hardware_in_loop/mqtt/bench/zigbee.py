# SPDX-License-Identifier: Apache-2.0
"""Devices behind a Zigbee2MQTT bridge: plug, thermostat, climate and air-quality sensors.

Source: Zigbee2MQTT documentation, "Exposes" and its pages of switches (``on_time``, ``countdown``) and thermostats.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from hardware_in_loop.mqtt.bench.device import number, watts
from hardware_in_loop.mqtt.bench.points import field, port_of
from hardware_in_loop.mqtt.bench.relay import Registers, Relay
from hardware_in_loop.mqtt.bench.zigbee_bridge import Bridge, ZigbeeDevice

if TYPE_CHECKING:
    from hardware_in_loop.mqtt.bench.device import Surroundings
    from twinergy.adapters import Attached

MAINS_V: Final = 230.0
SET_POINT_DEGC: Final = 20.0
"""Shown by a thermostat that nobody has asked for anything."""
WARM_DEGC: Final = 23.0
"""What somebody turns it up to at the device."""
COLDEST_SET_DEGC: Final = 5.0
WARMEST_SET_DEGC: Final = 30.0
LONGEST_COUNTDOWN_S: Final = 43_200


class ZigbeePlug(ZigbeeDevice):
    """A plug with a meter, a timer for being on (``on_time``) and a countdown to the other state."""

    definition = ("TS011F_plug_1", "TuYa", "Smart plug (with power monitoring)")
    exposes = (
        {"type": "switch", "features": [{"name": "state", "property": "state", "type": "binary", "access": 7, "value_on": "ON"}]},
        {"name": "countdown", "property": "countdown", "type": "numeric", "access": 3, "unit": "s"},
        {"name": "power", "property": "power", "type": "numeric", "access": 5, "unit": "W"},
        {"name": "voltage", "property": "voltage", "type": "numeric", "access": 5, "unit": "V"},
        {"name": "current", "property": "current", "type": "numeric", "access": 5, "unit": "A"},
        {"name": "energy", "property": "energy", "type": "numeric", "access": 5, "unit": "kWh"},
    )

    def __init__(self, attached: Attached, world: Surroundings, bridge: Bridge, name: str) -> None:
        super().__init__(attached, world, bridge, name)
        self._power = port_of(attached, "p_kw")
        self.relay: Relay = Relay(port_of(attached, "on"))
        self._energy = Registers()
        self.setters = {"state": self._switch, "countdown": self._countdown}

    def count(self, now_s: float) -> None:
        """Count energy."""
        self._energy.update(self.read(self._power), math.nan, math.nan, now_s)

    def restart(self) -> None:
        """Begin to count at zero."""
        self._energy.restart()

    def measure(self) -> dict[str, Any]:
        """Return switch and meter."""
        power_w, voltage = watts(self.read(self._power)), self.read("voltage_v")
        voltage = MAINS_V if math.isnan(voltage) else voltage
        shown = {"state": "ON" if self.relay.on else "OFF", "power": number(power_w, 1), "voltage": number(voltage, 0)}
        meter = {"current": number(abs(power_w) / voltage, 2), "energy": number(self._energy.import_wh / 1000.0, 3)}
        return {**shown, **meter, "countdown": math.ceil(self.relay.left_s(self.clock()))}

    def snapshot(self) -> object:
        """Return what counts as a change: neither energy nor the seconds of the countdown."""
        return {key: value for key, value in self.status().items() if key not in {"energy", "countdown"}}

    def _switch(self, value: Any, asked: dict[str, Any]) -> None:
        word = str(value).upper()
        if word not in {"ON", "OFF", "TOGGLE"}:
            self.refuse("state", f"Value '{value}' is not allowed, expected one of on, off, toggle")
            return
        on = not self.relay.on if word == "TOGGLE" else word == "ON"
        after_s = asked.get("on_time") if on else None
        after_s = asked.get("countdown", after_s)
        usable = isinstance(after_s, int | float) and not isinstance(after_s, bool) and after_s > 0
        self.relay.switch(on=on, source="mqtt", now_s=self.clock(), after_s=float(after_s) if usable else None)  # type: ignore[arg-type]
        self.write(self.relay.port, float(on))

    def _countdown(self, value: Any, asked: dict[str, Any]) -> None:
        if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value <= LONGEST_COUNTDOWN_S:
            self.refuse("countdown", f"Value '{value}' is not allowed, 0 to {LONGEST_COUNTDOWN_S}")
        elif "state" not in asked:
            self.relay.switch(on=self.relay.on, source="mqtt", now_s=self.clock(), after_s=float(value) or None)


class ZigbeeThermostat(ZigbeeDevice):
    """A radiator thermostat; it has no timer, so that only somebody else's last will can let it go."""

    definition = ("014G2461", "Danfoss", "Ally thermostat")
    exposes = (
        {
            "type": "climate",
            "features": [
                {"name": "occupied_heating_setpoint", "property": "occupied_heating_setpoint", "type": "numeric", "access": 7},
                {"name": "local_temperature", "property": "local_temperature", "type": "numeric", "access": 5, "unit": "°C"},
                {"name": "system_mode", "property": "system_mode", "type": "enum", "access": 7, "values": ["auto", "heat"]},
            ],
        },
    )

    def __init__(self, attached: Attached, world: Surroundings, bridge: Bridge, name: str) -> None:
        super().__init__(attached, world, bridge, name)
        self._port = port_of(attached, "temp_set_degc")
        self._mode, self._wanted_degc = "auto", SET_POINT_DEGC
        set_point = self._set_point
        self._key = field(attached, "setpoint", "occupied_heating_setpoint")
        self.setters = {self._key: set_point, "system_mode": self._set_mode}

    def measure(self) -> dict[str, Any]:
        """Return temperature, set-point and mode."""
        temperature = number(self.read(port_of(self.attached, "temp_indoor_degc")), 2)
        heats = temperature is not None and temperature < self._wanted_degc
        shown = {"local_temperature": temperature, "system_mode": self._mode, "running_state": "heat" if heats else "idle"}
        return {**shown, self._key: self._wanted_degc, "battery": 100}

    def by_hand(self) -> None:
        """Turn it up at the device."""
        self._mode, self._wanted_degc = "heat", WARM_DEGC
        self.write(self._port, WARM_DEGC)

    def restart(self) -> None:
        """Go back to the programme."""
        self._mode, self._wanted_degc = "auto", SET_POINT_DEGC
        self.write(self._port, math.nan)

    def _set_point(self, value: Any, _asked: dict[str, Any]) -> None:
        fits = isinstance(value, int | float) and not isinstance(value, bool) and COLDEST_SET_DEGC <= value <= WARMEST_SET_DEGC
        if not fits:
            self.refuse(self._key, f"Value '{value}' is not allowed, 5 to 30")
            return
        self._mode, self._wanted_degc = "heat", round(2.0 * float(value)) / 2.0
        self.write(self._port, self._wanted_degc)

    def _set_mode(self, value: Any, asked: dict[str, Any]) -> None:
        if value not in {"auto", "heat"}:
            self.refuse("system_mode", f"Value '{value}' is not allowed, expected one of auto, heat")
            return
        self._mode = value
        if value == "auto" and self._key not in asked:
            self._wanted_degc = SET_POINT_DEGC
            self.write(self._port, math.nan)


class ZigbeeSensor(ZigbeeDevice):
    """Temperature, humidity, and what else the physics has: carbon dioxide, illuminance, noise."""

    definition = ("SNZB-02D", "SONOFF", "Temperature and humidity sensor with screen")
    fields = (
        ("temp_indoor_degc", "temperature", 2, "°C"),
        ("humidity_percent", "humidity", 2, "%"),
        ("co2_ppm", "co2", 0, "ppm"),
        ("illuminance_lx", "illuminance", 0, "lx"),
        ("noise_dba", "noise", 1, "dBA"),
    )

    @property
    def exposes(self) -> tuple[dict[str, Any], ...]:  # type: ignore[override]  # depends on what the physics has
        """What it has."""
        shown = self.measure()
        return tuple(
            {"name": key, "property": key, "type": "numeric", "access": 1, "unit": unit}
            for _, key, _, unit in self.fields
            if key in shown
        )

    def measure(self) -> dict[str, Any]:
        """Return what the physics has."""
        readings = {key: number(self.read(port_of(self.attached, port)), places) for port, key, places, _ in self.fields}
        shown = {
            key: value if key not in {"co2", "illuminance"} else int(value)
            for key, value in readings.items()
            if value is not None
        }
        return {**shown, "battery": 100, "voltage": 3000}
