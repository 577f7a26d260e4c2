# SPDX-License-Identifier: Apache-2.0
"""What a scenario says about a device behind an MQTT broker."""

from __future__ import annotations

from typing import Annotated, Final, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, model_validator

from hardware_in_loop.places import ProfileName  # noqa: TC001 - pydantic reads it
from twinergy.adapters import AdapterOptions, Secret
from twinergy.options import Options, Positive

PORTS: Final = {"mqtt": 1883, "mqtts": 8883}


def _address(broker: str) -> str:
    try:
        parts = urlsplit(broker)
        known = parts.scheme in PORTS and parts.hostname and (parts.port or 1) > 0
    except ValueError:
        parts, known = urlsplit(""), False
    if not known or parts.path.strip("/") or parts.query:
        message = f"{broker!r} is no broker: write mqtt://host:1883, or mqtts://host:8883 for TLS"
        raise ValueError(message)
    if parts.username or parts.password:
        message = "name the user in `user` and where its password stands in `password`, never in the address of the broker"
        raise ValueError(message)
    return broker


def _no_wildcard(topic: str) -> str:
    if "+" in topic or "#" in topic or "\0" in topic or topic != topic.strip("/"):
        message = f"{topic!r} is no topic of a device: no +, no #, no slash at its ends"
        raise ValueError(message)
    return topic


class TlsOptions(Options):
    """Certificates, as PEM files; paths are relative to the scenario."""

    ca_file: str = ""
    """Authority that signed the broker's certificate; the system's where it is empty."""
    certificate_file: str = ""
    """Certificate of this laboratory, where the broker asks for one."""
    key_file: str = ""
    """Its private key."""
    check_name: bool = True
    """Whether the name in the broker's certificate must be that in its address."""

    @model_validator(mode="after")
    def _pair(self) -> TlsOptions:
        if bool(self.certificate_file) != bool(self.key_file):
            message = "a client certificate needs both certificate_file and key_file"
            raise ValueError(message)
        return self


class MqttOptions(AdapterOptions):
    """One device, or a part of it, behind an MQTT broker."""

    kind: Literal["mqtt"] = "mqtt"
    profile: ProfileName
    """What the device says and takes: a profile of the laboratory, or the path of a profile of your own."""
    broker: Annotated[str, AfterValidator(_address)] = "mqtt://127.0.0.1:1883"
    """Address of the broker, ``mqtt://host:port``, or ``mqtts://`` with TLS."""
    topic: Annotated[str, AfterValidator(_no_wildcard)] = ""
    """The device's own part of its topics: a Shelly's prefix, a Zigbee2MQTT name, a LoRaWAN device EUI."""
    fields: dict[str, str | int] = Field(default_factory=dict)
    """Other placeholders of the profile, such as ``channel``."""
    ports: dict[str, str] = Field(default_factory=dict)
    """Readings of the profile that fill another port: ``p_kw: p_heat_pump_kw`` for a plug behind which a heat pump stands."""
    readings: tuple[str, ...] = ()
    """Readings of the profile that this device has, for one that measures less; all of them if not given."""
    version: Literal["3.1.1", "5"] = "3.1.1"
    """MQTT version spoken with the broker."""
    user: str = ""
    """User at the broker."""
    password: Secret | None = None
    """Where its password stands."""
    tls: TlsOptions = TlsOptions()
    """Certificates of ``mqtts://``."""
    client_id: str = ""
    """Name of this client at the broker; must differ between runs at the same time. Made up if not given."""
    timeout_s: Annotated[float, Field(gt=0.0, le=3600.0)] = 2.0
    """How long the broker and the device have for an answer. [s]"""
    keepalive_s: Annotated[int, Field(ge=1, le=3600)] = 15
    """The broker takes this client for dead after one and a half times as long without a sign. [s]"""
    poll_s: Positive | None = None
    """Shortest time between two questions for the state, where the profile asks; the profile's if not given. [s]"""
    local_s: Positive = 3600.0
    """How long it counts that somebody switched the device by hand, against what was asked of it (assumption: an hour). [s]"""

    @model_validator(mode="after")
    def _fits(self) -> MqttOptions:
        if self.password is not None and not self.user:
            message = "a password needs a user"
            raise ValueError(message)
        if self.tls != TlsOptions() and not self.secure:
            message = f"tls needs a broker mqtts://… (got {self.broker})"
            raise ValueError(message)
        return self

    @property
    def secure(self) -> bool:
        """Whether the connection is encrypted."""
        return urlsplit(self.broker).scheme == "mqtts"

    @property
    def address(self) -> tuple[str, int]:
        """Host and port of the broker."""
        parts = urlsplit(self.broker)
        return parts.hostname or "", parts.port or PORTS[parts.scheme]
