# SPDX-License-Identifier: Apache-2.0
"""The derivative of the AC power flow at an operating point: for networks with loops, and to compare LinDistFlow with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from twinergy.errors import ModelError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from twinergy.community.network import Network
    from twinergy.kinds import FloatArray

    IntArray = NDArray[np.int64]
    ComplexArray = NDArray[np.complex128]

ROUNDS: Final = 200
CLOSE_PU: Final = 1e-12


def meshed(network: Network, nodes: IntArray, at_kw: FloatArray | None = None) -> dict[str, Any]:
    """Return the fields of a `LinearFlow`, for a network of any shape.

    With nodal admittances Y, currents are ``Y V = -conj(S / V)`` for loads S [1]_; differentiated and split into real and
    imaginary parts this is one linear system for all connections.

    Parameters
    ----------
    network : Network
        The grid.
    nodes : ndarray of int64, shape (n_connections,)
        Node of each connection.
    at_kw : ndarray, shape (n_connections,), optional
        Loads of the operating point, load frame; none: 0. [kW]

    References
    ----------
    .. [1] K. Christakou et al., "Efficient computation of sensitivity coefficients of node voltages and line currents in
       unbalanced radial electrical distribution networks", IEEE Transactions on Smart Grid 4(2), 2013, eq. (6)-(9).
    """
    at = np.zeros(len(nodes)) if at_kw is None else at_kw
    matrix = admittances(network)
    free = np.flatnonzero(np.arange(network.n_nodes) != network.slack)
    load = np.zeros(network.n_nodes, dtype=np.complex128)
    np.add.at(load, nodes, at / network.base_kva)
    voltage = operating_point(network, matrix, load)
    turned = _turned(network, matrix, voltage, load, nodes)
    squared = np.abs(voltage) ** 2
    by_p, by_q = (2.0 * (np.conj(voltage)[:, None] * change).real / network.base_kva for change in turned)
    kept = np.flatnonzero(np.isfinite(network.limit_kva))
    seen = free[network.named[free]]
    power, power_by_p, power_by_q = _powers(network, voltage, turned, kept)
    names = network.names()
    group = np.full(len(network.branches), -1)
    group[kept] = np.arange(len(kept))
    return {
        "buses": tuple(names[node] for node in seen), "phases": ("",) * len(seen), "squared0": (squared - by_p @ at)[seen],
        "by_p": by_p[seen], "by_q": by_q[seen], "branches": tuple(network.branches[branch] for branch in kept), "group": group,
        "power0": power - power_by_p @ at, "power_by_p": power_by_p, "power_by_q": power_by_q,
        "limit_kva": network.limit_kva[kept],
    }  # fmt: skip


def admittances(network: Network) -> Any:
    """Return the nodal admittances with shunts, sparse, shape (n_nodes, n_nodes). [pu]."""
    from scipy.sparse import csc_matrix, diags  # noqa: PLC0415

    start, end = network.ends
    series = 1.0 / (network.r_pu + 1j * network.x_pu)
    ratio = network.ratio
    values = np.concatenate([series / ratio**2, series, -series / ratio, -series / ratio])
    rows, columns = np.concatenate([start, end, start, end]), np.concatenate([start, end, end, start])
    shunt = (network.p_shunt_kw - 1j * network.q_shunt_kvar) / network.base_kva
    whole = csc_matrix((values, (rows, columns)), shape=(network.n_nodes, network.n_nodes))
    return (whole + diags(shunt)).tocsc()


def operating_point(network: Network, matrix: Any, load: ComplexArray) -> ComplexArray:
    """Return the voltages under constant loads by successive substitution, shape (n_nodes,). [pu].

    Raises
    ------
    ModelError
        If the loads are more than the network can carry.
    """
    from scipy.sparse.linalg import splu  # noqa: PLC0415

    free = np.flatnonzero(np.arange(network.n_nodes) != network.slack)
    factors = splu(matrix[free][:, free].tocsc())
    fed = -np.asarray(matrix[free][:, [network.slack]].todense()).ravel() * network.slack_vm_pu
    voltage = np.full(network.n_nodes, network.slack_vm_pu, dtype=np.complex128)
    voltage[free] = factors.solve(fed.astype(np.complex128))
    for _ in range(ROUNDS):
        found = factors.solve(fed - np.conj(load[free] / voltage[free]))
        moved = float(np.abs(found - voltage[free]).max(initial=0.0))
        voltage[free] = found
        if moved < CLOSE_PU:
            return voltage
        if not np.isfinite(moved):
            break
    message = (
        f"the network cannot carry the {load.real.sum() * network.base_kva:.0f} kW at which it was to be linearised: take less"
    )
    raise ModelError(message)


def _turned(
    network: Network, matrix: Any, voltage: ComplexArray, load: ComplexArray, nodes: IntArray
) -> tuple[ComplexArray, ComplexArray]:
    """Return the change of all voltages by 1 pu of active and of reactive load, shape (n_nodes, n_connections) each."""
    from scipy.sparse import bmat, diags  # noqa: PLC0415
    from scipy.sparse.linalg import splu  # noqa: PLC0415

    free = np.flatnonzero(np.arange(network.n_nodes) != network.slack)
    inner = matrix[free][:, free]
    back = diags(np.conj(load[free]) / np.conj(voltage[free]) ** 2)  # a load's current falls where its voltage rises
    real = bmat([[inner.real - back.real, -inner.imag - back.imag], [inner.imag - back.imag, inner.real + back.real]])
    factors = splu(real.tocsc())
    place = np.full(network.n_nodes, -1)
    place[free] = np.arange(len(free))
    counts = np.flatnonzero(place[nodes] >= 0)  # what is at the infeed moves nothing
    found = []
    for unit in (1.0, -1j):
        right = np.zeros((2 * len(free), len(nodes)))
        current = -unit / np.conj(voltage[nodes[counts]])
        right[place[nodes[counts]], counts], right[place[nodes[counts]] + len(free), counts] = current.real, current.imag
        solved = factors.solve(right)
        change = np.zeros((network.n_nodes, len(nodes)), dtype=np.complex128)
        change[free] = solved[: len(free)] + 1j * solved[len(free) :]
        found.append(change)
    return found[0], found[1]


def _powers(
    network: Network, voltage: ComplexArray, turned: tuple[ComplexArray, ComplexArray], kept: IntArray
) -> tuple[ComplexArray, ComplexArray, ComplexArray]:
    """Return powers into branches at their from ends and their change by each load. [kVA], [-]."""
    start, end = network.ends[:, kept]
    series, ratio = 1.0 / (network.r_pu + 1j * network.x_pu)[kept], network.ratio[kept]
    current = series / ratio * (voltage[start] / ratio - voltage[end])
    power = voltage[start] * np.conj(current) * network.base_kva
    changes = []
    for change in turned:
        moved = (series / ratio)[:, None] * (change[start] / ratio[:, None] - change[end])
        changes.append(change[start] * np.conj(current)[:, None] + voltage[start][:, None] * np.conj(moved))
    return power, changes[0], changes[1]
