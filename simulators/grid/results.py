# SPDX-License-Identifier: Apache-2.0
"""From voltages to the result tables, in kW and in the load frame."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from simulators.grid.model import flows
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
        self._all_live = bool((grid.row_of_bus < grid.size).all())
        self._background = load_from_generation(float(grid.background.real.sum()))

    def of(self, voltage: ComplexArray, injection: ComplexArray, unsupplied_kw: float, iterations: int) -> TableValues:
        """Return the tables that voltages give, new arrays throughout; taps and switches are not among them.

        Parameters
        ----------
        voltage, injection : ndarray of complex, shape (n_live,)
            Voltage, and power into each bus, positive when generated. [pu]
        unsupplied_kw : float
            Load at dead buses. [kW]
        iterations : int
            Iterations that led here.
        """
        grid, kilo = self._grid, self._grid.base_kw
        at_bus = self._at_buses(voltage)
        flow = flows(grid.branches, voltage)
        p_from, loss_kw = flow.power[0].real * kilo, flow.loss * kilo
        lines, transformers = grid.branches.lines, grid.branches.transformers
        return {
            "bus": {"vm_pu": np.abs(at_bus), "va_deg": np.angle(at_bus, deg=True)},
            "line": {
                "loading_percent": flow.loading_percent[lines],
                "p_kw": p_from[lines],
                "p_loss_kw": loss_kw[lines],
            },
            "transformer": {
                "loading_percent": flow.loading_percent[transformers],
                "p_kw": p_from[transformers],
                "q_kvar": flow.power[0].imag[transformers] * kilo,
                "p_loss_kw": loss_kw[transformers],
            },
            "grid": self._balance(voltage, injection, float(loss_kw.sum()), unsupplied_kw, iterations),
        }

    def _at_buses(self, voltage: ComplexArray) -> ComplexArray:
        """Return the voltage of every bus of the network, NaN at the dead ones."""
        if self._all_live:
            return voltage.take(self._grid.row_of_bus)
        return np.append(voltage, np.nan).take(self._grid.row_of_bus)

    def _balance(
        self, voltage: ComplexArray, injection: ComplexArray, loss_kw: float, unsupplied_kw: float, iterations: int
    ) -> dict[str, FloatArray]:
        grid, kilo = self._grid, self._grid.base_kw
        infeed = np.vdot(self._infeed_y * voltage.take(self._infeed_column), voltage.take(self._infeed_row))
        exchange = (infeed - injection.take(grid.reference).sum()) * kilo
        background = self._background * kilo
        if len(grid.shunt):
            background += float((np.abs(voltage[grid.shunt_bus]) ** 2 * grid.shunt.real).sum()) * kilo
        served = load_from_generation(float(injection.real.sum())) - self._background
        residual = exchange.real - loss_kw - background - served * kilo
        row = np.array([exchange.real, exchange.imag, loss_kw, background, unsupplied_kw, residual, 1.0, iterations])
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
