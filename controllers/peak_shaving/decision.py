# SPDX-License-Identifier: Apache-2.0
"""What a storage should do to keep a transformer under its limit, given the last readings."""

from __future__ import annotations


def shaving_kw(
    *, transformer_kw: float, storage_kw: float, soc: float, limit_kw: float, target_soc: float, recharge_kw: float
) -> float:
    """Return the power of the storage that brings the transformer to its limit, or the storage back to its target.

    Everything else is taken to stay as it was read. Above the limit the storage takes over the excess; between the limits it
    moves towards its target with what room there is.

    Parameters
    ----------
    transformer_kw : float
        Last reading at the transformer, load frame. [kW]
    storage_kw : float
        Last reading of the storage, positive charges. [kW]
    soc : float
        Its state of charge. [-]
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
    110 kW at the transformer, 10 kW of them charging: the rest of 100 kW needs 20 kW from the storage to stay at 80 kW.

    >>> shaving_kw(transformer_kw=110.0, storage_kw=10.0, soc=0.6, limit_kw=80.0, target_soc=0.6, recharge_kw=20.0)
    -20.0
    """
    others_kw = transformer_kw - storage_kw
    wish_kw = recharge_kw if soc < target_soc else -recharge_kw if soc > target_soc else 0.0
    wish_kw *= min(1.0, 20.0 * abs(target_soc - soc))  # the last 5 % gently, so that it does not swing around the target
    return min(max(wish_kw, -limit_kw - others_kw), limit_kw - others_kw)
