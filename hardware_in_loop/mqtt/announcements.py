# SPDX-License-Identifier: Apache-2.0
"""What devices tell of themselves, and which profile that is. Whatever makes no sense is passed over."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

Tree = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Proposal:
    """A device that was found.

    Attributes
    ----------
    key : tuple of str
        The same for the same device.
    found : str
        What it is, for people.
    kind : str
        Kind of device it may stand for.
    adapter : dict
        What its adapter block holds besides the broker.
    """

    key: tuple[str, ...]
    found: str
    kind: str
    adapter: Tree = field(default_factory=dict)


GEN1: Final = {
    "SHEM": ("shelly_gen1_em", "meter"),
    "SHEM-3": ("shelly_gen1_3em", "meter"),
    "SHPLG-1": ("shelly_gen1_plug", "household"),
    "SHPLG-S": ("shelly_gen1_plug", "household"),
    "SHPLG2-1": ("shelly_gen1_plug", "household"),
    "SHSW-PM": ("shelly_gen1_plug", "household"),
    "SHSW-25": ("shelly_gen1_plug", "household"),
}
"""Profile and kind by model of the first generation; Shelly API documentation, gen1, from memory."""
PLUG: Final = frozenset({"state", "power"})
ROOM: Final = frozenset({"temperature", "humidity", "co2", "illuminance", "noise"})
SETPOINTS: Final = ("occupied_heating_setpoint", "current_heating_setpoint")


def _text(tree: Any, name: str) -> str:
    value = tree.get(name) if isinstance(tree, dict) else None
    return value if isinstance(value, str) else ""


def _part(kind: str) -> Tree:
    return {"part": "other"} if kind == "household" else {}


def shelly_gen1(_topic: str, tree: Any) -> list[Proposal]:
    """Return what an announcement of a first-generation Shelly says."""
    name, model = _text(tree, "id"), _text(tree, "model")
    if not name or model not in GEN1:
        return []
    profile, kind = GEN1[model]
    text = f"Shelly {model} {name}, firmware {_text(tree, 'fw_ver') or 'unknown'}"
    return [Proposal(("shelly", name), text, kind, {"profile": profile, "topic": name, **_part(kind)})]


def shelly_gen2(_topic: str, tree: Any) -> list[Proposal]:
    """Return what a later Shelly answers to ``Shelly.GetDeviceInfo``; its prefix is its id unless somebody changed it."""
    info = tree.get("result") if isinstance(tree, dict) else None
    name, app, prefix = _text(info, "id"), _text(info, "app"), _text(tree, "src")
    if not name:
        return []
    meter = "3EM" in app or "EM" in _text(info, "model").removeprefix("SPEM")[:2]
    kind = "meter" if meter else "household"
    adapter = {"profile": "shelly_gen2_em" if meter else "shelly_gen2_plug", "topic": prefix or name, **_part(kind)}
    text = f"Shelly {app or _text(info, 'model')} {name}, firmware {_text(info, 'ver') or 'unknown'}"
    return [Proposal(("shelly", name), text, kind, adapter)]


def zigbee_devices(topic: str, tree: Any) -> list[Proposal]:
    """Return what the device list of a Zigbee2MQTT bridge says."""
    bridge = topic.removesuffix("/bridge/devices")
    return [
        proposal
        for each in (tree if isinstance(tree, list) else ())
        if isinstance(each, dict) and (proposal := _zigbee(bridge, each)) is not None
    ]


def _zigbee(bridge: str, tree: Tree) -> Proposal | None:
    name, definition = _text(tree, "friendly_name"), tree.get("definition")
    if not name or not isinstance(definition, dict) or set(name) & set("+#"):
        return None
    properties = _properties(definition.get("exposes"))
    adapter: Tree = {"topic": name} | ({"fields": {"bridge": bridge}} if bridge != "zigbee2mqtt" else {})
    setpoint = next((each for each in SETPOINTS if each in properties), None)
    if setpoint is not None:
        fields = {**adapter.get("fields", {}), "setpoint": setpoint}
        kind, adapter = "building", {**adapter, "profile": "zigbee2mqtt_thermostat", "fields": fields}
    elif properties >= PLUG:
        kind, adapter = "household", {**adapter, "profile": "zigbee2mqtt_plug", "part": "other"}
    elif properties & ROOM:
        kind, adapter = "sensor", {**adapter, "profile": "zigbee2mqtt_sensor", "stale_s": 3900.0}
    else:
        return None
    text = f"{_text(definition, 'vendor')} {_text(definition, 'model')} {name!r} behind {bridge}".strip()
    return Proposal(("zigbee", bridge, name), text, kind, adapter)


def _properties(exposes: Any, depth: int = 0) -> set[str]:
    found: set[str] = set()
    for each in exposes if isinstance(exposes, list) and depth < 4 else ():  # noqa: PLR2004 - light and climate nest once
        found |= {_text(each, "property")} | _properties(each.get("features") if isinstance(each, dict) else None, depth + 1)
    return found - {""}


def chirpstack_device(topic: str, tree: Any) -> list[Proposal]:
    """Return what an uplink says of the device that sent it."""
    parts = topic.split("/")
    if len(parts) != 6 or not isinstance(tree, dict):  # noqa: PLR2004 - application/…/device/…/event/up
        return []
    application, eui = parts[1], parts[3]
    decoded = isinstance(tree.get("object"), dict)
    adapter = {"profile": "chirpstack" if decoded else "chirpstack_raw", "topic": eui, "fields": {"application": application}}
    text = f"LoRaWAN device {_text(tree.get('deviceInfo'), 'deviceName') or eui} of application {application}"
    raw = "" if decoded else ", without a codec: write its layout into a profile of your own"
    return [Proposal(("chirpstack", application, eui), text + raw, "sensor", {**adapter, "stale_s": 1900.0})]
