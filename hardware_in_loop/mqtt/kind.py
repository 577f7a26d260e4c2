# SPDX-License-Identifier: Apache-2.0
"""The adapter ``mqtt``."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar, cast

from hardware_in_loop.mqtt.fallback import SHORTEST_WITHIN_S, falls_back, safe_value
from hardware_in_loop.mqtt.library import bind, load
from hardware_in_loop.mqtt.options import MqttOptions
from hardware_in_loop.mqtt.payloads import PayloadError, raw_value
from hardware_in_loop.mqtt.ports import Wiring, wire
from twinergy.adapters import AdapterKind, AdapterOptions, Coverage, Mode
from twinergy.errors import Finding, ScenarioError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from hardware_in_loop.mqtt.profile import Profile
    from twinergy.adapters import Attached, Bench, Driver, FaultBoard, LinkContext, Physics


class Mqtt(AdapterKind):
    """Devices behind an MQTT broker."""

    name: ClassVar[str] = "mqtt"
    title: ClassVar[str] = "MQTT 3.1.1 and 5: Shelly, Zigbee2MQTT, LoRaWAN by ChirpStack, and any device by a profile"
    options: ClassVar[type[AdapterOptions]] = MqttOptions

    def coverage(self, kind: str, options: AdapterOptions) -> Coverage:
        """Return what the profile fills and takes of this kind; see `AdapterKind.coverage`."""
        profile, wiring = _known(kind, cast("MqttOptions", options))
        safe = cast("MqttOptions", options)
        means = [falls_back(profile, name, safe_value(safe, profile, name, port)) for name, port in wiring.writes.items()]
        reads, writes = tuple(wiring.reads.values()), tuple(wiring.writes.values())
        return Coverage(reads, writes, bool(means) and all(means), profile.expire_s)

    def check(self, attached: Sequence[Attached]) -> list[Finding]:
        """Return what is wrong with these: two links that command one device, safe states that cannot be."""
        findings: list[Finding] = []
        owners: dict[tuple[object, ...], str] = {}
        for each in attached:
            options = cast("MqttOptions", each.options)
            try:
                profile, wiring = _known(each.kind, options)
            except ScenarioError as error:
                findings += _below(each, error.findings)
                continue
            if options.mode is Mode.CONTROL:
                findings += _below(each, _unsafe(options, profile, wiring))
            key = (options.address, options.profile, options.topic, tuple(sorted(options.fields.items())), tuple(wiring.writes))
            other = owners.setdefault(key, each.id)
            if other != each.id and wiring.writes:
                message = f"{each.id} and {other} would command the same device; two hands at one switch"
                findings += _below(each, [Finding(message=message, path="topic", value=options.topic)])
        return findings

    def driver(self, attached: Sequence[Attached], context: LinkContext) -> Driver:
        """Build the driver of all MQTT devices of a run."""
        from hardware_in_loop.mqtt.driver import MqttDriver  # noqa: PLC0415 - the client library is needed in a run only

        return MqttDriver(attached, context)

    def bench(self, attached: Sequence[Attached], physics: Physics, faults: FaultBoard, context: LinkContext) -> Bench:
        """Build software devices that speak as these would."""
        from hardware_in_loop.mqtt.bench import MqttBench  # noqa: PLC0415 - as above

        return MqttBench(attached, physics, faults, context)

    async def scan(self, where: str) -> list[dict[str, object]]:
        """Look at what a broker tells of its devices; see `AdapterKind.scan`."""
        from hardware_in_loop.mqtt.scan import scan  # noqa: PLC0415 - as above

        return await scan(where)


def _below(one: Attached, findings: Iterable[Finding]) -> list[Finding]:
    return [replace(finding, path=f"{one.path}.{finding.path}".strip(".")) for finding in findings]


def _known(kind: str, options: MqttOptions) -> tuple[Profile, Wiring]:
    profile = bind(load(options.profile), options.topic, options.fields)
    return profile, wire(kind, options, profile)


def _unsafe(options: MqttOptions, profile: Profile, wiring: Wiring) -> Iterator[Finding]:
    """Yield what is wrong with the safe state of a device that is controlled."""
    for name, port in wiring.writes.items():
        safe = safe_value(options, profile, name, port)
        if safe is None:
            yield Finding(message="say what is safe: the profile does not", path=f"safe.set.{port}")
            continue
        try:
            raw_value(profile.commands[name], safe)
        except PayloadError as error:
            yield Finding(message=str(error), path=f"safe.set.{port}", value=safe)
        if falls_back(profile, name, safe) == "will" and options.safe.within_s < SHORTEST_WITHIN_S:
            allowed = f"{SHORTEST_WITHIN_S:g} s or more: the broker must notice first that the laboratory is gone"
            yield Finding(
                message="is too short for a last will", path="safe.within_s", value=options.safe.within_s, allowed=allowed
            )


ADAPTER = Mqtt()
