# SPDX-License-Identifier: Apache-2.0
"""Where switches and tap changers stand, and what becomes of the set-points for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twinergy.kinds import FloatArray, TableValues

HALF: Final = 0.5
TAP_CHANGERS: Final = ("Ratio", "Symmetrical", "Ideal", "Tabular")


class Positions:
    """Positions of all switches and tap changers; both stay where they were last put.

    The arrays are replaced, never changed, so results may hold them.

    Parameters
    ----------
    net : pandapowerNet
        Network whose positions to begin with.

    Attributes
    ----------
    closed : ndarray, shape (n_switches,)
        1 closed, 0 open.
    tap : ndarray, shape (n_transformers,)
        Tap position, NaN without a tap changer.
    """

    def __init__(self, net: Any) -> None:
        self.closed: FloatArray = net.switch["closed"].to_numpy(np.float64)
        trafo = net.trafo
        self._stored = trafo["tap_pos"].to_numpy(np.float64)
        self._low, self._high = trafo["tap_min"].to_numpy(np.float64), trafo["tap_max"].to_numpy(np.float64)
        # pandapower leaves a position without effect where it is not told which winding has the taps and how they work
        works = trafo["tap_side"].isin(["hv", "lv"]) & trafo["tap_changer_type"].isin(TAP_CHANGERS) & (self._low <= self._high)
        self.tap: FloatArray = np.where(works, self._stored, np.nan)

    def move(self, set_points: TableValues) -> bool:
        """Take new set-points and tell whether anything moved.

        A tap is rounded to a whole step and held within the tap changer's range; a transformer without one ignores it.
        """
        closed = _asked(set_points, "switch", "set_closed", self.closed)
        tap = _asked(set_points, "transformer", "set_tap", self.tap)
        moved = False
        if closed is not None:
            closed = (closed >= HALF).astype(np.float64)
            moved = not np.array_equal(closed, self.closed)
            self.closed = closed
        if tap is not None:
            tap = np.where(np.isnan(self.tap), np.nan, np.clip(np.rint(tap), self._low, self._high))
            moved = not np.array_equal(tap, self.tap, equal_nan=True) or moved
            self.tap = tap
        return moved

    def key(self) -> bytes:
        """Return a value that is equal for equal positions."""
        return self.closed.tobytes() + self.tap.tobytes()

    def write_to(self, net: Any) -> None:
        """Put the switches and taps of a pandapower network into these positions."""
        net.switch["closed"] = self.closed >= HALF
        net.trafo["tap_pos"] = np.where(np.isnan(self.tap), self._stored, self.tap)


def _asked(set_points: Mapping[str, Mapping[str, FloatArray]], table: str, port: str, present: FloatArray) -> FloatArray | None:
    """Return the positions asked for, the present one where nobody asks; None if nobody asks for anything."""
    asked = set_points.get(table, {}).get(port)
    if asked is None:
        return None
    silent = np.isnan(asked)
    return None if silent.all() else np.where(silent, present, asked)
