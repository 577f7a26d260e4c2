# SPDX-License-Identifier: Apache-2.0
"""Mutated payloads and topics through everything that reads MQTT messages: no crash, no hang, no wrong value.

What a message says is worked out here a second time, with the JSON reader of the standard library and a reading of the profile of
its own. ``--quick`` ends within 5 s.

    python -m benchmarks.hardware.fuzz_mqtt [--quick]
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import json
import math
import random
import struct
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, cast

from hardware_in_loop.mqtt import announcements
from hardware_in_loop.mqtt.calls import Caller
from hardware_in_loop.mqtt.client import Incoming
from hardware_in_loop.mqtt.intake import Intake, available
from hardware_in_loop.mqtt.library import bind, load, names
from hardware_in_loop.mqtt.payloads import PayloadError, document
from hardware_in_loop.mqtt.profile import Calls, Profile, State
from twinergy.adapters import Image

if TYPE_CHECKING:
    from hardware_in_loop.mqtt.client import Connection

QUICK: Final = 20_000
FULL: Final = 1_000_000
HANG_S: Final = 0.25
DEEPEST: Final = 150
"""Nesting up to which both JSON readers must agree."""
SCRAPS: Final = (
    b"null", b"true", b"-0", b"1e999", b"1" * 400, b'"\\ud800"', b"[]", b"{}", b"NaN", b"[" * 40, b"\x00", b"\xff", b'"', b",",
    b"]", b"}", b"2", b"on", b"OFF", b"online", b"-Infinity", b"0x1", b"1_0", b"{" * 3000, b"\xd9\xa3", b" ", b"\\", b":", b".",
)  # fmt: skip
STATUS: Final = {
    "id": 0, "source": "MQTT", "output": True, "apower": 8.9, "voltage": 237.5, "freq": 50.1, "timer_duration": 30,
    "aenergy": {"total": 6.532, "by_minute": [45.2, 47.1, 88.4], "minute_ts": 1626935779}, "total_act_power": -812.5,
    "a_voltage": 231.0, "a_freq": 50.0, "total_act": 12000.0, "total_act_ret": 3.0,
}  # fmt: skip
RAW: Final = base64.b64encode(struct.pack(">hBHH", 215, 48, 650, 300)).decode()
SEEDS: Final[tuple[bytes, ...]] = (
    *(json.dumps(tree).encode() for tree in (
        {"id": 7, "src": "plug", "dst": "lab", "result": STATUS},
        {"id": 8, "src": "plug", "error": {"code": -114, "message": "overpower"}},
        {"src": "plug", "method": "NotifyStatus", "params": {"ts": 1.7e9, "switch:0": STATUS, "em:0": STATUS}},
        {"src": "plug", "method": "NotifyStatus", "params": {"ts": 1.7e9, "emdata:0": STATUS}},
        {"src": "plug", "method": "NotifyFullStatus", "params": {"ts": 1.7e9, "switch:0": STATUS}},
        {"state": "ON", "power": 42.5, "voltage": 230, "energy": 3.7, "last_seen": "2024-05-01T10:00:00Z"},
        {"temperature": 21.5, "humidity": 48, "co2": 650, "illuminance": 300, "noise": 41, "local_temperature": 20},
        {"occupied_heating_setpoint": 20.5, "local_temperature": 19.8},
        {"deduplicationId": "3ac7", "time": "2022-07-18T09:34:15.775023242+00:00", "fCnt": 4, "fPort": 2, "data": RAW,
         "object": {"temperature": 21.0, "humidity": 40, "co2": 700}, "deviceInfo": {"deviceName": "room"}},
        {"p_w": 1200, "soc_percent": 55, "p_set_w": 1200, "energy_wh": 99, "time": 1.7e9},
        {"state": "online"},
        {"id": "shellyem-1", "model": "SHEM", "fw_ver": "1"},
        [{"friendly_name": "a", "definition": {"exposes": [{"features": [{"property": "state"}]}, {"property": "power"}]}}],
    )),
    b"123.45", b"-7", b"on", b"off", b"overpower", b"true", b"online",
)  # fmt: skip
TOPICS: Final = (
    "zigbee2mqtt/bridge/devices",
    "application/1/device/0102/event/up",
    "shellies/x/announce",
    "homeassistant/a/b/config",
)


@dataclass
class Verdict:
    """What happened."""

    tried: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    slowest_s: float = 0.0
    took_s: float = 0.0


class Target:
    """One profile with an image; knows by itself what a message says."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.profile: Profile = bind(load(name), "device", {"application": "a1"} if name.startswith("chirpstack") else {})
        image = Image([("link", each) for each in self.profile.names], [3.0] * len(self.profile.names))
        self.intake = Intake(self.profile, {each: each for each in self.profile.names}, image.row("link"))
        self.states = [state for state in self.profile.states if state.topic]

    def feed(self, state: State, payload: bytes) -> str:
        """Feed a message to a topic; return what is wrong with what came of it, empty for nothing."""
        before = dict(self.intake.heard_s)
        self.intake.message(state.topic, Incoming(state.topic, payload, retain=False))
        for name, heard_s in self.intake.heard_s.items():
            if before.get(name) != heard_s and name in self.profile.readings and not self.profile.readings[name].counter:
                value = self.intake.latest[name]
                allowed = [each for one in self.states if one.topic == state.topic for each in self._says(name, one, payload)]
                if not any(math.isclose(value, each, rel_tol=1e-9, abs_tol=1e-12) for each in allowed):
                    return f"{self.name} {state.topic}: {name} became {value!r}, allowed {allowed}, by {payload[:200]!r}"
        return ""

    def _says(self, name: str, state: State, payload: bytes) -> list[float]:
        """Return every value that a message may give a reading."""
        reading = self.profile.readings[name]
        raws: list[Any]
        if state.format == "plain":
            raws = [payload.decode().strip()]
        else:
            tree = json.loads(payload)
            raws = (
                _binary(tree, name) if reading.binary else [_at(_at(tree, state.root), path) for path in _several(reading.path)]
            )
            raws += [reading.absent] if reading.absent is not None else []
        plain = state.format == "plain"
        numbers = [_number(raw, reading.words, reading.otherwise, plain=plain) for raw in raws]
        found = [number for number in numbers if number is not None]
        sign = -1.0 if reading.positive == "feeds" else 1.0
        return [sign * (number * reading.scale + reading.offset) for number in found]


def _several(path: str | tuple[str, ...]) -> tuple[str, ...]:
    return (path,) if isinstance(path, str) else path


def _at(tree: Any, path: str) -> Any:
    for key in path.split(".") if path else ():
        if isinstance(tree, list):
            tree = tree[int(key)] if key.isdecimal() and int(key) < len(tree) else None
        else:
            tree = tree.get(key) if isinstance(tree, dict) else None
    return tree


def _binary(tree: Any, name: str) -> list[Any]:
    data = base64.b64decode(tree["data"])
    where = {"temp_indoor_degc": (">h", 0), "humidity_percent": (">B", 2), "co2_ppm": (">H", 3), "illuminance_lx": (">H", 5)}[
        name
    ]
    return list(struct.unpack_from(where[0], data, where[1]))


def _number(raw: Any, words: dict[str, float], otherwise: float | None, *, plain: bool) -> float | None:
    if words and not isinstance(raw, bool | str | int):
        return None
    if words:
        known = {word.lower(): number for word, number in words.items()}
        return known.get(str(raw).strip().lower(), otherwise)
    if isinstance(raw, bool) or raw is None:
        return None
    if isinstance(raw, str):
        return float(raw) if plain else None
    return float(raw) if isinstance(raw, int | float) else None


def mutated(seed: bytes, draw: random.Random) -> bytes:
    """Return a payload with a few things wrong; now and then with none."""
    data = bytearray(seed)
    for _ in range(draw.choice((0, 1, 1, 2, 3, 6))):
        at = draw.randint(0, len(data))
        way = draw.randrange(7)
        if way == 0:
            data[at : at + 1] = bytes([draw.randrange(256)])
        elif way == 1:
            del data[at : at + draw.randint(1, 8)]
        elif way == 2:
            data[at:at] = draw.choice(SCRAPS)
        elif way == 3:
            other = draw.choice(SEEDS)
            start = draw.randint(0, len(other))
            data[at:at] = other[start : start + draw.randint(1, 40)]
        elif way == 4:
            del data[at:]
        elif way == 5:
            data[at : at + 1] = b"%d" % draw.randint(-(10**6), 10**6)
        else:
            digits = [place for place, byte in enumerate(data) if 0x30 <= byte <= 0x39]
            if digits:
                data[draw.choice(digits)] = draw.choice(b"0123456789.eE-+")
    return bytes(data)


async def fuzz(count: int, seed: int = 1) -> Verdict:
    """Feed so many payloads."""
    draw, verdict = random.Random(seed), Verdict()  # noqa: S311 - the same every time
    targets = [Target(name) for name in names()]
    caller = Caller(cast("Connection", None), Calls(topic="plug/rpc", answers="lab/rpc"), "plug", lambda _topic, _payload: None)
    begin_s = time.perf_counter()
    for number in range(count):
        payload = mutated(draw.choice(SEEDS), draw)
        start_s = time.perf_counter()
        try:
            verdict.outcomes[_one(payload, targets[number % len(targets)], caller, draw, verdict)] += 1
        except Exception as error:  # noqa: BLE001 - that is what is looked for
            verdict.wrong.append(f"{error!r} by {payload[:200]!r}")
        verdict.slowest_s = max(verdict.slowest_s, time.perf_counter() - start_s)
        verdict.tried += 1
    verdict.took_s = time.perf_counter() - begin_s
    return verdict


def _one(payload: bytes, target: Target, caller: Caller, draw: random.Random, verdict: Verdict) -> str:
    way = draw.randrange(8)
    if way == 0:
        return f"available {available(payload, 'state', ('online', 'true'), ('offline', 'false'))}"
    if way == 1:
        try:
            return "answer to nobody" if caller.answered(payload) is None else "answer"
        except PayloadError:
            return "no answer"
    if way == 2:
        return _announced(payload, draw)
    wrong = target.feed(draw.choice(target.states), payload)
    if wrong:
        verdict.wrong.append(wrong)
    return "state"


def _announced(payload: bytes, draw: random.Random) -> str:
    try:
        tree = document(payload)
    except PayloadError:
        return "no announcement"
    topic = mutated(draw.choice(TOPICS).encode(), draw).decode(errors="replace")
    found = 0
    for understand in (
        announcements.shelly_gen1, announcements.shelly_gen2, announcements.zigbee_devices, announcements.chirpstack_device,
    ):  # fmt: skip
        found += len(understand(topic, tree))
    return "announced" if found else "no device"


def main() -> None:
    """Print what happened; end with 1 if anything was wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a few seconds, for a smoke run")
    count = QUICK if parser.parse_args().quick else FULL
    verdict = asyncio.run(fuzz(count))
    print(f"{verdict.tried:,} payloads in {verdict.took_s:.0f} s, the slowest {1e3 * verdict.slowest_s:.1f} ms")
    print(", ".join(f"{what} {number:,}" for what, number in verdict.outcomes.most_common()))
    for text in verdict.wrong[:10]:
        print("WRONG", text)
    print(f"wrong: {len(verdict.wrong)}")
    raise SystemExit(bool(verdict.wrong) or verdict.slowest_s > HANG_S)


if __name__ == "__main__":
    main()
