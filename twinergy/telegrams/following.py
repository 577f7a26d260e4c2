# SPDX-License-Identifier: Apache-2.0
"""What follows a truth with a first-order response: sensing elements, bodies."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Following:
    """Part of the parameters of a fleet.

    Attributes
    ----------
    response_s : ndarray
        Time constants of the first-order response, 0 for one that follows at once. [s]
    keeps : dict
        Share of a difference that is left after a step, by length of step, as worked out so far.
    """

    response_s: FloatArray
    keeps: dict[float, FloatArray] = field(default_factory=dict, compare=False)

    def keep(self, duration_s: float) -> FloatArray:
        """Return the share of a difference that is left after a step of this length, of the shape of `response_s`."""
        keep = self.keeps.get(duration_s)
        if keep is None:
            keep = self.keeps[duration_s] = np.exp(-duration_s / np.maximum(self.response_s, 1e-9))
        return keep
