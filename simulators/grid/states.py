# SPDX-License-Identifier: Apache-2.0
"""The power flow of a network in one state of its switches and taps: connections' loads in, result tables out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np

from simulators.grid.newton import Newton
from simulators.grid.results import Results
from twinergy.signs import generation_from_load

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from simulators.grid.admittance import Admittances
    from twinergy.kinds import FloatArray, TableValues

    IntArray = NDArray[np.int64]
    BoolArray = NDArray[np.bool_]


class Solver(Protocol):
    """What remembers its last voltages."""

    iterations: int

    def forget(self) -> None:
        """Start the next solution from the voltages without load."""


class State(Protocol):
    """A power flow ready for use."""

    newton: Solver
    dark: BoolArray

    def solve(self, p_kw: FloatArray, q_kvar: FloatArray) -> TableValues | None:
        """Return the result tables, or None where there is no solution or a load is not a number."""


class BalancedState:
    """The balanced power flow.

    Parameters
    ----------
    grid : Admittances
        The network.
    bus_of_connection : ndarray of int, shape (n_connections,)
        Row of each connection's bus in the network's table of buses.

    Attributes
    ----------
    dark : ndarray of bool, shape (n_connections,)
        Which connections have no supply.
    """

    def __init__(self, grid: Admittances, bus_of_connection: IntArray) -> None:
        self._grid = grid
        self._row = grid.row_of_bus[bus_of_connection]
        self._slots = grid.size + 1  # the last one collects what nobody supplies
        self._results = Results(grid)
        self.newton: Solver = (newton := Newton(grid))
        self._solve = newton.solve
        self.dark: BoolArray = self._row == grid.size
        self._dark_count = int(self.dark.sum())

    def solve(self, p_kw: FloatArray, q_kvar: FloatArray) -> TableValues | None:
        """Return the result tables, or None where there is no solution or a load is not a number."""
        p_bus, q_bus = self._at_buses(p_kw), self._at_buses(q_kvar)
        if not np.isfinite(p_bus.sum() + q_bus.sum()):
            self.newton.forget()
            return None
        injection = self._grid.background.copy()
        injection.real += generation_from_load(p_bus[:-1]) / self._grid.base_kw
        injection.imag += generation_from_load(q_bus[:-1]) / self._grid.base_kw
        voltage = self._solve(injection)
        if voltage is None:
            return None
        return self._results.of(voltage, injection, (float(p_bus[-1]), self._dark_count), self.newton.iterations)

    def _at_buses(self, power: FloatArray) -> FloatArray:
        """Return the sum of the connections' loads at each live bus and, last, at all dead ones."""
        return np.bincount(self._row, power, self._slots).astype(np.float64, copy=False)
