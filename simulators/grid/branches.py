# SPDX-License-Identifier: Apache-2.0
"""Branches of a network as two-ports: what connects which buses, with which admittances and which rating."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

    from twinergy.kinds import FloatArray

    IntArray = NDArray[np.int64]
    ComplexArray = NDArray[np.complex128]

FROM_BUS, TO_BUS = 0, 1  # columns of a PYPOWER branch matrix
BASE_KV = 9  # column of a PYPOWER bus matrix


@dataclass(frozen=True, slots=True, kw_only=True)
class Branches:
    """All branches: first the lines, then the transformers, both in the network's order, then the rest.

    A branch that is out of service or dead has admittances of zero, so nothing flows in it.

    Attributes
    ----------
    ends : ndarray of int, shape (2, n_branches)
        Live bus at the from and at the to end.
    own, mutual : ndarray of complex, shape (2, n_branches)
        Current into an end is ``own`` times the voltage there plus ``mutual`` times the voltage at the other end. [pu]
    percent_per_pu : ndarray, shape (2, n_branches)
        Loading of the branch for 1 pu of current at an end; NaN for a line without rating, 0 for the rest. [%]
    lines, transformers : slice
        Where they stand.
    """

    ends: IntArray
    own: ComplexArray
    mutual: ComplexArray
    percent_per_pu: FloatArray
    lines: slice
    transformers: slice


def branches_of(net: Any, bus: FloatArray, in_service: NDArray[np.bool_], y_from: csr_matrix, y_to: csr_matrix) -> Branches:
    """Return the branches of a network that pandapower has just converted.

    Parameters
    ----------
    net : pandapowerNet
        Network with ``_ppc`` and lookups.
    bus : ndarray
        PYPOWER bus matrix of the live buses.
    in_service : ndarray of bool, shape (n_rows,)
        Which rows of the PYPOWER branch matrix are alive.
    y_from, y_to : scipy.sparse.csr_matrix, shape (n_alive, n_live)
        Branch admittances at either end. [pu]
    """
    rows, lines, transformers = _rows(net, in_service)
    alive = in_service[rows]
    compact = (np.cumsum(in_service) - 1)[rows[alive]]  # row among those alive
    ends = np.zeros((2, len(rows)), dtype=np.int64)  # of what is not alive: any bus, for nothing flows there
    ends[:, alive] = net["_ppc"]["branch"][rows[alive]][:, (FROM_BUS, TO_BUS)].real.astype(np.int64).T
    start, end = ends[:, alive]
    own, mutual = np.zeros(ends.shape, dtype=np.complex128), np.zeros(ends.shape, dtype=np.complex128)
    own[:, alive] = _entries(y_from, compact, start), _entries(y_to, compact, end)
    loop = start == end  # both ends fused by a switch: one sparse entry holds the sum
    mutual[:, alive] = np.where(loop, 0.0, [_entries(y_from, compact, end), _entries(y_to, compact, start)])
    rating = _percent_per_ka(net, len(rows), lines, transformers)
    base_ka = net["_ppc"]["baseMVA"] / (np.sqrt(3.0) * bus[:, BASE_KV].real)
    return Branches(
        ends=ends, own=own, mutual=mutual, percent_per_pu=rating * base_ka[ends], lines=lines, transformers=transformers
    )


def _rows(net: Any, in_service: NDArray[np.bool_]) -> tuple[IntArray, slice, slice]:
    """Return the PYPOWER rows in our order: lines, transformers, whatever else is alive."""
    lookup = net["_pd2ppc_lookups"]["branch"]
    line, trafo = (np.arange(*lookup.get(table, (0, 0))) for table in ("line", "trafo"))
    named = np.concatenate([line, trafo]).astype(np.int64)
    rest = np.setdiff1d(np.flatnonzero(in_service), named)
    return np.concatenate([named, rest]), slice(0, len(line)), slice(len(line), len(named))


def _entries(matrix: csr_matrix, rows: IntArray, columns: IntArray) -> ComplexArray:
    return np.asarray(matrix[rows, columns]).ravel() if len(rows) else np.zeros(0, dtype=np.complex128)


def _percent_per_ka(net: Any, count: int, lines: slice, transformers: slice) -> FloatArray:
    """Return the loading for 1 kA at either end, as pandapower defines it for lines and by current for transformers."""
    rating = np.zeros((2, count))
    line = net.line
    limit_ka = (line["max_i_ka"] * line["df"] * line["parallel"]).to_numpy(np.float64)
    rating[:, lines] = 100.0 / np.where(limit_ka > 0.0, limit_ka, np.nan)
    trafo = net.trafo
    voltages_kv = trafo[["vn_hv_kv", "vn_lv_kv"]].to_numpy(np.float64).T
    power_mva = (trafo["sn_mva"] * trafo["df"] * trafo["parallel"]).to_numpy(np.float64)
    rating[:, transformers] = 100.0 * np.sqrt(3.0) * voltages_kv / power_mva
    return rating
