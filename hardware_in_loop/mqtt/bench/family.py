# SPDX-License-Identifier: Apache-2.0
"""Which software device takes the place of a real one, by the profile of its adapter block."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from hardware_in_loop.mqtt.bench.chirpstack import NAMESPACE, ChirpStackSensor
from hardware_in_loop.mqtt.bench.generic import GenericDevice
from hardware_in_loop.mqtt.bench.points import field as given
from hardware_in_loop.mqtt.bench.shelly_gen1 import ShellyGen1Meter, ShellyGen1Plug
from hardware_in_loop.mqtt.bench.shelly_gen2 import ShellyGen2Meter, ShellyGen2Plug
from hardware_in_loop.mqtt.bench.station import Broker, Station
from hardware_in_loop.mqtt.bench.zigbee import ZigbeePlug, ZigbeeSensor, ZigbeeThermostat
from hardware_in_loop.mqtt.bench.zigbee_bridge import Bridge
from hardware_in_loop.mqtt.library import bind, load

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from hardware_in_loop.mqtt.bench.device import SoftDevice, Surroundings
    from hardware_in_loop.mqtt.bench.wire import Message
    from hardware_in_loop.mqtt.options import MqttOptions
    from twinergy.adapters import Attached

PHASES_COUNT: Final = 3
ZIGBEE: Final[dict[str, Callable[[Attached, Surroundings, Bridge, str], SoftDevice]]] = {
    "zigbee2mqtt_plug": ZigbeePlug,
    "zigbee2mqtt_plug_timer": ZigbeePlug,
    "zigbee2mqtt_thermostat": ZigbeeThermostat,
    "zigbee2mqtt_sensor": ZigbeeSensor,
}


@dataclass
class House:
    """Builds devices and the stations they need.

    Parameters
    ----------
    world : Surroundings
        What the devices share.
    folder : pathlib.Path
        Paths of profiles are relative to it.
    plain_zigbee : bool
        Whether Zigbee2MQTT bridges speak as releases before 2.0 do.
    """

    world: Surroundings
    folder: Path
    plain_zigbee: bool = False
    stations: list[Station] = field(default_factory=list)
    devices: dict[str, SoftDevice] = field(default_factory=dict)
    _bridges: dict[tuple[Broker, str], Bridge] = field(default_factory=dict)
    _networks: dict[Broker, Station] = field(default_factory=dict)

    def add(self, attached: Attached, options: MqttOptions, broker: Broker) -> SoftDevice:
        """Return a new device in the place of a real one.

        Raises
        ------
        ScenarioError, DeviceError
            If the profile cannot be read, or no software device knows it.
        """
        self.devices[attached.id] = device = self._build(attached, options, broker)
        return device

    def _build(self, attached: Attached, options: MqttOptions, broker: Broker) -> SoftDevice:
        name, topic, world = options.profile, options.topic, self.world
        if name == "shelly_gen2_plug":
            return ShellyGen2Plug(attached, self._station(topic, broker, ShellyGen2Plug.will(topic)), world, topic)
        if name == "shelly_gen2_em":
            return ShellyGen2Meter(attached, self._station(topic, broker, ShellyGen2Meter.will(topic)), world, topic)
        if name.startswith("shelly_gen1_"):
            return self._first_generation(attached, name, broker, f"shellies/{topic}")
        if name in ZIGBEE:
            return ZIGBEE[name](attached, world, self._bridge(broker, given(attached, "bridge", "zigbee2mqtt")), topic)
        return self._described(attached, options, broker)

    def _first_generation(self, attached: Attached, name: str, broker: Broker, prefix: str) -> SoftDevice:
        station = self._station(prefix.rsplit("/", 1)[-1], broker, ShellyGen1Plug.will(prefix))
        if name == "shelly_gen1_plug":
            return ShellyGen1Plug(attached, station, self.world, prefix)
        channels_count = PHASES_COUNT if name == "shelly_gen1_3em" else 1
        return ShellyGen1Meter(attached, station, self.world, prefix, channels_count)

    def _described(self, attached: Attached, options: MqttOptions, broker: Broker) -> SoftDevice:
        """Return a LoRaWAN sensor or a generic device, as the profile has it."""
        raw = load(options.profile, self.folder)
        profile = bind(raw, options.topic, options.fields)
        if any("/event/up" in state.topic for state in profile.states):
            layout = profile.readings if any(state.data for state in profile.states) else None
            application = given(attached, "application", str(raw.fields.get("application", "+")))
            application = str(NAMESPACE) if application == "+" else application
            port = options.fields.get("port", raw.fields.get("port", 85))
            sensor = ChirpStackSensor(attached, self._network(broker), self.world, application, options.topic, layout)
            sensor.port = int(port)
            return sensor
        station = self._station(options.topic or attached.id, broker, GenericDevice.will(profile))
        return GenericDevice(attached, station, self.world, profile)

    def _station(self, name: str, broker: Broker, will: Message | None) -> Station:
        station = Station(name.replace("/", "-"), broker, self.world.journal, will)
        self.stations.append(station)
        return station

    def _network(self, broker: Broker) -> Station:
        if broker not in self._networks:
            self._networks[broker] = self._station("chirpstack-eu868", broker, None)
        return self._networks[broker]

    def _bridge(self, broker: Broker, base: str) -> Bridge:
        if (broker, base) not in self._bridges:
            plain = self.plain_zigbee
            station = self._station(f"{base}-bridge", broker, Bridge.will(base, plain=plain))
            self._bridges[broker, base] = Bridge(station, base, plain=plain)
        return self._bridges[broker, base]
