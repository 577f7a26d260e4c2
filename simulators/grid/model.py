# SPDX-License-Identifier: Apache-2.0
"""What follows from the voltages of a network: currents, flows, losses, exchange. Pure functions on arrays.

All per unit and positive into a branch or out of the upstream grid; see `simulators.grid.results` for kW and the load frame.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from simulators.grid.branches import Branches
    from twinergy.kinds import FloatArray

    ComplexArray = NDArray[np.complex128]


@dataclass(frozen=True, slots=True)
class Flows:
    """Flows in all branches.

    Attributes
    ----------
    power : ndarray of complex, shape (2, n_branches)
        Power into the branch at the from and at the to end. [pu]
    loss : ndarray, shape (n_branches,)
        Active power that stays in the branch. [pu]
    loading_percent : ndarray, shape (n_branches,)
        Larger of the two ends' currents over the rating. [%]
    """

    power: ComplexArray
    loss: FloatArray
    loading_percent: FloatArray


def flows(branches: Branches, voltage: ComplexArray) -> Flows:
    """Return the flows that voltages drive through branches.

    Each branch is a two-port, ``[i_f, i_t] = [[own_f, mutual_f], [mutual_t, own_t]] [v_f, v_t]`` [1]_.

    Parameters
    ----------
    branches : Branches
        Branches.
    voltage : ndarray of complex, shape (n_live,) or longer
        Voltage of each live bus. [pu]

    References
    ----------
    .. [1] R. D. Zimmerman, C. E. Murillo-Sánchez, "MATPOWER User's Manual", 2020, section 3.2, eq. (3.2).
    """
    at_end = voltage.take(branches.ends)
    current = branches.own * at_end
    current += branches.mutual * at_end[::-1]
    power = at_end * current.conj()
    loading = (np.abs(current) * branches.percent_per_pu).max(axis=0)
    return Flows(power, power.real.sum(axis=0), loading)
