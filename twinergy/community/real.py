# SPDX-License-Identifier: Apache-2.0
"""Which devices of a scenario are real, what of them is, and whether that can work."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, cast

from twinergy import plugins
from twinergy.adapters.contract import Attached
from twinergy.adapters.options import Mode
from twinergy.errors import Finding, ScenarioError, closest
from twinergy.ports import Direction

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from twinergy.adapters.contract import AdapterKind, Coverage
    from twinergy.adapters.options import AdapterOptions
    from twinergy.community.twin import Device, Twin
    from twinergy.kinds import DeviceKind

SOC = "soc"
Real = tuple[tuple["Attached", "Coverage"], ...]


def adapter_kind(name: str) -> AdapterKind:
    """Return the adapter of this name."""
    return cast("AdapterKind", plugins.load(plugins.ADAPTERS, name))


def real_devices(twin: Twin, kinds: Mapping[str, DeviceKind]) -> tuple[Real, list[Finding]]:
    """Return the links of a scenario with what they serve, sorted by id, and what is wrong with them.

    Parameters
    ----------
    twin : Twin
        The static twin.
    kinds : mapping of str to DeviceKind
        Kinds of its devices.
    """
    found: list[Finding] = []
    real: list[tuple[Attached, Coverage]] = []
    for device in twin.devices:
        if device.adapters:
            mine = list(_links(device, kinds[device.kind], twin, found))
            found += _doubled(device, mine)
            real += mine
    real.sort(key=lambda one: one[0].id)
    by_adapter: dict[str, list[Attached]] = {}
    for one, _ in real:
        by_adapter.setdefault(one.options.kind, []).append(one)
    for name, several in by_adapter.items():
        found += adapter_kind(name).check(several)
    return tuple(real), found


def _links(device: Device, kind: DeviceKind, twin: Twin, found: list[Finding]) -> Iterator[tuple[Attached, Coverage]]:
    for number, options in enumerate(device.adapters):
        path = f"{device.adapter_path}[{number}]" if len(device.adapters) > 1 else device.adapter_path
        one = _attached(device, kind, options, twin, path)
        try:
            covers = adapter_kind(options.kind).coverage(device.kind, options)
        except ScenarioError as error:
            found += [replace(finding, path=_below(path, finding.path)) for finding in error.findings]
            continue
        wrong = list(_wrong(one, covers, kind))
        found += wrong
        if not wrong:
            yield one, covers


def _below(path: str, rest: str) -> str:
    return f"{path}.{rest}" if rest else path


def _attached(device: Device, kind: DeviceKind, options: AdapterOptions, twin: Twin, path: str) -> Attached:
    connection = twin.connection_by_id.get(device.connection)
    own = device.options.model_dump()
    return Attached(
        id=f"{device.id}.{options.part}" if options.part else device.id,
        device=device.id,
        kind=device.kind,
        options=options,
        rated_kw=kind.rated_kw(device.options),
        limit_kw=connection.limit_kw if connection else float("inf"),
        timezone=twin.site.timezone,
        facts={name: float(value) for name, value in own.items() if isinstance(value, int | float)},
        path=path,
    )


def _wrong(one: Attached, covers: Coverage, kind: DeviceKind) -> Iterator[Finding]:
    measured = [port.name for port in kind.ports if port.direction is Direction.MEASURED]
    asked = [port.name for port in kind.ports if port.direction is Direction.SET_POINT]
    for given, known in ((covers.reads, measured), (covers.writes, asked)):
        for port in given:
            if port not in known:
                message = f"the adapter serves port {port!r}, which a {one.kind!r} has not"
                yield Finding(message=message, path=one.path, allowed=closest(port, known))
    options = one.options
    if options.mode is Mode.CONTROL and not covers.writes:
        message = "it takes no set-points, so it cannot be controlled"
        yield Finding(message=message, path=f"{one.path}.mode", value=str(options.mode), allowed="shadow or monitor")
    if options.mode is Mode.CONTROL and options.safe.fallback == "required" and covers.writes and not covers.falls_back:
        message = "it cannot fall back to a safe state by itself when the laboratory is lost"
        allowed = "none, which takes that risk knowingly; or shadow or monitor as mode"
        yield Finding(message=message, path=f"{one.path}.safe.fallback", value="required", allowed=allowed)
    window = [name for name in ("soc_min", "soc_max") if getattr(options.limits, name) is not None]
    if options.mode is Mode.CONTROL and window and SOC not in covers.reads:
        message = "the device does not say its state of charge, so nothing could ever be asked of it within that limit"
        yield Finding(message=message, path=f"{one.path}.limits.{window[0]}", allowed="leave it out")
    for port in options.safe.set:
        if port not in covers.writes:
            message = f"the safe state names port {port!r}, which the device does not take"
            yield Finding(message=message, path=f"{one.path}.safe.set", allowed=closest(port, covers.writes))


def _doubled(device: Device, mine: Sequence[tuple[Attached, Coverage]]) -> Iterator[Finding]:
    ports = Counter(port for _, covers in mine for port in (*covers.reads, *covers.writes))
    twice = sorted(port for port, count in ports.items() if count > 1)
    if twice:
        message = f"several adapters serve {', '.join(twice)} of {device.id!r}; give each a part of its own"
        yield Finding(message=message, path=device.adapter_path)
