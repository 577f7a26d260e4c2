# SPDX-License-Identifier: Apache-2.0
"""Units of fields of messages, and example values that follow from name, unit and bounds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from twinergy.units import unit_of

if TYPE_CHECKING:
    from collections.abc import Mapping

UNIT_OF_THE_PORT: Final = frozenset({"value", "values"})
"""Fields whose unit is that of the port beside them."""

_VALUES: Final = {
    "kW": 1.5,
    "kWh": 0.8,
    "kvar": 0.1,
    "kvarh": 0.05,
    "degC": 20.5,
    "%": 45.0,
    "ppm": 720.0,
    "lx": 250.0,
    "dB(A)": 38.0,
    "V": 231.2,
    "Hz": 50.01,
    "EUR": 0.42,
    "kg": 0.31,
    "s": 900.0,
    "1": 0.25,
}
_TEXTS: Final = {
    "id": "home_energy-42",
    "source": "home_energy",
    "pilot": "hagedorn",
    "dwelling": "home 001",
    "name": "dishwasher",
    "appliance": "dishwasher",
    "table": "battery",
    "device": "battery 001",
    "devices": "battery 001",
    "port": "p_set_kw",
    "provider": "clear_sky",
    "timezone": "Europe/Berlin",
    "command_id": "home_energy-42-1",
    "requested_by": "home_energy",
    "reason": "cheapest hour of the evening",
    "binding": "the battery is full at noon",
}
SERIES_LENGTH: Final = 2


def field_unit(name: str) -> str:
    """Return the unit that the name of a numeric field declares, or ``port's`` where that depends on another field.

    Raises
    ------
    ValueError
        If it declares none.
    """
    if name in UNIT_OF_THE_PORT:
        return "port's"
    return unit_of(name)


def example_value(name: str, schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> Any:
    """Return a value that a JSON schema accepts and that looks like what the field's name and unit say.

    Parameters
    ----------
    name : str
        Name of the field.
    schema : mapping
        Its JSON schema, as pydantic writes it.
    definitions : mapping
        ``$defs`` of the document.
    """
    if "$ref" in schema:
        return example_value(name, definitions[schema["$ref"].rsplit("/", 1)[-1]], definitions)
    if "anyOf" in schema:
        return example_value(name, schema["anyOf"][0], definitions)
    if "const" in schema or "enum" in schema:
        return schema.get("const", schema.get("enum", [None])[0])
    kind = schema.get("type")
    if kind == "object":
        return {key: example_value(key, child, definitions) for key, child in schema["properties"].items()}
    if kind == "array":
        return _array(name, schema, definitions)
    return _scalar(name, kind, schema)


def _array(name: str, schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> list[Any]:
    one = example_value(name, schema["items"], definitions)
    usual = SERIES_LENGTH if isinstance(one, float) else 1
    return [one] * max(usual, schema.get("minItems", 0))


def _scalar(name: str, kind: object, schema: Mapping[str, Any]) -> Any:
    if kind == "boolean":
        return True
    if kind == "integer":
        return int(schema.get("minimum", 1))
    if kind == "number":
        value = _VALUES[field_unit(name)] if name not in UNIT_OF_THE_PORT else _VALUES["kW"]
        return -value if schema.get("maximum", 1.0) <= 0.0 else value
    if schema.get("format") == "date-time":
        return "2024-07-01T10:00:00Z"
    return _TEXTS.get(name, name)
