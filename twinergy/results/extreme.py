# SPDX-License-Identifier: Apache-2.0
"""An extreme that remembers where and when it occurred."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray


@dataclass
class Highest:
    """The highest value seen so far.

    Attributes
    ----------
    value : float
        The value, NaN before the first.
    where, when : str
        Entity and start of the step at which it occurred.
    """

    value: float = np.nan
    where: str = ""
    when: str = ""

    def add(self, values: NDArray[np.float64], ids: Sequence[str], when: Callable[[int], str]) -> None:
        """Look at a block of shape (n_steps, n_entities); NaN is no value."""
        if not values.size:
            return
        place = int(values.argmax())  # NaN, if there is any, is what argmax finds
        if np.isnan(values.flat[place]):
            values = np.where(np.isnan(values), -np.inf, values)
            place = int(values.argmax())
        found = float(values.flat[place])
        if np.isfinite(found) and not found <= self.value:
            step, entity = divmod(place, len(ids))
            self.value, self.where, self.when = found, ids[entity], when(step)
