# SPDX-License-Identifier: Apache-2.0
"""Roofs: modules that are there, and room for more in the direction that a roof has."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from pydantic import ValidationError

from twinergy.community.expand import expand
from twinergy.cosim.planning.probes import PV, Face, Faces, face, pv_kind, usual
from twinergy.planning.courses import Roof

if TYPE_CHECKING:
    from collections.abc import Sequence

    from twinergy.community.scenario import Scenario
    from twinergy.community.twin import Device, Dwelling

KWP_PER_M2: Final = 0.2
"""Module power per area: 1 kW/m2 times an efficiency of 20 %, the average of modules shipped in 2021 (Fraunhofer ISE,
Photovoltaics Report, 2022: 20.4 %); new ones have more."""
USABLE_SHARE: Final = 0.6
"""Share of a roof that modules can cover: windows, chimneys, edges and shade take the rest. *Assumption.* [-]"""
ROOF_TILT_DEG: Final = 35.0
"""Tilt of roofs of which nothing is known: the default of the PV kind. *Assumption.* [deg]"""
SOUTH_DEG: Final = 180.0
RASTER_DEG: Final = 15.0
"""Turns of houses are taken to the next 15 degrees, as the building kind does. [deg]"""
MOST_NAMED: Final = 5


def roofs_of(scenario: Scenario, faces: Faces, usable_share: float = USABLE_SHARE) -> tuple[tuple[Roof, ...], list[str]]:
    """Return every roof of a community, and what was assumed.

    A roof with modules has room in their direction. A generated home without has the direction that the scenario would draw for
    it if it had modules. Other dwellings have a gable roof with one half to where the house turns its front.

    Parameters
    ----------
    scenario : Scenario
        The scenario.
    faces : Faces
        Takes the directions.
    usable_share : float
        Share of the roof area that modules can cover. [-]
    """
    twin = scenario.twin
    existing = {device.id: face(device.options.model_dump()) for device in twin.of_kind(PV)}
    rest = usual(existing.values())
    drawn = _drawn(scenario)
    fallback = rest if rest is not None else usual(drawn.values()) or _defaults()
    roofs, notes = [], []
    of_dwelling: dict[str, list[Device]] = {}
    for device in twin.of_kind(PV):
        of_dwelling.setdefault(device.dwelling, []).append(device)
    free = of_dwelling.pop("", [])
    roofs += [_roof(one.id, one.connection, existing[one.id], faces, _kwp(one), 0.0) for one in free]
    for dwelling in twin.dwellings:
        fits = KWP_PER_M2 * usable_share * dwelling.roof_area_m2
        there = of_dwelling.get(dwelling.id, [])
        if there:
            total = sum(map(_kwp, there))
            room = max(0.0, fits - total)
            roofs += [
                _roof(one.id, one.connection, existing[one.id], faces, _kwp(one), room * _kwp(one) / total) for one in there
            ]
        elif fits > 0.0:
            roofs += _empty(scenario, dwelling, drawn.get(dwelling.id), fallback, faces, fits)
    bare = [one.id for one in twin.dwellings if one.roof_area_m2 <= 0.0 and one.id not in of_dwelling]
    if bare:
        notes.append(f"{len(bare)} dwellings have a roof of 0 m2 and so no room for modules: {_named(bare)}")
    notes.append(
        f"modules have {KWP_PER_M2:g} kWp/m2 and may cover {100.0 * usable_share:g} % of a dwelling's roof area (assumption); "
        f"a roof of which nothing is known has two halves tilted {ROOF_TILT_DEG:g} degrees (assumption)"
    )
    return tuple(replace(one, room_kwp=round(one.room_kwp, 6)) for one in roofs), notes


def _roof(name: str, connection: str, one: Face, faces: Faces, existing_kwp: float, room_kwp: float) -> Roof:
    return Roof(
        id=name,
        connection=connection,
        orientation=faces.name(one),
        tilt_deg=one.tilt_deg,
        azimuth_deg=one.azimuth_deg,
        existing_kwp=existing_kwp,
        room_kwp=room_kwp,
    )


def _kwp(device: Device) -> float:
    return float(getattr(device.options, "p_dc_kwp", 0.0))


def _empty(
    scenario: Scenario, dwelling: Dwelling, drawn: Face | None, rest: tuple[tuple[str, Any], ...], faces: Faces, fits: float
) -> list[Roof]:
    """Return the roof of a dwelling without modules: as it would be drawn, or the two halves of a gable roof."""
    if drawn is not None:
        return [_roof(dwelling.id, dwelling.connection, drawn, faces, 0.0, fits)]
    buildings = [one for one in scenario.twin.in_dwelling(dwelling.id) if hasattr(one.options, "rotation_deg")]
    turn = float(getattr(buildings[0].options, "rotation_deg", 0.0)) if buildings else 0.0
    front = (SOUTH_DEG + RASTER_DEG * round(turn / RASTER_DEG)) % 360.0
    halves = ((dwelling.id, front), (f"{dwelling.id}-back", (front + 180.0) % 360.0))
    return [
        _roof(name, dwelling.connection, Face(ROOF_TILT_DEG, azimuth, rest), faces, 0.0, fits / 2.0) for name, azimuth in halves
    ]


def _defaults() -> tuple[tuple[str, Any], ...]:
    return face(pv_kind().options.model_validate({"p_dc_kwp": 1.0}).model_dump()).rest


def _drawn(scenario: Scenario) -> dict[str, Face]:
    """Return the direction that each generated home would be given if all of them had modules, by dwelling.

    Draws of a home do not depend on the share of homes that have something (`twinergy.community.expand`), so this is what a
    scenario with more PV has.
    """
    community = scenario.file.community
    if community is None:
        return {}
    blocks, found = {}, False
    for name, block in community.devices.items():
        blocks[name] = block.model_copy(update={"share": 1.0})
        if (block.kind or name) == PV:
            found = True
            break
    if not found:
        return {}
    everybody = community.model_copy(update={"devices": blocks})
    empty: dict[str, Any] = {name: [] for name in ("devices", "dwellings", "connections", "hubs", "meters")}
    file = scenario.file.model_copy(update={"community": everybody, "adapters": {}, **empty})
    model = pv_kind().options
    faces = {}
    for raw in expand(file, scenario.document, scenario.grid).devices:
        if raw.kind == PV:
            try:
                faces[raw.dwelling] = face(model.model_validate(raw.options).model_dump())
            except ValidationError:  # drawn beyond what the kind allows; such a home would be refused
                continue
    return faces


def _named(ids: Sequence[str]) -> str:
    return ", ".join(ids[:MOST_NAMED]) + (f" and {len(ids) - MOST_NAMED} more" if len(ids) > MOST_NAMED else "")
