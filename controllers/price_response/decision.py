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
        ``FREE`` if no pair of prices pays for the losses and the wear.

    Examples
    --------
    >>> mood(np.array([0.1, 0.3, 0.3, 0.4]), cheap_share=0.25, dear_share=0.25, efficiency=0.9, min_spread=0.02)
    <Mood.CHARGE: 'cheap now'>
    """
    ranked = np.sort(prices)
    last = len(ranked) - 1
    now, lowest, highest = prices[0], ranked[0], ranked[last]
    cheap, dear = ranked[round(cheap_share * last)], ranked[round((1.0 - dear_share) * last)]
    if highest - lowest / efficiency < min_spread:
        return Mood.FREE
    if now <= cheap and highest - now / efficiency >= min_spread:
        return Mood.CHARGE
    return Mood.DISCHARGE if now >= dear else Mood.KEEP
