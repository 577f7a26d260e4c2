# SPDX-License-Identifier: Apache-2.0
"""What becomes of devices whose laboratory is killed: ``kill -9`` of a real ``twinergy run --arm``, over all protocols.

``python -m benchmarks.hardware.kill`` holds software devices (Modbus with a revert timer, MQTT with a timer of the device and
with a last will, OCPP 1.6, 2.0.1 and 2.1), has a laboratory in a process of its own ask all of them for something, kills it at
some moment, and says how many are in their safe state within ``within_s``, and how long that took. The devices live on from
round to round, as real ones would. ``--hang`` stops the process instead (SIGSTOP): it neither answers nor hangs up.
"""

from __future__ import annotations

import argparse
import asyncio
import math
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Final

from benchmarks.hardware.steps import HEAD, free_ports
from hardware_in_loop.bench.table import BatteryLaw, TablePhysics
from twinergy.adapters import FaultBoard, LinkContext
from twinergy.agents import Agent, Decision, SetPoint
from twinergy.community.real import adapter_kind
from twinergy.community.scenario import load
from twinergy.options import Options

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator, Sequence

    from twinergy.agents import Observation
    from twinergy.community.scenario import Scenario

LOOK_S: Final = 0.02
UP_S: Final = 60.0
HANGS_S: Final = 1.0
"""How much later than at a kill a device may fall back from a laboratory that hangs: its last command may just have left. [s]"""
ASKED_KW, SAFE_KW, FEED_KW = 1.5, 4.2, -5.0
POINT_KW: Final = 7.4
CHARGING: Final = 3.0
KINDS: Final = ("modbus", "mqtt timer", "mqtt last will", "ocpp1.6", "ocpp2.0.1", "ocpp2.1")
WITHIN_S: Final = {"modbus": 4, "mqtt timer": 4, "mqtt last will": 20, "ocpp1.6": 5, "ocpp2.0.1": 5, "ocpp2.1": 5}


class AskerOptions(Options):
    """None."""


class Asker(Agent):
    """Asks every device for something that is not its safe state."""

    options_model: ClassVar[type[Options]] = AskerOptions

    def decide(self, observation: Observation) -> Decision:  # noqa: ARG002 - the same in every step
        """Return the set-points."""
        of = {kind: tuple(one.id for one in self.context.twin.of_kind(kind)) for kind in ("battery", "charging", "household")}
        both = tuple(name for name in of["charging"] if name.startswith("ocpp2-1"))
        one_way = tuple(name for name in of["charging"] if name not in both)
        asked = (
            ("battery", "p_set_kw", of["battery"], ASKED_KW),
            ("charging", "p_max_kw", one_way, POINT_KW),
            ("charging", "p_set_kw", both, FEED_KW),
            ("household", "lighting_on", of["household"], 0.0),
        )
        return Decision(
            set_points=tuple(SetPoint(table=table, port=port, ids=ids, value=kw) for table, port, ids, kw in asked if ids)
        )


@dataclass(frozen=True, slots=True)
class Device:
    """One device under test.

    Attributes
    ----------
    id, kind, block : str
        Its id, one of `KINDS`, and its line in the scenario.
    """

    id: str
    kind: str
    block: str

    def steered(self, physics: TablePhysics) -> bool:
        """Return whether it does what the laboratory asked for."""
        asked = physics.asked.get(self.id, {})
        if self.kind.startswith("ocpp"):
            wanted, port = (FEED_KW, "p_set_kw") if self.kind == "ocpp2.1" else (POINT_KW, "p_max_kw")
            return abs(asked.get(port, math.nan) - wanted) < 0.05
        if self.kind == "mqtt last will":
            return asked.get("lighting_on") == 0.0
        return abs(physics.read(self.id, "p_kw") - ASKED_KW) < 0.01

    def safe(self, physics: TablePhysics) -> bool:
        """Return whether it is in its safe state."""
        asked = physics.asked.get(self.id, {})
        if self.kind.startswith("ocpp"):
            return math.isnan(asked.get("p_set_kw", math.nan)) and asked.get("p_max_kw", math.inf) <= SAFE_KW + 1e-6
        if self.kind == "mqtt last will":
            return asked.get("lighting_on", math.nan) == 1.0
        return abs(physics.read(self.id, "p_kw")) < 1e-6


def devices(each: int, broker: str) -> list[Device]:
    """Return so many devices of each kind; without a broker none that need one."""
    ports = dict(zip(KINDS, free_ports(len(KINDS)), strict=True))
    modbus = free_ports(each)
    found = []
    for number in range(each):
        for kind in KINDS if broker else [one for one in KINDS if not one.startswith("mqtt")]:
            name = f"{kind.replace(' ', '-').replace('.', '-')}-{number}"
            if kind == "modbus":
                where = f"host: 127.0.0.1, port: {modbus[number]}"
            elif kind.startswith("mqtt"):
                where = f"broker: '{broker}', topic: {name}"
            else:  # an address speaks the same versions to all its stations
                where = f"listen: '127.0.0.1:{ports[kind]}', station: {name}, versions: [{kind}], security: {{profile: 0}}"
            found.append(Device(name, kind, _block(kind, where)))
    return found


def _block(kind: str, where: str) -> str:
    """Return kind, options and adapter of a device as the scenario writes them."""
    within = f"within_s: {WITHIN_S[kind]}"
    battery = "kind: battery, capacity_kwh: 10, p_charge_kw: 5"
    if kind == "modbus":
        return f"{battery}, adapter: {{kind: modbus, profile: sunspec, {where}, unit: 1, mode: control, safe: {{{within}}}}}"
    if kind == "mqtt timer":
        return f"{battery}, adapter: {{kind: mqtt, profile: json_battery, {where}, mode: control, safe: {{{within}}}}}"
    if kind == "mqtt last will":
        safe = f"safe: {{set: {{lighting_on: 1}}, {within}}}"
        plug = f"kind: mqtt, profile: zigbee2mqtt_plug, {where}, part: lighting, mode: control, {safe}"
        return f"kind: household, annual_kwh: 3000, adapter: {{{plug}}}"
    more = ", v2x: true" if kind == "ocpp2.1" else ""
    safe = f"safe: {{set: {{p_max_kw: {SAFE_KW}}}, {within}}}"
    point = f"kind: charging, limit_a: 16{', v2g: true' if kind == 'ocpp2.1' else ''}"
    return f"{point}, adapter: {{kind: ocpp, {where}, mode: control{more}, {safe}}}"


def scenario(folder: Path, under_test: Sequence[Device]) -> Scenario:
    """Write the scenario of a laboratory that controls all of them, and load it."""
    from twinergy import plugins  # noqa: PLC0415

    with_asker()
    kind = plugins.load(plugins.SIMULATORS, "grid")
    grid = kind.options.model_validate({"source": "kerber_dorfnetz", "stations": 1})
    buses = kind.describe(grid, folder, len(under_test)).connection_buses
    lines = [f"{HEAD}connections:"]
    lines += [f"  - {{id: c-{one.id}, bus: {buses[n % len(buses)]}, tariff: household}}" for n, one in enumerate(under_test)]
    points = [one for one in under_test if one.kind.startswith("ocpp")]
    place = {one.id: f"hub: h-{one.id}" if one in points else f"connection: c-{one.id}" for one in under_test}
    lines += ["devices:", *(f"  - {{id: {one.id}, {place[one.id]}, {one.block}}}" for one in under_test)]
    lines += ["hubs:", *(f"  - {{id: h-{one.id}, connection: c-{one.id}, limit_kw: 22}}" for one in points)]
    lines += ["controllers:", "  asker: {}"]
    file = folder / "scenario.yaml"
    file.write_text("\n".join([*lines, ""]), encoding="utf-8")
    return load(file)


def with_asker() -> None:
    """Make the agent known as an installed plug-in would be."""
    from twinergy import plugins  # noqa: PLC0415

    entries = plugins._entries(plugins.CONTROLLERS)  # noqa: SLF001 - the cache that entry points are read into
    entries["asker"] = EntryPoint("asker", "benchmarks.hardware.kill:Asker", plugins.CONTROLLERS)


def laboratory(folder: Path) -> None:
    """Be the laboratory: ``twinergy run`` with the agent of this module among its plug-ins."""
    from twinergy.cli import main as twinergy  # noqa: PLC0415

    with_asker()
    options = ["--arm", "--pace", "1", "--quiet", "--no-report", "--out", str(folder / "runs")]
    sys.argv = ["twinergy", "run", str(folder / "scenario.yaml"), *options]
    twinergy()


@dataclass(slots=True)
class Outcome:
    """What one kind of devices did.

    Attributes
    ----------
    took_s : list of float
        From the kill to the safe state, for those that reached it. [s]
    late : list of str
        Those that did not in time.
    """

    took_s: list[float] = field(default_factory=list)
    late: list[str] = field(default_factory=list)


class Bench:
    """The devices, in this process.

    Parameters
    ----------
    made : Scenario
        What the laboratory controls.
    under_test : sequence of Device
        The same.
    """

    def __init__(self, made: Scenario, under_test: Sequence[Device]) -> None:
        charging = {"state": CHARGING, "closed": 1.0, "p_kw": 4.0, "energy_kwh": 10.0, "energy_out_kwh": 1.0, "soc": 0.5}
        values = {one.id: charging if one.kind.startswith("ocpp") else {"soc": 0.5, "p_lighting_kw": 0.05} for one in under_test}
        laws = {one.id: BatteryLaw(1e6) for one in under_test if one.kind in {"modbus", "mqtt timer"}}
        self.physics = TablePhysics(values, batteries=laws)
        self._made = made

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Bench]:
        """Serve them."""
        context = LinkContext(rows={}, folder=self._made.document.folder)
        real = [one for one, _ in self._made.real]
        benches = []
        for kind in sorted({one.options.kind for one in real}):
            mine = [one for one in real if one.options.kind == kind]
            benches.append(adapter_kind(kind).bench(mine, self.physics, FaultBoard(), context))
        try:
            for bench in benches:
                await bench.start()
            yield self
        finally:
            for bench in benches:
                await bench.close()


async def until(true: Callable[[], bool], within_s: float) -> bool:
    """Wait until something is true; return whether it became so in time."""
    deadline_s = time.monotonic() + within_s
    while not true():
        if time.monotonic() > deadline_s:
            return False
        await asyncio.sleep(LOOK_S)
    return True


async def once(bench: Bench, under_test: Sequence[Device], folder: Path, wait_s: float, *, hang: bool) -> dict[str, Outcome]:
    """Have a laboratory take control, end it after a while, and watch the devices."""
    command = [sys.executable, "-m", "benchmarks.hardware.kill", "--laboratory", str(folder)]
    with (folder / "laboratory.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)  # noqa: ASYNC220 - returns at once
        try:
            all_steered = lambda: process.poll() is not None or all(one.steered(bench.physics) for one in under_test)  # noqa: E731
            steered = await until(all_steered, UP_S) and process.poll() is None
            if not steered:
                idle = ", ".join(one.id for one in under_test if not one.steered(bench.physics))
                message = f"not under control within {UP_S:g} s: {idle}\n{(folder / 'laboratory.log').read_text()[-2000:]}"
                raise RuntimeError(message)
            await asyncio.sleep(wait_s)
            os.kill(process.pid, signal.SIGSTOP if hang else signal.SIGKILL)
            return await _watched(bench.physics, under_test, HANGS_S if hang else 0.0)
        finally:
            process.kill()
            process.wait()


async def _watched(physics: TablePhysics, under_test: Sequence[Device], spare_s: float) -> dict[str, Outcome]:
    killed_s = time.monotonic()
    since: dict[str, float] = {}
    longest_s = max(WITHIN_S[one.kind] for one in under_test) + spare_s + 0.5
    while time.monotonic() - killed_s < longest_s:
        for one in under_test:
            if not one.safe(physics):
                since.pop(one.id, None)  # a state that was left again was none
            else:
                since.setdefault(one.id, time.monotonic() - killed_s)
        if len(since) == len(under_test) and time.monotonic() - killed_s > max(since.values()) + 1.0:
            break
        await asyncio.sleep(LOOK_S)
    outcomes = {kind: Outcome() for kind in dict.fromkeys(one.kind for one in under_test)}
    for one in under_test:
        took_s = since.get(one.id, math.inf)
        if took_s <= WITHIN_S[one.kind] + spare_s:
            outcomes[one.kind].took_s.append(took_s)
        else:
            outcomes[one.kind].late.append(f"{one.id} ({took_s:.2f} s)")
    return outcomes


async def measure(each: int, rounds: int, broker: str, *, hang: bool = False, seed: int = 1) -> dict[str, Outcome]:
    """Kill a laboratory in several rounds; return what the devices did, by kind."""
    chance = random.Random(seed)  # noqa: S311 - moments, no secrets
    total: dict[str, Outcome] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        under_test = devices(each, broker)
        bench = Bench(scenario(folder, under_test), under_test)
        async with bench.open():
            for _ in range(rounds):
                found = await once(bench, under_test, folder, chance.uniform(0.0, 3.0), hang=hang)
                for kind, outcome in found.items():
                    mine = total.setdefault(kind, Outcome())
                    mine.took_s += outcome.took_s
                    mine.late += outcome.late
    return total


def _broker(folder: Path) -> Iterator[str]:
    """Run mosquitto while the generator lives; its address, empty where it is not installed."""
    program = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin")
    if program is None:
        yield ""
        return
    port, user = free_ports(1)[0], "user root\n" if os.geteuid() == 0 else ""
    settings = folder / "mosquitto.conf"
    settings.write_text(f"{user}set_tcp_nodelay true\nlistener {port} 127.0.0.1\nallow_anonymous true\n", encoding="utf-8")
    with subprocess.Popen([program, "-c", str(settings)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            yield f"mqtt://127.0.0.1:{port}"
        finally:
            process.terminate()


def report(total: dict[str, Outcome]) -> None:
    """Print a line for each kind, and the sum."""
    print(f"{'':16s}{'within':>8s}{'safe':>12s}{'median':>9s}{'worst':>9s}   s")
    for kind, outcome in total.items():
        took, count = sorted(outcome.took_s), len(outcome.took_s) + len(outcome.late)
        middle, worst = (took[len(took) // 2], took[-1]) if took else (math.nan, math.nan)
        print(f"{kind:16s}{WITHIN_S[kind]:8d}{len(took):6d} of {count:3d}{middle:9.2f}{worst:9.2f}")
        for text in outcome.late:
            print(f"    late: {text}")
    good, bad = sum(len(one.took_s) for one in total.values()), sum(len(one.late) for one in total.values())
    print(f"{good} of {good + bad} in their safe state in time")


def main(arguments: list[str] | None = None) -> int:
    """Measure and print; return 1 if any device was late."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--each", type=int, default=5, help="devices of each kind")
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--hang", action="store_true", help="SIGSTOP instead of kill -9")
    parser.add_argument("--quick", action="store_true", help="one device of each kind, one round")
    parser.add_argument("--laboratory", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    if given.laboratory is not None:
        laboratory(given.laboratory)
        return 0
    each, rounds = (1, 1) if given.quick else (given.each, given.rounds)
    with tempfile.TemporaryDirectory() as name:
        brokers = _broker(Path(name))
        total = asyncio.run(measure(each, rounds, next(brokers), hang=given.hang))
        with suppress(StopIteration):
            next(brokers)
    report(total)
    return int(any(outcome.late for outcome in total.values()))


if __name__ == "__main__":
    sys.exit(main())
