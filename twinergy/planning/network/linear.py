# SPDX-License-Identifier: Apache-2.0
"""Voltages and branch powers as linear functions of what the connections draw: all steps of a year in a few matrix products.

A radial network follows the lossless DistFlow equations [1]_: on the branch from node i to node j with impedance r + jx,

.. math:: v_j^2 = v_i^2 / t^2 - 2 (r P + x Q),

P and Q being the sum of what is drawn behind it. With three phases of their own the phases see each other through the neutral
[2]_.

References
----------
.. [1] M. E. Baran, F. F. Wu, "Network reconfiguration in distribution systems for loss reduction and load balancing", IEEE
   Transactions on Power Delivery 4(2), 1989, the DistFlow equations without their loss terms.
.. [2] L. Gan, S. H. Low, "Convex relaxations and linear approximation for optimal power flow in multiphase radial networks",
   PSCC 2014, section IV.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np

from twinergy.planning.network.meshed import meshed
from twinergy.planning.network.radial import Tree, radial, tree_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from twinergy.community.network import Network
    from twinergy.kinds import FloatArray

    IntArray = NDArray[np.int64]
    ComplexArray = NDArray[np.complex128]

PHASES: Final = "abc"
SHUNT_ROUNDS: Final = 4
"""Each round is exact by another factor of some hundred: what cables add to the voltage is a few percent of it."""
Method = Literal["auto", "radial", "meshed"]


@dataclass(frozen=True, kw_only=True)
class LinearFlow:
    """A network as a linear function of the loads of its connections.

    Voltages are watched at nodes, or at each phase of them, between which no load hides a lower or higher one; branch powers at
    the weakest of branches that carry the same.

    Attributes
    ----------
    network : Network
        What it was made of.
    buses, phases : tuple of str
        Bus of each watched voltage, and its phase (empty for all three).
    squared0 : ndarray, shape (n_voltages,)
        Squared voltages without load. [pu]
    by_p, by_q : ndarray, shape (n_voltages, n_connections)
        Change of the squared voltage by each connection's load. [1/kW], [1/kvar]
    branches : tuple of str
        Name of each watched branch power.
    group : ndarray of int64, shape (n_network_branches,)
        Watched branch power that stands for each branch of the network, -1 for none.
    power0 : ndarray of complex, shape (n_powers,)
        Branch powers without load. [kVA]
    power_by_p, power_by_q : matrix of complex, shape (n_powers, n_connections)
        Change of the branch powers by each connection's load. [-]
    limit_kva : ndarray, shape (n_powers,)
        Power at full load. [kVA]
    method : str
        ``radial`` or ``meshed``.
    """

    network: Network
    buses: tuple[str, ...]
    phases: tuple[str, ...]
    squared0: FloatArray
    by_p: FloatArray
    by_q: FloatArray
    branches: tuple[str, ...]
    group: IntArray
    power0: ComplexArray
    power_by_p: Any
    power_by_q: Any
    limit_kva: FloatArray
    method: str

    @classmethod
    def of(
        cls,
        network: Network,
        buses: Sequence[str],
        phases: Sequence[str] = (),
        *,
        method: Method = "auto",
        at_kw: FloatArray | None = None,
    ) -> LinearFlow:
        """Return the linear model of a network.

        Parameters
        ----------
        network : Network
            The grid.
        buses : sequence of str
            Bus of each connection.
        phases : sequence of str
            Phases of each connection, ``abc`` or one of them; without effect where the network knows no zero sequence.
        method : {'auto', 'radial', 'meshed'}
            LinDistFlow, or the derivative of the AC power flow; by default the first where there is no loop.
        at_kw : ndarray, shape (n_connections,), optional
            Loads at which the derivative is taken, load frame; none without load. Only for ``meshed``. [kW]

        Raises
        ------
        ModelError
            If a bus is not there or dead, or the network has loops and `method` is ``radial``.
        """
        nodes = network.nodes_of(buses)
        if method == "meshed" or (method == "auto" and not radial(network)):
            return cls(network=network, method="meshed", **meshed(network, nodes, at_kw))
        tree = tree_of(network)
        own = tuple(phases) if network.of_phases and phases else ()
        return cls(network=network, method="radial", **_radial(network, tree, nodes, own))

    def squared(self, p_kw: FloatArray, q_kvar: FloatArray) -> FloatArray:
        """Return squared voltages, shape (n_voltages, n_steps), of loads of shape (n_connections, n_steps). [pu]."""
        return np.asarray(self.squared0[:, None] + self.by_p @ p_kw + self.by_q @ q_kvar)

    def power(self, p_kw: FloatArray, q_kvar: FloatArray) -> ComplexArray:
        """Return branch powers towards the to end or away from the infeed, shape (n_powers, n_steps). [kVA]."""
        return np.asarray(self.power0[:, None] + self.power_by_p @ p_kw + self.power_by_q @ q_kvar)

    def loading_percent(self, p_kw: FloatArray, q_kvar: FloatArray) -> FloatArray:
        """Return branch powers as a share of what they may be at nominal voltage, shape (n_powers, n_steps). [%]."""
        return 100.0 * np.abs(self.power(p_kw, q_kvar)) / self.limit_kva[:, None]


def _radial(network: Network, tree: Tree, nodes: IntArray, phases: tuple[str, ...]) -> dict[str, Any]:
    n_branches = len(network.branches)
    nothing = np.zeros(n_branches, dtype=bool)
    above = tree.above(nothing)
    below = above[nodes].T.tocsr()  # which connections each branch feeds
    watched = _watched(network, tree, nodes, above)
    names = network.names()
    gain = _weights(tree, above)
    z = (network.r_pu + 1j * network.x_pu) / network.base_kva
    squared0, through = _without_load(network, tree, above, gain)
    common = np.asarray((gain[watched].multiply(z[None, :]).tocsr() @ below).todense())
    kept, group = _weakest(network, below)
    limit = network.limit_kva[kept]
    carried = below[kept]
    found: dict[str, Any] = {"group": group}
    if not phases:
        return found | {
            "buses": tuple(names[node] for node in watched), "phases": ("",) * len(watched), "squared0": squared0[watched],
            "by_p": -2.0 * common.real, "by_q": -2.0 * common.imag,
            "branches": tuple(network.branches[branch] for branch in kept), "power0": through[kept],
            "power_by_p": carried.astype(np.complex128), "power_by_q": carried * 1j, "limit_kva": limit,
        }  # fmt: skip
    by_p, by_q = _by_phase(network, tree, (nodes, watched), common, phases)
    share = _shares(phases)
    split = [carried.multiply(share[phase][None, :]).tocsr() for phase in range(3)]
    from scipy.sparse import vstack  # noqa: PLC0415

    by_phase = vstack(split).tocsr()
    return found | {
        "buses": tuple(names[node] for _ in PHASES for node in watched),
        "phases": tuple(phase for phase in PHASES for _ in watched),
        "squared0": np.tile(squared0[watched], 3), "by_p": by_p, "by_q": by_q,
        "branches": tuple(network.branches[branch] for branch in kept) * 3, "power0": np.tile(through[kept] / 3.0, 3),
        "power_by_p": by_phase.astype(np.complex128), "power_by_q": by_phase * 1j, "limit_kva": np.tile(limit / 3.0, 3),
    }  # fmt: skip


def _without_load(network: Network, tree: Tree, above: Any, gain: Any) -> tuple[FloatArray, ComplexArray]:
    """Return squared voltages and branch powers of what the grid itself draws, which follows the voltage as admittances do."""
    squared = tree.gain * network.slack_vm_pu**2
    through = np.zeros(len(network.branches), dtype=np.complex128)
    r_pu, x_pu = network.r_pu / network.base_kva, network.x_pu / network.base_kva
    for _ in range(SHUNT_ROUNDS):
        through = above.T @ ((network.p_shunt_kw + 1j * network.q_shunt_kvar) * squared)
        squared = tree.gain * network.slack_vm_pu**2 - 2.0 * (gain @ (r_pu * through.real + x_pu * through.imag))
    return squared, through


def _weights(tree: Tree, above: Any) -> Any:
    """Return what a drop on each branch counts with at each node behind it, sparse, shape (n_nodes, n_branches)."""
    from scipy.sparse import diags  # noqa: PLC0415

    child = np.flatnonzero(tree.edge >= 0)
    per_branch = np.zeros(above.shape[1])
    per_branch[tree.edge[child]] = tree.drop[child] / tree.gain[child]
    return (diags(tree.gain) @ above @ diags(per_branch)).tocsr()


def _watched(network: Network, tree: Tree, nodes: IntArray, above: Any) -> IntArray:
    """Return nodes where a voltage may be the lowest or highest: with load, where branches part, and at transformers."""
    loaded = np.zeros(network.n_nodes, dtype=bool)
    loaded[nodes] = True
    feeds = np.zeros(network.n_nodes, dtype=bool)
    used = np.unique(above[nodes].indices)
    child = np.flatnonzero(tree.edge >= 0)
    feeds[child[np.isin(tree.edge[child], used)]] = True
    forks = np.bincount(tree.parent[feeds], minlength=network.n_nodes) > 1
    at_transformer = np.zeros(network.n_nodes, dtype=bool)
    at_transformer[network.ends[:, [sort == "transformer" for sort in network.sorts]].ravel()] = True
    at_transformer[network.slack] = False
    return np.flatnonzero(network.named & (loaded | (forks & feeds) | at_transformer))


def _weakest(network: Network, below: Any) -> tuple[IntArray, IntArray]:
    """Return the weakest of all branches that feed the same connections, and which of them stands for each branch."""
    group = np.full(len(network.branches), -1)
    found: dict[bytes, list[int]] = {}
    below.sort_indices()
    for branch in np.flatnonzero(np.isfinite(network.limit_kva)).tolist():
        fed = below.indices[below.indptr[branch] : below.indptr[branch + 1]]
        if len(fed):
            found.setdefault(fed.tobytes(), []).append(branch)
    kept = []
    for number, several in enumerate(found.values()):
        kept.append(min(several, key=lambda branch: float(network.limit_kva[branch])))
        group[several] = number
    return np.array(kept, dtype=np.int64), group


def _shares(phases: tuple[str, ...]) -> FloatArray:
    """Return the share of each connection on each phase, shape (3, n_connections)."""
    return np.array([[float(phase in own) / max(len(own), 1) for own in phases] for phase in PHASES])


def _by_phase(
    network: Network, tree: Tree, places: tuple[IntArray, IntArray], positive: ComplexArray, phases: tuple[str, ...]
) -> tuple[FloatArray, FloatArray]:
    """Return the change of squared phase voltages by each load: own and mutual impedances, turned by the angle between."""
    nodes, watched = places
    assert network.r0_pu is not None  # noqa: S101 - the caller asked
    assert network.x0_pu is not None  # noqa: S101
    assert network.earths is not None  # noqa: S101
    above = tree.above(network.earths)
    z0 = (network.r0_pu + 1j * network.x0_pu) / network.base_kva
    zero = np.asarray((_weights(tree, above)[watched].multiply(z0[None, :]).tocsr() @ above[nodes].T).todense())
    own, mutual = (zero + 2.0 * positive) / 3.0, (zero - positive) / 3.0
    share = _shares(phases) * 3.0  # a load of one phase is three times as much of that phase's base
    turn = np.exp(-2j * np.pi / 3.0 * np.arange(3))
    blocks = []
    for phase in range(3):
        seen = [own if other == phase else mutual * turn[(other - phase) % 3] for other in range(3)]
        blocks.append(sum(part * share[other][None, :] for other, part in enumerate(seen)))
    whole = np.concatenate(blocks)
    return -2.0 * whole.real, -2.0 * whole.imag
