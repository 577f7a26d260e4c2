# SPDX-License-Identifier: Apache-2.0
"""The grid of a run: loads in, voltages, loadings and losses out."""

from __future__ import annotations

from logging import INFO, WARNING, getLogger
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from simulators.grid.admittance import admittances_of
from simulators.grid.neutral import network_of
from simulators.grid.ports import tables
from simulators.grid.positions import Positions
from simulators.grid.results import nothing
from simulators.grid.states import BalancedState
from simulators.grid.topology import topology_of
from twinergy.kinds import GridModel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from simulators.grid.admittance import Admittances
    from simulators.grid.states import State
    from twinergy.community.network import Network
    from twinergy.community.topology import GridTopology
    from twinergy.kinds import FloatArray, TableValues

    BoolArray = NDArray[np.bool_]

LOG: Final = getLogger(__name__)
NAMED: Final = 6
"""How many buses a line of the log names."""
STATES_KEPT: Final = 64
"""How many states of switches and taps stay ready for use; a tap changer moves between a few."""


class PandapowerGrid(GridModel):
    """Balanced power flow of a pandapower network by substitution or Newton-Raphson with KLU.

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
        self._states: dict[bytes, State] = {}
        self._state = self._state_of_positions()
        self.tables = tables(net, unbalanced=self.phases)

    def solve(self, p_kw: FloatArray, q_kvar: FloatArray, set_points: TableValues) -> TableValues:
        """Return voltages, loadings and losses for the load at each connection; see `twinergy.kinds.GridModel`."""
        if set_points and self._positions.move(set_points):
            before, self._state = self._state, self._state_of_positions()
            self._tell(before.dark, self._state.dark)
        values = self._state.solve(p_kw, q_kvar)
        if values is None:
            values = nothing(self.tables)
        values["switch"] = {"closed": self._positions.closed}
        values["transformer"]["tap"] = self._positions.tap
        return {table.name: values[table.name] for table in self.tables}

    def topology(self) -> GridTopology:
        """Return places of the buses, from the network's geodata or laid out as a tree, and what connects them."""
        return topology_of(self._net)

    def network(self) -> Network:
        """Return the grid as plain numbers, in the present state of its switches and taps."""
        self._positions.write_to(self._net)
        return self._neutral(admittances_of(self._net))

    def _neutral(self, grid: Admittances) -> Network:
        return network_of(self._net, grid)

    def _state_of_positions(self) -> State:
        """Return the power flow for where switches and taps stand; pandapower computes it once for each such state."""
        key = self._positions.key()
        if key not in self._states:
            self._positions.write_to(self._net)
            if len(self._states) >= STATES_KEPT:
                del self._states[next(iter(self._states))]
            self._states[key] = self._computed(admittances_of(self._net))
        state = self._states[key]
        state.newton.forget()  # its last voltages may be from long ago
        return state

    def _computed(self, grid: Admittances) -> State:
        """Return the power flow of the network as pandapower has just computed it."""
        return BalancedState(grid, self._bus_of_connection)

    def _tell(self, before: BoolArray, now: BoolArray) -> None:
        """Say in the log who a switch cut off or connected again."""
        names = self._net.bus["name"].to_numpy()[self._bus_of_connection]
        for level, changed, what in ((WARNING, now & ~before, "lost"), (INFO, before & ~now, "regained")):
            count = int(changed.sum())
            if count:
                places = list(dict.fromkeys(names[changed]))
                shown = ", ".join(places[:NAMED]) + (f" and {len(places) - NAMED} more" if len(places) > NAMED else "")
                LOG.log(level, "%d connections %s their supply by switching, at %s", count, what, shown)
