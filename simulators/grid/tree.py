# SPDX-License-Identifier: Apache-2.0
"""A radial network as a tree, factorised leaf by leaf: elimination there fills in nothing, so a solution costs two passes.

References
----------
.. [1] T. A. Davis, "Direct Methods for Sparse Linear Systems", SIAM, 2006, section 4.1: the factor of a matrix whose graph is
   a tree has no fill-in where every node is eliminated before its parent.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csc_matrix

    IntArray = NDArray[np.int64]
    ComplexArray = NDArray[np.complex128]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """Order in which the nodes of a forest are eliminated, children before parents.

    Attributes
    ----------
    order : ndarray of int, shape (n,)
        Row of the matrix at each place of the order.
    parent : ndarray of int, shape (n,)
        Place of the parent of the node at each place, -1 for a root.
    """

    order: IntArray
    parent: IntArray


def tree_of(matrix: csc_matrix) -> Tree | None:
    """Return the elimination order of a matrix whose graph is a forest, None where it has a mesh.

    Parameters
    ----------
    matrix : scipy.sparse.csc_matrix, shape (n, n)
        Structurally symmetric matrix.
    """
    from scipy.sparse import csr_matrix  # noqa: PLC0415
    from scipy.sparse.csgraph import breadth_first_order, connected_components  # noqa: PLC0415

    size = matrix.shape[0]
    entries = matrix.tocoo()
    off = (entries.row != entries.col) & (entries.data != 0.0)
    graph = csr_matrix((np.ones(int(off.sum())), (entries.row[off], entries.col[off])), shape=(size, size))
    parts, label = connected_components(graph, directed=False)
    pairs = (graph + graph.T).tocsr()
    if pairs.nnz != 2 * (size - parts):
        return None
    # one more node above a node of each part makes the forest a tree
    first = np.unique(label, return_index=True)[1]
    rows = np.concatenate([entries.row[off], np.full(parts, size)])
    columns = np.concatenate([entries.col[off], first])
    whole = csr_matrix((np.ones(len(rows)), (rows, columns)), shape=(size + 1, size + 1))
    reached, above = breadth_first_order(whole, size, directed=False)
    order = reached[:0:-1].astype(np.int64)
    place = np.full(size + 1, -1, dtype=np.int64)
    place[order] = np.arange(size)
    return Tree(order=order, parent=place[above[order]])


def factors_of(matrix: csc_matrix, tree: Tree) -> tuple[ComplexArray, ComplexArray, ComplexArray]:
    """Return the factors of a matrix over its tree.

    Returns
    -------
    down, up, inverse : ndarray of complex, shape (n,)
        What a node passes on to its parent's right-hand side, what it takes of its parent's solution, and one over its pivot;
        by place in the order.
    """
    rows = matrix.tocsr()
    pivot = matrix.diagonal().astype(np.complex128)[tree.order]
    child = np.flatnonzero(tree.parent >= 0)
    node, above = tree.order[child], tree.order[tree.parent[child]]
    up, down = np.zeros((2, len(tree.order)), dtype=np.complex128)
    up[child] = np.asarray(rows[node, above]).ravel()
    down[child] = np.asarray(rows[above, node]).ravel()
    for place, parent in enumerate(tree.parent.tolist()):
        up[place] /= pivot[place]
        if parent >= 0:
            pivot[parent] -= down[place] * up[place]
    return -down / pivot, up, 1.0 / pivot
