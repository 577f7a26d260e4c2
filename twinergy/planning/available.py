# SPDX-License-Identifier: Apache-2.0
"""What a plan leaves to the network in every step: renewable power, and what storage could add up and down (PUC02.01)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from twinergy.planning.blocks.agreeing import room_name
from twinergy.planning.blocks.battery import Battery
from twinergy.planning.blocks.pv import Pv
from twinergy.planning.blocks.tariff import Tariff
from twinergy.planning.blocks.wind import Wind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from twinergy.kinds import FloatArray
    from twinergy.planning.blocks.block import Block
    from twinergy.planning.optimise import Optimum

FIRM: Final = 0.95
"""Part of the year in which a power is there that is called firm. *Assumption.* [-]"""


@dataclass(frozen=True, kw_only=True)
class Available:
    """What the community could do for the network beside what it does.

    Attributes
    ----------
    renewable_kw : ndarray, shape (n_steps,)
        What sun and wind give, used or not. [kW]
    up_kw : ndarray, shape (n_steps,)
        What could be fed in more, or drawn less, for the length of a step: storage and unused sun and wind. [kW]
    down_kw : ndarray, shape (n_steps,)
        What could be drawn more, or fed in less, for the length of a step: storage. [kW]
    used_kw : ndarray, shape (n_steps,)
        What is used of sun and wind. [kW]
    hours : ndarray, shape (n_steps,)
        Hours of the year that each step stands for. [h]

    Notes
    -----
    Each step is asked by itself, from what is stored when it begins: what is given then is missing later. Batteries count with
    their power and with what they hold, connections with what is left of their limits, node by node. Cars, heat and CHP keep to
    the plan, so this is the least that is available.
    """

    renewable_kw: FloatArray
    up_kw: FloatArray
    down_kw: FloatArray
    used_kw: FloatArray
    hours: FloatArray

    def flows(self) -> dict[str, FloatArray]:
        """Return the courses by their names in a plan. [kW]."""
        return {f"network.{name}": getattr(self, name) for name in ("renewable_kw", "up_kw", "down_kw")}

    def figures(self) -> dict[str, float]:
        """Return figures of a year: energies [kWh/a], means, greatest and firm powers [kW]."""
        found = {
            "renewable_kwh": float(self.renewable_kw @ self.hours),
            "unused_kwh": float((self.renewable_kw - self.used_kw) @ self.hours),
        }
        for name in ("renewable", "up", "down"):
            course = getattr(self, f"{name}_kw")
            found[f"{name}_mean_kw"] = float(np.average(course, weights=self.hours))
            found[f"{name}_most_kw"] = float(course.max())
            found[f"{name}_firm_kw"] = _firm(course, self.hours)
        return found


def available(blocks: Sequence[Block], optimum: Optimum) -> Available:
    """Return what an optimum leaves available.

    Parameters
    ----------
    blocks : sequence of Block
        What the plan is made of.
    optimum : Optimum
        A usable answer.
    """
    horizon = optimum.matrices.horizon
    nothing = np.zeros(horizon.n_steps)
    given: dict[str, FloatArray] = {}
    spare: dict[str, FloatArray] = {}
    up: dict[str, FloatArray] = {}
    down: dict[str, FloatArray] = {}
    for block in blocks:
        if isinstance(block, Pv | Wind):
            most = _given(block, optimum)
            _add(given, block.node, most)
            _add(spare, block.node, np.maximum(0.0, most - _value(optimum, block, "generated_kw")))
        elif isinstance(block, Battery):
            more, less = _stored(block, optimum)
            _add(up, block.node, more)
            _add(down, block.node, less)
    renewable, unused = (np.sum([nothing, *several.values()], axis=0) for several in (given, spare))
    for node, course in spare.items():
        _add(up, node, course)
    out, into = _headroom(blocks, optimum)
    return Available(
        renewable_kw=renewable,
        used_kw=renewable - unused,
        up_kw=np.sum([nothing, *(np.minimum(course, out.get(node, np.inf)) for node, course in up.items())], axis=0),
        down_kw=np.sum([nothing, *(np.minimum(course, into.get(node, np.inf)) for node, course in down.items())], axis=0),
        hours=horizon.hours,
    )


def _add(several: dict[str, FloatArray], node: str, course: FloatArray) -> None:
    several[node] = several[node] + course if node in several else course


def _value(optimum: Optimum, block: Block, name: str) -> FloatArray:
    return optimum.value(f"{room_name(block.id)}.{name}")


def _size(optimum: Optimum, block: Block, name: str) -> float:
    return optimum.sizes().get((block.id, name), 0.0)


def _given(block: Pv | Wind, optimum: Optimum) -> FloatArray:
    """Return what sun or wind gives at the sizes that are chosen, shape (n_steps,). [kW]."""
    of: Any = optimum.matrices.horizon.of
    sizes = optimum.sizes()
    if isinstance(block, Wind):
        return np.asarray(of(block.yield_kw_per_kw) * (block.size.existing + sizes[block.id, "size_kw"]))
    there = 0.0 if block.existing_kw is None else of(block.existing_kw)
    for face in block.faces:
        size = sizes[block.id, face.size_name] + (face.size.existing if block.existing_kw is None else 0.0)
        there = there + size * of(face.yield_kw_per_kwp)
    return np.asarray(there)


def _stored(block: Battery, optimum: Optimum) -> tuple[FloatArray, FloatArray]:
    """Return what a battery could discharge and charge more than it does, each shape (n_steps,). [kW]."""
    horizon = optimum.matrices.horizon
    stored, charge, discharge = (_value(optimum, block, name) for name in ("stored_kwh", "charge_kw", "discharge_kw"))
    power_kw = block.power.existing + _size(optimum, block, "power_kw")
    capacity_kwh = block.capacity.existing + _size(optimum, block, "capacity_kwh")
    held = stored[horizon.previous] * (1.0 - block.loss_per_h) ** horizon.step_h
    most_out = np.minimum(power_kw, held * block.discharge_efficiency / horizon.step_h)
    most_in = np.minimum(power_kw, (capacity_kwh - held) / (block.charge_efficiency * horizon.step_h))
    running = discharge - charge
    return np.maximum(0.0, most_out - running), np.maximum(0.0, most_in + running)


def _headroom(blocks: Sequence[Block], optimum: Optimum) -> tuple[dict[str, FloatArray], dict[str, FloatArray]]:
    """Return by node how much more its connection lets out, and in. [kW]."""
    out: dict[str, FloatArray] = {}
    into: dict[str, FloatArray] = {}
    for block in blocks:
        if isinstance(block, Tariff):
            drawn = _value(optimum, block, "import_kw") - _value(optimum, block, "export_kw")
            limit_kw = block.limit.existing + _size(optimum, block, "limit_kw") if np.isfinite(block.limit.most) else np.inf
            fed_kw = limit_kw if block.export_limit_kw is None else min(limit_kw, block.export_limit_kw)
            out[block.node], into[block.node] = np.maximum(0.0, fed_kw + drawn), np.maximum(0.0, limit_kw - drawn)
    return out, into


def _firm(course: FloatArray, hours: FloatArray) -> float:
    """Return the power that is there in `FIRM` of the year. [kW]."""
    order = np.argsort(-course)
    reached = np.cumsum(hours[order]) / hours.sum()
    return float(course[order][min(int(np.searchsorted(reached, FIRM - 1e-12)), len(order) - 1)])


__all__ = ["Available", "available"]
