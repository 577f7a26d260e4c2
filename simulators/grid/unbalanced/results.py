# SPDX-License-Identifier: Apache-2.0
"""From sequence voltages to the result tables, in kW and in the load frame."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from simulators.grid.kernels import compiled
from simulators.grid.results import Results
from simulators.grid.unbalanced.kernels import branch_flows, phase_voltages

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from simulators.grid.unbalanced.sequences import SequenceNetwork
    from twinergy.kinds import FloatArray, TableValues

    ComplexArray = NDArray[np.complex128]

LINE_PORTS = ("loading_percent", "p_kw", "p_loss_kw", "i_a_a", "i_b_a", "i_c_a", "i_n_a")
LINE_ROWS = (0, 1, 3, 4, 5, 6, 7)
TRANSFORMER_PORTS = ("loading_percent", "p_kw", "q_kvar", "p_loss_kw", "i_n_a")
TRANSFORMER_ROWS = (0, 1, 2, 3, 7)
BUS_PORTS = ("vm_pu", "vm_a_pu", "vm_b_pu", "vm_c_pu", "va_deg", "unbalance_percent")


class UnbalancedResults:
    """Result tables of one network in one state of its switches and taps.

    Parameters
    ----------
    network : SequenceNetwork
        The network.
    """

    def __init__(self, network: SequenceNetwork) -> None:
        self._network = network
        self._balanced = Results(network.positive)
        self._voltages, self._flows = compiled(phase_voltages), compiled(branch_flows)

    def of(self, voltage: ComplexArray, injection: ComplexArray, unsupplied: tuple[float, int], iterations: int) -> TableValues:
        """Return the tables that voltages give; see `simulators.grid.results.Results.of`.

        Parameters
        ----------
        voltage : ndarray of complex, shape (n_live, 3)
            Sequence voltages. [pu]
        injection : ndarray of complex, shape (n_live, 3)
            Power into each bus and phase, positive when generated. [pu]
        unsupplied : tuple of float and int
            Load at dead buses, and how many connections are there. [kW]
        iterations : int
            Iterations that led here.
        """
        branches = self._network.positive.branches
        flow = np.empty((8, branches.ends.shape[1]))
        self._flows(
            branches.ends, self._network.own, self._network.mutual, branches.percent_per_pu, self._network.base_a,
            voltage, self._network.positive.base_kw, flow,
        )  # fmt: skip
        line, transformer = flow[:, branches.lines], flow[:, branches.transformers]
        positive = np.ascontiguousarray(voltage[:, 1])
        loss_kw = float(flow[3].sum())
        return {
            "bus": self._buses(voltage),
            "line": {port: line[row] for port, row in zip(LINE_PORTS, LINE_ROWS, strict=True)},
            "transformer": {port: transformer[row] for port, row in zip(TRANSFORMER_PORTS, TRANSFORMER_ROWS, strict=True)},
            "grid": self._balanced.balance(positive, injection.sum(axis=1), loss_kw, unsupplied, iterations),
        }

    def _buses(self, voltage: ComplexArray) -> dict[str, FloatArray]:
        """Return the voltages of every bus of the network, NaN at the dead ones."""
        grid = self._network.positive
        size = grid.size
        found = np.full((len(BUS_PORTS), size + 1), np.nan)
        self._voltages(voltage, found[:4, :size], found[4, :size], found[5, :size])
        at_bus = found.take(grid.row_of_bus, axis=1)
        return dict(zip(BUS_PORTS, at_bus, strict=True))
