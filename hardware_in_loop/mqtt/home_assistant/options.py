# SPDX-License-Identifier: Apache-2.0
"""What a scenario may say about Home Assistant."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from hardware_in_loop.mqtt.client import Settings
from hardware_in_loop.mqtt.options import MqttOptions, TlsOptions
from twinergy.adapters import Secret
from twinergy.options import Options, Positive

if TYPE_CHECKING:
    from pathlib import Path


class HomeAssistantOptions(Options):
    """Where and how the devices of a run are shown in Home Assistant."""

    broker: str = "mqtt://127.0.0.1:1883"
    """Address of Home Assistant's broker, ``mqtt://host:port``, or ``mqtts://`` with TLS."""
    user: str = ""
    """User at the broker."""
    password: Secret | None = None
    """Where its password stands."""
    tls: TlsOptions = TlsOptions()
    """Certificates of ``mqtts://``."""
    prefix: str = "homeassistant"
    """Discovery prefix that Home Assistant is set to."""
    base: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+$")] = "twinergy"
    """First part of the topics of states."""
    commands: bool = False
    """Whether set-points appear as numbers and switches that can be operated there."""
    expire_s: Positive | None = None
    """Age from which Home Assistant shows a value as not available; never if not given. [s]"""
    keep: bool = False
    """Whether the devices stay in Home Assistant after the run, as not available."""

    def settings(self, folder: Path) -> Settings:
        """Return the settings of the connection; paths are relative to `folder`.

        Raises
        ------
        DeviceError
            If the secret cannot be read.
        """
        same = {"broker": self.broker, "user": self.user, "password": self.password, "tls": self.tls}
        return Settings.of(MqttOptions(profile="home_assistant", **same), folder)  # type: ignore[arg-type]
