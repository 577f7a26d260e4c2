# SPDX-License-Identifier: Apache-2.0
"""One outside message, through a mapping, into readings, or into the reason why not."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from twinergy.results.platform.cells import NO_TIME, instants
from twinergy.results.platform.convert import conversion

if TYPE_CHECKING:
    from twinergy.results.platform.mapping import DataMapping

MOST_BYTES: Final = 65_536
MOST_DEPTH: Final = 12
ARRIVAL: Final = "@arrival"
PAYLOAD: Final = "@payload"
TOPIC: Final = "@topic."
FUTURE_S: Final = 86_400
"""A time further ahead of the clock than this comes from a device that lost its clock."""


class RejectedError(ValueError):
    """A message that cannot be used; the text is the reason it is counted under."""


@dataclass(frozen=True, slots=True)
class Reading:
    """Values of one device at one time.

    Attributes
    ----------
    table, device : str
        Where it belongs.
    time_ms : int
        Start of the step. [epoch ms]
    values : dict of str to float
        By port.
    """

    table: str
    device: str
    time_ms: int
    values: dict[str, float]


class MessageReader:
    """Reads messages by a mapping; JSON objects, or a bare number where a column is ``@payload``.

    Parameters
    ----------
    mapping : DataMapping
        What the fields mean.
    """

    def __init__(self, mapping: DataMapping) -> None:
        self._mapping = mapping
        energy = {each: mapping.step_s if each.quantity == "energy" else None for each in mapping.columns}
        self._factors = [conversion(each.unit, each.port, energy_step_s=energy[each]) for each in mapping.columns]

    def read(self, topic: str, payload: bytes, now_s: float) -> list[Reading]:
        """Return the readings of a message.

        Raises
        ------
        RejectedError
            With the reason.
        """
        document = _document(payload)
        time_ms = self._time(document, now_s)
        found: dict[tuple[str, str], dict[str, float]] = {}
        for each, (factor, offset) in zip(self._mapping.columns, self._factors, strict=True):
            value = document if each.column == PAYLOAD else _at(document, each.column)
            if value is None:
                continue
            device = each.device or self._device(document, topic)
            found.setdefault((each.table, device), {})[each.port] = each.sign * (_number(value) * factor + offset)
        if not found:
            message = "no field that the mapping names"
            raise RejectedError(message)
        return [Reading(table, device, time_ms, values) for (table, device), values in found.items()]

    def _time(self, document: Any, now_s: float) -> int:
        column, step_s = self._mapping.time.column, self._mapping.step_s
        if column == ARRIVAL:
            return int(now_s // step_s * step_s) * 1000
        cell = _at(document, column)
        if cell is None or isinstance(cell, bool):
            message = "no time"
            raise RejectedError(message)
        try:
            times, lost = instants([cell], [""], self._mapping.time, step_s)
        except (ValueError, TypeError, OverflowError) as error:
            message = "time not understood"
            raise RejectedError(message) from error
        if times[0] == NO_TIME:
            message = "local time that does not exist" if lost[0] else "time not understood"
            raise RejectedError(message)
        if times[0] > (now_s + FUTURE_S) * 1000:
            message = "time in the future"
            raise RejectedError(message)
        return int(times[0])

    def _device(self, document: Any, topic: str) -> str:
        column = self._mapping.device_column or ""
        name = _topic_part(topic, column) if column.startswith(TOPIC) else _at(document, column)
        if not isinstance(name, str | int) or not str(name) or "/" in str(name):
            message = "no device"
            raise RejectedError(message)
        if str(name) not in self._mapping.devices and self._mapping.only_listed:
            message = "device not listed"
            raise RejectedError(message)
        return self._mapping.devices.get(str(name), str(name))


def _document(payload: bytes) -> Any:
    if len(payload) > MOST_BYTES:
        message = "larger than 64 KiB"
        raise RejectedError(message)
    try:
        return json.loads(payload)
    except (ValueError, RecursionError) as error:
        message = "not JSON"
        raise RejectedError(message) from error


def _at(document: Any, path: str) -> Any:
    """Return the field at a dotted path, None where there is none; a key that holds dots is found as a whole."""
    node = document
    if isinstance(node, dict) and path in node:
        return node[path]
    for part in path.split(".")[:MOST_DEPTH]:
        if isinstance(node, list) and part.isdigit() and int(part) < len(node):
            node = node[int(part)]
        elif isinstance(node, dict):
            node = node.get(part)
        else:
            return None
    return node


def _topic_part(topic: str, column: str) -> str | None:
    number = column.removeprefix(TOPIC)
    pieces = topic.split("/") if "/" in topic else topic.split(".")
    return pieces[int(number) - 1] if number.isdigit() and 0 < int(number) <= len(pieces) else None


def _number(value: Any) -> float:
    try:
        number = float(value) if not isinstance(value, bool) and isinstance(value, int | float | str) else math.nan
    except (ValueError, OverflowError):
        number = math.nan
    if not math.isfinite(number):
        message = "not a number"
        raise RejectedError(message)
    return number
