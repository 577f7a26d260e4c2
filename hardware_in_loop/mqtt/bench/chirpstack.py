# SPDX-License-Identifier: Apache-2.0
"""A LoRaWAN network as ChirpStack v4 shows it: uplinks of an environmental sensor, downlinks that wait for one.

Source: ChirpStack v4 documentation, "Integrations" and "MQTT", and the messages of its API (``integration.proto``).
"""

from __future__ import annotations

import base64
import math
import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from hardware_in_loop.mqtt.bench.device import SoftDevice, number
from hardware_in_loop.mqtt.bench.lorawan import FULL_PERCENT, downlink, encode, place, without_zeros
from hardware_in_loop.mqtt.bench.points import port_of
from twinergy.adapters import Fault

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hardware_in_loop.mqtt.bench.device import Surroundings
    from hardware_in_loop.mqtt.bench.station import Station
    from hardware_in_loop.mqtt.profile import Reading
    from twinergy.adapters import Attached

NAMESPACE: Final = uuid.uuid5(uuid.NAMESPACE_URL, "twinergy-lab.mqtt.bench")
FIELDS: Final = (
    ("temp_indoor_degc", "temperature", 1),
    ("humidity_percent", "humidity", 1),
    ("co2_ppm", "co2", 0),
    ("illuminance_lx", "illuminance", 0),
    ("noise_dba", "noise", 1),
)
UPLINK_PORT: Final = 85
COUNTER: Final = 2**32


class ChirpStackSensor(SoftDevice):
    """A class A environmental sensor behind a ChirpStack network.

    Parameters
    ----------
    attached, station, world
        See `SoftDevice`; the station is the network server.
    application : str
        Id of the application.
    dev_eui : str
        Id of the device, 16 hexadecimal digits.
    layout : mapping of str to Reading, optional
        Where each reading stands in the raw bytes, for a device without a codec.

    Attributes
    ----------
    f_cnt : int
        Frame counter of the next uplink.
    queue : list of dict
        Downlinks that wait.
    received : list of dict
        Downlinks that the device has got.
    """

    own_station = False

    def __init__(
        self,
        attached: Attached,
        station: Station,
        world: Surroundings,
        application: str,
        dev_eui: str,
        layout: Mapping[str, Reading] | None = None,
    ) -> None:
        super().__init__(attached, station, world)
        self.application, self.dev_eui, self.layout = application, dev_eui.lower(), layout or {}
        self.port = UPLINK_PORT
        self.base = f"application/{application}/device/{self.dev_eui}"
        self.f_cnt = 0
        self.f_cnt_down = 0
        self.queue: list[dict[str, Any]] = []
        self.received: list[dict[str, Any]] = []
        self._unconfirmed: list[dict[str, Any]] = []
        self.hear(f"{self.base}/command/down", self._down)

    def hello(self) -> None:
        """Nothing: the network says nothing of a device until it speaks."""

    def snapshot(self) -> object:
        """Return nothing: a class A device sends by the clock."""
        return None

    def restart(self) -> None:
        """Join again: the frame counter begins at zero, and the network says so."""
        self.f_cnt = 0

    def gone(self, *, away: bool) -> None:
        """Join after having been away because of a restart; a device out of reach is simply not heard."""
        if not away and self.has(Fault.RESTART):
            self._event("join", {"devAddr": self._address()})

    def tell(self, *, changed: bool) -> None:  # noqa: ARG002 - by the clock
        """Send an uplink; what waits for the device goes down right after it."""
        self._event("up", self.uplink())
        if not self.has(Fault.FROZEN):
            self.f_cnt = (self.f_cnt + 1) % COUNTER
        for item in self._unconfirmed:
            self._acknowledge(item)
        self._unconfirmed = []
        if self.queue and not self.has(Fault.SILENT):
            self._send_down(self.queue.pop(0))

    def values(self) -> dict[str, float]:
        """Return what the device measures, by the names of its codec."""
        read = {key: number(self.read(port_of(self.attached, port)), places) for port, key, places in FIELDS}
        shown = {key: value for key, value in read.items() if value is not None}
        if "humidity" in shown:
            shown["humidity"] = round(2.0 * shown["humidity"]) / 2.0
        return shown

    def uplink(self) -> dict[str, Any]:
        """Return the fields of an uplink; zero ones are left out when it is sent."""
        values = self.still("values", self.values)
        data = self.still("raw", self._raw) if self.layout else encode(values)
        seen = {"gatewayId": "0016c001f153a14c", "uplinkId": self.f_cnt + 1, "rssi": -57, "snr": 9.5, "context": "EFwMtA=="}
        seen |= {"crcStatus": "CRC_OK", "nsTime": self._time()}
        modulation = {"lora": {"bandwidth": 125000, "spreadingFactor": 7, "codeRate": "CR_4_5"}}
        return {
            "devAddr": self._address(),
            "adr": True,
            "dr": 5,
            "fCnt": self.f_cnt,
            "fPort": self.port,
            "confirmed": False,
            "data": base64.b64encode(data).decode(),
            **({} if self.layout else {"object": {"battery": FULL_PERCENT, **values}}),
            "rxInfo": [seen],
            "txInfo": {"frequency": 868100000, "modulation": modulation},
            "regionConfigId": "eu868",
        }

    def _raw(self) -> bytes:
        """Return raw bytes by the declared layout; what the physics does not have is 0."""
        data = bytearray()
        for name, reading in self.layout.items():
            if reading.binary is not None:
                value = self.read(port_of(self.attached, name))
                raw = 0.0 if math.isnan(value) else (value * reading.sign - reading.offset) / reading.scale
                place(data, reading.binary.at, reading.binary.type, reading.binary.order, raw)
        return bytes(data)

    def _event(self, kind: str, fields: Mapping[str, Any]) -> None:
        number_of = uuid.uuid5(NAMESPACE, f"{self.dev_eui}/{kind}/{self.station.connections}/{self.f_cnt}/{self.f_cnt_down}")
        head = {"deduplicationId": str(number_of), "time": self._time(), "deviceInfo": self._info()}
        self.say(f"{self.base}/event/{kind}", without_zeros({**head, **fields}), qos=0)

    def _info(self) -> dict[str, Any]:
        tenant, profile = uuid.uuid5(NAMESPACE, "tenant"), uuid.uuid5(NAMESPACE, "profile")
        about = {
            "tenantId": str(tenant),
            "tenantName": "TwinERGY Lab",
            "applicationId": self.application,
            "applicationName": "bench",
        }
        about |= {"deviceProfileId": str(profile), "deviceProfileName": "AM103", "deviceName": self.link, "devEui": self.dev_eui}
        return about

    def _address(self) -> str:
        return f"00{uuid.uuid5(NAMESPACE, self.dev_eui).hex[:6]}"

    def _time(self) -> str:
        return datetime.fromtimestamp(self.now_s(), UTC).isoformat(timespec="microseconds")

    def _down(self, _topic: str, payload: bytes) -> None:
        """Take a downlink into the queue, or log why not."""
        asked = downlink(payload, self.dev_eui)
        if asked is None or self.has(Fault.REJECT):
            self.unknown_commands += 1
            why = {"level": "ERROR", "code": "DOWNLINK_CODEC", "description": "Invalid or refused downlink"}
            self.say(f"{self.base}/event/log", without_zeros({"time": self._time(), "deviceInfo": self._info(), **why}), qos=0)
            return
        fallback = uuid.uuid5(NAMESPACE, f"{self.dev_eui}/down/{self.unknown_commands}/{self.f_cnt_down}/{len(self.queue)}")
        self.queue.append({**asked, "id": asked.get("id") or str(fallback)})

    def _send_down(self, item: dict[str, Any]) -> None:
        self.f_cnt_down += 1
        fields = {
            "downlinkId": self.f_cnt_down,
            "queueItemId": item["id"],
            "fCntDown": self.f_cnt_down,
            "gatewayId": "0016c001f153a14c",
        }
        head = {"time": self._time(), "deviceInfo": self._info()}
        self.say(f"{self.base}/event/txack", without_zeros({**head, **fields}), qos=0)
        self.received.append(item)
        if not (self.has(Fault.IGNORE) or self.has(Fault.LOCAL)):
            self._obey(item)
        if item.get("confirmed"):
            self._unconfirmed.append(item)

    def _acknowledge(self, item: dict[str, Any]) -> None:
        self._event("ack", {"queueItemId": item["id"], "acknowledged": True, "fCntDown": self.f_cnt_down})

    def _obey(self, item: dict[str, Any]) -> None:
        """Do what an object names by port; a sensor that is only read knows none."""
        asked = item.get("object")
        for port, value in asked.items() if isinstance(asked, dict) else ():
            if isinstance(value, int | float) and not isinstance(value, bool):
                self.write(port_of(self.attached, str(port)), float(value))
