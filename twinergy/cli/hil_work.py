# SPDX-License-Identifier: Apache-2.0
"""What the tester's commands do."""

from __future__ import annotations

import asyncio
import sys
import time
from contextlib import ExitStack, closing, suppress
from typing import TYPE_CHECKING, Any, Final

from rich.live import Live as Screen
from rich.markup import escape
from rich.table import Column, Table

from twinergy import plugins
from twinergy.adapters import FaultBoard, Journal, LinkContext, LinkState, Mode
from twinergy.adapters.engine import Engine
from twinergy.adapters.faults import parse
from twinergy.adapters.recorded import RecordedPhysics
from twinergy.cli.bussing import stopping
from twinergy.community.real import adapter_kind
from twinergy.community.scenario import load
from twinergy.cosim.hardware.bench import ScenarioPhysics, need_real
from twinergy.cosim.hardware.desk import ask, snapshot
from twinergy.errors import DeviceError, Finding, ScenarioError, TwinergyError, closest

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Coroutine, Generator, Sequence
    from pathlib import Path

    from rich.console import Console

    from twinergy.adapters import Attached, Bench, Physics
    from twinergy.community.scenario import Scenario
    from twinergy.results.reader import Run

REFRESH_S: Final = 0.5
WATCH_STALE_S: Final = 3.0
SCAN_S: Final = 30.0
AGAIN_S: Final = 15.0
"""How long `hil stop` waits for devices that have to come to it, as charging points do. [s]"""
WIDTH: Final = 10_000
"""Blocks are to be pasted: lines are never broken."""
FALLEN_BACK: Final = "the run does not answer; its devices are told directly"


def scan_command(console: Console, where: str, adapters: tuple[str, ...]) -> None:
    """Print what is found at an address as blocks that can be pasted.

    Raises
    ------
    DeviceError
        If no adapter finds anything.
    """
    from ruamel.yaml import YAML  # noqa: PLC0415

    known = plugins.names(plugins.ADAPTERS)
    wrong = [name for name in adapters if name not in known]
    if wrong:
        raise ScenarioError(
            [
                Finding(message="there is no such adapter", path="--adapter", value=name, allowed=closest(name, known))
                for name in wrong
            ],
            "command line",
        )
    found, failures = asyncio.run(_scanned(where, adapters or known))
    if not found:
        raise DeviceError("\n".join([f"nothing was found at {where}", *(f"  - {text}" for text in failures)]))
    writer = YAML(typ="safe", pure=True)
    writer.default_flow_style = None
    writer.width = WIDTH
    for one in found:
        _say(console, f"# {one['found']}")
        writer.dump({"kind": one["kind"], "adapter": one["adapter"]}, sys.stdout)
        for name, text in dict(one.get("files", {})).items():
            _say(console, f"# {name}, to be saved beside the scenario:\n{text}")


async def _scanned(where: str, names: Sequence[str]) -> tuple[list[dict[str, Any]], list[str]]:
    found: list[dict[str, Any]] = []
    failures = []
    for name in names:
        try:
            async with asyncio.timeout(SCAN_S):
                found += await adapter_kind(name).scan(where)
        except TimeoutError:
            failures.append(f"{name}: no answer within {SCAN_S:g} s")
        except (TwinergyError, OSError, ValueError) as error:
            failures.append(f"{name}: {error}")
    return found, failures


def watch_command(console: Console, what: str, out: Path, assign: list[str], seconds: float | None) -> None:
    """Show a live table of the links of a run, or of a scenario whose devices are read for it."""
    with stopping() as stop:
        shots = _of_scenario(what, assign, stop) if _is_scenario(what) else _of_run(what, out)
        end_s = time.monotonic() + seconds if seconds is not None else float("inf")
        with closing(shots), Screen(console=console, auto_refresh=False) as screen:
            for shot in shots:
                screen.update(_table(shot), refresh=True)
                if stop.is_set() or time.monotonic() >= end_s:
                    break


def _is_scenario(what: str) -> bool:
    from twinergy.community.document import pilots  # noqa: PLC0415

    return what.endswith((".yaml", ".yml")) or what in pilots()


def _of_run(name: str, out: Path) -> Generator[dict[str, Any]]:
    from twinergy.results.reader import find_run  # noqa: PLC0415 - heavy

    return ask(find_run(out, name).path, {"do": "watch"})


def _of_scenario(name: str, assign: list[str], stop: threading.Event) -> Generator[dict[str, Any]]:
    scenario = load(name, assign)
    need_real(scenario)
    engine = _engine(scenario)
    engine.start()
    try:
        engine.wait_up(REFRESH_S)
        while not stop.is_set():
            engine.schedule(time.monotonic())
            stop.wait(REFRESH_S)
            yield snapshot(engine)
    finally:
        engine.close()


def _engine(scenario: Scenario, only: str = "", kind: str = "") -> Engine:
    real = [(one, covers) for one, covers in scenario.real if only in {"", one.id} and kind in {"", one.options.kind}]
    kinds = {one.options.kind: adapter_kind(one.options.kind) for one, _ in real}
    pilot, seed = scenario.context.pilot, scenario.context.seed
    return Engine(real, kinds, stale_s=WATCH_STALE_S, folder=scenario.document.folder, pilot=pilot, seed=seed)


COLOURS: Final = {"good": "green", "local": "cyan", "stale": "yellow", "bad": "red", "missing": "red"}


def _table(shot: dict[str, Any]) -> Table:
    title = f"emergency stop: {shot['emergency']}" if shot["emergency"] else None
    table = Table(Column("link", no_wrap=True), "mode", "state", Column("port", no_wrap=True), title=title)
    for heading in ("value", "quality", "age [s]"):
        table.add_column(heading, no_wrap=True)
    table.add_column("told")
    table.add_column("remarks")
    for name, link in shot["links"].items():
        told = ", ".join(f"{port} {value:g}" for port, value in link["told"].items() if value is not None)
        told = told or ("local" if link["told"] else "")
        head = [name, link["mode"], link["state"]]
        up = link["state"] == LinkState.UP
        tail = [told, link.get("problem") or ("" if up else link["said"])]  # what it says of itself is in the report
        for port, reading in link["readings"].items():
            value = "" if reading["value"] is None else f"{reading['value']:.3f}"
            age = "" if reading["age_s"] is None else f"{reading['age_s']:.2f}"
            quality = f"[{COLOURS[reading['quality']]}]{reading['quality']}[/]"
            table.add_row(*head, port, value, quality, age, tail[0], escape(tail[1] or reading["reason"]))
            head, tail = ["", "", ""], ["", ""]
    return table


def stop_command(console: Console, run: str, out: Path, why: str) -> int:
    """Stop a run and put its devices into their safe states; where the run does not answer, tell the devices directly."""
    from twinergy.results.reader import find_run  # noqa: PLC0415 - heavy

    found = find_run(out, run)
    try:
        answer = next(ask(found.path, {"do": "stop", "why": why}), None)
        released: dict[str, str] = answer["released"] if answer else {}
    except DeviceError as error:
        _say(console, f"{error}\n{FALLEN_BACK}")
        released = _told_directly(found)
    for name, problem in released.items():
        _say(console, f"{name}: {problem or 'in its safe state'}")
    if not released:
        _say(console, "no device was controlled")
    return int(any(released.values()))


def _told_directly(run: Run) -> dict[str, str]:
    """Put the devices of a run into their safe states without it; first all that answer at once, then those that come late."""
    from twinergy.cosim.hardware.again import scenario_of  # noqa: PLC0415 - heavy

    scenario = scenario_of(run)
    released: dict[str, str] = {}
    with ExitStack() as stack:
        late = []
        for kind in sorted({one.options.kind for one, _ in scenario.real if one.options.mode is Mode.CONTROL}):
            engine = _engine(scenario, kind=kind)
            try:
                stack.callback(engine.close)
                engine.start()
            except TwinergyError as error:  # its port is taken by the run that hangs; the others need not wait for that
                released |= {one.id: str(error) for one, _ in engine.attached if one.options.mode is Mode.CONTROL}
                continue
            told = _released(engine, REFRESH_S)
            late += [engine] if any(told.values()) else []
            released |= told
        for engine in late:
            released |= _released(engine, AGAIN_S)
    return released


def _released(engine: Engine, patience_s: float) -> dict[str, str]:
    engine.wait_up(patience_s)
    for live in engine.lives.values():
        live.touched = True  # whoever told them anything is gone; they are released whatever it was
    return engine.stop("the run did not answer")


def fit_command(console: Console, run: str, link: str, out: Path) -> None:
    """Fit twins to what real devices did.

    Raises
    ------
    ScenarioError
        If the run has no such link.
    """
    from ruamel.yaml import YAML  # noqa: PLC0415

    from twinergy.cosim.hardware.fit import fits  # noqa: PLC0415 - heavy
    from twinergy.results.reader import find_run  # noqa: PLC0415

    writer = YAML(typ="safe", pure=True)
    writer.default_flow_style = None
    writer.width = WIDTH
    for one in fits(find_run(out, run), link):
        if one.found is None:
            _say(console, f"# {one.link}: {one.problem}")
            continue
        was = f"{one.found.port}: RMSE {one.found.before:.4g} with the present options, {one.found.after:.4g} with these"
        _say(console, f"# {one.link}: {was}; {one.found.note}")
        writer.dump({"id": one.device, **one.found.options}, sys.stdout)


def bench_command(
    console: Console, name: str, assign: list[str], pace: float, faults: list[str], seconds: float | None, log: Path | None
) -> None:
    """Serve software devices for the real ones of a scenario."""
    timed = parse(faults)
    scenario = load(name, assign)
    need_real(scenario)
    links = [one.id for one, _ in scenario.real]
    unknown = [one.link for one in timed if one.link not in links]
    if unknown:
        findings = [
            Finding(message="there is no such link", path="--fault", value=name, allowed=closest(name, links)) for name in unknown
        ]
        raise ScenarioError(findings, "command line")
    _say(console, f"preparing the physics of {scenario.name}")
    physics = ScenarioPhysics(scenario, pace)
    with Journal(log) as journal:
        _serve(console, scenario, physics, FaultBoard(timed), journal, seconds, physics.run())


def replay_command(console: Console, log: Path, name: str, assign: list[str], speed: float, seconds: float | None) -> None:
    """Play a recorded log as devices."""
    scenario = load(name, assign)
    need_real(scenario)
    device_of = {one.id: one.device for one, _ in scenario.real}
    recorded = RecordedPhysics.from_journal(log, devices=device_of, speed=speed)
    _say(console, f"{recorded.length_s:.0f} s of recorded readings")
    with Journal(None) as journal:
        _serve(console, scenario, recorded, FaultBoard(), journal, seconds, _rewound(recorded.rewind))


async def _rewound(rewind: Callable[[], None]) -> None:
    rewind()


def _serve(
    console: Console,
    scenario: Scenario,
    physics: Physics,
    faults: FaultBoard,
    journal: Journal,
    seconds: float | None,
    beside: Coroutine[Any, Any, None],
) -> None:
    context = LinkContext(rows={}, journal=journal, folder=scenario.document.folder, pilot=scenario.context.pilot)
    by_kind: dict[str, list[Attached]] = {}
    for one, _ in scenario.real:
        by_kind.setdefault(one.options.kind, []).append(one)
    benches = [adapter_kind(name).bench(several, physics, faults, context) for name, several in by_kind.items()]
    with stopping() as stop, ExitStack() as stack:
        runner = stack.enter_context(asyncio.Runner(loop_factory=_loop))
        with suppress(KeyboardInterrupt):
            runner.run(_served(console, benches, beside, stop, seconds))
    _say(console, "stopped")


async def _served(
    console: Console, benches: list[Bench], beside: Coroutine[Any, Any, None], stop: threading.Event, seconds: float | None
) -> None:
    begun = []
    physics: asyncio.Task[None] | None = None
    try:
        for bench in benches:
            begun.append(bench)
            for link, address in (await bench.start()).items():
                _say(console, f"{link}: {address}")
        _say(console, "Ctrl-C ends it")
        physics = asyncio.create_task(beside)
        end_s = time.monotonic() + seconds if seconds is not None else float("inf")
        while not stop.is_set() and time.monotonic() < end_s:
            if physics.done() and physics.exception() is not None:
                break
            await asyncio.sleep(0.1)
    finally:
        if physics is not None:
            physics.cancel()
            with suppress(asyncio.CancelledError):
                await physics
        else:
            beside.close()
        for bench in reversed(begun):
            await bench.close()


def _loop() -> asyncio.AbstractEventLoop:
    try:
        import uvloop  # noqa: PLC0415 - not on every system
    except ImportError:
        return asyncio.new_event_loop()
    loop: asyncio.AbstractEventLoop = uvloop.new_event_loop()
    return loop


def check_command(
    console: Console, name: str, assign: list[str], device: str, *, reads: int, arm: bool, report: Path | None
) -> int:
    """Check one real device and print, or write, what was found; returns 1 if anything failed."""
    from twinergy.cosim.hardware.check import Checking, markdown  # noqa: PLC0415

    scenario = load(name, assign)
    need_real(scenario)
    ids = [one.id for one, _ in scenario.real]
    meant = [one.id for one, _ in scenario.real if device in {one.id, one.device}]
    if len(meant) != 1:
        message = "several links belong to it; name one" if meant else "the scenario has no such real device"
        allowed = ", ".join(meant) or closest(device, ids)
        raise ScenarioError([Finding(message=message, value=device, allowed=allowed)], "command line")
    engine = _engine(scenario, meant[0])
    outcome = Checking(engine, reads=reads, arm=arm, say=lambda text: _say(console, text)).run()
    if report is not None:
        report.write_text(markdown(outcome), encoding="utf-8")
        _say(console, f"wrote {report}")
    return int(not outcome.passed)


def _say(console: Console, text: str) -> None:
    console.print(text, markup=False, highlight=False, soft_wrap=True)
