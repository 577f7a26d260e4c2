# SPDX-License-Identifier: Apache-2.0
"""Whatever a station says that its schema allows is answered as the schema allows, and does not upset anything."""

from __future__ import annotations

import asyncio
import json
import math
from importlib import resources
from random import Random
from typing import Any

import pytest

from hardware_in_loop.ocpp.central.books import Books, Settings
from hardware_in_loop.ocpp.central.v16 import DialectV16
from hardware_in_loop.ocpp.central.v21 import DialectV21
from hardware_in_loop.ocpp.central.v201 import DialectV201
from hardware_in_loop.ocpp.schemas import SEND_ONLY, violations
from hardware_in_loop.ocpp.versions import Version

DIALECTS = {Version.V16: DialectV16, Version.V201: DialectV201, Version.V21: DialectV21}
FOLDERS = {Version.V16: "v16", Version.V201: "v201", Version.V21: "v21"}
TEXTS = (
    "",
    "0",
    "-1",
    "nan",
    "1e999",
    "2024-01-01T00:00:00Z",
    "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59+14:00",
    "\u0000",
    "T-1",
    "true",
    "x" * 20,
)
NUMBERS = (0, 1, 2, -1, 7, 2**31, -(2**63), 10**12)
REALS = (0.0, 1.5, -3.0, 1e308, -1e308, 5e-324, 42)
ROUNDS = 60


def schema(version: Version, action: str) -> dict[str, Any]:
    folder = resources.files("ocpp") / FOLDERS[version] / "schemas"
    name = action if version is Version.V16 else f"{action}Request"
    file = folder / f"{name}.json"
    found: dict[str, Any] = json.loads((file if file.is_file() else folder / f"{action}.json").read_text(encoding="utf-8-sig"))
    return found


def made(part: dict[str, Any], root: dict[str, Any], chance: Random) -> Any:  # noqa: PLR0911
    """Return something that a schema allows, at the edges of what it does."""
    if "$ref" in part:
        return made(root["definitions"][part["$ref"].rsplit("/", 1)[1]], root, chance)
    if "enum" in part:
        return chance.choice(part["enum"])
    kind = part.get("type")
    if kind == "object" or "properties" in part:
        needed = part.get("required", ())
        named = {name: one for name, one in part.get("properties", {}).items() if name in needed or chance.random() < 0.4}
        return {name: made(one, root, chance) for name, one in named.items()}
    if kind == "array":
        return [made(part["items"], root, chance) for _ in range(max(part.get("minItems", 0), chance.randint(0, 2)))]
    if kind == "boolean":
        return chance.random() < 0.5
    if kind in {"integer", "number"}:
        value = chance.choice(NUMBERS if kind == "integer" else REALS)
        return min(max(value, part.get("minimum", -math.inf)), part.get("maximum", math.inf))
    return chance.choice(TEXTS)[: part.get("maxLength", 99)]


@pytest.mark.parametrize("version", list(Version))
def test_nothing_that_is_allowed_upsets_the_central_system(version: Version) -> None:
    async def nobody(action: str, payload: dict[str, Any]) -> dict[str, Any]:
        raise AssertionError(action)

    async def main() -> int:
        handled = 0
        for action in sorted(dialect.handlers):
            root = schema(version, action)
            for _ in range(ROUNDS):
                payload = made(root, root, chance)
                if violations(version, action, "request", payload) is not None:
                    continue  # what the listener would have turned away
                answer = await dialect.handle(action, payload)
                assert action in SEND_ONLY or violations(version, action, "response", answer) is None, (action, payload, answer)
                handled += 1
        return handled

    chance = Random(5)  # noqa: S311
    books = Books("CP-1", Settings(tokens=frozenset({"t-1"})))
    dialect = DIALECTS[version](books, nobody)
    assert asyncio.run(main()) > ROUNDS * len(dialect.handlers) / 3
    for point in books.points.values():
        assert point.drawn.energy_kwh >= 0.0
        assert point.state in {0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0} or math.isnan(point.state)
        assert not math.isinf(point.departure_in_s)
    json.dumps(books.dump())
