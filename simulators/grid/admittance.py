# SPDX-License-Identifier: Apache-2.0
"""The electrical model that pandapower computes from a network, as the arrays the power flow of each step needs.

pandapower stays the only model: its admittances, its fused buses, its islands, its ratings. Reading them takes some ten
milliseconds and happens at the start and when a switch or a tap moves, never in an ordinary step.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from simulators.grid.branches import Branches, branches_of
from simulators.grid.tamed import quiet

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csc_matrix

    from twinergy.kinds import FloatArray

    IntArray = NDArray[np.int64]
    ComplexArray = NDArray[np.complex128]

KW_PER_MW: Final = 1000.0
PV_BUS, REFERENCE_BUS, DEAD_BUS = 2, 3, 4
BUS_TYPE, PD, QD, GS, BS, VM, VA = 1, 2, 3, 4, 5, 7, 8  # columns of a PYPOWER bus matrix
GEN_BUS, PG, GEN_STATUS = 0, 1, 7
ACCEPT_ANYTHING_MVA: Final = 1e30
"""Tolerance under which pandapower stops before its first iteration: it builds the model and solves nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Admittances:
    """Live part of a network in one state of its switches and taps, per unit.

    Attributes
    ----------
    base_kw : float
        Power of 1 pu. [kW]
    matrix : scipy.sparse.csc_matrix, shape (n_live, n_live)
        Nodal admittances. [pu]
    start : ndarray of complex, shape (n_live,)
        Voltages to start from without anything better: those of the network without load, set ones where set. [pu]
    reference, pv, pq : ndarray of int
        Live buses with infeed of fixed voltage, with fixed power and magnitude, with fixed power.
    background : ndarray of complex, shape (n_live,)
        Injection of the network's own loads and generators, positive when generated. [pu]
    shunt : ndarray of complex, shape (n_shunts,)
        Admittances to earth at `shunt_bus`. [pu]
    row_of_bus : ndarray of int, shape (n_buses,)
        Live bus of each bus of the network, ``n_live`` where it is dead.
    branches : Branches
        Lines, transformers and what else connects buses.
    """

    base_kw: float
    matrix: csc_matrix
    start: ComplexArray
    reference: IntArray
    pv: IntArray
    pq: IntArray
    background: ComplexArray
    shunt: ComplexArray
    shunt_bus: IntArray
    row_of_bus: IntArray
    branches: Branches

    @property
    def size(self) -> int:
        """Number of live buses."""
        return len(self.start)


def admittances_of(net: Any) -> Admittances:
    """Return the electrical model of a pandapower network in its present state.

    Parameters
    ----------
    net : pandapowerNet
        Network; its result tables are overwritten.

    Returns
    -------
    Admittances
        Arrays that share nothing with the network.
    """
    import pandapower  # noqa: PLC0415 - takes more than a second
    from pandapower.pypower.makeYbus import makeYbus  # noqa: PLC0415
    from scipy.sparse import csc_matrix  # noqa: PLC0415

    with quiet():
        pandapower.runpp(net, init="flat", numba=False, tolerance_mva=ACCEPT_ANYTHING_MVA)
    case = net["_ppc"]
    live = case["bus"][:, BUS_TYPE] != DEAD_BUS  # pandapower sorts dead buses to the end
    bus = case["bus"][live]
    in_service = case["internal"]["branch_is"]
    matrix, y_from, y_to = makeYbus(case["baseMVA"], bus, case["branch"][in_service])
    kinds = bus[:, BUS_TYPE]
    earth = (bus[:, GS] + 1j * bus[:, BS]) / case["baseMVA"]
    return Admittances(
        base_kw=case["baseMVA"] * KW_PER_MW,
        matrix=csc_matrix(matrix),
        start=_without_load(csc_matrix(matrix), bus),
        reference=np.flatnonzero(kinds == REFERENCE_BUS),
        pv=np.flatnonzero(kinds == PV_BUS),
        pq=np.flatnonzero((kinds != REFERENCE_BUS) & (kinds != PV_BUS)),
        background=_background(case, bus),
        shunt=earth[earth != 0.0],
        shunt_bus=np.flatnonzero(earth != 0.0),
        row_of_bus=_row_of_bus(net, len(bus)),
        branches=branches_of(net, bus, in_service, y_from, y_to),
    )


def _without_load(matrix: csc_matrix, bus: FloatArray) -> ComplexArray:
    """Return the voltages without load: a linear problem whose solution knows every transformer's ratio and vector group."""
    from scipy.sparse.linalg import spsolve  # noqa: PLC0415

    magnitude = bus[:, VM]
    voltage: ComplexArray = np.exp(1j * np.radians(bus[:, VA]))
    voltage *= magnitude
    fixed = bus[:, BUS_TYPE] == REFERENCE_BUS
    if not fixed.all():
        free = ~fixed
        rows = matrix[free]
        voltage[free] = spsolve(rows[:, free].tocsc(), -(rows[:, fixed] @ voltage[fixed]))
    held = bus[:, BUS_TYPE] == PV_BUS
    voltage[held] *= magnitude[held] / np.abs(voltage[held])
    return voltage


def _background(case: dict[str, Any], bus: FloatArray) -> ComplexArray:
    """Return the injection of constant loads and of generators that hold a voltage, in pu, positive when generated."""
    power: ComplexArray = -(bus[:, PD] + 1j * bus[:, QD])
    gen = case["gen"]
    place = gen[:, GEN_BUS].real.astype(np.int64)
    counts = (gen[:, GEN_STATUS].real > 0) & (place < len(bus))
    place, p_mw = place[counts], gen[counts, PG].real
    holds = bus[place, BUS_TYPE] == PV_BUS
    np.add.at(power, place[holds], p_mw[holds])
    power /= case["baseMVA"]
    return power


def _row_of_bus(net: Any, size: int) -> IntArray:
    rows = np.asarray(net["_pd2ppc_lookups"]["bus"])[net.bus.index.to_numpy()].astype(np.int64)
    return np.where((rows < 0) | (rows >= size), size, rows)
