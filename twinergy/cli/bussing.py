# SPDX-License-Identifier: Apache-2.0
"""What links a run with others at the command line: its bus and pace, agents in other processes, recordings."""

from __future__ import annotations

import os
import signal
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from twinergy.bus.address import ADDRESS_VARIABLE, EMBEDDED, LOCAL, address_of
from twinergy.errors import Finding, ScenarioError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rich.console import Console

    from twinergy.bus import Bus
    from twinergy.bus.nats_bus import NatsBus
    from twinergy.community.scenario import Scenario
    from twinergy.cosim.platform import Platform

PASSWORD_VARIABLE: Final = "TWINERGY_NATS_PASSWORD"  # noqa: S105 - the name of the variable, not a password
EVERYTHING: Final = "twinergy.>"


@dataclass(frozen=True, kw_only=True)
class Linking:
    """What the command line says about how a run is linked.

    Attributes
    ----------
    bus : str
        ``local``, ``nats`` or an address.
    credentials : pathlib.Path or None
        Credentials file.
    pace : float or None
        Simulated seconds per second.
    outside : tuple of str
        Agents in other processes.
    replay : str
        Run or file to play back; empty for none.
    subjects : tuple of str
        What of it.
    armed : bool
        Whether real devices may be controlled.
    simulated : bool
        Whether real devices are simulated.
    """

    bus: str = LOCAL
    credentials: Path | None = None
    pace: float | None = None
    outside: tuple[str, ...] = ()
    replay: str = ""
    subjects: tuple[str, ...] = ()
    armed: bool = False
    simulated: bool = False


@contextmanager
def linked(linking: Linking, scenario: Scenario, out: Path) -> Iterator[Platform]:
    """Give the platform of a run, and let go of it afterwards.

    Raises
    ------
    ScenarioError
        If an option cannot be used.
    BusError
        If the server cannot.
    """
    from twinergy.cosim.pace import Pacer  # noqa: PLC0415 - heavy
    from twinergy.cosim.platform import Platform  # noqa: PLC0415
    from twinergy.cosim.recording import read_recording  # noqa: PLC0415
    from twinergy.cosim.replay import Replay  # noqa: PLC0415

    pace = 1.0 if linking.pace is None and scenario.real else linking.pace  # real devices live by the clock on the wall
    pacer = None if pace is None else Pacer(pace, scenario.axis.step_s)
    replay = None
    if linking.replay:
        place = recording_place(linking.replay, out)
        replay = Replay(read_recording(place), scenario, patterns=linking.subjects or (EVERYTHING,), source=str(place))
    bus = open_bus(linking.bus, linking.credentials, pilot=scenario.context.pilot, lasting=pacer is not None)
    try:
        yield Platform(bus=bus, pacer=pacer, outside=linking.outside, replay=replay, armed=linking.armed)
    finally:
        bus.close()


def recording_place(name: str, out: Path) -> Path:
    """Return the file or run folder that a name stands for."""
    if Path(name).is_file() or (Path(name).is_dir() and not (Path(name) / "manifest.json").is_file()):
        return Path(name)
    from twinergy.results.reader import find_run  # noqa: PLC0415 - heavy

    return find_run(out, name).path


def open_bus(text: str, credentials: Path | None, *, pilot: str = "", lasting: bool = False) -> Bus:
    """Return the bus that a text stands for; only the subjects of a pilot come in if one is named."""
    if text == LOCAL:
        from twinergy.bus import LocalBus  # noqa: PLC0415

        return LocalBus()
    return open_nats(text, credentials, pilot=pilot, lasting=lasting)


def open_nats(text: str, credentials: Path | None, *, pilot: str = "", lasting: bool = False) -> NatsBus:
    """Return a bus over NATS, with a server of its own where the text is ``nats``."""
    from twinergy.bus.nats_bus import NatsBus, scope_of  # noqa: PLC0415 - heavy
    from twinergy.bus.server import EmbeddedServer  # noqa: PLC0415

    scope = scope_of(pilot)
    if text != EMBEDDED:
        return NatsBus(address_of(text, credentials), scope=scope, lasting=lasting)
    server = EmbeddedServer().start()
    try:
        return NatsBus(server.address, scope=scope, lasting=lasting, server=server)
    except BaseException:
        server.close()
        raise


@contextmanager
def stopping() -> Iterator[threading.Event]:
    """Give an event that Ctrl-C and SIGTERM set; the second one ends the process as usual."""
    event = threading.Event()
    before: dict[int, Any] = {}

    def note(number: int, _frame: Any) -> None:
        event.set()
        signal.signal(number, before[number])

    for each in (signal.SIGINT, signal.SIGTERM):
        before[each] = signal.signal(each, note)
    try:
        yield event
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _say(console: Console) -> Callable[[str], None]:
    return lambda text: console.print(text, markup=False, highlight=False, soft_wrap=True)


def agent_command(console: Console, scenario: Scenario, name: str, bus: str, credentials: Path | None) -> None:
    """Host one agent of a scenario until its run ends, or until Ctrl-C.

    Raises
    ------
    ScenarioError, BusError
        If the agent or the bus cannot be used.
    """
    from twinergy.cosim.agent_process import AgentProcess  # noqa: PLC0415 - heavy

    _needs_a_server(bus, "an agent of its own")
    with stopping() as stop:
        linked_by = open_nats(bus, credentials, pilot=scenario.context.pilot, lasting=True)
        try:
            AgentProcess(scenario, name, linked_by, _say(console)).serve(stop.is_set)
        finally:
            linked_by.close()


def record_command(
    console: Console, run: str, bus: str, credentials: Path | None, file: Path, subjects: tuple[str, ...], out: Path
) -> None:
    """Store the messages of a run, or what flows on a server until Ctrl-C.

    Raises
    ------
    ScenarioError, BusError
        If the recording or the bus cannot be used.
    """
    from twinergy.cosim.recording import copy, read_recording, record  # noqa: PLC0415 - heavy

    say = _say(console)
    if run:
        say(f"{copy(read_recording(recording_place(run, out)), file, subjects or (EVERYTHING,))} messages in {file}")
        return
    _needs_a_server(bus, "a recording")
    with stopping() as stop:
        linked_by = open_nats(bus, credentials)
        try:
            say(f"recording to {file}; Ctrl-C ends it")
            count = record(linked_by, file, subjects or (EVERYTHING,), stop.wait)
        finally:
            linked_by.close()
        say(f"{count} messages in {file}")
        turned_away = linked_by.counts.facts()["rejected"]
        if turned_away:
            say(f"turned away: {', '.join(f'{kind} {number}' for kind, number in turned_away.items())}")


def bus_command(console: Console, port: int, store: Path | None) -> None:
    """Run a server for others until Ctrl-C.

    Raises
    ------
    BusError
        If it does not start.
    """
    from twinergy.bus.server import USER, EmbeddedServer  # noqa: PLC0415 - heavy

    say = _say(console)
    given = os.environ.get(PASSWORD_VARIABLE, "")
    with stopping() as stop, EmbeddedServer(port=port, password=given, store=store) as server:
        address = server.address
        say(f"a bus at {address}, user {USER}")
        if given:
            say(f"its password is that of {PASSWORD_VARIABLE}")
        else:
            say(f"whoever takes part sets {ADDRESS_VARIABLE}=nats://{USER}:{address.password}@{address.host}:{address.port}")
        with suppress(KeyboardInterrupt):
            server.wait(stop)
    say("stopped")


def _needs_a_server(bus: str, who: str) -> None:
    if bus in {LOCAL, EMBEDDED}:
        message = f"{who} needs a server that is already running; start one with `twinergy bus`"
        finding = Finding(message=message, path="--bus", value=bus, allowed="nats://user:password@host:4222 or tls://host:4222")
        raise ScenarioError([finding], "command line")


def say_how_it_was(console: Console, manifest: dict[str, Any]) -> None:
    """Print what of a run's linking needs attention: messages turned away, steps that began late, decisions that did not come."""
    say = _say(console)
    bus, pace = manifest.get("bus", {}), manifest.get("pace", {})
    if bus.get("rejected"):
        say(f"messages turned away: {', '.join(f'{kind} {number}' for kind, number in bus['rejected'].items())} (see rejections)")
    if pace.get("late_steps"):
        say(f"{pace['late_steps']} of {pace['steps']} steps began late, the worst by {pace['lateness_max_s']:.3f} s")
    for name, link in manifest.get("hardware", {}).get("links", {}).items():
        failed = f", {link['failed']} failed, the last: {link.get('last_failure', '')}" if link["failed"] else ""
        say(f"{name}: {link['mode']} over {link['adapter']}, {link['state']}, {link['sent']} commands{failed}")
    for name, problem in manifest.get("hardware", {}).get("not_released", {}).items():
        say(f"{name} could not be put into its safe state: {problem}")
    for name, tally in manifest.get("outside", {}).items():
        said = ", ".join(f"{word} {number}" for word, number in tally.items() if number)
        say(f"{name} outside: {said}")
