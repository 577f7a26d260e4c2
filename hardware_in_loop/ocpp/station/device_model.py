# SPDX-License-Identifier: Apache-2.0
"""The device model of 2.x: settings as variables of components."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from hardware_in_loop.ocpp.station.settings import VARIABLES, change, text_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hardware_in_loop.ocpp.station.settings import Settings, Variable

    Row = dict[str, Any]

ACCEPTED: Final = "Accepted"
LONGEST_INFO: Final = 512


def _find(row: Row) -> tuple[Variable | None, str]:
    """Return the variable of a row and the status of the answer."""
    component, variable = row["component"]["name"], row["variable"]["name"]
    served = [one for one in VARIABLES if one.component == component]
    if not served:
        return None, "UnknownComponent"
    instance = row["variable"].get("instance", "")
    found = next((one for one in served if one.variable == variable and one.instance in {"", instance}), None)
    if found is None:
        return None, "UnknownVariable"
    if row.get("attributeType", "Actual") != "Actual":
        return None, "NotSupportedAttributeType"
    return found, ACCEPTED


def read(settings: Settings, rows: Iterable[Row]) -> list[Row]:
    """Return the values that are asked for."""
    results = []
    for row in rows:
        found, status = _find(row)
        value = {} if found is None else {"attributeValue": text_of(settings, found)}
        results.append({"attributeStatus": status, "component": row["component"], "variable": row["variable"]} | value)
    return results


def write(settings: Settings, rows: Iterable[Row]) -> list[Row]:
    """Change values, and say for each whether that was done."""
    results = []
    for row in rows:
        found, status = _find(row)
        result: Row = {"component": row["component"], "variable": row["variable"]}
        wrong = change(settings, found, row["attributeValue"]) if found is not None else ""
        if found is not None and wrong:
            code = "InvalidValue" if found.writable else "ReadOnly"
            status, result["attributeStatusInfo"] = "Rejected", {"reasonCode": code, "additionalInfo": wrong[:LONGEST_INFO]}
        results.append(result | {"attributeStatus": status})
    return results


def report(settings: Settings) -> list[Row]:
    """Return all variables with their characteristics."""
    return [_row(settings, one) for one in VARIABLES if one.component]


def _row(settings: Settings, one: Variable) -> Row:
    variable = {"name": one.variable} | ({"instance": one.instance} if one.instance else {})
    attribute = {"value": text_of(settings, one), "mutability": "ReadWrite" if one.writable else "ReadOnly"}
    facts: Row = {"dataType": one.kind, "supportsMonitoring": False} | ({"unit": one.unit} if one.unit else {})
    row = {"component": {"name": one.component}, "variable": variable, "variableAttribute": [attribute]}
    return row | {"variableCharacteristics": facts}
