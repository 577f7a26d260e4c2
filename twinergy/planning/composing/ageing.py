# SPDX-License-Identifier: Apache-2.0
"""How long batteries last that are used as a plan uses them, beside how long its costs take them to last."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from twinergy.planning.blocks.agreeing import room_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from twinergy.planning.composing.site import Composed, Site
    from twinergy.planning.optimise import Optimum

SORTS: Final = ("home_battery", "community_battery")


def told(site: Site, plan: Composed, optimum: Optimum) -> Iterator[str]:
    """Yield a note for every battery that the plan wears out sooner than its annuity says.

    Life follows the law of the catalogue: so many years standing, or so many full cycles, whichever part of it is used up.
    """
    hours = optimum.matrices.horizon.hours
    sizes = optimum.sizes()
    for part in plan.parts:
        capacity = sizes.get((part.block, "capacity_kwh"), 0.0)
        if part.kind != "battery" or not part.technology or capacity <= 1.0:
            continue
        kind = next(found for found in map(site.technology, SORTS) if found.name == part.technology)
        discharged = float(np.sum(optimum.value(f"{room_name(part.block)}.discharge_kw") * hours))
        cycles = discharged / capacity
        lasts, paid = kind.lifetime_years(cycles), kind.number("capacity_lifetime_years")
        if lasts < paid:
            yield (
                f"{part.block} is cycled {cycles:.0f} times a year and lasts {lasts:.1f} a, its cost is spread over {paid:.1f} a:"
                f" plan again with technologies.{kind.entry.sort}.overrides.capacity_lifetime_years={lasts:.1f}"
            )
