# SPDX-License-Identifier: Apache-2.0
"""The one place where the sign of a power is turned.

On the wire, in results and in messages everything is in the *load frame*: positive draws from the grid. Libraries that
count generation positive (pandapower ``sgen``, pvlib, Pyomo generators, ENTSO-E, many device registers) are met here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

Power = TypeVar("Power", float, "NDArray[np.float64]")


def load_from_generation(p_generation: Power) -> Power:
    """Turn a power counted positive when generated into the load frame.

    >>> load_from_generation(3.0)
    -3.0
    """
    return 0.0 - p_generation  # not unary minus: a generation of 0.0 must not become -0.0


def generation_from_load(p_load: Power) -> Power:
    """Turn a power in the load frame into one counted positive when generated.

    >>> generation_from_load(-3.0)
    3.0
    """
    return 0.0 - p_load


def imported(p: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the part of a load-frame power that is drawn, never negative, same shape and unit."""
    return np.maximum(p, 0.0)


def exported(p: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the part of a load-frame power that is fed in, counted positive, same shape and unit."""
    return np.maximum(0.0 - p, 0.0)
