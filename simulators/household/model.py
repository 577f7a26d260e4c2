# SPDX-License-Identifier: Apache-2.0
"""Load of homes as the sum of rectangular pulses and a cycling base, rendered exactly for any step length. Pure functions.

A pulse that covers part of a step counts with the part, so the power of a 900 s step is the mean of its fifteen 60 s steps
and no energy is lost at a step's border.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from simulators.household.styles import Styles

    FloatArray = NDArray[np.float64]


class Pulses(NamedTuple):
    """Rectangular pulses of power, arrays of shape (n_pulses,).

    Attributes
    ----------
    home : ndarray of int
        Column of the home.
    start_s, end_s : ndarray
        Times relative to a common zero. [s]
    power_kw : ndarray
        Power between them. [kW]
    """

    home: NDArray[np.intp]
    start_s: FloatArray
    end_s: FloatArray
    power_kw: FloatArray

    def where(self, mask: NDArray[np.bool_]) -> Pulses:
        """Return some of the pulses."""
        return Pulses(self.home[mask], self.start_s[mask], self.end_s[mask], self.power_kw[mask])

    def later_by(self, offset_s: float) -> Pulses:
        """Return the pulses with all times moved. `offset_s` may be negative. [s]."""
        return self._replace(start_s=self.start_s + offset_s, end_s=self.end_s + offset_s)

    def and_then(self, other: Pulses) -> Pulses:
        """Return the pulses of both."""
        return Pulses(*(np.concatenate(pair) for pair in zip(self, other, strict=True)))


def render(pulses: Pulses, n_homes: int, n_steps: int, step_s: float) -> FloatArray:
    """Return the mean power of overlapping pulses in each step.

    Each edge of a pulse changes the slope of the home's energy. The part of the change that falls into the edge's own step
    goes there, the rest into the next step, and the running sum over the steps is the power.

    Parameters
    ----------
    pulses : Pulses
        Pulses with times relative to the start of the first step; what lies outside the steps does not count.
    n_homes, n_steps : int
        Size of the result.
    step_s : float
        Length of a step. [s]

    Returns
    -------
    ndarray, shape (n_steps, n_homes)
        Mean power of each step. [kW]
    """
    pulses = pulses.where((pulses.start_s < n_steps * step_s) & (pulses.end_s > 0.0))
    edge = np.concatenate([pulses.start_s, pulses.end_s]).clip(0.0, n_steps * step_s) / step_s
    jump_kw = np.concatenate([pulses.power_kw, -pulses.power_kw])
    step = edge.astype(np.intp)
    cell = step * n_homes + np.concatenate([pulses.home, pulses.home])
    later_kw = jump_kw * (edge - step)
    cells, jumps_kw = np.concatenate([cell, cell + n_homes]), np.concatenate([jump_kw - later_kw, later_kw])
    slopes_kw = np.bincount(cells, jumps_kw, (n_steps + 2) * n_homes).astype(np.float64, copy=False)  # integers if no pulses
    power_kw = slopes_kw.reshape(n_steps + 2, n_homes)[:n_steps]
    np.cumsum(power_kw, axis=0, out=power_kw)
    return np.maximum(power_kw, 0.0, out=power_kw)  # sums of rounded jumps end at -1e-16 instead of 0


def base_load(mean_kw: FloatArray, styles: Styles, phase_s: FloatArray, edges_s: FloatArray) -> FloatArray:
    """Return standby and refrigeration of homes in each step.

    Parameters
    ----------
    mean_kw : ndarray, shape (n_homes,)
        Mean power of each home over a year. [kW]
    styles : Styles
        Traits of the homes.
    phase_s : ndarray, shape (n_homes,)
        How far each compressor is into its cycle at time zero. [s]
    edges_s : ndarray, shape (n_steps + 1,)
        Borders of the steps. [s]

    Returns
    -------
    ndarray, shape (n_steps, n_homes)
        Mean power of each step; its mean over time is ``base_share * mean_kw``. [kW]
    """
    base_kw = styles.base_share * mean_kw
    compressor_kw = styles.fridge_share * base_kw / styles.fridge_duty
    running = running_share(styles.fridge_period_s, phase_s, styles.fridge_duty, edges_s)
    running *= compressor_kw
    running += (1.0 - styles.fridge_share) * base_kw
    return running


def running_share(period_s: FloatArray, phase_s: FloatArray, duty: FloatArray, edges_s: FloatArray) -> FloatArray:
    """Return the share of each step in which a compressor runs that is on for the first part of each cycle.

    Parameters
    ----------
    period_s, phase_s, duty : ndarray, shape (n_homes,)
        Cycle, how far into it the compressor is at time zero, and share of the cycle it runs. [s], [s], [-]
    edges_s : ndarray, shape (n_steps + 1,)
        Borders of equally long steps. [s]

    Returns
    -------
    ndarray, shape (n_steps, n_homes)
        Shares. [-]
    """
    cycles = (edges_s[:, None] + phase_s) / period_s
    whole = np.floor(cycles)
    run_cycles = np.minimum(cycles - whole, duty) + whole * duty
    share = np.diff(run_cycles, axis=0)
    share *= period_s / (edges_s[1] - edges_s[0])
    return share


def reactive(p_kw: FloatArray, tan_phi: FloatArray) -> FloatArray:
    """Return the reactive power of homes at their displacement factor, inductive positive, shape of `p_kw`. [kvar].

    >>> reactive(np.array([4.0]), np.array([0.75]))
    array([3.])
    """
    return p_kw * tan_phi
