# SPDX-License-Identifier: Apache-2.0
"""The device kind ``gateway``."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, ClassVar, Final, cast

from simulators.gateway.layout import GROUPS, MACHINES, ONE_EACH, POWERS, READ, SAID, STATES, SUMMED
from simulators.gateway.options import GatewayOptions
from twinergy.errors import Finding
from twinergy.kinds import DeviceKind, Phase
from twinergy.ports import measured, needs
from twinergy.timebase import local_epoch_s

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from twinergy.community.twin import BuildContext, Device, Twin
    from twinergy.kinds import Fleet
    from twinergy.options import Options
    from twinergy.ports import Port

_TEXTS: Final = {SUMMED: "Smart plugs of the wet machines, added up", **{each.name: each.text for each in READ}}
_FIRST: Final = ("p_household_kw", *(f"p_{group}_kw" for group in GROUPS))
_MACHINES: Final = tuple(f"{machine}_{what}" for machine in MACHINES for what in ("p_kw", "pending", "slack_s"))
_REST: Final = tuple(each.name for each in (*POWERS, *STATES, *SAID) if each.name not in {*_FIRST, *_MACHINES})


class GatewayKind(DeviceKind):
    """Home gateways: the eyes of a home's energy management behind its meter.

    A gateway reads what its dwelling has, this step's values: smart plugs, wet machines, inverters, battery, heating, sensors of
    the room and charging point. What the dwelling has not, or what no plug measures, reads NaN, and so does everything in a gap.
    """

    name: ClassVar[str] = "gateway"
    title: ClassVar[str] = "Home gateway of a dwelling: smart plugs, machines, inverters, battery, heating, room sensors"
    phase: ClassVar[Phase] = Phase.OBSERVING
    options: ClassVar[type[Options]] = GatewayOptions
    ports: ClassVar[tuple[Port, ...]] = (
        *(
            needs(f"true_{each.name}", each.source, f"Truth of `{each.name}`; NaN where the dwelling has no such thing")
            for each in READ
        ),
        *(measured(name, _TEXTS[name]) for name in (*_FIRST, *_MACHINES, *_REST)),
        measured("valid", "Whether the latest telegram arrived: 1, or 0 in a gap and before the first"),
        measured("age_s", "Time since the end of the latest telegram's last step: 0 is fresh; NaN before the first"),
    )

    def build(self, devices: Sequence[Device], context: BuildContext) -> Fleet:
        """Build the fleet of these gateways."""
        from simulators.gateway.simulator import GatewayFleet  # noqa: PLC0415 - kept out of the import of the kind

        options = [cast("GatewayOptions", device.options) for device in devices]
        return GatewayFleet([device.id for device in devices], options, context.seed, context.twin.site.timezone)

    def check(self, devices: Sequence[Device], twin: Twin) -> list[Finding]:
        """Return gateways without a home, second ones in a home, homes too full for one, and plugs that die before they live."""
        seen: dict[str, list[str]] = defaultdict(list)
        findings: list[Finding] = []
        for device in devices:
            findings += [*_homeless(device, seen), *_crowded(device, twin), *_backwards(device, twin.site.timezone)]
            seen[device.dwelling].append(device.id)
        return findings


def _homeless(device: Device, seen: dict[str, list[str]]) -> Iterator[Finding]:
    if not device.dwelling:
        message = f"gateway {device.id!r} belongs to no dwelling, so there is nothing it could read"
        yield Finding(message=message, path=f"{device.path}.dwelling", allowed="the id of a dwelling")
    elif earlier := seen.get(device.dwelling):
        message = f"gateway {device.id!r} is the second of its dwelling; {earlier[0]!r} reads everything there already"
        yield Finding(message=message, path=f"{device.path}.dwelling", value=device.dwelling, allowed="one gateway per dwelling")


def _crowded(device: Device, twin: Twin) -> Iterator[Finding]:
    """Find devices of which a gateway knows one only: states of charge and temperatures do not add up."""
    there = twin.in_dwelling(device.dwelling)
    for kind in ONE_EACH:
        ids = [other.id for other in there if other.kind == kind]
        if len(ids) > 1:
            message = f"gateway {device.id!r} reads one {kind} of its dwelling {device.dwelling!r}, which has {len(ids)}"
            allowed = f"one {kind}; give the others a connection instead of the dwelling"
            yield Finding(message=message, path=f"{device.path}.dwelling", value=", ".join(ids), allowed=allowed)


def _backwards(device: Device, timezone: str) -> Iterator[Finding]:
    for place, plug in enumerate(cast("GatewayOptions", device.options).dead_plugs):
        if plug.until is not None and local_epoch_s(plug.until, timezone) <= local_epoch_s(plug.from_, timezone):
            message = f"the dead plug of {plug.group!r} would read again before it dies"
            path = f"{device.path}.dead_plugs[{place}].until"
            yield Finding(message=message, path=path, value=f"{plug.until}", allowed=f"a time after {plug.from_}")


KIND: Final = GatewayKind()
