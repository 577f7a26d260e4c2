# SPDX-License-Identifier: Apache-2.0
"""Successive substitution for three phases: sequence currents of the loads through the three sequence networks.

See `simulators.grid.contraction` for the method. It converges wherever the loads can be met, slower the nearer they are to what
the network can carry at all; where `MAX_ROUNDS` do not suffice there is no result.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from simulators.grid.kernels import compiled
from simulators.grid.radial import LOWEST
from simulators.grid.tree import factors_of, tree_of
from simulators.grid.unbalanced.kernels import injected, moved_to, through_tree

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csc_matrix

    from simulators.grid.tree import Tree
    from simulators.grid.unbalanced.sequences import SequenceNetwork

    ComplexArray = NDArray[np.complex128]
    IntArray = NDArray[np.int64]

TOLERANCE_KW: Final = 1e-8
"""Largest power that may be missing at a bus and phase."""
MAX_ROUNDS: Final = 500
PHASES: Final = 3


class Trees:
    """The three sequence networks of a radial network.

    Parameters
    ----------
    matrices : sequence of scipy.sparse.csc_matrix, shape (n, n)
        Admittances between the buses with given power. [pu]
    tree : Tree
        Their common elimination order.
    """

    def __init__(self, matrices: list[csc_matrix], tree: Tree) -> None:
        factors = [factors_of(matrix, tree) for matrix in matrices]
        self.order = tree.order
        self._arrays = (tree.parent, *(np.stack(parts, axis=-1) for parts in zip(*factors, strict=True)))
        self._kernel = compiled(through_tree)

    def solve(self, current: ComplexArray, change: ComplexArray) -> None:
        """Write the voltages that currents cause; both by `order`, the currents are used up."""
        self._kernel(*self._arrays, current, change)


class Meshes:
    """The three sequence networks of a network with meshes; see `Trees`."""

    def __init__(self, matrices: list[csc_matrix]) -> None:
        from scipy.sparse.linalg import splu  # noqa: PLC0415

        self.order = np.arange(matrices[0].shape[0])
        self._factors: list[Any] = [splu(matrix, permc_spec="MMD_AT_PLUS_A") for matrix in matrices]

    def solve(self, current: ComplexArray, change: ComplexArray) -> None:
        """Write the voltages that currents cause."""
        for sequence, factors in enumerate(self._factors):
            change[:, sequence] = factors.solve(current[:, sequence].copy())


class Substitution:
    """Unbalanced power flow of one network in one state of its switches and taps, warm from step to step.

    Parameters
    ----------
    network : SequenceNetwork
        The network; no bus may hold a voltage but the infeeds.
    """

    def __init__(self, network: SequenceNetwork) -> None:
        grid = network.positive
        inner = [matrix[grid.pq][:, grid.pq].tocsc() for matrix in network.matrices]
        tree = tree_of(inner[1])
        self._networks = Meshes(inner) if tree is None else Trees(inner, tree)
        self._rows = grid.pq[self._networks.order]
        self._start = np.zeros((grid.size, PHASES), dtype=np.complex128)
        self._start[:, 1] = grid.start
        self._no_load = self._start[self._rows]
        self._last = self._no_load
        self._tolerance = TOLERANCE_KW / grid.base_kw
        self._injected, self._moved_to = compiled(injected), compiled(moved_to)
        self.iterations = 0

    def forget(self) -> None:
        """Start the next solution from the voltages without load."""
        self._last = self._no_load

    def solve(self, injection: ComplexArray) -> ComplexArray | None:
        """Return the sequence voltages under given injections, or None if the power flow does not converge.

        Parameters
        ----------
        injection : ndarray of complex, shape (n_live, 3)
            Power into each bus and phase a, b, c, positive when generated, as a part of the power of 1 pu of all three. [pu]

        Returns
        -------
        ndarray of complex, shape (n_live, 3), or None
            Zero, positive and negative sequence voltage. [pu]
        """
        power = injection.take(self._rows, axis=0) * PHASES  # 1 pu of a phase is a third of that of all
        # a phase voltage is the sum of three that move, and what is missing is the power times its move
        close = LOWEST * self._tolerance / max(float(np.abs(power).max(initial=0.0)), self._tolerance)
        enough = close * close
        voltage = self._last.copy()
        current, change = np.empty_like(voltage), np.empty_like(voltage)
        for self.iterations in range(1, MAX_ROUNDS + 1):
            self._injected(voltage, power, current)
            self._networks.solve(current, change)
            moved = self._moved_to(self._no_load, change, voltage)
            if moved < enough:
                self._last = voltage
                return self._whole(voltage)
            if np.isnan(moved):
                break
        self.forget()
        return None

    def _whole(self, voltage: ComplexArray) -> ComplexArray:
        result = self._start.copy()
        result[self._rows] = voltage
        return result
