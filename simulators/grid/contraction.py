# SPDX-License-Identifier: Apache-2.0
"""Power flow by successive substitution on the factorised admittances: the quick way, where it converges.

The load currents of the last voltages drive the network, which gives the next voltages (implicit Z-bus method [1]_). In
distribution networks that is a contraction [2]_: each round gains one to two digits for one forward and backward substitution.
It needs buses whose power is given and says so when it does not converge; `simulators.grid.newton` takes over then.

References
----------
.. [1] T.-H. Chen, M.-S. Chen, K.-J. Hwang, P. Kotas, E. A. Chebli, "Distribution system power flow analysis - a rigid
   approach", IEEE Transactions on Power Delivery 6(3), 1991, eq. (6).
.. [2] S. Bolognani, S. Zampieri, "On the existence and linear approximation of the power flow solution in power distribution
   networks", IEEE Transactions on Power Systems 31(1), 2016, theorem 1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from simulators.grid.radial import LOWEST, RadialContraction
from simulators.grid.tree import tree_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from simulators.grid.admittance import Admittances

    ComplexArray = NDArray[np.complex128]

FIRST_LOOK: Final = 3
"""Round after which convergence is looked at for the first time."""
MAX_ROUNDS: Final = 12
"""Beyond these Newton-Raphson is quicker."""


def contraction_of(grid: Admittances, tolerance: float) -> Contraction | RadialContraction:
    """Return the substitution that is quicker for a network: on its tree where it is radial."""
    tree = tree_of(grid.matrix[grid.pq][:, grid.pq].tocsc())
    return Contraction(grid, tolerance) if tree is None else RadialContraction(grid, tree, tolerance)


class Contraction:
    """Successive substitution for one network in one state of its switches and taps.

    Parameters
    ----------
    grid : Admittances
        The network; no bus may hold a voltage but the infeeds.
    tolerance : float
        Largest power that may be missing at a bus. [pu]
    """

    def __init__(self, grid: Admittances, tolerance: float) -> None:
        from scipy.sparse.linalg import splu  # noqa: PLC0415 - only where a grid runs

        self._pq = grid.pq
        self._factors: Any = splu(grid.matrix[grid.pq][:, grid.pq].tocsc(), permc_spec="MMD_AT_PLUS_A")
        self._start = grid.start
        self._no_load = grid.start[grid.pq]
        self._last = self._no_load
        self._tolerance = tolerance
        self.rounds = 0

    def forget(self) -> None:
        """Start the next solution from the voltages without load."""
        self._last = self._no_load

    def solve(self, injection: ComplexArray) -> ComplexArray | None:
        """Return the voltages under given injections, or None if they are not found quickly.

        Parameters
        ----------
        injection : ndarray of complex, shape (n_live,)
            Power into each bus, positive when generated; that of the infeeds does not matter. [pu]
        """
        power = injection[self._pq]
        # the currents of one round's voltages flow at the next one's, so what is missing is the power times their change
        close = self._tolerance / max(float(np.abs(power).max()), self._tolerance)
        voltage = self._last
        for self.rounds in range(1, MAX_ROUNDS + 1):
            following: ComplexArray = self._factors.solve(np.conj(power / voltage))
            following += self._no_load
            # a look costs a third of a round, and the first rounds never suffice
            done = self.rounds >= FIRST_LOOK and float(np.abs(following - voltage).max()) < close * LOWEST
            voltage = following
            if done:
                break
        else:
            self.forget()
            return None
        self._last = voltage
        result = self._start.copy()
        result[self._pq] = voltage
        return result
