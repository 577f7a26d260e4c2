# SPDX-License-Identifier: Apache-2.0
"""Discovery payloads with their abbreviations written out.

Source: Home Assistant documentation, "MQTT", section "Using abbreviations and base topic": the keys that this laboratory reads.
"""

from __future__ import annotations

from typing import Any, Final

KEYS: Final = {
    "avty": "availability",
    "avty_mode": "availability_mode",
    "avty_t": "availability_topic",
    "avty_tpl": "availability_template",
    "cmd_t": "command_topic",
    "cmd_tpl": "command_template",
    "cmps": "components",
    "curr_temp_t": "current_temperature_topic",
    "curr_temp_tpl": "current_temperature_template",
    "dev": "device",
    "dev_cla": "device_class",
    "exp_aft": "expire_after",
    "o": "origin",
    "obj_id": "object_id",
    "p": "platform",
    "pl_avail": "payload_available",
    "pl_not_avail": "payload_not_available",
    "pl_off": "payload_off",
    "pl_on": "payload_on",
    "stat_cla": "state_class",
    "stat_off": "state_off",
    "stat_on": "state_on",
    "stat_t": "state_topic",
    "t": "topic",
    "temp_cmd_t": "temperature_command_topic",
    "temp_cmd_tpl": "temperature_command_template",
    "temp_stat_t": "temperature_state_topic",
    "temp_stat_tpl": "temperature_state_template",
    "temp_unit": "temperature_unit",
    "uniq_id": "unique_id",
    "unit_of_meas": "unit_of_measurement",
    "val_tpl": "value_template",
}
DEVICE_KEYS: Final = {
    "ids": "identifiers",
    "mf": "manufacturer",
    "mdl": "model",
    "sw": "sw_version",
    "hw": "hw_version",
    "sn": "serial_number",
}
LISTS_OF_NAMES: Final = frozenset({"components"})
"""Objects whose keys are names and must stay."""


def written_out(document: dict[str, Any]) -> dict[str, Any]:
    """Return a payload with all keys written out and the base topic ``~`` put where it is meant.

    >>> written_out({"~": "lab/1", "stat_t": "~/state", "avty": [{"t": "~/online"}]})
    {'state_topic': 'lab/1/state', 'availability': [{'topic': 'lab/1/online'}]}
    """
    base = str(document.get("~", ""))
    whole = {KEYS.get(key, key): value for key, value in document.items() if key != "~"}
    return {key: _inner(key, value, base) for key, value in whole.items()}


def _inner(key: str, value: Any, base: str) -> Any:
    if isinstance(value, dict):
        if key in LISTS_OF_NAMES:
            return {name: _inner("", inner, base) for name, inner in value.items()}
        names = DEVICE_KEYS if key == "device" else KEYS
        own = str(value.get("~", base))
        return {
            names.get(name, name): _inner(str(names.get(name, name)), inner, own) for name, inner in value.items() if name != "~"
        }
    if isinstance(value, list):
        return [_inner(key if isinstance(one, str) else "", one, base) for one in value]
    return _based(value, base) if isinstance(value, str) and key.endswith("topic") else value


def _based(topic: str, base: str) -> str:
    if base and topic.startswith("~"):
        return base + topic[1:]
    return topic[:-1] + base if base and topic.endswith("~") else topic
