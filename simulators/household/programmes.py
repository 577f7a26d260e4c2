# SPDX-License-Identifier: Apache-2.0
"""Programmes of washing machines, dishwashers and tumble dryers: what they draw, minute by minute.

Phases after the German traces of tracebase (Darmstadt 2011/12): filling, heating, turning or rinsing, heating again, spinning
or drying. How often each programme is chosen is an assumption. Contains information from the tracebase data set, which is
made available at http://www.tracebase.org under the Open Database License (ODbL).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from simulators.household.catalogue import MACHINES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]
    IntArray = NDArray[np.intp]

N_PHASES: Final = 6


class Programme(NamedTuple):
    """One programme.

    Attributes
    ----------
    machine, name : str
        Which machine's, and what it is called.
    share : float
        How often it is chosen on that machine. [-]
    phases : tuple of (float, float)
        Minutes and power of each phase. [min], [kW]
    """

    machine: str
    name: str
    share: float
    phases: tuple[tuple[float, float], ...]

    @property
    def energy_kwh(self) -> float:
        """Energy. [kWh]."""
        return sum(minutes * power for minutes, power in self.phases) / 60.0


PROGRAMMES: Final = (
    Programme("washing_machine", "30 degC", 0.25, ((3.0, 0.08), (9.0, 1.95), (50.0, 0.10), (8.0, 0.22))),
    Programme("washing_machine", "40 degC", 0.55, ((3.0, 0.08), (16.0, 2.00), (60.0, 0.11), (8.0, 0.25))),
    Programme("washing_machine", "60 degC", 0.20, ((3.0, 0.08), (28.0, 2.05), (100.0, 0.10), (9.0, 0.30))),
    Programme("dishwasher", "normal", 0.60, ((15.0, 0.07), (10.0, 2.08), (42.0, 0.07), (5.0, 0.06), (13.0, 2.08), (20.0, 0.03))),
    Programme("dishwasher", "intensive", 0.20, ((10.0, 0.10), (24.0, 2.12), (20.0, 0.10), (18.0, 2.12), (20.0, 0.05))),
    Programme("dishwasher", "quick", 0.20, ((3.0, 0.30), (10.0, 2.10), (6.0, 0.10), (11.0, 2.00), (2.0, 0.05))),
    Programme("tumble_dryer", "normal", 0.60, ((50.0, 2.20), (8.0, 0.21))),
    Programme("tumble_dryer", "big load", 0.15, ((60.0, 3.10), (12.0, 0.25))),
    Programme("tumble_dryer", "heat pump", 0.25, ((95.0, 0.75), (10.0, 0.20))),
)
_PADDED: Final = np.array([[*each.phases, *((0.0, 0.0),) * (N_PHASES - len(each.phases))] for each in PROGRAMMES])
LENGTH_S: Final[FloatArray] = 60.0 * _PADDED[..., 0]
"""Length of each phase, shape (n_programmes, N_PHASES). [s]"""
POWER_KW: Final[FloatArray] = _PADDED[..., 1]
BEGIN_S: Final[FloatArray] = np.cumsum(LENGTH_S, axis=1) - LENGTH_S
DURATION_S: Final[FloatArray] = LENGTH_S.sum(axis=1)
ENERGY_KWH: Final[FloatArray] = (LENGTH_S * POWER_KW).sum(axis=1) / 3600.0
_FIRST: Final = np.array([[each.machine for each in PROGRAMMES].index(machine) for machine in MACHINES])
_CHOICE: Final = [np.cumsum([each.share for each in PROGRAMMES if each.machine == machine]) for machine in MACHINES]
MEAN_KWH: Final[FloatArray] = np.array(
    [sum(each.share * each.energy_kwh for each in PROGRAMMES if each.machine == machine) for machine in MACHINES]
)
"""Mean energy of a run of each machine. [kWh]"""


def chosen(machine: IntArray, uniforms: FloatArray) -> IntArray:
    """Return the programmes that uniform numbers mean for machines, indices into `PROGRAMMES`, shape (n_jobs,)."""
    programme = np.empty(len(machine), dtype=np.intp)
    for number, choice in enumerate(_CHOICE):
        mine = machine == number
        programme[mine] = _FIRST[number] + np.searchsorted(choice[:-1], uniforms[mine], side="right")
    return programme


def energy_until(programme: IntArray, elapsed_s: FloatArray) -> FloatArray:
    """Return the energy of runs up to times since their start.

    Parameters
    ----------
    programme : ndarray of int, shape (n_jobs,)
        Programme of each run.
    elapsed_s : ndarray, shape (n_jobs, n_times)
        Times since the start; before it and after the end nothing is drawn. [s]

    Returns
    -------
    ndarray, shape (n_jobs, n_times)
        Energy. [kWs]
    """
    since_s = elapsed_s[:, :, None] - BEGIN_S[programme][:, None, :]
    run_s = np.minimum(np.maximum(since_s, 0.0, out=since_s), LENGTH_S[programme][:, None, :], out=since_s)
    return np.asarray((run_s @ POWER_KW[programme][:, :, None])[:, :, 0], dtype=np.float64)
