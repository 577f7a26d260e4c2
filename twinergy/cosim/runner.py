# SPDX-License-Identifier: Apache-2.0
"""Run a scenario: build the parts, let mosaik drive them, and end in a run folder that says how it went."""

from __future__ import annotations

import os
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from twinergy.bus import BusError
from twinergy.cosim.arbiter import Arbiter
from twinergy.cosim.control import Control
from twinergy.cosim.exchange import set_points_of, wanted_by
from twinergy.cosim.hardware.again import HOME
from twinergy.cosim.hardware.outlets import Outlets
from twinergy.cosim.hardware.session import Hardware
from twinergy.cosim.outside import digest
from twinergy.cosim.platform import Platform, PlatformHost
from twinergy.cosim.recorder import Recorder
from twinergy.cosim.recording import row_of
from twinergy.cosim.rehearsal import rehearse
from twinergy.cosim.remote import TOKEN_VARIABLE
from twinergy.cosim.stage import GridMember, Member, Stage
from twinergy.cosim.wiring import BUS, build_parts, in_order, point_gathers
from twinergy.cosim.world import Abroad, Components, drive
from twinergy.errors import RunError, TwinergyError
from twinergy.kinds import Phase
from twinergy.results.folder import INTERRUPTED, RunFolder
from twinergy.results.kpis import Kpis
from twinergy.results.platform.places import write_devices
from twinergy.results.provenance import run_facts
from twinergy.results.reader import Run
from twinergy.results.writer import RunWriter
from twinergy.timebase import BLOCK_S

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from twinergy.bus import Bus
    from twinergy.community.scenario import Scenario
    from twinergy.cosim.wiring import Part
    from twinergy.kinds import GridModel, Table
    from twinergy.results.block import ResultBlock

RUNS: Final = Path("runs")
CUT_GRID: Final = "grid"
CUT_CONTROL: Final = "control"
REAL: Final = "real_devices"
"""Name under which real devices give account in the report."""
EVERYTHING: Final = ("twinergy.>",)
BLOCK_WALL_S: Final = 300.0
"""How often a run that keeps time with the clock stores what it has: more files than that nobody wants to keep. [s]"""
MOST_WAITING: Final = 20_000
"""Messages that wait to be stored before they are, block or no block."""
PROGRESS_STEPS: Final = 48
"""Steps between two calls of the progress function: often enough for the eye, too seldom to cost."""


class RunInterruptedError(RunError):
    """Somebody asked the run to stop; what was computed is in its folder."""


@dataclass
class Built:
    """A scenario ready to run.

    Attributes
    ----------
    scenario : Scenario
        What is run.
    components : Components
        What mosaik drives.
    grid : GridModel
        The power flow.
    arbiter : Arbiter
        Whose counts and events go into the results.
    bus : Bus
        The bus of the run.
    host : PlatformHost
        The agents, and the way to those outside.
    """

    scenario: Scenario
    components: Components
    grid: GridModel
    arbiter: Arbiter
    bus: Bus
    host: PlatformHost


def assemble(
    scenario: Scenario,
    sink: Callable[[ResultBlock], None],
    cuts: Sequence[Phase | str] = (),
    platform: Platform | None = None,
    hardware: Hardware | None = None,
    outlets: Outlets | None = None,
) -> Built:
    """Build fleets, grid, agents and recorder of a scenario and wire them.

    Parameters
    ----------
    scenario : Scenario
        A checked scenario.
    sink : callable
        Takes the recorded blocks.
    cuts : sequence of Phase, ``"grid"`` or ``"control"``
        What begins a mosaik simulator of its own; results do not depend on it, but each one costs (see docs/adr/0002). Where the
        plant is cut anywhere, control is apart too.
    platform : Platform, optional
        What the run is linked with; a bus in this process if not given.
    hardware : Hardware, optional
        The real devices of the scenario; all are simulated if not given.
    outlets : Outlets, optional
        Systems of somebody else in which its devices appear.

    Raises
    ------
    ScenarioError, PluginError
        If an input file or a plug-in cannot be used.
    """
    context, remote = scenario.context, scenario.file.run.remote
    grid = scenario.grid_kind.build(scenario.grid_options, context)
    tables = {table.name: table for table in grid.tables}
    parts = build_parts(scenario.kinds, context, tables["bus"].ids, but=remote)
    if hardware is not None:
        parts = [replace(part, fleet=hardware.swap(part.kind, part.fleet)) for part in parts]
    acting = [part for part in parts if part.kind.phase is not Phase.OBSERVING]
    plant = _plant(scenario, grid, acting, cuts)
    tables.update({table.name: table for stage in plant if isinstance(stage, Stage) for table in stage.tables})
    tables.update({name: scenario.table(name) for name in remote})
    groups: list[tuple[Member, ...] | Abroad] = [stage if isinstance(stage, Abroad) else (stage,) for stage in plant]
    if CUT_GRID in cuts or isinstance(plant[-1], Abroad):
        groups.append((GridMember(grid),))
    else:
        groups[-1] = (plant[-1], GridMember(grid))
    meters = _metering(parts, scenario, tables, grid)
    platform = platform or Platform()
    agents = [spec.agent(spec.name, spec.options, context) for spec in scenario.controllers]
    asking = [agent.name for agent in agents] + [spec.name for spec in scenario.outlets if outlets]
    arbiter = Arbiter(list(tables.values()), sorted(asking))
    foreknown = rehearse(scenario, agents, _rehearsal)
    host = PlatformHost(agents, [*acting, *meters.parts], context.axis, platform, arbiter, foreknown, hardware, outlets)
    real = hardware.tables if hardware else ()
    most_steps = None if platform.pacer is None else max(1, round(BLOCK_WALL_S / platform.pacer.step_wall_s))
    recorder = Recorder([*tables.values(), *meters.tables, *real], context.axis, sink, most_steps)
    control = Control(meters, host, arbiter)
    far = [scenario.kinds[name] for name in remote]
    wanted, asked = (wanted_by(far, phases=grid.phases), set_points_of(far)) if far else ({}, {})
    together = len(groups) == 1 and CUT_CONTROL not in cuts
    if hardware is not None and not together:
        message = "real devices need a run that is not cut into several simulators"
        raise RunError(message)
    parts_of_world = Components(
        tuple(groups), control, recorder, together=together, hardware=hardware, wanted=wanted, asked=asked
    )
    return Built(scenario, parts_of_world, grid, arbiter, platform.bus, host)


def _rehearsal(scenario: Scenario, sink: Callable[[ResultBlock], None]) -> None:
    drive(assemble(scenario, sink).components)


def _plant(scenario: Scenario, grid: GridModel, parts: Sequence[Part], cuts: Sequence[Phase | str]) -> list[Stage | Abroad]:
    """Return what steps in which simulator, in order: kinds in this process side by side, each one abroad by itself."""
    remote, twin = scenario.file.run.remote, scenario.twin
    here = {part.table.name: part for part in parts}
    acting = in_order(kind for kind in scenario.kinds.values() if kind.name in here or kind.name in remote)
    plant: list[Stage | Abroad] = []
    group: list[Part] = []
    for number, kind in enumerate(acting):
        cut = kind.phase in cuts and acting[number - 1].phase is not kind.phase
        if group and (cut or kind.name in remote):
            plant.append(Stage(group, twin, scenario.axis, phases=grid.phases))
            group = []
        if kind.name in remote:
            plant.append(_abroad(scenario, grid, kind.name))
        else:
            group.append(here[kind.name])
    return [*plant, Stage(group, twin, scenario.axis, phases=grid.phases)] if group or not plant else plant


def _abroad(scenario: Scenario, grid: GridModel, kind: str) -> Abroad:
    buses = next(table.ids for table in grid.tables if table.name == BUS)
    params = {
        "token": os.environ.get(TOKEN_VARIABLE, ""),
        "scenario": scenario.yaml(),
        "folder": str(scenario.document.folder.resolve()),
        "kinds": [kind],
        "buses": list(buses),
        "phases": grid.phases,
    }
    return Abroad(address=scenario.file.run.remote[kind], params=params)


def _metering(parts: Sequence[Part], scenario: Scenario, tables: dict[str, Table], grid: GridModel) -> Stage:
    twin = scenario.twin
    voltage_at = {name: low for name, (_, low) in grid.topology().transformers.items()}
    observing = [
        replace(part, inputs=point_gathers(part, twin, tables, voltage_at))
        for part in parts
        if part.kind.phase is Phase.OBSERVING
    ]
    return Stage(observing, twin, scenario.axis, loads=False)


def run(
    scenario: Scenario,
    *,
    out: Path = RUNS,
    progress: Callable[[int, int], None] | None = None,
    stop: Callable[[], bool] | None = None,
    report: bool = True,
    series: bool = True,
    cuts: Sequence[Phase | str] = (),
    platform: Platform | None = None,
) -> Run:
    """Run a scenario and return its results.

    Parameters
    ----------
    scenario : Scenario
        A checked scenario.
    out : pathlib.Path
        Folder in which the run folder is made.
    progress : callable, optional
        Called with steps done and steps in all.
    stop : callable, optional
        Asked in every step; when it returns True the run ends and what was computed stays readable.
    report : bool
        Whether to write figures and ``report.html``.
    series : bool
        Whether to store series at all; without them there are key figures, messages and events, and no report.
    cuts : sequence of Phase, or ``"grid"``
        See `assemble`.
    platform : Platform, optional
        Bus, pace, agents outside and playback; by default a bus in this process, as fast as possible.

    Raises
    ------
    RunInterruptedError
        If `stop` said so.
    RunError
        If a plug-in raised, results could not be written, or the scenario is strict and something failed on the way. The
        folder's manifest then says ``failed``.
    """
    platform = platform or Platform()
    platform.check(scenario)
    folder = RunFolder.create(out, scenario.name, datetime.now(UTC))
    with RunWriter(folder) as writer:
        context = scenario.context
        facts = run_facts(
            scenario=scenario.name,
            twin=context.twin,
            axis=context.axis,
            seed=context.seed,
            title=scenario.file.title,
            mode=platform.mode_of(scenario),
        )
        writer.write_manifest(**facts)
        writer.write_scenario(scenario.yaml())
        if scenario.real:
            writer.write_manifest(**{HOME: str(scenario.document.folder.resolve())})
        write_devices(folder, context.twin)
        session = _Session(scenario, writer, series=series)
        hardware = Hardware(scenario, platform.pacer, folder.path) if scenario.real and platform.pacer else None
        outlets = Outlets(scenario, _tables(scenario), folder.path) if scenario.outlets and platform.pacer else None
        built = assemble(scenario, session.take, cuts, platform, hardware, outlets)
        session.watch(built, folder.path.name)
        writer.write_topology(built.grid.topology())
        recorder = built.components.recorder
        recorder.watch = _watcher(folder.path, recorder, progress, stop, session.drain)
        if platform.pacer is not None:
            platform.pacer.stopped = lambda: recorder.stop_asked or (stop is not None and stop())
        unsafe: dict[str, str] = {}
        try:
            with _shown(outlets), _devices(hardware, recorder, writer, unsafe):
                drive(built.components)
        except RunInterruptedError as interrupted:
            _say_unsafe(interrupted, unsafe, hardware.engine.emergency if hardware else "")
            session.finish(recorder, waits=False)
            if hardware is not None:  # of all runs this is the one that somebody wants to read
                session.write_accounts(built.host)
            writer.close(INTERRUPTED)
            if hardware is not None and report and series and recorder.steps_done:
                with suppress(TwinergyError):
                    _write_report(Run(folder.path))
            raise
        except BaseException as error:
            _say_unsafe(error, unsafe)
            session.finish(recorder, waits=False)
            raise
        session.finish(recorder)
        session.write_accounts(built.host)
        if recorder.steps_done != context.axis.n_steps:
            message = f"the co-simulation ended after {recorder.steps_done} of {context.axis.n_steps} steps without saying why"
            raise RunError(message)
        _judge(session.kpis, scenario)
    finished = Run(folder.path)
    if report and series:
        _write_report(finished)
    return finished


def _tables(scenario: Scenario) -> dict[str, Table]:
    return {name: scenario.table(name) for name in scenario.kinds if scenario.twin.of_kind(name)}


@contextmanager
def _shown(outlets: Outlets | None) -> Iterator[None]:
    """Show devices to systems of somebody else for as long as steps are computed."""
    if outlets is None:
        yield
        return
    try:
        outlets.start()
        yield
    finally:
        outlets.close()


@contextmanager
def _devices(hardware: Hardware | None, recorder: Recorder, writer: RunWriter, unsafe: dict[str, str]) -> Iterator[None]:
    """Hold the real devices for as long as steps are computed, and see them into their safe states whatever happens.

    `unsafe` takes those of which that could not be shown, and why.
    """
    if hardware is None:
        yield
        return

    def end(_why: str) -> None:
        recorder.stop_asked = True

    hardware.engine.on_emergency = end
    try:
        hardware.start()
        yield
    finally:
        unsafe.update({name: said for name, said in hardware.close().items() if said})
        writer.write_manifest(hardware=hardware.facts())


def _say_unsafe(error: BaseException, unsafe: dict[str, str], emergency: str = "") -> None:
    """Have a run that ends before its time say why, and whose safe state could not be shown: somebody must go and look."""
    if isinstance(error, TwinergyError):
        said = [f"emergency stop ({emergency})"] if emergency else []
        said += [str(error)]
        said += [f"{name} could not be put into its safe state: {problem}" for name, problem in unsafe.items()]
        error.args = ("\n".join(said),)


class _Session:
    """Takes recorded blocks: key figures, series, events."""

    def __init__(self, scenario: Scenario, writer: RunWriter, *, series: bool) -> None:
        self.kpis = Kpis(scenario.twin, scenario.axis)
        self._writer = writer
        self._record = scenario.file.record
        self._series = series
        self._week = scenario.axis.start_epoch_s // BLOCK_S

    def watch(self, built: Built, name: str) -> None:
        """Take events from here on; `name` is that of the run."""
        self._arbiter, self._host, self._bus = built.arbiter, built.host, built.bus
        self._inbox = built.bus.subscribe(EVERYTHING, keep_late=True)
        self._waits = True
        tables = built.components.recorder.tables
        pilot = built.scenario.context.pilot
        built.host.begin(built.arbiter, tables, pilot=pilot, run=name, scenario=digest(built.scenario.yaml()))

    def take(self, block: ResultBlock) -> None:
        """Add a block to the key figures and hand everything to the writer."""
        self.kpis.add(block)
        counts = self._arbiter.counts
        self.kpis.count_set_points(asked=counts.asked, granted=counts.granted, limited=counts.limited, refused=counts.refused)
        self._writer.write_block(self._chosen(block))
        self._writer.write_events("set_points", self._arbiter.take_events())
        self._write_messages()
        week = (int(block.epoch_s[-1]) + block.step_s) // BLOCK_S
        if week > self._week:  # of ten thousand homes a block is a day, and their key figures take a quarter of a second
            self._week = week
            self.save_kpis()

    def drain(self) -> None:
        """Store messages before their inbox overflows; called after every step."""
        if self._inbox.waiting > MOST_WAITING:
            self._write_messages()

    def _write_messages(self) -> None:
        messages = [row_of(message) for message in self._inbox.take(waits=self._waits)]
        self._writer.write_events("messages", messages)

    def finish(self, recorder: Recorder, *, waits: bool = True) -> None:
        """Store what is left, and how the bus and those who are linked to it fared; without waiting for a bus that failed."""
        self._waits = waits
        recorder.flush()
        with suppress(BusError):  # it is what ended the run, or it has gone when nothing needs it any more
            self._host.end()
        self._write_messages()
        self._writer.write_events("rejections", [rejection.row() for rejection in self._bus.counts.rejections])
        self._writer.write_manifest(**self._host.facts())
        self.save_kpis()

    def write_accounts(self, host: PlatformHost) -> None:
        """Write what agents and real devices say of themselves."""
        said: dict[str, list[Any]] = {name: [asdict(each) for each in tables] for name, tables in host.accounts().items()}
        real = self.kpis.hardware.accounts(host.facts().get("hardware", {}))
        self._writer.write_accounts(said | ({REAL: real} if real else {}))

    def save_kpis(self) -> None:
        """Write the key figures of what has been taken so far."""
        self._writer.write_kpis(self.kpis.document())

    def _chosen(self, block: ResultBlock) -> ResultBlock:
        """Return what is to be stored of a block."""
        if not self._series:
            return replace(block, tables={})
        if not self._record:
            return block
        tables = {}
        for name, part in block.tables.items():
            wanted = self._record.get(name)
            values = part.values if wanted is None else {port: part.values[port] for port in wanted}
            if values:
                tables[name] = replace(part, values=values)
        return replace(block, tables=tables)


def _watcher(
    folder: Path,
    recorder: Recorder,
    progress: Callable[[int, int], None] | None,
    stop: Callable[[], bool] | None,
    drain: Callable[[], None],
) -> Callable[[int], None]:
    """Return what the recorder calls after each step."""
    total = recorder.axis.n_steps

    def watch(done: int) -> None:
        drain()
        if progress is not None and (done % PROGRESS_STEPS == 0 or done == total):
            progress(done, total)
        if recorder.stop_asked or (stop is not None and stop()):
            message = f"stopped after {done} of {total} steps; what was computed is in {folder}"
            raise RunInterruptedError(message)

    return watch


def _judge(kpis: Kpis, scenario: Scenario) -> None:
    """Fail a strict run in which anything failed."""
    unclean = [figure for figure in kpis.result().values() if not figure.clean]
    if scenario.file.run.strict and unclean:
        said = "; ".join(f"{figure.name} = {figure.text}" for figure in unclean)
        message = (
            f"strict run: {said}. Run without --strict to accept this, or mend the scenario; the results are in the run folder"
        )
        raise RunError(message)


def _write_report(finished: Run) -> None:
    from twinergy.results.report import write_report  # noqa: PLC0415 - matplotlib and jinja2

    write_report(finished)
