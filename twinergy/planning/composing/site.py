# SPDX-License-Identifier: Apache-2.0
"""What all composers look at: the request, the year, the nodes, and what of each sort may be built at which price."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from twinergy.planning.size import Size

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twinergy.planning.catalogue import Catalogue, Technology
    from twinergy.planning.courses import Courses, MeterPoint
    from twinergy.planning.draft import Block
    from twinergy.planning.nodes import Node
    from twinergy.planning.request import PlanRequest
    from twinergy.planning.request import Technology as Wish

OPEN: Final[dict[str, tuple[str, ...]]] = {
    "dispatch": (),
    "storage": ("home_battery", "community_battery"),
    "hosting": ("pv",),
    "chp": ("chp", "boiler", "heat_buffer"),
    "storage_and_res": ("pv", "home_battery", "community_battery"),
}
"""Sorts that a question implies; others are open when the request names them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A thing of a plan: what it is in the twin and in the model.

    Attributes
    ----------
    id : str
        Unique among the units of the plan.
    block, kind, node : str
        Block of the model, kind of thing, place.
    sizes : dict of str to str
        Names of its sizes in the block by their plain names: ``size_kwp``, ``capacity_kwh``, ``power_kw``, ``size_kw``.
    scale : dict of str to float
        What one unit of a size in the model is of the plain one, 1 where it is not there: a CHP unit is so many kW.
    portion : dict of str to float
        What part of a size in the model it has, 1 where it is not there: roofs of one direction but other tilts share a size. [-]
    technology : str
        Name in the catalogue.
    invest_eur : dict of str to float
        What one unit of a size costs at once. [EUR/unit]
    existing : dict of str to float
        By plain name.
    share : dict of str to float
        Where it is, adding up to 1.
    facts : dict
        What a scenario needs to know.
    """

    id: str
    block: str
    kind: str
    node: str
    sizes: Mapping[str, str]
    scale: Mapping[str, float] = field(default_factory=dict)
    portion: Mapping[str, float] = field(default_factory=dict)
    technology: str = ""
    invest_eur: Mapping[str, float] = field(default_factory=dict)
    existing: Mapping[str, float] = field(default_factory=dict)
    share: Mapping[str, float] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass
class Composed:
    """Blocks of a plan and what they stand for; composers add to it.

    Attributes
    ----------
    blocks : list of Block
    parts : list of Part
    meters : list of MeterPoint
        Connections of the twin, and after them those that a plan adds.
    notes : list of str
        What was assumed.
    """

    blocks: list[Block] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)
    meters: list[MeterPoint] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Site:
    """What a plan is composed from.

    Attributes
    ----------
    request, courses, catalogue, nodes
        The request, the year of the community, the technologies, and which meters are planned as one.
    """

    request: PlanRequest
    courses: Courses
    catalogue: Catalogue
    nodes: tuple[Node, ...]

    @cached_property
    def node_of(self) -> dict[str, Node]:
        """Node of each connection."""
        return {self.courses.meters[row].id: node for node in self.nodes for row in node.rows}

    def is_open(self, sort: str) -> bool:
        """Whether something of a sort may be built."""
        named = sort in self.request.technologies
        return (
            (named or sort in OPEN[self.request.question])
            and self.request.technology(sort).most != 0.0
            and self.request.question != "dispatch"
        )

    def wish(self, sort: str) -> Wish:
        """Return what the request says of a sort."""
        return self.request.technology(sort)

    def technology(self, sort: str) -> Technology:
        """Return the technology that is planned with for a sort, with the request's own numbers."""
        name = self.wish(sort).technology
        return (self.catalogue.technology(name) if name else self.catalogue.default(sort)).asked(self.request)

    def sizes(self, kind: Technology) -> dict[str, Size]:
        """Return the sizes of a technology at their price; making it counts only where the request says so."""
        priced = kind.sizes(self.request)
        return priced if self.request.embodied else {name: replace(size, embodied_kg=0.0) for name, size in priced.items()}

    def fuel(self, name: str) -> tuple[float, float]:
        """Return price and greenhouse gases of a fuel, levelled over the horizon. [EUR/kWh], [g CO2e/kWh]."""
        finance = self.request.finance
        return self.catalogue.fuel_eur_per_kwh(name, finance), self.catalogue.fuel(name, finance.catalogue_year).co2_g_per_kwh


def held(size: Size, *, existing: float = 0.0) -> Size:
    """Return a size at which nothing may be added."""
    return Size(unit=size.unit, existing=existing, most=0.0)


def between(size: Size, *, existing: float = 0.0, least: float = 0.0, most: float = math.inf) -> Size:
    """Return a size with other bounds."""
    return replace(size, existing=existing, least=least, most=most)
