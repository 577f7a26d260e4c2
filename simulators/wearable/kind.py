# SPDX-License-Identifier: Apache-2.0
"""The device kind ``wearable``."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final, cast

from simulators.wearable.options import WearableOptions
from twinergy.errors import Finding
from twinergy.kinds import DeviceKind, Phase
from twinergy.ports import measured, needs

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from twinergy.community.twin import BuildContext, Device, Twin
    from twinergy.kinds import Fleet
    from twinergy.options import Options
    from twinergy.ports import Port


class WearableKind(DeviceKind):
    """Wearables: physiological data of single people, for modules that care for comfort and health.

    A wearable is heard by the gateway of its home: while its person is away, as while it is not worn, a telegram says that nobody
    wears it there, and nothing else. What a person does outside is nobody's business.
    """

    name: ClassVar[str] = "wearable"
    title: ClassVar[str] = "Wearable of one person of a dwelling: heart rate, skin temperature and activity with errors and gaps"
    phase: ClassVar[Phase] = Phase.OBSERVING
    options: ClassVar[type[Options]] = WearableOptions
    ports: ClassVar[tuple[Port, ...]] = (
        needs("occupants", "household.occupants", "People in the home; NaN without a household"),
        needs("active_occupants", "household.active_occupants", "People in the home who are awake; NaN without a household"),
        needs("temp_indoor_degc", "building.temp_indoor_degc", "Temperature of the air there; NaN without a building"),
        needs("temp_radiant_degc", "building.temp_radiant_degc", "Mean radiant temperature there; NaN without a building"),
        needs("humidity_percent", "building.humidity_percent", "Relative humidity there; NaN without a building"),
        measured("heart_rate_bpm", "Reading: heart rate; NaN in a gap and while `worn` is 0"),
        measured("skin_temp_degc", "Reading: temperature of the skin; NaN as the heart rate, and without a building"),
        measured("activity_met", "Reading: metabolic rate over that at rest on a chair, 58.15 W/m2; NaN as the heart rate"),
        measured("worn", "Whether it is worn in the home: 1, or 0 while it is taken off or its person away; NaN in a gap"),
        measured("valid", "Whether the latest telegram arrived: 1, or 0 in a gap and before the first"),
        measured("age_s", "Time since the end of the step of the latest telegram that arrived: 0 is fresh; NaN before the first"),
    )

    def build(self, devices: Sequence[Device], context: BuildContext) -> Fleet:
        """Build the fleet of these wearables."""
        from simulators.wearable.simulator import WearableFleet, Wearer  # noqa: PLC0415 - kept out of the import of the kind

        homes = context.twin.dwelling_by_id
        wearers = [
            Wearer(each.id, each.dwelling, homes[each.dwelling].residents, cast("WearableOptions", each.options))
            for each in devices
        ]
        return WearableFleet(wearers, context.seed, context.twin.site.timezone)

    def check(self, devices: Sequence[Device], twin: Twin) -> list[Finding]:
        """Return wearables without a home, of nobody, of somebody who has one, and where nobody or too much is simulated."""
        seen: dict[tuple[str, int], str] = {}
        findings: list[Finding] = []
        for device in devices:
            if device.dwelling:
                findings += [*_nobody(device, twin, seen), *_surroundings(device, twin)]
            else:
                message = f"wearable {device.id!r} belongs to no dwelling, so nobody wears it"
                findings.append(Finding(message=message, path=f"{device.path}.dwelling", allowed="the id of a dwelling"))
        return findings


def _nobody(device: Device, twin: Twin, seen: dict[tuple[str, int], str]) -> Iterator[Finding]:
    person = cast("WearableOptions", device.options).person
    home = twin.dwelling_by_id.get(device.dwelling)
    if home is not None and person > home.residents:
        message = f"wearable {device.id!r} is worn by nobody: {home.id!r} has {home.residents} residents"
        yield Finding(message=message, path=f"{device.path}.person", value=person, allowed=f"1 to {home.residents}")
    other = seen.setdefault((device.dwelling, person), device.id)
    if other != device.id:
        message = f"wearable {device.id!r} is the second of person {person} of {device.dwelling!r}, who wears {other!r}"
        yield Finding(message=message, path=f"{device.path}.person", value=person, allowed="one wearable per person")


def _surroundings(device: Device, twin: Twin) -> Iterator[Finding]:
    path = f"{device.path}.dwelling"
    there = [other.kind for other in twin.in_dwelling(device.dwelling)]
    if "household" not in there and not device.adapters:
        message = f"nothing says when the person of wearable {device.id!r} is at home: {device.dwelling!r} has no household"
        yield Finding(message=message, path=path, value=device.dwelling, allowed="a dwelling with a household")
    if (count := there.count("building")) > 1:
        message = f"wearable {device.id!r} cannot tell where its person is: {device.dwelling!r} has {count} buildings"
        yield Finding(message=message, path=path, value=device.dwelling, allowed="one building in its dwelling")


KIND: Final = WearableKind()
