# SPDX-License-Identifier: Apache-2.0
"""How a device gets into its safe state without this laboratory: by a timer of its own, or by a last will with the broker."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from hardware_in_loop.mqtt.payloads import encode, fill, raw_value

if TYPE_CHECKING:
    from hardware_in_loop.mqtt.options import MqttOptions
    from hardware_in_loop.mqtt.profile import Profile

PATIENCE: Final = 1.5
"""A broker waits so many keep-alives for a client that hangs (MQTT 3.1.1, section 3.1.2.10)."""
BROKER_LOOKS_S: Final = 6.0
"""How seldom a broker may look: mosquitto 2.0 every six seconds (a will came 8.2 s after a stop, at a keep-alive of 2 s). [s]"""
LEAST_KEEPALIVE_S: Final = 2
"""A client that pings every second is now and then a second late; a last will must not come true for that. [s]"""
SHORTEST_WITHIN_S: Final = 2.0 * (PATIENCE * LEAST_KEEPALIVE_S + BROKER_LOOKS_S)
"""Below this a hanging laboratory, or a cable that is pulled, would be noticed too late: the last command may be half of
``within_s`` old by then. [s]"""


@dataclass(frozen=True, slots=True)
class Will:
    """What the broker publishes when this side disappears."""

    topic: str
    payload: bytes
    retain: bool = False


def safe_value(options: MqttOptions, profile: Profile, name: str, port: str) -> float | None:
    """Return the value of a command in the safe state: the scenario's, the profile's, or None where neither says."""
    return options.safe.set.get(port, profile.commands[name].safe_default)


def timed(profile: Profile, name: str, value: float, safe: float | None) -> bool:
    """Return whether a command carries the device's timer: never one that asks for the safe state, which would be left again."""
    command = profile.commands[name]
    if command.timed is None or "timer" not in profile.fallback or value == safe:
        return False
    return not command.timed_for or value in command.timed_for


def falls_back(profile: Profile, name: str, safe: float | None) -> Literal["timer", "will", ""]:
    """Return how a command ends by itself: by the device's timer only where that covers every value but the safe one."""
    command = profile.commands[name]
    values = [value for value in command.values if value != safe]
    by_timer = "timer" in profile.fallback and command.timed is not None
    if by_timer and (not command.timed_for or (values and all(value in command.timed_for for value in values))):
        return "timer"
    can_be_left = command.send.topic and safe is not None
    return "will" if "will" in profile.fallback and can_be_left else ""


def will_of(profile: Profile, name: str, safe: float) -> Will:
    """Return the last will that asks for the safe state."""
    command = profile.commands[name]
    payload = encode(fill(command.send.payload, {"value": raw_value(command, safe)}))
    return Will(command.send.topic, payload, retain=command.send.retain)


def guard_keepalive_s(within_s: float, keepalive_s: int) -> int:
    """Return the keep-alive of a connection whose last will must stand at the device in time. [s].

    >>> [guard_keepalive_s(within_s, 15) for within_s in (18.0, 30.0, 60.0)]
    [2, 6, 15]
    """
    return max(LEAST_KEEPALIVE_S, min(keepalive_s, int((within_s / 2.0 - BROKER_LOOKS_S) / PATIENCE)))
