# SPDX-License-Identifier: Apache-2.0
"""Sun and wind: what is there, and what there is room for."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from twinergy.planning.blocks.pv import Face, Pv
from twinergy.planning.blocks.together import Together
from twinergy.planning.blocks.wind import Wind
from twinergy.planning.composing.site import Part, between, held

if TYPE_CHECKING:
    from twinergy.planning.composing.site import Composed, Site
    from twinergy.planning.courses import Roof
    from twinergy.planning.nodes import Node

POINTS: Final = ("north", "northeast", "east", "southeast", "south", "southwest", "west", "northwest")


def add_pv(site: Site, plan: Composed) -> None:
    """Add the roofs of every node, by point of the compass."""
    choices = []
    for node in site.nodes:
        roofs: dict[str, dict[str, list[Roof]]] = {}
        for roof in site.courses.roofs:
            if site.node_of[roof.connection] is node and (roof.existing_kwp or roof.room_kwp):
                roofs.setdefault(_point(roof), {}).setdefault(roof.orientation, []).append(roof)
        if roofs:
            choices += _node(site, plan, node, roofs)
    wish = site.wish("pv")
    together = Together.of("pv-of-all", choices, least=wish.least, most=wish.most)
    if together and site.is_open("pv"):
        plan.blocks.append(together)


def _point(roof: Roof) -> str:
    """Return the point of the compass a roof looks to.

    Roofs that look the same way are built together whatever their tilt: between 30 and 45 degrees the yield of a year differs by
    1 to 2 %, and every direction is one more size to choose in every node.
    """
    return POINTS[round(roof.azimuth_deg / 45.0) % len(POINTS)]


def _node(site: Site, plan: Composed, node: Node, points: dict[str, dict[str, list[Roof]]]) -> list[tuple[str, str]]:
    kind, block = site.technology("pv"), f"pv-{node.id}"
    invest = {"size_kwp": kind.invest_eur(site.request)["size_kwp"]}
    faces, there = [], np.zeros(site.courses.n_steps)
    for point, orientations in sorted(points.items()):
        face, parts = _face(site, node, point, orientations)
        faces.append(face)
        plan.parts.extend(replace(part, block=block, technology=kind.name, invest_eur=invest) for part in parts)
        for orientation, several in orientations.items():
            there += sum(roof.existing_kwp for roof in several) * site.courses.yields[orientation]
    plan.blocks.append(Pv(id=block, node=node.id, faces=tuple(faces), existing_kw=there))
    return [(block, face.size_name) for face in faces]


def _face(site: Site, node: Node, point: str, orientations: dict[str, list[Roof]]) -> tuple[Face, list[Part]]:
    """Return one direction of a node, and a part for each tilt in it: of every kWp more each gets as its room is."""
    open_share = _open_share(site)
    rooms = {
        name: {roof.id: roof.room_kwp * open_share[roof.connection] for roof in several} for name, several in orientations.items()
    }
    shares = _share({name: sum(room.values()) for name, room in rooms.items()})
    priced = site.sizes(site.technology("pv"))["size_kwp"]
    existing = sum(roof.existing_kwp for several in orientations.values() for roof in several)
    most = sum(sum(room.values()) for room in rooms.values())
    size = between(priced, existing=existing, most=most) if _may_grow(site, node) else held(priced, existing=existing)
    course = sum(shares[name] * site.courses.yields[name] for name in orientations)
    face = Face(name=point, yield_kw_per_kwp=np.asarray(course), size=size)
    parts = [
        Part(
            id=f"pv-{node.id}-{name}",
            block="",
            kind="pv",
            node=node.id,
            sizes={"size_kwp": face.size_name},
            portion={"size_kwp": shares[name]},
            existing={"size_kwp": sum(roof.existing_kwp for roof in several)},
            share=_share(rooms[name]),
            facts={
                "tilt_deg": several[0].tilt_deg,
                "azimuth_deg": several[0].azimuth_deg,
                "orientation": name,
                "connection": {roof.id: roof.connection for roof in several},
                "existing_kwp": {roof.id: roof.existing_kwp for roof in several},
            },
        )
        for name, several in sorted(orientations.items())
    ]
    return face, parts


def _may_grow(site: Site, node: Node) -> bool:
    """Return whether modules may be added at a node: ``where`` tells roofs of homes from all others."""
    where = site.wish("pv").where
    return site.is_open("pv") and (where == "both" or (where == "homes") == bool(node.homes))


def _open_share(site: Site) -> dict[str, float]:
    """Return the part of its roofs' room that each connection may use: a limit per home holds for all its roofs together."""
    room = dict.fromkeys((meter.id for meter in site.courses.meters), 0.0)
    for roof in site.courses.roofs:
        room[roof.connection] += roof.room_kwp
    cap = site.wish("pv").most_per_home
    if cap is None:
        return dict.fromkeys(room, 1.0)
    # a meter that is no home's counts as one
    most = {meter.id: cap * max(1, meter.homes) for meter in site.courses.meters}
    return {name: min(1.0, most[name] / total) if total > 0.0 else 1.0 for name, total in room.items()}


def _share(rooms: dict[str, float]) -> dict[str, float]:
    total = sum(rooms.values())
    return {name: room / total for name, room in rooms.items()} if total > 0.0 else dict.fromkeys(rooms, 1.0 / len(rooms))


def add_wind(site: Site, plan: Composed) -> None:
    """Add turbines that stand, and new ones where the request names them."""
    is_open = site.is_open("wind")
    for connection, existing_kw in sorted(site.courses.wind_existing_kw.items()):
        node = site.node_of[connection].id
        _turbines(site, plan, node, connection, existing_kw=existing_kw)
        if is_open and site.courses.wind_yields:
            _new_turbines(site, plan, node, connection)
    if is_open and not (site.courses.wind_existing_kw and site.courses.wind_yields):
        plan.notes.append("no turbine stands in this community, so nobody knows where a new one could: none is planned")


def _turbines(site: Site, plan: Composed, node: str, connection: str, *, existing_kw: float) -> None:
    kind = site.technology("wind")
    block = f"wind-{connection}"
    course = site.courses.wind_kw[connection] / existing_kw if existing_kw > 0.0 else np.zeros(site.courses.n_steps)
    size = held(site.sizes(kind)["size_kw"], existing=existing_kw)
    plan.blocks.append(Wind(id=block, node=node, yield_kw_per_kw=course, size=size))
    share = {connection: 1.0}
    plan.parts.append(
        Part(
            id=block,
            block=block,
            kind="wind",
            node=node,
            sizes={"size_kw": "size_kw"},
            existing={"size_kw": existing_kw},
            share=share,
        )
    )


def _new_turbines(site: Site, plan: Composed, node: str, connection: str) -> None:
    kind, wish = site.technology("wind"), site.wish("wind")
    block = f"new-wind-{connection}"
    own, yields = kind.entry.simulated_as, site.courses.wind_yields
    turbine = own if own in yields else min(yields)
    size = between(site.sizes(kind)["size_kw"], most=math.inf if wish.most is None else wish.most)
    service = kind.number("service_eur_per_kwh")
    plan.blocks.append(Wind(id=block, node=node, yield_kw_per_kw=yields[turbine], size=size, service_eur_per_kwh=service))
    plan.parts.append(
        Part(
            id=block,
            block=block,
            kind="wind",
            node=node,
            sizes={"size_kw": "size_kw"},
            technology=kind.name,
            invest_eur={"size_kw": kind.invest_eur(site.request)["size_kw"]},
            share={connection: 1.0},
            facts={"turbine": turbine},
        )
    )
