# SPDX-License-Identifier: Apache-2.0
"""Power flow on pandapower's admittances, warm from step to step: quick substitution first, else Newton-Raphson with KLU."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
from scipy.sparse import csc_matrix

from simulators.grid.contraction import contraction_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from simulators.grid.admittance import Admittances

    ComplexArray = NDArray[np.complex128]

TOLERANCE_KW: Final = 1e-7
"""Largest power that may be missing at a bus."""
QUICK_TOLERANCE_KW: Final = 1e-8
"""The same for substitution, whose errors do not fall far below what was asked for and add up over the buses."""
MAX_ITERATIONS: Final = 20


class Newton:
    """Power flow of one network in one state of its switches and taps.

    What is kept from step to step is the last good voltages, from where two or three iterations suffice; a failed solution
    leaves nothing behind. (lightsim2grid 1.2 analyses the Jacobian's pattern anew in every call from Python.)

    Parameters
    ----------
    admittances : Admittances
        The network.
    """

    def __init__(self, admittances: Admittances) -> None:
        from lightsim2grid.algorithm import NRSing_KLU  # noqa: PLC0415 - a compiled library, wanted only where a grid runs

        self._solver: Any = NRSing_KLU()
        self._start = admittances.start
        self._tolerance = TOLERANCE_KW / admittances.base_kw
        self._trivial = len(admittances.pv) + len(admittances.pq) == 0
        quick = len(admittances.pq) > 0 and not len(admittances.pv)
        self._contraction = contraction_of(admittances, QUICK_TOLERANCE_KW / admittances.base_kw) if quick else None
        self._reduce(admittances)
        self._last: ComplexArray | None = None
        self.iterations = 0

    def _reduce(self, grid: Admittances) -> None:
        """Fold all infeeds into the first: the solver knows one reference bus, and theirs are voltages in a fixed ratio."""
        first, others = grid.reference[0], grid.reference[1:]
        self._kept = np.setdiff1d(np.arange(grid.size), others)
        matrix = grid.matrix.tolil() if len(others) else grid.matrix
        for other in others:
            matrix[:, first] += matrix[:, other] * (grid.start[other] / grid.start[first])
        self._single = len(others) == 0
        self._matrix = csc_matrix(matrix.tocsc()[self._kept][:, self._kept])
        row = np.full(grid.size, -1, dtype=np.int32)
        row[self._kept] = np.arange(len(self._kept))
        self._pv, self._pq, self._reference = row[grid.pv], row[grid.pq], row[[first]]
        self._weights = np.zeros(len(self._kept))
        self._weights[self._reference] = 1.0
        self._cold = grid.start[self._kept]

    def forget(self) -> None:
        """Start the next solution from the voltages without load."""
        self._last = None
        self._solver.reset()
        if self._contraction is not None:
            self._contraction.forget()

    def solve(self, injection: ComplexArray) -> ComplexArray | None:
        """Return the voltages under given injections, or None if the power flow does not converge.

        Parameters
        ----------
        injection : ndarray of complex, shape (n_live,)
            Power into each bus, positive when generated; that of the reference buses does not matter. [pu]

        Returns
        -------
        ndarray of complex, shape (n_live,), or None
            Voltages. [pu]
        """
        self.iterations = 0
        if self._trivial:
            return self._start.copy()
        if self._contraction is not None:
            found = self._contraction.solve(injection)
            self.iterations = self._contraction.rounds
            if found is not None:
                return found
        wanted = injection if self._single else injection[self._kept]
        starts = (self._cold,) if self._last is None else (self._last, self._cold)
        for start in starts:
            if self._attempt(start, wanted):
                self._last = self._solver.get_V()
                return self._last if self._single else self._expanded(self._last)
            self.forget()
        return None

    def _attempt(self, start: ComplexArray, wanted: ComplexArray) -> bool:
        done = self._solver.solve(
            self._matrix, start, wanted, self._reference, self._weights, self._pv, self._pq, MAX_ITERATIONS, self._tolerance
        )
        self.iterations += int(self._solver.get_nb_iter())
        return bool(done)

    def _expanded(self, kept: ComplexArray) -> ComplexArray:
        voltage = self._start.copy()
        voltage[self._kept] = kept
        return voltage
