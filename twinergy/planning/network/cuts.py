# SPDX-License-Identifier: Apache-2.0
"""Limits of the network as rows of a plan, added where they are broken and moved to where the AC power flow puts them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np

from twinergy.planning.blocks.network import Cuts
from twinergy.planning.network.margins import HIGH, LOADED, Limit, Margins
from twinergy.planning.program import INFINITY

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from twinergy.kinds import FloatArray
    from twinergy.planning.network.ac import AcYear, Limits
    from twinergy.planning.network.injections import Injections
    from twinergy.planning.network.linear import LinearFlow
    from twinergy.planning.solving import Program

    IntArray = NDArray[np.int64]
    ComplexArray = NDArray[np.complex128]

DEAF: Final = 1e-9
"""A limit that no decision moves by more than this per kW (pu squared, or kVA) is not the plan's to keep."""
NEGLIGIBLE: Final = 1e-6
"""Coefficients this much smaller than the greatest of their row are left out. [-]"""


@dataclass
class NetworkCuts:
    """The network's limits as rows of a plan.

    A row says ``sum of (sensitivity * decided load) <= limit - bias - what is fixed``, scaled to a greatest coefficient of 1: so
    it is in kW of what helps most. The bias is renewed in each round, and all rows move with it.

    Parameters
    ----------
    linear : LinearFlow
        The linear model.
    injections : Injections
        What the plan's columns load.
    limits : Limits
        Voltage band and loadings.
    """

    linear: LinearFlow
    injections: Injections
    limits: Limits
    rows: list[Limit] = field(default_factory=list)
    _scales: list[float] = field(default_factory=list)
    _places: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        own, linear = self.injections, self.linear
        self._fixed_squared = linear.squared(own.fixed_kw, own.fixed_kvar)
        self._fixed_power = linear.power(own.fixed_kw, own.fixed_kvar)
        reactive = own.share * own.tan_phi[None, :]
        self._squared_by = np.asarray(linear.by_p @ own.share + linear.by_q @ reactive)
        self._power_by = np.asarray(linear.power_by_p @ own.share + linear.power_by_q @ reactive)
        self._movable = tuple(np.abs(by).max(axis=1, initial=0.0) > DEAF for by in (self._squared_by, self._power_by))
        self.margins = Margins(linear, self.limits, own.fixed_kw.shape[1])
        self._known: set[tuple[int, int, int, int]] = set()

    def state(self, values: FloatArray) -> tuple[FloatArray, ComplexArray]:
        """Return squared voltages and branch powers of the linear model for a solution's columns, without bias."""
        decided = self.injections.decided(values)
        return self._fixed_squared + self._squared_by @ decided, self._fixed_power + self._power_by @ decided

    def learn(self, values: FloatArray, year: AcYear, *, only_tighter: bool = False) -> float:
        """Take over what the AC power flow found, and return how much that moves rows at most; see `Margins.learn`. [pu]."""
        before = self.margins.bias(self.rows)
        self.margins.learn(*self.state(values), year, only_tighter=only_tighter)
        return float(np.abs(self.margins.bias(self.rows) - before).max(initial=0.0))

    def broken(self, values: FloatArray) -> list[Limit]:
        """Return limits that a solution breaks by the linear model with its bias and that are no rows yet."""
        found = self.margins.broken(*self.state(values), (self._movable[0], self._movable[1]))
        return [limit for limit in found if limit.key not in self._known]

    def add(self, program: Program, limits: list[Limit], slack: IntArray | None = None) -> int:
        """Make rows of limits; returns how many.

        Parameters
        ----------
        program : Program
            The plan.
        limits : list of Limit
            Which.
        slack : ndarray of int64, shape (3, n_steps), optional
            Columns by which a row of each sort and step may be missed.
        """
        if not limits:
            return 0
        starts, columns, values = [0], [], []
        for limit in limits:
            coefficients = self._coefficients(limit)
            scale = max(float(np.abs(coefficients).max()), DEAF)
            used = np.flatnonzero(np.abs(coefficients) > NEGLIGIBLE * scale)
            columns += self.injections.columns[used, limit.step].tolist()
            values += (coefficients[used] / scale).tolist()
            if slack is not None:
                columns.append(int(slack[limit.sort, limit.step]))
                values.append(-1.0)
            starts.append(len(columns))
            self.rows.append(limit)
            self._scales.append(scale)
            self._known.add(limit.key)
        most = np.array([self._most(row) for row in range(len(self.rows) - len(limits), len(self.rows))])
        least = np.full(len(limits), -INFINITY)
        first = program.cut(np.array(starts[:-1]), np.array(columns), np.array(values), least, most)
        self._places.extend(range(first, first + len(limits)))
        return len(limits)

    def move(self, program: Program) -> None:
        """Put all rows where the present bias wants them."""
        for row, place in enumerate(self._places):
            program.move(place, most=self._most(row))

    def again(self, program: Program, slack: IntArray) -> None:
        """Write all rows into another program, where they may be missed."""
        rows, self.rows, self._scales, self._places = self.rows, [], [], []
        self.add(program, rows, slack)

    def as_limits(self, name: str = "network") -> Cuts:
        """Return all rows, where they stand now, as limits that another plan of the same blocks can be given beforehand."""
        own = self.injections
        coefficients = [self._coefficients(limit) / scale for limit, scale in zip(self.rows, self._scales, strict=True)]
        return Cuts(
            name=name,
            variables=tuple(
                (block, variable.rsplit(".", 1)[-1]) for block, variable in zip(own.blocks, own.variables, strict=True)
            ),
            coefficients=np.array(coefficients).reshape(len(self.rows), len(own.variables)),
            step=own.source[[limit.step for limit in self.rows]],
            least=np.full(len(self.rows), -np.inf),
            most=np.array([self._most(row) for row in range(len(self.rows))]),
        )

    def release(self, program: Program) -> None:
        """Let a program forget all rows."""
        for place in self._places:
            program.move(place)
        self.rows, self._scales, self._places = [], [], []
        self._known.clear()

    def _coefficients(self, limit: Limit) -> FloatArray:
        """Return how much nearer to a limit a unit of each part's column comes, shape (n_parts,)."""
        if limit.sort == LOADED:
            by = (np.conj(limit.direction) * self._power_by[limit.element]).real
        else:
            by = self._squared_by[limit.element] if limit.sort == HIGH else -self._squared_by[limit.element]
        return np.asarray(by * self.injections.load_per_unit[:, limit.step])

    def _most(self, row: int) -> float:
        """Return the upper bound of a row, in its scale."""
        return self.margins.room(self.rows[row], self._fixed_squared, self._fixed_power) / self._scales[row]
