# SPDX-License-Identifier: Apache-2.0
"""A grid as numbers: what a linear model of its voltages and currents needs, whatever tool the grid itself is kept in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from twinergy.kinds import FloatArray


@dataclass(frozen=True, kw_only=True)
class Network:
    """Buses and series branches of a grid in its normal state of switches, in per unit on one base.

    Attributes
    ----------
    buses : tuple of str
        Names, as in the result tables; a bus that is dead or joined to another by a closed switch has that one's row in `row_of`.
    row_of : dict of str to int
        Electrical node of each bus.
    n_nodes : int
        Number of electrical nodes.
    slack : int
        Node of the external grid.
    slack_vm_pu : float
        Its voltage. [pu]
    base_kva : float
        Base of the per unit values. [kVA]
    vm_min_pu, vm_max_pu : ndarray, shape (n_nodes,)
        Voltage band; NaN where the data give none. [pu]
    branches : tuple of str
        Names of lines and transformers, as in the result tables; a branch that is open is not there.
    sorts : tuple of str
        ``line`` or ``transformer`` of each branch.
    ends : ndarray of int64, shape (2, n_branches)
        From and to node.
    r_pu, x_pu : ndarray, shape (n_branches,)
        Series impedance. [pu]
    ratio : ndarray, shape (n_branches,)
        Off-nominal ratio of a transformer at its from end, 1 for a line. [-]
    limit_kva : ndarray, shape (n_branches,)
        Power at which it is fully loaded at nominal voltage; NaN where the data give none. [kVA]
    q_shunt_kvar : ndarray, shape (n_nodes,)
        Reactive load of cable capacitances and of magnetising at nominal voltage, load frame. [kvar]
    p_shunt_kw : ndarray, shape (n_nodes,)
        Iron losses and other shunts at nominal voltage, load frame. [kW]
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
    ends: NDArray[np.int64]
    r_pu: FloatArray
    x_pu: FloatArray
    ratio: FloatArray
    limit_kva: FloatArray
    q_shunt_kvar: FloatArray
    p_shunt_kw: FloatArray
