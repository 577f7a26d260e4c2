# SPDX-License-Identifier: Apache-2.0
"""From a scenario file to lists of connections, dwellings and devices: generated homes become explicit ones.

Every draw of a home depends on the seed, the home's id and the name of what is drawn. So a home keeps its PV when the share
of PV grows, and its size when the village grows.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from pydantic import ValidationError

from twinergy.community.distributions import distribution
from twinergy.community.findings import from_validation
from twinergy.community.schema import GRID_PHASES
from twinergy.community.twin import Connection, Dwelling, Hub
from twinergy.errors import closest
from twinergy.randomness import Draws

if TYPE_CHECKING:
    from collections.abc import Sequence

    from twinergy.community.document import Document, KeyPath
    from twinergy.community.schema import CommunityBlock, GeneratedDevice, MeterRule, ScenarioFile
    from twinergy.errors import Finding
    from twinergy.kinds import GridDescription

WEATHER: Final = "weather"
PRICES: Final = "prices"
PROFILE_DIGITS: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class RawDevice:
    """A device whose options its kind has not seen yet."""

    id: str
    kind: str
    options: dict[str, Any]
    path: KeyPath
    options_path: KeyPath
    connection: str = ""
    dwelling: str = ""
    hub: str = ""
    heat_network: str = ""
    phases: str = ""
    adapter: tuple[dict[str, Any], ...] = ()
    adapter_path: KeyPath = ()


@dataclass
class Expansion:
    """Everything a scenario lists or generates, in no particular order."""

    connections: list[Connection] = field(default_factory=list)
    dwellings: list[Dwelling] = field(default_factory=list)
    hubs: list[Hub] = field(default_factory=list)
    devices: list[RawDevice] = field(default_factory=list)
    connection_paths: list[KeyPath] = field(default_factory=list)
    dwelling_paths: list[KeyPath] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)


def expand(file: ScenarioFile, document: Document, grid: GridDescription | None) -> Expansion:
    """Return everything the scenario describes, generated homes and meters included.

    Parameters
    ----------
    file : ScenarioFile
        The validated file.
    document : Document
        Where it came from.
    grid : GridDescription or None
        Where homes can be connected; None if the grid itself is faulty, then no homes are generated.
    """
    result = Expansion()
    _listed(file, result)
    _ambient(file, result)
    if file.community and grid:
        _generated(file, document, grid, result)
    for position, rule in enumerate(file.meters):
        _meters(rule, ("meters", position), grid, result)
    _overridden(file, document, result)
    _real(file, document, result)
    return result


def _overridden(file: ScenarioFile, document: Document, result: Expansion) -> None:
    """Give devices the options that the list of overrides has for them; what it does not name stays as it was drawn."""
    place_of = {device.id: place for place, device in enumerate(result.devices)}
    for name, options in file.overrides.items():
        path: KeyPath = ("overrides", name)
        if not options:
            continue
        if name not in place_of:
            message = "there is no such device"
            result.findings.append(document.finding(message, path, value=name, allowed=closest(name, place_of)))
            continue
        known = result.devices[place_of[name]]
        changed = replace(known, options={**known.options, **options}, options_path=path)
        result.devices[place_of[name]] = changed


def _real(file: ScenarioFile, document: Document, result: Expansion) -> None:
    """Give adapters to the devices that the list of adapters names."""
    place_of = {device.id: place for place, device in enumerate(result.devices)}
    for name, blocks in file.adapters.items():
        path: KeyPath = ("adapters", name)
        if name not in place_of:
            if blocks:
                message = "there is no such device"
                result.findings.append(document.finding(message, path, value=name, allowed=closest(name, place_of)))
            continue
        place = place_of[name]
        result.devices[place] = replace(result.devices[place], adapter=blocks, adapter_path=path)


def _listed(file: ScenarioFile, result: Expansion) -> None:
    for position, connection in enumerate(file.connections):
        result.connections.append(Connection(**connection.model_dump()))
        result.connection_paths.append(("connections", position))
    for position, dwelling in enumerate(file.dwellings):
        result.dwellings.append(Dwelling(**dwelling.model_dump()))
        result.dwelling_paths.append(("dwellings", position))
    result.hubs.extend(Hub(**hub.model_dump()) for hub in file.hubs)
    for position, device in enumerate(file.devices):
        path: KeyPath = ("devices", position)
        raw = RawDevice(**device.model_dump(), path=path, options_path=path, adapter_path=(*path, "adapter"))
        result.devices.append(raw)


def _ambient(file: ScenarioFile, result: Expansion) -> None:
    result.devices.append(RawDevice(id=WEATHER, kind=WEATHER, options=file.weather, path=("weather",), options_path=("weather",)))
    currency = file.site.currency
    for name, given in file.tariffs.items():
        path: KeyPath = ("tariffs", name)
        options = in_euro(given, currency.code, currency.eur_per_unit) if currency else given
        result.devices.append(RawDevice(id=name, kind=PRICES, options=options, path=path, options_path=path))


def in_euro(options: Any, code: str, eur_per_unit: float) -> Any:
    """Return options with every amount in another currency, told by its name, turned into euro.

    >>> in_euro({"energy": {"price_gbp_per_kwh": 0.2}}, "GBP", 1.2)
    {'energy': {'price_eur_per_kwh': 0.24}}
    """
    if isinstance(options, list):
        return [in_euro(item, code, eur_per_unit) for item in options]
    if not isinstance(options, dict):
        return options
    mark, converted = f"_{code.lower()}", {}
    for key, value in options.items():
        foreign = f"{key}_".find(f"{mark}_") >= 0 and isinstance(value, int | float) and not isinstance(value, bool)
        name = key.replace(mark, "_eur") if foreign else key
        converted[name] = value * eur_per_unit if foreign else in_euro(value, code, eur_per_unit)
    return converted


def _generated(file: ScenarioFile, document: Document, grid: GridDescription, result: Expansion) -> None:
    community = file.community
    assert community is not None  # noqa: S101 - the caller asks only then
    seed = file.run.seed if community.seed is None else community.seed
    plan = _HomePlan(community, document, seed)
    if plan.findings:
        result.findings.extend(plan.findings)
        return
    digits = max(PROFILE_DIGITS, len(str(community.homes)))
    buses = grid.connection_buses
    if community.connection.phases == GRID_PHASES and not grid.connection_phases:
        path = ("community", "connection", "phases")
        message = "this grid's data do not say which phases homes are connected to"
        result.findings.append(document.finding(message, path, value=GRID_PHASES, allowed="abc, a, b, c or a choice of them"))
        return
    for number in range(community.homes):
        home = f"{community.prefix}-{number + 1:0{digits}d}"
        own = grid.connection_phases[number % len(buses)] if grid.connection_phases else ""
        plan.draw_home(home, buses[number % len(buses)], own, result)
        if plan.findings:
            result.findings.extend(plan.findings)
            return


class _HomePlan:
    """Distributions of a community block, parsed once."""

    def __init__(self, community: CommunityBlock, document: Document, seed: int) -> None:
        self.community = community
        self.document = document
        self.draws = Draws(seed)
        self.findings: list[Finding] = []
        root: KeyPath = ("community",)
        self.connection = self._parse(community.connection.model_dump(), (*root, "connection"))
        self.dwelling = self._parse(community.dwelling.model_dump(), (*root, "dwelling"))
        self.devices = {
            name: self._parse(block.options, (*root, "devices", name, "options")) for name, block in community.devices.items()
        }
        for name, block in community.devices.items():
            if block.needs and block.needs not in list(community.devices)[: list(community.devices).index(name)]:
                path = (*root, "devices", name, "needs")
                known = ", ".join(list(community.devices)[: list(community.devices).index(name)]) or "none"
                self.findings.append(document.finding("names no block before this one", path, value=block.needs, allowed=known))

    def _parse(self, values: dict[str, Any], path: KeyPath) -> dict[str, Any]:
        parsed: dict[str, Any] = {}
        for key, value in values.items():
            try:
                parsed[key] = distribution(value) or value
            except ValidationError as error:
                self.findings.extend(from_validation(error, self.document, None, (*path, key)))
        return parsed

    def draw_home(self, home: str, bus: str, own_phases: str, result: Expansion) -> None:
        drawn: dict[str, Any] = {}
        connection = self._draw(self.connection, home, "", drawn)
        dwelling = self._draw(self.dwelling, home, "", drawn)
        if self.findings:
            return
        if connection["phases"] == GRID_PHASES:
            connection["phases"] = own_phases
        result.connections.append(Connection(id=home, bus=bus, **connection))
        result.connection_paths.append(("community", "connection"))
        result.dwellings.append(Dwelling(id=home, connection=home, **dwelling))
        result.dwelling_paths.append(("community", "dwelling"))
        owned: set[str] = set()
        for name, block in self.community.devices.items():
            if (block.needs and block.needs not in owned) or not self._has(home, name, block):
                continue
            owned.add(name)
            path: KeyPath = ("community", "devices", name)
            options = self._draw(self.devices[name], home, f"{name}.", drawn)
            result.devices.append(
                RawDevice(
                    id=f"{home}-{name}",
                    kind=block.kind or name,
                    connection=home,
                    dwelling=home,
                    heat_network=block.heat_network,
                    phases=block.phases,
                    options=options,
                    path=path,
                    options_path=(*path, "options"),
                )
            )

    def _has(self, home: str, name: str, block: GeneratedDevice) -> bool:
        return float(self.draws.at(home, f"community/{name}").random()) < block.share

    def _draw(self, values: dict[str, Any], home: str, prefix: str, drawn: dict[str, Any]) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for key, value in values.items():
            made[key] = value
            if hasattr(value, "draw"):
                rng = self.draws.at(home, f"community/{prefix}{key}")
                try:
                    made[key] = value.draw(rng, drawn)
                except ValueError as error:
                    block = ("devices", prefix[:-1], "options") if prefix else ()
                    self.findings.append(self.document.finding(str(error), ("community", *block, key)))
            drawn[f"{prefix}{key}"] = made[key]
        return made


def _meters(rule: MeterRule, path: KeyPath, grid: GridDescription | None, result: Expansion) -> None:
    for sort, target in _metered(rule, grid, result):
        result.devices.append(
            RawDevice(
                id=f"{rule.kind}-{target}",
                kind=rule.kind,
                options={**rule.options, "of": {sort: target}},
                path=path,
                options_path=(*path, "options"),
            )
        )


def _metered(rule: MeterRule, grid: GridDescription | None, result: Expansion) -> Sequence[tuple[str, str]]:
    if isinstance(rule.of, dict):
        return [("device", device.id) for device in result.devices if device.kind == rule.of["kind"]]
    if rule.of == "connections":
        return [("connection", connection.id) for connection in result.connections]
    if grid is None:
        return []
    return [("transformer", n) for n in grid.transformers] if rule.of == "transformers" else [("line", n) for n in grid.lines]
