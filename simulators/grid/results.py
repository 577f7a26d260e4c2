# SPDX-License-Identifier: Apache-2.0
"""From voltages to the result tables, in kW and in the load frame."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from simulators.grid.model import flows
from simulators.grid.ports import GRID
from simulators.grid.radial import LARGE, LargeResults
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
        parts = LargeResults(grid) if grid.size >= LARGE else self
        self._buses, self._branches = parts.buses, parts.branches

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
        vm_pu, va_deg = self._buses(voltage)
        loading_percent, p_from, q_from, loss_kw = self._branches(voltage)
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

    def buses(self, voltage: ComplexArray) -> tuple[FloatArray, FloatArray]:
        """Return magnitude and angle at each bus of the network, NaN at the dead ones. [pu], [deg]."""
        known = voltage if self._all_live else np.append(voltage, np.nan)
        at_bus = known.take(self._grid.row_of_bus)
        return np.abs(at_bus), np.angle(at_bus, deg=True)

    def branches(self, voltage: ComplexArray) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
        """Return loading, active and reactive power at the from end, losses. [%], [kW], [kvar], [kW]."""
        flow, kilo = flows(self._grid.branches, voltage), self._grid.base_kw
        into = flow.power[0]
        return flow.loading_percent, into.real * kilo, into.imag * kilo, flow.loss * kilo

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
