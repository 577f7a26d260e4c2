# SPDX-License-Identifier: Apache-2.0
"""A radial network as a tree: which branches lie between each node and the infeed, and what its voltage loses on them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from twinergy.errors import ModelError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from twinergy.community.network import Network
    from twinergy.kinds import FloatArray

    IntArray = NDArray[np.int64]

NAMED: Final = 12
"""How many branches of a loop a message names."""


@dataclass(frozen=True)
class Tree:
    """A network without loops, seen from its infeed.

    Attributes
    ----------
    order : ndarray of int64, shape (n_reached,)
        Nodes, each after the one before it on the way from the infeed.
    parent : ndarray of int64, shape (n_nodes,)
        Node before each node, -1 at the infeed and where no branch leads.
    edge : ndarray of int64, shape (n_nodes,)
        Branch to the node before, -1 likewise.
    gain : ndarray, shape (n_nodes,)
        Squared voltage of each node per squared voltage of the infeed, without load. [-]
    drop : ndarray, shape (n_nodes,)
        What the drop on the branch to the node before counts with, seen at the node: above 1 only behind a transformer. [-]
    """

    order: IntArray
    parent: IntArray
    edge: IntArray
    gain: FloatArray
    drop: FloatArray

    def above(self, stops: NDArray[np.bool_] | None = None) -> Any:
        """Return which branches are between each node and the infeed, sparse, shape (n_nodes, n_branches) with a 1 for each.

        Parameters
        ----------
        stops : ndarray of bool, shape (n_branches,), optional
            Branches beyond which nothing counts: only the part up to the first of them, itself included.
        """
        from scipy.sparse import csr_matrix  # noqa: PLC0415

        paths: list[list[int]] = [[] for _ in self.parent]
        for node in self.order[1:].tolist():
            edge = int(self.edge[node])
            before = [] if stops is not None and stops[edge] else paths[self.parent[node]]
            paths[node] = [*before, edge]
        rows = np.repeat(np.arange(len(paths)), [len(path) for path in paths])
        columns = np.array([edge for path in paths for edge in path], dtype=np.int64)
        n_branches = int(self.edge.max(initial=-1)) + 1 if stops is None else len(stops)
        return csr_matrix((np.ones(len(rows)), (rows, columns)), shape=(len(paths), max(n_branches, 1)))


def tree_of(network: Network) -> Tree:
    """Return a network as a tree.

    Raises
    ------
    ModelError
        If it has loops; their branches are named.
    """
    order, parent, edge, spare = _walk(network)
    if spare:
        loops = "; ".join(_loop(network, parent, edge, branch) for branch in spare[:3])
        more = f" (and {len(spare) - 3} more)" if len(spare) > 3 else ""  # noqa: PLR2004 - three are enough to see where
        message = (
            f"the network is not radial, {len(spare)} loop{'s' if len(spare) > 1 else ''}: {loops}{more}. Open one of each "
            "with a switch of the grid, or let the plan use sensitivities of the meshed network (method 'meshed')"
        )
        raise ModelError(message)
    gain, drop = np.ones(network.n_nodes), np.ones(network.n_nodes)
    for node in order[1:].tolist():
        branch, before = int(edge[node]), int(parent[node])
        squared = float(network.ratio[branch]) ** 2
        forward = network.ends[0, branch] == before
        gain[node] = gain[before] / squared if forward else gain[before] * squared
        drop[node] = 1.0 if forward else squared
    return Tree(order, parent, edge, gain, drop)


def radial(network: Network) -> bool:
    """Tell whether a network has no loops."""
    return not _walk(network)[3]


def _walk(network: Network) -> tuple[IntArray, IntArray, IntArray, list[int]]:
    """Return order, parents, branches to them, and the branches that close a loop."""
    neighbours: list[list[tuple[int, int]]] = [[] for _ in range(network.n_nodes)]
    for branch, (start, end) in enumerate(network.ends.T.tolist()):
        neighbours[start].append((end, branch))
        neighbours[end].append((start, branch))
    parent, edge = np.full(network.n_nodes, -1), np.full(network.n_nodes, -1)
    reached, used, spare = [network.slack], set(), []
    seen = {network.slack}
    for node in reached:  # grows while it is walked
        for other, branch in neighbours[node]:
            if branch in used:
                continue
            used.add(branch)
            if other in seen:
                spare.append(branch)
                continue
            seen.add(other)
            reached.append(other)
            parent[other], edge[other] = node, branch
    return np.array(reached), parent, edge, spare


def _loop(network: Network, parent: IntArray, edge: IntArray, closing: int) -> str:
    """Return the names of the branches of the loop that one branch closes."""
    ways: list[list[int]] = []
    for node in network.ends[:, closing].tolist():
        way, at = [], node
        while edge[at] >= 0:
            way.append(int(edge[at]))
            at = int(parent[at])
        ways.append(way)
    common = set(ways[0]) & set(ways[1])
    loop = [closing, *(branch for way in ways for branch in way if branch not in common)]
    names = [network.branches[branch] for branch in loop]
    return " - ".join(names[:NAMED]) + (f" and {len(names) - NAMED} more" if len(names) > NAMED else "")
