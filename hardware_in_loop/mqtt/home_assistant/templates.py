# SPDX-License-Identifier: Apache-2.0
"""Value templates of the simple forms, read without a template engine: what is more than that is refused, never guessed.

Read are ``{{ value }}`` and ``{{ value_json.a.b['c'] }}``, behind them filters that change nothing (``| float``, ``| int(0)``,
``| round(1)``, ``| default(0)``) and a factor (``* 1000``, ``/ 1000``). The raw number is read: rounding would only lose digits.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

NAME: Final = r"[A-Za-z_][A-Za-z0-9_]*"
STEP: Final = re.compile(rf"\.(?P<name>{NAME})|\[\s*(?P<quote>['\"])(?P<key>[^'\"]+)(?P=quote)\s*\]|\[\s*(?P<index>\d+)\s*\]")
FILTERS: Final = r"(?:\s*\|\s*(?:float|int|round|default)\s*(?:\(\s*[-\w.,\s'\"]*\))?)*"
FACTOR: Final = r"(?:\s*(?P<operator>[*/])\s*(?P<number>\d+(?:\.\d+)?))?"
WHOLE: Final = re.compile(
    rf"\{{\{{-?\s*\(?\s*(?P<what>value_json|value)(?P<path>(?:\.{NAME}|\[[^\]]+\])*){FILTERS}\s*\)?{FACTOR}\s*\)?{FILTERS}\s*-?\}}\}}"
)


@dataclass(frozen=True, slots=True)
class Picked:
    """What a template picks out of a message.

    Attributes
    ----------
    path : str
        Keys separated by dots, empty for the whole payload.
    json : bool
        Whether the payload is a JSON document.
    factor : float
        What the raw number is multiplied by.
    """

    path: str = ""
    json: bool = False
    factor: float = 1.0


def read(template: str) -> Picked | None:
    """Return what a value template picks, None where it does more than that.

    >>> read("{{ value_json['switch:0'].apower | float / 1000 }}")
    Picked(path='switch:0.apower', json=True, factor=0.001)
    >>> read("{{ value_json.a if value_json.b else 0 }}") is None
    True
    """
    text = template.strip()
    if not text:
        return Picked()
    match = WHOLE.fullmatch(text)
    if match is None:
        return None
    keys = _keys(match["path"])
    if keys is None or (match["what"] == "value" and keys):
        return None
    number = float(match["number"] or 1.0)
    if number == 0.0:
        return None
    return Picked(".".join(keys), match["what"] == "value_json", number if match["operator"] != "/" else 1.0 / number)


def _keys(path: str) -> list[str] | None:
    """Return the keys of a path; one with a dot inside cannot be written in a profile."""
    keys, at = [], 0
    while at < len(path):
        step = STEP.match(path, at)
        if step is None:
            return None
        keys.append(step["name"] or step["key"] or step["index"])
        at = step.end()
    return None if any("." in key for key in keys) else keys


def command(template: str) -> str | None:
    """Return a command template with its value as a placeholder of a profile, None where it does more than that.

    >>> command('{"on": {{ value }}}')
    '{"on": {value}}'
    """
    if not template.strip():
        return "{value}"
    text = re.sub(r"\{\{-?\s*value\s*(?:\|\s*(?:int|float)\s*(?:\([^)]*\))?)?\s*-?\}\}", "{value}", template)
    return text if "{value}" in text and "{{" not in text and "{%" not in text else None
