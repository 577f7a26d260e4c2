# SPDX-License-Identifier: Apache-2.0
"""The grid of a run: loads in, voltages, loadings and losses out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from simulators.grid.admittance import admittances_of
from simulators.grid.newton import Newton
from simulators.grid.ports import tables
from simulators.grid.positions import Positions
from simulators.grid.results import Results, nothing
from simulators.grid.topology import topology_of
from twinergy.kinds import GridModel
from twinergy.signs import generation_from_load

if TYPE_CHECKING:
    from collections.abc import Sequence

    from simulators.grid.admittance import Admittances
    from twinergy.community.topology import GridTopology
    from twinergy.kinds import FloatArray, TableValues

STATES_KEPT: Final = 64
"""How many states of switches and taps stay ready for use; a tap changer moves between a few."""


class PandapowerGrid(GridModel):
    """Balanced power flow of a pandapower network by Newton-Raphson with KLU.

    A connection on one phase counts with a third of its power on each: the network is balanced.

    Parameters
    ----------
    net : pandapowerNet
        Named network, from now on this object's own.
    buses : sequence of str
        Bus of each connection, in the order of ``Twin.connections``.
    """

    def __init__(self, net: Any, buses: Sequence[str]) -> None:
        self._net = net
        row_of_name = {name: row for row, name in enumerate(net.bus["name"])}
        self._bus_of_connection = np.array([row_of_name[name] for name in buses], dtype=np.int64)
        self._positions = Positions(net)
        self._states: dict[bytes, _State] = {}
        self._state = self._state_of_positions()
        self.tables = tables(net.bus["name"], net.line["name"], net.trafo["name"], net.switch["name"])

    def solve(self, p_kw: FloatArray, q_kvar: FloatArray, set_points: TableValues) -> TableValues:
        """Return voltages, loadings and losses for the load at each connection; see `twinergy.kinds.GridModel`."""
        if set_points and self._positions.move(set_points):
            self._state = self._state_of_positions()
        values = self._state.solve(p_kw, q_kvar)
        if values is None:
            values = nothing(self.tables)
        values["switch"] = {"closed": self._positions.closed}
        values["transformer"]["tap"] = self._positions.tap
        return {table.name: values[table.name] for table in self.tables}

    def topology(self) -> GridTopology:
        """Return places of the buses, from the network's geodata or laid out as a tree, and what connects them."""
        return topology_of(self._net)

    def _state_of_positions(self) -> _State:
        """Return the power flow for where switches and taps stand; pandapower computes it once for each such state."""
        key = self._positions.key()
        if key not in self._states:
            self._positions.write_to(self._net)
            if len(self._states) >= STATES_KEPT:
                del self._states[next(iter(self._states))]
            self._states[key] = _State(admittances_of(self._net), self._bus_of_connection)
        state = self._states[key]
        state.newton.forget()  # its last voltages may be from long ago
        return state


class _State:
    """The power flow for one state of switches and taps."""

    def __init__(self, grid: Admittances, bus_of_connection: np.ndarray[tuple[int], np.dtype[np.int64]]) -> None:
        self._grid = grid
        self._row = grid.row_of_bus[bus_of_connection]
        self._slots = grid.size + 1  # the last one collects what nobody supplies
        self._results = Results(grid)
        self.newton = Newton(grid)

    def solve(self, p_kw: FloatArray, q_kvar: FloatArray) -> TableValues | None:
        """Return the result tables, or None where there is no solution or a load is not a number."""
        p_bus, q_bus = self._at_buses(p_kw), self._at_buses(q_kvar)
        if not np.isfinite(p_bus.sum() + q_bus.sum()):
            self.newton.forget()
            return None
        injection = self._grid.background.copy()
        injection.real += generation_from_load(p_bus[:-1]) / self._grid.base_kw
        injection.imag += generation_from_load(q_bus[:-1]) / self._grid.base_kw
        voltage = self.newton.solve(injection)
        if voltage is None:
            return None
        return self._results.of(voltage, injection, float(p_bus[-1]), self.newton.iterations)

    def _at_buses(self, power: FloatArray) -> FloatArray:
        """Return the sum of the connections' loads at each live bus and, last, at all dead ones."""
        return np.bincount(self._row, power, self._slots).astype(np.float64, copy=False)
