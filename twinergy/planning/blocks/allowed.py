# SPDX-License-Identifier: Apache-2.0
"""What a number of a block may be, and the sentence that says so when it is not."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from twinergy.errors import Finding

if TYPE_CHECKING:
    from twinergy.kinds import FloatArray


@dataclass(frozen=True, slots=True)
class Allowed:
    """A range of numbers, for one value or for one of each step.

    Attributes
    ----------
    least, most : float
        Bounds; an infinite one is none. NaN and infinite values are never allowed.
    unit : str
        Unit, for the message.
    above : bool
        Whether `least` itself is too little.
    """

    least: float = -math.inf
    most: float = math.inf
    unit: str = ""
    above: bool = False

    def findings(self, path: str, value: FloatArray | float) -> list[Finding]:
        """Return what is wrong with a value, one finding at most; of many steps the first one is named."""
        try:
            values = np.asarray(value, dtype=np.float64)
        except (TypeError, ValueError):
            return [Finding(message="is not a number", path=path, value=value, allowed=self._words)]
        if values.ndim > 1 or values.size == 0:
            return [Finding(message=f"has the shape {values.shape}", path=path, allowed="one number, or one for each step")]
        wrong = np.flatnonzero(~self._inside(np.atleast_1d(values)))
        if not len(wrong):
            return []
        first = float(np.atleast_1d(values)[wrong[0]])
        where = f" at step {wrong[0]}" if values.ndim else ""
        more = f" and at {len(wrong) - 1} other steps" if len(wrong) > 1 else ""
        return [Finding(message=f"{self._complaint(first)}{where}{more}", path=path, value=first, allowed=self._words)]

    def _inside(self, values: FloatArray) -> Any:
        enough = values > self.least if self.above else values >= self.least
        return np.isfinite(values) & enough & (values <= self.most)

    def _complaint(self, value: float) -> str:
        if not math.isfinite(value):
            return "is not a number"
        return "is too much" if value > self.most else "is too little"

    @property
    def _words(self) -> str:
        unit = f" {self.unit}" if self.unit else ""
        bounds = []
        if math.isfinite(self.least):
            bounds.append(f"{'above' if self.above else 'at least'} {self.least:g}{unit}")
        if math.isfinite(self.most):
            bounds.append(f"at most {self.most:g}{unit}")
        return " and ".join(bounds) or f"any number{f' of{unit}' if unit else ''}"


EFFICIENCY: Final = Allowed(0.0, 1.0, above=True)
SHARE: Final = Allowed(0.0, 1.0)
PRICE: Final = Allowed(unit="EUR/kWh")
"""Prices of electricity may be negative."""
COST: Final = Allowed(0.0, unit="EUR/kWh")
CARBON: Final = Allowed(0.0, unit="g CO2e/kWh")
POWER: Final = Allowed(0.0, unit="kW")
ENERGY: Final = Allowed(0.0, unit="kWh")
