# SPDX-License-Identifier: Apache-2.0
"""Whether power is cheap, dear or neither, seen over the published prices."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Mood(Enum):
    """What the price of the next step says to a storage."""

    CHARGE = "cheap now"
    DISCHARGE = "dear now"
    KEEP = "dearer later"
    FREE = "prices too flat"


def mood(prices: NDArray[np.float64], *, cheap_share: float, dear_share: float, efficiency: float, min_spread: float) -> Mood:
    """Return what a storage should make of the next price.

    What is charged now is worth the mean of the dear prices less the round-trip losses; what is kept is worth the same
    without new losses.

    Parameters
    ----------
    prices : ndarray, shape (n_steps,)
        Published prices, the next step first. [EUR/kWh]
    cheap_share, dear_share : float
        Shares of the steps that count as cheap and dear. [-]
    efficiency : float
        Round-trip efficiency of the storage. [-]
    min_spread : float
        Least gain per kWh taken out. [EUR/kWh]

    Returns
    -------
    Mood
        ``FREE`` if nothing is to be gained.

    Examples
    --------
    >>> mood(np.array([0.1, 0.3, 0.3, 0.4]), cheap_share=0.25, dear_share=0.25, efficiency=0.9, min_spread=0.02)
    <Mood.CHARGE: 'cheap now'>
    """
    ranked = np.sort(prices)
    last = len(ranked) - 1
    now, cheap, dear = prices[0], ranked[round(cheap_share * last)], ranked[round((1.0 - dear_share) * last)]
    worth = ranked[round((1.0 - dear_share) * last) :].mean()
    if now >= dear:
        return Mood.DISCHARGE
    if now <= cheap and worth - now / efficiency >= min_spread:
        return Mood.CHARGE
    return Mood.KEEP if worth - now >= min_spread else Mood.FREE
