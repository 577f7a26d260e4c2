# SPDX-License-Identifier: Apache-2.0
"""A grid as numbers: what a linear model of its voltages and currents needs, whatever tool the grid itself is kept in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from twinergy.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from twinergy.kinds import FloatArray

    IntArray = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Network:
    """Buses and series branches of a grid in its normal state of switches, in per unit on one base.

    Attributes
    ----------
    buses : tuple of str
        Names, as in the result tables.
    row_of : dict of str to int
        Electrical node of each live bus; buses joined by a closed switch share one, a bus without supply has none.
    n_nodes : int
        Number of electrical nodes.
    slack : int
        Node of the external grid.
    slack_vm_pu : float
        Its voltage. [pu]
    base_kva : float
        Base of the per unit values, of all three phases. [kVA]
    vm_min_pu, vm_max_pu : ndarray, shape (n_nodes,)
        Voltage band; NaN where the data give none. [pu]
    branches : tuple of str
        Names of lines and transformers, as in the result tables; a branch that is open is not there.
    sorts : tuple of str
        ``line`` or ``transformer`` of each branch, ``other`` for what the result tables do not name.
    ends : ndarray of int64, shape (2, n_branches)
        From and to node.
    r_pu, x_pu : ndarray, shape (n_branches,)
        Series impedance, on the side of the to end. [pu]
    ratio : ndarray, shape (n_branches,)
        Off-nominal ratio of a transformer at its from end, 1 for a line. [-]
    limit_kva : ndarray, shape (n_branches,)
        Power at which it is fully loaded at nominal voltage; NaN where the data give none. [kVA]
    q_shunt_kvar : ndarray, shape (n_nodes,)
        Reactive load of cable capacitances, of magnetising and of what belongs to the grid, at nominal voltage, load frame.
        [kvar]
    p_shunt_kw : ndarray, shape (n_nodes,)
        Iron losses and what else belongs to the grid, at nominal voltage, load frame. [kW]
    r0_pu, x0_pu : ndarray, shape (n_branches,), or None
        Zero-sequence series impedance of a grid with three phases of their own; of a transformer whose star point is earthed
        behind a delta the impedance to earth. [pu]
    earths : ndarray of bool, shape (n_branches,), or None
        Which branches are such transformers: single-phase currents behind them do not reach what is in front of them.
    """

    buses: tuple[str, ...]
    row_of: dict[str, int]
    n_nodes: int
    slack: int
    slack_vm_pu: float
    base_kva: float
    vm_min_pu: FloatArray
    vm_max_pu: FloatArray
    branches: tuple[str, ...]
    sorts: tuple[str, ...]
    ends: IntArray
    r_pu: FloatArray
    x_pu: FloatArray
    ratio: FloatArray
    limit_kva: FloatArray
    q_shunt_kvar: FloatArray
    p_shunt_kw: FloatArray
    r0_pu: FloatArray | None = None
    x0_pu: FloatArray | None = None
    earths: NDArray[np.bool_] | None = None

    @property
    def of_phases(self) -> bool:
        """Whether each phase can be computed on its own."""
        return self.r0_pu is not None

    def nodes_of(self, buses: Iterable[str]) -> IntArray:
        """Return the electrical node of each of these buses.

        Raises
        ------
        ModelError
            If one is not there or has no supply; all of them are named.
        """
        wanted = list(buses)
        missing = sorted({bus for bus in wanted if bus not in self.row_of})
        if missing:
            unknown = [bus for bus in missing if bus not in self.buses]
            dead = [bus for bus in missing if bus in self.buses]
            parts = [f"there is no bus {', '.join(unknown)}"] if unknown else []
            parts += [f"bus {', '.join(dead)} has no supply in the normal state of switches"] if dead else []
            message = f"{'; '.join(parts)}: attach the connection elsewhere or close the switch that feeds it"
            raise ModelError(message)
        return np.array([self.row_of[bus] for bus in wanted], dtype=np.int64)

    @property
    def named(self) -> NDArray[np.bool_]:
        """Which nodes have a bus, shape (n_nodes,); the end of a line that an open switch cuts off has none."""
        found = np.zeros(self.n_nodes, dtype=bool)
        found[list(self.row_of.values())] = True
        return found

    def names(self) -> list[str]:
        """Return a name of each node: its first bus, ``node 7`` where it has none."""
        found = [""] * self.n_nodes
        for bus in self.buses:
            node = self.row_of.get(bus)
            if node is not None and not found[node]:
                found[node] = bus
        return [name or f"node {node}" for node, name in enumerate(found)]
