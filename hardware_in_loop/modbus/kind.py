# SPDX-License-Identifier: Apache-2.0
"""The Modbus adapter: devices that speak Modbus TCP or RTU, with SunSpec models or registers of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

from hardware_in_loop.modbus.options import ModbusOptions
from twinergy.adapters import AdapterKind, Coverage, Mode
from twinergy.errors import Finding, ScenarioError, closest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hardware_in_loop.modbus.profile import Profile
    from twinergy.adapters import AdapterOptions, Attached, Bench, Driver, FaultBoard, LinkContext, Physics


class ModbusAdapter(AdapterKind):
    """See the module."""

    name: ClassVar[str] = "modbus"
    title: ClassVar[str] = "Modbus TCP, TLS, RTU and RTU over TCP: SunSpec devices and register maps"
    options: ClassVar[type[AdapterOptions]] = ModbusOptions

    def coverage(self, kind: str, options: AdapterOptions) -> Coverage:
        """Return the ports of a kind that the profile serves; which of them the device has is known once it answers."""
        given = cast("ModbusOptions", options)
        spec = _profile(given).devices.get(kind)
        if spec is None:
            allowed = f"a profile for a {kind}; this one is for {', '.join(_profile(given).devices)}"
            finding = Finding(message=f"this profile has no {kind}", path="profile", value=given.profile, allowed=allowed)
            raise ScenarioError([finding], "Modbus adapter")
        wrong = [
            Finding(
                message="this profile neither reads nor writes such a port",
                path=f"signs.{port}",
                value=port,
                allowed=closest(port, known),
            )
            for known in ({*spec.reads, *spec.writes},)
            for port in given.signs
            if port not in known
        ]
        if wrong:
            raise ScenarioError(wrong, "Modbus adapter")
        return Coverage(tuple(spec.reads), tuple(spec.writes), spec.falls_back)

    def check(self, attached: Sequence[Attached]) -> list[Finding]:
        """Return devices at one address, connections with two opinions, and safe values that no timer leads to."""
        findings: list[Finding] = []
        at: dict[tuple[str, int, str], str] = {}
        endpoints: dict[str, tuple[str, object]] = {}
        for one in attached:
            options = cast("ModbusOptions", one.options)
            endpoint = options.endpoint
            place = (endpoint.key, options.unit, one.kind)
            if place in at:
                message = f"{one.id} and {at[place]} are one device: both are unit {options.unit} at {endpoint.key}"
                findings.append(
                    Finding(message=message, path=_below(one, "unit"), value=options.unit, allowed="another unit, host or port")
                )
            at.setdefault(place, one.id)
            other, before = endpoints.setdefault(endpoint.key, (one.id, endpoint))
            if before != endpoint:
                message = f"{one.id} and {other} share the connection {endpoint.key} but describe it differently"
                findings.append(
                    Finding(message=message, path=_below(one, "host"), value=endpoint.key, allowed="the same transport and times")
                )
            findings += _of_fallback(one, options)
        return findings

    def driver(self, attached: Sequence[Attached], context: LinkContext) -> Driver:
        """Build the driver of all Modbus devices of a run."""
        from hardware_in_loop.modbus.driver import ModbusDriver  # noqa: PLC0415 - checking a scenario needs no driver

        return ModbusDriver(attached, context)

    def bench(self, attached: Sequence[Attached], physics: Physics, faults: FaultBoard, context: LinkContext) -> Bench:
        """Build software devices that stand where these real ones would."""
        from hardware_in_loop.modbus.bench import ModbusBench  # noqa: PLC0415 - only a bench needs servers

        return ModbusBench(attached, physics, faults, context)

    async def scan(self, where: str) -> list[dict[str, object]]:
        """Look for SunSpec units at ``host:port``, or on a serial line."""
        from hardware_in_loop.modbus.scan import scan  # noqa: PLC0415

        return await scan(where)


def _profile(options: ModbusOptions) -> Profile:
    from hardware_in_loop.modbus import library  # noqa: PLC0415 - naming the adapter must not load its profiles

    return library.load(options.profile)


def _below(one: Attached, path: str) -> str:
    return f"{one.path}.{path}" if one.path else path


def _of_fallback(one: Attached, options: ModbusOptions) -> list[Finding]:
    if options.mode is not Mode.CONTROL or options.safe.fallback == "none":
        return []
    spec = _profile(options).devices.get(one.kind)
    if spec is None:
        return []
    return [
        Finding(
            message=f"when its timer ends this device goes to its local mode, not to a value (profile {options.profile})",
            path=_below(one, f"safe.set.{port}"),
            value=value,
            allowed="nothing here, if its local mode is safe; or safe.fallback: none, which takes the risk knowingly",
        )
        for port, value in options.safe.set.items()
        if port in spec.writes and not any(way.revert and way.revert.value for way in spec.writes[port])
    ]
