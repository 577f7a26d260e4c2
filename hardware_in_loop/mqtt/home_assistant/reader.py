# SPDX-License-Identifier: Apache-2.0
"""What announces itself to Home Assistant becomes a profile, so that it can be read and asked without a line of Python.

Source: Home Assistant documentation, "MQTT": "MQTT discovery", "Device discovery payload", "Single component discovery payload",
and the pages of the platforms sensor, switch, number and climate.
"""

from __future__ import annotations

import io
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from pydantic import ValidationError

from hardware_in_loop.mqtt.home_assistant.discovery import safe
from hardware_in_loop.mqtt.home_assistant.entities import Entity, command_of, reading_of
from hardware_in_loop.mqtt.home_assistant.short import written_out
from hardware_in_loop.mqtt.home_assistant.templates import read
from hardware_in_loop.mqtt.profile import Availability, Profile, State
from twinergy.errors import DeviceError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from hardware_in_loop.mqtt.profile import Command, Reading

KINDS: Final = (
    ("battery", {"p_set_kw"}),
    ("building", {"temp_set_degc"}),
    ("household", {"on"}),
    ("sensor", {"temp_indoor_degc", "humidity_percent", "co2_ppm", "illuminance_lx", "noise_dba"}),
    ("meter", {"p_kw", "energy_import_kwh", "energy_export_kwh", "voltage_v", "frequency_hz"}),
)
"""Kinds of devices by what gives them away, the surest first."""
LONGEST_EXPIRY_S: Final = 86_400.0
LONGEST_NAME: Final = 60
"""Letters of the proposed file's name: whoever announces a device may call it anything."""


@dataclass
class Discovered:
    """A device that has announced itself.

    Attributes
    ----------
    id, name : str
        Its identifier, and what people call it.
    profile : Profile
        How to read it and what to ask it.
    kind : str
        Kind of device that it probably is.
    left_out : dict of str to str
        Entities that are not in the profile, and why.
    """

    id: str
    name: str
    profile: Profile
    kind: str
    left_out: dict[str, str] = field(default_factory=dict)

    def proposal(self, broker: str) -> dict[str, object]:
        """Return what a scan proposes: the block of a scenario, and in ``files`` the profile that it names, by file name."""
        name = f"{safe(self.name or self.id)[:LONGEST_NAME]}.yaml"
        found = f"{self.name or self.id}, announced to Home Assistant: {', '.join(self.profile.names)}"
        block: dict[str, object] = {"kind": "mqtt", "profile": name, "broker": broker}
        return {"found": found, "kind": self.kind, "adapter": block, "files": {name: self.text()}}

    def text(self) -> str:
        """Return the profile as the text of a YAML file, for an adapter block ``profile: <file>.yaml``."""
        from ruamel.yaml import YAML  # noqa: PLC0415 - only who writes a file needs it

        yaml, out = YAML(typ="safe", pure=True), io.StringIO()
        yaml.default_flow_style = False
        yaml.sort_base_mapping_type_on_output = False  # type: ignore[assignment]  # a flag that is typed as its default
        yaml.dump(self.profile.model_dump(mode="json", exclude_defaults=True), out)
        notes = [f"{self.name}, as it announced itself to Home Assistant"]
        notes += [f"Left out: {key}, for {why}" for key, why in self.left_out.items()]
        return "".join(f"# {' '.join(note.split())}\n" for note in notes) + out.getvalue()


def profile_from_discovery(payload: bytes | str | Mapping[str, Any], topic: str = "") -> Profile:
    """Return the profile of one discovery message, of a device or of a single entity.

    Parameters
    ----------
    payload : bytes, str or mapping
        The message.
    topic : str
        Its topic, which names the platform of a single entity: ``homeassistant/sensor/…/config``.

    Raises
    ------
    DeviceError
        If it is no discovery message, or nothing of it can be read, with the reason for each entity.
    """
    found = discovered([(topic, payload)])
    if not found:
        message = f"{topic or 'the message'}: nothing is announced; an empty message deletes what was"
        raise DeviceError(message)
    return found[0].profile


def discovered(messages: Iterable[tuple[str, bytes | str | Mapping[str, Any]]]) -> list[Discovered]:
    """Return the devices behind discovery messages; entities that announce themselves one by one are put together again.

    Raises
    ------
    DeviceError
        If a message is no discovery message, or a device has nothing that can be read.
    """
    devices: dict[str, list[Entity]] = {}
    for topic, payload in messages:
        for entity in entities(payload, topic):
            devices.setdefault(entity.device, []).append(entity)
    return [_sound(name, found) for name, found in devices.items()]


def _sound(name: str, found: list[Entity]) -> Discovered:
    """Return a device; whatever stands in an announcement, where a text should stand, is a reason and no crash."""
    try:
        return _device(name, found)
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
        message = f"{found[0].name}: its announcement makes no sense ({wrong})"
        raise DeviceError(message) from error


def entities(payload: bytes | str | Mapping[str, Any], topic: str = "") -> list[Entity]:
    """Return the entities of one discovery message; an empty one has none, for it deletes.

    Raises
    ------
    DeviceError
        If it is no discovery message.
    """
    if isinstance(payload, bytes | str):
        if not payload:
            return []
        try:
            payload = json.loads(payload)
        except (ValueError, RecursionError) as error:
            message = f"{topic or 'the message'}: no discovery message, for it is no JSON"
            raise DeviceError(message) from error
    if not isinstance(payload, dict):
        message = f"{topic or 'the message'}: no discovery message, for it is no JSON object"
        raise DeviceError(message)
    whole = written_out(payload)
    about = whole.get("device") if isinstance(whole.get("device"), dict) else {}
    parts = whole.get("components")
    if not isinstance(parts, dict):
        return [_entity(whole, _platform(topic, whole), about or {}, topic)]
    common = {key: value for key, value in whole.items() if key not in {"components", "device", "origin"}}
    return [
        _entity({**common, **part, "key": key}, str(part.get("platform", "")), about or {}, key)
        for key, part in parts.items()
        if isinstance(part, dict)
    ]


def _platform(topic: str, whole: Mapping[str, Any]) -> str:
    parts = topic.split("/")
    return parts[1] if len(parts) > 2 else str(whole.get("platform", "switch" if "command_topic" in whole else "sensor"))  # noqa: PLR2004


def _entity(whole: dict[str, Any], platform: str, about: Mapping[str, Any], where: str) -> Entity:
    ids = about.get("identifiers", [])
    first = ids if isinstance(ids, str) else (ids[0] if isinstance(ids, list) and ids else "")
    unique = str(whole.get("unique_id") or whole.get("object_id") or where)
    name = str(about.get("name") or whole.get("name") or unique)
    return Entity(platform, whole, str(first or unique), name, str(whole.get("key") or whole.get("name") or unique))


def _device(name: str, found: list[Entity]) -> Discovered:
    readings: dict[str, tuple[Entity, str, bool, Reading]] = {}
    commands: dict[str, Command] = {}
    left_out: dict[str, str] = {}
    for entity in found:
        measured, why = reading_of(entity)
        if measured is None or measured[0] in readings:
            left_out[entity.key] = why or "another entity already says the same"
        else:
            readings[measured[0]] = (entity, *measured[1:])
        port, command = command_of(entity)
        if command is not None and port not in commands and (command.confirm == "-" or port in readings):
            commands[port] = command
    if "p_kw" not in readings and "soc" in readings:
        left_out[readings.pop("soc")[0].key] = "the battery of a sensor is no storage"
    if not readings:
        reasons = "; ".join(f"{key}: {why}" for key, why in left_out.items()) or "it has no entities"
        message = f"{found[0].name if found else name}: nothing of it can be read ({reasons})"
        raise DeviceError(message)
    return Discovered(name, found[0].name, _profile(found, readings, commands), _kind({*readings, *commands}), left_out)


def _profile(
    found: list[Entity], readings: Mapping[str, tuple[Entity, str, bool, Reading]], commands: dict[str, Command]
) -> Profile:
    topics: dict[tuple[str, bool], list[str]] = {}
    for name, (_, topic, is_json, _) in readings.items():
        topics.setdefault((topic, is_json), []).append(name)
    states = []
    for (topic, is_json), names in topics.items():
        if is_json:
            states.append(State(topic=topic, format="json", reads=tuple(names), partial=True))
        else:
            states += [State(topic=topic, format="plain", reads=(name,)) for name in names]
    expiries = [float(entity.config["expire_after"]) for entity in found if _usable(entity.config.get("expire_after"))]
    return Profile(
        title=f"{found[0].name}, announced to Home Assistant",
        readings={name: reading for name, (*_, reading) in readings.items()},
        states=tuple(states),
        commands=commands,
        availability=_availability(found),
        fallback=("will",) if commands else (),
        expire_s=min(expiries) if expiries else None,
    )


def _usable(expiry: Any) -> bool:
    return isinstance(expiry, int | float) and 0.0 < expiry <= LONGEST_EXPIRY_S


def _availability(found: list[Entity]) -> tuple[Availability, ...]:
    """Return all availability topics; all of them must say that the device is there, which is the careful reading of any mode."""
    topics: dict[str, Availability] = {}
    for entity in found:
        config = entity.config
        given = config.get("availability")
        listed = given if isinstance(given, list) else [given] if isinstance(given, dict) else []
        if config.get("availability_topic"):
            listed = [
                *listed,
                {**config, "topic": config["availability_topic"], "value_template": config.get("availability_template", "")},
            ]
        for one in listed:
            if isinstance(one, dict) and one.get("topic"):
                picked = read(str(one.get("value_template", "")))
                online, offline = str(one.get("payload_available", "online")), str(one.get("payload_not_available", "offline"))
                path = picked.path if picked is not None and picked.path else "state"
                topics[one["topic"]] = Availability(topic=one["topic"], path=path, online=(online,), offline=(offline,))
    return tuple(topics.values())


def _kind(names: set[str]) -> str:
    return next((kind for kind, signs in KINDS if names & signs), "meter")
