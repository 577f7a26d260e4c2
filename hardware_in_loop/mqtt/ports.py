# SPDX-License-Identifier: Apache-2.0
"""Which ports of a kind of device the readings and commands of a profile stand for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from twinergy.errors import Finding, PluginError, ScenarioError
from twinergy.plugins import device_kind
from twinergy.ports import Direction

if TYPE_CHECKING:
    from hardware_in_loop.mqtt.options import MqttOptions
    from hardware_in_loop.mqtt.profile import Profile


PARTS: Final = "washing_machine, dishwasher, tumble_dryer, electronics, lighting, other or hot_water"


@dataclass(frozen=True, slots=True)
class Wiring:
    """Ports by the names of a profile.

    Attributes
    ----------
    reads : dict of str to str
        Measured port of each reading.
    writes : dict of str to str
        Set-point port of each command.
    """

    reads: dict[str, str]
    writes: dict[str, str]


def wire(kind: str, options: MqttOptions, profile: Profile) -> Wiring:
    """Return the ports that a profile fills and takes.

    With a part of a household, ``p_kw`` is the power of that machine or group and ``on`` its switch. A kind that is not installed
    has no ports to compare with: then names stay as they are.

    Raises
    ------
    ScenarioError
        If the profile cannot stand for this kind, or nothing of it fits.
    """
    if profile.kinds and kind not in profile.kinds:
        finding = Finding(
            message=f"profile {options.profile!r} is none for a {kind}", path="profile", value=options.profile,
            allowed=f"a profile for {kind}; this one stands for {', '.join(profile.kinds)}",
        )  # fmt: skip
        raise ScenarioError([finding], "MQTT device")
    findings = [
        Finding(
            message="the profile has no such reading or command",
            path=f"ports.{name}",
            value=name,
            allowed=", ".join(profile.names),
        )
        for name in options.ports
        if name not in profile.names and name not in profile.commands
    ]
    measured, set_points = _declared(kind, Direction.MEASURED), _declared(kind, Direction.SET_POINT)
    findings += [
        Finding(message="the profile has no such reading", path="readings", value=name, allowed=", ".join(profile.names))
        for name in options.readings
        if name not in profile.names
    ]
    reads = _pair(tuple(name for name in profile.names if not options.readings or name in options.readings), options, measured)
    writes = _pair(tuple(profile.commands), options, set_points)
    lost = not reads and not writes
    switch = kind == "household" and not options.part and bool(profile.commands) and not writes
    if (lost or switch) and not findings:
        findings.append(_nothing(kind, options, profile))
    if findings:
        raise ScenarioError(findings, "MQTT device")
    return Wiring(reads, writes)


def _declared(kind: str, direction: Direction) -> frozenset[str] | None:
    try:
        return frozenset(port.name for port in device_kind(kind).ports if port.direction is direction)
    except PluginError:
        return None


def _pair(names: tuple[str, ...], options: MqttOptions, known: frozenset[str] | None) -> dict[str, str]:
    pairs = {}
    for name in names:
        choices = (options.ports[name],) if name in options.ports else candidates(name, options.part)
        port = next((each for each in choices if known is None or each in known), None)
        if port is not None:
            pairs[name] = port
    return pairs


def candidates(name: str, part: str) -> tuple[str, ...]:
    """Return ports that a reading may stand for, the most likely first.

    >>> candidates("p_kw", "lighting")
    ('lighting_p_kw', 'p_lighting_kw')
    """
    if not part:
        return (name,)
    return (f"{part}_{name}", f"p_{part}_kw") if name == "p_kw" else (f"{part}_{name}",)


def _nothing(kind: str, options: MqttOptions, profile: Profile) -> Finding:
    if kind == "household":
        message = "the household has no such part" if options.part else "say which part of the household this is"
        return Finding(message=message, path="part", value=options.part or None, allowed=PARTS)
    message = f"nothing of profile {options.profile!r} is a port of {kind}" + (f", part {options.part!r}" if options.part else "")
    return Finding(message=message, path="part" if options.part else "profile", allowed=f"readings: {', '.join(profile.names)}")
