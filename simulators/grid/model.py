# SPDX-License-Identifier: Apache-2.0
"""What follows from the voltages of a network: magnitudes, angles, flows, losses. Pure functions on arrays, compiled.

Voltages are per unit; what comes out is in kW and positive into a branch at its from end, see `simulators.grid.results` for
the load frame.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from simulators.grid.kernels import branch_flows, compiled, polar

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from simulators.grid.admittance import Admittances
    from twinergy.kinds import FloatArray

    ComplexArray = NDArray[np.complex128]


class Flows:
    """Polar voltages and branch flows of one network in one state of its switches and taps.

    Each branch is a two-port, ``[i_f, i_t] = [[own_f, mutual_f], [mutual_t, own_t]] [v_f, v_t]`` [1]_.

    Parameters
    ----------
    grid : Admittances
        The network.

    References
    ----------
    .. [1] R. D. Zimmerman, C. E. Murillo-Sánchez, "MATPOWER User's Manual", 2020, section 3.2, eq. (3.2).
    """

    def __init__(self, grid: Admittances) -> None:
        self._grid = grid
        self._reference = grid.start / np.abs(grid.start)
        self._reference_deg = np.angle(self._reference, deg=True)
        self._polar, self._flows = compiled(polar), compiled(branch_flows)

    def buses(self, voltage: ComplexArray) -> tuple[FloatArray, FloatArray]:
        """Return magnitude and angle at each bus of the network, NaN at the dead ones. [pu], [deg]."""
        size = self._grid.size
        found = np.full((2, size + 1), np.nan)
        self._polar(voltage, self._reference, self._reference_deg, found[0, :size], found[1, :size])
        at_bus = found.take(self._grid.row_of_bus, axis=1)
        return at_bus[0], at_bus[1]

    def branches(self, voltage: ComplexArray) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
        """Return loading, active and reactive power at the from end, losses. [%], [kW], [kvar], [kW]."""
        branches = self._grid.branches
        flow = np.empty((4, branches.ends.shape[1]))
        self._flows(branches.ends, branches.own, branches.mutual, branches.percent_per_pu, voltage, self._grid.base_kw, flow)
        return flow[0], flow[1], flow[2], flow[3]
