# SPDX-License-Identifier: Apache-2.0
"""Load a scenario: from a name or a file to a checked static twin, with every finding at once."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from twinergy import plugins
from twinergy.community import checks, document
from twinergy.community.document import dotted, pilots
from twinergy.community.expand import PRICES, WEATHER, Expansion, RawDevice, expand
from twinergy.community.findings import from_validation
from twinergy.community.real import real_devices
from twinergy.community.schema import ScenarioFile
from twinergy.community.twin import BuildContext, Device, Site, Twin
from twinergy.errors import Finding, PluginError, ScenarioError, closest
from twinergy.kinds import Phase, Table
from twinergy.timebase import TimeAxis, local_midnight

if TYPE_CHECKING:
    from collections.abc import Iterable

    from twinergy.adapters import AdapterKind, AdapterOptions
    from twinergy.adapters.outlet import OutletKind
    from twinergy.agents import Agent
    from twinergy.community.document import Document, KeyPath
    from twinergy.community.real import Real
    from twinergy.kinds import DeviceKind, GridDescription, GridKind
    from twinergy.options import Options

GRID: Final = "grid"


@dataclass(frozen=True, slots=True)
class ControllerSpec:
    """An agent a scenario asks for: its name, its plug-in and its validated options."""

    name: str
    plugin: str
    agent: type[Agent]
    options: Options


@dataclass(frozen=True, slots=True)
class OutletSpec:
    """An outlet a scenario asks for: its name, its plug-in and its validated options."""

    name: str
    kind: OutletKind
    options: Options


@dataclass(frozen=True)
class Scenario:
    """A checked scenario.

    Attributes
    ----------
    document : Document
        The merged file with overrides.
    file : ScenarioFile
        The same, typed.
    context : BuildContext
        Twin, time axis, seed and folder.
    kinds : dict of str to DeviceKind
        Device kinds in use, by name.
    grid_kind, grid_options, grid : GridKind, Options, GridDescription
        The grid plug-in, its options and what it says of itself.
    controllers : tuple of ControllerSpec
        Agents, by name.
    real : tuple of (Attached, Coverage)
        Devices that are real, by id, with what of them is.
    outlets : tuple of OutletSpec
        Systems of somebody else in which its devices appear, by name.
    """

    document: Document
    file: ScenarioFile
    context: BuildContext
    kinds: dict[str, DeviceKind]
    grid_kind: GridKind
    grid_options: Options
    grid: GridDescription
    controllers: tuple[ControllerSpec, ...]
    real: Real = ()
    outlets: tuple[OutletSpec, ...] = ()

    @property
    def name(self) -> str:
        """Name of the scenario."""
        return self.file.name

    @property
    def twin(self) -> Twin:
        """The static twin."""
        return self.context.twin

    @property
    def axis(self) -> TimeAxis:
        """The steps of the run."""
        return self.context.axis

    def table(self, kind: str) -> Table:
        """Return the result table of one kind's devices."""
        return Table(kind, tuple(device.id for device in self.twin.of_kind(kind)), self.kinds[kind].ports)

    def simulated(self) -> Scenario:
        """Return the scenario with every device simulated."""
        devices = tuple(replace(device, adapters=()) for device in self.twin.devices)
        return replace(self, context=replace(self.context, twin=replace(self.twin, devices=devices)), real=())

    def with_set(self, *assignments: str) -> Scenario:
        """Return the scenario with ``a.b=c`` assignments applied and checked again."""
        return build(document.override(self.document, assignments))

    def yaml(self) -> str:
        """Return the merged scenario as YAML that can be loaded again from its own folder."""
        import io  # noqa: PLC0415

        from ruamel.yaml import YAML  # noqa: PLC0415

        stream = io.StringIO()
        writer = YAML(typ="safe", pure=True)
        writer.default_flow_style = False
        writer.allow_unicode = True
        writer.sort_base_mapping_type_on_output = False  # type: ignore[assignment]
        writer.dump(self.document.data, stream)
        return stream.getvalue()


def find(name: str) -> Path:
    """Return the scenario file of a pilot's name or a path.

    Raises
    ------
    ScenarioError
        If there is neither.
    """
    path = Path(name)
    if path.suffix in {".yaml", ".yml"} or path.is_file():
        return path
    known = pilots()
    if path.is_dir() and (path / "scenario.yaml").is_file():
        return path / "scenario.yaml"
    if name in known:
        return known[name]
    raise ScenarioError([Finding(message="there is no such scenario", value=name, allowed=closest(name, known))])


def load(name: str | Path, assignments: Iterable[str] = ()) -> Scenario:
    """Load, merge, override, expand and check a scenario.

    Parameters
    ----------
    name : str or pathlib.Path
        Name of a pilot or path of a file.
    assignments : iterable of str
        Overrides ``a.b=c``.

    Raises
    ------
    ScenarioError
        With every finding.
    """
    return build(document.override(document.read(find(str(name))), assignments))


def build(source: Document) -> Scenario:
    """Check a document and expand it to a scenario.

    Raises
    ------
    ScenarioError
        With every finding.
    """
    try:
        file = ScenarioFile.model_validate(source.data)
    except ValidationError as error:
        raise ScenarioError(from_validation(error, source, ScenarioFile), _subject(source)) from error
    return _Loading(source, file).finish()


class _Loading:
    """Collects findings while the parts of a scenario are put together."""

    def __init__(self, source: Document, file: ScenarioFile) -> None:
        self.source = source
        self.file = file
        self.findings: list[Finding] = []
        self.kinds: dict[str, DeviceKind] = {}
        self.unusable: set[str] = set()

    def finish(self) -> Scenario:
        axis = self._axis()
        grid_kind, grid_options, grid = self._grid()
        expansion = expand(self.file, self.source, grid)
        self.findings += expansion.findings
        self._identify(expansion, grid)
        devices = self._devices(expansion)
        site = _site(self.file)
        twin = _twin(site, expansion, devices)
        context = None
        if axis is not None:
            seed, folder = self.file.run.seed, self.source.folder
            context = BuildContext(twin=twin, axis=axis, seed=seed, folder=folder, pilot=self.file.name)
        self._physics(twin)
        real, wrong = real_devices(twin, self.kinds)
        self.findings += wrong
        controllers = self._controllers(context)
        outlets = self._outlets(twin)
        if self.findings or context is None or grid_kind is None or grid_options is None or grid is None:
            located = [self._located(finding) for finding in checks.condensed(self.findings)]
            raise ScenarioError(located, _subject(self.source))
        return Scenario(self.source, self.file, context, self.kinds, grid_kind, grid_options, grid, controllers, real, outlets)

    def _axis(self) -> TimeAxis | None:
        try:
            return time_axis(self.file)
        except ValueError as error:
            self.findings.append(self.source.finding(str(error), ("run",)))
            return None

    def _grid(self) -> tuple[GridKind | None, Options | None, GridDescription | None]:
        kind: GridKind = plugins.load(plugins.SIMULATORS, GRID)
        options = self._validated(kind.options, self.file.grid, ("grid",))
        if options is None:
            return kind, None, None
        homes = self.file.community.homes if self.file.community else 0
        try:
            options = kind.resolve(options, homes)
            return kind, options, kind.describe(options, self.source.folder, homes)
        except ScenarioError as error:
            self.findings += error.findings
            return kind, options, None

    def _identify(self, expansion: Expansion, grid: GridDescription | None) -> None:
        self.findings += checks.duplicates(expansion.connections, expansion.connection_paths, self.source, "connections")
        self.findings += checks.duplicates(expansion.dwellings, expansion.dwelling_paths, self.source, "dwellings")
        self.findings += checks.duplicates(expansion.devices, [d.path for d in expansion.devices], self.source, "devices")
        self.findings += checks.references(expansion, self.source, grid)

    def _devices(self, expansion: Expansion) -> list[Device]:
        devices, faulty = [], set()
        at = {d.id: d.connection for d in expansion.dwellings}, {h.id: h.connection for h in expansion.hubs}
        for raw in expansion.devices:
            point = raw.options.get("of")
            if isinstance(point, dict) and point.get("device") in faulty:
                continue  # its device has its own finding; a meter without a point would only repeat it
            kind = self._kind(raw)
            options = self._validated(kind.options, raw.options, raw.options_path) if kind else None
            adapters = self._adapters(raw)
            if options is None or adapters is None:
                faulty.add(raw.id)
            else:
                devices.append(_placed(raw, options, at, adapters))
        return devices

    def _adapters(self, raw: RawDevice) -> tuple[AdapterOptions, ...] | None:
        """Return what makes a device real, None where that is faulty."""
        made = [self._adapter(raw, block, number) for number, block in enumerate(raw.adapter)]
        return tuple(one for one in made if one is not None) if None not in made else None

    def _adapter(self, raw: RawDevice, block: dict[str, Any], number: int) -> AdapterOptions | None:
        path = (*raw.adapter_path, number) if isinstance(self.source.value(raw.adapter_path), list) else raw.adapter_path
        name = str(block.get("kind", ""))
        known = plugins.names(plugins.ADAPTERS)
        if name not in known:
            said = "there is no such adapter" if name else "it does not say which adapter it is"
            self.findings.append(self.source.finding(said, (*path, "kind"), value=name or None, allowed=closest(name, known)))
            return None
        try:
            adapter: AdapterKind = plugins.load(plugins.ADAPTERS, name)
        except PluginError as error:
            self.findings.append(self.source.finding(str(error), (*path, "kind"), value=name))
            return None
        options = self._validated(adapter.options, block, path)
        return cast("AdapterOptions | None", options)

    def _kind(self, raw: RawDevice) -> DeviceKind | None:
        if raw.kind in self.unusable:
            return None
        if raw.kind not in self.kinds:
            try:
                self.kinds[raw.kind] = plugins.device_kind(raw.kind)
            except PluginError as error:
                self.unusable.add(raw.kind)
                known = [name for name in plugins.names(plugins.SIMULATORS) if name not in {GRID, WEATHER, PRICES}]
                path = (*raw.path, "kind")
                if raw.kind in plugins.names(plugins.SIMULATORS):
                    self.findings.append(self.source.finding(str(error), path, value=raw.kind))
                else:
                    said = "there is no such kind of device"
                    self.findings.append(self.source.finding(said, path, value=raw.kind, allowed=closest(raw.kind, known)))
                return None
        return self.kinds[raw.kind]

    def _validated(self, model: type[Options], data: Any, path: KeyPath) -> Options | None:
        try:
            return model.model_validate(data, context={"folder": self.source.folder})
        except ValidationError as error:
            self.findings += from_validation(error, self.source, model, path)
            return None

    def _physics(self, twin: Twin) -> None:
        self._remote(twin)
        self.findings += checks.ratings(twin, self.kinds)
        self.findings += checks.phases(twin)
        for name, kind in self.kinds.items():
            self.findings += kind.check(twin.of_kind(name), twin)

    def _remote(self, twin: Twin) -> None:
        stay = {Phase.AMBIENT, Phase.OBSERVING}
        can = [name for name, kind in self.kinds.items() if kind.phase not in stay and twin.of_kind(name)]
        for name in self.file.run.remote:
            if name not in can:
                message = "only a kind of device that the scenario has can step elsewhere; weather, prices and meters stay"
                allowed = closest(name, can)
                self.findings.append(self.source.finding(message, ("run", "remote", name), value=name, allowed=allowed))

    def _controllers(self, context: BuildContext | None) -> tuple[ControllerSpec, ...]:
        specs = []
        for name, block in sorted(self.file.controllers.items()):
            if block is None:
                continue
            path: KeyPath = ("controllers", name)
            data = dict(block)
            plugin = str(data.pop("type", name))
            try:
                agent: type[Agent] = plugins.load(plugins.CONTROLLERS, plugin)
            except PluginError as error:
                known = closest(plugin, plugins.names(plugins.CONTROLLERS))
                message = str(error) if plugin in plugins.names(plugins.CONTROLLERS) else "there is no such controller"
                self.findings.append(self.source.finding(message, path, value=plugin, allowed=known))
                continue
            options = self._validated(agent.options_model, data, path)
            if options is not None and context is not None:
                self.findings += agent.check(name, options, context)
                specs.append(ControllerSpec(name, plugin, agent, options))
        return tuple(specs)

    def _outlets(self, twin: Twin) -> tuple[OutletSpec, ...]:
        specs = []
        devices = {name: [device.id for device in twin.of_kind(name)] for name in self.kinds}
        for name, block in sorted(self.file.outlets.items()):
            if block is None:
                continue
            data, path = dict(block), ("outlets", name)
            plugin, known = str(data.pop("type", name)), plugins.names(plugins.OUTLETS)
            if plugin not in known:
                said = "there is no such outlet"
                self.findings.append(self.source.finding(said, path, value=plugin, allowed=closest(plugin, known)))
                continue
            if name in self.file.controllers:
                self.findings.append(self.source.finding("a controller has this name already", path, value=name))
            kind: OutletKind = plugins.load(plugins.OUTLETS, plugin)
            options = self._validated(kind.options, data, path)
            if options is not None:
                self.findings += [self._within(finding, path) for finding in kind.check(options, devices)]
                specs.append(OutletSpec(name, kind, options))
        return tuple(specs)

    def _within(self, finding: Finding, path: KeyPath) -> Finding:
        return self._located(replace(finding, path=f"{dotted(path)}.{finding.path}"))

    def _located(self, finding: Finding) -> Finding:
        """Add file and line to a finding of a plug-in that knows only the path of its device."""
        if finding.file or not finding.path:
            return finding
        file, line = self.source.where(undotted(finding.path))
        return replace(finding, file=file, line=line)


def undotted(path: str) -> KeyPath:
    """Return the parts of a path as people write it.

    >>> undotted("devices[3].soc")
    ('devices', 3, 'soc')
    """
    return tuple(int(part) if part.isdigit() else part for part in re.findall(r"[^.\[\]\s]+", path))


def time_axis(file: ScenarioFile) -> TimeAxis:
    """Return the steps of a run; days are local calendar days.

    Raises
    ------
    ValueError
        If the end is not after the start or the start is not on the raster of the step.
    """
    run, zone = file.run, file.site.timezone
    start = _instant(run.start, zone)
    if run.end is not None:
        end = _instant(run.end, zone)
    else:
        first = start.astimezone(ZoneInfo(zone))
        days = run.days or 7
        end = datetime.combine(first.date() + timedelta(days=days), first.timetz()).astimezone(UTC)
    if end <= start:
        message = f"the end {end.isoformat()} is not after the start {start.isoformat()}"
        raise ValueError(message)
    return TimeAxis.between(start, end, run.step_s)


def _instant(value: date | datetime, zone: str) -> datetime:
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=ZoneInfo(zone))).astimezone(UTC)
    return local_midnight(value, zone)


def _placed(
    raw: RawDevice, options: Options, at: tuple[dict[str, str], dict[str, str]], adapters: tuple[AdapterOptions, ...] = ()
) -> Device:
    dwellings, hubs = at
    connection = raw.connection or dwellings.get(raw.dwelling, "") or hubs.get(raw.hub, "")
    return Device(
        id=raw.id,
        kind=raw.kind,
        options=options,
        connection=connection,
        dwelling=raw.dwelling,
        hub=raw.hub,
        heat_network=raw.heat_network,
        phases=raw.phases,
        path=dotted(raw.options_path),
        adapters=adapters,
        adapter_path=dotted(raw.adapter_path),
    )


def _site(file: ScenarioFile) -> Site:
    facts = file.site.model_dump(exclude={"currency"})
    money = file.site.currency
    return Site(**facts, currency=money.code, eur_per_unit=money.eur_per_unit) if money else Site(**facts)


def _twin(site: Site, expansion: Expansion, devices: list[Device]) -> Twin:
    return Twin(
        site=site,
        connections=tuple(sorted(expansion.connections, key=lambda c: c.id)),
        dwellings=tuple(sorted(expansion.dwellings, key=lambda d: d.id)),
        hubs=tuple(sorted(expansion.hubs, key=lambda h: h.id)),
        devices=tuple(sorted(devices, key=lambda d: (d.kind, d.id))),
    )


def _subject(source: Document) -> str:
    return f"scenario {source.files[-1]}" if source.files else "scenario"
