# SPDX-License-Identifier: Apache-2.0
"""What makes one home different from the next: drawn once per home, unbiased in the mean of many.

Every trait leaves a home's annual energy as it is, and none shifts the mean of many homes: the base is a constant that is
taken off the standard load before events are drawn from the rest, all event classes share that rest, and the lean towards
mornings or evenings is symmetric about zero.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from simulators.household.appliances import CLASSES
from twinergy.randomness import device_generators

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from simulators.household.params import HomeParams

    FloatArray = NDArray[np.float64]

BASE_SHARE: Final = (0.15, 0.29)
"""Refrigeration and standby relative to the mean load. 22 % in the mean: refrigeration 16.7 % (EnergieAgentur.NRW 2015, see
`simulators.household.appliances`) and about 5 % standby; the upper end stays below the least load of H0, 32 %. [-]"""
FRIDGE_SHARE: Final = (0.5, 0.8)
"""Refrigeration as a share of the base. [-]"""
FRIDGE_DUTY: Final = (0.25, 0.45)
"""Share of the time a compressor runs. [-]"""
FRIDGE_PERIOD_S: Final = (2100.0, 4500.0)
"""Cycle of a compressor: the refrigerators in tracebase switch once or twice an hour. [s]"""
LEAN: Final = 0.5
"""Largest share of the smaller of morning and evening that moves to the other. [-]"""
SHARE_SPREAD: Final = 0.25
"""Largest relative deviation of a class's share from that of homes of the same size. [-]"""
LEAST_RESIDENT_FACTOR: Final = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Styles:
    """Traits of homes, arrays of shape (n_homes,), `shares` of shape (n_homes, n_classes).

    Attributes
    ----------
    base_share : ndarray
        Base load relative to the home's mean load. [-]
    fridge_share, fridge_duty : ndarray
        Share of the base that is refrigeration, and share of the time its compressor runs. [-]
    fridge_period_s, fridge_phase_s : ndarray
        Cycle of the compressor, and how far it was into the cycle at the epoch. [s]
    lean : ndarray
        Share of the smaller of morning and evening that moves to the morning, negative to the evening. [-]
    shares : ndarray
        Share of each class of appliances in the energy above the base; a home's sum is 1. [-]
    """

    base_share: FloatArray
    fridge_share: FloatArray
    fridge_duty: FloatArray
    fridge_period_s: FloatArray
    fridge_phase_s: FloatArray
    lean: FloatArray
    shares: FloatArray


def draw_styles(params: HomeParams, seed: int) -> Styles:
    """Return the traits of homes; each depends on the seed and the home's id only."""
    n_traits = 6
    uniforms = np.array([rng.random(n_traits + len(CLASSES)) for rng in device_generators(seed, params.ids, "household style")])
    base, share, duty, period, phase, lean = uniforms[:, :n_traits].T
    fridge_period_s = _between(period, FRIDGE_PERIOD_S)
    return Styles(
        base_share=_between(base, BASE_SHARE),
        fridge_share=_between(share, FRIDGE_SHARE),
        fridge_duty=_between(duty, FRIDGE_DUTY),
        fridge_period_s=fridge_period_s,
        fridge_phase_s=phase * fridge_period_s,
        lean=LEAN * (2.0 * lean - 1.0),
        shares=class_shares(params.residents, uniforms[:, n_traits:]),
    )


def class_shares(residents: FloatArray, uniforms: FloatArray) -> FloatArray:
    """Return each home's energy shares of the event classes.

    Parameters
    ----------
    residents : ndarray, shape (n_homes,)
        Number of people. [-]
    uniforms : ndarray, shape (n_homes, n_classes)
        Numbers of [0, 1) that spread homes of the same size.

    Returns
    -------
    ndarray, shape (n_homes, n_classes)
        Shares, sum 1 per home. [-]
    """
    share = np.array([each.share for each in CLASSES])
    per_resident = np.array([each.per_resident for each in CLASSES])
    by_size = np.maximum(1.0 + per_resident * (residents[:, None] - 2.0), LEAST_RESIDENT_FACTOR)
    weights = share * by_size * (1.0 + SHARE_SPREAD * (2.0 * uniforms - 1.0))
    return np.asarray(weights / weights.sum(axis=1, keepdims=True), dtype=np.float64)


def _between(uniforms: FloatArray, bounds: tuple[float, float]) -> FloatArray:
    low, high = bounds
    return low + (high - low) * uniforms
