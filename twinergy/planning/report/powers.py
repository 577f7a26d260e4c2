# SPDX-License-Identifier: Apache-2.0
"""Flows of a plan by what they are: where electricity came from and where it went, of a node or of all."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np

from twinergy.planning.blocks.agreeing import room_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twinergy.kinds import FloatArray
    from twinergy.planning.plan import Plan, Unit

IMPORT: Final = "from the grid"
EXPORT: Final = "into the grid"
CHARGE: Final = "storage charges"
DISCHARGE: Final = "storage discharges"
CARS: Final = "cars feed back"
OWN: Final = {"pv": "PV", "wind": "wind", "chp": "CHP"}
REFERENCE: Final = "reference."
"""Flows of this owner are those of the community as it is: ``reference.import_kw``, ``reference.export_kw``."""
_WORDS: Final = {
    "buffer": "heat_buffer",
    "battery": "battery",
    "pv": "pv",
    "wind": "wind",
    "chp": "chp",
    "cars": "ev",
    "meter": "tariff",
}
"""Words in the names of blocks that no unit of the plan is made of, and the kind they stand for."""


@dataclass
class Powers:
    """Electricity of each step.

    Attributes
    ----------
    supply, use : dict of str to ndarray, shape (n_steps,)
        Where it came from; where it went but to those who consume it. At least 0. [kW]
    """

    n_steps: int
    supply: dict[str, FloatArray] = field(default_factory=dict)
    use: dict[str, FloatArray] = field(default_factory=dict)

    @property
    def consumption(self) -> FloatArray:
        """What is consumed, cars and heat pumps among it: all that comes less all that goes, shape (n_steps,). [kW]."""
        return total(self.supply, self.n_steps) - total(self.use, self.n_steps)

    @property
    def exchange(self) -> FloatArray:
        """Import less export, shape (n_steps,). [kW]."""
        nothing = np.zeros(self.n_steps)
        return self.supply.get(IMPORT, nothing) - self.use.get(EXPORT, nothing)

    @property
    def own(self) -> FloatArray:
        """What own plants generate, shape (n_steps,). [kW]."""
        return total({name: power for name, power in self.supply.items() if name in OWN.values()}, self.n_steps)

    def add(self, side: dict[str, FloatArray], name: str, power: FloatArray) -> None:
        """Add a power to what is known of its name."""
        side[name] = side[name] + power if name in side else power


def total(several: Mapping[str, FloatArray], n_steps: int) -> FloatArray:
    """Return the sum of some courses, shape (n_steps,)."""
    return np.sum(list(several.values()), axis=0) if several else np.zeros(n_steps)


def powers(plan: Plan, node: str | None = None) -> Powers:
    """Return where electricity came from and went.

    Parameters
    ----------
    plan : Plan
        A plan with flows.
    node : str, optional
        Only this node; of all nodes, what one feeds in while another draws never leaves the community and is in neither.
    """
    found = Powers(len(plan.hours))
    owners = Owners(plan)
    for name, power in plan.flows.items():
        owner, variable = name.partition(".")[0], name.rpartition(".")[2]
        if name.startswith(REFERENCE) or (node is not None and owners.node(owner) != node):
            continue
        _take(found, owners.kind(owner), variable, power)
    if IMPORT in found.supply or EXPORT in found.use:
        exchange = found.exchange
        found.supply[IMPORT], found.use[EXPORT] = np.maximum(exchange, 0.0), np.maximum(-exchange, 0.0)
    return found


def _take(found: Powers, kind: str, variable: str, power: FloatArray) -> None:
    match variable, kind:
        case "import_kw", _:
            found.add(found.supply, IMPORT, power)
        case "export_kw", _:
            found.add(found.use, EXPORT, power)
        case "generated_kw", _:
            found.add(found.supply, OWN.get(kind, "own plants"), power)
        case "power_kw", "chp":
            found.add(found.supply, OWN["chp"], power)
        case "discharge_kw", "battery":
            found.add(found.supply, DISCHARGE, power)
        case "charge_kw", "battery":
            found.add(found.use, CHARGE, power)
        case "discharge_kw", "ev":
            found.add(found.supply, CARS, power)


class Owners:
    """Whose a flow or a size is: the first word of its name, a block's room.

    Parameters
    ----------
    plan : Plan
        The plan.
    """

    def __init__(self, plan: Plan) -> None:
        self._units = [(room_name(unit.block), unit) for unit in plan.units]
        self._nodes = {room_name(node): node for node in plan.nodes}
        self._connections = {connection: node for node, several in plan.nodes.items() for connection in several}

    def kind(self, owner: str) -> str:
        """Return the kind of a block; by the words of its name where no unit of the plan is made of it."""
        unit = self._unit(owner)
        if unit is not None:
            return unit.kind
        words = room_name(owner).split("_")
        return next((kind for word, kind in _WORDS.items() if word in words), "")

    def node(self, owner: str) -> str:
        """Return the node that electricity of a block is at; by the end of its name where no unit is made of it."""
        unit = self._unit(owner)
        if unit is not None:
            meters = (self._connections[place] for place in unit.share if place in self._connections)
            return unit.node if unit.node in self._nodes.values() else next(meters, unit.node)
        ends = [node for room, node in self._nodes.items() if room_name(owner) == room or room_name(owner).endswith(f"_{room}")]
        return max(ends, key=len, default="")

    def _unit(self, owner: str) -> Unit | None:
        """Return the first unit that a block is made of: faces of a roof and units of a CHP say more after its name."""
        name = room_name(owner)
        return next((unit for room, unit in self._units if room == name or room.startswith(f"{name}_")), None)
