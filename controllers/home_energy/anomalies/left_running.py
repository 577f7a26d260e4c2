# SPDX-License-Identifier: Apache-2.0
"""Left running: something is on far longer than it ever was."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from controllers.home_energy.anomalies.findings import Anomaly, AnomalyKind, CannotTell, Watched, confidence
from controllers.home_energy.anomalies.spells import Spells
from twinergy.units import SECONDS_PER_DAY, SECONDS_PER_HOUR

if TYPE_CHECKING:
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]

ON_KW: Final = {
    "washing_machine": 0.01, "dishwasher": 0.01, "tumble_dryer": 0.01,
    "cooking": 0.15, "lighting": 0.02, "electronics": 0.04, "other": 0.3,
}  # fmt: skip
"""Above idle by so much, something runs: ``cooking`` and ``other`` look for what may burn (hob, oven, iron, heater). Compressors
and water heaters switch themselves; ``wet`` is the sum of its machines. Assumption. [kW]"""
FACTOR: Final = {
    "washing_machine": 2.2, "dishwasher": 2.2, "tumble_dryer": 2.2,
    "cooking": 2.0, "lighting": 1.6, "electronics": 2.0, "other": 1.8,
}  # fmt: skip
"""Times the longest of the last 64 runs, set so that the stated rate holds. [-]"""
FLOOR_S: Final = 3.0 * SECONDS_PER_HOUR
"""Nothing is reported sooner: a roast takes two hours (assumption). [s]"""
PAUSE_S: Final = 600.0
CREEP_KW_PER_DAY: Final = 0.002
"""What a plug draws at rest is the least it drew, forgotten by so much per day. [kW/d]"""
_ACTION: Final = {
    "cooking": "Switch it off now if nobody cooks",
    "lighting": "Switch the light off",
    "electronics": "Switch it off, or at a plug strip",
    "other": "Look for an iron or a heater that was forgotten",
}


class LeftRunning:
    """Finds what runs longer than is usual in this home on this plug.

    Parameters
    ----------
    watched : Watched
        Homes and plugs.
    """

    kind: Final = AnomalyKind.LEFT_RUNNING

    def __init__(self, watched: Watched) -> None:
        self._watched = watched
        self._rows = watched.rows(tuple(ON_KW))
        self._names = tuple(watched.plugs[row] for row in self._rows)
        shape = (len(self._rows), len(watched.dwellings))
        self._on_kw = np.array([[ON_KW[name]] for name in self._names]).reshape(-1, 1)
        factor = np.array([[FACTOR[name]] for name in self._names]).reshape(-1, 1)
        # a run of which a long step shows only the middle must not look longer by the rest of its first and last step
        floor_s = np.full(factor.shape, FLOOR_S + 2.0 * watched.step_s)
        self._spells = Spells(shape, pause_s=np.full(factor.shape, PAUSE_S), factor=factor, floor_s=floor_s)
        self._idle_kw = np.full(shape, np.inf)
        self._energy_kwh = np.zeros(shape)
        self._creep_kw = CREEP_KW_PER_DAY * watched.step_s / SECONDS_PER_DAY

    @property
    def cannot_tell(self) -> tuple[CannotTell, ...]:
        """What is not looked for."""
        return ()

    def observe(self, epoch_s: int, p_kw: FloatArray, total_kw: FloatArray) -> list[Anomaly]:  # noqa: ARG002
        """Take in a step and return what is found in it.

        Parameters
        ----------
        epoch_s : int
            Start of the step. [s]
        p_kw : ndarray, shape (n_plugs, n_homes)
            Mean power of each plug, NaN where there is none or nothing was said. [kW]
        total_kw : ndarray, shape (n_homes,)
            Mean power of each household. [kW]
        """
        if not self._rows:
            return []
        power_kw = p_kw[self._rows]
        self._idle_kw += self._creep_kw
        np.fmin(self._idle_kw, power_kw, out=self._idle_kw)
        on = power_kw - self._on_kw > self._idle_kw
        end_s = float(epoch_s + self._watched.step_s)
        overdue = self._spells.update(on, np.isnan(power_kw), float(epoch_s), end_s)
        np.copyto(self._energy_kwh, 0.0, where=self._spells.begun_s == epoch_s)
        self._energy_kwh += np.where(on, power_kw, 0.0) * (self._watched.step_s / SECONDS_PER_HOUR)
        return [self._found(plug, home, end_s) for plug, home in np.argwhere(overdue).tolist()] if overdue.any() else []

    def _found(self, plug: int, home: int, end_s: float) -> Anomaly:
        self._spells.told(plug, home)
        since_s, limit_s = float(self._spells.begun_s[plug, home]), float(self._spells.limit_s[plug, home])
        length_s, name = end_s - since_s, self._names[plug]
        energy_kwh = float(self._energy_kwh[plug, home])
        return Anomaly(
            dwelling=self._watched.dwellings[home],
            plug=name,
            kind=self.kind,
            since_epoch_s=int(since_s),
            found_epoch_s=int(end_s),
            evidence=(
                ("on_for_s", length_s),
                ("usual_at_most_s", limit_s),
                ("mean_p_kw", energy_kwh * SECONDS_PER_HOUR / length_s),
                ("used_energy_kwh", energy_kwh),
            ),
            confidence=confidence(length_s, limit_s),
            action=f"{_ACTION.get(name, 'Look whether the machine hangs')}; if it is meant to run, nothing is wrong.",
        )
