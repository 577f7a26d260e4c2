# SPDX-License-Identifier: Apache-2.0
"""The three sequence networks of a network: admittances, branches, loads that belong to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from simulators.grid.unbalanced.zero_sequence import BASE_KV, two_ports

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csc_matrix

    from simulators.grid.admittance import Admittances
    from simulators.grid.branches import Branches
    from twinergy.kinds import FloatArray

    ComplexArray = NDArray[np.complex128]
    IntArray = NDArray[np.int64]

PHASES: Final = ("a", "b", "c")
ZERO, POSITIVE, NEGATIVE = 0, 1, 2
FLOATING_PU: Final = 1e-6
"""Admittance to earth given to one bus of a part without any, such as a network behind a delta, to make it solvable. [pu]"""


@dataclass(frozen=True, slots=True, kw_only=True)
class SequenceNetwork:
    """Zero, positive and negative sequence of a network, in this order along each axis of length 3.

    Attributes
    ----------
    positive : Admittances
        The balanced model, whose live buses and branches these are.
    matrices : tuple of scipy.sparse.csc_matrix, shape (n_live, n_live)
        Nodal admittances. [pu]
    own, mutual : ndarray of complex, shape (n_branches, 2, 3)
        Two-ports of the branches, see `simulators.grid.branches.Branches`. [pu]
    base_a : ndarray, shape (n_branches, 2)
        Current of 1 pu at either end. [A]
    background : ndarray of complex, shape (n_live, 3)
        Injection of what belongs to the network into each phase a, b, c, as a part of the power of 1 pu of all three. [pu]
    """

    positive: Admittances
    matrices: tuple[csc_matrix, csc_matrix, csc_matrix]
    own: ComplexArray
    mutual: ComplexArray
    base_a: FloatArray
    background: ComplexArray


def sequence_network(net: Any, positive: Admittances) -> SequenceNetwork:
    """Return the sequence networks of a pandapower network whose balanced model was read just before.

    The negative sequence of a branch is the positive one seen from its other end: a transformer turns it the other way.

    Parameters
    ----------
    net : pandapowerNet
        Network with ``_ppc`` and lookups of this very state.
    positive : Admittances
        What `admittances_of` returned.
    """
    branches = positive.branches
    own0, mutual0 = two_ports(net, branches)
    zero = _matrix(branches, own0, mutual0, positive.size)
    low = branches.ends[1, branches.transformers]
    star_points = low[(own0[1] != 0.0)[branches.transformers] & (mutual0[1] == 0.0)[branches.transformers]]
    base_kv = net["_ppc"]["bus"][:, BASE_KV].real[branches.ends]
    return SequenceNetwork(
        positive=positive,
        matrices=(_earthed(zero, positive, star_points), positive.matrix, positive.matrix.T.tocsc()),
        own=np.stack([own0, branches.own, branches.own], axis=-1).transpose(1, 0, 2).copy(),
        mutual=np.stack([mutual0, branches.mutual, branches.mutual[::-1]], axis=-1).transpose(1, 0, 2).copy(),
        base_a=(positive.base_kw / (np.sqrt(3.0) * base_kv)).T.copy(),
        background=_background(net, positive),
    )


def _matrix(branches: Branches, own: ComplexArray, mutual: ComplexArray, size: int) -> csc_matrix:
    from scipy.sparse import csc_matrix  # noqa: PLC0415

    near, far = branches.ends, branches.ends[::-1]
    rows = np.concatenate([near.ravel(), near.ravel()])
    columns = np.concatenate([near.ravel(), far.ravel()])
    return csc_matrix((np.concatenate([own.ravel(), mutual.ravel()]), (rows, columns)), shape=(size, size))


def _earthed(matrix: csc_matrix, grid: Admittances, star_points: IntArray) -> csc_matrix:
    """Return the matrix with `FLOATING_PU` at one bus of each part that neither an infeed nor a transformer earths."""
    from scipy.sparse import csc_matrix  # noqa: PLC0415
    from scipy.sparse.csgraph import connected_components  # noqa: PLC0415

    matrix.eliminate_zeros()
    parts, label = connected_components(abs(matrix), directed=False)
    earthed = np.zeros(parts, dtype=bool)
    earthed[label[grid.reference]] = True
    earthed[label[star_points]] = True
    loose = np.flatnonzero(~earthed)
    first = np.array([np.flatnonzero(label == part)[0] for part in loose], dtype=np.int64)
    bond = csc_matrix((np.full(len(first), FLOATING_PU), (first, first)), shape=matrix.shape)
    return csc_matrix(matrix + bond)


def _background(net: Any, positive: Admittances) -> ComplexArray:
    """Return what the network's own loads inject into each phase; those on single phases are already in the sum of all."""
    per_phase = np.repeat(positive.background[:, None] / len(PHASES), len(PHASES), axis=1)
    for table, sign in (("asymmetric_load", -1.0), ("asymmetric_sgen", 1.0)):
        frame = net[table][net[table]["in_service"].astype(bool)] if len(net[table]) else net[table]
        row = positive.row_of_bus[net.bus.index.get_indexer(frame["bus"])] if len(frame) else np.zeros(0, dtype=np.int64)
        served = row < positive.size
        power = np.stack([(frame[f"p_{k}_mw"] + 1j * frame[f"q_{k}_mvar"]) * frame["scaling"] for k in PHASES], axis=-1)
        power = power.astype(np.complex128)[served] * sign * 1000.0 / positive.base_kw
        np.add.at(per_phase, row[served], power - power.mean(axis=1, keepdims=True))
    return per_phase
