# SPDX-License-Identifier: Apache-2.0
"""The grid of a run with three phases of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from simulators.grid.neutral import network_of
from simulators.grid.simulator import PandapowerGrid
from simulators.grid.unbalanced.results import UnbalancedResults
from simulators.grid.unbalanced.sequences import sequence_network
from simulators.grid.unbalanced.solver import Substitution
from twinergy.signs import generation_from_load

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from simulators.grid.admittance import Admittances
    from simulators.grid.states import Solver, State
    from simulators.grid.unbalanced.sequences import SequenceNetwork
    from twinergy.community.network import Network
    from twinergy.kinds import FloatArray, TableValues

    IntArray = NDArray[np.int64]
    BoolArray = NDArray[np.bool_]
    ComplexArray = NDArray[np.complex128]

PHASES: Final = 3


class UnbalancedGrid(PandapowerGrid):
    """Unbalanced power flow of a pandapower network in symmetrical components.

    `solve` takes the load of each connection on each phase, between the phase and an earthed neutral, shape
    ``(n_connections, 3)``. All else is as in `PandapowerGrid`.
    """

    phases = True

    def _computed(self, grid: Admittances) -> State:
        return UnbalancedState(sequence_network(self._net, grid), self._bus_of_connection)

    def _neutral(self, grid: Admittances) -> Network:
        return network_of(self._net, grid, sequence_network(self._net, grid))


class UnbalancedState:
    """The unbalanced power flow of one state of switches and taps; see `simulators.grid.states.BalancedState`."""

    def __init__(self, network: SequenceNetwork, bus_of_connection: IntArray) -> None:
        grid = network.positive
        self._network = network
        self._slots = grid.size + 1  # the last one collects what nobody supplies
        row = grid.row_of_bus[bus_of_connection]
        self._place = (row + self._slots * np.arange(PHASES)[:, None]).ravel()  # first all of phase a, then b, then c
        self.dark: BoolArray = row == grid.size
        self._dark_count = int(self.dark.sum())
        self._results = UnbalancedResults(network)
        self.newton: Solver = (substitution := Substitution(network))
        self._solve = substitution.solve

    def solve(self, p_kw: FloatArray, q_kvar: FloatArray) -> TableValues | None:
        """Return the result tables, or None where there is no solution or a load is not a number."""
        p_bus, q_bus = self._at_buses(p_kw), self._at_buses(q_kvar)
        if not np.isfinite(p_bus.sum() + q_bus.sum()):
            self.newton.forget()
            return None
        base_kw = self._network.positive.base_kw
        injection: ComplexArray = self._network.background.copy()
        injection.real += generation_from_load(p_bus[:, :-1].T) / base_kw
        injection.imag += generation_from_load(q_bus[:, :-1].T) / base_kw
        voltage = self._solve(injection)
        if voltage is None:
            return None
        return self._results.of(voltage, injection, (float(p_bus[:, -1].sum()), self._dark_count), self.newton.iterations)

    def _at_buses(self, power: FloatArray) -> FloatArray:
        """Return the sum of the connections' loads on each phase at each live bus and, last, at all dead ones."""
        summed = np.bincount(self._place, power.T.ravel(), PHASES * self._slots)
        return summed.reshape(PHASES, self._slots).astype(np.float64, copy=False)
