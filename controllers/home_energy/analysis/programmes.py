# SPDX-License-Identifier: Apache-2.0
"""The programme of each wet machine, as the optimiser needs it: what it draws step by step once it has been started."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from controllers.home_energy.analysis.plugs import PLUG
from controllers.home_energy.analysis.usage import runs_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from controllers.home_energy.analysis.window import Window

    FloatArray = NDArray[np.float64]
    IntArray = NDArray[np.intp]

LEAST_RUNS: Final = 3
"""From so many whole runs on a programme is known (assumption)."""
MOST_RUNS: Final = 40
"""Runs looked at per home, the latest."""
LONGEST_S: Final = 5 * 3600
"""Nothing that runs longer is a programme. [s]"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Programmes:
    """The usual programme of one machine in all homes.

    Attributes
    ----------
    machine : str
        Which machine.
    ids : tuple of str
        Dwellings.
    step_s : int
        Length of a step. [s]
    p_kw : ndarray, shape (n_homes, n_steps)
        Power from the start on, zero after the end, NaN where too few runs were seen. [kW]
    n_steps : ndarray of int, shape (n_homes,)
        Length of each home's programme in steps, 0 where it is not known.
    energy_kwh : ndarray, shape (n_homes,)
        Energy of the usual programme, NaN where it is not known. [kWh]
    mean_kwh : ndarray, shape (n_homes,)
        Mean energy of all runs, whatever their programme. [kWh]
    runs : ndarray of int, shape (n_homes,)
        Number of whole runs seen.
    """

    machine: str
    ids: tuple[str, ...]
    step_s: int
    p_kw: FloatArray
    n_steps: NDArray[np.int64]
    energy_kwh: FloatArray
    mean_kwh: FloatArray
    runs: NDArray[np.int64]

    @property
    def known(self) -> NDArray[np.bool_]:
        """Whether enough runs were seen, shape (n_homes,)."""
        return self.n_steps > 0

    def of(self, home: int) -> FloatArray:
        """Return the programme of a home, shape (its n_steps,); empty where it is not known. [kW]."""
        return self.p_kw[home, : self.n_steps[home]]


def programmes(window: Window, machine: str) -> Programmes:
    """Return the usual programme of a machine in all homes.

    Households use more than one programme, steps cut each run elsewhere, and a median step by step would be none of them: it
    loses the peaks. So the median is a run, the one with the least distance to all others (their medoid, in cumulative energy,
    which forgives that steps cut runs differently), scaled to the median energy of the half of the runs that lies nearest.

    Parameters
    ----------
    window : Window
        With ``<machine>_p_kw``.
    machine : str
        ``washing_machine``, ``dishwasher`` or ``tumble_dryer``.

    Returns
    -------
    Programmes
        NaN where fewer than three whole runs were seen.
    """
    plug = PLUG[machine]
    runs = runs_of(window, plug)
    runs = runs.where(runs.whole & (runs.end - runs.begin <= LONGEST_S // window.step_s))
    n_homes, length = len(window.ids), runs.end - runs.begin
    horizon = int(length.max(initial=1))
    count = np.bincount(runs.home, minlength=n_homes)
    p_kw, n_steps = np.full((n_homes, horizon), np.nan), np.zeros(n_homes, dtype=np.int64)
    series = np.nan_to_num(window[plug.port], nan=0.0)
    first = np.cumsum(count) - count
    for home in np.flatnonzero(count >= LEAST_RUNS).tolist():
        last = first[home] + count[home]
        mine = slice(max(first[home], last - MOST_RUNS), last)
        found = _typical(series[:, home], runs.begin[mine], length[mine])
        p_kw[home], n_steps[home] = 0.0, len(found)
        p_kw[home, : len(found)] = found
    known = n_steps > 0
    return Programmes(
        machine=machine,
        ids=window.ids,
        step_s=window.step_s,
        p_kw=p_kw,
        n_steps=n_steps,
        energy_kwh=np.where(known, np.nan_to_num(p_kw).sum(axis=1) * window.step_h, np.nan),
        mean_kwh=np.where(known, np.bincount(runs.home, runs.energy_kwh, n_homes) / np.maximum(count, 1), np.nan),
        runs=count.astype(np.int64),
    )


def _typical(p_kw: FloatArray, begin: IntArray, length: IntArray) -> FloatArray:
    """Return the run in the middle of all, scaled to the median energy of the half of the runs that lies nearest to it."""
    steps = np.arange(int(length.max()))
    cut = np.where(steps < length[:, None], p_kw[np.minimum(begin[:, None] + steps, len(p_kw) - 1)], 0.0)
    energy = np.cumsum(cut, axis=1)
    distance = np.abs(energy[:, None] - energy[None]).mean(axis=2)
    middle = int(np.argmin(distance.sum(axis=1)))
    near = np.argsort(distance[middle], kind="stable")[: (len(begin) + 1) // 2]
    return np.asarray(cut[middle, : length[middle]] * (np.median(energy[near, -1]) / energy[middle, -1]))
