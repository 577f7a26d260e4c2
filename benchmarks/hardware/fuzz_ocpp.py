# SPDX-License-Identifier: Apache-2.0
"""Mutated frames through the core of OCPP, over sockets in memory: nothing may crash or hang, and every call gets one answer.

Each batch goes through a fresh conversation in which a call of ours is open as well. What must be answered is worked out here
with the JSON reader of the standard library, which the core does not use. ``--quick`` ends within 5 s.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from websockets.exceptions import ConnectionClosedOK
from websockets.frames import Close

from hardware_in_loop.ocpp import frames
from hardware_in_loop.ocpp.errors import CallError, Code, OcppError
from hardware_in_loop.ocpp.rpc import Rpc
from hardware_in_loop.ocpp.schemas import SEND_ONLY, actions, schema, violations
from hardware_in_loop.ocpp.versions import Version

if TYPE_CHECKING:
    from collections.abc import Iterator

BATCH: Final = 48
QUICK: Final = 20_000
FULL: Final = 1_000_000
HANG_S: Final = 20.0
LONGEST_ID: Final = 255
DEEPEST: Final = 150
"""Nesting up to which the two JSON readers must agree; beyond it the core may call it no JSON."""
SCRAPS: Final = (
    b"null",
    b"true",
    b"-0",
    b"1e999",
    b"1" * 400,
    b'"\\ud800"',
    b"[]",
    b"{}",
    b"NaN",
    b"[" * 40,
    b"\x00",
    b"\xff",
    b'"',
    b",",
    b"]",
    b"}",
    b"2",
)
SCRAPS_OF_FRAMES: Final = (
    b'"-1"',
    b'"Heartbeat"',
    b"[2,",
    b"[3,",
    b"[4,",
    b"[5,",
    b"[6,",
    b"2.0",
    b'"\xc3\xbc"',
    b" ",
    b"\\",
    b'"' + b"x" * 300 + b'"',
)


def sample(document: dict[str, Any], draw: random.Random, *, full: bool = False, part: dict[str, Any] | None = None) -> Any:
    """Return a value that a schema allows: required properties only, or all of them."""
    part = document if part is None else part
    if "$ref" in part:
        return sample(document, draw, full=full, part=document["definitions"][part["$ref"].rpartition("/")[2]])
    if "enum" in part:
        return draw.choice(part["enum"])
    kind = part.get("type", "object")
    if kind == "object":
        wanted = part.get("properties", {}) if full else {name: part["properties"][name] for name in part.get("required", ())}
        return {name: sample(document, draw, full=full, part=one) for name, one in wanted.items()}
    if kind == "array":
        return [sample(document, draw, full=full, part=part["items"]) for _ in range(max(1, part.get("minItems", 0)))]
    return _scalar(kind, part, draw)


def _scalar(kind: str, part: dict[str, Any], draw: random.Random) -> Any:
    if kind == "string":
        written = {"date-time": "2026-01-01T00:00:00Z", "uri": "https://example.org/x"}
        return written.get(part.get("format", ""), "x" * min(part.get("maxLength", 5), draw.randint(1, 8)))
    if kind == "boolean":
        return draw.random() < 0.5
    low, high = max(part.get("minimum", 0), 0), part.get("maximum", 1000)
    return draw.randint(int(low), int(high)) if kind == "integer" else float(draw.randint(int(low), int(high)))


def valid_frames(version: Version, draw: random.Random) -> list[bytes]:
    """Return a frame of every action of a version, with few and with all properties."""
    found = []
    for action in sorted(actions(version)):
        for full in (False, True):
            payload = sample(schema(version, action, "request"), draw, full=full)
            make = frames.send if action in SEND_ONLY else frames.call
            found.append(make(f"{draw.getrandbits(32):x}", action, payload))
    return found


def mutated(frame: bytes, others: list[bytes], draw: random.Random) -> bytes:
    """Return a frame with a few things wrong; now and then with none."""
    for _ in range(draw.choice((0, 1, 1, 1, 2, 3, 8))):
        frame = _once(frame, others, draw)
    return frame


def _once(frame: bytes, others: list[bytes], draw: random.Random) -> bytes:
    at = draw.randint(0, len(frame))
    way = draw.randrange(12)
    if way == 0:
        return frame[:at]
    if way == 1:
        return frame[:at] + draw.randbytes(draw.randint(1, 4)) + frame[at:]
    if way == 2:
        return frame[:at] + frame[at + draw.randint(1, 8) :]
    if way == 3:
        return frame[:at] + draw.choice(others)[draw.randint(0, 40) :]
    if way == 4:
        return frame[:at] + draw.choice(SCRAPS + SCRAPS_OF_FRAMES) + frame[at:]
    return _token(frame, draw)


def _token(frame: bytes, draw: random.Random) -> bytes:
    """Replace one element of the frame, or one value of its payload, by something else that is JSON."""
    try:
        parts = json.loads(frame)
        target = parts if draw.random() < 0.4 else parts[-1]
        keys = list(range(len(target))) if isinstance(target, list) else list(target)
        new: Any = draw.choice(
            (None, True, 0, -1, 2, 3, 1.5, 1e308, "", "x" * 300, [], {}, [[[]]], {"a": 1}, "Heartbeat", 10**30)
        )
        target[draw.choice(keys)] = new
        return json.dumps(parts).encode()
    except (ValueError, TypeError, IndexError, KeyError, RecursionError):
        return frame + b" "


class Feed:
    """A socket that has frames to read, and keeps what is written."""

    def __init__(self) -> None:
        self.inbox: asyncio.Queue[bytes | None] = asyncio.Queue()
        self.written: list[bytes] = []
        self.closed = False

    async def recv(self, decode: bool | None = None) -> bytes:  # noqa: ARG002
        """Return the next frame."""
        data = await self.inbox.get()
        if data is None or self.closed:
            raise ConnectionClosedOK(Close(1000, ""), None)
        return data

    async def send(self, message: bytes, *, text: bool | None = None) -> None:  # noqa: ARG002
        """Keep a frame."""
        self.written.append(message)

    async def close(self, code: int = 1000, reason: str = "") -> None:  # noqa: ARG002
        """Close."""
        self.closed = True


@dataclass
class Outcome:
    """What became of the frames.

    Attributes
    ----------
    frames, calls, answers : int
        How many went in, how many of them were calls with a readable id, how many answers came out.
    wrong : list of str
        Every breach of what is promised.
    turned_away : collections.Counter
        Counts of the conversations.
    duration_s : float
        [s]
    """

    frames: int = 0
    calls: int = 0
    answers: int = 0
    wrong: list[str] = field(default_factory=list)
    turned_away: Counter[str] = field(default_factory=Counter)
    duration_s: float = 0.0


def expected(frame: bytes, version: Version) -> tuple[str | None, bool]:
    """Return the id under which a frame must be answered, None where it need not be, and whether there is room for doubt."""
    try:
        parts = json.loads(frame.decode(), parse_constant=_refuse)
    except (ValueError, RecursionError):
        return None, True
    if not isinstance(parts, list) or len(parts) < 2 or not isinstance(parts[1], str) or len(parts[1]) > LONGEST_ID:
        return None, False
    if "\\ud" in frame.decode().lower() or b"[" * DEEPEST in frame:
        return None, True  # a lone surrogate, or deeper than the core reads
    if type(parts[0]) is int and parts[0] == 2:
        return parts[1], False
    known = {2, 3, 4, 5, 6} if version is Version.V21 else {2, 3, 4}
    strange = type(parts[0]) is not int or parts[0] not in known
    return (parts[1] or frames.UNREADABLE_ID, False) if strange and version is not Version.V16 else (None, False)


def _refuse(name: str) -> None:
    raise ValueError(name)


def _handler(version: Version, draw: random.Random) -> Any:
    answers: dict[str, Any] = {}

    async def handle(action: str, payload: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG001
        way = draw.randrange(8)
        if way == 0:
            raise CallError(Code.SECURITY, "no")
        if way == 1:
            raise ValueError(action)
        if way == 2:
            await asyncio.sleep(0)
        if action in SEND_ONLY:
            return {}
        if action not in answers:
            answers[action] = sample(schema(version, action, "response"), draw)
        return dict(answers[action])

    return handle


async def batch(version: Version, feed: list[bytes], draw: random.Random, outcome: Outcome) -> None:
    """Put frames through one conversation and hold the answers against what was expected."""
    socket = Feed()
    rpc = Rpc(socket, version, _handler(version, draw), name="fuzz")
    serving = asyncio.create_task(rpc.serve())
    own = asyncio.create_task(
        rpc.call("Heartbeat" if version is Version.V16 else "DataTransfer", _own(version), timeout_s=HANG_S)
    )
    await asyncio.sleep(0)
    asked = json.loads(socket.written.pop(0))[1]
    answer = frames.result(asked, {"currentTime": "2026-01-01T00:00:00Z"} if version is Version.V16 else {"status": "Accepted"})
    feed = [*feed, mutated(answer, feed, draw), answer]
    for frame in feed:
        socket.inbox.put_nowait(frame)
    while not socket.inbox.empty() or rpc.busy:  # noqa: ASYNC110 - the time-out around it is the test
        await asyncio.sleep(0)
    await _own_answered(own, version, outcome)
    socket.inbox.put_nowait(None)
    await serving
    outcome.turned_away.update(rpc.counts)
    _judge(feed, socket.written, version, outcome)


def _own(version: Version) -> dict[str, Any]:
    return {} if version is Version.V16 else {"vendorId": "x"}


async def _own_answered(own: asyncio.Task[Any], version: Version, outcome: Outcome) -> None:
    """Our own call ends with a valid answer or an error, whatever came before it."""
    try:
        payload = await own
    except OcppError:
        return
    if violations(version, "Heartbeat" if version is Version.V16 else "DataTransfer", "response", payload):
        outcome.wrong.append(f"{version}: invalid answer taken: {payload}")


def _judge(feed: list[bytes], written: list[bytes], version: Version, outcome: Outcome) -> None:
    due: Counter[str] = Counter()
    doubtful: list[bytes] = []
    for frame in feed:
        message_id, doubt = expected(frame, version)
        doubtful += [frame] if doubt else []
        if message_id is not None:
            due[message_id] += 1
    given: Counter[str] = Counter()
    for data in written:
        parts = json.loads(data)
        if parts[0] in {3, 4}:
            given[parts[1]] += 1
    outcome.frames += len(feed)
    outcome.calls += due.total()
    outcome.answers += given.total()
    missing, surplus = due - given, given - due
    if missing:
        outcome.wrong.append(f"{version}: not answered: {dict(missing)}")
    del surplus[frames.UNREADABLE_ID]
    for message_id, count in surplus.items():
        if count > sum(_names(frame, message_id) for frame in doubtful):  # calls that break off have a readable id, too
            outcome.wrong.append(f"{version}: answered too often: {message_id!r}")


def _names(frame: bytes, message_id: str) -> bool:
    """Return whether an id stands in a frame, as it is or with its letters escaped."""
    return message_id.encode() in frame or json.dumps(message_id)[1:-1].encode().lower() in frame.lower()


def batches(count: int, draw: random.Random) -> Iterator[tuple[Version, list[bytes]]]:
    """Return about so many mutated frames, in batches of one version each."""
    seeds = {version: valid_frames(version, draw) for version in Version}
    everything = [frame for found in seeds.values() for frame in found]
    for number in range(count // (BATCH + 2)):
        version = list(Version)[number % len(Version)]
        feed = [mutated(draw.choice(seeds[version]), everything, draw) for _ in range(BATCH)]
        feed[-1] = feed[0]  # somebody always says something twice
        yield version, feed


async def fuzz(count: int, seed: int = 1) -> Outcome:
    """Put about `count` frames through; raises TimeoutError where one hangs."""
    draw = random.Random(seed)  # noqa: S311 - nothing secret
    outcome = Outcome()
    began_s = time.perf_counter()
    for version, feed in batches(count, draw):
        async with asyncio.timeout(HANG_S):
            await batch(version, feed, draw, outcome)
    outcome.duration_s = time.perf_counter() - began_s
    return outcome


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help=f"{QUICK} frames instead of {FULL}")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    outcome = asyncio.run(fuzz(QUICK if options.quick else FULL, options.seed))
    print(f"{outcome.frames} frames in {outcome.duration_s:.1f} s, {outcome.calls} to be answered, {outcome.answers} answers")
    for reason, count in outcome.turned_away.most_common():
        print(f"  {reason:30} {count}")
    print(f"breaches: {len(outcome.wrong)}")
    for breach in outcome.wrong[:20]:
        print(f"  {breach}")
    raise SystemExit(1 if outcome.wrong else 0)


if __name__ == "__main__":
    main()
