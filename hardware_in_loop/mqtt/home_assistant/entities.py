# SPDX-License-Identifier: Apache-2.0
"""Single entities of Home Assistant as readings and commands of a profile."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

from hardware_in_loop.mqtt.home_assistant.templates import command as command_text
from hardware_in_loop.mqtt.home_assistant.templates import read
from hardware_in_loop.mqtt.profile import Command, Message, Reading

FED_IN: Final = re.compile(r"export|return|feed|fed|inject|deliver|einspeis", re.IGNORECASE)
FAHRENHEIT: Final = (5.0 / 9.0, -160.0 / 9.0)
SCALES: Final = {
    ("power", "W"): ("p_kw", 0.001),
    ("power", "kW"): ("p_kw", 1.0),
    ("power", "MW"): ("p_kw", 1000.0),
    ("energy", "Wh"): ("energy_import_kwh", 0.001),
    ("energy", "kWh"): ("energy_import_kwh", 1.0),
    ("energy", "MWh"): ("energy_import_kwh", 1000.0),
    ("reactive_power", "var"): ("q_kvar", 0.001),
    ("reactive_power", "kvar"): ("q_kvar", 1.0),
    ("voltage", "V"): ("voltage_v", 1.0),
    ("voltage", "mV"): ("voltage_v", 0.001),
    ("frequency", "Hz"): ("frequency_hz", 1.0),
    ("temperature", "°C"): ("temp_indoor_degc", 1.0),
    ("humidity", "%"): ("humidity_percent", 1.0),
    ("carbon_dioxide", "ppm"): ("co2_ppm", 1.0),
    ("illuminance", "lx"): ("illuminance_lx", 1.0),
    ("sound_pressure", "dBA"): ("noise_dba", 1.0),
    ("battery", "%"): ("soc", 0.01),
}
"""Port and factor by device class and unit."""
ASKED: Final = {"kW": ("p_set_kw", 1.0), "W": ("p_set_kw", 0.001), "°C": ("temp_set_degc", 1.0)}
"""Set-point port and factor by the unit of a number."""

Measured = tuple[str, str, bool, Reading]
"""Port, topic, whether the message is JSON, and how to read it."""


@dataclass(frozen=True)
class Entity:
    """One entity of a device.

    Attributes
    ----------
    platform : str
        ``sensor``, ``switch``, ``number``, ``climate`` …
    config : dict
        Its configuration, written out.
    device, name : str
        Identifier of the device and what people call it.
    key : str
        What tells it from the device's other entities.
    """

    platform: str
    config: dict[str, Any]
    device: str
    name: str
    key: str


def reading_of(entity: Entity) -> tuple[Measured | None, str]:
    """Return what an entity measures, or why it cannot be read."""
    config = entity.config
    if entity.platform == "climate":
        topic, template = config.get("current_temperature_topic"), config.get("current_temperature_template", "")
        found: tuple[str, float, float] | None = (
            "temp_indoor_degc",
            *(FAHRENHEIT if config.get("temperature_unit") == "F" else (1.0, 0.0)),
        )
    else:
        topic, template = config.get("state_topic"), config.get("value_template", "")
        found = _port(entity)
    if found is None:
        said = " ".join(str(config.get(key, "")) for key in ("device_class", "unit_of_measurement")).strip()
        return None, f"no port for a {entity.platform} {said}".rstrip()
    if not isinstance(topic, str) or not topic:
        return None, "it has no state topic"
    picked = read(str(template))
    if picked is None:
        return None, f"its template is more than a path: {template}"
    port, scale, offset = found
    words = _words(config) if entity.platform == "switch" else {}
    counter = port.startswith("energy_")
    reading = Reading(path=picked.path, scale=scale * picked.factor, offset=offset, words=words, counter=counter)
    return (port, topic, picked.json, reading), ""


def command_of(entity: Entity) -> tuple[str, Command | None]:
    """Return the set-point port of an entity and how to ask for it, None where nothing can be asked."""
    config = entity.config
    climate = entity.platform == "climate"
    topic = config.get("temperature_command_topic" if climate else "command_topic")
    text = command_text(str(config.get("temperature_command_template" if climate else "command_template", "")))
    if not isinstance(topic, str) or not topic or text is None:
        return "", None
    send = Message(topic=topic, payload=text, retain=bool(config.get("retain", False)))
    if entity.platform == "switch":
        off, on = str(config.get("payload_off", "OFF")), str(config.get("payload_on", "ON"))
        return "on", Command(send=send, values={0.0: off, 1.0: on}, let_go=1.0, confirm="" if config.get("state_topic") else "-")
    if climate and config.get("temperature_unit") != "F":
        return "temp_set_degc", Command(send=send, decimals=1, confirm="-")
    unit = str(config.get("unit_of_measurement", ""))
    if entity.platform != "number" or unit not in ASKED:
        return "", None
    port, scale = ASKED[unit]
    confirm = "" if config.get("state_topic") and read(str(config.get("value_template", ""))) is not None else "-"
    return port, Command(send=send, scale=scale, confirm=confirm, tolerance=float(config.get("step", 0.001)) * scale)


def _port(entity: Entity) -> tuple[str, float, float] | None:
    config = entity.config
    unit, device_class = str(config.get("unit_of_measurement", "")), str(config.get("device_class", ""))
    if entity.platform == "switch":
        return "on", 1.0, 0.0
    if entity.platform == "number":
        return (*ASKED[unit], 0.0) if unit in ASKED else None
    if entity.platform != "sensor":
        return None
    if (device_class, unit) == ("temperature", "°F"):
        return "temp_indoor_degc", *FAHRENHEIT
    if (device_class, unit) not in SCALES:
        return None
    port, scale = SCALES[device_class, unit]
    if port == "energy_import_kwh" and FED_IN.search(f"{entity.key} {config.get('name', '')}"):
        port = "energy_export_kwh"
    return port, scale, 0.0


def _words(config: dict[str, Any]) -> dict[str, float]:
    """Return what a switch says for on and off; its commands are said back where nothing else is given."""
    on, off = config.get("state_on", config.get("payload_on", "ON")), config.get("state_off", config.get("payload_off", "OFF"))
    return {str(on).lower(): 1.0, str(off).lower(): 0.0}
