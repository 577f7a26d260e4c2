# SPDX-License-Identifier: Apache-2.0
"""Limits of voltages and loadings in every step, and how far the linear model is off there by the word of the AC power flow."""

from __future__ import annotations

import cmath
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from twinergy.kinds import FloatArray
    from twinergy.planning.network.ac import AcYear, Limits
    from twinergy.planning.network.linear import LinearFlow

    IntArray = NDArray[np.int64]
    BoolArray = NDArray[np.bool_]
    ComplexArray = NDArray[np.complex128]

HIGH, LOW, LOADED = 0, 1, 2
SORTS: Final = ("voltage high", "voltage low", "loading")
CLOSE_PU: Final = 1e-4
"""A voltage of the linear model this far beyond its limit is within it. [pu]"""
CLOSE_PERCENT: Final = 0.05
"""Likewise a loading. [%]"""


class Limit(NamedTuple):
    """A limit that is to be kept: its sort, element and step, and the direction in which a branch power is limited."""

    sort: int
    element: int
    step: int
    direction: complex

    @property
    def key(self) -> tuple[int, int, int, int]:
        """What makes it the same as another; directions are told apart by the degree."""
        return self.sort, self.element, self.step, round(math.degrees(cmath.phase(self.direction))) if self.sort == LOADED else 0


@dataclass
class Margins:
    """Limits and bias of every watched voltage and branch power in every step.

    Parameters
    ----------
    linear : LinearFlow
        What is watched.
    limits : Limits
        Band and greatest loadings.
    n_steps : int
        Number of steps.
    """

    linear: LinearFlow
    limits: Limits
    n_steps: int

    def __post_init__(self) -> None:
        voltages, powers = (len(self.linear.buses), self.n_steps), (len(self.linear.branches), self.n_steps)
        self._squared_bias, self._percent_bias = np.zeros(voltages), np.zeros(powers)
        sorts = dict(zip(self.linear.network.branches, self.linear.network.sorts, strict=True))
        own = {"transformer": self.limits.transformer_percent}
        most = np.array([own.get(sorts[name], self.limits.line_percent) for name in self.linear.branches])
        self._most_percent: FloatArray = np.broadcast_to(most[:, None], powers)
        self._most_pu: FloatArray = np.broadcast_to(self.limits.vm_max_pu, voltages)
        self._least_pu: FloatArray = np.broadcast_to(self.limits.vm_min_pu, voltages)

    def no_worse_than(self, vm_pu: FloatArray, loading_percent: FloatArray) -> None:
        """Let every limit that is broken already be what it is there: what is planned must not make it worse.

        Parameters
        ----------
        vm_pu : ndarray, shape (n_voltages, n_steps)
            Watched voltages. [pu]
        loading_percent : ndarray, shape (n_groups, n_steps) or (n_powers, n_steps)
            Loadings of the watched branches, or of all phases together. [%]
        """
        self._most_pu, self._least_pu = np.fmax(self._most_pu, vm_pu), np.fmin(self._least_pu, vm_pu)
        self._most_percent = np.fmax(self._most_percent, self._of_all(loading_percent))

    def learn(self, squared: FloatArray, power: ComplexArray, year: AcYear, *, only_tighter: bool = False) -> None:
        """Take over by how much the AC power flow differs from the linear model in the same situation.

        Parameters
        ----------
        squared, power : ndarray
            What the linear model says of the situation. [pu], [kVA]
        year : AcYear
            What the power flow says of it.
        only_tighter : bool
            Whether to take over only what brings a limit nearer: where plans of equal worth take turns, this comes to an end.
        """
        off = year.vm_pu**2 - squared
        if only_tighter:
            worse = np.where(year.vm_pu > 1.0, np.fmax(off, self._squared_bias), np.fmin(off, self._squared_bias))
            off = np.where(np.isfinite(off), worse, off)
        self._squared_bias = np.where(np.isfinite(off), off, self._squared_bias)
        n_groups = len(year.loading_percent)
        if n_groups:
            highest = self._percent(power).reshape(-1, n_groups, self.n_steps).max(axis=0)
            more = self._of_all(year.loading_percent - highest)
            if only_tighter:
                more = np.where(np.isfinite(more), np.fmax(more, self._percent_bias), more)
            self._percent_bias = np.where(np.isfinite(more), more, self._percent_bias)

    def broken(
        self, squared: FloatArray, power: ComplexArray, movable: tuple[BoolArray, BoolArray], at_once: int | None = None
    ) -> list[Limit]:
        """Return the limits that are broken, bias included: of each sort the worst of every step.

        Parameters
        ----------
        squared, power : ndarray, shape (n_voltages, n_steps), (n_powers, n_steps)
            What the linear model says. [pu], [kVA]
        movable : tuple of ndarray of bool
            Which voltages and which branch powers a decision can move at all.
        at_once : int, optional
            Most of each sort: the furthest beyond their limits; all where not given.
        """
        there = squared + self._squared_bias
        high = np.where(movable[0][:, None], there - (self._most_pu + CLOSE_PU) ** 2, -1.0)
        low = np.where(movable[0][:, None], (self._least_pu - CLOSE_PU) ** 2 - there, -1.0)
        percent = self._percent(power) + self._percent_bias
        loaded = np.where(movable[1][:, None], percent - self._most_percent - CLOSE_PERCENT, -1.0)
        found = [
            Limit(sort, element, step, 1.0 + 0.0j)
            for sort, excess in ((HIGH, high), (LOW, low))
            for element, step in zip(*_worst(excess, at_once), strict=True)
        ]
        for element, step in zip(*_worst(loaded, at_once), strict=True):
            size = abs(power[element, step])
            found.append(Limit(LOADED, element, step, complex(power[element, step] / size) if size > 0.0 else 1.0 + 0.0j))
        return found

    def room(self, limit: Limit, squared: FloatArray, power: ComplexArray) -> float:
        """Return how much nearer to a limit one may come from where nothing is decided. [pu squared] or [kVA].

        Parameters
        ----------
        limit : Limit
            Which.
        squared, power : ndarray
            What the linear model says where nothing is decided.
        """
        sort, element, step, direction = limit
        if sort == LOADED:
            share = (self._most_percent[element, step] - self._percent_bias[element, step]) / 100.0
            most = float(share * self.linear.limit_kva[element])
            return most - float((np.conj(direction) * power[element, step]).real)
        there = float(squared[element, step] + self._squared_bias[element, step])
        return (
            float(self._most_pu[element, step] ** 2) - there
            if sort == HIGH
            else there - float(self._least_pu[element, step] ** 2)
        )

    def bias(self, limits: list[Limit]) -> FloatArray:
        """Return the bias of some limits, as a voltage or as a share of a loading, shape (n_limits,). [pu]."""
        return np.array(
            [
                self._percent_bias[element, step] / 100.0 if sort == LOADED else self._squared_bias[element, step] / 2.0
                for sort, element, step, _ in limits
            ]
        )

    def _percent(self, power: ComplexArray) -> FloatArray:
        return np.asarray(100.0 * np.abs(power) / self.linear.limit_kva[:, None])

    def _of_all(self, loading_percent: FloatArray) -> FloatArray:
        """Return a value of each group as one of each watched branch power: all phases of a branch have the worst one's."""
        copies = len(self.linear.branches) // max(len(loading_percent), 1)
        return np.tile(loading_percent, (copies, 1))


def _worst(excess: FloatArray, at_once: int | None) -> tuple[list[int], list[int]]:
    """Return the element that is furthest beyond its limit in every step where one is, and these steps."""
    if not excess.size:
        return [], []
    element = np.argmax(np.where(np.isnan(excess), -np.inf, excess), axis=0)
    most = excess[element, np.arange(excess.shape[1])]
    steps = np.flatnonzero(most > 0.0)
    if at_once is not None:
        steps = steps[np.argsort(-most[steps], kind="stable")[:at_once]]
    return element[steps].tolist(), steps.tolist()
