# SPDX-License-Identifier: Apache-2.0
"""From voltages to the result tables, in kW and in the load frame."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from simulators.grid.model import Flows
from simulators.grid.ports import GRID
from twinergy.ports import Direction
from twinergy.signs import load_from_generation

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from simulators.grid.admittance import Admittances
    from twinergy.kinds import FloatArray, Table, TableValues

    ComplexArray = NDArray[np.complex128]

POSITIONS: Final = frozenset({"tap", "closed"})
"""Ports that tell where something stands, which no power flow has to find out."""


class Results:
    """Result tables of one network in one state of its switches and taps.

    Parameters
    ----------
    grid : Admittances
        The network.
    """

    def __init__(self, grid: Admittances) -> None:
        self._grid = grid
        infeed = grid.matrix.tocsr()[grid.reference].tocoo()
        self._infeed_row, self._infeed_column, self._infeed_y = grid.reference[infeed.row], infeed.col, infeed.data
        self._background = load_from_generation(float(grid.background.real.sum()))
        self._flows = Flows(grid)

    def of(self, voltage: ComplexArray, injection: ComplexArray, unsupplied: tuple[float, int], iterations: int) -> TableValues:
        """Return the tables that voltages give, new arrays throughout; taps and switches are not among them.

        Parameters
        ----------
        voltage, injection : ndarray of complex, shape (n_live,)
            Voltage, and power into each bus, positive when generated. [pu]
        unsupplied : tuple of float and int
            Load at dead buses, and how many connections are there. [kW]
        iterations : int
            Iterations that led here.
        """
        vm_pu, va_deg = self._flows.buses(voltage)
        loading_percent, p_from, q_from, loss_kw = self._flows.branches(voltage)
        lines, transformers = self._grid.branches.lines, self._grid.branches.transformers
        return {
            "bus": {"vm_pu": vm_pu, "va_deg": va_deg},
            "line": {
                "loading_percent": loading_percent[lines],
                "p_kw": p_from[lines],
                "p_loss_kw": loss_kw[lines],
            },
            "transformer": {
                "loading_percent": loading_percent[transformers],
                "p_kw": p_from[transformers],
                "q_kvar": q_from[transformers],
                "p_loss_kw": loss_kw[transformers],
            },
            "grid": self.balance(voltage, injection, float(loss_kw.sum()), unsupplied, iterations),
        }

    def balance(
        self, voltage: ComplexArray, injection: ComplexArray, loss_kw: float, unsupplied: tuple[float, int], iterations: int
    ) -> dict[str, FloatArray]:
        """Return the table of the whole grid; see `of`."""
        grid, kilo = self._grid, self._grid.base_kw
        infeed = np.vdot(self._infeed_y * voltage.take(self._infeed_column), voltage.take(self._infeed_row))
        exchange = (infeed - injection.take(grid.reference).sum()) * kilo
        background = self._background * kilo
        if len(grid.shunt):
            background += float((np.abs(voltage[grid.shunt_bus]) ** 2 * grid.shunt.real).sum()) * kilo
        served = load_from_generation(float(injection.real.sum())) - self._background
        residual = exchange.real - loss_kw - background - served * kilo
        row = np.array([exchange.real, exchange.imag, loss_kw, background, *unsupplied, residual, 1.0, iterations])
        return {port.name: row[place : place + 1] for place, port in enumerate(GRID)}


def nothing(tables: tuple[Table, ...]) -> TableValues:
    """Return the tables of a step without a solution: NaN, and ``converged`` 0."""
    values: TableValues = {"switch": {}, "transformer": {}}
    values |= {
        table.name: {
            port.name: np.full(len(table.ids), np.nan) for port in table.of(Direction.MEASURED) if port.name not in POSITIONS
        }
        for table in tables
    }
    values["grid"]["converged"] = np.zeros(1)
    return values
