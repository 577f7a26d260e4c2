# SPDX-License-Identifier: Apache-2.0
"""Whatever the schemas allow a central system to ask, a station answers validly or refuses: it never breaks."""

from __future__ import annotations

import asyncio
import json
import random
from importlib import resources

import pytest

from hardware_in_loop.ocpp.errors import CallError
from hardware_in_loop.ocpp.schemas import violations
from hardware_in_loop.ocpp.station.options import EvseSpec
from hardware_in_loop.ocpp.station.station import Station
from hardware_in_loop.ocpp.versions import Version
from tests.unit.test_ocpp_station_world import Central, Toy, spec_of

FOLDERS = {Version.V16: ("v16", ""), Version.V201: ("v201", "Request"), Version.V21: ("v21", "Request")}
TIMES = ["2024-01-17T18:00:00Z", "2026-01-01T00:00:00.5+01:00", "2099-12-31T23:59:59Z", "soon"]
NUMBERS = [0, 1, 2, 3, 7, 600, 86400, -1, 2**31 - 1]


def schema_of(version, action):
    folder, ending = FOLDERS[version]
    text = (resources.files("ocpp") / folder / "schemas" / f"{action}{ending}.json").read_text(encoding="utf-8-sig")
    return json.loads(text)


def made(schema, whole, chance):  # noqa: PLR0911 - one for each kind of value
    """Return a random value that a schema allows, more often than not."""
    if "$ref" in schema:
        return made(whole["definitions"][schema["$ref"].rsplit("/", 1)[1]], whole, chance)
    if "enum" in schema:
        return chance.choice(schema["enum"])
    kind = schema.get("type")
    if kind == "object":
        wanted = set(schema.get("required", []))
        names = [
            name for name in schema.get("properties", {}) if name in wanted or (chance.random() < 0.3 and name != "customData")
        ]
        return {name: made(schema["properties"][name], whole, chance) for name in names}
    if kind == "array":
        least = schema.get("minItems", 0)
        return [made(schema["items"], whole, chance) for _ in range(chance.randint(least, least + 2))]
    if kind == "string" and schema.get("format") == "date-time":
        return chance.choice(TIMES)
    if kind == "string":
        words = ["CP-1", "TWINERGY-LAB", "1", "5", "tx", "SmartChargingCtrlr", "RateUnit", ""]
        return chance.choice(words)[: schema.get("maxLength", 99)]
    if kind in {"integer", "number"}:
        return chance.choice(NUMBERS) * (1 if kind == "integer" else chance.choice([1.0, 0.1, 10.0]))
    return chance.choice([True, False]) if kind == "boolean" else None


def mended(payload):
    """Return a profile that is more often right: periods that rise, transactions that may be there."""
    profile = payload.get("chargingProfile") or payload.get("csChargingProfiles") or {}
    plans = profile.get("chargingSchedule", [])
    for plan in plans[:1] if isinstance(plans, list) else [plans]:
        for place, period in enumerate(plan.get("chargingSchedulePeriod", [])):
            period["startPeriod"] = place * 60
            period.pop("phaseToUse", None)
            period |= {"limit": 6.0, "numberPhases": 3}
        plan |= {"startSchedule": TIMES[0]}
        for name in ("useLocalTime", "limitAtSoC"):
            plan.pop(name, None)
    if isinstance(plans, list):
        profile["chargingSchedule"] = plans[:1]
    profile |= {"chargingProfileKind": "Absolute", "stackLevel": profile["stackLevel"] % 8}
    for name in ("validFrom", "validTo"):
        profile.pop(name, None)
    if "evseId" in payload:
        payload["evseId"] %= 3
    return payload


@pytest.mark.parametrize("version", list(Version))
def test_anything_that_is_allowed(version):  # noqa: C901 - a loop over everything
    """3,000 requests of each version, in and out of transactions, with ticks in between."""

    async def main():
        central, toy = Central(), Toy("a", "b")
        evses = (EvseSpec(device="a", link="a", evse=1), EvseSpec(device="b", link="b", evse=2, old_connector=2))
        station = Station(spec_of(central, version, evses=evses), toy)
        station.later = lambda work: work.close()
        chance = random.Random(1)  # noqa: S311 - no secret
        actions = sorted(station.dialect.handlers)
        schemas = {action: schema_of(version, action) for action in actions}
        answered = dict.fromkeys(actions, 0)
        station.tick(0.0)
        accepted = 0
        for number in range(3000):
            action = chance.choice([*actions, *["SetChargingProfile", "GetCompositeSchedule"] * 3])
            payload = made(schemas[action], schemas[action], chance)
            if action == "SetChargingProfile" and chance.random() < 0.7:
                mended(payload)
            if violations(version, action, "request", payload):
                continue
            try:
                answer = await station.dialect.handle(action, payload)
            except CallError:
                continue
            assert violations(version, action, "response", answer) is None, (action, payload, answer)
            answered[action] += 1
            accepted += action == "SetChargingProfile" and answer["status"] == "Accepted"
            if number % 20 == 0:
                toy.plugged[chance.choice("ab")] = chance.random() < 0.7
                for evse in station.evses:
                    if evse.plugged and evse.transaction is None and chance.random() < 0.5:
                        evse.present("1", station.now())
                station.tick(station.now() + number)
            while station.outbox.waiting:
                event = station.outbox.waiting[0]
                message = station.dialect.render(event)
                if message is not None:
                    assert violations(version, message[0], "request", message[1]) is None, message
                station.outbox.done(event)
        assert min(answered.values()) > 0, answered
        assert accepted > 10
        assert station.counts["task_failed"] == 0

    asyncio.run(main())
