# SPDX-License-Identifier: Apache-2.0
"""What a storage should do to keep a transformer under its limit, given the last readings."""

from __future__ import annotations

from typing import Final

GENTLE: Final = 20.0
"""Within the last twentieth of the way to its target the storage slows down, so that it does not swing around it."""


def shaving_kw(
    *, others_kw: float, growth_kw: float, soc: float, limit_kw: float, target_soc: float, recharge_kw: float
) -> float:
    """Return the power of the storage that keeps a transformer within its limit, or brings the storage back to its target.

    Everything else is expected to go on changing as it did. Beyond the limit the storage takes over the excess; between the
    limits it moves towards its target with what room there is.

    Parameters
    ----------
    others_kw : float
        What the transformer carries without the storage, by the last readings, load frame. [kW]
    growth_kw : float
        By how much that has changed since the readings before. [kW]
    soc : float
        State of charge of the storage. [-]
    limit_kw : float
        Bound on the transformer's power in both directions, margin already taken off. [kW]
    target_soc : float
        State of charge to return to. [-]
    recharge_kw : float
        Most power for returning to it. [kW]

    Returns
    -------
    float
        Power to ask the storage for, load frame. [kW]

    Examples
    --------
    100 kW without the storage and steady: it must deliver 20 kW to stay at 80 kW; growing by 5 kW, 25 kW.

    >>> shaving_kw(others_kw=100.0, growth_kw=0.0, soc=0.6, limit_kw=80.0, target_soc=0.6, recharge_kw=20.0)
    -20.0
    >>> shaving_kw(others_kw=100.0, growth_kw=5.0, soc=0.6, limit_kw=80.0, target_soc=0.6, recharge_kw=20.0)
    -25.0
    """
    expected_kw = others_kw + growth_kw
    wish_kw = recharge_kw if soc < target_soc else -recharge_kw if soc > target_soc else 0.0
    wish_kw *= min(1.0, GENTLE * abs(target_soc - soc))
    return min(max(wish_kw, -limit_kw - expected_kw), limit_kw - expected_kw)
