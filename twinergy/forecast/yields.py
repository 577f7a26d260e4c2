# SPDX-License-Identifier: Apache-2.0
"""What a roof makes of forecast light: a small regression for each part of the sun's way and each home."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from twinergy.forecast.contract import FloatArray, IntArray

DOUBT_W_PER_M2: Final = 100.0
"""Light by which a part of the sun's way speaks for itself; below, the home's mean over all parts speaks."""
DOUBT_STEPS: Final = 8.0
"""Of how many steps."""
N_TERMS: Final = 2


class Yields:
    """Power over forecast light, learned by recursive least squares with a forgetting factor.

    With the light L of a usual roof under a clear sky and the clear-sky index k that was forecast, power is
    ``a L k + b L k (k - 1)`` in each part of the sun's way: clouds take the beam first, so the light on a steep roof towards the
    sun grows faster than k and on one that is turned away slower. Regressing on what was *forecast* corrects its bias and its
    conditional bias. A ridge holds a to the home's mean and b to 0 where little was seen.

    Parameters
    ----------
    n_places : int
        Parts of the sun's way.
    n_series : int
        Homes.
    half_life_days : float
        Age at which a measured day counts half. [d]
    per_day : int
        Steps of a day.
    """

    def __init__(self, n_places: int, n_series: int, half_life_days: float, per_day: int) -> None:
        self._square = np.zeros((N_TERMS, N_TERMS, n_places, n_series))
        self._product = np.zeros((N_TERMS, n_places, n_series))
        self._half_life = half_life_days
        self._per_day = per_day
        self._last: int | None = None
        self._solved: FloatArray | None = None

    @property
    def known(self) -> bool:
        """Whether anything was learned."""
        return self._last is not None

    @property
    def overall(self) -> FloatArray:
        """Return power over forecast light, of all parts of the sun's way, shape ``(n_series,)``, in kW per W/m2."""
        square = self._square[0, 0].sum(axis=0)
        return np.asarray(np.maximum(self._product[0].sum(axis=0), 0.0) / np.maximum(square, 1e-9))

    def learn(self, number: int, place: float, light_w_per_m2: float, index: float, x: FloatArray) -> None:
        """Take note of a step with light, `x` of shape ``(n_series,)`` with NaN for gaps. [kW]."""
        days = 0 if self._last is None else number // self._per_day - self._last // self._per_day
        if days:
            fade = 0.5 ** (days / self._half_life)
            self._square *= fade
            self._product *= fade
        self._last = number
        there = ~np.isnan(x)
        terms = _terms(np.array([light_w_per_m2]), np.array([index]))[:, 0]
        low, weight = self._between(np.array([place]))
        made = np.where(there, x, 0.0)
        for part, share in ((low[0], 1.0 - weight[0]), (low[0] + 1, weight[0])):
            self._square[:, :, part] += share * (terms[:, None] * terms[None, :])[:, :, None] * there
            self._product[:, part] += share * terms[:, None] * made
        self._solved = None

    def expect(self, place: FloatArray, light_w_per_m2: FloatArray, index: FloatArray) -> FloatArray:
        """Return the power of some steps, not negative, shape ``(n_steps, n_series)``. [kW]."""
        if self._solved is None:
            self._solved = self._solve()
        low, weight = self._between(place)
        weight = weight[:, None]
        terms = _terms(light_w_per_m2, index)
        power = np.zeros((len(place), self._product.shape[2]))
        for term, factor in zip(terms, self._solved, strict=True):
            power += term[:, None] * ((1.0 - weight) * factor[low] + weight * factor[low + 1])
        return np.maximum(power, 0.0)

    def _between(self, place: FloatArray) -> tuple[IntArray, FloatArray]:
        """Return the lower of the two parts around each place of the sun, and the weight of the upper one."""
        n_places = self._product.shape[1]
        position = np.clip(place * n_places - 0.5, 0.0, n_places - 1.0)
        low = np.minimum(position.astype(np.int64), n_places - 2)
        return low, position - low

    def _solve(self) -> FloatArray:
        """Return the two factors of each part and home, shape ``(2, n_places, n_series)``."""
        ridge = DOUBT_STEPS * DOUBT_W_PER_M2**2
        overall = self.overall
        (first, mixed), (_, second) = self._square
        first, second = first + ridge, second + ridge
        made, bent = self._product[0] + ridge * overall, self._product[1]
        determinant = first * second - mixed**2  # positive: both have the ridge
        return np.stack([(made * second - bent * mixed) / determinant, (first * bent - mixed * made) / determinant])


def _terms(light_w_per_m2: FloatArray, index: FloatArray) -> FloatArray:
    """Return what power is regressed on, shape ``(2, n_steps)``. [W/m2]."""
    light = light_w_per_m2 * index
    return np.stack([light, light * (index - 1.0)])
